"""Bills, payments and care plans, by state and by who may see them."""

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
    """Bills, payments and receipts: of the practices where the actor works at the desk, and of their own patients."""
    condition = Q(**{f"{prefix}practice_id__in": actor.practices(CLINIC_ADMIN, FRONT_DESK)})
    if actor.patient_ids:
        condition |= Q(**{f"{prefix}patient_id__in": actor.patient_ids})
    return condition


def visible_care_plans(actor: Actor, prefix: str = "") -> Q:
    """Care plans: as money, and for a specialist those of the patients they treat."""
    condition = visible_money(actor, prefix)
    if actor.specialist_ids:
        mine = {
            f"{prefix}practice_id__in": actor.practices(SPECIALIST),
            f"{prefix}patient_id__in": treated_by(actor),
        }
        condition |= Q(**mine)
    return condition


class BillingSettingsQuerySet(ClinicQuerySet[Any]):
    """How practices bill."""

    def visible_to(self, actor: Actor) -> Self:
        """The staff of a practice see how it bills."""
        return self if actor.everything else self.filter(practice_id__in=actor.practices())


class PriceListItemQuerySet(ClinicQuerySet["PriceListItem"]):
    """Prices on a list."""

    def visible_to(self, actor: Actor) -> Self:
        """Whoever sees the list sees its prices."""
        return self if actor.everything else self.filter(price_list__organization_id__in=actor.organizations_as())


class CarePlanQuerySet(ClinicQuerySet["CarePlan"]):
    """Care plans."""

    def live(self) -> Self:
        """Those that have not been archived."""
        return self.filter(archived_at=None)

    def agreed(self) -> Self:
        """Those that may be billed."""
        return self.filter(state__in=[CarePlanState.ACCEPTED, CarePlanState.COMPLETED])

    def visible_to(self, actor: Actor) -> Self:
        """See `visible_care_plans`."""
        return self if actor.everything else self.filter(visible_care_plans(actor))


class CarePlanEntryQuerySet(ClinicQuerySet["CarePlanEntry"]):
    """Entries of care plans."""

    def live(self) -> Self:
        """Those that have not been archived."""
        return self.filter(archived_at=None)

    def in_order(self) -> Self:
        """As the plan lists them."""
        return self.order_by("care_plan", "sequence_number", "pk")

    def visible_to(self, actor: Actor) -> Self:
        """Whoever sees the plan sees its entries."""
        return self if actor.everything else self.filter(visible_care_plans(actor, "care_plan__"))


class EntryAppointmentQuerySet(ClinicQuerySet["CarePlanEntryAppointment"]):
    """Which entries are treated in which visits."""

    def visible_to(self, actor: Actor) -> Self:
        """Whoever sees the plan."""
        return self if actor.everything else self.filter(visible_care_plans(actor, "entry__care_plan__"))


class BillQuerySet(ClinicQuerySet["Bill"]):
    """Bills."""

    def visible_to(self, actor: Actor) -> Self:
        """See `visible_money`."""
        return self if actor.everything else self.filter(visible_money(actor))

    def incoming(self) -> Self:
        """Our own: money to us."""
        return self.filter(direction=Direction.INCOMING)

    def claims(self) -> Self:
        """Our own that somebody owes: neither proformas nor credit notes."""
        return self.incoming().filter(type__in=list(CLAIMS))

    def credit_notes(self) -> Self:
        """Those that credit another."""
        return self.filter(type=BillType.CREDIT)

    def billing(self, **origin: int) -> Self:
        """Those that bill a visit, program, order or entry now: `billing(appointment_id=7)`; credited ones are not."""
        return self.filter(**{f"billed_work__{name}": value for name, value in origin.items()})

    def issued_between(self, first: date | None, last: date | None) -> Self:
        """Those dated from `first` to `last`, both included."""
        found = self
        if first is not None:
            found = found.filter(issued_on__gte=first)
        return found if last is None else found.filter(issued_on__lte=last)


class BillLineQuerySet(ClinicQuerySet["BillLine"]):
    """Lines of bills."""

    def visible_to(self, actor: Actor) -> Self:
        """Whoever sees the bill sees its lines."""
        return self if actor.everything else self.filter(visible_money(actor, "bill__"))


class BilledWorkQuerySet(ClinicQuerySet["BilledWork"]):
    """What stands billed."""

    def visible_to(self, actor: Actor) -> Self:
        """Whoever sees the bill."""
        return self if actor.everything else self.filter(visible_money(actor, "bill__"))

    def of_appointments(self, ids: Iterable[int]) -> Self:
        """The bills of visits, with what is owed on them."""
        return self.filter(appointment_id__in=list(ids)).select_related("bill__balance")


class BillBalanceQuerySet(ClinicQuerySet["BillBalance"]):
    """What is owed on bills."""

    def visible_to(self, actor: Actor) -> Self:
        """Whoever sees the bill."""
        return self if actor.everything else self.filter(visible_money(actor))

    def incoming(self) -> Self:
        """Of our own bills."""
        return self.filter(direction=Direction.INCOMING)

    def open(self) -> Self:
        """Those on which something is owed, or is to be given back."""
        return self.exclude(owed=0)


class LiabilityQuerySet(ClinicQuerySet["Liability"]):
    """Instalments."""

    def live(self) -> Self:
        """Those that have not been archived."""
        return self.filter(archived_at=None)

    def oldest_first(self) -> Self:
        """In the order in which payments cover them."""
        return self.order_by("due_on", "pk")

    def visible_to(self, actor: Actor) -> Self:
        """Whoever sees their bill or care plan."""
        if actor.everything:
            return self
        return self.filter(
            Q(Q(bill__isnull=False) & visible_money(actor, "bill__"))
            | Q(Q(care_plan__isnull=False) & visible_care_plans(actor, "care_plan__"))
        )


class ReceiptQuerySet(ClinicQuerySet["Receipt"]):
    """Receipts."""

    def visible_to(self, actor: Actor) -> Self:
        """See `visible_money`."""
        return self if actor.everything else self.filter(visible_money(actor))


class TransactionQuerySet(ClinicQuerySet["Transaction"]):
    """Money that moved."""

    def visible_to(self, actor: Actor) -> Self:
        """See `visible_money`."""
        return self if actor.everything else self.filter(visible_money(actor))

    def standing(self) -> Self:
        """Those that were not reversed and reverse nothing."""
        return self.filter(reversed_by=None, reverses=None)

    def counted(self) -> Self:
        """Those whose money is really there."""
        return self.filter(verified=True)

    def on_account(self) -> Self:
        """Those of a patient that are on no bill."""
        return self.filter(bill=None, patient__isnull=False)

    def dated_between(self, first: date | None, last: date | None) -> Self:
        """Those dated from `first` to `last`, both included."""
        found = self
        if first is not None:
            found = found.filter(date__gte=first)
        return found if last is None else found.filter(date__lte=last)


class TillClosingQuerySet(ClinicQuerySet["TillClosing"]):
    """Closings of the till."""

    def visible_to(self, actor: Actor) -> Self:
        """The desk of the practice."""
        if actor.everything:
            return self
        return self.filter(account__practice_id__in=actor.practices(CLINIC_ADMIN, FRONT_DESK))
