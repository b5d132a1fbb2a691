"""Lists that stay fast with a million rows: their filters, a capped count, the pages of a search."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib.admin import SimpleListFilter
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import BadRequest
from django.core.paginator import EmptyPage, Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.views import ChangeList

from backoffice.kit.actor import actor_of
from backoffice.kit.lookups import asked_id
from backoffice.kit.rows import table_of
from backoffice.kit.searches import Found, Meant
from core.hints import asked_of_each

if TYPE_CHECKING:
    BasePaginator = Paginator[Any]
else:
    BasePaginator = Paginator

CAP = 1_000
# A search is narrowed, not paged through: a page of it is short, and what it found is counted no further than this.
ROWS_OF_SEARCH, CAP_OF_SEARCH = 20, 200


class CappedPaginator(BasePaginator):
    """Counts to a thousand and no further: nobody pages beyond, and the count would cost more than the page."""

    template_name = "backoffice/kit/pagination.html"
    cap = CAP

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        if not isinstance(rows, QuerySet):
            return len(rows)
        # In the list's order: else the database may begin with the oldest rows, of which a filter leaves none.
        return rows.values("pk")[: self.cap].count()

    @property
    def is_capped(self) -> bool:
        """Whether there may be more than what `count` says."""
        return self.count >= self.cap

    @property
    def told(self) -> int:
        """As many as the page says there are: whole pages, where there are more."""
        return self.count // self.per_page * self.per_page if self.is_capped else self.count


class SearchPaginator(CappedPaginator):
    """Reads the ids of the rows that a search found once, for their count and for the page.

    Of many, they are counted no further than to the row that says there is another page.
    """

    cap = CAP_OF_SEARCH

    def __init__(self, *args: Any, found: Found, page: int = 1, **named: Any) -> None:
        super().__init__(*args, **named)
        self.found = found
        if found.kind is Meant.MANY or found.met is not None:
            self.cap = min(self.cap, max(page, 1) * self.per_page + 1)

    @cached_property
    def ids(self) -> list[Any]:
        """The ids of the rows, in the list's order, as far as they are counted."""
        return self.found.ids(self.cap)

    @cached_property
    def count(self) -> int:
        return len(self.ids)

    def ids_of(self, page: int) -> list[Any]:
        """The ids of the rows of a page."""
        return self.ids[(page - 1) * self.per_page : page * self.per_page]


# Further than anybody turns pages, and near enough for either database to count the rows before it.
LAST_PAGE = 1_000_000_000


class UncountedPaginator(CappedPaginator):
    """For a page that shows no count: one row more than a page says that there is another page."""

    def page(self, number: Any) -> Any:
        if not 1 <= (wanted := int(number)) <= LAST_PAGE:
            raise EmptyPage(number)
        start = (wanted - 1) * self.per_page
        rows = list(self.object_list[start : start + self.per_page + 1])
        self.__dict__["count"] = start + len(rows)  # where Django keeps what it counted
        return Page(rows[: self.per_page], wanted, self)


class IdFilter(SimpleListFilter):
    """A filter whose choices are rows: the address names one by its id, also one that is not among the choices."""

    lookup: str

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        asked_id(request.GET, str(self.parameter_name))
        super().__init__(request, *args)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        pk = asked_id(request.GET, str(self.parameter_name))
        return queryset if pk is None else queryset.filter(**{self.lookup: pk})


class LeavesOut(SimpleListFilter):
    """A filter that hides some rows unless all of them are asked for."""

    @property
    def widest(self) -> str:
        """The choice that leaves nothing out: the last one."""
        return str(self.lookup_choices[-1][0])

    @property
    def chosen(self) -> str:
        """What the listed rows are called, where others are left out."""
        value = self.value()
        return next((str(label) for one, label in self.lookup_choices if one == value != self.widest), "")


class ClinicChangeList(ChangeList):
    """A list whose rows know who looks at them: a ModelAdmin is shared by all threads, a row is not."""

    filter_specs: list[Any]
    result_list: Any
    list_per_page: int
    quick: list[Any]
    quick_title = ""
    whole = "?"
    only = ""
    is_narrowed = False

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

    def get_ordering_field(self, field_name: Any) -> Any:
        """As Django's, which would also sort by a column that is not offered, and has no index."""
        return super().get_ordering_field(field_name) if field_name in self.sortable_by else None

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> Any:
        """As Django's, which would show the whole list instead of what it cannot read."""
        try:
            return super().get_queryset(request, exclude_parameters)
        except IncorrectLookupParameters as error:
            raise BadRequest(str(error)) from error

    def get_results(self, request: HttpRequest) -> None:
        """With the filter that staff use all day as links above the list."""
        if self.query:
            self.list_per_page = min(self.list_per_page, ROWS_OF_SEARCH)
        super().get_results(request)
        if isinstance(self.paginator, SearchPaginator):
            whole = self.show_all and self.can_show_all
            found = self.paginator.ids if whole else self.paginator.ids_of(self.page_num if self.multi_page else 1)
            rows = self.apply_select_related(asked_of_each(self.root_queryset).filter(pk__in=found))
            self.result_list = rows.order_by(*self.get_ordering(request, self.queryset))
        chosen = [spec for spec in self.filter_specs if getattr(spec, "quick", False)]
        self.quick = [choice for spec in chosen for choice in spec.choices(self)]
        self.quick_title = chosen[0].title if chosen else ""
        self.filter_specs = [spec for spec in self.filter_specs if spec not in chosen]
        # Where nothing is listed, the page says whether somebody narrowed the list, and leads to all of it.
        every = [spec for spec in (*chosen, *self.filter_specs) if isinstance(spec, LeavesOut)]
        self.whole = f"?{urlencode({str(spec.parameter_name): spec.widest for spec in every})}"
        self.only = ", ".join(spec.chosen for spec in every if spec.chosen)
        others = [spec for spec in self.filter_specs if spec not in every]
        self.is_narrowed = bool(self.query) or any(spec.used_parameters for spec in others)
        self.has_filters = bool(self.filter_specs)
        self.has_active_filters = any(spec.used_parameters for spec in self.filter_specs)
        # The theme says "show all" beside the title where the two counts differ.
        self.full_result_count = self.result_count
        for row in self.result_list:
            row.__dict__.update(viewer=actor_of(request), seen_at=request.get_full_path())

    def table(self) -> dict[str, Any]:
        """What the page shows of the rows."""
        return table_of(self)

    def url_for_result(self, result: Any) -> str:
        """The page of a row, which may be another than its form."""
        return str(self.model_admin.row_url(result))
