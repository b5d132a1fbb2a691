"""Bookings: appointments, group sessions and time off in one list, told apart by what they have.

Three tables share one space of ids: appointments as they are, the slots of group sessions from 2**51 on, time off from
2**52 on. A page is cut out of the ids of all; then each kind is read by its own Body.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import Any, ClassVar

from django.db.models import (
    BigIntegerField,
    BooleanField,
    DateTimeField,
    Exists,
    F,
    OuterRef,
    Q,
    Subquery,
    Value,
)
from django.db.models.expressions import Combinable, ExpressionWrapper
from django.http import HttpResponse, QueryDict
from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import serializers
from rest_framework.request import Request

from api.base.body import Body, ComputedField, ConstantField, Reading, Row, or_null
from api.base.lists import Listed, PreparedList, rows_for
from api.base.operations import Operation, operation, shape_of
from api.base.paging import Page
from api.cliniko.appointment_filters import FIELDS as APPOINTMENT_FIELDS
from api.cliniko.appointment_filters import HIDES as APPOINTMENT_HIDES
from api.cliniko.appointments import IndividualAppointmentBody, shown
from api.cliniko.attendees import GROUP, UNAVAILABLE
from api.cliniko.contract import ClinikoViewSet
from api.cliniko.filtering import Array, Boolean, DateTime, Field, Numeric, Ways
from api.cliniko.links import linked, self_link
from api.cliniko.lists import Asked, ClinikoFilters, Hidden, PageLinks
from catalog.models import Service
from core.actor import Actor
from core.errors import Missing
from core.hints import OfEach, asked_of_each
from core.ids_first import Way
from core.prepared import Among, visible_rows
from patients.models import PatientCase
from scheduling.models import Appointment, AvailableSlot, TimeOff
from scheduling.querysets import in_group
from scheduling.states import AppointmentStatus

NOTHING = Value(None, output_field=BigIntegerField())
NEVER = Value(None, output_field=DateTimeField())


# ------------------------------------------------------------------------------------------ the objects


class BookedAppointmentBody(IndividualAppointmentBody):
    """An individual appointment as a booking."""

    links = self_link("bookings/{}")


class GroupAppointmentBody(Body):
    """A group session, with the ids of who comes."""

    id = ComputedField(serializers.CharField(), "pk", make=lambda pk: str(GROUP + pk))
    appointment_type = linked("appointment_types/{}", "service_id", null=True)
    archived_at = serializers.DateTimeField(source="withdrawn_at", allow_null=True)
    attendees = linked("group_appointments/{}/attendees", offset=GROUP)
    business = linked("businesses/{}", "practice_id")
    conflicts = ConstantField(serializers.JSONField(), None)
    created_at = serializers.DateTimeField()
    deleted_at = serializers.DateTimeField(source="withdrawn_at", allow_null=True)
    ends_at = serializers.DateTimeField()
    links = self_link("bookings/{}", offset=GROUP)
    max_attendees = serializers.IntegerField(source="capacity")
    notes = ConstantField(serializers.CharField(), None)
    patient_ids = ComputedField(serializers.ListField(child=serializers.CharField()), "pk", make=lambda pk: pk)
    practitioner = linked("practitioners/{}", "specialist_id")
    repeat_rule = ConstantField(serializers.JSONField(), None)
    repeated_from = ConstantField(serializers.JSONField(), None)
    repeats = ConstantField(serializers.JSONField(), None)
    starts_at = serializers.DateTimeField()
    telehealth_url = or_null(serializers.URLField(), "specialist__telehealth_url")
    updated_at = serializers.DateTimeField()

    @classmethod
    def build(cls, rows: Iterable[Row], reading: Reading) -> list[dict[str, Any]]:
        """The sessions; one more query for who comes to all of them."""
        built = super().build(rows, reading)
        coming = patient_ids(reading.actor, [one["patient_ids"] for one in built])
        for one in built:
            one["patient_ids"] = coming[one["patient_ids"]]
        return built


def patient_ids(actor: Actor, slot_ids: list[int]) -> dict[int, list[str]]:
    """Who comes to the group sessions, by session."""
    prepared = rows_for(actor, patient_ids, lambda: _coming(actor))
    found: dict[int, list[str]] = defaultdict(list)
    for slot_id, patient_id in prepared.noted.given(prepared.rows(slots=slot_ids)):
        found[slot_id].append(str(patient_id))
    return found


def _coming(actor: Actor) -> PreparedList:
    # SQLite would read all open visits by their status.
    visits = asked_of_each(Appointment.objects.visible_to(actor).open())
    visits = visits.filter(Among("slot_id", "slots"), patient__isnull=False)
    return PreparedList(visits.order_by("pk"), ("slot_id", "patient_id"), through=False)


class UnavailableBlockBody(Body):
    """Time off of a practitioner."""

    id = ComputedField(serializers.CharField(), "pk", make=lambda pk: str(UNAVAILABLE + pk))
    archived_at = serializers.DateTimeField(allow_null=True)
    business = linked("businesses/{}", "practice_id")
    conflicts = ConstantField(serializers.JSONField(), None)
    created_at = serializers.DateTimeField()
    deleted_at = serializers.DateTimeField(source="archived_at", allow_null=True)
    ends_at = serializers.DateTimeField()
    links = self_link("bookings/{}", offset=UNAVAILABLE)
    notes = or_null(serializers.CharField(), "reason")
    practitioner = linked("practitioners/{}", "specialist_id")
    repeat_rule = ConstantField(serializers.JSONField(), None)
    repeated_from = ConstantField(serializers.JSONField(), None)
    repeats = ConstantField(serializers.JSONField(), None)
    starts_at = serializers.DateTimeField()
    unavailable_block_type = ConstantField(serializers.JSONField(), None)
    updated_at = serializers.DateTimeField()


# ------------------------------------------------------------------------------------------- the kinds


def _comes(patient_id: int) -> Q:
    """Whether a patient comes to a group session."""
    return Q(Exists(Appointment.objects.filter(slot=OuterRef("pk"), patient=patient_id).open()))


def of_patient(lookup: str, value: Any) -> Ways:
    """The appointments of a patient."""
    return ((Way(Appointment, "patient_id__exact"), value),)


COMMON: Mapping[str, Field] = {
    "business_id": Numeric("practice_id"),
    "created_at": DateTime("created_at"),
    "ends_at": DateTime("ends_at"),
    "practitioner_id": Numeric("specialist_id"),
    "starts_at": DateTime("starts_at"),
    "updated_at": DateTime("updated_at"),
}
# What all three have, and never without a value: the order of a union is that of its columns.
TIMES = ("created_at", "updated_at", "starts_at", "ends_at")
COLUMNS = {"business_id": "practice_id", "practitioner_id": "specialist_id"}
SORTS: Mapping[str, Field] = {name: COMMON[name] for name in (*TIMES, *COLUMNS)} | {"id": Numeric("pk")}
MISSED = ExpressionWrapper(Q(status=AppointmentStatus.NO_SHOW), output_field=BooleanField())
ATTENDED = Value(False, output_field=BooleanField())
TYPE_OF_SLOT = Subquery(
    Service.objects.filter(organization=OuterRef("practice__organization"), code=OuterRef("appointment_type"))
    .exclude(code="")
    .order_by("sequence_number", "pk")
    .values("pk")[:1]
)


class AnyBookings(ClinikoFilters):
    """What the lists of all three tables are sorted by."""

    sorts = SORTS
    sorts_by_fields = False


class AppointmentBookings(AnyBookings):
    """Appointments among bookings."""

    model = Appointment
    fields = {
        **{name: APPOINTMENT_FIELDS[name] for name in APPOINTMENT_FIELDS if name != "patient_id"},
        "did_not_arrive": Boolean(MISSED),
        "patient_ids": Array(lambda patient_id: Q(patient=patient_id), found=of_patient),
    }
    hides: ClassVar[Hidden] = APPOINTMENT_HIDES


class GroupBookings(AnyBookings):
    """Group sessions among bookings."""

    fields = {
        **COMMON,
        "appointment_type_id": Numeric("service_id", null=True),
        "archived_at": DateTime("withdrawn_at", null=True),
        "cancelled_at": DateTime(NEVER, null=True),
        "deleted_at": DateTime("withdrawn_at", null=True),
        "did_not_arrive": Boolean(ATTENDED),
        "id": Numeric(F("pk") + GROUP),
        "patient_ids": Array(_comes),
        "repeated_from_id": Numeric(NOTHING, null=True),
    }
    hides: ClassVar[Hidden] = ((frozenset({"archived_at", "deleted_at"}), OfEach(Q(withdrawn_at=None))),)


class BlockBookings(AnyBookings):
    """Time off among bookings."""

    fields = {
        **COMMON,
        "appointment_type_id": Numeric(NOTHING, null=True),
        "archived_at": DateTime("archived_at", null=True),
        "cancelled_at": DateTime(NEVER, null=True),
        "deleted_at": DateTime("archived_at", null=True),
        "did_not_arrive": Boolean(ATTENDED),
        "id": Numeric(F("pk") + UNAVAILABLE),
        "patient_ids": Array(lambda patient_id: Q(pk__in=())),
        "repeated_from_id": Numeric(NOTHING, null=True),
    }
    hides: ClassVar[Hidden] = ((frozenset({"archived_at", "deleted_at"}), Q(archived_at=None)),)


@dataclass(frozen=True, slots=True)
class Kind:
    """One of the three tables: its rows, how they are shown and searched, and where their ids begin."""

    rows: Callable[[Actor], Any]
    body: type[Body]
    filters: type[ClinikoFilters]
    offset: int

    def column(self, name: str) -> Combinable:
        """What its rows are sorted by."""
        whole = ExpressionWrapper(F("pk") + self.offset, output_field=BigIntegerField())
        return whole if name == "id" else F(name if name in TIMES else COLUMNS[name])


KINDS = (
    Kind(
        lambda actor: shown(Appointment.objects.visible_to(actor)).exclude(in_group()),
        BookedAppointmentBody,
        AppointmentBookings,
        0,
    ),
    Kind(
        lambda actor: AvailableSlot.objects.visible_to(actor).groups().annotate(service_id=TYPE_OF_SLOT),
        GroupAppointmentBody,
        GroupBookings,
        GROUP,
    ),
    Kind(
        lambda actor: TimeOff.objects.visible_to(actor).filter(specialist__isnull=False),
        UnavailableBlockBody,
        BlockBookings,
        UNAVAILABLE,
    ),
)


def _with_ids(kind: Kind, actor: Actor) -> PreparedList:
    return PreparedList(kind.rows(actor).filter(Among("pk", "ids")), ("pk", *kind.body.columns()))


class BookingFilters(AnyBookings):
    """The filters of bookings."""

    fields = AppointmentBookings.fields


def booking_schema(many: bool = False) -> Any:
    """One of the three objects."""
    kinds = [BookedAppointmentBody, GroupAppointmentBody, UnavailableBlockBody]
    return PolymorphicProxySerializer("Booking", kinds, resource_type_field_name=None, many=many)


@cache
def booking_page(key: str) -> type[serializers.Serializer[Any]]:
    """A page of them; one class for all lists of the same."""
    entries: dict[str, Any] = {key: booking_schema(many=True)}
    name = f"{key.title().replace('_', '')}Page"
    return shape_of(name, **entries, total_entries=serializers.IntegerField(), links=PageLinks())


# ------------------------------------------------------------------------------------------ the viewset

LISTED: dict[str, Any] = {"gives": BookedAppointmentBody, "key": "bookings", "filters": BookingFilters}


class BookingViewSet(ClinikoViewSet):
    """Bookings."""

    tag = "Bookings"

    @operation("list_bookings", "scheduling.view", **LISTED)
    def list(self, request: Request) -> HttpResponse:
        """List appointments, group sessions and time off.

        Archived and cancelled ones are left out unless a filter names them: `archived_at:*`.
        """
        return self._page(KINDS)

    @operation("get_booking", "scheduling.view", gives=BookedAppointmentBody)
    def retrieve(self, request: Request, booking_id: int) -> HttpResponse:
        """Get an appointment, a group session or time off."""
        kind = next(kind for kind in reversed(KINDS) if booking_id > kind.offset)
        found = self._built(kind, [booking_id - kind.offset])
        if not found:
            raise Missing
        return self.answer(next(iter(found.values())))

    @operation(
        "list_group_appointments",
        "scheduling.view",
        **{**LISTED, "key": "group_appointments", "filters": GroupBookings},
    )
    def list_groups(self, request: Request) -> HttpResponse:
        """List group sessions."""
        return self._page(KINDS[1:2])

    @operation(
        "list_unavailable_blocks",
        "scheduling.view",
        **{**LISTED, "key": "unavailable_blocks", "filters": BlockBookings},
    )
    def list_blocks(self, request: Request) -> HttpResponse:
        """List time off."""
        return self._page(KINDS[2:])

    @operation("list_patient_case_bookings", "scheduling.view", **LISTED)
    def list_of_case(self, request: Request, patient_case_id: int) -> HttpResponse:
        """List the appointments of a case."""
        visible_rows(PatientCase).one(self.actor, pk=patient_case_id)
        return self._page(KINDS[:1], patient_case=patient_case_id)

    def _page(self, kinds: Sequence[Kind], **of: int) -> HttpResponse:
        """A page of all kinds together; `of`: only those with these values, which stand in the path."""
        parameters = self.request.GET
        number, size = self.pager.bounds(parameters.dict())
        start = (number - 1) * size
        arms, down = self._arms(kinds, parameters, of)
        cut = [row[: len(down)] for arm in arms for row in arm.between(0, start + size + 1)]
        for column in reversed(range(len(down))):
            cut.sort(key=itemgetter(column), reverse=down[column])
        cut = cut[start : start + size + 1]
        ends = len(cut) <= size and (cut or not start)
        total = start + len(cut) if ends else sum(arm.count(None) for arm in arms)
        wanted: dict[int, list[int]] = defaultdict(list)
        for *_sorts, offset, pk in cut[:size]:
            wanted[offset].append(pk)
        built = {
            (kind.offset, pk): one
            for kind in kinds
            if kind.offset in wanted
            for pk, one in self._built(kind, wanted[kind.offset]).items()
        }
        objects = [built[offset, pk] for *_sorts, offset, pk in cut[:size] if (offset, pk) in built]
        return self.answer(self.envelope(self.operation.key, objects, Page([], number, size, total)))

    def _arms(
        self, kinds: Sequence[Kind], parameters: QueryDict, of: Mapping[str, int]
    ) -> tuple[Sequence[Listed], Sequence[bool]]:
        """The ids of each kind, behind what they are sorted by, in that order; and which of these columns go down.

        Each kind is read by an index as far as the page goes; a union of them in the database would sort all rows.
        """
        by_kind = {kind.offset: self.found(Asked(kind.filters, parameters)) for kind in kinds}
        sorts = by_kind[kinds[0].offset].sorts
        down = [*(one_down for _name, one_down in sorts), sorts[-1][1], sorts[-1][1]]
        names = (*(f"sort_{n}" for n in range(len(sorts))), "kind", "row")
        # Ids have an index, what is reckoned with them has none.
        by = [*("row" if field == "id" else name for name, (field, _down) in zip(names, sorts, strict=False)), "row"]
        order = [f"{'-' if one else ''}{name}" for name, one in zip(by, down, strict=False)]

        def arm(kind: Kind) -> Listed:
            asked = by_kind[kind.offset]

            def rows(*, prepared: bool = False) -> Any:
                found = asked.narrowed(kind.rows(self.actor).filter(**of), prepared=prepared)
                values = (*(kind.column(name) for name, _down in sorts), Value(kind.offset, BigIntegerField()), F("pk"))
                return found.annotate(**dict(zip(names, values, strict=True))).order_by(*order)

            return self.prepared(
                lambda: rows(prepared=True),
                rows,
                asked=(kind.offset, asked.key),
                values=asked.values,
                path=self.kwargs,
                columns=names,
            )

        return [arm(kind) for kind in kinds], down

    def _built(self, kind: Kind, pks: Iterable[int]) -> dict[int, dict[str, Any]]:
        """The objects of one kind with these ids, as far as the caller may see them."""
        prepared = rows_for(self.actor, kind.body, lambda: _with_ids(kind, self.actor))
        rows = prepared.noted.given(prepared.rows(ids=pks))
        objects = kind.body.build([row[1:] for row in rows], self.reading)
        return {row[0]: one for row, one in zip(rows, objects, strict=True)}

    # --------------------------------------------------------------------------------- described

    def enclosed_schema(self, operation: Operation) -> Any:
        """One of the three objects."""
        return booking_schema()

    def envelope_schema(self, operation: Operation) -> type[serializers.Serializer[Any]]:
        """A page of them."""
        return booking_page(operation.key)
