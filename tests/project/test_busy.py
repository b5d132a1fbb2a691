"""Whoever comes while the database is busy for longer than its limits is told to come back, at every door."""

import time
from threading import Event, Thread

import pytest
from django.db import Error as DatabaseError
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from catalog.models import Product
from core.audit import write_entries
from core.models import AuditEntry
from directory.models import SignIn
from orders.models import ProductOrder
from tests.factories import OrganizationFactory, PatientFactory, ProductFactory
from tests.patience import LIMIT
from tests.races.doors import key as key_of


@pytest.fixture
def locked(transactional_db):
    """Another connection holds the table of sign-ins, on SQLite the database; this one waits for 50 ms."""
    organization = OrganizationFactory()
    held, release = Event(), Event()

    def hold():
        with transaction.atomic():
            type(organization).objects.filter(pk=organization.pk).update(name="Holding")
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("LOCK TABLE directory_signin")
            held.set()
            release.wait(LIMIT)
        connection.close()

    holder = Thread(target=hold)
    holder.start()
    assert held.wait(LIMIT)
    limit = "SET lock_timeout = '50ms'" if connection.vendor == "postgresql" else "PRAGMA busy_timeout = 50"
    with connection.cursor() as cursor:
        cursor.execute(limit)
    yield
    release.set()
    holder.join()
    connection.close()  # and with it the limit


def test_a_page_that_waits_too_long_for_a_lock_is_a_503_that_says_when(locked):
    client = Client(raise_request_exception=False)
    answer = client.post(reverse("admin:login"), {"username": "ana", "password": "x"})
    assert (answer.status_code, answer["Retry-After"]) == (503, "1")
    assert "busy" in answer.content.decode()


def test_a_mistake_of_ours_stays_a_500(db, monkeypatch):
    def broken(*args, **kwargs):
        raise ZeroDivisionError("secret")

    monkeypatch.setattr("backoffice.account.entrance.StaffSignIn.clean", broken)
    answer = Client(raise_request_exception=False).post(reverse("admin:login"), {"username": "ana", "password": "x"})
    assert (answer.status_code, SignIn.objects.count()) == (500, 0)
    assert "secret" not in answer.content.decode()


@pytest.fixture
def only_postgresql(transactional_db):
    """The limits are PostgreSQL's; SQLite has that of a lock, which is tried above."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no limit of a statement or of an idle transaction")


def think_too_long():
    """Leave a transaction open without a word, until the server ends the connection (25P03)."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 50")
        time.sleep(0.4)
        cursor.execute("SELECT 1")


def ask_too_much():
    """Run a statement until the server ends it (57014)."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 20")
        cursor.execute("SELECT pg_sleep(5)")


def wait_for_another():
    """Wait for a row that another connection holds, until the server ends the wait (55P03)."""
    other = connection.copy("other")
    with transaction.atomic(), connection.cursor() as cursor:
        with other.cursor() as holder:
            holder.execute("BEGIN; LOCK TABLE directory_color IN ACCESS EXCLUSIVE MODE")
        try:
            cursor.execute("SET LOCAL lock_timeout = 20; SELECT 1 FROM directory_color")
        finally:
            other.close()


LIMITS = {"25P03": think_too_long, "57014": ask_too_much, "55P03": wait_for_another}


@pytest.fixture(params=LIMITS)
def over_the_limit(only_postgresql, request, monkeypatch):
    """Whatever writes comes over this limit of the server once, when it writes its history at the end."""
    states, limits = [], [LIMITS[request.param]]

    def write(entries):
        if limits:
            try:
                limits.pop()()
            except DatabaseError as error:
                states.append(error.__cause__.sqlstate)
                raise
        write_entries(entries)

    monkeypatch.setattr("core.db.write_entries", write)
    yield
    assert states == [request.param]


def test_a_write_over_a_limit_is_a_503_to_come_back_to_at_the_api_and_the_next_one_is_done(
    over_the_limit, practice, admin_user
):
    program = Client(headers={"Authorization": f"Bearer {key_of(admin_user)}"})

    def add():
        return program.post("/v1/products", {"name": "Band", "price": 1}, content_type="application/json")

    refused = add()
    assert (refused.status_code, refused["Retry-After"]) == (503, "1")
    assert refused.json()["error"]["code"] == "unavailable"
    assert (Product.objects.count(), AuditEntry.objects.count()) == (0, 0)
    assert add().status_code == 201
    assert (Product.objects.count(), AuditEntry.objects.count()) == (1, 1)


def test_a_form_over_a_limit_says_so_with_what_was_typed_and_can_be_sent_again(
    over_the_limit, practice, front_desk_user
):
    desk = Client()
    desk.force_login(front_desk_user)
    product, patient = (make(organization=practice.organization) for make in (ProductFactory, PatientFactory))
    typed = {"patient": patient.pk, "product": product.pk, "quantity": 3, "notes": ""}
    page = reverse("admin:orders_productorder_add")
    told = desk.post(page, typed)
    assert (told.status_code, ProductOrder.objects.count()) == (200, 0)
    assert "busy" in str(told.context["errors"])
    assert desk.post(page, typed).status_code == 302
    assert ProductOrder.objects.get().quantity == 3


@pytest.mark.parametrize("limit", LIMITS)
def test_a_page_over_a_limit_is_a_503_of_ours(only_postgresql, front_desk_user, monkeypatch, limit):
    desk = Client(raise_request_exception=False)
    desk.force_login(front_desk_user)
    reads = transaction.atomic(LIMITS[limit])
    with monkeypatch.context() as patched:
        patched.setattr("backoffice.patients.admin.PatientAdmin.get_queryset", lambda *_: reads())
        answer = desk.get(reverse("admin:patients_patient_changelist"))
    assert (answer.status_code, answer["Retry-After"]) == (503, "1")
    assert "busy at the moment" in answer.content.decode()
    assert desk.get(reverse("admin:patients_patient_changelist")).status_code == 200
