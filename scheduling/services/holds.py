"""The verbs of holds: keep a time for somebody for a while, and release it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from catalog.models import Service
from core.actor import Actor
from core.db import Work, verb
from core.errors import Conflict, InvalidInput
from core.locks import lock
from directory.models import Practice, Room, Specialist
from patients.models import Patient
from scheduling.calendar import claims
from scheduling.calendar.claims import Want
from scheduling.calendar.parties import patient_for, require_own_calendar, room_for, specialist_for
from scheduling.calendar.places import check_open, conditions_of, refuse_unless_bookable, resource_ids
from scheduling.calendar.resources import check_unchanged
from scheduling.calendar.slot_at import SLOT_TO_BOOK
from scheduling.models import AvailableSlot, Hold
from scheduling.services.patient_rules import acts_as_patient, permission_of, slot_for_patient
from scheduling.states import ClaimRole

LONGEST = timedelta(days=7)


@verb
def place_hold(
    work: Work,
    *,
    practice_id: int,
    expires_at: datetime,
    slot_id: int | None = None,
    specialist_id: int | None = None,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    room_id: int | None = None,
    patient_id: int | None = None,
    service_id: int | None = None,
    by: Actor,
    at: datetime,
) -> Hold:
    """Keep a free single slot, or a time of a specialist, until `expires_at` (at most a week ahead).

    It takes the time of specialist, room and patient as a visit would. The booking that it was placed for, of its
    patient, takes it over; for anybody else the time is taken until the hold is released or expires. A patient holds
    a slot of a public service for themselves.
    """
    practice = _practice(practice_id, slot_id, by=by)
    by.require(permission_of(by, "scheduling.hold", "scheduling.hold_own"), practice.pk, patient_id=patient_id)
    if not at < expires_at <= at + LONGEST:
        raise InvalidInput({"expires_at": _("must be within a week from now")})
    patient = patient_for(patient_id, practice, by=by) if patient_id is not None else None
    service: Service | None = None
    if service_id is not None:
        service = Service.objects.visible_to(by).live().one(pk=service_id)
    hold = Hold(practice=practice, patient=patient, service=service, expires_at=expires_at)
    if slot_id is not None:
        slot = _slot(slot_id, service, patient, by=by, at=at)
        hold.slot, hold.specialist, hold.room = slot, slot.specialist, slot.room
        hold.starts_at, hold.ends_at = slot.starts_at, slot.ends_at
    else:
        _put_at_time(hold, specialist_id, starts_at, ends_at, room_id, by=by, at=at)
    assert hold.specialist is not None  # noqa: S101 named by the slot or the caller
    require_own_calendar(hold.specialist.pk, practice, by=by)
    owners = resource_ids(hold.specialist, hold.room, patient)
    claims.lock_resources(owners)
    claims.lock_slots_near(owners, lambda: [(hold.starts_at, hold.ends_at)])
    if hold.slot is not None:
        (now,) = lock(AvailableSlot.objects.all(), [hold.slot.pk])
        check_unchanged(hold.slot, now)
        if now.booked:
            raise Conflict(_("The slot is booked."), code="slot_taken")
    wants = _wants(hold, hold.specialist, hold.room, patient)
    claims.refuse(claims.find(work, wants, patient_id=patient_id), by=by)
    work.create(hold)
    claims.save(work, claims.write(hold, wants))
    return hold


@verb
def release_hold(work: Work, hold_id: int, *, by: Actor, at: datetime) -> Hold:
    """Release a hold before it expires; Conflict if it was already released or booked."""
    seen: Hold = Hold.objects.visible_to(by).select_related("specialist", "room", "patient").one(pk=hold_id)
    by.require(
        permission_of(by, "scheduling.hold", "scheduling.hold_own"), seen.practice_id, patient_id=seen.patient_id
    )
    owners = resource_ids(seen.specialist, seen.room, seen.patient)
    claims.lock_resources(owners)
    claims.lock_slots_near(owners, lambda: [(seen.starts_at, seen.ends_at)])
    seen.refresh_from_db(fields=["released_at"])
    if seen.released_at is not None:
        raise Conflict(_("The hold has already been released."), code="released")
    claims.release(work, seen)
    seen.released_at = at
    return work.save(seen)


def _practice(practice_id: int, slot_id: int | None, *, by: Actor) -> Practice:
    rows = Practice.objects.live()
    if acts_as_patient(by):
        if slot_id is None:
            raise InvalidInput({"slot_id": _("is required")})
        rows = rows.filter(organization__in=by.organization_ids)
    else:
        rows = rows.visible_to(by)
    practice: Practice = rows.one(pk=practice_id)
    return practice


def _slot(slot_id: int, service: Service | None, patient: Patient | None, *, by: Actor, at: datetime) -> AvailableSlot:
    """A single slot that can be booked now; for a patient one of a public service."""
    if acts_as_patient(by):
        if service is None or patient is None:
            raise InvalidInput({"service_id" if service is None else "patient_id": _("is required")})
        service = Service.objects.visible_to(by).public().one(pk=service.pk)
        slot: AvailableSlot = slot_for_patient(slot_id, service, patient_ids=[patient.pk], at=at)
    else:
        holder = [patient.pk] if patient is not None else []
        slot = SLOT_TO_BOOK.one(by, pk=slot_id, at=at, holder=holder)
        refuse_unless_bookable(slot, conditions_of(slot))
    if slot.capacity > 1:
        raise InvalidInput({"slot_id": _("is a group slot; its places cannot be held")})
    return slot


def _put_at_time(
    hold: Hold,
    specialist_id: int | None,
    starts_at: datetime | None,
    ends_at: datetime | None,
    room_id: int | None,
    *,
    by: Actor,
    at: datetime,
) -> None:
    """Set the hold to a free time of a specialist, and to a room if one is named."""
    if specialist_id is None or starts_at is None or ends_at is None:
        missing = {"specialist_id": specialist_id, "starts_at": starts_at, "ends_at": ends_at}
        raise InvalidInput({name: _("is required") for name, value in missing.items() if value is None})
    if starts_at <= at:
        raise InvalidInput({"starts_at": _("must be in the future")})
    if not starts_at < ends_at <= starts_at + timedelta(days=1):
        raise InvalidInput({"ends_at": _("must be after the start, within a day")})
    hold.specialist = specialist_for(specialist_id, hold.practice, by=by)
    hold.room = room_for(room_id, hold.practice, by=by)
    hold.starts_at, hold.ends_at = starts_at, ends_at
    check_open(hold.practice, starts_at)


def _wants(hold: Hold, specialist: Specialist, room: Room | None, patient: Patient | None) -> list[Want]:
    span = hold.starts_at, hold.ends_at
    wants = [Want(specialist.resource_id, ClaimRole.SPECIALIST, *span)]
    if room is not None:
        wants.append(Want(room.resource_id, ClaimRole.ROOM, *span))
    if patient is not None:
        wants.append(Want(patient.resource_id, ClaimRole.PATIENT, *span))
    return wants
