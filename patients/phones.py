"""Telephone numbers: which whole number a text means, and the digits that the search compares."""

from __future__ import annotations

from dataclasses import dataclass

from phonenumber_field.phonenumber import PhoneNumber as ParsedNumber
from phonenumbers import (
    COUNTRY_CODE_TO_REGION_CODE,
    NumberParseException,
    PhoneNumberMatcher,
    national_significant_number,
)
from phonenumbers import parse as parse_whole

# Fewer digits than this are no search for a number.
FEWEST_DIGITS = 4
# So many of them must be left without the zeros in front to be the beginning of a number: fewer begin every tenth.
FEWEST_DIGITS_IN_FRONT = 3


def meant_number(text: str, country_code: str) -> ParsedNumber | None:
    """Return the one valid number in `text`, which may have words beside it; None if there is none, or several.

    A number without a country's prefix is one of `country_code` ("" = unknown).
    """
    try:
        parsed = ParsedNumber.from_string(text, region=country_code or None)
    except NumberParseException:
        return None
    if parsed.is_valid():
        return parsed
    found = list(PhoneNumberMatcher(text, country_code or None))
    if len(found) != 1 or len(digits_of(text)) > len(digits_of(found[0].raw_string)):
        return None
    return ParsedNumber.from_string(found[0].raw_string, region=country_code or None)


def national_digits(number: ParsedNumber) -> str:
    """Return the digits of a number within its country, without leading zeros."""
    return national_significant_number(number).lstrip("0")


def parted(e164: str) -> tuple[str, str]:
    """Split a full number into country prefix and national number: `+390612345` into `+39` and `0612345`."""
    # No country's code begins with another's: a list of a hundred patients need not have each number parsed.
    ends = (end for end in (2, 3, 4) if e164[1:end].isdecimal() and int(e164[1:end]) in COUNTRY_CODE_TO_REGION_CODE)
    end = next(ends, 0) or 1 + len(str(parse_whole(e164).country_code))
    return e164[:end], e164[end:]


def digits_of(text: str) -> str:
    """Return all digits of `text`, without leading zeros."""
    return "".join(str(int(one)) for one in text if one.isdecimal()).lstrip("0")


@dataclass(frozen=True, slots=True)
class Dictated:
    """A number, or a part of one, as somebody types it into a search.

    `ends`: a number ends with these digits, zeros in front included; `begins`: the number within its country begins
    with these; `whole`: the number with its country's prefix does; `contains`: these digits stand next to each other.
    "" = not asked for.
    """

    ends: str
    contains: str
    begins: str = ""
    whole: str = ""


def dictated(text: str) -> Dictated | None:
    """Return the number that a search text means; None if it has letters, or too few digits.

    With zeros in front and one or two digits behind them a number does not begin, it ends.
    """
    digits = "".join(str(int(one)) for one in text if one.isdecimal())
    if len(digits) < FEWEST_DIGITS or any(one.isalpha() for one in text):
        return None
    begins = digits.lstrip("0")
    if len(begins) < FEWEST_DIGITS_IN_FRONT:
        return Dictated(ends=digits, contains=digits)
    if text.lstrip(" (").startswith("+") or digits.startswith("00"):
        return Dictated(ends=digits, contains=begins, begins=begins, whole="+" + digits.removeprefix("00"))
    return Dictated(ends=digits, contains=digits, begins=begins, whole="" if digits != begins else f"+{digits}")
