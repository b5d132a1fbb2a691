"""Transactions: money that moved."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from api.alfadocs.contract import AlfadocsViewSet
from api.alfadocs.fields import (
    AmountField,
    DayField,
    IdField,
    TruthField,
    VendorInput,
    amount,
    local,
    or_none,
)
from api.alfadocs.filters import RecentFilters
from api.base.body import Body, ConstantField
from api.base.filters import ChoiceFilter, IdFilter
from api.base.input import ChoiceField
from api.base.operations import operation
from billing.models import Transaction
from billing.querysets import TransactionQuerySet
from billing.services import record_transaction
from billing.states import Direction, ExpenseType


class TransactionBody(Body):
    """Money that moved and was not reversed."""

    id = serializers.IntegerField()
    direction = serializers.ChoiceField(choices=Direction.values)
    amount = amount("amount")
    date = serializers.DateField()
    billId = serializers.IntegerField(source="bill_id", allow_null=True)
    accountId = serializers.IntegerField(source="account_id")
    paymentTypeId = serializers.IntegerField(source="payment_type_id")
    createdAt = local("created_at")
    # Those that were taken back do not show.
    deleted = ConstantField(serializers.BooleanField(), False)
    verified = serializers.BooleanField()
    relatedToInsurance = serializers.BooleanField(source="related_to_insurance")
    sistemaTsExpenseType = or_none(serializers.ChoiceField(choices=ExpenseType.values), "sistema_ts_expense_type")


class TransactionFilters(RecentFilters):
    """The filters of transactions."""

    direction = ChoiceFilter(
        "direction", words=Direction.values, label="The direction of money; incoming is money to the practice."
    )
    billId = IdFilter("bill_id", label="Filters by bill.")


class TransactionInput(VendorInput):
    """Money that moved."""

    amount = AmountField()
    date = DayField()
    direction = ChoiceField(Direction.values)
    billId = IdField(required=False, allow_null=True, source="bill_id")
    accountId = IdField(source="account_id")
    paymentTypeId = IdField(source="payment_type_id")
    relatedToInsurance = TruthField(required=False, source="related_to_insurance")
    sistemaTsExpenseType = ChoiceField(ExpenseType.values, source="sistema_ts_expense_type")


class TransactionViewSet(AlfadocsViewSet):
    """Transactions."""

    tag = "Transactions"

    def transactions(self) -> TransactionQuerySet:
        """Those of the practice that stand."""
        return Transaction.objects.visible_to(self.actor).standing().filter(practice=self.practice)

    @operation(
        "list_transactions",
        "billing.view",
        scope="transaction:list",
        gives=TransactionBody,
        key="data",
        filters=TransactionFilters,
        whole=True,
    )
    def list(self, request: Request) -> HttpResponse:
        """List the transactions of at most 31 days, the oldest first; of the last 31 days, unless told otherwise.

        Those that were taken back, and what took them back, are left out.
        """
        first, last = TransactionFilters.days(request.GET, self.today)

        def transactions(first: Any, last: Any) -> TransactionQuerySet:
            return self.transactions().dated_between(first, last).order_by("date", "pk")

        return self.whole(transactions, given={"first": first, "last": last})

    @operation(
        "create_transaction",
        "billing.record_transaction",
        scope="transaction:create",
        takes=TransactionInput,
        gives=TransactionBody,
        makes=True,
    )
    def create(self, request: Request) -> HttpResponse:
        """Write down money that moved: of a bill, or of the account alone.

        What is more than a bill's rest is refused. Instalments are covered by it, the oldest first, and need not be
        deleted.
        """
        made = record_transaction(practice_id=self.practice.pk, **self.input(), by=self.actor, at=self.at)
        return self.show(self.transactions(), pk=made.pk)
