"""Imported visits that stand in slots and are sessions of programs."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from core.actor import Actor
from core.imports.undo import undo_import
from core.models import ImportJob
from programs.models import Enrollment, SessionMovement
from scheduling.models import Appointment, AvailableSlot, Claim
from tests.factories import PatientFactory, ServicePlanFactory, SlotFactory, SpecialistFactory
from tests.importing import NOW, import_text, outcome, refusals
from tests.races.racing import broken

HEADER = "external_id,patient,specialist,starts_at,duration,status,in_slot,enrollment,session\n"
AHEAD = NOW + timedelta(days=3)


@pytest.fixture
def clinic(practice):
    """A specialist, two patients, and a program of ten sessions of which the first patient has used three."""
    for name in ("ana", "ion"):
        PatientFactory(organization=practice.organization, email=f"{name}@example.org")
    SpecialistFactory(organization=practice.organization, works_at=[practice], first_name="Ina", last_name="Marin")
    ServicePlanFactory(organization=practice.organization, name="Ten", sessions_total=10)
    text = "external_id,patient,service_plan,enrolled_at,sessions_used\ne,ana@example.org,Ten,2026-01-02T09:00Z,3\n"
    assert outcome(import_text("enrollments", text, practice_id=practice.pk)) == (1, 0, 0, 0)
    return practice


def visit(key, starts_at, status="done", in_slot="", session="", patient="ana", program="e"):
    return (
        f"{key},{patient}@example.org,Ina Marin,{starts_at:%Y-%m-%dT%H:%MZ},30,{status},{in_slot},{program},{session}\n"
    )


def load(clinic, *rows):
    return import_text("appointments", HEADER + "".join(rows), practice_id=clinic.pk)


def test_visits_that_are_done_are_among_the_sessions_that_were_used(clinic):
    past = [NOW - timedelta(days=day) for day in (20, 10, 5, 4)]
    report = load(
        clinic,
        visit("a", past[0]),
        visit("b", past[1], session="2"),
        visit("c", past[2], "no_show", session="3"),
        visit("d", past[3], "cancelled"),
        visit("f", AHEAD, "confirmed"),
    )
    assert outcome(report) == (5, 0, 0, 0)
    program = Enrollment.objects.get()
    assert program.sessions_left == 7
    numbers = Appointment.objects.order_by("starts_at").values_list("plan_session_number", flat=True)
    assert list(numbers) == [1, 2, 3, None, 4]
    assert broken() == []
    # One more that is done is one more session.
    assert outcome(load(clinic, visit("g", NOW - timedelta(days=1)))) == (1, 0, 0, 0)
    program.refresh_from_db()
    assert (program.sessions_left, broken()) == (6, [])


def test_a_program_refuses_visits_that_are_not_its_own_and_sessions_that_another_has(clinic):
    report = load(
        clinic,
        visit("a", NOW - timedelta(days=20), session="1"),
        visit("b", NOW - timedelta(days=19), session="1"),
        visit("c", NOW - timedelta(days=18), patient="ion"),
    )
    assert [(line, column) for line, column, _reason in refusals(report)] == [(3, "session"), (4, "enrollment")]
    assert Enrollment.objects.get().sessions_left == 7
    assert SessionMovement.objects.filter(appointment__isnull=False).count() == 1


def test_a_visit_takes_the_place_of_its_slot_and_a_full_slot_refuses(clinic):
    specialist = SpecialistFactory(organization=clinic.organization, works_at=[clinic], first_name="I", last_name="M")
    slot = SlotFactory(
        practice=clinic, specialist=specialist, starts_at=AHEAD, ends_at=AHEAD + timedelta(minutes=30), capacity=1
    )
    rows = [
        visit(key, AHEAD, "confirmed", "yes", patient=who, program="").replace("Ina Marin", "I M")
        for key, who in (("a", "ana"), ("b", "ion"))
    ]
    report = load(clinic, *rows)
    assert refusals(report)[0] == (3, "in_slot", "The slot has no place left.")
    assert outcome(report) == (1, 0, 0, 1)
    slot.refresh_from_db()
    assert (slot.booked, Appointment.objects.get().slot_id, Claim.objects.filter(slot=slot).count()) == (1, slot.pk, 1)
    assert broken() == []


def test_a_program_is_taken_back_while_no_visit_names_it(clinic):
    job = ImportJob.objects.get(kind="enrollments")
    undo_import(job.pk, by=Actor.system("undo_import"), at=NOW)
    program = Enrollment.objects.get()
    assert (program.status, program.sessions_left, broken()) == ("cancelled", 10, [])


def test_a_series_that_began_long_ago_goes_on_from_its_own_first_day(clinic):
    """A fortnightly series stays on its fortnights, and it can be taken back."""
    header = "external_id,specialist,pattern,start_date,start_time,duration_minutes\n"
    text = f"{header}s,Ina Marin,biweekly,2025-12-01,09:00,30\n"
    assert outcome(import_text("slot-series", text, practice_id=clinic.pk)) == (1, 0, 0, 0)
    first = AvailableSlot.objects.order_by("starts_at").first()
    zone = ZoneInfo(clinic.time_zone)
    assert first.starts_at > NOW
    assert (first.starts_at.astimezone(zone).date() - datetime(2025, 12, 1, tzinfo=zone).date()).days % 14 == 0
    undo_import(ImportJob.objects.get(kind="slot-series").pk, by=Actor.system("undo_import"), at=NOW)
    assert not AvailableSlot.objects.exists()
