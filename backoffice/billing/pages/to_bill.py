"""The page of unbilled work: visits, programs and orders that can be billed with a click."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.sites import UnfoldAdminSite

from backoffice.billing.pages.choosing import PracticeForm, asked, practices_with_till, today_of
from backoffice.billing.standing import pay_url
from backoffice.kit.actor import actor_of
from backoffice.kit.cells import link, patient_link, price
from backoffice.kit.clock import show_when
from backoffice.kit.contributions import site_pages
from backoffice.kit.forms import say
from backoffice.kit.inputs import DayField
from backoffice.kit.turns import Turn, turn_to
from billing.services import (
    Unbilled,
    bill_appointment,
    bill_enrollment,
    bill_order,
    price_of_appointment,
    unbilled_work,
)
from core.bulk import for_each
from core.errors import DomainError
from directory.models import Practice
from scheduling.models import Appointment

MOST = 200  # billed at once
BACK = timedelta(days=31)
VERBS: dict[str, Any] = {"visit": bill_appointment, "program": bill_enrollment, "order": bill_order}


class SinceForm(PracticeForm):
    """Asks from which day on."""

    since = DayField(label=_("Done since"))


@site_pages
def to_bill_urls(site: UnfoldAdminSite) -> list[URLPattern]:
    """The one page."""

    def view(request: HttpRequest) -> HttpResponse:
        return to_bill_view(site, request)

    return [path("to-bill/", site.admin_view(view), name="to_bill")]


def to_bill_view(site: UnfoldAdminSite, request: HttpRequest) -> HttpResponse:
    """The last month's work, unless asked for more; posting bills what was chosen."""
    practices, by = practices_with_till(request), actor_of(request)
    defaults = {"since": today_of(practices[0]) - BACK}
    form = SinceForm(asked(request, practices[0], **defaults), practices=practices)
    practice, turn = practices[0], Turn([], None, None)
    if form.is_valid():
        practice = form.cleaned_data.get("practice") or practice
        if request.method == "POST":
            _bill(request)
            return HttpResponseRedirect(request.get_full_path())
        since = _midnight(form.cleaned_data["since"], practice)
        turn = turn_to(
            request, lambda start, stop: _rows(unbilled_work(by, practice, since=since, start=start, stop=stop))
        )
    request.current_app = site.name
    context = {
        **site.each_context(request),
        "title": _t("To bill"),
        "form": form,
        "rows": turn.rows,
        "turn": turn,
    }
    return TemplateResponse(request, "backoffice/billing/to_bill.html", context)


def _bill(request: HttpRequest) -> None:
    """Bill each of the chosen rows by its verb; say how many, and why one was refused."""
    by, done, refused = actor_of(request), 0, dict[str, int]()
    chosen = forms.MultipleChoiceField(required=False).to_python(request.POST.getlist("work"))[:MOST]
    for kind, verb in VERBS.items():
        ids = [int(one.partition("-")[2]) for one in chosen if one.startswith(f"{kind}-") and _is_id(one)]
        report = for_each(ids, partial(verb, by=by, at=timezone.now()))
        done += len(report.done)
        for error in report.refused.values():
            refused[say(error)] = refused.get(say(error), 0) + 1
    if done:
        messages.success(request, ngettext("%(count)d billed.", "%(count)d billed.", done) % {"count": done})
    for why, count in refused.items():
        messages.error(request, f"{count} × {why}")
    if not done and not refused:
        messages.warning(request, _t("Nothing was selected."))


def _is_id(one: str) -> bool:
    number = one.partition("-")[2]
    return number.isascii() and number.isdecimal() and len(number) < 19


def _rows(found: Unbilled) -> list[dict[str, Any]]:
    """Each piece of work as a line: what it is, whose, when, and what it comes to."""
    rows = [
        _row("visit", one, _treatments(one), one.patient, show_when(one.starts_at, one.practice), _costs(one))
        for one in found.appointments
    ]
    rows += [
        _row(
            "program",
            one,
            one.name,
            one.patient,
            show_when(one.enrolled_at, one.practice),
            price(one.price, one.currency),
        )
        for one in found.enrollments
    ]
    rows += [
        _row(
            "order",
            one,
            f"{one.quantity} × {one.product_name}",
            one.patient,
            show_when(one.delivered_at, one.practice),
            price((one.unit_price or Decimal(0)) * one.quantity, one.currency),
        )
        for one in found.orders
    ]
    return rows


def _row(kind: str, row: Any, what: str, patient: Any, when: str, costs: str) -> dict[str, Any]:
    return {
        "value": f"{kind}-{row.pk}",
        "label": f"{what}, {patient}",
        "cells": list(zip(_head(), [link(row, what), patient_link(patient), when, costs], strict=True)),
        "pay": pay_url(row),
    }


def _head() -> list[str]:
    return [_t("What"), _t("Patient"), _t("When"), _t("Amount")]


def _treatments(visit: Appointment) -> str:
    return ", ".join(line.service.name for line in visit.services.all())


def _costs(visit: Appointment) -> str:
    try:
        return price(price_of_appointment(visit), visit.practice.currency)
    except DomainError as refusal:
        return say(refusal)


def _midnight(day: date, practice: Practice) -> datetime:
    return datetime.combine(day, time(), tzinfo=practice.zone)
