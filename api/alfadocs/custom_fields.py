"""The fields that a clinic defined itself: listed, defined, and written for a patient."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from api.alfadocs.contract import AlfadocsViewSet, BareBody
from api.alfadocs.fields import VendorInput, WholeField
from api.alfadocs.filters import VendorFilters
from api.base.body import Body
from api.base.filters import RowsTextFilter
from api.base.input import ChoiceField, ListField, TextField
from api.base.lists import PreparedList, rows_for
from api.base.operations import operation
from core.actor import Actor
from core.checks import printable
from core.prepared import Among, PreparedFor
from patients.models import CustomField, CustomFieldValue, Patient
from patients.querysets import CustomFieldQuerySet
from patients.services import define_custom_field, set_custom_values
from patients.states import FieldObject, FieldType

# What the vendor writes before the name of such a field.
MARK = "_"
MOST_AT_ONCE = 100


class CustomFieldBody(Body):
    """A field that the clinic defined; a dropdown has choices."""

    id = serializers.IntegerField()
    objectType = serializers.ChoiceField(choices=FieldObject.values, source="object_type")
    label = serializers.CharField()  # type: ignore[assignment] # the metaclass takes it out of the class
    technicalName = serializers.CharField(source="technical_name")
    type = serializers.ChoiceField(choices=FieldType.values)
    choices = serializers.ListField(child=serializers.CharField())
    sequenceNumber = serializers.IntegerField(source="sequence_number", allow_null=True)


class CustomFieldFilters(VendorFilters):
    """The filters of fields."""

    objectType = RowsTextFilter(
        lambda rows, text, at: rows.of(text), label="Only fields of this kind of object: patient or care_plan."
    )


class CustomFieldInput(VendorInput):
    """A field to define; without a technical name it gets one made of its label."""

    objectType = ChoiceField(FieldObject.values, source="object_type")
    label = TextField(max_length=255)  # type: ignore[assignment] # the metaclass takes it out of the class
    technicalName = TextField(optional=True, max_length=65, source="technical_name")
    type = ChoiceField(FieldType.values)
    choices = ListField(child=TextField(max_length=255), required=False, allow_null=True, max_length=200)
    sequenceNumber = WholeField(required=False, allow_null=True, min_value=0, max_value=32767, source="sequence_number")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A name is taken with or without its mark; no choices are none."""
        attrs["technical_name"] = attrs.get("technical_name", "").removeprefix(MARK)
        attrs["choices"] = attrs.get("choices") or []
        return attrs


class CustomValueInput(VendorInput):
    """What a field is to say."""

    technicalName = TextField(max_length=65)
    value = serializers.JSONField(allow_null=True)


class CustomValuesInput(VendorInput):
    """What some fields are to say of a patient."""

    data = ListField(child=CustomValueInput(), max_length=MOST_AT_ONCE)  # type: ignore[assignment] # as above


class DoneBody(BareBody):
    """That it was done."""


def _fields(actor: Actor) -> CustomFieldQuerySet:
    return CustomField.objects.visible_to(actor).live().of(FieldObject.PATIENT)


VALUES = PreparedFor(
    lambda by: (
        CustomFieldValue.objects.visible_to(by)
        .filter(Among("patient", "patients"), Among("field", "fields"))
        .values_list("patient_id", "field_id", "value")
    )
)


def values_of(actor: Actor, patient_ids: Collection[int]) -> Mapping[int, dict[str, Any]]:
    """What each live field says of each patient, by its name with its mark; null where it says nothing."""
    fields = rows_for(actor, values_of, lambda: PreparedList(_fields(actor).in_order(), ("pk", "technical_name")))
    names = {pk: f"{MARK}{name}" for pk, name in fields.rows()}
    said: dict[int, dict[str, Any]] = defaultdict(lambda: dict.fromkeys(names.values()))
    if names:
        for patient_id, field_id, value in VALUES.all(actor, patients=patient_ids, fields=names):
            said[patient_id][names[field_id]] = value
    return said


def named_in(actor: Actor, sent: Mapping[str, Any]) -> dict[str, Any]:
    """What a request says of the clinic's own fields, by technical name; names of no such field are left aside."""
    said = list(sent.items())[: 2 * MOST_AT_ONCE]
    wanted = {name.removeprefix(MARK): value for name, value in said if name == printable(name)}
    if not wanted:
        return {}
    fields = CustomField.objects.visible_to(actor).live().of(FieldObject.PATIENT)
    known = fields.filter(technical_name__in=wanted).values_list("technical_name", flat=True)
    return {name: wanted[name] for name in known}


class CustomFieldViewSet(AlfadocsViewSet):
    """The clinic's own fields."""

    tag = "Custom fields"
    own_code = "patient_not_found"

    @operation(
        "list_custom_fields",
        "patients.view",
        scope="custom-field:list",
        gives=CustomFieldBody,
        key="data",
        filters=CustomFieldFilters,
        whole=True,
    )
    def list(self, request: Request) -> HttpResponse:
        """List the fields that the clinic defined, of all kinds of object unless told otherwise."""
        organization_id = self.practice.organization_id

        def fields() -> Any:
            return CustomField.objects.visible_to(self.actor).live().filter(organization=organization_id).in_order()

        return self.whole(fields)

    @operation(
        "create_custom_field",
        "patients.define_custom_field",
        scope="custom-field:create",
        takes=CustomFieldInput,
        gives=CustomFieldBody,
        makes=True,
    )
    def create(self, request: Request) -> HttpResponse:
        """Define a field."""
        values = self.input()
        made = define_custom_field(
            organization_id=self.practice.organization_id, values=values, by=self.actor, at=self.at
        )
        return self.show(CustomField.objects.visible_to(self.actor), pk=made.pk)

    @operation(
        "update_custom_fields_of_patient",
        "patients.set_custom_value",
        scope="patient:create",
        takes=CustomValuesInput,
        gives=DoneBody,
    )
    def write(self, request: Request, patient_id: int) -> HttpResponse:
        """Write what some of the fields say of a patient, all or none; null or an empty text takes it away."""
        told = {one["technicalName"].removeprefix(MARK): one["value"] for one in self.input()["data"]}
        Patient.objects.visible_to(self.actor).filter(organization=self.practice.organization_id).one(pk=patient_id)
        set_custom_values(patient_id, values=told, by=self.actor, at=self.at)
        return self.success()
