"""The verbs of appointments, and the composite verbs over programs."""

from scheduling.services.booking import assign_registration, book_appointment, register_contact
from scheduling.services.lifecycle import (
    archive_appointment,
    cancel_appointment,
    change_appointment_notes,
    complete_appointment,
    confirm_appointment,
    mark_arrived,
    mark_no_show,
    reject_appointment,
    start_care,
    undo_appointment,
)
from scheduling.services.program_verbs import ProgramEffects, adjust_program, cancel_program, program_effects

__all__ = [
    "ProgramEffects",
    "adjust_program",
    "archive_appointment",
    "assign_registration",
    "book_appointment",
    "cancel_appointment",
    "cancel_program",
    "change_appointment_notes",
    "complete_appointment",
    "confirm_appointment",
    "mark_arrived",
    "mark_no_show",
    "program_effects",
    "register_contact",
    "reject_appointment",
    "start_care",
    "undo_appointment",
]
