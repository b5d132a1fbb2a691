"""The form of the page. Everything on it is the practice's wall time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from backoffice.calendar.pages.bulk_slots.wishes import MOST, Ask, Block
from backoffice.kit.inputs import Checks, DayField, TimeInput
from core.actor import Actor
from directory.models import Practice, Room, Specialist
from scheduling.calendar import closed_days

BLOCKS = 4
LONGEST = 366


def number(label: Any, *, least: int, most: int, initial: int) -> forms.IntegerField:
    """A field for a small number."""
    return forms.IntegerField(
        label=label, min_value=least, max_value=most, initial=initial, widget=UnfoldAdminIntegerFieldWidget
    )


class BulkForm(forms.Form):
    """Who, on which days, at which hours, how long, where."""

    specialists = forms.ModelMultipleChoiceField(Specialist.objects.none(), label=_("Specialists"), widget=Checks)
    weekdays = forms.TypedMultipleChoiceField(
        label=_("Days of the week"), coerce=int, choices=list(WEEKDAYS.items()), initial=[0, 1, 2, 3, 4], widget=Checks
    )
    first = DayField(label=_("First day"))
    last = DayField(label=_("Last day"))
    length = number(_("Length in minutes"), least=5, most=1439, initial=30)
    pause = number(_("Break between slots, in minutes"), least=0, most=720, initial=0)
    room = forms.ModelChoiceField(
        Room.objects.none(), label=_("Room"), required=False, empty_label=_("None"), widget=UnfoldAdminSelectWidget
    )
    appointment_type = forms.CharField(
        label=_("Appointment type"),
        max_length=50,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Leave empty for any service."),
    )
    capacity = number(_("Places in each slot"), least=1, most=99, initial=1)
    skip_closed = forms.BooleanField(
        label=_("Leave out holidays and closed days"), required=False, initial=True, widget=UnfoldBooleanSwitchWidget
    )

    def __init__(self, *args: Any, practice: Practice, by: Actor, **kwargs: Any) -> None:
        self.practice = practice
        super().__init__(*args, **kwargs)
        people = Specialist.objects.visible_to(by).taking_appointments().working_at(practice.pk)
        self.fields["specialists"].queryset = people.order_by("last_name", "first_name", "pk")  # type: ignore[attr-defined]
        rooms = Room.objects.visible_to(by).live().filter(practice=practice, is_active=True).order_by("name", "pk")
        self.fields["room"].queryset = rooms  # type: ignore[attr-defined]
        monday = _next_monday(practice)
        self.initial.setdefault("first", monday)
        self.initial.setdefault("last", monday + timedelta(days=27))
        for count in range(1, BLOCKS + 1):
            given = {1: ("09:00", "13:00"), 2: ("14:00", "17:00")} if "from_1" not in self.initial else {}
            for end, label in enumerate((_("From"), _("To"))):
                self.fields[f"{('from', 'to')[end]}_{count}"] = forms.TimeField(
                    label=label,
                    required=count == 1,
                    widget=TimeInput({"aria-label": _t("Hours %(count)d: ") % {"count": count} + str(label).lower()}),
                    initial=given.get(count, ("", ""))[end],
                )

    @property
    def blocks(self) -> list[tuple[Any, Any]]:
        """The pairs of times, to be shown beside each other."""
        return [(self[f"from_{count}"], self[f"to_{count}"]) for count in range(1, BLOCKS + 1)]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        self._check_blocks(given)
        first, last = given.get("first"), given.get("last")
        if first and last and last < first:
            self.add_error("last", _t("The last day is before the first."))
        elif first and last and (last - first).days >= LONGEST:
            self.add_error("last", _t("At most one year at a time."))
        if not self.errors:
            size = self.ask().size
            if size > MOST:
                self.add_error(
                    None,
                    _t("That would be %(size)d slots; the limit is %(most)d at a time.") % {"size": size, "most": MOST},
                )
            elif not size:
                self.add_error(None, _t("No slot of this length fits into these hours."))
        return given

    def _check_blocks(self, given: Mapping[str, Any]) -> None:
        for count in range(1, BLOCKS + 1):
            opens, closes = given.get(f"from_{count}"), given.get(f"to_{count}")
            if (opens is None) != (closes is None) and not {f"from_{count}", f"to_{count}"} & set(self.errors):
                self.add_error(f"from_{count}", _t("Fill in both From and To, or neither."))
            elif opens is not None and closes is not None and closes <= opens and f"{closes:%H:%M}" != "00:00":
                self.add_error(f"to_{count}", _t("Must be later than from."))

    def ask(self) -> Ask:
        """What was asked for, with the days on which the practice is closed."""
        given = self.cleaned_data
        pairs = ((given.get(f"from_{count}"), given.get(f"to_{count}")) for count in range(1, BLOCKS + 1))
        blocks: list[Block] = [(opens, closes) for opens, closes in pairs if opens is not None and closes is not None]
        closed: dict[date, str] = {}
        if given["skip_closed"]:
            closed = closed_days(self.practice, first=given["first"], last=given["last"])
        return Ask(
            specialists=[one.pk for one in given["specialists"]],
            weekdays=sorted(given["weekdays"]),
            blocks=blocks,
            length=given["length"],
            pause=given["pause"],
            first=given["first"],
            last=given["last"],
            room=given["room"].pk if given["room"] else None,
            appointment_type=given["appointment_type"],
            capacity=given["capacity"],
            closed=closed,
        )


def initial_of(ask: Ask) -> dict[str, Any]:
    """The form as it was filled in for an earlier batch."""
    values: dict[str, Any] = {
        name: getattr(ask, name)
        for name in ("specialists", "weekdays", "first", "last", "length", "pause", "room", "appointment_type")
    }
    values["capacity"], values["skip_closed"] = ask.capacity, bool(ask.closed)
    for count in range(1, BLOCKS + 1):
        values[f"from_{count}"], values[f"to_{count}"] = ask.blocks[count - 1] if count <= len(ask.blocks) else ("", "")
    return values


def _next_monday(practice: Practice) -> date:
    today = timezone.localdate(timezone=practice.zone)
    return today + timedelta(days=7 - today.weekday())
