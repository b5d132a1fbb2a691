"""Calendar months, always counted from the original start, because adding months is not associative."""

from __future__ import annotations

from datetime import datetime

from dateutil.relativedelta import relativedelta


def add_months(start: datetime, months: int) -> datetime:
    """Return `start` (aware, UTC) plus calendar months, clamped to the month's end.

    31 January plus 1 is 28 (or 29) February, at the same time of day. Always pass the original start:
    adding one month twice is not adding two.
    """
    return start + relativedelta(months=months)
