"""The days on which a practice is closed. Bookings respect them; staff may override them."""

from __future__ import annotations

from datetime import date

from directory.models import Practice
from scheduling.models import Holiday


def closed_days(practice: Practice, *, first: date, last: date) -> dict[date, str]:
    """Return the practice's closed days from `first` to `last`, inclusive, with their names."""
    rows = Holiday.objects.closed().filter(practice=practice, date__range=(first, last))
    return dict(rows.values_list("date", "name"))
