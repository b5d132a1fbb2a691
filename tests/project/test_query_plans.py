"""What a list of a large table asks is answered by an index: the plans say so, on both engines; nothing is timed."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench.fill import fill
from directory.models import Practice
from programs.models import Enrollment
from tests.factories import MembershipFactory, UserFactory

pytestmark = pytest.mark.django_db

ROWS, FEW_ROWS = 8_000, 600  # more orders, a tenth of them, than a page has
LARGE = (
    "core_auditentry",
    "orders_productorder",
    "patients_patient",
    "patients_patientword",
    "patients_phonenumber",
    "programs_enrollment",
    "scheduling_appointment",
    "scheduling_availableslot",
    "scheduling_claim",
)
LISTS = {
    "patients/patient": ("", "?p=3", "?q=popescu+77", "?q=0700000077", "?q=00077", "?q=1931-02-02"),
    "scheduling/appointment": (
        "", "?when=any", "?when=any&p=3", "?when=untimed", "?when=any&status=requested", "?attention=move",
        "?q=popescu+77", "?q=77",
    ),
    "scheduling/availableslot": ("", "?when=today", "?state=withdrawn", "?state=blocked&when=any", "?q=nothing"),
    "orders/productorder": ("", "?status=pending", "?q=RO000000777", "?q=popescu+73"),
    "programs/enrollment": ("", "?q=popescu+77"),
    "core/auditentry": ("", "?action__exact=delete", "?door=command", "?q=777", "?q=withdraw"),
}  # fmt: skip

# What the desk keeps open all day. Here a count is looked at, too: one that stops at a hundred rows still reads
# all of a table where few rows fit.
PAGES = (
    "",
    "?practice={practice}",
    "calendar/events/?practice={practice}&first={first}&last={last}",
    "calendar/events/?practice={practice}&first={first}&last={last}&columns=room",
    "day-list/",
    "to-be-moved/?practice={practice}",
    "order-board/",
    "order-board/?practice={practice}",
    "program-board/",
    "program-board/?practice={practice}",
    "programs/enrollment/?ends=last",
    "programs/enrollment/?ends=soon",
    "search/?s=popescu+77",
    "search/?s=0700000077",
    "search/?s=1931-02-02",
    "search/?s=RO000000777",
    "search/?s=%2377",
)


@pytest.fixture
def boss(client):
    client.force_login(UserFactory(is_superuser=True))
    return client


def statements(client, address, *, counts=False):
    """The SELECTs that a page makes; counts only when asked: one that stops at a number may read in any order."""
    with CaptureQueriesContext(
        connection,
    ) as caught:
        response = client.get(address)
    assert response.status_code == 200, address
    asked = [one["sql"] for one in caught if one["sql"].startswith("SELECT")]
    return [sql for sql in asked if counts or "COUNT(" not in sql]


def read_whole(sql, *, in_order):
    """The large tables that the plan of the statement reads from end to end, or sorts instead of reading `in_order`."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}")
            told = cursor.fetchone()[0]
            nodes, found = [one["Plan"] for one in (json.loads(told) if isinstance(told, str) else told)], []
            for node in nodes:  # grows while it is read
                nodes += node.get("Plans", ())
                if node["Node Type"] == "Seq Scan":
                    found.append(node["Relation Name"])
            return set(found) & set(LARGE)
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        steps = [row[3].split() for row in cursor.fetchall()]
    scanned = {step[1] for step in steps if step[0] == "SCAN" and "USING" not in step}
    # Its planner would rather walk over another table and sort: whoever asks for a page of all rows needs their order.
    if in_order and "TEMP B-TREE FOR ORDER BY" in " ".join(" ".join(step) for step in steps) and " LIMIT " in sql:
        scanned |= {name for name in LARGE if f'ORDER BY "{name}"' in sql}
    # The history is read backwards in the order in which it is stored, which is a scan there.
    return scanned & set(LARGE) - {"core_auditentry"}


def read_by(client, address):
    """What a search found is little, and sorted; a list is not."""
    return set().union(*(read_whole(sql, in_order="q=" not in address) for sql in statements(client, address)))


def read_on(client, address):
    """What a page of the desk reads whole, counts included."""
    asked = statements(client, address, counts=True)
    return set().union(*(read_whole(sql, in_order=False) | counted_whole(sql) for sql in asked))


def counted_whole(sql):
    """The large tables that a count without an end walks through, be it along an index."""
    if "COUNT(" not in sql or " LIMIT " in sql:
        return set()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}")
            told = cursor.fetchone()[0]
            nodes, found = [one["Plan"] for one in (json.loads(told) if isinstance(told, str) else told)], set()
            for node in nodes:  # grows while it is read
                nodes += node.get("Plans", ())
                if "Relation Name" in node and not node.keys() & {"Index Cond", "Recheck Cond"}:
                    found.add(node["Relation Name"])
            return found & set(LARGE)
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        return {step[1] for row in cursor.fetchall() if (step := row[3].split())[0] == "SCAN"} & set(LARGE)


def pages_that_read_whole(client, lists):
    return {
        f"{name}{query}": tables
        for name, queries in lists.items()
        for query in queries
        if (tables := read_by(client, f"/admin/{name}/{query}"))
    }


def test_no_list_reads_a_large_table_from_end_to_end(boss):
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # whose planner asks how many rows there are
            fill(ROWS, datetime.now(UTC))
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            # So few rows are read faster without an index: asked is whether there is one, as with a million.
            cursor.execute("SET LOCAL enable_seqscan = off")
        else:  # whose planner takes every table for a large one, unless it was told of its rows
            fill(FEW_ROWS, datetime.now(UTC))
            cursor.execute("DELETE FROM sqlite_stat1")
            cursor.execute("ANALYZE sqlite_master")
    assert pages_that_read_whole(boss, LISTS) == {}
    today = datetime.now(UTC).date()
    named = {"practice": Practice.objects.earliest("pk").pk, "first": today, "last": today + timedelta(days=6)}
    addresses = [f"/admin/{page.format(**named)}" for page in PAGES]
    assert {one: tables for one in addresses if (tables := read_on(boss, one))} == {}
    # Whose rows are narrowed to a practice asks otherwise.
    desk = Client()
    desk.force_login(MembershipFactory(practice_id=named["practice"]).user)
    assert {one: tables for one in addresses if (tables := read_on(desk, one))} == {}
    now = datetime.now(UTC)
    for rows, index in (
        (Enrollment.objects.nearly_used_up(now), "enrollment_status_sessions"),
        (Enrollment.objects.ending(now, within=timedelta(days=14)), "enrollment_status_ends"),
    ):
        assert index in rows.order_by().values("pk")[:100].explain()
    # The same reader of plans notices an order that no index has.
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = on")
    unordered = 'SELECT id FROM "orders_productorder" ORDER BY "orders_productorder"."notes" LIMIT 50'
    assert read_whole(unordered, in_order=True) == {"orders_productorder"}
    assert counted_whole('SELECT COUNT(*) FROM "orders_productorder"') == {"orders_productorder"}
