"""A record is merged while visits for it come in: each is the kept record's or was refused, and none is lost."""

from decimal import Decimal
from threading import Thread

import pytest
from django.db import connection, connections, transaction

from billing.services import NewLine, credit_bill, issue_bill, issuing, merge_patients, record_care_plan
from billing.services import merging as merging_verb
from core.errors import Conflict
from core.locks import lock_only, record
from core.models import ExternalId
from directory.models import Resource
from orders.services import record_order
from patients import standing
from patients.models import Patient, PhoneNumber
from patients.services import change_document
from programs.services import record_enrollment
from scheduling.calendar import claims
from scheduling.models import Appointment
from scheduling.services import book_appointment, cancel_appointment
from tests.factories import AT, DocumentFactory, PatientFactory, SpecialistFactory
from tests.importing import import_text
from tests.patience import LIMIT
from tests.races.racing import broken, deadlocks, race
from tests.stage import DAY, actor_with, set_stage

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
        return claims_lock(ids) or set()

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


def recorded_order(stage):
    return record_order(
        practice_id=stage.practice.pk,
        patient_id=stage.patient.pk,
        product_id=stage.product.pk,
        status="pending",
        times={"ordered_at": AT - DAY},
        by=stage.desk,
        at=AT,
    )


def recorded_enrollment(stage):
    return record_enrollment(
        practice_id=stage.practice.pk,
        patient_id=stage.patient.pk,
        service_plan_id=stage.plan.pk,
        enrolled_at=AT - DAY,
        by=stage.desk,
        at=AT,
    )


def recorded_care_plan(stage):
    by = actor_with("clinic_admin", stage.practice)
    return record_care_plan(practice_id=stage.practice.pk, patient_id=stage.patient.pk, values={}, by=by, at=AT)


def imported_phone(stage):
    known = {"organization_id": stage.practice.organization_id, "source": "import", "external_id": "1"}
    ExternalId.objects.create(**known, kind=Patient._meta.label_lower, object_id=stage.patient.pk)
    rows = f"external_id,last_name,phone\n1,{stage.patient.last_name},0722 000 111\n"
    import_text("patients", rows, organization_id=stage.practice.organization_id)
    return PhoneNumber.objects.get()


def new_folder(stage):
    document = DocumentFactory(patient=stage.patient)
    by = actor_with("clinic_admin", stage.practice)
    return change_document(document.pk, values={"folder_name": "Letters"}, by=by, at=AT).folder


VERBS = [recorded_order, recorded_enrollment, recorded_care_plan, new_folder]


@pytest.fixture
def written_during_a_merge(stage):
    """`written(write)` has a merge arrive before a verb's transaction ends; returns its row and the kept record."""
    if connection.vendor == "sqlite":
        pytest.skip("the transaction is the lock")
    kept, told = PatientFactory(organization=stage.practice.organization), []

    def run():
        try:
            told.append(merge(stage, kept))
        finally:
            connections.close_all()

    def written(write):
        merging = Thread(target=run)
        with transaction.atomic():
            row = write(stage)
            merging.start()
            merging.join(0.3)
        merging.join(LIMIT)
        row.refresh_from_db()
        assert told == [kept]
        return row, kept

    return written


@pytest.mark.parametrize("write", [*VERBS, imported_phone])
def test_what_is_written_for_a_record_holds_it_until_the_commit_and_moves_with_it(written_during_a_merge, write):
    row, kept = written_during_a_merge(write)
    assert row.patient == kept
    assert broken() == []


# Not of an import, which has its references checked at the end of each chunk, and so holds what it refers to.
@pytest.mark.parametrize("write", VERBS)
def test_control_what_does_not_hold_the_record_is_lost_on_it(stage, written_during_a_merge, monkeypatch, write):
    monkeypatch.setattr(standing, "share", lambda rows, attname: record(Patient._meta.label_lower) or True)
    row, _kept = written_during_a_merge(write)
    assert row.patient == stage.patient


@pytest.fixture
def credited_during_a_merge(stage, monkeypatch):
    """`credited()` has a merge arrive when the bill is locked and its patient not held yet; returns the credit."""
    if connection.vendor == "sqlite":
        pytest.skip("the transaction is the lock")
    kept, told, hold = PatientFactory(organization=stage.practice.organization), [], issuing.hold_record
    lines = [NewLine("Massage", Decimal(100))]
    bill = issue_bill(practice_id=stage.practice.pk, lines=lines, patient_id=stage.patient.pk, by=stage.desk, at=AT)

    def run():
        try:
            told.append(merge(stage, kept))
        finally:
            connections.close_all()

    merging = Thread(target=run)

    def hold_late(patient):
        if not merging.ident:
            merging.start()
            merging.join(0.3)
        hold(patient)

    monkeypatch.setattr(issuing, "hold_record", hold_late)

    def credited():
        by = actor_with("clinic_admin", stage.practice)
        credit = credit_bill(bill.pk, reason="Paid twice", by=by, at=AT)
        merging.join(LIMIT)
        credit.refresh_from_db()
        return credit, told, kept

    return credited


def test_a_bill_is_credited_and_a_merge_waits_without_a_deadlock(credited_during_a_merge):
    before = deadlocks()
    credit, told, kept = credited_during_a_merge()
    assert (credit.patient, told) == (kept, [kept])
    assert deadlocks() == before
    assert broken() == []


def test_control_a_merge_that_locks_the_bills_last_meets_the_credit_in_a_deadlock(credited_during_a_merge, monkeypatch):
    monkeypatch.setattr(merging_verb, "AFTER_TIME", ())
    before = deadlocks()
    credited_during_a_merge()
    assert deadlocks() > before


def test_a_visit_that_was_moved_to_the_kept_record_meanwhile_is_cancelled_there(stage, request):
    visit = stage.book()
    kept, _without_looking = request.getfixturevalue("merged_meanwhile")
    assert cancel_appointment(visit.pk, by=stage.desk, at=AT).patient_id == kept.pk
    assert broken() == []
