"""Bills, their instalments, and whether a payment link is valid."""

from __future__ import annotations

from typing import Any

from django.db.models import BigIntegerField
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from api.alfadocs.contract import AlfadocsViewSet, BareBody
from api.alfadocs.fields import AmountField, DayField, TruthField, VendorInput, amount, amount_text, local, or_none
from api.alfadocs.filters import RecentFilters, VendorFilters
from api.base.body import Body, ComputedField
from api.base.filters import ChoiceFilter, IdFilter
from api.base.input import ChoiceField
from api.base.operations import operation
from billing.models import Bill, Liability
from billing.querysets import BillQuerySet, LiabilityQuerySet
from billing.services import archive_liability, change_liability
from billing.states import BillType, Direction, ExpenseType
from core.prepared import PreparedFor, hole


def numbered(prefix: str, number: int | None, external: str) -> str:
    """The number as the bill shows it, or the one that its supplier gave."""
    return external or f"{prefix}{number}"


class BillBody(Body):
    """A bill; its date is a day at midnight."""

    id = serializers.IntegerField()
    carePlanId = serializers.IntegerField(source="care_plan_id", allow_null=True)
    companyId = serializers.IntegerField(source="company_id", allow_null=True)
    operatorId = serializers.IntegerField(source="specialist_id", allow_null=True)
    type = serializers.ChoiceField(choices=BillType.values)
    direction = serializers.ChoiceField(choices=Direction.values)
    date = ComputedField(serializers.CharField(), "issued_on", make=lambda day: f"{day} 00:00:00", few=True)
    net = amount("net")
    stamp = amount("stamp")
    numberIncludingPrefix = ComputedField(serializers.CharField(), "prefix", "number", "external_number", make=numbered)
    createdAt = local("created_at")


class LinkBody(Body):
    """Whether the payment link of a bill may be used."""

    isValid = serializers.BooleanField()


class LiabilityBody(Body):
    """An instalment of a bill; its amount is a text."""

    id = serializers.IntegerField()
    billId = serializers.IntegerField(source="bill_id")
    date = serializers.DateField(source="due_on")
    amount = amount_text("amount")
    createdAt = local("created_at")
    relatedToInsurance = serializers.BooleanField(source="related_to_insurance")
    sistemaTsExpenseType = or_none(serializers.ChoiceField(choices=ExpenseType.values), "sistema_ts_expense_type")


class DeletedBody(BareBody):
    """The confirmation of a deletion."""


class BillFilters(RecentFilters):
    """The filters of bills."""

    type = ChoiceFilter("type", words=BillType.values, label="Filters by type.")
    direction = ChoiceFilter(
        "direction", words=Direction.values, label="The direction of money; incoming is money to the practice."
    )
    carePlanId = IdFilter("care_plan_id", label="Filters by care plan.")


class LiabilityInput(VendorInput):
    """What may be changed of an instalment."""

    date = DayField(source="due_on")
    amount = AmountField()
    relatedToInsurance = TruthField(source="related_to_insurance")
    sistemaTsExpenseType = ChoiceField(ExpenseType.values, allow_null=True, source="sistema_ts_expense_type")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The values by column; no type is an empty one."""
        if "sistema_ts_expense_type" in attrs:
            attrs["sistema_ts_expense_type"] = attrs["sistema_ts_expense_type"] or ""
        return attrs


BILL_HERE = PreparedFor(
    lambda by: Bill.objects.visible_to(by).filter(
        pk=hole("pk", BigIntegerField()), practice=hole("practice", BigIntegerField())
    )
)


class BillViewSet(AlfadocsViewSet):
    """Bills."""

    tag = "Bills"

    def bills(self) -> BillQuerySet:
        """Those of the practice that the caller may see."""
        return Bill.objects.visible_to(self.actor).filter(practice=self.practice)

    @operation(
        "list_bills",
        "billing.view",
        scope="bill:list",
        gives=BillBody,
        key="data",
        filters=BillFilters,
        whole=True,
    )
    def list(self, request: Request) -> HttpResponse:
        """List the bills of at most 31 days, the oldest first; of the last 31 days, unless told otherwise."""
        first, last = BillFilters.days(request.GET, self.today)

        def bills(first: Any, last: Any) -> BillQuerySet:
            return self.bills().issued_between(first, last).order_by("issued_on", "pk")

        return self.whole(bills, given={"first": first, "last": last})

    @operation("get_bill", "billing.view", scope="bill:view", gives=BillBody)
    def retrieve(self, request: Request, bill_id: int) -> HttpResponse:
        """Get a bill."""
        return self.show(self.bills(), pk=bill_id)

    @operation("validate_payment_link", "billing.view", scope="bill:view", gives=LinkBody)
    def validate_link(self, request: Request, bill_id: int) -> HttpResponse:
        """Say whether the payment link of a bill may be used: not expired, and the bill neither paid nor credited."""
        bill = self.bills().select_related("balance").one(pk=bill_id)
        return self.answer(self.enclose({"isValid": bill.link_is_valid(self.at)}))


class LiabilityViewSet(AlfadocsViewSet):
    """The instalments of a bill."""

    tag = "Bills"
    own_code = "bill_not_found"

    def liabilities(self, bill_id: int) -> LiabilityQuerySet:
        """The live ones of a bill of the practice; Missing for any other bill."""
        BILL_HERE.one(self.actor, pk=bill_id, practice=self.practice.pk)
        return self._liabilities(bill_id)

    def _liabilities(self, bill_id: Any) -> LiabilityQuerySet:
        return Liability.objects.visible_to(self.actor).live().filter(bill=bill_id)

    @operation(
        "list_liabilities",
        "billing.view",
        scope="bill-liability:list",
        gives=LiabilityBody,
        key="data",
        filters=VendorFilters,
        whole=True,
    )
    def list(self, request: Request, bill_id: int) -> HttpResponse:
        """List the instalments of a bill, the first to be due first."""
        BILL_HERE.one(self.actor, pk=bill_id, practice=self.practice.pk)
        given = {"bill_id": bill_id}
        return self.whole(lambda bill_id: self._liabilities(bill_id).oldest_first(), given=given)

    @operation(
        "update_liability",
        "billing.change_liability",
        scope="bill-liability:update",
        takes=LiabilityInput,
        partial=True,
        gives=LiabilityBody,
    )
    def update(self, request: Request, bill_id: int, liability_id: int) -> HttpResponse:
        """Change an instalment; what is left out stays as it is."""
        values: dict[str, Any] = self.input()
        rows = self.liabilities(bill_id)
        rows.one(pk=liability_id)
        change_liability(liability_id, values=values, by=self.actor, at=self.at)
        return self.show(rows, pk=liability_id)

    @operation("delete_liability", "billing.archive_liability", scope="bill-liability:delete", gives=DeletedBody)
    def destroy(self, request: Request, bill_id: int, liability_id: int) -> HttpResponse:
        """Delete an instalment, paid or not; what is owed on the bill stays the same."""
        self.liabilities(bill_id).one(pk=liability_id)
        archive_liability(liability_id, by=self.actor, at=self.at)
        return self.success()
