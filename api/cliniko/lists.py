"""Lists: the rows that `q[]` selects, their order, and the requested page."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar

from django.db.models import Q
from django.http import QueryDict
from rest_framework import serializers

from api.base.body import Body
from api.base.filters import Filter, Filters
from api.base.operations import shape_of
from api.cliniko import filtering
from core.hints import OfEach


class TermsFilter(Filter):
    """The terms of the filter language."""

    schema = {"type": "array", "items": {"type": "string"}, "maxItems": filtering.MOST_TERMS}


class SortFilter(Filter):
    """The fields to sort by."""

    schema = {"type": "array", "items": {"type": "string"}}


class OrderFilter(Filter):
    """The direction of sort fields that do not give one."""

    schema = {"type": "string", "enum": ["asc", "desc"], "deprecated": True}


# Rows that a list leaves out: what those it shows must meet, unless a term is about one of the fields.
Hidden = tuple[tuple[frozenset[str], Q | OfEach], ...]


class ClinikoFilters(Filters):
    """The filters and sorts of a list, by its table of fields.

    `hides` are the rows that are left out unless a term is about one of the named fields.
    """

    strict = False
    ignores_empty = True
    fields: ClassVar[Mapping[str, filtering.Field]] = {}
    sorts: ClassVar[Mapping[str, filtering.Field]] = {}
    hides: ClassVar[Hidden] = ()
    default: ClassVar[str] = "created_at"

    # Whether it is a list, or one object of which only its state is asked.
    many: ClassVar[bool] = True

    @classmethod
    def told_once(cls, name: str) -> bool:
        """No parameter: each term is one of its own."""
        return False

    @classmethod
    def get_filters(cls) -> dict[str, Any]:
        """What the document says of the parameters."""
        terms = {"q[]": TermsFilter(label=filtering.described(cls.fields))}
        if not cls.many:
            return terms
        named = ", ".join(sorted(name for name, field in {**cls.sorts, **cls.fields}.items() if field.sortable))
        sort = SortFilter(label=f"`field`, `field:asc` or `field:desc`, also several with commas: {named}.")
        return {
            **terms,
            "sort": sort,
            "order": OrderFilter(label="The direction of sort fields that do not give one themselves."),
        }

    @classmethod
    def select(cls, rows: Any, parameters: QueryDict) -> Any:
        """Return the rows that `q[]` selects, without hidden ones. BadQuery names what cannot be understood."""
        terms = filtering.read(terms_of(parameters), cls.fields)
        named = filtering.names(terms)
        for fields, shown in cls.hides:
            if not named & fields:
                rows = rows.filter(shown)
        return filtering.narrow(rows, terms, cls.fields)

    @classmethod
    def order(cls, rows: Any, parameters: QueryDict) -> Any:
        """Return the rows in the order of `sort` and `order`."""
        fields = {**cls.sorts, **cls.fields}
        return filtering.ordered(rows, sorts_of(parameters), parameters.get("order", ""), fields, default=cls.default)


def terms_of(parameters: QueryDict) -> list[str]:
    """The terms of a request: each `q[]`, or the one `q`; several `q` without brackets are no filter."""
    single = parameters.getlist("q")
    return [*parameters.getlist("q[]"), *(single if len(single) == 1 else [])]


def sorts_of(parameters: QueryDict) -> list[str]:
    """The fields that a request asks to sort by."""
    asked = [*parameters.getlist("sort"), *parameters.getlist("sort[]")]
    return [one for text in asked for one in text.split(",") if one][: filtering.MOST_TERMS]


@cache
def page_schema(key: str, body: type[Body]) -> type[serializers.Serializer[Any]]:
    """A page of a list; one class for all lists of the same things."""
    entries: dict[str, Any] = {key: body(many=True)}
    return shape_of(
        f"{body.__name__.removesuffix('Body')}Page",
        **entries,
        total_entries=serializers.IntegerField(),
        links=PageLinks(),
    )


class PageLinks(serializers.Serializer[Any]):
    """Where the page is and, as far as there are any, its neighbours: addresses with the vendor's bare brackets."""

    self = serializers.CharField()
    previous = serializers.CharField(required=False)
    next = serializers.CharField(required=False)
