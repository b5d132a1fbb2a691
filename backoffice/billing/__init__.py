"""The billing area: bills, payments, care plans, the till."""
