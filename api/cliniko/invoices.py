"""Invoices and their items, read only; a credited invoice is closed."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django.db.models import BigIntegerField, Case, F, IntegerField, OuterRef, Q, Subquery, Sum, Value, When
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from api.base.body import Body, ComputedField, ConstantField, or_null
from api.base.operations import operation
from api.cliniko import words
from api.cliniko.contract import ClinikoViewSet
from api.cliniko.filtering import Date, DateTime, Field, Numeric, Ways
from api.cliniko.links import joined, linked, self_link, text_id
from api.cliniko.lists import ClinikoFilters
from billing.models import Bill, BillBalance, BillLine
from billing.querysets import BillLineQuerySet, BillQuerySet, is_claim
from core.hints import OfEach
from core.ids_first import Way
from core.prepared import PreparedFor, hole, visible_rows
from directory.models import Specialist
from patients.models import Patient, PatientCase
from scheduling.models import Appointment


def status_of(balance: str) -> Case:
    """How the bill stands whose balance is at that relation, in the vendor's codes."""
    credited = Q(**{f"{balance}__credited__gt": 0, f"{balance}__credited": F(f"{balance}__total")})
    return Case(
        When(Q(**{f"{balance}__owed__lt": 0}), then=Value(words.OPEN_CREDIT)),
        When(credited, then=Value(words.CLOSED)),
        When(Q(**{f"{balance}__owed": 0}), then=Value(words.PAID)),
        default=Value(words.OPEN),
        output_field=IntegerField(),
    )


def amount(column: str) -> ComputedField:
    """An amount as text with two places."""
    return ComputedField(serializers.CharField(), column, make=lambda value: f"{value or 0:.2f}")


def billed_to(default: str, company: str | None, first: str | None, last: str | None) -> str | None:
    """Return to whom an invoice is addressed."""
    return default or company or joined(first or "", last or "") or None


class InvoiceBody(Body):
    """An invoice. `number` is ours without its prefix and year; it is never deleted."""

    id = text_id()
    number = ComputedField(
        serializers.CharField(), "number", "external_number", make=lambda number, other: other or str(number)
    )
    issue_date = serializers.DateField(source="issued_on")
    status = serializers.IntegerField(source="status_code")
    status_description = ComputedField(serializers.CharField(), "status_code", make=words.INVOICE_WORDS.get)
    total_amount = amount("total")
    net_amount = amount("net")
    tax_amount = amount("vat")
    discounted_amount = amount("discounts")
    invoice_to = ComputedField(
        serializers.CharField(),
        "patient__invoice_default_to",
        "company__name",
        "patient__first_name",
        "patient__last_name",
        make=lambda default, *names: billed_to(default or "", *names),
        allow_null=True,
    )
    notes = or_null(serializers.CharField(), "reason")
    patient_extra_information = or_null(serializers.CharField(), "patient__invoice_extra_information")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField(source="balance.updated_at")
    deleted_at = ConstantField(serializers.DateTimeField(), None)
    closed_at = ComputedField(
        serializers.DateTimeField(),
        "status_code",
        "balance__updated_at",
        make=lambda status, at: at if status in (words.PAID, words.CLOSED) else None,
        allow_null=True,
    )
    appointment = linked("appointments/{}", "visit_id", null=True)
    business = linked("businesses/{}", "practice_id")
    practitioner = linked("practitioners/{}", "specialist_id", null=True)
    patient = linked("patients/{}", "patient_id", null=True)
    invoice_items = linked("invoices/{}/invoice_items")
    links = self_link("invoices/{}")


class InvoiceItemBody(Body):
    """A line of an invoice. Billable items and concessions are not kept."""

    id = text_id()
    name = serializers.CharField(source="label")
    code = ComputedField(
        serializers.CharField(),
        "service__code",
        "product__barcode",
        make=lambda code, barcode: code or barcode or None,
        allow_null=True,
    )
    quantity = ComputedField(serializers.CharField(), "quantity", make=str)
    unit_price = amount("unit_price")
    net_price = amount("net")
    discount_percentage = ConstantField(serializers.CharField(), None)
    discounted_amount = amount("discount")
    is_monetary_discount = ComputedField(serializers.BooleanField(), "discount", make=bool)
    tax_name = ComputedField(
        serializers.CharField(),
        "vat_percentage",
        make=lambda rate: f"{rate.normalize():f} %" if rate else None,
        allow_null=True,
    )
    tax_amount = amount("vat")
    total_including_tax = ComputedField(
        serializers.CharField(), "net", "vat", make=lambda net, vat: f"{Decimal(net) + Decimal(vat):.2f}"
    )
    concession_type_name = ConstantField(serializers.CharField(), None)
    created_at = serializers.DateTimeField(source="bill.created_at")
    updated_at = serializers.DateTimeField(source="bill.created_at")
    deleted_at = ConstantField(serializers.DateTimeField(), None)
    invoice = linked("invoices/{}", "bill_id")
    billable_item = ConstantField(serializers.JSONField(), None)
    product = linked("products/{}", "product_id", null=True)
    links = self_link("invoice_items/{}")


def of_visit(lookup: str, value: Any) -> Ways:
    """The bills with a line of the visit."""
    return ((Way(BillLine, "appointment_id__exact", holder="bill_id"), value),) if lookup == "exact" else ()


def paid_then(lookup: str, value: Any) -> Ways:
    """The bills whose balance changed then."""
    return () if lookup == "isnull" else ((Way(BillBalance, f"updated_at__{lookup}", holder="bill_id"), value),)


def billed_then(lookup: str, value: Any) -> Ways:
    """The lines of the bills that were made then."""
    return () if lookup == "isnull" else ((Way(Bill, f"created_at__{lookup}", of="bill_id"), value),)


class InvoiceFilters(ClinikoFilters):
    """The filters of invoices."""

    model = Bill
    fields: ClassVar[Mapping[str, Field]] = {
        "appointment_id": Numeric("visit_id", null=True, found=of_visit),
        "business_id": Numeric("practice_id"),
        "created_at": DateTime("created_at"),
        "id": Numeric("pk"),
        "issue_date": Date("issued_on"),
        "number": Numeric("number", null=True),
        "patient_id": Numeric("patient_id", null=True),
        "practitioner_id": Numeric("specialist_id", null=True),
        "status": Numeric("status_code"),
        "updated_at": DateTime("balance__updated_at", found=paid_then),
    }


class InvoiceItemFilters(ClinikoFilters):
    """The filters of items."""

    model = BillLine
    fields: ClassVar[Mapping[str, Field]] = {
        "created_at": DateTime("bill__created_at", found=billed_then),
        "id": Numeric("pk"),
        "updated_at": DateTime("bill__created_at", found=billed_then),
    }


LISTED: dict[str, Any] = {"gives": InvoiceBody, "key": "invoices", "filters": InvoiceFilters}
INVOICE = PreparedFor(lambda by: Bill.objects.visible_to(by).claims().filter(pk=hole("pk", BigIntegerField())))
ITEMS: dict[str, Any] = {"gives": InvoiceItemBody, "key": "invoice_items", "filters": InvoiceItemFilters}


class InvoiceViewSet(ClinikoViewSet):
    """Invoices."""

    tag = "Invoices"

    def invoices(self) -> BillQuerySet:
        """Those that the caller may see."""
        lines = BillLine.objects.filter(bill=OuterRef("pk"))
        visits = lines.filter(appointment__isnull=False).order_by("position")
        discounts = lines.order_by().values("bill").annotate(whole=Sum("discount")).values("whole")
        rows: BillQuerySet = Bill.objects.visible_to(self.actor).filter(OfEach(is_claim()))
        return rows.annotate(
            visit_id=Subquery(visits.values("appointment_id")[:1]),
            discounts=Subquery(discounts),
            status_code=status_of("balance"),
        )

    @operation("list_invoices", "billing.view", **LISTED)
    def list(self, request: Request) -> HttpResponse:
        """List invoices."""
        return self.page(self.invoices)

    @operation("get_invoice", "billing.view", gives=InvoiceBody)
    def retrieve(self, request: Request, invoice_id: int) -> HttpResponse:
        """Get an invoice."""
        return self.show(self.invoices, pk=invoice_id)

    @operation("list_appointment_invoices", "billing.view", **LISTED)
    def list_of_appointment(self, request: Request, appointment_id: int) -> HttpResponse:
        """List the invoices of an appointment."""
        visible_rows(Appointment).one(self.actor, pk=appointment_id)
        return self.page(
            lambda appointment_id: self.invoices().with_lines(appointment=appointment_id), given=self.kwargs
        )

    @operation("list_patient_invoices", "billing.view", **LISTED)
    def list_of_patient(self, request: Request, patient_id: int) -> HttpResponse:
        """List the invoices of a patient."""
        visible_rows(Patient).one(self.actor, pk=patient_id)
        return self.page(lambda patient_id: self.invoices().filter(patient=patient_id), given=self.kwargs)

    @operation("list_practitioner_invoices", "billing.view", **LISTED)
    def list_of_practitioner(self, request: Request, practitioner_id: int) -> HttpResponse:
        """List the invoices for a practitioner's work."""
        visible_rows(Specialist).one(self.actor, pk=practitioner_id)
        return self.page(lambda practitioner_id: self.invoices().filter(specialist=practitioner_id), given=self.kwargs)

    @operation("list_patient_case_invoices", "billing.view", **LISTED)
    def list_of_case(self, request: Request, patient_case_id: int) -> HttpResponse:
        """List the invoices of a case's appointments."""
        visible_rows(PatientCase).one(self.actor, pk=patient_case_id)
        return self.page(
            lambda patient_case_id: self.invoices().with_lines(appointment__patient_case=patient_case_id),
            given=self.kwargs,
        )


class InvoiceItemViewSet(ClinikoViewSet):
    """Items of invoices."""

    tag = "Invoices"

    def items(self) -> BillLineQuerySet:
        """Those of the invoices that the caller may see."""
        return BillLine.objects.visible_to(self.actor).filter(OfEach(is_claim("bill__")))

    @operation("list_invoice_items", "billing.view", **ITEMS)
    def list(self, request: Request) -> HttpResponse:
        """List items of invoices."""
        return self.page(self.items)

    @operation("get_invoice_item", "billing.view", gives=InvoiceItemBody)
    def retrieve(self, request: Request, item_id: int) -> HttpResponse:
        """Get an item of an invoice."""
        return self.show(self.items, pk=item_id)

    @operation("list_items_of_invoice", "billing.view", **ITEMS)
    def list_of_invoice(self, request: Request, invoice_id: int) -> HttpResponse:
        """List the items of an invoice."""
        INVOICE.one(self.actor, pk=invoice_id)
        return self.page(lambda invoice_id: self.items().filter(bill=invoice_id), given=self.kwargs)
