"""What happens to a series of appointments together: cancel or move this one and the following, or all ahead."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from core.actor import Actor, Kind
from core.db import Work, verb
from core.errors import Conflict
from scheduling import claims
from scheduling.claims import Want
from scheduling.models import Appointment
from scheduling.recurrence import at_wall_time
from scheduling.services.lifecycle import cancel
from scheduling.services.moving import MOVABLE, check_program
from scheduling.services.parties import require_own_calendar
from scheduling.services.places import Claimed, Place, buffers, check_open, leave_slot, occupy
from scheduling.services.program_verbs import CANCELLABLE
from scheduling.services.sessions import assistants_of, lock_appointments, locked_enrollment


@verb("scheduling.cancel")
def cancel_repeating(
    work: Work, appointment_id: int, *, following: bool, reason: str = "", by: Actor, at: datetime
) -> list[Appointment]:
    """Cancel this one and the following of its series (or all that lie ahead); returns what was cancelled.

    Each gives its session back, or forfeits it where a patient is late, as one alone would.
    """
    rows = _series(appointment_id, "scheduling.cancel", following=following, by=by, at=at)
    cancelled = []
    for row in rows:
        if row.status in CANCELLABLE:
            cancel(work, row, reason=reason, by_patient=by.kind == Kind.PATIENT)
            cancelled.append(row)
    return cancelled


@verb("scheduling.reschedule")
def reschedule_repeating(
    work: Work,
    appointment_id: int,
    *,
    starts_at: datetime,
    following: bool,
    override_reason: str = "",
    by: Actor,
    at: datetime,
) -> list[Appointment]:
    """Move this one to `starts_at`, and the following of its series (or all ahead) by as much on the clock.

    All or none: one lock set and one question for the whole series; Conflict names every clash. Each keeps its
    length, its people and its session; moved times are outside slots. Moved by nothing, all stay as they are.
    """
    rows = _series(appointment_id, "scheduling.reschedule", following=following, by=by, at=at)
    rows = [row for row in rows if row.status in MOVABLE and row.archived_at is None]
    this = next((row for row in rows if row.pk == appointment_id), None)
    if this is None or this.starts_at is None:
        raise Conflict(_("Only an open appointment can be moved."), code="invalid_transition")
    zone = this.practice.zone
    shift = starts_at.astimezone(zone).replace(tzinfo=None) - this.starts_at.astimezone(zone).replace(tzinfo=None)
    if not shift:
        return rows
    wanted: list[tuple[Appointment, Place, list[Want]]] = []
    for row in rows:
        require_own_calendar(row.specialist_id, row.practice, by=by)
        assert row.starts_at is not None  # noqa: S101 a series has times
        assert row.ends_at is not None  # noqa: S101 both or neither
        assert row.specialist is not None  # noqa: S101 and people
        local = row.starts_at.astimezone(zone).replace(tzinfo=None) + shift
        begin = at_wall_time(local.date(), local.time(), zone)
        if begin is None:
            raise Conflict(_("The clock skips %(when)s.") % {"when": f"{local:%Y-%m-%d %H:%M}"}, code="gap")
        line = row.services.select_related("service").order_by("position").first()
        before, after = buffers(line.service if line else None)
        length = row.ends_at - row.starts_at
        place = Place(row.practice, row.specialist, row.room, begin, begin + length, before=before, after=after)
        check_open(row.practice, begin, override_reason=override_reason)
        check_program(row, place, override_reason=override_reason)
        wanted.append((row, place, place.wants(row, assistants_of(row))))
    present = {row.pk: claims.taken_by(row) for row in rows}
    new = [want for row, _place, wants in wanted for want in claims.altered(wants, present[row.pk])]
    left = [row.slot_id for row in rows if row.slot is not None and row.slot.capacity == 1]
    claims.refuse(claims.find(work, new, ignoring=rows, slots=[pk for pk in left if pk]), by=by)
    # Everyone leaves first: a back-to-back series shifted one by one would hit itself.
    for row in rows:
        claims.release(work, row)
        leave_slot(work, row.slot)
    for row, place, wants in wanted:
        row.slot, row.starts_at, row.ends_at, row.needs_move = None, place.starts_at, place.ends_at, False
        row.overbooked, row.overbooking_reason = False, ""
        work.save(row)
        occupy(work, row, Claimed(wants, [], frozenset(), []))
    return rows


def _series(appointment_id: int, verb: str, *, following: bool, by: Actor, at: datetime) -> list[Appointment]:
    """This one and the following of its series, or all ahead, locked in the one order; alone it is just this one."""
    seen = Appointment.objects.visible_to(by).one(pk=appointment_id)
    by.require(verb, seen.practice_id, patient_id=seen.patient_id)
    if seen.starts_at is None or seen.series_id is None:
        raise Conflict(_("This appointment is not part of a series."), code="no_series")
    enrollment = locked_enrollment(seen.enrollment_id) if seen.enrollment_id else None
    begin = seen.starts_at if following else at
    ahead = Appointment.objects.visible_to(by).live().filter(series=seen.series_id, starts_at__gte=begin)
    ids = {*ahead.values_list("pk", flat=True), seen.pk}
    rows = lock_appointments(ids)
    for row in rows:
        if enrollment is not None and row.enrollment_id == enrollment.pk:
            row.enrollment = enrollment
    return sorted(rows, key=lambda row: row.starts_at or at)
