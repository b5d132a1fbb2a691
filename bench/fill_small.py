"""The small practice of `bench.fill`: sixty rows of each kind, the same in every clinic, beside practices of many.

One specialist sees one patient a day, early in the morning, when nobody else has visits: fifty days back and ten ahead.
The patients are some of those whom searches ask for, and come to the other practices, too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from bench.clinic import (
    BILLS_BEFORE,
    DAY,
    HALF_HOUR,
    NAMED_ALIKE,
    PLANS,
    PRODUCTS,
    SERVICES,
    TYPED_NUMBER,
    Clinic,
    id_of,
)
from bench.rows import write

PAST, AHEAD = 50, 10  # days with a visit each
EARLY = timedelta(hours=6)  # UTC: after the mornings off, before every other visit
PAID, NOTHING = Decimal(150), Decimal(0)
MINUTE = timedelta(minutes=1)


@dataclass
class Practice:
    """The practice, with the ids of its own rows; a visit's number is that of its slot and program, too."""

    clinic: Clinic
    pk: int
    specialist: int
    room: int
    resource: int  # of the specialist; that of the room comes next
    first: dict[str, int]

    def __post_init__(self) -> None:
        self.today = self.clinic.at.replace(hour=0, minute=0, second=0, microsecond=0)
        self.patients = sorted(NAMED_ALIKE)[: PAST + AHEAD]
        if self.clinic.size <= self.patients[-1]:
            self.patients = [n % self.clinic.size for n in range(PAST + AHEAD)]

    def write(self, model: Any, names: list[str], rows: Any) -> None:
        """Rows of the practice, whose column comes first."""
        self.add(model, ["practice", *names], ((self.pk, *row) for row in rows))

    def add(self, model: Any, names: list[str], rows: Any) -> None:
        """Rows of what belongs to the practice."""
        self.first[model._meta.label_lower] = write(self.clinic, model, names, rows)

    def own(self, label: str, number: int) -> int:
        """The key of a row of the practice."""
        return self.first[label] + number

    def patient(self, number: int) -> int:
        """The key of the patient of a visit."""
        return id_of(self.clinic, "patients.patient", self.patients[number])

    def slot_at(self, number: int) -> datetime:
        """When a slot begins."""
        return self.today + DAY * (number - PAST) + EARLY

    def starts_at(self, number: int) -> datetime:
        """When a visit begins: three of five in slots, the others half an hour after one."""
        at = self.slot_at(number)
        return at if number % 5 < 3 else at + 2 * HALF_HOUR

    def status(self, number: int) -> str:
        """What became of a visit."""
        kind = number % 10
        if number < PAST:
            return "cancelled" if kind == 9 else "done"
        return "requested" if kind == 1 else "confirmed"


def fill_small(clinic: Clinic) -> None:
    """The practice with its people, calendar, programs, orders, care plans, bills and history."""
    practice = _practice(clinic)
    for table in (_programs, _calendar, _claims, _ledger, _around_the_calendar, _orders, _care_plans, _history):
        table(practice)
    _bills(practice)


def numbers() -> range:
    """Those of the visits."""
    return range(PAST + AHEAD)


def _practice(clinic: Clinic) -> Practice:
    from catalog.models import ServiceSpecialist
    from directory import models as directory

    organization = id_of(clinic, "directory.organization", 0)
    names = ["organization", "name", "time_zone", "currency", "country_code"]
    rows = [(organization, "Small practice", "Europe/Bucharest", "RON", "RO")]
    practice = write(clinic, directory.Practice, names, rows)
    resource = write(clinic, directory.Resource, ["kind"], [("person",), ("room",)])
    names = ["organization", "resource", "first_name", "last_name"]
    specialist = write(clinic, directory.Specialist, names, [(organization, resource, "Zoe", "Zamfir")])
    write(clinic, directory.SpecialistPractice, ["specialist", "practice"], [(specialist, practice)])
    room = write(clinic, directory.Room, ["practice", "resource", "name"], [(practice, resource + 1, "The only room")])
    offers = [(id_of(clinic, "catalog.service", service), specialist) for service in range(SERVICES)]
    write(clinic, ServiceSpecialist, ["service", "specialist"], offers)
    return Practice(clinic, practice, specialist, room, resource, {})


def _programs(practice: Practice) -> None:
    from programs.models import Enrollment

    clinic = practice.clinic
    service = id_of(clinic, "catalog.service", 0)
    rows = (
        (
            practice.patient(n), id_of(clinic, "programs.serviceplan", n % PLANS), f"Plan {n % PLANS + 1}", service,
            "session_based", 10, Decimal(1000), "RON", practice.starts_at(n) - 30 * DAY,
            10 - (practice.status(n) == "done"),
        )
        for n in numbers()
    )  # fmt: skip
    names = ["patient", "service_plan", "name", "service", "billing_model", "sessions_total", "price", "currency"]
    practice.write(Enrollment, [*names, "enrolled_at", "sessions_left"], rows)


def _calendar(practice: Practice) -> None:
    from scheduling.models import Appointment, AppointmentService, AvailableSlot

    clinic, who = practice.clinic, (practice.specialist, practice.room)

    def slots() -> Iterator[tuple[Any, ...]]:
        for n in numbers():
            at = practice.slot_at(n)
            booked = n % 5 < 3 and practice.status(n) != "cancelled"
            yield *who, at, at + HALF_HOUR, int(booked), 1, min(at, clinic.at)

    names = ["specialist", "room", "starts_at", "ends_at", "booked", "capacity", "updated_at"]
    practice.write(AvailableSlot, names, slots())

    def visits() -> Iterator[tuple[Any, ...]]:
        for n in numbers():
            at, status = practice.starts_at(n), practice.status(n)
            is_off = status == "cancelled"
            yield (
                practice.patient(n), *who, practice.own("scheduling.availableslot", n) if n % 5 < 3 else None,
                practice.own("programs.enrollment", n), None if is_off else 1, at, at + HALF_HOUR, status,
                at - 2 * DAY if is_off else None, min(at, clinic.at),
            )  # fmt: skip

    names = ["patient", "specialist", "room", "slot", "enrollment", "plan_session_number", "starts_at", "ends_at"]
    practice.write(Appointment, [*names, "status", "cancelled_at", "updated_at"], visits())
    lines = (
        (practice.own("scheduling.appointment", n), id_of(clinic, "catalog.service", n % SERVICES), PAID, "RON")
        for n in numbers()
    )
    practice.add(AppointmentService, ["appointment", "service", "price", "currency"], lines)


def _claims(practice: Practice) -> None:
    from scheduling.models import Claim

    of_patients = practice.clinic.first_id["directory.resource"] + 2 * practice.clinic.people

    def rows() -> Iterator[tuple[Any, ...]]:
        for n in numbers():
            if practice.status(n) == "cancelled":
                continue
            times = practice.starts_at(n), practice.starts_at(n) + HALF_HOUR
            visit: tuple[int | None, int | None] = (practice.own("scheduling.appointment", n), None)
            yield of_patients + practice.patients[n], "patient", *times, *visit
            taker = (None, practice.own("scheduling.availableslot", n)) if n % 5 < 3 else visit
            yield practice.resource, "specialist", *times, *taker
            yield practice.resource + 1, "room", *times, *taker

    practice.add(Claim, ["resource", "role", "starts_at", "ends_at", "appointment", "slot"], rows())


def _ledger(practice: Practice) -> None:
    from programs.models import SessionMovement

    def rows() -> Iterator[tuple[Any, ...]]:
        for n in numbers():
            program, visit = practice.own("programs.enrollment", n), practice.own("scheduling.appointment", n)
            yield program, "grant", 10, None, practice.starts_at(n) - 30 * DAY
            if practice.status(n) == "done":
                yield program, "consume", -1, visit, practice.starts_at(n)
            elif practice.status(n) == "cancelled":
                yield program, "release", 0, visit, practice.starts_at(n)

    practice.add(SessionMovement, ["enrollment", "kind", "quantity", "appointment", "at"], rows())


def _around_the_calendar(practice: Practice) -> None:
    """Time off in the afternoons, series and batches that are over, and people to call back."""
    from datetime import time

    from scheduling.models import (
        Appointment,
        AppointmentService,
        Claim,
        SlotBatch,
        SlotSeries,
        TimeOff,
        TimeOffSeries,
    )

    clinic, who = practice.clinic, practice.specialist

    def off(n: int) -> tuple[datetime, datetime]:
        at = practice.slot_at(n) + EARLY
        return at, at + 2 * HALF_HOUR

    practice.write(
        TimeOff, ["specialist", "starts_at", "ends_at", "reason"], ((who, *off(n), "Afternoon off") for n in numbers())
    )
    claims = ((practice.resource, "specialist", *off(n), practice.own("scheduling.timeoff", n)) for n in numbers())
    practice.add(Claim, ["resource", "role", "starts_at", "ends_at", "time_off"], claims)

    def week(n: int) -> tuple[date, time, int, date]:
        return (off(n)[0] - 70 * DAY).date(), time(8), 30, (off(n)[0] - 63 * DAY).date()

    days = ["start_date", "start_time", "duration_minutes", "until_date", "generated_until"]
    series = ((who, "weekly", *week(n), week(n)[-1], off(n)[0] - 63 * DAY) for n in numbers())
    practice.write(SlotSeries, ["specialist", "pattern", *days, "withdrawn_at"], series)
    absences = ((who, "FREQ=DAILY", "Course", *week(n), week(n)[-1], off(n)[0] - 63 * DAY) for n in numbers())
    practice.write(TimeOffSeries, ["specialist", "rrule", "reason", *days, "archived_at"], absences)
    batches = ((clinic.at - DAY * n, "{}", "[]", clinic.at - DAY * n) for n in numbers())
    practice.write(SlotBatch, ["created_at", "params", "failed", "undone_at"], batches)

    visits = practice.first["scheduling.appointment"]
    waiting = ((clinic.at - MINUTE * n, practice.patient(n), "requested", "portal") for n in numbers())
    practice.write(Appointment, ["created_at", "patient", "status", "created_via"], waiting)
    service = id_of(clinic, "catalog.service", 0)
    lines = ((practice.own("scheduling.appointment", n), service, PAID, "RON") for n in numbers())
    practice.add(AppointmentService, ["appointment", "service", "price", "currency"], lines)
    practice.first["scheduling.appointment"] = visits


def _orders(practice: Practice) -> None:
    from orders.models import ProductOrder, ProductOrderEvent

    clinic = practice.clinic

    def steps(n: int) -> tuple[str, ...]:
        return ("pending", "confirmed") if n % 2 else ("pending",)

    def ordered_at(n: int) -> datetime:
        return clinic.at - DAY * (5 + n)

    rows = (
        (
            practice.patient(n), id_of(clinic, "catalog.product", n % PRODUCTS), f"Product {n % PRODUCTS + 1}",
            Decimal("40.00"), "RON", steps(n)[-1], ordered_at(n), ordered_at(n) + DAY if n % 2 else None,
        )
        for n in numbers()
    )  # fmt: skip
    names = ["patient", "product", "product_name", "unit_price", "currency", "status", "ordered_at", "confirmed_at"]
    practice.write(ProductOrder, names, rows)

    def events() -> Iterator[tuple[Any, ...]]:
        for n in numbers():
            came_from = ""
            for days, status in enumerate(steps(n)):
                yield practice.own("orders.productorder", n), came_from, status, ordered_at(n) + DAY * days
                came_from = status

    practice.add(ProductOrderEvent, ["order", "from_status", "to_status", "at"], events())


def _care_plans(practice: Practice) -> None:
    from billing.models import CarePlan, CarePlanEntry

    clinic = practice.clinic
    plans = (
        (practice.starts_at(n), practice.patient(n), f"Care plan {n}", "estimate", "RON", practice.specialist)
        for n in numbers()
    )
    practice.write(CarePlan, ["created_at", "patient", "name", "state", "currency", "specialist"], plans)
    entries = (
        (
            practice.starts_at(n), practice.own("billing.careplan", n), id_of(clinic, "catalog.service", n % SERVICES),
            f"Treatment {n % SERVICES + 1}", PAID, 1, 0,
        )
        for n in numbers()
    )  # fmt: skip
    names = ["created_at", "care_plan", "service", "label", "price", "number_of_executions", "sequence_number"]
    practice.add(CarePlanEntry, names, entries)


def _history(practice: Practice) -> None:
    """An entry for each visit; one is of a visit that is not there, with the number that begins telephone numbers."""
    from core.models import AuditEntry

    organization = id_of(practice.clinic, "directory.organization", 0)
    visits = [practice.own("scheduling.appointment", n) for n in numbers()]
    rows = (
        (practice.starts_at(n) - 3 * DAY, "system", "services", "scheduling.book_appointment", "create",
         "scheduling.appointment", visit, organization, practice.pk, '{"status": [null, "confirmed"]}')
        for n, visit in enumerate([TYPED_NUMBER, *visits[1:]])
    )  # fmt: skip
    where = ["object_kind", "object_id", "organization_id", "practice_id"]
    practice.add(AuditEntry, ["at", "actor_kind", "door", "verb", "action", *where, "changes"], rows)


def _bills(practice: Practice) -> None:
    """An invoice of each visit that was kept: two of three are paid, half of these with a receipt."""
    from billing import models as billing

    clinic = practice.clinic
    done = [n for n in numbers() if practice.status(n) == "done"]
    days = [practice.starts_at(n).date() for n in done]
    given: Counter[int] = Counter()

    def bills() -> Iterator[tuple[Any, ...]]:
        for n, day in zip(done, days, strict=True):
            given[day.year] += 1
            number = BILLS_BEFORE + given[day.year]
            yield practice.patient(n), "full", "bill", number, day, day.year, "RON", PAID, NOTHING, PAID

    names = ["patient", "type", "series", "number", "issued_on", "year", "currency", "net", "vat", "total"]
    practice.write(billing.Bill, names, bills())
    last = {day.year: day for day in days}
    counters = (("bill", year, BILLS_BEFORE + given[year], day) for year, day in last.items())
    practice.write(billing.BillCounter, ["series", "year", "last_number", "last_issued_on"], counters)

    def bill(nth: int) -> int:
        return practice.own("billing.bill", nth)

    def visit(nth: int) -> int:
        return practice.own("scheduling.appointment", done[nth])

    lines = (
        (bill(nth), f"Treatment {n % SERVICES + 1}", PAID, NOTHING, PAID, NOTHING,
         id_of(clinic, "catalog.service", n % SERVICES), visit(nth))
        for nth, n in enumerate(done)
    )  # fmt: skip
    names = ["bill", "label", "unit_price", "vat_percentage", "net", "vat", "service", "appointment"]
    practice.add(billing.BillLine, names, lines)
    practice.add(billing.BilledWork, ["bill", "appointment"], ((bill(nth), visit(nth)) for nth in range(len(done))))

    paid = {nth: PAID if nth % 3 else NOTHING for nth in range(len(done))}
    balances = (
        (practice.patient(n), bill(nth), "incoming", days[nth], "RON", PAID, NOTHING, paid[nth], PAID - paid[nth])
        for nth, n in enumerate(done)
    )
    names = ["patient", "bill", "direction", "issued_on", "currency", "total", "credited", "paid", "owed"]
    practice.write(billing.BillBalance, names, balances)
    _payments(practice, [(n, days[nth], bill(nth)) for nth, n in enumerate(done) if paid[nth]])


def _payments(practice: Practice, paid: list[tuple[int, date, int]]) -> None:
    from billing import models as billing

    practice.write(billing.Account, ["name"], [("Till",)])
    account, card = practice.own("billing.account", 0), id_of(practice.clinic, "billing.paymenttype", 0)
    proved: Counter[int] = Counter()

    def receipts() -> Iterator[tuple[Any, ...]]:
        for n, day, _bill in paid[::2]:
            proved[day.year] += 1
            yield practice.patient(n), day, day.year, proved[day.year], PAID, "RON"

    names = ["patient", "issued_on", "year", "number", "amount", "currency"]
    practice.write(billing.Receipt, names, receipts())
    last = {day.year: day for _n, day, _bill in paid[::2]}
    counters = (("receipt", year, proved[year], day) for year, day in last.items())
    practice.write(billing.BillCounter, ["series", "year", "last_number", "last_issued_on"], counters)
    rows = (
        (practice.patient(n), account, card, bill, None if nth % 2 else practice.own("billing.receipt", nth // 2),
         "incoming", PAID, "RON", day)
        for nth, (n, day, bill) in enumerate(paid)
    )  # fmt: skip
    names = ["patient", "account", "payment_type", "bill", "receipt", "direction", "amount", "currency", "date"]
    practice.write(billing.Transaction, names, rows)
    closings = (
        (account, day, "RON", PAID, PAID, practice.own("billing.transaction", nth))
        for nth, (_n, day, _bill) in enumerate(paid)
    )
    names = ["account", "date", "currency", "expected", "counted", "last_transaction_id"]
    practice.add(billing.TillClosing, names, closings)
