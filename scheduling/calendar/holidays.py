"""Which days a practice is closed on: bookings read this, and staff may override it."""

from __future__ import annotations

from datetime import date

from directory.models import Practice
from scheduling.models import Holiday


def closed_days(practice: Practice, *, first: date, last: date) -> dict[date, str]:
    """The closed days from `first` to `last`, inclusive, with their names."""
    rows = Holiday.objects.closed().filter(practice=practice, date__range=(first, last))
    return dict(rows.values_list("date", "name"))
