"""The patient's page tells what happened, newest first, and what to do next."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backoffice.kit.timeline import PAGE, Place, place_in
from billing.services import NewLine, issue_bill, take_payment
from core.actor import Actor
from programs.services import enroll_patient
from scheduling.states import AppointmentStatus
from tests.backoffice.conftest import url
from tests.factories import (
    AccountFactory,
    AppointmentFactory,
    DocumentFactory,
    PatientAlertFactory,
    PatientFactory,
    PaymentTypeFactory,
    ProductOrderFactory,
    ServicePlanFactory,
)

BY = Actor.system("test")
NOW = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def ada(practice):
    return PatientFactory(organization=practice.organization, first_name="Ada", accepted_privacy_policy=True)


def page(patient, query=""):
    return url("patients.patient", "page", patient.pk) + query


def ago(**back):
    return NOW - timedelta(**back)


def visit(practice, patient, begin, **values):
    return AppointmentFactory(
        practice=practice, patient=patient, starts_at=begin, ends_at=begin + timedelta(minutes=30), **values
    )


def bill(practice, patient, *, at):
    line = NewLine(label="Treatment", unit_price=Decimal("100.00"), vat_percentage=Decimal("0.00"))
    return issue_bill(practice_id=practice.pk, patient_id=patient.pk, lines=[line], by=BY, at=at)


def story(practice, patient):
    """One of everything, a day apart; the day after, the name by which it is known."""
    visit(practice, patient, ago(days=9), notes="Left knee", status=AppointmentStatus.DONE)
    DocumentFactory(patient=patient, created_at=ago(days=8), name="Consent.pdf")
    PatientAlertFactory(patient=patient, created_at=ago(days=7), ended_at=ago(days=5), text="Latex")
    enroll_patient(
        patient_id=patient.pk,
        practice_id=practice.pk,
        service_plan_id=ServicePlanFactory(organization=practice.organization, name="Ten sessions").pk,
        by=BY,
        at=ago(days=6),
    )
    owed = bill(practice, patient, at=ago(days=4))
    take_payment(
        practice_id=practice.pk,
        amount=Decimal("40.00"),
        account_id=AccountFactory(practice=practice).pk,
        payment_type_id=PaymentTypeFactory(organization=practice.organization).pk,
        bill_ids=[owed.pk],
        by=BY,
        at=ago(days=3),
    )
    visit(practice, patient, ago(days=2), status=AppointmentStatus.NO_SHOW)
    visit(practice, patient, ago(days=-2))
    return owed


def test_everything_that_happened_is_told_newest_first(desk, practice, ada):
    owed = story(practice, ada)
    other = PatientFactory(organization=practice.organization)
    visit(practice, other, ago(days=1))
    entries = desk.get(page(ada)).context["entries"]
    assert [entry.place.source for entry in entries] == [
        "visit", "payment", "bill", "alert-ended", "program", "alert", "document", "visit",
    ]  # fmt: skip
    titles = [str(entry.title) for entry in entries]
    assert "Paid RON\xa040.00" in titles[1]
    assert owed.full_number in titles[2]
    assert "Enrolled in Ten sessions" in titles[4]
    assert "Consent.pdf" in titles[6]
    assert entries[-1].detail == "Left knee"
    assert [entry.place for entry in entries] == sorted((entry.place for entry in entries), reverse=True)


def test_a_part_of_the_story_is_asked_for_alone(desk, practice, ada):
    story(practice, ada)
    shown = {
        only: [entry.place.source for entry in desk.get(page(ada, f"?only={only}")).context["entries"]]
        for only in ("visits", "money", "documents", "alerts", "programs", "orders")
    }
    assert shown == {
        "visits": ["visit", "visit"],
        "money": ["payment", "bill"],
        "documents": ["document"],
        "alerts": ["alert-ended", "alert"],
        "programs": ["program"],
        "orders": [],
    }


def test_the_pages_of_a_long_story_leave_nothing_out_and_repeat_nothing(desk, practice, ada):
    # Several at the very same moment, and some of which only the day is known.
    for number in range(PAGE):
        DocumentFactory(patient=ada, created_at=ago(days=number // 6), name=f"{number}.pdf")
        PatientAlertFactory(patient=ada, created_at=ago(days=number // 6), text=f"Alert {number}")
    for number in range(4):
        bill(practice, ada, at=ago(days=4 - number))
    seen, address = [], page(ada)
    for _turn in range(5):
        context = desk.get(address).context
        seen += [entry.place for entry in context["entries"]]
        if not context["older"]:
            break
        address = context["older"].partition("#")[0]
    assert len(seen) == len(set(seen)) == 2 * PAGE + 4
    assert seen == sorted(seen, reverse=True)


@pytest.mark.parametrize(
    "query",
    [
        "?before=yesterday", "?before=2026-03-01", "?before=2026-03-01T10:00:00~visit~1",
        "?before=2026-03-01T10:00:00%2B00:00~nothing~1", "?before=2026-03-01T10:00:00%2B00:00~visit~x",
        "?before=0001-01-01T00:00:00%2B00:00~visit~1", "?before=%00", "?only=everything", "?only=%00",
    ],
)  # fmt: skip
def test_what_is_no_place_in_the_story_is_refused(desk, ada, query):
    assert desk.get(page(ada, query)).status_code == 400


def test_a_place_is_read_as_it_is_written():
    place = Place(NOW, "visit", 5)
    assert place_in(str(place)) == place


def test_the_page_costs_the_same_for_a_short_story_and_a_long_one(desk, practice, ada):
    def cost():
        desk.get(page(ada))
        with CaptureQueriesContext(connection) as queries:
            desk.get(page(ada))
        return len(queries)

    story(practice, ada)
    ProductOrderFactory(practice=practice, patient=ada)
    few = cost()
    for number in range(15):
        visit(practice, ada, ago(days=20 + number), status=AppointmentStatus.DONE)
        DocumentFactory(patient=ada, created_at=ago(days=number))
        PatientAlertFactory(patient=ada, created_at=ago(days=number))
        ProductOrderFactory(practice=practice, patient=ada)
        bill(practice, ada, at=NOW)
    assert cost() == few


def test_a_specialist_is_told_no_money(therapist, specialist, practice, ada):
    story(practice, ada)
    visit(practice, ada, ago(days=1), specialist=specialist)
    context = therapist.get(page(ada)).context
    assert {entry.place.source for entry in context["entries"]} & {"bill", "payment"} == set()
    assert "Take payment" not in [one.label for one in context["suggestions"]]


def test_the_next_sensible_action_comes_first(desk, practice, ada):
    def next_ones():
        return [one.label for one in desk.get(page(ada)).context["suggestions"]]

    assert next_ones() == ["Book a visit"]
    bill(practice, ada, at=ago(days=1))
    assert next_ones() == ["Book a visit", "Take payment"]
    today = visit(practice, ada, ago(hours=-1))
    assert next_ones() == ["Arrived", "Take payment"]
    first = desk.get(page(ada)).context["suggestions"][0]
    assert first.post
    assert desk.post(first.url, {"next": page(ada)}).headers["Location"] == page(ada)
    today.refresh_from_db()
    assert today.status == AppointmentStatus.ARRIVED
    assert next_ones()[0] == "In care"
    type(today).objects.filter(pk=today.pk).update(status=AppointmentStatus.CONFIRMED, needs_move=True)
    assert next_ones()[0] == "Find another time"


def test_nothing_is_suggested_for_a_record_that_was_put_away(desk, practice):
    patient = PatientFactory(organization=practice.organization, archived=True)
    assert desk.get(page(patient)).context["suggestions"] == []
