"""The filter language of the lists: `q[]=field:OPvalue`, one condition each, all of them to be met.

A list has a table of fields, each with its kind and its column. Nothing else of what is sent reaches the database: a
field that is not in the table, an operator that its kind does not have, or a value that is none is a 400 which names
the term. The same table describes the parameter in the OpenAPI document, and says what a list can be sorted by.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from django.db.models import BooleanField, CharField, F, Func, Q, Value
from django.db.models.expressions import Combinable, OrderBy
from django.db.models.functions import Cast, Collate, Upper
from django.db.models.lookups import Regex
from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException

from api.cliniko.times import day_of, moment_of
from core.errors import Text
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


def escaped(text: str) -> str:
    """`text` as it is, in a pattern of LIKE."""
    return re.sub(r"([\\%_])", r"\\\1", text)


class Field:
    """A field that a list can be filtered by: what it is called, its column, and the operators of its kind."""

    words: ClassVar[str]
    operators: ClassVar[tuple[str, ...]]
    sortable: ClassVar[bool] = True

    def __init__(self, column: Column, *, null: bool = False) -> None:
        self.column = column
        self.null = null

    def condition(self, name: str, operator: str, value: str) -> Q:
        """What the column `name` must meet; ValueError for a value that is none of this kind."""
        raise NotImplementedError


class DateTime(Field):
    """A moment in UTC."""

    words = "date-time"
    operators = (">=", ">", "<=", "<", "?", "!?", "*")

    def condition(self, name: str, operator: str, value: str) -> Q:
        """`*` is any value, also none; it matters for what a list leaves out otherwise."""
        if operator == "*":
            return Q()
        if operator in ("?", "!?"):
            return Q(**{f"{name}__isnull": operator == "!?"})
        return Q(**{f"{name}__{COMPARISONS[operator]}": moment_of(value)})


class Date(Field):
    """A day; `=` takes `*` for any digit, as in `****-05-**`."""

    words = "date"
    operators = ("=", ">=", ">", "<=", "<", "?", "!?")
    pattern = re.compile(r"[\d*]{4}-[\d*]{2}-[\d*]{2}", re.ASCII)

    def condition(self, name: str, operator: str, value: str) -> Q:
        """The day itself, or its digits where some may be any."""
        if operator in ("?", "!?"):
            return Q(**{f"{name}__isnull": operator == "!?"})
        if operator != "=":
            return Q(**{f"{name}__{COMPARISONS[operator]}": day_of(value)})
        if "*" not in value:
            return Q(**{name: day_of(value)})
        if not self.pattern.fullmatch(value):
            raise ValueError(value)
        return Q(Regex(Cast(F(name), CharField()), f"^{value.replace('*', '[0-9]')}$"))


class Numeric(Field):
    """A whole number; `=` takes a list of them."""

    words = "int64"
    operators = ("=", "!=", ">=", ">", "<=", "<", "?", "!?")
    number = re.compile(r"-?\d{1,18}", re.ASCII)

    def condition(self, name: str, operator: str, value: str) -> Q:
        """A number, or one of several."""
        if operator in ("?", "!?"):
            return Q(**{f"{name}__isnull": operator == "!?"})
        if operator == "=":
            numbers = [self.read(one) for one in value.split(",")]
            return Q(**{f"{name}__in": numbers}) if len(numbers) > 1 else Q(**{name: numbers[0]})
        if operator == "!=":
            return _unlike(name, self.read(value), null=self.null)
        return Q(**{f"{name}__{COMPARISONS[operator]}": self.read(value)})

    def read(self, text: str) -> int:
        """The number that `text` names."""
        if not self.number.fullmatch(text.strip()):
            raise ValueError(text)
        return int(text)


def _unlike(name: str, value: Any, *, null: bool) -> Q:
    """Another value, or none."""
    return ~Q(**{name: value}) | Q(**{f"{name}__isnull": True}) if null else ~Q(**{name: value})


class String(Field):
    """A text, which is empty where there is none; `~` contains, `~~` is like a pattern with `%`."""

    words = "string"
    operators = ("=", "!=", "~", "~~", "?", "!?")

    def condition(self, name: str, operator: str, value: str) -> Q:
        """`=` is exact; `~` and `~~` take the letters A to Z in either case."""
        if "\x00" in value:
            raise ValueError(value)
        if operator in ("?", "!?"):
            return Q(**{name: ""}) if operator == "!?" else ~Q(**{name: ""})
        if operator in ("=", "!="):
            return Q(**{name: value}) if operator == "=" else ~Q(**{name: value})
        parts = value.split("%") if operator == "~~" else ["", value, ""]
        return Q(Like(F(name), Value("%".join(escaped(part) for part in parts))))


class Boolean(Field):
    """true or false."""

    words = "boolean"
    operators = ("=", "!=")

    def condition(self, name: str, operator: str, value: str) -> Q:
        """Whether it is so."""
        wanted = {"true": True, "false": False}.get(value.strip().lower())
        if wanted is None:
            raise ValueError(value)
        return Q(**{name: wanted is (operator == "=")})


class Array(Field):
    """Ids, of which the rows have several: `~` contains. `holding(id)` is the condition."""

    words = "array of int64"
    operators = ("~",)
    sortable = False

    def __init__(self, holding: Callable[[int], Q]) -> None:
        super().__init__("pk")
        self.holding = holding

    def condition(self, name: str, operator: str, value: str) -> Q:
        """Whether the id is among them."""
        return self.holding(Numeric("pk").read(value))


@dataclass(frozen=True, slots=True)
class Term:
    """One condition as it was sent: `text` is `field:OPvalue`, or an error names it."""

    text: str
    field: str
    operator: str
    value: str


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
            term = Term(text, name, operator, rest.removeprefix(operator))
            terms.append(term)
            if why := _refused(term, field):
                problems[text] = why
    if problems:
        raise BadQuery(problems)
    return terms


def _refused(term: Term, field: Field) -> Text | None:
    """What is wrong with the value of a term, if anything."""
    if term.operator in WITHOUT_VALUE:
        return _("takes no value with this operator") if term.value else None
    try:
        field.condition("pk", term.operator, term.value)
    except ValueError:
        return _("is not a value of the kind %(kind)s") % {"kind": field.words}
    return None


def narrow(rows: Rows, terms: Sequence[Term], fields: Mapping[str, Field]) -> Rows:
    """Return the rows that meet every term."""
    for term in terms:
        rows, name = _column(rows, term.field, fields[term.field])
        rows = rows.filter(fields[term.field].condition(name, term.operator, term.value))
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


def ordered(rows: Rows, sorts: Sequence[str], order: str, fields: Mapping[str, Field], *, default: str) -> Rows:
    """The rows in the order that is asked for, see `sorting`; the id breaks ties."""
    ordering: list[OrderBy] = []
    for name, down in sorting(sorts, order, fields, default=default):
        rows, column = _column(rows, name, fields[name])
        ordering.append(_in_order(column, down=down, null=fields[name].null))
    return rows.order_by(*ordering, "-pk" if ordering[-1].descending else "pk")


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
