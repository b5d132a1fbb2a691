"""What must always be true of appointments and the sessions they hold, beyond the constraints."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Count, Exists, F, OuterRef, Q

from core.invariants import Invariant
from programs.models import Enrollment, SessionMovement
from programs.states import MovementKind
from scheduling.models import Appointment
from scheduling.states import OPEN, AppointmentStatus


def _standing(*kinds: str) -> Exists:
    return Exists(SessionMovement.objects.standing().filter(appointment=OuterRef("pk"), kind__in=kinds))


def _done_without_consume() -> Iterable[int]:
    linked = Appointment.objects.filter(enrollment__isnull=False).annotate(used=_standing(MovementKind.CONSUME))
    wrong = Q(status=AppointmentStatus.DONE, used=False) | (~Q(status=AppointmentStatus.DONE) & Q(used=True))
    return linked.filter(wrong).values_list("pk", flat=True)


def _given_up_without_movement() -> Iterable[int]:
    given_up = [AppointmentStatus.CANCELLED, AppointmentStatus.NO_SHOW, AppointmentStatus.REJECTED]
    linked = Appointment.objects.filter(enrollment__isnull=False, status__in=given_up)
    settled = linked.annotate(settled=_standing(MovementKind.RELEASE, MovementKind.FORFEIT))
    return settled.filter(settled=False).values_list("pk", flat=True)


def _number_without_session() -> Iterable[int]:
    """Only appointments that hold (open), used (consume) or lost (forfeit) a session keep its number."""
    spent = _standing(MovementKind.CONSUME, MovementKind.FORFEIT)
    linked = Appointment.objects.filter(enrollment__isnull=False).annotate(spent=spent)
    keeps = Q(status__in=OPEN, archived_at=None) | Q(spent=True)
    wrong = (keeps & Q(plan_session_number=None)) | (~keeps & Q(plan_session_number__isnull=False))
    return linked.filter(wrong).values_list("pk", flat=True)


def _held_beyond_left() -> Iterable[int]:
    held = Count(
        "appointments",
        filter=Q(
            appointments__status__in=OPEN,
            appointments__archived_at=None,
            appointments__plan_session_number__isnull=False,
        ),
    )
    programs = Enrollment.objects.annotate(held=held).filter(sessions_left__isnull=False)
    return programs.filter(held__gt=F("sessions_left")).values_list("pk", flat=True)


def _program_of_another() -> Iterable[int]:
    linked = Appointment.objects.filter(enrollment__isnull=False)
    same = Q(enrollment__patient_id=F("patient_id"), enrollment__practice_id=F("practice_id"))
    return linked.exclude(same).values_list("pk", flat=True)


def _organizations_differ() -> Iterable[int]:
    organization = F("practice__organization_id")
    patients = Appointment.objects.filter(patient__isnull=False).exclude(patient__organization_id=organization)
    specialists = Appointment.objects.filter(specialist__isnull=False).exclude(specialist__organization_id=organization)
    rooms = Appointment.objects.filter(room__isnull=False).exclude(room__practice_id=F("practice_id"))
    ids = [rows.values_list("pk", flat=True) for rows in (patients, specialists, rooms)]
    return ids[0].union(*ids[1:])


INVARIANTS = [
    Invariant(
        "scheduling.done_consumes",
        "a program's appointment has used its session exactly when it is done",
        _done_without_consume,
    ),
    Invariant(
        "scheduling.given_up_settled",
        "a cancelled, missed or rejected appointment of a program released or forfeited its session",
        _given_up_without_movement,
    ),
    Invariant(
        "scheduling.numbers_fit",
        "an appointment has a session number exactly while it holds or has used one",
        _number_without_session,
    ),
    Invariant(
        "scheduling.held_within_left",
        "open appointments hold no more sessions than remain",
        _held_beyond_left,
    ),
    Invariant(
        "scheduling.program_fits",
        "an appointment has its program's patient and practice",
        _program_of_another,
    ),
    Invariant(
        "scheduling.one_organization",
        "an appointment's practice, patient, specialist and room belong together",
        _organizations_differ,
    ),
]
