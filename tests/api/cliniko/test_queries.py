"""Every list costs a fixed number of queries, and a walk over its pages meets each appointment exactly once."""

from datetime import timedelta
from decimal import Decimal
from urllib.parse import quote

import pytest
from django.core.cache import cache
from django.db import connection
from django.db.models import F, Value
from django.db.models.functions import Concat
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from api.base.lists import STATEMENTS
from billing.services import NewLine, issue_bill
from core import ids_first
from core.actor import Actor
from patients.models import Patient
from scheduling.models import Appointment, TimeOff
from tests.api.cliniko.conftest import HOST, MINE, PLAIN, VENDOR, wish
from tests.factories import (
    AT,
    DAY,
    AppointmentFactory,
    CustomFieldFactory,
    CustomFieldValueFactory,
    MembershipFactory,
    OrganizationFactory,
    PatientCaseFactory,
    PatientFactory,
    PhoneNumberFactory,
    ProductFactory,
    RoomFactory,
    ServiceFactory,
    ServiceSpecialistFactory,
    SlotFactory,
    SpecialistFactory,
    UserFactory,
)
from tests.plugins.counts import scaled

MOST = 12


def appointments(practice, count):
    for _n in range(count):
        case = PatientCaseFactory(patient=PatientFactory(organization=practice.organization))
        room = RoomFactory(practice=practice)
        AppointmentFactory(practice=practice, patient=case.patient, patient_case=case, room=room)
    return "individual_appointments"


def attendees(practice, count):
    appointments(practice, count)
    return "attendees"


def older(practice, count):
    appointments(practice, count)
    return "appointments"


def bookings(practice, count):
    appointments(practice, count - 3)
    specialist = SpecialistFactory(organization=practice.organization, works_at=[practice])
    for slot in SlotFactory.create_batch(2, practice=practice, specialist=specialist, capacity=4, booked=2):
        for _n in range(2):
            AppointmentFactory(practice=practice, specialist=specialist, slot=slot)
    times = {"starts_at": AT, "ends_at": AT + DAY, "created_at": AT, "updated_at": AT}
    TimeOff.objects.create(practice=practice, specialist=specialist, **times)
    return "bookings"


def patients(practice, count):
    field = CustomFieldFactory(organization=practice.organization)
    for patient in PatientFactory.create_batch(count, organization=practice.organization):
        PhoneNumberFactory.create_batch(2, patient=patient)
        CustomFieldValueFactory(field=field, patient=patient)
        AppointmentFactory(practice=practice, patient=patient)
    return "patients"


def practitioners(practice, count):
    SpecialistFactory.create_batch(count, organization=practice.organization, works_at=[practice])
    return "practitioners"


def types(practice, count):
    ServiceFactory.create_batch(count, organization=practice.organization)
    return "appointment_types"


def businesses(practice, count):
    for _n in range(count):
        specialist = SpecialistFactory(organization=practice.organization, works_at=[practice])
        service = ServiceFactory(organization=practice.organization)
        ServiceSpecialistFactory(service=service, specialist=specialist)
    return "businesses"


def cases(practice, count):
    for patient in PatientFactory.create_batch(count, organization=practice.organization):
        AppointmentFactory(practice=practice, patient=patient, patient_case=PatientCaseFactory(patient=patient))
    return "patient_cases"


def products(practice, count):
    ProductFactory.create_batch(count, organization=practice.organization)
    return "products"


def users(practice, count):
    MembershipFactory.create_batch(count, practice=practice)
    return "users"


def invoices(practice, count):
    for patient in PatientFactory.create_batch(count, organization=practice.organization):
        lines = [NewLine(label=label, unit_price=Decimal(100)) for label in ("Visit", "Band")]
        about = {"practice_id": practice.pk, "patient_id": patient.pk, "lines": lines}
        issue_bill(**about, by=Actor.system("test"), at=AT)
    return "invoices"


LISTS = [
    appointments, attendees, older, bookings, patients, practitioners, types, businesses, cases, products, users,
    invoices,
]  # fmt: skip


def counted(caller, path):
    with CaptureQueriesContext(connection) as captured:
        response = caller.get(path)
    assert response.status_code == 200, response.content
    return response.json(), len(captured)


@pytest.mark.parametrize("fill", LISTS, ids=lambda fill: fill.__name__)
def test_a_list_needs_as_many_queries_for_fifty_rows_as_for_five(manager, practice, fill):
    key = fill(practice, 5)
    path = f"{VENDOR}/{key}?per_page=100"
    manager.get(path)  # the key's last use is written once in five minutes
    few, needed = counted(manager, path)
    fill(practice, 45)
    many, needed_then = counted(manager, path)
    assert len(many[key]) == len(few[key]) + 45 or key == "businesses"
    assert needed == needed_then <= MOST


def test_a_page_of_appointments_needs_one_query_and_one_for_the_total(client, practice):
    appointments(practice, 6)
    client.get(PLAIN)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(f"{PLAIN}?per_page=2").json()["total_entries"] == 6
    asked = [query["sql"].rpartition(' FROM "')[2].partition('"')[0] for query in captured]
    # The key with who its owner is, the page, the total.
    assert len(asked) == 3


FILTERS = [
    ("patients", "last_name:=", "last_name"),
    ("patients", "email:=", "email"),
    ("patients", "first_name:=", "first_name"),
    ("patients", "id:=", "pk"),
    ("individual_appointments", "patient_id:=", "patient_id"),
    ("attendees", "booking_id:=", "pk"),
    ("bookings", "patient_ids:~", "patient_id"),
]


@pytest.mark.parametrize("most", [0, 1_000])
@pytest.mark.parametrize(("key", "asked", "column"), FILTERS)
def test_another_value_is_asked_with_the_statement_that_there_is(
    manager, practice, monkeypatch, key, asked, column, most
):
    """Be it found by its ids, or met along the list: each value finds its own."""
    monkeypatch.setattr(ids_first, "FEW", most)
    monkeypatch.setattr(STATEMENTS, "kept", {})
    visits = [AppointmentFactory(practice=practice) for _n in range(3)]
    rows = [visit.patient for visit in visits] if key == "patients" else visits
    Patient.objects.update(first_name=F("last_name"), email=Concat("last_name", Value("@example.org")))
    for row in rows:
        row.refresh_from_db()
    found, compiled = [], []
    for row in rows:
        path = f"{VENDOR}/{key}?q[]={quote(f'{asked}{getattr(row, column)}')}"
        found.append([one["id"] for one in manager.get(path).json()[key]])
        compiled.append(len(STATEMENTS.kept))
    assert found == [[str(row.pk)] for row in rows]
    assert compiled[0] == compiled[1] == compiled[2] > 0


def test_who_sees_everything_finds_the_patients_of_every_organization(program):
    boss = UserFactory(is_superuser=True)
    there = [PatientFactory(organization=OrganizationFactory(), email="ada@example.org") for _n in range(2)]
    answer = program(boss).get(f"{VENDOR}/patients?q[]=email:=ada@example.org").json()
    assert [one["id"] for one in answer["patients"]] == [str(one.pk) for one in there]


def test_a_walk_meets_each_that_stood_at_the_start_exactly_once(client, scene, clock):
    """While others are being made, by following `next` to its end."""
    count = scaled(300, 10_000)
    visit = {"practice": scene.practice, "specialist": scene.practitioner, "patient": scene.patient}
    rows = [
        Appointment(
            **visit,
            status="confirmed",
            starts_at=AT + timedelta(hours=n),
            ends_at=AT + timedelta(hours=n, minutes=30),
            created_at=AT + timedelta(seconds=n),
            updated_at=AT,
        )
        for n in range(count)
    ]
    stood = {str(row.pk) for row in Appointment.objects.bulk_create(rows)}
    clock.now = AT + timedelta(days=2)
    met, needed, made = [], set(), 0
    following = f"{MINE}?per_page=100"
    client.get(following)
    while following:
        page, queries = counted(client, following)
        met += [one["id"] for one in page["individual_appointments"]]
        if "next" in page["links"]:
            needed.add(queries)
        if len(met) <= count:
            clock.now += timedelta(minutes=1)
            cache.clear()  # a fast machine would ask more than the limit of a minute
            sent = wish(scene, starts_at=(timezone.now() + timedelta(days=9 + made)).isoformat(), ends_at=None)
            assert client.post(PLAIN, sent).status_code == 201
            made += 1
        following = page["links"].get("next", "").removeprefix(HOST)
    assert len(met) == len(set(met))
    assert stood <= set(met)
    assert len(met) == count + made
    assert len(needed) == 1
