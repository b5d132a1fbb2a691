"""The verb by which a patient books a free slot of a public service."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import UUIDField
from django.utils.translation import gettext as _

from catalog.models import Service
from core.actor import Actor
from core.db import Work, verb
from core.errors import InvalidInput
from core.prepared import PreparedFor, hole
from scheduling.calendar.parties import Treatments, patient_for, program_for
from scheduling.models import Appointment
from scheduling.services.booking import Visit, enter_slot
from scheduling.services.patient_rules import slot_for_patient
from scheduling.states import CreatedVia

_public_service = PreparedFor(lambda by: Service.objects.visible_to(by).public().filter(uuid=hole("uuid", UUIDField())))


@verb
def book_own_slot(
    work: Work,
    *,
    slot_id: int,
    service_uuid: UUID,
    policy_accepted: bool,
    patient_id: int | None = None,
    enrollment_id: int | None = None,
    booking_ip: str | None = None,
    by: Actor,
    at: datetime,
) -> Appointment:
    """Book a free slot of a public service for the acting patient, or for somebody they have access to.

    Missing for a service that is not public, a slot that the service does not offer, another's patient or program;
    InvalidInput without the policy accepted, or with a service longer than the slot; Conflict where it is taken.
    """
    patient_pk = patient_id if patient_id is not None else by.own_patient_id
    if patient_pk is None:
        raise InvalidInput({"patient_id": _("is required")})
    by.require("scheduling.book_own")
    if not policy_accepted:
        raise InvalidInput({"policy_accepted": _("must be accepted")})
    service: Service = _public_service.one(by, uuid=service_uuid)
    slot = slot_for_patient(slot_id, service, patient_ids=[patient_pk], at=at)
    patient = patient_for(patient_pk, slot.practice, by=by)
    by.require("scheduling.book_own", patient_id=patient.pk)
    visit = Visit(
        practice=slot.practice,
        patient=patient,
        done=Treatments((service,), (slot.price,)),
        specialist=slot.specialist,
        room=slot.room,
        enrollment_id=program_for(enrollment_id, by=by),
        more={"created_via": CreatedVia.PORTAL, "booking_ip": booking_ip, "policy_accepted": True},
    )
    return enter_slot(work, slot, visit)
