"""Product orders of patients."""
