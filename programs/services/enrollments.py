"""The verbs of programs: enroll, extend, expire; and the steps by which scheduling adjusts and cancels them."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from core.actor import Actor
from core.db import Work, verb
from core.deleting import refuse_in_use
from core.errors import Conflict, InvalidInput, Text
from core.live import require_live
from core.locks import lock
from directory.locking import lock_resources
from directory.models import Practice
from orders.models import ProductOrder
from orders.services import cancel_open_orders, place_bundled_orders
from patients.models import Patient
from patients.standing import hold_record
from programs import ledger
from programs.models import Enrollment, ServicePlan, SessionMovement
from programs.states import WITH_SESSIONS, EnrollmentStatus, MovementKind


@verb
def enroll_patient(
    work: Work,
    *,
    patient_id: int,
    service_plan_id: int,
    practice_id: int,
    again: bool = False,
    by: Actor,
    at: datetime,
) -> Enrollment:
    """Enroll a patient in a plan: freeze its promises, grant its sessions, order its bundled products.

    A patient who is in an active program of this plan is not enrolled a second time by a double click or two
    desks at once: Conflict, unless `again` says that it is meant. Raises Missing for a patient or plan that `by`
    may not see, InvalidInput for one of another organization, Conflict for a plan that is no longer sold, and for one
    whose service, practice or bundled product is no longer there to be given.
    """
    practice: Practice = Practice.objects.visible_to(by).one(pk=practice_id)
    by.require("programs.enroll", practice.pk)
    patient: Patient = Patient.objects.visible_to(by).one(pk=patient_id)
    plan: ServicePlan = ServicePlan.objects.visible_to(by).select_related("service").one(pk=service_plan_id)
    problems = {}
    if patient.organization_id != practice.organization_id:
        problems["patient_id"] = _("belongs to another organization")
    if plan.organization_id != practice.organization_id:
        problems["service_plan_id"] = _("belongs to another organization")
    if problems:
        raise InvalidInput(problems)
    if plan.archived_at is not None:
        raise Conflict(_("This plan is no longer sold."), code="archived")
    require_live(practice, plan.service)
    patient.require_live()
    lock_resources([patient.resource_id])
    running = Enrollment.objects.running(at).filter(patient=patient, service_plan=plan)
    if running.exists() and not again:
        raise Conflict(_("The patient already has an active program of this plan."), code="already_enrolled")
    enrollment = Enrollment.of(plan, practice=practice, patient=patient, at=at)
    enrollment.created_by_id = by.user_id
    work.create(enrollment)
    if plan.billing_model in WITH_SESSIONS and plan.sessions_total:
        ledger.write(work, enrollment, MovementKind.GRANT, plan.sessions_total)
    bundle = [(line.product, line.quantity) for line in plan.bundled_products.select_related("product").order_by("pk")]
    place_bundled_orders(work, practice=practice, patient=patient, enrollment_id=enrollment.pk, bundle=bundle)
    return enrollment


@verb
def record_enrollment(
    work: Work,
    *,
    practice_id: int,
    patient_id: int,
    service_plan_id: int,
    enrolled_at: datetime,
    sessions_used: int = 0,
    sessions_total: int | None = None,
    price: Decimal | None = None,
    cancelled_at: datetime | None = None,
    cancellation_reason: str = "",
    by: Actor,
    at: datetime,
) -> Enrollment:
    """Record an enrollment that began elsewhere: what was promised then, less what has been used since.

    The sessions used have no appointment here. Nothing is ordered: what came with the plan has been given. Raises
    InvalidInput for a beginning that lies ahead and for more sessions used than promised.
    """
    practice: Practice = Practice.objects.visible_to(by).one(pk=practice_id)
    by.require("programs.enroll", practice.pk)
    patient: Patient = Patient.objects.visible_to(by).one(pk=patient_id)
    plan: ServicePlan = ServicePlan.objects.visible_to(by).select_related("service").one(pk=service_plan_id)
    total = plan.sessions_total if sessions_total is None else sessions_total
    problems: dict[str, Text] = {}
    if patient.organization_id != practice.organization_id:
        problems["patient_id"] = _("belongs to another organization")
    if plan.organization_id != practice.organization_id:
        problems["service_plan_id"] = _("belongs to another organization")
    if enrolled_at > at:
        problems["enrolled_at"] = _("must not lie ahead")
    if plan.billing_model not in WITH_SESSIONS and (sessions_used or sessions_total is not None):
        problems["sessions_used" if sessions_used else "sessions_total"] = _("this plan has no sessions")
    elif not 0 <= sessions_used <= (total or 0):
        problems["sessions_used"] = _("must not be more than the %(total)s promised") % {"total": total or 0}
    if cancelled_at is not None and not enrolled_at <= cancelled_at <= at:
        problems["cancelled_at"] = _("must not lie ahead, nor before the beginning")
    if problems:
        raise InvalidInput(problems)
    hold_record(patient)
    enrollment = Enrollment.of(plan, practice=practice, patient=patient, at=enrolled_at)
    enrollment.sessions_total = total
    enrollment.price = plan.total_price if price is None else price
    enrollment.created_by_id = by.user_id
    work.create(enrollment)
    if plan.billing_model in WITH_SESSIONS and total:
        ledger.write(work, enrollment, MovementKind.GRANT, total)
        if sessions_used:
            ledger.write(work, enrollment, MovementKind.CONSUME, -sessions_used)
    if cancelled_at is not None and enrollment.status != EnrollmentStatus.COMPLETED:
        enrollment.cancel(reason=cancellation_reason, at=cancelled_at)
    elif enrollment.status == EnrollmentStatus.ACTIVE and enrollment.status_at(at) == EnrollmentStatus.EXPIRED:
        enrollment.expire(at=at)
    return work.save(enrollment)


@verb
def take_back_imported_enrollment(work: Work, enrollment_id: int, *, by: Actor, at: datetime) -> Enrollment:
    """Cancel a program that was imported by mistake; its ledger is a history and stays, so it is never deleted.

    Sessions that the import reported as used are given back. Conflict where a visit, an order or a bill depends on it.
    """
    Enrollment.objects.visible_to(by).one(pk=enrollment_id)
    (enrollment,) = lock(Enrollment.objects.all(), [enrollment_id])
    by.require("programs.cancel", enrollment.practice_id)
    refuse_in_use(enrollment, besides=[SessionMovement])
    ledger.give_back_unnamed(work, enrollment, reason=_("Imported by mistake"))
    if enrollment.status != EnrollmentStatus.CANCELLED:
        enrollment.cancel(reason=_("Imported by mistake"), at=at)
    return work.save(enrollment)


def end_enrollment(work: Work, enrollment: Enrollment, *, reason: str) -> list[ProductOrder]:
    """Cancel the program with its open orders, and return these: the step of `scheduling.cancel_program`."""
    enrollment.cancel(reason=reason, at=work.at)
    work.save(enrollment)
    return cancel_open_orders(work, enrollment.pk, reason=reason)


def adjust_sessions(
    work: Work, enrollment: Enrollment, *, quantity: int, reason: str, open_appointments: int
) -> Enrollment:
    """Add or remove sessions with a reason, never below what is held: the step of `scheduling.adjust_program`."""
    problems = {}
    if quantity == 0:
        problems["quantity"] = _("must not be zero")
    if not reason.strip():
        problems["reason"] = _("is required")
    if enrollment.sessions_left is None:
        problems["quantity"] = _("this program has no sessions")
    if problems:
        raise InvalidInput(problems)
    if enrollment.status_at(work.at) in (EnrollmentStatus.CANCELLED, EnrollmentStatus.EXPIRED):
        raise Conflict(_("The program has ended."), code="ended")
    ledger.check_held(enrollment, open_appointments=open_appointments, quantity=quantity)
    ledger.write(work, enrollment, MovementKind.ADJUST, quantity, reason=reason.strip())
    return enrollment


@verb
def extend_program(work: Work, enrollment_id: int, *, days: int, reason: str, by: Actor, at: datetime) -> Enrollment:
    """Extend a program by `days`: its dates move, and an expired one becomes active again."""
    Enrollment.objects.visible_to(by).one(pk=enrollment_id)
    (enrollment,) = lock(Enrollment.objects.all(), [enrollment_id])
    by.require("programs.extend", enrollment.practice_id)
    problems = {}
    if not 1 <= days <= 3660:
        problems["days"] = _("must be between 1 and 3660")
    if not reason.strip():
        problems["reason"] = _("is required")
    if problems:
        raise InvalidInput(problems)
    if enrollment.status_at(at) not in (EnrollmentStatus.ACTIVE, EnrollmentStatus.EXPIRED):
        raise Conflict(_("Only an active or expired program can be extended."), code="invalid_transition")
    if enrollment.ends_at is None:
        raise Conflict(_("This program has no end."), code="no_end")
    for column in ("expires_at", "access_expires_at", "ends_at"):
        end = getattr(enrollment, column)
        if end is not None:
            setattr(enrollment, column, end + timedelta(days=days))
    if enrollment.ends_at > at:
        enrollment.status = EnrollmentStatus.ACTIVE
    return work.save(enrollment)


@verb
def expire_programs(work: Work, *, by: Actor, at: datetime) -> int:
    """Stamp every active program whose end is past as expired; returns how many. Idempotent.

    Readers do not wait for it: `with_status(at)` already shows them as expired.
    """
    by.require("programs.expire")
    ids = Enrollment.objects.ended(at).values_list("pk", flat=True)
    stamped = 0
    for enrollment in lock(Enrollment.objects.all(), ids):
        if enrollment.status == EnrollmentStatus.ACTIVE and enrollment.status_at(at) == EnrollmentStatus.EXPIRED:
            enrollment.expire(at=at)
            work.save(enrollment)
            stamped += 1
    return stamped
