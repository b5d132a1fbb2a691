"""What patients may book online: the public slots of a public service, and one specialist's free times."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta
from django.db.models import BigIntegerField, Exists, OuterRef, Q, QuerySet

from catalog.models import Service, ServiceSpecialist
from core.actor import Actor
from core.errors import Missing
from core.prepared import Prepared, PreparedFor, hole
from directory.models import Practice, Specialist
from scheduling.calendar.free_time_search import FreeTime, Search, free_times
from scheduling.calendar.places import buffers
from scheduling.closures import ClosedDays, closed_days
from scheduling.dated import LastsFor
from scheduling.models import AvailableSlot
from scheduling.querysets import AvailableSlotQuerySet


def offered_publicly(service_id: int, organization_id: int, code: str) -> Q:
    """The condition that a slot of a public service's specialist is open to online booking, free or not."""
    offered_by = ServiceSpecialist.objects.filter(service=service_id, specialist=OuterRef("specialist"), is_active=True)
    return Q(
        Exists(offered_by),
        withdrawn_at=None,
        practice__organization=organization_id,
        practice__show_in_online_bookings=True,
        practice__archived_at=None,
        specialist__show_in_online_bookings=True,
        specialist__scheduling_active=True,
        specialist__archived_at=None,
        appointment_type__in={"", code},
    )


def horizon_of(months: int, *, at: datetime) -> datetime:
    """Return the last moment that patients may book: `months` calendar months after `at`."""
    return at + relativedelta(months=months)


@dataclass(frozen=True, slots=True)
class Opening:
    """How far ahead the practices of a service take online bookings, and their closed days.

    `horizons` maps a number of months to the practices that take bookings so far ahead.
    """

    horizons: tuple[tuple[int, tuple[int, ...]], ...]
    closed: ClosedDays

    @property
    def practices(self) -> list[int]:
        """All of the practices."""
        return [pk for _months, alike in self.horizons for pk in alike]


_horizons = Prepared(
    lambda: Practice.objects.filter(organization=hole("organization_id", BigIntegerField())).values_list(
        "pk", "booking_horizon_months"
    )
)


def opening_of(service: Service, *, at: datetime) -> Opening:
    """Read how far ahead a service can be booked, and the closed days."""
    alike: dict[int, list[int]] = defaultdict(list)
    for practice_id, months in _horizons(organization_id=service.organization_id):
        alike[months].append(practice_id)
    horizons = tuple((months, tuple(practices)) for months, practices in alike.items())
    found = Opening(horizons, ())
    return replace(found, closed=closed_days(at, practices=found.practices))


def limits_of(service: Service, opening: Opening, *, at: datetime) -> dict[str, datetime]:
    """Return the moments that slots are compared with: now, the earliest bookable start, the end of each horizon."""
    last = {f"last_in_{months}": horizon_of(months, at=at) for months, _practices in opening.horizons}
    return {"at": at, "earliest": at + timedelta(hours=service.booking_lead_hours), **last}


def public_slots(service: Service, *, at: datetime, patient_ids: Collection[int] = ()) -> AvailableSlotQuerySet:
    """Return the free slots that patients may book for a public service, long enough and not too soon or too far ahead.

    What is held for one of the patients `patient_ids` is free for them.
    """
    opening = opening_of(service, at=at)
    return slots_within(service, opening, limits_of(service, opening, at=at), patient_ids=patient_ids)


def slots_within(
    service: Service, opening: Opening, limits: Mapping[str, Any], *, patient_ids: Collection[int] = ()
) -> AvailableSlotQuerySet:
    """Return `public_slots` within these limits (from `limits_of`, or placeholders for them), without a query."""
    at = limits["at"]
    near = Q(pk__in=())
    for months, alike in opening.horizons:
        near |= Q(practice__in=alike, starts_at__lte=limits[f"last_in_{months}"])
    return (
        AvailableSlot.objects.filter(offered_publicly(service.pk, service.organization_id, service.code))
        .knowing(opening.closed, at)
        .available(at, holder=patient_ids)
        .filter(near, LastsFor(timedelta(minutes=service.duration_minutes)), starts_at__gt=limits["earliest"])
    )


def online_offer(practice: Practice, specialist_id: int, service_id: int, *, by: Actor) -> ServiceSpecialist:
    """Return a specialist's offer of a service that patients may book online; raise Missing if there is none."""
    if not practice.show_in_online_bookings:
        raise Missing
    offer: ServiceSpecialist = _online_offers.one(
        by, service_id=service_id, specialist_id=specialist_id, practice_id=practice.pk
    )
    return offer


def _offers_of(by: Actor) -> QuerySet[ServiceSpecialist]:
    service, specialist, practice = (
        hole(name, BigIntegerField()) for name in ("service_id", "specialist_id", "practice_id")
    )
    offers = ServiceSpecialist.objects.visible_to(by).select_related("service")
    return offers.filter(
        service_id=service,
        specialist_id=specialist,
        is_active=True,
        service__published=True,
        service__is_public=True,
        service__archived_at=None,
        specialist__in=Specialist.objects.taking_appointments().working_at(practice),
        specialist__show_in_online_bookings=True,
    )


_online_offers = PreparedFor(_offers_of)


def online_times(
    offer: ServiceSpecialist, practice: Practice, *, first: date, last: date, at: datetime, limit: int | None = None
) -> list[FreeTime]:
    """Return the times at which the offer can be booked online, on the practice's days from `first` to `last`."""
    service = offer.service
    before, after = buffers(service)
    search = Search(
        start=max(datetime.combine(first, time(), practice.zone), at + timedelta(hours=service.booking_lead_hours)),
        end=min(
            datetime.combine(last + timedelta(days=1), time(), practice.zone),
            horizon_of(practice.booking_horizon_months, at=at),
        ),
        duration=timedelta(minutes=service.duration_minutes),
        before=before,
        after=after,
        appointment_type=service.code,
    )
    return free_times(practice, [offer.specialist_id], search, at=at, limit=limit)
