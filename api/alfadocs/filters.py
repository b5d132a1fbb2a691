"""Parameters of lists: days from one to another within a limit, a slice of rows, ids, truths."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from api.alfadocs.fields import WRITTEN, day_of
from api.base.filters import TRUTHS, Filters, RowsFilter, StrictField
from api.base.paging import DEEPEST
from core.errors import InvalidInput


class _DayField(StrictField):
    def to_python(self, value: Any) -> date:
        if not WRITTEN.fullmatch(value):
            raise ValidationError(_("must be a day as YYYY-MM-DD"))
        try:
            return day_of(value[:10])
        except ValueError:
            raise ValidationError(_("must be a day as YYYY-MM-DD")) from None


class _TruthField(StrictField):
    def to_python(self, value: Any) -> bool:
        told = {**TRUTHS, "1": True, "0": False}
        if value not in told:
            raise ValidationError(_("must be true or false"))
        return told[value]


class _WholeField(StrictField):
    def __init__(self, *, least: int, most: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.least, self.most = least, most

    def to_python(self, value: Any) -> int:
        if not re.fullmatch("[0-9]{1,10}", value) or not self.least <= int(value) <= self.most:
            limits = {"least": self.least, "most": self.most}
            raise ValidationError(_("must be a whole number from %(least)s to %(most)s"), params=limits)
        return int(value)


class DayFilter(RowsFilter):
    """A day, YYYY-MM-DD; of a date-time its own. What is done with it, the list says."""

    field_class = _DayField
    schema = {"type": "string"}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(lambda rows, day, at: rows, **kwargs)


class TruthFilter(RowsFilter):
    """true or false."""

    field_class = _TruthField
    schema = {"type": "boolean"}


class WholeFilter(RowsFilter):
    """A whole number that says which rows are answered, from `least` to `most`."""

    field_class = _WholeField

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(lambda rows, value, at: rows, **kwargs)

    @property
    def openapi(self) -> dict[str, Any]:
        """The parameter's schema."""
        return {"type": "integer", "minimum": self.extra["least"], "maximum": self.extra["most"]}


class VendorFilters(Filters):
    """The filters of a list; what they do not name is ignored, as is one that says nothing."""

    strict = False
    ignores_empty = True
    updated_since = None  # type: ignore[assignment] # which takes the filter away

    @classmethod
    def compared(cls, parameters: Mapping[str, str]) -> dict[str, tuple[Any, Any]]:
        """The same of those which say something."""
        return super().compared({name: text for name, text in parameters.items() if text})

    @classmethod
    def narrow(cls, queryset: Any, parameters: Mapping[str, str], *, at: datetime) -> Any:
        """The rows that fit all parameters which say something."""
        return super().narrow(queryset, {name: text for name, text in parameters.items() if text}, at=at)

    @classmethod
    def read(cls, parameters: Mapping[str, str], *names: str) -> list[Any]:
        """The values of these parameters, None for each that says nothing; InvalidInput names the bad ones."""
        told: list[Any] = []
        problems: dict[str, Any] = {}
        for name in names:
            try:
                told.append(cls.base_filters[name].field.clean(parameters[name]) if parameters.get(name) else None)
            except ValidationError as error:
                problems[name] = " ".join(error.messages)
        if problems:
            raise InvalidInput(problems)
        return told


class SliceFilters(VendorFilters):
    """A list of which `limit` rows are answered, after the first `offset`."""

    read_by_view = ("offset", "limit")

    offset = WholeFilter(least=0, most=DEEPEST, label="The number of rows to skip.")
    limit = WholeFilter(least=1, most=200, label="The maximum number of rows; 100 by default.")

    @classmethod
    def bounds(cls, parameters: Mapping[str, str]) -> tuple[int, int]:
        """How many rows are left out, and how many are answered at most."""
        offset, limit = cls.read(parameters, "offset", "limit")
        return offset or 0, limit or 100


class RangeFilters(VendorFilters):
    """A list from one day to another, `longest` days apart at most."""

    longest: ClassVar[int]
    read_by_view = ("dateStart", "dateEnd")

    dateStart = DayFilter(label="From this day on.")
    dateEnd = DayFilter(label="Up to and including this day.")

    @classmethod
    def default(cls, first: date | None, last: date | None, today: date) -> tuple[date, date]:
        """Both days, where one is not told or neither."""
        raise NotImplementedError

    @classmethod
    def days(cls, parameters: Mapping[str, str], today: date) -> tuple[date, date]:
        """The first and the last day that are asked for; InvalidInput for a range that is none or too long."""
        start, end = cls.read(parameters, "dateStart", "dateEnd")
        first, last = cls.default(start, end, today)
        if last < first:
            raise InvalidInput({"dateEnd": _("must not be before dateStart")})
        if last - first > timedelta(days=cls.longest):
            raise InvalidInput({"dateEnd": _("must be at most %(days)s days after dateStart") % {"days": cls.longest}})
        return first, last


class RecentFilters(RangeFilters):
    """The last 31 days, unless told otherwise."""

    longest = 31

    @classmethod
    def default(cls, first: date | None, last: date | None, today: date) -> tuple[date, date]:
        """The last 31 days; from or up to the day that is told."""
        longest = timedelta(days=cls.longest)
        if first is None:
            last = last or today
            return last - longest, last
        return first, last or max(first, min(today, first + longest))
