"""A list's statements are made once for a caller and their parameters; what they find is read at every request."""

from datetime import timedelta

import pytest
from django.db.models.sql.compiler import SQLCompiler

from api.base import lists
from api.base.lists import STATEMENTS, Statements
from orders.models import ProductOrder
from programs.models import Enrollment
from tests.factories import (
    AT,
    AppointmentFactory,
    DocumentFactory,
    EnrollmentFactory,
    MembershipFactory,
    PatientFactory,
    PhoneNumberFactory,
    ProductFactory,
    ProductOrderFactory,
)

PROGRAMS = "/v1/patient-service-plans"
ORDERS = "/v1/patient-product-orders"


@pytest.fixture(autouse=True)
def nothing_prepared(monkeypatch):
    monkeypatch.setattr(STATEMENTS, "kept", {})


@pytest.fixture
def compiled(monkeypatch):
    """How many statements Django has compiled."""
    seen = []
    as_sql = SQLCompiler.as_sql
    monkeypatch.setattr(
        SQLCompiler, "as_sql", lambda self, *a, **k: (seen.append(self.query), as_sql(self, *a, **k))[1]
    )
    return seen


def ids(caller, path, key):
    return [one["id"] for one in caller.get(path).json()[key]]


@pytest.mark.parametrize("path", [PROGRAMS, ORDERS, "/v1/products", "/flextell/api/v1/customers?per_page=5",
                                  "/flextell/api/v1/account/tenants"])  # fmt: skip
def test_the_second_request_compiles_nothing(admin, practice, compiled, path):
    EnrollmentFactory.create_batch(3, practice=practice)
    ProductOrderFactory.create_batch(3, practice=practice)
    first = admin.get(path)
    assert (first.status_code, bool(compiled)) == (200, True)
    compiled.clear()
    assert admin.get(path).content == first.content
    assert compiled == []


def test_another_page_and_another_value_compile_nothing(admin, practice, compiled):
    programs = EnrollmentFactory.create_batch(3, practice=practice)
    assert ids(admin, f"{PROGRAMS}?page_size=2&patient_id={programs[0].patient_id}", "patient_service_plans") == [
        programs[0].pk
    ]
    admin.get(f"{PROGRAMS}?page=9&patient_id={programs[0].patient_id}")  # beyond the end: the total is asked for
    compiled.clear()
    answer = admin.get(f"{PROGRAMS}?page=2&page_size=1&patient_id={programs[1].patient_id}").json()
    assert (answer["patient_service_plans"], answer["meta"]["total"]) == ([], 1)
    assert ids(admin, f"{PROGRAMS}?patient_id={programs[2].patient_id}", "patient_service_plans") == [programs[2].pk]
    assert compiled == []


def test_an_object_is_prepared_once_for_all_ids(admin, foreign_admin, practice, foreign_practice, compiled):
    here, other, there = (EnrollmentFactory(practice=one) for one in (practice, practice, foreign_practice))
    assert admin.get(f"{PROGRAMS}/{here.pk}").json()["id"] == here.pk
    compiled.clear()
    assert admin.get(f"{PROGRAMS}/{other.pk}").json()["id"] == other.pk
    unknown = admin.get(f"{PROGRAMS}/{there.pk + 1000}")
    foreign = admin.get(f"{PROGRAMS}/{there.pk}")
    assert compiled == []
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.json() == unknown.json()
    assert foreign_admin.get(f"{PROGRAMS}/{there.pk}").json()["id"] == there.pk


def test_each_caller_sees_their_own(admin, foreign_admin, me, stranger, patient, practice, foreign_practice):
    mine = EnrollmentFactory(practice=practice, patient=patient)
    other = EnrollmentFactory(practice=practice)
    foreign = EnrollmentFactory(practice=foreign_practice)
    seen = {admin: [mine.pk, other.pk], foreign_admin: [foreign.pk], me: [mine.pk], stranger: []}
    for caller in (*seen, *reversed(seen)):
        assert ids(caller, PROGRAMS, "patient_service_plans") == seen[caller]


def test_who_gains_or_loses_a_practice_sees_it_at_once(admin, admin_user, practice, other_practice):
    here, there = EnrollmentFactory(practice=practice), EnrollmentFactory(practice=other_practice)
    assert ids(admin, PROGRAMS, "patient_service_plans") == [here.pk]
    membership = MembershipFactory(user=admin_user, practice=other_practice)
    assert ids(admin, PROGRAMS, "patient_service_plans") == [here.pk, there.pk]
    membership.delete()
    assert ids(admin, PROGRAMS, "patient_service_plans") == [here.pk]


def test_rows_are_read_anew(admin, practice):
    order = ProductOrderFactory(practice=practice)

    def statuses():
        return [one["status"] for one in admin.get(ORDERS).json()["product_orders"]]

    before = statuses()
    ProductOrder.objects.filter(pk=order.pk).update(status="cancelled", cancelled_at=AT)
    assert (before, statuses()) == (["pending"], ["cancelled"])


def test_the_moment_is_that_of_each_request(admin, practice, clock):
    program = EnrollmentFactory(practice=practice)
    Enrollment.objects.filter(pk=program.pk).update(ends_at=AT + timedelta(days=1))

    def status():
        return [one["status"] for one in admin.get(PROGRAMS).json()["patient_service_plans"]]

    assert status() == ["active"]
    clock.now += timedelta(days=2)
    assert status() == ["expired"]


def test_a_search_finds_who_has_come_since(desk, practice):
    path = "/flextell/api/v1/customers?search=Popescu"
    first = PatientFactory(organization=practice.organization, last_name="Popescu")
    assert ids(desk, path, "data") == [first.pk]
    second = PatientFactory(organization=practice.organization, last_name="Popescu")
    assert ids(desk, path, "data") == [first.pk, second.pk]


def test_only_so_many_are_kept(monkeypatch):
    monkeypatch.setattr(lists, "MOST", 3)
    kept = Statements()
    for number in range(5):
        kept.of(number, object)
    assert list(kept.kept) == [2, 3, 4]


def test_a_list_of_nothing_is_empty_for_whom_sees_nothing(me, stranger, practice):
    AppointmentFactory(practice=practice)
    ProductFactory(organization=practice.organization)
    assert ids(stranger, "/v1/me/appointments", "appointments") == []
    assert stranger.get("/v1/me/appointments").json()["meta"]["total"] == 0


def test_the_list_of_another_patient_and_of_other_days_compiles_nothing(admin, practice, compiled):
    one, other = PatientFactory.create_batch(2, organization=practice.organization)
    phones = [PhoneNumberFactory(patient=patient).pk for patient in (one, other)]
    documents = [DocumentFactory(patient=patient).pk for patient in (one, other)]
    place = f"/api/v1/practices/{practice.pk}/archives/{practice.organization_id}"

    def listed(path):
        return [int(row["id"]) for row in admin.get(f"{place}/{path}").json()["data"]]

    def of(patient, month):
        lists = ("phone-numbers", "documents")
        told = [listed(f"patients/{patient.pk}/{name}") for name in lists]
        return told + [listed(f"{name}?dateStart={month}-01&dateEnd={month}-28") for name in ("bills", "transactions")]

    assert of(one, "2026-02") == [phones[:1], documents[:1], [], []]
    everybody = admin.get(f"{place}/patients?limit=1").json()
    assert (everybody["total"], len(everybody["results"])) == (2, 1)
    compiled.clear()
    assert admin.get(f"{place}/patients?limit=1").json() == everybody
    assert len(admin.get(f"{place}/patients?offset=1&limit=2").json()["results"]) == 1
    assert of(other, "2026-03") == [phones[1:], documents[1:], [], []]
    assert compiled == []
    assert admin.get(f"{place}/patients/{other.pk + 1}/phone-numbers").status_code == 404
