"""What is due and what everybody owes are ranges of indexes: SQLite, which has no statistics, says so of any clinic."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.services import bill_what_is_due, change_settings, debts_in_all
from tests.billing.conftest import TODAY
from tests.factories import AT
from tests.stage import DAY

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL reads the whole of an empty table"),
]


def plans(call):
    """How SQLite finds the rows of each question that `call` asks."""
    with CaptureQueriesContext(connection) as asked:
        call()
    told = []
    with connection.cursor() as cursor:
        for one in asked:
            if one["sql"].startswith("SELECT"):
                cursor.execute(f"EXPLAIN QUERY PLAN {one['sql']}")
                told += [row[-1] for row in cursor.fetchall()]
    return "\n".join(told)


def test_what_is_due_is_looked_for_among_what_changed_since(desk):
    change_settings(desk.practice.pk, values={"bill_automatically": True}, by=desk.admin, at=AT)
    found = plans(lambda: bill_what_is_due(desk.practice.pk, by=desk.desk, at=AT + DAY))
    for index, column in (
        ("appointment_done", "updated_at"), ("enrollment_practice_enrolled", "enrolled_at"),
        ("order_delivered", "delivered_at"),
    ):  # fmt: skip
        assert f"INDEX {index} (practice_id=? AND {column}>? AND {column}<?)" in found
    assert "SCAN scheduling_appointment" not in found


def test_the_totals_of_debts_are_read_in_an_index_alone(desk):
    assert "COVERING INDEX bill_balance_age" in plans(lambda: debts_in_all(desk.practice, TODAY))
