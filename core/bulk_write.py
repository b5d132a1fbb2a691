"""Fast writing of many rows: what `bulk_create` and `bulk_update` do, without their cost per statement and cell.

`bulk_create` of a patient (55 columns) takes 160 µs, of which the database needs 30: on SQLite it sends 18 rows a
statement (999 variables), on PostgreSQL it formats each value twice. Here SQLite gets prepared statements and
PostgreSQL a COPY; few rows get one INSERT, whose text is put together once for each model. Constraints, triggers and
what the rows hold are the same; a model with a column that is not among the plain kinds goes through `bulk_create`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from itertools import chain
from operator import itemgetter
from typing import Any, TypeVar

import orjson
from django.db import connection, models
from django.db.models.base import ModelState
from django.db.models.expressions import BaseExpression

M = TypeVar("M", bound=models.Model)

# Below this, one more statement to draw the ids costs more than it saves. (SQLite takes 32,766 variables.)
FEW = 100

# Rows of one statement on SQLite, of as many columns as a patient has.
BLOCK = 100

# Stored as they are, once they are of their field's type (`check_values` sees to that).
PLAIN = {
    "AutoField", "BigAutoField", "BigIntegerField", "BooleanField", "CharField", "ForeignKey", "IntegerField",
    "OneToOneField", "PositiveBigIntegerField", "PositiveIntegerField", "PositiveSmallIntegerField",
    "SlugField", "SmallIntegerField", "TextField",
}  # fmt: skip
CONVERTED = {
    "DateField", "DateTimeField", "DecimalField", "GenericIPAddressField", "JSONField", "TimeField", "UUIDField",
}  # fmt: skip
REPEATING = {"DateField", "DateTimeField", "DecimalField"}


@dataclass(frozen=True, slots=True)
class _Column:
    attname: str
    column: str
    convert: Callable[[Any], Any] | None
    repeats: bool = False


def is_plain(model: type[models.Model]) -> bool:
    """Whether rows of the model may be written here: plain columns, and no `save` with side effects."""
    return model.save is models.Model.save and _columns(model) is not None


def insert_many(rows: Sequence[models.Model], *, meanwhile: Callable[[], object] = lambda: None) -> None:
    """Insert `rows` of one model and give each its id. Call it inside a transaction.

    `meanwhile` is called once they have their ids; for many rows on PostgreSQL, while the COPY is still open. It must
    not query the database: the connection would wait for the COPY to end, and the COPY for `meanwhile`.

    On SQLite the ids are drawn by reading the table's counter: safe, because a transaction that writes has the
    database to itself (IMMEDIATE).
    """
    if not rows:
        return
    model = type(rows[0])
    columns = _columns(model)
    if columns is None or _unset(rows[0], columns):
        model._default_manager.bulk_create(rows, batch_size=1000)
        meanwhile()
        return
    # A SQLite before 3.35 returns nothing from an INSERT: there the ids are drawn for few rows, too.
    if len(rows) < FEW and connection.features.can_return_columns_from_insert:
        _insert_few(model, rows, columns)
        meanwhile()
        return
    for row, pk in zip(rows, _draw_ids(model, len(rows)), strict=True):
        row.pk = pk
    table = connection.ops.quote_name(model._meta.db_table)
    names = ", ".join(connection.ops.quote_name(column.column) for column in columns)
    values = _values(rows, columns)
    if connection.vendor == "postgresql":
        with (
            connection.wrap_database_errors,
            connection.cursor() as cursor,
            cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy,
        ):
            for one in values:
                copy.write_row(one)
            with connection.execute_wrapper(_refuse):
                meanwhile()
    else:
        _insert_blocks(f"INSERT INTO {table} ({names}) VALUES ", len(columns), list(values))  # noqa: S608 our names
        meanwhile()
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


def _refuse(_execute: object, sql: str, *_args: object) -> None:
    raise RuntimeError(f"a query during a COPY would wait forever: {sql[:200]}")


def new_row(model: type[M], values: Mapping[str, Any], **related: models.Model) -> M:
    """Return a new row with `values` (attname -> value), and the default of each other column.

    `related` are rows that it refers to, whose ids are taken from them.

    As `model(**values)`, whose `__init__` asks every column and every signal: 45 µs for a patient (55 columns), of
    which this takes 6. A name that is no column is an error there and here.
    """
    plain, called = _defaults(model)
    row = model.__new__(model)
    row._state = ModelState()
    kept = row.__dict__
    kept.update(plain)
    for name, default in called:
        kept[name] = default()
    if not values.keys() <= kept.keys():
        raise TypeError(f"{model._meta.label} has no {', '.join(sorted(values.keys() - kept.keys()))}")
    kept.update(values)
    for name, other in related.items():
        kept[f"{name}_id"] = other.pk
    row._state.fields_cache = related
    return row


@cache
def _defaults(model: type[models.Model]) -> tuple[dict[str, Any], tuple[tuple[str, Callable[[], Any]], ...]]:
    """The values of a new row's columns: constants, and those computed for each row."""
    plain: dict[str, Any] = {}
    called: list[tuple[str, Callable[[], Any]]] = []
    for field in model._meta.concrete_fields:
        if callable(field.default) and field.default is not models.NOT_PROVIDED:
            called.append((field.attname, field.get_default))
        else:
            plain[field.attname] = field.get_default()
    return plain, tuple(called)


def insert_numbered(model: type[models.Model], names: Sequence[str], rows: Sequence[Sequence[Any]]) -> Sequence[int]:
    """`insert_tuples`, returning the ids in the order of the rows. Call it inside a transaction."""
    ids = list(_draw_ids(model, len(rows))) if rows else []
    insert_tuples(model, [model._meta.pk.attname, *names], [(pk, *row) for pk, row in zip(ids, rows, strict=True)])
    return ids


def insert_tuples(model: type[models.Model], names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows as tuples of the columns `names` (attnames); the database assigns the ids.

    Call it inside a transaction. A model's instance costs more than its row does.
    """
    if not rows:
        return
    columns = [_column(model._meta.get_field(name)) for name in names]
    quote = connection.ops.quote_name
    table, listed = quote(model._meta.db_table), ", ".join(quote(column.column) for column in columns)
    values = list(_converted(rows, columns))
    if connection.vendor == "postgresql" and len(rows) >= FEW:
        with (
            connection.wrap_database_errors,
            connection.cursor() as cursor,
            cursor.copy(f"COPY {table} ({listed}) FROM STDIN") as copy,
        ):
            for one in values:
                copy.write_row(one)
        return
    into, places = f"INSERT INTO {table} ({listed}) VALUES ", f"({', '.join(['%s'] * len(columns))})"  # noqa: S608 ours
    if len(rows) < FEW:
        with connection.cursor() as cursor:
            cursor.execute(into + ", ".join([places] * len(rows)), [value for row in values for value in row])
    else:
        _insert_blocks(into, len(columns), values)


def _insert_blocks(into: str, width: int, rows: Sequence[Sequence[Any]]) -> None:
    """Insert many rows on SQLite in blocks, so that they share the cost of a statement (half of a narrow row's)."""
    places = f"({', '.join(['%s'] * width)})"
    whole = len(rows) - len(rows) % BLOCK
    blocks = [list(chain.from_iterable(rows[at : at + BLOCK])) for at in range(0, whole, BLOCK)]
    with connection.cursor() as cursor:
        if blocks:
            cursor.executemany(into + ", ".join([places] * BLOCK), blocks)
        if whole < len(rows):
            cursor.executemany(into + places, rows[whole:])


def _insert_few(model: type[models.Model], rows: Sequence[models.Model], columns: Sequence[_Column]) -> None:
    """Insert rows in one INSERT and return the ids in their order."""
    own = [column for column in columns if column.attname != model._meta.pk.attname]
    for row in rows:
        row._prepare_related_fields_for_save(operation_name="insert_many")  # type: ignore[attr-defined]
    into, places, returning = _insert_sql(model)
    with connection.cursor() as cursor:
        values = [value for row in _values(rows, own) for value in row]
        cursor.execute(f"{into}{', '.join([places] * len(rows))}{returning}", values)
        ids = cursor.fetchall()
    for row, (pk,) in zip(rows, ids, strict=True):
        row.pk = pk
        row._state.adding, row._state.db = False, connection.alias


@cache
def _insert_sql(model: type[models.Model]) -> tuple[str, str, str]:
    """The parts of an INSERT without the id: its beginning, each row's placeholders, its end."""
    quote, key = connection.ops.quote_name, model._meta.pk
    names = [quote(str(field.column)) for field in model._meta.concrete_fields if field is not key]
    into = f"INSERT INTO {quote(model._meta.db_table)} ({', '.join(names)}) VALUES "  # noqa: S608 our names
    return into, f"({', '.join(['%s'] * len(names))})", f" RETURNING {quote(str(key.column))}"


def update_one(row: models.Model, names: Collection[str]) -> bool:
    """Write the named columns (attnames) of one row; return False if it no longer exists.

    Django's own `save` is slower: the figures are at the short way of `check_values`.
    """
    columns = _to_write(type(row), tuple(sorted(names)))
    with connection.cursor() as cursor:
        cursor.execute(_update_sql(type(row), tuple(columns)), next(iter(_values([row], columns))))
        return bool(cursor.rowcount)


def update_many(rows: Iterable[tuple[models.Model, Collection[str]]]) -> None:
    """Write the named columns (attnames) of each row: one prepared statement for each set of columns."""
    groups: dict[tuple[type[models.Model], tuple[str, ...]], list[models.Model]] = {}
    for row, names in rows:
        groups.setdefault((type(row), tuple(sorted(names))), []).append(row)
    for (model, names), group in groups.items():
        columns = _to_write(model, names)
        with connection.cursor() as cursor:
            cursor.executemany(_update_sql(model, tuple(columns)), list(_values(group, columns)))


def _to_write(model: type[models.Model], names: Iterable[str]) -> list[_Column]:
    """The named columns, followed by the key of the row."""
    return [_column(model._meta.get_field(name)) for name in (*names, model._meta.pk.attname)]


@cache
def _update_sql(model: type[models.Model], columns: tuple[_Column, ...]) -> str:
    quote = connection.ops.quote_name
    assignments = ", ".join(f"{quote(column.column)} = %s" for column in columns[:-1])
    where = f"{quote(columns[-1].column)} = %s"
    return f"UPDATE {quote(model._meta.db_table)} SET {assignments} WHERE {where}"  # noqa: S608 our names


def _values(rows: Iterable[models.Model], columns: Sequence[_Column]) -> Iterable[Sequence[Any]]:
    cells = itemgetter(*(column.attname for column in columns), columns[0].attname)  # two names at least: a tuple
    return _converted((cells(row.__dict__)[:-1] for row in rows), columns)


def _converted(rows: Iterable[Sequence[Any]], columns: Sequence[_Column]) -> Iterable[Sequence[Any]]:
    conversions = [
        (place, _remembering(column.convert) if column.repeats else column.convert)
        for place, column in enumerate(columns)
        if column.convert is not None
    ]
    if not conversions:
        yield from rows
        return
    for row in rows:
        values = list(row)
        for place, convert in conversions:
            if values[place] is not None:
                values[place] = convert(values[place])
        yield values


def _draw_ids(model: type[models.Model], count: int) -> Iterable[int]:
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            drawn = "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)"
            cursor.execute(drawn, [table, model._meta.pk.column, count])
            return [pk for (pk,) in cursor.fetchall()]
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        last = cursor.fetchone()
        first = (last[0] if last else 0) + 1
        return range(first, first + count)


def _unset(row: models.Model, columns: Iterable[_Column]) -> bool:
    """Whether a column's value is left to the database, which only `bulk_create` can express."""
    return any(isinstance(row.__dict__[column.attname], BaseExpression) for column in columns)


@cache
def _columns(model: type[models.Model]) -> tuple[_Column, ...] | None:
    """The model's columns, or None where one needs more than a plain value."""
    fields = model._meta.concrete_fields
    plain = all(field.get_internal_type() in PLAIN | CONVERTED and not _dates_itself(field) for field in fields)
    if model._meta.parents or not plain:
        return None
    return tuple(_column(field) for field in fields)


def _dates_itself(field: Any) -> bool:
    return bool(getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False))


@cache
def _column(field: Any) -> _Column:
    kind = field.get_internal_type()
    # PostgreSQL's driver takes days and moments as they are.
    if kind in PLAIN or (kind in ("DateField", "DateTimeField") and connection.vendor == "postgresql"):
        return _Column(field.attname, field.column, None)

    def convert(value: Any) -> Any:
        return field.get_db_prep_save(value, connection)

    if kind == "DateTimeField" and connection.vendor == "sqlite":
        convert = _sqlite_moment
    elif kind == "DateField":
        convert = _sqlite_day
    elif kind == "JSONField" and field.encoder is None:
        convert = json_text
    # All rows of a chunk carry the same time, and many the same day or amount.
    return _Column(field.attname, field.column, convert, repeats=kind in REPEATING)


def _sqlite_day(value: date) -> str:
    """Convert a day as Django does for SQLite, at less cost."""
    return value.isoformat()


def _sqlite_moment(value: datetime) -> str:
    """Convert a moment as Django does for SQLite, at a sixth of the cost."""
    return str(value.astimezone(UTC).replace(tzinfo=None))


def json_text(value: Any) -> str:
    """Serialize JSON as both engines take it, fast; the standard library handles what orjson cannot (2**70)."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return json.dumps(value)


def _remembering(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Wrap `convert` so that it answers at once for a value that it has just converted."""
    last = answer = None

    def remembering(value: Any) -> Any:
        nonlocal last, answer
        if value != last:
            last, answer = value, convert(value)
        return answer

    return remembering
