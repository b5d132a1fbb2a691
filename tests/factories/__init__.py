"""Rows for tests: fixed defaults, a trait for each state. No randomness; names are numbered.

They write past the verbs, so a test sets up what it needs and nothing else: no audit entry, no permission asked.
`created_at` and `updated_at` are `AT`.
"""

from tests.factories.base import AT, DAY, RowFactory
from tests.factories.billing import (
    AccountFactory,
    BillingSettingsFactory,
    CarePlanDiscardReasonFactory,
    CompanyFactory,
    PaymentTypeFactory,
    PriceListFactory,
    PriceListItemFactory,
)
from tests.factories.catalog import (
    BrandFactory,
    FormTemplateFactory,
    ProductCategoryFactory,
    ProductFactory,
    ProductTypeFactory,
    ServiceAttachmentFactory,
    ServiceFactory,
    ServiceFormFactory,
    ServiceProductFactory,
    ServiceSessionFactory,
    ServiceSpecialistFactory,
    UnitFactory,
)
from tests.factories.directory import (
    ApiKeyFactory,
    ColorFactory,
    MembershipFactory,
    OrganizationFactory,
    PracticeFactory,
    ResourceFactory,
    RoomFactory,
    SpecialistFactory,
    SpecialtyFactory,
    UserFactory,
)
from tests.factories.orders import ProductOrderFactory
from tests.factories.patients import (
    CustomFieldFactory,
    CustomFieldValueFactory,
    DocumentFactory,
    DocumentFolderFactory,
    PatientAccessFactory,
    PatientCaseFactory,
    PatientFactory,
    PatientSourceFactory,
    PhoneNumberFactory,
)
from tests.factories.programs import (
    EnrollmentFactory,
    ServicePlanFactory,
    ServicePlanProductFactory,
    SessionMovementFactory,
)
from tests.factories.scheduling import AppointmentFactory, AppointmentServiceFactory, SlotFactory

__all__ = [
    "AT",
    "DAY",
    "AccountFactory",
    "ApiKeyFactory",
    "AppointmentFactory",
    "AppointmentServiceFactory",
    "BillingSettingsFactory",
    "BrandFactory",
    "CarePlanDiscardReasonFactory",
    "ColorFactory",
    "CompanyFactory",
    "CustomFieldFactory",
    "CustomFieldValueFactory",
    "DocumentFactory",
    "DocumentFolderFactory",
    "EnrollmentFactory",
    "FormTemplateFactory",
    "MembershipFactory",
    "OrganizationFactory",
    "PatientAccessFactory",
    "PatientCaseFactory",
    "PatientFactory",
    "PatientSourceFactory",
    "PaymentTypeFactory",
    "PhoneNumberFactory",
    "PracticeFactory",
    "PriceListFactory",
    "PriceListItemFactory",
    "ProductCategoryFactory",
    "ProductFactory",
    "ProductOrderFactory",
    "ProductTypeFactory",
    "ResourceFactory",
    "RoomFactory",
    "RowFactory",
    "ServiceAttachmentFactory",
    "ServiceFactory",
    "ServiceFormFactory",
    "ServicePlanFactory",
    "ServicePlanProductFactory",
    "ServiceProductFactory",
    "ServiceSessionFactory",
    "ServiceSpecialistFactory",
    "SessionMovementFactory",
    "SlotFactory",
    "SpecialistFactory",
    "SpecialtyFactory",
    "UnitFactory",
    "UserFactory",
]
