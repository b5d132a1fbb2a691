"""Books: appointments made from slots, with the same ids."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from api.availability.contract import AdminInput, AvailabilityViewSet
from api.availability.filters import OfMonths
from api.availability.words import BOOK_WORDS
from api.base.body import Body
from api.base.filters import IdFilter, RowsDateFilter
from api.base.input import IdField, TextField
from api.base.operations import operation
from api.base.shared.times import in_milliseconds
from api.base.words import WordField, WordFilter
from core.hints import asked_of_each
from core.prepared import Hole
from scheduling.models import Appointment
from scheduling.querysets import AppointmentQuerySet
from scheduling.services import book_slot
from scheduling.states import CreatedVia


class BookBody(Body):
    """An appointment that was made from a slot."""

    id = serializers.IntegerField()
    available_slot_id = serializers.IntegerField(source="slot_id")
    patient_id = serializers.IntegerField(allow_null=True)
    appointment_type = serializers.CharField()
    notes = serializers.CharField()
    status = WordField(BOOK_WORDS, "status")
    created_at = in_milliseconds("created_at")
    updated_at = in_milliseconds("updated_at")


class BookFields(AdminInput):
    """The patient and the slot, and the appointment type (by default the slot's)."""

    available_slot_id = IdField(source="slot_id")
    patient_id = IdField()
    appointment_type = TextField(optional=True, max_length=50)
    notes = TextField(optional=True, max_length=10_000)


class CreateBookInput(AdminInput):
    """A book to create."""

    book = BookFields()


class BookFilters(OfMonths):
    """The filters of books; days are those on the practice's clock, both inclusive."""

    changes_of = Appointment

    provider_id = IdFilter("specialist_id", label="Filters by provider.")
    patient_id = IdFilter("patient_id", label="Filters by patient.")
    available_slot_id = IdFilter("slot_id", label="Filters by slot.")
    status = WordFilter("status", words=BOOK_WORDS, in_order=True, label="Filters by status.")
    start_date = RowsDateFilter(lambda rows, day, at: rows.starting_from(day), label="From this day on.")
    end_date = RowsDateFilter(lambda rows, day, at: rows.starting_until(day), label="Up to and including this day.")

    @classmethod
    def narrow(cls, queryset: Any, parameters: Mapping[str, Any], *, at: datetime) -> Any:
        """As every filter; of one slot, whose books are few, whatever else is asked is asked of these."""
        of_slot = {name: value for name, value in parameters.items() if name == "available_slot_id"}
        if not any(isinstance(value, Hole) for value in of_slot.values()) and not cls.compared(of_slot):
            return super().narrow(queryset, parameters, at=at)
        others = {name: value for name, value in parameters.items() if name not in of_slot}
        return super().narrow(asked_of_each(super().narrow(queryset, others, at=at)), of_slot, at=at)


class BookViewSet(AvailabilityViewSet):
    """Books."""

    tag = "Books"

    def books(self) -> AppointmentQuerySet:
        """The books that the caller may see."""
        return Appointment.objects.visible_to(self.actor).live().filter(slot__isnull=False)

    @operation("list_books", "scheduling.view", gives=BookBody, key="books", filters=BookFilters)
    def list(self, request: Request) -> HttpResponse:
        """List books, the earliest first."""
        return self.page(lambda: self.books().order_by("starts_at", "pk"))

    @operation("create_book", "scheduling.book", takes=CreateBookInput, gives=BookBody, status=201)
    def create(self, request: Request) -> HttpResponse:
        """Book a patient into a slot.

        409 if the slot has no free place or the patient is busy, with what clashes.
        """
        values = self.input()["book"]
        slot_id = values.pop("slot_id")
        book = book_slot(slot_id, **values, created_via=CreatedVia.API, by=self.actor, at=self.at)
        return self.show(self.books, pk=book.pk)
