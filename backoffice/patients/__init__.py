"""Patients: their list, the page that shows one at a glance, their documents."""
