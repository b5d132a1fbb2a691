"""The paths that the contract's document describes: each operation once, under the vendor's mount."""

from django.urls import include, path

from api.cliniko.appointment_types import AppointmentTypeViewSet
from api.cliniko.appointments import IndividualAppointmentViewSet
from api.cliniko.attendees import AttendeeViewSet
from api.cliniko.available_times import AvailableTimeViewSet
from api.cliniko.bookings import BookingViewSet
from api.cliniko.businesses import BusinessViewSet
from api.cliniko.cases import PatientCaseViewSet
from api.cliniko.contract import VENDOR
from api.cliniko.invoices import InvoiceItemViewSet, InvoiceViewSet
from api.cliniko.legacy import AppointmentViewSet
from api.cliniko.patients import PatientViewSet
from api.cliniko.practitioners import PractitionerViewSet
from api.cliniko.products import ProductViewSet
from api.cliniko.settings import SettingsViewSet
from api.cliniko.users import UserViewSet

TIMES = "businesses/<id:business_id>/practitioners/<id:practitioner_id>/appointment_types/<id:appointment_type_id>"

# Appointments, which are served under the plain mount, too.
individual_appointments = [
    path("individual_appointments", IndividualAppointmentViewSet.as_view({"get": "list", "post": "create"})),
    path("individual_appointments/cancelled", IndividualAppointmentViewSet.as_view({"get": "list_cancelled"})),
    path("individual_appointments/deleted", IndividualAppointmentViewSet.as_view({"get": "list_deleted"})),
    path(
        "individual_appointments/<id:appointment_id>",
        IndividualAppointmentViewSet.as_view(
            {"get": "retrieve", "patch": "partial_update", "put": "update", "delete": "destroy"}
        ),
    ),
    path(
        "individual_appointments/<id:appointment_id>/archive", IndividualAppointmentViewSet.as_view({"post": "archive"})
    ),
    path(
        "individual_appointments/<id:appointment_id>/attendees",
        AttendeeViewSet.as_view({"get": "list_of_appointment"}),
    ),
    path(
        "individual_appointments/<id:appointment_id>/cancel", IndividualAppointmentViewSet.as_view({"patch": "cancel"})
    ),
    path(
        "individual_appointments/<id:appointment_id>/conflicts",
        IndividualAppointmentViewSet.as_view({"get": "conflicts"}),
    ),
]

neighbours = [
    path("appointment_types", AppointmentTypeViewSet.as_view({"get": "list"})),
    path("appointment_types/archived", AppointmentTypeViewSet.as_view({"get": "list_archived"})),
    path("appointment_types/<id:appointment_type_id>", AppointmentTypeViewSet.as_view({"get": "retrieve"})),
    path(
        "appointment_types/<id:appointment_type_id>/practitioners",
        PractitionerViewSet.as_view({"get": "list_of_type"}),
    ),
    path(
        "appointment_types/<id:appointment_type_id>/practitioners/inactive",
        PractitionerViewSet.as_view({"get": "list_inactive_of_type"}),
    ),
    path("appointments", AppointmentViewSet.as_view({"get": "list"})),
    path("appointments/<id:appointment_id>", AppointmentViewSet.as_view({"get": "retrieve"})),
    path("attendees", AttendeeViewSet.as_view({"get": "list"})),
    path("attendees/cancelled", AttendeeViewSet.as_view({"get": "list_cancelled"})),
    path("attendees/deleted", AttendeeViewSet.as_view({"get": "list_deleted"})),
    path("attendees/<id:attendee_id>", AttendeeViewSet.as_view({"get": "retrieve"})),
    path("bookings", BookingViewSet.as_view({"get": "list"})),
    path("bookings/<id:booking_id>", BookingViewSet.as_view({"get": "retrieve"})),
    path("businesses", BusinessViewSet.as_view({"get": "list"})),
    path("businesses/<id:business_id>", BusinessViewSet.as_view({"get": "retrieve"})),
    path("businesses/<id:business_id>/appointments", AppointmentViewSet.as_view({"get": "list_of_business"})),
    path("businesses/<id:business_id>/practitioners", PractitionerViewSet.as_view({"get": "list_of_business"})),
    path(
        "businesses/<id:business_id>/practitioners/inactive",
        PractitionerViewSet.as_view({"get": "list_inactive_of_business"}),
    ),
    path(f"{TIMES}/available_times", AvailableTimeViewSet.as_view({"get": "list"})),
    path(f"{TIMES}/next_available_time", AvailableTimeViewSet.as_view({"get": "upcoming"})),
    path("group_appointments/<id:group_id>/attendees", AttendeeViewSet.as_view({"get": "list_of_group"})),
    path("group_appointments", BookingViewSet.as_view({"get": "list_groups"})),
    path("unavailable_blocks", BookingViewSet.as_view({"get": "list_blocks"})),
    path("invoices", InvoiceViewSet.as_view({"get": "list"})),
    path("invoices/<id:invoice_id>", InvoiceViewSet.as_view({"get": "retrieve"})),
    path("invoices/<id:invoice_id>/invoice_items", InvoiceItemViewSet.as_view({"get": "list_of_invoice"})),
    path("invoice_items", InvoiceItemViewSet.as_view({"get": "list"})),
    path("invoice_items/<id:item_id>", InvoiceItemViewSet.as_view({"get": "retrieve"})),
    path("appointments/<id:appointment_id>/invoices", InvoiceViewSet.as_view({"get": "list_of_appointment"})),
    path("patient_cases/<id:patient_case_id>/invoices", InvoiceViewSet.as_view({"get": "list_of_case"})),
    path("patients/<id:patient_id>/invoices", InvoiceViewSet.as_view({"get": "list_of_patient"})),
    path("practitioners/<id:practitioner_id>/invoices", InvoiceViewSet.as_view({"get": "list_of_practitioner"})),
    path("patient_cases", PatientCaseViewSet.as_view({"get": "list", "post": "create"})),
    path(
        "patient_cases/<id:patient_case_id>",
        PatientCaseViewSet.as_view({"get": "retrieve", "patch": "partial_update", "put": "update"}),
    ),
    path("patient_cases/<id:patient_case_id>/archive", PatientCaseViewSet.as_view({"post": "archive"})),
    path("patient_cases/<id:patient_case_id>/attendees", AttendeeViewSet.as_view({"get": "list_of_case"})),
    path("patient_cases/<id:patient_case_id>/bookings", BookingViewSet.as_view({"get": "list_of_case"})),
    path("patients", PatientViewSet.as_view({"get": "list", "post": "create"})),
    path("patients/archived", PatientViewSet.as_view({"get": "list_archived"})),
    path(
        "patients/<id:patient_id>",
        PatientViewSet.as_view({"get": "retrieve", "patch": "partial_update", "put": "update", "delete": "destroy"}),
    ),
    path("patients/<id:patient_id>/archive", PatientViewSet.as_view({"post": "archive"})),
    path("patients/<id:patient_id>/unarchive", PatientViewSet.as_view({"post": "unarchive"})),
    path("patients/<id:patient_id>/appointments", AppointmentViewSet.as_view({"get": "list_of_patient"})),
    path("patients/<id:patient_id>/attendees", AttendeeViewSet.as_view({"get": "list_of_patient"})),
    path("practitioners", PractitionerViewSet.as_view({"get": "list"})),
    path("practitioners/inactive", PractitionerViewSet.as_view({"get": "list_inactive"})),
    path("practitioners/<id:practitioner_id>", PractitionerViewSet.as_view({"get": "retrieve"})),
    path(
        "practitioners/<id:practitioner_id>/appointments", AppointmentViewSet.as_view({"get": "list_of_practitioner"})
    ),
    path(
        "practitioners/<id:practitioner_id>/appointment_types",
        AppointmentTypeViewSet.as_view({"get": "list_of_practitioner"}),
    ),
    path("products", ProductViewSet.as_view({"get": "list"})),
    path("products/<id:product_id>", ProductViewSet.as_view({"get": "retrieve"})),
    path("settings", SettingsViewSet.as_view({"get": "retrieve"})),
    path("settings/public", SettingsViewSet.as_view({"get": "public"})),
    path("user", UserViewSet.as_view({"get": "own"})),
    path("users", UserViewSet.as_view({"get": "list"})),
    path("users/<id:user_id>", UserViewSet.as_view({"get": "retrieve"})),
]

urlpatterns = [path(f"{VENDOR}/", include([*individual_appointments, *neighbours]))]
