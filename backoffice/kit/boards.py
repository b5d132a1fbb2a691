"""Boards: the states of something as columns with counts, and cards with their next action."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from unfold.sites import UnfoldAdminSite

from backoffice.kit.actor import practices_for, practices_required
from backoffice.kit.steps import Button, Step
from core.errors import Missing
from directory.models import Practice

CARDS = 30
COUNTED_UP_TO = 99


@dataclass(frozen=True)
class Card:
    """A row on the board: its title, patient, badges, and next action."""

    row: Any
    title: SafeString | str
    patient: SafeString | str
    lines: Sequence[str] = ()
    badges: Sequence[SafeString] = ()
    buttons: Sequence[Button] = ()
    links: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Column:
    """A state on the board: its count, its first rows, a link to all, and the step that several can take at once."""

    title: str
    count: str
    cards: Sequence[Card]
    link: str
    together: Step | None = None
    empty: str = field(default_factory=lambda: _("Nothing."))


def capped(rows: QuerySet[Any]) -> str:
    """Count the rows, up to a hundred, so that no whole table is read."""
    count = rows.order_by().values("pk")[: COUNTED_UP_TO + 1].count()
    return str(count) if count <= COUNTED_UP_TO else f"{COUNTED_UP_TO}+"


def chosen_practice(request: HttpRequest, verb: str) -> Practice | None:
    """Return the practice in the address; None for all practices of the actor, of whom there is at least one."""
    practices, named = practices_required(request, verb), request.GET.get("practice", "")
    found = next((one for one in practices if str(one.pk) == named), None)
    if named and found is None:
        raise Missing(_("Practice"))
    return found


def board_page(
    site: UnfoldAdminSite,
    request: HttpRequest,
    *,
    title: str,
    verb: str,
    practice: Practice | None,
    columns: Sequence[Column],
    shortcuts: Sequence[tuple[str, str]],
    actions: str,
) -> HttpResponse:
    """Render the board; `actions` is the list whose actions the ticked cards take."""
    request.current_app = site.name
    practices = practices_for(request, verb)
    context = {
        **site.each_context(request),
        "title": title,
        "practice": practice,
        "practices": practices if len(practices) > 1 else [],
        "columns": columns,
        "shortcuts": shortcuts,
        "actions": actions,
        "here": request.get_full_path(),
    }
    return TemplateResponse(request, "backoffice/kit/board.html", context)
