"""The paths of the contract: appointments under both mounts, the vendor's other resources under /cliniko/v1."""

from django.urls import include, path

from api.cliniko import described, unkept
from api.cliniko.contract import PLAIN, VENDOR
from api.cliniko.invoices import InvoiceViewSet
from api.cliniko.patients import PatientViewSet

# Older ways to ask for what is described.
older = [
    path("attendees/<id:appointment_id>/invoices", InvoiceViewSet.as_view({"get": "list_of_appointment"})),
    path("patients/deleted", PatientViewSet.as_view({"get": "list_archived"})),
]

urlpatterns = [
    path(f"{PLAIN}/", include(described.individual_appointments)),
    path(f"{VENDOR}/", include([*older, *described.individual_appointments, *described.neighbours, *unkept.paths])),
]
