"""How long a week of 500 appointments with its slots takes: read by the server, and painted by a browser.

    python -m bench.calendar_week [sqlite|postgresql]... [--visits 500] [--rounds 5]

The goal is a second from the click to the last appointment on the page, on a quiet machine. It needs a Chromium.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
from datetime import datetime, time, timedelta
from typing import Any

from bench.engines import run, seconds
from bench.figures import Figure, tell

GOAL = 1.0
PEOPLE = 4  # as many as a week shows side by side
HALF = timedelta(minutes=30)
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def measure(options: argparse.Namespace) -> int:
    """Fill a practice's week, and open it `rounds` times; 1 where the median is over the goal."""
    from django.conf import settings
    from django.test.utils import override_settings

    practice, monday = fill(options.visits)
    address = f"/admin/calendar/?practice={practice.pk}&day={monday:%Y-%m-%d}&view=week"
    what = f"a week of {options.visits} appointments with its slots"
    served = read_by_the_server(practice, monday, options.rounds)
    tell(Figure(f"{what}, read by the server", served * 1000, "ms"))
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # nothing was collected
    with override_settings(STORAGES={**settings.STORAGES, "staticfiles": plain}):
        painted = painted_by_a_browser(address, options.visits, options.rounds)
    return tell(Figure(f"{what}, painted by a browser", painted, "s", most=GOAL))


def fill(visits: int) -> tuple[Any, Any]:
    """A practice of four specialists whose next week is offered in half hours, and so many of them booked."""
    from django.utils import timezone

    from core.actor import Actor
    from scheduling.calendar import SlotWish
    from scheduling.services import book_slot, create_slots
    from tests import factories

    make: Any = factories
    by, now = Actor.system("bench"), timezone.now()
    practice = make.PracticeFactory(name="Bench")
    make.MembershipFactory(practice=practice, user=make.UserFactory(username="frontdesk"))
    make.ServiceFactory(organization=practice.organization, duration_minutes=30)
    people = [make.SpecialistFactory(organization=practice.organization, works_at=[practice]) for _ in range(PEOPLE)]
    today = now.astimezone(practice.zone).date()
    monday = today + timedelta(days=7 - today.weekday())
    starts = [
        datetime.combine(monday + timedelta(days=day), time(7), tzinfo=practice.zone) + half * HALF
        for day in range(5)
        for half in range(26)
    ]
    wishes = [SlotWish(one.pk, start, start + HALF) for start in starts for one in people]
    made = create_slots(practice_id=practice.pk, wishes=wishes, params={}, by=by, at=now).made
    for slot in made[:: max(1, len(made) // visits)][:visits]:
        patient = make.PatientFactory(organization=practice.organization)
        book_slot(slot.pk, patient_id=patient.pk, by=by, at=now)
    return practice, monday


def read_by_the_server(practice: Any, monday: Any, rounds: int) -> float:
    """The median time of the read behind the calendar."""
    from django.utils import timezone

    from core.actor import Actor
    from scheduling.calendar import agenda

    by, last = Actor.system("bench"), monday + timedelta(days=6)
    return statistics.median(
        seconds(lambda: agenda(by, practice_id=practice.pk, first=monday, last=last, at=timezone.now()))
        for _round in range(rounds)
    )


def painted_by_a_browser(address: str, visits: int, rounds: int) -> float:
    """The median time until all appointments are on the page."""
    import os

    from playwright.sync_api import sync_playwright
    from pytest_django.live_server_helper import LiveServer

    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    server = LiveServer("127.0.0.1")
    try:
        with sync_playwright() as playwright:
            executable = next(filter(None, map(shutil.which, BROWSERS)), None)
            browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-gpu"])
            page = browser.new_page(base_url=server.url, viewport={"width": 1600, "height": 1000})
            page.set_default_timeout(120_000)  # on a busy machine it is slow, not broken
            page.goto("/admin/login/?next=/admin/")
            page.fill("#id_username", "frontdesk")
            page.fill("#id_password", "demo")
            with page.expect_navigation():
                page.press("#id_password", "Enter")

            def open_week() -> None:
                page.goto(address)
                page.wait_for_function(f"document.querySelectorAll('.bo-cal-visit').length >= {visits}")

            open_week()  # the scripts are in the browser's cache from now on
            median = statistics.median(seconds(open_week) for _round in range(rounds))
            browser.close()
        return median
    finally:
        server.stop()


if __name__ == "__main__":
    sys.exit(run("bench.calendar_week", __doc__, measure, visits=500, rounds=5))
