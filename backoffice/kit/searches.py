"""What is typed into the search of a list: the rows that say its words, or belong to the patients whom they mean."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, cast

from django.core.exceptions import ValidationError
from django.core.validators import validate_ipv46_address
from django.db import connection
from django.db.models import (
    Exists,
    GenericIPAddressField,
    Max,
    Model,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.functions import Coalesce
from django.http import HttpRequest

from backoffice.kit.actor import actor_of
from backoffice.kit.lookups import read_id
from core.hints import OfEach, asked_of_each, finds_no_more, sorted_after
from core.prepared import one_of
from patients.models import Patient
from patients.searching import Words, words_in

# So many ids of another table are named to the database at most; of the table itself so many rows are few.
MOST_NAMED, FEW_ROWS = 5_000, 1_000
# SQLite sorts at most so many rows that belong to what was named; if there are more, it walks along the list.
MOST_SORTED = 5_000
# In so many texts of the newest rows of a table a search looks for a piece: names of 20,000 documents, or each of the
# four of 5,000 users. No index has pieces; what a text begins with is found among all of them.
RECENT = 20_000
# The same for columns that most rows leave empty, counted in rows that have a text.
RECENT_OF_FEW = 2_000
# For each row that is wanted, so many rows of a list are asked whether their patients have common words: of two that
# one in twelve have each, both mean one in 144 of them.
DEPTH = 250
LOOKUPS = {"": "icontains", "!": "icontains", "=": "iexact", "^": "istartswith", ">": "begins", "~": "begins"}
NUMBERS = frozenset({"pk", "id", "object_id", "number"})


class Meant(Enum):
    """What a search says of the rows that it finds: those of many patients, of a few, or others, too."""

    MANY = "many"
    FEW = "few"
    OTHERS = "others"

    @classmethod
    def of(cls, words: Words) -> Meant:
        """What the words say of patients."""
        if not words.words:
            return cls.OTHERS
        return cls.MANY if words.ids is None else cls.FEW


class _Walk(Subquery):
    """The first `most` of the rows that `met` says, in the order of the query, which has a limit of its own."""

    template = "(SELECT walked.pk FROM (%(subquery)s) walked WHERE walked.met LIMIT %(most)s)"


@dataclass(frozen=True, slots=True)
class Found:
    """What a search finds in a list: its `rows`, and how a page of them is read.

    With `met`, rows of `listed` are asked one by one whether they are found, `DEPTH` for each row wanted. If the page
    is not full by then and more are listed, `rows` are read.
    """

    rows: QuerySet[Any]
    listed: QuerySet[Any]
    kind: Meant = Meant.OTHERS
    met: Q | None = None

    def first(self, most: int) -> list[Any]:
        """So many of the rows at most, in the list's order; only those are joined with what the list shows of them."""
        return self._first(most, lambda ids: list(self._named(ids)))

    def ids(self, most: int) -> list[Any]:
        """The ids of so many of the rows at most, in the list's order."""
        return self._first(most, lambda ids: list(self._named(ids).values_list("pk", flat=True)))

    def _first(self, most: int, read: Callable[[Any], list[Any]]) -> list[Any]:
        if self.met is None:
            rows = sorted_after(self.rows) if self.kind is Meant.FEW else self.rows
            return read(rows.values("pk")[:most])
        asked = most * DEPTH
        found = read(_Walk(self.listed.annotate(met=self.met).values("pk", "met")[:asked], most=most))
        if len(found) == most:
            return found
        are_more = Exists(self.listed.values("pk")[asked : asked + 1])
        return read(self.rows.filter(are_more).values("pk")[:most]) or found

    def _named(self, ids: Any) -> QuerySet[Any]:
        return sorted_after(asked_of_each(self.listed).filter(pk__in=ids))


def among(model: type[Model], column: str, values: Collection[str]) -> Q:
    """The rows whose column is one of the values. SQLite, without statistics, asks each row where these are many."""
    condition, field = Q(**{f"{column}__in": values}), model._meta.get_field(column)
    if connection.vendor != "sqlite" or not values:
        return condition
    if finds_no_more(connection, field, sorted(values), 0):
        return Q(pk__in=[])
    return condition if finds_no_more(connection, field, sorted(values), MOST_SORTED) else Q(OfEach(condition))


def words_of(term: str) -> list[str]:
    """What was typed, as words that the database can look for."""
    return [word[:100] for word in term.replace("\x00", "").split()[:8]]


def words_for(request: HttpRequest, term: str) -> Words:
    """The words of a search, one object for all the lists that a request looks through."""
    by = actor_of(request)
    known: dict[str, Words] = request.__dict__.setdefault("searched_words", {})
    if term not in known:
        known[term] = Patient.objects.visible_to(by).words(words_in(term))
    return known[term]


def search(
    queryset: QuerySet[Any],
    term: str,
    *,
    fields: Sequence[str],
    visible: QuerySet[Any] | None = None,
    patient: str = "",
    meant: Words | None = None,
    also: Callable[[str], Q] = lambda word: Q(pk__in=[]),
) -> Found:
    """Rows where each word of `term` is found in `fields`, or means the patient at the path `patient`.

    A field contains the word; `=` is it, as it was typed, in small letters, with a capital or in capitals; `^`
    begins with it; `>` (a PlainTextField of a large table) begins with it as it was typed, or in capitals (of
    another table: as it was typed); `~` (another) begins with it, with a capital or without, and contains it in the
    newest rows (`RECENT`) and, of the table itself, in those of a patient whom the other words mean; `!` is as `~`,
    but of rows where the first such field is not empty, which few are: the `RECENT_OF_FEW` newest of these contain
    the word, or any that is `visible` begins with it or with all that was typed. A field `=pk`, `=id` or `=number`
    is asked only for what is a number. `also` gives what else a word may mean; `meant` is `term` as words that mean
    patients. What another table says is looked up there first: an OR over a join would read every row of both.
    """
    words = list(meant.words) if meant is not None else words_of(term)
    visible = queryset if visible is None else visible
    said = [_said(visible, word, fields) for word in words]
    whole = _whole(visible, words, fields)
    beside = [also(word) for word in words]
    own = [one.condition | other | whole for other, one in zip(beside, said, strict=True)]
    if meant is None or not words:
        found = _all_said(
            [Q(OfEach(condition)) if one.are_many else condition for condition, one in zip(own, said, strict=True)]
        )
        if words and all(one.are_few and _is_nothing(other) for other, one in zip(beside, said, strict=True)):
            return Found(asked_of_each(queryset).filter(found), queryset, Meant.FEW)
        return Found(queryset.filter(found), queryset)
    kind, many = Meant.of(meant), [number for number, one in enumerate(said) if one.are_many]
    if kind is Meant.MANY:
        met = _met(patient, meant, own)
        rows = queryset.filter(_of_many(queryset.model, patient, meant, own, met, many))
        rare = next((one.condition for one in said if one.are_few), None)
        if rare is not None:  # a row without a patient says that word itself, too, or all of the words in a row
            queryset = queryset.filter(OfEach(Q(**{f"{patient}__isnull": False}) | rare | whole))
        return Found(rows, queryset, kind, met)
    if not all(one.are_few for one in said):
        kind = Meant.OTHERS
    if kind is Meant.FEW:
        queryset = asked_of_each(queryset)
    relation, _mark, column = patient.rpartition("__")
    found = meant.meant(column=column)
    found = _of_those(queryset.model, relation, found) if relation else found
    for text, ids in _said_of_patients(meant, fields):
        of_them = one_of(column, ids)
        found |= text & (_of_those(queryset.model, relation, of_them) if relation else of_them)
    if relation:  # a row that is joined to its patient is not asked one by one: every row of both would be read
        return Found(queryset.filter(found | _all_said(own)), queryset, kind)
    if any(_is_nothing(own[number]) and meant.few([number]) == [] for number in range(len(own))):
        return Found(queryset.filter(found), queryset, kind)
    met = _met(patient, meant, own)
    rows = queryset.filter(found | _said_beside(patient, meant, own, met, many))
    return Found(rows, queryset, kind, found | met if many else None)


def _met(patient: str, meant: Words, own: Sequence[Q]) -> Q:
    """The condition that each word means the patient at this path, or is found in the row, asked of one row."""
    met = Q()
    for number, condition in enumerate(own):
        met &= meant.asked_of_rows(number, patient) | condition
    return met


def _of_many(model: type[Model], patient: str, meant: Words, own: Sequence[Q], met: Q, many: Sequence[int]) -> Q:
    """The same, where few rows of the list are theirs, or only old ones."""
    relation, _mark, column = patient.rpartition("__")
    found = meant.read_and_asked(column)
    if not relation and connection.vendor == "sqlite":  # by itself: SQLite would begin with what the list is joined to
        found = Q(pk__in=model._default_manager.filter(found).order_by().values("pk"))
    if not relation:
        return found | _said_beside(patient, meant, own, met, many)
    related = _at_end_of(model, relation)._default_manager.filter(found)
    return Q(**{f"{relation}__in": related.values("pk")}) | _all_said(own)


def _said_beside(patient: str, meant: Words, own: Sequence[Q], met: Q, many: Sequence[int]) -> Q:
    """One of the words is found in the row itself, by an index, and each of the others there or in the patient.

    For the words numbered `many` the index finds too much: the patient must have the others.
    """
    numbers = range(len(own))
    each = [own[number] | meant.asked_of_rows(number, patient) for number in numbers]
    others = [number for number in numbers if number not in many]
    found = Q(pk__in=[])
    for number in others:
        found |= own[number] & _all_said([each[other] for other in numbers if other != number])
    if not many:
        return found
    ids = meant.few(others) if others else None
    if ids is None:
        return Q(OfEach(met))
    return found | one_of(patient, ids) & Q(OfEach(_all_said([each[number] for number in many])))


def _said_of_patients(meant: Words, fields: Sequence[str]) -> Iterator[tuple[Q, list[int]]]:
    """What the first words, or the last, say in a `~` field, and the few patients whom the others mean.

    One of those must mean few by itself: who has several common words is read for the search itself alone.
    """
    columns = [name[1:] for name in fields if name[0] == "~" and "__" not in name]
    words, last = meant.words, len(meant.words)
    for cut in range(1, last if columns else 0):
        for texts, others in ((words[:cut], range(cut, last)), (words[cut:], range(cut))):
            rare = any(meant.few([number]) is not None for number in others)
            if rare and (ids := meant.few(others)):
                yield _all_said([_any_contains(columns, text) for text in texts]), ids


def _any_contains(columns: Sequence[str], text: str) -> Q:
    found = Q(pk__in=[])
    for column in columns:
        found |= Q(**{f"{column}__icontains": text})
    return found


def _is_nothing(condition: Any) -> bool:
    """Whether the condition says of no row that it is found."""
    if not isinstance(condition, Q):
        return bool(condition == ("pk__in", []))
    is_or = condition.connector == Q.OR or len(condition) == 1
    return bool(condition) and is_or and not condition.negated and all(map(_is_nothing, condition.children))


def _all_said(conditions: Sequence[Q]) -> Q:
    found = Q()
    for condition in conditions:
        found &= condition
    return found


def _whole(visible: QuerySet[Any], words: Sequence[str], fields: Sequence[str]) -> Q:
    """The rows of which a `!` field says all of the words in a row, as the name of a contact does."""
    filled = [name[1:] for name in fields if name[0] == "!"]
    if len(words) < 2 or not filled:
        return Q(pk__in=[])
    return one_of("pk", of_few(visible, filled, " ".join(words), newest_of=visible.model._default_manager.all()))


@dataclass(frozen=True, slots=True)
class _Said:
    """The condition that a row says a word itself; whether few rows can; and whether SQLite would read too many."""

    condition: Q
    are_few: bool
    are_many: bool


def _said(visible: QuerySet[Any], word: str, fields: Sequence[str]) -> _Said:
    model = visible.model
    found, are_few, are_many = Q(pk__in=[]), True, False
    ids: set[int] = set()  # named in one condition: SQLite has no index for an OR within an OR
    elsewhere: dict[str, Q] = {}
    for condition, its_ids in _looked_up(visible, fields, word):
        if its_ids is None:
            found, are_few, are_many = found | condition, False, connection.vendor == "sqlite"
        else:
            ids |= its_ids
    number = read_id(word.lstrip("#"))
    for name in fields:
        kind, path = (name[0], name[1:]) if name[0] in LOOKUPS else ("", name)
        relation, _mark, column = path.rpartition("__")
        if kind == "!" or (kind == ">" and not relation) or kind == "~":
            continue
        if column == "pk" and not relation:
            ids |= set() if number is None else {number}
            continue
        if column in NUMBERS:
            condition = Q(pk__in=[]) if number is None else Q(**{column: number})
        elif kind == "=":
            condition = _being(_at_end_of(model, relation), column, word)
        else:
            condition = Q(**{f"{column}__{LOOKUPS[kind]}": word})
            are_few = are_few and bool(relation)
        if relation:
            elsewhere[relation] = elsewhere.get(relation, Q(pk__in=[])) | condition
        else:
            found |= condition
    those = [_of_those_and_many(model, relation, condition) for relation, condition in elsewhere.items()]
    for there in [*(one for one, _have_many in those), *_beginning_elsewhere(model, fields, word)]:
        are_few = are_few and there == Q(pk__in=[])
        found |= there
    are_many = are_many or any(have_many for _there, have_many in those)
    return _Said(found | one_of("pk", ids), are_few, are_many)


def _looked_up(visible: QuerySet[Any], fields: Sequence[str], word: str) -> Iterator[tuple[Q, set[int] | None]]:
    """The condition that a row says the word in a column of its own that has an index, and the ids of those that do."""
    model = visible.model
    if filled := [name[1:] for name in fields if name[0] == "!"]:
        ids = of_few(visible, filled, word, newest_of=model._default_manager.all())
        yield one_of("pk", ids), ids
    for name in fields:
        if name[0] == ">" and "__" not in name:
            yield _beginning(model, name[1:], word)
        elif name[0] == "~" and "__" not in name:
            yield beginning_or_recent(model, [name[1:]], word)


def _beginning_elsewhere(model: type[Model], fields: Sequence[str], word: str) -> Iterator[Q]:
    """The rows for which a `~` field of another table begins with the word, or contains it and is recent."""
    columns: dict[str, list[str]] = {}
    for name in fields:
        relation, _mark, column = name[1:].rpartition("__")
        if name[0] == "~" and relation:
            columns.setdefault(relation, []).append(column)
    for relation, names in columns.items():
        related = _at_end_of(model, relation)
        condition, ids = beginning_or_recent(related, names, word)
        of_many = Q(**{f"{relation}__in": related._default_manager.filter(condition)})
        yield of_many if ids is None else one_of(relation, ids)


def of_few(
    visible: QuerySet[Any], columns: Sequence[str], text: str, *, newest_of: QuerySet[Any] | None = None
) -> set[int]:
    """The ids of the newest of the `visible` rows, at most `RECENT_OF_FEW`, in which a column begins with the text.

    Rows that merely contain it are found only among as many of the newest (of `newest_of`, where that is given). Rows
    whose first column is empty are left out: there are partial indexes of the others.
    """
    filled = ~Q(**{columns[0]: ""})
    rows = asked_of_each(visible).filter(filled).order_by().values_list("pk", flat=True)
    newest = rows if newest_of is None else newest_of.filter(filled).values_list("pk", flat=True)
    before = newest.order_by("-pk")[RECENT_OF_FEW : RECENT_OF_FEW + 1]
    recent = rows.filter(_any_contains(columns, text), pk__gt=Coalesce(Subquery(before), 0))
    return set(
        recent.union(*(rows.filter(one) for one in _begins(columns, text)), all=True).order_by("-pk")[:RECENT_OF_FEW]
    )


def _few(ids: QuerySet[Any]) -> set[int] | None:
    found = list(ids[: FEW_ROWS + 1])
    return set(found) if len(found) <= FEW_ROWS else None


def _beginning(model: type[Model], column: str, word: str) -> tuple[Q, set[int] | None]:
    """The condition of rows whose column begins with the word, as typed or in capitals; and their ids, where few do."""
    first, *others = [Q(**{f"{column}__begins": one}) for one in sorted({word, word.upper()})]
    # An index of what is mostly empty has only what is not.
    rows = model._default_manager.exclude(**{column: ""}).order_by().values_list("pk", flat=True)
    ids = _few(rows.filter(first).union(*(rows.filter(one) for one in others), all=True))
    for one in others:
        first |= one
    return first, ids


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
    """The rows whose column is the word in one of four spellings: an index of the column knows no others."""
    if isinstance(model._meta.get_field(column), GenericIPAddressField) and not _is_address(word):
        return Q(pk__in=[])  # PostgreSQL refuses to compare an address with anything else
    return Q(**{f"{column}__in": sorted({word, word.lower(), word.capitalize(), word.upper()})})


def beginning_or_recent(
    model: type[Model], columns: Sequence[str], word: str, *, named: int = MOST_NAMED
) -> tuple[Q, set[int] | None]:
    """The condition of rows of which a column begins with the word, or contains it and is recent.

    And their ids, unless they are more than `named`.
    """
    first, *others = [_recent(model, columns) & _any_contains(columns, word), *_begins(columns, word)]
    rows = model._default_manager.order_by().values_list("pk", flat=True)
    # Each is a range of an index. All of them: to leave out what two of them found, each would be read to its end.
    ids = list(rows.filter(first).union(*(rows.filter(one) for one in others), all=True)[: named + 1])
    for one in others:
        first |= one
    return first, set(ids) if len(ids) <= named else None


def _begins(columns: Sequence[str], text: str) -> Iterator[Q]:
    """The conditions that a column begins with the text, in one of five spellings: an index knows no others."""
    for column in columns:
        for one in sorted({text, text.lower(), text.capitalize(), text.upper(), text.title()}):
            yield Q(**{f"{column}__begins": one})


def _recent(model: type[Model], columns: Sequence[str]) -> Q:
    """The newest rows of the table, whose columns have `RECENT` texts; fewer where numbers were left out."""
    newest = model._default_manager.aggregate(pk=Max("pk"))["pk"] or 0
    return Q(pk__gt=newest - RECENT // len(columns))


def _of_those(model: type[Model], relation: str, condition: Q) -> Q:
    """The rows whose `relation` meets the condition: by ids, where these are not too many to be named."""
    found, _are_many = _of_those_and_many(model, relation, condition)
    return found


def _of_those_and_many(model: type[Model], relation: str, condition: Q) -> tuple[Q, bool]:
    """The same, and whether they are many that SQLite, which has no statistics, would read and sort for a page."""
    related = _at_end_of(model, relation)._default_manager.filter(condition)
    ids = list(related.order_by().values_list("pk", flat=True)[: MOST_NAMED + 1])
    if len(ids) > MOST_NAMED:
        return Q(**{f"{relation}__in": related}), False
    if connection.vendor != "sqlite" or "__" in relation or not ids:
        return one_of(relation, ids), False
    return one_of(relation, ids), not finds_no_more(connection, model._meta.get_field(relation), ids, MOST_SORTED)
