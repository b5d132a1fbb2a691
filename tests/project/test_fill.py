"""The clinic that the benchmarks fill is one that the verbs could have made."""

import re

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from bench.clinic import BILLED, NAMED_ALIKE, PLANNED, SOLD, Clinic, name_of
from bench.fill import fill
from bench.rules import OF_SQLITE
from tests.broken import broken_invariants
from tests.factories import AT

SIZE = 400  # a small clinic
OF_SMALL = 60  # rows of the small practice


def counted():
    names = (
        "patients.patient", "patients.phonenumber", "scheduling.availableslot", "scheduling.appointment",
        "scheduling.appointmentservice", "core.auditentry", "programs.enrollment", "orders.productorder",
    )  # fmt: skip
    return {name: apps.get_model(name)._base_manager.count() for name in names}


@pytest.mark.django_db
def test_a_filled_clinic_has_the_size_that_was_asked_for_and_breaks_nothing():
    fill(SIZE, AT)
    more = {"availableslot", "appointment", "appointmentservice"}
    for name, count in counted().items():
        wanted = SIZE * 3 // 10 if name == "programs.enrollment" else SIZE
        wanted += 0 if name.startswith("patients.") else OF_SMALL
        # Free evenings, registrations and visits on mornings off come on top.
        assert count == wanted or (name.partition(".")[2] in more and wanted < count < 3 * wanted), name
    assert broken_invariants() == []


@pytest.mark.django_db
def test_a_filled_clinic_has_every_state_that_visits_and_orders_are_in():
    fill(1000, AT)
    visits = apps.get_model("scheduling.appointment").objects.values_list("status", flat=True)
    orders = apps.get_model("orders.productorder").objects.values_list("status", flat=True)
    assert set(visits) == {"requested", "confirmed", "done", "no_show", "cancelled"}
    assert set(orders) == {"pending", "confirmed", "shipped", "delivered", "cancelled"}


@pytest.mark.django_db
def test_a_filled_clinic_has_bills_in_every_standing_and_time_off():
    fill(1000, AT)
    balances = apps.get_model("billing.billbalance").objects.all()
    assert {one.standing for one in balances} == {"open", "part_paid", "paid", "credited"}
    assert apps.get_model("billing.transaction").objects.exists()
    assert apps.get_model("scheduling.timeoff").objects.exists()
    assert broken_invariants() == []


@pytest.mark.django_db
def test_a_second_clinic_fits_beside_the_first():
    fill(50, AT)
    fill(50, AT)
    assert counted()["patients.patient"] == 100
    assert broken_invariants() == []


def rules_there():
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            return sorted(cursor.execute(OF_SQLITE).fetchall())
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'")
        # PostgreSQL words the casts of a condition in another way once it has read them itself.
        indexes = sorted(re.sub(r"::character varying|::text|[()\[\]]", "", one) for (one,) in cursor.fetchall())
        cursor.execute(
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated FROM pg_constraint "
            "WHERE connamespace = 'public'::regnamespace"
        )
        return indexes, sorted(cursor.fetchall())


@pytest.mark.django_db
def test_filling_takes_no_index_and_no_rule_away():
    before = rules_there()
    fill(50, AT)
    assert rules_there() == before


@pytest.mark.django_db
def test_a_filled_clinic_refuses_what_overlaps():
    fill(50, AT)
    for name in ("scheduling.availableslot", "scheduling.claim"):
        model = apps.get_model(name)
        one = model._base_manager.earliest("pk")
        one.pk = None
        with pytest.raises(IntegrityError), transaction.atomic():
            model._base_manager.bulk_create([one])


def test_the_core_of_every_clinic_has_the_patients_that_searches_ask_for():
    small, large = Clinic(1_000, AT), Clinic(1_000_000, AT)
    # One patient has the words of a name that only one has, and is in both.
    assert name_of(131) == ("Matei", "Conti 0000131")
    visits = [visit for visit in map(large.visit, range(0, large.size, 7)) if visit.patient in NAMED_ALIKE]
    years = {visit.starts_at.year for visit in visits}
    assert len(years) > 15  # all over the time of the large clinic, not only lately
    assert sum(small.visit(number).patient in NAMED_ALIKE for number in range(small.size)) > 400


def test_everybody_of_a_large_clinic_has_work_in_every_kind():
    large = Clinic(20_000, AT)
    for places in (SOLD, BILLED, PLANNED):
        numbers = list(large.numbers(places))
        assert len(numbers) == large.size // 10
        assert {large.visit(number).person for number in numbers} == set(range(large.people))


def test_a_day_of_a_large_clinic_is_as_that_of_a_small_one():
    small, large = Clinic(1_000, AT), Clinic(100_000, AT)

    def today(clinic):
        visits = map(clinic.visit, range(clinic.size))
        return sorted((one.person, one.starts_at, one.status) for one in visits if one.starts_at.date() == AT.date())

    assert today(large) == today(small)


@pytest.mark.django_db
def test_the_small_practice_has_as_many_rows_in_every_clinic():
    fill(400, AT)
    practice = apps.get_model("directory.practice").objects.latest("pk")
    counts = {
        name: apps.get_model(name)._base_manager.filter(practice=practice).count()
        for name in ("scheduling.availableslot", "programs.enrollment", "orders.productorder", "billing.bill")
    }
    assert all(40 <= count <= OF_SMALL for count in counts.values()), counts
