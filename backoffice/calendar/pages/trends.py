"""The charts of the start page: utilisation and no-shows over eight weeks, drawn as bars and written as a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core.actor import Actor
from directory.models import Practice
from scheduling.calendar import WeekTrend, week_trends

# Who sees how full others are: whoever offers their time.
VERB = "scheduling.create_slots"
WEEKS = 8
KEPT_FOR = 600  # seconds
HEIGHT, BAR, GAP = 100, 32, 12


@dataclass(frozen=True)
class Bar:
    """A week: its figure, and where its bar stands."""

    week: str
    says: str
    x: int
    y: int
    height: int

    @property
    def middle(self) -> int:
        """Where its figure and its day stand."""
        return self.x + BAR // 2


@dataclass(frozen=True)
class Trend:
    """A chart: its title, what it means, and its weeks."""

    title: str
    hint: str
    bars: list[Bar]
    width: int
    bar: int = BAR

    @property
    def is_empty(self) -> bool:
        """Whether no week has a figure."""
        return all(one.says == _("–") for one in self.bars)


def trends_of(practice: Practice, *, by: Actor, at: datetime) -> list[Trend]:
    """Both charts, read at most every ten minutes; none for whoever may not see how full others are."""
    if not by.may(VERB, practice.pk):
        return []
    key = f"trends:{practice.pk}:{at.astimezone(practice.zone).date()}"
    weeks: list[WeekTrend] | None = cache.get(key)
    if weeks is None:
        weeks = week_trends(practice, weeks=WEEKS, at=at)
        cache.set(key, weeks, KEPT_FOR)
    return [
        trend(
            weeks,
            _("Utilisation"),
            _("Share of the offered time that was booked"),
            lambda one: one.utilisation,
            scale=100,
        ),
        trend(weeks, _("No-shows"), _("Share of the visits that were due"), lambda one: one.no_show_rate, scale=None),
    ]


def trend(
    weeks: list[WeekTrend], title: str, hint: str, of: Callable[[WeekTrend], int | None], *, scale: int | None
) -> Trend:
    """A chart of one figure in per cent; without a `scale` its highest bar fills it, from ten per cent on."""
    highest = scale or max(10, *(of(one) or 0 for one in weeks))
    bars = []
    for number, one in enumerate(weeks):
        figure = of(one)
        height = round(HEIGHT * (figure or 0) / highest)
        says = _("%(share)d%%") % {"share": figure} if figure is not None else _("–")
        week = date_format(one.monday, "j M")
        bars.append(Bar(week, says, x=number * (BAR + GAP), y=HEIGHT - height, height=height))
    return Trend(title, hint, bars, width=len(weeks) * (BAR + GAP) - GAP)
