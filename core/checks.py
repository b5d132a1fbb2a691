"""Whether a row's own values can be stored, the same on both engines, before the database is asked.

SQLite keeps a NUL byte, an overlong text and a year 0 that PostgreSQL refuses: here both refuse, by field.
"""

from __future__ import annotations

from collections.abc import Collection

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.expressions import BaseExpression
from django.utils.translation import gettext as _

from core.errors import InvalidInput, Text

INTEGER_MAX = {
    "PositiveSmallIntegerField": 32767,
    "SmallIntegerField": 32767,
    "PositiveIntegerField": 2147483647,
    "IntegerField": 2147483647,
}


def check_values(obj: models.Model, *, only: Collection[str] | None = None) -> None:
    """Raise InvalidInput naming each column whose value its field refuses (`only`: just these columns).

    Foreign keys are not looked up: a verb got them through `visible_to`, and the database has the last word.
    """
    problems: dict[str, Text] = {}
    for field in obj._meta.concrete_fields:
        if (only is not None and field.attname not in only) or field.primary_key:
            continue
        value = getattr(obj, field.attname)
        if isinstance(value, BaseExpression):
            continue
        if isinstance(field, models.ForeignKey):
            if value is None and not field.null:
                problems[field.attname] = _("This field is required.")
            continue
        try:
            setattr(obj, field.attname, field.clean(value, obj))
            _check_storable(field, value)
        except ValidationError as error:
            problems[field.name] = " ".join(error.messages)
    if problems:
        raise InvalidInput(problems)


def check_text(value: str) -> None:
    """Raise ValidationError for characters that no database text can hold."""
    if "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise ValidationError(_("Null characters and lone surrogates are not allowed."))


def _check_storable(field: models.Field, value: object) -> None:  # type: ignore[type-arg]
    if isinstance(value, str):
        check_text(value)
    elif isinstance(value, int) and value > INTEGER_MAX.get(field.get_internal_type(), value):
        raise ValidationError(_("The number is too large."))
