"""What a closed day or time off would affect: shown before it is saved."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from core.actor import Actor
from directory.models import Practice
from scheduling.models import Appointment


def hit_by_closure(by: Actor, *, practice_id: int, day: date) -> list[Appointment]:
    """The open appointments of the practice on a day: shown before it is closed. Those `by` may see."""
    practice: Practice = Practice.objects.visible_to(by).one(pk=practice_id)
    begin = datetime.combine(day, time(), tzinfo=practice.zone)
    end = datetime.combine(day + timedelta(days=1), time(), tzinfo=practice.zone)
    rows = Appointment.objects.visible_to(by).open().filter(practice=practice, starts_at__gte=begin, starts_at__lt=end)
    return list(rows.select_related("patient", "specialist", "practice").order_by("starts_at", "pk"))


def hit_by_time_off(
    by: Actor, *, specialist_id: int | None, room_id: int | None, starts_at: datetime, ends_at: datetime
) -> list[Appointment]:
    """The open appointments that time off would lie over: shown before it is saved. Those `by` may see."""
    near = Appointment.objects.open().overlapping(starts_at, ends_at).values_list("pk", flat=True)
    if specialist_id:
        # Each way to take part has its index; an OR of them, over a join, would read every visit of the clinic.
        assisting = near.filter(assistants__specialist_id=specialist_id)
        near = near.filter(specialist_id=specialist_id).union(assisting)
    elif room_id:
        near = near.filter(room_id=room_id)
    else:
        return []
    under = Appointment.objects.visible_to(by).filter(pk__in=list(near))
    return list(under.select_related("patient", "specialist", "practice").order_by("starts_at", "pk"))
