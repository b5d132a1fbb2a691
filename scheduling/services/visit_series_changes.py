"""The verbs that cancel or move visits of a series together: this one and the following, or all that lie ahead."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core.actor import Actor
from core.db import Work, verb
from core.errors import Conflict
from core.moments import DAY_AND_TIME, day_in_words
from scheduling.calendar import claims, holidays
from scheduling.calendar.claims import Want
from scheduling.calendar.conflicts import describe
from scheduling.calendar.parties import require_in_use, require_own_calendar
from scheduling.calendar.places import Place, Reservation, buffers, commit, leave_slot
from scheduling.calendar.recurrence import at_wall_time
from scheduling.models import Appointment, Claim
from scheduling.querysets import AppointmentQuerySet
from scheduling.services.lifecycle import cancel, undo
from scheduling.services.moving import MOVABLE, check_program
from scheduling.services.patient_rules import permission_of
from scheduling.services.program_changes import CANCELLABLE
from scheduling.services.sessions import assistants_of, lock_appointments, locked_enrollment
from scheduling.states import LONGEST_PAUSE, AppointmentStatus


@verb
def cancel_repeating(
    work: Work,
    appointment_id: int,
    *,
    following: bool,
    reason: str = "",
    reason_code: int | None = None,
    by_patient: bool = False,
    waive: bool = False,
    by: Actor,
    at: datetime,
) -> list[Appointment]:
    """Cancel a visit and the following ones of its series, or all that lie ahead; return those cancelled.

    Each keeps the reason and gives its session back, or forfeits it, as one alone would (see `cancel_appointment`).
    """
    rows = _locked(
        appointment_id,
        permission_of(by, "scheduling.cancel", "scheduling.cancel_own"),
        following=following,
        by=by,
        at=at,
    )
    cancelled = [row for row in rows if row.status in CANCELLABLE and row.archived_at is None]
    for row in cancelled:
        cancel(work, row, reason=reason, reason_code=reason_code, by_patient=by_patient, waive=waive)
    return cancelled


@verb
def undo_cancelled_series(work: Work, appointment_id: int, *, by: Actor, at: datetime) -> list[Appointment]:
    """Take back the cancellation of this visit and of those of its series that were cancelled with it, all or none.

    Conflict as `undo_appointment` raises it, for the first that cannot come back.
    """
    seen = Appointment.objects.visible_to(by).one(pk=appointment_id)
    by.require("scheduling.undo", seen.practice_id, patient_id=seen.patient_id)
    enrollment = locked_enrollment(seen.enrollment_id) if seen.enrollment_id else None
    together = cancelled_with(by, seen)
    spans = [
        (starts_at - LONGEST_PAUSE, ends_at + LONGEST_PAUSE)
        for starts_at, ends_at in together.values_list("starts_at", "ends_at")
        if starts_at is not None and ends_at is not None
    ]
    rows = lock_appointments(together.values_list("pk", flat=True), spans=spans)
    for row in rows:
        if enrollment is not None and row.enrollment_id == enrollment.pk:
            row.enrollment = enrollment
    return [undo(work, row) for row in sorted(rows, key=lambda row: row.starts_at or at)]


def cancelled_with(by: Actor, seen: Appointment) -> AppointmentQuerySet:
    """Return this visit and those of its series that were cancelled together with it."""
    rows = Appointment.objects.visible_to(by).live()
    alone = rows.filter(pk=seen.pk)
    if seen.series_id is None or seen.cancelled_at is None:
        return alone
    return alone | rows.filter(
        series=seen.series_id, status=AppointmentStatus.CANCELLED, cancelled_at=seen.cancelled_at
    )


def would_cancel(by: Actor, appointment_id: int, *, following: bool, at: datetime) -> list[Appointment]:
    """What `cancel_repeating` would cancel, in the order of time."""
    return _would(by, appointment_id, CANCELLABLE, following=following, at=at)


@dataclass(slots=True)
class Move:
    """A visit of a series with the place it would move to, and in `why` everything against it."""

    appointment: Appointment
    place: Place
    wants: list[Want]
    why: list[str] = field(default_factory=list)
    code: str = ""


@verb
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
    """Move a visit to `starts_at`, and the following of its series (or all ahead) by the same time on the clock.

    All or none: one lock set and one question for the whole series; Conflict names everything against any of them.
    Each keeps its length, its people and its session; moved times are outside slots.
    """
    rows = _locked(appointment_id, "scheduling.reschedule", following=following, to=starts_at, by=by, at=at)
    rows = [row for row in rows if row.status in MOVABLE and row.archived_at is None]
    moves = _moves(rows, appointment_id, starts_at, override_reason=override_reason, by=by, at=at)
    found = claims.find(work, _new(moves), ignoring=rows, slots=_left(rows))
    _refuse(moves, found, by=by)
    # All claims are released first: a back-to-back series shifted one by one would clash with itself.
    for row in rows:
        claims.release(work, row)
        leave_slot(work, row.slot)
    for move in moves:
        row, place = move.appointment, move.place
        row.slot, row.starts_at, row.ends_at = None, place.starts_at, place.ends_at
        row.need_not_move()
        row.overbooked, row.overbooking_reason = False, ""
        work.save(row)
    commit(work, [(move.appointment, Reservation(move.wants, [], [], [])) for move in moves])
    return rows


def would_reschedule(by: Actor, appointment_id: int, *, following: bool, at: datetime) -> list[Appointment]:
    """What `reschedule_repeating` would move, in the order of time."""
    return _would(by, appointment_id, MOVABLE, following=following, at=at)


def preview_reschedule(
    by: Actor,
    appointment_id: int,
    *,
    starts_at: datetime,
    following: bool,
    override_reason: str = "",
    at: datetime,
) -> list[Move]:
    """Return where `reschedule_repeating` would move each visit, with the reasons against it; nothing is written."""
    rows = would_reschedule(by, appointment_id, following=following, at=at)
    moves = _moves(rows, appointment_id, starts_at, override_reason=override_reason, by=by, at=at)
    wants, own, left = _new(moves), {row.pk for row in rows}, _left(rows)
    near = claims.look(wants, at=at) if wants else []
    found = [(want, one) for want, one in near if one.appointment_id not in own and one.slot_id not in left]
    _blame(moves, found, by=by)
    return moves


def _moves(
    rows: Sequence[Appointment],
    appointment_id: int,
    starts_at: datetime,
    *,
    override_reason: str,
    by: Actor,
    at: datetime,
) -> list[Move]:
    """Work out where each visit goes when this one goes to `starts_at`, with everything against it but clashes."""
    this = next((row for row in rows if row.pk == appointment_id), None)
    if this is None or this.starts_at is None:
        raise Conflict(_("Only an open appointment can be moved."), code="invalid_transition")
    zone = this.practice.zone
    shift = starts_at.astimezone(zone).replace(tzinfo=None) - this.starts_at.astimezone(zone).replace(tzinfo=None)
    if not shift:
        raise Conflict(_("The appointment is already at this time."), code="same_time")
    moves = []
    for row in rows:
        require_own_calendar(row.specialist_id, row.practice, by=by)
        assert row.starts_at is not None  # noqa: S101 a series has times
        assert row.ends_at is not None  # noqa: S101 both or neither
        local = row.starts_at.astimezone(zone).replace(tzinfo=None) + shift
        begin = at_wall_time(local.date(), local.time(), zone)
        line = row.services.select_related("service").order_by("position").first()
        before, after = buffers(line.service if line else None)
        length = row.ends_at - row.starts_at
        # A time that the clock skips is shown as the clock would count on; the move is refused.
        start = begin or local.replace(tzinfo=zone)
        place = Place(row.practice, row.specialist, row.room, start, start + length, before=before, after=after)
        move = Move(row, place, place.wants(row, assistants_of(row)))
        if begin is None:
            _against(move, "gap", _("The clock skips %(when)s.") % {"when": date_format(local, DAY_AND_TIME)})
        if start <= at < row.starts_at:
            _against(move, "past", _("%(when)s lies in the past.") % {"when": date_format(local, DAY_AND_TIME)})
        moves.append(move)
    _check_days(moves, override_reason=override_reason)
    return moves


def _check_days(moves: Sequence[Move], *, override_reason: str) -> None:
    """Note closed days and the program's end against each move, unless overridden with a reason."""
    days = {id(move): move.place.starts_at.astimezone(move.place.practice.zone).date() for move in moves}
    practice = moves[0].place.practice
    closed = holidays.closed_days(practice, first=min(days.values()), last=max(days.values()))
    for move in moves:
        day = days[id(move)]
        if day in closed and not override_reason.strip():
            days_said = f"{day_in_words(day)} ({closed[day]})"
            _against(move, "closed", _("The practice is closed on %(days)s.") % {"days": days_said})
        try:
            require_in_use(practice, move.place.specialist, move.place.room, move.appointment.patient)
            check_program(move.appointment, move.place, override_reason=override_reason)
        except Conflict as error:
            _against(move, error.code, f"{day}: {error}")


def _against(move: Move, code: str, says: str) -> None:
    move.code = move.code or code
    move.why.append(says)


def _new(moves: Sequence[Move]) -> list[Want]:
    """The claims that the moved visits need and do not have yet."""
    return [want for move in moves for want in claims.altered(move.wants, claims.taken_by(move.appointment))]


def _left(rows: Sequence[Appointment]) -> set[int]:
    """The single slots that the visits leave."""
    return {row.slot.pk for row in rows if row.slot is not None and row.slot.capacity == 1}


def _blame(moves: Sequence[Move], found: Collection[tuple[Want, Claim]], *, by: Actor) -> None:
    """Note on each move what it clashes with."""
    for move in moves:
        mine = set(move.wants)
        hit = [claim for want, claim in found if want in mine]
        for says in dict.fromkeys(clash["says"] for clash in describe(hit, by=by) if hit):
            _against(move, "overlap", says)


def _refuse(moves: Sequence[Move], found: Sequence[tuple[Want, Claim]], *, by: Actor) -> None:
    """Raise Conflict that names everything against any of the moves."""
    if not any(move.why for move in moves):
        claims.refuse(found, by=by)
        return
    code = next(move.code for move in moves if move.code)
    _blame(moves, found, by=by)
    says = dict.fromkeys(why for move in moves for why in move.why)
    raise Conflict("; ".join(says), code=code, clashes=describe([claim for _want, claim in found], by=by))


def _would(
    by: Actor, appointment_id: int, statuses: Collection[str], *, following: bool, at: datetime
) -> list[Appointment]:
    seen = Appointment.objects.visible_to(by).one(pk=appointment_id)
    rows = _ahead(seen, following=following, by=by, at=at).filter(status__in=statuses)
    related = ("practice", "specialist", "room", "patient", "slot", "enrollment")
    return list(rows.select_related(*related).order_by("starts_at", "pk"))


def _ahead(seen: Appointment, *, following: bool, by: Actor, at: datetime) -> AppointmentQuerySet:
    """Return this visit and the following ones of its series, or all that lie ahead, as far as `by` may see them."""
    if seen.starts_at is None or seen.series_id is None:
        raise Conflict(_("This appointment is not part of a series."), code="no_series")
    rows = Appointment.objects.visible_to(by).live()
    begin = seen.starts_at if following else at
    ahead = rows.filter(series=seen.series_id, starts_at__gte=begin)
    return ahead | rows.filter(pk=seen.pk)


def _locked(
    appointment_id: int, permission: str, *, following: bool, to: datetime | None = None, by: Actor, at: datetime
) -> list[Appointment]:
    """Return the visits of `_ahead`, locked, by time; `to` is where the first of them moves."""
    seen = Appointment.objects.visible_to(by).one(pk=appointment_id)
    by.require(permission, seen.practice_id, patient_id=seen.patient_id)
    ahead = _ahead(seen, following=following, by=by, at=at)
    enrollment = locked_enrollment(seen.enrollment_id) if seen.enrollment_id else None
    spans: list[tuple[datetime, datetime]] = []
    if to is not None and seen.starts_at is not None:
        shift = to - seen.starts_at
        for starts_at, ends_at in ahead.values_list("starts_at", "ends_at"):
            if starts_at is not None and ends_at is not None:
                spans.append((starts_at + shift - LONGEST_PAUSE, ends_at + shift + LONGEST_PAUSE))
    rows = lock_appointments(ahead.values_list("pk", flat=True), spans=spans)
    for row in rows:
        if enrollment is not None and row.enrollment_id == enrollment.pk:
            row.enrollment = enrollment
    return sorted(rows, key=lambda row: row.starts_at or at)
