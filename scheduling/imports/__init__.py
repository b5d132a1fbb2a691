"""The kinds of calendar data that can be imported: appointments of another system, and future slots and series."""

from scheduling.imports.absences import HOLIDAYS, TIME_OFF, TIME_OFF_SERIES
from scheduling.imports.appointments import APPOINTMENTS
from scheduling.imports.slots import SERIES, SLOTS
from scheduling.imports.treatments import APPOINTMENT, TREATMENTS

# Slots come before the visits booked in them.
IMPORTS = [HOLIDAYS, SLOTS, SERIES, APPOINTMENTS, TREATMENTS, TIME_OFF, TIME_OFF_SERIES]

__all__ = ["APPOINTMENT", "IMPORTS"]
