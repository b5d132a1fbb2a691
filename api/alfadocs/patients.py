"""Patients: searched by every parameter, shown, added and changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import CharField
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from api.alfadocs import words
from api.alfadocs.contract import AlfadocsViewSet, reply_schema
from api.alfadocs.custom_fields import named_in, values_of
from api.alfadocs.fields import (
    CodeField,
    DayField,
    IdField,
    TruthField,
    VendorInput,
    WholeField,
    WordField,
    compact,
    local,
    number,
    number_text,
    truth,
    truth_text,
)
from api.alfadocs.filters import DayFilter, SliceFilters
from api.alfadocs.phone_numbers import PhoneNumberBody, PhoneNumberChange, PhoneNumberInput, phone_numbers
from api.base.body import Body, ComputedField, Many, Reading, Row
from api.base.filters import RowsTextFilter
from api.base.input import EmailField, TextField
from api.base.lists import AskedList, FreshList, Listed, PreparedList, rows_for
from api.base.operations import Operation, operation, shape_of
from api.base.view import holes_for
from core.plain_text import range_of
from core.prepared import hole
from patients.models import Patient
from patients.names import fold
from patients.querysets import PatientQuerySet, texts_of_names
from patients.services import change_patient, create_patient


def is_valid(email: str) -> str:
    """Whether it is an e-mail address, as a text."""
    try:
        validate_email(email)
    except ValidationError:
        return truth_text(False)
    return truth_text(True)


class PatientBody(Body):
    """A patient. The clinic's own fields come beside these, each under its name with an underscore."""

    id = serializers.IntegerField()
    firstName = serializers.CharField(source="first_name")
    lastName = serializers.CharField(source="last_name")
    email = serializers.CharField()
    emailEnabled = serializers.BooleanField(source="email_enabled")
    emailValid = ComputedField(serializers.ChoiceField(choices=["true", "false"]), "email", make=is_valid)
    phoneNumbers = Many(PhoneNumberBody, of="patient_id", rows=phone_numbers)
    gender = ComputedField(
        serializers.ChoiceField(choices=list(words.GENDERS)), "gender", make=words.GENDER_WORDS.get, allow_null=True
    )
    street = serializers.CharField(source="address_1")
    city = serializers.CharField()
    postcode = serializers.CharField(source="post_code")
    province = serializers.CharField(source="state")
    dateOfBirth = serializers.DateField(source="date_of_birth", allow_null=True)
    dateBirth = serializers.DateField(source="date_of_birth", allow_null=True)
    placeOfBirth = serializers.CharField(source="place_of_birth")
    italianFiscalCode = serializers.CharField(source="italian_fiscal_code")
    job = serializers.CharField(source="occupation")
    yearlyNumberingYear = number_text("yearly_numbering_year", null=True)
    yearlyNumberingNumber = number_text("yearly_numbering_number", null=True)
    defaultDiscount = ComputedField(
        serializers.DecimalField(5, 2, coerce_to_string=False), "default_discount", make=number
    )
    sourceId = serializers.IntegerField(source="source_id", allow_null=True)
    priceListId = serializers.IntegerField(source="price_list_id", allow_null=True)
    emailReminderPossible = truth("email_reminders")
    smsReminderPossible = truth("sms_reminders")
    createdAt = local("created_at")
    documentSignatureEmailPossible = truth("document_signature_email")
    lastModifiedAt = local("updated_at")

    @classmethod
    def build(cls, rows: Iterable[Row], reading: Reading) -> list[dict[str, Any]]:
        """The patients; two more queries for the clinic's own fields of all of them."""
        built = super().build(rows, reading)
        said = values_of(reading.actor, [one["id"] for one in built])
        return [{**one, **said[one["id"]]} for one in built]


class PutAwayPatientBody(Body):
    """What is told of a patient whose record was archived: who it was, and when."""

    id = serializers.IntegerField()
    firstName = serializers.CharField(source="first_name")
    lastName = serializers.CharField(source="last_name")
    dateOfBirth = serializers.DateField(source="date_of_birth", allow_null=True)
    dateBirth = serializers.DateField(source="date_of_birth", allow_null=True)
    createdAt = local("created_at")
    lastModifiedAt = local("updated_at")


class AnyPatientBody(PatientBody):
    """A patient; of one whose record was archived only the name and the dates."""

    def get_fields(self) -> dict[str, Any]:
        """The fields; required are those that are always told."""
        fields = super().get_fields()
        always = PutAwayPatientBody().fields
        for name, field in fields.items():
            field.required = name in always
        return fields


def dated(rows: Any, day: Any, at: datetime) -> Any:
    """Those born on that day."""
    return rows.born_on(day)


class BornFilter(DayFilter):
    """A date of birth."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.by = dated


def told(rows: Any, value: Any, at: datetime) -> Any:
    """All rows: the list itself looks at this parameter, together with others."""
    return rows


class PatientFilters(SliceFilters):
    """What patients are searched by."""

    phoneNumberPrefix = RowsTextFilter(
        told, label="The country prefix of one of the patient's phone numbers; 0039 is +39."
    )
    phoneNumber = RowsTextFilter(told, label="One of the patient's phone numbers, with or without country prefix.")
    firstName = RowsTextFilter(told, label="The beginning of the first name.")
    lastName = RowsTextFilter(told, label="The beginning of the last name.")
    email = RowsTextFilter(
        lambda rows, text, at: rows.found_by(text) if "@" in text else rows.none(), label="The e-mail address."
    )
    italianFiscalCode = RowsTextFilter(
        lambda rows, text, at: rows.with_fiscal_code(compact(text)), label="The fiscal code, ignoring spaces."
    )
    dateBirth = BornFilter(label="The date of birth.")
    dateOfBirth = BornFilter(label="The same parameter under its other name.")


class PatientInput(VendorInput):
    """A patient; `createdAt` and `lastModifiedAt` are ignored."""

    firstName = TextField(max_length=255, source="first_name")
    lastName = TextField(max_length=255, source="last_name")
    email = EmailField(optional=True)
    emailEnabled = TruthField(required=False, source="email_enabled")
    # Null is also how a gender shows that is neither; sent back it says nothing.
    gender = WordField({**words.GENDERS, "": ""}, required=False)
    street = TextField(optional=True, max_length=255, source="address_1")
    city = TextField(optional=True, max_length=255)
    postcode = TextField(optional=True, max_length=20, source="post_code")
    province = TextField(optional=True, max_length=255, source="state")
    dateOfBirth = DayField(required=False, allow_null=True, source="date_of_birth")
    dateBirth = DayField(required=False, allow_null=True)
    placeOfBirth = TextField(optional=True, max_length=255, source="place_of_birth")
    italianFiscalCode = CodeField()
    job = TextField(optional=True, max_length=255, source="occupation")
    yearlyNumberingYear = WholeField(
        required=False, allow_null=True, min_value=0, max_value=32767, source="yearly_numbering_year"
    )
    yearlyNumberingNumber = WholeField(
        required=False, allow_null=True, min_value=0, max_value=2**31 - 1, source="yearly_numbering_number"
    )
    defaultDiscount = serializers.DecimalField(
        required=False, max_digits=5, decimal_places=2, min_value=0, max_value=100, source="default_discount"
    )
    sourceId = IdField(required=False, allow_null=True, source="source_id")
    priceListId = IdField(required=False, allow_null=True, source="price_list_id")
    emailReminderPossible = TruthField(required=False, source="email_reminders")
    smsReminderPossible = TruthField(required=False, source="sms_reminders")
    documentSignatureEmailPossible = TruthField(required=False, source="document_signature_email")
    phoneNumbers = serializers.ListField(child=PhoneNumberInput(), required=False, allow_null=True, max_length=20)

    def to_internal_value(self, data: Any) -> Any:
        """The values by column, and under `custom_values` what is said of the clinic's own fields."""
        values = super().to_internal_value(data)
        # What the vendor shows of a patient comes back as it was, and is no field of the clinic's own.
        known = self.fields.keys() | PatientBody._declared_fields.keys()
        others = {name: value for name, value in data.items() if name not in known}
        values["custom_values"] = named_in(self.context["actor"], others)
        return values

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """By our columns: the date of birth by either name; no numbers say nothing."""
        if "dateBirth" in attrs:
            born = attrs.pop("dateBirth")
            attrs.setdefault("date_of_birth", born)
        if "italianFiscalCode" in attrs:
            attrs["italian_fiscal_code"] = attrs.pop("italianFiscalCode")
        attrs["phoneNumbers"] = attrs.get("phoneNumbers") or []
        return attrs


class PatientChange(PatientInput):
    """What is to be changed of a patient."""

    phoneNumbers = serializers.ListField(child=PhoneNumberChange(), required=False, allow_null=True, max_length=20)


BORN = ("dateBirth", "dateOfBirth")
NAMES = ("from", "beyond")
IN_ORDER = ("search_name", "pk")


class PatientViewSet(AlfadocsViewSet):
    """Patients."""

    tag = "Patients"
    own_code = "patient_not_found"

    def enclosed_schema(self, operation: Operation) -> Any:
        """The reply's shape; of one patient it is told whose record was archived."""
        return reply_schema(AnyPatientBody) if operation.id == "get_patient" else super().enclosed_schema(operation)

    def patients(self) -> PatientQuerySet:
        """Those of the archive whom the caller may see."""
        rows: PatientQuerySet = Patient.objects.visible_to(self.actor)
        return rows.filter(organization=self.practice.organization_id)

    @operation(
        "search_patients",
        "patients.view",
        scope="patient:list",
        gives=PatientBody,
        key="results",
        filters=PatientFilters,
        whole=True,
    )
    def list(self, request: Request) -> HttpResponse:
        """Search for patients by all that is told, in the order of their names; all of them where nothing is."""
        parameters = {name: text for name, text in self.parameters().items() if text.strip()}
        offset, limit = PatientFilters.bounds(parameters)
        last = fold(parameters.get("lastName", ""))
        if not parameters.keys() - {*PatientFilters.read_by_view, *BORN, *(["lastName"] if last else [])}:
            return self._slice(self._born(parameters, last=last), offset, limit)
        found = PatientFilters.narrow(self.patients().live(), parameters, at=self.at)
        first, last = parameters.get("firstName", ""), parameters.get("lastName", "")
        prefix, phone = parameters.get("phoneNumberPrefix", ""), parameters.get("phoneNumber", "")
        meant = found.words_named(first=first, last=last)
        only_names = parameters.keys() <= {*PatientFilters.read_by_view, "firstName", "lastName"}
        are_many = meant is None or meant.ids is None
        if only_names and are_many and (texts := texts_of_names(first=first, last=last)):
            return self._slice(self._named(texts), offset, limit)
        named, counted = found.named_to_count(first=first, last=last, meant=meant)
        if prefix or phone:
            named = counted = named.reached_at(phone, prefix=prefix, organization_id=self.practice.organization_id)
        listed = FreshList(named.order_by(*IN_ORDER), PatientBody.columns(), counted=counted)
        return self._slice(listed, offset, limit)

    def _named(self, texts: Mapping[str, str]) -> Listed:
        """The many of these names."""
        columns, rows = PatientBody.columns(), self.patients().live()

        def made() -> PreparedList:
            named, counted = rows.in_place({name: hole(name, CharField()) for name in texts})
            return PreparedList(named.order_by(*IN_ORDER), columns, counted=counted)

        what = (type(self)._named, self.practice.organization_id)
        return AskedList(rows_for(self.actor, what, made), texts)

    def _born(self, parameters: Mapping[str, str], *, last: str) -> Listed:
        """Those born on the day that is told whose folded name begins with `last`; everybody where neither is told."""
        *born, _last = PatientFilters.read(parameters, *BORN, "lastName")
        days = {name: day for name, day in zip(BORN, born, strict=True) if day is not None}
        names = dict(zip(NAMES, range_of(last), strict=True)) if last else {}

        def rows(days: Mapping[str, Any], names: Mapping[str, Any]) -> PatientQuerySet:
            found = self.patients().live()
            for day in days.values():
                found = found.born_on(day)
            if names:
                found = found.filter(search_name__gte=names["from"], search_name__lt=names["beyond"])
            return found.order_by(*IN_ORDER)

        return self.prepared(
            lambda: rows(holes_for(days), {name: hole(name, CharField()) for name in names}),
            lambda: rows(days, names),
            asked=(self.practice.organization_id, frozenset(days), bool(names)),
            values={**days, **names},
            path={},
            columns=PatientBody.columns(),
        )

    @operation(
        "create_patient",
        "patients.create_patient",
        scope="patient:create",
        takes=PatientInput,
        gives=PatientBody,
        makes=True,
    )
    def create(self, request: Request) -> HttpResponse:
        """Add a patient. One who looks like another is added all the same."""
        values = self.input()
        numbers, own = values.pop("phoneNumbers"), values.pop("custom_values")
        made = create_patient(
            organization_id=self.practice.organization_id,
            values=values,
            phone_numbers=numbers,
            custom_values=own,
            by=self.actor,
            at=self.at,
        )
        return self.show(self.patients(), pk=made.pk)

    @operation("get_patient", "patients.view", scope="patient:view", gives=PatientBody)
    def retrieve(self, request: Request, patient_id: int) -> HttpResponse:
        """Get a patient; of one whose record was archived only the name and the dates."""
        patient = self.patients().only("archived_at", "merged_into").one(pk=patient_id)
        if patient.archived_at is None and patient.merged_into_id is None:
            return self.show(self.patients(), pk=patient_id)
        rows = self.patients().filter(pk=patient_id).values_list(*PutAwayPatientBody.columns())
        (told,) = PutAwayPatientBody.build(rows, self.reading)
        return self.answer(self.enclose(told))

    @operation(
        "update_patient",
        "patients.change_patient",
        scope="patient:create",
        takes=PatientChange,
        partial=True,
        gives=PatientBody,
    )
    def update(self, request: Request, patient_id: int) -> HttpResponse:
        """Change a patient; what is left out stays as it is.

        A phone number that the patient has is changed, any other is added; none is taken away.
        """
        values = self.input()
        numbers, own = values.pop("phoneNumbers"), values.pop("custom_values")
        self.patients().live().one(pk=patient_id)
        change_patient(patient_id, values=values, more_numbers=numbers, custom_values=own, by=self.actor, at=self.at)
        return self.show(self.patients(), pk=patient_id)

    def _slice(self, found: Listed, offset: int, limit: int) -> HttpResponse:
        """`{"links": {"next": ...}, "total": 1, "offset": 0, "limit": 100, "results": [...]}`."""
        self.require_here()
        every = found.between(offset, offset + limit + 1)
        total = offset + len(every) if len(every) <= limit and (every or not offset) else found.count(None)
        links: dict[str, Any] = {}
        if offset + limit < total:
            told = {name: text for name, text in self.request.GET.items() if name not in ("offset", "limit")}
            asked = urlencode({**told, "offset": offset + limit, "limit": limit})
            links = {
                "next": f"{self.request.build_absolute_uri(self.request.path)}?{asked}",
                "pages": -(-total // limit),
            }
        shown = PatientBody.build(found.given(every[:limit]), self.reading)
        return self.answer({"links": links, "total": total, "offset": offset, "limit": limit, "results": shown})

    def envelope_schema(self, operation: Operation) -> type[serializers.Serializer[Any]]:
        """Return the same for the OpenAPI document."""
        whole = serializers.IntegerField
        links = shape_of("Links", next=serializers.URLField(required=False), pages=whole(required=False))
        return shape_of(
            "PatientPage", links=links(), total=whole(), offset=whole(), limit=whole(), results=PatientBody(many=True)
        )
