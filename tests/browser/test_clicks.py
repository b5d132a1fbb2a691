"""How many clicks an hour at the desk takes, and how many Tabs a booking: printed, and held to their goals."""

import re
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from directory.models import Specialist
from patients.models import Patient
from scheduling.calendar import SlotWish
from scheduling.models import Appointment
from scheduling.services import book_appointment, create_slot
from tests.browser.conftest import WIDE
from tests.browser.test_scheduling import practice as practice

GOALS = {"next free time": 5, "new caller, booked": 6, "check-in": 1, "move": 2}
TABS = 25


@pytest.fixture
def day(practice, superuser):
    """A morning of free slots in three days, and a visit that began half an hour ago."""
    now = timezone.now()
    amber = Specialist.objects.get(last_name="Amber")
    known = {"practice_id": practice.pk, "by": superuser, "at": now}
    local = (now + timedelta(days=3)).astimezone(practice.zone)
    for half in range(8):
        start = datetime(local.year, local.month, local.day, 9, tzinfo=practice.zone) + half * timedelta(minutes=30)
        create_slot(wish=SlotWish(amber.pk, start, start + timedelta(minutes=30)), **known)
    return book_appointment(
        patient_id=Patient.objects.get(last_name="Dewberry").pk,
        service_id=practice.organization.services.get().pk,
        specialist_id=amber.pk,
        starts_at=now - timedelta(minutes=30),
        **known,
    )


class Counter:
    """Counts what somebody with a mouse does; typing is not counted."""

    def __init__(self, page):
        self.page, self.clicks = page, 0

    def click(self, target):
        target.click()
        self.clicks += 1

    def choose(self, field, text):
        """Open a search box and take a hit: two clicks."""
        self.click(self.page.locator(f"#id_{field} + .select2 .select2-selection"))
        self.click(self.page.locator(".select2-results__option", has_text=text).first)


def next_free_time(page, patient):
    page.goto(f"/admin/patients/patient/{patient.pk}/")
    count = Counter(page)
    count.click(page.get_by_role("link", name="Book an appointment"))
    count.choose("service", "Massage")
    count.click(page.get_by_role("button", name="Look for free times").last)
    count.click(page.locator(".bo-free button").first)
    page.get_by_text("is booked.").wait_for()
    return count.clicks


def new_caller(page):
    page.goto("/admin/")
    count = Counter(page)
    count.click(page.get_by_role("link", name="Book an appointment"))
    count.choose("service", "Massage")
    count.click(page.locator("summary", has_text="New patient"))
    page.get_by_label("First name").fill("Cleo")
    page.get_by_label("Last name").fill("Elderberry")
    page.get_by_label("Phone").fill("0722 000 111")
    count.click(page.get_by_role("button", name="Add this patient"))
    page.get_by_text("Cleo Elderberry was added.").wait_for()
    count.click(page.locator(".bo-free button").first)
    page.get_by_text("Cleo Elderberry is booked.").wait_for()
    return count.clicks


def check_in(page, visit):
    page.goto("/admin/")
    count = Counter(page)
    count.click(page.get_by_role("button", name=re.compile("^Arrived")))
    page.locator(f"#visit-{visit.pk}", has_text="waiting").wait_for()
    return count.clicks


def move(page, visit):
    page.goto(f"/admin/scheduling/appointment/{visit.pk}/change/")
    count = Counter(page)
    count.click(page.get_by_role("link", name=re.compile("^Reschedule")))
    count.click(page.locator(".bo-free button").first)
    page.get_by_text("1 appointment moved.").wait_for()
    return count.clicks


def tabs_of_a_booking(page):
    """From the open page to the booked visit by keyboard alone: the patient's box has the focus already."""

    def pick(typed):
        page.keyboard.press("Enter")
        page.locator(".select2-search__field").wait_for()
        page.keyboard.type(typed)
        page.locator(".select2-results__option--highlighted", has_text=typed).wait_for()
        page.keyboard.press("Enter")
        page.locator(".select2-results").wait_for(state="hidden")

    page.goto("/admin/scheduling/appointment/add/")
    page.locator("#id_patient + .select2 .select2-selection:focus").wait_for()
    pick("Ada Cloudberry")
    tabs = 0

    def tab_to(found):
        nonlocal tabs
        while not page.evaluate(found):
            page.keyboard.press("Tab")
            tabs += 1
            assert tabs <= TABS

    tab_to("document.activeElement.closest('.select2')?.previousElementSibling?.id === 'id_service'")
    pick("Massage")
    tab_to("document.activeElement.matches('.bo-buttons [name=look]')")
    page.keyboard.press("Enter")
    page.locator(".bo-free button:focus").wait_for()
    page.keyboard.press("Enter")
    page.get_by_text("Ada Cloudberry is booked.").wait_for()
    return tabs


@pytest.mark.slow
@pytest.mark.parametrize("viewport", [WIDE], ids=["wide"])
def test_an_hour_at_the_desk_takes_few_clicks_and_a_booking_few_tabs(page, sign_in, practice, day, capsys):
    page.set_default_timeout(60_000)
    sign_in(page, "frontdesk")
    found = {
        "next free time": next_free_time(page, Patient.objects.get(last_name="Cloudberry")),
        "new caller, booked": new_caller(page),
        "check-in": check_in(page, day),
        "move": move(page, Appointment.objects.exclude(pk=day.pk).order_by("starts_at").first()),
    }
    tabs = tabs_of_a_booking(page)
    with capsys.disabled():
        print(f"\nclicks: {found}; Tabs of a booking: {tabs}")
    assert {name: count for name, count in found.items() if count > GOALS[name]} == {}
    assert tabs <= TABS
