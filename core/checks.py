"""Checks that a row's values can be stored, the same on both engines, before the database sees them.

SQLite keeps a NUL byte, an overlong text and a year 0 that PostgreSQL refuses: here both refuse, by field. A day or
a moment of a year that nobody means is refused, too: no clock can be asked about it.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.expressions import BaseExpression
from django.utils.translation import gettext as _

from core.days import FIRST_DAY, FIRST_MOMENT, FIRST_YEAR, LAST_DAY, LAST_MOMENT, LAST_YEAR, check_day
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


# Columns whose values need no more than their type and, for days, the range of years.
PLAIN_KINDS = {"BooleanField": bool, "DateField": date, "DateTimeField": datetime}

# Texts up to this length (a country, a state) repeat often enough to be remembered.
SHORT = 32

SURROGATES = re.compile("[\ud800-\udfff]")


def check_values(obj: models.Model, *, only: Collection[str] | None = None) -> None:
    """Raise InvalidInput naming each column whose value its field refuses (`only`: just these columns).

    Foreign keys are not looked up: a verb got them through `visible_to`, and the database has the last word.
    """
    problems: dict[str, Text] = {}
    kept = obj.__dict__
    rules = _rules(type(obj)) if only is None else _rules_of(type(obj), frozenset(only))
    for rule in rules:
        field = rule.field
        name = field.attname
        value = kept[name] if name in kept else getattr(obj, name)
        # A shortcut for plainly valid values. With it and `update_one` a booking on SQLite reaches 0.50 of a bare
        # view's rate, without 0.47; a row of an import takes 233 µs, without 263.
        if rule.plainly_fits(value) or isinstance(value, BaseExpression):
            continue
        if isinstance(field, models.ForeignKey):
            if value is None:
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


def printable(value: str) -> str:
    """Return `value` without characters that neither database can store."""
    return SURROGATES.sub("", value.replace("\x00", ""))


def check_text(value: str) -> None:
    """Raise ValidationError for characters that neither database can store."""
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
        if not FIRST_MOMENT <= (value if value.tzinfo else value.replace(tzinfo=UTC)) <= LAST_MOMENT:
            years = {"first": FIRST_YEAR, "last": LAST_YEAR}
            raise ValidationError(_("Must be a day from %(first)s to %(last)s."), params=years)
    elif isinstance(value, date):
        check_day(value)


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


@dataclass(frozen=True, slots=True)
class _Rule:
    """A quick test whether a column's value is certainly valid; any other value goes to the field's own check.

    A type that the column's own check would convert, and whatever else asks for more, is left to that check.
    """

    field: Any
    plainly_fits: Callable[[Any], bool]


def _fits_text(field: Any, *, null: bool, asks: bool) -> Callable[[Any], bool]:
    """A text within its length. Where the column `asks` for more, its answer to a text is remembered."""
    least, longest = int(not field.blank), field.max_length or sys.maxsize

    def fits(value: Any) -> bool:
        if type(value) is not str:
            return null and value is None
        if not (least <= len(value) <= longest and value.isascii() and "\x00" not in value):
            return False
        return not asks or _is_accepted(field, value)

    return fits


def _fits_number(field: Any, *, null: bool) -> Callable[[Any], bool]:
    """A whole number that both engines keep and the column's validators accept."""
    lows = [one.limit_value for one in field.validators if type(one) is MinValueValidator]
    highs = [one.limit_value for one in field.validators if type(one) is MaxValueValidator]
    lowest, highest = INTEGERS[field.get_internal_type()]
    least, most = max([lowest, *lows]), min([highest, *highs])
    return lambda value: least <= value <= most if type(value) is int else null and value is None


def _fits_plain(kind: type, *, null: bool) -> Callable[[Any], bool]:
    """A boolean, a day or a moment within the range of years."""
    if kind is datetime:
        return lambda value: (
            value.tzinfo is UTC and FIRST_MOMENT <= value <= LAST_MOMENT
            if type(value) is datetime
            else null and value is None
        )
    if kind is date:
        return lambda value: FIRST_DAY <= value <= LAST_DAY if type(value) is date else null and value is None
    return lambda value: type(value) is kind or (null and value is None)


@lru_cache(maxsize=4096)
def _is_accepted(field: models.Field[Any, Any], value: str) -> bool:
    """Whether the column's own check takes this text as it is."""
    try:
        return bool(field.clean(value, None) == value)
    except ValidationError:
        return False


@cache
def _rules(model: type[models.Model]) -> tuple[_Rule, ...]:
    """One for each column but the key."""
    return tuple(_rule(field) for field in model._meta.concrete_fields if not field.primary_key)


@lru_cache(maxsize=1000)
def _rules_of(model: type[models.Model], names: frozenset[str]) -> tuple[_Rule, ...]:
    """Those of some columns: the rows of an import all name the same."""
    return tuple(rule for rule in _rules(model) if rule.field.attname in names)


def _rule(field: Any) -> _Rule:
    if isinstance(field, models.ForeignKey):
        return _Rule(field, (lambda value: value is None) if field.null else _never)
    null, name = field.null and field.blank, field.get_internal_type()
    kinds = {type(validator) for validator in field.validators}
    is_text = type(field) in (models.CharField, models.TextField)
    if is_text and not field.choices and kinds <= {MaxLengthValidator}:
        return _Rule(field, _fits_text(field, null=null, asks=False))
    if is_text and (field.max_length or sys.maxsize) <= SHORT:
        return _Rule(field, _fits_text(field, null=null, asks=True))
    if field.choices:
        return _Rule(field, (lambda value: value is None) if null else _never)
    if name in INTEGERS and kinds <= {MinValueValidator, MaxValueValidator}:
        return _Rule(field, _fits_number(field, null=null))
    if not kinds and name in PLAIN_KINDS:
        return _Rule(field, _fits_plain(PLAIN_KINDS[name], null=null))
    return _Rule(field, (lambda value: value is None) if null else _never)


def _never(_value: Any) -> bool:
    return False
