"""Lists cost the same for five rows as for fifty, and never count a whole table."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from backoffice.kit.lists import CAP, CappedPaginator
from directory.models import Specialty
from tests.backoffice.conftest import url
from tests.backoffice.rows import ROWS
from tests.factories import (
    AppointmentFactory,
    DocumentFactory,
    EnrollmentFactory,
    PatientFactory,
    PracticeFactory,
    ProductOrderFactory,
    SpecialtyFactory,
)

pytestmark = pytest.mark.engine_independent

MOST = 25
# One page over the tables of six areas: each is asked once for its part of the story and once for how it stands.
MOST_OF_A_PATIENT = 40


def cost(client, address):
    """How many queries the page takes, signed in and warm."""
    client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(address).status_code == 200
    return len(queries), [query["sql"] for query in queries]


@pytest.fixture
def fill(practice):
    """`fill(label, 5)` adds so many rows. Of practices and organizations, new ones."""

    def fill(label, count):
        for _ in range(count):
            at = PracticeFactory() if label in ("directory.organization", "directory.practice") else practice
            ROWS[label](at)

    return fill


@pytest.mark.parametrize("label", sorted(ROWS))
def test_a_list_costs_the_same_for_5_and_for_50_rows(boss, fill, label):
    fill(label, 5)
    few, _ = cost(boss, url(label, "changelist"))
    fill(label, 45)
    many, statements = cost(boss, url(label, "changelist"))
    assert (few, many <= MOST) == (many, True), "\n".join(statements)


@pytest.mark.parametrize("label", ["orders.productorder", "patients.patient", "programs.enrollment"])
def test_a_list_costs_the_desk_the_same_too(desk, fill, label):
    fill(label, 5)
    few, _ = cost(desk, url(label, "changelist"))
    fill(label, 45)
    many, statements = cost(desk, url(label, "changelist"))
    assert (few, many <= MOST) == (many, True), "\n".join(statements)


@pytest.mark.parametrize("label", sorted(ROWS))
def test_no_list_counts_beyond_the_cap(boss, fill, label):
    fill(label, 3)
    _, statements = cost(boss, url(label, "changelist"))
    counts = [sql for sql in statements if "COUNT(" in sql.upper() and f"LIMIT {CAP}" not in sql]
    # What a program's row counts of its own ledger is no count of a list.
    assert [sql for sql in counts if "programs_sessionmovement" not in sql] == []


def test_the_count_of_a_list_stops_at_the_cap(monkeypatch, practice):
    for _ in range(4):
        SpecialtyFactory(organization=practice.organization)
    rows = Specialty.objects.order_by("name")
    assert (CappedPaginator(rows, 50).count, CappedPaginator(rows, 50).is_capped) == (4, False)
    monkeypatch.setattr(CappedPaginator, "cap", 3)
    assert (CappedPaginator(rows, 50).count, CappedPaginator(rows, 50).is_capped) == (3, True)


def test_the_patient_page_costs_the_same_for_few_rows_and_for_many(desk, practice):
    patient = PatientFactory(organization=practice.organization)

    def more(count):
        for _ in range(count):
            ProductOrderFactory(practice=practice, patient=patient)
            enrollment = EnrollmentFactory(practice=practice, patient=patient)
            AppointmentFactory(practice=practice, patient=patient, enrollment=enrollment)
            AppointmentFactory(practice=practice, patient=patient, done=True)
            DocumentFactory(patient=patient)

    more(2)
    few, _ = cost(desk, reverse("admin:patients_patient_page", args=(patient.pk,)))
    more(8)
    many, statements = cost(desk, reverse("admin:patients_patient_page", args=(patient.pk,)))
    assert (few, many <= MOST_OF_A_PATIENT) == (many, True), "\n".join(statements)


def test_the_history_of_a_row_costs_the_same_for_few_entries_and_for_many(boss, practice):
    from core.models import AuditEntry
    from tests.factories import AT

    row = SpecialtyFactory(organization=practice.organization)

    def more(count):
        for number in range(count):
            AuditEntry.objects.create(
                at=AT,
                actor_kind="staff",
                door="backoffice",
                verb="directory.configure",
                action="change",
                object_kind="directory.specialty",
                object_id=row.pk,
                organization_id=practice.organization_id,
                changes={
                    "name": [f"Name {number}", f"Name {number + 1}"],
                    "organization_id": [None, practice.organization_id],
                },
            )

    more(3)
    few, _ = cost(boss, url("directory.specialty", "history", row.pk))
    more(30)
    many, _ = cost(boss, url("directory.specialty", "history", row.pk))
    assert few == many <= MOST


def test_the_registrations_cost_the_same_for_few_and_for_many(desk, practice):
    def more(count):
        for _ in range(count):
            AppointmentFactory(practice=practice, registration=True)

    more(3)
    few, _ = cost(desk, reverse("admin:registrations"))
    more(30)
    many, _ = cost(desk, reverse("admin:registrations"))
    assert few == many <= MOST


def test_the_start_page_is_cheap(desk, practice):
    few, _ = cost(desk, reverse("admin:index"))
    noon = timezone.now().astimezone(practice.zone).replace(hour=12, minute=0)
    for number in range(8):
        who = PatientFactory(organization=practice.organization)
        begins = noon + timedelta(minutes=number)
        AppointmentFactory(practice=practice, patient=who, starts_at=begins, ends_at=begins + timedelta(minutes=1))
    many, statements = cost(desk, reverse("admin:index"))
    # With somebody on the board: their services (two), numbers, alerts and what they owe.
    assert many <= few + 5 <= MOST, "\n".join(statements)


def test_a_search_box_counts_nothing_and_knows_whether_there_is_more(boss, practice):
    for _ in range(21):  # one more than a page
        PatientFactory(organization=practice.organization)
    box = {"app_label": "orders", "model_name": "productorder", "field_name": "patient", "term": ""}
    with CaptureQueriesContext(connection) as caught:
        first = boss.get(reverse("admin:autocomplete"), box).json()
    assert (len(first["results"]), first["pagination"]["more"]) == (20, True)
    assert not [one["sql"] for one in caught if "COUNT(" in one["sql"].upper()]
    last = boss.get(reverse("admin:autocomplete"), {**box, "page": 2}).json()
    assert (len(last["results"]), last["pagination"]["more"]) == (1, False)
    assert boss.get(reverse("admin:autocomplete"), {**box, "page": 0}).status_code == 404


def test_a_list_is_sorted_by_what_it_offers_alone(boss, practice):
    columns = ("action_checkbox", "label", "organization", "born")
    PatientFactory(organization=practice.organization)
    for name, is_offered in (("label", True), ("born", False)):
        _, statements = cost(boss, f"{url('patients.patient', 'changelist')}?o=-{columns.index(name)}")
        (rows,) = [sql for sql in statements if "search_name" in sql and "ORDER BY" in sql and "COUNT(" not in sql]
        order = rows.partition("ORDER BY")[2]
        assert ("date_of_birth" in order, "DESC" in order) == (False, is_offered)
