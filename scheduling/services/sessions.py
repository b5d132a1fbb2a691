"""The session of a program that an appointment holds from its booking, and then uses or gives up."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from core.actor import Actor
from core.db import Work
from core.db_errors import Retry
from core.errors import Conflict
from core.locks import lock, lock_seen
from directory.models import Specialist
from programs import services as programs
from programs.models import Enrollment
from scheduling.calendar import claims
from scheduling.calendar.places import locked_slots, resource_ids
from scheduling.models import Appointment, AvailableSlot, Claim
from scheduling.states import OPEN


def locked_enrollment(enrollment_id: int) -> Enrollment:
    """Return the enrollment, locked; call it before any order, resource or appointment is locked."""
    (enrollment,) = lock(Enrollment.objects.all(), [enrollment_id])
    return enrollment


WATCHED = ("enrollment_id", "slot_id", "specialist_id", "room_id", "patient_id")


def locked_appointment(
    appointment_id: int,
    *,
    permission: str,
    by: Actor,
    also: Iterable[int] = (),
    also_slot: int | None = None,
    spans: Sequence[tuple[datetime, datetime]] = (),
    margin: timedelta = timedelta(0),
    between: Callable[[], object] | None = None,
) -> Appointment:
    """Return the appointment, locked after its enrollment, resources and slot; `also` are the resources it moves to.

    `spans` are the times that it may take then, `margin` the pauses around its own. `between` is called once
    resources and slots are locked and the appointment is not, for a slot that is looked for only then.
    Missing unless visible, Forbidden unless allowed.
    """
    seen = Appointment.objects.visible_to(by).one(pk=appointment_id)
    by.require(permission, seen.practice_id, patient_id=seen.patient_id)
    enrollment = locked_enrollment(seen.enrollment_id) if seen.enrollment_id else None
    if margin and seen.starts_at is not None and seen.ends_at is not None:
        spans = [*spans, (seen.starts_at - margin, seen.ends_at + margin)]
    (appointment,) = lock_appointments([appointment_id], also=also, also_slot=also_slot, spans=spans, between=between)
    if appointment.enrollment_id != seen.enrollment_id:
        raise Retry
    if enrollment is not None:
        appointment.enrollment = enrollment
    return appointment


def lock_appointments(
    ids: Iterable[int],
    *,
    also: Iterable[int] = (),
    also_slot: int | None = None,
    spans: Sequence[tuple[datetime, datetime]] = (),
    between: Callable[[], object] | None = None,
) -> list[Appointment]:
    """Lock appointments after all their resources and slots; return each with its locked slot.

    Where what they refer to changed between reading and locking, the whole verb starts over.
    """
    rows = Appointment.objects.select_related("practice", "specialist", "room", "patient")
    seen = {row.pk: row for row in rows.filter(pk__in=list(ids))}
    assisting = Specialist.objects.filter(assisting__appointment__in=seen).values_list("resource_id", flat=True)
    busy = set(also) | set(assisting)
    for row in seen.values():
        busy |= resource_ids(row.specialist, row.room, row.patient)
    claims.lock_resources(busy)
    slot_ids = {row.slot_id for row in seen.values() if row.slot_id is not None} | ({also_slot} if also_slot else set())
    near = claims.lock_slots_near(busy, lambda: [*spans, *_spans_of(seen.values())], also=slot_ids)
    slots = {pk: near[pk] for pk in slot_ids & near.keys()}
    slots |= {slot.pk: slot for slot in locked_slots(slot_ids - slots.keys())}
    if between is not None:
        between()
    locked = lock_seen(seen.values())
    for row in locked:
        if any(getattr(row, name) != getattr(seen[row.pk], name) for name in WATCHED):
            raise Retry
        if row.slot_id is not None:
            row.slot = slots[row.slot_id]
            _relate(row.slot, row)
    return locked


def _relate(slot: AvailableSlot, row: Appointment) -> None:
    """Give the slot the practice, specialist and room that were read with its visit, where they are the same."""
    for name in ("practice", "specialist", "room"):
        one = getattr(row, name)
        if one is not None and one.pk == getattr(slot, f"{name}_id"):
            setattr(slot, name, one)


def _spans_of(rows: Iterable[Appointment]) -> list[tuple[datetime, datetime]]:
    """The intervals that appointments take now, pauses included."""
    every = list(rows)
    taken = Claim.objects.filter(appointment__in=[row.pk for row in every]).values_list("starts_at", "ends_at")
    exact = [(row.starts_at, row.ends_at) for row in every if row.starts_at is not None and row.ends_at is not None]
    return [*exact, *taken]


def assistants_of(appointment: Appointment) -> list[Specialist]:
    """The assistants of the appointment."""
    return list(Specialist.objects.filter(assisting__appointment=appointment).order_by("pk"))


def hold(
    work: Work,
    appointments: Sequence[Appointment],
    enrollment: Enrollment,
    *,
    service_id: int,
    override_reasons: Sequence[str] = (),
) -> None:
    """Hold the lowest free session of the locked enrollment for each appointment; Conflict where none is left.

    `override_reasons` are one for each, as `programs.hold_session` takes it.
    """
    numbers, open_before = free_sessions(enrollment, but=[one.pk for one in appointments if one.pk])
    reasons = override_reasons or [""] * len(appointments)
    for count, (appointment, reason) in enumerate(zip(appointments, reasons, strict=True)):
        assert appointment.patient_id is not None  # noqa: S101 every caller names the patient first
        number = next(numbers)
        programs.hold_session(
            enrollment,
            patient_id=appointment.patient_id,
            practice_id=appointment.practice_id,
            service_id=service_id,
            starts_at=appointment.starts_at,
            open_appointments=open_before + count,
            number=number,
            override_reason=reason,
            at=work.at,
        )
        appointment.enrollment = enrollment
        appointment.plan_session_number = number


def free_sessions(enrollment: Enrollment, *, but: Collection[int] = ()) -> tuple[Iterator[int], int]:
    """Return the free session numbers, lowest first, and how many open appointments other than `but` hold."""
    others = Appointment.objects.filter(enrollment=enrollment, plan_session_number__isnull=False).exclude(pk__in=but)
    held = list(others.values_list("plan_session_number", "status", "archived_at"))
    numbers = programs.session_numbers(enrollment, taken={number for number, _status, _archived in held if number})
    return numbers, sum(status in OPEN and archived is None for _number, status, archived in held)


def release(work: Work, appointment: Appointment, *, reason: str) -> None:
    """Give the held session back; nothing for an appointment that holds none."""
    if appointment.enrollment is None or appointment.plan_session_number is None:
        return
    programs.release_session(work, appointment.enrollment, appointment_id=appointment.pk, reason=reason)
    appointment.plan_session_number = None


def forfeit(work: Work, appointment: Appointment, *, reason: str) -> None:
    """Use the held session up although the visit did not take place; it keeps its number."""
    if appointment.enrollment is None or appointment.plan_session_number is None:
        return
    programs.forfeit_session(work, appointment.enrollment, appointment_id=appointment.pk, reason=reason)


def consume(work: Work, appointment: Appointment) -> None:
    """Use the held session: the appointment took place."""
    if appointment.enrollment is None or appointment.plan_session_number is None:
        return
    programs.consume_session(work, appointment.enrollment, appointment_id=appointment.pk)


def restore(work: Work, appointment: Appointment) -> None:
    """Undo what the appointment did to its program; if its number was given up, it needs a free one again."""
    if appointment.enrollment is None:
        return
    if appointment.plan_session_number is None:
        service_id = appointment.enrollment.service_id
        if service_id is None:
            raise Conflict(_("The program has no session left."), code="no_session_left")
        hold(work, [appointment], appointment.enrollment, service_id=service_id)
    programs.restore_session(work, appointment.enrollment, appointment_id=appointment.pk)
