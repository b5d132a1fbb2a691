"""The flextell contract: appointments with their treatments, customers, tenants.

Appointments are served at /v1/appointments and /api/v1/appointments, the vendor's whole surface under /flextell.
`X-Tenant` narrows a request to one practice. Replies are `{"success": "true", "data": ...}` or a Laravel page; errors
`{"error", "message"}`; every reply says how many requests are left. What a client sends back but may not change is
ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from datetime import datetime
from functools import cache, cached_property
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from rest_framework import serializers

from api.base.auth import Bearer
from api.base.body import Body
from api.base.contract import Contract, Problem
from api.base.filters import DateTimeFilter, Filters
from api.base.input import Input
from api.base.operations import Operation, shape_of
from api.base.paging import Page, Pager
from api.base.shared.organizations import organizations_of
from api.base.throttling import WindowThrottle
from api.base.view import ContractViewSet
from api.flextell.words import ERRORS, SCOPES
from core.actor import Actor
from core.hints import asked_of_each
from core.ids_first import ids_by, way_by
from core.prepared import KINDS, one_of
from directory.services import practice_for


def error_body(problem: Problem) -> dict[str, Any]:
    """`{"error": "validation_error", "message": "The 'treatments' field must contain at least 1 item."}`."""
    message = problem.message
    if problem.status == 422 and problem.fields:
        name, why = next(iter(problem.fields.items()))
        # Texts of ours go on after the name; a whole sentence of the framework's stands for itself.
        goes_on = why if why[:1].islower() else f"is invalid: {why}"
        message = f"The '{name}' field {goes_on.rstrip('.')}."
    return {"error": ERRORS.get(problem.status, problem.code), "message": message}


class Error(serializers.Serializer[Any]):
    """Every reply that is not a success."""

    error = serializers.CharField()
    message = serializers.CharField()


class FlextellThrottle(WindowThrottle):
    """The limit of requests per key or token (`RATE_FLEXTELL`)."""

    scope = "flextell"


def with_rate(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Every reply, refusals too, says how many requests are left until when."""
    taken = FlextellThrottle.of(request)
    response["X-RateLimit-Limit"] = str(taken.limit)
    response["X-RateLimit-Remaining"] = str(taken.remaining)
    response["X-RateLimit-Reset"] = str(taken.reset)
    return response


class VendorInput(Input):
    """A request's body; what it does not name is ignored."""

    strict = False

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """The declared fields, whose refusals follow "The '...' field"."""
        fields: dict[str, serializers.Field[Any, Any, Any, Any]] = super().get_fields()
        for field in fields.values():
            field.error_messages.update(
                required="is required.",
                null="must not be null.",
                blank="must not be empty.",
                empty="must contain at least 1 item.",
            )
        return fields


def updated_since() -> DateTimeFilter:
    """The filter of every list, which takes a date-time without an offset as UTC, as the vendor's clients send it."""
    return DateTimeFilter(
        "updated_at",
        "gte",
        label="Only objects changed at this moment or later; a time without an offset is UTC.",
        naive_is_utc=True,
    )


# Under what name the parameters carry the ids that an index found for one of them; no client's.
IDS = "ids of few"


class VendorFilters(Filters):
    """The filters of a list; what they do not name is ignored."""

    strict = False
    # The rows, by which of their lookups an index finds few for a parameter, and which of these have the list's order.
    model: ClassVar[type[Model]]
    looked_up: ClassVar[Mapping[str, str]] = {}
    in_order: ClassVar[Collection[str]] = ()

    updated_since = updated_since()

    @classmethod
    def few(cls, parameters: Mapping[str, str], organizations: Callable[[], Collection[int]]) -> list[int] | None:
        """The ids of the rows that an index finds for one of the parameters, if there is one for which it finds few."""
        asked = [name for name in cls.looked_up if name in parameters]
        if len(asked) == 1 and asked[0] in cls.in_order:
            return None
        for name in asked:
            column, _by, lookup = cls.looked_up[name].rpartition("__")
            with suppress(ValidationError):
                value = cls.value_of(name, parameters[name])
                way = way_by(cls.model, column, lookup, value)
                ids = None if way is None else ids_by([(way, value)], organizations)
                if ids is not None:
                    return ids
        return None

    @classmethod
    def value_of(cls, name: str, text: str) -> Any:
        """The value of a parameter; ValidationError for a text that is none."""
        return cls.base_filters[name].field.clean(text)

    @classmethod
    def compared(cls, parameters: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
        """The same, and the ids."""
        ids = {IDS: (KINDS[tuple](), parameters[IDS])} if IDS in parameters else {}
        return {**super().compared(parameters), **ids}

    @classmethod
    def narrow(cls, queryset: Any, parameters: Mapping[str, Any], *, at: datetime) -> Any:
        """The rows that fit; of the ids, where some were found."""
        told = dict(parameters)
        ids = told.pop(IDS, None)
        narrowed = super().narrow(queryset, told, at=at)
        return narrowed if ids is None else asked_of_each(narrowed).filter(one_of("pk", ids))


CONTRACT = Contract(
    name="flextell",
    title="Flextell",
    description=(
        "Appointments, customers and tenants. Appointments are also served at /api/v1/appointments, and all of it"
        " under /flextell/api/v1, where a client that lets one set its base URL is pointed."
        " What a list does not know as a parameter, and a request does not know as a field, is ignored."
        " A date-time without an offset is UTC."
    ),
    version="1",
    urls="api.flextell.urls",
    described="api.flextell.described",
    mounts=("/v1/appointments", "/api/v1/appointments", "/flextell", "/v1/schema/flextell"),
    error_body=error_body,
    error_schema=Error,
    finish=with_rate,
    scopes=SCOPES,
)


class FlextellViewSet(ContractViewSet):
    """A resource of the contract."""

    contract = CONTRACT
    authentication_classes = [Bearer]
    throttle_classes = [FlextellThrottle]
    pager = Pager(default_size=15, max_size=100, size_name="per_page", exact=True)
    practice_header = "X-Tenant"

    @cached_property
    def actor(self) -> Actor:
        """Who acts: as staff alone, and where a tenant is named, in that practice alone."""
        actor, tenant = super().actor.at_work(), self.named_practice()
        rule = self.operation.permission
        if tenant is None or not actor.may(rule):
            return actor
        practice = practice_for(actor, rule, named=tenant)
        return actor.in_practice(practice.pk, organization_id=practice.organization_id)

    def parameters(self) -> dict[str, Any]:
        """What the address asks of a list, and the ids of few where it asks for such."""
        sent: dict[str, Any] = super().parameters()
        sent.pop(IDS, None)
        filters = self.operation.filters
        if issubclass(filters, VendorFilters):
            ids = filters.few(sent, lambda: organizations_of(self.actor))
            sent |= {} if ids is None else {IDS: ids}
        return sent

    def enclose(self, shown: Any) -> Any:
        """`{"success": "true", "data": ...}`: the vendor's success is a text."""
        return {"success": "true", "data": shown}

    def enclosed_schema(self, operation: Operation) -> Any:
        """Return the same for the OpenAPI document."""
        return reply_schema(operation.gives) if operation.gives else None

    def envelope(self, key: str, objects: list[dict[str, Any]], page: Page) -> dict[str, Any]:
        """`{"data": [...], "links": {...}, "meta": {...}}`, as Laravel pages."""
        path = self.request.build_absolute_uri(self.request.path)
        parameters = {name: value for name, value in self.request.GET.dict().items() if name != "page"}

        def link(number: int) -> str | None:
            if not 1 <= number <= page.pages:
                return None
            return f"{path}?{urlencode({**parameters, 'page': number})}"

        first = (page.number - 1) * page.size + 1
        numbers = [
            {"url": link(number) if number else None, "label": str(number or "..."), "active": number == page.number}
            for number in shown_numbers(page.number, page.pages)
        ]
        before, after = link(page.number - 1), link(page.number + 1)
        return {
            key: objects,
            "links": {"first": link(1), "last": link(page.pages), "prev": before, "next": after},
            "meta": {
                "current_page": page.number,
                "from": first if objects else None,
                "last_page": page.pages,
                "links": [
                    {"url": before, "label": "&laquo; Previous", "active": False},
                    *numbers,
                    {"url": after, "label": "Next &raquo;", "active": False},
                ],
                "path": path,
                "per_page": page.size,
                "to": first + len(objects) - 1 if objects else None,
                "total": page.total,
            },
        }

    def envelope_schema(self, operation: Operation) -> type[serializers.Serializer[Any]]:
        """Return the same for the OpenAPI document."""
        if operation.gives is None:
            raise TypeError(f"{operation.id} lists nothing")
        return list_schema(operation.gives) if operation.whole else page_schema(operation.gives)


def shown_numbers(current: int, last: int) -> list[int]:
    """The pages a pager shows: both ends and those around the current one; 0 stands for a gap."""
    shown = sorted({*range(1, 3), *range(current - 3, current + 4), *range(last - 1, last + 1)})
    found: list[int] = []
    for number in shown:
        if not 1 <= number <= last:
            continue
        if found and number > found[-1] + 1:
            found.append(0)
        found.append(number)
    return found


class PageLink(serializers.Serializer[Any]):
    """A button of the pager."""

    url = serializers.URLField(allow_null=True)
    active = serializers.BooleanField()

    def get_fields(self) -> dict[str, Any]:
        """Declared here because a serializer's attribute `label` means something else."""
        return {**super().get_fields(), "label": serializers.CharField()}


def _name(body: type[Body]) -> str:
    return body.__name__.removesuffix("Body")


@cache
def reply_schema(body: type[Body]) -> type[serializers.Serializer[Any]]:
    """One object."""
    return shape_of(f"{_name(body)}Reply", success=serializers.CharField(), data=body())


@cache
def list_schema(body: type[Body]) -> type[serializers.Serializer[Any]]:
    """A whole list."""
    return shape_of(f"{_name(body)}List", success=serializers.CharField(), data=body(many=True))


class PageEnds(serializers.Serializer[Any]):
    """Where the pager's ends and neighbours are."""

    first = serializers.URLField()
    last = serializers.URLField()
    prev = serializers.URLField(allow_null=True)
    next = serializers.URLField(allow_null=True)


@cache
def page_meta() -> type[serializers.Serializer[Any]]:
    """What the pager says of the page; made on the spot, as `from` is a word of Python."""
    number, url = serializers.IntegerField, serializers.URLField
    fields: dict[str, Any] = {
        "current_page": number(),
        "from": number(allow_null=True),
        "last_page": number(),
        "links": PageLink(many=True),
        "path": url(),
        "per_page": number(),
        "to": number(allow_null=True),
        "total": number(),
    }
    return shape_of("PageMeta", **fields)


@cache
def page_schema(body: type[Body]) -> type[serializers.Serializer[Any]]:
    """A page of a list."""
    return shape_of(f"{_name(body)}Page", data=body(many=True), links=PageEnds(), meta=page_meta()())
