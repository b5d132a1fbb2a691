"""Days and times as the practice's clock shows them: typed without a zone, made a moment once the practice is known."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from unfold.widgets import UnfoldAdminTextInputWidget

from backoffice.choices import DayTimeField
from core.errors import InvalidInput
from directory.models import Practice
from scheduling.calendar import at_wall_time
from scheduling.models import Appointment


class WallTimeField(DayTimeField):
    """A day and a time without a zone."""

    def to_python(self, value: Any) -> Any:
        # In UTC no time is skipped or shown twice, so that nothing is refused before the practice is known.
        with timezone.override(UTC):
            read = super().to_python(value)
        return read.replace(tzinfo=None) if read is not None else None


class TimeInput(forms.TimeInput):
    """The browser's own input of a time."""

    input_type = "time"

    def __init__(self, attrs: Any = None) -> None:
        super().__init__({**UnfoldAdminTextInputWidget().attrs, **(attrs or {})}, format="%H:%M")


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


def visit_line(row: Appointment) -> str:
    """A visit in a line: when, who and with whom."""
    when = show_span(row.starts_at, row.ends_at, row.practice) if row.starts_at and row.ends_at else ""
    return " · ".join(str(one) for one in (when, row.patient or row.contact_name, row.specialist) if one)


def show_span(starts_at: datetime, ends_at: datetime, practice: Practice) -> str:
    """From and to, as staff of the practice read it."""
    starts, ends = starts_at.astimezone(practice.zone), ends_at.astimezone(practice.zone)
    same_day = starts.date() == ends.date()
    until = f"{ends:%H:%M}" if same_day else date_format(ends, "D j M Y, H:i")
    return f"{date_format(starts, 'D j M Y, H:i')} – {until}"
