"""How people are named."""

from __future__ import annotations

from rest_framework import serializers

from api.base.body import ComputedField


def full_name(first: str, last: str) -> str:
    """A person's name in one text."""
    return f"{first} {last}".strip()


def named(person: str = "") -> ComputedField:
    """The `name` of the person at the relation `person` ("" = the row is one)."""
    prefix = f"{person}__" if person else ""
    return ComputedField(serializers.CharField(), f"{prefix}first_name", f"{prefix}last_name", make=full_name)
