"""How other systems write their appointments."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.imports import From, Layout


def with_offset(text: str) -> str:
    """A moment with a space before its offset, or the word UTC, as ISO 8601 writes it: 2024-12-31 09:30:00+10:00."""
    day, _space, rest = text.partition(" ")
    clock, space, offset = rest.partition(" ")
    if not space or not (offset == "UTC" or offset[:1] in ("+", "-")):
        return text
    return f"{day} {clock}{'+00:00' if offset == 'UTC' else offset}"


LAYOUTS = {
    "cliniko": Layout(
        name="cliniko",
        help=_("the appointments' export"),
        columns={
            "external_id": From("Appointment ID", "ID"),
            "starts_at": From("Start time", "Starts at", "Appointment start", "Start", convert=with_offset),
            "ends_at": From("End time", "Ends at", "Appointment end", "End", convert=with_offset),
            "duration": From("Duration", "Duration (minutes)"),
            "patient": From("Patient ID", "Patient ID(s)", "Patient email"),
            "specialist": From("Practitioner ID", "Practitioner"),
            "practice": From("Business ID", "Business"),
            "status": From("Status", "Appointment status"),
            "appointment_type": From("Appointment type", "Type"),
            "notes": From("Notes", "Appointment notes"),
        },
        words={
            "status": {
                "arrived": "done",
                "attended": "done",
                "completed": "done",
                "did not arrive": "no_show",
                "did_not_arrive": "no_show",
                "pending": "confirmed",
                "booked": "confirmed",
                "deleted": "cancelled",
            }
        },
    ),
    "synthea": Layout(
        name="synthea",
        help="encounters.csv",
        columns={
            "external_id": From("Id"),
            "starts_at": From("START"),
            "ends_at": From("STOP"),
            "patient": From("PATIENT"),
            "specialist": From("PROVIDER"),
            "practice": From("ORGANIZATION"),
            "appointment_type": From("ENCOUNTERCLASS"),
            "notes": From("DESCRIPTION"),
        },
        unread=frozenset(
            {
                "PAYER",
                "CODE",
                "BASE_ENCOUNTER_COST",
                "TOTAL_CLAIM_COST",
                "PAYER_COVERAGE",
                "REASONCODE",
                "REASONDESCRIPTION",
            }
        ),
    ),
}
