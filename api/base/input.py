"""Request bodies: every field is declared and strictly typed; an undeclared field is refused (422)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from itertools import islice
from typing import Any, ClassVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from api.base.converters import MAX_ID
from api.base.filters import datetime_of
from core.actor import Actor
from core.days import FIRST_YEAR, LAST_YEAR
from core.querysets import ClinicQuerySet

DATE = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
DATETIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,6})?)?(?P<offset>Z|[+-][0-9]{2}:?[0-9]{2})?"
)


MOST_UNKNOWN, LONGEST_NAME = 5, 100
LONGEST_TEXT = 20_000
ESCAPED = 12  # bytes that JSON may take for one character
ENVELOPE = 64 * 1024


class Input(serializers.Serializer[Any]):
    """The body of a request. `partial=True`: absent fields stay as they are. Unknown fields are refused if `strict`."""

    strict: ClassVar[bool] = True

    default_error_messages = {"unknown": _("is not a field of this request")}

    @classmethod
    def check(cls, data: Any, *, partial: bool, context: dict[str, Any]) -> Any:
        """The values by column of a request's body; ValidationError names each bad field.

        Making a serializer copies all of its fields, which costs more than to check a body. So one that is done serves
        the next request; but none that refused, as its messages stay in the language in which they were first told.
        """
        idle = _idle[cls]
        try:
            one = idle.pop()
        except IndexError:
            one = cls()
        one.initial_data, one.partial, one._context = data, partial, context
        one.is_valid(raise_exception=True)
        values = one.validated_data
        for name in ("initial_data", "_validated_data", "_errors", "_context"):
            delattr(one, name)
        idle.append(one)
        return values

    def to_internal_value(self, data: Any) -> Any:
        """The values by column; ValidationError names unknown fields beside the bad ones, of many the first few."""
        if not isinstance(data, Mapping):
            return super().to_internal_value(data)
        wrong = self._missing(data)
        if self.strict:
            strange = [str(name) for name in islice((name for name in data if name not in self.fields), MOST_UNKNOWN)]
            wrong |= {name[:LONGEST_NAME]: [self.error_messages["unknown"]] for name in strange}
            if len(strange) == MOST_UNKNOWN:
                raise serializers.ValidationError(wrong)
        try:
            values = super().to_internal_value(data)
        except serializers.ValidationError as error:
            if not wrong or not isinstance(error.detail, dict):
                raise
            raise serializers.ValidationError({**error.detail, **wrong}) from None
        if wrong:
            raise serializers.ValidationError(wrong)
        return values

    def _missing(self, data: Mapping[Any, Any]) -> dict[str, Any]:
        """The required fields that a part of a partial change lacks: only the change itself may leave some out."""
        if self.root is self or not getattr(self.root, "partial", False):
            return {}
        required = ((name, field) for name, field in self.fields.items() if field.required and name not in data)
        return {name: [field.error_messages["required"]] for name, field in required}


# Serializers that no request is using, by class: as many as have been in use at once.
_idle: defaultdict[type[Input], list[Input]] = defaultdict(list)


class TextField(serializers.CharField):
    """A string. `optional=True`: may be absent, empty or null, which is stored as empty."""

    def __init__(self, *, optional: bool = False, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", LONGEST_TEXT)
        if optional:
            kwargs.update(required=False, allow_blank=True, allow_null=True)
        super().__init__(**kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """The text; null is no other value than empty."""
        value = super().run_validation(data)
        return "" if value is None else value

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class UrlField(TextField, serializers.URLField):
    """A web address of at most 500 characters."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(optional=True, max_length=500, **kwargs)


class EmailField(TextField, serializers.EmailField):
    """An e-mail address."""


class BooleanField(serializers.BooleanField):
    """true or false, nothing that looks like it."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class IntegerField(serializers.IntegerField):
    """A whole number: no text, no fraction, no boolean."""

    def to_internal_value(self, data: Any) -> int:
        if type(data) is not int:
            self.fail("invalid")
        return super().to_internal_value(data)


class SmallIntegerField(IntegerField):
    """A whole number that fits the small columns."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("min_value", 0)
        super().__init__(max_value=kwargs.pop("max_value", 32767), **kwargs)


class IdField(IntegerField):
    """An integer id."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=MAX_ID, **kwargs)


class DateTimeField(serializers.DateTimeField):
    """An ISO 8601 date-time with date, time of day and offset; `naive_is_utc`: without an offset it is UTC."""

    default_error_messages = {
        "moment": _("must be an ISO 8601 date-time"),
        "offset": _("must end in Z or an offset such as +02:00"),
    }

    def __init__(self, *, naive_is_utc: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.naive_is_utc = naive_is_utc

    def to_internal_value(self, data: Any) -> datetime:
        if not isinstance(data, str) or (written := DATETIME.fullmatch(data)) is None:
            self.fail("moment")
        if not (written["offset"] or self.naive_is_utc):
            self.fail("offset")
        try:
            return datetime_of(data)
        except (ValueError, OverflowError):
            self.fail("moment")


class DateField(serializers.DateField):
    """A day, YYYY-MM-DD."""

    default_error_messages = {"day": _("must be a day as YYYY-MM-DD")}

    def to_internal_value(self, data: Any) -> date:
        if not isinstance(data, str) or not DATE.fullmatch(data) or not FIRST_YEAR <= int(data[:4]) <= LAST_YEAR:
            self.fail("day")
        try:
            return date.fromisoformat(data)
        except ValueError:
            self.fail("day")


class AmountField(serializers.DecimalField):
    """An amount of money: a JSON number with at most two places, not below zero."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=12, decimal_places=2, min_value=0, coerce_to_string=False, **kwargs)

    def to_internal_value(self, data: Any) -> Decimal:
        if isinstance(data, bool) or not isinstance(data, int | float):
            self.fail("invalid")
        # The shortest text of a float is the number that was written; adding 0 turns -0 into 0.
        return super().to_internal_value(repr(data)) + 0


class CurrencyField(TextField):
    """An ISO 4217 code."""

    def __init__(self) -> None:
        super().__init__(required=False, min_length=3, max_length=3)


class ChoiceField(serializers.ChoiceField):
    """One of the contract's words."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid_choice", input=data)
        return super().to_internal_value(data)


class UuidField(serializers.UUIDField):
    """A UUID as text."""

    def to_internal_value(self, data: Any) -> Any:
        """The UUID; a number is none, though it could be read as one."""
        if not isinstance(data, str):
            self.fail("invalid", value=data)
        return super().to_internal_value(data)


class PublicIdField(UuidField):
    """A UUID; its value is the primary key of the row of `rows(actor)` that it names.

    What the caller may not see is refused like what does not exist: a 422 that names the field, or with
    `missing=True` the 404 of a thing that the request is about.
    """

    default_error_messages = {"unseen": _("names nothing that you may use")}

    def __init__(self, rows: Callable[[Actor], ClinicQuerySet[Any]], *, missing: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rows = rows
        self.missing = missing

    def to_internal_value(self, data: Any) -> Any:
        """The primary key."""
        uuid: UUID = super().to_internal_value(data)
        rows = self.rows(self.context["actor"])
        if self.missing:
            return rows.one(uuid=uuid).pk
        found = rows.filter(uuid=uuid).values_list("pk", flat=True).first()
        if found is None:
            self.fail("unseen")
        return found


class ListField(serializers.ListField):
    """A list, whose length is looked at before any of it."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, list):
            if self.max_length is not None and len(data) > self.max_length:
                self.fail("max_length", max_length=self.max_length)
            if self.min_length is not None and len(data) < max(self.min_length, 1):
                self.fail("empty")
        return super().to_internal_value(data)


def wrapped(taken: type[Input]) -> list[tuple[str, type[Input]]]:
    """Return the one serializer that a body wraps under a name; empty if it wraps none."""
    inner = [(name, type(one)) for name, one in taken._declared_fields.items() if isinstance(one, Input)]
    return inner if len(inner) == len(taken._declared_fields) == 1 else []


@cache
def most_bytes(taken: type[Input]) -> int:
    """Return the longest allowed body: what its fields can hold, and as much again for fields that are sent back."""
    return ENVELOPE + sum(_most_bytes(name, declared) for name, declared in taken._declared_fields.items())


def _most_bytes(name: str, declared: Any) -> int:
    if isinstance(declared, Input):
        inner = sum(_most_bytes(*one) for one in declared._declared_fields.items())
    elif isinstance(declared, serializers.ListField):
        inner = (declared.max_length or 0) * _most_bytes("", declared.child)
    elif isinstance(declared, serializers.CharField):
        inner = (declared.max_length or LONGEST_TEXT) * ESCAPED
    else:
        inner = 64
    return len(name) + inner + 8
