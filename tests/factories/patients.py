"""Patients and their records."""

import factory
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from patients.models import (
    CustomField,
    CustomFieldValue,
    Document,
    DocumentFolder,
    Patient,
    PatientAccess,
    PatientAlert,
    PatientCase,
    PatientSource,
    PhoneNumber,
)
from tests.factories.base import AT, RowFactory
from tests.factories.directory import OrganizationFactory, ResourceFactory, UserFactory


class PatientSourceFactory(RowFactory):
    class Meta:
        model = PatientSource

    organization = factory.SubFactory(OrganizationFactory)
    name = factory.Sequence(lambda n: f"Source {n}")


class PatientFactory(RowFactory):
    class Meta:
        model = Patient

    class Params:
        archived = factory.Trait(archived_at=AT)

    organization = factory.SubFactory(OrganizationFactory)
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
    digits = factory.LazyAttribute(lambda phone: phone.number.replace(" ", "").lstrip("0"))
    digits_reversed = factory.LazyAttribute(lambda phone: phone.digits[::-1])


class PatientCaseFactory(RowFactory):
    class Meta:
        model = PatientCase

    patient = factory.SubFactory(PatientFactory)
    name = factory.Sequence(lambda n: f"Case {n}")


class PatientAlertFactory(RowFactory):
    class Meta:
        model = PatientAlert

    class Params:
        ended = factory.Trait(ended_at=AT)

    patient = factory.SubFactory(PatientFactory)
    kind = "allergy"
    text = "Latex"


class DocumentFolderFactory(RowFactory):
    class Meta:
        model = DocumentFolder

    patient = factory.SubFactory(PatientFactory)
    name = factory.Sequence(lambda n: f"Folder {n}")


class DocumentFactory(RowFactory):
    """With a small PDF in the storage; use the verb where its bytes matter."""

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

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        kwargs["file"] = default_storage.save(kwargs["file"], ContentFile(b"%PDF-1.7\n"))
        return super()._create(model_class, *args, **kwargs)


class CustomFieldFactory(RowFactory):
    class Meta:
        model = CustomField

    class Params:
        dropdown = factory.Trait(type="dropdown", choices=["red", "green"])

    organization = factory.SubFactory(OrganizationFactory)
    object_type = "patient"
    label = factory.Sequence(lambda n: f"Field {n}")
    technical_name = factory.Sequence(lambda n: f"field_{n}")
    type = "single_line_text"


class CustomFieldValueFactory(RowFactory):
    class Meta:
        model = CustomFieldValue

    field = factory.SubFactory(CustomFieldFactory)

    patient = factory.SubFactory(PatientFactory, organization=factory.SelfAttribute("..field.organization"))
    value = "something"


class CarePlanValueFactory(RowFactory):
    class Meta:
        model = CustomFieldValue

    care_plan = factory.SubFactory("tests.factories.CarePlanFactory")
    field = factory.SubFactory(
        CustomFieldFactory,
        object_type="care_plan",
        organization=factory.SelfAttribute("..care_plan.practice.organization"),
    )
    value = "something"
