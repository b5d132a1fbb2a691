"""The paths of the contract: the seed's under both mounts, the vendor's other ones under /cliniko/v1."""

from django.urls import include, path

from api.cliniko import described, unkept
from api.cliniko.contract import SEED, VENDOR
from api.cliniko.invoices import InvoiceViewSet
from api.cliniko.patients import PatientViewSet

# Older ways to ask for what is described.
older = [
    path("attendees/<id:appointment_id>/invoices", InvoiceViewSet.as_view({"get": "list_of_appointment"})),
    path("patients/deleted", PatientViewSet.as_view({"get": "list_archived"})),
]

urlpatterns = [
    path(f"{SEED}/", include(described.seed)),
    path(f"{VENDOR}/", include([*older, *described.seed, *described.neighbours, *unkept.paths])),
]
