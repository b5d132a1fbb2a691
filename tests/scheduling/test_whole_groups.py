"""A whole group at once: everybody in a slot with several places is cancelled, or moved with it, or nobody is."""

from datetime import timedelta

import pytest

from core.errors import Conflict, Forbidden, InvalidInput, Missing
from scheduling.calendar import SlotWish
from scheduling.models import Appointment, SeriesSkip
from scheduling.services import (
    add_time_off,
    book_slot,
    cancel_appointment,
    cancel_group,
    complete_appointment,
    create_series,
    mark_no_show,
    move_group,
    preview_move_group,
    set_holiday,
    start_care,
    undo_cancelled_group,
    would_cancel_group,
)
from tests.factories import AT, RoomFactory, SpecialistFactory
from tests.scheduling.words import HOUR, another_patient, available, into, offer, taken
from tests.stage import DAY, actor_with, everything

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("every_invariant_holds")]


@pytest.fixture
def room(stage):
    return RoomFactory(practice=stage.practice)


@pytest.fixture
def group(stage, room):
    """A group of three places in a room, two of them taken, the first by a session of a program."""
    slot = offer(stage, capacity=3, room_id=room.pk)
    into(stage, slot, enrollment_id=stage.enroll().pk, service_id=stage.service.pk)
    into(stage, slot, another_patient(stage))
    slot.refresh_from_db()
    return slot


def visits(slot):
    return list(Appointment.objects.filter(slot=slot).order_by("pk"))


def refused(kind, call, *args, **more):
    before = everything()
    with pytest.raises(kind) as refusal:
        call(*args, **more)
    assert everything() == before
    return refusal.value


def test_cancelling_a_group_cancels_each_visit_gives_its_session_back_and_withdraws_the_slot(stage, group):
    first, second = visits(group)
    plan = would_cancel_group(stage.desk, group.pk)
    assert {row.pk for row in plan.going} == {first.pk, second.pk}
    done = cancel_group(group.pk, reason="The trainer is ill", reason_code=50, by=stage.desk, at=AT)
    assert {row.pk for row in done.going} == {first.pk, second.pk}
    for row in visits(group):
        assert (row.status, row.cancellation_note, row.cancellation_reason_code) == (
            "cancelled",
            "The trainer is ill",
            50,
        )
    first.refresh_from_db()
    assert first.plan_session_number is None
    assert list(first.enrollment.movements.order_by("pk").values_list("kind", flat=True)) == ["grant", "release"]
    group.refresh_from_db()
    assert (group.booked, group.withdrawn_at) == (0, AT)
    assert taken() == []


def test_the_slot_of_a_cancelled_group_can_be_offered_again(stage, group):
    cancel_group(group.pk, offer_again=True, by=stage.desk, at=AT)
    group.refresh_from_db()
    assert (group.booked, group.withdrawn_at) == (0, None)
    assert into(stage, group).slot_id == group.pk


def test_the_practice_cancels_so_nothing_is_forfeited_however_late(stage, group):
    stage.practice.late_cancel_forfeits, stage.practice.notice_hours = True, 24
    stage.practice.save()
    cancel_group(group.pk, by=stage.desk, at=group.starts_at - HOUR)
    first = visits(group)[0]
    assert first.enrollment.movements.filter(kind="forfeit").count() == 0
    assert first.plan_session_number is None


def test_a_visit_that_has_begun_stays_and_its_slot_with_it(stage, group):
    first, second = visits(group)
    start_care(first.pk, by=stage.desk, at=AT)
    plan = would_cancel_group(stage.desk, group.pk)
    assert ([row.pk for row in plan.going], [row.pk for row in plan.staying]) == ([second.pk], [first.pk])
    cancel_group(group.pk, by=stage.desk, at=AT)
    assert [row.status for row in visits(group)] == ["in_care", "cancelled"]
    group.refresh_from_db()
    assert (group.booked, group.withdrawn_at) == (1, None)


def test_a_group_of_which_nobody_is_to_come_is_not_cancelled(stage, group):
    for row in visits(group):
        complete_appointment(row.pk, by=stage.desk, at=AT)
    assert refused(Conflict, cancel_group, group.pk, by=stage.desk, at=AT).code == "invalid_transition"
    empty = offer(stage, days=4, capacity=2)
    assert refused(Conflict, cancel_group, empty.pk, by=stage.desk, at=AT).code == "invalid_transition"


@pytest.mark.parametrize("verb", [cancel_group, move_group])
def test_a_group_that_changed_since_it_was_shown_is_left_alone(stage, group, verb):
    shown = [row.pk for row in visits(group)]
    into(stage, group, another_patient(stage))
    more = {"starts_at": AT + 5 * DAY} if verb is move_group else {}
    assert refused(Conflict, verb, group.pk, seen_ids=shown, by=stage.desk, at=AT, **more).code == "stale"


def test_who_may_not_withdraw_slots_cancels_a_group_only_to_offer_it_again(stage, group):
    therapist = actor_with("specialist", stage.practice, specialist_ids=frozenset({stage.specialist.pk}))
    refused(Forbidden, cancel_group, group.pk, by=therapist, at=AT)
    refused(Forbidden, move_group, group.pk, starts_at=AT + 5 * DAY, by=therapist, at=AT)
    stranger = actor_with("specialist", stage.practice, specialist_ids=frozenset({stage.specialist.pk + 1}))
    refused(Missing, cancel_group, group.pk, offer_again=True, by=stranger, at=AT)
    cancel_group(group.pk, offer_again=True, by=therapist, at=AT)
    assert {row.status for row in visits(group)} == {"cancelled"}


def test_the_day_of_a_cancelled_group_is_left_out_of_its_series(stage):
    starts = AT + 3 * DAY
    wish = SlotWish(stage.specialist.pk, starts, starts + HOUR, capacity=3)
    _series, slot = create_series(
        practice_id=stage.practice.pk, wish=wish, pattern="weekly", rule="", until=None, by=stage.desk, at=AT
    )
    into(stage, slot)
    cancel_group(slot.pk, by=stage.desk, at=AT)
    assert list(SeriesSkip.objects.values_list("date", "reason")) == [(slot.series_date, "withdrawn")]


@pytest.mark.parametrize("shift", [timedelta(minutes=10), 2 * DAY])
def test_a_group_moves_with_everybody_in_it_also_by_less_than_its_length(stage, group, room, shift):
    gone = into(stage, group, another_patient(stage))
    cancel_appointment(gone.pk, by=stage.desk, at=AT)
    first, second, _gone = visits(group)
    starts = group.starts_at + shift
    plan = preview_move_group(stage.desk, group.pk, starts_at=starts, at=AT)
    assert not plan.refused
    moved = move_group(group.pk, starts_at=starts, by=stage.desk, at=AT)
    assert {row.pk for row in moved.going} == {first.pk, second.pk}
    ends = starts + timedelta(minutes=30)
    for row in (first, second):
        row.refresh_from_db()
        assert (row.slot, row.room, row.starts_at, row.ends_at, row.status) == (group, room, starts, ends, "confirmed")
    assert first.plan_session_number == 1
    gone.refresh_from_db()
    assert gone.starts_at == starts - shift
    group.refresh_from_db()
    assert (group.starts_at, group.ends_at, group.booked, group.blocked) == (starts, ends, 2, 0)
    assert {claim[2:] for claim in taken()} == {(starts, ends)}
    assert available(group)


def test_a_group_moves_to_a_colleague_and_another_room(stage, group):
    colleague = SpecialistFactory(organization=stage.practice.organization, works_at=[stage.practice])
    hall = RoomFactory(practice=stage.practice)
    move_group(group.pk, starts_at=group.starts_at, specialist_id=colleague.pk, room_id=hall.pk, by=stage.desk, at=AT)
    assert {(row.specialist, row.room) for row in visits(group)} == {(colleague, hall)}
    offer(stage)  # the time of the one who had it is free again


def test_what_stands_against_a_move_is_named_for_each_visit_and_nothing_moves(stage, group):
    first, second = visits(group)
    stage.book_for(second.patient, days=5)
    plan = preview_move_group(stage.desk, group.pk, starts_at=AT + 5 * DAY, at=AT)
    assert (len(plan.why), len(plan.why_of[second.pk]), plan.why_of.get(first.pk)) == (1, 1, None)
    refusal = refused(Conflict, move_group, group.pk, starts_at=AT + 5 * DAY, by=stage.desk, at=AT)
    assert str(second.patient) in str(refusal)
    assert refusal.code == "overlap"


@pytest.mark.parametrize("whose", ["specialist", "room"])
def test_a_group_does_not_move_under_time_off(stage, group, room, whose):
    who = {"specialist_id": stage.specialist.pk} if whose == "specialist" else {"room_id": room.pk}
    when = {"starts_at": AT + 5 * DAY - HOUR, "ends_at": AT + 5 * DAY + HOUR}
    add_time_off(practice_id=stage.practice.pk, **when, **who, by=stage.desk, at=AT)
    assert refused(Conflict, move_group, group.pk, starts_at=AT + 5 * DAY, by=stage.desk, at=AT).code == "overlap"


def test_a_group_does_not_move_onto_another_slot_or_to_where_it_is(stage, group):
    offer(stage, days=5)
    for days, code in ((5, "slot_overlap"), (3, "same_time")):
        assert refused(Conflict, move_group, group.pk, starts_at=AT + days * DAY, by=stage.desk, at=AT).code == code
    refused(InvalidInput, move_group, group.pk, starts_at=AT - DAY, by=stage.desk, at=AT)


def test_a_closed_day_and_a_programs_end_are_overridden_with_a_reason(stage, group):
    far = AT + 91 * DAY
    day = far.astimezone(stage.practice.zone).date()
    set_holiday(practice_id=stage.practice.pk, day=day, name="Feast", by=stage.desk, at=AT)
    plan = preview_move_group(stage.desk, group.pk, starts_at=far, at=AT)
    assert (len(plan.why), len(plan.why_of[visits(group)[0].pk])) == (1, 1)
    refused(Conflict, move_group, group.pk, starts_at=far, by=stage.desk, at=AT)
    move_group(group.pk, starts_at=far, override_reason="They asked for it", by=stage.desk, at=AT)
    assert {row.starts_at for row in visits(group)} == {far}


def test_a_group_in_which_somebody_is_in_care_does_not_move(stage, group):
    first, second = visits(group)
    mark_no_show(second.pk, by=stage.desk, at=AT)
    start_care(first.pk, by=stage.desk, at=AT)
    third = book_slot(group.pk, patient_id=another_patient(stage).pk, by=stage.desk, at=AT)
    refusal = refused(Conflict, move_group, group.pk, starts_at=AT + 5 * DAY, by=stage.desk, at=AT)
    assert str(first.patient) in str(refusal)
    assert str(third.patient) not in str(refusal)


def test_the_cancellation_of_a_group_is_taken_back_within_minutes_with_everybody_in_it(stage, group):
    before = taken()
    cancel_group(group.pk, by=stage.desk, at=AT)
    undone = undo_cancelled_group(group.pk, by=stage.desk, at=AT + timedelta(minutes=2))
    assert len(undone.going) == 2
    assert [(row.status, row.plan_session_number) for row in visits(group)] == [("confirmed", 1), ("confirmed", None)]
    group.refresh_from_db()
    assert (group.booked, group.withdrawn_at) == (2, None)
    assert sorted(taken()) == sorted(before)


def test_only_those_cancelled_with_the_group_come_back(stage, group):
    alone = into(stage, group, another_patient(stage))
    cancel_appointment(alone.pk, by=stage.desk, at=AT)
    cancel_group(group.pk, offer_again=True, by=stage.desk, at=AT + timedelta(minutes=1))
    undo_cancelled_group(group.pk, by=stage.desk, at=AT + timedelta(minutes=2))
    alone.refresh_from_db()
    assert (alone.status, sorted(row.status for row in visits(group))) == (
        "cancelled",
        ["cancelled", "confirmed", "confirmed"],
    )


def test_a_cancelled_group_does_not_come_back_late_or_over_what_took_its_time(stage, group):
    assert refused(Conflict, undo_cancelled_group, group.pk, by=stage.desk, at=AT).code == "invalid_transition"
    cancel_group(group.pk, by=stage.desk, at=AT)
    refused(Conflict, undo_cancelled_group, group.pk, by=stage.desk, at=AT + timedelta(minutes=4))
    offer(stage)
    assert refused(Conflict, undo_cancelled_group, group.pk, by=stage.desk, at=AT).code == "slot_overlap"


def test_a_group_under_time_off_is_moved_away_from_it_or_cancelled_under_it(stage, group, room):
    when = {"starts_at": AT + 3 * DAY - HOUR, "ends_at": AT + 3 * DAY + HOUR}
    add_time_off(practice_id=stage.practice.pk, **when, specialist_id=stage.specialist.pk, by=stage.desk, at=AT)
    assert {row.needs_move for row in visits(group)} == {True}
    move_group(group.pk, starts_at=AT + 5 * DAY, by=stage.desk, at=AT)
    assert {(row.needs_move, row.starts_at) for row in visits(group)} == {(False, AT + 5 * DAY)}
    assert {exclusive for _role, exclusive, *_when in taken(time_off=None)} == {True}
    when = {"starts_at": AT + 5 * DAY - HOUR, "ends_at": AT + 5 * DAY + HOUR}
    add_time_off(practice_id=stage.practice.pk, **when, room_id=room.pk, by=stage.desk, at=AT)
    cancel_group(group.pk, by=stage.desk, at=AT)
    assert {(row.status, row.needs_move) for row in visits(group)} == {("cancelled", False)}
    assert taken(time_off=None) == []
