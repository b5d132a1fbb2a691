"""Changing an appointment from any state to another, as programs ask: step by step, each under its own rule."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _

from core.db import Work
from core.errors import Conflict
from scheduling.models import Appointment
from scheduling.services import lifecycle
from scheduling.states import NEXT, AppointmentStatus

_S = AppointmentStatus
Step = tuple[str, Callable[[Work, Appointment], object]]

STEPS: Mapping[str, Step] = {
    _S.ARRIVED: ("scheduling.arrive", lifecycle.arrive),
    _S.IN_CARE: ("scheduling.start_care", lifecycle.start),
    _S.DONE: ("scheduling.complete", lifecycle.complete),
    _S.NO_SHOW: ("scheduling.no_show", lifecycle.miss),
    _S.CANCELLED: ("scheduling.cancel", lambda work, appointment: lifecycle.cancel(work, appointment, reason="")),
}
CONFIRM: Step = ("scheduling.confirm", lifecycle.confirm)
BACK: Step = ("scheduling.undo", lifecycle.undo)


def go_to(work: Work, appointment: Appointment, status: str) -> None:
    """Take the locked appointment to `status` by the shortest way; Conflict if there is none.

    Its resources are locked, too: one that comes back from a no-show takes its time again.
    """
    for _each in AppointmentStatus:
        if appointment.status == status:
            return
        permission, step = _step(appointment, status)
        work.by.require(permission, appointment.practice_id)
        step(work, appointment)
    raise _no_way(appointment, status)


def _step(appointment: Appointment, status: str) -> Step:
    """Return the function that leads from the present state one step towards `status`."""
    way = _way(appointment.status, status)
    if not way:
        raise _no_way(appointment, status)
    if way[0] != _S.CONFIRMED:
        return STEPS[way[0]]
    return CONFIRM if appointment.status == _S.REQUESTED else BACK


def _way(now: str, wanted: str) -> list[str]:
    """Return the states on the shortest way through the table, without the first; empty if there is none."""
    ways: deque[list[str]] = deque([[now]])
    seen = {now}
    while ways:
        way = ways.popleft()
        for state in sorted(NEXT[way[-1]] - seen - {_S.REJECTED}):
            if state == wanted:
                return [*way[1:], state]
            seen.add(state)
            ways.append([*way, state])
    return []


def _no_way(appointment: Appointment, status: str) -> Conflict:
    labels = {
        "now": AppointmentStatus(appointment.status).label.lower(),
        "wanted": AppointmentStatus(status).label.lower(),
    }
    return Conflict(
        _("An appointment that is %(now)s cannot become %(wanted)s.") % labels,
        code="invalid_transition",
    )
