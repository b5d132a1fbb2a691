"""Visits that must be moved: the only writer of an appointment's `needs_move` beside the verbs that move or end one.

An open visit must be moved while time off lies over its specialist, its room or an assistant. One that was booked when
its practice closed the day must be moved, too, until the day is open again; whoever books on a closed day on purpose
gives a reason, and that visit stays where it is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime

from django.db.models import Exists, OuterRef, Q

from core.db import Work
from core.locks import lock
from directory.models import Practice
from scheduling.dated import LocalDay
from scheduling.models import Appointment, Claim, Holiday


def write_needs_move(
    work: Work, starts_at: datetime, ends_at: datetime, *, specialists: Collection[int], rooms: Collection[int]
) -> None:
    """Write `needs_move` on the open visits of these people and rooms in this time; their resources are locked."""
    # Treating, assisting and the room each have an index; one OR over the join would read every visit of the clinic.
    near = Appointment.objects.open().overlapping(starts_at, ends_at).values_list("pk", flat=True)
    assisting = near.filter(assistants__specialist_id__in=specialists)
    _write(work, near.filter(specialist_id__in=specialists).union(near.filter(room_id__in=rooms), assisting))


def mark_closed(work: Work, practice: Practice, days: Iterable[date]) -> None:
    """Mark the open visits of days that have just been closed, but for those that are over."""
    marked = lock(Appointment.objects.all(), _open_on(practice, set(days), after=work.at))
    for row in marked:
        row.needs_move = True
    work.save_many(marked)


def recheck_opened(work: Work, practice: Practice, day: date) -> None:
    """Write `needs_move` anew on the open visits of a day that is open again."""
    found = _open_on(practice, {day})
    lock(Appointment.objects.all(), found)
    _write(work, found)


def _open_on(practice: Practice, days: Collection[date], *, after: datetime | None = None) -> list[int]:
    """The practice's open visits on these days (ending after `after`, if given), by id, in one query."""
    if not days:
        return []
    rows = Appointment.objects.open().filter(practice=practice)
    rows = rows.starting_from(min(days)).starting_until(max(days))
    if after is not None:
        rows = rows.filter(ends_at__gt=after)
    found = ((pk, moment) for pk, moment in rows.values_list("pk", "starts_at") if moment is not None)
    return [pk for pk, moment in found if moment.astimezone(practice.zone).date() in days]


def _write(work: Work, ids: Iterable[int]) -> None:
    over, _others = Claim.objects.over_each(OuterRef("starts_at"), OuterRef("ends_at"))
    helping = over.filter(resource__specialist__assisting__appointment=OuterRef("pk"))
    that_day = LocalDay(OuterRef("practice__time_zone"), OuterRef("starts_at"))
    closed = Holiday.objects.closed().filter(practice=OuterRef("practice"), date=that_day)
    rows = Appointment.objects.filter(pk__in=list(ids))
    must = Q(Exists(over.of_each())) | Q(Exists(helping)) | Q(Exists(closed), needs_move=True)
    displaced = set(rows.filter(must).values_list("pk", flat=True))
    changed = [row for row in rows if row.needs_move != (row.pk in displaced)]
    for row in changed:
        if row.pk in displaced:
            row.needs_move = True
        else:
            row.need_not_move()
    work.save_many(changed)
