"""From a file's cells to a kind's rows: which header fills which column, and every cell that cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from core.checks import check_text, check_values
from core.errors import InvalidInput, Text
from core.imports.columns import NO_DAY, AnyOf, Column, amount, minutes, text_up_to, whole
from core.imports.csv_file import INVISIBLE, Record
from core.imports.damage import damage
from core.imports.kinds import ImportKind, Request
from core.imports.layouts import From, Layout
from core.imports.splitting import before_comma, behind_comma, first_of_several, first_words, other_words, others_or_all

# The layout of what our own exports write: our columns, under our ids.
OURS = "ours"

# The column that every kind has.
EXTERNAL_ID = Column(
    name="external_id",
    help=_lazy("The row's id in the system it comes from."),
    parse=text_up_to(255),
    required=True,
    stored=False,
)


# In the place of a column: what a cell means in all of them.
ANY_COLUMN = "*"

# What is stripped from a cell that has more than ASCII characters.
NOTHING = INVISIBLE + " \t\r\n\u00a0\u2007\u202f"

# How MySQL writes that there is no value.
NO_VALUE = "\\N"

# Whose texts are numbers, however long.
NUMBERS = (amount, whole, minutes)

# Instead of a value, where a cell has a problem.
UNREADABLE: Any = object()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a row, or one cell of it, was refused. `line` as an editor counts; `column` is the file's own header."""

    line: int
    external_id: str
    column: str
    reason: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Remark:
    """What a person should know of a row that was kept, by the file's own header."""

    line: int
    external_id: str
    column: str
    says: str


@dataclass(slots=True)
class Row:
    """A row: the values that its cells give, by our column names, and what is wrong with it (header, reason)."""

    line: int
    external_id: str
    values: dict[str, Any]
    problems: list[tuple[str, str]] = field(default_factory=list)
    remarks: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Cell:
    """Where a column's text stands in a record, and how it is read."""

    column: Column
    places: tuple[int, ...]
    convert: Callable[[str], str] | None
    join: str | None
    parse: Callable[[str], Any]
    words: Mapping[str, str]
    each: bool
    has_default: bool
    is_plain: bool


# What stands before the sums at the end of a list, in the place of an id.
TOTALS = frozenset(
    (
        "total", "totals", "grand total", "subtotal", "sum", "gesamt", "summe", "gesamtsumme", "somme", "sous-total",
        "total général", "totale", "totale generale", "somma", "suma", "total general",
    )
)  # fmt: skip


class RowReader:
    """Reads a file's records as rows of a kind.

    What is asked for (`request.mapping`) goes before the layout, the layout before headers that bear our columns'
    names. `defaults` (our column -> value) hold for new rows whose file says nothing else.
    """

    def __init__(
        self,
        kind: ImportKind,
        header: Sequence[str],
        *,
        layout: Layout | None = None,
        request: Request | None = None,
        is_escaped: bool = False,
        today: date | None = None,
    ) -> None:
        """Raises InvalidInput for duplicate headers, unknown columns, and a required one that nothing fills."""
        request = request or Request()
        self._kind = kind
        self._header = list(header)
        self._place_of, twice = _places(header)
        self._lenient = request.lenient
        self._is_escaped = is_escaped
        self._words = request.words
        self._layout = layout
        self._today = today
        self._met_other_days = False
        self._formats = request.date_formats or (layout.date_formats if layout else ())
        pairs = request.mapping.items() if isinstance(request.mapping, Mapping) else request.mapping
        sources = self._sources(layout, pairs)
        texts = {**(layout.defaults if layout else {}), **request.defaults}
        self.defaults = {name: self._default(kind.column(name), text) for name, text in texts.items()}
        self._headers: dict[str, tuple[str, ...]] = {name: source.headers for name, source in sources.items()}
        self._key = self._cell(EXTERNAL_ID, sources)
        self._cells = [self._cell(one, sources) for one in kind.columns if one.name in sources]
        self._texts, self._others = _texts_and_others(self._cells)
        self._refuse_missing(sources)
        read = {self._header[place] for cell in (self._key, *self._cells) for place in cell.places}
        says = _("Two columns have this header; say which: “%(name)s (1)” or “%(name)s (2)”.")
        named = {header.casefold() for source in sources.values() for header in source.headers}
        if of_two := {name: says % {"name": name} for name in twice if name.casefold() in named & _folded(read)}:
            raise InvalidInput(of_two)
        used = {place for cell in (self._key, *self._cells) for place in cell.places}
        left_out = {name.casefold() for name in (layout.unread if layout else ())}
        self.unread = [
            name
            for place, name in enumerate(self._header)
            if name and place not in used and name.casefold() not in left_out
        ]

    def notes(self) -> list[Text]:
        """What a person should know of how the cells were read; once all are."""
        notes: list[Text] = []
        if self._met_other_days and not self._formats:
            notes.append(
                _("Some days are written otherwise than 1980-12-31: say how, as --date-format DD.MM.YYYY does.")
            )
        if any("%y" in one for one in self._formats) and any(cell.column.past for cell in self._cells):
            notes.append(_("Of a date of birth, a year of two digits is the last one that is not ahead: 45 is 1945."))
        return notes

    def header_of(self, column: str) -> str:
        """What the file calls one of our columns; its own name where nothing in the file fills it."""
        headers = [name for name in self._headers.get(column, ()) if name.casefold() in self._place_of]
        return headers[0] if headers else column

    def cell_of(self, header: str, record: Record) -> str:
        """What stands under a header of the file; "" where there is none, or no such cell."""
        place = self._place_of.get(header.casefold())
        return record.cells[place] if place is not None and place < len(record.cells) else ""

    def read(self, record: Record) -> Row:
        """The row, with every reason why it cannot be kept as far as its cells tell."""
        if record.problem is not None:
            column, reason = record.problem
            return Row(record.line, "", {}, [(column, str(reason))])
        row = Row(record.line, "", {})
        cells = self._as_many_as_headers(record, row)
        if row.problems:
            return row
        joined = "".join(cells)
        if NO_VALUE in joined:
            cells = ["" if cell.strip() == NO_VALUE else cell for cell in cells]
        is_ascii = joined.isascii() and "\x00" not in joined
        external_id = self._value(self._key, cells, row, is_ascii=is_ascii)
        if external_id is not UNREADABLE:
            row.external_id = external_id
            if external_id and external_id.rstrip(": ").casefold() in TOTALS:
                says = _("“%(text)s” looks like a line of totals, not like a record.")
                row.problems.append((self._header[self._key.places[0]], says % {"text": external_id}))
        if is_ascii:
            row.values = {name: cells[place].strip() or blank for place, name, blank in self._texts}
        for cell in self._others if is_ascii else self._cells:
            value = self._value(cell, cells, row, is_ascii=is_ascii)
            if value is not UNREADABLE and (value is not None or not cell.has_default):
                row.values[cell.column.name] = value
        if "E+" in joined or "#" in joined:
            self._refuse_damaged(row, cells)
        if self._lenient:
            self._leave_out_what_is_missing(row, len(record.cells))
            self._empty_what_the_model_refuses(row)
        return row

    def _as_many_as_headers(self, record: Record, row: Row) -> Sequence[str]:
        """The cells, without empty ones behind the last header; where a person allows it, with those that are missing.

        Some programs leave out empty cells at the end of a row.
        """
        cells, width = record.cells, len(self._header)
        if len(cells) == width:
            return cells
        if len(cells) > width and not any(cells[width:]):
            return cells[:width]
        numbers = {"row": len(cells), "header": width}
        if len(cells) < width and self._lenient:
            says = _("Left empty: the row has %(row)s cells, the header %(header)s.") % numbers
            row.remarks.append((self._header[len(cells)], says))
            return [*cells, *[""] * (width - len(cells))]
        row.problems.append(("", _("The row has %(row)s cells, the header %(header)s.") % numbers))
        return cells

    def add_model_problems(self, row: Row) -> None:
        """Say what the model has against the other cells of a row that is refused anyway: all reasons come at once.

        Also against those that the kind's own `save` reads, which is not called for this row.
        """
        empty = {one.name for one in self._kind.columns if not one.required and row.values.get(one.name) in (None, "")}
        told = {name: value for name, value in row.values.items() if name not in empty}  # the others have a meaning
        problems = self._model_problems(told, unstored=True)
        row.problems += [(self.header_of(name), why) for name, why in problems.items()]

    def _value(self, cell: _Cell, cells: Sequence[str], row: Row, *, is_ascii: bool) -> Any:
        """The cell's value; None where it is empty and a default stands for it, UNREADABLE where it has a problem.

        `is_ascii`: the row has no character that must be asked about.
        """
        place = cell.places[0] if cell.places else 0
        text, problem = "", None
        try:
            if cell.is_plain:
                text = cells[place].strip()
            else:
                place, text = self._text(cell, cells)
            if text and not is_ascii:
                text = text.strip(NOTHING)
                check_text(text)
            if text:
                found = text if cell.parse is str else cell.parse(text)
                return self._any_of(cell, cells, found) if cell.each else found
        except ValidationError as error:
            problem = (self._header[place], " ".join(error.messages))
            self._met_other_days |= getattr(error, "code", None) == NO_DAY
        except (ValueError, ArithmeticError):
            problem = (self._header[place], _("“%(text)s” cannot be read.") % {"text": text[:100]})
        if problem is not None:
            if not self._lenient or cell.column.required:
                if problem not in row.problems:
                    row.problems.append(problem)
                return UNREADABLE
            row.remarks.append((problem[0], _("Left empty: %(why)s") % {"why": problem[1]}))
            return None if cell.has_default else UNREADABLE  # as if the file said nothing: what stands here stays
        if cell.has_default:
            return None
        if cell.column.required:
            row.problems.append((self._header[place], _("This column must not be empty.")))
            return UNREADABLE
        return cell.column.blank

    def _refuse_damaged(self, row: Row, cells: Sequence[str]) -> None:
        """Refuse what a spreadsheet has left of a long number (4.47911E+11), or an error that it shows (#REF!)."""
        for cell in (self._key, *self._cells):
            for place in cell.places:
                text, header = cells[place].strip(), self._header[place]
                why = damage(text)
                if not why or (cell.column.parse in NUMBERS and not text.startswith("#")):
                    continue
                row.problems = [one for one in row.problems if one[0] != header]
                row.values.pop(cell.column.name, None)
                if self._lenient and not cell.column.required:
                    row.remarks = [one for one in row.remarks if one[0] != header]
                    row.remarks.append((header, _("Left empty: %(why)s") % {"why": why}))
                else:
                    row.problems.append((header, why))

    def _any_of(self, cell: _Cell, cells: Sequence[str], first: str) -> AnyOf:
        others = (self._meant(cell, cells[place].strip()) for place in cell.places)
        return AnyOf(dict.fromkeys((first, *filter(None, others))))

    def _text(self, cell: _Cell, cells: Sequence[str]) -> tuple[int, str]:
        """Where the cell's text stands, and the text."""
        if cell.join is not None:
            parts = (cells[place].strip() for place in cell.places)
            text = cell.join.join(part for part in parts if part)
            return cell.places[0], self._meant(cell, text)
        for place in cell.places:
            if text := self._meant(cell, cells[place].strip()):
                return place, text
        return cell.places[0], ""

    def _meant(self, cell: _Cell, text: str) -> str:
        if self._is_escaped and text.startswith("'"):
            text = text[1:]  # what keeps a spreadsheet from calculating it
        text = cell.words.get(text.casefold(), text) if cell.words else text
        return cell.convert(text).strip() if text and cell.convert is not None else text

    def _leave_out_what_is_missing(self, row: Row, told: int) -> None:
        """Say nothing of columns that all stand behind the row's last cell."""
        for cell in self._cells:
            if all(place >= told for place in cell.places):
                row.values.pop(cell.column.name, None)

    def _empty_what_the_model_refuses(self, row: Row) -> None:
        required = {column.name for column in self._kind.columns if column.required}
        for name, why in self._model_problems(row.values).items():
            if name in row.values and name not in required:
                del row.values[name]
                row.remarks.append((self.header_of(name), _("Left empty: %(why)s") % {"why": why}))

    def _model_problems(self, values: Mapping[str, Any], *, unstored: bool = False) -> dict[str, str]:
        if self._kind.model is None:
            return {}
        fields = self._kind.model._meta.concrete_fields if unstored else ()
        # A column may have the name of the model's and another meaning: a text where the model counts.
        alike = {
            field.name
            for field in fields
            if not field.is_relation
            and (isinstance(field, models.CharField | models.TextField) or not isinstance(values.get(field.name), str))
        }
        stored = {
            one.name: values[one.name]
            for one in self._kind.columns
            if one.refers is None
            and one.name in values
            and (one.stored or (one.name in alike and values[one.name] not in (None, "")))
        }
        try:
            check_values(self._kind.model(**stored), only=stored.keys())
        except InvalidInput as error:
            return {name: str(why) for name, why in error.fields.items()}
        return {}

    def _sources(self, layout: Layout | None, pairs: Iterable[tuple[str, str]]) -> dict[str, From]:
        names = [EXTERNAL_ID.name, *(column.name for column in self._kind.columns)]
        sources = dict(layout.columns) if layout else {name: From(name) for name in names}
        mapped: set[str] = set()
        for theirs, ours in pairs:
            headers = self._headers_named(theirs)
            join = " " if len(headers) > 1 else None
            for name, convert in self._parts(ours):
                if name == EXTERNAL_ID.name:
                    sources[name] = From(*headers, convert=convert, join=join)
                    continue
                self._kind.column(name)
                # A header that is mapped means that column, and no longer the one of its own name.
                own = headers[0].casefold()
                if layout is None and join is None and own not in mapped and sources.get(own, From()).headers == (own,):
                    del sources[own]
                mapped.add(name)
                sources[name] = From(*headers, convert=convert, join=join)
        return {
            name: source
            for name, source in sources.items()
            if any(header.casefold() in self._place_of for header in source.headers)
        }

    def _parts(self, ours: str) -> list[tuple[str, Callable[[str], str] | None]]:
        """The columns that one header fills: one; first and other words; what stands before and behind a comma."""
        for separator, first, other in (("+", first_words, other_words), (",", before_comma, behind_comma)):
            names = [name.strip() for name in ours.split(separator)]
            if len(names) == 2:
                required = {column.name for column in self._kind.columns if column.required}
                if separator == "+" and names[1] in required and names[0] not in required:
                    return [(names[0], first_of_several), (names[1], others_or_all)]
                return [(names[0], first), (names[1], other)]
        return [(ours, None)]

    def _headers_named(self, theirs: str) -> list[str]:
        """One header, or several with plus signs between them."""
        headers = [theirs] if theirs.casefold() in self._place_of else [one.strip() for one in theirs.split("+")]
        for header in headers:
            if header.casefold() not in self._place_of:
                known = ", ".join(filter(None, self._header))
                raise InvalidInput({header: _("The file has no such column; it has %(known)s.") % {"known": known}})
        return headers

    def _cell(self, column: Column, sources: Mapping[str, From]) -> _Cell:
        source = sources.get(column.name, From())
        headers = [name for name in source.headers if name.casefold() in self._place_of]
        words = dict(self._layout.words.get(column.name, {})) if self._layout else {}
        for name in (ANY_COLUMN, *headers, column.name):
            words |= {
                cell: meant for (where, cell), meant in self._words.items() if where.casefold() == name.casefold()
            }
        places = tuple(self._place_of[name.casefold()] for name in headers)
        rewritten = words or source.convert or self._is_escaped
        return _Cell(
            column=column,
            places=places,
            convert=source.convert,
            join=source.join,
            parse=self._parser(column),
            words=words,
            each=source.each,
            has_default=column.name in self.defaults,
            is_plain=len(places) == 1 and source.join is None and not source.each and not rewritten,
        )

    def _parser(self, column: Column) -> Callable[[str], Any]:
        if not column.dated or not self._formats:
            return column.parse
        if column.past:
            return partial(column.parse, formats=self._formats, latest=self._today)
        return partial(column.parse, formats=self._formats)

    def _default(self, column: Column, text: str) -> Any:
        try:
            return self._parser(column)(text)
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


def _texts_and_others(cells: Iterable[_Cell]) -> tuple[list[tuple[int, str, Any]], list[_Cell]]:
    """The cells that are taken as they stand, as (place, column, what an empty one means), and those to be read."""
    texts, others = [], []
    for cell in cells:
        if cell.is_plain and cell.parse is str and not cell.has_default and not cell.column.required:
            texts.append((cell.places[0], cell.column.name, cell.column.blank))
        else:
            others.append(cell)
    return texts, others


def _places(header: Iterable[str]) -> tuple[dict[str, int], list[str]]:
    """Where each header first stands, and those that stand twice; case does not matter. One without is not read.

    Each of those that stand twice is also called by its number: Name (1), Name (2).
    """
    all_places: dict[str, list[int]] = {}
    names = list(header)
    for place, name in enumerate(names):
        if name:
            all_places.setdefault(name.casefold(), []).append(place)
    places = {name: found[0] for name, found in all_places.items()}
    for name, found in all_places.items():
        for number, place in enumerate(found if len(found) > 1 else (), 1):
            places.setdefault(f"{name} ({number})", place)
    return places, [names[found[1]] for found in all_places.values() if len(found) > 1]


def _folded(names: Iterable[str]) -> set[str]:
    return {name.casefold() for name in names}
