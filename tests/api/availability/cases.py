"""The permission cases of the contract: each operation once. Its door lets in clinic admins alone."""

from dataclasses import replace
from datetime import timedelta

from core.permissions import CLINIC_ADMIN
from tests.project.permission_world import Case, Listing, fill_calendar, of

ADMIN = "/v1/admin/clinic/availability"
SLOTS, BATCH, BOOKS = f"{ADMIN}/available_slots", f"{ADMIN}/providers/available_slots", f"{ADMIN}/books"
PLACES = ("P1", "P2", "P3", "missing")

fill = fill_calendar


def let_in(who):
    """Clinic admins, where they are."""
    return replace(who, roles={p: role for p, role in who.roles.items() if role == CLINIC_ADMIN}, acts="")


def admin_of(who, place):
    return who.everything or who.open_roles.get(place) == CLINIC_ADMIN


def slot_at(when, **more):
    """A slot's times as the contract takes them."""
    return {"start_time": when.isoformat(), "end_time": (when + timedelta(hours=1)).isoformat(), **more}


def on_slot(method, body=None):
    return Case(
        PLACES,
        lambda caller, world, label, like: caller(method, f"{SLOTS}/{of(world.slots, label)}", body),
        admin_of,
    )


def create_book(caller, world, label, like):
    patient = {"P1": "own", "P2": "P2", "P3": "P3"}.get(label, "own")
    sent = {"available_slot_id": of(world.slots, label), "patient_id": world.patients[patient].pk}
    return caller.post(BOOKS, {"book": sent})


# On one thing: found, or as if it were not there.
ON_ONE = {
    "get_available_slot": on_slot("GET"),
    "update_available_slot": on_slot("PUT", {"available_slot": {"appointment_type": "x"}}),
    "delete_available_slot": on_slot("DELETE"),
    "create_book": Case(PLACES, create_book, admin_of),
}

LISTS = {
    "list_available_slots": Listing(SLOTS, "available_slots", "slots", admin_of),
    "search_available_slots": Listing(f"{SLOTS}/search", "available_slots", "slots", admin_of),
    "list_provider_available_slots": Listing(BATCH, "available_slots", "slots", admin_of),
}


def create_slot(caller, world, label):
    wanted = slot_at(world.when, provider_id=of(world.doctors, label))
    return caller.post(SLOTS, {"available_slot": wanted})


def create_batch(caller, world, label):
    sent = {"provider_id": of(world.doctors, label), "slots": [slot_at(world.when)]}
    return caller.post(f"{BATCH}/create_in_batch", sent)


def destroy_batch(caller, world, label):
    sent = {"provider_id": of(world.doctors, label), "slot_ids": [of(world.slots, label)]}
    return caller("DELETE", f"{BATCH}/destroy_in_batch", sent)


# With a provider who may be of another practice of the organization: then there is none of theirs to do it in.
WITH_PROVIDER = {"create_available_slot": create_slot, "create_available_slots_in_batch": create_batch}

ALONE = {*WITH_PROVIDER, "list_books", "destroy_available_slots_in_batch"}

# What the document describes: the specification, operation by operation.
DESCRIBED = [
    "GET /v1/admin/clinic/availability/available_slots",
    "GET /v1/admin/clinic/availability/available_slots/search",
    "POST /v1/admin/clinic/availability/available_slots",
    "GET /v1/admin/clinic/availability/available_slots/{slot_id}",
    "PUT /v1/admin/clinic/availability/available_slots/{slot_id}",
    "DELETE /v1/admin/clinic/availability/available_slots/{slot_id}",
    "GET /v1/admin/clinic/availability/providers/available_slots",
    "POST /v1/admin/clinic/availability/providers/available_slots/create_in_batch",
    "DELETE /v1/admin/clinic/availability/providers/available_slots/destroy_in_batch",
    "GET /v1/admin/clinic/availability/books",
    "POST /v1/admin/clinic/availability/books",
]
