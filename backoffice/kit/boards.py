"""A board: the states of something as columns with counts, and on each card its next action."""

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
    """A row on the board: what it is, whose, what must not be overlooked, and what leads on."""

    row: Any
    title: SafeString | str
    patient: SafeString | str
    lines: Sequence[str] = ()
    badges: Sequence[SafeString] = ()
    buttons: Sequence[Button] = ()
    links: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Column:
    """A state: how many there are, the first of them, where all are, and the step that several take at once."""

    title: str
    count: str
    cards: Sequence[Card]
    link: str
    together: Step | None = None
    empty: str = field(default_factory=lambda: _("Nothing."))


def capped(rows: QuerySet[Any]) -> str:
    """How many rows, up to a hundred: a count that never reads a whole table."""
    count = rows.order_by().values("pk")[: COUNTED_UP_TO + 1].count()
    return str(count) if count <= COUNTED_UP_TO else f"{COUNTED_UP_TO}+"


def chosen_practice(request: HttpRequest, verb: str) -> Practice | None:
    """The practice that the address names; None for all that the actor works at. Never without any."""
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
    """The page; `actions` is the list whose actions the ticked cards take."""
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
