"""How other systems write their appointments."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.imports import From, Layout

LAYOUTS = {
    "cliniko": Layout(
        name="cliniko",
        help=_("the appointments' export"),
        columns={
            "external_id": From("Appointment ID", "ID"),
            "starts_at": From("Start time", "Starts at", "Appointment start", "Start"),
            "ends_at": From("End time", "Ends at", "Appointment end", "End"),
            "duration": From("Duration", "Duration (minutes)"),
            "patient": From("Patient ID", "Patient ID(s)", "Patient email"),
            "specialist": From("Practitioner ID", "Practitioner"),
            "practice": From("Business ID", "Business"),
            "status": From("Status", "Appointment status", "Did not arrive"),
            "cancelled_at": From("Cancelled at", "Cancellation time"),
            "cancellation_note": From("Cancellation reason", "Cancellation note"),
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
                # Under "Did not arrive".
                "yes": "no_show",
                "no": "",
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
