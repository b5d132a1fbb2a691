"""Plans for sale with what comes with them, and the programs that patients are in."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.widgets import UnfoldBooleanWidget

from backoffice.kit.actor import actor_of
from backoffice.kit.cells import badge, patient_link, price, sessions
from backoffice.kit.clock import show_when
from backoffice.kit.config import putting_away
from backoffice.kit.filters import PracticeFilter, PutAwayFilter
from backoffice.kit.forms import VerbForm, refusal_of
from backoffice.kit.inlines import VerbInline, given
from backoffice.kit.verb_admin import Values, VerbAdmin
from backoffice.programs import panels as panels
from backoffice.programs import timeline as timeline
from backoffice.programs.pages import board as board
from backoffice.programs.steps import ADJUST, CANCEL, EXTEND
from billing.services import enroll_and_bill
from core.actor import Actor
from programs.models import Enrollment, ServicePlan, ServicePlanProduct
from programs.services import (
    archive_plan,
    bundle_product,
    change_bundle,
    change_plan,
    create_plan,
    delete_plan,
    restore_plan,
    unbundle_product,
)
from programs.states import EnrollmentStatus
from scheduling.querysets import with_booked

SOON = timedelta(days=14)


class BundleInline(VerbInline):
    """The products that come with a plan."""

    model = ServicePlanProduct
    verbose_name, verbose_name_plural = _("product"), _("Products that come with it")
    view_verb = "programs.view_plans"
    add_verb = "programs.bundle_product"
    change_verb = "programs.change_bundle"
    delete_verb = "programs.unbundle_product"
    fields = ("product", "quantity")
    fixed = ("product",)
    related = ("product",)
    autocomplete_fields = ("product",)
    ordering = ("pk",)

    def create(self, owner: ServicePlan, form: Any, *, by: Actor, at: datetime) -> object:
        return bundle_product(owner.pk, **given(form, *self.fields), by=by, at=at)

    def change(self, owner: ServicePlan, row: Any, form: Any, *, by: Actor, at: datetime) -> object:
        return change_bundle(owner.pk, product_id=row.product_id, quantity=form.cleaned_data["quantity"], by=by, at=at)

    def remove(self, owner: ServicePlan, row: Any, *, by: Actor, at: datetime) -> object:
        return unbundle_product(owner.pk, product_id=row.product_id, by=by, at=at)


@admin.register(ServicePlan)
class ServicePlanAdmin(VerbAdmin):
    """Plans. From here a patient is enrolled too."""

    view_verb = "programs.view_plans"
    add_verb = "programs.create_plan"
    change_verb = "programs.change_plan"
    delete_verb = "programs.delete_plan"
    scope = "organization"
    optional = ("currency",)
    steps = putting_away("programs.change_plan", archive_plan, restore_plan)
    inlines = (BundleInline,)

    list_display = (
        "name",
        "organization",
        "billing_model",
        "service",
        "sessions_total",
        "validity_days",
        "costs",
        "published",
    )
    list_filter = ("billing_model", "is_published", PutAwayFilter)
    list_select_related = ("organization", "service")
    ordering = ("name", "pk")
    search_fields = ("name", "service__name")
    search_help_text = _("Plan or service")
    autocomplete_fields = ("service",)
    fieldsets = (
        (None, {"fields": ("organization", "name", "billing_model", "is_published")}),
        (_("Sessions"), {"fields": ("service", ("sessions_total", "validity_days"))}),
        (_("Access"), {"fields": ("access_months", ("telerehab_access", "library_access"))}),
        (_("Price"), {"fields": (("total_price", "currency"),)}),
    )

    def layout(self, request: HttpRequest, obj: Any) -> list[Any]:
        """On a plan that was sold, what editing it will and will not change stands above its fields."""
        (title, options), *rest = super().layout(request, obj)
        sold = obj.enrollments.count() if obj is not None else 0
        if not sold:
            return [(title, options), *rest]
        says = ngettext(
            "Sold %(count)d time. What was sold stays as it was: its service, sessions, price, dates, accesses and "
            "ordered products. Changes here apply to patients enrolled from now on.",
            "Sold %(count)d times. What was sold stays as it was: its service, sessions, price, dates, accesses and "
            "ordered products. Changes here apply to patients enrolled from now on.",
            sold,
        )
        return [(title, {**options, "description": says % {"count": sold}}), *rest]

    def create(self, form: Any, values: Values, *, by: Actor, at: datetime) -> ServicePlan:
        return create_plan(organization_id=self.scope_id(form.request, form), values=values, by=by, at=at)

    def change(self, obj: ServicePlan, form: Any, values: Values, *, by: Actor, at: datetime) -> ServicePlan | None:
        return change_plan(obj.pk, values=values, by=by, at=at) if values else None

    def remove(self, obj: ServicePlan, *, by: Actor, at: datetime) -> None:
        delete_plan(obj.pk, by=by, at=at)

    def links(self, request: HttpRequest, row: ServicePlan) -> list[tuple[str, str]]:
        """Enrolling from the plan."""
        if row.archived_at is not None or not actor_of(request).may(
            "programs.enroll", organization_id=row.organization_id
        ):
            return []
        return [
            (
                _t("Enroll a patient"),
                f"{reverse('admin:programs_enrollment_add')}?{urlencode({'service_plan': row.pk})}",
            )
        ]

    @display(description=_("price"), ordering="total_price")
    def costs(self, plan: ServicePlan) -> str:
        return price(plan.total_price, plan.currency)

    @display(description=_("published"), boolean=True, ordering="is_published")
    def published(self, plan: ServicePlan) -> bool:
        return plan.is_published


class StatusFilter(admin.SimpleListFilter):
    """By status as it is now, whether or not the end was stamped."""

    title = _("status")
    parameter_name = "status"
    quick = True

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(EnrollmentStatus.choices)

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Any]:
        value = str(self.value())
        found: QuerySet[Any] = queryset
        if value in EnrollmentStatus.values:
            found = queryset.having_status(value, timezone.now())
        return found


class EndsFilter(admin.SimpleListFilter):
    """Those that end within two weeks or are nearly used up: patients to be called."""

    title = _("end")
    parameter_name = "ends"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("soon", _("Within two weeks")), ("last", _("One session left, or none"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Any]:
        rows: QuerySet[Any] = queryset
        match self.value():
            case "soon":
                rows = queryset.ending(timezone.now(), within=SOON)
            case "last":
                rows = queryset.nearly_used_up(timezone.now())
        return rows


class EnrollForm(VerbForm):
    """Enrolling. A second active program of one plan needs to be meant."""

    again = forms.BooleanField(label=_("Enroll a second time"), required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        refusal = refusal_of(self.request)
        if refusal is not None and getattr(refusal.error, "code", "") == "already_enrolled":
            self.fields["again"].widget = UnfoldBooleanWidget()
        return values


@admin.register(Enrollment)
class EnrollmentAdmin(VerbAdmin):
    """Programs of patients: enrolled here, never edited; what changes them is a step."""

    view_verb = "programs.view"
    add_verb = "programs.enroll"
    scope = "practice"
    form = EnrollForm
    needed = (ServicePlan, _("There are no plans to enroll in yet. A clinic admin adds them under Catalogue."))
    steps = (ADJUST, EXTEND, CANCEL)

    list_display = ("plan", "who", "practice", "state", "used", "sessions_left", "enrolled", "ends")
    list_filter = (StatusFilter, EndsFilter, PracticeFilter)
    list_select_related = ("patient", "practice")
    ordering = ("-enrolled_at", "-pk")
    search_fields = ("=pk", "service_plan__name")
    search_patient = "patient"
    sortable_by = ("enrolled",)
    search_help_text = _("Patient, plan or number")
    autocomplete_fields = ("patient", "service_plan")
    readonly_fields = (
        "plan", "who", "state", "used", "sessions_left", "paid",
        "enrolled", "sessions_until", "access", "ends", "cancellation_reason",
    )  # fmt: skip

    def layout(self, request: HttpRequest, obj: Any) -> list[Any]:
        if obj is None:
            return [(None, {"fields": ["practice", "patient", "service_plan", "again"]})]
        facts: list[Any] = [("who", "plan"), ("state", "paid"), ("enrolled", "ends"), "practice"]
        if obj.sessions_left is not None:
            facts[2:2] = ["used", ("sessions_left", "sessions_until")]
        if obj.access_starts_at is not None:
            facts.append("access")
        if obj.status == EnrollmentStatus.CANCELLED:
            facts.append("cancellation_reason")
        return [(None, {"fields": facts})]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request).with_status(timezone.now()).with_ledger()  # type: ignore[attr-defined]
        return with_booked(rows).select_related("patient", "practice")

    def list_links(self, request: HttpRequest) -> list[tuple[str, str]]:
        return [(_t("Programs board"), reverse("admin:program_board"))]

    def create(self, form: Any, values: Values, *, by: Actor, at: datetime) -> Enrollment:
        again = bool(form.cleaned_data.get("again"))
        return enroll_and_bill(practice_id=self.scope_id(form.request, form), **values, again=again, by=by, at=at)

    def response_post_save_add(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Whoever enrolled somebody goes on with that patient."""
        return HttpResponseRedirect(reverse("admin:patients_patient_page", args=(obj.patient_id,)))

    @display(description=_("plan"), ordering="name")
    def plan(self, row: Enrollment) -> str:
        return row.name

    @display(description=_("patient"), ordering="patient__search_name")
    def who(self, row: Enrollment) -> SafeString | str:
        return patient_link(row.patient)

    @display(description=_("status"))
    def state(self, row: Any) -> SafeString:
        return badge(row.current_status, EnrollmentStatus(row.current_status).label)

    @display(description=_("progress"))
    def used(self, row: Any) -> SafeString | str:
        return sessions(row)

    @display(description=_("enrolled"), ordering="enrolled_at")
    def enrolled(self, row: Enrollment) -> str:
        return show_when(row.enrolled_at, row.practice)

    @display(description=_("ends"), ordering="ends_at")
    def ends(self, row: Enrollment) -> str:
        return show_when(row.ends_at, row.practice) or _t("Without end")

    @display(description=_("sessions until"))
    def sessions_until(self, row: Enrollment) -> str:
        return show_when(row.expires_at, row.practice) or _t("Without end")

    @display(description=_("access"))
    def access(self, row: Enrollment) -> str:
        until = show_when(row.access_expires_at, row.practice) or _t("for life")
        return f"{show_when(row.access_starts_at, row.practice)} – {until}"

    @display(description=_("price"))
    def paid(self, row: Enrollment) -> str:
        return price(row.price, row.currency)
