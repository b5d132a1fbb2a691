"""The demo's custom fields, documents, and a connected program."""

from __future__ import annotations

import struct
import zlib
from datetime import datetime, timedelta
from decimal import Decimal

from django.core.files.base import ContentFile

from billing.models import CarePlan, CarePlanEntry, PriceList
from billing.services import change_care_plan, link_entry_to_appointment
from clinic.demo.people import Clinic
from core.actor import Actor
from directory.services import register_application, set_integration_status, set_ui_elements
from directory.states import ClientType, IntegrationStatus
from patients.models import PatientSource
from patients.services import add_document, change_patient, define_custom_field, set_custom_values
from patients.states import DocumentType, FieldObject, FieldType
from scheduling.models import Appointment

# Where the demo's program listens, on the machine of whoever tries it.
CALLBACK = "http://127.0.0.1:8765/callback"
# One of each type: its label, what it describes, its choices.
FIELDS = [
    ("Shoe size", FieldType.NUMBER, FieldObject.PATIENT, []),
    ("Sport", FieldType.SINGLE_LINE_TEXT, FieldObject.PATIENT, []),
    ("Last tetanus shot", FieldType.DATE, FieldObject.PATIENT, []),
    ("Wears a pacemaker", FieldType.SINGLE_CHECKBOX, FieldObject.PATIENT, []),
    ("Dominant hand", FieldType.DROPDOWN, FieldObject.PATIENT, ["Left", "Right", "Both"]),
    ("Goal", FieldType.SINGLE_LINE_TEXT, FieldObject.CARE_PLAN, []),
]
TEXT = b"Fictitious letter of the demo clinic.\n\nThe patient may exercise again from Monday on.\n"
PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)


def make(clinic: Clinic, *, by: Actor, today: datetime) -> None:
    """Create all of it, in the last days before `today`."""
    at = today - timedelta(days=3)
    _fields(clinic, by=by, at=at)
    _documents(clinic, by=by, at=at)
    _details(clinic, by=by, at=at)
    _treated_in_visits(clinic, by=by, at=at)
    _program(clinic, by=by, at=at)


def _fields(clinic: Clinic, *, by: Actor, at: datetime) -> None:
    names = {}
    for position, (label, kind, of, choices) in enumerate(FIELDS, start=1):
        field = define_custom_field(
            organization_id=clinic.organization.pk,
            values={
                "object_type": of,
                "label": label,
                "type": kind,
                "choices": list(choices),
                "sequence_number": position,
            },
            by=by,
            at=at,
        )
        names[label] = field.technical_name
    for number, patient in enumerate(clinic.patients[:6]):
        said = {
            "Shoe size": str(36 + number),
            "Sport": ("Swimming", "Running", "Chess")[number % 3],
            "Last tetanus shot": f"201{number}-05-04",
            "Wears a pacemaker": number == 4,
            "Dominant hand": ("Right", "Left", "Both")[number % 3],
        }
        values = {names[label]: value for label, value in said.items()}
        set_custom_values(patient.pk, values=values, by=by, at=at)
    for plan in CarePlan.objects.filter(practice=clinic.practice).order_by("pk"):
        goal = {names["Goal"]: "Climb the stairs without pain"}
        change_care_plan(plan.pk, values={}, custom_values=goal, by=by, at=at)


def _documents(clinic: Clinic, *, by: Actor, at: datetime) -> None:
    """Create documents in two folders, and one in none."""
    documents = [
        ("letter.txt", TEXT, DocumentType.TEXT, "Letters"),
        ("report.pdf", PDF, DocumentType.OTHER, "Letters"),
        ("knee.png", _picture(), DocumentType.XRAY, "Pictures"),
        ("passport.png", _picture(), DocumentType.IDENTIFICATION, ""),
    ]
    for patient in (clinic.patients[0], clinic.patients[3]):
        for minute, (name, content, kind, folder) in enumerate(documents):
            add_document(
                patient.pk,
                upload=ContentFile(content, name=name),
                name=name,
                type=kind,
                folder_name=folder,
                by=by,
                at=at + timedelta(minutes=minute),
            )


def _picture() -> bytes:
    """A grey gradient of 64 by 64 points, as PNG."""
    rows = b"".join(b"\x00" + bytes(4 * column for column in range(64)) for _row in range(64))
    chunks = ((b"IHDR", struct.pack(">2L5B", 64, 64, 8, 0, 0, 0, 0)), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    written = (struct.pack(">L", len(data)) + kind + data for kind, data in chunks)
    checks = (struct.pack(">L", zlib.crc32(kind + data)) for kind, data in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(map(bytes.__add__, written, checks))


def _details(clinic: Clinic, *, by: Actor, at: datetime) -> None:
    """Set the details that Italian clinics keep about patients."""
    source = PatientSource.objects.filter(organization=clinic.organization).order_by("pk").first()
    prices = PriceList.objects.filter(organization=clinic.organization).order_by("pk").first()
    change_patient(
        clinic.patients[0].pk,
        values={
            "italian_fiscal_code": "DEMADA50A41Z129X",
            "place_of_birth": "Bucharest",
            "yearly_numbering_year": at.year,
            "yearly_numbering_number": 1,
            "source_id": source.pk if source else None,
            "price_list_id": prices.pk if prices else None,
            "default_discount": Decimal("10.00"),
        },
        by=by,
        at=at,
    )


def _treated_in_visits(clinic: Clinic, *, by: Actor, at: datetime) -> None:
    """Link an entry of each open care plan to a visit of its patient."""
    plans = CarePlan.objects.filter(practice=clinic.practice, state__in=("estimate", "accepted")).order_by("pk")
    for plan in plans:
        visits = Appointment.objects.live().filter(practice=clinic.practice, patient=plan.patient_id)
        visit = visits.filter(starts_at__isnull=False, status__in=("confirmed", "done")).order_by("pk").last()
        entry = CarePlanEntry.objects.live().filter(care_plan=plan, done_on=None).order_by("pk").first()
        if visit is not None and entry is not None:
            link_entry_to_appointment(entry.pk, appointment_id=visit.pk, by=by, at=at)


def _program(clinic: Clinic, *, by: Actor, at: datetime) -> None:
    """Create a program without a secret, connected with the first practice and not with the second."""
    program, _no_secret = register_application(
        name="Telephone assistant (demo)",
        user_id=clinic.users["manager"].pk,
        client_type=ClientType.PUBLIC,
        redirect_uris=CALLBACK,
        by=by,
        at=at,
    )
    for practice, status in (
        (clinic.practice, IntegrationStatus.SUCCESS),
        (clinic.second, IntegrationStatus.FAILURE),
    ):
        set_integration_status(practice_id=practice.pk, app=program.client_id, status=status, by=by, at=at)
    for everywhere, value in ((True, "Not connected yet"), (False, "Answers until 20:00")):
        set_ui_elements(
            practice_id=clinic.practice.pk,
            app=program.client_id,
            name="assistant",
            items=[{"title": "Telephone assistant", "value": value}],
            everywhere=everywhere,
            by=by,
            at=at,
        )
