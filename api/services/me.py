"""Who is signed in, whom they may act for, and those patients' appointments."""

from __future__ import annotations

from typing import Any

from django.db.models import F
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from api.base.body import Body, Made, Many, or_null
from api.base.filters import AppliedWord, DayOrMoment, Filters, Id
from api.base.input import Id as IdInput
from api.base.input import Input
from api.base.operations import Operation
from api.base.throttling import BookThrottle
from api.services.booking import OwnAppointmentBody, OwnAppointmentsView
from api.services.contract import APPOINTMENT_WORDS, ServicesView
from api.services.enrollments import CancelInput
from api.services.services import full_name
from core.actor import Actor
from directory.models import User
from patients.models import PatientAccess
from patients.states import Relation
from scheduling.services import cancel_own_appointment, reschedule_own_appointment


def acts_for(actor: Actor) -> Any:
    """For whom the actor may act with this credential."""
    return PatientAccess.objects.visible_to(actor).filter(patient_id__in=actor.patient_ids).order_by("pk")


class ActsForBody(Body):
    """Somebody for whom the user may act."""

    id = serializers.IntegerField(source="patient_id")
    name = Made(serializers.CharField(), "patient__first_name", "patient__last_name", make=full_name)
    relation = serializers.ChoiceField(choices=Relation.values)


class MeBody(Body):
    """Who is signed in, and for whom they may act."""

    id = serializers.IntegerField()
    username = serializers.CharField()
    name = Made(serializers.CharField(), "first_name", "last_name", make=full_name)
    email = or_null(serializers.EmailField(), "email")
    patients = Many(ActsForBody, of="user_id", rows=acts_for)


class RescheduleInput(Input):
    """Where the appointment is to go."""

    slot_id = IdInput()


class OwnFilters(Filters):
    """What own appointments can be searched by."""

    patient_id = Id("patient_id", label="Of this patient.")
    status = AppliedWord(
        lambda rows, word, at: rows.filter(status__in=[one for one, told in APPOINTMENT_WORDS.items() if told == word]),
        words=sorted(set(APPOINTMENT_WORDS.values())),
        label="How they stand.",
    )


# `from` is a word of Python, so the two are put in by hand.
OwnFilters.base_filters |= {
    "from": DayOrMoment(lambda rows, when, at: rows.starting_from(when), label="From this day or moment on."),
    "to": DayOrMoment(lambda rows, when, at: rows.starting_until(when), label="Up to this day, or before this moment."),
}


class MeView(ServicesView):
    """/v1/me"""

    tag = "Me"
    operations = {"GET": Operation("get_me", "patients.view", gives=MeBody)}

    def get(self, request: Request) -> HttpResponse:
        """Get who is signed in, and whom they may act for."""
        return self.show(User.objects.visible_to(self.actor), pk=self.actor.user_id)


class OwnAppointmentListView(OwnAppointmentsView):
    """/v1/me/appointments"""

    tag = "Me"
    operations = {
        "GET": Operation(
            "list_own_appointments",
            "scheduling.view",
            gives=OwnAppointmentBody,
            key="appointments",
            filters=OwnFilters,
        )
    }

    def get(self, request: Request) -> HttpResponse:
        """List one's own appointments and those of whom one may act for: without a time first, then the latest."""
        own = self.appointments().filter(patient_id__in=self.actor.patient_ids)
        return self.page(own.order_by(F("starts_at").desc(nulls_first=True), "-pk"))


class CancelOwnView(OwnAppointmentsView):
    """/v1/me/appointments/{id}/cancel"""

    tag = "Me"
    operations = {
        "PATCH": Operation(
            "cancel_own_appointment", "scheduling.cancel_own", takes=CancelInput, gives=OwnAppointmentBody
        )
    }

    def patch(self, request: Request, appointment_id: int) -> HttpResponse:
        """Cancel an appointment.

        Until the practice's notice period; later only where the practice then keeps the session: 409.
        """
        cancel_own_appointment(appointment_id, **self.input(), by=self.actor, at=self.at)
        return self.show(self.appointments(), pk=appointment_id)


class RescheduleOwnView(OwnAppointmentsView):
    """/v1/me/appointments/{id}/reschedule"""

    tag = "Me"
    throttle_classes = [BookThrottle]
    operations = {
        "PATCH": Operation(
            "reschedule_own_appointment", "scheduling.reschedule_own", takes=RescheduleInput, gives=OwnAppointmentBody
        )
    }

    def patch(self, request: Request, appointment_id: int) -> HttpResponse:
        """Move an appointment to another free slot of its service, until the practice's notice period."""
        reschedule_own_appointment(appointment_id, **self.input(), by=self.actor, at=self.at)
        return self.show(self.appointments(), pk=appointment_id)
