"""A small clinic for tests of programs, orders and appointments: one practice, its desk, a patient, a plan."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from catalog.models import Product, Service
from core.actor import Actor, Kind
from directory.models import Practice, Specialist
from orders.models import ProductOrder
from orders.services import move_order, place_order
from orders.states import NEXT
from patients.models import Patient
from programs.models import Enrollment, ServicePlan
from programs.services import enroll_patient
from scheduling.models import Appointment
from scheduling.services import book_appointment
from tests.factories import (
    AT,
    PatientFactory,
    PracticeFactory,
    ProductFactory,
    ServiceFactory,
    ServicePlanFactory,
    ServicePlanProductFactory,
    SpecialistFactory,
)
from tests.factories.base import way_to

DAY = timedelta(days=1)


@dataclass
class Stage:
    """What a test acts on, and its shortest words for the usual verbs (each at `AT` unless told)."""

    practice: Practice
    desk: Actor
    patient: Patient
    specialist: Specialist
    service: Service
    plan: ServicePlan
    product: Product

    def enroll(self, plan: ServicePlan | None = None, *, at=AT, **more) -> Enrollment:
        return enroll_patient(
            patient_id=self.patient.pk,
            service_plan_id=(plan or self.plan).pk,
            practice_id=self.practice.pk,
            by=self.desk,
            at=at,
            **more,
        )

    def book(self, enrollment: Enrollment | None = None, *, days: float = 3, at=AT, **more) -> Appointment:
        return book_appointment(
            practice_id=self.practice.pk,
            patient_id=self.patient.pk,
            service_id=self.service.pk,
            specialist_id=self.specialist.pk,
            starts_at=AT + days * DAY,
            enrollment_id=enrollment.pk if enrollment else None,
            by=self.desk,
            at=at,
            **more,
        )

    def book_for(self, patient, enrollment=None, *, practice=None, by=None, days: float = 3, at=AT) -> Appointment:
        """`book` for somebody else, or at another practice."""
        return book_appointment(
            practice_id=(practice or self.practice).pk,
            patient_id=patient.pk,
            service_id=self.service.pk,
            specialist_id=self.specialist.pk,
            starts_at=AT + days * DAY,
            enrollment_id=enrollment.pk if enrollment else None,
            by=by or self.desk,
            at=at,
        )

    def order(self, status: str = "pending") -> ProductOrder:
        """A standalone order in `status`, brought there by the verbs, an hour apart."""
        placed = place_order(
            patient_id=self.patient.pk, product_id=self.product.pk, practice_id=self.practice.pk, by=self.desk, at=AT
        )
        for hours, step in enumerate(way_to(status, "pending", NEXT)[1:], start=1):
            when = AT + timedelta(hours=hours)
            move_order(placed.pk, to=step, tracking_number="RO1", by=self.desk, at=when)
        placed.refresh_from_db()
        return placed


def set_stage(**policy) -> Stage:
    """A new stage; `policy` goes to the practice (notice_hours, no_show_forfeits ...). The plan has three sessions."""
    practice = PracticeFactory(**policy)
    organization = practice.organization
    service = ServiceFactory(organization=organization)
    plan = ServicePlanFactory(organization=organization, service=service, sessions_total=3, validity_days=90)
    product = ProductFactory(organization=organization)
    return Stage(
        practice=practice,
        desk=actor_with("front_desk", practice),
        patient=PatientFactory(organization=organization),
        specialist=SpecialistFactory(organization=organization, works_at=[practice]),
        service=service,
        plan=plan,
        product=product,
    )


def actor_with(role: str, practice: Practice, **more) -> Actor:
    """A member of staff with `role` in `practice`, as the door builds one."""
    return Actor(
        kind=Kind.STAFF,
        roles={practice.pk: role},
        organizations={practice.pk: practice.organization_id},
        organization_ids=frozenset({practice.organization_id}),
        door="test",
        **more,
    )


def bundle(plan: ServicePlan, product: Product, quantity: int = 1) -> None:
    """Let `product` come with `plan`."""
    ServicePlanProductFactory(service_plan=plan, product=product, quantity=quantity)


def everything() -> dict[str, list]:
    """Every row of what verbs write, to show that a refusal changed nothing."""
    from core.models import AuditEntry
    from orders.models import ProductOrderEvent
    from programs.models import SessionMovement

    tables = (ProductOrder, ProductOrderEvent, Enrollment, SessionMovement, Appointment, AuditEntry)
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in tables}
