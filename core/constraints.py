"""Builders for constraints that many tables share."""

from __future__ import annotations

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models


def known(table: str, column: str, choices: type[models.TextChoices], *, blank: bool = False) -> models.CheckConstraint:
    """CHECK that an enum column holds one of its words: `<table>_<column>_known`."""
    words = list(choices.values) + ([""] if blank else [])
    return models.CheckConstraint(condition=models.Q(**{f"{column}__in": words}), name=f"{table}_{column}_known")


def at_least(table: str, column: str, least: int) -> models.CheckConstraint:
    """CHECK column >= least (null passes): `<table>_<column>_at_least_<least>`."""
    condition: Any = models.Q(**{f"{column}__gte": least}) | models.Q(**{f"{column}__isnull": True})
    return models.CheckConstraint(condition=condition, name=f"{table}_{column}_at_least_{least}")


PERCENT = (MinValueValidator(0), MaxValueValidator(100))  # of a form's field; the table has `percent`


def percent(table: str, column: str) -> models.CheckConstraint:
    """CHECK 0 <= column <= 100."""
    condition = models.Q(**{f"{column}__gte": 0, f"{column}__lte": 100})
    return models.CheckConstraint(condition=condition, name=f"{table}_{column}_percent")
