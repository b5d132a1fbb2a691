"""The desk's day in a real browser: by mouse and keyboard, wide and narrow, light and dark."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from orders.models import ProductOrder
from patients.models import Patient
from programs.models import Enrollment
from scheduling.models import Appointment
from tests.browser.conftest import in_each_look
from tests.factories import (
    AppointmentFactory,
    DocumentFactory,
    EnrollmentFactory,
    MembershipFactory,
    PatientFactory,
    PhoneNumberFactory,
    PracticeFactory,
    ProductFactory,
    ProductOrderFactory,
    ServiceFactory,
    ServicePlanFactory,
    ServicePlanProductFactory,
    ServiceSpecialistFactory,
    SpecialistFactory,
    UserFactory,
)


@pytest.fixture
def practice(live_server):
    practice = PracticeFactory(name="Amberfield")
    MembershipFactory(practice=practice, user=UserFactory(username="frontdesk", first_name="Fran"))
    return practice


@pytest.fixture
def patient(practice):
    patient = PatientFactory(organization=practice.organization, first_name="Ada", last_name="Cloudberry")
    PhoneNumberFactory(patient=patient)
    return patient


@pytest.fixture
def plan(practice):
    plan = ServicePlanFactory(organization=practice.organization, name="Kinetotherapy 10 Sessions")
    pillow = ProductFactory(organization=practice.organization, name="Cervical Pillow")
    ServicePlanProductFactory(service_plan=plan, product=pillow)
    return plan


def overflow(page):
    """How much wider the page is than its window, in pixels."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def choose(page, field, typed, shown):
    """Pick from a search box by keyboard, as staff do."""
    page.locator(f"#id_{field} + .select2 .select2-selection").focus()
    page.keyboard.press("Enter")
    page.keyboard.type(typed)
    page.locator(".select2-results__option", has_text=shown).first.wait_for()
    page.keyboard.press("Enter")
    page.locator(f"#id_{field} + .select2 .select2-selection__rendered", has_text=shown).wait_for()


# ---------------------------------------------------------------------------------------------- the work


def test_an_order_is_confirmed_shipped_and_delivered(page, sign_in, practice, patient):
    order = ProductOrderFactory(practice=practice, patient=patient, product__name="Cervical Pillow")
    sign_in(page, "frontdesk")
    page.get_by_role("link", name="Pending orders").click()
    page.get_by_role("button", name="Confirm", exact=True).click()
    page.get_by_text("1 order confirmed.").wait_for()
    page.get_by_role("link", name="Confirmed", exact=True).click()
    page.get_by_role("link", name="Ship", exact=True).click()
    page.get_by_label("Tracking number").fill("RO123456789")
    page.get_by_role("button", name="Ship").click()
    page.get_by_text("1 order shipped.").wait_for()
    page.get_by_role("link", name="Shipped", exact=True).click()
    page.get_by_role("button", name="Delivered").click()
    page.get_by_text("1 order delivered.").wait_for()
    order.refresh_from_db()
    assert (order.status, order.tracking_number) == ("delivered", "RO123456789")


def test_many_orders_are_shipped_from_the_list(page, sign_in, practice, patient):
    orders = [ProductOrderFactory(practice=practice, patient=patient, confirmed=True) for _ in range(2)]
    ProductOrderFactory(practice=practice, patient=patient)
    sign_in(page, "frontdesk")
    page.goto("/admin/orders/productorder/")
    page.locator("#action-toggle").check()
    page.get_by_label("Select action to run").select_option("ship")
    page.get_by_role("button", name="Run").click()
    page.get_by_text("An order that is pending cannot become shipped.").wait_for()
    for number, order in enumerate(orders):
        page.locator(f"#id_row{order.pk}-tracking_number").fill(f"RO{number}")
    page.get_by_role("button", name="Ship").click()
    page.get_by_text("2 orders shipped.").wait_for()
    page.get_by_text("1 refused: An order that is pending cannot become shipped.").wait_for()
    assert sorted(ProductOrder.objects.values_list("status", "tracking_number")) == [
        ("pending", ""),
        ("shipped", "RO0"),
        ("shipped", "RO1"),
    ]


def test_a_patient_is_enrolled_from_their_page_by_keyboard(page, sign_in, practice, patient, plan):
    sign_in(page, "frontdesk")
    page.goto(f"/admin/patients/patient/{patient.pk}/")
    page.get_by_role("link", name="Enroll in a program").click()
    choose(page, "service_plan", "kineto", "Kinetotherapy 10 Sessions")
    page.get_by_role("button", name="Save", exact=True).press("Enter")
    page.get_by_text("was added successfully").wait_for()
    row = Enrollment.objects.get()
    assert (row.patient, row.service_plan, row.sessions_left) == (patient, plan, 10)
    page.goto(f"/admin/programs/enrollment/{row.pk}/change/")
    page.get_by_text("0 of 10 sessions used").first.wait_for()
    assert page.get_by_text("Cervical Pillow").is_visible()


def test_a_registration_becomes_a_patient_with_a_time(page, sign_in, practice):
    therapy = ServiceFactory(organization=practice.organization, name="Kinetotherapy", public=True)
    doctor = SpecialistFactory(organization=practice.organization, works_at=[practice], last_name="Zamfir")
    ServiceSpecialistFactory(service=therapy, specialist=doctor)
    wish = AppointmentFactory(
        practice=practice, registration=True, service=therapy, contact_name="Jane Doe", contact_phone="+40722000111"
    )
    sign_in(page, "frontdesk")
    page.get_by_role("link", name=re.compile("People to call back")).click()
    page.get_by_role("link", name="Book in Jane Doe").click()
    page.get_by_label("Specialist").select_option(label=str(doctor))
    page.get_by_label("Day and time").fill("2027-07-01T09:30")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Jane Doe is booked.").wait_for()
    patient = Patient.objects.get()
    wish = Appointment.objects.get(pk=wish.pk)
    assert (patient.name, wish.patient, wish.specialist, wish.status) == ("Jane Doe", patient, doctor, "confirmed")
    assert page.url.endswith(f"/admin/patients/patient/{patient.pk}/")


def test_the_palette_leads_to_a_patient_by_keyboard(page, sign_in, practice, patient):
    sign_in(page, "frontdesk")
    page.keyboard.press("Control+k")
    page.locator("#search-input-command").wait_for()
    page.keyboard.type("cloudberry")
    page.locator("#command-results-list").get_by_text("Ada Cloudberry").wait_for()
    page.keyboard.press("ArrowDown")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.endswith(f"/admin/patients/patient/{patient.pk}/")


def test_the_palette_says_that_it_found_nothing_and_enter_takes_the_first_hit(page, sign_in, axe, practice, patient):
    sign_in(page, "frontdesk")
    page.keyboard.press("Control+k")
    page.locator("#search-input-command").wait_for()
    page.keyboard.type("nobody of this name")
    page.locator("#command-results").get_by_text("Nothing was found.").wait_for()
    assert axe(page) == []
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.locator("#search-input-command").fill("cloudberry")
    page.keyboard.type(" ")
    page.locator("#command-results").get_by_text("Ada Cloudberry").wait_for()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.endswith(f"/admin/patients/patient/{patient.pk}/")


def test_a_patient_who_is_there_already_is_warned_about(page, sign_in, practice, patient):
    sign_in(page, "frontdesk")
    page.goto("/admin/patients/patient/add/")
    page.get_by_label("First name", exact=True).fill("ada")
    page.get_by_label("Last name").fill("cloudberry")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("A similar patient already exists.").wait_for()
    page.get_by_label("This is another person").check()
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("heading", name="Next appointments").wait_for()
    assert Patient.objects.count() == 2


def test_a_refusal_is_shown_without_losing_what_was_typed(page, sign_in, practice, patient):
    product = ProductFactory(organization=practice.organization, name="Old pillow", inactive=True)
    sign_in(page, "frontdesk")
    page.goto(f"/admin/orders/productorder/add/?patient={patient.pk}&product={product.pk}")
    page.get_by_label("Notes").fill("Blue, please")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Old pillow is not on sale.").wait_for()
    assert page.get_by_label("Notes").input_value() == "Blue, please"


# ------------------------------------------------------------------------------------------- how it looks


@pytest.fixture
def filled(practice, patient, plan):
    """A desk with something on every page; the addresses of those that were looked at."""
    enrollment = EnrollmentFactory(practice=practice, patient=patient, service_plan=plan)
    specialist = SpecialistFactory(organization=practice.organization, works_at=[practice])
    AppointmentFactory(practice=practice, patient=patient, specialist=specialist, enrollment=enrollment)
    AppointmentFactory(practice=practice, patient=patient, specialist=specialist, done=True)
    soon = timezone.now() + timedelta(days=1)
    span = {"starts_at": soon, "ends_at": soon + timedelta(minutes=30)}
    AppointmentFactory(practice=practice, patient=patient, specialist=specialist, needs_move=True, **span)
    wish = AppointmentFactory(practice=practice, registration=True, contact_phone="+40722000111")
    orders = [
        ProductOrderFactory(practice=practice, patient=patient, **trait)
        for trait in ({}, {"confirmed": True}, {"shipped": True}, {"delivered": True}, {"cancelled": True})
    ]
    DocumentFactory(patient=patient)
    return {
        "start": "/admin/",
        "orders": "/admin/orders/productorder/",
        "order": f"/admin/orders/productorder/{orders[0].pk}/change/",
        "ship": f"/admin/orders/productorder/{orders[1].pk}/ship/",
        "patients": "/admin/patients/patient/",
        "patient": f"/admin/patients/patient/{patient.pk}/",
        "edit patient": f"/admin/patients/patient/{patient.pk}/change/",
        "program": f"/admin/programs/enrollment/{enrollment.pk}/change/",
        "cancel program": f"/admin/programs/enrollment/{enrollment.pk}/cancel/",
        "enroll": "/admin/programs/enrollment/add/",
        "order board": "/admin/order-board/",
        "program board": "/admin/program-board/",
        "to be moved": "/admin/to-be-moved/",
        "second factor": "/admin/account/second-factor/",
        "sessions": "/admin/account/sessions/",
        "registrations": "/admin/registrations/",
        "registration": f"/admin/registrations/{wish.pk}/",
        "history": f"/admin/patients/patient/{patient.pk}/history/",
    }


@in_each_look
def test_the_sign_in_is_accessible(page, practice, axe, viewport, color_scheme):
    page.goto("/admin/login/")
    assert (axe(page), overflow(page)) == ([], 0)


@in_each_look
def test_the_pages_of_the_desk_are_accessible(page, sign_in, axe, filled, viewport, color_scheme):
    sign_in(page, "frontdesk")
    found = {}
    for name, address in filled.items():
        page.goto(address)
        found[name] = (axe(page), overflow(page))
    assert found == dict.fromkeys(filled, ([], 0))


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_the_bar_of_actions_is_readable(page, sign_in, axe, filled, color_scheme):
    sign_in(page, "frontdesk")
    page.goto(filled["orders"])
    page.locator("#action-toggle").check()
    page.get_by_label("Select action to run").wait_for()
    assert axe(page) == []
