"""Care plans with what they come to, their entries, and whether they are signed."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from api.alfadocs.contract import AlfadocsViewSet, BareBody
from api.alfadocs.fields import amount, local_day, number, truth_text
from api.alfadocs.filters import SliceFilters, VendorFilters
from api.base.body import Body, ComputedField, ConstantField, Reading, Row
from api.base.filters import IdFilter
from api.base.operations import Operation, operation
from billing.models import CarePlan, CarePlanEntry
from billing.querysets import CarePlanEntryQuerySet, CarePlanQuerySet
from billing.services import care_plan_sums, instalments_of_plans
from billing.states import CarePlanState
from billing.sums import entry_price
from core.actor import Actor
from directory.models import Practice
from patients.models import Patient

GENERAL = "general"


# ------------------------------------------------------------------------------------------- entries


def discounted(price: Decimal, percentage: Decimal, absolute: Decimal) -> Any:
    """What one execution costs."""
    return number(entry_price(price, percentage=percentage, absolute=absolute))


def done_amount(done_on: Any, price: Decimal, percentage: Decimal, absolute: Decimal, times: int) -> Any:
    """What was done of it, net: all or nothing."""
    return number(entry_price(price, percentage=percentage, absolute=absolute) * times if done_on else Decimal(0))


def unknown() -> ComputedField:
    """What we keep nothing of: null."""
    return ConstantField(serializers.CharField(), None)


def percentage(column: str) -> ComputedField:
    """A percentage as a number."""
    return ComputedField(serializers.DecimalField(5, 2, coerce_to_string=False), column, make=number)


class EntryBody(Body):
    """An entry of a care plan; prices are for one execution, net. No stock, laboratory or fees are kept."""

    entryId = serializers.IntegerField(source="id")
    carePlanId = serializers.IntegerField(source="care_plan_id")
    price = amount("price")
    discountedPrice = ComputedField(
        serializers.DecimalField(12, 2, coerce_to_string=False),
        "price", "discount_percentage", "absolute_discount",
        make=discounted,
    )  # fmt: skip
    discountPercentage = percentage("discount_percentage")
    absoluteDiscount = amount("absolute_discount")
    createdAt = local_day("created_at")
    useInventory = unknown()
    consumptionPrice = unknown()
    done = ComputedField(
        serializers.ChoiceField(choices=["true", "false"]), "done_on", make=lambda day: truth_text(day is not None)
    )
    dateDone = serializers.DateField(source="done_on", allow_null=True)
    laboratoryPurpose = unknown()
    laboratoryCosts = unknown()
    multiplyLaboratoryCosts = unknown()
    compensationType = unknown()
    compensationValue = unknown()
    deleted = ComputedField(
        serializers.ChoiceField(choices=["true", "false"]), "archived_at", make=lambda at: truth_text(at is not None)
    )
    sequenceNumber = serializers.IntegerField(source="sequence_number")
    numberOfExecutions = serializers.IntegerField(source="number_of_executions")
    calculatedVariableCosts = ConstantField(serializers.IntegerField(), 0)
    calculatedContributionMargin = ConstantField(serializers.IntegerField(), 0)
    calculateCompensationBasedOnDiscount = unknown()
    calculateCompensationAfterCosts = unknown()
    hasPhases = ConstantField(serializers.ChoiceField(choices=["true", "false"]), "false")
    doneAmount = ComputedField(
        serializers.DecimalField(12, 2, coerce_to_string=False),
        "done_on", "price", "discount_percentage", "absolute_discount", "number_of_executions",
        make=done_amount,
    )  # fmt: skip
    vatPercentage = percentage("vat_percentage")
    udi = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment] # the metaclass takes it out of the class


def entries(actor: Actor, practice: Practice) -> CarePlanEntryQuerySet:
    """The entries of the practice's care plans; those that were archived say so."""
    rows = CarePlanEntry.objects.visible_to(actor)
    return rows.filter(care_plan__practice=practice, care_plan__archived_at=None)


class EntryFilters(SliceFilters):
    """The filters of entries."""

    carePlanId = IdFilter("care_plan_id", label="Filters by care plan.")
    patientId = IdFilter("care_plan__patient_id", label="Filters by patient.")


class EntryViewSet(AlfadocsViewSet):
    """Entries of care plans."""

    tag = "Care plans"

    @operation(
        "list_care_plan_entries",
        "billing.view_care_plans",
        scope="care-plan-entry:list",
        gives=EntryBody,
        key="data",
        filters=EntryFilters,
        whole=True,
    )
    def list(self, request: Request) -> HttpResponse:
        """List entries of care plans, as their plans do; a hundred, unless `limit` says otherwise."""
        return self.slice(lambda: entries(self.actor, self.practice).in_order())

    @operation(
        "list_entries_of_care_plan",
        "billing.view_care_plans",
        scope="care-plan-entry:list",
        gives=EntryBody,
        key="data",
        filters=VendorFilters,
        whole=True,
    )
    def list_of_plan(self, request: Request, care_plan_id: int) -> HttpResponse:
        """List the entries of a care plan."""
        care_plans(self.actor, self.practice).one(pk=care_plan_id)

        def entries_of(care_plan_id: Any) -> Any:
            return entries(self.actor, self.practice).filter(care_plan=care_plan_id).in_order()

        return self.whole(entries_of, given={"care_plan_id": care_plan_id})

    @operation(
        "get_care_plan_entry",
        "billing.view_care_plans",
        scope="care-plan:care-plan-entry:view",
        gives=EntryBody,
    )
    def retrieve(self, request: Request, care_plan_id: int, entry_id: int) -> HttpResponse:
        """Get an entry of a care plan."""
        return self.show(entries(self.actor, self.practice), pk=entry_id, care_plan=care_plan_id)

    @operation(
        "get_entry",
        "billing.view_care_plans",
        scope="care-plan:care-plan-entry:view",
        gives=EntryBody,
    )
    def retrieve_alone(self, request: Request, entry_id: int) -> HttpResponse:
        """Get an entry without naming its care plan."""
        return self.show(entries(self.actor, self.practice), pk=entry_id)


# --------------------------------------------------------------------------------------- care plans


class Due(serializers.Serializer[Any]):
    """An instalment of a care plan: whether its day has come, and whether it is paid."""

    date = serializers.DateField()
    amount = serializers.DecimalField(12, 2, coerce_to_string=False)
    isDue = serializers.BooleanField()
    isDone = serializers.BooleanField()


class SchemeCode(serializers.Serializer[Any]):
    """A treatment of a tooth, by its code."""

    code = serializers.CharField()
    done = serializers.BooleanField()


# The sums of a care plan by their names on the wire.
SUMS = {
    "carePlanEntriesCount": "entries",
    "price": "price",
    "discountedPrice": "discounted",
    "grossPrice": "gross",
    "grossDiscountedPrice": "gross_discounted",
    "doneAmount": "done",
    "billedAmount": "billed",
    "creditedAmount": "credited",
    "billableAmount": "billable",
    "fullBillsCount": "full_bills",
}


def summed() -> ComputedField:
    """A sum of money; `CarePlanBody.build` puts it in."""
    return later(serializers.DecimalField(12, 2, coerce_to_string=False))


def later(shape: Any) -> ComputedField:
    """What `CarePlanBody.build` puts in for all care plans at once."""
    return ComputedField(shape, "pk", make=lambda pk: None)


class CarePlanBody(Body):
    """A care plan with what it comes to: prices are net but for the gross ones, what was billed is with tax."""

    id = serializers.IntegerField()
    branch = serializers.CharField()
    name = serializers.CharField()
    state = serializers.ChoiceField(choices=CarePlanState.values)
    dateAccepted = serializers.DateField(source="date_accepted", allow_null=True)
    findingId = ConstantField(serializers.IntegerField(), None)
    priceListId = serializers.IntegerField(source="price_list_id", allow_null=True)
    operatorId = serializers.IntegerField(source="specialist_id", allow_null=True)
    personalAssistantId = serializers.IntegerField(source="personal_assistant_id", allow_null=True)
    carePlanDiscardReasonId = serializers.IntegerField(source="discard_reason_id", allow_null=True)
    createdAt = local_day("created_at")
    text = serializers.CharField()
    background = serializers.BooleanField()
    createdThroughAppointment = serializers.BooleanField(source="created_through_appointment")
    isSigned = ComputedField(serializers.BooleanField(), "signed_at", make=lambda at: at is not None)
    discountPercentage = percentage("discount_percentage")
    carePlanEntriesCount = later(serializers.IntegerField())
    price = summed()
    discountedPrice = summed()
    grossPrice = summed()
    grossDiscountedPrice = summed()
    doneAmount = summed()
    billedAmount = summed()
    creditedAmount = summed()
    billableAmount = summed()
    fullBillsCount = later(serializers.IntegerField())
    liabilities = later(serializers.ListField(child=Due()))
    schemeCodes = later(serializers.DictField(child=serializers.ListField(child=SchemeCode())))

    @classmethod
    def build(cls, rows: Iterable[Row], reading: Reading) -> list[dict[str, Any]]:
        """The care plans; so many more queries for the sums, instalments and codes of all of them."""
        built = super().build(rows, reading)
        plans = list(CarePlan.objects.visible_to(reading.actor).filter(pk__in=[one["id"] for one in built]))
        sums, dues = care_plan_sums(plans), instalments_of_plans(plans)
        codes = scheme_codes(reading.actor, [plan.pk for plan in plans])
        today = reading.at.astimezone(reading.zone).date()
        for one in built:
            pk = one["id"]
            for name, column in SUMS.items():
                value = getattr(sums[pk], column)
                one[name] = number(value) if isinstance(value, Decimal) else value
            one["liabilities"] = [
                {
                    "date": due.liability.due_on,
                    "amount": number(due.liability.amount),
                    "isDue": due.is_due(today),
                    "isDone": due.is_done,
                }
                for due in dues[pk]
            ]
            # As the vendor's language writes an empty table.
            one["schemeCodes"] = codes.get(pk) or []
        return built


class SignatureBody(BareBody):
    """Whether a care plan is signed."""

    isSigned = ComputedField(serializers.BooleanField(), "signed_at", make=lambda at: at is not None)


def scheme_codes(actor: Actor, plan_ids: list[int]) -> dict[int, dict[str, list[dict[str, Any]]]]:
    """What is treated at which tooth, by the codes of the services; what is of no tooth is general."""
    rows = CarePlanEntry.objects.visible_to(actor).live().filter(care_plan_id__in=plan_ids).in_order()
    found: dict[int, dict[str, list[dict[str, Any]]]] = {}
    columns = ("care_plan_id", "tooth", "service__code", "done_on")
    for plan_id, tooth, code, done_on in rows.exclude(service=None).exclude(service__code="").values_list(*columns):
        of_tooth = found.setdefault(plan_id, {}).setdefault(tooth or GENERAL, [])
        of_tooth.append({"code": code, "done": done_on is not None})
    return found


def care_plans(actor: Actor, practice: Practice) -> CarePlanQuerySet:
    """The live care plans of the practice."""
    return CarePlan.objects.visible_to(actor).live().filter(practice=practice)


class CarePlanViewSet(AlfadocsViewSet):
    """Care plans."""

    tag = "Care plans"

    @operation("get_care_plan", "billing.view_care_plans", scope="care-plan:view", gives=CarePlanBody)
    def retrieve(self, request: Request, care_plan_id: int) -> HttpResponse:
        """Get a care plan with what it comes to."""
        return self.show(care_plans(self.actor, self.practice), pk=care_plan_id)

    @operation(
        "get_signature_status",
        "billing.view_care_plans",
        scope="care-plan:signature-status:view",
        gives=SignatureBody,
    )
    def signature_status(self, request: Request, care_plan_id: int) -> HttpResponse:
        """Say whether a care plan is signed."""
        return self.show(care_plans(self.actor, self.practice), pk=care_plan_id)

    @operation(
        "list_care_plans_of_patient",
        "billing.view_care_plans",
        scope="care-plan:list",
        gives=CarePlanBody,
        key="data",
        filters=VendorFilters,
        whole=True,
    )
    def list_of_patient(self, request: Request, patient_id: int) -> HttpResponse:
        """List a patient's care plans: an array without an envelope, as the vendor answers it."""
        Patient.objects.visible_to(self.actor).filter(organization=self.practice.organization_id).one(pk=patient_id)
        self.require_here()
        rows = care_plans(self.actor, self.practice).filter(patient=patient_id).order_by("pk")
        return self.answer(CarePlanBody.build(rows.values_list(*CarePlanBody.columns()), self.reading))

    def envelope_schema(self, operation: Operation) -> Any:
        """A bare array."""
        return CarePlanBody(many=True)
