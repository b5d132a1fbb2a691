"""How full a practice was week by week, and how many of its visits nobody came to."""

from datetime import date, timedelta

import pytest

from scheduling.calendar import SlotWish, WeekTrend, week_trends
from scheduling.services import complete_appointment, create_slot, mark_no_show, withdraw_slot
from tests.factories import AT, PatientFactory
from tests.scheduling.words import into, offer
from tests.stage import DAY

pytestmark = pytest.mark.django_db

HALF = timedelta(minutes=30)


def week_of(stage, days):
    """The trend of the week in which the day `days` from AT is, read at AT + 21 days."""
    wanted = (AT + days * DAY).astimezone(stage.practice.zone).date()
    found = week_trends(stage.practice, weeks=8, at=AT + 21 * DAY)
    assert len(found) == 8
    return next(one for one in found if one.monday <= wanted < one.monday + timedelta(days=7))


def test_a_booked_slot_fills_what_was_offered(stage):
    taken, withdrawn = offer(stage, days=7), offer(stage, days=7, hours=3)
    for hours in (1, 2):
        offer(stage, days=7, hours=hours)
    into(stage, taken)
    withdraw_slot(withdrawn.pk, by=stage.desk, at=AT)
    week = week_of(stage, 7)
    assert (week.offered, week.booked, week.utilisation) == (3 * HALF, HALF, 33)
    assert week_of(stage, 14).utilisation is None


def test_a_group_counts_its_hour_once_and_a_visit_beside_slots_its_own(stage):
    group = offer(stage, days=7, capacity=4)
    for _ in range(2):
        into(stage, group, PatientFactory(organization=stage.practice.organization))
    offer(stage, days=7, hours=5)
    stage.book(days=8)
    week = week_of(stage, 7)
    assert (week.offered, week.booked, week.utilisation) == (2 * HALF, 2 * HALF, 100)


def test_the_rate_of_no_shows_is_of_the_visits_that_were_due(stage):
    came = [stage.book(days=7 + number) for number in range(3)]
    missed = stage.book(days=10)
    stage.book(days=11)
    for row in came:
        complete_appointment(row.pk, by=stage.desk, at=AT + 12 * DAY)
    mark_no_show(missed.pk, by=stage.desk, at=AT + 12 * DAY)
    weeks = week_trends(stage.practice, weeks=8, at=AT + 21 * DAY)
    assert (sum(one.came for one in weeks), sum(one.no_shows for one in weeks)) == (3, 1)
    assert week_of(stage, -3).no_show_rate is None
    week = week_of(stage, 10)
    assert week.no_show_rate == round(100 * week.no_shows / (week.came + week.no_shows))


def test_a_week_begins_on_monday_by_the_practices_clock(stage):
    """Sunday 23:30 in Bucharest is 21:30 UTC, and Monday 00:30 there is still Sunday in UTC."""
    monday = AT + 6 * DAY  # AT is a Tuesday, noon in Bucharest
    midnight = monday.astimezone(stage.practice.zone).replace(hour=0, minute=0)
    for starts_at in (midnight - HALF, midnight + HALF):
        wish = SlotWish(stage.specialist.pk, starts_at, starts_at + HALF)
        create_slot(practice_id=stage.practice.pk, wish=wish, by=stage.desk, at=AT)
    assert [week_of(stage, days).offered for days in (5, 6)] == [HALF, HALF]


def test_more_than_all_is_all():
    """Visits beside the slots can take more time than was offered."""
    hours = {"offered": timedelta(hours=1), "booked": timedelta(hours=2)}
    assert WeekTrend(date(2026, 2, 16), **hours, came=0, no_shows=0).utilisation == 100
