"""Money at the desk: bills, payments, care plans, the till."""
