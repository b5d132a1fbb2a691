"""flextell: every reply says how many requests are left, and the limit is a real one."""

import time

import pytest

from api.flextell.contract import FlextellThrottle, shown_numbers
from tests.api.flextell.conftest import PATH, VENDOR, example

HEADERS = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")


@pytest.fixture
def few(monkeypatch):
    """Three requests an hour."""
    monkeypatch.setattr(
        "rest_framework.throttling.SimpleRateThrottle.THROTTLE_RATES", {"flextell": "3/hour", "register": "20/hour"}
    )


def rate(response):
    return tuple(int(response[name]) for name in HEADERS)


def test_each_reply_counts_down_to_a_429_that_says_when(admin, desk, scene, few):
    left = [rate(admin.get(PATH))[1], rate(admin.post(PATH, example(scene)))[1], rate(admin.get(f"{PATH}/999"))[1]]
    assert left == [2, 1, 0]
    refused = admin.get(PATH)
    assert refused.status_code == 429
    assert refused.json()["error"] == "too_many_requests"
    limit, remaining, reset = rate(refused)
    assert (limit, remaining) == (3, 0)
    assert time.time() < reset <= time.time() + 3600
    assert 0 < int(refused["Retry-After"]) <= 3600
    assert rate(desk.get(PATH))[1] == 2  # each key has its own


def test_a_reply_of_any_kind_has_them(admin, anyone, few, monkeypatch):
    def broken(*args, **kwargs):
        raise ZeroDivisionError

    monkeypatch.setattr("api.flextell.appointments.AppointmentViewSet.page", broken)
    kinds = {
        401: anyone.get(PATH),
        404: anyone.get(f"{VENDOR}/nothing"),
        405: admin.delete(PATH),
        500: admin.get(PATH),
        422: admin.post(PATH, {}),
        400: admin.post(PATH, b"{"),
        415: admin.post(PATH, b"x", content_type="text/plain"),
    }
    for status, response in kinds.items():
        expected = 429 if status == 415 else status
        assert response.status_code == expected, response.content
        assert rate(response)[0] == 3
        assert set(response.json()) == {"error", "message"}


def test_the_default_lets_a_busy_clinic_work():
    assert FlextellThrottle.take("test").limit == 1200


@pytest.mark.parametrize(
    ("current", "last", "shown"),
    [
        (1, 1, [1]),
        (2, 3, [1, 2, 3]),
        (1, 20, [1, 2, 3, 4, 0, 19, 20]),
        (10, 20, [1, 2, 0, 7, 8, 9, 10, 11, 12, 13, 0, 19, 20]),
    ],
)
def test_the_pager_shows_its_ends_and_what_is_near(current, last, shown):
    assert shown_numbers(current, last) == shown
