"""The admin site: who may enter, its addresses, autocomplete and search."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial, wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib.admin import ModelAdmin
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.core.exceptions import BadRequest, PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.middleware.csrf import get_token
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from unfold.sites import UnfoldAdminSite

from backoffice.account.entrance import Entrance
from backoffice.kit.actor import NoPracticeYet, actor_of, is_staff
from backoffice.kit.contributions import all_site_pages, line_for
from backoffice.kit.first_steps import first_steps_page
from backoffice.kit.lists import UncountedPaginator
from backoffice.kit.lookups import asked_id
from backoffice.kit.searches import Meant
from backoffice.kit.sessions import why_signed_out
from backoffice.kit.tries import with_wait
from backoffice.navigation import find
from catalog.querysets import ServiceQuerySet
from core.errors import Forbidden, Missing
from core.hints import sorted_after

# The search box shows a handful of each kind; all of it is on one page.
MOST_FOUND = 100


class ScopedAutocomplete(AutocompleteJsonView):
    """Choices of one organization, where the field that asks belongs to one; never what has been archived.

    `VerbAdmin.get_queryset` has already narrowed them to what the actor may see.
    """

    def get_queryset(self) -> QuerySet[Any]:
        rows = super().get_queryset()
        names = {field.name for field in rows.model._meta.get_fields()}
        if "archived_at" in names:
            rows = rows.filter(archived_at=None)
        for scope in ("organization", "practice"):
            wanted = asked_id(self.request.GET, scope)
            if scope in names and wanted is not None:
                rows = rows.filter(**{f"{scope}_id": wanted})
        offered_by = asked_id(self.request.GET, "offered_by")
        if offered_by is not None and isinstance(rows, ServiceQuerySet):
            rows = rows.offered_by(offered_by)
        rows = rows.order_by(*rows.query.order_by or ["pk"])
        found = self.request.__dict__.get("found")
        return sorted_after(rows) if found is not None and found.kind is Meant.FEW else rows

    def get_paginator(self, *args: Any, **named: Any) -> UncountedPaginator:
        """What is typed is narrowed; nobody sees how many there are."""
        return UncountedPaginator(*args, **named)

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:
        """With what tells two of one name apart, as the row's area says it."""
        return {**super().serialize_result(obj, to_field_name), "text": line_for(obj)}


@never_cache
def session_now(request: HttpRequest) -> JsonResponse:
    """Who is signed in (nobody: null), and the token with which this browser may send forms now."""
    staff = bool(request.user.is_authenticated) and is_staff(actor_of(request))
    return JsonResponse({"user": request.user.pk if staff else None, "token": get_token(request)})


class ClinicSite(UnfoldAdminSite):
    """The back office. Being staff is not a flag but a membership in a practice."""

    _discovered = False

    @property
    def _registry(self) -> dict[type[Model], ModelAdmin[Any]]:
        """Each model with its ModelAdmin; whoever asks first makes Django look for them."""
        self.discover()
        return self._registered

    @_registry.setter
    def _registry(self, value: dict[type[Model], ModelAdmin[Any]]) -> None:
        self._registered = value

    def discover(self) -> None:
        """Import the areas, once: their lists, pages, steps and panels."""
        if not self._discovered:
            self._discovered = True
            autodiscover_modules("admin")

    def get_urls(self) -> list[URLPattern]:
        """Of all areas."""
        self.discover()
        urls: list[URLPattern] = super().get_urls()
        return urls

    def has_permission(self, request: HttpRequest) -> bool:
        """Active, and a member of some practice or a superuser."""
        return bool(request.user.is_active) and is_staff(actor_of(request))

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """All models that the user may see. They are looked up only where a page shows them, which few do."""
        return SimpleLazyObject(partial(super().get_app_list, request, app_label))

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """As the theme's, but for the colors that it would write into the page (see backoffice.theme)."""
        told: dict[str, Any] = super().each_context(request)
        return {**told, "colors": None}

    def extra_urls(self) -> list[URLPattern]:
        """Pages that are no list of a model, and who is signed in, for the page that is about to send a form."""
        return [path("session/", session_now, name="session"), *all_site_pages(self)]

    def admin_view(self, view: Callable[..., HttpResponse], cacheable: bool = False) -> Callable[..., HttpResponse]:
        """As Django's; what a verb refuses outside a form becomes the answer that it is.

        Where the clinic is still empty, the answer is what to set up first.
        """

        @wraps(view)
        def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                return view(request, *args, **kwargs)
            except NoPracticeYet:
                return first_steps_page(self, request)
            except Missing as error:
                raise Http404(str(error)) from error
            except Forbidden as error:
                raise PermissionDenied(str(error)) from error

        wrapped: Any = super().admin_view(answered, cacheable)
        return wrapped  # type: ignore[no-any-return]

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Whoever opens the entrance itself, from a bookmark, comes to the start page."""
        if REDIRECT_FIELD_NAME not in request.GET and REDIRECT_FIELD_NAME not in request.POST:
            query = urlencode({REDIRECT_FIELD_NAME: reverse("admin:index", current_app=self.name)})
            if request.method == "GET":
                return HttpResponseRedirect(f"{request.path}?{query}")
            request.GET = QueryDict(query)
        if request.method == "GET" and self.has_permission(request):
            return HttpResponseRedirect(reverse("admin:index", current_app=self.name))
        request.current_app = self.name
        context = {
            **self.each_context(request),
            "title": _("Sign in"),
            "app_path": request.get_full_path(),
            "signed_out": why_signed_out(request) if request.method == "GET" else "",
            **(extra_context or {}),
        }
        return with_wait(request, Entrance.as_view(extra_context=context)(request))

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """One's own password, through its verb."""
        from backoffice.people.pages.own_password import own_password_view

        return own_password_view(request, self)

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """What the search box finds now, on one page.

        The theme would keep each answer for five minutes, with the names in it: a patient who was added meanwhile
        would not be found, and whoever looked at the kept ones would not be noted.
        """
        if request.GET.get("page", "1") != "1":
            raise BadRequest("page")
        began, term = time.monotonic(), request.GET.get("s", "").strip()
        if not term:
            return HttpResponse()
        pages = self._search_apps(self.get_app_list(request), term.lower())
        found = Paginator([*pages, *find(request, term)], MOST_FOUND)
        context = {
            "page_obj": found,
            "results": found.page(1),
            "page_counter": 0,
            "execution_time": time.monotonic() - began,
            "command_show_history": False,
        }
        page = "backoffice/found.html"
        return TemplateResponse(request, page, context, headers={"HX-Trigger": "search"})

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        response: Any = ScopedAutocomplete.as_view(admin_site=self)(request)
        return response  # type: ignore[no-any-return]
