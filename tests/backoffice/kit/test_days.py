"""The choices of days in a list: from which midnight to which, as the clock of whoever looks shows it."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from backoffice.kit import filters
from backoffice.kit.filters import span_of

ZONE = ZoneInfo("Europe/Bucharest")
MONDAY = date(2026, 3, 23)


@pytest.fixture(params=range(7), ids=["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"])
def today(request, monkeypatch):
    """Each day of a week that ends with a change of the clock, late in the evening here: elsewhere it is tomorrow."""
    day = MONDAY + timedelta(days=request.param)
    now = datetime(day.year, day.month, day.day, 23, 30, tzinfo=ZONE)
    monkeypatch.setattr(filters.timezone, "now", lambda: now.astimezone(UTC))
    with timezone.override(ZONE):
        yield day


def midnight(day):
    return datetime(day.year, day.month, day.day, tzinfo=ZONE)


def test_this_week_goes_from_monday_to_sunday_whatever_day_it_is(today):
    after = MONDAY + timedelta(days=7)
    assert span_of("week") == (midnight(MONDAY), midnight(after))
    assert span_of("next-week") == (midnight(after), midnight(after + timedelta(days=7)))
    first, last = span_of("week")
    last_minute = datetime(2026, 3, 29, 23, 59, tzinfo=ZONE)
    assert first <= last_minute < last
    # Sunday has 23 hours.
    assert (last.astimezone(UTC) - first.astimezone(UTC)) == timedelta(days=7, hours=-1)


def test_today_and_tomorrow_end_at_midnight(today):
    day = timedelta(days=1)
    assert span_of("today") == (midnight(today), midnight(today + day))
    assert span_of("tomorrow") == (midnight(today + day), midnight(today + 2 * day))


def test_from_now_on_has_no_end_and_any_day_no_bounds(today):
    first, last = span_of("ahead")
    assert (first, last) == (timezone.now(), None)
    assert span_of("any") == span_of("nonsense") == (None, None)
