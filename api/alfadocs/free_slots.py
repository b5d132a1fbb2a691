"""Free times: with whom, on which chair, when."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
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
from directory.models import Practice, Room, Specialist
from scheduling.calendar import Search, free_times

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
        people = Specialist.objects.visible_to(self.actor).filter(organization=practice.organization_id)
        if wanted.operators is not None:
            people = people.filter(pk__in=wanted.operators)
        rooms = Room.objects.visible_to(self.actor).live().filter(practice=practice, is_active=True)
        search = Search(wanted.start, wanted.end, wanted.duration)
        found = free_times(
            practice,
            list(people.values_list("pk", flat=True)),
            search,
            at=self.at,
            room_ids=list(rooms.order_by("name", "pk").values_list("pk", flat=True)),
        )
        return self.answer(self.enclose([self._told(one) for one in found]))

    def _told(self, free: Any) -> dict[str, Any]:
        local = free.starts_at.astimezone(self.practice.zone)
        return {
            "chairId": free.room_id,
            "date": f"{local:%Y-%m-%d}",
            "operatorId": free.specialist_id,
            "time": f"{local:%H:%M:%S}",
        }
