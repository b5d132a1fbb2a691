"""Every path of the contract in one table, so that a correction costs one line; no trailing slashes.

What changes something takes PUT and PATCH alike. Everything is served at the seed's own mount and under /alfadocs.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import URLPattern, include, path

from api.alfadocs.account import AccountViewSet
from api.alfadocs.appointments import AppointmentViewSet
from api.alfadocs.care_plans import CarePlanViewSet, EntryViewSet
from api.alfadocs.contract import AlfadocsViewSet
from api.alfadocs.free_slots import FreeSlotViewSet
from api.alfadocs.patients import PatientViewSet
from api.alfadocs.phone_numbers import PhoneNumberViewSet

Row = tuple[str, type[AlfadocsViewSet], dict[str, str]]

P = "practices/<id:practice_id>/archives/<id:archive_id>"
APPOINTMENT = f"{P}/appointments/<id:appointment_id>"
CARE_PLAN = f"{P}/care-plans/<id:care_plan_id>"
PATIENT = f"{P}/patients/<id:patient_id>"
PHONE_NUMBER = f"{PATIENT}/phone-numbers/<id:phone_number_id>"

TABLE: list[Row] = [
    ("me", AccountViewSet, {"get": "me"}),
    ("archives/current", AccountViewSet, {"get": "archive"}),
    (f"{P}/appointments", AppointmentViewSet, {"get": "list", "post": "create"}),
    (APPOINTMENT, AppointmentViewSet, {"get": "retrieve", "put": "update"}),
    (f"{APPOINTMENT}/care-plan-entries", AppointmentViewSet, {"get": "list_entries"}),
    (f"{P}/care-plan-entries", EntryViewSet, {"get": "list"}),
    (f"{P}/care-plan-entries/<id:entry_id>", EntryViewSet, {"get": "retrieve_alone"}),
    (CARE_PLAN, CarePlanViewSet, {"get": "retrieve"}),
    (f"{CARE_PLAN}/care-plan-entries", EntryViewSet, {"get": "list_of_plan"}),
    (f"{CARE_PLAN}/care-plan-entries/<id:entry_id>", EntryViewSet, {"get": "retrieve"}),
    (f"{CARE_PLAN}/signature-status", CarePlanViewSet, {"get": "signature_status"}),
    (f"{P}/free-slots", FreeSlotViewSet, {"get": "list"}),
    (f"{P}/patients", PatientViewSet, {"get": "list", "post": "create"}),
    (PATIENT, PatientViewSet, {"get": "retrieve", "put": "update"}),
    (f"{PATIENT}/care-plans", CarePlanViewSet, {"get": "list_of_patient"}),
    (f"{PATIENT}/phone-numbers", PhoneNumberViewSet, {"get": "list", "post": "create"}),
    (PHONE_NUMBER, PhoneNumberViewSet, {"get": "retrieve", "put": "update"}),
]

# Other paths by which clients reach the same.
ALIASES: list[Row] = [
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
