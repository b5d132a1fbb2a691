"""The filter language of the lists: `q[]=field:OPvalue`, one condition each, all of them to be met.

A list has a table of fields, each with its kind and its column. Nothing else of what is sent reaches the database: a
field that is not in the table, an operator that its kind does not have, or a value that is none is a 400 which names
the term. The same table describes the parameter in the OpenAPI document, and says what a list can be sorted by.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, ClassVar, TypeVar

from django.db.models import BooleanField, CharField, F, Func, Model, Q, Value
from django.db.models.expressions import Combinable, OrderBy
from django.db.models.functions import Cast, Collate, Upper
from django.db.models.lookups import Regex
from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException

from api.cliniko.times import day_of, moment_of
from core.errors import Text
from core.hints import OfEach, Usual
from core.ids_first import Way, way_by
from core.prepared import KINDS, LARGEST, Hole, one_of
from core.querysets import ClinicQuerySet

MOST_TERMS = 20
LONGEST = 2048  # bytes of all terms together

# The longer ones first, so that `>=` is not read as `>`.
OPERATORS = (">=", "<=", "!=", "!?", "~~", ">", "<", "=", "~", "?", "*")
WITHOUT_VALUE = ("?", "!?", "*")
COMPARISONS = {">=": "gte", ">": "gt", "<=": "lte", "<": "lt"}

Column = str | Combinable
Rows = TypeVar("Rows", bound=ClinicQuerySet[Any])


class BadQuery(APIException):
    """A list parameter that cannot be understood; `fields` gives the reason for each."""

    status_code = 400
    default_code = "bad_query"

    def __init__(self, fields: Mapping[str, Text]) -> None:
        super().__init__(_("The query cannot be understood."))
        self.fields = {name: str(why) for name, why in fields.items()}


# By what ways rows are found, each with its value; and for a field whose index is not that of its column.
Ways = Sequence[tuple[Way, Any]]
Found = Callable[[str, Any], Ways]


class Like(Func):
    """Whether a text is like a pattern with `%` and `_`: letters A to Z in either case, on both engines alike."""

    arity = 2
    arg_joiner = " LIKE "
    template = r"%(expressions)s ESCAPE '\'"
    output_field = BooleanField()

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """As SQLite's LIKE does it by itself: the C collation knows no other letters."""
        folded = self.copy()
        folded.set_source_expressions([Upper(Collate(part, "C")) for part in self.get_source_expressions()])
        return folded.as_sql(compiler, connection, **extra)


def is_several(value: Any) -> bool:
    """Whether these are several values, or their place in a statement."""
    return value.is_many if isinstance(value, Hole) else isinstance(value, tuple)


def escaped(text: str) -> str:
    """`text` as it is, in a pattern of LIKE."""
    return re.sub(r"([\\%_])", r"\\\1", text)


class Field:
    """A field that a list can be filtered by: what it is called, its column, and the operators of its kind.

    `found` says by which indexes the rows of a condition are found where this is not an index of the column itself.
    A list cannot be sorted by what would have to be looked up for each of its rows (`sortable`).
    """

    words: ClassVar[str]
    operators: ClassVar[tuple[str, ...]]
    # By which lookup of a column an index finds what meets an operator.
    lookups: ClassVar[Mapping[str, str]] = {}
    # Every value of this kind is at least this.
    least: ClassVar[Any] = None

    def __init__(
        self, column: Column, *, null: bool = False, found: Found | None = None, sortable: bool = True
    ) -> None:
        self.column = column
        self.null = null
        self.found = found
        self.sortable = sortable

    def read(self, operator: str, text: str) -> Any:
        """The value that a text names; ValueError for one that is none of this kind."""
        raise NotImplementedError

    def condition(self, name: str, operator: str, value: Any) -> Q:
        """What the column `name` must meet; the value may be a placeholder."""
        raise NotImplementedError

    def ways(self, model: type[Model], operator: str, value: Any) -> Ways:
        """The indexes that find the rows of a condition, each with its value; none where there is no such index."""
        lookup = self.lookups.get(operator)
        if operator == "?" and self.least is not None:
            lookup, value = "gte", self.least
        elif operator == "!?":
            lookup, value = "isnull", True
        if lookup is None:
            return ()
        if self.found is not None:
            return self.found(lookup, value)
        if not isinstance(self.column, str):
            return ()
        way = way_by(model, self.column, lookup, value)
        return () if way is None else ((way, value),)


class DateTime(Field):
    """A moment in UTC."""

    words = "date-time"
    operators = (">=", ">", "<=", "<", "?", "!?", "*")
    lookups = COMPARISONS
    least = datetime(2, 1, 1, tzinfo=UTC)

    def read(self, operator: str, text: str) -> datetime:
        """The moment."""
        return moment_of(text)

    def condition(self, name: str, operator: str, value: Any) -> Q:
        """`*` is any value, also none; it matters for what a list leaves out otherwise."""
        if operator == "*":
            return Q()
        if operator in ("?", "!?"):
            return Q(**{f"{name}__isnull": operator == "!?"})
        return Q(**{f"{name}__{COMPARISONS[operator]}": value})


class Digits(str):
    """A pattern of digits, which stands in the statement itself."""

    __slots__ = ()


class Date(Field):
    """A day; `=` takes `*` for any digit, as in `****-05-**`."""

    words = "date"
    operators = ("=", ">=", ">", "<=", "<", "?", "!?")
    lookups = {**COMPARISONS, "=": "exact"}
    least = date(2, 1, 1)
    pattern = re.compile(r"[\d*]{4}-[\d*]{2}-[\d*]{2}", re.ASCII)

    def read(self, operator: str, text: str) -> date | Digits:
        """The day, or the pattern that its digits have."""
        if operator != "=" or "*" not in text:
            return day_of(text)
        if not self.pattern.fullmatch(text):
            raise ValueError(text)
        return Digits(f"^{text.replace('*', '[0-9]')}$")

    def condition(self, name: str, operator: str, value: Any) -> Q:
        """The day itself, or its digits where some may be any."""
        if operator in ("?", "!?"):
            return Q(**{f"{name}__isnull": operator == "!?"})
        if isinstance(value, Digits):
            return Q(Regex(Cast(F(name), CharField()), value))
        return Q(**{f"{name}__{self.lookups[operator]}": value})

    def ways(self, model: type[Model], operator: str, value: Any) -> Ways:
        """None for a pattern."""
        return () if isinstance(value, Digits) else super().ways(model, operator, value)


class Numeric(Field):
    """A whole number; `=` takes a list of them."""

    words = "int64"
    operators = ("=", "!=", ">=", ">", "<=", "<", "?", "!?")
    lookups = {**COMPARISONS, "=": "exact"}
    least = -LARGEST
    number = re.compile(r"-?\d{1,18}", re.ASCII)

    def read(self, operator: str, text: str) -> int | tuple[int, ...]:
        """The number, or several of them."""
        numbers = tuple(self._number(one) for one in (text.split(",") if operator == "=" else [text]))
        return numbers if len(numbers) > 1 else numbers[0]

    def _number(self, text: str) -> int:
        if not self.number.fullmatch(text.strip()):
            raise ValueError(text)
        return int(text)

    def condition(self, name: str, operator: str, value: Any) -> Q:
        """A number, or one of several."""
        if operator in ("?", "!?"):
            return Q(**{f"{name}__isnull": operator == "!?"})
        if operator == "!=":
            return _unlike(name, value, null=self.null)
        if is_several(value):
            return one_of(name, value)
        return Q(**{f"{name}__{self.lookups[operator]}": value})


def _unlike(name: str, value: Any, *, null: bool) -> Q:
    """Another value, or none."""
    return ~Q(**{name: value}) | Q(**{f"{name}__isnull": True}) if null else ~Q(**{name: value})


class String(Field):
    """A text, which is empty where there is none; `~` contains, `~~` is like a pattern with `%`."""

    words = "string"
    operators = ("=", "!=", "~", "~~", "?", "!?")
    lookups = {"=": "exact"}

    def read(self, operator: str, text: str) -> str:
        """The text, or the pattern that it has to have."""
        if "\x00" in text:
            raise ValueError(text)
        if operator in ("=", "!="):
            return text
        parts = text.split("%") if operator == "~~" else ["", text, ""]
        return "%".join(escaped(part) for part in parts)

    def condition(self, name: str, operator: str, value: Any) -> Q:
        """`=` is exact; `~` and `~~` take the letters A to Z in either case."""
        if operator in ("?", "!?"):
            return Q(**{name: ""}) if operator == "!?" else ~Q(**{name: ""})
        if operator in ("=", "!="):
            return Q(**{name: value}) if operator == "=" else ~Q(**{name: value})
        return Q(Like(F(name), value if isinstance(value, Hole) else Value(value)))

    def ways(self, model: type[Model], operator: str, value: Any) -> Ways:
        """Where there is none, it is empty."""
        return super().ways(model, "=", "") if operator == "!?" else super().ways(model, operator, value)


class Boolean(Field):
    """true or false."""

    words = "boolean"
    operators = ("=", "!=")

    def read(self, operator: str, text: str) -> bool:
        """Whether it is true."""
        wanted = {"true": True, "false": False}.get(text.strip().lower())
        if wanted is None:
            raise ValueError(text)
        return wanted

    def condition(self, name: str, operator: str, value: Any) -> Q:
        """Whether it is so."""
        return Q(**{name: value is (operator == "=")})


class Array(Field):
    """Ids, of which the rows have several: `~` contains. `holding(id)` is the condition."""

    words = "array of int64"
    operators = ("~",)
    lookups = {"~": "exact"}

    def __init__(self, holding: Callable[[Any], Q], *, found: Found | None = None) -> None:
        super().__init__("pk", found=found or (lambda lookup, value: ()), sortable=False)
        self.holding = holding

    def read(self, operator: str, text: str) -> Any:
        """The id."""
        return Numeric("pk").read(operator, text)

    def condition(self, name: str, operator: str, value: Any) -> Q:
        """Whether the id is among them."""
        return self.holding(value)


class OneOf(Field):
    """One of several words; no field of the contract's, but what a list shows alone."""

    operators = ("in",)
    lookups = {"in": "in"}

    def condition(self, name: str, operator: str, value: Any) -> Q:
        """Whether it is one of the words."""
        return one_of(name, value)


@dataclass(frozen=True, slots=True)
class Term:
    """One condition: the field, the operator, and the value that was read (None where it takes none)."""

    field: str
    operator: str
    value: Any = None

    @property
    def is_open(self) -> bool:
        """Whether a statement may have a place for the value, so that it serves others, too."""
        return type(self.value) in KINDS

    @property
    def shape(self) -> Hashable:
        """What a statement depends on."""
        return self.field, self.operator, type(self.value) if self.is_open else self.value


def read(texts: Sequence[str], fields: Mapping[str, Field]) -> list[Term]:
    """Parse the terms of a request; BadQuery names each that does not belong to this list."""
    if len(texts) > MOST_TERMS or sum(len(text.encode()) for text in texts) > LONGEST:
        raise BadQuery(
            {"q": _("takes at most %(terms)s terms and %(bytes)s bytes") % {"terms": MOST_TERMS, "bytes": LONGEST}}
        )
    terms: list[Term] = []
    problems: dict[str, Text] = {}
    for text in filter(None, texts):
        name, _colon, rest = text.partition(":")
        operator = next((one for one in OPERATORS if rest.startswith(one)), "")
        field = fields.get(name)
        if field is None:
            problems[text] = _("is not a field that this list can be filtered by")
        elif operator not in field.operators:
            problems[text] = _("takes one of the operators %(operators)s") % {"operators": " ".join(field.operators)}
        else:
            value = rest.removeprefix(operator)
            if operator in WITHOUT_VALUE:
                terms.append(Term(name, operator))
                if value:
                    problems[text] = _("takes no value with this operator")
                continue
            try:
                terms.append(Term(name, operator, field.read(operator, value)))
            except ValueError:
                problems[text] = _("is not a value of the kind %(kind)s") % {"kind": field.words}
    if problems:
        raise BadQuery(problems)
    return terms


def narrow(
    rows: Rows, terms: Iterable[tuple[Term, Any]], fields: Mapping[str, Field], common: Collection[Term] = ()
) -> Rows:
    """Return the rows that meet every term, with this value in its place; `common` are those that many rows meet."""
    for term, value in terms:
        field = fields[term.field]
        rows, name = _column(rows, term.field, field)
        condition = field.condition(name, term.operator, value)
        # What is archived has an index in the order of the list.
        if term in common and not (term.operator == "?" and field.found is None):
            condition = Q(OfEach(condition) if field.found is None else Usual(condition))
        rows = rows.filter(condition)
    return rows


def sorting(sorts: Sequence[str], order: str, fields: Mapping[str, Field], *, default: str) -> list[tuple[str, bool]]:
    """The fields to sort by, and whether downwards: each `field` or `field:asc` or `field:desc`.

    `order` is for those that do not say so. BadQuery names what is no such field or order.
    """
    if order.lower() not in ("", "asc", "desc"):
        raise BadQuery({"order": _("must be asc or desc")})
    found: list[tuple[str, bool]] = []
    problems: dict[str, Text] = {}
    for text in sorts or [default]:
        name, _colon, way = text.strip().partition(":")
        field = fields.get(name)
        way = (way or order or "asc").lower()
        if field is None or not field.sortable or way not in ("asc", "desc"):
            problems[f"sort {text}"] = _("is not a field that this list can be sorted by")
            continue
        found.append((name, way == "desc"))
    if problems:
        raise BadQuery(problems)
    return found


def ordered(
    rows: Rows, sorts: Sequence[tuple[str, bool]], fields: Mapping[str, Field], *, empty: Collection[str] = ()
) -> Rows:
    """The rows in this order, see `sorting`; the id breaks ties. None of the rows has a value in the `empty` fields."""
    ordering: list[OrderBy] = []
    for name, down in sorts:
        # What is the same in all rows is no order, and would have all of them read.
        if name in empty or isinstance(fields[name].column, Value):
            continue
        rows, column = _column(rows, name, fields[name])
        ordering.append(_in_order(column, down=down, null=fields[name].null))
    _name, is_down = sorts[-1]
    return rows.order_by(*ordering, "-pk" if is_down else "pk")


def _in_order(column: str, *, down: bool, null: bool) -> OrderBy:
    """Nothing comes last upwards and first downwards, on both engines."""
    if down:
        return F(column).desc(nulls_first=True) if null else F(column).desc()
    return F(column).asc(nulls_last=True) if null else F(column).asc()


def _column(rows: Rows, name: str, field: Field) -> tuple[Rows, str]:
    """The rows, and under what name the field's column is found there."""
    if isinstance(field.column, str):
        return rows, field.column
    alias = f"by_{name}"
    if alias in rows.query.annotations:
        return rows, alias
    return rows.alias(**{alias: field.column}), alias


def names(terms: Collection[Term]) -> frozenset[str]:
    """The fields that the terms are about."""
    return frozenset(term.field for term in terms)


def described(fields: Mapping[str, Field]) -> str:
    """The table in words, for the OpenAPI document."""
    rows = [
        f"- `{name}` ({field.words}): {' '.join(f'`{one}`' for one in field.operators)}"
        for name, field in sorted(fields.items())
    ]
    return "Each is `field:OPvalue`; all must be met. The fields, their kinds and operators:\n\n" + "\n".join(rows)
