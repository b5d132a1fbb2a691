"""Where money lies, how it is paid, and who pays besides patients. Bills and payments are made by the verbs."""

from decimal import Decimal

import factory

from billing.models import (
    Account,
    BillingSettings,
    CarePlan,
    CarePlanDiscardReason,
    Company,
    PaymentType,
    PriceList,
    PriceListItem,
)
from tests.factories.base import AT, RowFactory
from tests.factories.catalog import ServiceFactory
from tests.factories.directory import OrganizationFactory, PracticeFactory
from tests.factories.patients import PatientFactory


class AccountFactory(RowFactory):
    class Meta:
        model = Account

    class Params:
        archived = factory.Trait(archived_at=AT)

    practice = factory.SubFactory(PracticeFactory)
    name = factory.Sequence(lambda n: f"Account {n}")


class _NamedFactory(RowFactory):
    class Meta:
        abstract = True

    class Params:
        archived = factory.Trait(archived_at=AT)

    organization = factory.SubFactory(OrganizationFactory)
    name = factory.Sequence(lambda n: f"Name {n}")


class PaymentTypeFactory(_NamedFactory):
    class Meta:
        model = PaymentType


class CompanyFactory(_NamedFactory):
    class Meta:
        model = Company


class CarePlanDiscardReasonFactory(_NamedFactory):
    class Meta:
        model = CarePlanDiscardReason


class CarePlanFactory(RowFactory):
    """An estimate without entries; the verbs make any other."""

    class Meta:
        model = CarePlan

    practice = factory.SubFactory(PracticeFactory)
    patient = factory.SubFactory(PatientFactory, organization=factory.SelfAttribute("..practice.organization"))
    currency = "RON"


class PriceListFactory(_NamedFactory):
    class Meta:
        model = PriceList

    currency = "RON"


class PriceListItemFactory(RowFactory):
    class Meta:
        model = PriceListItem

    price_list = factory.SubFactory(PriceListFactory)
    service = factory.SubFactory(ServiceFactory)
    price = Decimal("80.00")


class BillingSettingsFactory(RowFactory):
    class Meta:
        model = BillingSettings

    practice = factory.SubFactory(PracticeFactory)
