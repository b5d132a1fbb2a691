"""Giving a visit its time: the page that books, and the free times that it, moving and registrations offer."""
