"""A record is merged while visits for it come in: each is the kept record's or was refused, and none is lost."""

from threading import Thread

import pytest
from django.db import connection, connections, transaction

from billing.services import merge_patients
from core.errors import Conflict
from core.locks import lock_only
from directory.models import Resource
from orders.services import place_order
from scheduling.calendar import claims
from scheduling.models import Appointment
from scheduling.services import book_appointment, cancel_appointment
from tests.factories import AT, PatientFactory, SpecialistFactory
from tests.patience import LIMIT
from tests.races.racing import broken, race
from tests.stage import DAY, set_stage

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
BOOKINGS = 8


@pytest.fixture
def stage():
    return set_stage()


def merge(stage, kept):
    return merge_patients(kept.pk, stage.patient.pk, by=stage.desk, at=AT)


def test_of_a_crowd_of_bookings_each_is_the_kept_records_or_refused(stage):
    kept = PatientFactory(organization=stage.practice.organization)
    people = [
        SpecialistFactory(organization=stage.practice.organization, works_at=[stage.practice]) for _ in range(BOOKINGS)
    ]

    def call(number):
        if number == BOOKINGS:
            merge(stage, kept)
            return
        book_appointment(
            practice_id=stage.practice.pk,
            patient_id=stage.patient.pk,
            service_id=stage.service.pk,
            specialist_id=people[number].pk,
            starts_at=AT + (number + 1) * DAY,
            by=stage.desk,
            at=AT,
        )

    outcomes = race(call, threads=BOOKINGS + 1)
    assert outcomes.keys() <= {"done", "archived"}
    assert Appointment.objects.filter(patient=kept).count() == outcomes["done"] - 1
    assert not Appointment.objects.filter(patient=stage.patient).exists()
    assert broken() == []


@pytest.fixture
def merged_meanwhile(stage, monkeypatch):
    """The record is merged after a verb has read it and before it locks the patient's time; returns the kept one."""
    if connection.vendor == "sqlite":
        pytest.skip("the transaction is the lock")
    kept = PatientFactory(organization=stage.practice.organization)
    claims_lock, waiting = claims.lock_resources, [True]

    def run():
        try:
            merge(stage, kept)
        finally:
            connections.close_all()

    def lock_late(ids):
        ids = list(ids)
        if waiting:
            waiting.clear()
            faster = Thread(target=run)
            faster.start()
            faster.join(LIMIT)
            assert not faster.is_alive()
        claims_lock(ids)

    def lock_without_looking():
        nonlocal claims_lock
        claims_lock = lambda ids: lock_only(Resource, ids)  # noqa: E731

    monkeypatch.setattr(claims, "lock_resources", lock_late)
    return kept, lock_without_looking


@pytest.mark.usefixtures("merged_meanwhile")
def test_a_booking_that_waited_for_the_merge_is_refused(stage):
    with pytest.raises(Conflict) as caught:
        stage.book()
    assert caught.value.code == "archived"
    assert not Appointment.objects.exists()
    assert broken() == []


def test_control_a_booking_that_does_not_look_again_is_lost_on_the_record_that_went(stage, merged_meanwhile):
    _kept, without_looking = merged_meanwhile
    without_looking()
    assert stage.book().patient == stage.patient


def test_what_is_written_for_a_record_holds_it_until_the_commit_and_moves_with_it(stage):
    if connection.vendor == "sqlite":
        pytest.skip("the transaction is the lock")
    kept, told = PatientFactory(organization=stage.practice.organization), []

    def run():
        try:
            told.append(merge(stage, kept))
        finally:
            connections.close_all()

    merging = Thread(target=run)
    with transaction.atomic():
        order = place_order(
            patient_id=stage.patient.pk,
            product_id=stage.product.pk,
            practice_id=stage.practice.pk,
            by=stage.desk,
            at=AT,
        )
        merging.start()
        merging.join(0.5)
        assert merging.is_alive()
    merging.join(LIMIT)
    order.refresh_from_db()
    assert (told, order.patient) == ([kept], kept)
    assert broken() == []


def test_a_visit_that_was_moved_to_the_kept_record_meanwhile_is_cancelled_there(stage, request):
    visit = stage.book()
    kept, _without_looking = request.getfixturevalue("merged_meanwhile")
    assert cancel_appointment(visit.pk, by=stage.desk, at=AT).patient_id == kept.pk
    assert broken() == []
