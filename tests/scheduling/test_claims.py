"""Who is busy when: booked once, never twice; overbookings are recorded, time off is as if it had never been."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from core.errors import Conflict, Forbidden
from scheduling.calendar import hit_by_time_off
from scheduling.models import Appointment, AvailableSlot, Claim, Hold
from scheduling.services import add_time_off, cancel_appointment, end_time_off, reschedule_appointment, withdraw_slot
from tests.factories import AT, PatientFactory, RoomFactory, SpecialistFactory
from tests.scheduling.words import HOUR, another_patient, available, into, offer, states, taken
from tests.stage import DAY, actor_with, everything, set_stage

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("every_invariant_holds")]


def test_a_booking_outside_a_slot_takes_people_and_room_with_the_buffers(stage):
    stage.service.buffer_before_minutes, stage.service.buffer_minutes = 5, 10
    stage.service.save()
    room = RoomFactory(practice=stage.practice)
    assistant = SpecialistFactory(organization=stage.practice.organization)
    made = stage.book(room_id=room.pk, assistant_ids=[assistant.pk])
    start, end = made.starts_at, made.ends_at
    wide = (start - timedelta(minutes=5), end + timedelta(minutes=10))
    assert sorted(taken(appointment=made)) == sorted(
        [
            ("assistant", True, start, end),
            ("patient", True, start, end),
            ("specialist", True, *wide),
            ("room", True, *wide),
        ]
    )


def test_a_slot_takes_its_specialist_and_room_from_its_first_booking_to_its_last(stage):
    slot = offer(stage, room_id=RoomFactory(practice=stage.practice).pk)
    assert taken() == []
    made = into(stage, slot)
    assert (made.slot_id, made.starts_at, made.ends_at, made.room_id) == (
        slot.pk, slot.starts_at, slot.ends_at, slot.room_id,
    )  # fmt: skip
    assert {role for role, *_ in taken(slot=slot)} == {"specialist", "room"}
    assert [role for role, *_ in taken(appointment=made)] == ["patient"]
    assert not available(slot)
    cancel_appointment(made.pk, by=stage.desk, at=AT)
    assert taken() == []
    assert available(slot)


def test_a_time_equal_to_a_free_slot_takes_the_slot(stage):
    slot = offer(stage)
    made = stage.book()
    assert made.slot_id == slot.pk
    slot.refresh_from_db()
    assert slot.booked == 1


def test_a_full_slot_is_refused_by_name(stage):
    slot = offer(stage)
    into(stage, slot)
    before = everything()
    with pytest.raises(Conflict) as refusal:
        into(stage, slot, another_patient(stage))
    assert refusal.value.code == "slot_taken"
    assert everything() == before


@pytest.mark.parametrize("shift", [-0.25, 0, 0.25])
def test_whoever_is_busy_is_not_booked_again(stage, shift):
    first = stage.book()
    before = everything()
    stage.patient = another_patient(stage)
    with pytest.raises(Conflict) as refusal:
        stage.book(days=3 + shift / 24)
    assert refusal.value.code == "overlap"
    (clash,) = refusal.value.clashes
    assert (clash["role"], clash["what"], clash["id"]) == ("specialist", "appointment", first.pk)
    assert (clash["starts_at"], clash["ends_at"]) == (first.starts_at, first.ends_at)
    assert everything() == before


def test_a_patient_an_assistant_and_a_room_are_busy_too(stage):
    room = RoomFactory(practice=stage.practice)
    assistant = SpecialistFactory(organization=stage.practice.organization, works_at=[stage.practice])
    stage.book(room_id=room.pk, assistant_ids=[assistant.pk])
    colleague = SpecialistFactory(organization=stage.practice.organization, works_at=[stage.practice])
    someone = another_patient(stage)
    stage.specialist = colleague
    with pytest.raises(Conflict) as refusal:
        stage.book()
    assert [clash["role"] for clash in refusal.value.clashes] == ["patient"]
    stage.patient = someone
    with pytest.raises(Conflict) as refusal:
        stage.book(room_id=room.pk, assistant_ids=[assistant.pk])
    assert {clash["role"] for clash in refusal.value.clashes} == {"room", "assistant"}
    stage.specialist = assistant
    with pytest.raises(Conflict):
        stage.book()
    stage.specialist = colleague
    assert stage.book().status == "confirmed"


def test_what_another_practice_holds_is_busy_elsewhere_without_a_name():
    stage, elsewhere = set_stage(), set_stage()
    organization = stage.practice.organization
    elsewhere.practice.organization = organization
    elsewhere.practice.save()
    for row in (elsewhere.service, elsewhere.specialist):
        row.organization = organization
        row.save()
    elsewhere.patient = PatientFactory(organization=organization)
    elsewhere.desk = actor_with("front_desk", elsewhere.practice)
    from directory.models import SpecialistPractice

    SpecialistPractice.objects.create(specialist=stage.specialist, practice=elsewhere.practice)
    elsewhere.specialist = stage.specialist
    elsewhere.book()
    with pytest.raises(Conflict) as refusal:
        stage.book()
    (clash,) = refusal.value.clashes
    assert (clash["what"], clash["id"]) == ("busy_elsewhere", None)
    assert elsewhere.patient.last_name not in str(refusal.value)


def test_a_booking_blocks_the_slots_it_lies_over_and_frees_them_again(stage):
    slot, other = offer(stage, hours=0.25), offer(stage, hours=2)
    made = stage.book()
    slot.refresh_from_db()
    assert slot.blocked == 1
    assert not available(slot)
    assert available(other)
    with pytest.raises(Conflict):
        into(stage, slot, another_patient(stage))
    cancel_appointment(made.pk, by=stage.desk, at=AT)
    slot.refresh_from_db()
    assert slot.blocked == 0
    assert available(slot)


def test_an_assistants_own_slots_are_blocked(stage):
    slot = offer(stage)
    assistant, stage.specialist = (
        stage.specialist,
        SpecialistFactory(organization=stage.practice.organization, works_at=[stage.practice]),
    )
    stage.book(assistant_ids=[assistant.pk])
    assert not available(slot)


def test_overbooking_needs_the_permission_and_a_reason_and_is_recorded(stage):
    stage.book()
    stage.patient = another_patient(stage)
    stage.book(days=9)
    own, stage.desk = (
        stage.desk,
        actor_with("specialist", stage.practice, specialist_ids=frozenset({stage.specialist.pk})),
    )
    with pytest.raises(Forbidden):
        stage.book(overbooking_reason="Urgent")
    stage.desk = own
    second = stage.book(overbooking_reason="Urgent")
    assert (second.overbooked, second.overbooking_reason, second.slot_id) == (True, "Urgent", None)
    assert {(role, exclusive) for role, exclusive, *_ in taken(appointment=second)} == {
        ("specialist", False), ("patient", True),
    }  # fmt: skip


def test_a_reason_without_a_clash_makes_an_ordinary_booking(stage):
    made = stage.book(overbooking_reason="Just in case")
    assert (made.overbooked, made.overbooking_reason) == (False, "")


def test_overbooking_a_booked_slot_takes_its_exact_interval_and_no_place_in_it(stage):
    stage.service.buffer_minutes = 15
    stage.service.save()
    slot = offer(stage)
    into(stage, slot)
    second = into(stage, slot, another_patient(stage), overbooking_reason="Pain")
    slot.refresh_from_db()
    assert (second.slot_id, slot.booked, second.overbooked) == (None, 1, True)
    assert ("specialist", False, slot.starts_at, slot.ends_at) in taken(appointment=second)


def test_who_was_overbooked_still_keeps_the_time_when_the_first_is_cancelled(stage):
    """A exclusive, B overbooked on it, A cancelled, C asks for the same time: refused."""
    first = stage.book()
    stage.patient = another_patient(stage)
    second = stage.book(overbooking_reason="Urgent")
    cancel_appointment(first.pk, by=stage.desk, at=AT)
    assert all(exclusive for _role, exclusive, *_ in taken(appointment=second))
    stage.patient = another_patient(stage)
    with pytest.raises(Conflict):
        stage.book()


def test_an_ordinary_booking_reads_overbooked_claims_too(stage):
    stage.book()
    stage.patient = another_patient(stage)
    stage.book(days=3 + 0.25 / 24, overbooking_reason="Urgent")
    stage.patient = another_patient(stage)
    with pytest.raises(Conflict) as refusal:
        stage.book(days=3 + 0.6 / 24)
    assert [clash["exclusive"] for clash in refusal.value.clashes] == [False]


def test_time_off_over_a_booking_and_taken_back_is_as_if_it_had_never_been(stage):
    """Time off over B, B moved, time off removed; and time off removed with B still there."""
    slot = offer(stage, hours=5)
    kept, moved = stage.book(), stage.book(days=3 + 1 / 24)
    before = states()
    away = add_time_off(
        practice_id=stage.practice.pk,
        specialist_id=stage.specialist.pk,
        starts_at=AT + 3 * DAY - HOUR,
        ends_at=AT + 3 * DAY + 9 * HOUR,
        reason="Ill",
        by=stage.desk,
        at=AT,
    )
    slot.refresh_from_db()
    assert (slot.blocked, list(Appointment.objects.values_list("needs_move", flat=True))) == (1, [True, True])
    assert {exclusive for role, exclusive, *_ in taken(appointment=kept) if role == "specialist"} == {False}
    with pytest.raises(Conflict):
        stage.book(days=3 + 3 / 24)
    away_row = reschedule_appointment(moved.pk, starts_at=AT + 4 * DAY, by=stage.desk, at=AT)
    assert away_row.needs_move is False
    end_time_off(away.pk, by=stage.desk, at=AT)
    slot.refresh_from_db()
    assert (slot.blocked, list(Appointment.objects.values_list("needs_move", flat=True))) == (0, [False, False])
    reschedule_appointment(moved.pk, starts_at=moved.starts_at, by=stage.desk, at=AT)
    assert states() == before


def test_time_off_says_first_what_it_hits_and_releases_holds(stage):
    made = stage.book()
    hold = Hold.objects.create(
        practice=stage.practice,
        specialist=stage.specialist,
        starts_at=AT + 3 * DAY + HOUR,
        ends_at=AT + 3 * DAY + 2 * HOUR,
        expires_at=AT + HOUR,
    )
    Claim.objects.create(
        resource=stage.specialist.resource, role="specialist", starts_at=hold.starts_at, ends_at=hold.ends_at, hold=hold
    )
    span = {"starts_at": AT + 3 * DAY - HOUR, "ends_at": AT + 3 * DAY + 5 * HOUR}
    hit = hit_by_time_off(stage.desk, specialist_id=stage.specialist.pk, room_id=None, **span)
    assert [row.pk for row in hit] == [made.pk]
    add_time_off(practice_id=stage.practice.pk, specialist_id=stage.specialist.pk, by=stage.desk, at=AT, **span)
    assert not Claim.objects.filter(hold=hold).exists()


def test_an_expired_hold_is_cleared_by_the_booking_that_needs_the_time(stage):
    for expires, expected in ((AT + HOUR, Conflict), (AT, None)):
        Hold.objects.all().delete()
        hold = Hold.objects.create(
            practice=stage.practice,
            specialist=stage.specialist,
            starts_at=AT + 3 * DAY,
            ends_at=AT + 3 * DAY + HOUR,
            expires_at=expires,
        )
        Claim.objects.create(
            resource=stage.specialist.resource,
            role="specialist",
            starts_at=hold.starts_at,
            ends_at=hold.ends_at,
            hold=hold,
        )
        if expected:
            with pytest.raises(Conflict):
                stage.book()
        else:
            assert stage.book().status == "confirmed"
            hold.refresh_from_db()
            assert hold.released_at == AT


def test_a_group_slot_takes_its_time_from_its_creation_and_fills_up(stage):
    slot = offer(stage, capacity=2)
    assert [role for role, *_ in taken(slot=slot)] == ["specialist"]
    into(stage, slot)
    into(stage, slot, another_patient(stage))
    with pytest.raises(Conflict) as refusal:
        into(stage, slot, another_patient(stage))
    assert refusal.value.code == "slot_taken"
    cancel_appointment(Appointment.objects.first().pk, by=stage.desk, at=AT)
    assert [role for role, *_ in taken(slot=slot)] == ["specialist"]
    assert available(slot)


def test_a_group_slot_over_a_booking_is_refused(stage):
    stage.book()
    with pytest.raises(Conflict):
        offer(stage, capacity=3)
    assert not AvailableSlot.objects.exists()


def test_a_withdrawn_slot_is_not_booked_and_a_booked_one_not_withdrawn(stage):
    slot = offer(stage)
    made = into(stage, slot)
    with pytest.raises(Conflict):
        withdraw_slot(slot.pk, by=stage.desk, at=AT)
    cancel_appointment(made.pk, by=stage.desk, at=AT)
    withdraw_slot(slot.pk, by=stage.desk, at=AT)
    with pytest.raises(Conflict) as refusal:
        into(stage, slot)
    assert refusal.value.code == "withdrawn"


def test_the_database_refuses_two_exclusive_claims_of_one_resource(stage):
    made = stage.book()
    claim = Claim.objects.get(appointment=made, role="specialist")
    with pytest.raises(IntegrityError, match="claim_no_overlap"), transaction.atomic():
        Claim.objects.create(
            resource_id=claim.resource_id,
            role="specialist",
            starts_at=claim.starts_at + timedelta(minutes=1),
            ends_at=claim.ends_at,
            appointment=made,
        )


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL plans by how many rows there are")
def test_what_takes_time_is_read_of_those_concerned_and_not_from_the_first_day(stage):
    slot = offer(stage, room_id=RoomFactory(practice=stage.practice).pk)
    with CaptureQueriesContext(connection) as asked:
        into(stage, slot)
        add_time_off(
            practice_id=stage.practice.pk, specialist_id=stage.specialist.pk,
            starts_at=slot.starts_at - 30 * DAY, ends_at=slot.ends_at + 30 * DAY, by=stage.desk, at=AT,
        )  # fmt: skip
    reads = [one["sql"] for one in asked if one["sql"].startswith("SELECT") and "scheduling_claim" in one["sql"]]
    with connection.cursor() as cursor:
        steps = [row[3] for sql in reads for row in cursor.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()]
    of_time = {step for step in steps if "claim_resource" in step or "claim_time_off_ahead (" in step}
    assert {step.split("(")[1] for step in of_time} == {
        "resource_id=? AND starts_at>? AND starts_at<?)",
        "resource_id=? AND ends_at>?)",
    }
    assert not [step for step in steps if "time_off_id" in step]
