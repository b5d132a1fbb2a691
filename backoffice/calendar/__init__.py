"""Appointments, slots, series, time off and holidays, and the pages that book and move."""
