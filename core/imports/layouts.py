"""Which header of a file fills which of our columns: a vendor's layout, or a person's `--map`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from core.errors import Text


@dataclass(frozen=True, slots=True, init=False)
class From:
    """The headers that fill a column: the first of them that is not empty, rewritten by `convert`.

    With `join` they are all taken, those that are not empty, with `join` between them. With `each`, of a column that
    names another kind's row, every one of them is tried until something is called so: a SKU, an id, a name.
    """

    headers: tuple[str, ...]
    convert: Callable[[str], str] | None
    join: str | None
    each: bool

    def __init__(
        self,
        *headers: str,
        convert: Callable[[str], str] | None = None,
        join: str | None = None,
        each: bool = False,
    ) -> None:
        object.__setattr__(self, "headers", headers)
        object.__setattr__(self, "convert", convert)
        object.__setattr__(self, "join", join)
        object.__setattr__(self, "each", each)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A vendor's file: its headers for our columns, what it says of every row, what of it we do not keep.

    `defaults` (our column -> text) hold for new rows whose file says nothing else. `words` (our column -> their word,
    in lower case -> ours) and `date_formats` (as strptime knows them) say how it writes values. A header in `unread`
    is known and left out on purpose: it is not reported. Where `repeats`, the file names one thing in many rows: the
    first says what it is, the others are passed over.
    """

    name: str
    help: Text
    columns: Mapping[str, From]
    defaults: Mapping[str, str] = field(default_factory=dict)
    unread: frozenset[str] = frozenset()
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    date_formats: tuple[str, ...] = ()
    repeats: bool = False
