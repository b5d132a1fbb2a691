"""What was asked for, and the slots that it means: specialists x days x hours, in the practice's wall time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from directory.models import Practice
from scheduling.calendar import SlotWish, at_wall_time

MOST = 10_000
MARK = "bulk_page"

Block = tuple[time, time]


@dataclass(frozen=True)
class Ask:
    """Everything that the page asks for; `closed` are the days left out, with their names."""

    specialists: list[int]
    weekdays: list[int]
    blocks: list[Block]
    length: int
    pause: int
    first: date
    last: date
    room: int | None = None
    appointment_type: str = ""
    capacity: int = 1
    closed: Mapping[date, str] = field(default_factory=dict)

    def days(self) -> Iterator[date]:
        """The days of the asked weekdays, closed ones included."""
        for number in range((self.last - self.first).days + 1):
            day = self.first + timedelta(days=number)
            if day.weekday() in self.weekdays:
                yield day

    def walls(self) -> Iterator[time]:
        """The times at which slots of one day begin."""
        for opens, closes in self.blocks:
            at, end = _minutes(opens), _minutes(closes) or 24 * 60
            while at + self.length <= end:
                yield time(at // 60, at % 60)
                at += self.length + self.pause

    @property
    def size(self) -> int:
        """How many slots it would be, at most."""
        return len(self.specialists) * len(list(self.walls())) * sum(1 for _day in self.days())

    def params(self) -> dict[str, Any]:
        """As the batch keeps it."""
        return {
            "made_by": MARK,
            "specialists": self.specialists,
            "weekdays": self.weekdays,
            "blocks": [[f"{opens:%H:%M}", f"{closes:%H:%M}"] for opens, closes in self.blocks],
            "length": self.length,
            "pause": self.pause,
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "room": self.room,
            "appointment_type": self.appointment_type,
            "capacity": self.capacity,
            "closed": {day.isoformat(): name for day, name in self.closed.items()},
        }


def ask_of(params: Mapping[str, Any]) -> Ask | None:
    """What a batch was asked for; None for one that another door made."""
    if params.get("made_by") != MARK:
        return None
    return Ask(
        specialists=list(params["specialists"]),
        weekdays=list(params["weekdays"]),
        blocks=[(time.fromisoformat(opens), time.fromisoformat(closes)) for opens, closes in params["blocks"]],
        length=params["length"],
        pause=params["pause"],
        first=date.fromisoformat(params["first"]),
        last=date.fromisoformat(params["last"]),
        room=params["room"],
        appointment_type=params["appointment_type"],
        capacity=params["capacity"],
        closed={date.fromisoformat(day): name for day, name in params["closed"].items()},
    )


@dataclass
class Wishes:
    """The slots that an ask means, in a fixed order, and the times that the clock skips."""

    wishes: list[SlotWish] = field(default_factory=list)
    gaps: list[tuple[date, time]] = field(default_factory=list)


def wishes_of(ask: Ask, practice: Practice) -> Wishes:
    """Specialist by specialist, day by day. The same ask gives the same order, so that a batch's numbers keep."""
    found = Wishes()
    walls = list(ask.walls())
    for day in ask.days():
        if day not in ask.closed:
            found.gaps += [(day, wall) for wall in walls if at_wall_time(day, wall, practice.zone) is None]
    gaps = set(found.gaps)
    starts = [
        at_wall_time(day, wall, practice.zone)
        for day in ask.days()
        if day not in ask.closed
        for wall in walls
        if (day, wall) not in gaps
    ]
    length = timedelta(minutes=ask.length)
    for specialist_id in ask.specialists:
        found.wishes += [_wish(ask, specialist_id, at, at + length) for at in starts if at is not None]
    return found


def _wish(ask: Ask, specialist_id: int, starts_at: datetime, ends_at: datetime) -> SlotWish:
    return SlotWish(
        specialist_id=specialist_id,
        starts_at=starts_at,
        ends_at=ends_at,
        appointment_type=ask.appointment_type,
        room_id=ask.room,
        capacity=ask.capacity,
    )


def _minutes(wall: time) -> int:
    return wall.hour * 60 + wall.minute
