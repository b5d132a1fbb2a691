"""The patient at a glance: who they are and what is going on with them, on one page."""

from backoffice.patient_page.page import patient_page

__all__ = ["patient_page"]
