"""A month of a practice over New Year, by verbs and by clicks: its books agree with others kept apart, to the cent."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from billing.models import Bill, BillBalance, BillLine, Transaction
from billing.services import (
    accept_care_plan,
    bill_appointment,
    bill_care_plan,
    bill_enrollment,
    credit_bill,
    on_account,
    pay_for_order,
    reverse_transaction,
    set_instalments,
    take_payment,
    till_of,
    today_at,
)
from billing.services.instalments import instalments_of_plans
from scheduling.services import book_appointment, complete_appointment
from tests.billing.conftest import till_stage
from tests.billing.reference import books
from tests.factories import (
    EnrollmentFactory,
    MembershipFactory,
    PatientFactory,
    ProductFactory,
    ProductOrderFactory,
    ServiceFactory,
    ServicePlanFactory,
    UserFactory,
)
from tests.plugins.counts import scaled

pytestmark = pytest.mark.django_db

BEGIN = datetime(2026, 12, 15, 8, tzinfo=UTC)
RATES = ("0", "19.00", "9.00")
PRICES = ("150.00", "99.99", "33.33", "0.05")
VISITS, PROGRAMS, ORDERS = (scaled(quick, full) for quick, full in ((9, 200), (2, 30), (3, 40)))


def cents(amount):
    return int(amount * 100)


def hundredths(rate):
    return int(Decimal(rate) * 100)


class Month:
    """The practice, its clock, and the journal of what is done."""

    def __init__(self, monkeypatch):
        self.desk = till_stage()
        practice = self.desk.practice
        self.at = BEGIN
        self.journal = []
        monkeypatch.setattr("django.utils.timezone.now", lambda: self.at)
        user = UserFactory(username="fran")
        MembershipFactory(practice=practice, user=user)
        user.is_staff = True
        user.save()
        self.user, self.client = user, Client()
        organization = practice.organization
        self.patients = [PatientFactory(organization=organization) for _ in range(5)]
        self.patients[0].default_discount = Decimal("12.50")
        self.patients[0].save()
        self.services = [
            ServiceFactory(organization=organization, base_price=Decimal(price), vat_percentage=Decimal(rate))
            for price in PRICES
            for rate in RATES
        ]

    @property
    def day(self):
        return today_at(self.desk.practice, self.at)

    def pass_time(self):
        """A few hours: the month has some 270 bills."""
        self.at += timedelta(days=30) / (VISITS + PROGRAMS + ORDERS)

    def ways(self, place):
        desk = self.desk
        return [(desk.drawer, desk.cash), (desk.bank, desk.card)][place % 2]

    def paid(self, patient, account, kind, amount, what="paid"):
        self.journal.append((what, patient.pk, self.day, account.pk, kind.pk, cents(amount)))

    def click(self, row, amount, place):
        """Take payment on the page of a row, as the desk does."""
        self.client.force_login(self.user)  # a session lasts two weeks, the month longer
        account, kind = self.ways(place)
        meta = row._meta
        address = reverse(f"admin:{meta.app_label}_{meta.model_name}_take-payment", args=(row.pk,))
        answer = self.client.post(
            address,
            {"apply": "1", "amount": str(amount), "payment_type": kind.pk, "account": account.pk, "paid_on": self.day},
        )
        assert answer.status_code == 302, answer.context["form"].errors
        assert {message.level_tag for message in get_messages(answer.wsgi_request)} == {"success"}
        self.paid(row.patient, account, kind, amount)

    def pay(self, bill, amount, place):
        account, kind = self.ways(place)
        take_payment(
            practice_id=self.desk.practice.pk, amount=amount, account_id=account.pk, payment_type_id=kind.pk,
            bill_ids=[bill.pk], by=self.desk.desk, at=self.at,
        )  # fmt: skip
        self.paid(bill.patient, account, kind, amount)

    # ------------------------------------------------------------------------------------------ what is done

    def visit(self, place):
        patient = self.patients[place % len(self.patients)]
        service = self.services[place % len(self.services)]
        booked = book_appointment(
            practice_id=self.desk.practice.pk,
            patient_id=patient.pk,
            service_id=service.pk,
            specialist_id=self.desk.specialist.pk,
            starts_at=self.at - timedelta(minutes=45),
            by=self.desk.desk,
            at=self.at - timedelta(hours=2),
        )
        visit = complete_appointment(booked.pk, by=self.desk.desk, at=self.at)
        price = cents(service.base_price)
        if patient.default_discount:  # an eighth less, half a cent up
            price = (2 * price * 7 + 8) // 16
        if not price:
            return
        self.journal.append(("bill", patient.pk, self.day, [(price, hundredths(service.vat_percentage), False)]))
        whole = Decimal(price) / 100
        if place % 3 == 0:
            self.click(visit, whole, place)
        else:
            bill = bill_appointment(visit.pk, by=self.desk.desk, at=self.at)
            if place % 3 == 1 and price > 1:
                part = Decimal(price // 3 + 1) / 100
                self.pay(bill, part, place)
                self.click(bill, whole - part, place + 1) if whole > part and place % 2 else None

    def program(self, place):
        patient = self.patients[place % len(self.patients)]
        plan = ServicePlanFactory(
            organization=self.desk.practice.organization, service=self.services[place % 12],
            total_price=Decimal("999.99"),
        )  # fmt: skip
        enrollment = EnrollmentFactory(
            practice=self.desk.practice, patient=patient, service_plan=plan, enrolled_at=self.at
        )
        bill = bill_enrollment(enrollment.pk, by=self.desk.desk, at=self.at)
        self.journal.append(("bill", patient.pk, self.day, [(99999, hundredths(plan.service.vat_percentage), False)]))
        self.pay(bill, Decimal("333.33"), place)

    def order(self, place):
        patient = self.patients[place % len(self.patients)]
        product = ProductFactory(
            organization=self.desk.practice.organization, price=Decimal("19.99"), tax_rate=Decimal(RATES[place % 3])
        )
        order = ProductOrderFactory(
            practice=self.desk.practice, patient=patient, product=product, quantity=3, unit_price=product.price,
            ordered_at=self.at, delivered=True, confirmed_at=self.at, shipped_at=self.at, delivered_at=self.at,
        )  # fmt: skip
        account, kind = self.ways(place)
        pay_for_order(
            order.pk, amount=Decimal("59.97"), account_id=account.pk, payment_type_id=kind.pk, by=self.desk.desk,
            at=self.at,
        )  # fmt: skip
        self.journal.append(("bill", patient.pk, self.day, [(5997, hundredths(product.tax_rate), False)]))
        self.paid(patient, account, kind, Decimal("59.97"))

    def care_plan(self):
        """Eight entries in three instalments: a part is billed and paid, then the rest."""
        desk, patient = self.desk, self.patients[1]
        desk.patient = patient
        rates = [RATES[place % 2] for place in range(8)]
        plan = desk.care_plan(*(("77.77", rate) for rate in rates), at=self.at)
        accept_care_plan(plan.pk, by=desk.desk, at=self.at)
        # Without tax four times 77.77, with 19 % four times 92.55.
        whole = 4 * 7777 + 4 * 9255
        days = [self.day + timedelta(days=30 * part) for part in range(3)]
        parts = [whole // 3, whole // 3, whole - 2 * (whole // 3)]
        schedule = [(day, Decimal(part) / 100) for day, part in zip(days, parts, strict=True)]
        set_instalments(care_plan_id=plan.pk, schedule=schedule, by=desk.desk, at=self.at)
        first = bill_care_plan(plan.pk, amount=Decimal("200.00"), by=desk.desk, at=self.at)
        # 200.00 falls on the rates as 31108 and 37020 do: 91.32 and 108.68.
        self.journal.append(("bill", patient.pk, self.day, [(9132, 0, False), (10868, 1900, False)]))
        self.pay(first, Decimal("200.00"), 0)
        self.plan = plan
        self.plan_rest = [(31108 - 9132, 0, False), (37020 - 10868, 1900, False)]

    def rest_of_care_plan(self):
        rest = bill_care_plan(self.plan.pk, by=self.desk.desk, at=self.at)
        self.journal.append(("bill", self.patients[1].pk, self.day, self.plan_rest))
        assert cents(rest.total) == sum(amount for amount, _rate, _on_top in self.plan_rest)
        (first, second, third) = instalments_of_plans([self.plan])[self.plan.pk]
        assert (first.covered, second.covered, third.covered) == (Decimal("200.00"), 0, 0)
        assert not first.is_done

    def credit_and_reversal(self):
        desk, patient = self.desk, self.patients[2]
        bill = desk.bill("119.00", at=self.at, patient_id=patient.pk)
        self.journal.append(("bill", patient.pk, self.day, [(11900, 1900, False)]))
        self.pay(bill, Decimal("119.00"), 1)
        row = bill.lines.get()
        credit_bill(bill.pk, reason="Half", amounts={row.pk: Decimal("59.50")}, by=desk.admin, at=self.at)
        self.journal.append(("credit", patient.pk, self.day, [(5950, 1900, False)]))
        paid = Transaction.objects.latest("pk")
        reverse_transaction(paid.pk, reason="Wrong card", by=desk.desk, at=self.at)
        self.paid(patient, paid.account, paid.payment_type, paid.amount, what="back")


def live(month):
    """The month as it goes: the care plan begins before and ends after the change of year."""
    work = [month.visit] * VISITS + [month.program] * PROGRAMS + [month.order] * ORDERS
    work = [one for start in range(7) for one in work[start::7]]  # all kinds, mixed
    for place, do in enumerate(work):
        if place == len(work) // 4:
            month.care_plan()
        if place == len(work) * 2 // 3:
            month.credit_and_reversal()
        if place == len(work) * 3 // 4:
            month.rest_of_care_plan()
        do(place)
        month.pass_time()


def kept_books(practice):
    """The same figures, from what the product stored."""
    documents, net, tax = defaultdict(int), defaultdict(int), defaultdict(int)
    for bill in Bill.objects.filter(practice=practice):
        documents[bill.year, "credit" if bill.type == "credit" else "bill"] += 1
    for line in BillLine.objects.filter(bill__practice=practice).select_related("bill"):
        sign = -1 if line.bill.type == "credit" else 1
        net[line.bill.year, hundredths(line.vat_percentage)] += sign * cents(line.net)
        tax[line.bill.year, hundredths(line.vat_percentage)] += sign * cents(line.vat)
    moved = defaultdict(int)
    for row in Transaction.objects.filter(practice=practice):
        sign = 1 if row.direction == "incoming" else -1
        moved[row.date, row.account_id, row.payment_type_id] += sign * cents(row.amount)
    owed = defaultdict(int)
    for balance in BillBalance.objects.filter(practice=practice):
        owed[balance.patient_id] += cents(balance.owed)
    return {"documents": dict(documents), "net": dict(net), "tax": dict(tax), "moved": dict(moved), "owed": dict(owed)}


def test_the_books_of_a_month_agree_with_a_reference_kept_apart(monkeypatch):
    month = Month(monkeypatch)
    live(month)
    practice, expected = month.desk.practice, books(month.journal)
    assert kept_books(practice) == expected
    assert {year for year, _kind in expected["documents"]} == {2026, 2027}
    for patient in month.patients:
        assert on_account(patient.pk, practice.pk) == 0
    for (day, account, _kind), total in expected["moved"].items():
        (shown,) = [one for one in till_of(practice, day) if one.account.pk == account]
        assert cents(shown.expected) == sum(
            value for (other, where, _how), value in expected["moved"].items() if (other, where) == (day, account)
        )
        assert total == expected["moved"][day, account, _kind]


def test_a_cent_more_in_the_journal_is_noticed(monkeypatch):
    month = Month(monkeypatch)
    month.visit(1)
    month.journal.append(("paid", month.patients[0].pk, month.day, month.desk.drawer.pk, month.desk.cash.pk, 1))
    assert kept_books(month.desk.practice) != books(month.journal)
