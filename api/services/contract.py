"""The services contract: the product's own API. Everything that only this contract does is in this file.

Bare objects; lists under their documented key beside `meta`; money as numbers with two decimals; UTC date-times
with `Z`; UUIDs for services and products, integers for the rest; no trailing slashes.
"""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.base.auth import BearerKey, Session
from api.base.contract import Contract, Problem
from api.base.operations import Operation, shape_of
from api.base.paging import Page, Pager
from api.base.throttling import WindowThrottle
from api.base.view import ContractViewSet
from api.services.words import NOUNS
from core.prepared import visible_rows
from patients.models import Patient


def error_body(problem: Problem) -> dict[str, Any]:
    """`{"error": {"code", "message", "details": {"fields": {...}}}}`."""
    noun, found, _rest = problem.code.partition("_not_found")
    code = (f"{NOUNS[noun]}_not_found" if noun in NOUNS else "not_found") if found else problem.code
    details: dict[str, Any] = {"fields": dict(problem.fields)}
    if problem.clashes:
        details["clashes"] = problem.clashes
    return {"error": {"code": code, "message": problem.message, "details": details}}


class ErrorDetails(serializers.Serializer[Any]):
    """The fields that are wrong, and why."""

    def get_fields(self) -> dict[str, Any]:
        """Declared here because a serializer's attribute `fields` means something else."""
        return {"fields": serializers.DictField(child=serializers.CharField())}


class ErrorContent(serializers.Serializer[Any]):
    """A refusal: a stable code for programs, a message for people."""

    code = serializers.CharField()
    message = serializers.CharField()
    details = ErrorDetails()


class Error(serializers.Serializer[Any]):
    """Every reply that is not a success."""

    error = ErrorContent()


class Meta(serializers.Serializer[Any]):
    """The page and the total, which is exact up to 10,000 and an estimate beyond."""

    page = serializers.IntegerField()
    page_size = serializers.IntegerField()
    total = serializers.IntegerField()
    total_pages = serializers.IntegerField()


class ServicesThrottle(WindowThrottle):
    """The limit of requests per key, signed-in person or visitor's address (`RATE_SERVICES`)."""

    scope = "services"


CONTRACT = Contract(
    name="services",
    title="Services",
    description="Services, plans, the programs of patients, products and their orders.",
    version="1",
    urls="api.services.urls",
    mounts=(
        "/v1/services",
        "/v1/service-plans",
        "/v1/patient-service-plans",
        "/v1/products",
        "/v1/patient-product-orders",
        "/v1/appointments/book",
        "/v1/me",
        "/v1/schema/services",
    ),
    error_body=error_body,
    error_schema=Error,
)


class ServicesViewSet(ContractViewSet):
    """A resource of the contract."""

    contract = CONTRACT
    authentication_classes = [BearerKey, Session]
    throttle_classes = [ServicesThrottle]
    pager = Pager(default_size=100, max_size=200)

    def practice_of_patient(self, patient_id: int) -> int:
        """Return the practice of what is created for a patient, in their organization; else Missing."""
        patient = visible_rows(Patient).one(self.actor, pk=patient_id)
        return self.practice_id(organization_id=patient.organization_id)

    def envelope(self, key: str, objects: list[dict[str, Any]], page: Page) -> dict[str, Any]:
        """`{"services": [...], "meta": {...}}`."""
        meta = {"page": page.number, "page_size": page.size, "total": page.total, "total_pages": page.pages}
        return {key: objects, "meta": meta}

    def envelope_schema(self, operation: Operation) -> type[serializers.Serializer[Any]]:
        """Return the same for the OpenAPI document."""
        if operation.gives is None:
            raise TypeError(f"{operation.id} lists nothing")
        name = operation.gives.__name__.removesuffix("Body")
        return shape_of(f"{name}Page", **{operation.key: operation.gives(many=True), "meta": Meta()})
