"""The cash book: the movements of an account between two days, with their running total."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _t
from unfold.sites import UnfoldAdminSite

from backoffice.billing.pages.choosing import NO_ACCOUNT, BookForm, as_csv, asked, practices_with_till, today_of
from backoffice.billing.standing import labelled, receipt_link
from backoffice.kit.cells import link, patient_link, price
from backoffice.kit.contributions import site_pages
from backoffice.kit.turns import Turn, turn_to
from billing.models import Account
from billing.services import CashBookRow, cash_book

LONGEST = timedelta(days=366)


@site_pages
def cash_book_urls(site: UnfoldAdminSite) -> list[URLPattern]:
    """The one page."""

    def view(request: HttpRequest) -> HttpResponse:
        return cash_book_view(site, request)

    return [path("cash-book/", site.admin_view(view), name="cash_book")]


def cash_book_view(site: UnfoldAdminSite, request: HttpRequest) -> HttpResponse:
    """This month's movements of the first account, unless others are asked for; `?export=csv` takes them away."""
    practices = practices_with_till(request)
    today = today_of(practices[0])
    first = Account.objects.filter(practice__in=practices).order_by("practice", "name").first()
    defaults = {"account": str(first.pk) if first else "", "first": today.replace(day=1), "last": today}
    form = BookForm(asked(request, practices[0], **defaults), practices=practices)
    currency, turn = practices[0].currency, Turn([], None, None)
    if form.is_valid():
        given = form.cleaned_data
        account, begin, end = given["account"], given["first"], given["last"]
        if not begin <= end <= begin + LONGEST:
            form.add_error("last", _t("Must be after the first day, and at most a year later."))
        else:
            currency = account.practice.currency
            if request.GET.get("export") == "csv":
                rows = (_taken_away(row) for row in cash_book(account, begin, end))
                return as_csv(f"cash-book-{begin}-{end}", _head(), rows)
            turn = turn_to(request, lambda start, stop: list(cash_book(account, begin, end, start=start, stop=stop)))
    request.current_app = site.name
    context = {
        **site.each_context(request),
        "title": _t("Cash book"),
        "form": form if first else None,
        "head": _head(),
        "rows": labelled(_head(), [_line(row, currency) for row in turn.rows]),
        "turn": turn,
        "export": f"?{_query(request, form)}",
        "empty": _t("No payments between these days.") if first else NO_ACCOUNT,
    }
    return TemplateResponse(request, "backoffice/billing/table.html", context)


def _query(request: HttpRequest, form: BookForm) -> str:
    asked_for = request.GET.copy()
    asked_for.pop("p", None)
    for name in form.fields:
        asked_for.setdefault(name, str(form.data.get(name, "")))
    asked_for["export"] = "csv"
    return asked_for.urlencode()


def _head() -> list[str]:
    return [
        _t("Date"), _t("In"), _t("Out"), _t("Total so far"), _t("Paid by"), _t("Patient"), _t("Bill"), _t("Receipt"),
        _t("Remark"),
    ]  # fmt: skip


def _amounts(row: CashBookRow) -> tuple[Decimal | None, Decimal | None]:
    one = row.transaction
    return (one.amount, None) if one.direction == "incoming" else (None, one.amount)


def _line(row: CashBookRow, currency: str) -> list[Any]:
    one, (came, went) = row.transaction, _amounts(row)
    return [
        one.date, price(came, one.currency), price(went, one.currency), price(row.balance, currency),
        one.payment_type, patient_link(one.patient), link(one.bill), receipt_link(one.receipt), one.reason,
    ]  # fmt: skip


def _taken_away(row: CashBookRow) -> list[Any]:
    one, (came, went) = row.transaction, _amounts(row)
    return [
        one.date, came, went, row.balance, str(one.payment_type), str(one.patient or ""), str(one.bill or ""),
        str(one.receipt or ""), one.reason,
    ]  # fmt: skip
