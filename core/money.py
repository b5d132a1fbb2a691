"""Money: Decimal with two places, rounded half up, never a float."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from babel.numbers import format_currency
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import get_language, to_locale

if TYPE_CHECKING:
    DecimalBase = models.DecimalField[Decimal | str | int, Decimal]
else:
    DecimalBase = models.DecimalField

CENT = Decimal("0.01")


def to_cents(amount: Decimal) -> Decimal:
    """`amount` with two places, half up: the one place where money is rounded."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def show(amount: Decimal | None, currency: str) -> str:
    """`amount` as a person reads it in the active language ("" for None)."""
    if amount is None:
        return ""
    return format_currency(amount, currency or "XXX", locale=to_locale(get_language() or "en"))


class MoneyField(DecimalBase):
    """A non-negative amount with two places; its currency stands beside it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 12)
        kwargs.setdefault("decimal_places", 2)
        kwargs.setdefault("validators", [MinValueValidator(0)])
        super().__init__(*args, **kwargs)
