"""Many slots of a provider at once: good ones are created (or deleted), each bad one is reported."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from api.availability.contract import AdminInput, AvailabilityViewSet, errors_by_field
from api.availability.words import CONFLICT
from api.base.body import Body
from api.base.errors import flatten
from api.base.input import DateTimeField, IdField, ListField, TextField
from api.base.operations import operation
from api.base.words import names_by_column
from directory.services import practice_of_specialist
from scheduling.calendar import Offer, SlotWish
from scheduling.services import create_slots, withdraw_slots

MOST = 10_000


class SlotRow(AdminInput):
    """A slot of a batch."""

    start_time = DateTimeField(source="starts_at")
    end_time = DateTimeField(source="ends_at")
    appointment_type = TextField(optional=True, max_length=50)


class SlotRows(ListField):
    """The rows as they came: (index, values) of each readable one, and a report of each other one."""

    child = SlotRow()

    def __init__(self) -> None:
        super().__init__(allow_empty=False, min_length=1, max_length=MOST)

    def run_child_validation(self, data: Any) -> tuple[list[tuple[int, dict[str, Any]]], list[dict[str, Any]]]:  # type: ignore[override]
        """A row that cannot be read refuses itself, not the batch."""
        good, bad = [], []
        for index, row in enumerate(data):
            read = SlotRow(data=row)
            if read.is_valid():
                good.append((index, dict(read.validated_data)))
            else:
                bad.append({"index": index, "errors": errors_by_field(_readable(read.errors))})
        return good, bad


def _readable(errors: Any) -> dict[str, str]:
    return dict(flatten(errors))


def told(offer: Offer) -> dict[str, list[str]]:
    """Return why a slot was refused, in the contract's words, with what it clashes with."""
    if offer.hit:
        return errors_by_field({"": f"{CONFLICT} ({offer.hit})"})
    names = {**names_by_column(CreateBatchInput), **names_by_column(SlotRow)}
    return errors_by_field({names.get(name, name): str(texts[0]) for name, texts in offer.errors.items()})


class CreateBatchInput(AdminInput):
    """Slots of a provider to create."""

    provider_id = IdField(source="specialist_id")
    slots = SlotRows()


class DestroyBatchInput(AdminInput):
    """Slots of a provider to delete."""

    provider_id = IdField(source="specialist_id")
    slot_ids = ListField(child=IdField(), min_length=1, max_length=MOST)


class RowErrors(Body):
    """Why a row was refused; `index` counts from 0."""

    index = serializers.IntegerField()

    def get_fields(self) -> dict[str, Any]:
        """Declared here because a serializer's attribute `errors` means something else."""
        texts = serializers.ListField(child=serializers.CharField())
        return {**super().get_fields(), "errors": serializers.DictField(child=texts)}


class CreatedBatchBody(Body):
    """The outcome of a batch."""

    created_slots = serializers.IntegerField()
    failed_slots = serializers.IntegerField()
    slot_ids = serializers.ListField(child=serializers.IntegerField())

    def get_fields(self) -> dict[str, Any]:
        """Declared here because a serializer's attribute `errors` means something else."""
        return {**super().get_fields(), "errors": RowErrors(many=True)}


class DestroyedBatchBody(Body):
    """The outcome of deleting slots."""

    deleted_slots = serializers.IntegerField()
    failed_slots = serializers.IntegerField()
    slot_ids = serializers.ListField(child=serializers.IntegerField())

    def get_fields(self) -> dict[str, Any]:
        """Declared here because a serializer's attribute `errors` means something else."""
        return {**super().get_fields(), "errors": RowErrors(many=True)}


class SlotBatchViewSet(AvailabilityViewSet):
    """Many slots of a provider at once."""

    tag = "Provider available slots"

    @operation(
        "create_available_slots_in_batch",
        "scheduling.create_slots",
        takes=CreateBatchInput,
        gives=CreatedBatchBody,
        status=201,
    )
    def create(self, request: Request) -> HttpResponse:
        """Create slots of a provider.

        Slots that are possible are created; each of the others is reported with what it clashes with.
        """
        values = self.input()
        rows, unreadable = values["slots"]
        specialist_id = values["specialist_id"]
        practice = practice_of_specialist(self.actor, self.operation.permission, specialist_id)
        wishes = [SlotWish(specialist_id, **row) for _index, row in rows]
        result = create_slots(
            practice_id=practice.pk,
            wishes=wishes,
            params={"specialist_id": specialist_id, "unreadable": unreadable},
            by=self.actor,
            at=self.at,
        )
        refused = [{"index": rows[offer.index][0], "errors": told(offer)} for offer in result.refused]
        errors = sorted(unreadable + refused, key=lambda one: int(one["index"]))
        ids = [slot.pk for slot in result.made]
        return self.answer({"created_slots": len(ids), "failed_slots": len(errors), "slot_ids": ids, "errors": errors})

    @operation(
        "destroy_available_slots_in_batch",
        "scheduling.withdraw_slot",
        takes=DestroyBatchInput,
        gives=DestroyedBatchBody,
    )
    def destroy(self, request: Request) -> HttpResponse:
        """Delete slots of a provider.

        A slot that is booked, unknown or another provider's is not deleted but reported.
        """
        values = self.input()
        slot_ids = values["slot_ids"]
        done, refused = withdraw_slots(
            specialist_id=values["specialist_id"], slot_ids=slot_ids, by=self.actor, at=self.at
        )
        errors = [{"index": slot_ids.index(pk), "errors": {"slot_ids": [why]}} for pk, why in refused.items()]
        return self.answer(
            {"deleted_slots": len(done), "failed_slots": len(errors), "slot_ids": done, "errors": errors}
        )
