"""Moments with milliseconds, and lists from one moment to another."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from rest_framework import serializers

from api.base.body import ComputedField
from api.base.filters import DateOrDateTimeFilter, Filters


def milliseconds(moment: datetime) -> str:
    """`2026-12-01T14:00:00.000Z`; what the database gives is UTC."""
    return f"{moment.isoformat(timespec='milliseconds')[:23]}Z"


def in_milliseconds(column: str) -> ComputedField:
    """A date-time with milliseconds."""
    return ComputedField(serializers.DateTimeField(), column, make=milliseconds)


class PeriodFilters(Filters):
    """`from` a day or moment `to` another; days are those of the practice's clock."""

    period_required: ClassVar[bool] = False
    naive_is_utc: ClassVar[bool] = False

    @classmethod
    def get_filters(cls) -> dict[str, Any]:
        """The declared filters and the two, which cannot be declared: `from` is a keyword of Python."""
        first = DateOrDateTimeFilter(
            lambda rows, when, at: rows.starting_from(when),
            label="From this day or moment on.",
            required=cls.period_required,
            naive_is_utc=cls.naive_is_utc,
        )
        last = DateOrDateTimeFilter(
            lambda rows, when, at: rows.starting_until(when),
            label="Up to this day, or before this moment.",
            required=cls.period_required,
            naive_is_utc=cls.naive_is_utc,
        )
        return {**super().get_filters(), "from": first, "to": last}
