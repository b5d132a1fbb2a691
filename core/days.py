"""The range of days that any record can have, the same for every interface, import and engine."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

FIRST_YEAR, LAST_YEAR = 1900, 2199
FIRST_DAY, LAST_DAY = date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31)

# A moment is kept in UTC; on a clock elsewhere it may still be the first or the last day of the range.
FIRST_MOMENT = datetime.combine(FIRST_DAY, datetime.min.time(), UTC) - timedelta(days=1)
LAST_MOMENT = datetime.combine(LAST_DAY, datetime.max.time(), UTC) + timedelta(days=1)


def check_day(value: date) -> None:
    """Raise ValidationError for a day (or a local time) whose year lies outside the range."""
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        years = {"first": FIRST_YEAR, "last": LAST_YEAR}
        raise ValidationError(_("Must be a day from %(first)s to %(last)s."), params=years)


def check_born(value: date, *, at: datetime) -> None:
    """Raise ValidationError for a date of birth that is in the future everywhere on earth at `at`."""
    check_day(value)
    if value > (at + timedelta(hours=14)).astimezone(UTC).date():
        raise ValidationError(_("A date of birth cannot be in the future."))
