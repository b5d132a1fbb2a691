"""Creating many slots at once: ask on one page, preview week by week, create, and undo."""

from backoffice.calendar.pages.bulk_slots.page import bulk_urls as bulk_urls
