"""The demo's organization, two practices, rooms, specialists, patients and sign-ins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from clinic.demo.brought import bring
from core.actor import Actor
from directory.models import Color, Organization, Practice, Room, Specialist, Specialty, User
from directory.services import (
    PracticeValues,
    SpecialistValues,
    UserValues,
    change_organization,
    configure,
    create_organization,
    create_practice,
    create_room,
    create_specialist,
    create_user,
    set_membership,
)
from patients.models import Patient, PatientSource
from patients.services import PatientValues, PhoneValues, create_patient, grant_access

PASSWORD = "demo"  # noqa: S105 known to everyone: the demo refuses to run where DEBUG is off
FIRST_NAMES = ["Ada", "Bruno", "Clara", "Dinu", "Elena", "Felix", "Greta", "Horia", "Ilinca", "Jonas"]
LAST_NAMES = ["Cloudberry", "Dandelion", "Elderflower", "Foxglove"]
MORE_LAST_NAMES = ["Goosefoot", "Harebell", "Ironwood", "Juneberry", "Knapweed", "Lovage", "Marigold", "Nettle"]
SPECIALISTS = [
    ("Dr.", "Iris", "Amberfield", "Physiotherapy"),
    ("Dr.", "Matei", "Birchwood", "Physiotherapy"),
    ("", "Nora", "Copperhill", "Kinetotherapy"),
    ("", "Oscar", "Driftwood", "Kinetotherapy"),
    ("", "Paula", "Evergreen", "Kinetotherapy"),
    ("Dr.", "Radu", "Fernbrook", "Dentistry"),
    ("Dr.", "Silvia", "Goldleaf", "Dentistry"),
    ("", "Toma", "Hazelnut", "Manual therapy"),
    ("", "Una", "Ivory", "Manual therapy"),
    ("Dr.", "Vlad", "Juniper", "Rehabilitation"),
    ("Dr.", "Wanda", "Kingfisher", "Rehabilitation"),
    ("", "Xenia", "Larkspur", "Nutrition"),
]
COLORS = [("Leaf", "DCFCE7", "166534"), ("Sky", "E0F2FE", "075985"), ("Amber", "FEF3C7", "92400E")]


@dataclass(frozen=True)
class Clinic:
    """The people and places that the rest of the demo refers to."""

    organization: Organization
    practice: Practice
    second: Practice
    specialties: dict[str, Specialty]
    colors: list[Color]
    specialists: list[Specialist]
    rooms: list[Room]
    patients: list[Patient]
    users: dict[str, User]


def make(name: str, *, by: Actor, today: datetime) -> Clinic:
    """Create all people and places of the demo."""
    at = today - timedelta(days=400)
    organization = create_organization(values={"name": name}, by=by, at=at)
    main: PracticeValues = {
        "name": "Amberfield Center",
        "address_1": "1 Imaginary Boulevard",
        "city": "Bucharest",
        "post_code": "000001",
        "country_code": "RO",
        "time_zone": "Europe/Bucharest",
        "currency": "RON",
        "contact_information": "+40 700 000 001 · hello@example.org",
        "late_cancel_forfeits": True,
    }
    practice = create_practice(organization_id=organization.pk, values=main, by=by, at=at)
    other: PracticeValues = {
        **main,
        "name": "Amberfield Riverside",
        "address_1": "2 Imaginary Quay",
        "late_cancel_forfeits": False,
        "no_show_forfeits": True,
    }
    second = create_practice(organization_id=organization.pk, values=other, by=by, at=at)
    specialties = {}
    for position, title in enumerate(dict.fromkeys(row[3] for row in SPECIALISTS), start=1):
        specialty = Specialty(organization=organization, name=title, sequence_number=position)
        specialties[title] = configure(specialty, by=by, at=at)
    colors = []
    for title, background, text in COLORS:
        color = Color(organization=organization, name=title, background_color=background, text_color=text)
        colors.append(configure(color, by=by, at=at))
    for title in ("A friend", "The web site", "A doctor's letter"):
        configure(PatientSource(organization=organization, name=title), by=by, at=at)
    users = _users(by=by, at=at)
    change_organization(organization.pk, values={"owner_id": users["manager"].pk}, by=by, at=at)
    for username, place, role in [
        ("manager", practice, "clinic_admin"),
        ("manager", second, "clinic_admin"),
        ("frontdesk", practice, "front_desk"),
        ("specialist", practice, "specialist"),
    ]:
        set_membership(user_id=users[username].pk, practice_id=place.pk, role=role, by=by, at=at)
    rooms = [
        create_room(practice_id=place.pk, values={"name": title}, by=by, at=at)
        for place, title in [
            (practice, "Room 1"),
            (practice, "Room 2"),
            (practice, "Gym"),
            (practice, "Dental chair"),
            (second, "Room A"),
            (second, "Room B"),
        ]
    ]
    specialists = []
    for number, (title, first, last, specialty_name) in enumerate(SPECIALISTS):
        places = [practice.pk, second.pk] if number % 3 == 0 else [practice.pk if number % 3 == 1 else second.pk]
        values: SpecialistValues = {
            "title": title,
            "first_name": first,
            "last_name": last,
            "specialty_id": specialties[specialty_name].pk,
            "user_id": users["specialist"].pk if number == 0 else None,
            "sequence_number": number,
            "italian_fiscal_code": f"DEMXXX80A{number + 1:02}Z129X",
        }
        specialists.append(
            create_specialist(organization_id=organization.pk, practice_ids=places, values=values, by=by, at=at)
        )
    patients = [_patient(organization, number, by=by, at=at + timedelta(days=number)) for number in range(40)]
    _second_record(patients[11], by=by, at=today - timedelta(days=2))
    patients += _more_patients(organization, by=by, at=at)
    mother, child = patients[0], patients[10]
    grant_access(user_id=users["patient"].pk, patient_id=mother.pk, relation="self", by=by, at=at)
    grant_access(user_id=users["patient"].pk, patient_id=child.pk, relation="parent", by=by, at=at)
    return Clinic(organization, practice, second, specialties, colors, specialists, rooms, patients, users)


def _users(*, by: Actor, at: datetime) -> dict[str, User]:
    names = {
        "admin": ("Alex", "Admin"),
        "manager": ("Mara", "Manager"),
        "frontdesk": ("Fran", "Desk"),
        "specialist": ("Iris", "Amberfield"),
        "patient": ("Ada", "Cloudberry"),
    }
    made = {}
    for username, (first, last) in names.items():
        values: UserValues = {"first_name": first, "last_name": last, "email": f"{username}@example.org"}
        if username == "admin":
            values |= {"is_superuser": True, "is_staff": True}
        made[username] = create_user(username=username, password=PASSWORD, values=values, by=by, at=at)
    return made


def _patient(organization: Organization, number: int, *, by: Actor, at: datetime) -> Patient:
    first, last = FIRST_NAMES[number % 10], LAST_NAMES[number // 10]
    child = number == 10
    values: PatientValues = {
        "first_name": first,
        "last_name": last,
        "email": f"{first}.{last}@example.org".lower(),
        "date_of_birth": date(2016, 3, 14) if child else date(1950 + number, 1 + number % 12, 1 + number % 28),
        "gender": "female" if number % 2 == 0 else "male",
        "address_1": f"{number + 1} Imaginary Street",
        "city": "Bucharest",
        "country_code": "RO",
        "identity_number": f"DEMO-{number:04}",
        "occupation": ["gardener", "teacher", "baker", "pilot", "student"][number % 5],
        "notes": "Prefers mornings." if number % 4 == 0 else "",
    }
    phone: PhoneValues = {"prefix": "+40", "number": f"7000001{number:02}", "label": "mobile", "sms_enabled": True}
    return create_patient(organization_id=organization.pk, values=values, phone_numbers=[phone], by=by, at=at)


def _more_patients(organization: Organization, *, by: Actor, at: datetime) -> list[Patient]:
    """Bring along those who have no story of their own."""
    names = [(first, last) for last in MORE_LAST_NAMES for first in FIRST_NAMES]
    rows = [
        (
            f"P{number}",
            first,
            last,
            f"{first}.{last}@example.org".lower(),
            str(date(1948 + number % 56, 1 + number % 12, 1 + number % 28)),
            f"+40 700 000 {200 + number}",
        )
        for number, (first, last) in enumerate(names)
    ]
    header = ("first_name", "last_name", "email", "date_of_birth", "phone")
    bring("patients", header, rows, to=organization, by=by, at=at)
    return list(Patient.objects.filter(organization=organization, last_name__in=MORE_LAST_NAMES).order_by("pk"))


def _second_record(patient: Patient, *, by: Actor, at: datetime) -> None:
    """Create another record of somebody, as it comes about on the telephone: the desk may merge the two."""
    values: PatientValues = {
        "first_name": patient.first_name,
        "last_name": patient.last_name,
        "email": f"{patient.first_name}.home@example.org".lower(),
        "date_of_birth": patient.date_of_birth,
        "notes": "Comes by bus.",
    }
    number: PhoneValues = {"number": str(patient.phone_numbers.get())}
    create_patient(organization_id=patient.organization_id, values=values, phone_numbers=[number], by=by, at=at)
