"""A clinic as a program written for Cliniko sees it, and such a program."""

import base64
from types import SimpleNamespace

import pytest

from tests.api.conftest import Caller
from tests.factories import (
    AT,
    ApiKeyFactory,
    PatientCaseFactory,
    PatientFactory,
    ServiceFactory,
    ServiceSpecialistFactory,
    SpecialistFactory,
)

PLAIN = "/v1/individual_appointments"
VENDOR = "/cliniko/v1"
MINE = f"{VENDOR}/individual_appointments"
HOST = "http://testserver"
NOW = f"{AT:%Y-%m-%dT%H:%M:%SZ}"


def basic(key):
    """The header of a client: the key is the user name, no password."""
    return {"Authorization": f"Basic {base64.b64encode(f'{key}:'.encode()).decode()}"}


@pytest.fixture
def program(db):
    """A program with a key of `user`, narrowed to `practice` and `scopes` where they are given."""

    def make(user, *, practice=None, scopes=()):
        text = f"ck_{user.pk}-{practice and practice.pk}-{'-'.join(scopes)}"
        ApiKeyFactory(user=user, practice=practice, scopes=list(scopes), text=text)
        return Caller(**basic(text))

    return make


@pytest.fixture
def client(program, front_desk_user):
    """A program with a key of the front desk."""
    return program(front_desk_user)


@pytest.fixture
def manager(program, admin_user):
    """A program with a key of a clinic admin."""
    return program(admin_user)


@pytest.fixture
def scene(practice, organization):
    """What a request names: a practitioner, a patient with a case, an appointment type of half an hour."""
    name = {"first_name": "Ioana", "last_name": "Pop"}
    practitioner = SpecialistFactory(organization=organization, works_at=[practice], **name)
    patient = PatientFactory(organization=organization, first_name="Ada", last_name="Moss")
    service = ServiceFactory(organization=organization, name="Consultation", duration_minutes=30, public=True)
    ServiceSpecialistFactory(service=service, specialist=practitioner)
    return SimpleNamespace(
        practice=practice,
        practitioner=practitioner,
        patient=patient,
        service=service,
        case=PatientCaseFactory(patient=patient, name="Knee"),
    )


def wish(scene, **more):
    """The specification's request, with ids that exist: a quarter of an hour on the day after tomorrow."""
    return {
        "appointment_type_id": str(scene.service.pk),
        "business_id": str(scene.practice.pk),
        "ends_at": "2026-02-19T14:30:22Z",
        "notes": "string",
        "patient_id": str(scene.patient.pk),
        "patient_case_id": str(scene.case.pk),
        "practitioner_id": str(scene.practitioner.pk),
        "starts_at": "2026-02-19T14:15:22Z",
        **more,
    }


def own(path):
    """The links of an object that has none but to itself."""
    return {"self": f"{HOST}{VENDOR}/{path}"}


def link(path):
    """A link to another object, under the vendor's mount."""
    return {"links": {"self": f"{HOST}{VENDOR}/{path}"}}


def refused(**errors):
    """The body of a 422."""
    return {"message": "Validation Failed", "errors": errors}
