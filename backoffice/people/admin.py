"""People and places: organizations, practices, their members, specialists, rooms, and the small lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.db.models import Prefetch
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminColorInputWidget,
    UnfoldAdminSelectWidget,
)

from backoffice.kit.actor import actor_of, practices_of
from backoffice.kit.config import ConfigAdmin, NamedAdmin, put_away_steps
from backoffice.kit.filters import PracticeFilter, PutAwayFilter
from backoffice.kit.forms import VerbForm
from backoffice.kit.hanging import GoingForm
from backoffice.kit.inputs import LinesField
from backoffice.kit.verb_admin import Values, VerbAdmin
from backoffice.people import applications as applications
from backoffice.people import connections as connections
from backoffice.people import keys as keys
from backoffice.people import sign_ins as sign_ins
from backoffice.people import users as users
from backoffice.people.pages import invite as invite
from core.actor import Actor
from core.iso import countries, currencies, time_zones
from directory.models import Color, Organization, Practice, Room, Specialist, SpecialistPractice, Specialty
from directory.services import (
    change_organization,
    change_practice,
    change_room,
    change_specialist,
    create_organization,
    create_practice,
    create_room,
    create_specialist,
    delete_practice,
    delete_room,
    delete_specialist,
)


class OrganizationForm(VerbForm):
    """Host names are typed one to a line."""

    hosts = LinesField(
        label=_("Hosts"), required=False, help_text=_("Host names under which visitors see it, one per line.")
    )


@admin.register(Organization)
class OrganizationAdmin(VerbAdmin):
    """Organizations."""

    view_verb = "directory.view"
    add_verb = "directory.create_organization"
    change_verb = "directory.change_organization"
    form = OrganizationForm
    set_up = True
    list_display = ("name", "owner", "hosts_shown")
    list_select_related = ("owner",)
    ordering = ("pk",)
    search_fields = ("name",)
    autocomplete_fields = ("owner",)
    fields = ("name", "owner", "hosts")

    def place(self, row: Organization) -> dict[str, int]:
        return {"organization_id": row.pk}

    def create(self, form: Any, values: Values, *, by: Actor, at: datetime) -> Organization:
        return create_organization(values=values, by=by, at=at)

    def change(self, obj: Organization, form: Any, values: Values, *, by: Actor, at: datetime) -> Organization | None:
        return change_organization(obj.pk, values=values, by=by, at=at) if values else None

    @display(description=_("hosts"))
    def hosts_shown(self, organization: Organization) -> str:
        return ", ".join(organization.hosts)


def choices_of(codes: Iterable[str] | Mapping[str, str]) -> list[tuple[str, str]]:
    """The codes to choose among, in their order, each with its name where it has one."""
    named = codes.items() if isinstance(codes, Mapping) else ((code, code) for code in codes)
    return [("", "–"), *sorted(named, key=lambda one: one[1])]


class PracticeForm(VerbForm):
    """What has a code is chosen: nobody knows how a time zone is written."""

    time_zone = forms.ChoiceField(
        label=_("Time zone"), choices=lambda: choices_of(time_zones()), widget=UnfoldAdminSelectWidget
    )
    currency = forms.ChoiceField(
        label=_("Currency"), choices=lambda: choices_of(currencies()), widget=UnfoldAdminSelectWidget
    )
    country_code = forms.ChoiceField(
        label=_("Country"), required=False, choices=lambda: choices_of(countries()), widget=UnfoldAdminSelectWidget
    )


@admin.register(Practice)
class PracticeAdmin(VerbAdmin):
    """Practices."""

    view_verb = "directory.view"
    add_verb = "directory.create_practice"
    change_verb = "directory.change_practice"
    delete_verb = "directory.delete_practice"
    scope = "organization"
    form = PracticeForm
    set_up = True
    steps = put_away_steps(Practice)
    list_display = ("name", "organization", "city", "country_code", "time_zone", "currency", "show_in_online_bookings")
    list_filter = (PutAwayFilter,)
    list_select_related = ("organization",)
    ordering = ("name", "pk")
    search_fields = ("name", "display_name", "city")
    fieldsets = (
        (None, {"fields": ("organization", ("name", "display_name"), ("time_zone", "currency"))}),
        (_("Address"), {"fields": ("address_1", "address_2", ("post_code", "city"), ("state", "country_code"))}),
        (
            _("Sessions and notice"),
            {"fields": (("notice_hours", "booking_horizon_months"), ("no_show_forfeits", "late_cancel_forfeits"))},
        ),
        (
            _("Contact"),
            {
                "fields": ("contact_information", "additional_information", ("website_address", "email_reply_to")),
                "classes": ("collapse",),
            },
        ),
        (
            _("Bookings and messages"),
            {
                "fields": (("show_in_online_bookings", "reminders_enabled"), "holiday_calendar"),
                "classes": ("collapse",),
            },
        ),
        (
            _("Bills"),
            {
                "fields": (
                    ("registration_name", "registration_value"),
                    "additional_invoice_information",
                ),
                "classes": ("collapse",),
            },
        ),
    )

    def place(self, row: Practice) -> dict[str, int]:
        return {"practice_id": row.pk}

    def create(self, form: Any, values: Values, *, by: Actor, at: datetime) -> Practice:
        return create_practice(organization_id=self.scope_id(form.request, form), values=values, by=by, at=at)

    def change(self, obj: Practice, form: Any, values: Values, *, by: Actor, at: datetime) -> Practice | None:
        return change_practice(obj.pk, values=values, by=by, at=at) if values else None

    def remove(self, obj: Practice, *, by: Actor, at: datetime) -> None:
        delete_practice(obj.pk, by=by, at=at)


class SpecialistForm(GoingForm):
    """With the practices they work at, as boxes to tick."""

    works_at = forms.ModelMultipleChoiceField(
        Practice.objects.none(), label=_("Works at"), required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        seen = Practice.objects.visible_to(actor_of(self.request))
        organization_id = self.instance.organization_id
        if organization_id is not None:
            seen = seen.filter(organization_id=organization_id)
            self.initial["works_at"] = [one.practice_id for one in self.instance.works_at.all()]
        elif len(only := list(seen.live()[:2])) == 1:
            self.initial.setdefault("works_at", [only[0].pk])
        if "works_at" in self.fields:
            self.fields["works_at"].queryset = seen.order_by("name", "pk")  # type: ignore[attr-defined]

    def going(self, given: dict[str, Any]) -> list[Any]:
        """Themselves where they no longer take appointments, else their work at the practices that are unticked."""
        if found := super().going(given):
            return found
        if not self.instance.pk or "works_at" not in self.changed_data:
            return []
        kept = {one.pk for one in given.get("works_at") or ()}
        return [one for one in self.instance.works_at.all() if one.practice_id not in kept]


@admin.register(Specialist)
class SpecialistAdmin(VerbAdmin):
    """Specialists."""

    set_up = True

    view_verb = "directory.view"
    add_verb = "directory.create_specialist"
    change_verb = "directory.change_specialist"
    delete_verb = "directory.delete_specialist"
    scope = "organization"
    form = SpecialistForm
    steps = put_away_steps(Specialist)
    list_display = ("__str__", "organization", "specialty", "works_at", "scheduling_active", "user")
    list_filter = ("scheduling_active", PutAwayFilter)
    list_select_related = ("organization", "specialty", "user")
    ordering = ("last_name", "first_name", "pk")
    search_fields = ("first_name", "last_name", "specialty__name")
    search_help_text = _("Name or specialty")
    autocomplete_fields = ("specialty", "default_service", "user")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "organization",
                    ("title", "designation"),
                    ("first_name", "last_name"),
                    "specialty",
                    "works_at",
                    "scheduling_active",
                    "user",
                )
            },
        ),
        (
            _("On the web"),
            {
                "fields": ("description", "show_in_online_bookings", "telehealth_url", "sequence_number"),
                "classes": ("collapse",),
            },
        ),
        (_("More"), {"fields": ("default_service", "italian_fiscal_code"), "classes": ("collapse",)}),
    )
    optional = ("sequence_number",)

    def get_queryset(self, request: HttpRequest) -> Any:
        places = SpecialistPractice.objects.filter(practice__in=practices_of(request)).select_related("practice")
        return super().get_queryset(request).prefetch_related(Prefetch("works_at", places.order_by("practice__name")))

    def create(self, form: Any, values: Values, *, by: Actor, at: datetime) -> Specialist:
        places = [one.pk for one in form.cleaned_data["works_at"]]
        organization_id = self.scope_id(form.request, form)
        return create_specialist(organization_id=organization_id, practice_ids=places, values=values, by=by, at=at)

    def change(self, obj: Specialist, form: Any, values: Values, *, by: Actor, at: datetime) -> Specialist:
        places = [one.pk for one in form.cleaned_data["works_at"]] if "works_at" in form.changed_data else None
        return change_specialist(obj.pk, values=values, practice_ids=places, by=by, at=at)

    def remove(self, obj: Specialist, *, by: Actor, at: datetime) -> None:
        delete_specialist(obj.pk, by=by, at=at)

    @display(description=_("works at"))
    def works_at(self, specialist: Specialist) -> str:
        return ", ".join(str(one.practice) for one in specialist.works_at.all())


@admin.register(Room)
class RoomAdmin(VerbAdmin):
    """Rooms."""

    view_verb = "directory.view"
    add_verb = "directory.create_room"
    change_verb = "directory.change_room"
    delete_verb = "directory.delete_room"
    scope = "practice"
    form = GoingForm
    steps = put_away_steps(Room)
    list_display = ("name", "practice", "is_active")
    list_filter = ("is_active", PutAwayFilter, PracticeFilter)
    list_select_related = ("practice",)
    ordering = ("name", "pk")
    search_fields = ("name",)
    fields = ("practice", "name", "is_active")

    def create(self, form: Any, values: Values, *, by: Actor, at: datetime) -> Room:
        return create_room(practice_id=self.scope_id(form.request, form), values=values, by=by, at=at)

    def change(self, obj: Room, form: Any, values: Values, *, by: Actor, at: datetime) -> Room | None:
        return change_room(obj.pk, values=values, by=by, at=at) if values else None

    def remove(self, obj: Room, *, by: Actor, at: datetime) -> None:
        delete_room(obj.pk, by=by, at=at)


@admin.register(Specialty)
class SpecialtyAdmin(NamedAdmin):
    """Specialties."""

    list_display = ("name", "sequence_number", "organization")
    fields = ("organization", "name", "sequence_number")
    optional = ("sequence_number",)


class HexField(forms.CharField):
    """A color, picked; kept without #."""

    widget = UnfoldAdminColorInputWidget

    def prepare_value(self, value: Any) -> Any:
        return f"#{str(value).removeprefix('#')}" if value else value

    def to_python(self, value: Any) -> str:
        return str(value or "").removeprefix("#")

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.to_python(initial) != self.to_python(data)


class ColorForm(VerbForm):
    """Colors are picked."""

    background_color = HexField(label=_("Background"), initial="0f766e")
    text_color = HexField(label=_("Text"), initial="ffffff")


@admin.register(Color)
class ColorAdmin(ConfigAdmin):
    """Colors of the agenda."""

    form = ColorForm
    list_display = ("__str__", "sample", "organization")
    fields = ("organization", "name", ("background_color", "text_color"))

    @display(description=_("looks like"))
    def sample(self, color: Color) -> SafeString:
        return format_html(
            '<svg class="bo-sample" role="img" aria-label="{0}"><rect width="100%" height="100%" rx="4" fill="#{1}"/>'
            '<text x="50%" y="50%" text-anchor="middle" dominant-baseline="central" fill="#{2}">{0}</text></svg>',
            color,
            color.background_color,
            color.text_color,
        )
