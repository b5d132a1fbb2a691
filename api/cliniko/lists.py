"""Lists: the rows that `q[]` selects, their order, and the requested page."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from functools import cache
from typing import Any, ClassVar

from django.db.models import Model, Q
from django.http import QueryDict
from rest_framework import serializers

from api.base.body import Body
from api.base.filters import Filter, Filters
from api.base.operations import shape_of
from api.cliniko import filtering
from api.cliniko.filtering import Term, is_several
from core.hints import OfEach, asked_of_each
from core.ids_first import ids_by
from core.indexes import has_order
from core.prepared import hole_of, one_of


class TermsFilter(Filter):
    """The terms of the filter language."""

    schema = {"type": "array", "items": {"type": "string"}, "maxItems": filtering.MOST_TERMS}


class SortFilter(Filter):
    """The fields to sort by."""

    schema = {"type": "array", "items": {"type": "string"}}


class OrderFilter(Filter):
    """The direction of sort fields that do not give one."""

    schema = {"type": "string", "enum": ["asc", "desc"], "deprecated": True}


# What hides rows: unless a term names one of the fields, only rows that meet the condition are shown. These have no
# value in these fields.
Hidden = tuple[tuple[frozenset[str], Q | OfEach], ...]


class ClinikoFilters(Filters):
    """The filters and sorts of a list, by its table of fields.

    `hides` are the rows that are left out unless a term is about one of the named fields.
    """

    strict = False
    ignores_empty = True
    fields: ClassVar[Mapping[str, filtering.Field]] = {}
    sorts: ClassVar[Mapping[str, filtering.Field]] = {}
    # Whether it can be sorted by its fields, too, or by `sorts` alone.
    sorts_by_fields: ClassVar[bool] = True
    hides: ClassVar[Hidden] = ()
    default: ClassVar[str] = "created_at"

    # Whether it is a list, or one object of which only its state is asked.
    many: ClassVar[bool] = True
    # The rows, where they are as many as the clinic has patients or visits.
    model: ClassVar[type[Model] | None] = None
    # What the list shows besides: a term of `own`, which nobody sends.
    own: ClassVar[Mapping[str, filtering.Field]] = {}
    only: ClassVar[Sequence[Term]] = ()

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
        named = ", ".join(sorted(name for name, field in cls.sortable().items() if field.sortable))
        sort = SortFilter(label=f"`field`, `field:asc` or `field:desc`, also several with commas: {named}.")
        return {
            **terms,
            "sort": sort,
            "order": OrderFilter(label="The direction of sort fields that do not give one themselves."),
        }

    @classmethod
    def sortable(cls) -> Mapping[str, filtering.Field]:
        """The fields that a sort may name; some of them say that the list cannot be sorted by them."""
        return {**cls.sorts, **cls.fields} if cls.sorts_by_fields else cls.sorts

    @classmethod
    def select(cls, rows: Any, parameters: QueryDict) -> Any:
        """Return the rows that `q[]` selects, without hidden ones. BadQuery names what cannot be understood."""
        return Asked(cls, parameters).narrowed(rows)


class Asked:
    """What a request asks of a list: its terms, with their values apart from them, and its order.

    Where an index finds few rows for one of the terms (`find`), the list is asked for their ids.
    """

    MOST_LOOKED_UP = 3  # terms

    def __init__(self, filters: type[ClinikoFilters], parameters: QueryDict) -> None:
        self.filters = filters
        sent = filtering.read(terms_of(parameters), filters.fields)
        self.named = filtering.names(sent)
        self.terms = (*filters.only, *sent)
        self.fields = {**filters.fields, **filters.own}
        self.sortable = filters.sortable()
        self.sorts: list[tuple[str, bool]] = []
        if filters.many:
            told = sorts_of(parameters), parameters.get("order", "")
            self.sorts = filtering.sorting(*told, self.sortable, default=filters.default)
        self.open = {f"term_{number}": term for number, term in enumerate(self.terms) if term.is_open}
        self.common: frozenset[Term] = frozenset()
        self.ids: list[int] | None = None
        self.of = "pk"

    def find(self, organizations: Callable[[], Collection[int]]) -> None:
        """Look for which of the terms an index finds few rows; one that begins with the organization, of these."""
        common = []
        for term, ways in self._looked_up():
            self.ids = ids_by(ways, organizations)
            if self.ids is not None:
                self.of = ways[0][0].of
                return
            common.append(term)
        self.common = frozenset(common)

    def _looked_up(self) -> list[tuple[Term, filtering.Ways]]:
        """The terms that an index may find few rows for, unless it has them in the order of the list, too."""
        if (model := self.filters.model) is None:
            return []
        found, order = [], self.sortable[self.sorts[0][0]].column
        for term in self.terms:
            column, is_one = self.fields[term.field].column, term.operator == "=" and not is_several(term.value)
            if column == order or (is_one and column == "pk"):
                continue
            if is_one and isinstance(column, str) and isinstance(order, str) and has_order(model, column, order):
                continue
            if ways := self.fields[term.field].ways(model, term.operator, term.value):
                found.append((term, ways))
        return sorted(found, key=lambda one: one[0].operator != "=")[: self.MOST_LOOKED_UP]

    @property
    def key(self) -> Hashable:
        """What the statement depends on."""
        terms = tuple((term.shape, term in self.common) for term in self.terms)
        return terms, tuple(self.sorts), None if self.ids is None else self.of

    @property
    def values(self) -> dict[str, Any]:
        """What is put into the places of the statement."""
        values = {name: term.value for name, term in self.open.items()}
        return values if self.ids is None else {**values, "ids": self.ids}

    def narrowed(self, rows: Any, *, prepared: bool = False) -> Any:
        """Return the rows that are asked for; `prepared`: with places for the values."""
        for fields, shown in self.filters.hides:
            if not self.named & fields:
                rows = rows.filter(shown)
        places = {term: hole_of(type(term.value), name) for name, term in self.open.items()} if prepared else {}
        terms = [(term, places.get(term, term.value)) for term in self.terms]
        rows = filtering.narrow(rows, terms, self.fields, self.common)
        if self.ids is None:
            return rows
        return asked_of_each(rows).filter(one_of(self.of, hole_of(tuple, "ids") if prepared else self.ids))

    def ordered(self, rows: Any) -> Any:
        """Return the rows in the order that is asked for."""
        hidden = [fields for fields, _shown in self.filters.hides if not self.named & fields]
        return filtering.ordered(rows, self.sorts, self.sortable, empty=frozenset().union(*hidden))


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
