"""The desk's calendar in a real browser: a month in bulk, booked, moved, overbooked, taken back; wide, narrow, dark."""

from datetime import date, datetime, time, timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import TimeoutError as TookTooLong
from playwright.sync_api import expect

from directory.models import Specialist
from patients.models import Patient
from programs.services import enroll_patient
from scheduling.calendar import SlotWish
from scheduling.models import Appointment, AvailableSlot, Holiday, SlotBatch
from scheduling.services import add_time_off, book_appointment, create_slot
from tests.browser.conftest import NARROW, WIDE, in_each_look
from tests.factories import (
    MembershipFactory,
    PatientFactory,
    PracticeFactory,
    ServiceFactory,
    ServicePlanFactory,
    ServiceSpecialistFactory,
    SpecialistFactory,
    UserFactory,
)

NAMES = ("Amber", "Beech", "Cedar")


@pytest.fixture
def practice(live_server):
    """Three specialists who offer a massage, two patients, and the desk."""
    practice = PracticeFactory(name="Amberfield")
    MembershipFactory(practice=practice, user=UserFactory(username="frontdesk", first_name="Fran"))
    service = ServiceFactory(organization=practice.organization, name="Massage", duration_minutes=30)
    for name in NAMES:
        person = SpecialistFactory(organization=practice.organization, works_at=[practice], last_name=name)
        ServiceSpecialistFactory(service=service, specialist=person)
    for name in ("Cloudberry", "Dewberry"):
        PatientFactory(organization=practice.organization, first_name="Ada", last_name=name)
    return practice


def choose(page, field, typed):
    """Pick from a search box by keyboard, as staff do."""
    box, search = page.locator(f"#id_{field} + .select2 .select2-selection"), page.locator(".select2-search__field")
    hit = page.locator(".select2-results__option", has_text=typed).first
    for last in (False, False, True):
        # On a busy machine the box may open after the first letters, or close again when the page takes the focus.
        if not search.is_visible():
            box.focus()
            page.keyboard.press("Enter")
        search.wait_for()
        search.fill("")
        search.press_sequentially(typed)
        try:
            hit.wait_for(timeout=None if last else 5_000)
            break
        except TookTooLong:
            if last:
                raise
    hit.click()
    page.locator(f"#id_{field} + .select2 .select2-selection__rendered", has_text=typed).wait_for()


def overflow(page):
    """How much wider the page is than its window, in pixels."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def ask_for_a_month(page):
    page.goto("/admin/")
    if not page.get_by_role("link", name="Create slots in bulk").is_visible():
        page.goto("/admin/bulk-slots/")
    else:
        page.get_by_role("link", name="Create slots in bulk").click()
    for name in NAMES:
        page.get_by_label(name).check()
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("region", name="The week").wait_for()


def make_a_month(page):
    ask_for_a_month(page)
    page.get_by_role("button", name="Create 840 slots").click()
    page.get_by_text("840 slots created, 0 refused.").wait_for()


def test_the_desk_makes_a_month_books_moves_overbooks_and_takes_it_back(page, sign_in, practice):
    sign_in(page, "frontdesk")
    ask_for_a_month(page)
    assert page.get_by_role("heading", name="840 slots would be created").is_visible()
    assert AvailableSlot.objects.count() == 0
    weeks = page.get_by_role("group", name="Weeks").get_by_role("button")
    assert weeks.count() == 4
    weeks.nth(2).click()
    page.locator(".bo-weeks button:nth-child(3)[aria-current]").wait_for()  # before the click it is the first
    assert page.get_by_label("Amber").is_checked()
    page.get_by_role("button", name="Create 840 slots").click()
    page.get_by_text("840 slots created, 0 refused.").wait_for()
    batch = SlotBatch.objects.get()
    assert AvailableSlot.objects.filter(batch=batch).count() == 840

    # Booked at the first free time of anybody who offers it.
    page.goto("/admin/scheduling/appointment/add/")
    choose(page, "patient", "Ada Cloudberry")
    choose(page, "service", "Massage")
    page.get_by_role("button", name="Look for free times").last.click()
    page.locator(".bo-free button").first.click()
    page.get_by_text("Ada Cloudberry is booked.").wait_for()
    first = Appointment.objects.get()
    assert first.slot.starts_at == min(AvailableSlot.objects.values_list("starts_at", flat=True))

    # Moved to another of the free times that the page offers.
    page.get_by_role("link", name="Reschedule …").click()
    page.locator(".bo-free button").nth(3).click()
    page.get_by_text("1 appointment moved.").wait_for()
    first = Appointment.objects.get()
    assert first.starts_at > AvailableSlot.objects.order_by("starts_at").first().starts_at

    # Somebody else at the same time: refused with the reasons, then overbooked with one.
    page.get_by_role("link", name="Overbook …").click()
    choose(page, "patient", "Ada Dewberry")
    choose(page, "service", "Massage")
    page.get_by_role("button", name="Book the typed time").click()
    page.get_by_role("heading", name="Why this time is not available").wait_for()
    assert Appointment.objects.count() == 1
    page.get_by_label("Reason for overbooking").fill("In pain")
    page.get_by_role("button", name="Book the typed time").click()
    page.get_by_text("Ada Dewberry is booked.").wait_for()
    second = Appointment.objects.exclude(pk=first.pk).get()
    assert (second.overbooked, second.overbooking_reason, second.starts_at) == (True, "In pain", first.starts_at)
    assert page.get_by_text("Overbooked", exact=True).is_visible()

    # The batch is not undone while the first visit is booked in it; it is once the visit is cancelled.
    undo = f"/admin/scheduling/slotbatch/{batch.pk}/undo/"
    page.goto(undo)
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("1 of its slots are booked").wait_for()
    page.goto(f"/admin/scheduling/appointment/{first.pk}/cancel/")
    page.get_by_label("Details").fill("Ill")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text("1 appointment cancelled.").wait_for()
    page.goto(undo)
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("1 bulk creation undone.").wait_for()
    assert AvailableSlot.objects.offered().count() == 0


@in_each_look
def test_the_pages_of_the_calendar_are_accessible(page, sign_in, axe, practice, viewport, color_scheme):
    sign_in(page, "frontdesk")
    make_a_month(page)
    found = {"batch": (axe(page), overflow(page))}
    page.get_by_role("link", name="Create more like these").click()
    page.get_by_role("button", name="Preview").click()
    page.get_by_text("840 exist already").first.wait_for()
    found["bulk"] = (axe(page), overflow(page))
    page.goto("/admin/scheduling/appointment/add/")
    choose(page, "patient", "Ada Cloudberry")
    choose(page, "service", "Massage")
    page.get_by_role("button", name="Look for free times").last.click()
    page.locator(".bo-free button").first.wait_for()
    found["book"] = (axe(page), overflow(page))
    page.locator(".bo-free button").first.click()
    page.get_by_text("is booked.").wait_for()
    found["appointment"] = (axe(page), overflow(page))
    page.get_by_role("link", name="Reschedule …").click()
    page.locator(".bo-free button").first.wait_for()
    found["reschedule"] = (axe(page), overflow(page))
    page.goto(f"/admin/day-list/?day={Appointment.objects.get().starts_at:%Y-%m-%d}")
    page.get_by_text("Ada Cloudberry").wait_for()
    found["day list"] = (axe(page), overflow(page))
    for name in ("availableslot", "slotbatch", "timeoff", "holiday"):
        page.goto(f"/admin/scheduling/{name}/")
        found[name] = (axe(page), overflow(page))
    assert found == dict.fromkeys(found, ([], 0))


@pytest.mark.parametrize(("viewport", "color_scheme"), [(WIDE, "light"), (NARROW, "dark")], ids=["wide", "narrow"])
def test_a_series_is_moved_together_and_then_broken_off(page, sign_in, axe, practice):
    sign_in(page, "frontdesk")
    page.goto("/admin/scheduling/appointment/add/")
    choose(page, "patient", "Ada Cloudberry")
    choose(page, "service", "Massage")
    page.get_by_label("Specialist").select_option(label=str(Specialist.objects.first()))
    day = timezone.localdate() + timedelta(days=30)
    page.get_by_label("Day and time").fill(f"{day:%Y-%m-%d}T09:00")
    page.get_by_label("Repeats").select_option("weekly")
    page.get_by_role("button", name="Book the typed time").click()
    page.get_by_role("heading", name="All of these dates are free").wait_for()
    page.get_by_role("button", name="Book these visits").click()
    page.get_by_text("is booked, 4 visits.").wait_for()
    page.get_by_role("heading", name="Series: visit 1 of 4").wait_for()
    found = {"visit": (axe(page), overflow(page))}

    # The second and those that follow go an hour later, once their new times have been seen.
    page.locator(".bo-panel a").first.click()
    page.get_by_role("heading", name="Series: visit 2 of 4").wait_for()
    page.get_by_role("link", name="Reschedule …").click()
    page.get_by_label("This one and the following: 3 visits").check()
    assert page.locator(".bo-goes:visible").count() == 3
    found["reschedule"] = (axe(page), overflow(page))
    page.get_by_label("Another day and time").fill(f"{day + timedelta(days=7):%Y-%m-%d}T10:00")
    page.get_by_role("button", name="Move to the typed time").click()
    page.get_by_role("heading", name="These visits would be moved").wait_for()
    found["preview"] = (axe(page), overflow(page))
    page.locator("button:focus", has_text="Move 3 visits").wait_for()
    page.keyboard.press("Enter")
    page.get_by_text("3 appointments moved.").wait_for()
    hours = [row.starts_at.astimezone(row.practice.zone).hour for row in Appointment.objects.order_by("starts_at")]
    assert hours == [9, 10, 10, 10]

    # Then all that lies ahead is cancelled.
    page.get_by_role("link", name="Cancel …").click()
    page.get_by_label("All upcoming ones of the series: 4 visits").check()
    assert page.locator(".bo-goes:visible").count() == 4
    found["cancel"] = (axe(page), overflow(page))
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text("4 appointments cancelled.").wait_for()
    assert set(Appointment.objects.values_list("status", flat=True)) == {"cancelled"}
    assert found == dict.fromkeys(found, ([], 0))


@pytest.mark.parametrize(("viewport", "color_scheme"), [(WIDE, "light"), (NARROW, "dark")], ids=["wide", "narrow"])
def test_a_six_week_series_over_two_closed_days_takes_eight_clicks(page, sign_in, axe, practice, superuser):
    person = Specialist.objects.get(last_name="Amber")
    today = timezone.localdate()
    monday = today + timedelta(days=7 - today.weekday())
    for week in range(6):
        for day in (0, 1):
            start = datetime.combine(monday + timedelta(days=7 * week + day), time(9), tzinfo=practice.zone)
            wish = SlotWish(person.pk, start, start + timedelta(minutes=30))
            create_slot(practice_id=practice.pk, wish=wish, by=superuser, at=timezone.now())
    for week in (2, 4):
        Holiday.objects.create(practice=practice, date=monday + timedelta(days=7 * week), name="Spring")
    sign_in(page, "frontdesk")
    page.goto(f"/admin/patients/patient/{Patient.objects.get(last_name='Cloudberry').pk}/")
    clicks = 0

    def click(target):
        nonlocal clicks
        clicks += 1
        target.click()

    click(page.get_by_role("link", name="Book an appointment"))
    click(page.locator("#id_service + .select2 .select2-selection"))
    click(page.locator(".select2-results__option", has_text="Massage").first)
    clicks += 1  # the browser's own list of choices
    page.get_by_label("Repeats").select_option("weekly")
    page.get_by_label("Further visits").fill("5")
    clicks += 1
    click(page.get_by_role("button", name="Look for free times").last)
    click(page.locator(".bo-free button").first)
    page.get_by_role("heading", name="2 dates cannot be booked as they are").wait_for()
    assert page.get_by_label("Next free time that week").count() == 2
    assert (axe(page), overflow(page)) == ([], 0)
    click(page.get_by_role("button", name="Book these visits"))
    page.get_by_text("is booked, 6 visits.").wait_for()
    assert clicks <= 8
    days = [row.starts_at.astimezone(practice.zone).date() for row in Appointment.objects.order_by("starts_at")]
    assert [(day - monday).days for day in days] == [0, 7, 15, 21, 29, 35]


def test_a_late_cancellation_says_what_it_costs_and_is_waived(page, sign_in, axe, practice, superuser):
    practice.late_cancel_forfeits, practice.notice_hours = True, 24
    practice.save()
    service, patient = practice.organization.services.get(), Patient.objects.get(last_name="Cloudberry")
    plan = ServicePlanFactory(organization=practice.organization, service=service, sessions_total=10)
    now = timezone.now()
    enrollment = enroll_patient(
        patient_id=patient.pk, service_plan_id=plan.pk, practice_id=practice.pk, by=superuser, at=now
    )
    row = book_appointment(
        practice_id=practice.pk,
        patient_id=patient.pk,
        service_id=service.pk,
        specialist_id=Specialist.objects.get(last_name="Amber").pk,
        starts_at=now + timedelta(hours=2),
        enrollment_id=enrollment.pk,
        by=superuser,
        at=now,
    )
    sign_in(page, "frontdesk")
    page.goto(f"/admin/scheduling/appointment/{row.pk}/cancel/")
    page.get_by_text("Session 1 of 10").wait_for()
    assert axe(page) == []
    page.get_by_label("Waive: give the session back").check()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text("1 appointment cancelled.").wait_for()
    enrollment.refresh_from_db()
    assert enrollment.sessions_left == 10
    row.refresh_from_db()
    assert (row.status, row.plan_session_number) == ("cancelled", None)


def test_a_patient_is_found_by_birth_date_and_told_apart_by_it(page, sign_in, practice):
    for day in (1, 2):
        PatientFactory(
            organization=practice.organization, first_name="Ada", last_name="Elder", date_of_birth=date(1984, 3, day)
        )
    sign_in(page, "frontdesk")
    page.goto("/admin/scheduling/appointment/add/")
    page.locator("#id_patient + .select2 .select2-selection").click()
    page.keyboard.type("02.03.1984")
    # The list of everybody is shown until the answer to what was typed comes.
    expect(page.locator(".select2-results__option")).to_have_count(1)
    page.locator(".select2-results__option", has_text="born 2 Mar 1984").wait_for()
    page.keyboard.press("Enter")
    page.locator("#id_patient + .select2 .select2-selection__rendered", has_text="born 2 Mar 1984").wait_for()


def test_a_form_is_saved_after_the_session_expired(page, sign_in, axe, practice):
    sign_in(page, "frontdesk")
    page.goto("/admin/patients/patient/add/")
    page.get_by_label("First name", exact=False).first.fill("Cleo")
    page.locator("#id_last_name").fill("Elderberry")
    Session.objects.all().delete()
    page.get_by_role("button", name="Save", exact=True).click()
    dialog = page.get_by_role("dialog", name="Sign in again")
    dialog.wait_for()
    assert axe(page) == []
    dialog.get_by_label("Password").fill("wrong")
    dialog.get_by_role("button", name="Sign in and send").click()
    dialog.get_by_role("alert").wait_for()
    dialog.get_by_label("Password").fill("demo")
    dialog.get_by_role("button", name="Sign in and send").click()
    page.get_by_role("heading", name="Cleo Elderberry").first.wait_for()
    assert Patient.objects.filter(last_name="Elderberry").count() == 1
    assert page.evaluate("Object.keys(sessionStorage).concat(Object.keys(localStorage)).join()").find("lder") == -1


def test_paper_shows_the_list_and_nothing_else(page, sign_in, practice):
    sign_in(page, "frontdesk")
    make_a_month(page)
    page.goto("/admin/scheduling/appointment/add/")
    choose(page, "patient", "Ada Cloudberry")
    choose(page, "service", "Massage")
    page.get_by_role("button", name="Look for free times").last.click()
    page.locator(".bo-free button").first.click()
    page.get_by_text("is booked.").wait_for()
    page.goto(f"/admin/day-list/?day={Appointment.objects.get().starts_at:%Y-%m-%d}")
    page.get_by_role("link", name="Slots", exact=True).wait_for()
    page.emulate_media(media="print")
    assert page.get_by_text("Ada Cloudberry").is_visible()
    assert not page.get_by_role("link", name="Slots", exact=True).is_visible()
    assert not page.get_by_role("button", name="Print").is_visible()


def test_who_was_to_be_moved_goes_to_a_colleague_by_two_clicks(page, sign_in, axe, practice, superuser):
    now = timezone.now()
    amber, beech = (Specialist.objects.get(last_name=name) for name in ("Amber", "Beech"))
    day = timezone.localdate(timezone=practice.zone) + timedelta(days=3)
    start = datetime.combine(day, time(9), tzinfo=practice.zone)
    known = {"practice_id": practice.pk, "by": superuser, "at": now}
    for number, patient in enumerate(Patient.objects.order_by("pk")):
        begins = start + number * timedelta(hours=1)
        book_appointment(
            patient_id=patient.pk, service_id=practice.organization.services.get().pk, specialist_id=amber.pk,
            starts_at=begins, **known,
        )  # fmt: skip
        create_slot(wish=SlotWish(beech.pk, begins, begins + timedelta(minutes=30)), **known)
    row = add_time_off(specialist_id=amber.pk, starts_at=start, ends_at=start + timedelta(hours=4), **known)
    sign_in(page, "frontdesk")
    page.goto(f"/admin/to-be-moved/time-off/{row.pk}/")
    assert (axe(page), overflow(page)) == ([], 0)
    page.get_by_label("All", exact=True).check()
    page.get_by_role("button", name="Same hour with a colleague").click()
    page.get_by_text("2 appointments moved.").wait_for()
    page.get_by_text("Nothing has to be moved.").wait_for()
    assert set(Appointment.objects.values_list("specialist", "needs_move")) == {(beech.pk, False)}
