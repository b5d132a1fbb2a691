"""The cliniko contract: individual appointments, and what they are linked with.

Appointments are also served at /v1/individual_appointments, the vendor's whole surface under /cliniko/v1. The key is
the user name of HTTP Basic. Ids are strings; what belongs to an object is a link to it, under the mount the request
came through where that has it. Lists are `{"<key>": [...], "total_entries", "links"}`, filtered by `q[]` (see
`filtering`). Errors are `{"message", "errors": {field: text}}`. Time that is taken is no conflict here: the visit is
recorded as an overbooking. What a client sends back but may not change is ignored.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Hashable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from rest_framework import exceptions, serializers
from rest_framework.request import Request

from api.base.auth import Key
from api.base.body import Reading
from api.base.contract import Contract, Problem
from api.base.lists import FreshList, Listed, Rows
from api.base.operations import Operation
from api.base.paging import Page, Pager
from api.base.renderer import JSONParser
from api.base.shared.organizations import organizations_of
from api.base.throttling import WindowThrottle
from api.base.view import ContractViewSet, Given, holes_for
from api.cliniko import words
from api.cliniko.inputs import FormParser
from api.cliniko.lists import Asked, page_schema, terms_of
from core.actor import Actor
from core.querysets import ClinicQuerySet
from directory.models import ApiKey, User
from directory.services import authenticate_key

VENDOR = "cliniko/v1"
PLAIN = "v1"
# Served under the plain mount, too.
AT_PLAIN = "individual_appointments"

# ---------------------------------------------------------------------------------------- who calls

BASIC = re.compile(r"Basic:? +(\S+) *", re.IGNORECASE)
SHARD = re.compile(r"-[a-z]{2}\d{1,2}\Z", re.IGNORECASE)


class BasicKey(Key):
    """HTTP Basic: the user name is the key, with or without its shard; no password.

    As clients send it: also with a colon after the scheme, and with a key that no colon follows.
    """

    def carried(self, request: Request) -> str | None:
        """The user name; "" for a header that is none, which opens nothing."""
        found = BASIC.fullmatch(request.META.get("HTTP_AUTHORIZATION", ""))
        if found is None:
            return None
        try:
            return base64.b64decode(found[1] + "==").decode("ascii").partition(":")[0]
        except ValueError:  # no base64, or no ASCII before or after it
            return ""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        """The key's owner and the key; None without one."""
        text, at = self.carried(request), timezone.now()
        if text is None:
            return None
        # A key of which the last characters happen to look like a shard is found in a second statement.
        found = authenticate_key(SHARD.sub("", text), at=at)
        if found is None and SHARD.search(text):
            found = authenticate_key(text, at=at)
        if found is None:
            raise exceptions.AuthenticationFailed
        return found.user, found

    def authenticate_header(self, request: Request) -> str:
        """The challenge; without one the framework would turn a 401 into a 403."""
        return 'Basic realm="clinic"'

    def schemes(self, scopes: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        """HTTP Basic."""
        told = "The API key is the user name; no password."
        return {"basicAuth": {"type": "http", "scheme": "basic", "description": told}}


class ClinikoThrottle(WindowThrottle):
    """The limit of requests per user (`RATE_CLINIKO`)."""

    scope = "cliniko"

    def caller(self, request: Any, view: Any) -> str:
        """Return one count per user, whichever of their keys is used."""
        return f"user:{view.actor.user_id}"


# ------------------------------------------------------------------------------------------- errors


def error_body(problem: Problem) -> dict[str, Any]:
    """`{"message": "Validation Failed", "errors": {"patient_id": "can't be blank"}}`; else the message alone."""
    if problem.status == 404:
        return {"message": words.NOT_FOUND}
    if problem.status == 422:
        fields = problem.fields or {"": problem.message}
        return {"errors": {name or "base": why for name, why in fields.items()}, "message": words.INVALID}
    if problem.fields:
        return {"errors": dict(problem.fields), "message": problem.message}
    return {"message": problem.message}


class Error(serializers.Serializer[Any]):
    """Every reply that is not a success."""

    message = serializers.CharField()

    def get_fields(self) -> dict[str, Any]:
        """Declared here because a serializer's attribute `errors` means something else."""
        texts = serializers.DictField(child=serializers.CharField(), required=False)
        return {**super().get_fields(), "errors": texts}


def finish(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Tell a caller with too many requests when to come back, in both headers that clients read."""
    if response.status_code == 429:
        response["X-RateLimit-Reset"] = str(ClinikoThrottle.of(request).reset)
    return response


# --------------------------------------------------------------------------------------- the viewset

CONTRACT = Contract(
    name="cliniko",
    title="Cliniko",
    description=(
        "Individual appointments and what they are linked with. The appointments are also served at"
        " /v1/individual_appointments, and all of it under /cliniko/v1, where a client that lets one set its base URL"
        " is pointed."
    ),
    version="1",
    urls="api.cliniko.urls",
    described="api.cliniko.described",
    mounts=(f"/{PLAIN}/{AT_PLAIN}", "/cliniko", "/v1/schema/cliniko"),
    error_body=error_body,
    error_schema=Error,
    finish=finish,
    plain=frozenset({401}),
)


class Links(dict[str, str]):
    """The address of each path, made once: a page asks for those of its rows again and again."""

    def __init__(self, mine: str, vendor: str) -> None:
        super().__init__()
        self.mine, self.vendor = mine, vendor

    def __missing__(self, path: str) -> str:
        address = f"{self.mine if path.startswith(AT_PLAIN) else self.vendor}{path}"
        self[path] = address
        return address


class ClinikoViewSet(ContractViewSet):
    """A resource of the contract."""

    contract = CONTRACT
    authentication_classes = [BasicKey]
    throttle_classes = [ClinikoThrottle]
    parser_classes = [JSONParser, FormParser]
    # What the code of a refusal is where the resource itself is not there: that one's id is in the path.
    own_code: ClassVar[str] = ""
    pager = Pager(default_size=50, max_size=100, size_name="per_page", exact=True)

    @cached_property
    def actor(self) -> Actor:
        """The actor, with the rights of staff only."""
        return super().actor.at_work()

    @cached_property
    def reading(self) -> Reading:
        """For whom the reply is written; its links go to the request's own mount, where that has them."""
        host = self.request.build_absolute_uri("/")
        vendor = f"{host}{VENDOR}/"
        mine = vendor if self.request.path.startswith(f"/{VENDOR}/") else f"{host}{PLAIN}/"

        return Reading(actor=self.actor, at=self.at, link=Links(mine, vendor).__getitem__)

    # ------------------------------------------------------------------------------------ lists

    def listed(
        self,
        rows: ClinicQuerySet[Any] | Rows,
        parameters: dict[str, str],
        *,
        of: Hashable,
        given: Mapping[str, Given],
    ) -> Listed:
        """The list that the parameters narrow and sort."""
        filters: Any = self.operation.filters
        asked = self.found(Asked(filters, self.request.GET))
        if not callable(rows):
            return FreshList(asked.ordered(asked.narrowed(rows)), self._body().columns())
        return self.prepared(
            lambda: asked.ordered(asked.narrowed(rows(**holes_for(given)), prepared=True)),
            lambda: asked.ordered(asked.narrowed(rows(**given))),
            asked=(of, asked.key),
            values={**given, **asked.values},
            path={name: value for name, value in self.kwargs.items() if name not in given},
        )

    def found(self, asked: Asked) -> Asked:
        """What is asked, once it is known for which of its terms an index finds few rows."""
        asked.find(lambda: organizations_of(self.actor))
        return asked

    def show_asked(self, rows: Rows, *, pk: int) -> HttpResponse:
        """Return the one object of this key, or raise Missing; a hidden one only if `q[]` asks for such."""
        filters: Any = self.operation.filters
        sent = self.request.GET

        def asked() -> Any:
            return filters.select(rows(), sent)

        return self.show(asked, of=tuple(terms_of(sent)), pk=pk)

    def envelope(self, key: str, objects: list[dict[str, Any]], page: Page) -> dict[str, Any]:
        """`{"patients": [...], "total_entries": 7, "links": {"self": ..., "next": ...}}`; none to nowhere."""
        links = {"self": self.page_link(page.number)}
        if page.number > 1:
            links["previous"] = self.page_link(page.number - 1)
        if page.number < page.pages:
            links["next"] = self.page_link(page.number + 1)
        return {key: objects, "total_entries": page.total, "links": links}

    def page_link(self, number: int) -> str:
        """The address of another page of the same list, with every parameter of the request."""
        return f"{self.list_address}page={number}"

    @cached_property
    def list_address(self) -> str:
        """Return the address of the list with every parameter except the page's number."""
        pairs = [(name, value) for name, values in self.request.GET.lists() if name != "page" for value in values]
        asked = urlencode(pairs, safe="[]:,")
        return f"{self.request.build_absolute_uri(self.request.path)}?{asked}{'&' if asked else ''}"

    def envelope_schema(self, operation: Operation) -> type[serializers.Serializer[Any]]:
        """Return the same for the OpenAPI document."""
        if operation.gives is None:
            raise TypeError(f"{operation.id} lists nothing")
        return page_schema(operation.key, operation.gives)

    def created(self, response: HttpResponse, path: str) -> HttpResponse:
        """The reply to a creation, which says where the new object is."""
        response["Location"] = self.reading.link(path)
        return response

    def overbooking_reason(self, practice_id: int) -> str:
        """Return the reason with which taken times are overbooked; empty for an actor who may not overbook."""
        return words.REASON if self.actor.may("scheduling.overbook", practice_id) else ""

    # ---------------------------------------------------------------------------------- refusals

    def problem_of(self, error: Exception) -> Problem | None:
        """What a refusal means here: nothing is a 409 or a 405.

        What stands in the way is a 422 that names the field, as is an id in the body that names nothing. A wrong verb
        is a 404.
        """
        problem = super().problem_of(error)
        if problem is None:
            return None
        if problem.status == 409:
            field = words.CLASHES.get(problem.code, "base")
            return replace(problem, status=422, fields={field: words.MESSAGES.get(problem.code, problem.message)})
        if problem.status == 405:
            return replace(problem, status=404)
        names_others = problem.status == 404 and bool(self.action) and self.operation.takes is not None
        if names_others and problem.code in words.UNKNOWN and problem.code != self.own_code:
            field, why = words.UNKNOWN[problem.code]
            return replace(problem, status=422, fields={field: why})
        return problem

    def refuse(self, error: Exception, context: dict[str, Any]) -> HttpResponse | None:
        """The reply to a refusal, None for a mistake of ours; a bad key is told so in plain text."""
        problem = self.problem_of(error)
        if problem is None:
            return None
        if problem.status == 401:
            headers = {**problem.headers, "Cache-Control": "no-store"}
            return HttpResponse(words.DENIED, status=401, content_type="text/plain; charset=utf-8", headers=headers)
        return super().refuse(error, context)
