"""Orders."""

from decimal import Decimal
from itertools import pairwise

import factory

from orders.models import ProductOrder, ProductOrderEvent
from tests.factories.base import AT, RowFactory, of_practice_organization
from tests.factories.catalog import ProductFactory
from tests.factories.directory import PracticeFactory
from tests.factories.patients import PatientFactory
from tests.factories.programs import EnrollmentFactory


class ProductOrderFactory(RowFactory):
    """A pending order of its own, with the history of its state; `bundled=True` came with a program."""

    class Meta:
        model = ProductOrder
        skip_postgeneration_save = True

    class Params:
        bundled = factory.Trait(
            enrollment=factory.SubFactory(
                EnrollmentFactory,
                practice=factory.SelfAttribute("..practice"),
                patient=factory.SelfAttribute("..patient"),
            ),
            unit_price=None,
        )
        confirmed = factory.Trait(status="confirmed", confirmed_at=AT)
        shipped = factory.Trait(status="shipped", confirmed_at=AT, shipped_at=AT, tracking_number="RO123456789")
        delivered = factory.Trait(
            status="delivered", confirmed_at=AT, shipped_at=AT, delivered_at=AT, tracking_number="RO123456789"
        )
        cancelled = factory.Trait(status="cancelled", cancelled_at=AT, cancellation_reason="Changed their mind")

    practice = factory.SubFactory(PracticeFactory)
    patient = of_practice_organization(PatientFactory)
    product = of_practice_organization(ProductFactory)
    product_name = factory.SelfAttribute("product.name")
    unit_price = Decimal("40.00")
    currency = "RON"
    ordered_at = AT

    @factory.post_generation
    def events(self, create, extracted, **kwargs):
        steps = {"cancelled": ["", "pending", "cancelled"]}.get(
            self.status, ["", "pending", "confirmed", "shipped", "delivered"]
        )
        for came_from, status in pairwise(steps[: steps.index(self.status) + 1]):
            ProductOrderEvent.objects.create(order=self, from_status=came_from, to_status=status, at=AT)
