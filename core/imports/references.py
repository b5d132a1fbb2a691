"""What the rows of a chunk name in other kinds: by external id, by our id, or by what people call it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Any

from django.utils.translation import gettext as _

from core.imports.batches import Scope, is_id
from core.imports.columns import AnyOf, Column, Refers
from core.imports.external_ids import objects_named
from core.imports.kinds import ImportKind
from core.imports.rows import Row
from core.imports.splitting import is_title


def resolve(
    kind: ImportKind, rows: Iterable[Row], *, organization_id: int, source: str, own_ids: bool, header_of: Any
) -> None:
    """Put keys in the place of the names that rows give; what names nothing, or several, is a problem."""
    for column in kind.columns:
        if column.refers is not None:
            _resolve_column(column, rows, _Found(column.refers, organization_id, source, own_ids), source, header_of)


def key_of(refers: Refers, name: str, scope: Scope) -> int | None:
    """The key of one row of another kind; None where nothing is called so, or several are."""
    return _Found(refers, scope.organization_id, scope.source, scope.own_ids).find({name}).get(name)


def _resolve_column(column: Column, rows: Iterable[Row], look_up: _Found, source: str, header_of: Any) -> None:
    named: set[str] = set()
    for row in rows:
        named.update(_texts(row.values.get(column.name)))
    if not named:
        return
    found = look_up.find(named)
    for row in rows:
        value = row.values.get(column.name)
        if isinstance(value, AnyOf):
            value = next((text for text in value if isinstance(found.get(text), int)), value[0])
        texts = _texts(value)
        unknown = [text for text in texts if not isinstance(found.get(text), int)]
        if unknown:
            reason = (
                _("“%(name)s” names several; say which by its id.")
                if unknown[0] in found
                else _("“%(name)s” has not been imported from %(source)s, and nothing here is called so.")
            )
            why = reason % {"name": unknown[0], "source": source}
            if not isinstance(value, tuple) and look_up.find(_names_in(unknown[0])).keys() & _names_in(unknown[0]):
                why += " " + _("One row names one: make a row of each.")
            row.problems.append((header_of(column.name), why))
            del row.values[column.name]
        elif isinstance(value, tuple):
            row.values[column.name] = tuple(found[text] for text in texts)
        elif texts:
            row.values[column.name] = found[texts[0]]
        elif column.name in row.values:
            row.values[column.name] = None


def _names_in(text: str) -> set[str]:
    """The parts of a text that names several rows."""
    names = {name.strip() for name in re.split(r"[;,]", text)}
    return names if len(names) > 1 else set()


def _texts(value: Any) -> tuple[str, ...]:
    if not value:
        return ()
    return value if isinstance(value, tuple) else (value,)


class _Found:
    """Looks names up, each way set-wise, until all are found."""

    def __init__(self, refers: Refers, organization_id: int, source: str, own_ids: bool) -> None:
        self.refers, self.organization_id, self.source, self.own_ids = refers, organization_id, source, own_ids
        self.rows = refers.target._default_manager
        if refers.scope:
            self.rows = self.rows.filter(**{refers.scope: organization_id})
        self.answer: dict[str, int | None] = {}

    def find(self, names: Collection[str]) -> dict[str, int | None]:
        """Name -> key; None where it names several."""
        open_ = set(names)
        for look_up in (self._external, self._own_ids, self._natural, self._full_names, self._others):
            self.answer |= look_up(open_)
            open_ -= self.answer.keys()
            if not open_:
                break
        return self.answer

    def _external(self, names: set[str]) -> dict[str, int | None]:
        kind = self.refers.target._meta.label_lower
        pairs = objects_named(names, organization_id=self.organization_id, source=self.source, kind=kind)
        here = set(self.rows.filter(pk__in=pairs.values()).values_list("pk", flat=True))
        return {name: pk for name, pk in pairs.items() if pk in here}

    def _own_ids(self, names: set[str]) -> dict[str, int | None]:
        ids = {name: int(name[1:]) for name in names if name[:1] == "#" and is_id(name[1:])}
        if self.own_ids:
            ids |= {name: int(name) for name in names if is_id(name)}
        here = set(self.rows.filter(pk__in=ids.values()).values_list("pk", flat=True))
        return {name: pk for name, pk in ids.items() if pk in here}

    def _natural(self, names: set[str]) -> dict[str, int | None]:
        answer: dict[str, int | None] = {}
        fields = {field.name for field in self.refers.target._meta.concrete_fields}
        rows = self.rows.filter(archived_at=None) if "archived_at" in fields else self.rows
        for key in self.refers.keys:
            open_ = names - answer.keys()
            for name, pk in rows.filter(**{f"{key}__in": open_}).values_list(key, "pk"):
                answer[name] = pk if answer.get(name, pk) == pk else None
        return answer

    def _full_names(self, names: set[str]) -> dict[str, int | None]:
        """People by their names, also with a title or the last name first: Dr. Ina Marin, Marin, Ina."""
        if not self.refers.full_name or not names:
            return {}
        called: dict[tuple[str, ...], int | None] = {}
        reversed_: dict[tuple[str, ...], int | None] = {}
        for pk, first, last in self.rows.filter(archived_at=None).values_list("pk", "first_name", "last_name"):
            for found, words in ((called, _words(f"{first} {last}")), (reversed_, _words(f"{last} {first}"))):
                found[words] = None if words in found else pk
        plainly, with_comma = reversed_ | called, called | reversed_
        found_by = {name: (with_comma if "," in name else plainly, _words(name)) for name in names}
        return {name: known[words] for name, (known, words) in found_by.items() if words in known}

    def _others(self, names: set[str]) -> dict[str, int | None]:
        return dict(self.refers.also(self.organization_id, names)) if self.refers.also is not None else {}


def _words(name: str) -> tuple[str, ...]:
    """The words of a name without titles."""
    words = [word for part in PARTS.split(name) if not is_title(part) for word in WORD.findall(part.casefold())]
    return tuple(word for word in words if not is_title(word)) or tuple(WORD.findall(name.casefold()))


PARTS = re.compile(r"[\s,;]+")
WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")
