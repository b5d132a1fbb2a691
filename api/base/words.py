"""A contract's own words: for our states, and for our columns in its refusals.

Outwards each state has a word, or the process does not start: a new state must not widen an API in silence. Inwards
each contract has a table of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from django.db.models import Q, TextChoices
from rest_framework import serializers

from api.base.body import ComputedField
from api.base.filters import RowsChoiceFilter
from api.base.input import Input
from core.hints import OfEach


def words_for(states: type[TextChoices], words: Mapping[str, str]) -> dict[str, str]:
    """`words`, which must have one for each of the states; TypeError names those without."""
    if missing := set(states.values) - set(words):
        raise TypeError(f"{states.__name__}: no words for {sorted(missing)}")
    return dict(words)


class WordField(ComputedField):
    """A state as the contract calls it."""

    def __init__(self, words: Mapping[str, str], column: str, *, choices: Iterable[str] | None = None) -> None:
        told = list(choices or dict.fromkeys(words.values()))
        super().__init__(serializers.ChoiceField(choices=told), column, make=words.get)


class WordFilter(RowsChoiceFilter):
    """One of the contract's words, which may stand for several of our states.

    `in_order` where the order of the list is that of an index behind the state.
    """

    def __init__(
        self,
        column: str,
        *,
        words: Mapping[str, str],
        choices: Iterable[str] | None = None,
        in_order: bool = False,
        **more: Any,
    ) -> None:
        def named(rows: Any, word: str, at: Any) -> Any:
            states = [state for state, told in words.items() if told == word]
            if len(states) == 1 and in_order:
                return rows.filter(**{f"{column}__along": states[0]}).order_by(column, *rows.query.order_by)
            if len(states) == 1:
                return rows.filter(**{column: states[0]})
            # The index of a state has no order of several: these would all be sorted for a page.
            return rows.filter(OfEach(Q(**{f"{column}__in": states})))

        super().__init__(named, words=list(choices or dict.fromkeys(words.values())), **more)


@cache
def names_by_column(taken: type[Input]) -> dict[str, str]:
    """What a request's body calls each column, by the `source=` of its fields; inside a wrapper, `wrapper.name`."""
    names: dict[str, str] = {}
    for name, declared in taken._declared_fields.items():
        if isinstance(declared, Input):
            names |= {column: f"{name}.{inner}" for column, inner in names_by_column(type(declared)).items()}
        else:
            names[declared.source or name] = name
    return names
