"""Cells of lists and panels: links, money, statuses, progress."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import Model
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.money import show

# Which color of the theme a status has, whatever it is the status of.
COLORS = {
    "pending": "warning",
    "requested": "warning",
    "confirmed": "info",
    "shipped": "primary",
    "arrived": "primary",
    "in_care": "primary",
    "delivered": "success",
    "done": "success",
    "completed": "success",
    "active": "success",
    "cancelled": "danger",
    "rejected": "danger",
    "no_show": "danger",
    "expired": "danger",
}


def link(row: Model | None, text: Any = None, *, page: str = "change", query: str = "") -> SafeString | str:
    """Return a link to the page of a row; empty for None."""
    if row is None:
        return ""
    address = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{page}", args=(row.pk,))
    address = f"{address}?{query}" if query else address
    return format_html('<a class="bo-link" href="{}">{}</a>', address, row if text is None else text)


def patient_link(patient: Any) -> SafeString | str:
    """Return a link to the patient's page."""
    return link(patient, page="page")


def price(amount: Decimal | None, currency: str, *, none: str = "") -> str:
    """Return an amount as staff read it."""
    return none if amount is None else show(amount, currency)


def badge(value: str, label: Any) -> SafeString:
    """Return a status as a colored word."""
    return format_html('<span class="bo-badge bo-badge-{}">{}</span>', COLORS.get(value, "plain"), label)


def progress(done: int, total: int) -> SafeString:
    """Return a progress bar with its figures in words."""
    share = min(100, round(100 * done / total)) if total > 0 else 0
    text = _("%(done)d of %(total)d sessions used") % {"done": done, "total": total}
    return format_html(
        '<span class="bo-progress"><progress max="100" value="{}" aria-label="{}"></progress> <span>{}</span></span>',
        share,
        text,
        text,
    )


def sessions(row: Any) -> SafeString | str:
    """Return a program's sessions as used, booked and free; the row needs `with_ledger` and `with_booked`."""
    if row.sessions_left is None:
        return ""
    used = (row.sessions_granted or 0) - row.sessions_left
    told = {"used": used, "booked": row.sessions_booked, "free": row.sessions_left - row.sessions_booked}
    text = _("%(used)d used, %(booked)d booked, %(free)d free") % told
    return format_html("{}<br>{}", progress(used, row.sessions_granted or 0), text)


def all_of(name: str, patient: Model) -> str:
    """Return the address of the list with all rows of a patient."""
    return f"{reverse(f'admin:{name}_changelist')}?patient__id__exact={patient.pk}"
