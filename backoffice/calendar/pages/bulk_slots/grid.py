"""The preview: what would be made and what not, one week at a time, specialist by specialist."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from backoffice.calendar.pages.bulk_slots.wishes import Ask, Wishes
from directory.models import Practice, Room, Specialist
from scheduling.calendar import Offer


@dataclass(frozen=True)
class Chip:
    """One slot of the grid: when, what becomes of it ("made", "there", "blocked", "refused"), and why."""

    hours: str
    state: str
    why: str = ""


@dataclass
class Cell:
    """A day of a specialist: its slots, and what is to be said of the whole day."""

    day: date
    chips: list[Chip] = field(default_factory=list)
    note: str = ""


@dataclass(frozen=True)
class Week:
    """A page of the preview."""

    monday: date
    made: int
    refused: int
    shown: bool

    @property
    def value(self) -> str:
        """What its button sends."""
        return self.monday.isoformat()


@dataclass(frozen=True)
class Preview:
    """What the page shows: figures of all, the weeks to page through, and the grid of one of them."""

    made: int
    blocked: int
    refused: int
    there: int
    weeks: list[Week]
    days: list[date]
    rows: list[tuple[str, list[Cell]]]
    reasons: list[tuple[str, int]]
    room: Room | None


def preview(ask: Ask, wishes: Wishes, offers: Sequence[Offer], practice: Practice, *, week: str) -> Preview:
    """The preview with the week that begins on `week` (its Monday, as ISO; else the first)."""
    zone = practice.zone
    by_day: dict[tuple[int, date], list[Offer]] = defaultdict(list)
    made: Counter[date] = Counter()
    refused: Counter[date] = Counter()
    reasons: Counter[str] = Counter()
    there = 0
    for offer in offers:
        day = offer.wish.starts_at.astimezone(zone).date()
        by_day[offer.wish.specialist_id, day].append(offer)
        if offer.is_there:
            there += 1
            continue
        (refused if offer.errors else made)[monday_of(day)] += 1
        if offer.errors:
            reasons[first_reason(offer)] += 1
    mondays = sorted({monday_of(day) for day in ask.days()})
    shown = next((one for one in mondays if one.isoformat() == week), mondays[0])
    days = [shown + timedelta(days=number) for number in range(7)]
    names = Specialist.objects.in_bulk(ask.specialists)
    gaps: dict[date, list[str]] = defaultdict(list)
    for day, wall in wishes.gaps:
        gaps[day].append(f"{wall:%H:%M}")
    rows = [
        (str(names[pk]), [_cell(ask, day, by_day[pk, day], gaps[day], practice) for day in days])
        for pk in ask.specialists
    ]
    return Preview(
        made=sum(made.values()),
        blocked=sum(1 for offer in offers if offer.slot is not None and offer.slot.blocked and not offer.errors),
        refused=sum(refused.values()),
        there=there,
        weeks=[Week(one, made[one], refused[one], one == shown) for one in mondays],
        days=days,
        rows=rows,
        reasons=reasons.most_common(5),
        # Slots take their room when they are booked, so that several may be offered in one.
        room=Room.objects.filter(pk=ask.room).first() if ask.room and len(ask.specialists) > 1 else None,
    )


def _cell(ask: Ask, day: date, offers: list[Offer], gaps: list[str], practice: Practice) -> Cell:
    cell = Cell(day, [_chip(offer, practice) for offer in offers])
    if day in ask.closed and ask.first <= day <= ask.last and day.weekday() in ask.weekdays:
        cell.note = _("Closed: %(name)s") % {"name": ask.closed[day]}
    elif gaps:
        cell.note = _("The clock skips %(times)s") % {"times": ", ".join(gaps)}
    return cell


def _chip(offer: Offer, practice: Practice) -> Chip:
    zone = practice.zone
    starts, ends = offer.wish.starts_at.astimezone(zone), offer.wish.ends_at.astimezone(zone)
    hours = f"{starts:%H:%M}–{ends:%H:%M}"
    if offer.is_there:
        return Chip(hours, "there", _("exists already"))
    if offer.errors:
        # The column says the day already.
        hit = offer.hit.replace(date_format(starts, "D j M Y, "), "")
        return Chip(hours, "refused", _("overlaps %(what)s") % {"what": hit} if hit else first_reason(offer))
    if offer.slot is not None and offer.slot.blocked:
        return Chip(hours, "blocked", _("under an appointment or time off"))
    return Chip(hours, "made")


def first_reason(offer: Offer) -> str:
    """Why, without what exactly it hit."""
    return str(next(iter(offer.errors.values()))[0])


def monday_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def week_name(monday: date) -> Any:
    """A week as the page's buttons name it."""
    return f"{date_format(monday, 'j M')} – {date_format(monday + timedelta(days=6), 'j M')}"
