"""All arithmetic of money: Decimal in, Decimal out, rounded half up per line. Knows no table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import accumulate

from core.money import CENT, to_cents

ZERO = Decimal("0.00")
HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Amounts:
    """A sum without and with its tax; each was rounded where it arose."""

    net: Decimal = ZERO
    vat: Decimal = ZERO

    @property
    def gross(self) -> Decimal:
        """The amount with tax."""
        return self.net + self.vat

    def __add__(self, other: Amounts) -> Amounts:
        return Amounts(self.net + other.net, self.vat + other.vat)

    def __sub__(self, other: Amounts) -> Amounts:
        return Amounts(self.net - other.net, self.vat - other.vat)


def from_net(net: Decimal, rate: Decimal) -> Amounts:
    """Add the tax of `rate` percent to a net amount."""
    return Amounts(net, to_cents(net * rate / HUNDRED))


def from_gross(gross: Decimal, rate: Decimal) -> Amounts:
    """Split an amount that includes tax of `rate` percent."""
    vat = to_cents(gross * rate / (HUNDRED + rate))
    return Amounts(gross - vat, vat)


def total(amounts: Iterable[Amounts]) -> Amounts:
    """Return the sum of the amounts."""
    return sum(amounts, Amounts())


def less(amount: Decimal, percentage: Decimal) -> Decimal:
    """Return `amount` less a discount of `percentage` percent."""
    return to_cents(amount * (HUNDRED - percentage) / HUNDRED)


def entry_price(price: Decimal, *, percentage: Decimal, absolute: Decimal) -> Decimal:
    """Return the price of one execution of a care plan's entry, less its percentage, then its absolute discount."""
    return less(price, percentage) - absolute


def share(whole: Decimal, *, part: Decimal, of: Decimal) -> Decimal:
    """Return the share of `whole` that `part` of `of` gets, to the cent."""
    return to_cents(whole * part / of) if of else ZERO


def split(amount: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """Divide `amount` in proportion to the weights: to the cent, none negative, together exactly `amount`.

    The running total is what is rounded, so that no share makes up for the rounding of all others.
    """
    whole = sum(weights, ZERO)
    if not whole:
        return [ZERO for _weight in weights]
    bounds = [share(amount, part=upto, of=whole) for upto in accumulate(weights)]
    return [upper - lower for lower, upper in zip([ZERO, *bounds], bounds, strict=False)]


def instalments(amount: Decimal, number: int) -> list[Decimal]:
    """Divide `amount` into `number` equal parts; the first ones get the cents that are left over."""
    cents = int((amount / CENT).to_integral_value(rounding=ROUND_HALF_UP))
    each, over = divmod(cents, number)
    return [(each + (1 if place < over else 0)) * CENT for place in range(number)]


def covered(amounts: Iterable[Decimal], paid: Decimal) -> list[Decimal]:
    """Return how much of each of `amounts` is covered by `paid`, in their order."""
    left, found = max(paid, ZERO), []
    for amount in amounts:
        taken = min(amount, left)
        left -= taken
        found.append(taken)
    return found


def by_rate(lines: Iterable[tuple[Decimal, Amounts]]) -> dict[Decimal, Amounts]:
    """Return the sums of lines by tax rate, the lowest rate first."""
    found: dict[Decimal, Amounts] = defaultdict(Amounts)
    for rate, amounts in lines:
        found[rate] += amounts
    return dict(sorted(found.items()))
