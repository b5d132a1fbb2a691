"""A patient's alerts and debts as badges for visits, lists and cards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from billing.models import BillBalance
from core.actor import Actor
from core.money import show
from patients.models import PatientAlert

# The color of an alert; its kind stands beside it in words.
SERIOUS = frozenset({"allergy", "risk"})


def mark(text: str, *, serious: bool = False) -> SafeString:
    """Return an alert as a badge."""
    kind = "danger" if serious else "warning"
    return format_html('<span class="bo-badge bo-badge-{} bo-alert">{}</span>', kind, text)


def alerts_of(patient_ids: Iterable[int | None], *, by: Actor) -> dict[int, list[SafeString]]:
    """Return the alerts of these patients as badges, the serious ones first; at most two queries."""
    ids = {pk for pk in patient_ids if pk is not None}
    found: dict[int, list[SafeString]] = defaultdict(list)
    if not ids:
        return found
    standing = PatientAlert.objects.visible_to(by).standing().filter(patient_id__in=ids).order_by("pk")
    for alert in sorted(standing, key=lambda one: one.kind not in SERIOUS):
        found[alert.patient_id].append(mark(str(alert), serious=alert.kind in SERIOUS))
    if by.may("billing.view"):
        for patient_id, told in owed_by(ids, by=by).items():
            found[patient_id].append(mark(told))
    return found


def owed_by(patient_ids: Iterable[int], *, by: Actor) -> dict[int, str]:
    """Return what these patients owe, in words; one query."""
    rows = BillBalance.objects.visible_to(by).incoming().filter(owed__gt=0, patient_id__in=patient_ids)
    sums: dict[int, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for patient_id, currency, owed in rows.values_list("patient_id", "bill__currency", "owed"):
        sums[patient_id][currency] += owed
    return {
        patient_id: _("Owes %(amount)s")
        % {"amount": ", ".join(show(amount, currency) for currency, amount in sorted(of.items()))}
        for patient_id, of in sums.items()
    }


def give_alerts(visits: Iterable[Any], *, by: Actor) -> None:
    """Attach to each visit its patient's alerts, for `alerts_on`; two queries for all of them."""
    visits = list(visits)
    found = alerts_of([one.patient_id for one in visits], by=by)
    for visit in visits:
        visit.__dict__["patient_alerts"] = found.get(visit.patient_id, [])


def alerts_on(visit: Any) -> list[SafeString]:
    """Return the alerts that `give_alerts` attached; empty for other visits."""
    kept: list[SafeString] = visit.__dict__.get("patient_alerts", [])
    return kept
