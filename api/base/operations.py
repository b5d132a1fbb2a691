"""An operation: one action of a viewset, declared once for the permission check, the behaviour and the schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from rest_framework import serializers
from rest_framework.parsers import BaseParser
from rest_framework.throttling import BaseThrottle

from api.base.body import Body
from api.base.filters import Filters
from api.base.input import Input

# The permission of what everyone may read, such as the description of the API itself.
PUBLIC = "public"
# The scope of what every access token opens, such as whose it is.
ANY_SCOPE = "*"

Action = TypeVar("Action", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Operation:
    """`id` is its name for generated clients, `permission` the entry of the permission tables that it needs.

    `takes` reads the request's body (`partial`: what is absent stays as it is), `gives` writes the reply, under
    `status`. With `key` the reply is a page of a list under that key, narrowed by `filters`; `whole`: it is answered
    in one piece. `placed`: a header may name the practice or organization in which it is done. `binary`: the reply is
    a file. `tag` goes before the viewset's. `throttles`, `parsers` and `body_limit` (bytes) are those of this
    operation alone: a list must not count against the rate of bookings. `scope` is what an access token must carry for
    it, one of the contract's (or ANY_SCOPE); without one no access token opens it. Keys have scopes of another kind:
    those of the permission tables. `makes`: it makes something though its status does not say so.
    """

    id: str
    permission: str
    gives: type[Body] | None = None
    takes: type[Input] | None = None
    status: int = 200
    partial: bool = False
    key: str = ""
    filters: type[Filters] = Filters
    placed: bool = False
    binary: bool = False
    whole: bool = False
    tag: str = ""
    throttles: tuple[type[BaseThrottle], ...] = ()
    parsers: tuple[type[BaseParser], ...] = ()
    body_limit: int | None = None
    scope: str = ""
    makes: bool = False

    @property
    def creates(self) -> bool:
        """Whether it makes something: its POST takes an `Idempotency-Key`."""
        return self.makes or self.status == 201

    @property
    def is_list(self) -> bool:
        """Whether it answers a page of a list."""
        return bool(self.key)


def operation(operation_id: str, permission: str, **more: Any) -> Callable[[Action], Action]:
    """Declare what an action of a viewset is; see `Operation`. An action without it cannot be routed."""
    declared = Operation(operation_id, permission, **more)

    def declare(action: Action) -> Action:
        action.operation = declared  # type: ignore[attr-defined] # DRF keeps `@action`'s arguments the same way
        return action

    return declare


def operation_of(viewset: Any, action: str) -> Operation:
    """The operation that a viewset's action is declared as; TypeError where it is none."""
    declared = getattr(getattr(viewset, action, None), "operation", None)
    if not isinstance(declared, Operation):
        raise TypeError(f"{viewset.__name__}.{action} is no operation")
    return declared


def operations_of(callback: Any) -> Mapping[str, Operation]:
    """The operations of a route by method, HEAD left out: it is GET without its body."""
    return {
        method.upper(): operation_of(callback.cls, action)
        for method, action in callback.actions.items()
        if method != "head"
    }


def shape_of(name: str, **fields: serializers.Field[Any, Any, Any, Any]) -> type[serializers.Serializer[Any]]:
    """A serializer class made on the spot, for an envelope in the schema."""
    return type(name, (serializers.Serializer,), fields)
