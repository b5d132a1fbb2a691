"""The programs of patients: their list, progress and history; enrolling and cancelling."""

from __future__ import annotations

from django.db.models import F
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from api.base.body import Body, Made, Many, Money, or_null
from api.base.filters import Filters, Id, Word
from api.base.input import Id as IdInput
from api.base.input import Input, Text
from api.base.operations import Operation
from api.services.contract import APPOINTMENT_WORDS, ServicesView
from api.services.services import full_name
from orders.models import ProductOrder
from orders.states import OrderStatus
from programs.models import Enrollment
from programs.querysets import EnrollmentQuerySet
from programs.services import enroll_patient
from programs.states import BillingModel, EnrollmentStatus
from scheduling.models import Appointment
from scheduling.services import cancel_program


class PatientBody(Body):
    """A patient, by name."""

    id = serializers.IntegerField()
    name = Made(serializers.CharField(), "first_name", "last_name", make=full_name)


class ServiceNameBody(Body):
    """A service, by name."""

    name = serializers.CharField()


class EnrolledPlanBody(Body):
    """What was sold, as the plan stood then; `id` is the plan's."""

    id = serializers.IntegerField(source="service_plan_id")
    name = serializers.CharField()
    billing_model = serializers.ChoiceField(choices=BillingModel.values)
    telerehab_access = serializers.BooleanField()
    library_access = serializers.BooleanField()
    service = ServiceNameBody(allow_null=True)


class PatientServicePlanBody(Body):
    """A program of a patient, as it is listed. The sessions are those of the ledger."""

    id = serializers.IntegerField()
    patient_id = serializers.IntegerField()
    service_plan = EnrolledPlanBody(source="*")
    sessions_total = serializers.IntegerField(source="sessions_granted", allow_null=True)
    sessions_completed = serializers.IntegerField()
    sessions_cancelled = serializers.IntegerField()
    sessions_remaining = serializers.IntegerField(source="sessions_left", allow_null=True)
    access_starts_at = serializers.DateTimeField(allow_null=True)
    access_expires_at = serializers.DateTimeField(allow_null=True)
    status = serializers.ChoiceField(choices=EnrollmentStatus.values, source="current_status")
    enrolled_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)


class ProgressServiceBody(Body):
    """The service of a program."""

    id = serializers.UUIDField(source="uuid")
    name = serializers.CharField()
    duration_minutes = serializers.IntegerField()


class ProgressPlanBody(Body):
    """What was sold, as the plan stood then; `id` is the plan's."""

    id = serializers.IntegerField(source="service_plan_id")
    name = serializers.CharField()
    service = ProgressServiceBody(allow_null=True)
    total_price = Money(source="price")


class ProgramProgressBody(PatientServicePlanBody):
    """A program of a patient, with whose it is and when it changed."""

    patient = PatientBody()
    service_plan = ProgressPlanBody(source="*")  # type: ignore[assignment] # DRF fields may be replaced
    reason = or_null(serializers.CharField(), "cancellation_reason")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class OrderedProductBody(Body):
    """The product under the name by which it was ordered."""

    id = serializers.UUIDField(source="product.uuid")
    name = serializers.CharField(source="product_name")


class BundledOrderBody(Body):
    """An order that came with a program."""

    id = serializers.IntegerField()
    product = OrderedProductBody(source="*")
    quantity = serializers.IntegerField()
    status = serializers.ChoiceField(choices=OrderStatus.values)


class EnrolledBody(Body):
    """A new program, with the orders of its bundled products."""

    id = serializers.IntegerField()
    patient_id = serializers.IntegerField()
    service_plan_id = serializers.IntegerField()
    sessions_total = serializers.IntegerField(source="sessions_granted", allow_null=True)
    sessions_completed = serializers.IntegerField()
    access_starts_at = serializers.DateTimeField(allow_null=True)
    access_expires_at = serializers.DateTimeField(allow_null=True)
    status = serializers.ChoiceField(choices=EnrollmentStatus.values, source="current_status")
    enrolled_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    product_orders = Many(
        BundledOrderBody,
        of="enrollment_id",
        rows=lambda actor: ProductOrder.objects.visible_to(actor).order_by("pk"),
    )


class SpecialistNameBody(Body):
    """A specialist, by name."""

    name = Made(serializers.CharField(), "first_name", "last_name", make=full_name)


class ProgramAppointmentBody(Body):
    """An appointment of a program."""

    id = serializers.IntegerField()
    plan_session_number = serializers.IntegerField(allow_null=True)
    started_at = serializers.DateTimeField(source="starts_at", allow_null=True)
    status = Made(
        serializers.ChoiceField(choices=sorted(set(APPOINTMENT_WORDS.values()))), "status", make=APPOINTMENT_WORDS.get
    )
    specialist = SpecialistNameBody(allow_null=True)


class EnrollInput(Input):
    """Who is to be enrolled in what."""

    patient_id = IdInput()
    service_plan_id = IdInput()


class CancelInput(Input):
    """Why, if someone says so."""

    reason = Text(optional=True)


class ProgramFilters(Filters):
    """What programs can be searched by."""

    patient_id = Id("patient_id", label="Of this patient.")
    status = Word("current_status", words=EnrollmentStatus.values, label="How they stand now.")


class ProgramView(ServicesView):
    """A route of programs."""

    tag = "Patient service plans"

    def programs(self) -> EnrollmentQuerySet:
        """The programs that the caller may see, as they stand now."""
        return Enrollment.objects.visible_to(self.actor).with_status(self.at).with_ledger()


class ProgramListView(ProgramView):
    """/v1/patient-service-plans"""

    operations = {
        "GET": Operation(
            "list_patient_service_plans",
            "programs.view",
            gives=PatientServicePlanBody,
            key="patient_service_plans",
            filters=ProgramFilters,
        ),
        "POST": Operation(
            "enroll_patient", "programs.enroll", takes=EnrollInput, gives=EnrolledBody, status=201, placed=True
        ),
    }

    def get(self, request: Request) -> HttpResponse:
        """List the programs of patients.

        A patient sees their own, and those of the people they may act for.
        """
        return self.page(self.programs().order_by("pk"))

    def post(self, request: Request) -> HttpResponse:
        """Enroll a patient in a plan.

        What the plan promises is frozen, and each of its bundled products is ordered. A patient may be enrolled again
        in a plan that still runs for them; send an `Idempotency-Key`, so that a repeated request does not do so.
        """
        values = self.input()
        practice_id = self.practice_of_patient(values["patient_id"])
        program = enroll_patient(**values, practice_id=practice_id, again=True, by=self.actor, at=self.at)
        return self.show(self.programs(), pk=program.pk)


class ProgramProgressView(ProgramView):
    """/v1/patient-service-plans/{id}"""

    operations = {"GET": Operation("get_patient_service_plan", "programs.view", gives=ProgramProgressBody)}

    def get(self, request: Request, program_id: int) -> HttpResponse:
        """Get a program's progress."""
        return self.show(self.programs(), pk=program_id)


class ProgramAppointmentsView(ProgramView):
    """/v1/patient-service-plans/{id}/appointments"""

    operations = {
        "GET": Operation("list_program_appointments", "programs.view", gives=ProgramAppointmentBody, key="appointments")
    }

    def get(self, request: Request, program_id: int) -> HttpResponse:
        """List a program's appointments, the earliest first."""
        program = Enrollment.objects.visible_to(self.actor).one(pk=program_id)
        appointments = Appointment.objects.visible_to(self.actor).live().filter(enrollment=program)
        return self.page(appointments.order_by(F("starts_at").asc(nulls_last=True), "pk"))


class CancelProgramView(ProgramView):
    """/v1/patient-service-plans/{id}/cancel"""

    operations = {
        "PATCH": Operation(
            "cancel_patient_service_plan", "programs.cancel", takes=CancelInput, gives=ProgramProgressBody
        )
    }

    def patch(self, request: Request, program_id: int) -> HttpResponse:
        """Cancel a program.

        Its open orders and its future appointments are cancelled with it.
        """
        cancel_program(program_id, cancel_appointments=True, **self.input(), by=self.actor, at=self.at)
        return self.show(self.programs(), pk=program_id)
