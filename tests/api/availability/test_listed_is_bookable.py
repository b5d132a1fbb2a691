"""Over HTTP, in random states: what the list, the search and the object call available is what a book gets."""

import pytest
from django.db import transaction

from scheduling.models import AvailableSlot
from tests.api.availability.conftest import BOOKS, SLOTS
from tests.factories import PatientFactory, ServiceFactory, SpecialistFactory
from tests.plugins.counts import scaled
from tests.scheduling.random_states import RandomClinic
from tests.stage import set_stage

STATES = scaled(12, 50)


def booked(admin, slot, patient):
    """Whether a book is made; nothing is kept of it."""
    with transaction.atomic():
        response = admin.post(BOOKS, {"book": {"available_slot_id": slot.pk, "patient_id": patient.pk}})
        transaction.set_rollback(True)
    assert response.status_code in (201, 409), response.content
    return response.status_code == 201


def ids(response):
    assert response.status_code == 200
    return {row["id"] for row in response.json()["available_slots"]}


@pytest.mark.parametrize("seed", range(1000, 1000 + STATES))
def test_what_the_api_lists_as_available_is_what_it_books(admin, practice, seed):
    stage = set_stage()
    organization = practice.organization
    stage.practice = practice
    stage.desk = stage.desk.in_practice(practice.pk, organization_id=organization.pk)
    stage.service = ServiceFactory(organization=organization)
    stage.specialist = SpecialistFactory(organization=organization, works_at=[practice])
    stage.patient = PatientFactory(organization=organization)
    clinic = RandomClinic(seed, stage)
    stranger = PatientFactory(organization=organization)
    slots = [slot for slot in clinic.slots() if slot.withdrawn_at is None]
    free = {slot.pk for slot in slots if booked(admin, slot, stranger)}
    assert ids(admin.get(f"{SLOTS}?available=true&page_size=100")) == free
    assert ids(admin.get(f"{SLOTS}/search?page_size=100")) == free
    assert ids(admin.get(f"{SLOTS}?available=false&page_size=100")) == {slot.pk for slot in slots} - free
    shown = {slot.pk: admin.get(f"{SLOTS}/{slot.pk}") for slot in slots}
    assert {pk for pk, response in shown.items() if response.json()["available"]} == free
    assert AvailableSlot.objects.filter(practice=practice).exists()
