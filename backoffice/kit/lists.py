"""Lists that stay fast with a million rows: a capped count, filters and search as staff type them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.contrib.admin import SimpleListFilter
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import BadRequest
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from unfold.views import ChangeList

from backoffice.kit.actor import actor_of
from backoffice.kit.lookups import asked_id, read_id
from patients.names import fold

if TYPE_CHECKING:
    BasePaginator = Paginator[Any]
else:
    BasePaginator = Paginator

CAP = 10_000
LOOKUPS = {"": "icontains", "=": "iexact", "^": "istartswith"}


class CappedPaginator(BasePaginator):
    """Counts to ten thousand and no further: nobody pages beyond, and the count would read the whole table."""

    template_name = "backoffice/kit/pagination.html"

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        if not isinstance(rows, QuerySet):
            return len(rows)
        return rows.order_by().values("pk")[:CAP].count()

    @property
    def is_capped(self) -> bool:
        """Whether there may be more than what `count` says."""
        return self.count >= CAP


class IdFilter(SimpleListFilter):
    """A filter whose choices are rows: the address names one by its id, also one that is not among the choices."""

    lookup: str

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        asked_id(request.GET, str(self.parameter_name))
        super().__init__(request, *args)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        pk = asked_id(request.GET, str(self.parameter_name))
        return queryset if pk is None else queryset.filter(**{self.lookup: pk})


class ClinicChangeList(ChangeList):
    """A list whose rows know who looks at them: a ModelAdmin is shared by all threads, a row is not."""

    filter_specs: list[Any]
    result_list: Any
    quick: list[Any]
    quick_title = ""

    def get_filters(self, request: HttpRequest) -> Any:
        """As Django's; a value that a filter does not offer is refused, not passed on to the database."""
        try:
            found = super().get_filters(request)
        except IncorrectLookupParameters as error:
            raise BadRequest(str(error)) from error
        for spec in found[0]:
            if isinstance(spec, SimpleListFilter) and not isinstance(spec, IdFilter) and not hasattr(spec, "typed"):
                asked = request.GET.get(str(spec.parameter_name))
                if asked and asked not in {str(value) for value, _label in spec.lookup_choices}:
                    raise BadRequest(f"{spec.parameter_name} has no such choice")
        return found

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> Any:
        """As Django's, which would show the whole list instead of what it cannot read."""
        try:
            return super().get_queryset(request, exclude_parameters)
        except IncorrectLookupParameters as error:
            raise BadRequest(str(error)) from error

    def get_results(self, request: HttpRequest) -> None:
        """With the filter that staff use all day as links above the list."""
        super().get_results(request)
        chosen = [spec for spec in self.filter_specs if getattr(spec, "quick", False)]
        self.quick = [choice for spec in chosen for choice in spec.choices(self)]
        self.quick_title = chosen[0].title if chosen else ""
        self.filter_specs = [spec for spec in self.filter_specs if spec not in chosen]
        self.has_filters = bool(self.filter_specs)
        self.has_active_filters = any(spec.used_parameters for spec in self.filter_specs)
        # The theme says "show all" beside the title where the two counts differ.
        self.full_result_count = self.result_count
        for row in self.result_list:
            row.__dict__.update(viewer=actor_of(request), seen_at=request.get_full_path())

    def url_for_result(self, result: Any) -> str:
        """The page of a row, which may be another than its form."""
        return str(self.model_admin.row_url(result))


def words_of(term: str) -> list[str]:
    """What was typed, as words that the database can look for."""
    return [word[:100] for word in term.replace("\x00", "").split()[:8]]


def search(queryset: QuerySet[Any], term: str, *, fields: Iterable[str], folded: Iterable[str]) -> QuerySet[Any]:
    """Rows where each word of `term` is found: in `fields` (contains; `=` exact, `^` at the start), or, without
    accents and case, in the `folded` ones. A field `=pk`, `=id` or `=number` is asked only for what is a number.
    """
    for word in words_of(term):
        found = Q(pk__in=[])
        for name in fields:
            kind, column = (name[0], name[1:]) if name[0] in "=^" else ("", name)
            if column.rpartition("__")[2] in ("pk", "id", "object_id", "number"):
                number = read_id(word.lstrip("#"))
                if number is not None:
                    found |= Q(**{column: number})
            else:
                found |= Q(**{f"{column}__{LOOKUPS[kind]}": word})
        plain = fold(word)
        for name in folded if plain else ():
            found |= Q(**{f"{name}__contains": plain})
        queryset = queryset.filter(found)
    return queryset
