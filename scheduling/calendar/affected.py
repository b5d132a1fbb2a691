"""What a closed day or time off would affect: shown before it is saved."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.db.models import Q

from core.actor import Actor
from directory.models import Practice
from scheduling.models import Appointment
from scheduling.states import OPEN


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
    who = (
        Q(specialist_id=specialist_id) | Q(assistants__specialist_id=specialist_id)
        if specialist_id
        else Q(room_id=room_id)
    )
    under = Appointment.objects.visible_to(by).filter(
        who, status__in=OPEN, archived_at=None, starts_at__lt=ends_at, ends_at__gt=starts_at
    )
    return list(under.select_related("patient", "specialist", "practice").distinct().order_by("starts_at", "pk"))
