"""SQLite is told which conditions few rows meet, and which of its indexes finds too many; PostgreSQL knows."""

import pytest
from django.db import connection
from django.db.models import Q

from core.hints import OfEach, Rare
from patients.models import Patient
from scheduling.models import Appointment, AvailableSlot
from tests.factories import AppointmentFactory, PatientFactory, SlotFactory

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


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite gets the hints")
def test_postgresql_gets_no_hint(db):
    said = str(AvailableSlot.objects.groups().filter(OfEach(Q(withdrawn_at=None))).query)
    assert "unlikely" not in said
    assert "+(" not in said
