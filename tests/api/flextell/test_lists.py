"""flextell: appointments listed, and as a calendar."""

import pytest

from tests.api.flextell.conftest import PATH, VENDOR, example
from tests.factories import (
    AT,
    DAY,
    AppointmentFactory,
)


def test_the_list_is_paged_as_laravel_does(admin, practice):
    made = [AppointmentFactory(practice=practice, starts_at=AT + n * DAY, ends_at=AT + n * DAY + DAY / 24)
            for n in range(5)]  # fmt: skip
    AppointmentFactory(practice=practice, registration=True)
    AppointmentFactory(practice=practice, archived=True)
    body = admin.get(f"{PATH}?per_page=2&page=2&status=approved").json()
    base = "http://testserver/v1/appointments"

    def link(page):
        return f"{base}?per_page=2&status=approved&page={page}"

    assert [one["id"] for one in body["data"]] == [made[2].pk, made[1].pk]
    assert body["links"] == {"first": link(1), "last": link(3), "prev": link(1), "next": link(3)}
    assert body["meta"] == {
        "current_page": 2,
        "from": 3,
        "last_page": 3,
        "links": [
            {"url": link(1), "label": "&laquo; Previous", "active": False},
            {"url": link(1), "label": "1", "active": False},
            {"url": link(2), "label": "2", "active": True},
            {"url": link(3), "label": "3", "active": False},
            {"url": link(3), "label": "Next &raquo;", "active": False},
        ],
        "path": base,
        "per_page": 2,
        "to": 4,
        "total": 5,
    }
    empty = admin.get(f"{PATH}?status=rejected").json()
    assert (empty["data"], empty["meta"]["from"], empty["meta"]["to"], empty["meta"]["total"]) == ([], None, None, 0)
    assert (empty["links"]["prev"], empty["links"]["next"]) == (None, None)


@pytest.mark.parametrize("query", ["per_page=101", "per_page=0", "page=x", "status=done", "customer_id=x"])
def test_a_parameter_without_sense_is_named(admin, practice, query):
    response = admin.get(f"{PATH}?{query}")
    assert (response.status_code, response.json()["error"]) == (422, "validation_error")
    assert f"'{query.partition('=')[0]}'" in response.json()["message"]


def test_an_unknown_parameter_is_ignored(admin, practice):
    assert admin.get(f"{PATH}?include=everything&page_size=1").status_code == 200


def test_a_request_without_any_time_is_not_shown(admin, practice):
    registration = AppointmentFactory(practice=practice, registration=True)
    response = admin.get(f"{PATH}/{registration.pk}")
    assert (response.status_code, response.json()) == (404, {"error": "not_found", "message": "Appointment not found"})


def test_the_calendar_shows_what_starts_between_two_days(admin, practice, scene):
    made = admin.post(PATH, example(scene)).json()["data"]
    AppointmentFactory(practice=practice, starts_at=AT + 9 * DAY, ends_at=AT + 9 * DAY + DAY / 24)
    response = admin.get(f"{VENDOR}/appointments/calendar?from=2026-02-20&to=2026-02-20")
    brief = ("id", "customer_id", "room_id", "parent_appointment_id", "code", "relation_type", "description",
             "scheduled_at", "status", "cancellation_reason", "creation_type", "created_at", "updated_at",
             "deleted_at", "doctor", "room")  # fmt: skip
    expected = {name: made[name] for name in brief} | {
        "ends_at": "2026-02-20T06:01:56Z",
        "customer": {"id": scene.customer.pk, "name": "Ada Moss"},
    }
    assert (response.status_code, response.json()) == (200, {"success": "true", "data": [expected]})
    path = f"{VENDOR}/appointments/calendar?from=2026-02-20T05:31:57Z&to=2026-03-01T00:00:00Z"
    assert len(admin.get(path).json()["data"]) == 1


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("", "The 'from' field is required."),
        ("from=2026-02-20", "The 'to' field is required."),
        ("from=2026-02-20&to=2026-02-19", "The 'to' field must not be before 'from'."),
        ("from=2026-02-20&to=2026-04-24", "The 'to' field must be at most 62 days after 'from'."),
        ("from=yesterday&to=2026-04-24", "The 'from' field is not a valid value."),
    ],
)
def test_a_calendar_is_of_two_months_at_most(admin, practice, query, message):
    response = admin.get(f"{VENDOR}/appointments/calendar?{query}")
    assert (response.status_code, response.json()) == (422, {"error": "validation_error", "message": message})
