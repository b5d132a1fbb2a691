"""Patient cases: episodes of care that group a patient's appointments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import DateField as DateColumn
from django.db.models import Value
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from api.base.body import Body, ComputedField, ConstantField, Reading, Row
from api.base.input import TextField
from api.base.lists import PreparedList, rows_for
from api.base.operations import operation
from api.cliniko import words
from api.cliniko.contract import ClinikoViewSet
from api.cliniko.filtering import Date, DateTime, Numeric
from api.cliniko.inputs import IdField, VendorInput
from api.cliniko.links import linked, self_link, text_id
from api.cliniko.lists import ClinikoFilters
from core.actor import Actor
from core.hints import asked_of_each
from core.prepared import Among
from patients.models import PatientCase
from patients.querysets import OfPatientQuerySet
from patients.services import archive_case, change_case, open_case
from scheduling.models import Appointment

PATH = "patient_cases/{}"


class PatientCaseBody(Body):
    """A case. Referrals, limits and dates are not kept."""

    id = text_id()
    name = serializers.CharField()
    notes = ConstantField(serializers.CharField(), None)
    closed = ComputedField(serializers.BooleanField(), "archived_at", make=lambda archived_at: archived_at is not None)
    issue_date = ConstantField(serializers.DateField(), None)
    expiry_date = ConstantField(serializers.DateField(), None)
    max_sessions = ConstantField(serializers.IntegerField(), None)
    max_invoiceable_amount = ConstantField(serializers.CharField(), None)
    include_cancelled_attendees = ConstantField(serializers.BooleanField(), False)
    include_dna_attendees = ConstantField(serializers.BooleanField(), False)
    referral = ConstantField(serializers.BooleanField(), False)
    referral_type = ConstantField(serializers.CharField(), None)
    attendee_ids = ComputedField(serializers.ListField(child=serializers.CharField()), "pk", make=lambda pk: pk)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    archived_at = serializers.DateTimeField(allow_null=True)
    patient = linked("patients/{}", "patient_id")
    attendees = linked("patient_cases/{}/attendees")
    bookings = linked("patient_cases/{}/bookings")
    patient_attachments = linked("patient_cases/{}/patient_attachments")
    invoices = linked("patient_cases/{}/invoices")
    links = self_link(PATH)

    @classmethod
    def build(cls, rows: Iterable[Row], reading: Reading) -> list[dict[str, Any]]:
        """The cases; one more query for the attendees of all of them."""
        built = super().build(rows, reading)
        attending = attendee_ids(reading.actor, [one["attendee_ids"] for one in built])
        for one in built:
            one["attendee_ids"] = attending[one["attendee_ids"]]
        return built


def attendee_ids(actor: Actor, case_ids: list[int]) -> dict[int, list[str]]:
    """Return the attendees of the cases' visits, by case."""
    prepared = rows_for(actor, attendee_ids, lambda: _standing(actor))
    found: dict[int, list[str]] = defaultdict(list)
    for case_id, pk, *_whose in prepared.rows(cases=case_ids):
        found[case_id].append(str(pk))
    return found


def _standing(actor: Actor) -> PreparedList:
    # SQLite would read all visits of a practice.
    visits = asked_of_each(Appointment.objects.visible_to(actor).live().exclude(status__in=words.CANCELLED))
    standing = visits.filter(Among("patient_case_id", "cases"), starts_at__isnull=False, specialist__isnull=False)
    return PreparedList(standing.order_by("pk"), ("patient_case_id", "pk"), through=False)


class PatientCaseFilters(ClinikoFilters):
    """The filters of cases. Cases never expire."""

    model = PatientCase
    fields = {
        "created_at": DateTime("created_at"),
        "expiry_date": Date(Value(None, output_field=DateColumn(null=True)), null=True),
        "id": Numeric("pk"),
        "patient_id": Numeric("patient_id"),
        "updated_at": DateTime("updated_at"),
    }


class ChangePatientCaseInput(VendorInput):
    """The changes of a case."""

    name = TextField(max_length=255)


class PatientCaseInput(ChangePatientCaseInput):
    """A case to open."""

    patient_id = IdField()


LISTED: dict[str, Any] = {"gives": PatientCaseBody, "key": "patient_cases", "filters": PatientCaseFilters}


class PatientCaseViewSet(ClinikoViewSet):
    """Patient cases."""

    tag = "Patient cases"
    own_code = "patientcase_not_found"

    def cases(self) -> OfPatientQuerySet[PatientCase]:
        """Those that the caller may see, archived or not."""
        return PatientCase.objects.visible_to(self.actor)

    @operation("list_patient_cases", "patients.view", **LISTED)
    def list(self, request: Request) -> HttpResponse:
        """List cases that are not archived."""
        return self.page(lambda: self.cases().live())

    @operation("get_patient_case", "patients.view", gives=PatientCaseBody)
    def retrieve(self, request: Request, patient_case_id: int) -> HttpResponse:
        """Get a case, archived or not: appointments are linked with it."""
        return self.show(self.cases, pk=patient_case_id)

    @operation("create_patient_case", "patients.open_case", takes=PatientCaseInput, gives=PatientCaseBody, status=201)
    def create(self, request: Request) -> HttpResponse:
        """Open a case of a patient."""
        values = self.input()
        made = open_case(values.pop("patient_id"), values=values, by=self.actor, at=self.at)
        return self.created(self.show(self.cases, pk=made.pk), PATH.format(made.pk))

    @operation(
        "update_patient_case",
        "patients.change_case",
        takes=ChangePatientCaseInput,
        partial=True,
        gives=PatientCaseBody,
    )
    def partial_update(self, request: Request, patient_case_id: int) -> HttpResponse:
        """Change a case."""
        return self._change(patient_case_id)

    @operation(
        "replace_patient_case",
        "patients.change_case",
        takes=ChangePatientCaseInput,
        partial=True,
        gives=PatientCaseBody,
    )
    def update(self, request: Request, patient_case_id: int) -> HttpResponse:
        """Change a case: the older way."""
        return self._change(patient_case_id)

    @operation("archive_patient_case", "patients.archive_case", status=204)
    def archive(self, request: Request, patient_case_id: int) -> HttpResponse:
        """Archive a case."""
        archive_case(patient_case_id, by=self.actor, at=self.at)
        return self.no_content()

    def _change(self, patient_case_id: int) -> HttpResponse:
        change_case(patient_case_id, values=self.input(), by=self.actor, at=self.at)
        return self.show(self.cases, pk=patient_case_id)
