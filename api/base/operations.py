"""An operation: one method of one route, declared once for the permission check, the behaviour and the schema."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rest_framework import serializers

from api.base.body import Body
from api.base.filters import Filters
from api.base.input import Input

# The rule of what everyone may read, such as the description of the API itself.
PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class Operation:
    """`id` is its name for generated clients, `rule` the verb of the permission tables that it needs.

    `takes` reads the request's body (`partial`: what is absent stays as it is), `gives` writes the reply, under
    `status`. With `key` the reply is a page of a list under that key, narrowed by `filters`. `placed`: it makes
    something in a practice or organization, which a header may name. `whole`: a list that is answered in one piece.
    """

    id: str
    rule: str
    gives: type[Body] | None = None
    takes: type[Input] | None = None
    status: int = 200
    partial: bool = False
    key: str = ""
    filters: type[Filters] = Filters
    placed: bool = False
    binary: bool = False
    whole: bool = False

    @property
    def creates(self) -> bool:
        """Whether it makes something: its POST takes an `Idempotency-Key`."""
        return self.status == 201

    @property
    def is_list(self) -> bool:
        """Whether it answers a page of a list."""
        return bool(self.key)


def shape_of(name: str, **fields: serializers.Field[Any, Any, Any, Any]) -> type[serializers.Serializer[Any]]:
    """A serializer class made on the spot, for an envelope in the schema."""
    return type(name, (serializers.Serializer,), fields)
