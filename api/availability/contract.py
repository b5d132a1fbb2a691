"""The availability contract: slots and the books made from them, for clinic admins alone.

Keys travel as `X-User-Token` (or Bearer). Objects and lists under their name, `page`, `page_size` and `total` beside
a list; date-times in UTC with milliseconds; `errors` is a text, or an object of lists by field.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, cached_property
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from api.availability.words import CONFLICT, LITERAL, WHOLE
from api.base.auth import BearerKey, Key
from api.base.body import Body
from api.base.contract import Contract, Problem
from api.base.input import Input, TextField
from api.base.operations import Operation, shape_of
from api.base.paging import Page, Pager
from api.base.throttling import WindowThrottle
from api.base.view import ContractViewSet
from core.actor import Actor
from core.permissions import CLINIC_ADMIN

# Under what a request's object is wrapped: no part of a field's name.
WRAPPED = re.compile(r"^(available_slot|book)\.")


def error_body(problem: Problem) -> dict[str, Any]:
    """`{"errors": "..."}`, for a 422 `{"errors": {"field": ["..."]}}`."""
    if problem.status == 422:
        return {"errors": errors_by_field(problem.fields) or {WHOLE: [problem.message]}}
    if problem.code == "slot_overlap":
        return {"errors": CONFLICT}
    return {"errors": LITERAL.get(problem.status, problem.message)}


def errors_by_field(fields: Mapping[str, str]) -> dict[str, list[str]]:
    """Return what is wrong with each field; with the whole, under `base`."""
    told: dict[str, list[str]] = {}
    for name, why in fields.items():
        told.setdefault(WRAPPED.sub("", name) or WHOLE, []).append(why)
    return told


TEXTS = {"type": "array", "items": {"type": "string"}}


@extend_schema_field({"oneOf": [{"type": "string"}, {"type": "object", "additionalProperties": TEXTS}]})
class Errors(serializers.JSONField):
    """The errors: a text, or lists by field."""


class Error(serializers.Serializer[Any]):
    """Every reply that is not a success: a text, or for a 422 an object of lists by field."""

    def get_fields(self) -> dict[str, Any]:
        """Declared here because a serializer's attribute `errors` means something else."""
        return {"errors": Errors()}


class UserToken(Key):
    """`X-User-Token: <key>`."""

    def carried(self, request: Request) -> str | None:
        """The header's value."""
        token: str | None = request.META.get("HTTP_X_USER_TOKEN")
        return token

    def authenticate_header(self, request: Request) -> str:
        """The challenge; without one the framework would turn a 401 into a 403."""
        return 'Token realm="clinic"'

    def schemes(self, scopes: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        """The header."""
        return {"token": {"type": "apiKey", "in": "header", "name": "X-User-Token", "description": "An API key."}}


class AdminInput(Input):
    """A request's body; missing fields are reported in the contract's words, and an empty text counts as missing."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the values by column; a non-text field sent as "" is blank (422 "can't be blank")."""
        if isinstance(data, Mapping):
            data = {name: None if self._is_blank(name, value) else value for name, value in data.items()}
        return super().to_internal_value(data)

    def _is_blank(self, name: str, value: Any) -> bool:
        return value == "" and name in self.fields and not isinstance(self.fields[name], TextField)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """The declared fields."""
        fields: dict[str, serializers.Field[Any, Any, Any, Any]] = super().get_fields()
        for field in fields.values():
            field.error_messages.update(dict.fromkeys(("required", "null", "blank"), "can't be blank"))
        return fields


class AvailabilityThrottle(WindowThrottle):
    """The limit of requests per key (`RATE_AVAILABILITY`)."""

    scope = "availability"


CONTRACT = Contract(
    name="availability",
    title="Availability",
    description="Slots that can be booked, and the books made from them. For clinic admins.",
    version="1",
    urls="api.availability.urls",
    mounts=("/v1/admin/clinic/availability", "/v1/schema/availability"),
    error_body=error_body,
    error_schema=Error,
)


class AvailabilityViewSet(ContractViewSet):
    """A resource of the contract."""

    contract = CONTRACT
    authentication_classes = [UserToken, BearerKey]
    throttle_classes = [AvailabilityThrottle]
    pager = Pager(default_size=25, max_size=200)

    @cached_property
    def actor(self) -> Actor:
        """Who acts: through this door only in the practices where they are clinic admin."""
        return super().actor.at_work(CLINIC_ADMIN)

    def envelope(self, key: str, objects: list[dict[str, Any]], page: Page) -> dict[str, Any]:
        """`{"available_slots": [...], "page", "page_size", "total"}`."""
        return {key: objects, "page": page.number, "page_size": page.size, "total": page.total}

    def envelope_schema(self, operation: Operation) -> type[serializers.Serializer[Any]]:
        """Return the same for the OpenAPI document."""
        if operation.gives is None:
            raise TypeError(f"{operation.id} lists nothing")
        return page_schema(operation.key, operation.gives)


@cache
def page_schema(key: str, body: type[Body]) -> type[serializers.Serializer[Any]]:
    """A page of a list; one class for all lists of the same things."""
    numbers = {name: serializers.IntegerField() for name in ("page", "page_size", "total")}
    return shape_of(f"{body.__name__.removesuffix('Body')}Page", **{key: body(many=True)}, **numbers)
