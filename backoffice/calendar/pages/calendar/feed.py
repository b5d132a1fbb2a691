"""The calendar's data as JSON for its script, in the practice's local times without a zone.

The script hands wall times to its library as UTC, so that neither the browser's zone nor its clock changes matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any

from django.utils.translation import gettext as _

from backoffice.kit.clock import on_clock
from scheduling.calendar import Agenda, AgendaColumn, Span, SpanKind
from scheduling.models import Appointment
from scheduling.services import MOVABLE

OPENS, CLOSES = 8, 18
NO_OWNER = 0


def feed_of(found: Agenda, *, may_move: bool, at: datetime) -> dict[str, Any]:
    """The columns, the events in them, the closed days with why, and what the practice's clock shows now."""
    opens, closes = hours_of(found)
    return {
        "columns": [{"id": key_of(column), "title": title_of(column)} for column in found.columns],
        "events": [
            event
            for column in found.columns
            for span in column.spans
            for event in events_of(span, column, found, may_move=may_move)
        ],
        "closed": {day.isoformat(): why or _("Closed") for day, why in found.closed.items()},
        "now": on_clock(at, found.practice).isoformat(timespec="minutes"),
        "opens": f"{opens:02}:00",
        "closes": f"{closes:02}:00",
    }


def key_of(column: AgendaColumn) -> int:
    """The id of the column's specialist or room; `NO_OWNER` for visits that have none yet."""
    return column.owner.pk if column.owner is not None else NO_OWNER


def title_of(column: AgendaColumn) -> str:
    """Whose column it is."""
    return str(column.owner) if column.owner is not None else _("No specialist yet")


def hours_of(found: Agenda) -> tuple[int, int]:
    """From and to which hour a day is drawn: the usual ones, and whatever lies outside of them."""
    opens, closes = OPENS, CLOSES
    for span in (span for column in found.columns for span in column.spans):
        if span.kind in (SpanKind.SLOT, SpanKind.VISIT):
            starts, ends = on_clock(span.starts_at, found.practice), on_clock(span.ends_at, found.practice)
            over_midnight = ends.date() > starts.date()
            opens = min(opens, 0 if over_midnight else starts.hour)
            closes = max(closes, 24 if over_midnight else ends.hour + (ends.time() > time(ends.hour)))
    return opens, closes


def events_of(span: Span, column: AgendaColumn, found: Agenda, *, may_move: bool) -> Iterator[dict[str, Any]]:
    """The events of one span: a visit with the pauses around it, or what lies behind the visits."""
    if span.visit is not None:
        yield from visit_events(span, span.visit, column, found, may_move=may_move)
        return
    whole: dict[str, Any] = {
        "id": f"{span.kind}-{span.source_id}-{key_of(column)}-{span.starts_at.timestamp():.0f}",
        "column": key_of(column),
        **wall_span(span.starts_at, span.ends_at, found),
        "kind": span.kind.value,
        "background": True,
        "detail": "",
    }
    match span.kind:
        case SpanKind.SLOT:
            if on_clock(span.starts_at, found.practice).date() in found.closed:
                return  # nobody is booked there: the day is drawn as closed
            fill = _("%(booked)d of %(capacity)d") % {"booked": span.booked, "capacity": span.capacity}
            full = ["bo-cal-full"] if span.booked >= span.capacity else []
            yield whole | {"detail": fill if span.capacity > 1 else "", "classes": full}
        case SpanKind.TIME_OFF:
            yield whole | {"detail": _("Time off")}
        case SpanKind.HOLD:
            yield whole | {"detail": _("Held")}
        case _:
            yield whole | {"kind": "busy", "background": False, "title": _("Busy elsewhere")}


def visit_events(
    span: Span, visit: Appointment, column: AgendaColumn, found: Agenda, *, may_move: bool
) -> Iterator[dict[str, Any]]:
    """The visit, and behind it the pauses that its service wants."""
    for length, starts_at in ((span.before, span.starts_at - span.before), (span.after, span.ends_at)):
        if length > timedelta(0):
            yield {
                "id": f"pause-{visit.pk}-{key_of(column)}-{starts_at.timestamp():.0f}",
                "column": key_of(column),
                **wall_span(starts_at, starts_at + length, found),
                "kind": "buffer",
                "background": True,
                "detail": "",
            }
    who = str(visit.patient or visit.contact_name or _("No patient yet"))
    service = str(getattr(visit, "main_service_name", "") or "")
    classes = {"bo-cal-overbooked": visit.overbooked, "bo-cal-needs-move": visit.needs_move}
    hours = wall_span(span.starts_at, span.ends_at, found)
    movable = visit.status in MOVABLE and visit.patient_id is not None and not span.assists
    yield {
        "id": f"visit-{visit.pk}-{key_of(column)}",
        "column": key_of(column),
        **hours,
        "kind": "visit",
        "visit": visit.pk,
        "seen": visit.updated_at.isoformat(),
        "title": who,
        "detail": service,
        "status": visit.status,
        "classes": [name for name, on in classes.items() if on],
        "marks": marks_of(visit, assists=span.assists),
        "movable": may_move and movable,
        # What is seen by its color and its column is said after what is written on it.
        "spoken": f"{visit.get_status_display()}, {title_of(column)}",
    }


def marks_of(visit: Appointment, *, assists: bool) -> list[str]:
    """The short words that must not be overlooked about a visit."""
    number = visit.plan_session_number
    session = _("Session %(number)d") % {"number": number} if number else _("Program")
    marks = {
        session: visit.enrollment_id is not None,
        _("Overbooked"): visit.overbooked,
        _("To be moved"): visit.needs_move,
        _("Assists"): assists,
    }
    return [mark for mark, on in marks.items() if on]


def wall_span(starts_at: datetime, ends_at: datetime, found: Agenda) -> dict[str, str]:
    """From and to on the practice's clock. Where that clock goes back, the end is kept after the start."""
    starts, ends = on_clock(starts_at, found.practice), on_clock(ends_at, found.practice)
    if ends <= starts:
        ends = starts + (ends_at - starts_at)
    return {"start": starts.isoformat(timespec="minutes"), "end": ends.isoformat(timespec="minutes")}
