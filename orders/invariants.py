"""What must always be true of orders, beyond their constraints."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import F, OuterRef, Q, Subquery

from core.invariants import Invariant
from orders.models import ProductOrder, ProductOrderEvent
from orders.states import NEXT


def _history_ends_elsewhere() -> Iterable[int]:
    last = ProductOrderEvent.objects.filter(order=OuterRef("pk")).order_by("-pk").values("to_status")[:1]
    orders = ProductOrder.objects.annotate(last=Subquery(last))
    return orders.filter(Q(last=None) | ~Q(last=F("status"))).values_list("pk", flat=True)


def _illegal_steps() -> Iterable[int]:
    legal = Q(from_status="", to_status="pending")
    for status, following in NEXT.items():
        legal |= Q(from_status=status, to_status__in=following)
    return ProductOrderEvent.objects.exclude(legal).values_list("order_id", flat=True)


def _organizations_differ() -> Iterable[int]:
    organization = F("practice__organization_id")
    same = Q(patient__organization_id=organization, product__organization_id=organization)
    return ProductOrder.objects.exclude(same).values_list("pk", flat=True)


def _bundle_of_another() -> Iterable[int]:
    bundled = ProductOrder.objects.filter(enrollment__isnull=False)
    same = Q(enrollment__patient_id=F("patient_id"), enrollment__practice_id=F("practice_id"))
    return bundled.exclude(same).values_list("pk", flat=True)


INVARIANTS = [
    Invariant(
        "orders.history_ends_in_status",
        "an order's last step leads to its status",
        _history_ends_elsewhere,
    ),
    Invariant("orders.legal_steps", "every step of an order is one that its states allow", _illegal_steps),
    Invariant(
        "orders.one_organization",
        "an order's practice, patient and product share an organization",
        _organizations_differ,
    ),
    Invariant("orders.bundle_fits", "a bundled order has its program's patient and practice", _bundle_of_another),
]
