"""The OpenAPI document of each contract, from the same declarations that run it."""

from __future__ import annotations

import re
from functools import cache
from http import HTTPStatus
from threading import Lock
from typing import Any

from django.utils import translation
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import EndpointEnumerator, SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.settings import patched_settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from api.base.auth import Described
from api.base.body import ComputedField
from api.base.contract import Contract
from api.base.converters import MAX_ID
from api.base.filters import YEARS, Filters
from api.base.idempotency import HEADER, KEY_SCHEMA, KEY_WORDS
from api.base.input import DateField, DateTimeField, Input, wrapped
from api.base.operations import PUBLIC, Operation, operations_of
from api.base.paging import DEEPEST
from api.base.view import ContractViewSet
from core.files import ALLOWED
from core.permissions import VISITOR, rule_for

_one_at_a_time = Lock()


class _Credentials(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Asks our own ways to sign in how they are called: they are loaded to serve, and the library is not."""

    target_class = Described
    match_subclasses = True
    priority = 1

    @property
    def name(self) -> list[str]:  # type: ignore[override]
        return list(self.target.schemes({}))

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[str]]]:
        required: list[dict[str, list[str]]] = self.target.required(auto_schema.operation.scope)
        return required

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, Any]]:
        return list(self.target.schemes(auto_schema.described.contract.scopes).values())


class ContractSchema(AutoSchema):
    """Reads the operations of a ContractViewSet; nothing is guessed from the code."""

    @property
    def described(self) -> ContractViewSet:
        """The view."""
        view: Any = self.view
        assert isinstance(view, ContractViewSet)  # noqa: S101 no other view is one of ours
        return view

    @property
    def operation(self) -> Operation:
        """What is being described."""
        return self.described.operation

    def _is_list_view(self, serializer: Any = None) -> bool:
        """Whether a bare array is answered; else the envelope of a list is the contract's own, whatever its action."""
        return isinstance(serializer, serializers.ListSerializer)

    def get_operation_id(self) -> str:
        return self.operation.id

    def get_tags(self) -> list[str]:
        return [self.operation.tag or self.described.tag]

    def get_summary(self) -> str:
        """The first line of the action's docstring."""
        return self._words()[0]

    def get_description(self) -> str:  # type: ignore[override]
        """The rest of it."""
        return self._words()[1]

    def _words(self) -> tuple[str, str]:
        words = (getattr(self.view, self.described.action or "").__doc__ or "").strip()
        first, _break, rest = words.partition("\n")
        return first.rstrip("."), re.sub(r"\s*\n\s*", " ", rest).strip()

    def get_auth(self) -> list[Any]:
        """The view's credentials; none needed where the permission tables let visitors in."""
        auths = super().get_auth()
        permission = self.operation.permission
        if permission == PUBLIC or VISITOR in rule_for(permission).roles:
            auths.append({})
        return auths

    def map_parsers(self) -> list[str]:
        """What a body is sent as: the operation's own kinds, else the contract's first; its others are tolerated."""
        parsers = self.operation.parsers or self.described.parser_classes[:1]
        return [str(parser.media_type) for parser in parsers]

    def get_request_serializer(self) -> Any:
        taken = self.operation.takes
        return taken(partial=self.operation.partial) if taken else None

    def _get_request_body(self, direction: Any = "request") -> Any:
        """A DELETE may carry one, too, which the generator does not know."""
        taken = self.get_request_serializer()
        if self.method != "DELETE" or taken is None:
            return super()._get_request_body(direction)  # type: ignore[no-untyped-call]
        component = self.resolve_serializer(taken, direction)
        return {"content": {"application/json": {"schema": component.ref}}, "required": True}

    def get_response_serializers(self) -> Any:
        operation, view = self.operation, self.described
        shown: Any = view.enclosed_schema(operation) if operation.gives else None
        if operation.is_list:
            shown = view.envelope_schema(operation)
        elif operation.binary:
            # What a file may be, see `core.files`: anything else is not taken in.
            # First the type that every generator of clients reads as bytes: of text/plain some would make a text.
            kinds = ("application/octet-stream", *ALLOWED)
            files = {(operation.status, kind): OpenApiTypes.BINARY for kind in kinds}
            return {**files, **self._refusals()}
        elif operation.status == 204:
            shown = None
        return {operation.status: OpenApiResponse(shown, HTTPStatus(operation.status).phrase), **self._refusals()}

    def _refusals(self) -> dict[Any, Any]:
        operation, contract = self.operation, self.described.contract
        invalid = contract.invalid
        statuses = {400, 503}
        if operation.permission != PUBLIC:
            statuses |= {401, 403}
        if "{" in self.path or operation.takes:
            statuses.add(404)
        if operation.placed:
            # The practice that the header names: none of the caller's, or no id at all.
            statuses |= {404, invalid}
        if operation.takes or operation.is_list:
            statuses.add(invalid)
        if self.method != "GET":
            statuses.add(409)
        if operation.takes:
            statuses |= {413, 415}
        if self.described.throttle_classes or operation.throttles:
            statuses.add(429)
        found: dict[Any, Any] = {}
        for status in sorted(statuses):
            plain = status in contract.plain
            body: Any = OpenApiTypes.STR if plain else contract.error_schema
            told = OpenApiResponse(None if status in self.described.bodiless else body, HTTPStatus(status).phrase)
            found[(status, "text/plain") if plain else status] = told
        return found

    def get_override_parameters(self) -> list[Any]:
        operation, view = self.operation, self.described
        found = [
            OpenApiParameter(name, _id_schema(name, self.path_regex), OpenApiParameter.PATH, required=True)
            for name in re.findall(r"{(\w+)}", self.path)
        ]
        if operation.is_list or operation.filters is not Filters:
            found += [
                OpenApiParameter(
                    name, declared.openapi, required=declared.extra["required"], description=str(declared.label or "")
                )
                for name, declared in operation.filters.base_filters.items()
            ]
        if operation.is_list:
            pager = view.pager
            sizes = {"page": (1, DEEPEST), pager.size_name: (pager.default_size, pager.max_size)}
            for name, (default, most) in sizes.items() if not operation.whole else ():
                schema = {"type": "integer", "minimum": 1, "default": default, "maximum": most}
                found.append(OpenApiParameter(name, schema))
        if self.method == "POST" and operation.creates:
            found.append(OpenApiParameter(HEADER, KEY_SCHEMA, OpenApiParameter.HEADER, description=KEY_WORDS))
        if operation.placed:
            schema = {"type": "integer", "minimum": 1, "maximum": MAX_ID}
            words = "The practice in which it is done, where the caller has several."
            found.append(OpenApiParameter(view.practice_header, schema, OpenApiParameter.HEADER, description=words))
        return found

    def _get_parameters(self) -> list[dict[str, Any]]:
        """The parameters; those that may be sent without a value say so."""
        found: list[dict[str, Any]] = super()._get_parameters()
        filters = self.operation.filters
        for one in found if filters.ignores_empty else ():
            if one["name"] in filters.base_filters and not one.get("required"):
                one["allowEmptyValue"] = True
        return found

    def _map_serializer_field(self, field: Any, direction: Any, bypass_extensions: bool = False) -> Any:
        if isinstance(field, ComputedField):
            field.shape.allow_null = field.shape.allow_null or field.allow_null
            field = field.shape
        if isinstance(field, serializers.FileField):
            return {"type": "string", "format": "binary"}
        mapped = super()._map_serializer_field(field, direction, bypass_extensions)  # type: ignore[no-untyped-call]
        return {**mapped, "pattern": YEARS} if isinstance(field, DateField | DateTimeField) else mapped

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Any:
        """An input that refuses what it does not name says so; of a PUT, what may come back unchanged is read-only."""
        schema = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        if isinstance(serializer, Input) and serializer.strict:
            schema.setdefault("properties", {}).update(self._returned(serializer, direction))
            schema["additionalProperties"] = False
        return schema

    def _returned(self, serializer: Input, direction: Any) -> dict[str, Any]:
        taken, body = self.operation.takes, self.operation.gives
        if self.method != "PUT" or taken is None or body is None:
            return {}
        ((_name, inner),) = wrapped(taken) or (("", taken),)
        if type(serializer) is not inner:
            return {}
        shown = {name: field for name, field in body().fields.items() if name not in serializer.fields}
        found = {}
        for name, field in shown.items():
            mapped = dict(self._map_serializer_field(field, direction))
            found[name] = {"allOf": [mapped], "readOnly": True} if "$ref" in mapped else {**mapped, "readOnly": True}
        return found

    def _get_request_for_media_type(self, serializer: Any, direction: Any = "request") -> Any:
        """The request's body; the generator takes every PATCH for a partial one."""
        method, self.method = self.method, "POST" if self.method == "PATCH" else self.method
        try:
            return super()._get_request_for_media_type(serializer, direction)  # type: ignore[no-untyped-call]
        finally:
            self.method = method

    def get_serializer_name(self, serializer: serializers.Serializer[Any], direction: Any) -> str:
        """The class's name; a reply's without its "Body"."""
        return type(serializer).__name__.removesuffix("Body")


def _id_schema(name: str, path_regex: str) -> dict[str, Any]:
    if f"<public_id:{name}>" in path_regex:
        return {"type": "string", "format": "uuid"}
    if f"<id:{name}>" in path_regex:
        return {"type": "integer", "minimum": 1, "maximum": MAX_ID}
    return {"type": "string"}


class _InOrder(EndpointEnumerator):
    """The methods of each route in one order; the generator's own takes them from a set."""

    def get_allowed_methods(self, callback: Any) -> list[str]:
        described = operations_of(callback)
        return [method.upper() for method in ContractViewSet.http_method_names if method.upper() in described]


class _Generator(SchemaGenerator):
    endpoint_inspector_cls = _InOrder


@cache
def document(contract: Contract) -> dict[str, Any]:
    """The contract's OpenAPI document, in English; made once for each process."""
    settings: dict[str, Any] = {
        "TITLE": contract.title,
        "DESCRIPTION": contract.description,
        "VERSION": contract.version,
        "SORT_OPERATIONS": False,
        "SORT_OPERATION_PARAMETERS": False,
        "POSTPROCESSING_HOOKS": [],
    }
    with _one_at_a_time, patched_settings(settings), translation.override("en"):
        generator: Any = _Generator
        schema: dict[str, Any] = generator(urlconf=contract.described or contract.urls).get_schema(public=True)
        if GENERATOR_STATS:
            raise RuntimeError(f"{contract.name}: its schema has warnings; they were printed")
    return schema
