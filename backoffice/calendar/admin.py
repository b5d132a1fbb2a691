"""The lists and pages of the calendar."""

from backoffice.calendar import appointments as appointments
from backoffice.calendar import batches as batches
from backoffice.calendar import holidays as holidays
from backoffice.calendar import patient_panels as patient_panels
from backoffice.calendar import slot_series as slot_series
from backoffice.calendar import slots as slots
from backoffice.calendar import time_off as time_off
from backoffice.calendar import timeline as timeline
from backoffice.calendar.pages import board as board
from backoffice.calendar.pages import bulk_slots as bulk_slots
from backoffice.calendar.pages import calendar as calendar
from backoffice.calendar.pages import day_list as day_list
from backoffice.calendar.pages import registrations as registrations
from backoffice.calendar.pages import to_be_moved as to_be_moved
