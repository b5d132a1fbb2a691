"""The verbs that record care plans and instalments of another system, in any state and with their dates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from billing import sums
from billing.models import CarePlan, CarePlanDiscardReason, CarePlanEntry, Liability
from billing.services.care_plans import ENTRY_VALUES, PLAN_VALUES, add_entry, locked_entry
from billing.services.instalments import whole_of
from billing.services.numbering import today_at
from billing.states import CarePlanState
from core.actor import Actor
from core.db import Work, verb
from core.errors import Conflict, InvalidInput, Text
from core.values import assign
from directory.models import Practice
from patients.models import Patient
from patients.standing import hold_record

ACCEPTED = frozenset({CarePlanState.ACCEPTED, CarePlanState.COMPLETED})


@verb
def record_care_plan(
    work: Work,
    *,
    practice_id: int,
    patient_id: int,
    values: Mapping[str, Any],
    state: str = CarePlanState.ESTIMATE,
    accepted_on: date | None = None,
    discard_reason_id: int | None = None,
    signed_at: datetime | None = None,
    signed_by: str = "",
    by: Actor,
    at: datetime,
) -> CarePlan:
    """Record a care plan in the state it has in another system, even if the patient's record is archived.

    InvalidInput for a state without its date, for a day to come, and for a signature without a name or a time.
    """
    practice = Practice.objects.visible_to(by).one(pk=practice_id)
    by.require("billing.record_care_plan", practice.pk)
    patient: Patient = Patient.objects.visible_to(by).one(pk=patient_id, organization_id=practice.organization_id)
    plan = CarePlan(practice=practice, patient=patient, state=state, signed_at=signed_at, signed_by=signed_by.strip())
    assign(plan, values, allowed=PLAN_VALUES, by=by, organization_id=practice.organization_id)
    plan.currency = plan.price_list.currency if plan.price_list is not None else practice.currency
    plan.date_accepted = accepted_on if state != CarePlanState.ESTIMATE else None
    problems: dict[str, Text] = {}
    if state in ACCEPTED and accepted_on is None:
        problems["accepted_on"] = _("is required")
    if accepted_on is not None and accepted_on > today_at(practice, at):
        problems["accepted_on"] = _("lies in the future")
    if (signed_at is None) != (not plan.signed_by):
        problems["signed_by"] = _("A signature has a name and a time.")
    if discard_reason_id is not None:
        reasons = CarePlanDiscardReason.objects.visible_to(by).filter(organization_id=practice.organization_id)
        plan.discard_reason = reasons.filter(pk=discard_reason_id).first()
        if plan.discard_reason is None or state != CarePlanState.DISCARDED:
            problems["discard_reason_id"] = _("is for a care plan that was discarded")
    if problems:
        raise InvalidInput(problems)
    hold_record(patient)
    return work.create(plan)


@verb
def record_care_plan_entry(
    work: Work,
    care_plan_id: int,
    *,
    values: Mapping[str, Any],
    done_on: date | None = None,
    by: Actor,
    at: datetime,
) -> CarePlanEntry:
    """Add an entry to a plan in any state, done or not, as another system kept it."""
    plan: CarePlan = CarePlan.objects.visible_to(by).select_related("practice", "price_list").one(pk=care_plan_id)
    by.require("billing.record_care_plan", plan.practice_id)
    if done_on is not None and (plan.date_accepted is None or done_on > today_at(plan.practice, at)):
        raise InvalidInput({"done_on": _("is a past day, of a care plan that was accepted")})
    entry = add_entry(work, plan, {name: value for name, value in values.items() if name in ENTRY_VALUES}, by=by)
    entry.done_on = done_on
    return work.save(entry)


@verb
def take_back_imported_entry(work: Work, entry_id: int, *, by: Actor, at: datetime) -> CarePlanEntry:
    """Archive an entry that was imported by mistake, in whatever state its plan is.

    Conflict where a visit, a bill or an agreed instalment depends on it.
    """
    plan, entry = locked_entry(entry_id, "billing.record_care_plan", by)
    if entry.visits.exists() or entry.bill_lines.exists() or Liability.objects.live().filter(care_plan=plan).exists():
        raise Conflict(_("A visit, a bill or an instalment depends on it by now."), code="in_use")
    entry.archived_at = entry.archived_at or at
    return work.save(entry)


@verb
def record_instalment(
    work: Work,
    *,
    due_on: date,
    amount: Decimal,
    bill_id: int | None = None,
    care_plan_id: int | None = None,
    related_to_insurance: bool = False,
    sistema_ts_expense_type: str = "",
    by: Actor,
    at: datetime,
) -> Liability:
    """Add an instalment to a bill or a care plan; InvalidInput if they would exceed its total."""
    of, whole = whole_of(by, "billing.set_instalments", bill_id=bill_id, care_plan_id=care_plan_id)
    present = sum(Liability.objects.live().filter(**of).values_list("amount", flat=True), sums.ZERO)
    if amount <= 0 or present + amount > whole:
        raise InvalidInput({"amount": _("The instalments must come to %(whole)s.") % {"whole": whole}})
    return work.create(
        Liability(
            **of,
            due_on=due_on,
            amount=amount,
            related_to_insurance=related_to_insurance,
            sistema_ts_expense_type=sistema_ts_expense_type,
        )
    )
