"""Money at the desk: bills, payments, care plans, what a practice sets up, and the pages of the till."""

from backoffice.billing import bills, care_plans, panels, payment_steps, payments, setup, timeline, writing
from backoffice.billing.pages import aged_debts, cash_book, documents, till, to_bill

__all__ = [
    "aged_debts",
    "bills",
    "care_plans",
    "cash_book",
    "documents",
    "panels",
    "payment_steps",
    "payments",
    "setup",
    "till",
    "timeline",
    "to_bill",
    "writing",
]
