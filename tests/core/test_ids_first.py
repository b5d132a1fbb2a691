"""What an index finds few rows for is read as ids; where it finds many, nothing is named."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import Q

from core import ids_first
from core.ids_first import Way, ids_by, way_by
from core.indexes import has_order
from patients.models import Patient
from scheduling.models import Appointment
from tests.factories import AT, AppointmentFactory, OrganizationFactory, PatientFactory

pytestmark = pytest.mark.django_db


def nowhere():
    raise AssertionError("the index does not begin with the organization")


@pytest.mark.parametrize(
    ("model", "column", "lookup", "value", "expected"),
    [
        (Appointment, "starts_at", "gt", AT, Way(Appointment, "starts_at__gt")),
        (Appointment, "patient_id", "exact", 7, Way(Appointment, "patient_id__exact")),
        (Appointment, "pk", "gt", 7, Way(Appointment, "pk__gt")),
        (Appointment, "cancelled_at", "gt", AT, Way(Appointment, "cancelled_at__gt")),
        # The index has only those that were cancelled.
        (Appointment, "cancelled_at", "isnull", True, None),
        (Appointment, "ends_at", "gt", AT, None),
        (Appointment, "by_type", "exact", 7, None),
        (Patient, "email", "exact", "x", Way(Patient, "email__exact", placed=True)),
        (Patient, "old_reference_id", "exact", "x",
         Way(Patient, "old_reference_id__exact", beside=~Q(old_reference_id=""), placed=True)),
        (Patient, "old_reference_id", "exact", "", None),
        (Patient, "notes", "exact", "x", None),
    ],
)  # fmt: skip
def test_an_index_is_a_way_to_find_rows(model, column, lookup, value, expected):
    assert way_by(model, column, lookup, value) == expected


def test_the_order_of_a_list_is_that_of_an_index_or_not():
    assert has_order(Appointment, "specialist_id", "created_at")
    assert has_order(Patient, "organization_id", "updated_at")
    assert not has_order(Appointment, "practice_id", "created_at")
    # An index of some rows says nothing of all.
    assert not has_order(Appointment, "practice", "id")


def test_few_are_named_and_many_are_not(monkeypatch):
    times = [AT + timedelta(days=n) for n in range(4)]
    visits = [AppointmentFactory(starts_at=at, ends_at=at + timedelta(minutes=30)) for at in times]
    later = Way(Appointment, "starts_at__gte"), AT + timedelta(days=2)
    of_patient = Way(Appointment, "patient_id__exact"), visits[0].patient_id
    assert ids_by([later], nowhere) == [visits[2].pk, visits[3].pk]
    assert ids_by([later, of_patient], nowhere) == [visits[2].pk, visits[3].pk, visits[0].pk]
    assert ids_by([(Way(Appointment, "pk__in"), (visits[1].pk, 0))], nowhere) == [visits[1].pk]
    assert ids_by([(Way(Appointment, "slot__isnull"), False)], nowhere) == []
    monkeypatch.setattr(ids_first, "FEW", 2)
    assert ids_by([later], nowhere) == [visits[2].pk, visits[3].pk]
    assert ids_by([later, of_patient], nowhere) is None


def test_an_index_that_begins_with_the_organization_is_looked_into_for_each():
    organizations = OrganizationFactory.create_batch(3)
    here, there, _elsewhere = (PatientFactory(organization=one, email="a@example.org") for one in organizations)
    way = Way(Patient, "email__exact", placed=True), "a@example.org"
    both = [here.organization_id, there.organization_id]
    assert ids_by([way], lambda: both) == [here.pk, there.pk]
    assert ids_by([way], list) == []
    assert ids_by([way], lambda: range(ids_first.MOST_ORGANIZATIONS + 1)) is None


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL plans by what the tables hold")
@pytest.mark.parametrize(
    ("way", "value", "index"),
    [
        (Way(Appointment, "starts_at__gt"), AT, "appointment_starts"),
        (Way(Appointment, "cancelled_at__gt"), AT, "appointment_cancelled_at"),
        (Way(Appointment, "archived_at__gte"), AT, "appointment_archived_at"),
        (Way(Patient, "email__exact", placed=True), "a@example.org", "patient_email"),
        (Way(Patient, "first_name__exact"), "Ana", "patient_first_name"),
        (Way(Patient, "gender__exact"), "female", "patient_gender"),
    ],
)
def test_the_index_is_the_one_that_is_read(way, value, index):
    statement = ids_first._statement(way, type(value), None)
    made = statement._made()
    sent = made.parameters.sent({"value": value, "organization": 1}, connection)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {made.sql}", sent)
        said = " ".join(str(row[-1]) for row in cursor.fetchall())
    assert f"INDEX {index} " in said
    assert "ORDER BY" not in said
