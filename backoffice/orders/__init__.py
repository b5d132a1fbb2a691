"""The orders area: product orders of patients."""
