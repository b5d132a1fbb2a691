"""Free times are exactly those that a booking would find free; "why not?" says everything at once."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import DomainError
from directory.models import SpecialistPractice
from scheduling.calendar import FreeTime, SlotWish, first_of_each, free_times, next_free, why_not
from scheduling.calendar.free_time_search import Search
from scheduling.models import Appointment, AvailableSlot, Claim
from scheduling.services import (
    add_time_off,
    book_appointment,
    book_slot,
    cancel_appointment,
    create_slot,
    end_time_off,
    mark_no_show,
    place_hold,
    reschedule_appointment,
    set_holiday,
    undo_appointment,
)
from tests.broken import broken_invariants
from tests.factories import AT, PatientFactory, RoomFactory, ServiceFactory, SpecialistFactory
from tests.stage import DAY, set_stage

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
BEGIN = AT + DAY


def offer(stage, start, end, specialist=None, **more):
    """A slot from minute `start` to minute `end` of tomorrow."""
    person = specialist or stage.specialist
    wish = SlotWish(specialist_id=person.pk, starts_at=BEGIN + start * MINUTE, ends_at=BEGIN + end * MINUTE, **more)
    return create_slot(practice_id=stage.practice.pk, wish=wish, by=stage.desk, at=AT)


def search(minutes=30, before=0, after=0, **more):
    return Search(BEGIN, BEGIN + 10 * HOUR, minutes * MINUTE, before * MINUTE, after * MINUTE, **more)


def found(stage, wanted, people=None, **more):
    ids = [person.pk for person in people or [stage.specialist]]
    return free_times(stage.practice, ids, wanted, at=AT, **more)


def minutes(times):
    return [int((time.starts_at - BEGIN).total_seconds() // 60) for time in times]


def test_free_times_lie_inside_what_is_offered_and_outside_claims(stage):
    offer(stage, 0, 60)
    offer(stage, 60, 120)
    assert minutes(found(stage, search())) == [0, 30, 60, 90]
    stage.book(days=1 + 30 / 1440)
    assert minutes(found(stage, search())) == [0, 60, 90]


def test_pauses_keep_their_distance_from_claims_but_not_from_the_edge(stage):
    offer(stage, 0, 120)
    stage.book(days=1 + 60 / 1440)
    assert minutes(found(stage, search(before=10, after=10))) == [0]
    assert minutes(found(stage, search(minutes=20, before=10, after=10))) == [0, 20, 100]


def test_a_time_that_is_exactly_a_free_slot_needs_no_pauses(stage):
    for start in (0, 30, 60):
        offer(stage, start, start + 30)
    book_slot(AvailableSlot.objects.first().pk, patient_id=stage.patient.pk, by=stage.desk, at=AT)
    assert minutes(found(stage, search(before=10, after=10))) == [30, 40, 60]


def test_the_earliest_of_all_comes_first_and_a_limit_cuts(stage):
    colleague = SpecialistFactory(organization=stage.practice.organization, works_at=[stage.practice])
    offer(stage, 60, 120)
    offer(stage, 30, 90, specialist=colleague)
    times = found(stage, search(), people=[stage.specialist, colleague])
    assert [(m, t.specialist_id) for m, t in zip(minutes(times), times, strict=True)] == [
        (30, colleague.pk), (60, stage.specialist.pk), (60, colleague.pk), (90, stage.specialist.pk),
    ]  # fmt: skip
    assert found(stage, search(), people=[stage.specialist, colleague], limit=1) == times[:1]


def test_the_first_few_are_those_of_the_whole_whatever_the_days_between(stage):
    for day in (0, 1, 2, 9, 10, 30):
        offer(stage, day * 1440, day * 1440 + 60)
    stage.book(days=1)
    wanted = Search(BEGIN, BEGIN + 40 * DAY, 30 * MINUTE)
    whole = found(stage, wanted)
    assert [m // 1440 for m in minutes(whole)] == [0, 1, 1, 2, 2, 9, 9, 10, 10, 30, 30]
    for limit in (1, 2, 5, 6, 10, 11, 50):
        assert found(stage, wanted, limit=limit) == whole[:limit]


def test_a_time_at_which_the_patient_is_busy_is_not_offered(stage):
    offer(stage, 0, 120)
    colleague = SpecialistFactory(organization=stage.practice.organization, works_at=[stage.practice])
    mine, stage.specialist = stage.specialist, colleague
    stage.book(days=1 + 30 / 1440)
    stage.specialist = mine
    assert minutes(found(stage, search())) == [0, 30, 60, 90]
    assert minutes(found(stage, search(also=frozenset({stage.patient.resource_id})))) == [0, 60, 90]


def test_a_room_must_be_free_too_and_the_first_that_is_is_named(stage):
    first, second = RoomFactory(practice=stage.practice), RoomFactory(practice=stage.practice)
    offer(stage, 0, 60)
    other = SpecialistFactory(organization=stage.practice.organization, works_at=[stage.practice])
    mine, stage.specialist = stage.specialist, other
    stage.book(days=1, room_id=first.pk)
    stage.specialist = mine
    times = found(stage, search(), room_ids=[first.pk, second.pk])
    assert [time.room_id for time in times] == [second.pk, first.pk]
    assert minutes(found(stage, search(), room_ids=[first.pk])) == [30]


def test_closed_days_past_times_group_slots_and_other_types_are_not_free(stage):
    offer(stage, 0, 60, appointment_type="therapy")
    offer(stage, 60, 120, capacity=5)
    assert minutes(found(stage, search(appointment_type="consultation"))) == []
    assert minutes(found(stage, search(appointment_type="therapy"))) == [0, 30]
    ids = [stage.specialist.pk]
    assert minutes(free_times(stage.practice, ids, search(), at=BEGIN + 20 * MINUTE)) == [30]
    set_holiday(practice_id=stage.practice.pk, day=date(2026, 2, 18), name="Closed", by=stage.desk, at=AT)
    assert found(stage, search()) == []


def test_the_nearest_free_times_lie_on_both_sides(stage):
    offer(stage, 0, 300)
    stage.book(days=1 + 120 / 1440)
    wanted = Search(BEGIN + 120 * MINUTE, BEGIN + 150 * MINUTE, 30 * MINUTE)
    assert minutes(next_free(stage.practice, [stage.specialist.pk], wanted, at=AT)) == [60, 90, 150]


def test_the_number_of_questions_does_not_grow(stage, django_assert_num_queries):
    people = [SpecialistFactory(organization=stage.practice.organization, works_at=[stage.practice]) for _ in range(12)]
    for person in people:
        offer(stage, 0, 300, specialist=person)
    with django_assert_num_queries(4):
        assert len(found(stage, search(), people=people)) == 12 * 10


def brute_force(stage, wanted):
    """Every minute asked one by one: would a booking there be free?"""
    slots = list(AvailableSlot.objects.offered().filter(specialist=stage.specialist, capacity=1).order_by("starts_at"))
    claims = list(Claim.objects.filter(resource=stage.specialist.resource))
    free = set()
    for minute in range(600):
        start = BEGIN + minute * MINUTE
        end = start + wanted.duration
        covered = all(
            any(slot.starts_at <= start + m * MINUTE < slot.ends_at for slot in slots)
            for m in range(int(wanted.duration.total_seconds() // 60))
        )
        exact = any((slot.starts_at, slot.ends_at) == (start, end) for slot in slots)
        lo, hi = (start, end) if exact else (start - wanted.before, end + wanted.after)
        if covered and end <= wanted.end and not any(c.starts_at < hi and c.ends_at > lo for c in claims):
            free.add(minute)
    return free


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    slots=st.lists(st.tuples(st.integers(0, 18), st.integers(1, 4)), max_size=6),
    visits=st.lists(st.integers(0, 540), max_size=4),
    length=st.sampled_from([15, 30, 45]),
    before=st.sampled_from([0, 5, 15]),
    after=st.sampled_from([0, 10]),
)
def test_free_times_equal_a_brute_force_reference(stage, slots, visits, length, before, after):
    Appointment.objects.all().delete()
    AvailableSlot.objects.all().delete()
    for start, quarter_hours in slots:
        try:
            offer(stage, start * 30, start * 30 + quarter_hours * 15)
        except DomainError:
            continue
    for minute in visits:
        stage.patient = PatientFactory(organization=stage.practice.organization)
        try:
            stage.book(days=1 + minute / 1440)
        except DomainError:
            continue
    # A step of one minute finds every start that is free, and nothing else.
    wanted = search(length, before, after, step=MINUTE)
    times = found(stage, wanted)
    assert set(minutes(times)) == brute_force(stage, wanted)
    assert found(stage, wanted, limit=3) == times[:3]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.lists(st.tuples(st.integers(0, 7), st.integers(0, 11), st.integers(0, 5)), max_size=14))
def test_booked_and_blocked_equal_their_recount_after_anything(stage, moves):
    """The counters are checked by the invariants after any sequence of what people do."""
    Appointment.objects.all().delete()
    AvailableSlot.objects.all().delete()
    patients = [PatientFactory(organization=stage.practice.organization) for _ in range(6)]
    away = []
    for kind, hour, who in moves:
        stage.patient = patients[who]
        first = Appointment.objects.order_by("pk").last()
        slot = AvailableSlot.objects.offered().order_by("-pk").first()
        try:
            match kind:
                case 0:
                    offer(stage, hour * 60, hour * 60 + 45, capacity=1 + who % 2)
                case 1:
                    stage.book(days=1 + hour / 24)
                case 2:
                    stage.book(days=1 + hour / 24 + 0.01, overbooking_reason="Urgent")
                case 3 if slot:
                    book_slot(slot.pk, patient_id=stage.patient.pk, by=stage.desk, at=AT)
                case 4 if first:
                    (cancel_appointment if who % 2 else mark_no_show)(first.pk, by=stage.desk, at=AT)
                case 5 if first:
                    undo_appointment(first.pk, by=stage.desk, at=AT)
                case 6 if first:
                    reschedule_appointment(first.pk, starts_at=BEGIN + hour * HOUR, by=stage.desk, at=AT)
                case 7 if away and who % 2:
                    end_time_off(away.pop(), by=stage.desk, at=AT)
                case 7:
                    start = BEGIN + hour * HOUR
                    row = add_time_off(
                        practice_id=stage.practice.pk,
                        specialist_id=stage.specialist.pk,
                        starts_at=start,
                        ends_at=start + 2 * HOUR,
                        by=stage.desk,
                        at=AT,
                    )
                    away.append(row.pk)
        except DomainError:
            continue
    assert broken_invariants() == []


def test_why_not_says_every_reason_at_once_and_the_nearest_free_times(stage):
    offer(stage, 0, 120)
    stage.book(days=1 + 30 / 1440)
    set_holiday(practice_id=stage.practice.pk, day=date(2026, 2, 19), name="Closed", by=stage.desk, at=AT)
    asked = {
        "practice_id": stage.practice.pk,
        "specialist_id": stage.specialist.pk,
        "service_id": stage.service.pk,
        "patient_id": stage.patient.pk,
    }
    answer = why_not(stage.desk, starts_at=BEGIN + 30 * MINUTE, at=AT, **asked)
    assert [reason["code"] for reason in answer.reasons] == ["overlap", "overlap"]
    assert minutes(answer.nearest) == [0, 60, 90]
    assert all(isinstance(time, FreeTime) for time in answer.nearest)
    other_day = why_not(stage.desk, starts_at=BEGIN + DAY, at=BEGIN + DAY - HOUR, **asked)
    assert [reason["code"] for reason in other_day.reasons] == ["closed", "outside_availability"]
    over_the_end = why_not(stage.desk, starts_at=BEGIN + 100 * MINUTE, at=AT - DAY, **asked)
    assert [reason["code"] for reason in over_the_end.reasons] == ["outside_availability"]
    free = why_not(stage.desk, starts_at=BEGIN + 90 * MINUTE, at=AT - DAY, **asked)
    assert (free.reasons, free.nearest) == ([], [])


def test_why_not_says_that_patients_cannot_book_only_where_they_cannot(stage):
    """The practice's notice is for cancelling and moving; what patients book ahead is the service's."""
    offer(stage, 0, 30)
    stage.practice.notice_hours = 48
    stage.practice.save()
    asked = {"specialist_id": stage.specialist.pk, "service_id": stage.service.pk, "starts_at": BEGIN}

    def codes(before):
        found = why_not(stage.desk, practice_id=stage.practice.pk, at=BEGIN - before, **asked)
        return [reason["code"] for reason in found.reasons]

    assert codes(HOUR) == []
    stage.service.booking_lead_hours = 2
    stage.service.save()
    assert codes(2 * HOUR + MINUTE) == []
    assert codes(2 * HOUR) == ["notice_period"]
    assert codes(0 * HOUR) == ["past"]


def test_why_not_says_who_and_what_is_out_of_use_and_how_far_ahead_patients_book(stage):
    """Each clause of the predicate that a time can fail by itself, in the words of the refusal."""
    room = RoomFactory(practice=stage.practice, name="Room 1")
    offer(stage, 0, 30)
    asked = {"specialist_id": stage.specialist.pk, "service_id": stage.service.pk, "room_id": room.pk}

    def found(*, starts_at=BEGIN):
        answer = why_not(stage.desk, practice_id=stage.practice.pk, starts_at=starts_at, at=AT, **asked)
        return [(one["code"], str(one["says"])) for one in answer.reasons if one["code"] != "outside_availability"]

    assert found() == []
    horizon = AT + relativedelta(months=stage.practice.booking_horizon_months)
    assert found(starts_at=horizon) == []
    assert found(starts_at=horizon + MINUTE) == [
        ("too_far_ahead", "Patients can book at most 12 months ahead; staff can book this time.")
    ]
    none = ("not_in_use", f"{stage.specialist} takes no appointments at this practice.")
    for row, change, reason in (
        (room, {"is_active": False}, ("not_in_use", "Room 1 is not in use.")),
        (room, {"archived_at": AT}, ("not_in_use", "Room 1 is not in use.")),
        (stage.practice, {"archived_at": AT}, ("archived", "The practice has been archived.")),
        (stage.specialist, {"scheduling_active": False}, none),
        (stage.specialist, {"archived_at": AT}, none),
    ):
        before = {name: getattr(row, name) for name in change}
        type(row).objects.filter(pk=row.pk).update(**change)
        assert found() == [reason], change
        type(row).objects.filter(pk=row.pk).update(**before)
    SpecialistPractice.objects.filter(specialist=stage.specialist).delete()
    assert found() == [none]


def test_why_not_knows_that_a_patient_needs_no_pause_after_the_visit(stage):
    """The pause keeps the specialist; the patient may be with somebody else as soon as the visit ends."""
    offer(stage, 0, 60)
    stage.service.buffer_minutes = stage.service.buffer_before_minutes = 15
    stage.service.save()
    other = SpecialistFactory(organization=stage.practice.organization, works_at=[stage.practice])
    plain = ServiceFactory(organization=stage.practice.organization)
    known = {"practice_id": stage.practice.pk, "patient_id": stage.patient.pk, "specialist_id": other.pk}
    for starts in (BEGIN - 10 * MINUTE, BEGIN + 50 * MINUTE):
        book_appointment(**known, service_id=plain.pk, starts_at=starts, ends_at=starts + 30 * MINUTE,
                         by=stage.desk, at=AT)  # fmt: skip
    asked = {"specialist_id": stage.specialist.pk, "service_id": stage.service.pk, "patient_id": stage.patient.pk}
    answer = why_not(stage.desk, practice_id=stage.practice.pk, starts_at=BEGIN + 20 * MINUTE, at=AT, **asked)
    assert answer.reasons == []


def test_why_not_knows_that_what_is_held_for_the_patient_is_free_for_them(stage):
    slot = offer(stage, 0, 30)
    known = {"practice_id": stage.practice.pk, "by": stage.desk, "at": AT}
    place_hold(slot_id=slot.pk, patient_id=stage.patient.pk, expires_at=AT + HOUR, **known)
    asked = {"specialist_id": stage.specialist.pk, "service_id": stage.service.pk, "starts_at": BEGIN}
    other = PatientFactory(organization=stage.practice.organization)

    def codes(patient):
        found = why_not(stage.desk, practice_id=stage.practice.pk, patient_id=patient.pk, at=AT, **asked)
        return [reason["code"] for reason in found.reasons]

    assert (codes(stage.patient), codes(other)) == ([], ["overlap"])


def test_why_not_counts_the_programs_sessions(stage):
    offer(stage, 0, 120)
    enrollment = stage.enroll()
    for hour in (10, 11, 12):
        stage.book(enrollment, days=1 + hour / 24)
    answer = why_not(
        stage.desk,
        practice_id=stage.practice.pk,
        specialist_id=stage.specialist.pk,
        service_id=stage.service.pk,
        enrollment_id=enrollment.pk,
        starts_at=BEGIN,
        at=AT - DAY,
    )
    assert [reason["code"] for reason in answer.reasons] == ["no_session_left"]


@pytest.mark.django_db
def test_the_first_of_each_is_the_next_that_can_be_booked():
    stage = set_stage()
    other = SpecialistFactory(organization=stage.practice.organization, works_at=[stage.practice])
    without = SpecialistFactory(organization=stage.practice.organization, works_at=[stage.practice])
    made = [
        create_slot(
            practice_id=stage.practice.pk,
            wish=SlotWish(person.pk, AT + DAY * day, AT + DAY * (day + 0.01)),
            by=stage.desk,
            at=AT,
        )
        for person in (stage.specialist, other)
        for day in (3, 1, 2)
    ]
    stage.book(days=1)
    people = [stage.specialist.pk, other.pk, without.pk]
    assert set(AvailableSlot.objects.first_of_each(people, AT)) == {made[2], made[4]}


def test_the_first_free_slot_of_each_is_one_that_would_be_booked(stage):
    """Not one of another length, of a closed day, whose room is taken, or at which the patient is busy."""
    room = RoomFactory(practice=stage.practice)
    first, second, third = (
        stage.specialist,
        *(SpecialistFactory(organization=stage.practice.organization, works_at=[stage.practice]) for _ in range(2)),
    )
    offer(stage, 0, 60)  # too long
    offer(stage, 1440, 1470)  # closed
    set_holiday(practice_id=stage.practice.pk, day=date(2026, 2, 19), name="Closed", by=stage.desk, at=AT)
    offer(stage, 2880, 2910)
    offer(stage, 120, 150, specialist=second, room_id=room.pk)
    offer(stage, 180, 210, specialist=second, room_id=room.pk)
    offer(stage, 240, 270, specialist=third)
    offer(stage, 300, 330, specialist=third)
    add_time_off(
        practice_id=stage.practice.pk, room_id=room.pk, starts_at=BEGIN + 2 * HOUR, ends_at=BEGIN + 3 * HOUR,
        by=stage.desk, at=AT,
    )  # fmt: skip
    stage.specialist = SpecialistFactory(organization=stage.practice.organization, works_at=[stage.practice])
    stage.book(days=1 + 240 / 1440)
    wanted = Search(BEGIN, BEGIN + 5 * DAY, 30 * MINUTE, also=frozenset({stage.patient.resource_id}))
    found = first_of_each(stage.practice, [first.pk, second.pk, third.pk], wanted, at=AT)
    assert [(time.specialist_id, m) for time, m in zip(found, minutes(found), strict=True)] == [
        (second.pk, 180), (third.pk, 300), (first.pk, 2880)
    ]  # fmt: skip
    assert first_of_each(stage.practice, [first.pk], replace(wanted, end=BEGIN + DAY), at=AT) == []
