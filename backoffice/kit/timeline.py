"""A patient's timeline, newest first: each area contributes its entries, a page at a time.

Every source is asked one query for a page, however long the story is: for what lies before the place where the page
begins. What lies ahead is no part of it.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any, NamedTuple

from django.core.exceptions import BadRequest
from django.db.models import Q, QuerySet
from django.utils.formats import date_format
from django.utils.safestring import SafeString

from backoffice.kit.clock import show_when
from backoffice.kit.lookups import read_id
from core.actor import Actor
from core.days import FIRST_MOMENT, LAST_MOMENT
from directory.models import Practice
from patients.models import Patient

PAGE = 25


class Place(NamedTuple):
    """The position of an entry in the timeline; no two entries share one."""

    at: datetime
    source: str
    pk: int

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.source}~{self.pk}"


@dataclass(frozen=True)
class Entry:
    """One event in the timeline. `day`: only the day is known, not the time."""

    place: Place
    icon: str
    title: SafeString | str
    detail: str = ""
    badge: SafeString | str = ""
    practice: Practice | None = None
    day: bool = False

    @property
    def when(self) -> str:
        """When, as staff read it."""
        return date_format(self.place.at.date()) if self.day else show_when(self.place.at, self.practice)


@dataclass(frozen=True)
class Page:
    """The part of the timeline to show: for whom, from where, and as of when."""

    by: Actor
    at: datetime
    source: str
    before: Place | None

    def place(self, at: datetime | date, pk: int) -> Place:
        """Where a row of this source stands; one of which only the day is known, at the day's beginning."""
        moment = at if isinstance(at, datetime) else datetime.combine(at, time(), UTC)
        return Place(moment, self.source, pk)

    def cut(self, rows: QuerySet[Any], column: str, *, day: bool = False) -> QuerySet[Any]:
        """As many of the rows as the page can need, the newest first; `day`: the column is a date."""
        own = self.before.source if self.before is not None else ""
        if day:
            earlier, same = self._days(column)
        else:
            upto = self.before.at if self.before is not None else self.at
            earlier, same = Q(**{f"{column}__lt": upto}), Q(**{column: upto})
        if self.before is None or self.source < own:
            earlier |= same
        elif self.source == own:
            earlier |= same & Q(pk__lt=self.before.pk)
        narrowed: QuerySet[Any] = rows.filter(earlier).order_by(f"-{column}", "-pk")[: PAGE + 1]
        return narrowed

    def _days(self, column: str) -> tuple[Q, Q]:
        """The days before the place, and the day whose beginning it is; today is today somewhere on earth."""
        if self.before is None:
            return Q(**{f"{column}__lte": (self.at + timedelta(hours=14)).astimezone(UTC).date()}), Q(pk__in=())
        upto = self.before.at.astimezone(UTC)
        if upto.time() == time():
            return Q(**{f"{column}__lt": upto.date()}), Q(**{column: upto.date()})
        return Q(**{f"{column}__lte": upto.date()}), Q(pk__in=())


Tell = Callable[[Patient, Page], Iterable[Entry]]
_sources: dict[str, tuple[str, Tell]] = {}


def timeline_of(source: str, *, group: str) -> Callable[[Tell], Tell]:
    """Decorator: contribute entries to a patient's timeline. `group` is the filter that shows them alone."""

    def add(tell: Tell) -> Tell:
        if source in _sources:
            raise ValueError(f"two parts of the story are called {source}")
        _sources[source] = (group, tell)
        return tell

    return add


def groups() -> list[str]:
    """Return the filters of the timeline."""
    return sorted({group for group, _tell in _sources.values()})


def story_of(
    patient: Patient, *, before: Place | None = None, only: str = "", by: Actor, at: datetime
) -> tuple[list[Entry], Place | None]:
    """Return a page of the timeline, and where the next page begins, if there is one."""
    told: list[Sequence[Entry]] = []
    for source, (group, tell) in sorted(_sources.items()):
        if only in ("", group):
            told.append(list(tell(patient, Page(by, at, source, before))))
    merged = heapq.merge(*told, key=lambda one: one.place, reverse=True)
    entries = list(islice(merged, PAGE + 1))
    more = entries[PAGE - 1].place if len(entries) > PAGE else None
    return entries[:PAGE], more


def place_in(text: str) -> Place | None:
    """Return the position that an address names; None without one, 400 for a wrong one."""
    if not text:
        return None
    moment, _tilde, rest = text.partition("~")
    source, _tilde, number = rest.partition("~")
    pk = read_id(number)
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or not FIRST_MOMENT <= at <= LAST_MOMENT or source not in _sources or pk is None:
        raise BadRequest("before is no place in the story")
    return Place(at, source, pk)


@dataclass(frozen=True)
class Suggestion:
    """A suggested next action for a patient; `post`: one click does it."""

    label: str
    url: str
    why: str
    post: bool = False


Suggest = Callable[[Patient, Actor, datetime], Iterable[Suggestion]]
_suggesting: list[tuple[int, Suggest]] = []


def suggests(*, order: int) -> Callable[[Suggest], Suggest]:
    """Decorator: suggest a next action for a patient, in ascending `order`."""

    def add(suggest: Suggest) -> Suggest:
        _suggesting.append((order, suggest))
        return suggest

    return add


def suggestions_for(patient: Patient, *, by: Actor, at: datetime) -> list[Suggestion]:
    """Return the suggested next actions, the most important first; none for an archived record."""
    if patient.archived_at is not None:
        return []
    ordered = sorted(_suggesting, key=lambda one: one[0])
    return [one for _order, suggest in ordered for one in suggest(patient, by, at)]
