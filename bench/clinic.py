"""The clinic that `bench.fill` fills: what each number means."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

HALF_HOUR = timedelta(minutes=30)
DAY = timedelta(days=1)
SLOTS_A_DAY, LATE_A_DAY = 16, 8  # of a specialist: slots from 08:00 on, visits outside slots from 16:00 on
PEOPLE_OF_ONE = 2  # specialists of a practice
PRACTICES, SERVICES, PRODUCTS, PLANS = 4, 5, 20, 3
A_WEEK_AND_MORE = 8  # days
STRIDE = 7919  # a prime: walks over all patients, one visit each
# Where among each ten visits, two in turns, are those of programs, those that are billed and those of care plans.
SOLD, BILLED, PLANNED = (0, 1), (5, 6), (2, 7)
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
        days = -(-self.size // (self.people * SLOTS_A_DAY))
        self.first_day = self._first_day(
            days, self.at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        )

    @staticmethod
    def _first_day(days: int, today: datetime) -> datetime:
        """Four fifths of the days are in the past; where there are few, they are those of this week until Monday."""
        first = today - DAY * (days * 4 // 5)
        if days < A_WEEK_AND_MORE:
            return first
        monday = today - DAY * today.weekday()
        return min(max(first, monday + DAY * (A_WEEK_AND_MORE - days)), today - DAY)

    def slot(self, number: int) -> tuple[int, datetime]:
        """Whose slot it is, and when it begins."""
        person, nth = number % self.people, number // self.people
        return person, self.first_day + DAY * (nth // SLOTS_A_DAY) + HALF_HOUR * (16 + nth % SLOTS_A_DAY)

    def of_each_ten(self, nth: int, places: tuple[int, int]) -> int:
        """A visit's number among the nth ten of them: at two places in turns, so that all specialists have some."""
        return 10 * nth + places[nth // 4 % 2]

    def visit(self, number: int) -> Visit:
        """The visit of this number: three of five in the slot of the same number, the others outside slots."""
        in_slot = number % 5 < 3
        if in_slot:
            person, starts_at = self.slot(number)
        else:
            late = number // 5 * 2 + number % 5 - 3
            person, nth = late % self.people, late // self.people
            starts_at = self.first_day + DAY * (nth // LATE_A_DAY) + HALF_HOUR * (32 + nth % LATE_A_DAY)
        kind = number // 5 % 20
        if starts_at < self.at:
            status = "no_show" if kind == 0 else "cancelled" if kind < 3 else "done"
        else:
            status = "cancelled" if kind == 0 else "requested" if kind < 4 else "confirmed"
        return Visit(number, number * STRIDE % self.size, person, number if in_slot else None, starts_at, status)


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


def id_of(clinic: Clinic, label: str, number: int) -> int:
    """The key of the row of this number."""
    return clinic.first_id[label] + number


def practice_of(clinic: Clinic, person: int) -> int:
    return id_of(clinic, "directory.practice", person % PRACTICES)
