"""The permission cases of the contract: each operation once. Its door lets in staff alone."""

from core.permissions import CLINIC_ADMIN, FRONT_DESK
from tests.project.permission_world import PRACTICE_OF, RECORDS, Case, Listing, at_work, fill_calendar, of

VENDOR = "/flextell/api/v1"

let_in, fill = at_work, fill_calendar


def desk_of(who, label):
    return who.everything or who.open_roles.get(PRACTICE_OF.get(label)) in (CLINIC_ADMIN, FRONT_DESK)


def sees_patient(who, label):
    return who.sees_patient(label)


def works_at(who, place):
    return who.everything or place in who.open_roles


# On one thing: found, or as if it were not there.
ON_ONE = {
    "get_appointment": Case(
        RECORDS,
        lambda caller, world, label, like: caller.get(f"/v1/appointments/{of(world.visits, label)}"),
        desk_of,
    ),
    "get_customer": Case(
        RECORDS,
        lambda caller, world, label, like: caller.get(f"{VENDOR}/customers/{of(world.patients, label)}"),
        sees_patient,
    ),
}

LISTS = {
    "list_appointments": Listing("/v1/appointments", "data", "visits", desk_of),
    "list_customers": Listing(f"{VENDOR}/customers?per_page=100", "data", "patients", sees_patient),
    "list_tenants": Listing(f"{VENDOR}/account/tenants", "data", "practices", works_at),
}

ALONE = {"create_appointment", "create_customer", "get_calendar"}

# What the document describes: the specification, and the vendor's neighbours of it.
DESCRIBED = [
    "GET /v1/appointments",
    "POST /v1/appointments",
    "GET /v1/appointments/{appointment_id}",
    "GET /v1/appointments/calendar",
    "GET /flextell/api/v1/customers",
    "POST /flextell/api/v1/customers",
    "GET /flextell/api/v1/customers/{customer_id}",
    "GET /flextell/api/v1/account/tenants",
]
