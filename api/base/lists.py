"""How a contract reads its lists: a page of rows, and how many rows there are.

To build and compile the query of a list takes Django several times as long as the database needs for a page of it.
`Statements` keeps what was made for a caller and their parameters, and the next request puts in what differs: the
moment, the page, and the values that columns are merely compared with. Rows are never kept.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from threading import Lock
from typing import Any, Protocol

from django.db import connection
from django.db.models import Model

from api.base.reads import Noted, Row
from core.actor import Actor
from core.hints import counting_all
from core.prepared import Prepared
from core.querysets import ClinicQuerySet

Rows = Callable[..., ClinicQuerySet[Any]]
MOST = 500  # statements that a process keeps, some 20 KB each


class Listed(Protocol):
    """A list, of which pages are taken."""

    @property
    def model(self) -> type[Model]:
        """The model whose rows they are."""

    def between(self, start: int, stop: int) -> list[Row]:
        """The rows from `start` on, before `stop`."""

    def all(self) -> list[Row]:
        """All rows."""

    def given(self, rows: Iterable[Row]) -> list[Row]:
        """Those of them that are shown."""

    def count(self, most: int | None) -> int:
        """How many rows there are; no more than `most` are counted."""

    def estimate(self) -> int:
        """About how many rows there are, of a list too long to be counted."""


class FreshList:
    """A list whose statements are made for this request. `counted` are the same rows, as they are counted soonest."""

    def __init__(
        self, queryset: ClinicQuerySet[Any], columns: tuple[str, ...], *, counted: ClinicQuerySet[Any] | None = None
    ) -> None:
        self.queryset = queryset
        self.counted = queryset if counted is None else counted
        self.noted = Noted(queryset, columns)
        self.model: type[Model] = queryset.model

    def between(self, start: int, stop: int) -> list[Row]:
        """The rows from `start` on, before `stop`."""
        return list(self.noted.rows[start:stop])

    def all(self) -> list[Row]:
        """All rows."""
        return list(self.noted.rows)

    def given(self, rows: Iterable[Row]) -> list[Row]:
        """Those of them that are shown."""
        return self.noted.given(rows)

    def count(self, most: int | None) -> int:
        """How many rows there are; no more than `most` are counted."""
        keys = self._keys()
        with counting_all() if most is None else nullcontext():
            counted: int = (keys if most is None else keys[:most]).count()
        return counted

    def estimate(self) -> int:
        """About how many rows there are, of a list too long to be counted."""
        return Prepared(self._keys).estimate({})

    def _keys(self) -> Any:
        return self.counted.order_by().values("pk")


class PreparedList:
    """The statements of a list with holes. `counted` are the same rows, as they are counted soonest."""

    def __init__(
        self,
        queryset: ClinicQuerySet[Any],
        columns: tuple[str, ...],
        *,
        through: bool = True,
        counted: ClinicQuerySet[Any] | None = None,
    ) -> None:
        keys = queryset if counted is None else counted
        self.noted = Noted(queryset, columns, through=through)
        self.model: type[Model] = queryset.model
        self.rows = Prepared(lambda: self.noted.rows)
        self.keys = Prepared(lambda: keys.order_by().values("pk"))


class AskedList:
    """A prepared list with the values of this request."""

    def __init__(self, prepared: PreparedList, values: Mapping[str, Any]) -> None:
        self.prepared = prepared
        self.model: type[Model] = prepared.model
        self.values = values

    def between(self, start: int, stop: int) -> list[Row]:
        """The rows from `start` on, before `stop`."""
        return self.prepared.rows.between(start, stop, self.values)

    def all(self) -> list[Row]:
        """All rows."""
        return self.prepared.rows(**self.values)

    def given(self, rows: Iterable[Row]) -> list[Row]:
        """Those of them that are shown."""
        return self.prepared.noted.given(rows)

    def count(self, most: int | None) -> int:
        """How many rows there are; no more than `most` are counted."""
        return self.prepared.keys.count(self.values, most=most)

    def estimate(self) -> int:
        """About how many rows there are, of a list too long to be counted."""
        return self.prepared.keys.estimate(self.values)


class Statements:
    """The lists that were prepared last, by what they depend on."""

    def __init__(self) -> None:
        self.kept: dict[Hashable, PreparedList | None] = {}
        self.lock = Lock()

    def of(self, key: Hashable, make: Callable[[], PreparedList]) -> PreparedList | None:
        """The list of this key; None where `make` asks the database, as a search does: its answers change."""
        found = self.kept.get(key, ...)
        if found is not ...:
            return found
        found = None
        with suppress(_Asked), _asking_nothing():
            found = make()
        with self.lock:
            while len(self.kept) >= MOST:
                self.kept.pop(next(iter(self.kept)))
            self.kept[key] = found
        return found


STATEMENTS = Statements()


def rows_for(actor: Actor, what: Hashable, make: Callable[[], PreparedList]) -> PreparedList:
    """What `make` prepares for the actor; TypeError where it asks the database, which it may not."""
    found = STATEMENTS.of((what, actor.sight), make)
    if found is None:
        raise TypeError(f"{what}: which rows there are may not be asked beforehand")
    return found


class _Asked(Exception):
    """A query was sent to the database while a statement was being prepared."""


@contextmanager
def _asking_nothing() -> Iterator[None]:
    with connection.execute_wrapper(_refuse):
        yield


def _refuse(*_args: Any) -> Any:
    raise _Asked
