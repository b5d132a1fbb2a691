"""How the vendor writes values: practice-local date-times, texts that are numbers or truths, plain numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from api.base.body import ComputedField, Reading
from api.base.converters import MAX_ID
from api.base.input import ChoiceField, Input, TextField
from core.days import FIRST_YEAR, LAST_YEAR
from scheduling.calendar import at_wall_time

# ------------------------------------------------------------------------------------------ outwards

MOMENT = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
DAY = r"\d{4}-\d\d-\d\d"


def wall_time(reading: Reading) -> Callable[[datetime | None], str | None]:
    """What writes a moment by the practice's clock: `2020-01-01 09:00:00`."""
    zone = reading.zone
    return lambda moment: None if moment is None else moment.astimezone(zone).isoformat(" ", "seconds")[:19]


def wall_day(reading: Reading) -> Callable[[datetime | None], str | None]:
    """What writes the day that the practice's clock shows."""
    zone = reading.zone
    return lambda moment: None if moment is None else moment.astimezone(zone).date().isoformat()


def local(column: str, *, null: bool = False) -> ComputedField:
    """A date-time by the practice's clock, without a zone."""
    return ComputedField(
        serializers.RegexField(MOMENT),
        column,
        make=wall_time,
        linked=True,
        few=True,
        allow_null=null,
    )


def local_day(column: str) -> ComputedField:
    """The day of a date-time by the practice's clock."""
    return ComputedField(serializers.RegexField(DAY), column, make=wall_day, linked=True, few=True)


def number(amount: Decimal | None) -> orjson.Fragment | None:
    """A number as short as it can be: 6000, 12.23; never a float."""
    return None if amount is None else orjson.Fragment(shortest(amount))


def shortest(amount: Decimal) -> str:
    """The digits of a number, without zeros at its end."""
    return f"{amount.normalize():f}" if amount else "0"


def amount(column: str) -> ComputedField:
    """Money as a number."""
    return ComputedField(serializers.DecimalField(12, 2, coerce_to_string=False), column, make=number, few=True)


def amount_text(column: str) -> ComputedField:
    """Money as a text: "125.12"."""
    return ComputedField(serializers.CharField(), column, make=lambda value: f"{value:.2f}", few=True)


def number_text(column: str, *, null: bool = False) -> ComputedField:
    """A number as a text: "3"."""
    return ComputedField(
        serializers.CharField(), column, make=lambda value: None if value is None else str(value), allow_null=null
    )


def truth_text(value: bool) -> str:
    """A truth as a text."""
    return "true" if value else "false"


def truth(column: str) -> ComputedField:
    """A truth as a text."""
    return ComputedField(serializers.ChoiceField(choices=["true", "false"]), column, make=truth_text, few=True)


def deleted(column: str = "archived_at") -> ComputedField:
    """Whether it was archived."""
    return ComputedField(serializers.BooleanField(), column, make=lambda moment: moment is not None, few=True)


def or_none(shape: Any, column: str) -> ComputedField:
    """A text that is null while it is empty."""
    return ComputedField(shape, column, make=lambda value: value or None, allow_null=True)


# ------------------------------------------------------------------------------------------- inwards

WRITTEN = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)"
    r"(?:[T ](?P<time>\d\d:\d\d(?::\d\d)?)(?:[.,]\d{1,9})? ?(?P<zone>Z|[+-]\d\d:?\d\d|(?<= )\d\d:?\d\d)?)?",
    re.ASCII,
)


class VendorInput(Input):
    """A request's body; what it does not name is ignored. What may be left out may be null, which says no more."""

    strict = False

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """The declared fields; null is refused only where something is required."""
        fields: dict[str, serializers.Field[Any, Any, Any, Any]] = super().get_fields()
        for field in fields.values():
            field.allow_null = field.allow_null or not field.required
        return fields

    def to_internal_value(self, data: Any) -> Any:
        """The values by column; a null for what knows no such value is left aside."""
        if isinstance(data, Mapping) and (silent := [name for name in data if self._is_silent(name, data[name])]):
            data = {name: value for name, value in data.items() if name not in silent}
        return super().to_internal_value(data)

    def _is_silent(self, name: str, value: Any) -> bool:
        declared = self._declared_fields.get(name)
        return value is None and declared is not None and not (declared.required or declared.allow_null)


def moment_of(text: Any, zone: ZoneInfo) -> datetime | None:
    """The moment (UTC) that a text names, by the clock of `zone` unless it says otherwise; a day alone begins it.

    None for a time that the clock skips; ValueError for other text.
    """
    if not isinstance(text, str) or (written := WRITTEN.fullmatch(text.strip())) is None:
        raise ValueError(text)
    day = day_of(written["day"])
    wall = time.fromisoformat(written["time"] or "00:00")
    if written["zone"] is None:
        return at_wall_time(day, wall, zone)
    offset = "+00:00" if written["zone"] == "Z" else written["zone"]
    if offset[0].isdigit():  # a "+" that was not encoded arrived as a space
        offset = f"+{offset}"
    return datetime.fromisoformat(f"{day}T{wall}{offset}").astimezone(UTC)


def day_of(text: str) -> date:
    """The day that the text names; ValueError for other text and for years that nobody means."""
    if not FIRST_YEAR <= int(text[:4]) <= LAST_YEAR:
        raise ValueError(text)
    return date.fromisoformat(text)


class MomentField(serializers.CharField):
    """A date-time by the practice's clock, `2020-01-01 09:00:00`; one with an offset is taken as it says."""

    default_error_messages = {
        "moment": _("must be a date-time such as 2020-01-31 09:00:00"),
        "skipped": _("is skipped by the clock on this day"),
    }

    def to_internal_value(self, data: Any) -> Any:
        """The moment in UTC."""
        try:
            moment = moment_of(data, self.context["view"].practice.zone)
        except (ValueError, OverflowError):
            self.fail("moment")
        if moment is None:
            self.fail("skipped")
        return moment


class DayField(serializers.CharField):
    """A day, YYYY-MM-DD; of a date-time its own."""

    default_error_messages = {"day": _("must be a day as YYYY-MM-DD")}

    def to_internal_value(self, data: Any) -> Any:
        """The day; none where the text is empty."""
        if data == "" and self.allow_null:
            return None
        try:
            if not isinstance(data, str) or not WRITTEN.fullmatch(data.strip()):
                raise ValueError(data)
            return day_of(data.strip()[:10])
        except ValueError:
            self.fail("day")

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """The day; an empty text says that there is none."""
        return super().run_validation(None if data == "" and self.allow_null else data)


class WholeField(serializers.IntegerField):
    """A whole number, or the digits of one."""

    def to_internal_value(self, data: Any) -> int:
        """The number; neither a fraction nor a boolean."""
        if type(data) is not int and not (isinstance(data, str) and data.isascii() and data.isdigit()):
            self.fail("invalid")
        return super().to_internal_value(data)


class IdField(WholeField):
    """An id: a number, or its digits."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=MAX_ID, **kwargs)


class TruthField(serializers.BooleanField):
    """true or false, also as a text."""

    def to_internal_value(self, data: Any) -> bool:
        """Whether it is so."""
        if data in ("true", "false"):
            return bool(data == "true")
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class AmountField(serializers.DecimalField):
    """Money: a number, or the text of one, with at most two places."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=12, decimal_places=2, coerce_to_string=False, **kwargs)

    def to_internal_value(self, data: Any) -> Decimal:
        """The exact amount: the shortest text of a float is the number that was written."""
        if isinstance(data, bool) or not isinstance(data, str | int | float):
            self.fail("invalid")
        text = data.strip() if isinstance(data, str) else repr(data)
        if not re.fullmatch(r"-?\d{1,12}(\.\d{1,12})?(e[+-]?\d\d?)?", text, re.ASCII):
            self.fail("invalid")
        try:
            return super().to_internal_value(text) + 0
        except InvalidOperation:
            self.fail("invalid")


class WordField(ChoiceField):
    """One of the vendor's words; its value is ours."""

    def __init__(self, words: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(list(words), **kwargs)
        self.words = words

    def to_internal_value(self, data: Any) -> Any:
        """What we call it."""
        return self.words[super().to_internal_value(data)]


class CodeField(TextField):
    """An Italian fiscal code, which is compared and kept without spaces."""

    def __init__(self) -> None:
        super().__init__(optional=True, max_length=40)

    def to_internal_value(self, data: Any) -> str:
        """The code in capitals."""
        return compact(super().to_internal_value(data))


def compact(code: str) -> str:
    """A fiscal code without spaces, in capitals."""
    return "".join(code.split()).upper()
