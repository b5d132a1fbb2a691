"""The paths in the contract's OpenAPI document: appointments, and the vendor's other resources."""

from django.urls import include, path

from api.flextell.account import TenantViewSet
from api.flextell.appointments import AppointmentViewSet
from api.flextell.customers import CustomerViewSet

of_appointments = [
    path("appointments", AppointmentViewSet.as_view({"get": "list", "post": "create"})),
    path("appointments/calendar", AppointmentViewSet.as_view({"get": "calendar"})),
    path("appointments/<id:appointment_id>", AppointmentViewSet.as_view({"get": "retrieve"})),
]
of_others = [
    path("customers", CustomerViewSet.as_view({"get": "list", "post": "create"})),
    path("customers/<id:customer_id>", CustomerViewSet.as_view({"get": "retrieve"})),
    path("account/tenants", TenantViewSet.as_view({"get": "list"})),
]

urlpatterns = [path("v1/", include(of_appointments)), path("flextell/api/v1/", include(of_others))]
