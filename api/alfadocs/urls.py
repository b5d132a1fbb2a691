"""Every path of the contract, in one table; no trailing slashes.

Operations that change something take PUT and PATCH alike. Everything is served under /api/v1 and under /alfadocs.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import URLPattern, include, path

from api.alfadocs.account import AccountViewSet
from api.alfadocs.appointments import AppointmentViewSet
from api.alfadocs.bills import BillViewSet, LiabilityViewSet
from api.alfadocs.care_plans import CarePlanViewSet, EntryViewSet
from api.alfadocs.contract import AlfadocsViewSet
from api.alfadocs.custom_fields import CustomFieldViewSet
from api.alfadocs.documents import DocumentViewSet
from api.alfadocs.free_slots import FreeSlotViewSet
from api.alfadocs.marketplace import MarketplaceViewSet
from api.alfadocs.patients import PatientViewSet
from api.alfadocs.phone_numbers import PhoneNumberViewSet
from api.alfadocs.setup import SetupViewSet
from api.alfadocs.transactions import TransactionViewSet

Row = tuple[str, type[AlfadocsViewSet], dict[str, str]]

P = "practices/<id:practice_id>/archives/<id:archive_id>"
APPOINTMENT = f"{P}/appointments/<id:appointment_id>"
BILL = f"{P}/bills/<id:bill_id>"
CARE_PLAN = f"{P}/care-plans/<id:care_plan_id>"
PATIENT = f"{P}/patients/<id:patient_id>"
DOCUMENT = f"{PATIENT}/documents/<id:document_id>"
PHONE_NUMBER = f"{PATIENT}/phone-numbers/<id:phone_number_id>"

TABLE: list[Row] = [
    ("me", AccountViewSet, {"get": "me"}),
    ("archives/current", AccountViewSet, {"get": "archive"}),
    (f"{P}/accounts", SetupViewSet, {"get": "accounts"}),
    (f"{P}/appointments/booking-reasons", SetupViewSet, {"get": "booking_reasons"}),
    (f"{P}/appointments", AppointmentViewSet, {"get": "list", "post": "create"}),
    (APPOINTMENT, AppointmentViewSet, {"get": "retrieve", "put": "update"}),
    (f"{APPOINTMENT}/care-plan-entries", AppointmentViewSet, {"get": "list_entries"}),
    (f"{P}/bills", BillViewSet, {"get": "list"}),
    (BILL, BillViewSet, {"get": "retrieve"}),
    (f"{BILL}/payment-link/validate", BillViewSet, {"get": "validate_link"}),
    (f"{BILL}/liabilities", LiabilityViewSet, {"get": "list"}),
    (f"{BILL}/liabilities/<id:liability_id>", LiabilityViewSet, {"put": "update", "delete": "destroy"}),
    (f"{P}/care-plan-entries", EntryViewSet, {"get": "list"}),
    (f"{P}/care-plan-entries/<id:entry_id>", EntryViewSet, {"get": "retrieve_alone"}),
    (CARE_PLAN, CarePlanViewSet, {"get": "retrieve"}),
    (f"{CARE_PLAN}/care-plan-entries", EntryViewSet, {"get": "list_of_plan"}),
    (f"{CARE_PLAN}/care-plan-entries/<id:entry_id>", EntryViewSet, {"get": "retrieve"}),
    (f"{CARE_PLAN}/signature-status", CarePlanViewSet, {"get": "signature_status"}),
    (f"{P}/chairs", SetupViewSet, {"get": "chairs"}),
    (f"{P}/colors", SetupViewSet, {"get": "colors"}),
    (f"{P}/custom-fields", CustomFieldViewSet, {"get": "list", "post": "create"}),
    (f"{P}/free-slots", FreeSlotViewSet, {"get": "list"}),
    (f"{P}/apps/integration/status", MarketplaceViewSet, {"post": "status"}),
    (
        f"{P}/apps/ui-elements/<file_name:element_name>",
        MarketplaceViewSet,
        {"put": "update", "post": "update_everywhere"},
    ),
    (f"{P}/operators", SetupViewSet, {"get": "operators"}),
    (f"{P}/patients", PatientViewSet, {"get": "list", "post": "create"}),
    (PATIENT, PatientViewSet, {"get": "retrieve", "put": "update"}),
    (f"{PATIENT}/care-plans", CarePlanViewSet, {"get": "list_of_patient"}),
    (f"{PATIENT}/custom-fields", CustomFieldViewSet, {"put": "write"}),
    (f"{PATIENT}/documents", DocumentViewSet, {"get": "list", "post": "create"}),
    (DOCUMENT, DocumentViewSet, {"get": "retrieve"}),
    (f"{DOCUMENT}/download", DocumentViewSet, {"get": "download"}),
    (f"{PATIENT}/phone-numbers", PhoneNumberViewSet, {"get": "list", "post": "create"}),
    (PHONE_NUMBER, PhoneNumberViewSet, {"get": "retrieve", "put": "update"}),
    (f"{P}/payment-types", SetupViewSet, {"get": "payment_types"}),
    (f"{P}/specialties", SetupViewSet, {"get": "specialties"}),
    (f"{P}/transactions", TransactionViewSet, {"get": "list", "post": "create"}),
]

# Other paths by which clients reach the same.
ALIASES: list[Row] = [
    (f"{P}/appointment-booking-reasons", SetupViewSet, {"get": "booking_reasons"}),
    (f"{APPOINTMENT}/entries", AppointmentViewSet, {"get": "list_entries"}),
]


def served(rows: Iterable[Row], *, patch: bool = False) -> list[URLPattern]:
    """The routes of the rows; `patch`: what is put may be patched, too."""
    found = []
    for place, viewset, actions in rows:
        also = {"patch": actions["put"]} if patch and "put" in actions else {}
        found.append(path(place, viewset.as_view(actions | also)))
    return found


every = served([*TABLE, *ALIASES], patch=True)
urlpatterns = [path("api/v1/", include(every)), path("alfadocs/api/v1/", include(every))]
