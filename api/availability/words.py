"""The contract's words for our states and refusals."""

from __future__ import annotations

from api.base.words import words_for
from scheduling.states import AppointmentStatus

# The state of a book; the contract's specification does not name one.
BOOK_WORDS = words_for(
    AppointmentStatus,
    {
        AppointmentStatus.REQUESTED: "requested",
        AppointmentStatus.CONFIRMED: "confirmed",
        AppointmentStatus.ARRIVED: "arrived",
        AppointmentStatus.IN_CARE: "in_care",
        AppointmentStatus.DONE: "done",
        AppointmentStatus.NO_SHOW: "no_show",
        AppointmentStatus.CANCELLED: "cancelled",
        AppointmentStatus.REJECTED: "rejected",
    },
)

# The specification's own texts for a missing permission, and for a slot that overlaps another one.
LITERAL = {401: "You are not authorized to perform this action.", 403: "Admin access required"}
CONFLICT = "Time slot conflicts with existing availability"

# The name under which it reports errors of the whole request.
WHOLE = "base"
