"""How practices are named."""

from __future__ import annotations

from rest_framework import serializers

from api.base.body import ComputedField


def practice_name() -> ComputedField:
    """The name that a practice shows to patients, else its own."""
    return ComputedField(
        serializers.CharField(), "display_name", "name", make=lambda displayed, name: displayed or name
    )
