"""services: a patient, a service, plans and a program, for the tests of programs; free slots, for those of booking."""

from types import SimpleNamespace

import pytest

from scheduling.calendar import SlotWish
from scheduling.services import create_slot
from tests.factories import (
    AT,
    DAY,
    EnrollmentFactory,
    PatientFactory,
    ServiceFactory,
    ServicePlanFactory,
    ServiceSpecialistFactory,
    SpecialistFactory,
)

BOOK = "/v1/appointments/book"
ME = "/v1/me"


@pytest.fixture
def jane(organization):
    return PatientFactory(organization=organization, first_name="Jane", last_name="Doe")


@pytest.fixture
def service(organization):
    return ServiceFactory(organization=organization, name="Kinetotherapy")


@pytest.fixture
def sessions(organization, service):
    return ServicePlanFactory(organization=organization, name="Kinetotherapy 10 Sessions", service=service)


@pytest.fixture
def kit(organization):
    return ServicePlanFactory(organization=organization, name="Cervical Recovery Kit", time_based=True, lifetime=True)


@pytest.fixture
def program(practice, jane, sessions):
    return EnrollmentFactory(practice=practice, patient=jane, service_plan=sessions, used=3)


@pytest.fixture
def scene(practice, organization, front_desk):
    """A public service, who offers it, and free slots in three and in five days."""
    service = ServiceFactory(organization=organization, public=True, name="Consultation", code="consult")
    someone = SpecialistFactory(organization=organization, works_at=[practice], first_name="Maria", last_name="Pop")
    ServiceSpecialistFactory(service=service, specialist=someone)

    def offer(days, **more):
        starts = AT + days * DAY
        wish = SlotWish(**{"specialist_id": someone.pk, "starts_at": starts, "ends_at": starts + DAY / 48, **more})
        return create_slot(practice_id=practice.pk, wish=wish, by=front_desk, at=AT)

    return SimpleNamespace(
        service=service,
        someone=someone,
        offer=offer,
        first=offer(3),
        second=offer(5),
        path=f"/v1/services/{service.uuid}/slots",
    )


def wish(scene, **more):
    return {
        "slot_id": scene.first.pk,
        "service_id": str(scene.service.uuid),
        "policy_accepted": True,
    } | more
