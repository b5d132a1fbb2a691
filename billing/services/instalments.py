"""Instalments: which part of a bill or a care plan is due when. What is owed does not depend on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from billing import sums
from billing.models import Bill, BillBalance, CarePlan, Liability
from billing.services.plan_sums import care_plan_sums
from billing.states import ExpenseType
from core.actor import Actor
from core.db import Work, verb
from core.errors import Conflict, InvalidInput
from core.locks import lock

CHANGEABLE = frozenset({"due_on", "amount", "related_to_insurance", "sistema_ts_expense_type"})


@verb
def set_instalments(
    work: Work,
    *,
    schedule: Sequence[tuple[date, Decimal]],
    bill_id: int | None = None,
    care_plan_id: int | None = None,
    by: Actor,
    at: datetime,
) -> list[Liability]:
    """Split a bill or a care plan into dated instalments, replacing those it has.

    InvalidInput (`schedule`) unless together they are exactly what the bill or the plan comes to, each on its own day.
    """
    of, whole = whole_of(by, "billing.set_instalments", bill_id=bill_id, care_plan_id=care_plan_id)
    days = [due_on for due_on, _amount in schedule]
    if any(amount <= 0 for _due_on, amount in schedule) or len(set(days)) != len(days):
        raise InvalidInput({"schedule": _("Each instalment has its own day and is more than nothing.")})
    if schedule and sum((amount for _due_on, amount in schedule), sums.ZERO) != whole:
        raise InvalidInput({"schedule": _("The instalments must come to %(whole)s.") % {"whole": whole}})
    for old in Liability.objects.live().filter(**of):
        old.archived_at = at
        work.save(old)
    return [work.create(Liability(**of, due_on=due_on, amount=amount)) for due_on, amount in sorted(schedule)]


@verb
def change_liability(work: Work, liability_id: int, *, values: Mapping[str, Any], by: Actor, at: datetime) -> Liability:
    """Change an instalment's date, amount or flags. Conflict for an archived one."""
    liability = _own(liability_id, "billing.change_liability", by)
    if unknown := values.keys() - CHANGEABLE:
        raise TypeError(f"an instalment takes no {', '.join(sorted(unknown))}")
    if values.get("sistema_ts_expense_type") not in (None, "", *ExpenseType.values):
        raise InvalidInput({"sistema_ts_expense_type": _("is not an expense type")})
    if "amount" in values and values["amount"] <= 0:
        raise InvalidInput({"amount": _("must be more than nothing")})
    if liability.archived_at is not None:
        raise Conflict(_("The instalment has been deleted."), code="archived")
    for name, value in values.items():
        setattr(liability, name, value)
    return work.save(liability)


@verb
def archive_liability(work: Work, liability_id: int, *, by: Actor, at: datetime) -> Liability:
    """Archive an instalment, paid or not; what is owed stays. Archiving it again keeps the first time."""
    liability = _own(liability_id, "billing.archive_liability", by)
    liability.archived_at = liability.archived_at or at
    return work.save(liability)


@dataclass(frozen=True, slots=True)
class Instalment:
    """An instalment and how much of it is covered by payments."""

    liability: Liability
    covered: Decimal

    @property
    def is_done(self) -> bool:
        """Whether all of it is paid."""
        return self.covered == self.liability.amount

    def is_due(self, today: date) -> bool:
        """Whether its date has come."""
        return self.liability.due_on <= today


def instalments_of_bills(bills: Sequence[Bill]) -> dict[int, list[Instalment]]:
    """Return the instalments of each bill, covered by payments and credits, the oldest first; two queries."""
    paid = dict[int, Decimal]()
    for bill_id, credited, came in BillBalance.objects.filter(bill__in=bills).values_list(
        "bill_id", "credited", "paid"
    ):
        paid[bill_id] = credited + came
    return _covered("bill_id", [bill.pk for bill in bills], paid)


def instalments_of_plans(plans: Sequence[CarePlan]) -> dict[int, list[Instalment]]:
    """Return the instalments of each care plan, covered by payments of its bills, the oldest first; two queries."""
    paid = dict[int, Decimal]()
    rows = BillBalance.objects.incoming().filter(bill__care_plan__in=plans)
    for plan_id, came in rows.values_list("bill__care_plan_id", "paid"):
        paid[plan_id] = paid.get(plan_id, sums.ZERO) + came
    return _covered("care_plan_id", [plan.pk for plan in plans], paid)


def _covered(column: str, ids: Sequence[int], paid: Mapping[int, Decimal]) -> dict[int, list[Instalment]]:
    rows: dict[int, list[Liability]] = {pk: [] for pk in ids}
    for row in Liability.objects.live().filter(**{f"{column}__in": ids}).oldest_first():
        rows[getattr(row, column)].append(row)
    return {
        pk: [
            Instalment(row, part)
            for row, part in zip(
                found, sums.covered([row.amount for row in found], paid.get(pk, sums.ZERO)), strict=True
            )
        ]
        for pk, found in rows.items()
    }


def whole_of(
    by: Actor, verb_name: str, *, bill_id: int | None, care_plan_id: int | None
) -> tuple[dict[str, Any], Decimal]:
    """Return the locked bill or care plan that is to be split, and its total."""
    if (bill_id is None) == (care_plan_id is None):
        raise TypeError("of a bill or of a care plan")
    if care_plan_id is not None:
        CarePlan.objects.visible_to(by).one(pk=care_plan_id)
        (plan,) = lock(CarePlan.objects.all(), [care_plan_id])
        by.require(verb_name, plan.practice_id)
        return {"care_plan": plan}, care_plan_sums([plan])[plan.pk].gross_discounted
    bill = Bill.objects.visible_to(by).one(pk=bill_id)
    by.require(verb_name, bill.practice_id)
    locked = lock(BillBalance.objects.all(), BillBalance.objects.filter(bill=bill).values_list("pk", flat=True))
    if not locked:
        raise Conflict(_("Only an invoice is paid in instalments."), code="no_claim")
    return {"bill": bill}, locked[0].total


def _own(liability_id: int, verb_name: str, by: Actor) -> Liability:
    liability = Liability.objects.visible_to(by).select_related("bill", "care_plan").one(pk=liability_id)
    of = liability.bill or liability.care_plan
    assert of is not None  # noqa: S101 a constraint says so
    by.require(verb_name, of.practice_id)
    return liability
