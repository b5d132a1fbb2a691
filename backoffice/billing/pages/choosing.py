"""The forms in which the till's pages ask for practice, account and days."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from backoffice.kit.actor import practices_required
from backoffice.kit.inputs import DayField
from billing.models import Account
from billing.services import today_at
from directory.models import Practice

VERB = "billing.view_till"


class PracticeForm(forms.Form):
    """Asks for the practice, if the user works at several."""

    practice = forms.ModelChoiceField(
        Practice.objects.none(), label=_("Practice"), empty_label=None, widget=UnfoldAdminSelectWidget
    )

    def __init__(self, *args: Any, practices: Sequence[Practice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen: Any = self.fields["practice"]
        chosen.queryset = Practice.objects.filter(pk__in=[one.pk for one in practices]).order_by("pk")
        if len(practices) == 1:
            del self.fields["practice"]


NO_ACCOUNT = _("There is no account yet. A clinic admin sets them up under Settings.")


class DayForm(PracticeForm):
    """Asks for the day."""

    day = DayField(label=_("Day"))


class BookForm(PracticeForm):
    """Asks for the account and the days."""

    account = forms.ModelChoiceField(
        Account.objects.none(), label=_("Account"), empty_label=None, widget=UnfoldAdminSelectWidget
    )
    first = DayField(label=_("From"))
    last = DayField(label=_("To"))

    def __init__(self, *args: Any, practices: Sequence[Practice], **kwargs: Any) -> None:
        super().__init__(*args, practices=practices, **kwargs)
        chosen: Any = self.fields["account"]
        chosen.queryset = (
            Account.objects.filter(practice__in=practices).select_related("practice").order_by("practice", "name")
        )
        self.fields.pop("practice", None)


def practices_with_till(request: HttpRequest) -> list[Practice]:
    """Return the practices whose till the actor may see; at least one."""
    return practices_required(request, VERB)


def asked(request: HttpRequest, practice: Practice, **defaults: Any) -> dict[str, Any]:
    """What was asked for, with what is shown unless another is."""
    given = {"practice": str(practice.pk), **defaults, **request.GET.dict()}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in given.items()}


def today_of(practice: Practice) -> date:
    """The practice's day."""
    return today_at(practice, timezone.now())


def as_csv(name: str, head: Sequence[Any], rows: Iterable[Sequence[Any]]) -> HttpResponse:
    """Return a CSV file; a text that a spreadsheet would take for a formula is marked as text."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([str(one) for one in head])
    for row in rows:
        writer.writerow([_cell(one) for one in row])
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if isinstance(value, str) and text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
