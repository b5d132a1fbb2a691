"""The telephone numbers in a cell: one, several with their kinds, or one with something beside it."""

from __future__ import annotations

import re
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from patients.states import PhoneType

LONGEST_NUMBER, LONGEST_LABEL = 32, 50


class WrittenNumber(NamedTuple):
    """A number as it was written, the text beside it, and its kind ("" = the cell does not say)."""

    number: str
    label: str = ""
    kind: str = ""


def numbers_in(text: str) -> tuple[WrittenNumber, ...]:
    """Return each number in a cell such as "Mobile: 0722 123 456, Home: 021 555 0101".

    A slash splits nothing: in some countries it stands within a number. What is not several whole numbers is kept as
    one, as it was typed; ValidationError for what is too long to be kept.
    """
    if PLAIN.fullmatch(text):
        return (WrittenNumber(text),)
    text = text.removeprefix("'").strip()  # by which a spreadsheet keeps the first zero
    if not MORE_THAN_ONE_NUMBER.search(text):
        return (_one(text),) if text else ()
    bare = text.strip(" :;,")
    if not bare or bare.casefold() in KINDS:
        return ()  # a kind without a number, of two columns that were joined
    parts = [part for part in SEPARATORS.split(text) if part]
    found = [ONE.fullmatch(part) for part in parts]
    if parts and all(found):
        return tuple(dict.fromkeys(_written(one) for one in found if one is not None))
    return (_one(text),) if text else ()


PLAIN = re.compile(r"[+(0-9][0-9 ()./+-]{0,31}")
SEPARATORS = re.compile(r"\s*(?::::|[;,\n])\s*")
MORE_THAN_ONE_NUMBER = re.compile(r"[;,:\n]|^[^\W\d]")
ONE = re.compile(
    r"""
    (?:(?P<word>[^\W\d_][^\d+(:]{0,30}?)\.?\s*:\s*|(?P<plain>[^\W\d_]{1,10})\.?\s+)?
    (?P<number>[+(0-9][0-9 ()./-]{4,28}[0-9])
    """,
    re.VERBOSE,
)

# How programs call a number's kind.
WORDS = {
    PhoneType.MOBILE: "mobile mob m cell cellular c mobil handy natel cellulare portable movil móvil celular",
    PhoneType.HOME: "home h private privat festnetz casa domicile fixe fijo acasa acasă",
    PhoneType.WORK: "work w business office b arbeit dienstlich büro lavoro ufficio bureau travail trabajo serviciu",
    PhoneType.FAX: "fax telefax",
    PhoneType.OTHER: "main other haupt sonstige autre altro otro",
}
KINDS = {word: kind for kind, words in WORDS.items() for word in words.split()}


def _written(found: re.Match[str]) -> WrittenNumber:
    word = (found["word"] or found["plain"] or "").strip()
    kind = KINDS.get(word.casefold(), "")
    return WrittenNumber(found["number"].strip(), "" if kind else word, kind)


def _one(text: str) -> WrittenNumber:
    if len(text) <= LONGEST_NUMBER:
        return WrittenNumber(text)
    found = NUMBER.search(text)
    number = found[0].strip(" .-/(") if found else ""
    label = " ".join(text.replace(number, " ").split()).strip(" ,;:-/")
    if not number or len(label) > LONGEST_LABEL:
        most = {"most": LONGEST_NUMBER}
        raise ValidationError(_("At most %(most)s characters are kept of a number, and 50 beside it.") % most)
    return WrittenNumber(number, label)


NUMBER = re.compile(r"(?<![0-9])[+(0-9][0-9 ()./-]{4,30}[0-9](?![0-9])")
