"""Cancelling and moving a visit of a series alone, with the following ones, or with all upcoming ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.widgets import UnfoldAdminRadioSelectWidget

from backoffice.calendar.slot_forms import ALL, FOLLOWING, THIS
from backoffice.kit.clock import show_span
from backoffice.kit.steps import StepForm
from core.actor import Actor
from scheduling.calendar import Place
from scheduling.models import Appointment
from scheduling.services import (
    Move,
    cancel_appointment,
    cancel_repeating,
    preview_reschedule,
    undo_appointment,
    undo_cancelled_series,
)
from scheduling.states import AppointmentStatus


@dataclass(frozen=True)
class Concerned:
    """A visit on the page that asks: when it is, and which of the choices mean it, for the style sheet.

    `who` treats, where that is somebody else than in the visit that the page is about.
    """

    row: Appointment
    which: str
    this: bool
    who: str

    @property
    def when(self) -> str:
        """From and to, by the practice's clock."""
        return shown(self.row)


class SeriesForm(StepForm):
    """Asks how much of a series is meant, where the visit is one of a series, and lists whom each choice means."""

    would: ClassVar[Callable[..., list[Appointment]]]

    which = forms.ChoiceField(label=_("Which"), widget=UnfoldAdminRadioSelectWidget, initial=THIS)

    def prepare(self) -> None:
        self.visits: list[Concerned] = []
        self.meant: dict[str, list[Appointment]] = {}
        row: Appointment = self.rows[0]
        if len(self.rows) == 1 and row.series_id is not None and row.starts_at is not None:
            for which in (FOLLOWING, ALL):
                self.meant[which] = self.would(self.by, row.pk, following=which == FOLLOWING, at=self.at)
        if all(len(rows) < 2 for rows in self.meant.values()):
            del self.fields["which"]
            return
        ids = {which: {one.pk for one in rows} for which, rows in self.meant.items()} | {THIS: {row.pk}}
        every = {one.pk: one for rows in self.meant.values() for one in rows}
        for pk, one in sorted(every.items(), key=lambda found: (found[1].starts_at or self.at, found[0])):
            which = " ".join(which for which in ids if pk in ids[which])
            who = str(one.specialist or "") if one.specialist_id != row.specialist_id else ""
            self.visits.append(Concerned(one, which, pk == row.pk, who))
        field: Any = self.fields["which"]
        field.choices = [
            (THIS, _t("Only this visit")),
            (FOLLOWING, counted(_t("This one and the following"), len(self.meant[FOLLOWING]))),
            (ALL, counted(_t("All upcoming ones of the series"), len(self.meant[ALL]))),
        ]


def counted(text: str, count: int) -> str:
    """A choice, with how many visits it means."""
    visits = ngettext("%(count)d visit", "%(count)d visits", count) % {"count": count}
    return f"{text}: {visits}"


def cancel(pk: int, *, which: str = THIS, by: Actor, at: datetime, **why: Any) -> list[Appointment]:
    """Cancel the visit alone, or with its series; returns what was cancelled."""
    if which == THIS:
        return [cancel_appointment(pk, **why, by=by, at=at)]
    found: list[Appointment] = cancel_repeating(pk, following=which == FOLLOWING, **why, by=by, at=at)
    return found


def undo(pk: int, *, by: Actor, at: datetime) -> list[Appointment]:
    """Take the last step with the visit back; a cancellation with all that were cancelled with it."""
    row: Appointment = Appointment.objects.visible_to(by).one(pk=pk)
    if row.series_id is not None and row.status == AppointmentStatus.CANCELLED:
        found: list[Appointment] = undo_cancelled_series(pk, by=by, at=at)
        return found
    return [undo_appointment(pk, by=by, at=at)]


@dataclass(frozen=True)
class Preview:
    """Where each visit of a series would go, and what stands against it; `token` confirms exactly this."""

    moves: list[Move]
    token: str

    @property
    def refused(self) -> str:
        """How many cannot go, in words; nothing where all can."""
        count = sum(bool(move.why) for move in self.moves)
        if not count:
            return ""
        text = ngettext(
            "%(count)d of %(all)d visits cannot be moved there, so none was.",
            "%(count)d of %(all)d visits cannot be moved there, so none was.",
            count,
        )
        return text % {"count": count, "all": len(self.moves)}

    @property
    def leaving(self) -> str:
        """Which visits would leave a group, in words; nothing where none would."""
        grouped = [
            move.appointment
            for move in self.moves
            if move.appointment.slot is not None and move.appointment.slot.capacity > 1
        ]
        text = ngettext(
            "One of these visits is in a group: it leaves the group and becomes a visit of its own (%(when)s).",
            "%(count)d of these visits are in groups: they leave them and become visits of their own (%(when)s).",
            len(grouped),
        )
        return text % {"count": len(grouped), "when": ", ".join(map(shown, grouped))} if grouped else ""

    @property
    def lines(self) -> list[tuple[str, str, list[str]]]:
        """For each visit when it is, when it would be, and what stands against that."""
        return [(shown(move.appointment), span_of(move.place), move.why) for move in self.moves]


def preview_series(pk: int, *, which: str, starts_at: datetime, because: str, by: Actor, at: datetime) -> Preview:
    """What moving the series with this visit would do; a token only where nothing stands against it."""
    moves = preview_reschedule(
        by, pk, starts_at=starts_at, following=which == FOLLOWING, override_reason=because, at=at
    )
    clear = not any(move.why for move in moves)
    places = ",".join(f"{move.appointment.pk}@{move.place.starts_at.isoformat()}" for move in moves)
    return Preview(moves, f"{which}:{sha256(places.encode()).hexdigest()}" if clear else "")


def shown(row: Appointment) -> str:
    """From and to, by the practice's clock."""
    return show_span(row.starts_at, row.ends_at, row.practice) if row.starts_at and row.ends_at else ""


def span_of(place: Place) -> str:
    """The same of where it would go."""
    return show_span(place.starts_at, place.ends_at, place.practice)
