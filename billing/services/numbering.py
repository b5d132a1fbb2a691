"""Numbers without gaps, taken under a lock in the transaction that writes the document."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from billing.models import BillCounter, BillingSettings
from billing.states import Series
from core.db import Work
from core.db_errors import Retry
from core.errors import InvalidInput
from core.locks import lock_found
from directory.models import Practice


@dataclass(frozen=True, slots=True)
class Drawn:
    """A document's number and date."""

    prefix: str
    year: int
    number: int
    issued_on: date


def today_at(practice: Practice, at: datetime) -> date:
    """Return the day on the practice's clock at `at`."""
    return at.astimezone(practice.zone).date()


def settings_of(practice: Practice) -> BillingSettings:
    """Return the practice's billing settings, or the defaults if it has none."""
    found = BillingSettings.objects.filter(practice=practice).first()
    return found or BillingSettings(practice=practice)


def draw_number(
    work: Work, *, practice: Practice, settings: BillingSettings, series: Series, issued_on: date | None
) -> Drawn:
    """Take the next number of a series in the year of its date; call it after every other lock of the verb.

    Without a date it is today's, in the practice's zone, or that of the series' last document where another was
    quicker to begin a new day. InvalidInput (`issued_on`) for a day to come and for one before the series' last.
    """
    today = today_at(practice, work.at)
    if issued_on is not None and issued_on > today:
        raise InvalidInput({"issued_on": _("lies in the future")})
    counters = BillCounter.objects.filter(practice=practice, series=series)
    # All years of the series: taking the first number of a year waits for whoever takes the last number of the old one.
    locked = {counter.pk for counter in lock_found(counters)}
    # Asked again, since a year may have begun while we waited.
    known = {counter.year: counter for counter in counters}
    if locked != {counter.pk for counter in known.values()}:
        raise Retry
    last = max((counter.last_issued_on for counter in known.values()), default=None)
    if issued_on is None:
        issued_on = max(today, last) if last is not None else today
    elif last is not None and issued_on < last:
        message = _("The last one of this series is of %(day)s; a number cannot go back.")
        raise InvalidInput({"issued_on": message % {"day": date_format(last)}})
    year = issued_on.year
    counter = known.get(year)
    if counter is None:
        first = 1 if known else settings.first_number_of(series)
        counter = BillCounter(practice=practice, series=series, year=year, last_number=first, last_issued_on=issued_on)
        try:
            work.create(counter)
        except IntegrityError:
            raise Retry from None  # another drew the first number of the year at the same moment
    else:
        counter.last_number += 1
        counter.last_issued_on = issued_on
        work.save(counter)
    return Drawn(settings.prefix_of(series), year, counter.last_number, issued_on)
