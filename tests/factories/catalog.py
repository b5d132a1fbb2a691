"""Services and products."""

from decimal import Decimal

import factory
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from catalog.models import (
    Brand,
    FormTemplate,
    Product,
    ProductCategory,
    ProductType,
    Service,
    ServiceAttachment,
    ServiceForm,
    ServiceProduct,
    ServiceSession,
    ServiceSpecialist,
    Unit,
)
from tests.factories.base import AT, RowFactory
from tests.factories.directory import OrganizationFactory, SpecialistFactory


class ServiceFactory(RowFactory):
    """Not published; `public=True` is what a visitor sees."""

    class Meta:
        model = Service

    class Params:
        public = factory.Trait(published=True, is_public=True)
        archived = factory.Trait(archived_at=AT)

    organization = factory.SubFactory(OrganizationFactory)
    name = factory.Sequence(lambda n: f"Service {n}")
    slug = factory.Sequence(lambda n: f"service-{n}")
    category = "therapy"
    duration_minutes = 30
    base_price = Decimal("100.00")
    currency = "RON"


class ServiceSpecialistFactory(RowFactory):
    class Meta:
        model = ServiceSpecialist

    class Params:
        inactive = factory.Trait(is_active=False)

    service = factory.SubFactory(ServiceFactory)
    specialist = factory.SubFactory(SpecialistFactory, organization=factory.SelfAttribute("..service.organization"))


class FormTemplateFactory(RowFactory):
    class Meta:
        model = FormTemplate

    organization = factory.SubFactory(OrganizationFactory)
    name = factory.Sequence(lambda n: f"Form {n}")


class ServiceFormFactory(RowFactory):
    class Meta:
        model = ServiceForm

    service = factory.SubFactory(ServiceFactory)
    form_template = factory.SubFactory(
        FormTemplateFactory, organization=factory.SelfAttribute("..service.organization")
    )
    form_type = "survey"


class ServiceAttachmentFactory(RowFactory):
    """With a small PDF in the storage; use the verb where its bytes matter."""

    class Meta:
        model = ServiceAttachment

    service = factory.SubFactory(ServiceFactory)
    file = factory.Sequence(lambda n: f"services/{n:032x}.pdf")
    file_name = "consent-form.pdf"
    file_type = "application/pdf"
    file_size = 9
    sha256 = "0" * 64

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        kwargs["file"] = default_storage.save(kwargs["file"], ContentFile(b"%PDF-1.7\n"))
        return super()._create(model_class, *args, **kwargs)


class ServiceSessionFactory(RowFactory):
    class Meta:
        model = ServiceSession

    service = factory.SubFactory(ServiceFactory)
    session_order = 1
    offset_days = 0


class BrandFactory(RowFactory):
    class Meta:
        model = Brand

    organization = factory.SubFactory(OrganizationFactory)
    name = factory.Sequence(lambda n: f"Brand {n}")


class ProductTypeFactory(RowFactory):
    class Meta:
        model = ProductType

    organization = factory.SubFactory(OrganizationFactory)
    name = factory.Sequence(lambda n: f"Type {n}")


class ProductCategoryFactory(RowFactory):
    class Meta:
        model = ProductCategory

    organization = factory.SubFactory(OrganizationFactory)
    name = factory.Sequence(lambda n: f"Category {n}")


class UnitFactory(RowFactory):
    class Meta:
        model = Unit

    organization = factory.SubFactory(OrganizationFactory)
    name = factory.Sequence(lambda n: f"Unit {n}")
    code = "pc"


class ProductFactory(RowFactory):
    """On sale."""

    class Meta:
        model = Product

    class Params:
        inactive = factory.Trait(is_active=False)
        archived = factory.Trait(archived_at=AT)

    organization = factory.SubFactory(OrganizationFactory)
    name = factory.Sequence(lambda n: f"Product {n}")
    slug = factory.Sequence(lambda n: f"product-{n}")
    price = Decimal("40.00")
    currency = "RON"


class ServiceProductFactory(RowFactory):
    class Meta:
        model = ServiceProduct

    service = factory.SubFactory(ServiceFactory)
    product = factory.SubFactory(ProductFactory, organization=factory.SelfAttribute("..service.organization"))
