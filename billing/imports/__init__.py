"""The kinds of billing data that can be imported: setup, care plans, another system's bills, and payments."""

from billing.imports.bills import BILLS, INSTALMENTS, TRANSACTIONS
from billing.imports.plans import CARE_PLANS, ENTRIES, PLAN_VISITS, VALUES
from billing.imports.setup import (
    ACCOUNTS,
    BILLING_SETTINGS,
    COMPANIES,
    DISCARD_REASONS,
    PAYMENT_TYPES,
    PRICE_LISTS,
    PRICES,
)

IMPORTS = [
    BILLING_SETTINGS,
    COMPANIES,
    PRICE_LISTS,
    PRICES,
    PAYMENT_TYPES,
    ACCOUNTS,
    DISCARD_REASONS,
    CARE_PLANS,
    ENTRIES,
    PLAN_VISITS,
    VALUES,
    BILLS,
    INSTALMENTS,
    TRANSACTIONS,
]

__all__ = ["IMPORTS"]
