"""Available times: the days asked for, what is offered online, what is free."""

from datetime import timedelta

import pytest

from scheduling.models import AvailableSlot
from tests.api.cliniko.conftest import HOST, PLAIN, VENDOR, wish
from tests.factories import AT, DAY, SlotFactory

BAD = "Invalid time frame definition. Please check from/to param limitations."


@pytest.fixture
def times(scene):
    """The path of the scene's times; on the day after tomorrow there are two hours for it."""
    SlotFactory(
        practice=scene.practice,
        specialist=scene.practitioner,
        starts_at=AT + 2 * DAY,
        ends_at=AT + 2 * DAY + timedelta(hours=2),
    )
    return (
        f"{VENDOR}/businesses/{scene.practice.pk}/practitioners/{scene.practitioner.pk}"
        f"/appointment_types/{scene.service.pk}"
    )


def test_the_free_starts_are_listed(client, times):
    response = client.get(f"{times}/available_times?from=2026-02-19&to=2026-02-26")
    assert response.json() == {
        "available_times": [
            {"appointment_start": "2026-02-19T10:00:00Z"},
            {"appointment_start": "2026-02-19T10:30:00Z"},
            {"appointment_start": "2026-02-19T11:00:00Z"},
            {"appointment_start": "2026-02-19T11:30:00Z"},
        ],
        "total_entries": 4,
        "links": {"self": f"{HOST}{times}/available_times?from=2026-02-19&to=2026-02-26&page=1"},
    }
    second = client.get(f"{times}/available_times?from=2026-02-19&to=2026-02-19&per_page=3&page=2").json()
    assert second["available_times"] == [{"appointment_start": "2026-02-19T11:30:00Z"}]
    assert set(second["links"]) == {"self", "previous"}


def test_what_is_booked_is_no_longer_there(client, scene, times):
    first = client.get(f"{times}/next_available_time").json()
    assert first == {
        "appointment_start": "2026-02-19T10:00:00Z",
        "links": {"self": f"{HOST}{times}/next_available_time"},
    }
    sent = wish(scene, starts_at=first["appointment_start"], ends_at=None)
    assert client.post(PLAIN, sent).status_code == 201
    listed = client.get(f"{times}/available_times?from=2026-02-19&to=2026-02-19").json()["available_times"]
    assert listed[0] == {"appointment_start": "2026-02-19T10:30:00Z"}


@pytest.mark.parametrize(
    "query",
    ["", "from=2026-02-19", "to=2026-02-19", "from=x&to=y", "from=2026-02-16&to=2026-02-19",
     "from=2026-02-19&to=2026-02-18", "from=2026-02-19&to=2026-02-27", "from=2026-02-30&to=2026-02-30"],
)  # fmt: skip
def test_days_that_are_none_or_too_many_are_a_400(client, times, query):
    response = client.get(f"{times}/available_times?{query}")
    assert (response.status_code, response.json()) == (400, {"message": BAD})


@pytest.mark.parametrize(
    ("who", "column", "value"),
    [
        ("service", "published", False),
        ("service", "is_public", False),
        ("service", "archived_at", AT),
        ("practitioner", "show_in_online_bookings", False),
        ("practitioner", "scheduling_active", False),
        ("practitioner", "archived_at", AT),
        ("practice", "show_in_online_bookings", False),
    ],
)
def test_what_cannot_be_booked_online_is_a_404_without_a_body(client, scene, times, who, column, value):
    row = getattr(scene, who)
    setattr(row, column, value)
    row.save()
    for path in (f"{times}/available_times?from=2026-02-19&to=2026-02-19", f"{times}/next_available_time"):
        response = client.get(path)
        assert (response.status_code, response.content, response.headers.get("Content-Type")) == (404, b"", None)


def test_without_a_free_time_there_is_no_next(client, times):
    AvailableSlot.objects.update(withdrawn_at=AT)
    assert client.get(f"{times}/next_available_time").status_code == 404
    assert client.get(f"{times}/available_times?from=2026-02-19&to=2026-02-19").json()["available_times"] == []


def test_the_lead_of_the_type_is_kept(client, scene, times):
    scene.service.booking_lead_hours = 49
    scene.service.save()
    assert client.get(f"{times}/next_available_time").json()["appointment_start"] == "2026-02-19T11:00:00Z"
