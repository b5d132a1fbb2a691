"""The paths of the contract, as seed 000 writes them, and those of the patient's own booking; no trailing slashes."""

from django.urls import path

from api.services import (
    attachments,
    booking,
    enrollments,
    me,
    orders,
    plans,
    products,
    registrations,
    services,
    specialists,
)

urlpatterns = [
    path("v1/services", services.ServiceListView.as_view()),
    path("v1/services/<public_id:service_id>", services.ServiceView.as_view()),
    path("v1/services/<public_id:service_id>/specialists", specialists.ServiceSpecialistListView.as_view()),
    path(
        "v1/services/<public_id:service_id>/specialists/<id:specialist_id>",
        specialists.ServiceSpecialistView.as_view(),
    ),
    path("v1/services/<public_id:service_id>/forms", specialists.ServiceFormListView.as_view()),
    path("v1/services/<public_id:service_id>/forms/<id:form_template_id>", specialists.ServiceFormView.as_view()),
    path("v1/services/<public_id:service_id>/attachments", attachments.AttachmentListView.as_view()),
    path("v1/services/<public_id:service_id>/attachments/<id:attachment_id>", attachments.AttachmentView.as_view()),
    path(
        "v1/services/<public_id:service_id>/attachments/<id:attachment_id>/<str:file_name>",
        attachments.AttachmentFileView.as_view(),
        name="services_attachment_file",
    ),
    path("v1/services/<public_id:service_id>/register", registrations.RegisterView.as_view()),
    path("v1/services/<public_id:service_id>/slots", booking.FreeSlotListView.as_view()),
    path("v1/appointments/book", booking.BookView.as_view()),
    path("v1/me", me.MeView.as_view()),
    path("v1/me/appointments", me.OwnAppointmentListView.as_view()),
    path("v1/me/appointments/<id:appointment_id>/cancel", me.CancelOwnView.as_view()),
    path("v1/me/appointments/<id:appointment_id>/reschedule", me.RescheduleOwnView.as_view()),
    path("v1/service-plans", plans.ServicePlanListView.as_view()),
    path("v1/service-plans/<id:plan_id>", plans.ServicePlanView.as_view()),
    path("v1/service-plans/<id:plan_id>/products", plans.BundledProductListView.as_view()),
    path("v1/service-plans/<id:plan_id>/products/<public_id:product_id>", plans.BundledProductView.as_view()),
    path("v1/patient-service-plans", enrollments.ProgramListView.as_view()),
    path("v1/patient-service-plans/<id:program_id>", enrollments.ProgramProgressView.as_view()),
    path("v1/patient-service-plans/<id:program_id>/appointments", enrollments.ProgramAppointmentsView.as_view()),
    path("v1/patient-service-plans/<id:program_id>/cancel", enrollments.CancelProgramView.as_view()),
    path("v1/products", products.ProductListView.as_view()),
    path("v1/products/<public_id:product_id>", products.ProductView.as_view()),
    path("v1/patient-product-orders", orders.OrderListView.as_view()),
    path("v1/patient-product-orders/<id:order_id>/status", orders.OrderStatusView.as_view()),
    path("v1/patient-product-orders/<id:order_id>/cancel", orders.CancelOrderView.as_view()),
]
