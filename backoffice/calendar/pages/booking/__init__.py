"""The booking page, and the free times that it, moving and registrations offer."""
