"""The steps by which scheduling changes a program's sessions, each under the enrollment's lock."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from itertools import count

from django.utils.translation import gettext as _

from core.db import Work
from core.errors import Conflict, InvalidInput
from programs import ledger
from programs.models import Enrollment, SessionMovement
from programs.states import EnrollmentStatus, MovementKind


def bookable_sessions(enrollment: Enrollment, *, open_appointments: int) -> int:
    """Return how many more appointments the program can hold: sessions left less open appointments."""
    return (enrollment.sessions_left or 0) - open_appointments


def session_numbers(enrollment: Enrollment, *, taken: Collection[int]) -> Iterator[int]:
    """Yield free session numbers, lowest first, above those that an import consumed without an appointment."""
    first = ledger.used_without_appointment(enrollment) + 1
    return (number for number in count(first) if number not in taken)


def hold_session(
    enrollment: Enrollment,
    *,
    patient_id: int,
    practice_id: int,
    service_id: int,
    starts_at: datetime | None,
    open_appointments: int,
    number: int,
    override_reason: str = "",
    at: datetime,
) -> None:
    """Raise unless an appointment may hold session `number` of the program.

    `open_appointments` and `number` are the caller's, counted under the enrollment's lock. Raises InvalidInput
    where the program is another patient's, practice's or service's, Conflict where it has ended, ends before
    the appointment (unless overridden with a reason), has no session left, or used that number elsewhere.
    """
    problems = {}
    if enrollment.patient_id != patient_id:
        problems["enrollment_id"] = _("is another patient's program")
    elif enrollment.practice_id != practice_id:
        problems["enrollment_id"] = _("is a program of another practice")
    elif enrollment.service_id != service_id or enrollment.sessions_left is None:
        problems["enrollment_id"] = _("is a program without this service")
    if problems:
        raise InvalidInput(problems)
    if enrollment.status_at(at) != EnrollmentStatus.ACTIVE:
        message = _("The program is %(status)s.") % {"status": enrollment.status_at(at).label.lower()}
        raise Conflict(message, code="program_not_active")
    ends = enrollment.expires_at
    if ends is not None and (starts_at or at) > ends and not override_reason.strip():
        raise Conflict(_("The program's sessions end before this appointment."), code="program_expired")
    if bookable_sessions(enrollment, open_appointments=open_appointments) < 1:
        raise Conflict(_("The program has no session left."), code="no_session_left")
    if number <= ledger.used_without_appointment(enrollment):
        raise Conflict(_("Session %(number)s has been used.") % {"number": number}, code="session_used")


def consume_session(work: Work, enrollment: Enrollment, *, appointment_id: int) -> SessionMovement:
    """Use one session, because the appointment took place; appointments of a cancelled program do so, too."""
    return ledger.write(work, enrollment, MovementKind.CONSUME, -1, appointment_id=appointment_id)


def forfeit_session(work: Work, enrollment: Enrollment, *, appointment_id: int, reason: str) -> SessionMovement:
    """Use the session up by the practice's policy, after a no-show or a late cancellation; it keeps its number."""
    return ledger.write(work, enrollment, MovementKind.FORFEIT, -1, appointment_id=appointment_id, reason=reason)


def release_session(work: Work, enrollment: Enrollment, *, appointment_id: int, reason: str) -> SessionMovement:
    """Release the session that the appointment held; its number is free again."""
    return ledger.write(work, enrollment, MovementKind.RELEASE, 0, appointment_id=appointment_id, reason=reason)


def sessions_used_unnamed(enrollment: Enrollment) -> int:
    """Return how many sessions an import reported as used without naming the visits."""
    return ledger.used_without_appointment(enrollment)


def name_visits(
    work: Work, enrollment: Enrollment, *, used: Sequence[int] = (), lost: Sequence[int] = (), reason: str = ""
) -> None:
    """Attach imported used sessions to their visits: see `ledger.name_visits`."""
    ledger.name_visits(work, enrollment, used=used, lost=lost, reason=reason)


def restore_session(work: Work, enrollment: Enrollment, *, appointment_id: int) -> SessionMovement | None:
    """Reverse the appointment's last movement and return the reversal; None if there is nothing to reverse."""
    movement = ledger.standing_movement(enrollment, appointment_id)
    return ledger.reverse(work, enrollment, movement) if movement else None
