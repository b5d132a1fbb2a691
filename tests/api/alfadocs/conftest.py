"""A clinic as alfadocs sees it: an operator, a chair, a color, a patient, and the path of its practice."""

from types import SimpleNamespace

import pytest

from tests.api.conftest import Caller
from tests.factories import (
    AccountFactory,
    ApiKeyFactory,
    ColorFactory,
    CustomFieldFactory,
    PatientFactory,
    PatientSourceFactory,
    PaymentTypeFactory,
    PhoneNumberFactory,
    PriceListFactory,
    RoomFactory,
    ServiceFactory,
    ServiceSpecialistFactory,
    SpecialistFactory,
    SpecialtyFactory,
)


@pytest.fixture
def scene(practice, organization, admin_user):
    """What a request names; its practice keeps the clock of Bucharest, two hours ahead of UTC in winter."""
    practice.time_zone, practice.currency = "Europe/Bucharest", "RON"
    practice.save()
    organization.owner = admin_user
    organization.save()
    specialty = SpecialtyFactory(organization=organization, name="Prevenzione", sequence_number=3)
    operator = SpecialistFactory(
        organization=organization, works_at=[practice], first_name="Mario", last_name="Rossi", specialty=specialty,
        italian_fiscal_code="RSSMRA80A01H501U", sequence_number=1,
    )  # fmt: skip
    reason = ServiceFactory(
        organization=organization, name="Visita di Controllo", code="VIS", base_price="125.12", duration_minutes=30,
        specialty=specialty, sequence_number=3,
    )  # fmt: skip
    ServiceSpecialistFactory(service=reason, specialist=operator)
    patient = PatientFactory(organization=organization, first_name="Ada", last_name="Moss", email="ada@example.org")
    PhoneNumberFactory(
        patient=patient, prefix="+39", number="3471234567", e164="+393471234567", label="Cellulare", sms_enabled=True
    )
    return SimpleNamespace(
        path=f"/api/v1/practices/{practice.pk}/archives/{organization.pk}",
        practice=practice,
        organization=organization,
        owner=admin_user,
        operator=operator,
        reason=reason,
        specialty=specialty,
        patient=patient,
        chair=RoomFactory(practice=practice, name="Poltrona 1"),
        color=ColorFactory(organization=organization),
        account=AccountFactory(practice=practice, name="Banca"),
        way=PaymentTypeFactory(organization=organization, name="Contante"),
        source=PatientSourceFactory(organization=organization),
        price_list=PriceListFactory(organization=organization),
        field=CustomFieldFactory(organization=organization, technical_name="sampleCustomField"),
    )


@pytest.fixture
def client(scene):
    """A program with a key of a clinic admin, in the header of the vendor."""
    ApiKeyFactory(user=scene.owner, text="ck_alfadocs")
    return Caller(**{"X-Api-Key": "ck_alfadocs"})


def types(value):
    """The JSON types of a value: what a program's own types must take."""
    if isinstance(value, dict):
        return {key: types(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [types(value[0])] if value else []
    return "number" if type(value) in (int, float) else type(value).__name__
