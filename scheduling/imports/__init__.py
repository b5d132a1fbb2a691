"""What of the calendar can be imported: appointments as they were kept elsewhere, slots and series that lie ahead."""

from scheduling.imports.appointments import APPOINTMENTS
from scheduling.imports.slots import SERIES, SLOTS

IMPORTS = [APPOINTMENTS, SLOTS, SERIES]
