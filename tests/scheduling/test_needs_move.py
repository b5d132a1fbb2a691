"""Which appointments need to be moved: those that are open and lie under time off, after whatever happens to either."""

from datetime import date, time

import pytest

from core.errors import InvalidInput
from scheduling.models import Appointment, TimeOff
from scheduling.services import (
    Repeat,
    add_recurring_time_off,
    add_time_off,
    book_repeating,
    change_assistants,
    complete_appointment,
    end_time_off,
    reschedule_appointment,
    undo_appointment,
)
from tests.factories import AT, RoomFactory, SpecialistFactory
from tests.scheduling.words import HOUR
from tests.stage import DAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("every_invariant_holds")]


def away(stage, *, hours=0, **who):
    """Six hours off around noon of the third day, of the specialist unless told."""
    starts = AT + 3 * DAY + (hours - 1) * HOUR
    owner = who or {"specialist_id": stage.specialist.pk}
    return add_time_off(
        practice_id=stage.practice.pk, starts_at=starts, ends_at=starts + 6 * HOUR, by=stage.desk, at=AT, **owner
    )


def to_move():
    return set(Appointment.objects.filter(needs_move=True).values_list("pk", flat=True))


def test_what_is_overbooked_into_time_off_needs_to_move_from_the_beginning(stage):
    away(stage)
    made = stage.book(overbooking_reason="She insists")
    assert to_move() == {made.pk}
    free = stage.book(days=5)
    reschedule_appointment(free.pk, starts_at=made.ends_at, overbooking_reason="Likewise", by=stage.desk, at=AT)
    assert to_move() == {made.pk, free.pk}


def test_of_a_series_only_what_lies_under_time_off_needs_to_move(stage):
    away(stage)
    rows = book_repeating(
        practice_id=stage.practice.pk,
        patient_id=stage.patient.pk,
        service_id=stage.service.pk,
        specialist_id=stage.specialist.pk,
        starts_at=AT + 3 * DAY,
        repeat=Repeat("weekly", 1, 2),
        overbooking_reason="She insists",
        by=stage.desk,
        at=AT,
    )
    assert to_move() == {rows[0].pk}


def test_who_takes_over_from_an_assistant_who_is_away_clears_it(stage):
    ill, well = (
        SpecialistFactory(organization=stage.practice.organization, works_at=[stage.practice]) for _ in range(2)
    )
    made = stage.book(assistant_ids=[ill.pk])
    away(stage, specialist_id=ill.pk)
    assert to_move() == {made.pk}
    change_assistants(made.pk, assistant_ids=[well.pk], by=stage.desk, at=AT)
    assert to_move() == set()


@pytest.mark.parametrize("first", ["done", "away"])
def test_what_is_done_need_not_move_and_what_is_undone_asks_again(stage, first):
    made = stage.book()
    row = away(stage) if first == "away" else None
    complete_appointment(made.pk, by=stage.desk, at=AT + 3 * DAY)
    assert to_move() == set()
    if row is not None:
        end_time_off(row.pk, by=stage.desk, at=AT + 3 * DAY)
    else:
        away(stage)
    undo_appointment(made.pk, by=stage.desk, at=AT + 3 * DAY)
    assert to_move() == (set() if row is not None else {made.pk})


def test_two_absences_over_one_visit_must_both_end(stage):
    room = RoomFactory(practice=stage.practice)
    made = stage.book(room_id=room.pk)
    rows = [away(stage), away(stage, room_id=room.pk), away(stage, hours=0.5)]
    for row in rows:
        assert to_move() == {made.pk}
        end_time_off(row.pk, by=stage.desk, at=AT)
    assert to_move() == set()


def test_recurring_time_off_that_began_before_takes_only_what_lies_ahead(stage):
    done = stage.book(days=-5, at=AT - 10 * DAY)
    again = {
        "practice_id": stage.practice.pk,
        "specialist_id": stage.specialist.pk,
        "rule": "FREQ=DAILY",
        "start_time": time(11, 30),  # in Bucharest: it is noon there
        "duration_minutes": 60,
    }
    made = add_recurring_time_off(**again, start_date=date(2025, 3, 1), by=stage.desk, at=AT)
    assert TimeOff.objects.order_by("starts_at").first().starts_at == AT - HOUR / 2
    assert TimeOff.objects.filter(series=made).count() == 91
    assert to_move() == set()
    assert done.claims.filter(exclusive=False).count() == 0
    with pytest.raises(InvalidInput) as refusal:
        add_recurring_time_off(**again, start_date=date(1, 1, 1), by=stage.desk, at=AT)
    assert set(refusal.value.fields) == {"start_date"}
