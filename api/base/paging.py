"""Pages of a list: `page` and `page_size`, a total that costs little, never a count of a whole large table.

No query for the total where the page itself tells it (it is the last one); else a count that stops at EXACT, and
beyond that an estimate: the planner's on PostgreSQL, on SQLite the table's highest id, which is never too low. An
estimate is never below what the page has shown, so that a client which follows `total_pages` misses nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from api.base.body import Row
from api.base.lists import Listed
from core.errors import InvalidInput, Text

EXACT = 10_000
DEEPEST = 10**9  # rows; OFFSET beyond what any table holds is refused instead of handed to the database
PARAMETERS = frozenset({"page", "page_size"})  # of our own contracts


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list."""

    rows: list[Row]
    number: int
    size: int
    total: int

    @property
    def pages(self) -> int:
        """The number of pages; one for an empty list."""
        return max(1, -(-self.total // self.size))


@dataclass(frozen=True, slots=True)
class Pager:
    """How a contract cuts its lists. `exact`: the vendor's clients count pages by the total, whatever it costs."""

    default_size: int
    max_size: int
    size_name: str = "page_size"
    exact: bool = False

    def page(self, listed: Listed, parameters: Mapping[str, str]) -> Page:
        """Return the page that `parameters` ask for; see `bounds`."""
        number, size = self.bounds(parameters)
        start = (number - 1) * size
        rows = listed.between(start, start + size + 1)
        if len(rows) <= size and (rows or not start):
            return Page(listed.given(rows), number, size, start + len(rows))
        shown = start + len(rows) if rows else 0
        return Page(listed.given(rows[:size]), number, size, max(total(listed, exact=self.exact), shown))

    def bounds(self, parameters: Mapping[str, str]) -> tuple[int, int]:
        """Return the number and size of the requested page; InvalidInput names a bad parameter."""
        problems: dict[str, Text] = {}
        number = self._number(parameters, "page", 1, DEEPEST, problems)
        size = self._number(parameters, self.size_name, self.default_size, self.max_size, problems)
        if not problems and (number - 1) * size > DEEPEST:
            problems["page"] = _("There is no such page.")
        if problems:
            raise InvalidInput(problems)
        return number, size

    def _number(
        self, parameters: Mapping[str, str], name: str, default: int, most: int, problems: dict[str, Text]
    ) -> int:
        text = parameters.get(name)
        if text is None:
            return default
        if text.isascii() and text.isdigit() and len(text) < 19 and 1 <= int(text) <= most:
            return int(text)
        problems[name] = _("must be a whole number from 1 to %(most)s") % {"most": most}
        return default


def total(listed: Listed, *, exact: bool = False) -> int:
    """Return the number of rows: exact to EXACT, then an estimate (`exact`: always exact)."""
    counted = listed.count(None if exact else EXACT + 1)
    return counted if exact or counted <= EXACT else max(counted, listed.estimate())
