"""The programs of patients: their list, progress and history; enrolling and cancelling."""

from __future__ import annotations

from django.db.models import F
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from api.base.body import Body, Many, Money, or_null
from api.base.filters import Filters, IdFilter, RowsChoiceFilter
from api.base.input import IdField, Input, TextField
from api.base.operations import operation
from api.base.shared.people import named
from api.base.words import WordField
from api.services.contract import ServicesViewSet
from api.services.words import APPOINTMENT_CHOICES, APPOINTMENT_WORDS, ORDER_WORDS, PROGRAM_WORDS
from core.prepared import visible_rows
from orders.models import ProductOrder
from programs.models import Enrollment
from programs.querysets import EnrollmentQuerySet
from programs.services import enroll_patient
from programs.states import BillingModel
from scheduling.models import Appointment
from scheduling.querysets import AppointmentQuerySet
from scheduling.services import cancel_program


class PatientBody(Body):
    """A patient, by name."""

    id = serializers.IntegerField()
    name = named()


class ServiceNameBody(Body):
    """A service, by name."""

    name = serializers.CharField()


class EnrolledPlanBody(Body):
    """The plan as it was sold; `id` is the plan's."""

    id = serializers.IntegerField(source="service_plan_id")
    name = serializers.CharField()
    billing_model = serializers.ChoiceField(choices=BillingModel.values)
    telerehab_access = serializers.BooleanField()
    library_access = serializers.BooleanField()
    service = ServiceNameBody(allow_null=True)


class PatientServicePlanBody(Body):
    """A patient's program, as listed. Its session counts come from the ledger."""

    id = serializers.IntegerField()
    patient_id = serializers.IntegerField()
    service_plan = EnrolledPlanBody(source="*")
    sessions_total = serializers.IntegerField(source="sessions_granted", allow_null=True)
    sessions_completed = serializers.IntegerField()
    sessions_cancelled = serializers.IntegerField()
    sessions_remaining = serializers.IntegerField(source="sessions_left", allow_null=True)
    access_starts_at = serializers.DateTimeField(allow_null=True)
    access_expires_at = serializers.DateTimeField(allow_null=True)
    status = WordField(PROGRAM_WORDS, "current_status")
    enrolled_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)


class ProgressServiceBody(Body):
    """The service of a program."""

    id = serializers.UUIDField(source="uuid")
    name = serializers.CharField()
    duration_minutes = serializers.IntegerField()


class ProgressPlanBody(Body):
    """The plan as it was sold; `id` is the plan's."""

    id = serializers.IntegerField(source="service_plan_id")
    name = serializers.CharField()
    service = ProgressServiceBody(allow_null=True)
    total_price = Money(source="price")


class ProgramProgressBody(PatientServicePlanBody):
    """A patient's program with the patient, and when it changed."""

    patient = PatientBody()
    service_plan = ProgressPlanBody(source="*")  # type: ignore[assignment] # DRF fields may be replaced
    reason = or_null(serializers.CharField(), "cancellation_reason")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class OrderedProductBody(Body):
    """The product, under the name by which it was ordered."""

    id = serializers.UUIDField(source="product.uuid")
    name = serializers.CharField(source="product_name")


class BundledOrderBody(Body):
    """An order that came with a program."""

    id = serializers.IntegerField()
    product = OrderedProductBody(source="*")
    quantity = serializers.IntegerField()
    status = WordField(ORDER_WORDS, "status")


class EnrolledBody(Body):
    """A new program, with the orders of its bundled products."""

    id = serializers.IntegerField()
    patient_id = serializers.IntegerField()
    service_plan_id = serializers.IntegerField()
    sessions_total = serializers.IntegerField(source="sessions_granted", allow_null=True)
    sessions_completed = serializers.IntegerField()
    access_starts_at = serializers.DateTimeField(allow_null=True)
    access_expires_at = serializers.DateTimeField(allow_null=True)
    status = WordField(PROGRAM_WORDS, "current_status")
    enrolled_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    product_orders = Many(
        BundledOrderBody,
        of="enrollment_id",
        rows=lambda actor: ProductOrder.objects.visible_to(actor).order_by("pk"),
    )


class SpecialistNameBody(Body):
    """A specialist, by name."""

    name = named()


class ProgramAppointmentBody(Body):
    """An appointment of a program."""

    id = serializers.IntegerField()
    plan_session_number = serializers.IntegerField(allow_null=True)
    started_at = serializers.DateTimeField(source="starts_at", allow_null=True)
    status = WordField(APPOINTMENT_WORDS, "status", choices=APPOINTMENT_CHOICES)
    specialist = SpecialistNameBody(allow_null=True)


class EnrollInput(Input):
    """The patient and the plan."""

    patient_id = IdField()
    service_plan_id = IdField()


class CancelInput(Input):
    """An optional reason."""

    reason = TextField(optional=True)


STATES = {word: state for state, word in PROGRAM_WORDS.items()}


class ProgramFilters(Filters):
    """The filters of programs."""

    changes_of = Enrollment

    patient_id = IdFilter("patient_id", label="Filters by patient.")
    status = RowsChoiceFilter(
        lambda rows, word, at: rows.having_status(STATES[word], at),
        words=list(STATES),
        label="Only programs with this present status.",
    )


class PatientServicePlanViewSet(ServicesViewSet):
    """The programs of patients."""

    tag = "Patient service plans"

    def programs(self) -> EnrollmentQuerySet:
        """The programs that the caller may see, as they stand now."""
        return Enrollment.objects.visible_to(self.actor).with_status(self.at).with_ledger()

    @operation(
        "list_patient_service_plans",
        "programs.view",
        gives=PatientServicePlanBody,
        key="patient_service_plans",
        filters=ProgramFilters,
    )
    def list(self, request: Request) -> HttpResponse:
        """List the programs of patients.

        A patient sees their own, and those of the people they may act for.
        """
        return self.page(lambda: self.programs().order_by("pk"))

    @operation("enroll_patient", "programs.enroll", takes=EnrollInput, gives=EnrolledBody, status=201, placed=True)
    def create(self, request: Request) -> HttpResponse:
        """Enroll a patient in a plan.

        What the plan promises is frozen, and each of its bundled products is ordered. A patient may be enrolled again
        in a plan that still runs for them; send an `Idempotency-Key`, so that a repeated request does not do so.
        """
        values = self.input()
        practice_id = self.practice_of_patient(values["patient_id"])
        program = enroll_patient(**values, practice_id=practice_id, again=True, by=self.actor, at=self.at)
        return self.show(self.programs, pk=program.pk)

    @operation("get_patient_service_plan", "programs.view", gives=ProgramProgressBody)
    def retrieve(self, request: Request, program_id: int) -> HttpResponse:
        """Get a program's progress."""
        return self.show(self.programs, pk=program_id)

    @operation("list_program_appointments", "programs.view", gives=ProgramAppointmentBody, key="appointments")
    def appointments(self, request: Request, program_id: int) -> HttpResponse:
        """List a program's appointments, the earliest first."""
        program = visible_rows(Enrollment).one(self.actor, pk=program_id)

        def appointments() -> AppointmentQuerySet:
            of_program = Appointment.objects.visible_to(self.actor).live().filter(enrollment=program)
            return of_program.order_by(F("starts_at").asc(nulls_last=True), "pk")

        return self.page(appointments)

    @operation("cancel_patient_service_plan", "programs.cancel", takes=CancelInput, gives=ProgramProgressBody)
    def cancel(self, request: Request, program_id: int) -> HttpResponse:
        """Cancel a program.

        Its open orders and its future appointments are cancelled with it.
        """
        cancel_program(program_id, cancel_appointments=True, **self.input(), by=self.actor, at=self.at)
        return self.show(self.programs, pk=program_id)
