"""Future work that depends on a row: listed before the row is archived or switched off, and until it is resolved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Model
from django.urls import NoReverseMatch
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from backoffice.kit.actor import actor_of
from backoffice.kit.cells import link
from backoffice.kit.contributions import line_for
from backoffice.kit.forms import AskingForm
from backoffice.kit.panels import Panel
from core.actor import Actor
from core.hanging import Hanging, hangs_on

SHOWN = 10

# Columns that take a row out of use without archiving it.
SWITCHES = ("is_active", "scheduling_active")


def hanging_panels(row: Model, by: Actor, at: datetime) -> list[Panel]:
    """A panel for each kind of work that hangs on the row."""
    return [_panel(one) for one in hangs_on(row, by=by, at=at)]


def undecided(row: Model, *, by: Actor, at: datetime) -> list[Panel]:
    """Return the work that still depends on a row out of use and needs a decision."""
    off = any(getattr(row, name, True) is False for name in SWITCHES)
    if getattr(row, "archived_at", None) is None and not off:
        return []
    found = hangs_on(row, by=by, at=at)
    return [_panel(one, title=_("Needs a decision: %(what)s") % {"what": one.says}) for one in found]


def _panel(one: Hanging, *, title: str = "") -> Panel:
    shown = one.rows[:SHOWN]
    hidden = one.count - len(shown)
    rows = [[_line(row)] for row in shown]
    if hidden:
        rows.append([_("and %(count)d more") % {"count": hidden}])
    return Panel(title or str(one.says).capitalize(), columns=[""], rows=rows)


def _line(row: Any) -> SafeString | str:
    text = line_for(row)
    try:
        return link(row, text)
    except NoReverseMatch:
        return text


def say_hanging(found: Sequence[Hanging], lead: str) -> SafeString:
    """The work in words, with links, for the error of a form."""
    lines = [(_line(row),) for one in found for row in one.rows[:5]]
    says = ", ".join(str(one.says) for one in found)
    listed = format_html_join("", "<li>{}</li>", lines)
    rest = _("This stays as it is and needs a decision. To continue, tick “Save anyway” and save again.")
    return format_html('{} {}.<ul class="bo-alike">{}</ul>{}', lead, says, listed, rest)


class GoingForm(AskingForm):
    """A form that takes something out of use in spite of future work only after a confirmation."""

    def going(self, given: dict[str, Any]) -> list[Model]:
        """The rows that would be out of use."""
        switched_off = [name for name in SWITCHES if name in self.changed_data and given.get(name) is False]
        return [self.instance] if switched_off and self.instance.pk else []

    def lead(self) -> str:
        """What is going to happen, before the list of the work."""
        return _("%(what)s is still needed for:") % {"what": self.instance}

    def warning(self, given: dict[str, Any]) -> SafeString | str:
        by, at = actor_of(self.request), timezone.now()
        found = [one for row in self.going(given) for one in hangs_on(row, by=by, at=at)]
        return say_hanging(found, self.lead()) if found else ""
