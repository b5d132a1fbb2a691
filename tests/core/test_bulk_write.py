"""Many rows at the driver's speed hold what `bulk_create` would have written."""

from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, models, transaction

from catalog.models import Product, Service
from core import bulk_write
from core.bulk_write import FEW, insert_many, update_many
from core.models import AuditEntry, ExternalId
from directory.models import Resource, Specialty
from patients.models import Patient
from scheduling.models import Appointment
from tests.factories import (
    AT,
    AppointmentFactory,
    PatientFactory,
    ProductFactory,
    ServiceFactory,
    SpecialtyFactory,
)

MANY = FEW + 20


def specialties(organization, count=MANY):
    return [Specialty(organization=organization, name=f"S {n}", created_at=AT, updated_at=AT) for n in range(count)]


def columns(obj):
    return {field.attname: getattr(obj, field.attname) for field in obj._meta.concrete_fields}


def statements(call):
    asked = []
    with connection.execute_wrapper(lambda run, sql, *rest: asked.append(sql) or run(sql, *rest)):
        call()
    return asked


@pytest.mark.parametrize("count", [1, FEW - 1, FEW, 5 * FEW])
def test_rows_get_ids_in_order_and_are_stored(organization, count):
    first = SpecialtyFactory(organization=organization)
    rows = specialties(organization, count)
    insert_many(rows)
    ids = [row.pk for row in rows]
    assert ids == sorted(set(ids))
    assert ids[0] > first.pk
    assert [row._state.adding for row in rows] == [False] * count
    stored = Specialty.objects.exclude(pk=first.pk).order_by("pk").values_list("pk", "name")
    assert list(stored) == [(row.pk, row.name) for row in rows]


@pytest.mark.parametrize("count", [1, 3])
def test_few_rows_get_ids_also_from_a_database_that_returns_none(organization, monkeypatch, count):
    rows = specialties(organization, count)
    with monkeypatch.context() as old:
        old.setattr(connection.features, "can_return_columns_from_insert", False)
        insert_many(rows)
    stored = Specialty.objects.order_by("pk").values_list("pk", "name")
    assert list(stored) == [(row.pk, row.name) for row in rows]
    assert SpecialtyFactory(organization=organization).pk > rows[-1].pk


def test_the_next_ordinary_row_gets_a_free_id(organization):
    insert_many(rows := specialties(organization))
    assert SpecialtyFactory(organization=organization).pk > rows[-1].pk


def test_the_first_rows_of_a_table_get_ids(db):
    insert_many(rows := [Resource(kind="room", created_at=AT) for _ in range(MANY)])
    assert sorted(Resource.objects.values_list("pk", flat=True)) == [row.pk for row in rows]


@pytest.mark.parametrize(
    ("factory", "values"),
    [
        (PatientFactory, {"date_of_birth": date(1980, 12, 31), "pronouns": {"subject": "she"}, "notes": 'a\t"b"\n\\N'}),
        (PatientFactory, {"default_discount": Decimal("12.50"), "email_enabled": False, "archived_at": AT}),
        (ServiceFactory, {"base_price": Decimal("0.10"), "name": "Ș “quoted” \\.", "description": ""}),
        (ProductFactory, {"price": Decimal("1234567890.12"), "stock_level": -3}),
        (AppointmentFactory, {"notes": "second\nline\r\n"}),
    ],
)
def test_a_row_reads_back_as_an_ordinary_insert_writes_it(db, monkeypatch, factory, values):
    """All kinds of columns: text that the copy format must escape, money, JSON, dates, null."""
    monkeypatch.setattr(bulk_write, "FEW", 1)
    ordinary = factory(**values)
    model = type(ordinary)
    expected = columns(model.objects.get(pk=ordinary.pk))
    ordinary.delete()
    del expected["id"]
    insert_many([model(**expected)])
    stored = columns(model.objects.get())
    del stored["id"]
    assert stored == expected


def test_no_row_costs_a_query_of_its_own(organization):
    # The ids, the rows in whole blocks, the rest.
    assert len(statements(lambda: insert_many(specialties(organization)))) <= 3


def test_a_broken_constraint_is_the_databases_error_and_leaves_nothing(organization):
    rows = specialties(organization)
    rows[-1].name = rows[0].name
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_many(rows)
    assert Specialty.objects.count() == 0


def test_a_column_left_to_the_database_is_left_to_it(organization):
    rows = [
        ExternalId(organization=organization, source="s", kind="k", external_id=str(n), object_id=n)
        for n in range(MANY)
    ]
    insert_many(rows)
    assert ExternalId.objects.filter(created_at__gt=datetime(2000, 1, 1, tzinfo=UTC)).count() == MANY


def test_columns_are_updated_and_no_others(organization):
    insert_many(rows := specialties(organization, 4))
    later = datetime(2026, 5, 1, tzinfo=UTC)
    for row in rows:
        row.name, row.sequence_number, row.updated_at = f"{row.name}!", 7, later
    update_many([(rows[0], ["name", "updated_at"]), (rows[1], ["sequence_number"]), (rows[2], ["updated_at", "name"])])
    stored = Specialty.objects.order_by("pk").values_list("name", "sequence_number", "updated_at")
    assert list(stored) == [("S 0!", 0, later), ("S 1", 7, AT), ("S 2!", 0, later), ("S 3", 0, AT)]


def test_the_audit_and_patients_take_the_fast_way():
    """A column of a kind that is not known here would make every import slow, and nothing else would say so."""
    written = [AuditEntry, ExternalId, Resource, Patient, Service, Product, Appointment]
    assert [model for model in written if bulk_write._columns(model) is None] == []


def test_a_model_with_a_column_of_another_kind_is_left_to_bulk_create():
    class Measured(models.Model):
        took = models.DurationField()

        class Meta:
            app_label = "tests"
            managed = False

    class Timed(models.Model):
        at = models.TimeField()

        class Meta:
            app_label = "tests"
            managed = False

    assert bulk_write._columns(Measured) is None
    column = bulk_write._columns(Timed)[1]
    assert column.convert(time(9, 0)) == ("09:00:00" if connection.vendor == "sqlite" else time(9, 0))
