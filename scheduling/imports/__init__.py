"""What of the calendar can be imported: appointments as they were kept elsewhere, slots and series that lie ahead."""

from scheduling.imports.absences import HOLIDAYS, TIME_OFF, TIME_OFF_SERIES
from scheduling.imports.appointments import APPOINTMENTS
from scheduling.imports.slots import SERIES, SLOTS
from scheduling.imports.treatments import TREATMENTS

IMPORTS = [HOLIDAYS, APPOINTMENTS, TREATMENTS, SLOTS, SERIES, TIME_OFF, TIME_OFF_SERIES]
