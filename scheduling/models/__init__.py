"""Appointments, the slots they are booked in, and who is busy when."""

from scheduling.models.appointment import Appointment, AppointmentAssistant, AppointmentSeries, AppointmentService
from scheduling.models.busy import Claim, Hold, TimeOff, TimeOffSeries
from scheduling.models.slots import AvailableSlot, Holiday, SeriesSkip, SlotBatch, SlotSeries

__all__ = [
    "Appointment",
    "AppointmentAssistant",
    "AppointmentSeries",
    "AppointmentService",
    "AvailableSlot",
    "Claim",
    "Hold",
    "Holiday",
    "SeriesSkip",
    "SlotBatch",
    "SlotSeries",
    "TimeOff",
    "TimeOffSeries",
]
