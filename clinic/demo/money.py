"""The demo's billing: bills of each kind, care plans in each state, instalments, a day's till."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from billing.models import (
    Account,
    Bill,
    BilledWork,
    CarePlan,
    CarePlanDiscardReason,
    CarePlanEntry,
    Company,
    PaymentType,
    PriceList,
    Transaction,
)
from billing.services import (
    NewLine,
    accept_care_plan,
    add_care_plan_entry,
    bill_appointment,
    bill_care_plan,
    bill_enrollment,
    bill_order,
    change_settings,
    close_till,
    complete_care_plan,
    create_care_plan,
    credit_bill,
    discard_care_plan,
    issue_bill,
    record_supplier_bill,
    reverse_transaction,
    save_account,
    set_entry_done,
    set_instalments,
    set_price,
    sign_care_plan,
    take_payment,
    today_at,
)
from clinic.demo.catalogue import Shelf
from clinic.demo.people import Clinic
from core.actor import Actor
from directory.models import Practice
from directory.services import configure
from orders.models import ProductOrder
from patients.models import Patient
from programs.models import Enrollment
from scheduling.models import Appointment

DAY = timedelta(days=1)


@dataclass
class Till:
    """The demo's accounts, and a clock for its payments that never goes back."""

    practice: Practice
    drawer: Account
    terminal: Account
    cash: PaymentType
    card: PaymentType
    by: Actor
    at: datetime

    def pay(self, bill: Bill, amount: Decimal | None = None, *, card: bool = False) -> None:
        """Pay a bill in full, or a part of it."""
        take_payment(
            practice_id=self.practice.pk,
            amount=bill.total if amount is None else amount,
            account_id=(self.terminal if card else self.drawer).pk,
            payment_type_id=(self.card if card else self.cash).pk,
            bill_ids=[bill.pk],
            by=self.by,
            at=self.at,
        )


def make(clinic: Clinic, shelf: Shelf, *, by: Actor, today: datetime, now: datetime) -> None:
    """Create the billing of the last weeks, up to now."""
    till = _set_up(clinic, shelf, by=by, today=today)
    _weeks_ago(till, clinic, today=today)
    plans = _care_plans(till, shelf, clinic, today=today)
    _visits(till, today=today)
    _yesterday(till, clinic, plans, today=today)
    _this_morning(till, clinic, today=today)
    _today(till, now=now)


def _set_up(clinic: Clinic, shelf: Shelf, *, by: Actor, today: datetime) -> Till:
    practice, organization = clinic.practice, clinic.practice.organization
    at = today - 60 * DAY
    drawer, terminal = (
        save_account(Account(practice=practice, name=name), by=by, at=at) for name in ("Drawer", "Card terminal")
    )
    save_account(Account(practice=practice, name="Bank"), by=by, at=at)
    cash, card, _transfer = (
        configure(PaymentType(organization=organization, name=name), by=by, at=at)
        for name in ("Cash", "Card", "Bank transfer")
    )
    for name in ("Too expensive", "Treated elsewhere"):
        configure(CarePlanDiscardReason(organization=organization, name=name), by=by, at=at)
    prices = configure(PriceList(organization=organization, name="Staff", currency=practice.currency), by=by, at=at)
    set_price(prices.pk, next(iter(shelf.services.values())).pk, price=Decimal("90.00"), by=by, at=at)
    change_settings(practice.pk, values={"bill_prefix": "AF", "first_bill_number": 201}, by=by, at=at)
    return Till(practice, drawer, terminal, cash, card, by, at)


def _weeks_ago(till: Till, clinic: Clinic, *, today: datetime) -> None:
    """Programs and orders billed long ago: paid, partly paid, and in overdue instalments."""
    till.at = today - 40 * DAY
    programs = Enrollment.objects.filter(practice=till.practice, status="active", price__gt=0).order_by("pk")[:4]
    for place, enrollment in enumerate(programs):
        bill = bill_enrollment(enrollment.pk, by=till.by, at=till.at)
        if place == 0:
            till.pay(bill, card=True)
        elif place == 1:
            _in_instalments(till, bill, today=today)
        elif place == 2:
            till.pay(bill, (bill.total / 2).quantize(Decimal("0.01")))
    for order in (
        ProductOrder.objects.standalone().filter(practice=till.practice, status="delivered").order_by("pk")[:2]
    ):
        till.pay(bill_order(order.pk, by=till.by, at=till.at))


def _in_instalments(till: Till, bill: Bill, *, today: datetime) -> None:
    third = (bill.total / 3).quantize(Decimal("0.01"))
    day = today_at(till.practice, today)
    schedule = [(day - 35 * DAY, third), (day - 5 * DAY, third), (day + 25 * DAY, bill.total - 2 * third)]
    set_instalments(bill_id=bill.pk, schedule=schedule, by=till.by, at=till.at)
    till.pay(bill, third)


def _care_plans(till: Till, shelf: Shelf, clinic: Clinic, *, today: datetime) -> dict[str, CarePlan]:
    """Create a care plan in each state."""
    till.at = today - 20 * DAY
    patients = Patient.objects.live().filter(organization=till.practice.organization).order_by("pk")[:4]
    by, found = till.by, {}
    for state, patient in zip(("estimate", "accepted", "completed", "discarded"), patients, strict=True):
        plan = create_care_plan(
            practice_id=till.practice.pk,
            patient_id=patient.pk,
            values={"name": "Back after an accident", "text": "Twelve weeks, with exercises at home."},
            by=by,
            at=till.at,
        )
        for service, times in zip(list(shelf.services.values())[:3], (1, 6, 2), strict=True):
            values = {"service_id": service.pk, "number_of_executions": times}
            add_care_plan_entry(plan.pk, values=values, by=by, at=till.at)
        if state in ("accepted", "completed"):
            sign_care_plan(plan.pk, signed_by=patient.name, by=by, at=till.at)
            accept_care_plan(plan.pk, by=by, at=till.at)
        if state == "discarded":
            reason = CarePlanDiscardReason.objects.filter(organization=till.practice.organization).first()
            discard_care_plan(plan.pk, discard_reason_id=reason.pk if reason else None, by=by, at=till.at)
        found[state] = plan
    day = today_at(till.practice, till.at)
    for entry in CarePlanEntry.objects.filter(care_plan=found["completed"]):
        set_entry_done(entry.pk, done_on=day, by=by, at=till.at)
    complete_care_plan(found["completed"].pk, by=by, at=till.at)
    till.pay(bill_care_plan(found["completed"].pk, by=by, at=till.at), card=True)
    return found


def _visits(till: Till, *, today: datetime) -> None:
    """Bill completed visits; most are paid at once."""
    done = Appointment.objects.live().filter(practice=till.practice, status="done", plan_session_number=None)
    done = done.filter(billed_work=None, ends_at__gt=till.at, ends_at__lt=today - 2 * DAY, services__price__gt=0)
    for place, visit in enumerate(done.order_by("ends_at", "pk").distinct()[:12]):
        till.at = max(till.at, visit.ends_at or till.at)
        bill = bill_appointment(visit.pk, by=till.by, at=till.at)
        if place == 3:
            _in_instalments(till, bill, today=today)
        elif place % 4 != 3:
            till.pay(bill, card=place % 2 == 0)


def _yesterday(till: Till, clinic: Clinic, plans: dict[str, CarePlan], *, today: datetime) -> None:
    """Create a part bill, a credit note, a reversed payment, a proforma, a supplier's bill, and a closed till."""
    by = till.by
    till.at = max(till.at, today - DAY + timedelta(hours=9))
    organization, day = till.practice.organization, today_at(till.practice, till.at)
    till.pay(bill_care_plan(plans["accepted"].pk, amount=Decimal("200.00"), by=by, at=till.at))
    patient = Patient.objects.live().filter(organization=organization).order_by("pk").first()
    line = NewLine(label="Kinesiology tape, two rolls", unit_price=Decimal("59.50"), vat_percentage=Decimal("19.00"))
    wrong, right, _only_announced = (
        issue_bill(
            practice_id=till.practice.pk,
            patient_id=patient.pk if patient else None,
            lines=[line],
            proforma=proforma,
            by=by,
            at=till.at,
        )
        for proforma in (False, False, True)
    )
    credit_bill(wrong.pk, reason="Billed twice", by=by, at=till.at)
    till.pay(right, card=True)
    mistake = Transaction.objects.filter(bill=right).first()
    if mistake is not None:
        reverse_transaction(mistake.pk, reason="It was cash", by=by, at=till.at)
    till.pay(right)
    supplier = configure(Company(organization=organization, name="Medical Supplies (demo)"), by=by, at=till.at)
    record_supplier_bill(
        practice_id=till.practice.pk,
        company_id=supplier.pk,
        external_number="MS-4711",
        issued_on=day,
        lines=[NewLine(label="Bandages", unit_price=Decimal("238.00"), vat_percentage=Decimal("19.00"))],
        by=by,
        at=till.at,
    )
    till.at += timedelta(hours=9)
    taken = sum((row.amount for row in Transaction.objects.filter(account=till.drawer, date=day)), Decimal(0))
    close_till(till.drawer.pk, date=day, counted=taken - Decimal("0.50"), note="50 bani missing", by=by, at=till.at)


def _this_morning(till: Till, clinic: Clinic, *, today: datetime) -> None:
    """The first payments of the day, and some that were forgotten yesterday."""
    till.at = max(till.at, today + timedelta(minutes=30))
    patient = Patient.objects.live().filter(organization=till.practice.organization).order_by("pk").first()
    if patient is None or not BilledWork.objects.exists():
        return
    day = today_at(till.practice, till.at)
    for amount, paid_on in ((Decimal("100.00"), day), (Decimal("20.00"), day - DAY)):
        take_payment(
            practice_id=till.practice.pk,
            patient_id=patient.pk,
            amount=amount,
            account_id=till.drawer.pk,
            payment_type_id=till.cash.pk,
            paid_on=paid_on,
            by=till.by,
            at=till.at,
        )


def _today(till: Till, *, now: datetime) -> None:
    """Bill visits of yesterday and today; most of them are paid, the others still have to be."""
    done = Appointment.objects.live().filter(practice=till.practice, status="done", billed_work=None)
    done = done.filter(plan_session_number=None, ends_at__gt=now - 3 * DAY, ends_at__lte=now, services__price__gt=0)
    for place, visit in enumerate(done.order_by("-ends_at", "pk").distinct()[:10]):
        till.at = max(till.at, now - timedelta(minutes=60 - place))
        bill = bill_appointment(visit.pk, by=till.by, at=till.at)
        if place % 3:
            till.pay(bill, card=place % 2 == 0)
