"""The verbs of an appointment's life, and what each does to the program's session."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from core.actor import Actor
from core.db import Work, verb
from core.errors import Conflict, Forbidden
from core.models import AuditEntry
from scheduling.calendar.places import (
    Place,
    buffers,
    commit,
    in_slot,
    recheck_needs_move,
    reserve,
    slot_taken,
    vacate,
)
from scheduling.models import Appointment, AvailableSlot
from scheduling.services import sessions
from scheduling.services.details import AppointmentDetails, describe
from scheduling.services.patient_rules import acts_as_patient, check_patient_may_change, is_late, permission_of
from scheduling.services.sessions import assistants_of, locked_appointment
from scheduling.states import LONGEST_PAUSE, OPEN, AppointmentStatus


@verb
def confirm_appointment(work: Work, appointment_id: int, *, by: Actor, at: datetime) -> Appointment:
    """Confirm a request; it needs a patient, a specialist and a time."""
    return confirm(work, locked_appointment(appointment_id, permission="scheduling.confirm", by=by))


def confirm(work: Work, appointment: Appointment) -> Appointment:
    """Confirm one locked appointment."""
    appointment.confirm()
    return work.save(appointment)


@verb
def reject_appointment(work: Work, appointment_id: int, *, reason: str = "", by: Actor, at: datetime) -> Appointment:
    """Reject a request, and release a held session."""
    appointment = locked_appointment(appointment_id, permission="scheduling.reject", by=by)
    took = appointment.claims_time
    appointment.move(AppointmentStatus.REJECTED)
    appointment.cancellation_note = reason
    sessions.release(work, appointment, reason=reason)
    return _settled(work, appointment, took=took)


@verb
def mark_arrived(work: Work, appointment_id: int, *, by: Actor, at: datetime) -> Appointment:
    """Mark that the patient of a confirmed appointment has arrived; also takes it back from in care."""
    return arrive(work, locked_appointment(appointment_id, permission="scheduling.arrive", by=by))


def arrive(work: Work, appointment: Appointment) -> Appointment:
    """Mark one locked appointment as arrived."""
    appointment.arrive(at=work.at)
    return work.save(appointment)


@verb
def start_care(work: Work, appointment_id: int, *, by: Actor, at: datetime) -> Appointment:
    """Start the treatment of a confirmed or arrived patient."""
    return start(work, locked_appointment(appointment_id, permission="scheduling.start_care", by=by))


def start(work: Work, appointment: Appointment) -> Appointment:
    """Start the treatment of one locked appointment."""
    appointment.move(AppointmentStatus.IN_CARE)
    appointment.arrived_at = appointment.arrived_at or work.at
    return work.save(appointment)


@verb
def complete_appointment(work: Work, appointment_id: int, *, by: Actor, at: datetime) -> Appointment:
    """Complete an appointment and consume the session it holds, even if its program was cancelled meanwhile."""
    return complete(work, locked_appointment(appointment_id, permission="scheduling.complete", by=by))


def complete(work: Work, appointment: Appointment) -> Appointment:
    """Complete one locked appointment."""
    appointment.move(AppointmentStatus.DONE)
    appointment.need_not_move()
    sessions.consume(work, appointment)
    return work.save(appointment)


@verb
def mark_no_show(work: Work, appointment_id: int, *, waive: bool = False, by: Actor, at: datetime) -> Appointment:
    """Mark that the patient did not come; the session is released, or forfeited by the practice's policy.

    `waive` gives it back although the practice would keep it.
    """
    return miss(work, locked_appointment(appointment_id, permission="scheduling.no_show", by=by), waive=waive)


def miss(work: Work, appointment: Appointment, *, waive: bool = False) -> Appointment:
    """Mark one locked appointment as a no-show."""
    took = appointment.claims_time
    appointment.move(AppointmentStatus.NO_SHOW)
    if no_show_forfeits(appointment) and not waive:
        sessions.forfeit(work, appointment, reason=_("No-show"))
    else:
        sessions.release(work, appointment, reason=_("No-show"))
    return _settled(work, appointment, took=took)


@verb
def cancel_appointment(
    work: Work,
    appointment_id: int,
    *,
    reason: str = "",
    reason_code: int | None = None,
    by_patient: bool = False,
    waive: bool = False,
    by: Actor,
    at: datetime,
) -> Appointment:
    """Cancel an appointment, keeping the reason and its code (see CancellationReason), and release its session.

    The patient's own late cancellation (`by_patient`, or a patient acts; less than the practice's notice before
    the start) forfeits it where the practice says so; staff may `waive` that.
    """
    appointment = locked_appointment(
        appointment_id, permission=permission_of(by, "scheduling.cancel", "scheduling.cancel_own"), by=by
    )
    cancel(work, appointment, reason=reason, reason_code=reason_code, by_patient=by_patient, waive=waive)
    return appointment


def no_show_forfeits(appointment: Appointment) -> bool:
    """Whether a no-show would forfeit the session that the appointment holds."""
    return appointment.plan_session_number is not None and appointment.practice.no_show_forfeits


def late_cancel_forfeits(appointment: Appointment, *, at: datetime) -> bool:
    """Whether the patient's own cancellation at `at` would forfeit the session that the appointment holds."""
    holds = appointment.plan_session_number is not None and appointment.practice.late_cancel_forfeits
    return holds and is_late(appointment, at=at)


def cancel(
    work: Work,
    appointment: Appointment,
    *,
    reason: str,
    reason_code: int | None = None,
    by_patient: bool = False,
    waive: bool = False,
) -> None:
    """Cancel one locked appointment; also used to cancel its series or its program."""
    check_patient_may_change(appointment, by=work.by, at=work.at, cancelling=True)
    if waive and acts_as_patient(work.by):
        raise Forbidden(_("Only the practice gives back a session that is lost."))
    forfeits, took = late_cancel_forfeits(appointment, at=work.at), appointment.claims_time
    by_patient = by_patient or acts_as_patient(work.by)
    appointment.cancel(note=reason, by_user_id=work.by.user_id, at=work.at)
    appointment.cancellation_reason_code = reason_code
    if by_patient and forfeits and not waive:
        sessions.forfeit(work, appointment, reason=reason or _("Cancelled late"))
    else:
        sessions.release(work, appointment, reason=reason)
    _settled(work, appointment, took=took)


@verb
def undo_appointment(work: Work, appointment_id: int, *, by: Actor, at: datetime) -> Appointment:
    """Take an appointment one step back (see `Appointment.undo`), reversing what the step did to its program.

    Conflict where the session it had given up, or its time, is no longer free.
    """
    appointment = locked_appointment(appointment_id, permission="scheduling.undo", by=by, margin=LONGEST_PAUSE)
    return undo(work, appointment)


def undo(work: Work, appointment: Appointment) -> Appointment:
    """Take one locked appointment one step back; also used to undo the cancellation of a series."""
    by, at = work.by, work.at
    spent, took = appointment.status not in OPEN, appointment.claims_time
    step = _step_before(appointment)
    before, since = (step.changes["status"][0], step.at) if step is not None else (None, None)
    appointment.undo(at=at, before=before, since=since)
    if spent and step is not None:
        # The step had answered these; an appointment that was recorded in this state had no step.
        appointment.needs_move = bool(step.changes.get("needs_move", [False])[0])
    if spent:
        sessions.restore(work, appointment)
    if took or not appointment.claims_time:
        work.save(appointment)
        if spent:
            recheck_needs_move(work, appointment)  # time off may have been added or taken back in the meantime
        return appointment
    # An overbooked visit is overbooked again with its reason, if the actor may overbook.
    reason = appointment.overbooking_reason if by.may("scheduling.overbook", appointment.practice_id) else ""
    place, assistants = place_again(appointment), assistants_of(appointment)
    reservation = reserve(work, appointment, place, assistants=assistants, overbooking_reason=reason)
    work.save(appointment)
    commit(work, [(appointment, reservation)])
    recheck_needs_move(work, appointment)
    return appointment


def _step_before(appointment: Appointment) -> AuditEntry | None:
    """The history entry of the step to the present status; no column keeps what it changed and when."""
    steps = AuditEntry.objects.filter(object_kind=appointment._meta.label_lower, object_id=appointment.pk)
    return steps.filter(changes__has_key="status").order_by("-pk").first()


def place_again(appointment: Appointment) -> Place:
    """Return the place where an appointment was, to be taken again: its slot if it is still there, else its time.

    A slot that was changed or withdrawn meanwhile must not drag it to another time, person or room.
    """
    assert appointment.starts_at is not None  # noqa: S101 only those with a time claim
    assert appointment.ends_at is not None  # noqa: S101 both or neither
    slot = appointment.slot
    if slot is not None and _is_still_there(slot, appointment):
        if slot.booked >= slot.capacity:
            raise slot_taken(slot)
        return in_slot(slot)
    line = appointment.services.select_related("service").order_by("position").first()
    # A visit in a slot, or overbooked over one, has no pauses: exactly what it claimed is claimed again.
    exact = slot is not None or (appointment.overbooked and _over_slot(appointment))
    before, after = buffers(line.service if line and not exact else None)
    return Place(
        appointment.practice,
        appointment.specialist,
        appointment.room,
        appointment.starts_at,
        appointment.ends_at,
        before=before,
        after=after,
    )


def _over_slot(appointment: Appointment) -> bool:
    """Whether a slot is offered at exactly its time."""
    same = {name: getattr(appointment, name) for name in ("specialist_id", "starts_at", "ends_at")}
    return AvailableSlot.objects.offered().filter(**same).exists()


def _is_still_there(slot: AvailableSlot, appointment: Appointment) -> bool:
    """Whether a slot is still offered where the appointment was."""
    same = ("specialist_id", "room_id", "starts_at", "ends_at")
    return slot.withdrawn_at is None and all(getattr(slot, name) == getattr(appointment, name) for name in same)


def _settled(work: Work, appointment: Appointment, *, took: bool) -> Appointment:
    """Save the appointment; if it claimed time and no longer does, release it."""
    if took and not appointment.claims_time:
        appointment.need_not_move()
        work.save(appointment)
        vacate(work, appointment, appointment.slot)
        return appointment
    return work.save(appointment)


@verb
def archive_appointment(work: Work, appointment_id: int, *, by: Actor, at: datetime) -> Appointment:
    """Archive an appointment; an open one releases its session. Archiving twice is a Conflict."""
    appointment = locked_appointment(appointment_id, permission="scheduling.archive", by=by)
    if appointment.archived_at is not None:
        raise Conflict(_("It has already been archived."), code="archived")
    took = appointment.claims_time
    if appointment.status in OPEN:
        sessions.release(work, appointment, reason=_("Archived"))
    appointment.archived_at = at
    return _settled(work, appointment, took=took)


@verb
def mark_called(work: Work, appointment_id: int, *, by: Actor, at: datetime) -> Appointment:
    """Note that the patient was called about moving the visit; Conflict for one that need not be moved."""
    appointment = locked_appointment(appointment_id, permission="scheduling.reschedule", by=by)
    appointment.call(at=at)
    return work.save(appointment)


@verb
def change_appointment(
    work: Work, appointment_id: int, *, values: AppointmentDetails, by: Actor, at: datetime
) -> Appointment:
    """Change details that may be edited in any state: notes, color, case, reminders, where, the telehealth link."""
    appointment = locked_appointment(appointment_id, permission="scheduling.change_notes", by=by)
    describe(appointment, values, by=by)
    return work.save(appointment)
