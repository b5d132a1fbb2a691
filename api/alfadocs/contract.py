"""The alfadocs contract: a practice's patients, calendar, care plans and money.

Served at /api/v1/practices/{practiceId}/archives/{archiveId}/... (the archive is our organization) and, with the
vendor's whole surface, under /alfadocs. The key comes as `X-Api-Key` or as a Bearer, never both. Replies are
`{"status": "success", "data": ...}`, lists with `count`; errors `{"error": "..."}`. Every success is a 200. Date-times
are those of the practice's clock, without a zone. What a client sends back but may not change is ignored.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import replace
from datetime import date
from functools import cache, cached_property
from typing import Any, ClassVar

from django.db.models import BigIntegerField
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from rest_framework import exceptions, serializers

from api.alfadocs import words
from api.alfadocs.scopes import SCOPES
from api.base.auth import ApiKeyHeader, Bearer
from api.base.body import Body, Reading
from api.base.contract import Contract, Problem
from api.base.lists import Rows
from api.base.operations import Operation, shape_of
from api.base.paging import Page, Pager
from api.base.throttling import WindowThrottle
from api.base.view import ContractViewSet, Given
from api.base.words import WordField
from core.actor import Actor
from core.errors import Missing
from core.prepared import PreparedFor, hole
from core.querysets import ClinicQuerySet
from directory.models import Practice
from directory.services import practice_for
from patients.models import Patient


def error_body(problem: Problem) -> dict[str, Any]:
    """`{"error": "dateEnd: must be at most 30 days after dateStart"}`; each field that is wrong is named."""
    named = "; ".join(f"{name}: {why}" for name, why in problem.fields.items())
    return {"error": named or problem.message}


class Error(serializers.Serializer[Any]):
    """Every reply that is not a success."""

    error = serializers.CharField()
    error_description = serializers.CharField(
        required=False, help_text=_l("Only where `error` is a code of the Marketplace's: what it means.")
    )


class AlfadocsThrottle(WindowThrottle):
    """The requests of one credential in a minute (`RATE_ALFADOCS`); the vendor names no limit, but keeps the right."""

    scope = "alfadocs"


def with_rate(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Who has made too many requests is told until when."""
    if response.status_code == 429:
        response["X-RateLimit-Reset"] = str(AlfadocsThrottle.of(request).reset)
    return response


CONTRACT = Contract(
    name="alfadocs",
    title="AlfaDocs",
    description=(
        "Patients, the calendar, care plans and money of a practice; an archive is an organization."
        " All of it is also served under /alfadocs, where a client that lets one set its base URL is pointed."
        " What a list does not know as a parameter, and a request does not know as a field, is ignored."
        " Date-times are those of the practice's clock, without a zone."
    ),
    version="1",
    urls="api.alfadocs.urls",
    described="api.alfadocs.described",
    mounts=("/api", "/alfadocs", "/v1/schema/alfadocs"),
    error_body=error_body,
    error_schema=Error,
    finish=with_rate,
    scopes=SCOPES,
    invalid=400,
)


# Nearly every path begins with one.
LIVE_PRACTICE = PreparedFor(
    lambda by: (
        Practice.objects.visible_to(by).live().select_related("organization").filter(pk=hole("pk", BigIntegerField()))
    )
)
LIVE_PATIENT = PreparedFor(
    lambda by: (
        Patient.objects.visible_to(by)
        .live()
        .filter(pk=hole("pk", BigIntegerField()), organization=hole("organization", BigIntegerField()))
    )
)


class AlfadocsViewSet(ContractViewSet):
    """A resource of the contract."""

    contract = CONTRACT
    authentication_classes = [ApiKeyHeader, Bearer]
    throttle_classes = [AlfadocsThrottle]
    pager = Pager(default_size=100, max_size=200, size_name="limit")
    # What the code of a refusal is where the resource itself is not there: that one's id is in the path.
    own_code: ClassVar[str] = ""

    # The practice and the archive in the path; None where it has none.
    named_place: tuple[int, int] | None = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Answer; practice and archive are looked at once for all actions, which do not get them."""
        if "practice_id" in kwargs:
            self.named_place = kwargs.pop("practice_id"), kwargs.pop("archive_id")
        return super().dispatch(request, *args, **kwargs)

    @cached_property
    def at_work(self) -> Actor:
        """Who acts: as staff alone, wherever they work."""
        return super().actor.at_work()

    @cached_property
    def practice(self) -> Practice:
        """The practice in the path; Missing for one that is not the caller's, or not of the archive in the path."""
        if self.named_place is None:
            return practice_for(self.at_work, self.operation.permission)
        practice_id, archive_id = self.named_place
        practice: Practice = LIVE_PRACTICE.one(self.at_work, pk=practice_id)
        if practice.organization_id != archive_id:
            raise Missing(_("Archive"), code="archive_not_found")
        return practice

    @cached_property
    def actor(self) -> Actor:
        """Who acts: as staff alone, and in the practice in the path alone.

        Who may do it only elsewhere stays as they are: a thing that they do not see is a 404 to them, and what they
        see the verb refuses.
        """
        actor = self.at_work
        if self.named_place is None or not actor.may(self.operation.permission):
            return actor
        here = actor.in_practice(self.practice.pk, organization_id=self.practice.organization_id)
        return here if here.may(self.operation.permission) else actor

    @property
    def place(self) -> tuple[int, int]:
        """The ids of the practice and its organization."""
        return self.practice.pk, self.practice.organization_id

    def require_patient(self, patient_id: int) -> None:
        """Raise Missing for one who is no live patient of the archive in the path."""
        LIVE_PATIENT.one(self.actor, pk=patient_id, organization=self.practice.organization_id)

    def require_here(self) -> None:
        """Raise Forbidden for who may do it only elsewhere."""
        self.actor.require(self.operation.permission, self.practice.pk)

    @cached_property
    def reading(self) -> Reading:
        """For whom the reply is written, and by which practice's clock."""
        place = self.request.path.partition("/practices/")[0]
        if self.named_place is not None:
            place += "/practices/{}/archives/{}".format(*self.named_place)
        told = super().reading
        return replace(told, zone=self.practice.zone, link=lambda path: told.link(f"{place}/{path}"))

    @property
    def today(self) -> date:
        """The day that the practice's clock shows."""
        return self.at.astimezone(self.practice.zone).date()

    # --------------------------------------------------------------------------------------- the reply

    def enclose(self, shown: Any) -> Any:
        """`{"status": "success", "data": {...}}`, of a list with its length."""
        if is_bare(self.operation):
            return shown
        if isinstance(shown, list):
            return {"status": "success", "count": len(shown), "data": shown}
        return {"status": "success", "data": shown}

    def enclosed_schema(self, operation: Operation) -> Any:
        """Return the same for the OpenAPI document."""
        if operation.gives is None or is_bare(operation):
            return operation.gives
        return reply_schema(operation.gives)

    def envelope(self, key: str, objects: list[dict[str, Any]], page: Page) -> dict[str, Any]:
        """A list as the contract writes it."""
        whole: dict[str, Any] = self.enclose(objects)
        return whole

    def envelope_schema(self, operation: Operation) -> type[serializers.Serializer[Any]]:
        """Return the same for the OpenAPI document."""
        if operation.gives is None:
            raise TypeError(f"{operation.id} lists nothing")
        return list_schema(operation.gives)

    def whole(
        self, rows: ClinicQuerySet[Any] | Rows, *, of: Hashable = (), given: Mapping[str, Given] | None = None
    ) -> HttpResponse:
        """The whole list, filtered as the parameters say; what makes its rows may depend on the practice, too."""
        self.require_here()
        return super().whole(rows, of=(self.place, of), given=given)

    def slice(self, rows: Rows) -> HttpResponse:
        """The rows from `offset` on, `limit` at most, filtered as the parameters say."""
        filters: Any = self.operation.filters
        parameters, body = self.parameters(), self._body()
        offset, limit = filters.bounds(parameters)
        self.require_here()
        listed = self.listed(rows, parameters, of=self.place, given={})
        shown = listed.given(listed.between(offset, offset + limit))
        return self.answer(self.enclose(body.build(shown, self.reading)))

    def success(self, **more: Any) -> HttpResponse:
        """`{"status": "success"}`, and what comes beside it."""
        return self.answer({"status": "success", **more})

    # ------------------------------------------------------------------------------------- refusals

    def problem_of(self, error: Exception) -> Problem | None:
        """What a refusal means here: bad input is a 400, as is an id in the body that names nothing."""
        problem = super().problem_of(error)
        if problem is None:
            return None
        # The clinic's own fields are called with an underscore.
        told = {name.replace(f"{words.OWN_FIELDS}.", "_", 1): why for name, why in problem.fields.items()}
        problem = replace(problem, fields=told)
        if isinstance(error, exceptions.NotAuthenticated):
            return replace(problem, message=words.AUTHENTICATION_REQUIRED)
        if problem.status == 422:
            return replace(problem, status=self.contract.invalid)
        names_others = problem.status == 404 and bool(self.action) and self.operation.takes is not None
        if names_others and problem.code in words.UNKNOWN and problem.code != self.own_code:
            return replace(problem, status=self.contract.invalid, fields={words.UNKNOWN[problem.code]: problem.message})
        return problem


class SuccessField(WordField):
    """That it succeeded: whatever does not is no such reply."""

    def __init__(self) -> None:
        super().__init__({"success": "success"}, "pk")
        self.make = lambda pk: "success"


class BareBody(Body):
    """What is answered as it is: its status stands beside what it says."""

    status = SuccessField()


def is_bare(operation: Operation) -> bool:
    """Whether the reply has no envelope."""
    return operation.gives is not None and issubclass(operation.gives, BareBody)


def _name(body: type[Body]) -> str:
    return body.__name__.removesuffix("Body")


@cache
def reply_schema(body: type[Body]) -> type[serializers.Serializer[Any]]:
    """One object."""
    return shape_of(f"{_name(body)}Reply", status=serializers.CharField(), data=body())


@cache
def list_schema(body: type[Body]) -> type[serializers.Serializer[Any]]:
    """A whole list."""
    return shape_of(
        f"{_name(body)}List", status=serializers.CharField(), count=serializers.IntegerField(), data=body(many=True)
    )
