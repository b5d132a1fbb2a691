"""What is set up before anything is booked or paid: accounts, payment types, operators, chairs, colors, specialties,
and what can be booked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import Model
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from api.alfadocs.contract import AlfadocsViewSet
from api.alfadocs.fields import amount_text, compact, deleted, local, number_text
from api.alfadocs.filters import TruthFilter, VendorFilters
from api.base.body import Body, ComputedField, Reading, Row
from api.base.filters import RowsTextFilter
from api.base.lists import PreparedList, rows_for
from api.base.operations import operation
from api.base.shared.people import named
from billing.models import Account, PaymentType
from catalog.models import Service, ServiceSpecialist
from core.actor import Actor
from core.prepared import Among
from directory.models import Color, Room, Specialist, Specialty


class NamedBody(Body):
    """A name, and whether it was archived."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    deleted = deleted()


class AccountBody(NamedBody):
    """Where money lies."""


class PaymentTypeBody(NamedBody):
    """How money is paid."""


class ChairBody(NamedBody):
    """A chair: one of our rooms."""


class ColorBody(Body):
    """A color of the agenda, in hexadecimal digits."""

    id = serializers.IntegerField()
    backgroundColor = serializers.CharField(source="background_color")
    textColor = serializers.CharField(source="text_color")


class OperatorBody(Body):
    """An operator: one of our specialists."""

    id = serializers.IntegerField()
    name = named()
    italianFiscalCode = serializers.CharField(source="italian_fiscal_code")
    sequenceNumber = serializers.IntegerField(source="sequence_number")
    deleted = deleted()


class OperatedBody(Body):
    """Something that operators do; who they are is one more query for all rows."""

    @classmethod
    def operators(cls, actor: Actor) -> PreparedList:
        """The row and the operator of each pair, for the rows in the hole `ids`."""
        raise NotImplementedError

    @classmethod
    def build(cls, rows: Iterable[Row], reading: Reading) -> list[dict[str, Any]]:
        """The objects, each with the ids of its operators."""
        built = super().build(rows, reading)
        of_row: dict[int, list[int]] = defaultdict(list)
        pairs = rows_for(reading.actor, cls, lambda: cls.operators(reading.actor))
        for row_id, operator_id in pairs.rows(ids=[one["id"] for one in built]):
            of_row[row_id].append(operator_id)
        for one in built:
            one["operatorIds"] = of_row[one["id"]]
        return built


def operator_ids() -> ComputedField:
    """Who does it; `OperatedBody.build` puts it in."""
    return ComputedField(serializers.ListField(child=serializers.IntegerField()), "pk", make=lambda pk: [])


class SpecialtyBody(OperatedBody):
    """A field of practice, and whose it is."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    sequenceNumber = number_text("sequence_number")
    createdAt = local("created_at")
    deleted = deleted()
    operatorIds = operator_ids()

    @classmethod
    def operators(cls, actor: Actor) -> PreparedList:
        """The live specialists of the specialties."""
        people = Specialist.objects.visible_to(actor).live().filter(Among("specialty_id", "ids"))
        return PreparedList(people.order_by("pk"), ("specialty_id", "pk"))


class BookingReasonBody(OperatedBody):
    """What can be booked: one of our services. Its duration, position and price are texts."""

    id = serializers.IntegerField()
    specialtyId = serializers.IntegerField(source="specialty_id", allow_null=True)
    description = serializers.CharField(source="name")
    duration = number_text("duration_minutes")
    sequenceNumber = number_text("sequence_number")
    createdAt = local("created_at")
    deleted = deleted()
    operatorIds = operator_ids()
    price = amount_text("base_price")

    @classmethod
    def operators(cls, actor: Actor) -> PreparedList:
        """The live specialists who offer the services."""
        offers = ServiceSpecialist.objects.visible_to(actor).filter(
            Among("service_id", "ids"), is_active=True, specialist__archived_at=None
        )
        return PreparedList(offers.order_by("priority", "pk"), ("service_id", "specialist_id"))


class OperatorFilters(VendorFilters):
    """The filters of operators."""

    ignoreDeleted = TruthFilter(
        lambda rows, leaves, at: rows.live() if leaves else rows, label="true: leave out archived ones."
    )
    italianFiscalCode = RowsTextFilter(
        lambda rows, text, at: rows.with_fiscal_code(compact(text)),
        label="Only patients with this fiscal code, ignoring spaces.",
    )


class SetupViewSet(AlfadocsViewSet):
    """What is set up."""

    tag = "Setup"

    def all_of(self, model: type[Model], *order: str, **owner: Any) -> HttpResponse:
        """All rows of the model that belong to this practice or archive."""
        every: Any = model
        return self.whole(lambda: every._default_manager.visible_to(self.actor).filter(**owner).order_by(*order))

    @operation(
        "list_accounts",
        "billing.view_till",
        scope="account:list",
        gives=AccountBody,
        key="data",
        filters=VendorFilters,
        whole=True,
    )
    def accounts(self, request: Request) -> HttpResponse:
        """List the accounts of the practice, to which transactions belong."""
        return self.all_of(Account, "pk", practice=self.practice)

    @operation(
        "list_payment_types",
        "directory.view",
        scope="payment-type:list",
        gives=PaymentTypeBody,
        key="data",
        filters=VendorFilters,
        whole=True,
    )
    def payment_types(self, request: Request) -> HttpResponse:
        """List the ways of paying."""
        return self.all_of(PaymentType, "pk", organization=self.practice.organization_id)

    @operation(
        "list_chairs",
        "directory.view",
        scope="chair:list",
        gives=ChairBody,
        key="data",
        filters=VendorFilters,
        whole=True,
    )
    def chairs(self, request: Request) -> HttpResponse:
        """List the chairs of the practice."""
        return self.all_of(Room, "pk", practice=self.practice)

    @operation(
        "list_colors",
        "directory.view",
        scope="color:list",
        gives=ColorBody,
        key="data",
        filters=VendorFilters,
        whole=True,
    )
    def colors(self, request: Request) -> HttpResponse:
        """List the colors of the agenda."""
        return self.all_of(Color, "pk", organization=self.practice.organization_id)

    @operation(
        "list_operators",
        "directory.view",
        scope="operator:list",
        gives=OperatorBody,
        key="data",
        filters=OperatorFilters,
        whole=True,
    )
    def operators(self, request: Request) -> HttpResponse:
        """List the operators of the archive, including operators put out of use unless told otherwise."""
        return self.all_of(Specialist, "sequence_number", "pk", organization=self.practice.organization_id)

    @operation(
        "list_specialties",
        "directory.view",
        scope="specialty:list",
        gives=SpecialtyBody,
        key="data",
        filters=VendorFilters,
        whole=True,
    )
    def specialties(self, request: Request) -> HttpResponse:
        """List the specialties, each with its operators."""
        return self.all_of(Specialty, "sequence_number", "pk", organization=self.practice.organization_id)

    @operation(
        "list_booking_reasons",
        "catalog.view_all",
        scope="appointment:booking-reasons:list",
        gives=BookingReasonBody,
        key="data",
        filters=VendorFilters,
        whole=True,
    )
    def booking_reasons(self, request: Request) -> HttpResponse:
        """List what can be booked."""
        return self.all_of(Service, "sequence_number", "pk", organization=self.practice.organization_id)
