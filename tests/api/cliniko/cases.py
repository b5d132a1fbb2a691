"""The permission cases of the contract: each operation once. Its door lets in staff alone, by HTTP Basic."""

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from billing.services import NewLine, issue_bill
from core.actor import Actor
from core.permissions import CLINIC_ADMIN, FRONT_DESK
from tests.api.cliniko.conftest import MINE, VENDOR, basic
from tests.api.conftest import Caller
from tests.factories import AT, PatientCaseFactory, PatientFactory, SlotFactory
from tests.project.permission_world import (
    CATALOGUE,
    MISSING_ID,
    ORGANIZATION_OF,
    PRACTICE_OF,
    RECORDS,
    Case,
    Listing,
    at_work,
    fill_calendar,
    of,
)

PLACES = (*ORGANIZATION_OF, "missing")
GROUP = 2**51
let_in = at_work


def with_key(text):
    return Caller(**basic(text)) if text else Caller()


def fill(world):
    """Besides the calendar a case of each patient, archived patients, and group sessions."""
    fill_calendar(world)
    world.cases = {label: PatientCaseFactory(patient=patient) for label, patient in world.patients.items()}
    world.archived = {
        label: PatientFactory(organization=patient.organization, archived_at=AT)
        for label, patient in world.patients.items()
    }
    world.bills = {
        label: issue_bill(
            practice_id=world.practices[PRACTICE_OF[label]].pk,
            lines=[NewLine(label="Visit", unit_price=Decimal(100), vat_percentage=Decimal(19))],
            patient_id=patient.pk,
            by=Actor.system("matrix"),
            at=timezone.now(),
        )
        for label, patient in world.patients.items()
    }
    world.items = {label: bill.lines.get() for label, bill in world.bills.items()}
    world.groups = {
        place: SlotFactory(
            practice=world.practices[place],
            specialist=doctor,
            capacity=3,
            starts_at=world.when + timedelta(days=1),
            ends_at=world.when + timedelta(days=1, hours=1),
        )
        for place, doctor in world.doctors.items()
    }


# ------------------------------------------------------------------------------------------ who sees what


def desk_of(who, label):
    """Whose visit it is: the desk of its practice."""
    return who.everything or who.open_roles.get(PRACTICE_OF.get(label)) in (CLINIC_ADMIN, FRONT_DESK)


def desk_at(who, place):
    return who.everything or who.open_roles.get(place) in (CLINIC_ADMIN, FRONT_DESK)


def works_at(who, place):
    return who.everything or place in who.open_roles


def colleague(who, place):
    """Who is of the organization."""
    return who.everything or ORGANIZATION_OF.get(place) in {ORGANIZATION_OF[one] for one in who.open_roles}


def of_staff(who, label):
    return who.sees_catalogue(label)


def sees_patient(who, label):
    return who.sees_patient(label)


def desk_of_organization(who, label):
    organization = ORGANIZATION_OF.get(PRACTICE_OF.get(label))
    desks = {ORGANIZATION_OF[p] for p, role in who.open_roles.items() if role in (CLINIC_ADMIN, FRONT_DESK)}
    return who.everything or organization in desks


def organization_of(label):
    return ORGANIZATION_OF[PRACTICE_OF[label]]


# ---------------------------------------------------------------------------------------------- the cases


def on(things, sees, labels, method, path, body=None, place=None):
    """An operation on one of the world's things; `path` has a `{}` for its id."""

    def send(caller, world, label, like):
        return caller(method, VENDOR + path.format(of(getattr(world, things), label)), body)

    return Case(labels, send, sees, place)


def visit(method, suffix="", body=None, place=None):
    return on("visits", desk_of, RECORDS, method, f"/individual_appointments/{{}}{suffix}", body, place)


def patient(method, suffix="", body=None, place=None):
    return on("patients", sees_patient, RECORDS, method, f"/patients/{{}}{suffix}", body, place)


def case(method, suffix="", body=None, place=None):
    return on("cases", sees_patient, RECORDS, method, f"/patient_cases/{{}}{suffix}", body, place)


def practitioner(suffix=""):
    return on("doctors", colleague, PLACES, "GET", f"/practitioners/{{}}{suffix}")


def business(suffix=""):
    return on("practices", works_at, PLACES, "GET", f"/businesses/{{}}{suffix}")


def appointment_type(suffix=""):
    return on("services", of_staff, CATALOGUE, "GET", f"/appointment_types/{{}}{suffix}")


def group(caller, world, label, like):
    pk = world.groups[label].pk if label in world.groups else MISSING_ID
    return caller.get(f"{VENDOR}/group_appointments/{GROUP + pk}/attendees")


ON_ONE = {
    "get_individual_appointment": visit("GET"),
    "update_individual_appointment": visit("PATCH", body={"notes": "Matrix"}, place=PRACTICE_OF.get),
    "replace_individual_appointment": visit("PUT", body={"notes": "Matrix"}, place=PRACTICE_OF.get),
    "archive_individual_appointment": visit("POST", "/archive", place=PRACTICE_OF.get),
    "delete_individual_appointment": visit("DELETE", place=PRACTICE_OF.get),
    "cancel_individual_appointment": visit("PATCH", "/cancel", {"cancellation_reason": 50}, PRACTICE_OF.get),
    "get_individual_appointment_conflicts": visit("GET", "/conflicts"),
    "list_individual_appointment_attendees": visit("GET", "/attendees"),
    "get_attendee": on("visits", desk_of, RECORDS, "GET", "/attendees/{}"),
    "get_booking": on("visits", desk_of, RECORDS, "GET", "/bookings/{}"),
    "get_older_appointment": on("visits", desk_of, RECORDS, "GET", "/appointments/{}"),
    "list_group_appointment_attendees": Case(PLACES, group, desk_at),
    "get_invoice": on("bills", desk_of, RECORDS, "GET", "/invoices/{}"),
    "list_items_of_invoice": on("bills", desk_of, RECORDS, "GET", "/invoices/{}/invoice_items"),
    "get_invoice_item": on("items", desk_of, RECORDS, "GET", "/invoice_items/{}"),
    "list_appointment_invoices": on("visits", desk_of, RECORDS, "GET", "/appointments/{}/invoices"),
    "list_patient_invoices": patient("GET", "/invoices"),
    "list_patient_case_invoices": case("GET", "/invoices"),
    "list_practitioner_invoices": practitioner("/invoices"),
    "get_patient": patient("GET"),
    "update_patient": patient("PATCH", body={"first_name": "Matrix"}, place=organization_of),
    "replace_patient": patient("PUT", body={"first_name": "Matrix"}, place=organization_of),
    "archive_patient": patient("POST", "/archive", place=organization_of),
    "delete_patient": patient("DELETE", place=organization_of),
    "unarchive_patient": on(
        "archived", desk_of_organization, RECORDS, "POST", "/patients/{}/unarchive", place=organization_of
    ),
    "list_patient_appointments": patient("GET", "/appointments"),
    "list_patient_attendees": patient("GET", "/attendees"),
    "get_patient_case": case("GET"),
    "update_patient_case": case("PATCH", body={"name": "Matrix"}, place=organization_of),
    "replace_patient_case": case("PUT", body={"name": "Matrix"}, place=organization_of),
    "archive_patient_case": case("POST", "/archive", place=organization_of),
    "list_patient_case_attendees": case("GET", "/attendees"),
    "list_patient_case_bookings": case("GET", "/bookings"),
    "get_practitioner": practitioner(),
    "list_practitioner_appointment_types": practitioner("/appointment_types"),
    "list_practitioner_appointments": practitioner("/appointments"),
    "get_business": business(),
    "list_business_appointments": business("/appointments"),
    "list_business_practitioners": business("/practitioners"),
    "list_inactive_business_practitioners": business("/practitioners/inactive"),
    "get_appointment_type": appointment_type(),
    "list_appointment_type_practitioners": appointment_type("/practitioners"),
    "list_inactive_appointment_type_practitioners": appointment_type("/practitioners/inactive"),
    "get_product": on("products", of_staff, CATALOGUE, "GET", "/products/{}"),
}

ALL = "?per_page=100"
LISTS = {
    "list_individual_appointments": Listing(f"{MINE}{ALL}", "individual_appointments", "visits", desk_of),
    "list_attendees": Listing(f"{VENDOR}/attendees{ALL}", "attendees", "visits", desk_of),
    "list_bookings": Listing(f"{VENDOR}/bookings{ALL}", "bookings", "visits", desk_of),
    "list_older_appointments": Listing(f"{VENDOR}/appointments{ALL}", "appointments", "visits", desk_of),
    "list_invoices": Listing(f"{VENDOR}/invoices{ALL}", "invoices", "bills", desk_of),
    "list_invoice_items": Listing(f"{VENDOR}/invoice_items{ALL}", "invoice_items", "items", desk_of),
    "list_patients": Listing(f"{VENDOR}/patients{ALL}", "patients", "patients", sees_patient),
    "list_archived_patients": Listing(f"{VENDOR}/patients/archived{ALL}", "patients", "archived", desk_of_organization),
    "list_patient_cases": Listing(f"{VENDOR}/patient_cases{ALL}", "patient_cases", "cases", sees_patient),
    "list_practitioners": Listing(f"{VENDOR}/practitioners{ALL}", "practitioners", "doctors", colleague),
    "list_businesses": Listing(f"{VENDOR}/businesses{ALL}", "businesses", "practices", works_at),
    "list_appointment_types": Listing(f"{VENDOR}/appointment_types{ALL}", "appointment_types", "services", of_staff),
    "list_stocked_products": Listing(f"{VENDOR}/products{ALL}", "products", "products", of_staff),
}

ALONE = {
    "create_individual_appointment",
    "create_patient",
    "create_patient_case",
    "get_next_available_time",
    "get_own_user",
    "get_public_settings",
    "get_settings",
    "get_user",
    "list_available_times",
    "list_cancelled_attendees",
    "list_cancelled_individual_appointments",
    "list_deleted_attendees",
    "list_deleted_individual_appointments",
    "list_group_appointments",
    "list_unavailable_blocks",
    "list_archived_appointment_types",
    "list_inactive_practitioners",
    "list_unkept",
    "list_users",
}

TIMES = "businesses/{business_id}/practitioners/{practitioner_id}/appointment_types/{appointment_type_id}"
# What the document describes, under the vendor's mount: the specification, and the neighbours of it.
DESCRIBED = [
    f"{method} {VENDOR}/{path}"
    for path, methods in {
        "individual_appointments": "GET POST",
        "individual_appointments/cancelled": "GET",
        "individual_appointments/deleted": "GET",
        "individual_appointments/{appointment_id}": "GET PATCH PUT DELETE",
        "individual_appointments/{appointment_id}/archive": "POST",
        "individual_appointments/{appointment_id}/attendees": "GET",
        "individual_appointments/{appointment_id}/cancel": "PATCH",
        "individual_appointments/{appointment_id}/conflicts": "GET",
        "appointment_types": "GET",
        "appointment_types/archived": "GET",
        "appointment_types/{appointment_type_id}": "GET",
        "appointment_types/{appointment_type_id}/practitioners": "GET",
        "appointment_types/{appointment_type_id}/practitioners/inactive": "GET",
        "appointments": "GET",
        "appointments/{appointment_id}": "GET",
        "attendees": "GET",
        "attendees/cancelled": "GET",
        "attendees/deleted": "GET",
        "attendees/{attendee_id}": "GET",
        "bookings": "GET",
        "bookings/{booking_id}": "GET",
        "businesses": "GET",
        "businesses/{business_id}": "GET",
        "businesses/{business_id}/appointments": "GET",
        "businesses/{business_id}/practitioners": "GET",
        "businesses/{business_id}/practitioners/inactive": "GET",
        f"{TIMES}/available_times": "GET",
        f"{TIMES}/next_available_time": "GET",
        "group_appointments/{group_id}/attendees": "GET",
        "patient_cases": "GET POST",
        "patient_cases/{patient_case_id}": "GET PATCH PUT",
        "patient_cases/{patient_case_id}/archive": "POST",
        "patient_cases/{patient_case_id}/attendees": "GET",
        "patient_cases/{patient_case_id}/bookings": "GET",
        "appointments/{appointment_id}/invoices": "GET",
        "group_appointments": "GET",
        "invoice_items": "GET",
        "invoice_items/{item_id}": "GET",
        "invoices": "GET",
        "invoices/{invoice_id}": "GET",
        "invoices/{invoice_id}/invoice_items": "GET",
        "patient_cases/{patient_case_id}/invoices": "GET",
        "patients/{patient_id}/invoices": "GET",
        "practitioners/{practitioner_id}/invoices": "GET",
        "unavailable_blocks": "GET",
        "patients": "GET POST",
        "patients/archived": "GET",
        "patients/{patient_id}": "GET PATCH PUT DELETE",
        "patients/{patient_id}/appointments": "GET",
        "patients/{patient_id}/archive": "POST",
        "patients/{patient_id}/attendees": "GET",
        "patients/{patient_id}/unarchive": "POST",
        "practitioners": "GET",
        "practitioners/inactive": "GET",
        "practitioners/{practitioner_id}": "GET",
        "practitioners/{practitioner_id}/appointment_types": "GET",
        "practitioners/{practitioner_id}/appointments": "GET",
        "products": "GET",
        "products/{product_id}": "GET",
        "settings": "GET",
        "settings/public": "GET",
        "user": "GET",
        "users": "GET",
        "users/{user_id}": "GET",
    }.items()
    for method in methods.split()
]
