"""Whether a row's own values can be stored, the same on both engines, before the database is asked.

SQLite keeps a NUL byte, an overlong text and a year 0 that PostgreSQL refuses: here both refuse, by field.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Collection
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models.expressions import BaseExpression
from django.utils.translation import gettext as _

from core.errors import InvalidInput, Text

# PostgreSQL's limits; SQLite keeps any integer of eight bytes.
INTEGERS = {
    "PositiveSmallIntegerField": (0, 32767),
    "SmallIntegerField": (-32768, 32767),
    "PositiveIntegerField": (0, 2147483647),
    "IntegerField": (-2147483648, 2147483647),
    "PositiveBigIntegerField": (0, 9223372036854775807),
    "BigIntegerField": (-9223372036854775808, 9223372036854775807),
}


SURROGATES = re.compile("[\ud800-\udfff]")


def check_values(obj: models.Model, *, only: Collection[str] | None = None) -> None:
    """Raise InvalidInput naming each column whose value its field refuses (`only`: just these columns).

    Foreign keys are not looked up: a verb got them through `visible_to`, and the database has the last word.
    """
    problems: dict[str, Text] = {}
    longest = _longest_texts(type(obj))
    for field in obj._meta.concrete_fields:
        if (only is not None and field.attname not in only) or field.primary_key:
            continue
        value = getattr(obj, field.attname)
        fits = type(value) is str and 0 < len(value) <= longest.get(field.attname, 0)
        if fits and value.isascii() and "\x00" not in value:
            continue
        if isinstance(value, BaseExpression):
            continue
        if isinstance(field, models.ForeignKey):
            if value is None and not field.null:
                problems[field.attname] = _("This field is required.")
            continue
        try:
            if isinstance(field, models.JSONField):
                _check_json(value)
            cleaned = field.clean(value, obj)
            _check_storable(field, cleaned)
            setattr(obj, field.attname, cleaned)
        except ValidationError as error:
            problems[field.name] = " ".join(error.messages)
    if problems:
        raise InvalidInput(problems)


def check_text(value: str) -> None:
    """Raise ValidationError for characters that no database text can hold."""
    if "\x00" in value or (not value.isascii() and SURROGATES.search(value)):
        raise ValidationError(_("Null characters and lone surrogates are not allowed."))


def _check_storable(field: models.Field[Any, Any], value: object) -> None:
    if isinstance(value, str):
        check_text(value)
        if isinstance(field, models.TextField) and field.max_length is not None and len(value) > field.max_length:
            raise ValidationError(_("At most %(limit)s characters."), params={"limit": field.max_length})
    elif isinstance(value, int):
        least, most = INTEGERS.get(field.get_internal_type(), (value, value))
        if not least <= value <= most:
            raise ValidationError(_("The number is out of range."))
    elif isinstance(value, datetime):
        try:
            value.astimezone(UTC)
        except OverflowError:
            raise ValidationError(_("The time is out of range.")) from None


def _check_json(value: object) -> None:
    """What JSON cannot say (NaN, no end), and what PostgreSQL cannot keep in it (NUL)."""
    try:
        json.dumps(value, allow_nan=False)
    except (RecursionError, TypeError, ValueError):
        raise ValidationError(_("Value must be valid JSON.")) from None
    inside = [value]
    while inside:
        one = inside.pop()
        if isinstance(one, str):
            check_text(one)
        elif isinstance(one, dict):
            inside.extend([*one.keys(), *one.values()])
        elif isinstance(one, list | tuple):
            inside.extend(one)


@cache
def _longest_texts(model: type[models.Model]) -> dict[str, int]:
    """How long a text may be, of the columns that ask nothing else: most values need no more than this answer."""
    return {
        field.attname: field.max_length or sys.maxsize
        for field in model._meta.concrete_fields
        if type(field) in (models.CharField, models.TextField)
        and not field.choices
        and all(type(validator) is MaxLengthValidator for validator in field.validators)
    }
