"""The people and things that a visit needs, each looked up as far as the actor sees it and checked for the practice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import BigIntegerField, DateTimeField, Exists, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from catalog.models import Service, ServiceSpecialist
from core.actor import Actor
from core.bulk_write import new_row
from core.db import Work
from core.errors import Conflict, Forbidden, InvalidInput, Missing
from core.live import require_live
from core.permissions import SPECIALIST
from core.prepared import Among, PreparedFor, TogetherFor, hole
from core.querysets import missing
from directory.models import Practice, Room, Specialist
from patients.models import Patient, PatientCase
from programs.models import Enrollment
from scheduling.calendar.slot_at import known, slots_then
from scheduling.dated import LocalDay
from scheduling.models import Appointment, AppointmentService, AvailableSlot, Holiday
from scheduling.states import LONGEST_VISIT

NUMBER = BigIntegerField()


@dataclass(frozen=True, slots=True)
class Treatments:
    """The services of a visit, the main one first, at its specialist's prices; empty if only free text was given."""

    services: tuple[Service, ...] = ()
    prices: tuple[Decimal, ...] = ()

    @property
    def main(self) -> Service | None:
        """The first service: it names the appointment, and a program must be for it."""
        return self.services[0] if self.services else None

    @property
    def duration(self) -> timedelta:
        """The minutes that all of them take together; 30 if none is known."""
        minutes = sum(service.duration_minutes for service in self.services)
        return timedelta(minutes=minutes or 30)

    def write(self, work: Work, appointments: Sequence[Appointment]) -> None:
        """Write the treatment lines of the appointments, each with its price frozen."""
        priced = list(zip(self.services, self.prices, strict=True))
        work.create_many(
            new_row(
                AppointmentService,
                {"position": position, "price": price, "currency": service.currency},
                appointment=appointment,
                service=service,
            )
            for appointment in appointments
            for position, (service, price) in enumerate(priced)
        )


def treatments(service_ids: Sequence[int], practice: Practice, *, specialist_id: int | None, by: Actor) -> Treatments:
    """The live services with these ids, in this order, at the specialist's prices; Missing for one `by` may not see."""
    if len(set(service_ids)) != len(service_ids):
        raise InvalidInput({"service_ids": _("may name each only once")})
    if not service_ids:
        return Treatments()
    rows = _services.all(by, ids=service_ids, organization=practice.organization_id, specialist=specialist_id)
    found = {service.pk: service for service in rows}
    if len(found) != len(service_ids):
        raise missing(Service)
    return _treatments([found[pk] for pk in service_ids])


def _services_at_prices(by: Actor) -> QuerySet[Service]:
    live = Service.objects.visible_to(by).live().filter(organization_id=hole("organization", NUMBER))
    return live.filter(Among("pk", "ids")).with_price_of(hole("specialist", NUMBER))


_services = PreparedFor(_services_at_prices)


def treatments_of_type(code: str, practice: Practice, specialist: Specialist) -> Treatments:
    """Resolve an appointment type (free text) to the service with this code, preferring one that the specialist offers.

    Conflict where every service with this code was archived: the word alone would book it all the same.
    """
    if not code:
        return Treatments()
    offered = ServiceSpecialist.objects.filter(service=OuterRef("pk"), specialist=specialist, is_active=True)
    named = Service.objects.filter(organization_id=practice.organization_id, code=code)
    ranked = named.with_price_of(specialist.pk).order_by(Exists(offered).desc(), "sequence_number", "pk")
    found = list(ranked.live()[:1])
    if not found and (gone := named.first()) is not None:
        require_live(gone)
    return _treatments(found)


def _treatments(services: Sequence[Any]) -> Treatments:
    return Treatments(tuple(services), tuple(service.price for service in services))


def _patient(by: Actor) -> QuerySet[Patient]:
    return Patient.objects.visible_to(by).to_book().filter(pk=hole("patient", NUMBER))


def _specialist(by: Actor) -> QuerySet[Specialist]:
    """The specialist, and whether they are `bookable`: whether they take appointments at the practice."""
    here = Specialist.objects.taking_appointments().working_at(hole("practice", NUMBER)).filter(pk=OuterRef("pk"))
    rows: QuerySet[Specialist] = Specialist.objects.visible_to(by).filter(pk=hole("specialist", NUMBER))
    return rows.annotate(bookable=Exists(here))


_one_patient, _one_specialist = PreparedFor(_patient), PreparedFor(_specialist)


def _parties(by: Actor) -> dict[str, QuerySet[Any]]:
    that_day = LocalDay(OuterRef("time_zone"), hole("starts_at", DateTimeField()))
    closed = Holiday.objects.closed().filter(practice=OuterRef("pk"), date=that_day).values("name")
    practices = Practice.objects.visible_to(by).filter(pk=hole("practice", NUMBER))
    return {
        "practice": practices.annotate(closed_by=Subquery(closed[:1])),
        "patient": _patient(by),
        "specialist": _specialist(by),
        "slot": slots_then(),
    }


_together = TogetherFor(_parties)


@dataclass(frozen=True, slots=True)
class Parties:
    """Who takes part in a visit at a time, as far as the actor sees them, read in one statement.

    `closed_by` is the name of the practice's closure on that day, `slot` the specialist's offered slot that begins
    then, with its conditions.
    """

    practice: Practice
    closed_by: str | None
    patient: Patient | None
    specialist: Any
    slot: AvailableSlot | None

    def booked_patient(self) -> Patient:
        """The patient, who must be of the practice's organization and not archived."""
        return _checked_patient(self.patient, self.practice)

    def booked_specialist(self) -> Specialist:
        """The specialist, who must take appointments at the practice."""
        return _checked_specialist(self.specialist)


def parties_at(
    starts_at: datetime,
    *,
    practice_id: int,
    patient_id: int | None,
    specialist_id: int | None,
    by: Actor,
    at: datetime,
) -> Parties:
    """Read who takes part in a visit that starts at this time; Missing for a practice that the actor does not see."""
    people = {"patient": patient_id, "specialist": specialist_id}
    found = _together.ask(by, practice=practice_id, **people, starts_at=starts_at, at=at, holder=())
    practice, specialist, slot = found["practice"], found["specialist"], found["slot"]
    if practice is None:
        raise missing(Practice)
    if slot is not None and specialist is not None:
        slot = known(slot, practice, specialist)
    return Parties(practice, practice.closed_by, found["patient"], specialist, slot)


def patient_for(patient_id: int, practice: Practice, *, by: Actor) -> Patient:
    """Return a patient of the practice's organization who is not archived."""
    return _checked_patient(_one_patient.one(by, patient=patient_id), practice)


def _checked_patient(patient: Patient | None, practice: Practice) -> Patient:
    if patient is None:
        raise missing(Patient)
    if patient.organization_id != practice.organization_id:
        raise InvalidInput({"patient_id": _("belongs to another organization")})
    patient.require_live()
    return patient


def program_for(enrollment_id: int | None, *, by: Actor) -> int | None:
    """Return the program that a visit names, if the actor sees it; the program itself checks whose it is."""
    if enrollment_id is not None:
        Enrollment.objects.visible_to(by).one(pk=enrollment_id)
    return enrollment_id


def case_for(case_id: int | None, patient_id: int, *, by: Actor) -> PatientCase | None:
    """Return the patient's case that a visit belongs to; raise Conflict if it is archived."""
    if case_id is None:
        return None
    case: PatientCase = PatientCase.objects.visible_to(by).one(pk=case_id)
    if case.patient_id != patient_id:
        raise InvalidInput({"patient_case_id": _("is of another patient")})
    if case.archived_at is not None:
        raise Conflict(_("The case has been archived."), code="case_archived")
    return case


def parent_for(parent_id: int | None, patient_id: int | None, practice: Practice, *, by: Actor) -> Appointment | None:
    """Return the parent appointment, which must be of the same patient at the same practice."""
    if parent_id is None:
        return None
    parent = Appointment.objects.visible_to(by).live().one(pk=parent_id)
    if parent.patient_id != patient_id or parent.practice_id != practice.pk:
        raise InvalidInput({"parent_id": _("is of another patient or practice")})
    return parent


def specialist_for(specialist_id: int, practice: Practice, *, by: Actor) -> Specialist:
    """Return a specialist who takes appointments at the practice."""
    return _checked_specialist(_one_specialist.one(by, specialist=specialist_id, practice=practice.pk))


def _checked_specialist(specialist: Any) -> Specialist:
    if specialist is None:
        raise missing(Specialist)
    if not specialist.bookable:
        raise InvalidInput({"specialist_id": _("takes no appointments at this practice")})
    found: Specialist = specialist
    return found


def assistants_for(specialist_ids: Sequence[int], practice: Practice, *, by: Actor) -> list[Specialist]:
    """Return the assistants, who must be active specialists of the organization; Missing names the assistant."""
    rows = Specialist.objects.visible_to(by).live().filter(organization_id=practice.organization_id)
    found = rows.in_bulk(list(specialist_ids))
    if any(pk not in found for pk in specialist_ids):
        raise Missing(_("Assistant"), code="specialist_not_found")
    return [found[pk] for pk in specialist_ids]


def room_for(room_id: int | None, practice: Practice, *, by: Actor) -> Room | None:
    """Return a room of the practice that is in use."""
    if room_id is None:
        return None
    room: Room = Room.objects.visible_to(by).one(pk=room_id)
    if room.practice_id != practice.pk or room.archived_at is not None or not room.is_active:
        raise InvalidInput({"room_id": _("is not a room of this practice in use")})
    return room


def require_in_use(
    practice: Practice, specialist: Specialist | None, room: Room | None, patient: Patient | None
) -> None:
    """Raise Conflict if a visit's specialist, room, patient or practice has since been archived or switched off."""
    require_live(practice, room)
    if patient is not None:
        patient.require_live()
    working = Specialist.objects.taking_appointments().working_at(practice.pk)
    if specialist is not None and not working.filter(pk=specialist.pk).exists():
        says = _("%(person)s takes no appointments at this practice.") % {"person": specialist}
        raise Conflict(says, code="not_in_use")
    if room is not None and not room.is_active:
        raise Conflict(_("%(room)s is not in use.") % {"room": room}, code="not_in_use")


def require_own_calendar(specialist_id: int | None, practice: Practice, *, by: Actor) -> None:
    """Raise Forbidden if a specialist books in somebody else's calendar."""
    if by.roles.get(practice.pk) == SPECIALIST and specialist_id not in by.specialist_ids:
        raise Forbidden(_("You may book only your own calendar."))


def ends(starts_at: datetime, ends_at: datetime | None, done: Treatments) -> datetime:
    """Return the visit's end: the given one, else its start plus the length of its services."""
    return checked_end(starts_at, ends_at or starts_at + done.duration)


def checked_end(starts_at: datetime, ends_at: datetime) -> datetime:
    """Return the end; raise InvalidInput if a visit cannot end then."""
    if ends_at <= starts_at:
        raise InvalidInput({"ends_at": _("must be after the start")})
    if ends_at > starts_at + LONGEST_VISIT:
        raise InvalidInput({"ends_at": _("must be within a week of the start")})
    return ends_at
