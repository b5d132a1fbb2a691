"""The list of appointments and the page of one; `pages.booking` books and moves them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet, prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from backoffice.calendar.appointment_panels import conflicts_of, relatives_of
from backoffice.calendar.appointment_steps import (
    ARCHIVE,
    ARRIVED,
    CANCEL,
    CONFIRM,
    DONE,
    IN_CARE,
    NO_SHOW,
    REJECT,
    UNDO,
)
from backoffice.calendar.pages.booking.moving import ASSISTANTS, RESCHEDULE
from backoffice.calendar.pages.booking.page import booking_view
from backoffice.calendar.pages.booking.treatment import TREATMENT
from backoffice.calendar.visits import group_of, labels_of, visit_line
from backoffice.kit.actor import actor_of
from backoffice.kit.cells import badge, link, patient_link, price
from backoffice.kit.clock import show_span, show_when
from backoffice.kit.filters import DefaultFilter, PracticeFilter, SpecialistFilter, on_typed_days
from backoffice.kit.panels import Panel
from backoffice.kit.verb_admin import Values, VerbAdmin
from core.actor import Actor
from core.hints import Rare
from scheduling.models import Appointment
from scheduling.services import AppointmentDetails, change_appointment
from scheduling.states import OPEN, AppointmentStatus


def days_of(request: HttpRequest) -> str:
    """Return the days that the list shows: the requested ones, else today, or all if certain rows are searched for.

    An action names its rows itself.
    """
    asked = request.GET
    if named := asked.get(WhenFilter.parameter_name):
        return named
    looks = asked.get("q", "").strip() or AttentionFilter.parameter_name in asked
    return "any" if looks or request.method == "POST" else "today"


class WhenFilter(DefaultFilter):
    """By day, as the desk asks: today, unless something is searched, or all that somebody must look after."""

    title = _("when")
    parameter_name = "when"
    quick = True

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        self.default = days_of(request)
        super().__init__(request, *args)

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("today", _("Today")),
            ("tomorrow", _("Tomorrow")),
            ("ahead", _("From today on")),
            ("untimed", _("No time yet")),
            ("any", _("All days")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        match self.value():
            case "today":
                return queryset.filter(starts_at__gte=midnight, starts_at__lt=midnight + timedelta(days=1))
            case "tomorrow":
                return queryset.filter(
                    starts_at__gte=midnight + timedelta(days=1), starts_at__lt=midnight + timedelta(days=2)
                )
            case "ahead":
                return queryset.filter(starts_at__gte=midnight)
            case "untimed":
                return queryset.filter(starts_at=None)
        return queryset


class StatusFilter(admin.SimpleListFilter):
    """By status; `open` is what still lies ahead or is under way."""

    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("open", _("Open")), *AppointmentStatus.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value == "open":
            return queryset.filter(status__in=OPEN)
        return queryset.filter(status=value) if value in AppointmentStatus.values else queryset


class AttentionFilter(admin.SimpleListFilter):
    """Those that somebody must look after."""

    title = _("attention")
    parameter_name = "attention"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("move", _("To be moved")), ("overbooked", _("Overbooked"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        columns = {"move": Q(needs_move=True), "overbooked": Q(overbooked=True)}
        condition = columns.get(str(self.value()))
        return queryset if condition is None else queryset.filter(Rare(condition))


@admin.register(Appointment)
class AppointmentAdmin(VerbAdmin):
    """Appointments. What may be said of one in any state is edited; what happens to it is a step."""

    view_verb = "scheduling.view"
    add_verb = "scheduling.book"
    change_verb = "scheduling.change_notes"
    steps = (CONFIRM, ARRIVED, IN_CARE, DONE, RESCHEDULE, TREATMENT, ASSISTANTS, NO_SHOW, UNDO, CANCEL, REJECT, ARCHIVE)

    list_display = ("time", "who", "treatments", "specialist", "practice", "room", "state", "session")
    linked = ("patient",)
    list_filter = (WhenFilter, StatusFilter, SpecialistFilter, AttentionFilter, PracticeFilter)
    list_select_related = ("patient", "specialist", "practice", "room", "enrollment")
    ordering = ("-starts_at", "-pk")
    search_fields = ("=pk", "!contact_name", "!contact_email", "!contact_phone")
    search_patient = "patient"
    sortable_by = ("time",)
    search_help_text = _("Patient, contact, number or day (2026-11-24)")
    readonly_fields = (
        "state", "time", "who", "about", "contact", "treatments", "specialist", "room",
        "practice", "session", "came", "why_cancelled", "why_overbooked", "helped_by",
    )  # fmt: skip

    def layout(self, request: HttpRequest, obj: Any) -> list[Any]:
        facts: list[Any] = [("state", "treatments"), ("time", "who"), ("specialist", "room"), "practice"]
        facts += ["contact"] if obj is not None and obj.contact_name else []
        facts += ["session"] if obj is not None and obj.enrollment_id else []
        facts += ["helped_by"] if obj is not None and list(obj.assistants.all()) else []
        facts += ["why_overbooked"] if obj is not None and obj.overbooked else []
        told = obj is not None and (obj.cancellation_note or obj.cancellation_reason_code)
        facts += ["why_cancelled"] if told else []
        facts += ["about"] if obj is not None and obj.patient is not None and obj.patient.appointment_notes else []
        edited = ["notes", ("type", "telehealth_url"), ("email_reminder", "sms_reminder")]
        return [(None, {"fields": [*facts, "came", *edited]})]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request).filter(archived_at=None)
        return rows.select_related(*self.list_select_related).prefetch_related("services__service")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return super().get_search_results(request, *on_typed_days(queryset, search_term))

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        row = super().get_object(request, object_id, from_field)
        if row is not None:
            prefetch_related_objects([row], "assistants__specialist")
        return row

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Booking has a page of its own."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        return booking_view(self.admin_site, request)

    def named(self, row: Appointment) -> str:
        return visit_line(row) or str(row)

    def list_links(self, request: HttpRequest) -> list[tuple[str, str]]:
        book = [(_t("Book an appointment"), reverse("admin:scheduling_appointment_add"))]
        return [*(book if self.has_add_permission(request) else []), (_t("Day list"), reverse("admin:day_list"))]

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """A day, and what lies ahead, from its beginning; everything from the latest back."""
        return ("starts_at", "pk") if days_of(request) in ("today", "tomorrow", "ahead") else self.ordering

    def links(self, request: HttpRequest, row: Appointment) -> list[tuple[str, str]]:
        """Booking the same patient again, or somebody over this one; and the group that it is in."""
        by, book = actor_of(request), reverse("admin:scheduling_appointment_add")
        group = group_of(row, by=by)
        found = [group] if group is not None else []
        if row.patient_id is not None and by.may("scheduling.book", row.practice_id):
            again = {"patient": row.patient_id, "practice": row.practice_id, "specialist": row.specialist_id or ""}
            found.append((_t("Book another"), f"{book}?{urlencode(again)}"))
        if row.claims_time and by.may("scheduling.overbook", row.practice_id):
            found.append((_t("Overbook …"), f"{book}?{urlencode({'over': row.pk})}"))
        return found

    def panels(self, request: HttpRequest, row: Appointment) -> Sequence[Panel]:
        by = actor_of(request)
        return [*conflicts_of(row, by=by, at=timezone.now()), *relatives_of(row, by=by)]

    def change(self, obj: Appointment, form: Any, values: Values, *, by: Actor, at: datetime) -> Appointment | None:
        return change_appointment(obj.pk, values=cast(AppointmentDetails, values), by=by, at=at) if values else None

    @display(description=_("when"), ordering="starts_at")
    def time(self, row: Appointment) -> str:
        if row.starts_at is None or row.ends_at is None:
            return _t("No time yet")
        return show_span(row.starts_at, row.ends_at, row.practice)

    @display(description=_("patient"), ordering="patient__search_name")
    def who(self, row: Appointment) -> SafeString | str:
        return patient_link(row.patient) if row.patient else row.contact_name

    @display(description=_("about the patient"))
    def about(self, row: Appointment) -> str:
        return row.patient.appointment_notes if row.patient else ""

    @display(description=_("contact"))
    def contact(self, row: Appointment) -> str:
        return " · ".join(one for one in (row.contact_name, row.contact_phone, row.contact_email) if one)

    @display(description=_("service"))
    def treatments(self, row: Appointment) -> str:
        return ", ".join(f"{one.service} ({price(one.price, one.currency)})" for one in row.services.all())

    @display(description=_("status"), ordering="status")
    def state(self, row: Appointment) -> SafeString:
        badges = [badge(row.status, row.get_status_display()), *labels_of(row)]
        return format_html_join(" ", "{}", ((one,) for one in badges))

    @display(description=_("why overbooked"))
    def why_overbooked(self, row: Appointment) -> str:
        return row.overbooking_reason

    @display(description=_("who assists"))
    def helped_by(self, row: Appointment) -> str:
        return ", ".join(str(one.specialist) for one in row.assistants.all())

    @display(description=_("program"))
    def session(self, row: Appointment) -> SafeString | str:
        if row.enrollment is None:
            return ""
        plan, number = row.enrollment.name, row.plan_session_number
        text = _t("%(plan)s, session %(number)d") % {"plan": plan, "number": number} if number else plan
        return link(row.enrollment, text)

    @display(description=_("booked through"))
    def came(self, row: Appointment) -> str:
        return f"{row.get_created_via_display()}, {show_when(row.created_at, row.practice)}"

    @display(description=_("why cancelled"))
    def why_cancelled(self, row: Appointment) -> str:
        return ": ".join(one for one in (row.get_cancellation_reason_code_display(), row.cancellation_note) if one)
