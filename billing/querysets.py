"""Filters of bills, payments and care plans, by state and by who may see them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any, Self

from django.db.models import Q

from billing.states import CLAIMS, BillType, CarePlanState, Direction
from core.actor import Actor
from core.permissions import CLINIC_ADMIN, FRONT_DESK, SPECIALIST
from core.querysets import ClinicQuerySet
from patients.querysets import treated_by

if TYPE_CHECKING:
    from billing.models import (
        Bill,
        BillBalance,
        BilledWork,
        BillLine,
        CarePlan,
        CarePlanEntry,
        CarePlanEntryAppointment,
        Liability,
        PriceListItem,
        Receipt,
        TillClosing,
        Transaction,
    )


def visible_money(actor: Actor, prefix: str = "") -> Q:
    """The condition for money of practices where the actor works at the desk, and of the actor's own patients."""
    condition = Q(**{f"{prefix}practice_id__in_scope": actor.practices(CLINIC_ADMIN, FRONT_DESK)})
    if actor.patient_ids:
        condition |= Q(**{f"{prefix}patient_id__in": actor.patient_ids})
    return condition


def visible_care_plans(actor: Actor, prefix: str = "") -> Q:
    """The condition for care plans: as `visible_money`, and for a specialist those of patients they treat."""
    condition = visible_money(actor, prefix)
    if actor.specialist_ids:
        mine = {
            f"{prefix}practice_id__in_scope": actor.practices(SPECIALIST),
            f"{prefix}patient_id__in_rows": treated_by(actor),
        }
        condition |= Q(**mine)
    return condition


class BillingSettingsQuerySet(ClinicQuerySet[Any]):
    """Billing settings."""

    def visible_to(self, actor: Actor) -> Self:
        """Settings of the practices in which the actor works."""
        return self if actor.everything else self.filter(practice_id__in=actor.practices())


class PriceListItemQuerySet(ClinicQuerySet["PriceListItem"]):
    """Prices on price lists."""

    def visible_to(self, actor: Actor) -> Self:
        """Prices on the lists that the actor may see."""
        return self if actor.everything else self.filter(price_list__organization_id__in=actor.organizations_as())


class CarePlanQuerySet(ClinicQuerySet["CarePlan"]):
    """Care plans."""

    def live(self) -> Self:
        """Care plans that are not archived."""
        return self.filter(archived_at=None)

    def agreed(self) -> Self:
        """Care plans that may be billed."""
        return self.filter(state__in=[CarePlanState.ACCEPTED, CarePlanState.COMPLETED])

    def visible_to(self, actor: Actor) -> Self:
        """The care plans that `visible_care_plans` lets the actor see."""
        return self if actor.everything else self.filter(visible_care_plans(actor))


class CarePlanEntryQuerySet(ClinicQuerySet["CarePlanEntry"]):
    """Entries of care plans."""

    def live(self) -> Self:
        """Entries that are not archived."""
        return self.filter(archived_at=None)

    def in_order(self) -> Self:
        """Sorted as the plan lists them."""
        return self.order_by("care_plan", "sequence_number", "pk")

    def visible_to(self, actor: Actor) -> Self:
        """Entries of the care plans that the actor may see."""
        return self if actor.everything else self.filter(visible_care_plans(actor, "care_plan__"))


class EntryAppointmentQuerySet(ClinicQuerySet["CarePlanEntryAppointment"]):
    """Links between entries and the visits in which they are treated."""

    def visible_to(self, actor: Actor) -> Self:
        """Links of the care plans that the actor may see."""
        return self if actor.everything else self.filter(visible_care_plans(actor, "entry__care_plan__"))


def is_claim(prefix: str = "") -> Q:
    """The condition for our own bills that somebody owes: neither proformas nor credit notes."""
    return Q(**{f"{prefix}direction": Direction.INCOMING, f"{prefix}type__in": list(CLAIMS)})


class BillQuerySet(ClinicQuerySet["Bill"]):
    """Bills."""

    def visible_to(self, actor: Actor) -> Self:
        """The bills that `visible_money` lets the actor see."""
        return self if actor.everything else self.filter(visible_money(actor))

    def with_lines(self, **which: int) -> Self:
        """Bills that have such lines, of which there are few; these are looked up first."""
        lines = self.model._meta.get_field("lines").related_model
        return self.filter(pk__in=lines._default_manager.filter(**which).values("bill"))

    def incoming(self) -> Self:
        """Our own bills, for which money comes in."""
        return self.filter(direction=Direction.INCOMING)

    def claims(self) -> Self:
        """Our own bills that somebody owes: neither proformas nor credit notes."""
        return self.filter(is_claim())

    def credit_notes(self) -> Self:
        """Bills that credit another one."""
        return self.filter(type=BillType.CREDIT)

    def billing(self, **origin: int) -> Self:
        """Bills, not credited, of a visit, program, order or entry: `billing(appointment_id=7)`."""
        return self.filter(**{f"billed_work__{name}": value for name, value in origin.items()})

    def issued_between(self, first: date | None, last: date | None) -> Self:
        """Bills dated from `first` to `last`, both included."""
        found = self
        if first is not None:
            found = found.filter(issued_on__gte=first)
        return found if last is None else found.filter(issued_on__lte=last)


class BillLineQuerySet(ClinicQuerySet["BillLine"]):
    """Lines of bills."""

    def visible_to(self, actor: Actor) -> Self:
        """Lines of the bills that the actor may see."""
        return self if actor.everything else self.filter(visible_money(actor, "bill__"))


class BilledWorkQuerySet(ClinicQuerySet["BilledWork"]):
    """Records of billed work."""

    def visible_to(self, actor: Actor) -> Self:
        """Work on the bills that the actor may see."""
        return self if actor.everything else self.filter(visible_money(actor, "bill__"))

    def of_appointments(self, ids: Iterable[int]) -> Self:
        """Billed work of these visits, with the bills and their balances."""
        return self.filter(appointment_id__in=list(ids)).select_related("bill__balance")


class BillBalanceQuerySet(ClinicQuerySet["BillBalance"]):
    """Balances of bills."""

    def visible_to(self, actor: Actor) -> Self:
        """Balances of the bills that the actor may see."""
        return self if actor.everything else self.filter(visible_money(actor))

    def incoming(self) -> Self:
        """Balances of our own bills."""
        return self.filter(direction=Direction.INCOMING)

    def open(self) -> Self:
        """Balances on which something is owed, or to be refunded."""
        return self.exclude(owed=0)


class LiabilityQuerySet(ClinicQuerySet["Liability"]):
    """Instalments."""

    def live(self) -> Self:
        """Instalments that are not archived."""
        return self.filter(archived_at=None)

    def oldest_first(self) -> Self:
        """Sorted in the order in which payments cover them."""
        return self.order_by("due_on", "pk")

    def visible_to(self, actor: Actor) -> Self:
        """Instalments of the bills and care plans that the actor may see."""
        if actor.everything:
            return self
        return self.filter(
            Q(Q(bill__isnull=False) & visible_money(actor, "bill__"))
            | Q(Q(care_plan__isnull=False) & visible_care_plans(actor, "care_plan__"))
        )


class ReceiptQuerySet(ClinicQuerySet["Receipt"]):
    """Receipts."""

    def visible_to(self, actor: Actor) -> Self:
        """The receipts that `visible_money` lets the actor see."""
        return self if actor.everything else self.filter(visible_money(actor))


class TransactionQuerySet(ClinicQuerySet["Transaction"]):
    """Transactions."""

    def visible_to(self, actor: Actor) -> Self:
        """The transactions that `visible_money` lets the actor see."""
        return self if actor.everything else self.filter(visible_money(actor))

    def standing(self) -> Self:
        """Transactions that neither were reversed nor reverse another."""
        return self.filter(reversed_by=None, reverses=None)

    def counted(self) -> Self:
        """Transactions whose money has arrived."""
        return self.filter(verified=True)

    def on_account(self) -> Self:
        """A patient's transactions without a bill."""
        return self.filter(bill=None, patient__isnull=False)

    def dated_between(self, first: date | None, last: date | None) -> Self:
        """Transactions dated from `first` to `last`, both included."""
        found = self
        if first is not None:
            found = found.filter(date__gte=first)
        return found if last is None else found.filter(date__lte=last)


class TillClosingQuerySet(ClinicQuerySet["TillClosing"]):
    """Closings of the till."""

    def visible_to(self, actor: Actor) -> Self:
        """Closings at the practices where the actor works at the desk."""
        if actor.everything:
            return self
        return self.filter(account__practice_id__in=actor.practices(CLINIC_ADMIN, FRONT_DESK))
