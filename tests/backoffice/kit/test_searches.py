"""What a list finds by words that many patients have, and how it counts them."""

from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse

from backoffice.kit import lists, searches
from core.hints import asked_of_each, sorted_after
from orders.models import ProductOrder
from patients import searching
from scheduling.models import AvailableSlot
from tests.backoffice.conftest import url
from tests.factories import (
    AT,
    AppointmentFactory,
    PatientFactory,
    PracticeFactory,
    ProductFactory,
    ProductOrderFactory,
    SlotFactory,
    SpecialistFactory,
)

ORDERS = url("orders.productorder", "changelist")


@pytest.fixture
def orders(practice):
    """Three orders of a band for two people, who are told apart by their first names; Eva's was shipped."""
    ana, eva = (
        PatientFactory(organization=practice.organization, first_name=name, last_name="Stan") for name in ("Ana", "Eva")
    )
    band = ProductFactory(organization=practice.organization, name="Elastic band")
    return [
        ProductOrderFactory(practice=practice, patient=patient, product=band, **more)
        for patient, more in ((ana, {}), (eva, {"shipped": True, "tracking_number": "RO77"}), (ana, {}))
    ]


def found(client, typed, **asked):
    return sorted(row.pk for row in client.get(ORDERS, {"q": typed, **asked}).context["cl"].result_list)


def test_a_list_finds_by_common_words_what_it_finds_by_rare_ones(desk, orders, monkeypatch):
    first, second, third = (one.pk for one in orders)
    expected = {
        "stan": [first, second, third],
        "stan ana": [first, third],
        "ana": [first, third],
        f"stan #{second}": [second],
        "ana eva": [],
        "band": [first, second, third],
        "band eva": [second],
        "stan band ana": [first, third],
        f"band {third} ana": [third],
        f"band {third} eva": [],
        "band nobody": [],
        "band 770": [],
        "band ro77": [second],
        "eva ro77 band": [second],
        "ana ro77 band": [],
    }
    assert {typed: found(desk, typed) for typed in expected} == expected
    # Many have a word; SQLite is told of what it would find too much; none of the newest rows is theirs; and so again.
    for where, name, value in (
        (searching, "COMMON", 0),
        (searches, "MOST_SORTED", 0),
        (searches, "DEPTH", 0),
        (searching, "COMMON", 2_000),
        (searches, "DEPTH", 200),
    ):
        monkeypatch.setattr(where, name, value)
        assert {typed: found(desk, typed) for typed in expected} == expected, (name, value)


def test_sqlite_begins_with_whom_a_search_means(desk, orders, monkeypatch):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has statistics")
    answer = desk.get(url("patients.patient", "changelist"), {"q": "ana stan"})
    assert "organization_id=?" not in answer.wsgi_request.found.rows.explain()
    monkeypatch.setattr(searching, "COMMON", 0)
    alerts = desk.get(url("patients.patientalert", "changelist"), {"q": "ana stan"}).wsgi_request.found
    assert "(patient_id=?)" in alerts.rows.explain()


def test_few_that_a_search_finds_are_not_looked_for_in_all_of_a_practice(orders):
    ours = ProductOrder.objects.filter(practice=orders[0].practice)
    assert set(asked_of_each(ours)) == set(orders)
    assert not asked_of_each(ours.exclude(practice=orders[0].practice)).exists()
    rows = asked_of_each(ours).filter(patient=orders[0].patient)
    assert set(sorted_after(rows.order_by("ordered_at"))) == {orders[0], orders[2]}
    if connection.vendor == "sqlite":
        assert "(patient_id=?)" in rows.explain()
        assert "practice_id=?" not in rows.explain()


# For each that is wanted so many rows of the list are asked one by one: enough to find them, one, or none.
@pytest.mark.parametrize(("common", "depth"), [(2_000, 0), (0, 200), (0, 1), (0, 0)])
def test_each_row_that_was_found_is_on_one_page(desk, orders, monkeypatch, common, depth):
    monkeypatch.setattr(searches, "DEPTH", depth)
    monkeypatch.setattr(searching, "COMMON", common)
    monkeypatch.setattr(lists, "ROWS_OF_SEARCH", 1)
    pages = [found(desk, "stan", p=number) for number in (1, 2, 3)]
    assert sorted(pk for page in pages for pk in page) == sorted(one.pk for one in orders)
    assert [len(page) for page in pages] == [1, 1, 1]


def test_what_many_have_is_asked_of_so_many_rows_as_fill_a_page(orders, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(searching, "COMMON", 0)
    rows, words = ProductOrder.objects.order_by("-ordered_at", "-pk"), searching.Words(["stan"])
    expected = list(rows)
    search = searches.search(rows, "stan", fields=(), patient="patient", meant=words)
    with django_assert_num_queries(1) as asked:
        assert search.ids(2) == [one.pk for one in expected[:2]]
    sql = asked[0]["sql"]
    assert f"LIMIT {2 * searches.DEPTH}) walked" in sql
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {'QUERY PLAN ' if connection.vendor == 'sqlite' else ''}{sql}")
        plan = str(cursor.fetchall())
    assert "CO-ROUTINE walked" in plan or "Subquery Scan on walked" in plan  # one row after the other
    with django_assert_num_queries(2):  # a page is not full: the database chooses how to look
        assert search.first(4) == expected


def test_where_each_row_was_asked_nobody_reads_whom_the_words_mean(orders, monkeypatch, django_assert_num_queries):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite does not tell what it left out")
    monkeypatch.setattr(searching, "COMMON", 0)
    rows = ProductOrder.objects.order_by("-ordered_at", "-pk")
    search = searches.search(rows, "eva stan", fields=(), patient="patient", meant=searching.Words(["eva", "stan"]))

    def left_out():
        with django_assert_num_queries(2) as asked:
            assert search.ids(2) == [orders[1].pk]
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN ANALYZE {asked[1]['sql']}")
            return "never executed" in str(cursor.fetchall())

    assert left_out()
    monkeypatch.setattr(searches, "DEPTH", 1)
    assert not left_out()


def test_slots_of_specialists_who_have_many_are_met_in_their_order(practice, monkeypatch):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has statistics")
    several = [SpecialistFactory(organization=practice.organization, last_name="Stan") for _number in range(2)]
    slots = [SlotFactory(practice=practice, specialist=one) for one in several]

    def plan():
        rows = AvailableSlot.objects.order_by("starts_at", "pk")
        found = searches.search(rows, "stan", fields=("=pk", "specialist__last_name")).rows
        assert set(found) == set(slots)
        return found.explain()

    assert "TEMP B-TREE" in plan()
    monkeypatch.setattr(searches, "MOST_SORTED", 1)
    assert "TEMP B-TREE" not in plan()


def test_what_many_have_is_counted_to_the_next_page(desk, orders, monkeypatch):
    monkeypatch.setattr(lists, "ROWS_OF_SEARCH", 1)
    rare = desk.get(ORDERS, {"q": "stan"})
    assert (rare.context["cl"].result_count, rare.context["cl"].paginator.is_capped) == (3, False)
    assert "3 product orders" in rare.content.decode()
    monkeypatch.setattr(searching, "COMMON", 0)
    common = desk.get(ORDERS, {"q": "stan"})
    assert (common.context["cl"].result_count, common.context["cl"].paginator.is_capped) == (2, True)
    assert "the first" in common.content.decode()
    assert len(common.context["cl"].result_list) == 1


def test_all_is_no_more_than_was_counted(desk, orders, monkeypatch):
    monkeypatch.setattr(lists, "ROWS_OF_SEARCH", 1)
    assert found(desk, "stan", all="") == sorted(one.pk for one in orders)


def test_the_rows_of_few_patients_stand_in_the_order_of_the_list(desk, practice):
    patient = PatientFactory(organization=practice.organization, first_name="Ana", last_name="Stan")
    begins = [AT + timedelta(days=day) for day in (3, 1, 2)]
    timed = [
        AppointmentFactory(practice=practice, patient=patient, starts_at=one, ends_at=one + timedelta(minutes=30))
        for one in begins
    ]
    untimed = AppointmentFactory(practice=practice, patient=patient, starts_at=None, ends_at=None, status="requested")
    visits = url("scheduling.appointment", "changelist")
    rows = [
        [row.pk for row in desk.get(visits, asked).context["cl"].result_list]
        for asked in ({"when": "any"}, {"q": "ana"})
    ]
    assert rows[0] == rows[1]
    assert [pk for pk in rows[1] if pk != untimed.pk] == [timed[0].pk, timed[2].pk, timed[1].pk]


@pytest.mark.parametrize("cap", [0, 200])  # of the rows whose number begins so: some too many, few
def test_a_beginning_of_a_tracking_number_finds_an_order(desk, practice, monkeypatch, cap):
    monkeypatch.setattr(searches, "FEW_ROWS", cap)
    shipped = ProductOrderFactory(practice=practice, shipped=True, tracking_number="RO77")
    assert (searches._beginning(type(shipped), "tracking_number", "ro7")[1] is not None) == bool(cap)
    ProductOrderFactory(practice=practice, shipped=True, tracking_number="RO8")
    ours = type(shipped).objects.filter(searches._beginning(type(shipped), "tracking_number", "ro7")[0])
    assert list(ours) == [shipped]


@pytest.mark.parametrize(
    ("typed", "finds"),
    [
        ("ana", {"Ana Pop", "Mariana Stan"}),  # a piece of the newest two
        ("stan", {"Mariana Stan"}),
        ("Ana", {"Ana Pop", "Mariana Stan"}),
        ("eva", {"Eva Marin"}),  # of older ones the beginning,
        ("eva marin", {"Eva Marin"}),  # of all that was typed, too
        ("marin", set()),
        ("0722", {"Eva Marin"}),
        ("eva@", {"Eva Marin"}),
    ],
)
def test_a_contact_is_found_by_a_piece_while_it_is_recent(desk, practice, monkeypatch, typed, finds):
    monkeypatch.setattr(searches, "RECENT_OF_FEW", 2)
    for name, email, phone in (
        ("Eva Marin", "eva@example.org", "0722 111"),
        ("Ana Pop", "", "0733 111"),
        ("Mariana Stan", "", "0744 111"),
    ):
        AppointmentFactory(
            practice=practice, registration=True, contact_name=name, contact_email=email, contact_phone=phone
        )
    answer = desk.get(url("scheduling.appointment", "changelist"), {"q": typed, "when": "any"})
    assert {row.contact_name for row in answer.context["cl"].result_list} == finds
    shown = {one.title for one in desk.get(reverse("admin:search"), {"s": typed}).context["results"]}
    assert shown == {name for name in finds if "@" not in typed}


def registered(practice, name):
    return AppointmentFactory(practice=practice, registration=True, contact_name=name).contact_name


def shown(desk, typed):
    answer = desk.get(url("scheduling.appointment", "changelist"), {"q": typed, "when": "any"})
    return {row.contact_name for row in answer.context["cl"].result_list}


def test_the_newest_contacts_are_those_that_the_desk_sees(desk, practice, monkeypatch):
    monkeypatch.setattr(searches, "RECENT_OF_FEW", 2)
    ours, elsewhere = registered(practice, "Mariana Stan"), PracticeFactory()
    for name in ("Ana Pop", "Ana Marin", "Ana Dan"):
        registered(elsewhere, name)
    for typed, is_listed in (("mariana", True), ("mar", True), ("ana", False), ("stan", False)):
        assert shown(desk, typed) == ({ours} if is_listed else set())
        results = desk.get(reverse("admin:search"), {"s": typed}).context["results"]
        assert [one.title for one in results] == [ours]


def test_a_contact_that_says_all_of_two_common_words_is_found_though_newer_ones_say_one(desk, practice, monkeypatch):
    monkeypatch.setattr(searches, "RECENT_OF_FEW", 2)
    monkeypatch.setattr(searching, "COMMON", 0)
    PatientFactory.create_batch(2, organization=practice.organization, first_name="Maria", last_name="Elena")
    whole = registered(practice, "Maria Elena Popa")
    for name in ("Maria Stan", "Maria Dan"):
        registered(practice, name)
    assert shown(desk, "maria elena") == {whole}
