"""An empty clinic says on each page what to set up first, and stops saying so once it is set up."""

import re
from datetime import timedelta

import pytest
from django.contrib import admin
from django.urls import reverse
from django.utils import timezone

from tests.backoffice.conftest import signed_in
from tests.factories import (
    AppointmentFactory,
    MembershipFactory,
    OrganizationFactory,
    PracticeFactory,
    ProductFactory,
    ServiceFactory,
    ServiceSpecialistFactory,
    SlotFactory,
    SpecialistFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

START = reverse("admin:index")
# They need somewhere to work.
PAGES = (
    "calendar", "day_list", "order_board", "program_board", "to_be_moved", "bulk_slots", "import_holidays", "till",
    "to_bill", "cash_book", "aged_debts", "invite_staff", "add_service_account", "scheduling_appointment_add",
    "patients_patient_add", "programs_enrollment_add", "orders_productorder_add", "catalog_service_add",
)  # fmt: skip


def next_step(client, page=START):
    """What the page says to do next; "" where it says nothing of the kind."""
    steps = client.get(page).context.get("first_steps") or []
    return next((one.title for one in steps if one.url or one.others), "")


def test_each_page_of_an_empty_clinic_opens_and_says_what_to_set_up_first():
    client = signed_in(UserFactory(username="boss", superuser=True))
    for page in PAGES:
        answer = client.get(reverse(f"admin:{page}"), follow=True)
        assert (page, answer.status_code, next_step(client, reverse(f"admin:{page}"))) == (
            page,
            200,
            "Name the organization",
        )
    for model in admin.site._registry:
        answer = client.get(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"))
        assert (model, answer.status_code) == (model, 200)
    assert next_step(client) == "Name the organization"


def test_the_first_steps_follow_what_is_there_and_end(client):
    client = signed_in(UserFactory(username="boss", superuser=True))
    organization = OrganizationFactory()
    assert next_step(client) == "Add a practice"
    practice = PracticeFactory(organization=organization)
    assert next_step(client) == "Add the specialists"
    specialist = SpecialistFactory(organization=organization, works_at=[practice])
    assert next_step(client) == "Add the services"
    service = ServiceFactory(organization=organization)
    assert next_step(client) == "Choose who offers the services"
    ServiceSpecialistFactory(service=service, specialist=specialist)
    assert next_step(client) == "Publish free times"
    soon = timezone.now() + timedelta(days=3)
    SlotFactory(practice=practice, specialist=specialist, starts_at=soon, ends_at=soon + timedelta(hours=1))
    assert next_step(client) == ""
    assert "First steps" not in client.get(START).content.decode()


def test_a_chain_at_work_is_told_nothing_because_its_oldest_practice_is_empty():
    client = signed_in(UserFactory(username="boss", superuser=True))
    PracticeFactory()
    working = PracticeFactory()
    specialist = SpecialistFactory(organization=working.organization, works_at=[working])
    ServiceSpecialistFactory(service=ServiceFactory(organization=working.organization), specialist=specialist)
    AppointmentFactory(practice=working, specialist=specialist)
    assert next_step(client) == ""


def test_the_desk_is_told_whose_work_the_next_step_is(practice):
    desk = signed_in(MembershipFactory(practice=practice, user=UserFactory(username="ana")).user)
    page = desk.get(START).content.decode()
    assert "Ask your clinic admin to do this." in page
    assert reverse("admin:directory_specialist_add") not in page


def test_a_role_that_is_missing_is_refused_also_in_a_clinic_without_rows(therapist):
    assert therapist.get(reverse("admin:cash_book")).status_code == 403


def test_a_new_service_asks_by_whom_it_is_offered_in_a_box_that_has_a_name(manager):
    page = manager.get(reverse("admin:catalog_service_add")).content.decode()
    assert re.search(r'<select name="offers-0-specialist"[^>]* aria-label="Specialist"', page)


def test_a_page_whose_choices_are_missing_says_who_adds_them(desk, practice):
    for page, told in (("programs_enrollment_add", "no plans"), ("orders_productorder_add", "no products")):
        assert f"There are {told}" in desk.get(reverse(f"admin:{page}")).content.decode()
    for page in ("till", "cash_book"):
        text = desk.get(reverse(f"admin:{page}")).content.decode()
        assert "There is no account yet." in text
        assert "This field is required." not in text
    ProductFactory(organization=practice.organization)
    assert "There are no products" not in desk.get(reverse("admin:orders_productorder_add")).content.decode()


def test_an_empty_list_tells_whether_there_is_anything_to_show(boss):
    appointments = reverse("admin:scheduling_appointment_changelist")
    assert "No appointments: Today" in boss.get(appointments).content.decode()
    assert "No appointments yet" in boss.get(f"{appointments}?when=any").content.decode()
    patients = reverse("admin:patients_patient_changelist")
    assert "No patients yet" in boss.get(patients).content.decode()
    assert "No patients match" in boss.get(f"{patients}?q=nobody").content.decode()


def test_a_list_that_is_narrowed_to_nothing_offers_to_show_all(boss, practice):
    AppointmentFactory(practice=practice)
    list_of = reverse("admin:scheduling_appointment_changelist")
    page = boss.get(f"{list_of}?when=untimed").content.decode()
    assert "No appointments: No time yet" in page
    assert 'href="?when=any"' in page
    assert "No appointments" not in boss.get(f"{list_of}?when=any").content.decode()
