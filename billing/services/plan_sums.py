"""The totals of care plans, always summed from their entries and bills."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Q

from billing import sums
from billing.models import BillLine, CarePlan, CarePlanEntry
from billing.states import CLAIMS, BillType
from core.hints import OfEach

Rates = dict[Decimal, sums.Amounts]


@dataclass(slots=True)
class CarePlanSums:
    """A plan's totals: `price`, `discounted` net, the others with tax; `rest` is left to bill, by tax rate."""

    entries: int = 0
    price: Decimal = sums.ZERO
    discounted: Decimal = sums.ZERO
    gross: Decimal = sums.ZERO
    gross_discounted: Decimal = sums.ZERO
    done: Decimal = sums.ZERO
    billed: Decimal = sums.ZERO
    credited: Decimal = sums.ZERO
    full_bills: int = 0
    by_rate: Rates = field(default_factory=dict)
    rest: dict[Decimal, Decimal] = field(default_factory=dict)

    @property
    def billable(self) -> Decimal:
        """What may still be billed."""
        return self.gross_discounted - self.billed + self.credited


def care_plan_sums(plans: Iterable[CarePlan]) -> dict[int, CarePlanSums]:
    """Return the totals of each of `plans`, in two queries however many they are."""
    by_id = {plan.pk: plan for plan in plans}
    found = {pk: CarePlanSums() for pk in by_id}
    for entry in CarePlanEntry.objects.live().filter(care_plan_id__in=by_id):
        _add_entry(found[entry.care_plan_id], entry, by_id[entry.care_plan_id].discount_percentage)
    standing: dict[int, dict[Decimal, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    full: dict[int, set[int]] = defaultdict(set)
    ours = BillLine.objects.filter(OfEach(Q(bill__direction="incoming")), bill__care_plan_id__in=by_id)
    lines = ours.exclude(bill__type=BillType.PROFORMA)
    columns = ("bill__care_plan_id", "bill_id", "bill__type", "vat_percentage", "net", "vat")
    for plan_id, bill_id, kind, rate, net, vat in lines.values_list(*columns):
        one, gross = found[plan_id], net + vat
        if kind in CLAIMS:
            one.billed += gross
            standing[plan_id][rate] += gross
        else:
            one.credited += gross
            standing[plan_id][rate] -= gross
        if kind == BillType.FULL:
            full[plan_id].add(bill_id)
    for pk, one in found.items():
        one.full_bills = len(full[pk])
        one.rest = {
            rate: amounts.gross - standing[pk].get(rate, sums.ZERO) for rate, amounts in sorted(one.by_rate.items())
        }
    return found


def _add_entry(found: CarePlanSums, entry: CarePlanEntry, plan_discount: Decimal) -> None:
    plain = sums.from_net(entry.price * entry.number_of_executions, entry.vat_percentage)
    amounts = entry.amounts(plan_discount)
    found.entries += 1
    found.price += plain.net
    found.gross += plain.gross
    found.discounted += amounts.net
    found.gross_discounted += amounts.gross
    if entry.done_on is not None:
        found.done += amounts.gross
    found.by_rate[entry.vat_percentage] = found.by_rate.get(entry.vat_percentage, sums.Amounts()) + amounts
