"""What a request may send: ids as text or number, date-times in many forms, JSON or a form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import IO, Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import parsers, serializers

from api.base.converters import MAX_ID
from api.base.input import Input
from api.cliniko import words
from api.cliniko.times import day_of, moment_of


class VendorInput(Input):
    """A request's body; what it does not name is ignored."""

    strict = False

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """The declared fields, whose refusals are worded as the vendor's."""
        fields: dict[str, serializers.Field[Any, Any, Any, Any]] = super().get_fields()
        for field in fields.values():
            field.error_messages.update(dict.fromkeys(("required", "null", "blank"), words.BLANK))
        return fields


@extend_schema_field({"type": "string", "format": "int64"})
class IdField(serializers.CharField):
    """An id: a string of digits, or a number."""

    default_error_messages = {"invalid": _("is not a number")}

    def to_internal_value(self, data: Any) -> int:  # type: ignore[override] # the number that it names
        """The number."""
        text = str(data).strip() if type(data) in (int, str) else ""
        if not (text.isascii() and text.isdigit() and len(text) < 20 and 0 < int(text) <= MAX_ID):
            self.fail("invalid")
        return int(text)


class IntegerField(serializers.IntegerField):
    """A whole number, or the digits of one."""

    def to_internal_value(self, data: Any) -> int:
        """The number; neither a fraction nor a boolean."""
        if type(data) is not int and not (isinstance(data, str) and data.isascii() and data.isdigit()):
            self.fail("invalid")
        return super().to_internal_value(data)


class BooleanField(serializers.BooleanField):
    """true or false, in a form also as text."""

    def to_internal_value(self, data: Any) -> bool:
        """Whether it is so."""
        if data in ("true", "false"):
            return bool(data == "true")
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class DateTimeField(serializers.DateTimeField):
    """A date-time in one of the forms that clients send; without a zone it is UTC."""

    default_error_messages = {"moment": _("is not a valid date-time")}

    def to_internal_value(self, data: Any) -> datetime:
        """The moment in UTC, to the second."""
        try:
            return moment_of(data)
        except (ValueError, OverflowError, AttributeError, TypeError):
            self.fail("moment")


class DateField(serializers.DateField):
    """A day as YYYY-MM-DD."""

    default_error_messages = {"day": _("is not a valid date")}

    def to_internal_value(self, data: Any) -> Any:
        """The day; of a date-time its own."""
        try:
            return day_of(data[:10])
        except (ValueError, TypeError, KeyError):
            self.fail("day")


class FormParser(parsers.BaseParser):
    """A form, as some clients send it instead of JSON: `a=1&repeat_rule[repeat_type]=Daily`."""

    media_type = "application/x-www-form-urlencoded"
    nested = re.compile(r"(\w+)\[(\w+)\]")

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """The fields as an object; the last of several values counts."""
        found: dict[str, Any] = {}
        for name, value in QueryDict(stream.read(), encoding="utf-8").items():
            inner = self.nested.fullmatch(name)
            if inner is None:
                found[name] = value
            elif isinstance(found.setdefault(inner[1], {}), dict):
                found[inner[1]][inner[2]] = value
        return found
