"""What the vendor has and we do not keep: honest empty lists, from one table."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request

from api.base.body import Body
from api.base.operations import operation
from api.base.paging import Page
from api.cliniko.contract import ClinikoViewSet

# Key -> the paths under which the list is asked for. A path's id is not looked up: nothing is told of its object.
UNKEPT: dict[str, tuple[str, ...]] = {
    "appointment_type_billable_items": (
        "appointment_type_billable_items",
        "appointment_types/<id:appointment_type_id>/appointment_type_billable_items",
    ),
    "appointment_type_products": (
        "appointment_type_products",
        "appointment_types/<id:appointment_type_id>/appointment_type_products",
    ),
    "availability_blocks": ("availability_blocks",),
    "billable_items": ("billable_items",),
    "communications": ("communications",),
    "concession_prices": ("concession_prices",),
    "concession_types": ("concession_types",),
    "contacts": ("contacts",),
    "daily_availabilities": (
        "daily_availabilities",
        "businesses/<id:business_id>/daily_availabilities",
        "practitioners/<id:practitioner_id>/daily_availabilities",
    ),
    "invoice_items": ("invoice_items/deleted",),  # bills are credited, never deleted
    "invoices": ("invoices/deleted",),
    "medical_alerts": ("medical_alerts", "patients/<id:patient_id>/medical_alerts"),
    "patient_attachments": (
        "patient_attachments",
        "patient_cases/<id:patient_case_id>/patient_attachments",
        "patients/<id:patient_id>/patient_attachments",
    ),
    "patient_form_templates": ("patient_form_templates",),
    "patient_forms": ("patient_forms", "attendees/<id:attendee_id>/patient_forms"),
    "practitioner_reference_numbers": (
        "practitioner_reference_numbers",
        "practitioners/<id:practitioner_id>/practitioner_reference_numbers",
    ),
    "product_suppliers": ("product_suppliers",),
    "recall_types": ("recall_types",),
    "recalls": ("recalls",),
    "referral_source_types": ("referral_source_types",),
    "referral_sources": ("referral_sources",),
    "relationships": ("relationships",),
    "services": ("services", "businesses/<id:business_id>/services"),
    "stock_adjustments": ("stock_adjustments",),
    "taxes": ("taxes",),
    "treatment_note_templates": ("treatment_note_templates",),
    "treatment_notes": (
        "treatment_notes",
        "treatment_notes/deleted",
        "patients/<id:patient_id>/treatment_notes",
    ),
    "unavailable_block_types": ("unavailable_block_types",),
}


class UnkeptBody(Body):
    """One of what we do not keep: there is none."""

    id = serializers.CharField()


class UnkeptViewSet(ClinikoViewSet):
    """What we do not keep."""

    tag = "Not kept here"
    key = ""

    @operation("list_unkept", "directory.view", gives=UnkeptBody, key="entries")
    def list(self, request: Request, **_ids: Any) -> HttpResponse:
        """List nothing."""
        return self.answer(self.envelope(self.key, [], Page([], 1, self.pager.default_size, 0)))


paths = [
    path(route, UnkeptViewSet.as_view({"get": "list"}, key=key)) for key, routes in UNKEPT.items() for route in routes
]
