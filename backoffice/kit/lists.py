"""Lists that stay fast with a million rows: a capped count, filters and search as staff type them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode

from django.contrib.admin import SimpleListFilter
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import BadRequest, ValidationError
from django.core.paginator import EmptyPage, Page, Paginator
from django.core.validators import validate_ipv46_address
from django.db.models import Func, GenericIPAddressField, Max, Model, Q, QuerySet
from django.http import HttpRequest
from unfold.views import ChangeList

from backoffice.kit.actor import actor_of
from backoffice.kit.lookups import asked_id, read_id
from backoffice.kit.rows import table_of
from core.prepared import one_of
from patients.searching import Words, words_in

if TYPE_CHECKING:
    BasePaginator = Paginator[Any]
else:
    BasePaginator = Paginator

CAP = 1_000
# A search is narrowed, not paged through: a page of it is short, and what it found is counted no further than this.
ROWS_OF_SEARCH, CAP_OF_SEARCH = 25, 200
# So many ids of another table are named to the database at most.
MOST_NAMED = 5_000
# In so many of the newest rows of a table a search looks for a piece of a text that has no index of its pieces.
RECENT = 20_000
LOOKUPS = {"": "icontains", "!": "icontains", "=": "iexact", "^": "istartswith", ">": "begins", "~": "begins"}
NUMBERS = frozenset({"pk", "id", "object_id", "number"})


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


class Sorted(Func):
    """The column, sorted by after its rows were read: no index of PostgreSQL is in this order."""

    template = "COALESCE(%(expressions)s, %(expressions)s)"
    arity = 1

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        """The column itself: SQLite walks along its index whatever is asked of the rows, or reads the table."""
        return self.as_sql(compiler, connection, template="%(expressions)s", **more)


def sorted_after(rows: QuerySet[Any]) -> QuerySet[Any]:
    """These few rows in their order, which the database cannot walk along until it has met them.

    PostgreSQL takes the few for spread evenly over that order; those of the clinic's oldest patients stand at its end.
    """
    first, *others = rows.query.order_by or ("pk",)
    if not isinstance(first, str) or first.lstrip("-") == "pk":
        return rows
    column = Sorted(first.lstrip("-"))
    return rows.order_by(column.desc() if first.startswith("-") else column.asc(), *others)


class Meant(Enum):
    """What a search says of the rows that it finds: those of many patients, of a few, or others, too."""

    MANY = "many"
    FEW = "few"
    OTHERS = "others"

    @classmethod
    def of(cls, words: Words) -> Meant:
        """What the words say of patients."""
        if not words.words or words.ids == []:
            return cls.OTHERS
        return cls.MANY if words.ids is None else cls.FEW


class SearchPaginator(CappedPaginator):
    """Reads the ids of the rows that a search found once, for their count and for the page.

    Those of many patients are counted no further than to the row that says there is another page.
    """

    cap = CAP_OF_SEARCH

    def __init__(self, *args: Any, meant: Meant = Meant.OTHERS, page: int = 1, **named: Any) -> None:
        super().__init__(*args, **named)
        self.meant = meant
        if meant is Meant.MANY:
            self.cap = min(self.cap, max(page, 1) * self.per_page + 1)

    @cached_property
    def ids(self) -> list[Any]:
        """The ids of the rows, in the list's order, as far as they are counted."""
        rows = cast("QuerySet[Any]", self.object_list)
        if self.meant is Meant.FEW:
            rows = sorted_after(rows)
        return list(rows.values_list("pk", flat=True)[: self.cap])

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
            rows = self.apply_select_related(self.root_queryset.filter(pk__in=found))
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


def words_of(term: str) -> list[str]:
    """What was typed, as words that the database can look for."""
    return [word[:100] for word in term.replace("\x00", "").split()[:8]]


def words_for(request: HttpRequest, term: str) -> Words:
    """The words of a search, one object for all the lists that a request looks through."""
    by = actor_of(request)
    known: dict[str, Words] = request.__dict__.setdefault("searched_words", {})
    if term not in known:
        # A patient sees people of any organization, of whom there are few.
        anywhere = by.everything or by.patient_ids
        known[term] = Words(words_in(term), organizations=None if anywhere else by.organizations_as())
    return known[term]


def search(
    queryset: QuerySet[Any],
    term: str,
    *,
    fields: Sequence[str],
    patient: str = "",
    meant: Words | None = None,
    also: Callable[[str], Q] = lambda word: Q(pk__in=[]),
) -> tuple[QuerySet[Any], Meant]:
    """Rows where each word of `term` is found in `fields`, or means the patient at the path `patient`; which those are.

    A field contains the word; `=` is it, as it was typed, in small letters or in capitals (of another table: in any
    spelling); `^` begins with it; `>` (a PlainTextField of a large table) begins with it as it was typed, or in
    capitals; `~` (another) begins with it, with a capital or without, and contains it in the `RECENT` newest rows and
    in those of a patient whom the other words mean; `!` contains it where the first such field is not empty, which few
    rows are, for which there is an index. A field `=pk`, `=id` or `=number` is asked only for what is a number. `also`
    gives what else a word may mean; `meant` is `term` as words that mean patients. What another table says is looked up
    there first: an OR over a join would read every row of both.
    """
    words = list(meant.words) if meant is not None else words_of(term)
    said = [_said(queryset.model, word, fields) for word in words]
    own = [its_own | also(word) for word, (its_own, _are_few) in zip(words, said, strict=True)]
    if meant is None or not words:
        return queryset.filter(_all_said(own)), Meant.OTHERS
    kind = Meant.of(meant)
    if kind is Meant.FEW and not all(are_few for _own, are_few in said):
        kind = Meant.OTHERS
    relation, _mark, column = patient.rpartition("__")
    found = meant.meant(column=column, among=None if relation else queryset)
    found = _of_those(queryset.model, relation, found) if relation else found
    for text, ids in _said_of_patients(meant, fields):
        of_them = one_of(column, ids)
        found |= text & (_of_those(queryset.model, relation, of_them) if relation else of_them)
    if relation:  # a row that is joined to its patient is not asked one by one: every row of both would be read
        return queryset.filter(found | _all_said(own)), kind
    # Or one of the words is found in the row itself, by an index, and each of the others there or in the patient.
    asked = [meant.asked_of_rows(number, patient) for number in range(len(words))]
    for number, condition in enumerate(own):
        for other, rest in enumerate(own):
            if other != number:
                condition &= rest | asked[other]  # noqa: PLW2901 narrowed word by word
        found |= condition
    return queryset.filter(found), kind


def _said_of_patients(meant: Words, fields: Sequence[str]) -> Iterator[tuple[Q, list[int]]]:
    """What the first words, or the last, say in a `~` field, and the few patients whom the others mean."""
    columns = [name[1:] for name in fields if name[0] == "~"]
    words, last = meant.words, len(meant.words)
    for cut in range(1, last if columns else 0):
        for texts, others in ((words[:cut], range(cut, last)), (words[cut:], range(cut))):
            if ids := meant.few(others):
                yield _all_said([_any_contains(columns, text) for text in texts]), ids


def _any_contains(columns: Sequence[str], text: str) -> Q:
    found = Q(pk__in=[])
    for column in columns:
        found |= Q(**{f"{column}__icontains": text})
    return found


def _all_said(conditions: Sequence[Q]) -> Q:
    found = Q()
    for condition in conditions:
        found &= condition
    return found


def _said(model: type[Model], word: str, fields: Sequence[str]) -> tuple[Q, bool]:
    """The condition that a row says the word itself; and whether few rows can."""
    found, are_few = Q(pk__in=[]), True
    elsewhere: dict[str, Q] = {}
    rare = next((name[1:] for name in fields if name[0] == "!"), "")
    for name in fields:
        kind, path = (name[0], name[1:]) if name[0] in LOOKUPS else ("", name)
        relation, _mark, column = path.rpartition("__")
        if column in NUMBERS:
            number = read_id(word.lstrip("#"))
            condition = Q(pk__in=[]) if number is None else Q(**{column: number})
        elif kind == "=" and not relation:
            condition = _being(model, column, word)
        elif kind == "~":
            condition = _beginning_or_recent(model, column, word)
        elif kind == ">" and not relation:
            condition, their_few = _beginning(model, column, word)
            are_few = are_few and their_few
        else:
            # Whether there is a text at all is the cheaper question, and so the first.
            condition = ~Q(**{rare: ""}) if kind == "!" else Q()
            condition &= Q(**{f"{column}__{LOOKUPS[kind]}": word})
            are_few = are_few and (kind == "!" or bool(relation))
        if relation:
            elsewhere[relation] = elsewhere.get(relation, Q(pk__in=[])) | condition
        else:
            found |= condition
    for relation, condition in elsewhere.items():
        there = _of_those(model, relation, condition)
        are_few = are_few and there == Q(pk__in=[])
        found |= there
    return found, are_few


def _beginning(model: type[Model], column: str, word: str) -> tuple[Q, bool]:
    """The rows whose column begins with the word, as typed or in capitals: by ids, where these are few; and whether."""
    first, *others = [Q(**{f"{column}__begins": one}) for one in sorted({word, word.upper()})]
    # An index of what is mostly empty has only what is not.
    rows = model._default_manager.exclude(**{column: ""}).order_by().values_list("pk", flat=True)
    ids = list(rows.filter(first).union(*(rows.filter(one) for one in others), all=True)[: CAP_OF_SEARCH + 1])
    if len(ids) <= CAP_OF_SEARCH:
        return one_of("pk", set(ids)), True
    for one in others:
        first |= one
    return first, False


def _at_end_of(model: type[Model], relation: str) -> type[Model]:
    """The model that the path of relations leads to; "" leads nowhere else."""
    for name in relation.split("__") if relation else ():
        model = cast("type[Model]", model._meta.get_field(name).related_model)
    return model


def _is_address(word: str) -> bool:
    try:
        validate_ipv46_address(word)
    except ValidationError:
        return False
    return True


def _being(model: type[Model], column: str, word: str) -> Q:
    """The rows whose column is the word in one of three spellings: an index of the column knows no others."""
    if isinstance(model._meta.get_field(column), GenericIPAddressField) and not _is_address(word):
        return Q(pk__in=[])  # PostgreSQL refuses to compare an address with anything else
    return Q(**{f"{column}__in": sorted({word, word.lower(), word.upper()})})


def _beginning_or_recent(model: type[Model], column: str, word: str) -> Q:
    """The rows whose column begins with the word, or contains it and is recent: by ids, where these can be named."""
    spelled = sorted({word, word.lower(), word.capitalize(), word.upper()})
    first, *others = [
        _recent(model) & Q(**{f"{column}__icontains": word}),
        *(Q(**{f"{column}__begins": one}) for one in spelled),
    ]
    rows = model._default_manager.order_by().values_list("pk", flat=True)
    # Each is a range of an index. All of them: to leave out what two of them found, each would be read to its end.
    ids = list(rows.filter(first).union(*(rows.filter(one) for one in others), all=True)[: MOST_NAMED + 1])
    if len(ids) <= MOST_NAMED:
        return one_of("pk", set(ids))
    for one in others:
        first |= one
    return first


def _recent(model: type[Model]) -> Q:
    """The newest rows of the table, which may be fewer than `RECENT` where numbers were left out."""
    newest = model._default_manager.aggregate(pk=Max("pk"))["pk"] or 0
    return Q(pk__gt=newest - RECENT)


def _of_those(model: type[Model], relation: str, condition: Q) -> Q:
    """The rows whose `relation` meets the condition: by ids, where these are not too many to be named."""
    related = _at_end_of(model, relation)
    ids = list(related._default_manager.filter(condition).order_by().values_list("pk", flat=True)[: MOST_NAMED + 1])
    if len(ids) <= MOST_NAMED:
        return one_of(relation, ids)
    return Q(**{f"{relation}__in": related._default_manager.filter(condition)})
