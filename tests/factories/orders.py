"""Orders."""

from decimal import Decimal
from itertools import pairwise

import factory

from orders.models import ProductOrder, ProductOrderEvent
from orders.states import NEXT, OrderStatus
from tests.factories.base import AT, RowFactory, a_trait_per_state, of_practice_organization, way_to
from tests.factories.catalog import ProductFactory
from tests.factories.directory import PracticeFactory
from tests.factories.patients import PatientFactory
from tests.factories.programs import EnrollmentFactory


def columns_in(status):
    """What an order in this state has beside it: the time of each step, and what the steps ask for."""
    steps = way_to(status, "pending", NEXT)[1:]
    told = {"shipped": {"tracking_number": "RO123456789"}, "cancelled": {"cancellation_reason": "Changed their mind"}}
    asked = {name: value for step in steps for name, value in told.get(step, {}).items()}
    return {**{f"{step}_at": AT for step in steps}, **asked}


class ProductOrderFactory(RowFactory):
    """A pending order of its own, with the history of its state; `bundled=True` came with a program."""

    class Meta:
        model = ProductOrder
        skip_postgeneration_save = True

    Params = a_trait_per_state(
        OrderStatus,
        columns_in,
        bundled=factory.Trait(
            enrollment=factory.SubFactory(
                EnrollmentFactory,
                practice=factory.SelfAttribute("..practice"),
                patient=factory.SelfAttribute("..patient"),
            ),
            unit_price=None,
        ),
    )

    practice = factory.SubFactory(PracticeFactory)
    patient = of_practice_organization(PatientFactory)
    product = of_practice_organization(ProductFactory)
    product_name = factory.SelfAttribute("product.name")
    unit_price = Decimal("40.00")
    currency = "RON"
    ordered_at = AT

    @factory.post_generation
    def events(self, create, extracted, **kwargs):
        for came_from, status in pairwise(["", *way_to(self.status, "pending", NEXT)]):
            ProductOrderEvent.objects.create(order=self, from_status=came_from, to_status=status, at=AT)
