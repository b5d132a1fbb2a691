"""List filters: by day, specialist, practice, and whether rows are archived."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.kit.actor import actor_of, practices_of
from backoffice.kit.lists import IdFilter, LeavesOut
from core.days import FIRST_YEAR, LAST_YEAR
from directory.models import Specialist

MOST = 200


class DefaultFilter(LeavesOut):
    """A filter with a default choice, which is among its lookups."""

    default = ""

    def value(self) -> Any:
        return super().value() or self.default

    def choices(self, changelist: Any) -> Iterator[Any]:
        yield from list(super().choices(changelist))[1:]


class DaysFilter(DefaultFilter):
    """Filters by day; upcoming rows by default."""

    title = _("when")
    parameter_name = "when"
    quick = True
    default = "ahead"
    column = "starts_at"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("today", _("Today")),
            ("tomorrow", _("Tomorrow")),
            ("week", _("This week")),
            ("next-week", _("Next week")),
            ("ahead", _("From now on")),
            ("any", _("All days")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        first, last = span_of(str(self.value()))
        if first is not None:
            queryset = queryset.filter(**{f"{self.column}__gte": first})
        return queryset.filter(**{f"{self.column}__lt": last}) if last is not None else queryset


def midnight(day: date) -> datetime:
    """Return the moment at which the day begins in the active time zone."""
    return datetime.combine(day, time(), tzinfo=timezone.get_current_timezone())


def span_of(word: str) -> tuple[datetime | None, datetime | None]:
    """Return the first and last moment of a choice of days; None for an open end."""
    today = timezone.localdate()
    monday = today - timedelta(days=today.weekday())
    days = {
        "today": (today, today + timedelta(days=1)),
        "tomorrow": (today + timedelta(days=1), today + timedelta(days=2)),
        "week": (monday, monday + timedelta(days=7)),
        "next-week": (monday + timedelta(days=7), monday + timedelta(days=14)),
    }
    if word == "ahead":
        return timezone.now(), None
    first, last = days.get(word, (None, None))
    return (midnight(first) if first else None), (midnight(last) if last else None)


class SpecialistFilter(IdFilter):
    """Filters by specialist; offers those in use."""

    title = _("specialist")
    parameter_name = "specialist"
    lookup = "specialist_id"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        rows = Specialist.objects.visible_to(actor_of(request)).live().order_by("last_name", "first_name", "pk")
        found = [(str(one.pk), str(one)) for one in rows[:MOST]]
        return found if len(found) > 1 else []


def on_typed_days(queryset: QuerySet[Any], term: str, *, column: str = "starts_at") -> tuple[QuerySet[Any], str]:
    """Narrow the rows to days typed into the search (2026-11-24), and return the rest of the search."""
    words = []
    for word in term.replace("\x00", "").split():
        try:
            day = date.fromisoformat(word) if len(word) == 10 else None
        except ValueError:
            day = None
        known = day is not None and FIRST_YEAR <= day.year <= LAST_YEAR
        bounds = (midnight(day), midnight(day + timedelta(days=1))) if day is not None and known else None
        if bounds is None:
            words.append(word)
        else:
            queryset = queryset.filter(**{f"{column}__gte": bounds[0], f"{column}__lt": bounds[1]})
    return queryset, " ".join(words)


class PracticeFilter(IdFilter):
    """Filters by practice, for users who work at several."""

    title = _("practice")
    parameter_name = "practice"
    lookup = "practice_id"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        found = [(str(one.pk), str(one)) for one in practices_of(request)]
        return found if len(found) > 1 else []


class PutAwayFilter(LeavesOut):
    """Shows live rows unless archived ones, or all, are asked for."""

    title = _("use")
    parameter_name = "put_away"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Archived")), ("all", _("All"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "all":
                return queryset
            case "yes":
                return queryset.filter(archived_at__isnull=False)
            case _:
                return queryset.filter(archived_at=None)

    def choices(self, changelist: Any) -> Iterator[Any]:
        first, *others = super().choices(changelist)
        yield {**first, "display": _("In use")}
        yield from others
