"""The slots in which a service can be booked online."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import models
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from api.base.body import Body
from api.base.filters import IdFilter
from api.base.operations import operation
from api.base.shared.people import named
from api.base.shared.practices import practice_name
from api.base.shared.times import PeriodFilters
from api.services.contract import ServicesViewSet
from catalog.models import Service
from core.prepared import PreparedFor, hole
from scheduling.calendar import limits_of, opening_of, slots_within
from scheduling.models import AvailableSlot
from scheduling.querysets import AvailableSlotQuerySet


class NamedPersonBody(Body):
    """A person, by name."""

    id = serializers.IntegerField()
    name = named()


class PlaceBody(Body):
    """A practice. All times are UTC; `time_zone` is the zone of the practice's clock."""

    id = serializers.IntegerField()
    name = practice_name()
    time_zone = serializers.CharField()


class FreeSlotBody(Body):
    """A slot that can be booked now."""

    id = serializers.IntegerField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    specialist = NamedPersonBody()
    practice = PlaceBody()


class FreeSlotFilters(PeriodFilters):
    """The filters of free slots; days are those on the practice's clock."""

    changes_of = AvailableSlot

    specialist_id = IdFilter("specialist_id", label="Filters by specialist.")


# Asked at every look at a calendar.
PUBLIC_SERVICE = PreparedFor(
    lambda by: Service.objects.visible_to(by).public().filter(uuid=hole("uuid", models.UUIDField()))
)


class FreeSlotViewSet(ServicesViewSet):
    """The slots in which a service can be booked online."""

    tag = "Booking"

    @operation("list_free_slots", "catalog.view", gives=FreeSlotBody, key="slots", filters=FreeSlotFilters)
    def list(self, request: Request, service_id: UUID) -> HttpResponse:
        """List the slots in which a service can be booked online, the earliest first.

        For services that are published and public; everyone may look.
        """
        service = PUBLIC_SERVICE.one(self.actor, uuid=service_id)
        opening = opening_of(service, at=self.at)

        def slots(**limits: Any) -> AvailableSlotQuerySet:
            found = slots_within(service, opening, {"at": self.at, **limits}, patient_ids=self.actor.patient_ids)
            return found.order_by("starts_at", "pk")

        return self.page(
            slots,
            of=(opening, service.code, service.duration_minutes),
            given=limits_of(service, opening, at=self.at),
        )
