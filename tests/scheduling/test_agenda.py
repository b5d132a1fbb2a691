"""The agenda of a practice: columns of spans, as far as one may see them, in at most six statements."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.errors import Forbidden, InvalidInput, Missing
from scheduling.calendar import SpanKind, agenda
from scheduling.services import add_time_off, place_hold, set_holiday
from tests.factories import AT, PracticeFactory, RoomFactory, SpecialistFactory
from tests.scheduling.words import HOUR, another_patient, into, offer
from tests.stage import DAY, actor_with

pytestmark = pytest.mark.django_db


def of(stage, by=None, *, days=3, length=0, **more):
    first = (AT + days * DAY).astimezone(stage.practice.zone).date()
    last = first + timedelta(days=length)
    return agenda(by or stage.desk, practice_id=stage.practice.pk, first=first, last=last, at=AT, **more)


def spans(column):
    return [(span.kind, span.starts_at - AT - 3 * DAY, span.source_id) for span in column.spans]


def test_a_column_has_slots_visits_time_off_and_holds_by_time(stage):
    slot = offer(stage, capacity=2)
    made = into(stage, slot)
    away = add_time_off(
        practice_id=stage.practice.pk,
        specialist_id=stage.specialist.pk,
        starts_at=AT + 3 * DAY + 2 * HOUR,
        ends_at=AT + 3 * DAY + 3 * HOUR,
        by=stage.desk,
        at=AT,
    )
    kept = place_hold(
        practice_id=stage.practice.pk,
        specialist_id=stage.specialist.pk,
        starts_at=AT + 3 * DAY + 4 * HOUR,
        ends_at=AT + 3 * DAY + 5 * HOUR,
        expires_at=AT + HOUR,
        by=stage.desk,
        at=AT,
    )
    (column,) = of(stage).columns
    assert spans(column) == [
        (SpanKind.SLOT, 0 * HOUR, slot.pk),
        (SpanKind.VISIT, 0 * HOUR, made.pk),
        (SpanKind.TIME_OFF, 2 * HOUR, away.pk),
        (SpanKind.HOLD, 4 * HOUR, kept.pk),
    ]
    assert (column.spans[0].booked, column.spans[0].capacity) == (1, 2)
    assert column.spans[1].visit.patient == stage.patient


def test_a_visit_outside_a_slot_shows_its_pauses_and_its_assistant(stage):
    stage.service.buffer_before_minutes, stage.service.buffer_minutes = 5, 10
    stage.service.save()
    helper = SpecialistFactory(organization=stage.practice.organization, works_at=[stage.practice])
    made = stage.book(assistant_ids=[helper.pk])
    found = {column.owner: column.spans for column in of(stage).columns}
    (treats,), (helps,) = found[stage.specialist], found[helper]
    assert (treats.before, treats.after) == (timedelta(minutes=5), timedelta(minutes=10))
    assert (treats.source_id, treats.assists, helps.source_id, helps.assists) == (made.pk, False, made.pk, True)


def test_rooms_show_what_one_may_not_see_as_busy_elsewhere(stage):
    room = RoomFactory(practice=stage.practice)
    stage.book(room_id=room.pk)
    mine = SpecialistFactory(organization=stage.practice.organization, works_at=[stage.practice])
    by = actor_with("specialist", stage.practice, specialist_ids=frozenset({mine.pk}))
    (column,) = of(stage, by, columns="room").columns
    (span,) = column.spans
    assert (column.owner, span.kind, span.visit, span.source_id) == (room, SpanKind.BUSY_ELSEWHERE, None, None)
    assert [one.owner for one in of(stage, by).columns] == [mine]


def test_a_visit_at_another_practice_is_busy_elsewhere(stage):
    there = PracticeFactory(organization=stage.practice.organization)
    stage.specialist.works_at.create(practice=there)
    here, stage.practice = stage.practice, there
    desk, stage.desk = stage.desk, actor_with("front_desk", there)
    stage.book()
    stage.practice, stage.desk = here, desk
    (column,) = of(stage).columns
    assert [span.kind for span in column.spans] == [SpanKind.BUSY_ELSEWHERE]


def test_a_week_takes_six_statements_and_names_the_closed_days(stage):
    day = (AT + 4 * DAY).astimezone(stage.practice.zone).date()
    set_holiday(practice_id=stage.practice.pk, day=day, name="Inventory", by=stage.desk, at=AT)
    for hours in range(5):
        into(stage, offer(stage, hours=hours), another_patient(stage))
    with CaptureQueriesContext(connection) as captured:
        week = of(stage, length=6)
        assert all(span.visit.patient.name for span in week.columns[0].spans if span.visit)
    assert len(captured) <= 6
    assert week.closed == {day: "Inventory"}


def test_more_than_a_week_and_what_one_may_not_see_is_refused(stage):
    for length in (-1, 7):
        with pytest.raises(InvalidInput):
            of(stage, length=length)
    with pytest.raises((Forbidden, Missing)):
        of(stage, actor_with("front_desk", PracticeFactory()))
