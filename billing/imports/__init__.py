"""What of billing can be imported: what is set up for it, care plans, bills of another system and what was paid."""

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
