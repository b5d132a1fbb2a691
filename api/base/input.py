"""What a request may send: every field named, every type meant. A field that is not named is refused (422)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from api.base.converters import MAX_ID
from api.base.filters import datetime_of
from core.actor import Actor
from core.querysets import ClinicQuerySet

DATE = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
DATETIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,6})?)?(Z|[+-][0-9]{2}:?[0-9]{2})?"
)


class Input(serializers.Serializer[Any]):
    """The body of a request. `partial=True`: what is absent stays as it is. What is unknown is refused if `strict`."""

    strict: ClassVar[bool] = True

    default_error_messages = {"unknown": _("is not a field of this request")}

    def to_internal_value(self, data: Any) -> Any:
        """The values by column; ValidationError names unknown fields beside the bad ones."""
        if not isinstance(data, Mapping) or not self.strict:
            return super().to_internal_value(data)
        unknown = {name: [self.error_messages["unknown"]] for name in data if name not in self.fields}
        try:
            values = super().to_internal_value(data)
        except serializers.ValidationError as error:
            if not unknown or not isinstance(error.detail, dict):
                raise
            raise serializers.ValidationError({**error.detail, **unknown}) from None
        if unknown:
            raise serializers.ValidationError(unknown)
        return values


class Nothing(Input):
    """A request without a body, or with `{}`."""


class TextField(serializers.CharField):
    """A string. `optional=True`: may be absent, empty or null, which is stored as empty."""

    def __init__(self, *, optional: bool = False, **kwargs: Any) -> None:
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
    """An ISO 8601 date-time with date and time of day; without a zone it is UTC."""

    default_error_messages = {"moment": _("must be an ISO 8601 date-time")}

    def to_internal_value(self, data: Any) -> datetime:
        if not isinstance(data, str) or not DATETIME.fullmatch(data):
            self.fail("moment")
        try:
            return datetime_of(data)
        except (ValueError, OverflowError):
            self.fail("moment")


class DateField(serializers.DateField):
    """A day, YYYY-MM-DD."""

    default_error_messages = {"day": _("must be a day as YYYY-MM-DD")}

    def to_internal_value(self, data: Any) -> date:
        if not isinstance(data, str) or not DATE.fullmatch(data) or not "1900" <= data[:4] <= "9998":
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
