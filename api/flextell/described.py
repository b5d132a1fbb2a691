"""The paths that the contract's document describes: the seed's own, and the vendor's other ones."""

from django.urls import include, path

from api.flextell import account, appointments, people

of_appointments = [
    path("appointments", appointments.AppointmentListView.as_view()),
    path("appointments/calendar", appointments.CalendarView.as_view()),
    path("appointments/<id:appointment_id>", appointments.AppointmentDetailView.as_view()),
]
of_others = [
    path("customers", people.CustomerListView.as_view()),
    path("customers/<id:customer_id>", people.CustomerDetailView.as_view()),
    path("account/tenants", account.TenantListView.as_view()),
]

urlpatterns = [path("v1/", include(of_appointments)), path("flextell/api/v1/", include(of_others))]
