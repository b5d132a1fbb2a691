"""What a list of a large table asks is answered by an index: the plans say so, on both engines; nothing is timed."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.admin import site
from django.db import connection
from django.db.models import Q, UniqueConstraint
from django.test import Client
from django.test.utils import CaptureQueriesContext

from backoffice.kit import searches
from backoffice.kit.searches import LOOKUPS, NUMBERS
from backoffice.patients.documents import DocumentAdmin
from bench.fill import fill
from core import visibility
from core.actor import Actor, Kind
from core.db import unit_of_work
from core.models import Look, PatientLook
from core.permissions import CLINIC_ADMIN, SPECIALIST
from core.plain_text import PlainTextField
from directory.models import Practice, Room, Specialist
from patients import searching
from patients.models import Document, Patient, PatientAlert
from programs.models import Enrollment
from scheduling.calendar.resources import lock_specialists_and_rooms
from tests.factories import MembershipFactory, UserFactory

pytestmark = pytest.mark.django_db

ROWS, FEW_ROWS = 8_000, 600  # more orders, a tenth of them, than a page has
LARGE = (
    "billing_bill",
    "billing_billbalance",
    "billing_careplan",
    "billing_careplanentry",
    "billing_transaction",
    "core_auditentry",
    "core_look",
    "core_patientlook",
    "directory_resource",
    "directory_signin",
    "orders_productorder",
    "patients_document",
    "patients_patient",
    "patients_patientalert",
    "patients_patientword",
    "patients_phonenumber",
    "programs_enrollment",
    "scheduling_appointment",
    "scheduling_availableslot",
    "scheduling_claim",
)
# In whose texts a search looks for a piece: within a range of rows, never in all of them, be it along an index.
PIECES = frozenset({"billing_careplan", "billing_careplanentry", "patients_document", "patients_patientalert"})
# A piece in the rows of patients, or plans, whose ids are named: of few rows they are not looked up by their index.
OF_NAMED = r"~~ '[^']*'::text\) AND \(\w+ = ANY"
LISTS = {
    "patients/patient": ("", "?p=3", "?q=popescu+77", "?q=0700000077", "?q=00077", "?q=1931-02-02"),
    "scheduling/appointment": (
        "", "?when=any", "?when=any&p=3", "?when=untimed", "?when=any&status=requested", "?attention=move",
        "?q=popescu+77", "?q=77",
    ),
    "scheduling/availableslot": ("", "?when=today", "?state=withdrawn", "?state=blocked&when=any", "?q=nothing"),
    "orders/productorder": (
        "", "?status=pending", "?status=open", "?came=program", "?came=alone", "?q=RO000000777", "?q=popescu+73",
    ),
    "programs/enrollment": ("", "?q=popescu+77"),
    "patients/document": ("", "?type__exact=other", "?put_away=yes", "?q=can", "?q=popescu+consent"),
    "patients/patientalert": ("", "?standing=all", "?q=popescu+77", "?q=latex", "?q=popescu+latex"),
    "billing/careplan": ("", "?state__exact=completed", "?q=popescu+77", "?q=implant", "?q=77", "?q=popescu+implant"),
    "billing/careplanentry": ("", "?q=popescu+77", "?q=crown", "?q=popescu+crown"),
    "billing/bill": ("", "?owed=open", "?owed=settled", "?owed=back", "?kind=credit", "?kind=supplier"),
    "billing/transaction": ("", "?direction=incoming"),
    "core/patientlook": ("", "?q=77", "?q=desk", "?q=request-7"),
    "directory/signin": ("", "?q=boss", "?q=192.0.2.1"),
    "core/auditentry": ("", "?action__exact=delete", "?door=command", "?q=777", "?q=withdraw"),
}  # fmt: skip
# Searches for what many patients have.
OF_COMMON_WORDS = dict.fromkeys(
    (
        "patients/patient",
        "scheduling/appointment",
        "orders/productorder",
        "programs/enrollment",
        "billing/careplanentry",
    ),
    ("?q=popescu", "?q=popescu+ana", "?q=ana+pop+7", "?q=0700", "?q=patient"),
)

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
    "debts/?practice={practice}",
    "to-bill/?practice={practice}",
    "registrations/",
    "programs/enrollment/?ends=last",
    "programs/enrollment/?ends=soon",
    "search/?s=popescu+77",
    "search/?s=0700000077",
    "search/?s=1931-02-02",
    "search/?s=RO000000777",
    "search/?s=%2377",
)


# Tables that grow with a clinic's settings and staff, not with each day's work: a search may read all of them.
# Accounts are among them though patients may have some.
SMALL = frozenset({
    "auth.Group", "billing.Account", "billing.CarePlanDiscardReason", "billing.Company", "billing.PaymentType",
    "billing.PriceList", "catalog.Brand", "catalog.FormTemplate", "catalog.Product", "catalog.ProductCategory",
    "catalog.ProductType", "catalog.Service", "catalog.Unit", "directory.ApiKey", "directory.AppIntegration",
    "directory.Application", "directory.Authorization", "directory.Color", "directory.Membership",
    "directory.Organization", "directory.Practice", "directory.Room", "directory.Specialist", "directory.Specialty",
    "directory.UIElement", "directory.User", "patients.CustomField", "patients.PatientSource", "programs.ServicePlan",
    "scheduling.Holiday", "scheduling.SlotBatch", "scheduling.SlotSeries", "scheduling.TimeOff",
    "scheduling.TimeOffSeries",
})  # fmt: skip


def is_indexed(model, column, *, kind, filled=""):
    """Whether an index begins with the column; for `!` with it and with the id, of rows where `filled` is not empty."""
    if kind == "!":
        partial = {one.fields[0] for one in model._meta.indexes if f"'{filled}'" in str(one.condition)}
        return partial >= {column, "id"}
    field = model._meta.get_field(column)
    if kind in (">", "~") and not isinstance(field, PlainTextField):
        return False
    # Of a column that is mostly empty, only what is not.
    whole = [one for one in model._meta.indexes if one.condition is None or f"'{column}'" in str(one.condition)]
    led = [index.fields[0].lstrip("-") for index in whole]
    return kind in ("=", ">", "~") and (field.unique or field.db_index or column in led)


def searches_that_scan(admins):
    """The fields of each search by which it would read the whole of a table that grows."""
    found = set()
    for model, its_admin in admins:
        if model._meta.label in SMALL or "get_search_results" in vars(type(its_admin)):  # the latter are in LISTS
            continue
        rare = next((name[1:] for name in its_admin.search_fields if name[0] == "!"), "")
        for name in its_admin.search_fields:
            kind, path = (name[0], name[1:]) if name[0] in LOOKUPS else ("", name)
            relation, _mark, column = path.rpartition("__")
            asked = model
            for step in relation.split("__") if relation else ():
                asked = asked._meta.get_field(step).related_model
            numbered = column in NUMBERS
            if not numbered and not (relation and asked._meta.label in SMALL):
                indexed = is_indexed(asked, column, kind=kind, filled=rare)
                found |= set() if indexed else {f"{model._meta.label}: {name}"}
    return found


def test_no_search_of_the_back_office_scans_a_table_that_grows():
    assert searches_that_scan(site._registry.items()) == set()
    # A table is small only where somebody said so, and a search for a piece of a name is noticed.
    assert {model._meta.label for model in site._registry} >= SMALL
    documents = type("DocumentsByPieces", (DocumentAdmin,), {"search_fields": ("name", "~sha256")})(Document, site)
    assert searches_that_scan([(Document, documents)]) == {
        "patients.Document: name",
        "patients.Document: ~sha256",
    }


# A search may read all of them, as they have few columns to look in; their lists are sorted by an index all the same.
LONG_AMONG_SMALL = {
    "directory.Authorization", "directory.User", "scheduling.SlotBatch", "scheduling.SlotSeries",
    "scheduling.TimeOff", "scheduling.TimeOffSeries",
}  # fmt: skip


def sorts_without_an_index(admins):
    """The columns by which a list of a table that grows can be sorted, though no index is in their order."""
    found = set()
    for model, its_admin in admins:
        if model._meta.label in SMALL - LONG_AMONG_SMALL:
            continue
        uniques = [one for one in model._meta.constraints if isinstance(one, UniqueConstraint)]
        whole = [one.fields for one in (*model._meta.indexes, *uniques) if one.condition is None and one.fields]
        led = {one.name for one in model._meta.fields if one.unique}
        led |= {"pk", "id", *(fields[0].lstrip("-") for fields in whole)}
        for name in its_admin.list_display if its_admin.sortable_by is None else its_admin.sortable_by:
            shown = getattr(its_admin, name, None)
            column = getattr(shown, "admin_order_field", None) if callable(shown) else name
            if column is not None and column.lstrip("-") not in led:
                found.add(f"{model._meta.label}: {name}")
    return found


def test_no_list_of_a_table_that_grows_is_sorted_by_what_has_no_index():
    assert sorts_without_an_index(site._registry.items()) == set()
    documents = type("SortedDocuments", (DocumentAdmin,), {"sortable_by": ("created_at", "size")})(Document, site)
    assert sorts_without_an_index([(Document, documents)]) == {"patients.Document: size"}


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
    asked = [one["sql"] for one in caught if one["sql"].lstrip("(").startswith("SELECT")]  # a union begins with "("
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
                asked = re.sub(OF_NAMED, "", node.get("Filter", ""))
                for_a_piece = node.get("Relation Name") in PIECES and " ~~ " in asked
                unbounded = not node.keys() & {"Index Cond", "Recheck Cond"}
                if node["Node Type"] == "Seq Scan" or (for_a_piece and unbounded):
                    found.append(node["Relation Name"])
            return set(found) & set(LARGE)
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        steps = [row[3].split() for row in cursor.fetchall()]
    scanned = {step[1] for step in steps if step[0] == "SCAN" and "USING" not in step}
    # It is read in the order in which it is stored, from the end on, until there is a page.
    scanned -= {name for name in LARGE if f'ORDER BY "{name}"."id" DESC' in sql}
    scanned |= {step[1] for step in steps if step[0] == "SCAN" and " LIKE " in sql} & PIECES
    # Its planner would rather walk over another table and sort: whoever asks for a page of all rows needs their order.
    if in_order and "TEMP B-TREE FOR ORDER BY" in " ".join(" ".join(step) for step in steps) and " LIMIT " in sql:
        scanned |= {name for name in LARGE if f'ORDER BY "{name}"' in sql}
    return scanned & set(LARGE)


def read_by(client, address):
    """What a search found is little, and sorted; a list is not."""
    return set().union(*(read_whole(sql, in_order="q=" not in address) for sql in statements(client, address)))


def read_on(client, address):
    """What a page of the desk reads whole, counts included."""
    asked = statements(client, address, counts=True)
    return set().union(*(read_whole(sql, in_order=False) | counted_whole(sql) for sql in asked))


def counted_whole(sql):
    """The large tables that a count without an end walks through."""
    return walked_through(sql) if "COUNT(" in sql and " LIMIT " not in sql else set()


def walked_through(sql):
    """The large tables that the statement reads from end to end, be it along an index."""
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


def more_than_a_page_of_documents_and_alerts():
    patients = Patient.objects.order_by("pk")[:150]
    Document.objects.bulk_create(
        Document(patient=one, name=f"Scan {one.pk}", file=f"{one.pk}.pdf", content_type="application/pdf", size=1)
        for one in patients
    )
    PatientAlert.objects.bulk_create(
        PatientAlert(patient=one, kind="other", text=f"Alert {one.pk}") for one in patients
    )


def looks_of_many_requests():
    """The one named desk has half of the looks; each is of a request of its own."""
    users = UserFactory(username="desk"), UserFactory()
    organization = Patient.objects.earliest("pk").organization_id
    now = datetime.now(UTC)
    looks = Look.objects.bulk_create(
        Look(
            at=now, user=users[number % 2], door="test", page="page",
            request_id=f"request-{number}", organization_id=organization,
        )
        for number in range(400)
    )  # fmt: skip
    patients = Patient.objects.order_by("pk")[:5]
    PatientLook.objects.bulk_create(PatientLook(look=look, patient=one, at=now) for look in looks for one in patients)


def manager_of(practices):
    manager, user = Client(), UserFactory()
    for practice in practices:
        MembershipFactory(practice=practice, user=user, role=CLINIC_ADMIN)
    manager.force_login(user)
    return manager


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL plans by what the tables hold")
def test_who_sees_few_rows_of_a_large_table_is_not_told_by_reading_it():
    fill(20, datetime.now(UTC))
    manager = manager_of(Practice.objects.order_by("pk")[:2])
    addresses = [
        f"/admin/{name}/{query}"
        for name, queries in LISTS.items()
        for query in queries
        if name != "directory/signin" and "q=" not in query and "p=" not in query
    ]
    found = {one: set().union(*map(walked_through, statements(manager, one, counts=True))) for one in addresses}
    assert {address: tables for address, tables in found.items() if tables} == {}


def test_no_list_reads_a_large_table_from_end_to_end(boss, monkeypatch):
    monkeypatch.setattr(searches, "RECENT", 50)  # few of these rows, as 20,000 are few of a million
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # whose planner asks how many rows there are
            fill(ROWS, datetime.now(UTC))
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            # So few rows are read faster without an index: asked is whether there is one, as with a million.
            cursor.execute("SET LOCAL enable_seqscan = off")
        else:  # whose planner takes every table for a large one, as nobody makes statistics
            fill(FEW_ROWS, datetime.now(UTC))
    more_than_a_page_of_documents_and_alerts()
    looks_of_many_requests()
    assert pages_that_read_whole(boss, LISTS) == {}
    with monkeypatch.context() as patch:  # words that many patients have, some or none of whom the list shows
        patch.setattr(searching, "COMMON", 20)
        patch.setattr(searching, "MANY", 20)
        assert pages_that_read_whole(boss, OF_COMMON_WORDS) == {}
    with monkeypatch.context() as patch:  # a piece that is looked for in every row is noticed
        patch.setattr(searches, "_recent", lambda model, columns: Q())
        assert pages_that_read_whole(boss, {"patients/document": ("?q=can",)}) == {
            "patients/document?q=can": {"patients_document"}
        }
    today = datetime.now(UTC).date()
    named = {"practice": Practice.objects.earliest("pk").pk, "first": today, "last": today + timedelta(days=6)}
    addresses = [f"/admin/{page.format(**named)}" for page in PAGES]
    assert {one: tables for one in addresses if (tables := read_on(boss, one))} == {}
    # Whose rows are narrowed to a practice asks otherwise.
    desk = Client()
    desk.force_login(MembershipFactory(practice_id=named["practice"]).user)
    assert {one: tables for one in addresses if (tables := read_on(desk, one))} == {}
    # So does who has several practices, which no index has in the order of a list.
    monkeypatch.setattr(visibility, "FEW", 10)  # so that they have many rows
    manager = manager_of(Practice.objects.order_by("pk")[:2])
    assert pages_that_read_whole(manager, dict.fromkeys(LISTS.keys() - {"directory/signin"}, ("",))) == {}
    now = datetime.now(UTC)
    specialist = Specialist.objects.earliest("pk")
    treats = Actor(
        kind=Kind.STAFF,
        roles={named["practice"]: SPECIALIST},
        organizations={named["practice"]: specialist.organization_id},
        specialist_ids=frozenset({specialist.pk}),
    )
    for rows, index in (
        (Patient.objects.visible_to(treats), "appointment_treated"),
        (PatientAlert.objects.visible_to(treats), "appointment_treated"),
        (Enrollment.objects.nearly_used_up(now), "enrollment_status_sessions"),
        (Enrollment.objects.ending(now, within=timedelta(days=14)), "enrollment_status_ends"),
    ):
        assert index in rows.order_by().values("pk")[:100].explain()
    # Before slots and time off are written, those who may be busy are locked; each patient is one of these, too.
    room = Room.objects.earliest("pk")
    with unit_of_work("tests.lock", by=treats, at=now), CaptureQueriesContext(connection) as caught:
        lock_specialists_and_rooms([specialist.pk], [room.pk])
    asked = [one["sql"] for one in caught if "SELECT" in one["sql"] and " FOR " not in one["sql"]]
    assert [walked_through(sql) for sql in asked] == [set()]
    # The same reader of plans notices an order that no index has.
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = on")
    unordered = 'SELECT id FROM "orders_productorder" ORDER BY "orders_productorder"."notes" LIMIT 50'
    assert read_whole(unordered, in_order=True) == {"orders_productorder"}
    assert counted_whole('SELECT COUNT(*) FROM "orders_productorder"') == {"orders_productorder"}
