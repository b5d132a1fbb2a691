"""What appointments can be searched by, and by which indexes these are found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import models
from django.db.models import Case, F, Q, When

from api.cliniko import words
from api.cliniko.filtering import DateTime, Field, Numeric, OneOf, Term, Ways
from api.cliniko.lists import ClinikoFilters, Hidden
from core.ids_first import Way
from scheduling.models import Appointment, AppointmentService
from scheduling.states import LONGEST_VISIT, AppointmentStatus

CANCELLED_AT = Case(
    When(status=AppointmentStatus.REJECTED, then=F("updated_at")),
    default=F("cancelled_at"),
    output_field=models.DateTimeField(null=True),
)


def cancelled_then(lookup: str, value: Any) -> Ways:
    """Those with such a time, and all that were turned down."""
    if lookup == "isnull":
        return ()
    turned_down = Way(Appointment, "status__exact"), AppointmentStatus.REJECTED.value
    return (Way(Appointment, f"cancelled_at__{lookup}"), value), turned_down


def ending_then(lookup: str, value: Any) -> Ways:
    """By their start, which has an index and is at most `LONGEST_VISIT` before their end."""
    if lookup == "isnull":
        return ()
    return ((Way(Appointment, f"starts_at__{lookup}"), value - LONGEST_VISIT if lookup in ("gt", "gte") else value),)


def of_type(lookup: str, value: Any) -> Ways:
    """Those with such a service, and those of the specialists whose default it is."""
    if lookup != "exact":
        return ()
    own = Way(AppointmentService, "service_id__exact", holder="appointment_id")
    return (own, value), (Way(Appointment, "specialist__default_service_id__exact"), value)


STATES: Mapping[str, Field] = {
    "archived_at": DateTime("archived_at", null=True),
    "cancelled_at": DateTime(CANCELLED_AT, null=True, found=cancelled_then),
    "deleted_at": DateTime("archived_at", null=True),
}
FIELDS: Mapping[str, Field] = {
    **STATES,
    "appointment_type_id": Numeric("service_id", null=True, found=of_type, sortable=False),
    "business_id": Numeric("practice_id"),
    "created_at": DateTime("created_at"),
    "ends_at": DateTime("ends_at", found=ending_then),
    "id": Numeric("pk"),
    "patient_id": Numeric("patient_id"),
    "practitioner_id": Numeric("specialist_id"),
    "repeated_from_id": Numeric("repeated_from_id", null=True),
    "starts_at": DateTime("starts_at"),
    "updated_at": DateTime("updated_at"),
}
HIDES: Hidden = (
    (frozenset({"archived_at", "deleted_at"}), Q(archived_at=None)),
    (frozenset({"cancelled_at"}), ~Q(status__in=words.CANCELLED)),
)


class AppointmentFilters(ClinikoFilters):
    """The filters of appointments; archived and cancelled ones are shown only if a filter names them."""

    model = Appointment
    fields = FIELDS
    hides = HIDES


class StateFilters(ClinikoFilters):
    """Whether one appointment is shown that is archived or cancelled."""

    many = False
    fields = STATES
    hides = HIDES


class AnyStateFilters(AppointmentFilters):
    """The same filters for a list of rows that other lists leave out."""

    hides = ()


STATUS: Mapping[str, Field] = {"status": OneOf("status")}
ONLY_ARCHIVED = (Term("archived_at", "?"),)
ONLY_CANCELLED = (Term("status", "in", words.CANCELLED),)


class ArchivedFilters(AnyStateFilters):
    """The same filters for the list of archived ones."""

    only = ONLY_ARCHIVED


class CancelledFilters(AnyStateFilters):
    """The same filters for the list of cancelled ones."""

    own = STATUS
    only = ONLY_CANCELLED
