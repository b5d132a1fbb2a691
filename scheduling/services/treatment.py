"""The verb that changes the service of a booked visit, and the program whose session it uses."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from core.actor import Actor
from core.db import Work, verb
from core.db_errors import Retry
from core.errors import Conflict
from core.locks import lock
from programs.models import Enrollment
from programs.services import restore_session
from scheduling.calendar.parties import program_for, require_own_calendar, treatments
from scheduling.models import Appointment
from scheduling.services import sessions
from scheduling.services.sessions import lock_appointments
from scheduling.states import OPEN


@verb
def change_treatment(
    work: Work,
    appointment_id: int,
    *,
    service_id: int,
    enrollment_id: int | None = None,
    override_reason: str = "",
    by: Actor,
    at: datetime,
) -> Appointment:
    """Change the service of an open visit and the program whose session it takes (None: no program).

    It keeps its time and its place. The first service changes, at what the specialist charges for it; further ones
    stay, at the prices of their booking. The session of the program before is released. Conflict where the program is
    not for this patient, practice or service, has no session left, or has ended by then and no reason is given.
    """
    seen = Appointment.objects.visible_to(by).select_related("practice").one(pk=appointment_id)
    by.require("scheduling.book", seen.practice_id)
    require_own_calendar(seen.specialist_id, seen.practice, by=by)
    wanted = program_for(enrollment_id, by=by)
    ids = {pk for pk in (wanted, seen.enrollment_id) if pk is not None}
    programs = {row.pk: row for row in lock(Enrollment.objects.all(), ids)}
    (appointment,) = lock_appointments([appointment_id])
    if appointment.enrollment_id != seen.enrollment_id:
        raise Retry
    if appointment.status not in OPEN or appointment.archived_at is not None:
        raise Conflict(_("Only an open appointment can be changed."), code="invalid_transition")
    if appointment.patient_id is None:
        raise Conflict(_("The appointment needs a patient first."), code="incomplete")
    lines = list(appointment.services.select_related("service").order_by("position", "pk"))
    other = not lines or lines[0].service_id != service_id
    if other:
        done = treatments([service_id], seen.practice, specialist_id=appointment.specialist_id, by=by)
        for line in lines:
            if line is lines[0] or line.service_id == service_id:
                work.delete(line)
        done.write(work, [appointment])
        appointment.appointment_type = done.main.code if done.main is not None else ""
    if other or wanted != appointment.enrollment_id:
        if appointment.enrollment_id is not None:
            appointment.enrollment = programs[appointment.enrollment_id]
        sessions.release(work, appointment, reason=_("Another service or program"))
        appointment.enrollment = None
        if wanted is not None:
            reasons = [override_reason]
            # The visit is back in a program that it was in before, so its release there is reversed.
            restore_session(work, programs[wanted], appointment_id=appointment.pk)
            sessions.hold(work, [appointment], programs[wanted], service_id=service_id, override_reasons=reasons)
    return work.save(appointment)
