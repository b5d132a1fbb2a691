"""Which open orders depend on a product, a patient or a practice."""

from datetime import datetime
from typing import Any

from django.utils.translation import ngettext_lazy

from core.hanging import Work
from orders.models import ProductOrder
from orders.querysets import ProductOrderQuerySet

SAYS = ngettext_lazy("%(count)d order on its way", "%(count)d orders on their way", "count")


def _on_their_way(column: str, row: Any) -> ProductOrderQuerySet:
    orders: ProductOrderQuerySet = ProductOrder.objects.on_the_way().filter(**{column: row})
    return orders.select_related("patient").order_by("ordered_at", "pk")


def _of_product(row: Any, at: datetime) -> ProductOrderQuerySet:
    return _on_their_way("product", row)


def _of_patient(row: Any, at: datetime) -> ProductOrderQuerySet:
    return _on_their_way("patient", row)


def _of_practice(row: Any, at: datetime) -> ProductOrderQuerySet:
    return _on_their_way("practice", row)


WORK = [
    Work("catalog.product", SAYS, _of_product),
    Work("patients.patient", SAYS, _of_patient),
    Work("directory.practice", SAYS, _of_practice),
]
