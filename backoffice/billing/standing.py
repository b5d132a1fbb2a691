"""Money in table cells and words: what is owed, the state of a bill, who pays for a visit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Model
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t

from backoffice.kit.cells import badge, link, price
from billing.models import Bill, BillBalance, BilledWork, CarePlanEntryAppointment, Receipt
from billing.services import paid_service_id
from billing.states import CarePlanState, Standing
from core.actor import Actor
from scheduling.models import Appointment

# The color that a standing shares with a status that the theme knows.
COLORS = {
    Standing.OPEN: "pending",
    Standing.PART_PAID: "confirmed",
    Standing.PAID: "done",
    Standing.CREDITED: "plain",
    Standing.OVERPAID: "cancelled",
    Standing.NO_CLAIM: "plain",
}


PLAN_COLORS: dict[str, str] = {
    CarePlanState.ESTIMATE: "pending",
    CarePlanState.ACCEPTED: "confirmed",
    CarePlanState.COMPLETED: "done",
    CarePlanState.DISCARDED: "cancelled",
}


def balance_of(bill: Bill) -> BillBalance | None:
    """What is owed on a bill; None for one that nobody owes."""
    found: BillBalance | None = getattr(bill, "balance", None)
    return found


def standing(bill: Bill) -> SafeString | str:
    """How a bill stands, as a badge; nothing for a credit note or a proforma."""
    balance = balance_of(bill)
    if balance is None:
        return ""
    return badge(COLORS[balance.standing], balance.standing.label)


def owed(bill: Bill) -> str:
    """What is still owed on a bill."""
    balance = balance_of(bill)
    return price(balance.owed, bill.currency) if balance is not None else ""


def receipt_link(receipt: Receipt | None) -> SafeString | str:
    """A link to a receipt, to be printed."""
    if receipt is None:
        return ""
    return format_html('<a class="bo-link" href="{}">{}</a>', reverse("admin:receipt_pdf", args=(receipt.pk,)), receipt)


def pay_url(row: Model) -> str:
    """Where money is taken for a row."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_take-payment", args=(row.pk,))


def bills_of(by: Actor, **origin: int) -> list[Bill]:
    """The bills on which a visit, program or order stands billed, that the actor may see."""
    rows = BilledWork.objects.visible_to(by).filter(**origin).select_related("bill__balance")
    return [row.bill for row in rows.order_by("bill_id")]


def who_pays(visit: Appointment) -> str:
    """Return who pays for a visit if it is not billed by itself."""
    paid = paid_service_id(visit)
    if paid is not None and not any(line.price for line in visit.services.all() if line.service_id != paid):
        return _t("Paid by the program")
    agreed = [CarePlanState.ACCEPTED, CarePlanState.COMPLETED]
    rows = CarePlanEntryAppointment.objects.filter(appointment=visit, entry__archived_at=None)
    if rows.filter(entry__care_plan__state__in=agreed).exists():
        return _t("Billed with the care plan")
    return ""


def total_of(amounts: Any, currency: str) -> str:
    """A sum of amounts as money."""
    return price(sum(amounts, Decimal("0.00")), currency)


def bill_cells(bill: Bill) -> list[Any]:
    """A bill in a line: number, kind, date, total, owed, standing."""
    return [
        link(bill, bill.full_number),
        bill.get_type_display(),
        date_format(bill.issued_on),
        price(bill.total, bill.currency),
        owed(bill),
        standing(bill),
    ]


def bill_columns() -> list[str]:
    """The heads of `bill_cells`."""
    return [_t("Bill"), _t("Kind"), _t("Date"), _t("Total"), _t("Owed"), _t("Standing")]


def labelled(heads: Sequence[Any], rows: Iterable[Sequence[Any]]) -> list[list[tuple[Any, Any]]]:
    """Each row's cells with their heads, which narrow screens show beside them."""
    return [list(zip(heads, row, strict=True)) for row in rows]
