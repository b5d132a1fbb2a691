"""The days on which a practice is closed. Bookings respect them; staff may override them."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import BigIntegerField, DateField, QuerySet

from core.prepared import Prepared, hole
from directory.models import Practice
from scheduling.models import Holiday


def closed_days(practice: Practice, *, first: date, last: date) -> dict[date, str]:
    """Return the practice's closed days from `first` to `last`, inclusive, with their names."""
    return dict(_closed(practice_id=practice.pk, first=first, last=last))


def _closed_between() -> QuerySet[Holiday, Any]:
    first, last = (hole(name, DateField()) for name in ("first", "last"))
    rows = Holiday.objects.closed().filter(practice=hole("practice_id", BigIntegerField()))
    return rows.filter(date__gte=first, date__lte=last).values_list("date", "name")


_closed = Prepared(_closed_between)
