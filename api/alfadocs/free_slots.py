"""Free times: with whom, on which chair, when."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db.models import BigIntegerField
from django.http import HttpResponse, QueryDict
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request

from api.alfadocs.contract import AlfadocsViewSet
from api.alfadocs.fields import WRITTEN, moment_of
from api.alfadocs.filters import VendorFilters, WholeFilter
from api.base.body import Body
from api.base.converters import MAX_ID
from api.base.filters import RowsFilter, StrictField
from api.base.operations import operation
from core.errors import InvalidInput
from core.prepared import PreparedFor, hole
from directory.models import Practice, Room, Specialist
from scheduling.calendar import FreeTime, Search, free_times

# How far a search looks that does not say, and how far at most.
UNTOLD, LONGEST = timedelta(days=14), timedelta(days=62)
MOST_OPERATORS = 200


class FreeSlotBody(Body):
    """A free time; without a chair where the practice has none."""

    chairId = serializers.IntegerField(allow_null=True)
    date = serializers.DateField()
    operatorId = serializers.IntegerField()
    time = serializers.TimeField()


class _MomentField(StrictField):
    def to_python(self, value: Any) -> str:
        if not WRITTEN.fullmatch(value):
            raise ValidationError(_("must be a date-time such as 2020-01-31 09:00:00"))
        return str(value)


class _OperatorsField(StrictField):
    def to_python(self, value: Any) -> list[int]:
        if not re.fullmatch(r" *\d{1,16}( *, *\d{1,16})* *", value, re.ASCII) or value.count(",") >= MOST_OPERATORS:
            raise ValidationError(_("must be ids with commas between them"))
        return [int(one) for one in value.split(",") if 0 < int(one) <= MAX_ID]


class MomentFilter(RowsFilter):
    """A day, or a date-time by the practice's clock."""

    field_class = _MomentField
    schema = {"type": "string"}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(lambda rows, value, at: rows, **kwargs)


class OperatorsFilter(RowsFilter):
    """Ids with commas between them."""

    field_class = _OperatorsField
    schema = {"type": "string"}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(lambda rows, value, at: rows, **kwargs)


class FreeSlotFilters(VendorFilters):
    """What is looked for."""

    startDate = MomentFilter(required=True, label="From this day or time on.")
    endDate = MomentFilter(label="Up to this day, or before this time; by default two weeks after the start.")
    duration = WholeFilter(least=1, most=1440, required=True, label="The length in minutes.")
    operatorIds = OperatorsFilter(label="Only times with one of these operators, as 1,2,3.")

    @classmethod
    def wanted(cls, sent: QueryDict, practice: Practice) -> Wanted:
        """What is looked for; InvalidInput for what is missing, no time, or a range that is too long."""
        names = ("startDate", "endDate", "duration", "operatorIds")
        # Libraries write a list in one parameter, in several, or in several with brackets.
        parameters: dict[str, Any] = sent.dict()
        listed = ",".join(text for name in ("operatorIds", "operatorIds[]") for text in sent.getlist(name) if text)
        first, last, minutes, operators = cls.read({**parameters, "operatorIds": listed}, *names)
        told = {"startDate": first, "duration": minutes}
        if missing := [name for name, value in told.items() if value is None]:
            raise InvalidInput(dict.fromkeys(missing, _("is required")))
        start = _moment("startDate", first, practice)
        end = start + UNTOLD if last is None else _moment("endDate", last, practice)
        if last is not None and len(last.strip()) == 10:
            end += timedelta(days=1)
        if end <= start:
            raise InvalidInput({"endDate": _("must be after startDate")})
        if end - start > LONGEST:
            raise InvalidInput({"endDate": _("must be at most %(days)s days after startDate") % {"days": LONGEST.days}})
        return Wanted(start, end, timedelta(minutes=minutes), operators)


_operators = PreparedFor(
    lambda by: (
        Specialist.objects.visible_to(by)
        .filter(organization=hole("organization_id", BigIntegerField()))
        .values_list("pk", flat=True)
    )
)
_chairs = PreparedFor(
    lambda by: (
        Room.objects.visible_to(by)
        .live()
        .filter(practice=hole("practice_id", BigIntegerField()), is_active=True)
        .order_by("name", "pk")
        .values_list("pk", flat=True)
    )
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """From when to when, how long, and with whom; None: with anybody."""

    start: datetime
    end: datetime
    duration: timedelta
    operators: list[int] | None


def _moment(name: str, text: str, practice: Practice) -> datetime:
    try:
        moment = moment_of(text, practice.zone)
    except (ValueError, OverflowError):
        raise InvalidInput({name: _("must be a date-time such as 2020-01-31 09:00:00")}) from None
    if moment is None:
        raise InvalidInput({name: _("is skipped by the clock on this day")})
    return moment


class FreeSlotViewSet(AlfadocsViewSet):
    """Free times."""

    tag = "Free slots"

    @operation(
        "list_free_slots",
        "scheduling.view_slots",
        scope="free-slot:list",
        gives=FreeSlotBody,
        key="data",
        filters=FreeSlotFilters,
        whole=True,
    )
    def list(self, request: Request) -> HttpResponse:
        """List the free times of so many minutes from a start on, the earliest first."""
        practice = self.practice
        self.require_here()
        wanted = FreeSlotFilters.wanted(request.GET, practice)
        people = _operators.all(self.actor, organization_id=practice.organization_id)
        if wanted.operators is not None:
            people = [pk for pk in people if pk in wanted.operators]
        search = Search(wanted.start, wanted.end, wanted.duration)
        found = free_times(
            practice,
            people,
            search,
            at=self.at,
            room_ids=_chairs.all(self.actor, practice_id=practice.pk),
        )
        clock = _Clock(practice.zone)
        return self.answer(self.enclose([_told(one, *clock[one.starts_at]) for one in found]))


class _Clock(dict[datetime, tuple[str, str]]):
    """The day and the time of a moment on a practice's clock; several operators are free at the same moments."""

    def __init__(self, zone: ZoneInfo) -> None:
        super().__init__()
        self.zone = zone

    def __missing__(self, moment: datetime) -> tuple[str, str]:
        local = moment.astimezone(self.zone).isoformat()
        self[moment] = local[:10], local[11:19]
        return self[moment]


def _told(free: FreeTime, day: str, time: str) -> dict[str, Any]:
    return {"chairId": free.room_id, "date": day, "operatorId": free.specialist_id, "time": time}
