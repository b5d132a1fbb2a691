"""Panels: the blocks that a page shows below its fields."""

from __future__ import annotations

from typing import Any


class Panel:
    """A block on a page: a heading, a table, and a text for when it is empty."""

    def __init__(
        self,
        title: Any,
        *,
        columns: list[Any] | None = None,
        rows: list[list[Any]] | None = None,
        empty: Any = "",
        facts: list[tuple[Any, Any]] | None = None,
        more: str = "",
        actions: list[tuple[Any, str]] | None = None,
    ) -> None:
        self.title = title
        self.columns = columns or []
        self.rows = rows or []
        self.empty = empty
        self.facts = [(name, value) for name, value in facts or [] if value not in (None, "")]
        self.more = more
        self.actions = actions or []

    @property
    def has_heading(self) -> bool:
        """Whether any column has a name; a plain list has none."""
        return any(self.columns)

    @property
    def lines(self) -> list[list[tuple[Any, Any]]]:
        """Each row's cells with their column, which narrow screens show beside them."""
        return [list(zip(self.columns, row, strict=True)) for row in self.rows]
