"""Customers (our patients), and how people are named."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, TypeVar

from django.db import models
from django.db.models import Case, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Concat
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.request import Request

from api.base.body import Body, ComputedField, or_null
from api.base.filters import RowsChoiceFilter, RowsTextFilter
from api.base.input import DATE, ChoiceField, DateTimeField, EmailField, TextField, UrlField
from api.base.operations import operation
from api.base.shared.countries import CountryField, country_name
from api.base.shared.people import named
from api.flextell.contract import IDS, FlextellViewSet, VendorFilters, VendorInput
from core.hints import OfEach
from patients.models import Patient, PhoneNumber
from patients.querysets import PatientQuerySet
from patients.searching import LONGEST_WORD
from patients.services import PhoneValues, create_patient
from patients.states import Gender

Rows = TypeVar("Rows", bound=QuerySet[Any, Any])
SORTABLE = ("id", "first_name", "last_name", "email", "created_at", "updated_at")


def midnight(day: date | None) -> str | None:
    """A day as the contract writes it: a date-time at 00:00 UTC."""
    return None if day is None else f"{day}T00:00:00Z"


def address(*parts: str) -> str | None:
    """The lines of an address in one."""
    return ", ".join(part for part in parts if part) or None


class UserBody(Body):
    """A member of staff, by name."""

    id = serializers.IntegerField()
    name = named()


class CustomerBody(Body):
    """A customer. `phone_number` is an annotation, see `with_phone`; no channels are kept."""

    id = serializers.IntegerField()
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    phone_number = serializers.CharField(allow_null=True)
    email = or_null(serializers.EmailField(), "email")
    date_of_birth = ComputedField(serializers.DateTimeField(), "date_of_birth", make=midnight, allow_null=True)
    gender = or_null(serializers.ChoiceField(choices=Gender.values), "gender")
    country_name = ComputedField(serializers.CharField(), "country_code", make=country_name, allow_null=True)
    identity_number = or_null(serializers.CharField(), "identity_number")
    job = or_null(serializers.CharField(), "occupation")
    address = ComputedField(
        serializers.CharField(), "address_1", "address_2", "address_3", "post_code", "city", "state",
        make=address, allow_null=True,
    )  # fmt: skip
    default_channel_id = ComputedField(serializers.IntegerField(), "pk", make=lambda pk: None, allow_null=True)
    avatar_url = or_null(serializers.URLField(), "avatar_url")
    related_user = UserBody(source="primary_specialist", allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    deleted_at = serializers.DateTimeField(source="archived_at", allow_null=True)


# The whole number; what cannot be made out as one is told as it was typed.
NUMBER = Case(
    When(e164="", prefix="", then="number"),
    When(e164="", then=Concat("prefix", Value(" "), "number")),
    default="e164",
    output_field=models.CharField(),
)


def with_phone(rows: Rows, patient: str = "") -> Rows:
    """`rows` with the first number of the patient at `patient` ("" = the row is one)."""
    prefix = f"{patient}__" if patient else ""
    numbers = PhoneNumber.objects.filter(patient=OuterRef(f"{prefix}pk")).order_by("position", "pk")
    return rows.annotate(**{f"{prefix}phone_number": Subquery(numbers.values(told=NUMBER)[:1])})


class Birthday(DateTimeField):
    """A day, or a date-time of which the day counts as it is written, whatever its offset."""

    def to_internal_value(self, data: Any) -> Any:
        """The day."""
        if isinstance(data, str) and DATE.fullmatch(data):
            data = f"{data}T00:00:00Z"
        super().to_internal_value(data)
        return date.fromisoformat(data[:10])


class CustomerInput(VendorInput):
    """A customer to add."""

    first_name = TextField(max_length=255)
    last_name = TextField(max_length=255)
    phone_number = TextField(optional=True, max_length=32)
    email = EmailField(optional=True, error_messages={"invalid": _("must be a valid email address.")})
    date_of_birth = Birthday(naive_is_utc=True, required=False, allow_null=True)
    gender = ChoiceField(Gender.values, required=False, allow_null=True)
    country_name = CountryField(optional=True, source="country_code")
    identity_number = TextField(optional=True, max_length=50)
    job = TextField(optional=True, max_length=255, source="occupation")
    address = TextField(optional=True, max_length=255, source="address_1")
    avatar_url = UrlField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Nothing told is an empty text."""
        attrs["gender"] = attrs.get("gender") or ""
        return attrs


# Under what names the parameters carry a word that many patients have, and what lies beyond it; no client's.
WORD, BEYOND = "word of many", "beyond the word of many"


class CustomerFilters(VendorFilters):
    """The filters and the order of customers."""

    model = Patient
    looked_up = {"updated_since": "updated_at__gte", "gender": "gender__exact"}

    search = RowsTextFilter(
        lambda rows, text, at: rows.found_by(text), label="Words of the name, an e-mail address, or a phone number."
    )
    gender = RowsChoiceFilter(
        lambda rows, word, at: rows.filter(OfEach(Q(gender=word))),
        words=Gender.values,
        label="Only customers of this gender.",
    )
    sort_by = RowsChoiceFilter(lambda rows, word, at: rows, words=SORTABLE, label="The field to sort by.")
    sort_order = RowsChoiceFilter(lambda rows, word, at: rows, words=("asc", "desc"), label="The sort direction.")

    @classmethod
    def compared(cls, parameters: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
        """The same, and the word of many."""
        word = {name: (models.TextField(), parameters[name]) for name in (WORD, BEYOND) if name in parameters}
        return {**super().compared(parameters), **word}

    @classmethod
    def narrow(cls, queryset: Any, parameters: Mapping[str, Any], *, at: datetime) -> Any:
        """The rows that fit, sorted as is asked."""
        told = dict(parameters)
        word, beyond = told.pop(WORD, None), told.pop(BEYOND, None)
        narrowed: Any = super().narrow(queryset, told, at=at)
        narrowed = narrowed if word is None else narrowed.beginning_with(word, beyond)
        sign = "-" if parameters.get("sort_order") == "desc" else ""
        return narrowed.order_by(sign + parameters.get("sort_by", "id"), f"{sign}id")


class CustomerViewSet(FlextellViewSet):
    """Customers."""

    tag = "Customers"

    def customers(self) -> PatientQuerySet:
        """The customers that the caller may see."""
        return with_phone(Patient.objects.visible_to(self.actor).live())

    def parameters(self) -> dict[str, Any]:
        """The same; of a search for one word the ids of those whom it means, or where the names of many begin so."""
        sent = super().parameters()
        for name in (WORD, BEYOND):
            sent.pop(name, None)
        text = sent.get("search", "").strip()
        if not (text.isascii() and text.isalpha() and len(text) <= LONGEST_WORD):
            return sent
        rows = Patient.objects.visible_to(self.actor)
        meant = rows.words_like(text)
        if meant.ids is not None and IDS not in sent:
            del sent["search"]
            sent[IDS] = meant.ids
        elif (place := meant.alone_in_one_place()) is not None:
            del sent["search"]
            sent[WORD], sent[BEYOND] = place
        return sent

    @operation(
        "list_customers",
        "patients.view",
        gives=CustomerBody,
        key="data",
        filters=CustomerFilters,
        placed=True,
        scope="customers:read",
    )
    def list(self, request: Request) -> HttpResponse:
        """List customers."""
        return self.page(self.customers)

    @operation(
        "create_customer",
        "patients.create_patient",
        takes=CustomerInput,
        gives=CustomerBody,
        status=201,
        placed=True,
        scope="customers:write",
    )
    def create(self, request: Request) -> HttpResponse:
        """Create a customer."""
        values = self.input()
        number = values.pop("phone_number", "")
        numbers: list[PhoneValues] = [{"number": number}] if number else []
        organization_id = self.organization_id()
        patient = create_patient(
            organization_id=organization_id, values=values, phone_numbers=numbers, by=self.actor, at=self.at
        )
        return self.show(self.customers, pk=patient.pk)

    @operation("get_customer", "patients.view", gives=CustomerBody, placed=True, scope="customers:read")
    def retrieve(self, request: Request, customer_id: int) -> HttpResponse:
        """Get a customer."""
        return self.show(self.customers, pk=customer_id)
