"""The arithmetic of money: every way of dividing an amount adds up again to the cent."""

import ast
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from hypothesis import given, settings
from hypothesis import strategies as st

from billing import sums
from core.money import CENT
from tests.plugins.counts import scaled

MANY = settings(max_examples=scaled(100, 10_000))

cents = st.integers(0, 10_000_000).map(lambda value: Decimal(value) * CENT)
some = st.integers(1, 10_000_000).map(lambda value: Decimal(value) * CENT)
percentages = st.integers(0, 10_000).map(lambda value: Decimal(value) * CENT)


@MANY
@given(cents, percentages)
def test_net_and_tax_of_a_gross_amount_are_the_amount(gross, rate):
    amounts = sums.from_gross(gross, rate)
    assert amounts.gross == gross
    assert amounts.net >= 0
    assert amounts.vat >= 0
    exact = Fraction(gross) * Fraction(rate) / (100 + Fraction(rate))
    assert abs(Fraction(amounts.vat) - exact) <= Fraction(1, 200)


@MANY
@given(cents, percentages)
def test_tax_on_a_net_amount_is_the_nearest_cent(net, rate):
    assert abs(Fraction(sums.from_net(net, rate).vat) - Fraction(net) * Fraction(rate) / 100) <= Fraction(1, 200)


@MANY
@given(cents, st.lists(cents, min_size=1, max_size=12))
def test_shares_add_up_to_the_whole_and_none_is_negative(amount, weights):
    shares = sums.split(amount, weights)
    assert sum(shares) == (amount if sum(weights) else 0)
    assert min(shares) >= 0


@MANY
@given(st.lists(some, min_size=1, max_size=12), st.data())
def test_no_share_of_a_part_is_more_than_its_weight(weights, data):
    part = data.draw(st.integers(0, int(sum(weights) / CENT))) * CENT
    assert all(share <= weight for share, weight in zip(sums.split(part, weights), weights, strict=True))


@MANY
@given(cents, st.integers(1, 36))
def test_instalments_add_up_and_differ_by_at_most_a_cent(amount, number):
    parts = sums.instalments(amount, number)
    assert (len(parts), sum(parts)) == (number, amount)
    assert max(parts) - min(parts) <= CENT


def test_what_was_given_back_beyond_what_came_covers_nothing():
    assert sums.covered([Decimal("10.00"), Decimal("20.00")], Decimal("-5.00")) == [0, 0]


@MANY
@given(st.lists(some, max_size=12), cents)
def test_what_is_paid_covers_the_oldest_first(amounts, paid):
    covered = sums.covered(amounts, paid)
    assert sum(covered) == min(paid, sum(amounts))
    full = [part == amount for part, amount in zip(covered, amounts, strict=True)]
    assert full == sorted(full, reverse=True)
    assert sum(part not in (0, amount) for part, amount in zip(covered, amounts, strict=True)) <= 1


@MANY
@given(some, percentages, st.lists(st.integers(0, 1000), min_size=1, max_size=8))
def test_the_tax_of_credited_parts_is_in_the_end_the_tax_of_the_line(gross, rate, weights):
    line = sums.from_gross(gross, rate)
    gone, vat_gone = sums.ZERO, sums.ZERO
    for part in sums.split(gross, [Decimal(weight) for weight in [*weights, 1]]):
        vat = sums.share(line.vat, part=gone + part, of=gross) - vat_gone
        assert 0 <= vat <= part
        gone, vat_gone = gone + part, vat_gone + vat
    assert (gone, vat_gone) == (gross, line.vat)


@MANY
@given(st.lists(st.tuples(percentages, cents, cents), max_size=20))
def test_the_sums_by_rate_are_the_sums_of_the_lines(lines):
    rows = [(rate, sums.Amounts(net, vat)) for rate, net, vat in lines]
    by_rate = sums.by_rate(rows)
    assert sums.total(by_rate.values()) == sums.total(amounts for _rate, amounts in rows)
    assert list(by_rate) == sorted(set(by_rate))


@pytest.mark.parametrize(
    ("price", "percentage", "absolute", "costs"),
    [("60.00", "0", "0", "60.00"), ("10.05", "50", "0", "5.03"), ("99.99", "33.33", "5.00", "61.66")],
)
def test_an_entry_costs_its_price_less_its_discounts(price, percentage, absolute, costs):
    found = sums.entry_price(Decimal(price), percentage=Decimal(percentage), absolute=Decimal(absolute))
    assert str(found) == costs


def floats_in(path):
    tree = ast.parse(path.read_text())
    return [
        node.lineno
        for node in ast.walk(tree)
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.Name) and node.id in ("float", "FloatField"))
        or (isinstance(node, ast.Attribute) and node.attr == "FloatField")
    ]


def test_no_float_is_anywhere_near_money():
    root = Path(django_settings.BASE_DIR)
    paths = [
        *(root / "billing").rglob("*.py"),
        *(root / "backoffice" / "billing").rglob("*.py"),
        root / "core/money.py",
    ]
    found = {str(path.relative_to(root)): lines for path in paths if (lines := floats_in(path))}
    assert found == {}


def test_a_planted_float_is_found(tmp_path):
    planted = tmp_path / "planted.py"
    planted.write_text("price = 1.5\nother = float('2')\n")
    assert floats_in(planted) == [1, 2]
