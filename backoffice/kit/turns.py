"""Pages of rows that stand beside no list: turned one by one, as long as each list's are, and never counted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from backoffice.kit.lookups import read_id

ROWS = 25
# The highest page number that is looked up, so that a made-up one does not overflow a number of the database.
LAST = 1_000_000


@dataclass(frozen=True)
class Turn:
    """A page: its rows, and the numbers of those before and after it; None where there is none."""

    rows: list[Any]
    before: int | None
    after: int | None


def turn_to(request: HttpRequest, read: Callable[[int, int], Sequence[Any]]) -> Turn:
    """The page that the address names by `p`; the first, where there is no such page.

    `read` gives the rows from one place to another; it is asked for one row more than a page has.
    """
    number = min(read_id(request.GET.get("p", "")) or 1, LAST)
    rows = list(read((number - 1) * ROWS, number * ROWS + 1))
    if not rows and number > 1:  # its rows were dealt with meanwhile
        number, rows = 1, list(read(0, ROWS + 1))
    return Turn(rows[:ROWS], number - 1 or None, number + 1 if len(rows) > ROWS else None)
