"""The contract's words for our states and refusals."""

from __future__ import annotations

from api.base.words import words_for
from scheduling.states import AppointmentStatus

# How a book stands: the seed says nothing of it.
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

# What the seed says to whom may not come in, and of a slot that hits another one.
LITERAL = {401: "You are not authorized to perform this action.", 403: "Admin access required"}
CONFLICT = "Time slot conflicts with existing availability"

# Under which name it tells what is wrong with the whole.
WHOLE = "base"
