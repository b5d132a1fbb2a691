"""Care plans: an estimate with its entries, its signature and acceptance, its bills and instalments."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from backoffice.billing.care_plan_steps import (
    ACCEPT,
    BILL,
    COMPLETE,
    DISCARD,
    INSTALMENTS,
    PUT_AWAY,
    REOPEN,
    SIGN,
)
from backoffice.billing.standing import PLAN_COLORS
from backoffice.kit.cells import badge, patient_link, price
from backoffice.kit.clock import show_when
from backoffice.kit.custom_fields import CustomFieldsMixin
from backoffice.kit.filters import PracticeFilter, PutAwayFilter
from backoffice.kit.inlines import VerbInline, changed
from backoffice.kit.lists import ClinicChangeList
from backoffice.kit.steps import Step
from backoffice.kit.verb_admin import Values, VerbAdmin
from billing.models import CarePlan, CarePlanEntry
from billing.services import (
    add_care_plan_entry,
    archive_care_plan_entry,
    care_plan_sums,
    change_care_plan,
    change_care_plan_entry,
    create_care_plan,
    set_entry_done,
    today_at,
)
from billing.states import CarePlanState
from core.actor import Actor
from core.errors import DomainError
from patients.states import FieldObject

_S = CarePlanState


class EntryInline(VerbInline):
    """The treatments of a plan. Prices are for one execution, without tax."""

    model = CarePlanEntry
    view_verb = "billing.view_care_plans"
    add_verb = "billing.add_care_plan_entry"
    change_verb = "billing.change_care_plan_entry"
    delete_verb = "billing.archive_care_plan_entry"
    fields = (
        "service", "label", "tooth", "price", "discount_percentage", "number_of_executions", "vat_percentage",
    )  # fmt: skip
    autocomplete_fields = ("service",)
    optional = ("label", "price", "vat_percentage", "discount_percentage", "number_of_executions")
    ordering = ("sequence_number", "pk")
    related = ("service",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(archived_at=None)

    def _open(self, plan: Any) -> bool:
        """Whether the entries may change, by the plan's own rule."""
        if not isinstance(plan, CarePlan):
            return True
        try:
            plan.check_open_to_changes()
        except DomainError:
            return False
        return True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._open(obj) and super().has_add_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._open(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._open(obj) and super().has_delete_permission(request, obj)

    def create(self, owner: CarePlan, form: Any, *, by: Actor, at: datetime) -> CarePlanEntry:
        values = {name: value for name, value in changed(form).items() if value not in (None, "")}
        return add_care_plan_entry(owner.pk, values=values, by=by, at=at)

    def change(self, owner: CarePlan, row: CarePlanEntry, form: Any, *, by: Actor, at: datetime) -> CarePlanEntry:
        return change_care_plan_entry(row.pk, values=changed(form), by=by, at=at)

    def remove(self, owner: CarePlan, row: CarePlanEntry, *, by: Actor, at: datetime) -> CarePlanEntry:
        return archive_care_plan_entry(row.pk, by=by, at=at)


class PlanList(ClinicChangeList):
    """A page of plans, with what each comes to: two queries for all of them."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        totals = care_plan_sums(self.result_list)
        for plan in self.result_list:
            plan.__dict__["totals"] = totals[plan.pk]


@admin.register(CarePlan)
class CarePlanAdmin(CustomFieldsMixin, VerbAdmin):
    """Care plans. Their state changes by steps alone; their entries while they are unsigned estimates."""

    view_verb = "billing.view_care_plans"
    add_verb = "billing.create_care_plan"
    change_verb = "billing.change_care_plan"
    scope = "practice"
    describes = FieldObject.CARE_PLAN
    steps = (SIGN, ACCEPT, BILL, INSTALMENTS, COMPLETE, REOPEN, DISCARD, PUT_AWAY)
    inlines = (EntryInline,)

    list_display = ("title", "who", "practice", "stands", "accepted", "sum_total", "sum_left", "signature")
    list_filter = ("state", PutAwayFilter, PracticeFilter)
    list_select_related = ("patient", "practice")
    ordering = ("-id",)
    search_fields = ("=pk", "~name")
    search_patient = "patient"
    sortable_by = ()
    search_help_text = _("Patient, plan, or number")
    autocomplete_fields = ("patient", "specialist", "personal_assistant")
    optional = ("discount_percentage", "branch")
    readonly_fields = ("stands", "who", "accepted", "signature", "discard_reason")

    def layout(self, request: HttpRequest, obj: Any) -> list[Any]:
        if obj is None:
            fields = ["practice", "patient", "name", ("price_list", "discount_percentage"), "specialist", "text"]
            return [(None, {"fields": fields})]
        facts: list[Any] = [("stands", "who"), ("accepted", "signature"), "practice"]
        facts += ["discard_reason"] if obj.state == _S.DISCARDED else []
        more = ["name", ("price_list", "discount_percentage"), ("specialist", "personal_assistant"), "text"]
        return [(None, {"fields": [*facts, *more]})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        fixed = super().get_readonly_fields(request, obj)
        if obj is None:
            return [name for name in fixed if name != "who"]
        try:
            obj.check_open_to_changes()
        except DomainError:
            fixed = [*fixed, "price_list", "discount_percentage"]
        return fixed

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj is not None else ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        related = ("patient", "practice", "price_list", "specialist", "discard_reason")
        return super().get_queryset(request).select_related(*related)

    def create(self, form: Any, values: Values, *, by: Actor, at: datetime) -> CarePlan:
        patient_id = values.pop("patient_id")
        return create_care_plan(
            practice_id=self.scope_id(form.request, form),
            patient_id=patient_id,
            values=values,
            custom_values=self.custom_values(form),
            by=by,
            at=at,
        )

    def change(self, obj: CarePlan, form: Any, values: Values, *, by: Actor, at: datetime) -> CarePlan:
        return change_care_plan(obj.pk, values=values, custom_values=self.custom_values(form), by=by, at=at)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[PlanList]:
        return PlanList

    @display(description=_("care plan"), ordering="name")
    def title(self, plan: CarePlan) -> str:
        return str(plan)

    @display(description=_("patient"), ordering="patient__search_name")
    def who(self, plan: CarePlan) -> SafeString | str:
        return patient_link(plan.patient)

    @display(description=_("state"), ordering="state")
    def stands(self, plan: CarePlan) -> SafeString:
        return badge(PLAN_COLORS[plan.state], plan.get_state_display())

    @display(description=_("accepted on"), ordering="date_accepted")
    def accepted(self, plan: CarePlan) -> str:
        return date_format(plan.date_accepted) if plan.date_accepted else ""

    @display(description=_("signature"))
    def signature(self, plan: CarePlan) -> str:
        if plan.signed_at is None:
            return ""
        return f"{plan.signed_by}, {show_when(plan.signed_at, plan.practice)}"

    @display(description=_("total"))
    def sum_total(self, plan: CarePlan) -> str:
        return price(plan.__dict__["totals"].gross_discounted, plan.currency)

    @display(description=_("left to bill"))
    def sum_left(self, plan: CarePlan) -> str:
        return price(plan.__dict__["totals"].billable, plan.currency) if plan.date_accepted else ""


@admin.register(CarePlanEntry)
class CarePlanEntryAdmin(VerbAdmin):
    """One treatment of a plan: whether it has been done."""

    view_verb = "billing.view_care_plans"
    steps = (
        Step(
            name="done",
            label=_("Done today"),
            verb="billing.set_entry_done",
            call=lambda pk, *, by, at: set_entry_done(pk, done_on=_today(pk, by, at), by=by, at=at),
            done=ngettext_lazy("%(count)d entry done.", "%(count)d entries done.", "count"),
            offered=lambda entry: entry.done_on is None and entry.care_plan.date_accepted is not None,
            icon="task_alt",
        ),
        Step(
            name="not-done",
            label=_("Not done"),
            verb="billing.set_entry_done",
            call=lambda pk, *, by, at: set_entry_done(pk, done_on=None, by=by, at=at),
            done=ngettext_lazy("%(count)d entry taken back.", "%(count)d entries taken back.", "count"),
            offered=lambda entry: entry.done_on is not None,
            icon="undo",
        ),
    )
    list_display = ("label", "of_plan", "who", "tooth", "sum", "number_of_executions", "done_on")
    list_select_related = ("care_plan__patient", "care_plan__practice")
    ordering = ("-care_plan", "sequence_number", "pk")
    search_fields = ("~label",)
    search_patient = "care_plan__patient"
    search_help_text = _("Patient, entry, or both")
    sortable_by = ()
    readonly_fields = ("label", "of_plan", "who", "tooth", "sum", "number_of_executions", "done_on")
    fields = (("label", "tooth"), ("of_plan", "who"), ("sum", "number_of_executions"), "done_on")

    def place(self, row: Any) -> dict[str, int]:
        return {"practice_id": row.care_plan.practice_id}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request).filter(archived_at=None)
        return rows.select_related(*self.list_select_related)

    @display(description=_("care plan"))
    def of_plan(self, entry: CarePlanEntry) -> str:
        return str(entry.care_plan)

    @display(description=_("patient"))
    def who(self, entry: CarePlanEntry) -> SafeString | str:
        return patient_link(entry.care_plan.patient)

    @display(description=_("price"))
    def sum(self, entry: CarePlanEntry) -> str:
        return price(entry.discounted_price, entry.care_plan.currency)


def _today(entry_id: int, by: Actor, at: datetime) -> Any:
    entry = CarePlanEntry.objects.visible_to(by).select_related("care_plan__practice").one(pk=entry_id)
    return today_at(entry.care_plan.practice, at)
