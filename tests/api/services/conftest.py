"""services: a patient, a service, plans and a program, for the tests of programs."""

import pytest

from tests.factories import EnrollmentFactory, PatientFactory, ServiceFactory, ServicePlanFactory


@pytest.fixture
def jane(archive):
    return PatientFactory(archive=archive, first_name="Jane", last_name="Doe")


@pytest.fixture
def service(archive):
    return ServiceFactory(archive=archive, name="Kinetotherapy")


@pytest.fixture
def sessions(archive, service):
    return ServicePlanFactory(archive=archive, name="Kinetotherapy 10 Sessions", service=service)


@pytest.fixture
def kit(archive):
    return ServicePlanFactory(archive=archive, name="Cervical Recovery Kit", time_based=True, lifetime=True)


@pytest.fixture
def program(practice, jane, sessions):
    return EnrollmentFactory(practice=practice, patient=jane, service_plan=sessions, used=3)
