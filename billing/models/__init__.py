"""Money: price lists, care plans, bills, what is owed on them, payments and the till."""

from billing.models.bills import Bill, BillBalance, BillCounter, BilledWork, BillLine, Liability
from billing.models.payments import Account, PaymentType, Receipt, TillClosing, Transaction
from billing.models.plans import CarePlan, CarePlanDiscardReason, CarePlanEntry, CarePlanEntryAppointment
from billing.models.setup import BillingSettings, Company, PriceList, PriceListItem

__all__ = [
    "Account",
    "Bill",
    "BillBalance",
    "BillCounter",
    "BillLine",
    "BilledWork",
    "BillingSettings",
    "CarePlan",
    "CarePlanDiscardReason",
    "CarePlanEntry",
    "CarePlanEntryAppointment",
    "Company",
    "Liability",
    "PaymentType",
    "PriceList",
    "PriceListItem",
    "Receipt",
    "TillClosing",
    "Transaction",
]
