"""Payments: the list of money that moved, and the reversal of a mistake."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from backoffice.billing.payment_steps import REVERSE
from backoffice.billing.standing import receipt_link
from backoffice.kit.cells import link, patient_link, price
from backoffice.kit.filters import PracticeFilter
from backoffice.kit.verb_admin import VerbAdmin
from billing.models import Transaction
from billing.states import Direction


class DirectionFilter(admin.SimpleListFilter):
    """In or out."""

    title = _("direction")
    parameter_name = "direction"
    quick = True

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(Direction.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset.filter(direction=value) if value in Direction.values else queryset


@admin.register(Transaction)
class TransactionAdmin(VerbAdmin):
    """Payments. They never change: a mistake is reversed."""

    view_verb = "billing.view"
    scope = "practice"
    steps = (REVERSE,)

    list_display = ("dated", "sum", "payment_type", "account", "who", "for_bill", "printed", "practice", "remark")
    list_filter = (DirectionFilter, PracticeFilter)
    list_select_related = (
        "patient", "practice", "payment_type", "account", "bill", "receipt", "reversed_by",
    )  # fmt: skip
    ordering = ("-date", "-id")
    search_fields = ("=bill__number",)
    search_patient = "patient"
    sortable_by = ("dated",)
    search_help_text = _("Patient or number of the bill")
    readonly_fields = (
        "dated", "sum", "payment_type", "account", "who", "for_bill", "printed", "remark", "reversal",
    )  # fmt: skip

    def layout(self, request: HttpRequest, obj: Any) -> list[Any]:
        facts: list[Any] = [("dated", "sum"), ("payment_type", "account"), ("who", "for_bill"), "printed", "practice"]
        return [(None, {"fields": [*facts, ("remark", "reversal")]})]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related(*self.list_select_related, "reverses")

    @display(description=_("date"), ordering="date")
    def dated(self, row: Transaction) -> str:
        return date_format(row.date)

    @display(description=_("amount"), ordering="amount")
    def sum(self, row: Transaction) -> str:
        return price(row.amount if row.direction == Direction.INCOMING else -row.amount, row.currency)

    @display(description=_("patient"), ordering="patient__search_name")
    def who(self, row: Transaction) -> SafeString | str:
        return patient_link(row.patient)

    @display(description=_("for"))
    def for_bill(self, row: Transaction) -> SafeString | str:
        if row.bill is not None:
            return link(row.bill, row.bill.full_number)
        return _t("On account") if row.patient_id else ""

    @display(description=_("receipt"))
    def printed(self, row: Transaction) -> SafeString | str:
        return receipt_link(row.receipt)

    @display(description=_("remark"))
    def remark(self, row: Transaction) -> str:
        if row.reverses_id is not None:
            return _t("Reversal: %(reason)s") % {"reason": row.reason}
        return _t("Reversed") if row.is_reversed else row.reason

    @display(description=_("reversal"))
    def reversal(self, row: Transaction) -> SafeString | str:
        other = row.reverses if row.reverses_id is not None else getattr(row, "reversed_by", None)
        return link(other, other.date) if other is not None else ""
