"""The calendar area: appointments, slots, series, time off, holidays, and the pages that book and move."""
