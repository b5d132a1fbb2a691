"""One row of each model that the back office lists, belonging to a practice or its archive."""

from core.models import AuditEntry
from tests.factories import (
    AT,
    ApiKeyFactory,
    AppointmentFactory,
    BrandFactory,
    ColorFactory,
    CustomFieldFactory,
    DocumentFactory,
    EnrollmentFactory,
    FormTemplateFactory,
    MembershipFactory,
    PatientFactory,
    PatientSourceFactory,
    PhoneNumberFactory,
    ProductCategoryFactory,
    ProductFactory,
    ProductOrderFactory,
    ProductTypeFactory,
    RoomFactory,
    ServicePlanFactory,
    ServiceSpecialistFactory,
    SpecialistFactory,
    SpecialtyFactory,
    UnitFactory,
    UserFactory,
)


def in_archive(factory):
    return lambda practice: factory(archive=practice.archive)


def patient(practice):
    row = PatientFactory(archive=practice.archive)
    PhoneNumberFactory(patient=row)
    return row


def appointment(practice):
    return AppointmentFactory(practice=practice, enrollment=EnrollmentFactory(practice=practice))


def entry(practice):
    specialty = SpecialtyFactory(archive=practice.archive)
    return AuditEntry.objects.create(
        at=AT,
        actor_kind="system",
        door="command:test",
        verb="directory.configure",
        action="create",
        object_kind="directory.specialty",
        object_id=specialty.pk,
        archive_id=practice.archive_id,
        changes={"name": [None, specialty.name], "archive_id": [None, practice.archive_id]},
    )


# What a list shows of a practice. A user is known by their work there; a practice and its archive are themselves.
ROWS = {
    "directory.archive": lambda practice: practice.archive,
    "directory.practice": lambda practice: practice,
    "directory.specialist": lambda practice: SpecialistFactory(archive=practice.archive, works_at=[practice]),
    "directory.room": lambda practice: RoomFactory(practice=practice),
    "directory.membership": lambda practice: MembershipFactory(practice=practice),
    "directory.user": lambda practice: MembershipFactory(practice=practice).user,
    "directory.specialty": in_archive(SpecialtyFactory),
    "directory.color": in_archive(ColorFactory),
    "directory.apikey": lambda practice: ApiKeyFactory(user=UserFactory(), practice=practice),
    "patients.patient": patient,
    "patients.document": lambda practice: DocumentFactory(patient=patient(practice)),
    "patients.patientsource": in_archive(PatientSourceFactory),
    "patients.customfield": in_archive(CustomFieldFactory),
    "catalog.service": lambda practice: ServiceSpecialistFactory(service__archive=practice.archive).service,
    "catalog.product": in_archive(ProductFactory),
    "catalog.formtemplate": in_archive(FormTemplateFactory),
    "catalog.brand": in_archive(BrandFactory),
    "catalog.producttype": in_archive(ProductTypeFactory),
    "catalog.productcategory": in_archive(ProductCategoryFactory),
    "catalog.unit": in_archive(UnitFactory),
    "orders.productorder": lambda practice: ProductOrderFactory(practice=practice),
    "programs.serviceplan": in_archive(ServicePlanFactory),
    "programs.enrollment": lambda practice: EnrollmentFactory(practice=practice),
    "scheduling.appointment": appointment,
    "core.auditentry": entry,
}
