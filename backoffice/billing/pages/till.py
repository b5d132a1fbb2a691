"""The page of a day's till: movements by account and payment type, and the count at its end."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.sites import UnfoldAdminSite
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminTextInputWidget

from backoffice.billing.pages.choosing import NO_ACCOUNT, DayForm, asked, practices_with_till, today_of
from backoffice.billing.standing import labelled, receipt_link
from backoffice.kit.actor import actor_of
from backoffice.kit.cells import link, patient_link, price
from backoffice.kit.clock import show_when
from backoffice.kit.contributions import site_pages
from backoffice.kit.forms import say, show_refusal
from backoffice.kit.lookups import read_id
from billing.models import Account, Transaction
from billing.services import AccountDay, close_till, till_of
from core.errors import DomainError, InvalidInput, Unavailable
from directory.models import Practice


class CountForm(forms.Form):
    """Asks for the counted amount."""

    counted = forms.DecimalField(
        label=_("Counted"),
        max_digits=12,
        decimal_places=2,
        widget=UnfoldAdminDecimalFieldWidget({"step": "0.01", "inputmode": "decimal"}),
    )
    note = forms.CharField(label=_("Note"), max_length=2000, required=False, widget=UnfoldAdminTextInputWidget)


@site_pages
def till_urls(site: UnfoldAdminSite) -> list[URLPattern]:
    """The one page."""

    def view(request: HttpRequest) -> HttpResponse:
        return till_view(site, request)

    return [path("till/", site.admin_view(view), name="till")]


def till_view(site: UnfoldAdminSite, request: HttpRequest) -> HttpResponse:
    """Today's till, unless another day is asked for; posting counts one account."""
    practices = practices_with_till(request)
    form = DayForm(asked(request, practices[0], day=today_of(practices[0])), practices=practices)
    practice, day, days = practices[0], today_of(practices[0]), []
    counting: dict[int, CountForm] = {}
    if form.is_valid():
        practice, day = form.cleaned_data.get("practice") or practice, form.cleaned_data["day"]
        if request.method == "POST":
            answer = _count(request, practice, day, counting)
            if answer is not None:
                return answer
        days = till_of(practice, day)
    may_close = actor_of(request).may("billing.close_till", practice.pk) and day <= today_of(practice)
    request.current_app = site.name
    context = {
        **site.each_context(request),
        "title": _t("Till"),
        "form": form,
        "no_account": NO_ACCOUNT,
        "day": day,
        "near": _near(practice, day),
        "accounts": [_shown(one, counting, may_close) for one in days],
    }
    return TemplateResponse(request, "backoffice/billing/till.html", context)


def _count(request: HttpRequest, practice: Practice, day: date, counting: dict[int, CountForm]) -> HttpResponse | None:
    """Close one account; None where the form has to be shown again."""
    by, named = actor_of(request), read_id(request.POST.get("account", ""))
    account = Account.objects.visible_to(by).filter(practice=practice, pk=named or 0).first()
    if account is None:
        messages.error(request, _t("There is no such account."))
        return HttpResponseRedirect(_address(practice, day))
    form = CountForm(request.POST, prefix=f"account{account.pk}")
    counting[account.pk] = form
    if not form.is_valid():
        return None
    try:
        close_till(account.pk, date=day, by=by, at=timezone.now(), **form.cleaned_data)
    except InvalidInput as error:
        show_refusal(form, error)
        return None
    except (DomainError, Unavailable) as error:
        messages.error(request, say(error))
        return HttpResponseRedirect(_address(practice, day))
    messages.success(request, _t("%(account)s has been closed for this day.") % {"account": account})
    return HttpResponseRedirect(_address(practice, day))


def _shown(one: AccountDay, counting: dict[int, CountForm], may_close: bool) -> dict[str, Any]:
    """An account's day as the page shows it."""
    currency, closing = one.account.practice.currency, one.closing
    form = counting.get(one.account.pk) or CountForm(prefix=f"account{one.account.pk}")
    shown: dict[str, Any] = {
        "account": one.account,
        "rows": [
            (row.payment_type, *(price(amount, row.currency) for amount in (row.incoming, row.outgoing, row.net)))
            for row in one.rows
        ],
        "expected": price(one.expected, currency),
        "form": form if may_close and closing is None else None,
        "closing": None,
        "late": labelled(_late_head(), [_late(row, one) for row in one.late]),
    }
    if closing is not None:
        shown["closing"] = {
            "expected": price(closing.expected, closing.currency),
            "counted": price(closing.counted, closing.currency),
            "difference": price(closing.difference, closing.currency),
            "agrees": closing.difference == 0,
            "by": (closing.by.get_full_name() or str(closing.by)) if closing.by else "",
            "when": show_when(closing.created_at, one.account.practice),
            "note": closing.note,
        }
    return shown


def _late_head() -> list[str]:
    return [_t("Amount"), _t("Paid by"), _t("Patient"), _t("Bill"), _t("Receipt"), _t("Entered")]


def _late(row: Transaction, day: AccountDay) -> list[Any]:
    return [
        price(_signed(row), row.currency),
        row.payment_type,
        patient_link(row.patient),
        link(row.bill),
        receipt_link(row.receipt),
        show_when(row.created_at, day.account.practice),
    ]


def _signed(row: Any) -> Decimal:
    amount: Decimal = row.amount
    return amount if row.direction == "incoming" else -amount


def _near(practice: Practice, day: date) -> list[tuple[str, str, bool]]:
    """The days around the one shown: name, address, whether it is shown."""
    days = [day + timedelta(days=offset) for offset in range(-3, 2)]
    last = today_of(practice)
    return [(date_format(one, "D j M"), _address(practice, one), one == day) for one in days if one <= last]


def _address(practice: Practice, day: date) -> str:
    return f"{reverse('admin:till')}?{urlencode({'practice': practice.pk, 'day': day.isoformat()})}"
