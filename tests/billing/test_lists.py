"""The lists of bills, payments and care plans are read in their order through an index, without sorting all rows."""

import pytest
from django.db import connection, transaction

from billing.models import Bill, BillBalance, CarePlan, Transaction
from tests.stage import actor_with

pytestmark = pytest.mark.django_db

LISTS = {
    "bill_practice": lambda by: Bill.objects.visible_to(by).order_by("-issued_on", "-id"),
    "transaction_practice": lambda by: Transaction.objects.visible_to(by).order_by("-date", "-id"),
    "care_plan_practice": lambda by: CarePlan.objects.visible_to(by).order_by("-id"),
    "care_plan_state": lambda by: CarePlan.objects.visible_to(by).filter(state="accepted").order_by("-id"),
    "bill_balance_open": lambda by: (
        BillBalance.objects.visible_to(by).open().filter(direction="incoming").order_by("issued_on", "id")
    ),
    "bill_patient": lambda by: Bill.objects.filter(patient=1).order_by("-issued_on", "-id"),
    "transaction_account": lambda by: Transaction.objects.filter(account=1).order_by("date", "id"),
}


@pytest.mark.parametrize("index", LISTS)
def test_a_page_of_a_list_is_read_in_order_through_its_index(desk, index):
    rows = LISTS[index](actor_with("front_desk", desk.practice))[:50]
    with transaction.atomic():
        if connection.vendor == "postgresql":
            ask_for(index, rows.model._meta.db_table)
        plan = rows.explain()
        transaction.set_rollback(True)
    assert index in plan
    assert "TEMP B-TREE" not in plan
    assert "Sort" not in plan


def ask_for(index, table):
    """Let PostgreSQL say whether the index can serve a table without rows, where anything else is as cheap."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
        others = "tablename = %s AND indexname <> %s AND indexname NOT IN (SELECT conname FROM pg_constraint)"
        cursor.execute(f"SELECT indexname FROM pg_indexes WHERE {others}", [table, index])
        for (other,) in cursor.fetchall():
            cursor.execute(f'DROP INDEX "{other}"')
