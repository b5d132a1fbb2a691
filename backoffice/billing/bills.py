"""The list of bills, a bill's page with its payments and credits, and the steps that credit or split it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminIntegerFieldWidget

from backoffice.billing.payment_steps import PAY_BILL, USE_CREDIT
from backoffice.billing.standing import balance_of, owed, standing
from backoffice.kit.cells import link, patient_link, price
from backoffice.kit.filters import PracticeFilter
from backoffice.kit.inputs import DayField, reason_field
from backoffice.kit.steps import Step, StepForm
from backoffice.kit.verb_admin import VerbAdmin
from billing import sums
from billing.models import Bill, BillBalance, BillLine
from billing.services import credit_bill, set_instalments, today_at
from billing.states import BillType, Direction
from core.months import add_months


class StandingFilter(admin.SimpleListFilter):
    """By what is owed."""

    title = _("owed")
    parameter_name = "owed"
    quick = True

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("open", _("To be paid")), ("settled", _("Settled")), ("back", _("To be refunded"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "open":
                return queryset.filter(balance__owed__gt=0)
            case "settled":
                # Most bills are: they are read in the list's order, not sorted with their balances.
                return queryset.filter(Exists(BillBalance.objects.filter(bill=OuterRef("pk"), owed=0)))
            case "back":
                # Few are, and they have an index of their own.
                back = BillBalance.objects.filter(owed__lt=0)
                return queryset.filter(pk__in=back.values("bill"))
            case _:
                return queryset


class KindFilter(admin.SimpleListFilter):
    """Our invoices, credit notes and proformas, and suppliers' bills."""

    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [*BillType.choices, ("supplier", _("From suppliers"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value == "supplier":
            return queryset.filter(direction=Direction.OUTGOING)
        if value in BillType.values:  # nearly all of which are ours: by the index of the kind
            return queryset.filter(type=value).exclude(direction=Direction.OUTGOING)
        return queryset


class CreditForm(StepForm):
    """Asks for the reason, and for the amount of each line unless all is credited."""

    reason = reason_field(_("Printed on the credit note."))

    def prepare(self) -> None:
        if len(self.rows) != 1:
            return
        rows = BillLine.objects.filter(bill=self.rows[0]).order_by("position").prefetch_related("credit_lines")
        for line in rows:
            left = line.gross - sum((one.gross for one in line.credit_lines.all()), sums.ZERO)
            if not left:
                continue
            self.fields[f"line_{line.pk}"] = forms.DecimalField(
                label=line.label,
                required=False,
                min_value=Decimal("0.00"),
                max_value=left,
                decimal_places=2,
                initial=left,
                widget=UnfoldAdminDecimalFieldWidget({"step": "0.01", "inputmode": "decimal"}),
                help_text=_t("At most %(left)s") % {"left": price(left, self.rows[0].currency)},
            )

    def values(self) -> dict[str, Any]:
        found = {
            int(name.removeprefix("line_")): amount
            for name, amount in self.cleaned_data.items()
            if name.startswith("line_") and amount
        }
        whole = all(self.cleaned_data[name] == field.initial for name, field in self.line_fields())
        return {"reason": self.cleaned_data["reason"], "amounts": None if whole else found}

    def line_fields(self) -> list[tuple[str, forms.Field]]:
        """The amounts, line by line."""
        return [(name, field) for name, field in self.fields.items() if name.startswith("line_")]


class InstalmentsForm(StepForm):
    """Asks for the number of monthly instalments and the first date."""

    number = forms.IntegerField(
        label=_("Instalments"), min_value=1, max_value=36, initial=3, widget=UnfoldAdminIntegerFieldWidget
    )
    first_on = DayField(label=_("First due on"))

    def prepare(self) -> None:
        self.initial["first_on"] = today_at(self.rows[0].practice, self.at)

    def whole(self) -> Decimal:
        """What is divided."""
        balance = balance_of(self.rows[0])
        return balance.total if balance is not None else sums.ZERO

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if given.get("number") and self.whole() < given["number"] * Decimal("0.01"):
            raise ValidationError(_("There is nothing to split."))
        return given

    def values(self) -> dict[str, Any]:
        first = datetime.combine(self.cleaned_data["first_on"], datetime.min.time(), tzinfo=self.rows[0].practice.zone)
        parts = sums.instalments(self.whole(), self.cleaned_data["number"])
        return {"schedule": [(add_months(first, months).date(), part) for months, part in enumerate(parts)]}


def _has_something_left(row: Bill) -> bool:
    balance = balance_of(row)
    return balance is not None and row.direction == Direction.INCOMING and balance.credited < balance.total


def _is_owed(row: Bill) -> bool:
    balance = balance_of(row)
    return balance is not None and row.direction == Direction.INCOMING and balance.owed > 0


CREDIT = Step(
    name="credit",
    label=_("Credit the bill"),
    verb="billing.credit_bill",
    call=credit_bill,
    done=ngettext_lazy("%(count)d bill credited.", "%(count)d bills credited.", "count"),
    offered=_has_something_left,
    form=CreditForm,
    bulk=False,
    variant="danger",
    icon="undo",
)
INSTALMENTS = Step(
    name="instalments",
    label=_("Split into instalments"),
    verb="billing.set_instalments",
    call=lambda pk, **given: set_instalments(bill_id=pk, **given),
    done=ngettext_lazy("%(count)d bill split into instalments.", "%(count)d bills split into instalments.", "count"),
    offered=_is_owed,
    form=InstalmentsForm,
    bulk=False,
    icon="calendar_month",
)


@admin.register(Bill)
class BillAdmin(VerbAdmin):
    """Bills. They never change: a mistake is credited."""

    view_verb = "billing.view"
    scope = "practice"
    steps = (PAY_BILL, USE_CREDIT, INSTALMENTS, CREDIT)

    list_display = ("number_shown", "kind", "who", "practice", "dated", "sum_total", "sum_owed", "stands")
    list_filter = (StandingFilter, KindFilter, PracticeFilter)
    list_select_related = ("patient", "company", "practice", "balance")
    ordering = ("-issued_on", "-id")
    search_fields = ("=number", ">external_number")
    search_patient = "patient"
    sortable_by = ("dated", "number_shown")
    search_help_text = _("Patient or number")
    readonly_fields = (
        "number_shown", "kind", "who", "dated", "plan", "credited_bill", "sum_net", "sum_vat", "sum_stamp",
        "sum_total", "sum_paid", "sum_credited", "sum_owed", "stands", "reason",
    )  # fmt: skip

    def layout(self, request: HttpRequest, obj: Any) -> list[Any]:
        facts: list[Any] = [("number_shown", "kind"), ("who", "dated"), "practice"]
        facts += ["plan"] if obj and obj.care_plan_id else []
        facts += [("credited_bill", "reason")] if obj and obj.credits_id else []
        facts += [("sum_net", "sum_vat")]
        facts += [("sum_total", "sum_stamp")] if obj and obj.stamp else ["sum_total"]
        facts += [("sum_paid", "sum_credited"), ("sum_owed", "stands")] if obj and obj.is_claim else []
        return [(None, {"fields": facts})]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        related = ("patient", "company", "practice", "care_plan", "credits", "balance")
        return super().get_queryset(request).select_related(*related)

    def named(self, row: Bill) -> str:
        who = row.patient or row.company
        return f"{row.full_number} · {who}" if who else row.full_number

    def links(self, request: HttpRequest, row: Bill) -> list[tuple[str, str]]:
        if row.direction != Direction.INCOMING:
            return []
        return [(_t("Print"), reverse("admin:bill_pdf", args=(row.pk,)))]

    @display(description=_("bill"), ordering="number")
    def number_shown(self, bill: Bill) -> str:
        return bill.full_number

    @display(description=_("kind"))
    def kind(self, bill: Bill) -> str:
        if bill.direction == Direction.OUTGOING:
            return _t("From a supplier")
        return bill.get_type_display()

    @display(description=_("for"), ordering="patient__search_name")
    def who(self, bill: Bill) -> SafeString | str:
        return patient_link(bill.patient) if bill.patient else str(bill.company or "")

    @display(description=_("date"), ordering="issued_on")
    def dated(self, bill: Bill) -> str:
        return date_format(bill.issued_on)

    @display(description=_("care plan"))
    def plan(self, bill: Bill) -> SafeString | str:
        return link(bill.care_plan)

    @display(description=_("credits"))
    def credited_bill(self, bill: Bill) -> SafeString | str:
        return link(bill.credits)

    @display(description=_("net"))
    def sum_net(self, bill: Bill) -> str:
        return price(bill.net, bill.currency)

    @display(description=_("tax"))
    def sum_vat(self, bill: Bill) -> str:
        return price(bill.vat, bill.currency)

    @display(description=_("stamp"))
    def sum_stamp(self, bill: Bill) -> str:
        return price(bill.stamp or None, bill.currency)

    @display(description=_("total"))
    def sum_total(self, bill: Bill) -> str:
        return price(bill.total, bill.currency)

    @display(description=_("paid"))
    def sum_paid(self, bill: Bill) -> str:
        balance = balance_of(bill)
        return price(balance.paid, bill.currency) if balance else ""

    @display(description=_("credited"))
    def sum_credited(self, bill: Bill) -> str:
        balance = balance_of(bill)
        return price(balance.credited or None, bill.currency) if balance else ""

    @display(description=_("owed"))
    def sum_owed(self, bill: Bill) -> str:
        return owed(bill)

    @display(description=_("status"))
    def stands(self, bill: Bill) -> SafeString | str:
        return standing(bill)
