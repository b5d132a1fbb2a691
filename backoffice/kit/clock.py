"""Days and times as the practice's clock shows them: typed without a zone, made a moment once the practice is known."""

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
    """When the practice's clock shows `wall`; InvalidInput at `field` where it skips that time."""
    found = at_wall_time(wall.date(), wall.time(), practice.zone)
    if found is None:
        raise InvalidInput({field: _("The clock skips this time on that day.")})
    return found


def on_clock(at: datetime, practice: Practice) -> datetime:
    """What the practice's clock shows, without its zone."""
    return at.astimezone(practice.zone).replace(tzinfo=None)


def day_bounds(day: date, practice: Practice) -> tuple[datetime, datetime]:
    """The moments at which a day of the practice begins and ends."""
    first = datetime.combine(day, time(), tzinfo=practice.zone)
    return first, datetime.combine(day + timedelta(days=1), time(), tzinfo=practice.zone)


def show_days(first: date, last: date | None) -> str:
    """From which day to which, with the day of the week; open where there is no last one."""
    begin = date_format(first, "D j M Y")
    return f"{begin} – {date_format(last, 'D j M Y')}" if last else _("from %(day)s on") % {"day": begin}


def show_span(starts_at: datetime, ends_at: datetime, practice: Practice) -> str:
    """From and to, as staff of the practice read it."""
    return span_in_words(starts_at, ends_at, practice.zone)


def in_practice_zone(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: inside the back office the active zone is that of the actor's first practice."""

    def respond(request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(reverse("admin:index")) or not is_staff(actor_of(request)):
            return get_response(request)
        practices = practices_of(request)
        with timezone.override(practices[0].zone if practices else None):
            return get_response(request)

    return respond


def show_when(at: datetime | None, practice: Practice | None = None) -> str:
    """`at` as staff read it: the practice's wall time, with the zone's name where it is not the active one."""
    if at is None:
        return ""
    if practice is None:
        return date_format(timezone.localtime(at), "DATETIME_FORMAT")
    local = at.astimezone(practice.zone)
    text = date_format(local, "DATETIME_FORMAT")
    same = local.utcoffset() == timezone.localtime(at).utcoffset()
    return text if same else f"{text} {local.tzname()}"
