"""Fill a clinic of a chosen size: `python -m bench.fill 100000`, into the migrated, empty database of DATABASE_URL.

It gets that many patients, slots and appointments (four fifths in the past, each with a history entry), a tenth as
many programs with ledgers and orders with histories, an invoice for every tenth kept visit (`bench.fill_money`), an
early hour off for each specialist and week, and what `bench.fill_records` and `bench.fill_desk` name. A large clinic
has the practices and people of a small one, and days as full; it has more of them, earlier and later. Each table is one
stream of rows (PostgreSQL: COPY; SQLite: one prepared statement). Every row follows from its number: another run gives
the same clinic. Constraints and invariants hold.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from bench.clinic import (
    ALIKE,
    DAY,
    FIRST,
    HALF_HOUR,
    LAST,
    NAMED_ALIKE,
    PLANS,
    PRACTICES,
    PRODUCTS,
    SERVICES,
    SLOTS_A_DAY,
    SOLD,
    Clinic,
    Visit,
    id_of,
    name_of,
    practice_of,
)
from bench.fill_desk import fill_desk
from bench.fill_money import fill_money
from bench.fill_records import fill_records
from bench.fill_small import fill_small
from bench.people import make_people
from bench.rows import write
from bench.rules import checked_at_the_end, unsafe


def fill(size: int, at: datetime) -> Clinic:
    """Fill the database; returns what was filled in."""
    from django.db import connection, transaction

    from core.db import long_running

    clinic = Clinic(size, at)
    tables = (
        _directory, _catalogue, _patients, _programs, _calendar, _time_off, _ledger, _orders, fill_money, fill_records,
        fill_desk, fill_small,
    )  # fmt: skip
    with long_running():
        with transaction.atomic(), checked_at_the_end():
            for table in tables:
                table(clinic)
        make_people()
        # PostgreSQL does so by itself, soon. SQLite has no statistics unless it is told to make them, which nothing of
        # ours does: an index whose column is empty in all rows would look useless to it.
        if connection.vendor == "postgresql":
            tables_of_ours = map(connection.ops.quote_name, connection.introspection.table_names())
            with connection.cursor() as cursor:  # not those of all databases: two may be filled at once
                cursor.execute(f"ANALYZE {', '.join(tables_of_ours)}")
    return clinic


def _directory(clinic: Clinic) -> None:
    from directory.models import Organization, Practice, Resource, Room, Specialist, SpecialistPractice

    people = range(clinic.people)
    write(clinic, Organization, ["name", "hosts"], [("Clinic of many", "[]")])
    organization = id_of(clinic, "directory.organization", 0)
    rows = [(organization, f"Practice {n + 1}", "Europe/Bucharest", "RON", "RO") for n in range(PRACTICES)]
    write(clinic, Practice, ["organization", "name", "time_zone", "currency", "country_code"], rows)
    kinds = (["person"] * clinic.people, ["room"] * clinic.people, ["patient"] * clinic.size)
    write(clinic, Resource, ["kind"], ((kind,) for several in kinds for kind in several))
    resource = clinic.first_id["directory.resource"]
    write(
        clinic,
        Specialist,
        ["organization", "resource", "first_name", "last_name"],
        [(organization, resource + n, FIRST[n % len(FIRST)], f"{LAST[n % len(LAST)]} {n}") for n in people],
    )
    works = [(id_of(clinic, "directory.specialist", n), practice_of(clinic, n)) for n in people]
    write(clinic, SpecialistPractice, ["specialist", "practice"], works)
    rooms = [(practice_of(clinic, n), resource + clinic.people + n, f"Room {n + 1}") for n in people]
    write(clinic, Room, ["practice", "resource", "name"], rooms)


def _catalogue(clinic: Clinic) -> None:
    import uuid

    from catalog.models import Product, Service, ServiceSpecialist
    from programs.models import ServicePlan

    organization = id_of(clinic, "directory.organization", 0)
    names = ["uuid", "organization", "name", "slug", "category", "duration_minutes", "base_price", "currency"]
    services = [
        (
            _uuid(uuid.uuid4()),
            organization,
            f"Treatment {n + 1}",
            f"treatment-{n + 1}",
            "consultation",
            30,
            150 + n,
            "RON",
        )
        for n in range(SERVICES)
    ]
    write(clinic, Service, [*names, "published", "is_public"], [(*row, True, True) for row in services])
    offers = [
        (id_of(clinic, "catalog.service", service), id_of(clinic, "directory.specialist", person))
        for service in range(SERVICES)
        for person in range(clinic.people)
    ]
    write(clinic, ServiceSpecialist, ["service", "specialist"], offers)
    products = [
        (_uuid(uuid.uuid4()), organization, f"Product {n + 1}", f"product-{n + 1}", Decimal("40.00"), "RON")
        for n in range(PRODUCTS)
    ]
    write(clinic, Product, ["uuid", "organization", "name", "slug", "price", "currency"], products)
    plans = [
        (
            organization,
            f"Plan {n + 1}",
            id_of(clinic, "catalog.service", 0),
            "session_based",
            10,
            Decimal(1000),
            "RON",
            True,
        )
        for n in range(PLANS)
    ]
    names = ["organization", "name", "service", "billing_model", "sessions_total", "total_price", "currency"]
    write(clinic, ServicePlan, [*names, "is_published"], plans)


def _uuid(value: Any) -> Any:
    from django.db import connection

    return value if connection.features.has_native_uuid_field else value.hex


def _patients(clinic: Clinic) -> None:
    from patients.models import Patient, PatientWord, PhoneNumber
    from patients.names import fold

    organization = id_of(clinic, "directory.organization", 0)
    resource = clinic.first_id["directory.resource"] + 2 * clinic.people
    folded = {name: fold(name) for one in (*FIRST, *LAST, *ALIKE) for name in one.split()}

    def words_of(n: int) -> list[str]:
        first, last = name_of(n)
        return [*(folded.get(word, word) for word in last.split()), folded[first]]

    def rows() -> Iterator[tuple[Any, ...]]:
        for n in range(clinic.size):
            of_one_day = n % 4 == 0 and n in NAMED_ALIKE  # a page of them, in every clinic
            born = date(1930, 1, 1) if of_one_day else date(1930 + n % 80, 1 + n % 12, 1 + n % 28)
            yield (
                organization, resource + n, *name_of(n), " ".join(words_of(n)), f"patient{n}@example.org", born,
                clinic.at - timedelta(minutes=10 * (clinic.size - n)), clinic.at if is_archived(n) else None,
            )  # fmt: skip

    names = ["organization", "resource", "first_name", "last_name", "search_name", "email", "date_of_birth"]
    write(clinic, Patient, [*names, "updated_at", "archived_at"], rows())
    phones = ((id_of(clinic, "patients.patient", n), *_phone(n)) for n in range(clinic.size))
    write(clinic, PhoneNumber, ["patient", *PHONE_COLUMNS], phones)

    def words() -> Iterator[tuple[Any, ...]]:
        for n in range(clinic.size):
            name = words_of(n)
            endings = (" ".join(name[first:]) for first in range(1, len(name) - 1))
            for word in (*name, *endings, f"patient{n}@example.org", "example.org"):
                yield organization, id_of(clinic, "patients.patient", n), word

    write(clinic, PatientWord, ["organization", "patient", "word"], words())


GROUP = 6  # places
TWENTY = 20  # patients, of whom one is archived
PHONE_COLUMNS = ("number", "e164", "digits", "digits_reversed")


def is_archived(number: int) -> bool:
    """Whether this patient is; each time at another place among the twenty, so that some are of each specialist."""
    return number % TWENTY == (1 + 7 * (number // TWENTY)) % TWENTY


def _phone(number: int) -> tuple[str, ...]:
    digits = f"7{number:08d}"
    return f"0{digits}", f"+40{digits}", digits, digits[::-1]


def _sold(clinic: Clinic) -> Iterator[tuple[int, Visit]]:
    """Each program with the one visit that holds or has used a session of it."""
    return ((nth, clinic.visit(number)) for nth, number in enumerate(clinic.numbers(SOLD)))


def _used_before(number: int) -> int:
    """How many sessions an import used up before the clinic began with us."""
    return 3 if number % 4 == 0 else 0


def _programs(clinic: Clinic) -> None:
    from programs.models import Enrollment

    service = id_of(clinic, "catalog.service", 0)

    def rows() -> Iterator[tuple[Any, ...]]:
        for number, visit in _sold(clinic):
            left = 10 - _used_before(number) - (visit.status == "done")
            plan = number % PLANS
            yield (
                practice_of(clinic, visit.person), id_of(clinic, "patients.patient", visit.patient),
                id_of(clinic, "programs.serviceplan", plan), f"Plan {plan + 1}", service, "session_based", 10,
                Decimal(1000), "RON", visit.starts_at - 30 * DAY, left,
            )  # fmt: skip

    names = [
        "practice", "patient", "service_plan", "name", "service", "billing_model", "sessions_total",
        "price", "currency", "enrolled_at", "sessions_left",
    ]  # fmt: skip
    write(clinic, Enrollment, names, rows())


def _ledger(clinic: Clinic) -> None:
    from programs.models import SessionMovement

    def rows() -> Iterator[tuple[Any, ...]]:
        for number, visit in _sold(clinic):
            program, sold = id_of(clinic, "programs.enrollment", number), visit.starts_at - 30 * DAY
            yield program, "grant", 10, None, sold
            if used := _used_before(number):
                yield program, "consume", -used, None, sold
            appointment = id_of(clinic, "scheduling.appointment", visit.number)
            if visit.status == "done":
                yield program, "consume", -1, appointment, visit.starts_at
            elif not visit.takes_time:
                yield program, "release", 0, appointment, visit.starts_at

    write(clinic, SessionMovement, ["enrollment", "kind", "quantity", "appointment", "at"], rows())


def places(clinic: Clinic, number: int) -> int:
    """Those of a slot: the last one of each day is a group's."""
    return GROUP if number // clinic.people % SLOTS_A_DAY == SLOTS_A_DAY - 1 else 1


def _calendar(clinic: Clinic) -> None:
    from scheduling.models import Appointment, AppointmentService, AvailableSlot, Claim

    def slots() -> Iterator[tuple[Any, ...]]:
        for number in range(clinic.size):
            person, starts_at = clinic.slot(number)
            booked = number % 5 < 3 and clinic.visit(number).takes_time
            yield (
                practice_of(clinic, person), id_of(clinic, "directory.specialist", person),
                id_of(clinic, "directory.room", person), starts_at, starts_at + HALF_HOUR, int(booked),
                places(clinic, number), min(starts_at, clinic.at),
            )  # fmt: skip

    names = ["practice", "specialist", "room", "starts_at", "ends_at", "booked", "capacity", "updated_at"]
    write(clinic, AvailableSlot, names, slots())

    programs = {number: nth for nth, number in enumerate(clinic.numbers(SOLD))}

    def visits() -> Iterator[tuple[Any, ...]]:
        for visit in map(clinic.visit, range(clinic.size)):
            sold = programs.get(visit.number)
            number = _used_before(sold) + 1 if sold is not None and visit.takes_time else None
            yield (
                practice_of(clinic, visit.person), id_of(clinic, "patients.patient", visit.patient),
                id_of(clinic, "directory.specialist", visit.person), id_of(clinic, "directory.room", visit.person),
                None if visit.slot is None else id_of(clinic, "scheduling.availableslot", visit.slot),
                None if sold is None else id_of(clinic, "programs.enrollment", sold), number,
                visit.starts_at, visit.starts_at + HALF_HOUR, visit.status,
                visit.starts_at - 2 * DAY if visit.status == "cancelled" else None, min(visit.starts_at, clinic.at),
            )  # fmt: skip

    names = [
        "practice", "patient", "specialist", "room", "slot", "enrollment", "plan_session_number",
        "starts_at", "ends_at", "status", "cancelled_at", "updated_at",
    ]  # fmt: skip
    write(clinic, Appointment, names, visits())
    lines = (
        (
            id_of(clinic, "scheduling.appointment", n),
            id_of(clinic, "catalog.service", n % SERVICES),
            150 + n % SERVICES,
            "RON",
        )
        for n in range(clinic.size)
    )
    write(clinic, AppointmentService, ["appointment", "service", "price", "currency"], lines)
    write(clinic, Claim, ["resource", "role", "starts_at", "ends_at", "appointment", "slot"], _claims(clinic))


def _claims(clinic: Clinic) -> Iterator[tuple[Any, ...]]:
    """A visit takes its patient; its specialist and room are taken by its slot, or by itself outside slots.

    A slot of a group takes them without a visit, too.
    """
    resource = clinic.first_id["directory.resource"]
    for visit in map(clinic.visit, range(clinic.size)):
        person, starts_at = clinic.slot(visit.number)
        if places(clinic, visit.number) > 1 and (visit.slot is None or not visit.takes_time):
            slot = id_of(clinic, "scheduling.availableslot", visit.number)
            for whose, role in ((person, "specialist"), (clinic.people + person, "room")):
                yield resource + whose, role, starts_at, starts_at + HALF_HOUR, None, slot
        if not visit.takes_time:
            continue
        times = (visit.starts_at, visit.starts_at + HALF_HOUR)
        appointment = id_of(clinic, "scheduling.appointment", visit.number)
        source: tuple[int | None, int | None] = (appointment, None)
        yield resource + 2 * clinic.people + visit.patient, "patient", *times, *source
        if visit.slot is not None:
            source = (None, id_of(clinic, "scheduling.availableslot", visit.slot))
        yield resource + visit.person, "specialist", *times, *source
        yield resource + clinic.people + visit.person, "room", *times, *source


def _time_off(clinic: Clinic) -> None:
    """An hour before each seventh day of each specialist, and each day of these two months, over nothing."""
    from scheduling.models import Claim, TimeOff

    days = -(-clinic.size // (clinic.people * SLOTS_A_DAY))
    today = (clinic.at - clinic.first_day).days
    on = sorted({*range(0, days, 7), *range(today - 7, today + 60)})
    hours = [
        (person, clinic.first_day + DAY * day + timedelta(hours=6)) for day in on for person in range(clinic.people)
    ]
    resource = clinic.first_id["directory.resource"]
    rows = (
        (practice_of(clinic, n), id_of(clinic, "directory.specialist", n), at, at + 2 * HALF_HOUR, "Training")
        for n, at in hours
    )
    write(clinic, TimeOff, ["practice", "specialist", "starts_at", "ends_at", "reason"], rows)
    claims = (
        (resource + n, "specialist", at, at + 2 * HALF_HOUR, id_of(clinic, "scheduling.timeoff", nth))
        for nth, (n, at) in enumerate(hours)
    )
    write(clinic, Claim, ["resource", "role", "starts_at", "ends_at", "time_off"], claims)


BUNDLED = 4  # of each ten orders, the one that came with a program
STEPS = ("pending", "confirmed", "shipped", "delivered")


def _orders(clinic: Clinic) -> None:
    from orders.models import ProductOrder, ProductOrderEvent

    count = clinic.size // 10 if clinic.is_large else clinic.size
    programs = [visit for _nth, visit in _sold(clinic)]

    def steps(number: int) -> tuple[str, ...]:
        round_of_all = number // clinic.people  # so that each practice has orders in each state
        return ("pending", "cancelled") if round_of_all % 10 == 9 else STEPS[: 1 + round_of_all % 4]

    def program_of(number: int) -> Visit | None:
        """The visit of the program that the order came with."""
        nth = number // 10
        return programs[nth] if number % 10 == BUNDLED and nth < len(programs) else None

    def ordered_at(number: int) -> datetime:
        at, visit = clinic.at - DAY * (5 + number % 900), program_of(number)
        return at if visit is None else min(at, visit.starts_at - 30 * DAY)

    def rows() -> Iterator[tuple[Any, ...]]:
        for number in range(count):
            ordered, status = ordered_at(number), steps(number)[-1]
            times = [ordered + DAY * n if status in STEPS[n:] else None for n in (1, 2, 3)]
            product, visit = number % PRODUCTS, program_of(number)
            # Whoever orders comes to the practice.
            came = visit or clinic.visit(10 * number + number // 4 % 2 if clinic.is_large else number)
            yield (
                practice_of(clinic, came.person), id_of(clinic, "patients.patient", came.patient),
                None if visit is None else id_of(clinic, "programs.enrollment", number // 10),
                id_of(clinic, "catalog.product", product), f"Product {product + 1}",
                Decimal("40.00") if visit is None else None, "RON", status, ordered, *times,
                ordered + DAY if status == "cancelled" else None, f"RO{number:09d}" if status in STEPS[2:] else "",
            )  # fmt: skip

    names = [
        "practice", "patient", "enrollment", "product", "product_name", "unit_price", "currency", "status",
        "ordered_at", "confirmed_at", "shipped_at", "delivered_at", "cancelled_at", "tracking_number",
    ]  # fmt: skip
    write(clinic, ProductOrder, names, rows())

    def events() -> Iterator[tuple[Any, ...]]:
        for number in range(count):
            came_from = ""
            for days, status in enumerate(steps(number)):
                at = ordered_at(number) + DAY * days
                yield id_of(clinic, "orders.productorder", number), came_from, status, at
                came_from = status

    write(clinic, ProductOrderEvent, ["order", "from_status", "to_status", "at"], events())


def main() -> int:
    """Fill the database of DATABASE_URL."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("size", type=int, help="how many patients, slots and appointments, at least 10")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
    import django

    django.setup()
    from patients.models import Patient

    if first := Patient.objects.order_by("pk").first():
        print(f"kept from {first.created_at:%Y-%m-%d %H:%M}")
        return 0
    began = time.perf_counter()
    with unsafe():
        fill(max(10, options.size), datetime.now(UTC))
    print(f"in {time.perf_counter() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
