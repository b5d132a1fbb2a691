"""The page and CSV export of debts to a practice, by age."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _t
from unfold.sites import UnfoldAdminSite

from backoffice.billing.pages.choosing import PracticeForm, as_csv, asked, practices_with_till, today_of
from backoffice.billing.standing import labelled
from backoffice.kit.cells import price
from backoffice.kit.contributions import site_pages
from backoffice.kit.turns import turn_to
from billing.services import Debtor, aged_debts, debtors, debts_in_all


@site_pages
def debt_urls(site: UnfoldAdminSite) -> list[URLPattern]:
    """The one page."""

    def view(request: HttpRequest) -> HttpResponse:
        return debts_view(site, request)

    return [path("debts/", site.admin_view(view), name="aged_debts")]


def debts_view(site: UnfoldAdminSite, request: HttpRequest) -> HttpResponse:
    """The debts of the first practice, unless another is asked for; `?export=csv` takes them away."""
    practices = practices_with_till(request)
    form = PracticeForm(asked(request, practices[0]), practices=practices)
    practice = practices[0]
    if form.is_valid():
        practice = form.cleaned_data.get("practice") or practice
    today = today_of(practice)
    if request.GET.get("export") == "csv":
        head = [_t("Who"), _t("Bills"), *_ages(), _t("Owed"), _t("Currency")]
        rows = ([one.name, one.bills, *one.by_age, one.owed, one.currency] for one in aged_debts(practice, today))
        return as_csv(f"debts-{today}", head, rows)
    head = [_t("Who"), _t("Bills"), *_ages(), _t("Owed")]
    payees = debtors(practice)
    turn = turn_to(request, lambda start, stop: list(payees[start:stop]))
    request.current_app = site.name
    context = {
        **site.each_context(request),
        "title": _t("Debts"),
        "form": form if len(practices) > 1 else None,
        "head": head,
        "together": labelled(head, [_line(one) for one in debts_in_all(practice, today)]),
        "rows": labelled(head, [_line(one) for one in aged_debts(practice, today, of=turn.rows)]),
        "turn": turn,
        "export": f"?practice={practice.pk}&export=csv",
        "empty": _t("Nobody owes anything."),
    }
    return TemplateResponse(request, "backoffice/billing/table.html", context)


def _ages() -> list[str]:
    return [_t("Up to 30 days"), _t("31 to 60 days"), _t("61 to 90 days"), _t("Older")]


def _line(one: Debtor) -> list[Any]:
    who: Any = one.name
    if one.patient_id is not None:
        address = reverse("admin:patients_patient_page", args=(one.patient_id,))
        who = format_html('<a class="bo-link" href="{}">{}</a>', address, one.name)
    return [
        who,
        one.bills,
        *(price(amount or None, one.currency) for amount in one.by_age),
        price(one.owed, one.currency),
    ]
