"""What was taken out of a series stays out; what was left out for a reason comes back when the reason goes."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from core.errors import InvalidInput
from scheduling.calendar import SlotWish
from scheduling.models import Appointment, AvailableSlot, SeriesSkip, TimeOff, TimeOffSeries
from scheduling.services import (
    Repeat,
    add_recurring_time_off,
    add_time_off,
    book_repeating,
    change_series,
    change_slot,
    create_series,
    delete_recurring_time_off,
    delete_time_off,
    end_time_off,
    remove_holiday,
    set_holiday,
    withdraw_slot,
    withdraw_slots,
)
from tests.factories import AT, PracticeFactory, RoomFactory, SpecialistFactory
from tests.scheduling.words import into
from tests.stage import DAY, actor_with, set_stage

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def weekly(stage, *, days=3, minutes=30, pattern="weekly", starts_at=None, **more):
    starts = starts_at or AT + days * DAY
    until = more.pop("until", None)
    wish = SlotWish(stage.specialist.pk, starts, starts + timedelta(minutes=minutes), **more)
    return create_series(practice_id=stage.practice.pk, wish=wish, pattern=pattern, until=until, by=stage.desk, at=AT)


def days_of(series):
    rows = AvailableSlot.objects.offered().filter(series=series).order_by("starts_at")
    return [slot.series_date for slot in rows]


def first_of(series):
    return AvailableSlot.objects.offered().filter(series=series).order_by("starts_at")[0]


def skips_of(series):
    return dict(SeriesSkip.objects.filter(series=series).values_list("date", "reason"))


@pytest.mark.parametrize("many", [False, True])
def test_a_day_that_was_withdrawn_stays_out_when_the_series_is_changed(stage, many):
    series, first = weekly(stage)
    taken_out = AvailableSlot.objects.filter(series=series).order_by("starts_at")[2]
    day = taken_out.series_date
    if many:
        withdraw_slots(specialist_id=stage.specialist.pk, slot_ids=[taken_out.pk], by=stage.desk, at=AT)
    else:
        withdraw_slot(taken_out.pk, by=stage.desk, at=AT)
    new, _kept = change_series(first.pk, following=True, values={"start_time": time(15)}, by=stage.desk, at=AT)
    assert day not in days_of(new)
    assert skips_of(new) == {day: "withdrawn"}
    again = AvailableSlot.objects.offered().filter(series=new).order_by("starts_at")[0]
    newer, _kept = change_series(again.pk, following=True, values={"capacity": 2}, by=stage.desk, at=AT)
    assert day not in days_of(newer)
    assert len(days_of(newer)) > 8


def test_days_left_out_for_time_off_come_back_with_it(stage):
    begin = AT + 10 * DAY - 2 * HOUR
    known = {"practice_id": stage.practice.pk, "by": stage.desk, "at": AT}
    away = add_time_off(specialist_id=stage.specialist.pk, starts_at=begin, ends_at=begin + 8 * HOUR, **known)
    series, _first = weekly(stage)
    day = (AT + 10 * DAY).astimezone(stage.practice.zone).date()
    assert skips_of(series) == {day: "time_off"}
    end_time_off(away.pk, by=stage.desk, at=AT)
    assert skips_of(series) == {}
    assert day in days_of(series)


@pytest.mark.parametrize("recurring_too", [False, True])
def test_days_left_out_for_time_off_that_was_a_mistake_come_back_when_it_is_deleted(stage, recurring_too):
    day = (AT + 10 * DAY).astimezone(stage.practice.zone).date()
    begin = AT + 10 * DAY - 2 * HOUR
    known = {"practice_id": stage.practice.pk, "by": stage.desk, "at": AT}
    if recurring_too:
        away = recurring(stage, start_date=day, until=day, start_time=time(6), duration_minutes=720)
    else:
        away = add_time_off(specialist_id=stage.specialist.pk, starts_at=begin, ends_at=begin + 8 * HOUR, **known)
    series, _first = weekly(stage)
    assert skips_of(series) == {day: "time_off"}
    (delete_recurring_time_off if recurring_too else delete_time_off)(away.pk, by=stage.desk, at=AT)
    assert skips_of(series) == {}
    assert day in days_of(series)


def test_days_that_a_group_leaves_out_for_time_off_of_its_room_come_back_with_it(stage):
    day = (AT + 10 * DAY).astimezone(stage.practice.zone).date()
    room, begin = RoomFactory(practice=stage.practice), AT + 10 * DAY - 2 * HOUR
    known = {"practice_id": stage.practice.pk, "by": stage.desk, "at": AT}
    painted = add_time_off(room_id=room.pk, starts_at=begin, ends_at=begin + 8 * HOUR, **known)
    series, _first = weekly(stage, capacity=4, room_id=room.pk)
    assert skips_of(series) == {day: "time_off"}
    end_time_off(painted.pk, by=stage.desk, at=AT)
    assert skips_of(series) == {}
    assert day in days_of(series)


@pytest.mark.parametrize("booked", [False, True])
def test_a_slot_that_was_moved_by_hand_stands_for_its_day_when_the_series_is_changed(stage, booked):
    _series, first = weekly(stage)
    moved = AvailableSlot.objects.filter(series=first.series).order_by("starts_at")[2]
    day, starts_at = moved.series_date, moved.starts_at + 3 * HOUR
    change_slot(
        moved.pk, values={"starts_at": starts_at, "ends_at": starts_at + timedelta(minutes=40)}, by=stage.desk, at=AT
    )
    if booked:
        into(stage, moved)
    new, kept = change_series(first.pk, following=True, values={"capacity": 2}, by=stage.desk, at=AT)
    assert [slot.pk for slot in kept] == [moved.pk]
    for again in (new, None):
        series = (
            again or change_series(first_of(new).pk, following=True, values={"capacity": 3}, by=stage.desk, at=AT)[0]
        )
        (standing,) = AvailableSlot.objects.offered().filter(series=series, series_date=day)
        assert (standing.pk, standing.starts_at, standing.capacity) == (moved.pk, starts_at, 1)
        assert len(days_of(series)) > 8
    offered = AvailableSlot.objects.offered().filter(starts_at__date=starts_at.date())
    assert [slot.pk for slot in offered] == [moved.pk]


@pytest.mark.parametrize("how", ["removed", "opened"])
def test_days_left_out_for_a_holiday_come_back_when_it_is_none(stage, how):
    day = (AT + 10 * DAY).astimezone(stage.practice.zone).date()
    known = {"practice_id": stage.practice.pk, "by": stage.desk, "at": AT}
    closed = set_holiday(day=day, name="Inventory", **known)
    series, _first = weekly(stage)
    assert skips_of(series) == {day: "holiday"}
    if how == "removed":
        remove_holiday(closed.pk, by=stage.desk, at=AT)
    else:
        set_holiday(day=day, name="Open after all", is_closed=False, **known)
    assert skips_of(series) == {}
    assert day in days_of(series)


def test_a_group_series_over_taken_time_says_that_the_time_is_taken(stage):
    room = RoomFactory(practice=stage.practice)
    mine = stage.specialist
    stage.specialist = SpecialistFactory(organization=stage.practice.organization, works_at=[stage.practice])
    stage.book(days=10, room_id=room.pk)
    stage.specialist = mine
    series, _first = weekly(stage, capacity=4, room_id=room.pk)
    assert list(skips_of(series).values()) == ["taken"]


def recurring(stage, **more):
    known = {"rule": "FREQ=DAILY", "start_time": time(12), "duration_minutes": 60, **more}
    return add_recurring_time_off(
        practice_id=stage.practice.pk, specialist_id=stage.specialist.pk, by=stage.desk, at=AT, **known
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"until": AT.date()},
        {"rule": "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24", "until": AT.date() + timedelta(days=30)},
        {"rule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"},
        {"rule": f"FREQ=DAILY;UNTIL={AT:%Y%m%d}"},
        {"rule": "FREQ=DAILY;COUNT=0"},
    ],
)
def test_recurring_time_off_that_can_never_be_is_refused(stage, wrong):
    with pytest.raises(InvalidInput):
        recurring(stage, start_date=AT.date() + timedelta(days=1), **wrong)
    assert not TimeOffSeries.objects.exists()


def test_a_series_of_slots_whose_rule_ends_before_it_begins_is_refused(stage):
    wish = SlotWish(stage.specialist.pk, AT + 3 * DAY, AT + 3 * DAY + HOUR)
    with pytest.raises(InvalidInput) as refusal:
        create_series(
            practice_id=stage.practice.pk,
            wish=wish,
            pattern="custom",
            rule=f"FREQ=WEEKLY;UNTIL={AT:%Y%m%d}",
            by=stage.desk,
            at=AT,
        )
    assert list(refusal.value.fields) == ["rrule"]
    assert not AvailableSlot.objects.exists()


@pytest.mark.parametrize(
    ("wall", "minutes", "begins", "ends"),
    [
        # 03:00 to 04:00 is skipped.
        (time(2, 30), 480, time(2, 30), time(10, 30)),
        (time(3, 30), 240, time(4, 30), time(7, 30)),
        (time(3, 30), 40, time(4, 30), time(5, 10)),
        (time(3, 10), 30, time(4, 10), time(4, 40)),
    ],
)
def test_time_off_in_the_hour_that_the_clock_skips_is_not_lost(wall, minutes, begins, ends):
    stage = set_stage()
    zone, day = stage.practice.zone, date(2026, 3, 29)
    series = recurring(stage, start_date=day, until=day, start_time=wall, duration_minutes=minutes)
    (away,) = TimeOff.objects.filter(series=series)
    shown = [when.astimezone(zone).replace(tzinfo=None) for when in (away.starts_at, away.ends_at)]
    assert shown == [datetime.combine(day, begins), datetime.combine(day, ends)]


def test_a_visit_in_the_second_of_two_like_hours_repeats_without_going_back():
    practice = PracticeFactory(time_zone="Europe/Bucharest")
    first = datetime(2026, 10, 25, 3, 30, fold=1, tzinfo=practice.zone)
    last = Repeat("weekly", 22, 1).times(first, practice)[-1].astimezone(practice.zone)
    assert last.replace(tzinfo=None) == datetime(2027, 3, 28, 4, 30)


@pytest.mark.parametrize("day", [29, 30, 31])
def test_slots_and_visits_of_the_thirty_first_both_fall_on_the_last_day(day):
    stage = set_stage()
    zone = stage.practice.zone
    starts_at = datetime(2026, 3, day, 10, tzinfo=zone)
    series, _first = weekly(stage, starts_at=starts_at, pattern="monthly", until=date(2026, 7, 1))
    offered = [*days_of(series)]
    known = {"practice_id": stage.practice.pk, "patient_id": stage.patient.pk, "service_id": stage.service.pk}
    made = book_repeating(
        **known,
        specialist_id=stage.specialist.pk,
        starts_at=starts_at + 3 * HOUR,
        repeat=Repeat("monthly", 1, len(offered) - 1),
        by=stage.desk,
        at=AT,
    )
    assert offered[:2] == [date(2026, 3, day), date(2026, 4, min(day, 30))]
    assert [visit.starts_at.astimezone(zone).date() for visit in made] == offered


@pytest.mark.parametrize(
    ("zone", "first", "gap"),
    [
        # Midnight is skipped: half past twelve that night is half past one, of the same day.
        ("Asia/Beirut", datetime(2026, 3, 22, 0, 30), datetime(2026, 3, 29, 1, 30)),
        ("Europe/Bucharest", datetime(2026, 3, 22, 3, 30), datetime(2026, 3, 29, 4, 30)),
        ("Australia/Lord_Howe", datetime(2026, 9, 27, 2, 10), datetime(2026, 10, 4, 2, 40)),
    ],
)
def test_a_visit_in_a_gap_moves_on_with_the_clock(zone, first, gap):
    practice = PracticeFactory(time_zone=zone)
    times = Repeat("weekly", 1, 1).times(first.replace(tzinfo=ZoneInfo(zone)), practice)
    assert [one.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for one in times] == [first, gap]


def test_a_night_is_as_long_on_the_clock_every_night():
    stage = set_stage()
    zone = stage.practice.zone
    starts_at = datetime(2026, 3, 28, 22, tzinfo=zone)  # the night in which the clock skips an hour
    wish = SlotWish(stage.specialist.pk, starts_at, datetime(2026, 3, 29, 6, tzinfo=zone))
    series, _first = create_series(
        practice_id=stage.practice.pk, wish=wish, pattern="daily", by=stage.desk, at=AT, until=date(2026, 4, 2)
    )
    ends = {slot.ends_at.astimezone(zone).time() for slot in AvailableSlot.objects.filter(series=series)}
    assert (series.duration_minutes, ends) == (480, {time(6)})


def test_an_exception_is_nobody_elses(stage):
    """Withdrawing a slot of one series leaves the same day of another alone."""
    series, first = weekly(stage)
    stage.specialist = SpecialistFactory(organization=stage.practice.organization, works_at=[stage.practice])
    other, _slot = weekly(stage)
    withdraw_slot(first.pk, by=actor_with("front_desk", stage.practice), at=AT)
    assert first.series_date in days_of(other)
    assert not Appointment.objects.exists()
    assert skips_of(series) == {first.series_date: "withdrawn"}
