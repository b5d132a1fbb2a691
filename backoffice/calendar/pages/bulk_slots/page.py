"""The page: asks, shows what would become of it without writing anything, and makes it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from unfold.sites import UnfoldAdminSite

from backoffice.calendar.pages.bulk_slots.form import BulkForm, initial_of
from backoffice.calendar.pages.bulk_slots.grid import Preview, preview, week_name
from backoffice.calendar.pages.bulk_slots.wishes import ask_of, wishes_of
from backoffice.kit.actor import actor_of, practices_required
from backoffice.kit.contributions import site_pages
from backoffice.kit.forms import show_refusal
from backoffice.kit.lookups import asked_id
from core.errors import DomainError, Missing, Unavailable
from directory.models import Practice
from scheduling.models import SlotBatch
from scheduling.services import BatchResult, create_slots, preview_slots

VERB = "scheduling.create_slots"


@site_pages
def bulk_urls(site: UnfoldAdminSite) -> list[URLPattern]:
    """The one page."""

    def view(request: HttpRequest) -> HttpResponse:
        return bulk_view(site, request)

    return [path("bulk-slots/", site.admin_view(view), name="bulk_slots")]


def bulk_view(site: UnfoldAdminSite, request: HttpRequest) -> HttpResponse:
    """Asked, previewed and made on the same form, so that what was typed stays."""
    by = actor_of(request)
    practices = practices_required(request, VERB)
    practice = chosen_practice(request, practices)
    form = BulkForm(request.POST or None, practice=practice, by=by, initial=like_an_earlier(request))
    shown: Preview | None = None
    if request.method == "POST" and form.is_valid():
        ask = form.ask()
        wanted = wishes_of(ask, practice)
        at = timezone.now()
        try:
            if "commit" in request.POST:
                result = create_slots(practice_id=practice.pk, wishes=wanted.wishes, params=ask.params(), by=by, at=at)
                messages.success(request, told_of(result))
                return HttpResponseRedirect(reverse("admin:scheduling_slotbatch_change", args=(result.batch.pk,)))
            offers = preview_slots(by, practice_id=practice.pk, wishes=wanted.wishes, at=at)
        except (DomainError, Unavailable) as error:
            show_refusal(form, error)
        else:
            shown = preview(ask, wanted, offers, practice, week=request.POST.get("week", ""))
    request.current_app = site.name
    context = {
        **site.each_context(request),
        "title": _("Create slots in bulk"),
        "form": form,
        "media": form.media,
        "practice": practice,
        "practices": practices if len(practices) > 1 else [],
        "preview": shown,
        "weeks": [(one, week_name(one.monday)) for one in shown.weeks] if shown else [],
        "back": reverse("admin:scheduling_availableslot_changelist"),
    }
    return TemplateResponse(request, "backoffice/calendar/bulk_slots.html", context)


def told_of(result: BatchResult) -> str:
    """How many were made, how many were there already, and how many something stood against."""
    there = sum(one.is_there for one in result.refused)
    counts = {"made": len(result.made), "refused": len(result.refused) - there, "there": there}
    if there:
        return _("%(made)d slots created, %(there)d existed already, %(refused)d refused.") % counts
    return _("%(made)d slots created, %(refused)d refused.") % counts


def chosen_practice(request: HttpRequest, practices: list[Practice]) -> Practice:
    """The practice that the request names among those where the actor may, else the first."""
    named = request.POST.get("practice") or request.GET.get("practice") or ""
    if not named:
        return practices[0]
    found = next((one for one in practices if str(one.pk) == named), None)
    if found is None:
        raise Missing(_("Practice"))
    return found


def like_an_earlier(request: HttpRequest) -> dict[str, Any]:
    """The form as it was for the batch that the request names."""
    named = asked_id(request.GET, "like")
    if named is None:
        return {}
    batch = SlotBatch.objects.visible_to(actor_of(request)).filter(pk=named).first()
    ask = ask_of(batch.params) if batch is not None else None
    return initial_of(ask) if ask is not None else {}
