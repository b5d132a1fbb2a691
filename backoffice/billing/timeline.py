"""Billing's part of a patient's timeline: estimates, bills and payments, and the suggestion to pay a debt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from backoffice.billing.standing import PLAN_COLORS, pay_url, standing
from backoffice.kit.alerts import owed_by
from backoffice.kit.cells import badge, link, price
from backoffice.kit.timeline import Entry, Page, Suggestion, suggests, timeline_of
from billing.models import Bill, CarePlan, Transaction
from billing.states import Direction
from core.actor import Actor
from patients.models import Patient


@timeline_of("bill", group="money")
def bills(patient: Patient, page: Page) -> Iterator[Entry]:
    """Bills and credit notes, by their date."""
    if not page.by.may("billing.view"):
        return
    rows = Bill.objects.visible_to(page.by).incoming().filter(patient=patient)
    for one in page.cut(rows, "issued_on", day=True).select_related("balance"):
        told = {"kind": one.get_type_display(), "number": one.full_number}
        yield Entry(
            place=page.place(one.issued_on, one.pk),
            icon="receipt_long",
            title=link(one, _("%(kind)s %(number)s") % told),
            detail=price(one.total, one.currency),
            badge=standing(one),
            day=True,
        )


@timeline_of("payment", group="money")
def payments(patient: Patient, page: Page) -> Iterator[Entry]:
    """Payments and what was given back, by their date."""
    if not page.by.may("billing.view"):
        return
    rows = Transaction.objects.visible_to(page.by).filter(patient=patient)
    for one in page.cut(rows, "date", day=True).select_related("payment_type", "reversed_by"):
        came = one.direction == Direction.INCOMING
        label = _("Paid %(amount)s") if came else _("Refunded %(amount)s")
        yield Entry(
            place=page.place(one.date, one.pk),
            icon="payments",
            title=link(one, label % {"amount": price(one.amount, one.currency)}),
            detail=" · ".join(str(text) for text in (one.payment_type, one.reason) if text),
            badge=badge("cancelled", _("Reversed")) if one.is_reversed else "",
            day=True,
        )


@timeline_of("care-plan", group="money")
def care_plans(patient: Patient, page: Page) -> Iterator[Entry]:
    """Estimates, by when they were made."""
    if not page.by.may("billing.view_care_plans"):
        return
    rows = CarePlan.objects.visible_to(page.by).live().filter(patient=patient)
    for one in page.cut(rows, "created_at").select_related("practice"):
        yield Entry(
            place=page.place(one.created_at, one.pk),
            icon="clinical_notes",
            title=link(one),
            detail=_("signed by %(who)s") % {"who": one.signed_by} if one.signed_by else "",
            badge=badge(PLAN_COLORS[one.state], one.get_state_display()),
            practice=one.practice,
        )


@suggests(order=20)
def with_debts(patient: Patient, by: Actor, at: datetime) -> Iterable[Suggestion]:
    """Suggest taking a payment if the patient owes something."""
    if not by.may("billing.take_payment"):
        return
    for told in owed_by([patient.pk], by=by).values():
        back = urlencode({"next": reverse("admin:patients_patient_page", args=(patient.pk,))})
        yield Suggestion(_("Take payment"), f"{pay_url(patient)}?{back}", told)
