"""The verbs of slots and appointments, and the composite verbs over programs."""

from scheduling.services.absences import (
    add_recurring_time_off,
    add_time_off,
    end_recurring_time_off,
    end_time_off,
    extend_time_off,
    hit_by_time_off,
)
from scheduling.services.booking import book_appointment, book_slot, record_appointment
from scheduling.services.free_times import FreeTime, first_of_each, free_times, next_free
from scheduling.services.holidays import closed_days, hit_by_closure, import_holidays, remove_holiday, set_holiday
from scheduling.services.lifecycle import (
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
from scheduling.services.moving import change_assistants, reschedule_appointment
from scheduling.services.offers import Offer, SlotWish
from scheduling.services.own import book_own_slot, cancel_own_appointment, public_slots, reschedule_own_appointment
from scheduling.services.program_verbs import ProgramEffects, adjust_program, cancel_program, program_effects
from scheduling.services.registrations import assign_registration, register_contact
from scheduling.services.repeated import cancel_repeating, reschedule_repeating
from scheduling.services.repeating import Repeat, book_repeating
from scheduling.services.series import change_series, create_series, extend_series, withdraw_series
from scheduling.services.slots import (
    BatchResult,
    change_slot,
    create_slot,
    create_slots,
    preview_slots,
    undo_batch,
    withdraw_slot,
    withdraw_slots,
)
from scheduling.services.why_not import why_not

__all__ = [
    "BatchResult",
    "FreeTime",
    "Offer",
    "ProgramEffects",
    "Repeat",
    "SlotWish",
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
    "cancel_own_appointment",
    "cancel_program",
    "cancel_repeating",
    "change_appointment",
    "change_assistants",
    "change_series",
    "change_slot",
    "closed_days",
    "complete_appointment",
    "confirm_appointment",
    "create_series",
    "create_slot",
    "create_slots",
    "end_recurring_time_off",
    "end_time_off",
    "extend_series",
    "extend_time_off",
    "first_of_each",
    "free_times",
    "hit_by_closure",
    "hit_by_time_off",
    "import_holidays",
    "mark_arrived",
    "mark_no_show",
    "next_free",
    "preview_slots",
    "program_effects",
    "public_slots",
    "record_appointment",
    "register_contact",
    "reject_appointment",
    "remove_holiday",
    "reschedule_appointment",
    "reschedule_own_appointment",
    "reschedule_repeating",
    "set_holiday",
    "start_care",
    "undo_appointment",
    "undo_batch",
    "why_not",
    "withdraw_series",
    "withdraw_slot",
    "withdraw_slots",
]
