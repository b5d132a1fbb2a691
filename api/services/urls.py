"""The paths of the services contract, and those of the patient's own booking; no trailing slashes."""

from django.urls import path

from api.services.attachments import AttachmentViewSet
from api.services.enrollments import PatientServicePlanViewSet
from api.services.free_slots import FreeSlotViewSet
from api.services.me import MeViewSet
from api.services.orders import ProductOrderViewSet
from api.services.own_appointments import OwnAppointmentViewSet
from api.services.plans import BundledProductViewSet, ServicePlanViewSet
from api.services.products import ProductViewSet
from api.services.registrations import RegistrationViewSet
from api.services.services import ServiceViewSet
from api.services.specialists import ServiceFormViewSet, ServiceSpecialistViewSet

urlpatterns = [
    path("v1/services", ServiceViewSet.as_view({"get": "list", "post": "create"})),
    path(
        "v1/services/<public_id:service_id>",
        ServiceViewSet.as_view({"get": "retrieve", "put": "update", "delete": "destroy"}),
    ),
    path(
        "v1/services/<public_id:service_id>/specialists",
        ServiceSpecialistViewSet.as_view({"get": "list", "post": "create"}),
    ),
    path(
        "v1/services/<public_id:service_id>/specialists/<id:specialist_id>",
        ServiceSpecialistViewSet.as_view({"delete": "destroy"}),
    ),
    path("v1/services/<public_id:service_id>/forms", ServiceFormViewSet.as_view({"post": "create"})),
    path(
        "v1/services/<public_id:service_id>/forms/<id:form_template_id>",
        ServiceFormViewSet.as_view({"delete": "destroy"}),
    ),
    path("v1/services/<public_id:service_id>/attachments", AttachmentViewSet.as_view({"post": "create"})),
    path(
        "v1/services/<public_id:service_id>/attachments/<id:attachment_id>",
        AttachmentViewSet.as_view({"delete": "destroy"}),
    ),
    path(
        "v1/services/<public_id:service_id>/attachments/<id:attachment_id>/<file_name:file_name>",
        AttachmentViewSet.as_view({"get": "download"}),
        name="services_attachment_file",
    ),
    path("v1/services/<public_id:service_id>/register", RegistrationViewSet.as_view({"post": "create"})),
    path("v1/services/<public_id:service_id>/slots", FreeSlotViewSet.as_view({"get": "list"})),
    path("v1/appointments/book", OwnAppointmentViewSet.as_view({"post": "create"})),
    path("v1/me", MeViewSet.as_view({"get": "retrieve"})),
    path("v1/me/appointments", OwnAppointmentViewSet.as_view({"get": "list"})),
    path("v1/me/appointments/<id:appointment_id>/cancel", OwnAppointmentViewSet.as_view({"patch": "cancel"})),
    path("v1/me/appointments/<id:appointment_id>/reschedule", OwnAppointmentViewSet.as_view({"patch": "reschedule"})),
    path("v1/service-plans", ServicePlanViewSet.as_view({"get": "list", "post": "create"})),
    path(
        "v1/service-plans/<id:plan_id>",
        ServicePlanViewSet.as_view({"get": "retrieve", "put": "update", "delete": "destroy"}),
    ),
    path("v1/service-plans/<id:plan_id>/products", BundledProductViewSet.as_view({"get": "list", "post": "create"})),
    path(
        "v1/service-plans/<id:plan_id>/products/<public_id:product_id>",
        BundledProductViewSet.as_view({"put": "update", "delete": "destroy"}),
    ),
    path("v1/patient-service-plans", PatientServicePlanViewSet.as_view({"get": "list", "post": "create"})),
    path("v1/patient-service-plans/<id:program_id>", PatientServicePlanViewSet.as_view({"get": "retrieve"})),
    path(
        "v1/patient-service-plans/<id:program_id>/appointments",
        PatientServicePlanViewSet.as_view({"get": "appointments"}),
    ),
    path("v1/patient-service-plans/<id:program_id>/cancel", PatientServicePlanViewSet.as_view({"patch": "cancel"})),
    path("v1/products", ProductViewSet.as_view({"get": "list", "post": "create"})),
    path("v1/products/<public_id:product_id>", ProductViewSet.as_view({"put": "update", "delete": "destroy"})),
    path("v1/patient-product-orders", ProductOrderViewSet.as_view({"get": "list", "post": "create"})),
    path("v1/patient-product-orders/<id:order_id>/status", ProductOrderViewSet.as_view({"put": "update_status"})),
    path("v1/patient-product-orders/<id:order_id>/cancel", ProductOrderViewSet.as_view({"post": "cancel"})),
]
