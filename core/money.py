"""Money: Decimal with two places, rounded half up, never a float."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from babel import Locale
from babel.numbers import format_currency, get_currency_symbol
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import get_language, to_locale

_Set = TypeVar("_Set", contravariant=True)
_Get = TypeVar("_Get", covariant=True)

if TYPE_CHECKING:
    # Generic, so that the checker sees `Decimal | None` where the column may be null.
    class _DecimalField(models.DecimalField[_Set, _Get]): ...
else:

    class _DecimalField(models.DecimalField):
        def __class_getitem__(cls, _types: object) -> type:
            return cls


CENT = Decimal("0.01")


def to_cents(amount: Decimal) -> Decimal:
    """Round `amount` to two places, half up; the only place where money is rounded."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def net_of(gross: Decimal, tax_rate: Decimal) -> Decimal:
    """Return the net part of a gross amount with tax of `tax_rate` percent."""
    return to_cents(gross * 100 / (100 + tax_rate))


def show(amount: Decimal | None, currency: str) -> str:
    """Return `amount` as a person reads it in the active language ("" for None)."""
    if amount is None:
        return ""
    locale = Locale.parse(to_locale(get_language() or "en"))
    currency = currency or "XXX"
    pattern = locale.currency_formats["standard"].pattern
    if get_currency_symbol(currency, locale)[-1].isalpha():  # “RON 5.00”, but “€5.00”
        pattern = pattern.replace("¤#", "¤\xa0#")
    return format_currency(amount, currency, format=pattern, locale=locale)


class MoneyField(_DecimalField[_Set, _Get]):
    """A non-negative amount with two places; its currency stands beside it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 12)
        kwargs.setdefault("decimal_places", 2)
        kwargs.setdefault("validators", [MinValueValidator(0)])
        super().__init__(*args, **kwargs)

    def clean(self, value: Any, model_instance: Any) -> Any:
        """Refuse a third place; give a value with fewer than two places two, before it is stored."""
        cleaned = super().clean(value, model_instance)
        return None if cleaned is None else to_cents(cleaned)


class ComputedMoneyField(MoneyField[_Set, _Get]):
    """The `output_field` of an amount computed by the database: SQLite returns 99.9900000000000 for 99.99."""

    def from_db_value(self, value: Decimal | None, expression: object, connection: object) -> Decimal | None:
        """Return the value with two places, as a column has it."""
        return None if value is None else to_cents(value)
