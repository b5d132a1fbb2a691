"""A violation of each invariant of records, catalogue and kept replies, past verbs and constraints."""

from django.core.files.storage import default_storage

from api.models import IdempotencyKey
from patients.models import PatientWord
from tests.factories import (
    AT,
    ApiKeyFactory,
    BrandFactory,
    ColorFactory,
    CustomFieldFactory,
    CustomFieldValueFactory,
    DocumentFactory,
    DocumentFolderFactory,
    FormTemplateFactory,
    OrganizationFactory,
    PatientFactory,
    PatientSourceFactory,
    PracticeFactory,
    ProductFactory,
    ProductOrderFactory,
    RoomFactory,
    ServiceAttachmentFactory,
    ServiceFactory,
    ServiceFormFactory,
    ServiceProductFactory,
    ServiceSpecialistFactory,
    SpecialistFactory,
    SpecialtyFactory,
)


def another():
    """An organization that nothing else here is of."""
    return OrganizationFactory()


def without_file(row):
    default_storage.delete(row.file.name)


def renamed(patient):
    type(patient).objects.filter(pk=patient.pk).update(last_name="Țîrlea")


def without_words(patient):
    PatientWord.objects.filter(patient=patient).delete()


def kept(**reply):
    IdempotencyKey.objects.create(principal="key:1", key="x", fingerprint="0" * 64, **reply)


RECORDS = {
    "directory.works_in_organization": lambda _: SpecialistFactory(works_at=[PracticeFactory()]),
    "directory.one_organization": lambda _: SpecialistFactory(specialty=SpecialtyFactory()),
    "directory.specialist_is_person": lambda _: SpecialistFactory(resource__kind="room"),
    "directory.room_is_room": lambda _: RoomFactory(resource__kind="person"),
    "directory.known_scopes": lambda _: ApiKeyFactory(scopes=["orders:read", "everything"]),
    "patients.one_organization": lambda _: PatientFactory(source=PatientSourceFactory()),
    "patients.patient_is_patient": lambda _: PatientFactory(resource__kind="person"),
    "patients.search_name": lambda _: renamed(PatientFactory()),
    "patients.words": lambda _: without_words(PatientFactory()),
    "patients.merged_is_empty": lambda _: ProductOrderFactory(patient__resource__retired_at=AT),
    "patients.values_fit": lambda _: CustomFieldValueFactory(field=CustomFieldFactory(type="number"), value="many"),
    "patients.folder_fits": lambda _: DocumentFactory(folder=DocumentFolderFactory()),
    "patients.document_has_file": lambda _: without_file(DocumentFactory()),
    "catalog.service_one_organization": lambda _: ServiceFactory(color=ColorFactory()),
    "catalog.product_one_organization": lambda _: ProductFactory(brand=BrandFactory()),
    "catalog.offer_one_organization": lambda _: ServiceSpecialistFactory(
        specialist=SpecialistFactory(organization=another())
    ),
    "catalog.form_one_organization": lambda _: ServiceFormFactory(
        form_template=FormTemplateFactory(organization=another())
    ),
    "catalog.used_product_one_organization": lambda _: ServiceProductFactory(
        product=ProductFactory(organization=another())
    ),
    "catalog.attachment_has_file": lambda _: without_file(ServiceAttachmentFactory()),
    "api.kept_reply_has_object": lambda _: kept(object_kind="catalog.product", object_id=10**9, status=201),
    "api.kept_reply_is_whole": lambda _: kept(),
}
