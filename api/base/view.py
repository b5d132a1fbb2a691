"""The viewset that every resource of every contract is: it parses, makes one verb or queryset call, and renders.

Each action is declared by `@operation(...)`; routes are explicit: `as_view({"get": "list", "post": "create"})`.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace
from datetime import date
from functools import cached_property
from typing import Any, ClassVar

import orjson
from django.conf import settings
from django.db.models import BigIntegerField, DateTimeField
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import exceptions, serializers
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.viewsets import ViewSet

from api.base import idempotency
from api.base.auth import refuse_two_credentials
from api.base.body import Body, Reading, compiled
from api.base.contract import Contract, Problem
from api.base.converters import MAX_ID
from api.base.errors import problem_of, reply
from api.base.input import ENVELOPE, MOST_UNKNOWN, Input, most_bytes, wrapped
from api.base.lists import STATEMENTS, AskedList, FreshList, Listed, PreparedList, Rows
from api.base.operations import ANY_SCOPE, Operation, operation_of
from api.base.paging import Page, Pager
from api.base.permission import MayUseRoute
from api.base.reads import Noted, Row
from api.base.renderer import AlwaysJSON, JSONParser, JSONRenderer, TooLarge, promised_length, to_json
from api.base.sent_back import says_the_same
from api.base.throttling import WindowThrottle
from api.base.words import names_by_column
from core.actor import Actor
from core.errors import DomainError, InvalidInput
from core.hints import changed_since
from core.origin import origin_now
from core.prepared import hole, hole_of
from core.querysets import ClinicQuerySet, missing
from core.reads import note_reader
from directory.models import AccessToken, ApiKey
from directory.services import organization_for, practice_for, visitor_organization_ids
from patients.services import actor_for

ORGANIZATION = "X-Organization-ID"
Given = date | int
# What is asked for where it is no list.
ONE = "one"
SINCE = "updated_since"


def holes_for(given: Mapping[str, Given]) -> dict[str, Any]:
    """The places of these values in a statement."""
    return {name: hole_of(type(value), name) for name, value in given.items()}


class ContractViewSet(ViewSet):
    """A resource of a contract."""

    contract: ClassVar[Contract]
    pager: ClassVar[Pager]
    tag: ClassVar[str] = ""
    practice_header: ClassVar[str] = ORGANIZATION
    # Refusals that are answered without a body.
    bodiless: ClassVar[frozenset[int]] = frozenset()

    permission_classes = [MayUseRoute]
    renderer_classes = [JSONRenderer]
    parser_classes = [JSONParser]
    content_negotiation_class = AlwaysJSON
    http_method_names = ["get", "head", "post", "put", "patch", "delete"]
    metadata_class = None

    @classmethod
    def as_view(cls, actions: Any = None, **initkwargs: Any) -> Any:
        """The view of a route; TypeError, when the routes are read, for an action that is declared badly."""
        for action in (actions or {}).values():
            declared = operation_of(cls, action)
            if declared.gives:
                compiled(declared.gives)
            if declared.scope not in ("", ANY_SCOPE, *cls.contract.scopes):
                raise TypeError(f"{declared.id}: {declared.scope} is no scope of {cls.contract.name}")
        return super().as_view(actions, **initkwargs)

    # ---------------------------------------------------------------- what the request is

    def initialize_request(self, request: Any, *args: Any, **kwargs: Any) -> Request:
        """The request; its parsers are asked for before the framework says which action it is ("" = none)."""
        self.action = action = self.action_map.get((request.method or "").lower()) or ""
        made = super().initialize_request(request, *args, **kwargs)
        self.action = action  # the framework calls an OPTIONS that nobody answers `metadata`
        return made

    def get_parsers(self) -> list[BaseParser]:
        """What reads the body: the operation's own parsers, else the contract's."""
        own = self.operation.parsers if self.action else ()
        return [parser() for parser in own or self.parser_classes]

    def get_throttles(self) -> list[BaseThrottle]:
        """What counts the request: for the contract, and for this operation."""
        return [throttle() for throttle in (*self.throttle_classes, *self.operation.throttles)]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse what is too long before anything of it is read."""
        self.at = timezone.now()
        if promised_length(request) > self.body_limit:
            raise TooLarge
        try:
            super().initial(request, *args, **kwargs)
        except (exceptions.AuthenticationFailed, exceptions.NotAuthenticated):
            self.count_stranger(request)
            raise
        if request.method == "POST" and self.operation.creates and idempotency.HEADER in request.headers:
            # The framework asks for the handler after this.
            self.post = idempotency.once(self, self.post)

    def count_stranger(self, request: Request) -> None:
        """Count for its address a request whose caller nobody knows; Throttled for one too many."""
        for throttle in self.throttle_classes:
            counted = throttle()
            if isinstance(counted, WindowThrottle) and not counted.allow_stranger(request):
                raise exceptions.Throttled(counted.wait())

    def perform_authentication(self, request: Request) -> None:
        """Find out who calls; a request with two credentials is refused before either is looked at."""
        if self.authentication_classes:
            refuse_two_credentials(request)
        super().perform_authentication(request)

    post: Callable[..., HttpResponse]

    @property
    def body_limit(self) -> int:
        """How many bytes the request's body may have: the operation's own number, else what its input can hold."""
        if not self.action:
            return ENVELOPE
        own, taken = self.operation.body_limit, self.operation.takes
        return own or min(most_bytes(taken) if taken else ENVELOPE, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)

    @cached_property
    def operation(self) -> Operation:
        """What is being done."""
        return operation_of(type(self), self.action)

    @cached_property
    def actor(self) -> Actor:
        """Who does it: made once for each request."""
        request = self.request
        key = request.auth if isinstance(request.auth, ApiKey | AccessToken) else None
        actor = actor_for(
            request.user,
            key=key,
            door=self.contract.door,
            request_id=self.request_id,
            credential="session" if request.user.is_authenticated else "",
            visitor_organizations=lambda: visitor_organization_ids(request.get_host()),
        )
        note_reader(actor)
        return actor

    @cached_property
    def request_id(self) -> str:
        """That of the request, by which the history and the log tell of it."""
        return origin_now().request_id or uuid.uuid4().hex

    @cached_property
    def reading(self) -> Reading:
        """For whom the reply is written."""
        return Reading(actor=self.actor, at=self.at, link=self.request.build_absolute_uri)

    def input(self) -> Any:
        """The request's body, checked: values by column. ValidationError names each bad field."""
        return self._checked(self.request.data)

    def changes(self, queryset: ClinicQuerySet[Any], **lookup: Any) -> Any:
        """The body of a request that changes the one object of `lookup`: values by column.

        What the object shows but a request may not change is left aside where it comes back as it is; where it comes
        back as anything else, it is no field of the request.
        """
        data: Any = self.request.data
        taken = self._takes()
        ((wrapper, inner),) = wrapped(taken) or (("", taken),)
        sent = data.get(wrapper) if wrapper and isinstance(data, Mapping) else data
        shown = self._body()._declared_fields.keys() - inner._declared_fields.keys()
        if not isinstance(sent, Mapping) or not (back := [name for name in shown if name in sent]):
            return self._checked(data)
        present = orjson.loads(to_json(self._one(queryset, **lookup)))
        unchanged = {name for name in back if says_the_same(sent[name], present[name])}
        kept = {name: value for name, value in sent.items() if name not in unchanged}
        return self._checked({**data, wrapper: kept} if wrapper else kept)

    def sent(self, name: str) -> str:
        """What the body has under `name` if that is a text, before anything of it is checked; else ""."""
        data: Any = self.request.data
        value = data.get(name) if isinstance(data, Mapping) else None
        return value if isinstance(value, str) else ""

    def _takes(self) -> type[Input]:
        taken = self.operation.takes
        if taken is None:
            raise TypeError(f"{self.operation.id} takes no body")
        return taken

    def _checked(self, data: Any) -> Any:
        context = {"actor": self.actor, "view": self}
        return self._takes().check(data, partial=self.operation.partial, context=context)

    # ---------------------------------------------------------------- where a write goes

    def named_practice(self) -> int | None:
        """The practice that the caller names in the header, if any."""
        text = self.request.headers.get(self.practice_header)
        if text is None:
            return None
        if not (text.isascii() and text.isdigit() and len(text) < 17 and 0 < int(text) <= MAX_ID):
            raise InvalidInput({self.practice_header: _("must be the id of a practice")})
        return int(text)

    def practice_id(self, *, organization_id: int | None = None) -> int:
        """The practice of what is made: the named one, else as design says; refused where it is a wrong one."""
        practice = practice_for(
            self.actor, self.operation.permission, named=self.named_practice(), organization_id=organization_id
        )
        return practice.pk

    def organization_id(self) -> int:
        """The organization of what is made in the catalogue."""
        return organization_for(self.actor, self.operation.permission, named_practice=self.named_practice()).pk

    # ---------------------------------------------------------------- the reply

    def page(
        self, rows: ClinicQuerySet[Any] | Rows, *, of: Hashable = (), given: Mapping[str, Given] | None = None
    ) -> HttpResponse:
        """One page of the list, filtered as the parameters say; see `listed`."""
        operation, body, parameters = self.operation, self._body(), self.parameters()
        page = self.pager.page(self.listed(rows, parameters, of=of, given=given or {}), parameters)
        return self.answer(self.envelope(operation.key, body.build(page.rows, self.reading), page))

    def listed(
        self,
        rows: ClinicQuerySet[Any] | Rows,
        parameters: dict[str, str],
        *,
        of: Hashable,
        given: Mapping[str, Given],
    ) -> Listed:
        """The list that the parameters narrow.

        A function that makes the rows is called when its caller first asks so: what it makes may depend on nothing
        but the actor, `self.at`, the path, the parameters, `of`, and `given`: moments, days and ids that it gets by
        name. Another of these is the same statement.
        """
        columns, filters = self._body().columns(), self.operation.filters
        if not callable(rows):
            return FreshList(filters.narrow(rows, parameters, at=self.at), columns)
        compared = filters.compared(parameters)
        holes = {name: hole(name, kind) for name, (kind, _value) in compared.items()}
        apart = {"page", self.pager.size_name, *filters.read_by_view, *holes}
        told = {name: text for name, text in parameters.items() if name not in apart}
        later = {name: value for name, value in given.items() if name != "at"}
        values = {name: value for name, (_kind, value) in compared.items()}
        of_few = filters.of_few(values.get(SINCE))

        def narrowed(found: ClinicQuerySet[Any], asked: Mapping[str, Any], since: Any) -> ClinicQuerySet[Any]:
            if not of_few:
                return filters.narrow(found, asked, at=self.at)
            others = {name: value for name, value in asked.items() if name != SINCE}
            return changed_since(filters.narrow(found, others, at=self.at), since)

        return self.prepared(
            lambda: narrowed(rows(**holes_for(later)), {**told, **holes}, holes.get(SINCE)),
            lambda: narrowed(rows(**later), parameters, values.get(SINCE)),
            asked=(of, frozenset(told.items()), frozenset(holes), of_few),
            values={**given, **values},
            path={name: value for name, value in self.kwargs.items() if name not in given},
        )

    def prepared(
        self,
        make: Rows,
        again: Rows,
        *,
        asked: Hashable,
        values: Mapping[str, Any],
        path: Mapping[str, Any],
        columns: tuple[str, ...] = (),
    ) -> Listed:
        """The list of `make`, which has holes for `values` and is called once for all that is the same; see `listed`.

        `again` makes it with the values of this request; so does it where the rows are found by asking the database.
        `path` are the ids in the address on which it depends; `columns` are read instead of the body's.
        """
        read = columns or self._body().columns()

        def made() -> PreparedList:
            at, self.at = self.at, hole("at", DateTimeField())
            try:
                return PreparedList(make(), read)
            finally:
                self.at = at

        key = (type(self), self.action, frozenset(path.items()), self.actor.sight, asked)
        prepared = STATEMENTS.of(key, made)
        if prepared is None:
            return FreshList(again(), read)
        return AskedList(prepared, {"at": self.at, **values})

    def parameters(self) -> dict[str, str]:
        """What the address asks of a list. What it may ask is refused by name where it is given twice."""
        sent, filters = self.request.GET, self.operation.filters
        if twice := [name for name, values in sent.lists() if len(values) > 1 and filters.told_once(name)]:
            raise InvalidInput(dict.fromkeys(twice[:MOST_UNKNOWN], _("is given more than once")))
        return sent.dict()

    def show(self, rows: ClinicQuerySet[Any] | Rows, *, of: Hashable = ONE, **lookup: Any) -> HttpResponse:
        """The one object of `lookup`, or Missing.

        A function that makes the rows is called when its caller first asks so: what it makes may depend on nothing
        but the actor, `self.at` and `of`.
        """
        return self.answer(self.enclose(self._one(rows, of=of, **lookup)))

    def _one(self, rows: ClinicQuerySet[Any] | Rows, *, of: Hashable = ONE, **lookup: Any) -> dict[str, Any]:
        body = self._body()
        if callable(rows) and lookup.keys() == {"pk"}:
            found = self._one_prepared(rows, lookup["pk"], of=of)
        else:
            noted = Noted(rows() if callable(rows) else rows, body.columns())
            found = noted.given([noted.rows.one(**lookup)])
        (shown,) = body.build(found, self.reading)
        return shown

    def _one_prepared(self, rows: Rows, pk: int, *, of: Hashable) -> list[Row]:
        listed = self.prepared(
            lambda: rows().filter(pk=hole("pk", BigIntegerField())),
            lambda: rows().filter(pk=pk),
            asked=(ONE, of),
            values={"pk": pk},
            path={},
        )
        found = listed.given(listed.between(0, 1))
        if not found:
            raise missing(listed.model)
        return found

    def whole(
        self, rows: ClinicQuerySet[Any] | Rows, *, of: Hashable = (), given: Mapping[str, Given] | None = None
    ) -> HttpResponse:
        """The whole list, filtered as the parameters say; for one that its filters keep short. See `listed`."""
        listed = self.listed(rows, self.parameters(), of=of, given=given or {})
        return self.answer(self.enclose(self._body().build(listed.given(listed.all()), self.reading)))

    def enclose(self, shown: Any) -> Any:
        """One object as the contract writes it."""
        return shown

    def enclosed_schema(self, operation: Operation) -> Any:
        """Return the same for the OpenAPI document."""
        return operation.gives

    def answer(self, data: Any) -> HttpResponse:
        """`data` under the operation's status."""
        return HttpResponse(
            to_json(data),
            status=self.operation.status,
            content_type="application/json",
            headers={"Cache-Control": "no-store"},
        )

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """What every reply of the contract has."""
        finished = super().finalize_response(request, response, *args, **kwargs)
        return self.contract.finish(request._request, finished)

    def no_content(self) -> HttpResponse:
        """Done, and nothing to say."""
        return HttpResponse(status=204)

    def envelope(self, key: str, objects: list[dict[str, Any]], page: Page) -> dict[str, Any]:
        """A list as the contract writes it."""
        raise NotImplementedError

    def envelope_schema(self, operation: Operation) -> type[serializers.Serializer[Any]]:
        """Return the same for the OpenAPI document."""
        raise NotImplementedError

    def _body(self) -> type[Body]:
        body = self.operation.gives
        if body is None:
            raise TypeError(f"{self.operation.id} gives no body")
        return body

    # ---------------------------------------------------------------- what goes wrong

    @property
    def default_response_headers(self) -> dict[str, str]:
        """None of the framework's own: `Allow` belongs to a 405."""
        return {}

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], Any]:
        """The contract's error body; what is a mistake of ours goes on to the 500 handler."""
        return self.refuse

    def problem_of(self, error: Exception) -> Problem | None:
        """What a refusal means to a client, in the names of the request's body; None for a mistake of ours."""
        problem = problem_of(error)
        if problem is not None and isinstance(error, DomainError) and self.action and (taken := self.operation.takes):
            names = names_by_column(taken)
            problem = replace(problem, fields={names.get(name, name): why for name, why in problem.fields.items()})
        return problem

    def refuse(self, error: Exception, context: dict[str, Any]) -> HttpResponse | None:
        """The reply to a refusal, None for a mistake of ours."""
        problem = self.problem_of(error)
        if problem is None:
            return None
        response = reply(self.contract, problem)
        if problem.status == 405:
            response["Allow"] = ", ".join(sorted(method.upper() for method in self.action_map if method != "head"))
        return response
