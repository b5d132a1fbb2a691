"""Filters of a list, declared with django-filter and applied strictly: a bad value is a 422 that names it.

django-filter copies every filter and builds a form for each request, and lets an unknown value pass as "no filter".
`narrow` cleans only the parameters that were sent, by the same declared fields, and refuses the others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import BigIntegerField, DateTimeField, Model, UUIDField
from django.utils.translation import gettext as _

from api.base.converters import MAX_ID
from api.base.paging import PARAMETERS
from core.days import FIRST_YEAR, LAST_YEAR
from core.errors import InvalidInput, Text
from core.hints import few_changed
from core.prepared import Hole
from core.querysets import ClinicQuerySet

Q = TypeVar("Q", bound=ClinicQuerySet[Any])


class StrictField(forms.Field):
    """Cleans one parameter's text."""

    def clean(self, value: Any) -> Any:
        """The value that the text names."""
        try:
            return self.to_python(value)
        except (ValueError, OverflowError):
            raise ValidationError(_("is not a valid value")) from None


# As JSON writes them; and as Python's libraries send them in an address.
TRUTHS = {"true": True, "false": False, "True": True, "False": False}


class _BooleanField(StrictField):
    def to_python(self, value: Any) -> bool:
        if value not in TRUTHS:
            raise ValidationError(_("must be true or false"))
        return TRUTHS[value]


class _IdField(StrictField):
    def to_python(self, value: Any) -> int:
        if not re.fullmatch("[1-9][0-9]{0,15}", value) or int(value) > MAX_ID:
            raise ValidationError(_("must be an id"))
        return int(value)


class _UuidField(StrictField):
    def to_python(self, value: Any) -> UUID:
        if len(value) != 36:
            raise ValidationError(_("must be a UUID"))
        return UUID(value)


def datetime_of(text: str) -> datetime:
    """Return the moment that an ISO 8601 text means, in UTC; ValueError or OverflowError for any other text."""
    # A "+" that was not encoded arrives as a space.
    moment = datetime.fromisoformat(re.sub(r" (?=\d\d:?\d\d\Z)", "+", text) if "T" in text else text)
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


YEARS = "^(19|20|21)[0-9]{2}-"  # FIRST_YEAR to LAST_YEAR, for the documents
OFFSET = re.compile(r"(?:[Zz]|[+ -]\d\d:?\d\d)\Z")  # a "+" that was not encoded arrives as a space


class _DateTimeField(StrictField):
    def __init__(self, *, naive_is_utc: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.naive_is_utc = naive_is_utc

    def to_python(self, value: Any) -> datetime:
        moment = datetime_of(value)
        # A day alone begins at 00:00 UTC.
        if not self.naive_is_utc and len(value) > 10 and not OFFSET.search(value):
            raise ValidationError(_("must end in Z or an offset such as +02:00"))
        return moment


class _DateField(StrictField):
    def to_python(self, value: Any) -> date:
        if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value) or not FIRST_YEAR <= int(value[:4]) <= LAST_YEAR:
            raise ValueError(value)
        return date.fromisoformat(value)


class _DateOrDateTimeField(_DateTimeField):
    def to_python(self, value: Any) -> Any:
        return _DateField().to_python(value) if len(value) == 10 else super().to_python(value)


class _NumberField(StrictField):
    def __init__(self, *, most: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.most = most

    def to_python(self, value: Any) -> int:
        if not re.fullmatch("[1-9][0-9]{0,8}", value) or int(value) > self.most:
            raise ValidationError(_("must be a whole number from 1 to %(most)s"), params={"most": self.most})
        return int(value)


class _TextField(StrictField):
    def to_python(self, value: Any) -> str:
        if len(value) > 255 or not value.isprintable():
            raise ValueError(value)
        return str(value)


class _ChoiceField(StrictField):
    def __init__(self, *, words: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.words = tuple(words)

    def to_python(self, value: Any) -> str:
        if value not in self.words:
            raise ValidationError(_("must be one of %(words)s"), params={"words": ", ".join(self.words)})
        return str(value)


class Filter(django_filters.Filter):
    """A filter with its OpenAPI schema."""

    schema: ClassVar[dict[str, Any]] = {"type": "string"}

    @property
    def openapi(self) -> dict[str, Any]:
        """The parameter's schema."""
        return self.schema


class BooleanFilter(Filter):
    """true or false."""

    field_class = _BooleanField
    schema = {"type": "boolean"}


class IdFilter(Filter):
    """An integer id."""

    field_class = _IdField
    schema = {"type": "integer", "minimum": 1, "maximum": MAX_ID}


class UuidFilter(Filter):
    """A UUID."""

    field_class = _UuidField
    schema = {"type": "string", "format": "uuid"}


class DateTimeFilter(Filter):
    """An ISO 8601 date-time with its offset; `naive_is_utc`: without one it is UTC."""

    field_class = _DateTimeField
    schema = {"type": "string", "format": "date-time", "pattern": YEARS}


class ChoiceFilter(Filter):
    """One of the contract's words."""

    field_class = _ChoiceField

    @property
    def openapi(self) -> dict[str, Any]:
        """The parameter's schema."""
        return {"type": "string", "enum": [str(word) for word in self.extra["words"]]}


class RowsFilter(Filter):
    """A filter that is more than a lookup: `by(queryset, value, at)` narrows the rows in domain words."""

    def __init__(self, by: Callable[[Any, Any, datetime], Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.by = by


class RowsBooleanFilter(RowsFilter, BooleanFilter):
    """true or false."""


class RowsDateFilter(RowsFilter):
    """A day, YYYY-MM-DD."""

    field_class = _DateField
    schema = {"type": "string", "format": "date", "pattern": YEARS}


class DateOrDateTimeFilter(RowsFilter):
    """A day, or an ISO 8601 date-time with its offset; `naive_is_utc`: without one it is UTC."""

    field_class = _DateOrDateTimeField
    schema = {"type": "string"}


class RowsNumberFilter(RowsFilter):
    """A whole number from 1 to `most`."""

    field_class = _NumberField

    @property
    def openapi(self) -> dict[str, Any]:
        """The parameter's schema."""
        return {"type": "integer", "minimum": 1, "maximum": self.extra["most"]}


class RowsTextFilter(RowsFilter):
    """Free text of one line."""

    field_class = _TextField
    schema = {"type": "string", "maxLength": 255}


class RowsChoiceFilter(RowsFilter, ChoiceFilter):
    """One of the contract's words."""


class IsNullChoiceFilter(RowsChoiceFilter):
    """A word that stands for rows where `field_name` is null, or is not: `words` maps it to which."""

    def __init__(self, field_name: str, *, words: Mapping[str, bool], **kwargs: Any) -> None:
        def split(rows: Any, value: str, at: datetime) -> Any:
            return rows.filter(**{f"{field_name}__isnull": words[value]})

        super().__init__(split, words=words, **kwargs)


# The columns with which filters compare.
COMPARED = {IdFilter: BigIntegerField(), UuidFilter: UUIDField(), DateTimeFilter: DateTimeField()}


class Filters(django_filters.FilterSet):
    """The filters of a list; each of ours has `updated_since` (inclusive).

    `strict`: what is unknown is refused. `ignores_empty`: a parameter without a value counts as not sent.
    """

    strict: ClassVar[bool] = True
    # Parameters that a view reads itself, and gives its rows as moments.
    read_by_view: ClassVar[tuple[str, ...]] = ()
    ignores_empty: ClassVar[bool] = False
    # Whose changes are looked at before the list is asked for those that changed since: one long list in another order.
    changes_of: ClassVar[type[Model] | None] = None

    updated_since = DateTimeFilter("updated_at", "gte", label="Only objects changed at this moment or later.")

    @classmethod
    def told_once(cls, name: str) -> bool:
        """Whether a request that sends this parameter twice is refused; ignored parameters may come twice."""
        return cls.strict or name in cls.base_filters

    @classmethod
    def compared(cls, parameters: Mapping[str, str]) -> dict[str, tuple[Any, Any]]:
        """The parameters that a column is merely compared with: what kind of column, and the value.

        Their places may be left open in a statement (a `hole` goes through `narrow`). One that is no value is left
        out: `narrow` refuses it.
        """
        found: dict[str, tuple[Any, Any]] = {}
        for name, text in parameters.items():
            declared = cls.base_filters.get(name)
            if declared is not None and (kind := COMPARED.get(type(declared))):
                with suppress(ValidationError):
                    found[name] = kind, declared.field.clean(text)
        return found

    @classmethod
    def of_few(cls, since: datetime | None) -> bool:
        """Whether `updated_since` leaves so few of `changes_of` that these are read for the list."""
        return since is not None and cls.changes_of is not None and few_changed(cls.changes_of, since)

    @classmethod
    def narrow(cls, queryset: Q, parameters: Mapping[str, Any], *, at: datetime) -> Q:
        """Return the rows that match all `parameters` at `at`; InvalidInput names unknown parameters and bad values."""
        lookups: dict[str, Any] = {}
        problems: dict[str, Text] = {}
        for name, text in parameters.items():
            if name in PARAMETERS:
                continue
            declared = cls.base_filters.get(name)
            if isinstance(text, Hole):
                lookups[_lookup(declared)] = text
                continue
            if declared is None and not cls.strict:
                continue
            if declared is None:
                problems[name] = _("is not a parameter of this list")
                continue
            try:
                value = declared.field.clean(text)
            except ValidationError as error:
                problems[name] = " ".join(error.messages)
                continue
            if isinstance(declared, RowsFilter):
                queryset = declared.by(queryset, value, at)
            else:
                lookups[_lookup(declared)] = value
        if problems:
            raise InvalidInput(problems)
        return queryset.filter(**lookups) if lookups else queryset


def _lookup(declared: Any) -> str:
    exact = declared.lookup_expr == "exact"
    return str(declared.field_name) if exact else f"{declared.field_name}__{declared.lookup_expr}"
