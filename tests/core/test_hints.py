"""SQLite is told which conditions few rows meet, and which of its indexes finds too many; PostgreSQL knows."""

import pytest
from django.db import connection
from django.db.models import Q

from core import hints
from core.hints import OfEach, Rare
from patients.models import Document, Patient
from scheduling.models import Appointment, AvailableSlot
from tests.factories import AppointmentFactory, DocumentFactory, PatientFactory, SlotFactory

onsqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL plans by what the tables hold")
oldest_first = "created_at", "pk"


def test_a_hint_changes_nothing_of_what_is_found(practice):
    one, many = SlotFactory(practice=practice), SlotFactory(practice=practice, capacity=3)
    assert list(AvailableSlot.objects.groups()) == [many]
    assert list(AvailableSlot.objects.exclude(Rare(Q(capacity__gt=1)))) == [one]
    assert list(AvailableSlot.objects.filter(OfEach(Q(practice=practice)) & Q(capacity=1))) == [one]
    gone = PatientFactory(archived_at=one.created_at)
    assert list(Patient.objects.archived()) == [gone]
    visits = [AppointmentFactory(), AppointmentFactory(archived_at=one.created_at)]
    assert list(Appointment.objects.archived()) == visits[1:]
    assert list(Appointment.objects.filter(OfEach(Q(patient__archived_at=None))).order_by("pk")) == visits


@onsqlite
@pytest.mark.parametrize(
    ("rows", "index"),
    [
        (lambda: AvailableSlot.objects.groups().filter(OfEach(Q(withdrawn_at=None))), "slot_group"),
        (lambda: Appointment.objects.archived(), "appointment_archived"),
        (lambda: Appointment.objects.filter(OfEach(Q(practice=1))), "appointment_created"),
    ],
)
def test_sqlite_reads_the_index_that_ends_soonest(db, rows, index):
    plan = rows().order_by(*oldest_first)[:50].explain()
    assert f"USING INDEX {index}" in plan or f"USING COVERING INDEX {index}" in plan


def test_whom_a_specialist_treats_is_read_or_asked_of_each_row(specialist_actor, specialist, practice, monkeypatch):
    treated, other = PatientFactory(organization=practice.organization), PatientFactory()
    AppointmentFactory(practice=practice, patient=treated, specialist=specialist)
    AppointmentFactory(patient=other)
    DocumentFactory(patient=treated)
    seen = Patient.objects.visible_to(specialist_actor), Document.objects.visible_to(specialist_actor)
    assert [len(rows.all()) for rows in seen] == [1, 1]
    if connection.vendor == "sqlite":
        assert all("LIST SUBQUERY" in rows.explain() for rows in seen)
        monkeypatch.setattr(hints, "MANY", 0)
        assert [len(rows.all()) for rows in seen] == [1, 1]
        by_each = "appointment_treated (specialist_id=? AND practice_id=? AND patient_id=?)"
        assert all(by_each in rows.explain() for rows in seen)


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite gets the hints")
def test_postgresql_gets_no_hint(db):
    said = str(AvailableSlot.objects.groups().filter(OfEach(Q(withdrawn_at=None))).query)
    assert "unlikely" not in said
    assert "+(" not in said
