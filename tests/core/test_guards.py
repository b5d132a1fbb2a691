"""A constraint, trigger or index that the database has lost is noticed."""

import pytest
from django.db import connection, transaction

from core.guards import missing_guards

pytestmark = pytest.mark.django_db


def test_a_database_that_was_made_by_the_migrations_lacks_nothing():
    assert list(missing_guards()) == []


def lose(statement):
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(statement)


SQLITE = [
    ('DROP TRIGGER "slot_no_overlap_UPDATE"', "slot_no_overlap_UPDATE"),
    ('DROP TRIGGER "audit_append_only_DELETE"', "audit_append_only_DELETE"),
    ('DROP INDEX "order_unique_bundle"', "order_unique_bundle"),
    ('DROP INDEX "order_patient"', "order_patient"),
]
POSTGRESQL = [
    ("ALTER TABLE scheduling_availableslot DROP CONSTRAINT slot_no_overlap", "slot_no_overlap"),
    ("DROP TRIGGER audit_append_only ON core_auditentry", "audit_append_only"),
    ("ALTER TABLE core_auditentry DISABLE TRIGGER audit_append_only", "audit_append_only"),
    ("DROP INDEX order_unique_bundle", "order_unique_bundle"),
    ("DROP INDEX order_patient", "order_patient"),
    ("ALTER TABLE orders_productorder DROP CONSTRAINT order_price_null_iff_bundled", "order_price_null_iff_bundled"),
]


# On SQLite a CHECK is part of its table's text and goes only with the table.
@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_each_kind_that_is_lost_is_named(engine):
    if connection.vendor != engine:
        pytest.skip("of the other engine")
    for statement, name in {"sqlite": SQLITE, "postgresql": POSTGRESQL}[engine]:
        with transaction.atomic():
            lose(statement)
            assert list(missing_guards()) == [name]
            transaction.set_rollback(True)
