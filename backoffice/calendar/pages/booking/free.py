"""Free times as staff choose among them: the next ones, with the specialist, in the practice's local time."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from django.utils.formats import date_format
from django.utils.translation import ngettext

from backoffice.kit.lookups import read_id
from catalog.models import Service, ServiceSpecialist
from directory.models import Practice, Specialist
from patients.models import Patient
from scheduling.calendar import FreeTime, Search, buffers, first_of_each, free_times, open_groups
from scheduling.models import AvailableSlot

SHOWN = 12
AHEAD = timedelta(days=28)
MOST_PEOPLE = 100
MOST_OFFERS = 2000
PAST = "+"


@dataclass(frozen=True)
class Choice:
    """A free time to click: its time and specialist, the label of its button, and the value it sends."""

    starts_at: datetime
    specialist_id: int
    when: str
    who: str

    @property
    def value(self) -> str:
        """What the button sends; `chosen` reads it."""
        return f"{self.starts_at.astimezone(UTC).isoformat()}|{self.specialist_id}"


def offering(practice: Practice, service: Service | None) -> list[int]:
    """Return the specialists who offer the service at the practice; all of them if nobody is named for it."""
    here = Specialist.objects.taking_appointments().working_at(practice.pk).order_by("pk")
    named = here.filter(offers__service=service, offers__is_active=True) if service is not None else here.none()
    found = list(named.values_list("pk", flat=True)[:MOST_PEOPLE])
    return found or list(here.values_list("pk", flat=True)[:MOST_PEOPLE])


def offers_at(practice: Practice) -> dict[str, list[int]]:
    """Who offers which service at the practice, by the service's id, for the boxes that narrow each other.

    Empty where there are more than a page should carry: the boxes are then narrowed when free times are looked for.
    """
    here = Specialist.objects.taking_appointments().working_at(practice.pk)
    rows = ServiceSpecialist.objects.filter(is_active=True, specialist__in=here).order_by("service", "specialist")
    found = list(rows.values_list("service", "specialist")[: MOST_OFFERS + 1])
    offers: dict[str, list[int]] = {}
    for service, person in found if len(found) <= MOST_OFFERS else []:
        offers.setdefault(str(service), []).append(person)
    return offers


def searched(
    service: Service | None,
    length: timedelta,
    *,
    patient: Patient | None,
    after: datetime | None,
    weekday: int | None = None,
    hours: tuple[time, time] | None = None,
    at: datetime,
) -> Search:
    """What to look for: times of a length for a patient, from `after` on, within four weeks."""
    before, pause = buffers(service)
    start = max(after or at, at)
    code = service.code if service is not None else None
    also = frozenset({patient.resource_id} if patient is not None else ())
    days = frozenset({weekday} if weekday is not None else ())
    return Search(start, start + AHEAD, length, before, pause, code, also=also, weekdays=days, hours=hours)


def next_choices(practice: Practice, specialist_ids: Collection[int], search: Search, *, at: datetime) -> list[Choice]:
    """The next free times and places in groups, the earliest first."""
    found = as_choices(free_times(practice, specialist_ids, search, at=at, limit=SHOWN), practice)
    found += places_left(open_groups(practice, specialist_ids, search, at=at, limit=SHOWN), practice)
    return sorted(found, key=lambda one: (one.starts_at, one.specialist_id))[:SHOWN]


def first_choices(practice: Practice, specialist_ids: Collection[int], search: Search, *, at: datetime) -> list[Choice]:
    """The first free slot of each specialist, where there are several to choose from."""
    times = first_of_each(practice, specialist_ids, search, at=at)
    return as_choices(times, practice) if len(times) > 1 else []


def as_choices(times: Collection[FreeTime], practice: Practice) -> list[Choice]:
    """Free times, in words."""
    names = Specialist.objects.in_bulk({time.specialist_id for time in times})
    return [
        Choice(time.starts_at, time.specialist_id, in_short(time.starts_at, practice), str(names[time.specialist_id]))
        for time in times
    ]


def places_left(slots: Collection[AvailableSlot], practice: Practice) -> list[Choice]:
    """Places in groups, in words: with whom, and how many are left."""
    names = Specialist.objects.in_bulk({slot.specialist_id for slot in slots})
    choices: list[Choice] = []
    for slot in slots:
        left = slot.capacity - slot.booked
        who = ngettext("%(who)s, group, %(left)d place left", "%(who)s, group, %(left)d places left", left)
        who = who % {"who": names[slot.specialist_id], "left": left}
        choices.append(Choice(slot.starts_at, slot.specialist_id, in_short(slot.starts_at, practice), who))
    return choices


def in_short(moment: datetime, practice: Practice) -> str:
    """Day and time on the practice's clock, as a button says them."""
    return date_format(moment.astimezone(practice.zone), "D j M, H:i")


def later_than(value: str) -> datetime | None:
    """From when to go on, as the button below the shown times says: their last one, or past it where all are one."""
    found = chosen(value.removesuffix(PAST))
    if found is None:
        return None
    return found[0] + timedelta(minutes=1) if value.endswith(PAST) else found[0]


def chosen(value: str) -> tuple[datetime, int] | None:
    """What a clicked choice means: when, and with whom; None for anything else."""
    moment, _bar, person = value.partition("|")
    specialist_id = read_id(person)
    if specialist_id is None:
        return None
    try:
        read = datetime.fromisoformat(moment)
    except ValueError:
        return None
    return (read, specialist_id) if read.tzinfo is not None else None
