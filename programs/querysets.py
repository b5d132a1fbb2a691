"""Filters of plans, programs and the ledger: by state at a moment, with sums, by who may see them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from django.db.models import Case, Count, F, IntegerField, OuterRef, Q, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce

from core.actor import Actor
from core.permissions import CLINIC_ADMIN, FRONT_DESK, SPECIALIST
from core.querysets import ClinicQuerySet
from patients.querysets import treated_by
from programs.states import EnrollmentStatus, MovementKind

if TYPE_CHECKING:
    from programs.models import Enrollment, ServicePlan, ServicePlanProduct, SessionMovement


class ServicePlanQuerySet(ClinicQuerySet["ServicePlan"]):
    """Plans."""

    def live(self) -> Self:
        """Plans that are not archived."""
        return self.filter(archived_at=None)

    def visible_to(self, actor: Actor) -> Self:
        """Staff see their organizations' plans; patients and visitors the published ones of theirs."""
        if actor.everything:
            return self
        staff = Q(organization_id__in=actor.organizations_as())
        return self.filter(staff | Q(organization_id__in=actor.organization_ids, is_published=True, archived_at=None))


class PlanProductQuerySet(ClinicQuerySet["ServicePlanProduct"]):
    """Products that come with plans."""

    def visible_to(self, actor: Actor) -> Self:
        """Products of the plans that the actor may see."""
        if actor.everything:
            return self
        from programs.models import ServicePlan

        return self.filter(service_plan__in=ServicePlan.objects.visible_to(actor))


def visible_enrollments(actor: Actor, prefix: str = "") -> Q:
    """The condition for programs of the actor's practices, of patients they treat there, and of their own patients."""
    condition = Q(**{f"{prefix}practice_id__in_scope": actor.practices(CLINIC_ADMIN, FRONT_DESK)})
    if actor.patient_ids:
        condition |= Q(**{f"{prefix}patient_id__in": actor.patient_ids})
    if actor.specialist_ids:
        mine = {
            f"{prefix}practice_id__in_scope": actor.practices(SPECIALIST),
            f"{prefix}patient_id__in_rows": treated_by(actor),
        }
        condition |= Q(**mine)
    return condition


class EnrollmentQuerySet(ClinicQuerySet["Enrollment"]):
    """Enrollments."""

    def visible_to(self, actor: Actor) -> Self:
        """The programs that `visible_enrollments` lets the actor see."""
        return self if actor.everything else self.filter(visible_enrollments(actor))

    def with_status(self, at: datetime) -> Self:
        """Add `current_status`, which alone is to be read: it is right whether or not the end was stamped."""
        return self.annotate(
            current_status=Case(
                When(
                    status=EnrollmentStatus.ACTIVE,
                    ends_at__lte=at,
                    then=Value(EnrollmentStatus.EXPIRED.value),
                ),
                default=F("status"),
            )
        )

    def having_status(self, status: str, at: datetime) -> Self:
        """Programs with this `current_status`, selected by indexed columns."""
        if status == EnrollmentStatus.ACTIVE:
            return self.running(at)
        found = Q(status=status)
        if status == EnrollmentStatus.EXPIRED:
            found |= Q(status=EnrollmentStatus.ACTIVE, ends_at__lte=at)
        return self.filter(found)

    def with_ledger(self) -> Self:
        """Add `sessions_granted`, `sessions_completed` and `sessions_cancelled`, each from the ledger alone."""
        return self.annotate(
            sessions_granted=_ledger_sum(MovementKind.GRANT, MovementKind.ADJUST),
            sessions_completed=_ledger_count(MovementKind.CONSUME),
            sessions_cancelled=_ledger_count(MovementKind.RELEASE, MovementKind.FORFEIT),
        )

    def running(self, at: datetime) -> Self:
        """Active programs whose end is not past."""
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=at), status=EnrollmentStatus.ACTIVE)

    def ending(self, at: datetime, *, within: timedelta) -> Self:
        """Running programs that end within this time."""
        return self.filter(status=EnrollmentStatus.ACTIVE, ends_at__gt=at, ends_at__lte=at + within)

    def nearly_used_up(self, at: datetime) -> Self:
        """Running programs with at most one session left."""
        return self.running(at).filter(sessions_left__lte=1)

    def ended(self, at: datetime) -> Self:
        """Active programs whose end is past, which the command stamps as expired."""
        return self.filter(status=EnrollmentStatus.ACTIVE, ends_at__lte=at)


def _of_enrollment(*kinds: str) -> Any:
    from programs.models import SessionMovement

    return SessionMovement.objects.filter(enrollment=OuterRef("pk"), kind__in=kinds).order_by().values("enrollment")


def _ledger_sum(*kinds: str) -> Subquery:
    """The sum of these movements; null if there are none, as for a time-based program."""
    return Subquery(_of_enrollment(*kinds).annotate(n=Sum("quantity")).values("n"), output_field=IntegerField())


def _ledger_count(*kinds: str) -> Coalesce:
    """The number of these movements that were not reversed."""
    standing = _of_enrollment(*kinds).filter(reversed_by__isnull=True)
    counted = Subquery(standing.annotate(n=Count("pk")).values("n"), output_field=IntegerField())
    return Coalesce(counted, 0)


class SessionMovementQuerySet(ClinicQuerySet["SessionMovement"]):
    """The ledger."""

    def standing(self) -> Self:
        """Movements that no later one reversed."""
        return self.filter(reversed_by__isnull=True)

    def visible_to(self, actor: Actor) -> Self:
        """The ledgers of programs that the actor may see."""
        return self if actor.everything else self.filter(visible_enrollments(actor, "enrollment__"))
