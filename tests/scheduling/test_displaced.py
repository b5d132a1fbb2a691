"""Visits that must be moved: what closing a day marks, who was called about it, and where each visit could go."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.errors import Conflict
from scheduling.calendar import SlotWish, replacements
from scheduling.models import Appointment, Holiday
from scheduling.services import (
    add_time_off,
    cancel_appointment,
    create_slot,
    end_time_off,
    import_holidays,
    mark_called,
    mark_no_show,
    remove_holiday,
    reschedule_appointment,
    set_holiday,
    undo_appointment,
)
from tests.factories import AT, PatientFactory, RoomFactory, ServiceSpecialistFactory, SpecialistFactory
from tests.scheduling.words import HOUR
from tests.stage import DAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("every_invariant_holds")]

SHUT = (AT + 3 * DAY).date()


def close(stage, day=SHUT, **more):
    return set_holiday(practice_id=stage.practice.pk, day=day, name="Spring", by=stage.desk, at=AT, **more)


def away(stage, **who):
    """Six hours off around noon of the third day, of the specialist unless told."""
    starts = AT + 3 * DAY - HOUR
    owner = who or {"specialist_id": stage.specialist.pk}
    return add_time_off(
        practice_id=stage.practice.pk, starts_at=starts, ends_at=starts + 6 * HOUR, by=stage.desk, at=AT, **owner
    )


def to_move():
    return set(Appointment.objects.filter(needs_move=True).values_list("pk", flat=True))


def slot(stage, person, starts_at, **more):
    wish = SlotWish(person.pk, starts_at, starts_at + timedelta(minutes=30), **more)
    return create_slot(practice_id=stage.practice.pk, wish=wish, by=stage.desk, at=AT)


def colleague(stage):
    return SpecialistFactory(organization=stage.practice.organization, works_at=[stage.practice])


def offered(stage):
    rows = Appointment.objects.filter(needs_move=True).select_related("patient").prefetch_related("services__service")
    return replacements(stage.practice, list(rows.order_by("starts_at", "pk")), at=AT)


# ------------------------------------------------------------------------------------------- closed days


def test_closing_a_day_marks_what_is_booked_on_it_until_it_is_open_again(stage):
    hit, beside = stage.book(), stage.book(days=4)
    row = close(stage)
    assert to_move() == {hit.pk}
    close(stage, is_closed=False)
    assert to_move() == set()
    close(stage)
    remove_holiday(row.pk, by=stage.desk, at=AT)
    assert to_move() == set()
    assert not beside.needs_move


def test_who_books_on_a_closed_day_on_purpose_is_left_there(stage):
    close(stage)
    made = stage.book(override_reason="She travels far")
    assert to_move() == set()
    close(stage)  # another name for the same day is no news
    assert to_move() == set()
    row = away(stage)
    assert to_move() == {made.pk}
    end_time_off(row.pk, by=stage.desk, at=AT)


def test_time_off_that_ends_leaves_what_the_closed_day_marked(stage):
    made = stage.book()
    close(stage)
    row = away(stage)
    end_time_off(row.pk, by=stage.desk, at=AT)
    assert to_move() == {made.pk}


def test_a_years_holidays_mark_what_is_booked_on_them(stage):
    stage.practice.country_code = "RO"
    stage.practice.save()
    easter = stage.book(days=(date(2026, 4, 13) - AT.date()).days)
    stage.book(days=(date(2026, 4, 15) - AT.date()).days)
    import_holidays(practice_id=stage.practice.pk, year=2026, by=stage.desk, at=AT)
    assert Holiday.objects.filter(date="2026-04-13").exists()
    assert to_move() == {easter.pk}


def test_what_is_undone_on_a_closed_day_must_be_moved_again(stage):
    made = stage.book()
    close(stage)
    cancel_appointment(made.pk, by=stage.desk, at=AT)
    assert to_move() == set()
    undo_appointment(made.pk, by=stage.desk, at=AT)
    assert to_move() == {made.pk}
    mark_no_show(made.pk, by=stage.desk, at=AT)
    close(stage, is_closed=False)
    undo_appointment(made.pk, by=stage.desk, at=AT)
    assert to_move() == set()


# ---------------------------------------------------------------------------------------------- called


def test_a_call_is_noted_until_the_visit_has_a_place_again(stage):
    made = stage.book()
    with pytest.raises(Conflict) as refusal:
        mark_called(made.pk, by=stage.desk, at=AT)
    assert refusal.value.code == "need_not_move"
    row = away(stage)
    assert mark_called(made.pk, by=stage.desk, at=AT).called_at == AT
    end_time_off(row.pk, by=stage.desk, at=AT)
    made.refresh_from_db()
    assert (made.needs_move, made.called_at) == (False, None)
    away(stage)
    mark_called(made.pk, by=stage.desk, at=AT)
    moved = reschedule_appointment(made.pk, starts_at=AT + 5 * DAY, by=stage.desk, at=AT)
    assert (moved.needs_move, moved.called_at) == (False, None)


# ------------------------------------------------------------------------------------------ where to go


def test_each_visit_is_offered_a_colleague_and_a_next_time_of_its_own(stage):
    """All of them can be moved at once: what is offered to one is not offered to the next."""
    ilse, otto = colleague(stage), colleague(stage)
    first = stage.book()
    second = stage.book_for(PatientFactory(organization=stage.practice.organization), days=3 + 1 / 24)
    for person in (ilse, otto):
        slot(stage, person, first.starts_at)
    slot(stage, ilse, second.starts_at)
    for hours in (24, 25):
        slot(stage, stage.specialist, first.starts_at + hours * HOUR)
    away(stage)
    found = offered(stage)
    one, two = found[first.pk], found[second.pk]
    assert {one.same_hour.specialist_id, two.same_hour.specialist_id} <= {ilse.pk, otto.pk}
    assert (one.same_hour.starts_at, two.same_hour.starts_at) == (first.starts_at, second.starts_at)
    assert one.next_time.starts_at == first.starts_at + 24 * HOUR
    assert two.next_time.starts_at == first.starts_at + 25 * HOUR
    for pk, way in ((first.pk, one.same_hour), (second.pk, two.next_time)):
        reschedule_appointment(
            pk, starts_at=way.starts_at, specialist_id=way.specialist_id, room_id=None, by=stage.desk, at=AT
        )
    assert to_move() == set()


def test_nobody_is_offered_who_is_away_busy_or_does_not_offer_it(stage):
    ilse = colleague(stage)
    made = stage.book()
    slot(stage, ilse, made.starts_at, appointment_type="something else")
    away(stage)
    assert offered(stage)[made.pk].same_hour is None
    slot(stage, otto := colleague(stage), made.starts_at)
    assert offered(stage)[made.pk].same_hour.specialist_id == otto.pk
    away(stage, specialist_id=otto.pk)
    assert offered(stage)[made.pk].same_hour is None


def test_where_a_room_is_away_the_same_person_goes_to_another(stage):
    room, other = (RoomFactory(practice=stage.practice, name=name) for name in "AB")
    made = stage.book(room_id=room.pk)
    away(stage, room_id=room.pk)
    way = offered(stage)[made.pk].same_hour
    assert (way.specialist_id, way.room_id) == (stage.specialist.pk, other.pk)
    reschedule_appointment(made.pk, starts_at=way.starts_at, room_id=way.room_id, by=stage.desk, at=AT)
    assert to_move() == set()


def test_two_visits_of_one_hour_go_to_two_rooms(stage):
    room, *others = (RoomFactory(practice=stage.practice, name=name) for name in "ABC")
    stage.book(room_id=room.pk)
    stage.specialist, stage.patient = colleague(stage), PatientFactory(organization=stage.practice.organization)
    stage.book(room_id=room.pk, overbooking_reason="Both fit in")
    away(stage, room_id=room.pk)
    assert [way.same_hour.room_id for way in offered(stage).values()] == [one.pk for one in others]


def test_who_offers_the_service_no_more_is_not_offered_and_nobody_for_what_has_begun(stage):
    ilse, otto = colleague(stage), colleague(stage)
    made = stage.book()
    for person, is_active in ((ilse, False), (otto, True)):
        ServiceSpecialistFactory(service=stage.service, specialist=person, is_active=is_active)
        slot(stage, person, made.starts_at)
    away(stage)
    assert offered(stage)[made.pk].same_hour.specialist_id == otto.pk
    rows = Appointment.objects.select_related("patient").prefetch_related("services__service")
    assert replacements(stage.practice, list(rows), at=made.starts_at)[made.pk].same_hour is None


def test_a_closed_day_offers_nobody_that_day(stage):
    ilse = colleague(stage)
    made = stage.book()
    slot(stage, ilse, made.starts_at)
    slot(stage, stage.specialist, made.starts_at + 2 * HOUR)
    slot(stage, stage.specialist, made.starts_at + DAY)
    close(stage)
    way = offered(stage)[made.pk]
    assert (way.same_hour, way.next_time.starts_at) == (None, made.starts_at + DAY)


def test_where_to_go_costs_the_same_for_few_visits_and_for_many(stage):
    colleague(stage)

    def book(count, first):
        for number in range(first, first + count):
            patient = PatientFactory(organization=stage.practice.organization)
            stage.book_for(patient, days=3 + number / 48)

    book(2, 0)
    away(stage)
    with CaptureQueriesContext(connection) as few:
        offered(stage)
    book(6, 10)
    add_time_off(
        practice_id=stage.practice.pk, specialist_id=stage.specialist.pk,
        starts_at=AT + 3 * DAY + 5 * HOUR, ends_at=AT + 4 * DAY, by=stage.desk, at=AT,
    )  # fmt: skip
    with CaptureQueriesContext(connection) as many:
        assert len(offered(stage)) == 8
    assert len(few) == len(many) <= 15
