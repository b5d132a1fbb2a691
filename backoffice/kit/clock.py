"""Days and times on the practice's clock: typed without a zone, turned into moments once the practice is known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from backoffice.kit.actor import actor_of, is_staff, practices_of
from core.errors import InvalidInput
from core.moments import span_in_words
from directory.models import Practice
from scheduling.calendar import at_wall_time


def moment(wall: datetime, practice: Practice, *, field: str) -> datetime:
    """Return the moment at which the practice's clock shows `wall`; InvalidInput at `field` if it skips that time."""
    found = at_wall_time(wall.date(), wall.time(), practice.zone)
    if found is None:
        raise InvalidInput({field: _("The clock skips this time on that day.")})
    return found


def on_clock(at: datetime, practice: Practice) -> datetime:
    """Return the local time on the practice's clock, without its zone."""
    return at.astimezone(practice.zone).replace(tzinfo=None)


def day_bounds(day: date, practice: Practice) -> tuple[datetime, datetime]:
    """Return the moments at which a day of the practice begins and ends."""
    first = datetime.combine(day, time(), tzinfo=practice.zone)
    return first, datetime.combine(day + timedelta(days=1), time(), tzinfo=practice.zone)


def show_days(first: date, last: date | None) -> str:
    """Return a range of days with weekdays, open if there is no last one."""
    begin = date_format(first, "D j M Y")
    return f"{begin} – {date_format(last, 'D j M Y')}" if last else _("from %(day)s on") % {"day": begin}


def show_span(starts_at: datetime, ends_at: datetime, practice: Practice) -> str:
    """Return start and end as staff of the practice read them."""
    return span_in_words(starts_at, ends_at, practice.zone)


def in_practice_zone(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware that activates the time zone of the actor's first practice in the back office."""

    def respond(request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(reverse("admin:index")) or not is_staff(actor_of(request)):
            return get_response(request)
        practices = practices_of(request)
        with timezone.override(practices[0].zone if practices else None):
            return get_response(request)

    return respond


def show_when(at: datetime | None, practice: Practice | None = None) -> str:
    """Return `at` in the practice's local time, with the zone's name if it is not the active one."""
    if at is None:
        return ""
    if practice is None:
        return date_format(timezone.localtime(at), "DATETIME_FORMAT")
    local = at.astimezone(practice.zone)
    text = date_format(local, "DATETIME_FORMAT")
    same = local.utcoffset() == timezone.localtime(at).utcoffset()
    return text if same else f"{text} {local.tzname()}"
