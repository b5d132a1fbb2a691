"""Whom the desk means by what it types: a birth date, a number, and words of the name, of the e-mail or of an identity.

Every word must be found somewhere. Names are compared folded and in the spellings that people use for one name. What a
patient is found by is kept in rows of its own (`PatientWord`) and as digits of the telephone numbers, so that what
begins with the typed text is a range of an index. A word that few patients have gives their ids, and a list asks for
those; for words that many have the rows of the list are asked in their order, until a page is full.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Case, Exists, Model, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Mod
from django.db.models.lookups import IsNull

from core.days import FIRST_DAY, LAST_DAY
from core.plain_text import range_of
from core.prepared import one_of, read_once
from patients.names import fold, spellings, words_of_name
from patients.phones import dictated

Ids = QuerySet[Any, Any]

# A day as it is typed; where two readings are possible both are looked for.
DAYS = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%d %m %Y", "%d%m%Y", "%Y%m%d")
PARTS_OF_AN_EMAIL = ".@-_+"
MOST_WORDS, LONGEST_WORD = 8, 100
# What stands before an identity among the words: it is found as a whole only, and never by a name.
IDENTITY = "="
# So many ids of patients are named to the database at most: to look up the visits of more takes longer than to walk
# over the newest visits until a page is full, of which one in some hundreds is then one of theirs.
COMMON = 2_000
# Words that are common alone may mean few together. They do not where so many patients have the first of them, and at
# least one in fifteen of a sample has the others, too; otherwise it is looked up who has them all.
MANY, SAMPLE, ONE_IN = 15_000, 400, 15
# One in so many of those whose name begins with a common word is looked at, to see whether they have the others.
ONE_IN_PLACE = 101
# A searcher who sees only some of an organization's patients must see at least so many of these: what a search counts.
SEEN = 200


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


@dataclass(frozen=True, slots=True)
class Way:
    """One way to find patients: rows that name them in the column `holder`.

    `found` is the condition by which an index finds these rows. `placed` where the index begins with the organization.
    """

    model: type[Model]
    found: Q
    holder: str = "patient"
    placed: bool = True

    def ids(self, organizations: Collection[int] | None) -> Ids:
        """The ids of the patients of these organizations who are found so (None: of all)."""
        rows = self.model._default_manager.filter(self.found)
        if self.placed:
            rows = rows.filter(_of(organizations))
        return rows.values_list(self.holder, flat=True)

    def among(self, patients: Collection[int]) -> Ids:
        """The ids of those of the patients who are found so."""
        rows = self.model._default_manager.filter(one_of(self.holder, patients), self.found)
        return rows.values_list(self.holder, flat=True)

    def asked_of(self, column: str) -> IsNull:
        """The condition that the patient at `column` of a row is found so, asked of one row after the other.

        An EXISTS says the same, and PostgreSQL may read all whom the word means for it before it looks at a row.
        """
        rows = self.model._default_manager.filter(self.found, **{self.holder: OuterRef(column)})
        return IsNull(Subquery(rows.values(self.holder)[:1]), False)

    def joined_to(self, column: str, organizations: Collection[int] | None) -> Exists | Q:
        """The same for the database to choose how to look, where all rows are looked at.

        SQLite asks an EXISTS of one row after the other; of an IN it reads all whom the word means once.
        """
        if connection.vendor == "sqlite":
            return Q(**{f"{column}__in": self.ids(organizations)})
        return Exists(self.ids(organizations).filter(**{self.holder: OuterRef(column)}))


class Words:
    """The words of one search, and whom they mean: what was read of a word for one question serves the next.

    `organizations`: whose patients they can be (None: anybody's); `seen`: those of them who are seen (None: all).
    """

    def __init__(
        self,
        words: Iterable[str],
        *,
        organizations: Collection[int] | None = None,
        seen: QuerySet[Any] | None = None,
    ) -> None:
        self.words = tuple(words)
        self.organizations = organizations
        self.seen = seen
        self._ways = [_ways_of(word) for word in self.words]
        self._ids: dict[frozenset[int], list[int] | None] = {}
        self._samples: dict[int, list[int]] = {}

    def meant(self, *, column: str = "pk", walking: bool = True) -> Q:
        """The condition that every word means the patient at `column` of the rows that are looked through.

        `walking`: until a page is full, so that one row is asked after the other where the patients are too many to be
        named. Else all of the rows are asked, and the database chooses how.
        """
        if self.ids is not None:
            return one_of(column, self.ids)
        # A list of patients is sorted by name, so that those whose names begin so all stand in one place of it.
        if column == "pk" and (placed := self._in_one_place(walking=walking)) is not None:
            return placed
        return self._all_asked(column, walking=walking)

    def in_any_place(self) -> Q:
        """The condition that every word means the patient, wherever it stands in the name."""
        return self._all_asked("pk", walking=False) if self.ids is None else one_of("pk", self.ids)

    def alone_in_one_place(self) -> tuple[str, str] | None:
        """The only word, and what lies beyond all that begins with it, where the names of many begin so.

        None where there is another spelling of it, too, and where it may mean something else than a word of a name.
        """
        word = self.words[0] if len(self.words) == 1 else ""
        if not word.isalpha() or spellings(word) != {word} or self.ids is not None:
            return None
        return None if self._in_one_place(walking=False) is None else range_of(word)

    def read_and_asked(self, column: str) -> Q:
        """The same, where few of the rows may be theirs: whom a word means is read once, for whatever rows there are.

        SQLite looks up who has all of the words. PostgreSQL asks for the others of one row after the other, which are
        few by then: to read 90,000 more and to hash them takes 14 ms.
        """
        if connection.vendor == "sqlite":
            return Q(**{f"{column}__in": self._ids_of_all(range(len(self.words)))})
        first, *others = self._rarest_first(range(len(self.words)))
        # Within a CASE it keeps this order, and makes no join, which would ask all of the rows at once.
        found = self.asked_of_rows(first, column, walking=False) & self._all_asked(column, others)
        return Q(Case(When(found, then=Value(True)), default=Value(False), output_field=BooleanField()))

    def _all_asked(self, column: str, numbers: Iterable[int] | None = None, *, walking: bool = True) -> Q:
        condition = Q()
        for number in range(len(self.words)) if numbers is None else numbers:
            condition &= self.asked_of_rows(number, column, walking=walking)
        return condition

    @property
    def ids(self) -> list[int] | None:
        """The ids of the patients whom all of the words mean; None where they are too many to be named."""
        return self.few(range(len(self.words)))

    def asked_of_rows(self, number: int, column: str, *, walking: bool = True) -> Q:
        """The condition that the word means the patient at `column`, for rows that something else finds."""
        condition = Q()
        for way in _merged(self._ways[number]):
            condition |= Q(way.asked_of(column) if walking else way.joined_to(column, self.organizations))
        return condition

    def few(self, numbers: Iterable[int]) -> list[int] | None:
        """The ids of the patients whom all of these words mean; None where they are too many to be named."""
        asked = frozenset(numbers)
        if asked not in self._ids:
            self._ids[asked] = self._read(self._rarest_first(asked))
        return self._ids[asked]

    def _rarest_first(self, numbers: Iterable[int]) -> list[int]:
        """As it is to be expected: few have the same digits, or the same long word."""
        words = self.words
        return sorted(numbers, key=lambda one: (words[one].isalpha(), -len(words[one]), one))

    def _read(self, numbers: Sequence[int]) -> list[int] | None:
        first, *others = numbers
        if not others:
            return self._of_one(first)
        if self.few([first]) is None and self._many_have(first, others):
            return None
        rare = next((number for number in numbers if self.few([number]) is not None), None)
        if rare is None:
            ids = list(self._ids_of_all(numbers)[: COMMON + 1])
            return sorted(set(ids)) if len(ids) <= COMMON else None
        ids = self.few([rare]) or []
        for other in numbers:
            if ids and other != rare:
                ids = self._among(ids, other)
        return ids

    def _of_one(self, number: int) -> list[int] | None:
        ids = list(_union([way.ids(self.organizations) for way in self._ways[number]])[: COMMON + 1])
        if len(ids) <= COMMON:
            return sorted(set(ids))
        self._samples[number] = ids[:SAMPLE]
        return None

    def _among(self, ids: list[int], number: int) -> list[int]:
        known = self._ids.get(frozenset([number]))
        if known is not None:
            return sorted(set(ids) & set(known))
        return sorted(set(_union([way.among(ids) for way in self._ways[number]])))

    def _many_have(self, first: int, others: Sequence[int]) -> bool:
        """Whether a sample of the many who have the first word says that many of them have the others, too."""
        from patients.models import Patient

        found = self._ranges(first)[0].ids(self.organizations)
        sample = Patient.objects.filter(Exists(found[MANY:]), one_of("pk", self._samples[first]))
        ids = sample.filter(self._all_asked("pk", others)).values_list("pk", flat=True)
        return len(ids) * ONE_IN >= SAMPLE

    def _ranges(self, number: int) -> list[Way]:
        """The ways as the database finds patients by an index: of an OR of two SQLite reads all words of everybody."""
        return self._ways[number] if connection.vendor == "sqlite" else _merged(self._ways[number])

    def _ids_of_all(self, numbers: Sequence[int]) -> Ids:
        """The ids of those whom each of the words means; if possible by the index of words alone."""
        from patients.models import Patient

        alone, *others = sorted((self._ranges(number) for number in numbers), key=len)
        only = alone[0].ids(self.organizations)
        found = Patient.objects.filter(pk__in=_union([way.ids(self.organizations) for way in alone]))
        rows, holder = (only, alone[0].holder) if len(alone) == 1 else (found.values_list("pk", flat=True), "pk")
        for ways in others:
            rows = rows.filter(**{f"{holder}__in": _union([way.ids(self.organizations) for way in ways])})
        return rows

    def _in_one_place(self, *, walking: bool) -> Q | None:
        """The condition for those whose name begins with one of the words, where that leaves many; else None.

        So many that nobody looks for one whose first name or e-mail it is: of the living patients who can be meant.
        Where it leaves many with each of two words, it is the one that leaves more.
        """
        found: list[tuple[int, Q]] = []
        for number in self._rarest_first(range(len(self.words))):
            beginning = Q(pk__in=[])
            for one in spellings(self.words[number]):
                beginning |= Q(search_name__begins=one)
            if self._leaves_many(number, beginning):
                found.append((number, beginning))
        if not found:
            return None
        if len(found) == 1:
            [(number, beginning)] = found
        else:
            number, beginning = max(found, key=lambda one: self._sample(*one).count())
        return beginning & self._others_asked(number, walking=walking)

    def _leaves_many(self, number: int, beginning: Q) -> bool:
        """Whether many names begin with this word (`beginning`) and have all of the other words, too."""
        if len(self.words) > 1:
            needed = (COMMON if self.seen is None else SEEN) // ONE_IN_PLACE + 1
            return self._sample(number, beginning)[needed - 1 : needed].exists()
        many = self._named(beginning).values("pk")[COMMON : COMMON + 1].exists()
        return many and (self.seen is None or self.seen.filter(beginning)[SEEN - 1 : SEEN].exists())

    def _sample(self, number: int, beginning: Q) -> QuerySet[Any]:
        """A sample, drawn by id, of those who are seen and have all of the words, if many names begin with this one."""
        named = self._named(beginning)
        found = named if self.seen is None else self.seen.filter(beginning)
        rows: QuerySet[Any] = found.annotate(part=Mod("pk", ONE_IN_PLACE)).filter(Exists(named[COMMON:]), part=0)
        return rows.filter(self._others_asked(number, walking=True))

    def _named(self, beginning: Q) -> QuerySet[Any]:
        from patients.models import Patient

        rows: QuerySet[Any] = Patient.objects.live().filter(beginning, _of(self.organizations))
        return rows

    def _others_asked(self, number: int, *, walking: bool) -> Q:
        others = [other for other in range(len(self.words)) if other != number]
        return self._all_asked("pk", others, walking=walking)


def _union(several: Sequence[Ids]) -> Ids:
    """All of them, some perhaps twice: to leave out whom two of them find, each would be read to its end."""
    first, *others = several
    return first.union(*others, all=True) if others else first


def _merged(ways: Iterable[Way]) -> list[Way]:
    """The ways of one table as one, with which a row is asked once."""
    several: dict[tuple[type[Model], str], Way] = {}
    for way in ways:
        other = several.get((way.model, way.holder))
        if other is not None:
            several[way.model, way.holder] = replace(other, found=other.found | way.found)
        else:
            several[way.model, way.holder] = way
    return list(several.values())


def words_in(text: str) -> list[str]:
    """What was typed, cut into what is looked for: one number, though it has spaces, or each word."""
    text = text.replace("\x00", "").strip()
    if not any(one.isalpha() for one in text) and _is_number(text):
        return [text]
    return [word[:LONGEST_WORD] for word in text.split()[:MOST_WORDS]]


def _is_number(text: str) -> bool:
    """Whether it is a birth date or a telephone number, perhaps an identity, and not several of them."""
    return bool(days_in(text)) or (len(text) <= LONGEST_WORD and dictated(text) is not None)


def _ways_of(word: str) -> list[Way]:
    """The ways to find the patients that one of `words_in` means; each is a range of an index."""
    if not any(one.isalpha() for one in word) and _is_number(word):
        return _ways_of_number(word)
    return _ways_of_word(word)


def _ways_of_number(text: str) -> list[Way]:
    from patients.models import Patient, PatientWord

    ways = [Way(PatientWord, Q(word=_identity(text)))]
    if days := days_in(text):
        ways.append(Way(Patient, Q(date_of_birth__in=days), "pk"))
    return ways + _ways_of_phone(text)


def _ways_of_phone(text: str) -> list[Way]:
    """Of those one of whose numbers begins or ends so, a way for each way to say a number."""
    from patients.models import PhoneNumber

    number = dictated(text)
    if number is None:
        return []
    conditions = {
        "digits__begins": number.begins,
        "digits_reversed__begins": number.ends[::-1],
        "e164__begins": number.whole,
    }
    ways = [Q(**{lookup: digits}) for lookup, digits in conditions.items() if digits]
    # Of what could not be understood as one number, which is little, the middle may be meant.
    ways.append(Q(e164="", digits__contains=number.contains))
    return [Way(PhoneNumber, one, placed=False) for one in ways]


def _ways_of_word(word: str) -> list[Way]:
    from patients.models import Patient, PatientWord

    begins = {word.lower(), *spellings(word)} if fold(word) else set()
    ways = [Way(PatientWord, Q(word__begins=one)) for one in sorted(begins)]
    # A typed word of several parts (O'Neil) may be how the whole name begins.
    ways += [Way(Patient, Q(search_name__begins=one), "pk") for one in sorted(begins) if " " in one]
    if any(one.isdigit() for one in word):  # as in every identity
        ways.append(Way(PatientWord, Q(word=_identity(word))))
    return ways or [Way(PatientWord, Q(pk__in=[]))]


def _of(organizations: Collection[int] | None) -> Q:
    """The index begins with the organization: where nobody names any, it is looked into for each."""
    from directory.models import Organization

    if organizations is None:
        return read_once("organization", Organization.objects.values("pk"))
    return Q(organization__in=organizations)
