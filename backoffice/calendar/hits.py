"""The booked appointments that a closure or time off would affect, listed before it is saved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from backoffice.calendar.visits import visit_line
from backoffice.kit.cells import link
from backoffice.kit.forms import AskingForm
from core.actor import Actor
from core.errors import InvalidInput
from directory.models import Practice
from scheduling.calendar import days, hit_by_time_off, wall_span
from scheduling.models import Appointment

SHOWN = 20
HORIZON = timedelta(days=90)


def hit_by_recurring(
    by: Actor,
    practice: Practice,
    *,
    specialist_id: int | None,
    room_id: int | None,
    rule: str,
    first: date,
    until: date | None,
    begins: time,
    minutes: int,
) -> list[Appointment]:
    """Return the appointments under the occurrences of the next 90 days, from one query over the whole period."""
    upto = timezone.localdate(timezone=practice.zone) + HORIZON
    on = days(rule, first=first, after=None, upto=upto, until=until)
    spans = [wall_span(day, begins, minutes, practice.zone) for day in on]
    if not spans:
        return []
    near = hit_by_time_off(
        by, specialist_id=specialist_id, room_id=room_id, starts_at=spans[0][0], ends_at=spans[-1][1]
    )
    return [one for one in near if any(_under(one, *span) for span in spans)]


def _under(row: Appointment, starts_at: datetime, ends_at: datetime) -> bool:
    if row.starts_at is None or row.ends_at is None:
        return False
    return row.starts_at < ends_at and row.ends_at > starts_at


def say_hits(hits: Sequence[Appointment]) -> SafeString:
    """The appointments as a list of links, for the form's error."""
    count = len(hits)
    lead = ngettext(
        "%(count)d booked appointment lies in this time:", "%(count)d booked appointments lie in this time:", count
    ) % {"count": count}
    lines = format_html_join("", "<li>{}</li>", ((told(one),) for one in hits[:SHOWN]))
    rest = _("and %(count)d more") % {"count": count - SHOWN} if count > SHOWN else ""
    return format_html('{}<ul class="bo-alike">{}</ul>{}', lead, lines, rest)


def told(row: Appointment) -> SafeString | str:
    """The visit in a line that leads to it."""
    return link(row, visit_line(row))


def to_those_hit(request: HttpRequest, page: str) -> HttpResponse | None:
    """To the page of the visits that have to be moved now, where something was saved over booked ones."""
    over = request.POST.get("anyway") and "_addanother" not in request.POST
    return HttpResponseRedirect(page) if over else None


class HitsForm(AskingForm):
    """A form that is saved over booked appointments only after a confirmation."""

    anyway = forms.BooleanField(
        label=gettext_lazy("Save anyway: these appointments will have to be moved"),
        required=False,
        widget=forms.HiddenInput,
    )

    def hits(self, given: dict[str, Any], practice: Practice) -> list[Appointment]:
        """The booked appointments under what is being saved."""
        raise NotImplementedError

    def practice_of(self, given: dict[str, Any]) -> Practice | None:
        """Where it is: chosen, or the only place there is."""
        model_admin: Any = admin.site._registry[self._meta.model]
        chosen: Practice | None = given.get("practice") or next(iter(model_admin.scopes(self.request)), None)
        return self.instance.practice if self.instance.pk else chosen

    def warning(self, given: dict[str, Any]) -> SafeString | str:
        practice = self.practice_of(given)
        if practice is None:
            return ""
        try:
            hits = self.hits(given, practice)
        except InvalidInput as error:
            for name, why in error.fields.items():
                self.add_error(name if name in self.fields else None, str(why))
            return ""
        return say_hits(hits) if hits else ""
