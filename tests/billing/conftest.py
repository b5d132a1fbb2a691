"""A small clinic that takes money: a drawer, a bank account, and the shortest words for the usual verbs."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import pytest

from billing.models import Account, BillBalance, PaymentType, Transaction
from billing.services import NewLine, add_care_plan_entry, create_care_plan, issue_bill, take_payment
from scheduling.services import complete_appointment
from tests.broken import broken_after_each
from tests.factories import AT, AccountFactory, PaymentTypeFactory
from tests.stage import Stage, actor_with, set_stage

DAY = timedelta(days=1)


@dataclass
class Desk(Stage):
    """The stage with a till; `admin` may also credit and configure."""

    admin: object = None
    drawer: Account = None
    bank: Account = None
    cash: PaymentType = None
    card: PaymentType = None

    def visit(self, *, days=0, **more):
        """A visit that took place, at `AT` + days."""
        booked = self.book(days=days + 3, **more)
        return complete_appointment(booked.pk, by=self.desk, at=AT + (days + 3) * DAY)

    def bill(self, *prices, at=AT, **more):
        """A bill of one line a price (tax included, 19 %)."""
        lines = [line(price) for price in prices or ("100.00",)]
        more.setdefault("patient_id", self.patient.pk)
        return issue_bill(practice_id=self.practice.pk, lines=lines, by=self.desk, at=at, **more)

    def pay(self, amount, *bills, at=AT, **more):
        values = {"account_id": self.drawer.pk, "payment_type_id": self.cash.pk, **more}
        return take_payment(
            practice_id=self.practice.pk,
            amount=Decimal(amount),
            bill_ids=[bill.pk for bill in bills],
            by=self.desk,
            at=at,
            **values,
        )

    def care_plan(self, *entries, at=AT, **values):
        """An estimate with entries: (price, tax), (price, tax, times)."""
        plan = create_care_plan(
            practice_id=self.practice.pk, patient_id=self.patient.pk, values=values, by=self.desk, at=at
        )
        for price, vat, *times in entries:
            wanted = {"label": f"Step at {price}", "price": Decimal(price), "vat_percentage": Decimal(vat)}
            if times:
                wanted["number_of_executions"] = times[0]
            add_care_plan_entry(plan.pk, values=wanted, by=self.desk, at=at)
        return plan

    def owed(self, bill):
        return BillBalance.objects.get(bill=bill).owed


def line(price, *, vat="19.00", **more):
    return NewLine(label="Treatment", unit_price=Decimal(price), vat_percentage=Decimal(vat), **more)


def till_stage(**policy):
    stage = set_stage(**policy)
    organization = stage.practice.organization
    return Desk(
        **vars(stage),
        admin=actor_with("clinic_admin", stage.practice),
        drawer=AccountFactory(practice=stage.practice, name="Drawer"),
        bank=AccountFactory(practice=stage.practice, name="Bank"),
        cash=PaymentTypeFactory(organization=organization, name="Cash"),
        card=PaymentTypeFactory(organization=organization, name="Card"),
    )


@pytest.fixture
def desk():
    return till_stage()


@pytest.fixture(autouse=True)
def books_are_right(request):
    """After every test of money the books add up."""
    yield
    if "django_db" in [mark.name for mark in request.node.iter_markers()]:
        assert broken_after_each() == []


def owed_by_hand(bill):
    """What is owed on a bill, from its documents alone."""
    credited = sum((credit.total for credit in bill.credit_notes.all()), Decimal(0))
    paid = sum(
        (one.amount if one.direction == "incoming" else -one.amount for one in Transaction.objects.filter(bill=bill)),
        Decimal(0),
    )
    return bill.total - credited - paid


TODAY = date(2026, 2, 17)
