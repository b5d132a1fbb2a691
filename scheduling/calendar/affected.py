"""Which appointments a closed day or time off would affect; the back office shows them before saving."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from core.actor import Actor
from core.models import AuditEntry
from directory.models import Practice
from scheduling.models import Appointment, Holiday, TimeOff
from scheduling.states import AppointmentStatus


def hit_by_closure(by: Actor, *, practice_id: int, day: date) -> list[Appointment]:
    """Return the practice's open appointments on `day` that `by` may see, to show before the day is closed."""
    practice: Practice = Practice.objects.visible_to(by).one(pk=practice_id)
    begin = datetime.combine(day, time(), tzinfo=practice.zone)
    end = datetime.combine(day + timedelta(days=1), time(), tzinfo=practice.zone)
    rows = Appointment.objects.visible_to(by).open().filter(practice=practice, starts_at__gte=begin, starts_at__lt=end)
    return list(rows.select_related("patient", "specialist", "practice").order_by("starts_at", "pk"))


def hit_by_time_off(
    by: Actor, *, specialist_id: int | None, room_id: int | None, starts_at: datetime, ends_at: datetime
) -> list[Appointment]:
    """Return the open appointments that this time off would overlap and `by` may see, to show before it is saved."""
    near = Appointment.objects.open().overlapping(starts_at, ends_at).values_list("pk", flat=True)
    if specialist_id:
        # Treating, assisting and the room each have an index; one OR over the join would read every visit of the
        # clinic.
        assisting = near.filter(assistants__specialist_id=specialist_id)
        near = near.filter(specialist_id=specialist_id).union(assisting)
    elif room_id:
        near = near.filter(room_id=room_id)
    else:
        return []
    under = Appointment.objects.visible_to(by).filter(pk__in=list(near))
    return list(under.select_related("patient", "specialist", "practice").order_by("starts_at", "pk"))


def moved_from(by: Actor, absence: TimeOff | Holiday, *, at_most: int) -> list[Appointment]:
    """Return the visits that had to be moved because of `absence` and now take place elsewhere.

    Read from the history, narrowed to what `by` may see, ordered by their new time. Cancelled visits are left out.
    """
    told = AuditEntry.objects.of(absence).values_list("at", flat=True)
    marks = AuditEntry.objects.filter(at__in=list(told), object_kind=Appointment._meta.label_lower)
    marked = [
        pk for pk, changes in marks.values_list("object_id", "changes") if changes.get("needs_move") == [False, True]
    ]
    if not marked:
        return []
    gone = (AppointmentStatus.CANCELLED, AppointmentStatus.REJECTED)
    rows = Appointment.objects.visible_to(by).live().filter(pk__in=marked, needs_move=False).exclude(status__in=gone)
    rows = rows.select_related("patient", "specialist", "practice").order_by("starts_at", "pk")
    return [row for row in rows if not _under(row, absence)][:at_most]


def _under(row: Appointment, absence: TimeOff | Holiday) -> bool:
    """Whether the visit still overlaps the absence (or did, before the absence was taken back)."""
    if row.starts_at is None or row.ends_at is None:
        return False
    if isinstance(absence, Holiday):
        day = row.starts_at.astimezone(row.practice.zone).date()
        return (row.practice_id, day) == (absence.practice_id, absence.date)
    same = row.specialist_id == absence.specialist_id if absence.specialist_id else row.room_id == absence.room_id
    return same and row.starts_at < absence.ends_at and row.ends_at > absence.starts_at
