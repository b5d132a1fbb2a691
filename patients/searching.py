"""Whom the desk means by what it types: a birth date, a number, and words of the name, of the e-mail or of an identity.

Every word must be found somewhere. Names are compared folded and in the spellings that people use for one name.
"""

from __future__ import annotations

from datetime import date, datetime

from django.db.models import Q

from core.days import FIRST_DAY, LAST_DAY
from patients.names import fold, spellings
from patients.phones import dictated

# A day as it is typed; where two readings are possible both are looked for.
DAYS = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%d %m %Y", "%d%m%Y", "%Y%m%d")
PARTS_OF_AN_EMAIL = ".@-_+"
MOST_WORDS, LONGEST_WORD = 8, 100


def days_in(text: str) -> set[date]:
    """The days that the text can mean; none where it is no day."""
    found = set()
    for layout in DAYS:
        try:
            day = datetime.strptime(text.strip(), layout).date()  # noqa: DTZ007 a day has no zone
        except ValueError:
            continue
        if FIRST_DAY <= day <= LAST_DAY:
            found.add(day)
    return found


def meant_by(text: str) -> Q | None:
    """The condition on a patient; None for a text that says nothing. Phone numbers are asked through `phone`."""
    text = text.replace("\x00", "").strip()
    if not text:
        return None
    if not any(one.isalpha() for one in text) and (whole := _number(text)) is not None:
        return whole
    condition = Q()
    for word in text.split()[:MOST_WORDS]:
        condition &= _word(word[:LONGEST_WORD])
    return condition


def _number(text: str) -> Q | None:
    """A birth date, a telephone number or an identity; None where the text is neither, but several of them."""
    days, number = days_in(text), dictated(text)
    if not days and (number is None or len(text) > LONGEST_WORD):
        return None
    condition = Q(identity_number=text) | Q(medicare=text)
    if days:
        condition |= Q(date_of_birth__in=days)
    return condition | phone(text) if number is not None else condition


def phone(text: str) -> Q:
    """The condition that one of the patient's numbers is dictated so."""
    from patients.models import PhoneNumber
    from patients.querysets import dialled

    number = dictated(text)
    if number is None:
        return Q(pk__in=[])
    return Q(pk__in=PhoneNumber.objects.filter(dialled(number)).values("patient"))


def _word(word: str) -> Q:
    if not any(one.isalpha() for one in word) and (number := _number(word)) is not None:
        return number
    condition = Q(identity_number__iexact=word) | Q(italian_fiscal_code__iexact=word)
    # Of a folded word of several parts (O'Neil) the beginning of a name is looked for all the same.
    for name in spellings(word):
        condition |= Q(search_name__startswith=name) | Q(search_name__contains=f" {name}")
    if fold(word):
        condition |= Q(email__istartswith=word)
        for mark in PARTS_OF_AN_EMAIL:
            condition |= Q(email__icontains=mark + word)
    return condition
