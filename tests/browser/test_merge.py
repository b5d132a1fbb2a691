"""The desk merges two records of one person, found while a caller is booked."""

from datetime import timedelta

import pytest
from django.utils import timezone

from patients.models import Patient
from tests.browser.test_scheduling import overflow
from tests.browser.test_scheduling import practice as practice
from tests.factories import AppointmentFactory, PatientFactory, ProductOrderFactory


@pytest.fixture
def records(practice):
    """Two records of one person, which differ in their addresses and notes; the second has a visit and an order."""
    same = {"organization": practice.organization, "first_name": "Ada", "last_name": "Quince"}
    kept = PatientFactory(**same, email="ada@example.org", notes="Mornings only", city="Bucharest")
    gone = PatientFactory(**same, email="quince@example.org", notes="Comes by bus", occupation="Baker")
    begin = timezone.now() + timedelta(days=2)
    AppointmentFactory(practice=practice, patient=gone, starts_at=begin, ends_at=begin + timedelta(minutes=30))
    ProductOrderFactory(practice=practice, patient=gone)
    return kept, gone


def test_a_caller_with_two_records_has_one_after_a_merge(page, sign_in, axe, records):
    kept, gone = records
    sign_in(page, "frontdesk")
    page.goto("/admin/scheduling/appointment/add/")
    page.locator("summary", has_text="New patient").click()
    page.get_by_label("First name").fill("Ada")
    page.get_by_label("Last name").fill("Quince")
    page.get_by_role("button", name="Add this patient").click()
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Same person as the first? Merge").click()
    merge = opened.value
    merge.get_by_role("heading", name="Both records").wait_for()
    assert (overflow(merge), axe(merge)) == (0, [])
    merge.get_by_label("E-mail: quince@example.org").check()
    merge.get_by_label("Keep both texts").check()
    merge.get_by_role("button", name="Merge the records").click()
    merge.get_by_text("Confirm first that both records are of the same person.").wait_for()
    assert Patient.objects.get(pk=gone.pk).merged_into is None
    merge.get_by_label("I have checked that both records are of the same person").check()
    merge.get_by_role("button", name="Merge the records").click()
    merge.get_by_text("was merged into Ada Quince.").wait_for()
    assert merge.url.endswith(f"/admin/patients/patient/{kept.pk}/")
    kept.refresh_from_db()
    said = (kept.email, kept.notes, kept.city, kept.occupation)
    assert said == ("quince@example.org", "Mornings only\nComes by bus", "Bucharest", "Baker")
    assert (kept.appointments.count(), kept.orders.count()) == (1, 1)
    # What was typed for the caller is still there, and only one record looks like it.
    assert page.get_by_label("Last name").input_value() == "Quince"
    with page.expect_navigation():
        page.get_by_role("button", name="Add this patient").click()
    assert page.locator(".bo-alike li").count() == 1
    assert page.get_by_role("link", name="Same person as the first?").count() == 0
