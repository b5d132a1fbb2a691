"""Users, their roles in practices, and Django's groups."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import display
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from backoffice.kit.actor import actor_of
from backoffice.kit.choices import named_user
from backoffice.kit.filters import PracticeFilter
from backoffice.kit.forms import VerbForm, show_refusal
from backoffice.kit.inlines import VerbInline, given
from backoffice.kit.searches import FEW_ROWS, beginning_or_recent
from backoffice.kit.verb_admin import Values, VerbAdmin
from backoffice.people.passwords import TwicePassword, password, rename, same_twice
from backoffice.people.staff import MAY, STEPS, links_of_list
from core.actor import Actor
from core.errors import DomainError, InvalidInput, Unavailable
from core.prepared import one_of
from directory.models import Membership, User
from directory.services import change_user, create_user, remove_membership, set_membership
from patients.models import PatientAccess


class UserForm(VerbForm):
    """A user. On a new one with the password; without it they cannot sign in but may own API keys."""

    password1 = password(_("Password"))
    password2 = password(_("Password again"))

    def clean(self) -> dict[str, Any]:
        typed = super().clean()
        same_twice(self)
        return typed


class MembershipInline(VerbInline):
    """The roles of a user; each practice once."""

    model = Membership
    verbose_name, verbose_name_plural = _("practice"), _("Works at")
    view_verb = add_verb = change_verb = delete_verb = "directory.manage_members"
    fields = ("practice", "role")
    fixed = ("practice",)
    related = ("practice",)
    ordering = ("practice__name", "pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request).visible_to(actor_of(request))  # type: ignore[attr-defined]
        return rows

    def create(self, owner: User, form: Any, *, by: Actor, at: datetime) -> object:
        return set_membership(user_id=owner.pk, **given(form, *self.fields), by=by, at=at)

    def change(self, owner: User, row: Any, form: Any, *, by: Actor, at: datetime) -> object:
        role = form.cleaned_data["role"]
        return set_membership(user_id=owner.pk, practice_id=row.practice_id, role=role, by=by, at=at)

    def remove(self, owner: User, row: Any, *, by: Actor, at: datetime) -> object:
        return remove_membership(row.pk, by=by, at=at)


@admin.register(User)
class UserAdmin(VerbAdmin):
    """Users. Superusers make and change them; clinic admins see theirs and give them roles on the members' list."""

    view_verb = "directory.manage_members"
    add_verb = "directory.manage_users"
    change_verb = "directory.manage_users"
    form = UserForm
    inlines = (MembershipInline,)
    steps = STEPS
    list_display = ("username", "full_name", "email", "roles", "is_active", "is_superuser", "last_login")
    list_filter = ("is_active", "kind", "is_superuser")
    sortable_by = ("username",)
    ordering = ("username",)
    search_fields = ("=username",)
    search_help_text = _("Name or e-mail")
    readonly_fields = ("last_login", "date_joined")

    def place(self, row: User) -> dict[str, int]:
        """Users belong to no place."""
        return {}

    def also_found(self, word: str) -> Q:
        names = ("username", "first_name", "last_name", "email")
        found, ids = beginning_or_recent(User, names, word, named=FEW_ROWS)
        return found if ids is None else one_of("pk", ids)

    def layout(self, request: HttpRequest, obj: Any) -> list[Any]:
        person = ("username", ("first_name", "last_name"), "email")
        if obj is None:
            return [(None, {"fields": [*person, ("password1", "password2"), "is_superuser"]})]
        return [(None, {"fields": [*person, ("is_active", "is_superuser"), ("last_login", "date_joined")]})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """The user name is how the audit knows them: it stays."""
        return [*super().get_readonly_fields(request, obj), *(["username"] if obj is not None else [])]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        # Whose portal account it is, is said and so leaves a trace: to see the account is to see the patient.
        access = PatientAccess.objects.visible_to(actor_of(request)).select_related("patient").order_by("pk")
        rows = super().get_queryset(request)
        return rows.prefetch_related("memberships__practice", Prefetch("patient_access", access))

    def create(self, form: Any, values: Values, *, by: Actor, at: datetime) -> User:
        username, typed = values.pop("username"), form.cleaned_data.get("password1") or None
        try:
            return create_user(username=username, password=typed, values=values, by=by, at=at)
        except InvalidInput as error:
            rename(error)
            raise

    def change(self, obj: User, form: Any, values: Values, *, by: Actor, at: datetime) -> User | None:
        return change_user(obj.pk, values=values, by=by, at=at) if values else None

    # ---------------------------------------------------------------------------------------------- password

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.password_view)
        return [path("<int:pk>/password/", view, name="directory_user_password"), *super().get_urls()]

    def list_links(self, request: HttpRequest) -> list[tuple[str, str]]:
        return links_of_list(actor_of(request).may(MAY))

    def links(self, request: HttpRequest, row: User) -> list[tuple[str, str]]:
        if not self.has_change_permission(request, row):
            return []
        return [(_t("Set password …"), reverse("admin:directory_user_password", args=(row.pk,)))]

    def password_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Give a user another password."""
        user = self.get_object(request, str(pk))
        if user is None:
            return self.missing(request, str(pk))
        if not self.has_change_permission(request, user):
            raise PermissionDenied
        form = TwicePassword(request.POST or None)
        if request.method == "POST" and form.is_valid():
            typed = form.cleaned_data["password1"]
            try:
                saved = change_user(user.pk, values={}, password=typed, by=actor_of(request), at=timezone.now())
            except (DomainError, Unavailable) as error:
                rename(error)
                show_refusal(form, error)
            else:
                if saved.pk == request.user.pk:
                    update_session_auth_hash(request, saved)
                messages.success(request, _t("The password of %(who)s was set.") % {"who": user})
                return HttpResponseRedirect(self.row_url(user))
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "title": _t("Password of %(who)s") % {"who": user},
            "opts": self.opts,
            "form": form,
            "back": self.row_url(user),
            "button": _t("Set password"),
        }
        return TemplateResponse(request, "backoffice/kit/form_page.html", context)

    @display(description=_("name"), ordering="last_name")
    def full_name(self, user: User) -> str:
        return user.get_full_name()

    @display(description=_("works as"))
    def roles(self, user: User) -> str:
        viewer: Actor | None = user.__dict__.get("viewer")
        seen = [
            one for one in user.memberships.all() if viewer and (viewer.everything or one.practice_id in viewer.roles)
        ]
        works = [f"{one.get_role_display()} ({one.practice})" for one in seen]
        patients = [_t("portal of %(patient)s") % {"patient": one.patient} for one in user.patient_access.all()]
        return ", ".join([*works, *patients])


class MemberForm(VerbForm):
    """Names the user as people know them."""

    who = forms.CharField(
        label=_("User name or e-mail"), max_length=254, widget=UnfoldAdminTextInputWidget({"autocomplete": "off"})
    )

    def clean_who(self) -> User:
        """The one visible user with this name or address."""
        return named_user(self.request, self.cleaned_data["who"])


@admin.register(Membership)
class MembershipAdmin(VerbAdmin):
    """Who works where, in which role."""

    view_verb = add_verb = change_verb = delete_verb = "directory.manage_members"
    scope = "practice"
    form = MemberForm
    list_display = ("user", "full_name", "practice", "role")
    list_filter = ("role", PracticeFilter)
    list_select_related = ("user", "practice")
    ordering = ("practice__name", "user__username")
    search_fields = ("~user__username", "~user__first_name", "~user__last_name", "~user__email", "practice__name")
    search_help_text = _("User or practice")
    readonly_fields = ("user",)

    def layout(self, request: HttpRequest, obj: Any) -> list[Any]:
        if obj is not None:
            return [(None, {"fields": ["user", "practice", "role"]})]
        return [(None, {"fields": ["practice", "who", "role"]})]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        made = super().get_form(request, obj, change=change, **kwargs)
        if obj is not None:
            made.base_fields.pop("who")
        return made

    def create(self, form: Any, values: Values, *, by: Actor, at: datetime) -> Membership:
        practice_id, user = self.scope_id(form.request, form), form.cleaned_data["who"]
        return set_membership(user_id=user.pk, practice_id=practice_id, role=values["role"], by=by, at=at)

    def change(self, obj: Membership, form: Any, values: Values, *, by: Actor, at: datetime) -> Membership | None:
        if "role" not in values:
            return None
        return set_membership(user_id=obj.user_id, practice_id=obj.practice_id, role=values["role"], by=by, at=at)

    def remove(self, obj: Membership, *, by: Actor, at: datetime) -> None:
        remove_membership(obj.pk, by=by, at=at)

    @display(description=_("name"))
    def full_name(self, membership: Membership) -> str:
        return membership.user.get_full_name()


admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(VerbAdmin):
    """Groups of Django, for integrations that know them; what staff may do comes from their roles."""

    view_verb = "directory.manage_users"
    search_fields = ("name",)
    ordering = ("name",)
    fields = ("name",)

    def place(self, row: Group) -> dict[str, int]:
        """Groups belong to no place."""
        return {}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """All of them: Django's own model knows no actor, and superusers alone come here."""
        return Group.objects.order_by("name")
