"""What of billing can be imported: what is set up for it, care plans, bills of another system and what was paid."""

from billing.imports.bills import BILLS, INSTALMENTS, TRANSACTIONS
from billing.imports.plans import CARE_PLANS, ENTRIES, VALUES
from billing.imports.setup import ACCOUNTS, COMPANIES, DISCARD_REASONS, PAYMENT_TYPES, PRICE_LISTS, PRICES

IMPORTS = [
    COMPANIES,
    PRICE_LISTS,
    PRICES,
    PAYMENT_TYPES,
    ACCOUNTS,
    DISCARD_REASONS,
    CARE_PLANS,
    ENTRIES,
    VALUES,
    BILLS,
    INSTALMENTS,
    TRANSACTIONS,
]

__all__ = ["IMPORTS"]
