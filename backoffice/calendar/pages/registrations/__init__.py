"""Registrations: the list of people waiting for a call, and the page that gives one a patient and a time."""

from backoffice.calendar.pages.registrations.page import registration_urls as registration_urls
