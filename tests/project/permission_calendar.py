"""What the doors of the calendar offer, operation by operation: availability, flextell, and the patient's own booking.

Each door lets in fewer hats than the tables: availability clinic admins alone, flextell staff alone.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

from django.utils import timezone

from core.permissions import CLINIC_ADMIN
from scheduling.models import AvailableSlot
from tests.factories import AppointmentFactory, ServiceSpecialistFactory, SpecialistFactory
from tests.project.permission_world import MISSING_ID, PRACTICE_OF, RECORDS

ADMIN = "/v1/admin/clinic/availability"
SLOTS, BATCH, BOOKS = f"{ADMIN}/available_slots", f"{ADMIN}/providers/available_slots", f"{ADMIN}/books"
VENDOR = "/flextell/api/v1"
PLACES = ("P1", "P2", "P3", "missing")


def fill(world):
    """Slots, doctors and appointments of each practice and of each patient, some weeks ahead."""
    now = timezone.now().replace(minute=0, second=0, microsecond=0)
    world.doctors, world.slots, world.visits, world.free = {}, {}, {}, {}
    for number, place in enumerate(("P1", "P2", "P3")):
        practice = world.practices[place]
        doctor = world.doctors[place] = SpecialistFactory(organization=practice.organization, works_at=[practice])
        if place != "P3":
            ServiceSpecialistFactory(service=world.services["A_public"], specialist=doctor)
        for days, kept in ((20, world.slots), (30, world.free)):
            starts = now + timedelta(days=days + number)
            kept[place] = AvailableSlot.objects.create(
                practice=practice, specialist=doctor, starts_at=starts, ends_at=starts + timedelta(hours=1)
            )
    for number, (label, patient) in enumerate(world.patients.items()):
        place = PRACTICE_OF[label]
        public = world.services["A_public" if place != "P3" else "B_public"]
        starts = now + timedelta(days=40 + number)
        world.visits[label] = AppointmentFactory(
            practice=world.practices[place],
            patient=patient,
            specialist=world.doctors[place],
            starts_at=starts,
            ends_at=starts + timedelta(minutes=30),
            service=public,
        )
    world.when = now + timedelta(days=60)


def pk(things, label):
    return things[label].pk if label in things else MISSING_ID


def slot_at(when, **more):
    """A slot's times as the contract takes them."""
    return {"start_time": when.isoformat(), "end_time": (when + timedelta(hours=1)).isoformat(), **more}


def as_admin(who):
    """Whom the availability door lets in: clinic admins, where they are."""
    return replace(who, roles={p: role for p, role in who.roles.items() if role == CLINIC_ADMIN}, acts="")


def as_staff(who):
    """Whom the flextell door lets in: staff."""
    return replace(who, acts="")


def as_they_are(who):
    return who


@dataclass(frozen=True)
class Call:
    """An operation on what is labelled: `send(caller, world, label)`; `sees` says who finds it."""

    door: object
    labels: tuple
    send: object
    sees: object = None


def admin_of(who, place):
    return who.everything or who.open_roles.get(place) == CLINIC_ADMIN


def desk_of(who, label):
    return who.everything or who.open_roles.get(PRACTICE_OF.get(label)) in (CLINIC_ADMIN, "front_desk")


def mine(who, label):
    return bool(who.acts) and label == "own"


def on_slot(method, body=None):
    return Call(
        as_admin,
        PLACES,
        lambda caller, world, label: caller(method, f"{SLOTS}/{pk(world.slots, label)}", body),
        admin_of,
    )


def own(what):
    def send(caller, world, label):
        sent = {"slot_id": world.free["P1"].pk} if what == "reschedule" else {}
        return caller.patch(f"/v1/me/appointments/{pk(world.visits, label)}/{what}", sent)

    return Call(as_they_are, RECORDS, send, mine)


def create_slot(caller, world, label):
    wanted = slot_at(world.when, provider_id=pk(world.doctors, label))
    return caller.post(SLOTS, {"available_slot": wanted})


def create_batch(caller, world, label):
    sent = {"provider_id": pk(world.doctors, label), "slots": [slot_at(world.when)]}
    return caller.post(f"{BATCH}/create_in_batch", sent)


def destroy_batch(caller, world, label):
    sent = {"provider_id": pk(world.doctors, label), "slot_ids": [pk(world.slots, label)]}
    return caller("DELETE", f"{BATCH}/destroy_in_batch", sent)


def create_book(caller, world, label):
    patient = {"P1": "own", "P2": "P2", "P3": "P3"}.get(label, "own")
    sent = {"available_slot_id": pk(world.slots, label), "patient_id": world.patients[patient].pk}
    return caller.post(BOOKS, {"book": sent})


# On one thing: found, or as if it were not there.
ON_ONE = {
    "get_available_slot": on_slot("GET"),
    "update_available_slot": on_slot("PUT", {"available_slot": {"appointment_type": "x"}}),
    "delete_available_slot": on_slot("DELETE"),
    "create_book": Call(as_admin, PLACES, create_book, admin_of),
    "get_appointment": Call(
        as_staff,
        RECORDS,
        lambda caller, world, label: caller.get(f"/v1/appointments/{pk(world.visits, label)}"),
        desk_of,
    ),
    "get_customer": Call(
        as_staff,
        RECORDS,
        lambda caller, world, label: caller.get(f"{VENDOR}/customers/{pk(world.patients, label)}"),
        lambda who, label: who.sees_patient(label),
    ),
    "cancel_own_appointment": own("cancel"),
    "reschedule_own_appointment": own("reschedule"),
}

# With a provider who may be of another practice of the organization: then there is none of theirs to do it in.
WITH_PROVIDER = {"create_available_slot": create_slot, "create_available_slots_in_batch": create_batch}

# List -> path, key, which things, and who sees them.
LISTED = {
    "list_available_slots": (as_admin, SLOTS, "available_slots", "slots", admin_of),
    "search_available_slots": (as_admin, f"{SLOTS}/search", "available_slots", "slots", admin_of),
    "list_provider_available_slots": (as_admin, BATCH, "available_slots", "slots", admin_of),
    "list_appointments": (as_staff, "/v1/appointments", "data", "visits", desk_of),
    "list_customers": (
        as_staff,
        f"{VENDOR}/customers?per_page=100",
        "data",
        "patients",
        lambda who, label: who.sees_patient(label),
    ),
    "list_tenants": (
        as_staff,
        f"{VENDOR}/account/tenants",
        "data",
        "practices",
        lambda who, place: who.everything or place in who.open_roles,
    ),
    "list_own_appointments": (as_they_are, "/v1/me/appointments", "appointments", "visits", mine),
}

ALONE = {
    "list_books",
    "destroy_available_slots_in_batch",
    "create_appointment",
    "create_customer",
    "get_calendar",
    "book_appointment",
    "list_free_slots",
    "get_me",
}
CALENDAR = {*ON_ONE, *WITH_PROVIDER, *LISTED, *ALONE}
