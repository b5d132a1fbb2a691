"""The further sessions of a treatment's protocol: requests with a proposed time and no claims."""

from __future__ import annotations

from datetime import timedelta

from catalog.models import ServiceSession
from core.db import Work
from core.prepared import Among, Prepared
from scheduling.calendar.parties import Treatments
from scheduling.calendar.recurrence import shifted_wall_time
from scheduling.models import Appointment, AppointmentService
from scheduling.states import AppointmentStatus, RelationType

_later_sessions = Prepared(
    lambda: ServiceSession.objects.filter(Among("service_id", "services"), offset_days__gt=0).order_by(
        "service", "session_order"
    )
)


def propose_children(work: Work, parent: Appointment, done: Treatments) -> list[Appointment]:
    """Create a request for each later session of each service, proposed at the parent's local time some days later.

    They cost what the specialist charges, as the parent does. They never refuse the parent: a time that the clock skips
    is proposed as much later as it skips.
    """
    if parent.starts_at is None:
        return []
    services = {service.pk: service for service in done.services}
    prices = {service.pk: price for service, price in zip(done.services, done.prices, strict=True)}
    steps = _later_sessions(services=services)
    zone = parent.practice.zone
    local = parent.starts_at.astimezone(zone)
    children, done_in = [], []
    for step in steps:
        proposed = shifted_wall_time(local.date() + timedelta(days=step.offset_days), local.time(), zone)
        service = services[step.service_id]
        child = Appointment(
            practice=parent.practice,
            patient=parent.patient,
            specialist=parent.specialist,
            parent=parent,
            relation_type=_relation(step.session_type),
            status=AppointmentStatus.REQUESTED,
            proposed_at=proposed,
            appointment_type=service.code,
            created_via=parent.created_via,
            created_by_id=parent.created_by_id,
        )
        children.append(child)
        done_in.append(service)
    work.create_many(children)
    work.create_many(
        AppointmentService(appointment=child, service=service, price=prices[service.pk], currency=service.currency)
        for child, service in zip(children, done_in, strict=True)
    )
    return children


def _relation(session_type: str) -> str:
    """The relation type of a session; a session type without a word of its own is a session."""
    return session_type if session_type in RelationType.values else RelationType.SESSION
