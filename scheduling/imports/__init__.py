"""What of the calendar can be imported: appointments as they were kept elsewhere, slots and series that lie ahead."""

from scheduling.imports.absences import HOLIDAYS, TIME_OFF, TIME_OFF_SERIES
from scheduling.imports.appointments import APPOINTMENTS
from scheduling.imports.slots import SERIES, SLOTS
from scheduling.imports.treatments import APPOINTMENT, TREATMENTS

# Slots come before the visits that stand in them.
IMPORTS = [HOLIDAYS, SLOTS, SERIES, APPOINTMENTS, TREATMENTS, TIME_OFF, TIME_OFF_SERIES]

__all__ = ["APPOINTMENT", "IMPORTS"]
