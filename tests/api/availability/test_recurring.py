"""availability: whether and how a slot recurs, told when it is made and when it is changed."""

from datetime import UTC, datetime, timedelta

import pytest

from scheduling.models import AvailableSlot, SlotSeries
from tests.api.availability.conftest import SLOTS, wire, wish
from tests.factories import AT, DAY

FIXED = "cannot be changed; make a new series"

PATTERNS = {
    "daily": ({"recurrence_pattern": "daily", "recurrence_until": "2026-02-23"}, 4, [0, 1, 2, 3]),
    "weekly": ({"recurrence_pattern": "weekly", "recurrence_until": "2026-03-13"}, 4, [0, 7, 14, 21]),
    "biweekly": ({"recurrence_pattern": "biweekly", "recurrence_until": "2026-03-21"}, 3, [0, 14, 28]),
    "monthly": ({"recurrence_pattern": "monthly", "recurrence_until": "2026-04-20"}, 3, [0, 28, 59]),
    "custom": (
        {
            "recurrence_pattern": "custom",
            "recurrence_rule": "FREQ=WEEKLY;BYDAY=MO,FR",
            "recurrence_until": "2026-03-02",
        },
        4,
        [0, 3, 7, 10],
    ),
}


@pytest.mark.parametrize("pattern", PATTERNS)
def test_each_pattern_makes_its_slots_up_to_its_last_day(admin, provider, pattern):
    more, count, days = PATTERNS[pattern]
    response = admin.post(SLOTS, {"available_slot": wish(provider, recurring=True, **more)})
    assert (response.status_code, response.json()["recurrence_pattern"]) == (201, pattern)
    listed = admin.get(SLOTS).json()
    assert listed["total"] == count
    starts = [AT + (3 + day) * DAY for day in days]
    # The monthly series passes the change to summer time: 12:00 stays 12:00 in Bucharest.
    expected = [wire(one - DAY / 24 if one >= datetime(2026, 3, 29, 1, tzinfo=UTC) else one) for one in starts]
    assert [slot["start_time"] for slot in listed["available_slots"]] == expected
    assert {(slot["recurring"], slot["recurrence_pattern"]) for slot in listed["available_slots"]} == {(True, pattern)}


def test_a_series_without_an_end_is_made_ninety_days_ahead(admin, provider):
    assert admin.post(SLOTS, {"available_slot": wish(provider, recurring=True, recurrence_pattern="weekly")})
    assert admin.get(SLOTS).json()["total"] == 13


def test_a_series_keeps_wall_time_where_the_clock_changes(admin, provider):
    sent = wish(provider, recurring=True, recurrence_pattern="weekly", recurrence_until="2026-04-03")
    admin.post(SLOTS, {"available_slot": sent})
    zone = SlotSeries.objects.get().practice.zone
    assert {slot.starts_at.astimezone(zone).hour for slot in AvailableSlot.objects.all()} == {12}
    assert {slot.ends_at - slot.starts_at for slot in AvailableSlot.objects.all()} == {timedelta(hours=1)}


@pytest.mark.parametrize(
    ("sent", "errors"),
    [
        ({"recurring": False}, {"recurring": [FIXED]}),
        ({"recurring": False, "recurrence_pattern": "weekly"}, {"recurring": [FIXED]}),
        ({"recurrence_pattern": None}, {"recurrence_pattern": [FIXED]}),
        ({"recurring": True, "recurrence_pattern": "daily"}, {"recurrence_pattern": [FIXED]}),
    ],
)
def test_a_slot_of_a_series_stays_one(admin, offered, sent, errors):
    slot = offered(recurring=True, recurrence_pattern="weekly")
    response = admin.put(f"{SLOTS}/{slot['id']}", {"available_slot": sent})
    assert (response.status_code, response.json()) == (422, {"errors": errors})
    assert admin.get(f"{SLOTS}/{slot['id']}").json() == slot


@pytest.mark.parametrize("sent", [{"recurring": True}, {"recurring": None}, {"recurrence_pattern": "weekly"}, {}])
def test_that_it_is_one_may_be_told(admin, offered, sent):
    slot = offered(recurring=True, recurrence_pattern="weekly")
    response = admin.put(f"{SLOTS}/{slot['id']}", {"available_slot": sent})
    assert (response.status_code, response.json()) == (200, slot)


@pytest.mark.parametrize(
    "sent",
    [
        {"recurring": False, "recurrence_pattern": "weekly", "recurrence_until": "2026-03-20"},
        {"recurring": None, "recurrence_pattern": None, "recurrence_rule": None, "recurrence_until": None},
        {"recurrence_pattern": "", "recurrence_rule": "", "recurrence_until": "", "appointment_type": ""},
    ],
)
def test_what_says_that_it_does_not_recur_or_says_nothing_is_one_slot(admin, provider, sent):
    response = admin.post(SLOTS, {"available_slot": wish(provider, **sent)})
    assert (response.status_code, response.json()["recurring"]) == (201, False)
    assert (AvailableSlot.objects.count(), SlotSeries.objects.count()) == (1, 0)
