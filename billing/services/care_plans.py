"""The verbs of care plans: estimate, change, sign, accept, do, complete, discard."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from billing import sums
from billing.models import CarePlan, CarePlanDiscardReason, CarePlanEntry, CarePlanEntryAppointment, PriceList
from billing.services.numbering import today_at
from billing.services.plan_sums import care_plan_sums
from catalog.models import Service
from core.actor import Actor
from core.db import Work, verb
from core.errors import Conflict, InvalidInput
from core.live import require_live
from core.locks import lock
from core.values import assign
from directory.models import Practice
from patients.models import Patient
from patients.services import write_custom_values
from patients.standing import hold_record
from scheduling.models import Appointment

PLAN_VALUES = frozenset(
    {
        "branch", "name", "price_list_id", "specialist_id", "personal_assistant_id", "text", "background",
        "discount_percentage",
    }
)  # fmt: skip
# What a signed or accepted plan may still change: nothing that costs.
ALWAYS = frozenset({"name", "text", "background", "specialist_id", "personal_assistant_id"})
ENTRY_VALUES = frozenset(
    {
        "service_id", "label", "tooth", "price", "discount_percentage", "absolute_discount", "number_of_executions",
        "vat_percentage", "vat_exemption", "udi", "sequence_number",
    }
)  # fmt: skip


@verb
def create_care_plan(
    work: Work,
    *,
    practice_id: int,
    patient_id: int,
    values: Mapping[str, Any] | None = None,
    custom_values: Mapping[str, Any] | None = None,
    appointment_id: int | None = None,
    by: Actor,
    at: datetime,
) -> CarePlan:
    """Create an estimate, by default with the patient's price list and discount; from a visit with its services.

    Missing for a patient that `by` may not see, InvalidInput for one of another organization.
    """
    practice = Practice.objects.visible_to(by).one(pk=practice_id)
    by.require("billing.create_care_plan", practice.pk)
    patient: Patient = Patient.objects.visible_to(by).select_related("price_list").one(pk=patient_id)
    if patient.organization_id != practice.organization_id:
        raise InvalidInput({"patient_id": _("belongs to another organization")})
    require_live(practice)
    if patient.archived_at is not None or patient.merged_into_id is not None:
        raise Conflict(_("The patient's record has been archived."), code="archived")
    hold_record(patient)
    plan = CarePlan(
        practice=practice,
        patient=patient,
        price_list=patient.price_list if patient.price_list and patient.price_list.archived_at is None else None,
        discount_percentage=patient.default_discount,
        created_through_appointment=appointment_id is not None,
    )
    assign(plan, values or {}, allowed=PLAN_VALUES, by=by, organization_id=practice.organization_id)
    plan.currency = plan.price_list.currency if plan.price_list is not None else practice.currency
    work.create(plan)
    if appointment_id is not None:
        visit = Appointment.objects.visible_to(by).one(pk=appointment_id)
        if visit.patient_id != patient.pk:
            raise InvalidInput({"appointment_id": _("is another patient's")})
        for line in visit.services.select_related("service").order_by("position"):
            entry = add_entry(work, plan, {"service_id": line.service_id}, by=by)
            work.create(CarePlanEntryAppointment(entry=entry, appointment=visit))
    write_custom_values(work, plan, custom_values or {}, organization_id=practice.organization_id)
    return plan


@verb
def change_care_plan(
    work: Work,
    care_plan_id: int,
    *,
    values: Mapping[str, Any],
    custom_values: Mapping[str, Any] | None = None,
    by: Actor,
    at: datetime,
) -> CarePlan:
    """Change a plan's columns and some of its custom fields, by technical name.

    What changes its sums only while it is an unsigned estimate (Conflict).
    """
    plan = _locked(care_plan_id, "billing.change_care_plan", by)
    if values.keys() - ALWAYS:
        plan.check_open_to_changes()
    before = plan.price_list_id
    assign(plan, values, allowed=PLAN_VALUES, by=by, organization_id=plan.practice.organization_id)
    if plan.price_list_id != before:
        currency = plan.price_list.currency if plan.price_list is not None else plan.practice.currency
        if currency != plan.currency and CarePlanEntry.objects.live().filter(care_plan=plan).exists():
            raise InvalidInput({"price_list_id": _("is in another currency than the entries")})
        plan.currency = currency
    work.save(plan)
    write_custom_values(work, plan, custom_values or {}, organization_id=plan.practice.organization_id)
    return plan


@verb
def add_care_plan_entry(
    work: Work, care_plan_id: int, *, values: Mapping[str, Any], by: Actor, at: datetime
) -> CarePlanEntry:
    """Add a treatment to an estimate: of a service, with its name, price (the list's, else its own) and tax, or free.

    InvalidInput for an entry without a label or with more discount than it costs.
    """
    plan = _locked(care_plan_id, "billing.add_care_plan_entry", by)
    plan.check_open_to_changes()
    return add_entry(work, plan, values, by=by)


@verb
def change_care_plan_entry(
    work: Work, entry_id: int, *, values: Mapping[str, Any], by: Actor, at: datetime
) -> CarePlanEntry:
    """Change an entry's columns while its plan is an unsigned estimate."""
    plan, entry = locked_entry(entry_id, "billing.change_care_plan_entry", by)
    plan.check_open_to_changes()
    assign(entry, values, allowed=ENTRY_VALUES, by=by, organization_id=plan.practice.organization_id)
    entry.check_discount()
    return work.save(entry)


@verb
def archive_care_plan_entry(work: Work, entry_id: int, *, by: Actor, at: datetime) -> CarePlanEntry:
    """Remove an entry from an estimate; it is kept as archived."""
    plan, entry = locked_entry(entry_id, "billing.archive_care_plan_entry", by)
    plan.check_open_to_changes()
    entry.archived_at = entry.archived_at or at
    return work.save(entry)


@verb
def set_entry_done(work: Work, entry_id: int, *, done_on: date | None, by: Actor, at: datetime) -> CarePlanEntry:
    """Record the day on which an entry of an accepted plan was done; None undoes that."""
    plan, entry = locked_entry(entry_id, "billing.set_entry_done", by)
    if plan.date_accepted is None or plan.archived_at is not None:
        raise Conflict(_("Only an entry of an accepted care plan can be done."), code="not_accepted")
    if done_on is not None and done_on > today_at(plan.practice, at):
        raise InvalidInput({"done_on": _("lies in the future")})
    entry.done_on = done_on
    return work.save(entry)


@verb
def link_entry_to_appointment(
    work: Work, entry_id: int, *, appointment_id: int, by: Actor, at: datetime
) -> CarePlanEntryAppointment:
    """Link an entry to a visit of the same patient, which is then billed with the plan."""
    plan, entry = locked_entry(entry_id, "billing.link_entry_to_appointment", by)
    visit = Appointment.objects.visible_to(by).one(pk=appointment_id)
    if visit.patient_id != plan.patient_id or visit.practice_id != plan.practice_id:
        raise InvalidInput({"appointment_id": _("is another patient's or another practice's")})
    return work.create(CarePlanEntryAppointment(entry=entry, appointment=visit))


@verb
def sign_care_plan(work: Work, care_plan_id: int, *, signed_by: str, by: Actor, at: datetime) -> CarePlan:
    """Record who signed the plan, and when."""
    plan = _locked(care_plan_id, "billing.sign_care_plan", by)
    plan.sign(name=signed_by, at=at)
    return work.save(plan)


@verb
def accept_care_plan(work: Work, care_plan_id: int, *, by: Actor, at: datetime) -> CarePlan:
    """Accept an estimate, or a completed plan again, on the practice's day. Conflict for one without entries."""
    plan = _locked(care_plan_id, "billing.accept_care_plan", by)
    if not CarePlanEntry.objects.live().filter(care_plan=plan).exists():
        raise Conflict(_("The care plan has no entries."), code="empty")
    plan.accept(on=today_at(plan.practice, at))
    return work.save(plan)


@verb
def complete_care_plan(work: Work, care_plan_id: int, *, by: Actor, at: datetime) -> CarePlan:
    """Complete an accepted plan. Conflict while an entry is not done."""
    plan = _locked(care_plan_id, "billing.complete_care_plan", by)
    undone = CarePlanEntry.objects.live().filter(care_plan=plan, done_on=None).in_order().first()
    plan.complete()
    if undone is not None:
        raise Conflict(_("%(entry)s has not been done yet.") % {"entry": undone}, code="not_done")
    return work.save(plan)


@verb
def discard_care_plan(
    work: Work, care_plan_id: int, *, discard_reason_id: int | None = None, by: Actor, at: datetime
) -> CarePlan:
    """Discard an estimate or an accepted plan. Conflict if it has been billed: credit that first."""
    plan = _locked(care_plan_id, "billing.discard_care_plan", by)
    reason = None
    if discard_reason_id is not None:
        reasons = CarePlanDiscardReason.objects.live().visible_to(by)
        reason = reasons.filter(pk=discard_reason_id, organization_id=plan.practice.organization_id).first()
        if reason is None:
            raise InvalidInput({"discard_reason_id": _("There is no such reason.")})
    plan.discard(reason)
    _refuse_billed(plan)
    return work.save(plan)


@verb
def reopen_care_plan(work: Work, care_plan_id: int, *, by: Actor, at: datetime) -> CarePlan:
    """Turn an accepted or discarded plan back into an estimate, without signature. Conflict if it has been billed."""
    plan = _locked(care_plan_id, "billing.reopen_care_plan", by)
    plan.reopen()
    _refuse_billed(plan)
    return work.save(plan)


@verb
def archive_care_plan(work: Work, care_plan_id: int, *, by: Actor, at: datetime) -> CarePlan:
    """Archive a plan: it is kept, but nobody works with it. Archiving it again keeps the first time."""
    plan = _locked(care_plan_id, "billing.archive_care_plan", by)
    plan.archived_at = plan.archived_at or at
    return work.save(plan)


def price_of(service: Service, price_list: PriceList | None) -> tuple[Decimal, str]:
    """Return a service's net price in a care plan and its currency, by the price list, else its base price."""
    item = price_list.items.filter(service=service).first() if price_list is not None else None
    if price_list is None or item is None:
        return service.base_price, service.currency
    return item.price, price_list.currency


def add_entry(work: Work, plan: CarePlan, values: Mapping[str, Any], *, by: Actor) -> CarePlanEntry:
    """Add an entry to a plan that has been checked to be open to changes."""
    entry = CarePlanEntry(care_plan=plan)
    given = dict(values)
    assign(entry, given, allowed=ENTRY_VALUES, by=by, organization_id=plan.practice.organization_id)
    if entry.service is not None:
        service = entry.service
        entry.label = entry.label or service.name
        if given.get("price") is None:
            entry.price, currency = price_of(service, plan.price_list)
            if currency != plan.currency:
                raise InvalidInput({"service_id": _("is priced in another currency")})
        if given.get("vat_percentage") is None:
            entry.vat_percentage = service.vat_percentage
            entry.vat_exemption = entry.vat_exemption or service.vat_exemption
    problems = {}
    if not entry.label.strip():
        problems["label"] = _("is required")
    if entry.service is None and given.get("price") is None:
        problems["price"] = _("is required")
    if problems:
        raise InvalidInput(problems)
    entry.check_discount()
    if "sequence_number" not in given:
        entry.sequence_number = CarePlanEntry.objects.filter(care_plan=plan).count() + 1
    return work.create(entry)


def _locked(care_plan_id: int, verb_name: str, by: Actor) -> CarePlan:
    """Return the locked plan; Missing unless visible, Forbidden unless allowed."""
    CarePlan.objects.visible_to(by).one(pk=care_plan_id)
    (plan,) = lock(CarePlan.objects.select_related("practice", "price_list"), [care_plan_id])
    by.require(verb_name, plan.practice_id)
    return plan


def locked_entry(entry_id: int, verb_name: str, by: Actor) -> tuple[CarePlan, CarePlanEntry]:
    """Return an entry and its plan, both locked; Missing unless visible, Forbidden unless allowed."""
    seen = CarePlanEntry.objects.visible_to(by).one(pk=entry_id)
    plan = _locked(seen.care_plan_id, verb_name, by)
    entry = CarePlanEntry.objects.one(pk=entry_id)
    entry.care_plan = plan
    return plan, entry


def _refuse_billed(plan: CarePlan) -> None:
    standing = care_plan_sums([plan])[plan.pk]
    if standing.billed - standing.credited != sums.ZERO:
        raise Conflict(_("The care plan has been billed; credit its bills first."), code="billed")
