"""What somebody may see, as a condition whose place in SQLite's plan depends on how much that is.

SQLite has no statistics (`core.hints`). The rows of a small practice are read by its index; of a large one they are met
along the order of a list. PostgreSQL decides by itself and gets the plain condition.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from copy import copy
from typing import Any

from django.db.models.expressions import Col
from django.db.models.fields.related_lookups import RelatedIn
from django.db.models.lookups import Exact, In, IsNull
from django.db.models.sql.where import AND, OR, WhereNode

from core.hints import BaseField, BaseForeignKey, Common, Hint, OfEach, Rare, WhereOfEach, finds_no_more
from core.indexes import indexes_of, name_of

# An index of a practice finds so many rows sooner than a walk along the order of a list meets the first thousand.
FEW = 5_000
# So many rows of one patient are sorted sooner than found by a walk along everybody's.
FEW_OF_ONE = 200


@BaseField.register_lookup
class InScope(In):
    """`practice_id__in_scope=[1, 2]`: `in`, for the practices or organizations whose rows somebody may see.

    SQLite expects few rows to match, and would read and sort all rows of several practices for a page. With the plus
    it walks along the order of the list, or looks up what else is asked for, and checks this for each row. Where
    `WhereInScope` has found that there are few rows, they are read.
    """

    lookup_name = "in_scope"
    is_few: bool | None = None  # None: nobody has asked

    def as_sqlite(self, compiler: Any, connection: Any) -> Any:
        """With the plus, but for one value of the table itself whose index has the order of the list, too."""
        sql, params = self.as_sql(compiler, connection)
        is_own = self.lhs.alias == compiler.query.get_initial_alias() and len(params) == 1
        has_order = is_own and not _is_in_another_order(self.lhs.target, compiler.query)
        is_read = has_order if self.is_few is None else self.is_few
        return (sql, params) if is_read else (f"+{sql}", params)

    def finds_few(self, connection: Any, empty: Sequence[Any]) -> bool:
        """Whether the index of the column finds no more than `FEW` rows with nothing in the columns `empty`."""
        more = "".join(f" AND {connection.ops.quote_name(one.column)} IS NULL" for one in empty)
        return finds_no_more(connection, self.lhs.target, list(self.rhs), FEW, more)


def _is_in_another_order(scope: Any, query: Any) -> bool:
    """Whether an index has the order of the list, and none that begins with the scope.

    Such a partial index counts where the query names what is in it.
    """
    first = query.order_by[0] if query.order_by else ""
    column = getattr(first, "expression", first)
    name = str(getattr(column, "name", column)).lstrip("-")
    if name in query.annotations:
        name = getattr(getattr(query.annotations[name], "target", None), "name", "")
    if name in ("", "pk", "id"):
        return False
    name = name_of(scope.model, name)
    named = {getattr(getattr(one, "lhs", None), "target", None) for one in _one_by_one(query.where.children)}
    model, wanted = scope.model, (scope.name, name)
    is_one = any(columns[0] == name for columns, _condition in indexes_of(model))
    return is_one and not any(
        columns[:2] == wanted
        and (condition is None or all(model._meta.get_field(column) in named for column in _columns_of(condition)))
        for columns, condition in indexes_of(model)
    )


def _columns_of(condition: Any) -> list[str]:
    return [child[0].partition("__")[0] for child in condition.children]


@BaseForeignKey.register_lookup
class RelatedInScope(InScope, RelatedIn):
    """`in_scope` of a foreign key."""


class WhereInScope(WhereNode):
    """The conditions of rows that somebody may see; SQLite begins with what they may see where this is little."""

    def as_sqlite(self, compiler: Any, connection: Any) -> Any:
        """Return the conditions with their hints."""
        if self.connector == AND and not self.negated:
            conditions = list(_one_by_one(self.children))
            return WhereNode(_hinted(conditions, connection)).as_sql(compiler, connection)
        return self.as_sql(compiler, connection)


def _one_by_one(conditions: Iterable[Any]) -> Iterator[Any]:
    """The conditions; of an OR that only one side of can be true, because the other scopes are empty, that side."""
    for condition in conditions:
        sides = condition.children if _is_or(condition) and any(_scopes(condition)) else ()
        possible = [side for side in sides if all(scope.rhs for scope, _empty in _scopes(side))]
        if len(possible) == 1:
            (side,) = possible
            yield from side.children if _is_and(side) else possible
        else:
            yield condition


def _hinted(conditions: Sequence[Any], connection: Any) -> list[Any]:
    """The conditions, all of which must be true; if the scopes among them leave few rows, so that these are read."""
    scopes = [scope for condition in conditions for scope in _scopes(condition)]
    columns = {scope.lhs.target for scope, _empty in scopes}
    others = [one for one in conditions if not any(_scopes(one))]
    if not scopes or any(_leaves_few(one, columns) for one in others):
        of_few = next((one for one in others if scopes and _is_of_few(one, connection)), None)
        # Of one patient, or one program: whatever else is asked, is asked of the few rows that their index finds.
        return [one if one is of_few or of_few is None else WhereOfEach([one]) for one in conditions]
    if all(scope.finds_few(connection, empty) for scope, empty in scopes):
        return _as_few(conditions, columns)
    # Of an OR, each side would be read and sorted, be it a single practice; what is rare has an index in the order.
    is_rare = any(isinstance(getattr(one, "lhs", None), Rare) for one in others)
    return [_with_scopes(one, False) if is_rare or _is_or(one) else one for one in conditions]


def _is_and(condition: Any) -> bool:
    return isinstance(condition, WhereNode) and condition.connector == AND and not condition.negated


def _is_or(condition: Any) -> bool:
    return isinstance(condition, WhereNode) and condition.connector == OR and not condition.negated


def _scopes(condition: Any, beside: Iterable[Any] = ()) -> Iterator[tuple[InScope, list[Any]]]:
    """The scopes in a condition, each with the columns of its table that are empty beside it."""
    if isinstance(condition, InScope):
        nulls = [one.lhs for one in beside if isinstance(one, IsNull) and one.rhs and isinstance(one.lhs, Col)]
        yield condition, [one.target for one in nulls if one.alias == condition.lhs.alias]
    elif isinstance(condition, WhereNode):
        for child in condition.children:
            yield from _scopes(child, condition.children if _is_and(condition) else ())


def _leaves_few(condition: Any, scopes: Collection[Any]) -> bool:
    """Whether it names rows, or what rows belong to, so that its own index finds few."""
    if _is_and(condition):
        return any(_leaves_few(child, scopes) for child in condition.children)
    column = getattr(getattr(condition, "lhs", None), "target", None)
    if not isinstance(condition, Exact | In) or column is None or column in scopes:
        return False
    return bool(column.unique or column.is_relation)


def _is_of_few(condition: Any, connection: Any) -> bool:
    """Whether it names the row of another table to which they belong, or some of these, and few belong to them."""
    column, named = getattr(getattr(condition, "lhs", None), "target", None), getattr(condition, "rhs", None)
    if not isinstance(condition, Exact | In) or column is None or not column.is_relation:
        return False
    values = [named] if isinstance(condition, Exact) else [*named] if isinstance(named, list | tuple | set) else []
    is_plain = 0 < len(values) <= FEW_OF_ONE and all(isinstance(one, int) for one in values)
    return is_plain and finds_no_more(connection, column, values, FEW_OF_ONE)


def _as_few(conditions: Sequence[Any], scopes: Collection[Any]) -> list[Any]:
    """The conditions, of which SQLite reads the scopes and asks whatever stands beside them."""
    # Of an OR it looks up each side, for which it forgets how common is what stands beside the OR.
    hint = OfEach if any(_is_or(one) and any(_scopes(one)) for one in conditions) else Common
    return [_with_scopes(one, True, scopes) if any(_scopes(one)) else _beside(one, scopes, hint) for one in conditions]


def _with_scopes(condition: Any, is_few: bool, scopes: Collection[Any] = ()) -> Any:
    if isinstance(condition, InScope):
        told = copy(condition)
        told.is_few = is_few
        return told
    if not isinstance(condition, WhereNode):
        return condition
    if is_few and _is_and(condition):
        # A side of an OR without a scope has to find its rows by itself.
        return WhereNode(_as_few(condition.children, scopes)) if any(_scopes(condition)) else condition
    children = [_with_scopes(child, is_few, scopes) for child in condition.children]
    return WhereNode(children, condition.connector, condition.negated)


def _beside(condition: Any, scopes: Collection[Any], hint: type[Hint]) -> Any:
    if isinstance(getattr(condition, "lhs", None), Rare):  # not where what is read is little anyway
        return _beside(condition.lhs.source_expressions[0], scopes, hint)
    if isinstance(condition, Exact | In | IsNull):
        return condition if getattr(condition.lhs, "target", None) in scopes else hint(condition)
    if _is_and(condition):
        return WhereNode([_beside(child, scopes, hint) for child in condition.children])
    return WhereOfEach([condition]) if _is_or(condition) else condition
