"""Imports the areas, so that Django discovers their lists and pages."""

from backoffice.account import admin as account
from backoffice.billing import admin as billing
from backoffice.calendar import admin as calendar
from backoffice.catalogue import admin as catalogue
from backoffice.data import admin as data
from backoffice.orders import admin as orders
from backoffice.patients import admin as patients
from backoffice.people import admin as people
from backoffice.programs import admin as programs

__all__ = ["account", "billing", "calendar", "catalogue", "data", "orders", "patients", "people", "programs"]
