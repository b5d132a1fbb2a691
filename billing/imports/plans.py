"""The import of care plans in any state, and of their entries."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing.imports.setup import DISCARD_REASON, PRICE_LIST
from billing.models import CarePlan, CarePlanEntry, CarePlanEntryAppointment
from billing.services import (
    archive_care_plan,
    change_care_plan,
    link_entry_to_appointment,
    record_care_plan,
    record_care_plan_entry,
    take_back_imported_entry,
)
from billing.states import CarePlanState
from catalog.imports import SERVICE
from core.actor import Actor
from core.db import Work, unit_of_work
from core.errors import InvalidInput
from core.imports import (
    Column,
    ImportKind,
    Refers,
    Scope,
    amount,
    day,
    flag,
    moment_or_day,
    one_by_one,
    one_of,
    picked,
    reference,
    text_up_to,
    whole,
)
from directory.imports import ARCHIVED, IN_PRACTICE, SPECIALIST, by_practice_clock, organization_of, practice_of
from patients.imports import CUSTOM_FIELD, PATIENT
from patients.models import CustomField, CustomFieldValue
from patients.services import write_custom_values
from scheduling.imports import APPOINTMENT

ENTRY = Refers(model=CarePlanEntry, scope="care_plan__practice__organization")
CARE_PLAN = Refers(model=CarePlan, scope="practice__organization")
PLAN_KEYS = {"price_list": "price_list_id", "specialist": "specialist_id", "assistant": "personal_assistant_id"}
ENTRY_VALUES = (
    "label", "tooth", "price", "discount_percentage", "absolute_discount", "number_of_executions", "vat_percentage",
    "vat_exemption", "udi", "sequence_number",
)  # fmt: skip


def _save_plan(work: Work, obj: CarePlan | None, values: dict[str, Any], scope: Scope) -> CarePlan:
    values = by_practice_clock(values, scope)
    told = picked(values, "branch", "name", "text", "background", "discount_percentage", keys=PLAN_KEYS)
    if obj is not None:
        if values.get("state", obj.state) != obj.state:
            reason = _t("It is %(state)s here; an import does not change that.")
            raise InvalidInput({"state": reason % {"state": obj.get_state_display().lower()}})
        changed = {name: value for name, value in told.items() if getattr(obj, name) != value}
        return change_care_plan(obj.pk, values=changed, by=work.by, at=work.at) if changed else obj
    plan = record_care_plan(
        practice_id=practice_of(values, scope),
        patient_id=values["patient"],
        values=told,
        state=values.get("state") or CarePlanState.ESTIMATE,
        accepted_on=values.get("date_accepted"),
        discard_reason_id=values.get("discard_reason"),
        signed_at=values.get("signed_at"),
        signed_by=values.get("signed_by") or "",
        by=work.by,
        at=work.at,
    )
    if values.get("archived_at") is not None:
        plan.archived_at = values["archived_at"]
        plan = work.save(plan)
    return plan


def _save_entry(work: Work, obj: CarePlanEntry | None, values: dict[str, Any], scope: Scope) -> CarePlanEntry:
    if obj is not None:
        return obj  # what was agreed and done is changed where one sees what hangs on it
    told = picked(values, *ENTRY_VALUES, keys={"service": "service_id"})
    done_on = values.get("done_on")
    # An empty cell asks for what the plan's price list, the service or the order of the rows says.
    for name in ("label", "price", "vat_percentage", "sequence_number"):
        if told.get(name) in (None, ""):
            told.pop(name, None)
    return record_care_plan_entry(values["care_plan"], values=told, done_on=done_on, by=work.by, at=work.at)


def _save_visit(
    work: Work, obj: CarePlanEntryAppointment | None, values: dict[str, Any], scope: Scope
) -> CarePlanEntryAppointment:
    if obj is not None:
        return obj
    return link_entry_to_appointment(values["entry"], appointment_id=values["appointment"], by=work.by, at=work.at)


def _remove_visit(pk: int, *, by: Actor, at: datetime) -> None:
    link = CarePlanEntryAppointment.objects.select_related("entry__care_plan").get(pk=pk)
    by.require("billing.change_care_plan", link.entry.care_plan.practice_id)
    with unit_of_work("billing.import_care_plan_visits.undo", by=by, at=at) as work:
        work.delete(link)


def _remove_value(pk: int, *, by: Actor, at: datetime) -> None:
    row = CustomFieldValue.objects.select_related("field").get(pk=pk)
    assert row.care_plan_id is not None  # noqa: S101 the others are a kind of their own
    change_care_plan(row.care_plan_id, values={}, custom_values={row.field.technical_name: None}, by=by, at=at)


def _save_value(work: Work, obj: CustomFieldValue | None, values: dict[str, Any], scope: Scope) -> CustomFieldValue:
    plan = CarePlan.objects.visible_to(work.by).select_related("practice").one(pk=values["care_plan"])
    work.by.require("billing.change_care_plan", plan.practice_id)
    field = CustomField.objects.get(pk=values["field"])
    told = {field.technical_name: values["value"]}
    try:
        write_custom_values(work, plan, told, organization_id=plan.practice.organization_id)
    except InvalidInput as error:
        raise InvalidInput({"value": " ".join(map(str, error.fields.values()))}) from None
    return CustomFieldValue.objects.get(care_plan=plan, field=field)


CARE_PLANS = ImportKind(
    name="care-plans",
    help=_("Treatment that was estimated or agreed; its entries come after it."),
    verb="billing.import_care_plans",
    may="billing.record_care_plan",
    model=CarePlan,
    columns=(
        reference("patient", PATIENT, _("By external id or e-mail address."), required=True),
        IN_PRACTICE,
        Column(name="name", help=""),
        Column(name="branch", help=_("Such as general or orthodontics."), blank="general"),
        Column(
            name="state",
            help=_("estimate if left empty; accepted, completed or discarded."),
            parse=one_of({word: word for word in CarePlanState.values}),
            blank=CarePlanState.ESTIMATE,
            stored=False,
        ),
        Column(
            name="date_accepted",
            help=_("Required where it was accepted."),
            parse=day,
            blank=None,
            stored=False,
            dated=True,
        ),
        reference("price_list", PRICE_LIST, _("By external id or name.")),
        reference("specialist", SPECIALIST, _("By external id or full name.")),
        Column(
            name="assistant",
            help=_("Likewise."),
            blank=None,
            stored=False,
            refers=SPECIALIST,
            write=lambda plan: plan.personal_assistant_id,
        ),
        Column(name="discount_percentage", help="", parse=amount, blank=0),
        Column(name="text", help=""),
        flag("background"),
        reference("discard_reason", DISCARD_REASON, _("Why it was discarded, by external id or name.")),
        Column(name="signed_at", help="", parse=moment_or_day, blank=None, stored=False, dated=True),
        Column(name="signed_by", help="", stored=False),
        ARCHIVED,
    ),
    place=organization_of,
    save=one_by_one(CarePlan, _save_plan),
    undo=archive_care_plan,
    rows=lambda organization_id: CarePlan.objects.filter(practice__organization_id=organization_id),
)

ENTRIES = ImportKind(
    name="care-plan-entries",
    help=_("The treatments of care plans."),
    verb="billing.import_care_plan_entries",
    may="billing.record_care_plan",
    model=CarePlanEntry,
    columns=(
        reference("care_plan", CARE_PLAN, _("By external id."), required=True),
        reference("service", SERVICE, _("By external id, slug or name.")),
        Column(name="label", help=_("Empty: the service's name.")),
        Column(name="tooth", help=_("Empty: general.")),
        Column(name="price", help=_("Of one, without tax; empty: the price list's."), parse=amount, blank=None),
        Column(name="discount_percentage", help="", parse=amount, blank=0),
        Column(name="absolute_discount", help="", parse=amount, blank=0),
        Column(name="number_of_executions", help="", parse=whole, blank=1),
        Column(name="vat_percentage", help=_("Empty: the service's."), parse=amount, blank=None),
        Column(name="vat_exemption", help=""),
        Column(name="udi", help=""),
        Column(name="sequence_number", help=_("Its place in the plan."), parse=whole, blank=None),
        Column(name="done_on", help=_("The day it was done."), parse=day, blank=None, stored=False, dated=True),
    ),
    place=organization_of,
    save=one_by_one(CarePlanEntry, _save_entry),
    undo=take_back_imported_entry,
    rows=lambda organization_id: CarePlanEntry.objects.live().filter(
        care_plan__practice__organization_id=organization_id
    ),
    order=("care_plan", "sequence_number", "pk"),
)

PLAN_VISITS = ImportKind(
    name="care-plan-visits",
    help=_("In which visits the treatments of care plans are done."),
    verb="billing.import_care_plan_visits",
    may="billing.record_care_plan",
    model=CarePlanEntryAppointment,
    columns=(
        reference("entry", ENTRY, _("By external id."), required=True),
        reference("appointment", APPOINTMENT, _("By external id."), required=True),
    ),
    place=organization_of,
    save=one_by_one(CarePlanEntryAppointment, _save_visit),
    undo=_remove_visit,
    rows=lambda organization_id: CarePlanEntryAppointment.objects.filter(
        entry__care_plan__practice__organization_id=organization_id,
        entry__archived_at=None,
        appointment__archived_at=None,
    ),
)

VALUES = ImportKind(
    name="care-plan-values",
    help=_("What the clinic's own fields say of care plans."),
    verb="billing.import_care_plan_values",
    may="billing.change_care_plan",
    model=CustomFieldValue,
    columns=(
        reference("care_plan", CARE_PLAN, _("By external id."), required=True),
        reference("field", CUSTOM_FIELD, _("By external id, technical name or label."), required=True),
        Column(name="value", help="", parse=text_up_to(500), required=True, stored=False),
    ),
    place=organization_of,
    save=one_by_one(CustomFieldValue, _save_value),
    undo=_remove_value,
    rows=lambda organization_id: CustomFieldValue.objects.filter(
        care_plan__practice__organization_id=organization_id, field__archived_at=None
    ),
)
