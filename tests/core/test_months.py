"""Calendar months, always from the original start."""

from calendar import monthrange
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.months import add_months

starts = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))
counts = st.integers(0, 1200)


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2026-02-17T10:00", 3, "2026-05-17T10:00"),
        ("2026-01-31T10:00", 1, "2026-02-28T10:00"),
        ("2028-01-31T10:00", 1, "2028-02-29T10:00"),
        ("2028-02-29T10:00", 12, "2029-02-28T10:00"),
        ("2028-02-29T10:00", 48, "2032-02-29T10:00"),
        ("2026-01-31T23:59", 3, "2026-04-30T23:59"),
        ("2026-12-31T00:00", 2, "2027-02-28T00:00"),
        ("2026-02-17T10:00", 0, "2026-02-17T10:00"),
    ],
)
def test_months_end_on_the_same_day_or_the_months_last(start, months, end):
    assert add_months(at(start), months) == at(end)


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@given(starts, counts)
def test_the_end_is_the_starts_day_clamped_to_its_month_at_the_same_time(start, months):
    end = add_months(start, months)
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    assert (end.year, end.month) == (year, month + 1)
    assert end.day == min(start.day, monthrange(end.year, end.month)[1])
    assert end.timetz() == start.timetz()


@given(starts, counts, counts)
def test_more_months_end_later(start, fewer, more):
    if fewer > more:
        fewer, more = more, fewer
    assert (add_months(start, fewer) < add_months(start, more)) == (fewer < more)


@given(starts, starts, counts)
def test_a_later_start_never_ends_earlier(one, other, months):
    earlier, later = sorted([one, other])
    assert add_months(earlier.replace(hour=0, minute=0, second=0, microsecond=0), months) <= add_months(later, months)


def test_adding_one_month_twice_is_not_adding_two():
    """Why the original start is kept: the clamp loses days, and they do not come back."""
    start = at("2026-01-31T10:00")
    assert add_months(add_months(start, 1), 1) == at("2026-03-28T10:00")
    assert add_months(start, 2) == at("2026-03-31T10:00")


@given(starts, st.integers(0, 600), st.integers(0, 600))
def test_adding_in_steps_never_ends_later(start, first, second):
    assert add_months(add_months(start, first), second) <= add_months(start, first + second)
