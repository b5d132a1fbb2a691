"""Rows that share time with one of many spans, each looked up as a range of an index."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import BooleanField, DateTimeField, F, Func, Model, Q

Span = tuple[int, datetime, datetime]  # whose, from, to


def over_one_of(
    model: type[Model], owner: str, spans: Iterable[Span], *, longest: timedelta, condition: str = "TRUE"
) -> Q:
    """The condition that a row shares time with one of the spans of its owner; no row lasts longer than `longest`.

    `owner` is the column whose index goes on with `starts_at`, and `condition`, of the row `r`, that of the index.
    In one condition for all spans a database reads, and sends, whatever lies between the first and the last.
    """
    return Q(_OverOneOf(model, owner, joined(spans), longest, condition))


def joined(spans: Iterable[Span]) -> list[Span]:
    """The spans in the order of their owners and of time; those that touch or overlap are one."""
    found: list[Span] = []
    for owner, begin, end in sorted(spans):
        if found and found[-1][0] == owner and begin <= found[-1][2]:
            found[-1] = (owner, found[-1][1], max(end, found[-1][2]))
        else:
            found.append((owner, begin, end))
    return found


class _OverOneOf(Func):
    output_field = BooleanField()

    def __init__(self, model: type[Model], owner: str, spans: list[Span], longest: timedelta, condition: str) -> None:
        super().__init__(F("pk"))
        self.spans = [(whose, begin, end, begin - longest) for whose, begin, end in spans]
        self.rows = f"{model._meta.db_table} r WHERE r.{owner} = {{0}} "
        self.rows += f"AND r.starts_at < {{2}} AND r.ends_at > {{1}} AND r.starts_at > {{3}} AND {condition}"

    def as_sqlite(self, compiler: Any, connection: Any, **_more: Any) -> Any:
        """The spans as JSON."""
        key, _params = compiler.compile(self.source_expressions[0])
        ready = DateTimeField().get_db_prep_value
        told = [(whose, *(ready(moment, connection) for moment in moments)) for whose, *moments in self.spans]
        rows = self.rows.format(*(f"json_extract(s.value, '$[{number}]')" for number in range(4)))
        return f"{key} IN (SELECT r.id FROM json_each(%s) s CROSS JOIN {rows})", [json.dumps(told)]  # noqa: S608

    def as_postgresql(self, compiler: Any, connection: Any, **_more: Any) -> Any:
        """The spans as arrays, a column each, and the rows of each by themselves.

        A plain join is planned for as many rows as an owner has: it would read the whole table for a few hundred spans.
        Across OFFSET 0 PostgreSQL makes none.
        """
        key, _params = compiler.compile(self.source_expressions[0])
        spans = "unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[]) AS s(a, b, c, d)"
        each = f"SELECT r.id FROM {self.rows.format('s.a', 's.b', 's.c', 's.d')} OFFSET 0"  # noqa: S608 names of ours
        columns: list[list[Any]] = [list(column) for column in zip(*self.spans, strict=True)] or [[], [], [], []]
        return f"{key} = ANY(ARRAY(SELECT o.id FROM {spans} CROSS JOIN LATERAL ({each}) o))", columns  # noqa: S608
