"""Filters of orders, by state and by who may see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db.models import Q

from core.actor import Actor
from core.permissions import CLINIC_ADMIN, FRONT_DESK, SPECIALIST
from core.querysets import ClinicQuerySet
from orders.states import ON_THE_WAY, OrderStatus
from patients.querysets import treated_by

if TYPE_CHECKING:
    from orders.models import ProductOrder, ProductOrderEvent


def visible_orders(actor: Actor, prefix: str = "") -> Q:
    """The condition for orders of the actor's practices, of patients they treat, and of their own patients."""
    condition = Q(**{f"{prefix}practice_id__in_scope": actor.practices(CLINIC_ADMIN, FRONT_DESK)})
    if actor.patient_ids:
        condition |= Q(**{f"{prefix}patient_id__in": actor.patient_ids})
    if actor.specialist_ids:
        mine = {
            f"{prefix}practice_id__in_scope": actor.practices(SPECIALIST),
            f"{prefix}patient_id__in_rows": treated_by(actor),
        }
        condition |= Q(**mine)
    return condition


class ProductOrderQuerySet(ClinicQuerySet["ProductOrder"]):
    """Product orders."""

    def open(self) -> Self:
        """Orders that can still be cancelled."""
        return self.filter(status__in=[OrderStatus.PENDING, OrderStatus.CONFIRMED])

    def on_the_way(self) -> Self:
        """Orders that have been neither delivered nor cancelled, in the words of their index."""
        rows = self
        for status in OrderStatus:
            if status not in ON_THE_WAY:
                rows = rows.exclude(status=status)
        return rows

    def bundled(self) -> Self:
        """Orders that came with a program."""
        return self.filter(enrollment__isnull=False)

    def standalone(self) -> Self:
        """Orders that did not come with a program."""
        return self.filter(enrollment__isnull=True)

    def visible_to(self, actor: Actor) -> Self:
        """The orders that `visible_orders` lets the actor see."""
        return self if actor.everything else self.filter(visible_orders(actor))


class ProductOrderEventQuerySet(ClinicQuerySet["ProductOrderEvent"]):
    """The history of orders."""

    def visible_to(self, actor: Actor) -> Self:
        """The history of orders that the actor may see."""
        return self if actor.everything else self.filter(visible_orders(actor, "order__"))
