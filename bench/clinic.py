"""The clinic that `bench.fill` fills: what each number means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

HALF_HOUR = timedelta(minutes=30)
DAY = timedelta(days=1)
SLOTS_A_DAY = 16  # of a specialist, from 08:00 on
FIVE_DAYS_LATE = 32  # visits outside slots of a specialist in five days, from 16:00 on: two for three in slots
PEOPLE_OF_ONE = 2  # specialists of a practice
PRACTICES, SERVICES, PRODUCTS, PLANS = 4, 5, 20, 3
A_WEEK_AND_MORE = 8  # days
ALIKE_AFTER = 25  # days: what becomes of the visits of a day is the same then
STRIDE = 7919  # a prime: walks over all patients, one visit each
# A clinic of fewer has one of what a large one has a tenth or a twentieth of for two visits, so that it fills pages.
LARGE = 10_000
# Where among each ten visits are those of programs, those that are billed and those of care plans: in a large clinic at
# two places in turns, in a small one at more of them.
SOLD, BILLED, PLANNED = ((0, 1), (3, 4, 8)), ((5, 6), (0, 1, 2, 5, 6, 7)), ((2, 7), (2, 3, 4, 7, 8))
REGULAR = 9  # where those of the patient who comes again and again are
VISITS_OF_REGULAR = 25
# The first thousand patients are in every clinic. Half of them have names for which everybody searches; of the others,
# as of all who are only in a large clinic, a twelfth have one first name and an eleventh one last name.
CORE = 1_000
NAMED_ALIKE = frozenset(Random(7919).sample(range(CORE), CORE // 2)) - {0, 131}
ALIKE = ("Ana", "Ionescu Popescu")
BILLS_BEFORE = 1_000  # with numbers that no search types: they go on from those of an earlier program
TYPED_NUMBER = 700_000  # the beginning of telephone numbers; the history has it in every clinic
FIRST = ("Ana", "Ioana", "Mihai", "Andrei", "Ștefan", "Elena", "Cristina", "Giulia", "Marco", "Luca", "Sofia", "Matei")
LAST = ("Popescu", "Ionescu", "Șerban", "Țuca", "Rossi", "Bianchi", "Ferrari", "Dumitru", "Stan", "Marin", "Conti")


@dataclass
class Clinic:
    """A clinic of `size`, as of `at`; what each number means."""

    size: int
    at: datetime
    first_id: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.people = PRACTICES * PEOPLE_OF_ONE
        self.is_large = self.size >= LARGE
        days = -(-self.size // (self.people * SLOTS_A_DAY))
        self.first_day = self._first_day(
            days, self.at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        )

    @staticmethod
    def _first_day(days: int, today: datetime) -> datetime:
        """Four fifths of the days are in the past; where there are few, they are those of this week until Monday.

        In a large clinic a few fewer, so that today has the same visits in the same states as in a small one.
        """
        past = days * 4 // 5
        if days < A_WEEK_AND_MORE:
            return today - DAY * past
        of_small = max(1, min(A_WEEK_AND_MORE * 4 // 5, today.weekday()))
        if days < A_WEEK_AND_MORE + ALIKE_AFTER:
            return today - DAY * max(1, min(past, today.weekday() + days - A_WEEK_AND_MORE))
        return today - DAY * (past - (past - of_small) % ALIKE_AFTER)

    def slot(self, number: int) -> tuple[int, datetime]:
        """Whose slot it is, and when it begins."""
        person, nth = number % self.people, number // self.people
        return person, self.first_day + DAY * (nth // SLOTS_A_DAY) + HALF_HOUR * (16 + nth % SLOTS_A_DAY)

    def share(self, part: int) -> int:
        """How many there are of what a large clinic has one of for so many patients; a small one for each other."""
        return -(-self.size // (part if self.is_large else 2))

    def numbers(self, places: tuple[tuple[int, int], tuple[int, ...]]) -> Iterator[int]:
        """Those of the visits at these places among each ten, so that all specialists have some."""
        in_turns, at_each = places
        for ten in range(-(-self.size // 10)):
            found = in_turns[ten // 4 % 2 :][:1] if self.is_large else at_each
            yield from (number for number in (10 * ten + place for place in found) if number < self.size)

    def visit(self, number: int) -> Visit:
        """The visit of this number: three of five in the slot of the same number, the others outside slots."""
        in_slot = number % 5 < 3
        if in_slot:
            person, starts_at = self.slot(number)
        else:
            late = number // 5 * 2 + number % 5 - 3
            person, nth = late % self.people, late // self.people
            days, left = divmod(5 * nth, FIVE_DAYS_LATE)
            starts_at = self.first_day + DAY * days + HALF_HOUR * (32 + left // 5)
        kind = number // 5 % 20
        if starts_at < self.at:
            status = "no_show" if kind == 0 else "cancelled" if kind < 3 else "done"
        else:
            status = "cancelled" if kind == 0 else "requested" if kind < 4 else "confirmed"
        return Visit(number, self._patient(number), person, number if in_slot else None, starts_at, status)

    def _patient(self, number: int) -> int:
        """Everybody has one visit, but the first one has some more, all over the years."""
        step = 40 * max(1, self.size // CORE)
        is_of_regular = number % step == REGULAR and number // step < VISITS_OF_REGULAR
        return 0 if is_of_regular else number * STRIDE % self.size


@dataclass(frozen=True, slots=True)
class Visit:
    """One appointment: numbers of its patient, specialist (and their room) and slot."""

    number: int
    patient: int
    person: int
    slot: int | None
    starts_at: datetime
    status: str

    @property
    def takes_time(self) -> bool:
        """Whether it claims its people."""
        return self.status not in ("cancelled", "no_show")


def name_of(number: int) -> tuple[str, str]:
    """First and last name of the patient of this number. The number is a word of it, equally long in every clinic."""
    # What else a patient has depends on the number, too: every twentieth has an alert. Their names must not follow it.
    mixed = number if number < CORE else _mixed(number)
    first, last = FIRST[mixed % len(FIRST)], LAST[mixed // len(FIRST) % len(LAST)]
    if number in NAMED_ALIKE:
        first, last = ALIKE
    return first, f"{last} {number:07d}"


def _mixed(number: int) -> int:
    """A number of 32 bits that has no order in common with this one."""
    for _round in range(2):
        number = (number ^ number >> 16) * 0x45D9F3B & 0xFFFFFFFF
    return number ^ number >> 16


def id_of(clinic: Clinic, label: str, number: int) -> int:
    """The key of the row of this number."""
    return clinic.first_id[label] + number


def practice_of(clinic: Clinic, person: int) -> int:
    return id_of(clinic, "directory.practice", person % PRACTICES)
