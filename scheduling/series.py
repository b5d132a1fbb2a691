"""Filters of what repeats: series of slots, the days that they left out, and recurring time off."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from django.db.models import DateTimeField, F, Q, Value

from core.actor import Actor
from core.querysets import ClinicQuerySet
from scheduling.dated import LocalDay
from scheduling.querysets import OfSpecialistQuerySet, TimeOffQuerySet, visible_slots

if TYPE_CHECKING:
    from scheduling.models import SeriesSkip

# A series that names days after the last one that was looked at.
GOES_ON = Q(until_date=None) | Q(generated_until=None) | Q(until_date__gt=F("generated_until"))
EASTERNMOST, CLOCK_CHANGE = timedelta(hours=14), timedelta(hours=2)


def _to_roll_forward(at: datetime, horizon: timedelta) -> Q:
    """Series that go on and were not made up to `horizon` from `at` on the clock of their practice.

    The bound in UTC is for the index. A clock that changes meanwhile may let one be named that is made so far.
    """
    ahead = at + horizon + CLOCK_CHANGE
    until = Q(generated_until=None) | Q(generated_until__lt=(ahead + EASTERNMOST).date())
    there = LocalDay(F("practice__time_zone"), Value(ahead, output_field=DateTimeField()))
    return GOES_ON & until & (Q(generated_until=None) | Q(generated_until__lt=there))


class SlotSeriesQuerySet(OfSpecialistQuerySet[Any]):
    """Series of slots."""

    def to_roll_forward(self, at: datetime, horizon: timedelta) -> Self:
        """Those that stand and were not made up to `horizon` from `at`, on the clock of their practice."""
        return self.filter(_to_roll_forward(at, horizon), withdrawn_at=None)

    def ending(self, today: date, *, within: timedelta) -> Self:
        """Series whose last slot lies within this time: they end, or nobody has rolled them forward."""
        last = today + within
        ends = Q(until_date__gte=today, until_date__lte=last)
        behind = Q(generated_until__lte=last) & (Q(until_date=None) | Q(until_date__gt=last))
        return self.filter(ends | behind, withdrawn_at=None)


class SeriesSkipQuerySet(ClinicQuerySet["SeriesSkip"]):
    """Days that series left out."""

    def visible_to(self, actor: Actor) -> Self:
        """Skipped days of the series that the actor may see."""
        return self if actor.everything else self.filter(visible_slots(actor, "series__"))


class TimeOffSeriesQuerySet(TimeOffQuerySet[Any]):
    """Recurring time off."""

    def to_roll_forward(self, at: datetime, horizon: timedelta) -> Self:
        """Those that stand and were not made up to `horizon` from `at`, on the clock of their practice."""
        return self.live().filter(_to_roll_forward(at, horizon))
