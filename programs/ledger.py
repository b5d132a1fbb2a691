"""The session ledger: the only writer of `SessionMovement` and of `Enrollment.sessions_left`.

Every function is a step inside a verb that has locked the enrollment.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Sum
from django.utils.translation import gettext as _

from core.db import Work
from core.errors import Conflict, InvalidInput
from programs.models import Enrollment, SessionMovement
from programs.states import BillingModel, EnrollmentStatus, MovementKind


def write(
    work: Work,
    enrollment: Enrollment,
    kind: MovementKind,
    quantity: int,
    *,
    appointment_id: int | None = None,
    reverses: SessionMovement | None = None,
    reason: str = "",
) -> SessionMovement:
    """Add one movement and update `sessions_left`; Conflict if less than none would be left."""
    left = (enrollment.sessions_left or 0) + quantity
    if left < 0:
        raise Conflict(_("The program has no session left."), code="no_session_left")
    movement = SessionMovement(
        enrollment=enrollment,
        kind=kind,
        quantity=quantity,
        appointment_id=appointment_id,
        reverses=reverses,
        by_id=work.by.user_id,
        at=work.at,
        reason=reason,
    )
    work.append(movement)
    if quantity:
        enrollment.sessions_left = left
    _settle(work, enrollment)
    work.save(enrollment)
    return movement


def standing_movement(enrollment: Enrollment, appointment_id: int) -> SessionMovement | None:
    """Return the appointment's last movement that was not reversed; None if there is none."""
    return (
        SessionMovement.objects.standing()
        .filter(
            enrollment=enrollment,
            appointment_id=appointment_id,
            kind__in=[MovementKind.CONSUME, MovementKind.FORFEIT, MovementKind.RELEASE],
        )
        .order_by("-pk")
        .first()
    )


def reverse(work: Work, enrollment: Enrollment, movement: SessionMovement, *, reason: str = "") -> SessionMovement:
    """Write the restore of a movement: minus what it took, 0 for a release."""
    return write(
        work,
        enrollment,
        MovementKind.RESTORE,
        -movement.quantity,
        appointment_id=movement.appointment_id,
        reverses=movement,
        reason=reason,
    )


def used_without_appointment(enrollment: Enrollment) -> int:
    """Return how many sessions an import consumed without an appointment; they take the lowest numbers."""
    used = SessionMovement.objects.standing().filter(enrollment=enrollment, kind=MovementKind.CONSUME, appointment=None)
    return -int(used.aggregate(n=Sum("quantity"))["n"] or 0)


def name_visits(
    work: Work, enrollment: Enrollment, *, used: Sequence[int] = (), lost: Sequence[int] = (), reason: str = ""
) -> None:
    """Attach used sessions to the visits in which they were used; `lost` are visits missed or cancelled too late.

    As many as were consumed without an appointment are taken back and written anew under the visits; further ones are
    used now. Conflict where the program has no more.
    """
    visits = [*((MovementKind.CONSUME, pk, "") for pk in used), *((MovementKind.FORFEIT, pk, reason) for pk in lost)]
    unnamed = SessionMovement.objects.standing().filter(enrollment=enrollment, kind=MovementKind.CONSUME)
    spare = 0
    for movement in unnamed.filter(appointment=None).order_by("-pk"):
        if spare < len(visits):
            reverse(work, enrollment, movement, reason=_("Named by its visits"))
            spare -= movement.quantity
    if spare > len(visits):
        write(work, enrollment, MovementKind.CONSUME, len(visits) - spare)
    for kind, appointment_id, why in visits:
        write(work, enrollment, kind, -1, appointment_id=appointment_id, reason=why)


def give_back_unnamed(work: Work, enrollment: Enrollment, *, reason: str) -> None:
    """Give back the sessions that an import consumed without an appointment."""
    unnamed = SessionMovement.objects.standing().filter(enrollment=enrollment, kind=MovementKind.CONSUME)
    for movement in unnamed.filter(appointment=None).order_by("pk"):
        reverse(work, enrollment, movement, reason=reason)


def check_held(enrollment: Enrollment, *, open_appointments: int, quantity: int) -> None:
    """Raise InvalidInput naming `quantity` if an adjustment would take sessions that open appointments hold."""
    if (enrollment.sessions_left or 0) + quantity < open_appointments:
        raise InvalidInput(
            {
                "quantity": _("%(held)s sessions are held by open appointments; cancel some first.")
                % {"held": open_appointments}
            }
        )


def _settle(work: Work, enrollment: Enrollment) -> None:
    """Complete a program without sessions left; reopen one that got a session back. Hybrids go on for their access."""
    status = enrollment.status_at(work.at)
    sessions_only = enrollment.billing_model == BillingModel.SESSION_BASED
    if enrollment.sessions_left == 0 and status == EnrollmentStatus.ACTIVE and sessions_only:
        enrollment.complete(at=work.at)
    elif enrollment.sessions_left and status == EnrollmentStatus.COMPLETED:
        enrollment.reopen(at=work.at)
