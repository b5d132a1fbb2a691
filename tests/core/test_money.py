"""Money: two places, half up, no float, shown as people read it."""

from decimal import Decimal
from fractions import Fraction

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from catalog.models import ServiceSpecialist
from core.money import CENT, MoneyField, show, to_cents

amounts = st.decimals(min_value=0, max_value=10**9, allow_nan=False, allow_infinity=False, places=6)


@pytest.mark.parametrize(
    ("exact", "cents"),
    [
        ("0.005", "0.01"),
        ("0.004999", "0.00"),
        ("10.005", "10.01"),
        ("2.675", "2.68"),
        ("1", "1.00"),
        ("-0.005", "-0.01"),
    ],
)
def test_half_a_cent_goes_up(exact, cents):
    assert str(to_cents(Decimal(exact))) == cents


@given(amounts)
def test_a_rounded_amount_is_the_nearest_with_two_places(amount):
    rounded = to_cents(amount)
    assert rounded.as_tuple().exponent == -2
    assert abs(Fraction(rounded) - Fraction(amount)) <= Fraction(1, 200)
    assert to_cents(rounded) == rounded


@given(st.lists(amounts, max_size=20))
def test_a_sum_of_rounded_lines_needs_no_rounding(lines):
    total = sum(map(to_cents, lines), Decimal(0))
    assert to_cents(total) == total


@pytest.mark.parametrize(("given", "kept"), [("200", "200.00"), ("200.1", "200.10"), (5, "5.00"), (0, "0.00")])
def test_a_column_of_money_has_two_places(given, kept):
    amount = MoneyField().clean(given, None)
    assert (type(amount), str(amount)) == (Decimal, kept)


@pytest.mark.parametrize("given", ["-0.01", "10.005", "99999999999.00", "NaN", "Infinity", "ten", float("nan")])
def test_what_is_no_amount_is_refused(given):
    with pytest.raises(ValidationError):
        MoneyField().clean(given, None)


def test_an_absent_price_stays_absent():
    assert ServiceSpecialist._meta.get_field("custom_price").clean(None, None) is None


def test_a_cent_is_a_hundredth():
    assert CENT * 100 == 1


@pytest.mark.parametrize(
    ("language", "amount", "currency", "shown"),
    [
        ("en", "1234.5", "RON", "RON\xa01,234.50"),
        ("en", "1234.5", "EUR", "€1,234.50"),
        ("de", "1234.5", "EUR", "1.234,50\xa0€"),
        ("ro", "1234.5", "RON", "1.234,50\xa0RON"),
        ("en", "5", "", "¤5.00"),
    ],
)
def test_an_amount_is_shown_in_the_readers_language(language, amount, currency, shown):
    with translation.override(language):
        assert show(Decimal(amount), currency) == shown


def test_no_amount_shows_as_nothing():
    assert show(None, "RON") == ""
