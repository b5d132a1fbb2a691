"""The dates of a series before booking: each free, or with the reasons against it and a choice what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.utils.translation import gettext as _

from backoffice.kit.clock import show_span
from core.actor import Actor
from core.errors import InvalidInput
from scheduling.services import Decision, Occurrence, Repeat, preview_repeating

SKIP, FREE, BECAUSE = "skip", "free", "because"


@dataclass(frozen=True)
class Date:
    """A date as the page shows it: when, what stands against it, the free time near it, and what is chosen now."""

    number: int
    when: str
    why: list[str]
    free: str
    free_value: str
    chosen: str
    because: str

    @property
    def field(self) -> str:
        """The name of the choice."""
        return f"date-{self.number}"

    @property
    def reason_field(self) -> str:
        """The name of the reason."""
        return f"because-{self.number}"


@dataclass(frozen=True)
class Dates:
    """The dates of a series; `token` confirms that exactly these were shown."""

    dates: list[Date]
    token: str

    @property
    def red(self) -> int:
        """How many cannot be booked as they are."""
        return sum(bool(one.why) for one in self.dates)


def dates_of(asked: Mapping[str, Any], repeat: Repeat, *, sent: Mapping[str, str], by: Actor, at: datetime) -> Dates:
    """The dates that the form asks for, each with what was chosen for it, or with what suggests itself."""
    found = preview_repeating(by, **asked, repeat=repeat, at=at)
    return Dates([_date(one, sent) for one in found], token_of(asked, repeat))


def token_of(asked: Mapping[str, Any], repeat: Repeat) -> str:
    """What the dates depend on: whoever changes it sees the new dates first."""
    told = [(name, asked[name]) for name in sorted(asked)]
    return sha256(repr((told, repeat)).encode()).hexdigest()


def _date(one: Occurrence, sent: Mapping[str, str]) -> Date:
    practice = one.place.practice
    free = show_span(one.free.starts_at, one.free.ends_at, practice) if one.free is not None else ""
    kept = sent.get(f"date-{one.number}", "").partition("|")[0]
    offered = {SKIP, BECAUSE} | ({FREE} if free else set())
    return Date(
        number=one.number,
        when=show_span(one.place.starts_at, one.place.ends_at, practice),
        why=one.why,
        free=free,
        free_value=f"{FREE}|{one.free.starts_at.isoformat()}" if one.free is not None else "",
        chosen=kept if kept in offered else (FREE if free else SKIP),
        because=sent.get(f"because-{one.number}", "")[:255],
    )


def decisions_in(sent: Mapping[str, str], repeat: Repeat) -> dict[int, Decision]:
    """What was decided about single dates; InvalidInput where a reason is missing or a time cannot be read."""
    found: dict[int, Decision] = {}
    for number in range(repeat.number_of_repeats + 1):
        kind, _bar, moment = sent.get(f"date-{number}", "").partition("|")
        if kind == SKIP:
            found[number] = Decision(skip=True)
        elif kind == FREE:
            found[number] = Decision(starts_at=_read(moment))
        elif kind == BECAUSE:
            reason = sent.get(f"because-{number}", "").replace("\x00", "").strip()[:255]
            if not reason:
                raise InvalidInput({"": _("Say why a date is booked anyway.")})
            found[number] = Decision(because=reason)
    return found


def _read(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput({"": _("A time cannot be read.")}) from None
    if moment.tzinfo is None:
        raise InvalidInput({"": _("A time cannot be read.")})
    return moment
