"""Offering many slots at once: asked for on one page, looked at week by week, made, and taken back."""

from backoffice.calendar.pages.bulk_slots.page import bulk_urls as bulk_urls
