"""The calendar and the board in a real browser: dragged, refused, moved by keyboard, booked; wide, narrow, dark."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from scheduling.models import Appointment
from scheduling.services import book_appointment
from tests.browser.conftest import in_each_look
from tests.browser.test_scheduling import choose, overflow
from tests.factories import (
    MembershipFactory,
    PatientFactory,
    PracticeFactory,
    ServiceFactory,
    ServiceSpecialistFactory,
    SpecialistFactory,
    UserFactory,
)


@pytest.fixture
def practice(live_server):
    practice = PracticeFactory(name="Amberfield")
    MembershipFactory(practice=practice, user=UserFactory(username="frontdesk", first_name="Fran"))
    service = ServiceFactory(organization=practice.organization, name="Massage", duration_minutes=30)
    for name in ("Amber", "Beech"):
        person = SpecialistFactory(organization=practice.organization, works_at=[practice], last_name=name)
        ServiceSpecialistFactory(service=service, specialist=person)
    return practice


@pytest.fixture
def day(practice):
    return timezone.now().astimezone(practice.zone).date() + timedelta(days=7)


@pytest.fixture
def clock(practice, day):
    return lambda hour, minute=0: datetime(day.year, day.month, day.day, hour, minute, tzinfo=practice.zone)


@pytest.fixture
def book(practice, clock, superuser):
    """`book(10)` books somebody with the first specialist at ten."""
    service = practice.organization.services.get()
    person = practice.organization.specialists.order_by("last_name").first()

    def book(hour, last_name="Cloudberry"):
        patient = PatientFactory(organization=practice.organization, first_name="Ada", last_name=last_name)
        return book_appointment(
            practice_id=practice.pk,
            patient_id=patient.pk,
            service_id=service.pk,
            specialist_id=person.pk,
            starts_at=clock(hour),
            by=superuser,
            at=timezone.now(),
        )

    return book


def visit(page, name):
    return page.locator(".bo-cal-visit", has_text=name).first


def drag_down(page, name, pixels):
    """Drag a visit straight down, as a hand does: not in one jump."""
    event = visit(page, name)
    event.scroll_into_view_if_needed()
    box = event.bounding_box()
    x, y = box["x"] + 20, box["y"] + 6
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y + pixels / 2, steps=5)
    page.mouse.move(x, y + pixels, steps=5)
    page.mouse.up()


HOUR = 96  # pixels: four quarters of 24


def test_a_visit_is_dragged_to_a_free_time(page, sign_in, day, clock, book):
    row = book(10)
    sign_in(page, "frontdesk")
    page.goto(f"/admin/calendar/?day={day}&view=day")
    visit(page, "Cloudberry").wait_for()
    drag_down(page, "Cloudberry", HOUR)
    page.locator("#calendar-said", has_text="Moved").wait_for()
    row.refresh_from_db()
    assert (row.starts_at, row.ends_at) == (clock(11), clock(11, 30))


def test_a_drag_onto_a_taken_time_is_put_back_with_the_reason(page, sign_in, day, clock, book):
    row = book(10)
    book(11, "Dewberry")
    sign_in(page, "frontdesk")
    page.goto(f"/admin/calendar/?day={day}&view=day")
    visit(page, "Cloudberry").wait_for()
    drag_down(page, "Cloudberry", HOUR)
    card = page.get_by_role("dialog")
    card.get_by_text("Not moved").wait_for()
    assert "Amber" in card.inner_text()
    page.keyboard.press("Escape")
    visit(page, "Cloudberry").get_by_text("10:00–10:30").wait_for()
    row.refresh_from_db()
    assert row.starts_at == clock(10)


def test_the_keyboard_opens_a_visit_and_moves_it(page, sign_in, day, clock, book):
    row = book(10)
    sign_in(page, "frontdesk")
    page.goto(f"/admin/calendar/?day={day}&view=day")
    visit(page, "Cloudberry").wait_for()
    visit(page, "Cloudberry").focus()
    page.keyboard.press("Enter")
    card = page.get_by_role("dialog")
    card.get_by_role("heading", name="Ada Cloudberry").wait_for()
    card.get_by_label("Time").fill("14:15")
    card.get_by_role("button", name="Move", exact=True).press("Enter")
    page.locator("#calendar-said", has_text="Moved").wait_for()
    assert "14:15" in page.locator("#calendar-said").inner_text()
    row.refresh_from_db()
    assert row.starts_at == clock(14, 15)


def test_an_empty_time_is_clicked_and_booked(page, sign_in, practice, day, clock, book):
    book(10)
    sign_in(page, "frontdesk")
    page.goto(f"/admin/calendar/?day={day}&view=day")
    visit(page, "Cloudberry").scroll_into_view_if_needed()
    box = visit(page, "Cloudberry").bounding_box()
    with page.expect_navigation():
        page.mouse.click(box["x"] + 30, box["y"] + HOUR + 4)
    assert page.locator("#id_starts_at").input_value() == f"{day}T11:00"
    choose(page, "patient", "Cloudberry")
    choose(page, "service", "Massage")
    with page.expect_navigation():
        page.get_by_role("button", name="Book the typed time").click()
    assert "/admin/calendar/" in page.url
    assert Appointment.objects.filter(starts_at=clock(11)).exists()


def test_what_others_change_appears_without_a_reload(page, sign_in, day, book):
    sign_in(page, "frontdesk")
    page.goto(f"/admin/calendar/?day={day}&view=day")
    page.locator(".ec").wait_for()
    book(10)
    # As when the page comes back to the front; the timer asks in the same way.
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    visit(page, "Cloudberry").wait_for()


@in_each_look
def test_the_calendar_is_readable(page, sign_in, axe, viewport, color_scheme, day, book):
    book(10)
    sign_in(page, "frontdesk")
    for view in ("day", "week", "list"):
        page.goto(f"/admin/calendar/?day={day}&view={view}")
        visit(page, "Cloudberry").wait_for()
        assert axe(page) == []
        assert overflow(page) <= 0
        assert visit(page, "Cloudberry").bounding_box()["height"] >= 24


def test_a_visit_goes_from_arrived_to_done_on_the_board(page, sign_in, axe, practice, superuser):
    now = timezone.now()
    service, person = practice.organization.services.get(), practice.organization.specialists.first()
    patient = PatientFactory(organization=practice.organization, first_name="Ada", last_name="Cloudberry")
    local = now.astimezone(practice.zone)
    starts_at = local.replace(hour=0, minute=5, second=0, microsecond=0)
    row = book_appointment(
        practice_id=practice.pk,
        patient_id=patient.pk,
        service_id=service.pk,
        specialist_id=person.pk,
        starts_at=starts_at,
        by=superuser,
        at=now,
    )
    sign_in(page, "frontdesk")
    for button, status in (("Arrived", "arrived"), ("In care", "in_care"), ("Done", "done")):
        page.get_by_role("button", name=f"{button}: Ada Cloudberry").click()
        page.locator(f"#visit-{row.pk}.bo-board-{status}").wait_for()
        assert page.url.endswith("/admin/")
    row.refresh_from_db()
    assert row.status == "done"
    assert axe(page) == []
