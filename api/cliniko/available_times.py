"""Available times: when an appointment of a type can be booked online with a practitioner."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import BigIntegerField
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from api.base.body import Body
from api.base.filters import Filters, RowsDateFilter
from api.base.operations import operation
from api.base.paging import Page
from api.cliniko.contract import ClinikoViewSet
from api.cliniko.links import ObjectLinks
from api.cliniko.times import day_of
from core.errors import Missing
from core.prepared import PreparedFor, hole
from directory.models import Practice
from scheduling.calendar import online_offer, online_times

LONGEST = timedelta(days=7)
HORIZON = timedelta(days=90)


class BadTimeFrame(APIException):
    """The requested days are missing, too far apart, or past."""

    status_code = 400
    default_code = "bad_time_frame"
    default_detail = _("Invalid time frame definition. Please check from/to param limitations.")


class AvailableTimeBody(Body):
    """A time at which an appointment could start."""

    appointment_start = serializers.DateTimeField()


class NextAvailableTimeBody(AvailableTimeBody):
    """The next time at which an appointment could start."""

    links = ObjectLinks()


class TimeFrame(Filters):
    """The requested days: at most seven days apart, and not past."""

    @classmethod
    def get_filters(cls) -> dict[str, Any]:
        """The two days, which cannot be declared: `from` is a keyword of Python."""

        def unused(rows: Any, day: date, at: datetime) -> Any:
            return rows

        return {
            "from": RowsDateFilter(unused, label="From this day on, by the business's clock.", required=True),
            "to": RowsDateFilter(unused, label="Up to this day, at most 7 days later.", required=True),
        }


_businesses = PreparedFor(lambda by: Practice.objects.visible_to(by).live().filter(pk=hole("pk", BigIntegerField())))


class AvailableTimeViewSet(ClinikoViewSet):
    """Available times."""

    tag = "Available times"
    bodiless = frozenset({404})

    @operation(
        "list_available_times",
        "scheduling.view",
        gives=AvailableTimeBody,
        key="available_times",
        filters=TimeFrame,
    )
    def list(self, request: Request, business_id: int, practitioner_id: int, appointment_type_id: int) -> HttpResponse:
        """List the times at which an appointment of a type can be booked online with a practitioner."""
        practice = _businesses.one(self.actor, pk=business_id)
        first, last = self._time_frame(practice)
        number, size = self.pager.bounds(request.GET.dict())
        offer = online_offer(practice, practitioner_id, appointment_type_id, by=self.actor)
        found = online_times(offer, practice, first=first, last=last, at=self.at)
        page = Page([], number, size, len(found))
        shown = found[(number - 1) * size : number * size]
        starts = [{"appointment_start": time.starts_at} for time in shown]
        return self.answer(self.envelope("available_times", starts, page))

    @operation("get_next_available_time", "scheduling.view", gives=NextAvailableTimeBody)
    def upcoming(
        self, request: Request, business_id: int, practitioner_id: int, appointment_type_id: int
    ) -> HttpResponse:
        """Get the next time at which an appointment of a type can be booked online with a practitioner."""
        practice = _businesses.one(self.actor, pk=business_id)
        offer = online_offer(practice, practitioner_id, appointment_type_id, by=self.actor)
        today = self.at.astimezone(practice.zone).date()
        found = online_times(offer, practice, first=today, last=today + HORIZON, at=self.at, limit=1)
        if not found:
            raise Missing
        links = {"self": request.build_absolute_uri(request.path)}
        return self.answer({"appointment_start": found[0].starts_at, "links": links})

    def _time_frame(self, practice: Practice) -> tuple[date, date]:
        """The two days that are asked for."""
        try:
            first, last = (day_of(self.request.GET.get(name, "")[:10]) for name in ("from", "to"))
        except ValueError:
            raise BadTimeFrame from None
        today = self.at.astimezone(practice.zone).date()
        if first < today or last < first or last - first > LONGEST:
            raise BadTimeFrame
        return first, last

    def refuse(self, error: Exception, context: dict[str, Any]) -> HttpResponse | None:
        """What cannot be booked online is a 404 without a body."""
        problem = self.problem_of(error)
        if problem is not None and problem.status == 404:
            response = HttpResponse(status=404)
            del response["Content-Type"]
            return response
        return super().refuse(error, context)
