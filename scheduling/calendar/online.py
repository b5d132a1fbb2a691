"""What patients may book online: the public slots of a public service."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import DurationField, Exists, ExpressionWrapper, F, OuterRef

from catalog.models import Service, ServiceSpecialist
from directory.models import Practice
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


def public_slots(service: Service, *, at: datetime, patient_ids: Collection[int] = ()) -> AvailableSlotQuerySet:
    """The free slots that patients may book for a public service: long enough and far enough ahead.

    What is held for one of the patients `patient_ids` is free for them.
    """
    practices = Practice.objects.filter(organization=service.organization_id).values_list("pk", flat=True)
    length = ExpressionWrapper(F("ends_at") - F("starts_at"), output_field=DurationField())
    return (
        offered_publicly(service)
        .at_practices(list(practices))
        .available(at, holder=patient_ids)
        .annotate(length=length)
        .filter(
            length__gte=timedelta(minutes=service.duration_minutes),
            starts_at__gt=at + timedelta(hours=service.booking_lead_hours),
        )
    )
