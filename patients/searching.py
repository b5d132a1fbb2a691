"""Whom the desk means by what it types: a birth date, a number, and words of the name, of the e-mail or of an identity.

Every word must be found somewhere. Names are compared folded and in the spellings that people use for one name. What a
patient is found by is kept in rows of its own (`PatientWord`) and as digits of the telephone numbers, so that what
begins with the typed text is a range of an index. Each way to find somebody gives ids; a list asks for those ids.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from core.days import FIRST_DAY, LAST_DAY
from patients.names import fold, spellings, words_of_name
from patients.phones import dictated

Ids = QuerySet[Any, Any]

# A day as it is typed; where two readings are possible both are looked for.
DAYS = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%d %m %Y", "%d%m%Y", "%Y%m%d")
PARTS_OF_AN_EMAIL = ".@-_+"
MOST_WORDS, LONGEST_WORD = 8, 100
# What stands before an identity among the words: it is found as a whole only, and never by a name.
IDENTITY = "="
# So many ids of patients are named to the database at most.
COMMON = 5_000


def words_of(*, search_name: str, email: str, identities: Collection[str]) -> set[str]:
    """The words by which a patient is found: of the folded name, of the e-mail and the identities."""
    words = words_of_name(search_name) | _parts(email.lower())
    return {one[:LONGEST_WORD] for one in words} | {_identity(one) for one in identities if one}


def _parts(email: str) -> set[str]:
    """The address, and what is left of it behind each mark, but for what stands behind its last dot alone."""
    last = email.rfind(".")
    return {email[n:] for n in range(len(email)) if (n == 0 or email[n - 1] in PARTS_OF_AN_EMAIL) and n <= last}


def _identity(text: str) -> str:
    return (IDENTITY + text.lower())[:LONGEST_WORD]


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


def meant_by(text: str, *, column: str = "pk", organizations: Collection[int] | None = None) -> Q | None:
    """The condition that the patient at `column` is meant; None for a text that says nothing.

    `organizations`: whose patients they can be (None: anybody's).
    """
    words = words_in(text)
    return meant_by_words(words, column=column, organizations=organizations) if words else None


def meant_by_words(words: Sequence[str], *, column: str = "pk", organizations: Collection[int] | None = None) -> Q:
    """The condition that each of the words means the patient at `column`.

    Their ids are read first, with one query, and named. Where that would be too many they are soon met in any order:
    the rows of the list are asked one by one. What an OR or a join would do, reading all of both tables, happens never.
    """
    ways = [found_by_word(word, organizations=organizations) for word in words]
    if (ids := ids_if_few(ways)) is not None:
        return Q(**{f"{column}__in": ids})
    condition = Q()
    for word, its_ways in zip(words, ways, strict=True):
        # A list of patients is sorted by name: those whose name begins with the word all stand in one place of it.
        first = _named_first(word) if column == "pk" else None
        condition &= asked_one_by_one(its_ways, column) if first is None else first
    return condition


def ids_if_few(ways: Sequence[Sequence[Ids]]) -> list[int] | None:
    """The ids of the patients whom each word finds by one of its ways; None where they are too many to be named."""
    ids = list(_by_all(ways)[: COMMON + 1])
    return ids if len(ids) <= COMMON else None


def _by_all(words: Sequence[Sequence[Ids]]) -> Ids:
    """The ids of the patients whom each word finds by one of its ways; if possible by the index of words alone."""
    from patients.models import Patient

    alone, *others = sorted(words, key=len)
    ids = alone[0] if len(alone) == 1 else Patient.objects.filter(pk__in=_any(alone)).values_list("pk", flat=True)
    for ways in others:
        ids = ids.filter(**{f"{_holder(ids)}__in": _any(ways)})
    return ids


def _any(ways: Sequence[Ids]) -> Ids:
    first, *others = ways
    return first.union(*others) if others else first


def _holder(ids: Ids) -> str:
    """The column of these rows that is the patient's id."""
    return "patient" if any(field.name == "patient" for field in ids.model._meta.concrete_fields) else "pk"


def _named_first(word: str) -> Q | None:
    """Names that begin with the word, where they are so many that nobody looks for another; else None."""
    from patients.models import Patient

    condition = Q(pk__in=[])
    for one in spellings(word):
        condition |= Q(search_name__begins=one)
    named = Patient.objects.filter(condition).values_list("pk")
    return condition if named[COMMON : COMMON + 1].exists() else None


def asked_one_by_one(ways: Sequence[Ids], column: str) -> Q:
    """The condition that one of the ways of a word finds the patient at `column`, for rows found by something else."""
    condition = Q()
    for way in ways:
        condition |= Q(Exists(way.filter(**{_holder(way): OuterRef(column)})))
    return condition


def words_in(text: str) -> list[str]:
    """What was typed, cut into what is looked for: one number, though it has spaces, or each word."""
    text = text.replace("\x00", "").strip()
    if not any(one.isalpha() for one in text) and _is_number(text):
        return [text]
    return [word[:LONGEST_WORD] for word in text.split()[:MOST_WORDS]]


def found_by_word(word: str, *, organizations: Collection[int] | None = None) -> list[Ids]:
    """The ids of the patients that one of `words_in` means, by each way to find them."""
    if not any(one.isalpha() for one in word) and _is_number(word):
        return _by_number(word, organizations)
    return _by_word(word, organizations)


def _is_number(text: str) -> bool:
    """Whether it is a birth date or a telephone number, perhaps an identity, and not several of them."""
    return bool(days_in(text)) or (len(text) <= LONGEST_WORD and dictated(text) is not None)


def _by_number(text: str, organizations: Collection[int] | None) -> list[Ids]:
    from patients.models import Patient

    ways = [_words(Q(word=_identity(text)), organizations)]
    if days := days_in(text):
        born = Patient.objects.filter(organization__in=_or_all(organizations), date_of_birth__in=days)
        ways.append(born.values_list("pk", flat=True))
    return ways + by_phone(text)


def by_phone(text: str) -> list[Ids]:
    """The ids of the patients one of whose numbers begins or ends so, by each way to say a number."""
    from patients.models import PhoneNumber

    number = dictated(text)
    if number is None:
        return []
    ways = (
        {"digits__begins": number.begins or number.contains},
        {"digits_reversed__begins": number.contains[::-1]},
        {"e164__begins": number.whole or f"+{number.contains}"},
        # Of what could not be understood as one number, which is little, the middle may be meant.
        {"e164": "", "digits__contains": number.contains},
    )
    return [PhoneNumber.objects.filter(**way).values_list("patient", flat=True) for way in ways]


def _by_word(word: str, organizations: Collection[int] | None) -> list[Ids]:
    # An identity has a digit; without that question the answer is a single range of the index.
    condition = Q(word=_identity(word)) if any(one.isdigit() for one in word) else Q(pk__in=[])
    begins = {word.lower(), *spellings(word)} if fold(word) else set()
    # Of a folded word of several parts (O'Neil) all are looked for, next to each other.
    phrases = {one for one in begins if " " in one}
    for one in begins - phrases:
        condition |= Q(word__begins=one)
    return [_words(condition, organizations), *(_by_phrase(one, organizations) for one in sorted(phrases))]


def _by_phrase(phrase: str, organizations: Collection[int] | None) -> Ids:
    from patients.models import Patient

    rows = Patient.objects.filter(Q(search_name__startswith=phrase) | Q(search_name__contains=f" {phrase}"))
    for part in phrase.split():
        rows = rows.filter(pk__in=_words(Q(word__begins=part), organizations))
    return rows.values_list("pk", flat=True)


def _words(condition: Q, organizations: Collection[int] | None) -> Ids:
    from patients.models import PatientWord

    return PatientWord.objects.filter(condition, organization__in=_or_all(organizations)).values_list(
        "patient", flat=True
    )


def _or_all(organizations: Collection[int] | None) -> Any:
    """The index begins with the organization: where nobody names any, it is looked into for each."""
    from directory.models import Organization

    return Organization.objects.values("pk") if organizations is None else organizations
