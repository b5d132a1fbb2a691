"""What patients may book online: the public slots of a public service, and the free times with one specialist."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, time, timedelta

from dateutil.relativedelta import relativedelta
from django.db.models import DurationField, Exists, ExpressionWrapper, F, OuterRef, Q

from catalog.models import Service, ServiceSpecialist
from core.actor import Actor
from core.errors import Missing
from directory.models import Practice, Specialist
from scheduling.calendar.free_time_search import FreeTime, Search, free_times
from scheduling.calendar.places import buffers
from scheduling.models import AvailableSlot
from scheduling.querysets import AvailableSlotQuerySet


def offered_publicly(service: Service) -> AvailableSlotQuerySet:
    """The slots of a public service that are open to online bookings, free or not: those of who offers it."""
    offered_by = ServiceSpecialist.objects.filter(service=service, specialist=OuterRef("specialist"), is_active=True)
    return AvailableSlot.objects.offered().filter(
        Exists(offered_by),
        practice__organization=service.organization_id,
        practice__show_in_online_bookings=True,
        practice__archived_at=None,
        specialist__show_in_online_bookings=True,
        specialist__scheduling_active=True,
        specialist__archived_at=None,
        appointment_type__in={"", service.code},
    )


def horizon_of(months: int, *, at: datetime) -> datetime:
    """The last moment to which patients may book: so many calendar months from `at`."""
    return at + relativedelta(months=months)


def _within_horizon(practices: Mapping[int, int], *, at: datetime) -> Q:
    """The condition to lie no further ahead than patients may book at each practice (id -> months)."""
    found = Q(pk__in=())
    for months in set(practices.values()):
        alike = [pk for pk, theirs in practices.items() if theirs == months]
        found |= Q(practice__in=alike, starts_at__lte=horizon_of(months, at=at))
    return found


def public_slots(service: Service, *, at: datetime, patient_ids: Collection[int] = ()) -> AvailableSlotQuerySet:
    """The free slots that patients may book for a public service: long enough and far enough ahead.

    What is held for one of the patients `patient_ids` is free for them.
    """
    practices = dict(
        Practice.objects.filter(organization=service.organization_id).values_list("pk", "booking_horizon_months")
    )
    length = ExpressionWrapper(F("ends_at") - F("starts_at"), output_field=DurationField())
    return (
        offered_publicly(service)
        .at_practices(list(practices))
        .available(at, holder=patient_ids)
        .annotate(length=length)
        .filter(
            _within_horizon(practices, at=at),
            length__gte=timedelta(minutes=service.duration_minutes),
            starts_at__gt=at + timedelta(hours=service.booking_lead_hours),
        )
    )


def online_offer(practice: Practice, specialist_id: int, service_id: int, *, by: Actor) -> ServiceSpecialist:
    """That a specialist of the practice offers a service which patients may book online; Missing where it is not so."""
    if not practice.show_in_online_bookings:
        raise Missing
    offers = ServiceSpecialist.objects.visible_to(by).select_related("service", "specialist")
    offer: ServiceSpecialist = offers.one(
        service_id=service_id,
        specialist_id=specialist_id,
        is_active=True,
        service__published=True,
        service__is_public=True,
        service__archived_at=None,
        specialist__in=Specialist.objects.taking_appointments().working_at(practice.pk),
        specialist__show_in_online_bookings=True,
    )
    return offer


def online_times(
    offer: ServiceSpecialist, practice: Practice, *, first: date, last: date, at: datetime, limit: int | None = None
) -> list[FreeTime]:
    """The times at which what is offered can be booked online, on the practice's days from `first` to `last`."""
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
