"""Rows for tests: fixed defaults, a trait for each state. No randomness; names are numbered.

They write past the verbs, so a test sets up what it needs and nothing else: no audit entry, no permission asked.
`created_at` and `updated_at` are `AT`.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import factory
from factory.django import DjangoModelFactory, Password

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
from directory.models import (
    ApiKey,
    Archive,
    Color,
    Membership,
    Practice,
    Resource,
    Room,
    Specialist,
    SpecialistPractice,
    Specialty,
    User,
)
from orders.models import ProductOrder, ProductOrderEvent
from patients.models import (
    CustomField,
    CustomFieldValue,
    Document,
    DocumentFolder,
    Patient,
    PatientAccess,
    PatientCase,
    PatientSource,
    PhoneNumber,
)
from programs.models import Enrollment, ServicePlan, ServicePlanProduct, SessionMovement
from scheduling.models import Appointment, AppointmentService

AT = datetime(2026, 2, 17, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)


class RowFactory(DjangoModelFactory):
    """A row that was made at `AT` and knows what the database holds, as one that was read does."""

    class Meta:
        abstract = True

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        names = {field.name for field in model_class._meta.concrete_fields}
        for name in ("created_at", "updated_at"):
            if name in names:
                kwargs.setdefault(name, AT)
        row = super()._create(model_class, *args, **kwargs)
        if hasattr(row, "remember"):
            row.remember([field.attname for field in row._meta.concrete_fields])
        return row


# ------------------------------------------------------------------------------------------ directory


class UserFactory(RowFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    class Params:
        superuser = factory.Trait(is_staff=True, is_superuser=True)
        staff = factory.Trait(is_staff=True)
        inactive = factory.Trait(is_active=False)

    username = factory.Sequence(lambda n: f"user{n}")
    password = Password("demo")
    date_joined = AT


class ArchiveFactory(RowFactory):
    class Meta:
        model = Archive

    name = factory.Sequence(lambda n: f"Archive {n}")


class PracticeFactory(RowFactory):
    class Meta:
        model = Practice

    class Params:
        archived = factory.Trait(archived_at=AT)

    archive = factory.SubFactory(ArchiveFactory)
    name = factory.Sequence(lambda n: f"Practice {n}")
    country_code = "RO"
    time_zone = "Europe/Bucharest"
    currency = "RON"


class MembershipFactory(RowFactory):
    class Meta:
        model = Membership

    class Params:
        admin = factory.Trait(role="clinic_admin")
        specialist = factory.Trait(role="specialist")

    user = factory.SubFactory(UserFactory, staff=True)
    practice = factory.SubFactory(PracticeFactory)
    role = "front_desk"


class ResourceFactory(RowFactory):
    class Meta:
        model = Resource

    kind = "person"


class SpecialtyFactory(RowFactory):
    class Meta:
        model = Specialty

    class Params:
        archived = factory.Trait(archived_at=AT)

    archive = factory.SubFactory(ArchiveFactory)
    name = factory.Sequence(lambda n: f"Specialty {n}")


class ColorFactory(RowFactory):
    class Meta:
        model = Color

    archive = factory.SubFactory(ArchiveFactory)
    name = factory.Sequence(lambda n: f"Color {n}")
    background_color = "336699"
    text_color = "ffffff"


class SpecialistFactory(RowFactory):
    """`works_at=[practice, ...]` says where; nothing said, nowhere."""

    class Meta:
        model = Specialist
        skip_postgeneration_save = True

    class Params:
        archived = factory.Trait(archived_at=AT)

    archive = factory.SubFactory(ArchiveFactory)
    resource = factory.SubFactory(ResourceFactory, kind="person")
    first_name = "Ioana"
    last_name = factory.Sequence(lambda n: f"Popescu {n}")
    title = "Dr."

    @factory.post_generation
    def works_at(self, create, extracted, **kwargs):
        for practice in extracted or ():
            SpecialistPractice.objects.create(specialist=self, practice=practice)


class RoomFactory(RowFactory):
    class Meta:
        model = Room

    class Params:
        archived = factory.Trait(archived_at=AT)

    practice = factory.SubFactory(PracticeFactory)
    resource = factory.SubFactory(ResourceFactory, kind="room")
    name = factory.Sequence(lambda n: f"Room {n}")


class ApiKeyFactory(RowFactory):
    """`text="..."` is the key as its owner types it; by default numbered."""

    class Meta:
        model = ApiKey

    class Params:
        text = factory.Sequence(lambda n: f"ck_test-key-{n:032}")
        revoked = factory.Trait(revoked_at=AT)
        expired = factory.Trait(expires_at=AT - DAY)

    user = factory.SubFactory(UserFactory)
    prefix = factory.LazyAttribute(lambda key: key.text[: ApiKey.PREFIX_LENGTH])
    key_hash = factory.LazyAttribute(lambda key: ApiKey.hashed(key.text))


# ------------------------------------------------------------------------------------------- patients


class PatientSourceFactory(RowFactory):
    class Meta:
        model = PatientSource

    archive = factory.SubFactory(ArchiveFactory)
    name = factory.Sequence(lambda n: f"Source {n}")


class PatientFactory(RowFactory):
    class Meta:
        model = Patient

    class Params:
        archived = factory.Trait(archived_at=AT)

    archive = factory.SubFactory(ArchiveFactory)
    resource = factory.SubFactory(ResourceFactory, kind="patient")
    first_name = "Ana"
    last_name = factory.Sequence(lambda n: f"Ionescu {n}")


class PatientAccessFactory(RowFactory):
    class Meta:
        model = PatientAccess

    class Params:
        parent = factory.Trait(relation="parent")

    user = factory.SubFactory(UserFactory)
    patient = factory.SubFactory(PatientFactory)
    relation = "self"


class PhoneNumberFactory(RowFactory):
    class Meta:
        model = PhoneNumber

    patient = factory.SubFactory(PatientFactory)
    prefix = "+40"
    number = "722123456"
    e164 = "+40722123456"


class PatientCaseFactory(RowFactory):
    class Meta:
        model = PatientCase

    patient = factory.SubFactory(PatientFactory)
    name = factory.Sequence(lambda n: f"Case {n}")


class DocumentFolderFactory(RowFactory):
    class Meta:
        model = DocumentFolder

    patient = factory.SubFactory(PatientFactory)
    name = factory.Sequence(lambda n: f"Folder {n}")


class DocumentFactory(RowFactory):
    """A row without a file in the storage; use the verb where the bytes matter."""

    class Meta:
        model = Document

    class Params:
        archived = factory.Trait(archived_at=AT)

    patient = factory.SubFactory(PatientFactory)
    name = factory.Sequence(lambda n: f"document-{n}.pdf")
    file = factory.Sequence(lambda n: f"documents/{n:032x}.pdf")
    content_type = "application/pdf"
    size = 9
    sha256 = "0" * 64


class CustomFieldFactory(RowFactory):
    class Meta:
        model = CustomField

    class Params:
        dropdown = factory.Trait(type="dropdown", choices=["red", "green"])

    archive = factory.SubFactory(ArchiveFactory)
    object_type = "patient"
    label = factory.Sequence(lambda n: f"Field {n}")
    technical_name = factory.Sequence(lambda n: f"field_{n}")
    type = "single_line_text"


class CustomFieldValueFactory(RowFactory):
    class Meta:
        model = CustomFieldValue

    field = factory.SubFactory(CustomFieldFactory)
    patient = factory.SubFactory(PatientFactory, archive=factory.SelfAttribute("..field.archive"))
    value = "something"


# -------------------------------------------------------------------------------------------- catalog


class ServiceFactory(RowFactory):
    """Not published; `public=True` is what a visitor sees."""

    class Meta:
        model = Service

    class Params:
        public = factory.Trait(published=True, is_public=True)
        archived = factory.Trait(archived_at=AT)

    archive = factory.SubFactory(ArchiveFactory)
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
    specialist = factory.SubFactory(SpecialistFactory, archive=factory.SelfAttribute("..service.archive"))


class FormTemplateFactory(RowFactory):
    class Meta:
        model = FormTemplate

    archive = factory.SubFactory(ArchiveFactory)
    name = factory.Sequence(lambda n: f"Form {n}")


class ServiceFormFactory(RowFactory):
    class Meta:
        model = ServiceForm

    service = factory.SubFactory(ServiceFactory)
    form_template = factory.SubFactory(FormTemplateFactory, archive=factory.SelfAttribute("..service.archive"))
    form_type = "survey"


class ServiceAttachmentFactory(RowFactory):
    """A row without a file in the storage; use the verb where the bytes matter."""

    class Meta:
        model = ServiceAttachment

    service = factory.SubFactory(ServiceFactory)
    file = factory.Sequence(lambda n: f"services/{n:032x}.pdf")
    file_name = "consent-form.pdf"
    file_type = "application/pdf"
    file_size = 9
    sha256 = "0" * 64


class ServiceSessionFactory(RowFactory):
    class Meta:
        model = ServiceSession

    service = factory.SubFactory(ServiceFactory)
    session_order = 1
    offset_days = 0


class BrandFactory(RowFactory):
    class Meta:
        model = Brand

    archive = factory.SubFactory(ArchiveFactory)
    name = factory.Sequence(lambda n: f"Brand {n}")


class ProductTypeFactory(RowFactory):
    class Meta:
        model = ProductType

    archive = factory.SubFactory(ArchiveFactory)
    name = factory.Sequence(lambda n: f"Type {n}")


class ProductCategoryFactory(RowFactory):
    class Meta:
        model = ProductCategory

    archive = factory.SubFactory(ArchiveFactory)
    name = factory.Sequence(lambda n: f"Category {n}")


class UnitFactory(RowFactory):
    class Meta:
        model = Unit

    archive = factory.SubFactory(ArchiveFactory)
    name = factory.Sequence(lambda n: f"Unit {n}")
    code = "pc"


class ProductFactory(RowFactory):
    """On sale."""

    class Meta:
        model = Product

    class Params:
        inactive = factory.Trait(is_active=False)
        archived = factory.Trait(archived_at=AT)

    archive = factory.SubFactory(ArchiveFactory)
    name = factory.Sequence(lambda n: f"Product {n}")
    slug = factory.Sequence(lambda n: f"product-{n}")
    price = Decimal("40.00")
    currency = "RON"


class ServiceProductFactory(RowFactory):
    class Meta:
        model = ServiceProduct

    service = factory.SubFactory(ServiceFactory)
    product = factory.SubFactory(ProductFactory, archive=factory.SelfAttribute("..service.archive"))


# ------------------------------------------------------------------------------------------- programs


class ServicePlanFactory(RowFactory):
    """Ten sessions of a service, published; `time_based=True` or `hybrid=True` for the other two."""

    class Meta:
        model = ServicePlan

    class Params:
        session_based = factory.Trait(billing_model="session_based")
        time_based = factory.Trait(
            billing_model="time_based", service=None, sessions_total=None, validity_days=None, access_months=3
        )
        hybrid = factory.Trait(billing_model="hybrid", access_months=1)
        lifetime = factory.Trait(access_months=None)
        unpublished = factory.Trait(is_published=False)
        archived = factory.Trait(archived_at=AT)

    archive = factory.SubFactory(ArchiveFactory)
    name = factory.Sequence(lambda n: f"Plan {n}")
    billing_model = "session_based"
    service = factory.SubFactory(ServiceFactory, archive=factory.SelfAttribute("..archive"))
    sessions_total = 10
    validity_days = 90
    total_price = Decimal("1000.00")
    currency = "RON"
    is_published = True


class ServicePlanProductFactory(RowFactory):
    class Meta:
        model = ServicePlanProduct

    service_plan = factory.SubFactory(ServicePlanFactory)
    product = factory.SubFactory(ProductFactory, archive=factory.SelfAttribute("..service_plan.archive"))


def _of_practice_archive(factory_class, **kwargs):
    """A row of the archive of the practice that its parent row has."""
    return factory.SubFactory(factory_class, archive=factory.SelfAttribute("..practice.archive"), **kwargs)


class EnrollmentFactory(RowFactory):
    """Enrolled at `AT` in a plan of ten sessions, granted in the ledger; `used=3` consumes three of them.

    What the plan promises is frozen as `Enrollment.of` freezes it. An expired one was enrolled a year before.
    """

    class Meta:
        model = Enrollment

    class Params:
        time_based = factory.Trait(service_plan=_of_practice_archive(ServicePlanFactory, time_based=True))
        hybrid = factory.Trait(service_plan=_of_practice_archive(ServicePlanFactory, hybrid=True))
        cancelled = factory.Trait(status="cancelled", cancelled_at=AT, cancellation_reason="Changed their mind")
        completed = factory.Trait(status="completed", completed_at=AT, used=10)
        expired = factory.Trait(status="expired", enrolled_at=AT - 365 * DAY)

    practice = factory.SubFactory(PracticeFactory)
    patient = _of_practice_archive(PatientFactory)
    service_plan = _of_practice_archive(ServicePlanFactory)
    enrolled_at = AT
    status = "active"
    used = 0

    @classmethod
    def _create(cls, model_class, *args, used, enrolled_at, **kwargs):
        plan = kwargs.pop("service_plan")
        whose = {"practice": kwargs.pop("practice"), "patient": kwargs.pop("patient")}
        enrollment = Enrollment.of(plan, **whose, at=enrolled_at)
        for name, value in {"created_at": AT, "updated_at": AT, **kwargs}.items():
            setattr(enrollment, name, value)
        granted = enrollment.sessions_total
        if granted is not None:
            enrollment.sessions_left = granted - used
        enrollment.save(force_insert=True)
        if granted is not None:
            SessionMovementFactory(enrollment=enrollment, quantity=granted, at=enrolled_at)
        for _session in range(used):
            SessionMovementFactory(enrollment=enrollment, consume=True, at=enrolled_at)
        enrollment.remember([field.attname for field in enrollment._meta.concrete_fields])
        return enrollment


class SessionMovementFactory(RowFactory):
    """A line of the ledger, without keeping `sessions_left`: say `enrollment=`."""

    class Meta:
        model = SessionMovement

    class Params:
        consume = factory.Trait(kind="consume", quantity=-1)

    kind = "grant"
    quantity = 10
    at = AT


# --------------------------------------------------------------------------------------------- orders


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
    patient = _of_practice_archive(PatientFactory)
    product = _of_practice_archive(ProductFactory)
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


# ----------------------------------------------------------------------------------------- scheduling


class AppointmentFactory(RowFactory):
    """Confirmed, tomorrow for half an hour, with one treatment; `registration=True` is a wish without a time."""

    class Meta:
        model = Appointment
        skip_postgeneration_save = True

    class Params:
        registration = factory.Trait(
            status="requested",
            starts_at=None,
            ends_at=None,
            patient=None,
            specialist=None,
            contact_name="Jane Doe",
            contact_email="jane@example.org",
        )
        requested = factory.Trait(status="requested")
        arrived = factory.Trait(status="arrived", arrived_at=AT)
        in_care = factory.Trait(status="in_care", arrived_at=AT)
        done = factory.Trait(status="done")
        no_show = factory.Trait(status="no_show")
        cancelled = factory.Trait(status="cancelled", cancelled_at=AT, cancellation_note="Ill")
        rejected = factory.Trait(status="rejected")
        archived = factory.Trait(archived_at=AT)

    practice = factory.SubFactory(PracticeFactory)
    patient = _of_practice_archive(PatientFactory)
    specialist = _of_practice_archive(SpecialistFactory)
    starts_at = AT + DAY
    ends_at = AT + DAY + timedelta(minutes=30)
    status = "confirmed"

    @factory.post_generation
    def service(self, create, extracted, **kwargs):
        service = extracted or ServiceFactory(archive=self.practice.archive, **kwargs)
        AppointmentServiceFactory(appointment=self, service=service, price=service.base_price)


class AppointmentServiceFactory(RowFactory):
    class Meta:
        model = AppointmentService

    service = factory.SubFactory(ServiceFactory)
    price = Decimal("100.00")
