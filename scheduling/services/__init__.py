"""The verbs of slots and appointments, and the composite verbs over programs."""

from scheduling.services.absences import (
    add_recurring_time_off,
    add_time_off,
    delete_recurring_time_off,
    delete_time_off,
    end_recurring_time_off,
    end_time_off,
    extend_time_off,
)
from scheduling.services.booking import book_appointment, book_slot, record_appointment
from scheduling.services.holds import place_hold, release_hold
from scheduling.services.holidays import import_holidays, remove_holiday, set_holiday
from scheduling.services.lifecycle import (
    AppointmentDetails,
    archive_appointment,
    cancel_appointment,
    change_appointment,
    complete_appointment,
    confirm_appointment,
    mark_arrived,
    mark_no_show,
    reject_appointment,
    start_care,
    undo_appointment,
)
from scheduling.services.moving import MOVABLE, change_assistants, reschedule_appointment
from scheduling.services.portal import book_own_slot
from scheduling.services.program_changes import ProgramEffects, adjust_program, cancel_program, program_effects
from scheduling.services.rebooking import rebook_appointment
from scheduling.services.registrations import assign_registration, register_contact
from scheduling.services.slot_series import (
    SeriesValues,
    change_series,
    create_series,
    delete_series,
    extend_series,
    withdraw_series,
)
from scheduling.services.slots import (
    BatchResult,
    SlotValues,
    change_slot,
    create_slot,
    create_slots,
    preview_slots,
    undo_batch,
    withdraw_slot,
    withdraw_slots,
)
from scheduling.services.visit_series import Repeat, book_repeating
from scheduling.services.visit_series_changes import (
    Move,
    cancel_repeating,
    preview_reschedule,
    reschedule_repeating,
    would_cancel,
    would_reschedule,
)

__all__ = [
    "MOVABLE",
    "AppointmentDetails",
    "BatchResult",
    "Move",
    "ProgramEffects",
    "Repeat",
    "SeriesValues",
    "SlotValues",
    "add_recurring_time_off",
    "add_time_off",
    "adjust_program",
    "archive_appointment",
    "assign_registration",
    "book_appointment",
    "book_own_slot",
    "book_repeating",
    "book_slot",
    "cancel_appointment",
    "cancel_program",
    "cancel_repeating",
    "change_appointment",
    "change_assistants",
    "change_series",
    "change_slot",
    "complete_appointment",
    "confirm_appointment",
    "create_series",
    "create_slot",
    "create_slots",
    "delete_recurring_time_off",
    "delete_series",
    "delete_time_off",
    "end_recurring_time_off",
    "end_time_off",
    "extend_series",
    "extend_time_off",
    "import_holidays",
    "mark_arrived",
    "mark_no_show",
    "place_hold",
    "preview_reschedule",
    "preview_slots",
    "program_effects",
    "rebook_appointment",
    "record_appointment",
    "register_contact",
    "reject_appointment",
    "release_hold",
    "remove_holiday",
    "reschedule_appointment",
    "reschedule_repeating",
    "set_holiday",
    "start_care",
    "undo_appointment",
    "undo_batch",
    "withdraw_series",
    "withdraw_slot",
    "withdraw_slots",
    "would_cancel",
    "would_reschedule",
]
