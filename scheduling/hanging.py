"""Which future visits, slots and series depend on a specialist, room, practice, service or patient."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import ngettext_lazy

from catalog.models import Service
from core.hanging import Work
from core.hints import OfEach
from directory.models import SpecialistPractice
from scheduling.models import Appointment, AppointmentService, AvailableSlot, SlotSeries, TimeOff
from scheduling.querysets import AppointmentQuerySet, AvailableSlotQuerySet, TimeOffQuerySet
from scheduling.series import SlotSeriesQuerySet
from scheduling.states import OPEN

VISITS = ngettext_lazy("%(count)d visit or request ahead", "%(count)d visits and requests ahead", "count")
ASSISTING = ngettext_lazy("assisting in %(count)d visit ahead", "assisting in %(count)d visits ahead", "count")
SLOTS = ngettext_lazy("%(count)d slot ahead with a free place", "%(count)d slots ahead with free places", "count")
TIME_OFF = ngettext_lazy("%(count)d time off ahead", "%(count)d times off ahead", "count")
SERIES = ngettext_lazy("%(count)d series that makes slots", "%(count)d series that make slots", "count")


def _visits(of: Callable[[Any], Q]) -> dict[str, Any]:
    """How open visits of a row are found: those with a time ahead, and the requests without one."""

    def ahead(row: Any, at: datetime) -> AppointmentQuerySet:
        return _open().filter(of(row), starts_at__gte=at).order_by("starts_at", "pk")

    def untimed(row: Any, at: datetime) -> AppointmentQuerySet:
        return _open().filter(of(row), starts_at=None).order_by("pk")

    return {"rows": ahead, "also": untimed}


def _open() -> AppointmentQuerySet:
    """Open visits. SQLite would rather read all of an open status and sort them than walk on from now."""
    rows: AppointmentQuerySet = Appointment.objects.filter(OfEach(Q(status__in=OPEN)), archived_at=None)
    return rows.select_related("patient", "practice", "specialist")


def _with_service(service: Any) -> Q:
    """Visits with the service, asked of each: it may have been in a hundred thousand that are over."""
    return Q(Exists(AppointmentService.objects.filter(appointment=OuterRef("pk"), service=service)))


def _slots(at: datetime, **of: Any) -> AvailableSlotQuerySet:
    ahead: AvailableSlotQuerySet = AvailableSlot.objects.offered().filter(
        starts_at__gt=at, booked__lt=F("capacity"), **of
    )
    return ahead.select_related("specialist", "practice").order_by("starts_at", "pk")


def _series(at: datetime, **of: Any) -> SlotSeriesQuerySet:
    going: SlotSeriesQuerySet = SlotSeries.objects.filter(withdrawn_at=None, **of)
    return going.filter(Q(until_date=None) | Q(until_date__gte=at.date())).order_by("pk")


def _time_off(at: datetime, **of: Any) -> TimeOffQuerySet[TimeOff]:
    ahead: TimeOffQuerySet[TimeOff] = TimeOff.objects.live().filter(ends_at__gt=at, **of)
    return ahead.order_by("starts_at", "pk")


def _of_service(service: Service) -> dict[str, Any]:
    """Slots name a service by its code, in any practice of its organization; no code, no slot."""
    return {"practice__organization": service.organization_id, "appointment_type": service.code or None}


def _of_work(row: SpecialistPractice) -> dict[str, Any]:
    return {"specialist": row.specialist_id, "practice": row.practice_id}


WORK = [
    Work("directory.specialist", VISITS, **_visits(lambda row: Q(specialist=row))),
    Work("directory.specialist", ASSISTING, **_visits(lambda row: Q(assistants__specialist=row))),
    Work("directory.specialist", SLOTS, lambda row, at: _slots(at, specialist=row)),
    Work("directory.specialist", SERIES, lambda row, at: _series(at, specialist=row)),
    Work("directory.specialistpractice", VISITS, **_visits(lambda row: Q(**_of_work(row)))),
    Work("directory.specialistpractice", SLOTS, lambda row, at: _slots(at, **_of_work(row))),
    Work("directory.specialistpractice", SERIES, lambda row, at: _series(at, **_of_work(row))),
    Work("directory.room", VISITS, **_visits(lambda row: Q(practice=row.practice_id, room=row))),
    Work("directory.room", SLOTS, lambda row, at: _slots(at, practice=row.practice_id, room=row)),
    Work("directory.room", SERIES, lambda row, at: _series(at, room=row)),
    Work("directory.practice", VISITS, **_visits(lambda row: Q(practice=row))),
    Work("directory.practice", SLOTS, lambda row, at: _slots(at, practice=row)),
    Work("directory.practice", SERIES, lambda row, at: _series(at, practice=row)),
    # Moments stay where they are: in another zone each of these would be at another time of day.
    Work("directory.practice.time_zone", VISITS, _visits(lambda row: Q(practice=row))["rows"]),
    Work("directory.practice.time_zone", SLOTS, lambda row, at: _slots(at, practice=row)),
    Work("directory.practice.time_zone", SERIES, lambda row, at: _series(at, practice=row)),
    Work("directory.practice.time_zone", TIME_OFF, lambda row, at: _time_off(at, practice=row)),
    Work("catalog.service.code", SLOTS, lambda row, at: _slots(at, **_of_service(row))),
    Work("catalog.service.code", SERIES, lambda row, at: _series(at, **_of_service(row))),
    Work("catalog.service", VISITS, **_visits(_with_service)),
    Work("catalog.service", SLOTS, lambda row, at: _slots(at, **_of_service(row))),
    Work("catalog.service", SERIES, lambda row, at: _series(at, **_of_service(row))),
    Work(
        "catalog.servicespecialist",
        VISITS,
        **_visits(lambda row: _with_service(row.service_id) & Q(specialist=row.specialist_id)),
    ),
    Work("patients.patient", VISITS, **_visits(lambda row: Q(patient=row))),
]
