"""Dates and times as the back office writes them, by language."""
