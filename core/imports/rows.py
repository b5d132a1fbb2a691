"""From a file's cells to a kind's rows: which header fills which column, and every cell that cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from core.checks import check_text, check_values
from core.errors import InvalidInput, Text
from core.imports.columns import Column, text_up_to
from core.imports.csv_file import Record
from core.imports.kinds import ImportKind
from core.imports.layouts import From, Layout

# The column that every kind has.
EXTERNAL_ID = Column(
    name="external_id",
    help=_lazy("The row's id in the system it comes from."),
    parse=text_up_to(255),
    required=True,
    stored=False,
)


# Instead of a value, where a cell has a problem.
UNREADABLE: Any = object()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a row, or one cell of it, was refused. `line` as an editor counts; `column` is the file's own header."""

    line: int
    external_id: str
    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class Remark:
    """What a person should know of a row that was kept, by the file's own header."""

    line: int
    external_id: str
    column: str
    says: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row that could be read: the values its cells give, by our column names."""

    line: int
    external_id: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Cell:
    """Where a column's text stands in a record."""

    column: Column
    places: tuple[int, ...]
    convert: Callable[[str], str] | None
    may_be_empty: bool
    has_default: bool


class RowReader:
    """Reads a file's records as rows of a kind.

    `mapping` (their header -> our column) goes before the layout, the layout before headers that bear our columns'
    names. `defaults` (our column -> text) hold for new rows whose file says nothing else.
    """

    def __init__(
        self,
        kind: ImportKind,
        header: Sequence[str],
        *,
        layout: Layout | None = None,
        mapping: Mapping[str, str] | None = None,
        defaults: Mapping[str, str] | None = None,
    ) -> None:
        """Raises InvalidInput for duplicate headers, unknown columns, and a required one that nothing fills."""
        self._kind = kind
        self._header = list(header)
        self._place_of = _places(header)
        sources = self._sources(layout, mapping or {})
        texts = {**(layout.defaults if layout else {}), **(defaults or {})}
        self.defaults = {name: self._default(kind.column(name), text) for name, text in texts.items()}
        self._headers: dict[str, tuple[str, ...]] = {name: source.headers for name, source in sources.items()}
        self._key = self._cell(EXTERNAL_ID, sources)
        self._cells = [self._cell(one, sources) for one in kind.columns if one.name in sources]
        self._refuse_missing(sources)
        used = {place for cell in (self._key, *self._cells) for place in cell.places}
        left_out = {name.casefold() for name in (layout.unread if layout else ())}
        self.unread = [
            name
            for place, name in enumerate(self._header)
            if name and place not in used and name.casefold() not in left_out
        ]

    def header_of(self, column: str) -> str:
        """What the file calls one of our columns; its own name where nothing in the file fills it."""
        headers = [name for name in self._headers.get(column, ()) if name.casefold() in self._place_of]
        return headers[0] if headers else column

    def read(self, record: Record) -> Row | list[Refusal]:
        """The row, or every reason why it is refused."""
        if record.problem is not None:
            column, reason = record.problem
            return [Refusal(record.line, "", column, str(reason))]
        cells = record.cells
        if len(cells) != len(self._header):
            reason = _("The row has %(row)s cells, the header %(header)s.")
            return [Refusal(record.line, "", "", reason % {"row": len(cells), "header": len(self._header)})]
        problems: list[tuple[str, str]] = []
        external_id = self._value(self._key, cells, problems)
        values = {}
        for cell in self._cells:
            value = self._value(cell, cells, problems)
            if value is UNREADABLE:
                continue
            if value is not None or not cell.has_default:
                values[cell.column.name] = value
        if problems:
            # What the model has against the other cells is said at once, not when these are mended.
            problems += self._model_problems(values)
            known = "" if external_id is UNREADABLE else str(external_id or "")
            return [Refusal(record.line, known, column, why) for column, why in problems]
        return Row(record.line, external_id, values)

    def _value(self, cell: _Cell, cells: Sequence[str], problems: list[tuple[str, str]]) -> Any:
        """The cell's value; None where it is empty and a default stands for it, UNREADABLE where it has a problem."""
        for place in cell.places:
            text = cells[place].strip()
            if text and cell.convert is not None:
                text = cell.convert(text)
            if text:
                try:
                    check_text(text)
                    return cell.column.parse(text)
                except ValidationError as error:
                    problems.append((self._header[place], " ".join(error.messages)))
                    return UNREADABLE
                except (ValueError, ArithmeticError):
                    problems.append((self._header[place], _("“%(text)s” cannot be read.") % {"text": text[:100]}))
                    return UNREADABLE
        if cell.has_default:
            return None
        if not cell.may_be_empty:
            problems.append((self._header[cell.places[0]], _("This column must not be empty.")))
            return UNREADABLE
        return cell.column.blank

    def _model_problems(self, values: Mapping[str, Any]) -> list[tuple[str, str]]:
        if self._kind.model is None:
            return []
        stored = {one.name: values[one.name] for one in self._kind.columns if one.stored and one.name in values}
        try:
            check_values(self._kind.model(**stored), only=stored.keys())
        except InvalidInput as error:
            return [(self.header_of(name), str(why)) for name, why in error.fields.items()]
        return []

    def _sources(self, layout: Layout | None, mapping: Mapping[str, str]) -> dict[str, From]:
        names = [EXTERNAL_ID.name, *(column.name for column in self._kind.columns)]
        sources = dict(layout.columns) if layout else {name: From(name) for name in names}
        for header, name in mapping.items():
            if header.casefold() not in self._place_of:
                known = ", ".join(filter(None, self._header))
                raise InvalidInput({header: _("The file has no such column; it has %(known)s.") % {"known": known}})
            if name != EXTERNAL_ID.name:
                self._kind.column(name)
            sources[name] = From(header)
        return {
            name: source
            for name, source in sources.items()
            if any(header.casefold() in self._place_of for header in source.headers)
        }

    def _cell(self, column: Column, sources: Mapping[str, From]) -> _Cell:
        source = sources.get(column.name, From())
        places = [self._place_of[name.casefold()] for name in source.headers if name.casefold() in self._place_of]
        return _Cell(
            column=column,
            places=tuple(places),
            convert=source.convert,
            may_be_empty=not column.required,
            has_default=column.name in self.defaults,
        )

    def _default(self, column: Column, text: str) -> Any:
        try:
            return column.parse(text)
        except ValidationError as error:
            raise InvalidInput({column.name: " ".join(error.messages)}) from None

    def _refuse_missing(self, sources: Mapping[str, From]) -> None:
        required = [EXTERNAL_ID, *(column for column in self._kind.columns if column.required)]
        missing = [one.name for one in required if one.name not in sources and one.name not in self.defaults]
        if missing:
            known = ", ".join(filter(None, self._header))
            reason = _("Nothing in the file fills this column, which is required. The file has %(known)s.")
            problems: dict[str, Text] = {name: reason % {"known": known} for name in missing}
            raise InvalidInput(problems)


def _places(header: Iterable[str]) -> dict[str, int]:
    """Where each header stands; case does not matter. Columns without a header are not read."""
    places: dict[str, int] = {}
    twice: dict[str, Text] = {}
    for place, name in enumerate(header):
        if name and places.setdefault(name.casefold(), place) != place:
            twice[name] = _("Two columns have this header.")
    if twice:
        raise InvalidInput(twice)
    return places
