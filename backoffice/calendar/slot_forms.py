"""The forms that create, change and withdraw slots and series."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from backoffice.kit.clock import on_clock
from backoffice.kit.forms import VerbForm
from backoffice.kit.inputs import DayField, TimeInput, WallTimeField
from backoffice.kit.steps import StepForm
from core.moments import moment_in_words
from directory.models import Room
from scheduling.models import AvailableSlot
from scheduling.states import SlotPattern

THIS, FOLLOWING, ALL = "this", "following", "all"


def minutes(label: Any = _("Length in minutes"), *, most: int = 1440, **more: Any) -> forms.IntegerField:
    """The field that asks how long."""
    return forms.IntegerField(
        label=label, min_value=1, max_value=most, widget=UnfoldAdminIntegerFieldWidget, **{"initial": 30, **more}
    )


class SlotForm(VerbForm):
    """A slot, once or again and again."""

    class Meta:
        # What is typed is the practice's wall time, not yet the column's moment.
        exclude = ("starts_at",)

    starts_at = WallTimeField(label=_("Day and time"), help_text=_("In the practice's local time."))
    minutes = minutes(most=24 * 60)
    pattern = forms.ChoiceField(
        label=_("Repeats"),
        required=False,
        choices=[("", _("No, only once")), *SlotPattern.choices],
        widget=UnfoldAdminSelectWidget,
        help_text=_("Monthly: in a month without that day, on the last day of the month."),
    )
    rrule = forms.CharField(
        label=_("Rule"),
        max_length=500,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("For “By a rule”, as in FREQ=WEEKLY;BYDAY=MO,WE (RFC 5545)."),
    )
    until_date = DayField(label=_("Last day"), required=False, help_text=_("Empty: repeats until it is withdrawn."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        slot = self.instance
        if slot.pk:
            self.initial["starts_at"] = on_clock(slot.starts_at, slot.practice)
            self.initial["minutes"] = int((slot.ends_at - slot.starts_at).total_seconds() // 60)


class WhichForm(StepForm):
    """Asks how much of the series is meant, if the slot is part of one."""

    which = forms.ChoiceField(label=_("Which"), widget=UnfoldAdminRadioSelectWidget, initial=THIS)

    def prepare(self) -> None:
        field: Any = self.fields["which"]
        field.choices = [
            (THIS, _t("Only this slot")),
            (FOLLOWING, _t("This one and the following")),
            (ALL, _t("All upcoming ones of the series")),
        ]
        if not any(row.series_id for row in self.rows) or len(self.rows) > 1:
            del self.fields["which"]


class ChangeSeriesForm(StepForm):
    """The columns that a series can change; what stays as it is, is not sent."""

    which = forms.ChoiceField(label=_("Which"), widget=UnfoldAdminRadioSelectWidget, initial=FOLLOWING)
    start_time = forms.TimeField(label=_("Time"), widget=TimeInput)
    duration_minutes = minutes()
    room = forms.ModelChoiceField(Room.objects.none(), label=_("Room"), required=False, widget=UnfoldAdminSelectWidget)
    appointment_type = forms.CharField(
        label=_("Appointment type"), max_length=50, required=False, widget=UnfoldAdminTextInputWidget
    )
    capacity = forms.IntegerField(
        label=_("Places"), min_value=1, max_value=99, initial=1, widget=UnfoldAdminIntegerFieldWidget
    )

    def prepare(self) -> None:
        row = self.rows[0]
        series: Any = row.series if isinstance(row, AvailableSlot) else row
        which: Any = self.fields["which"]
        which.choices = [(FOLLOWING, _t("This one and the following")), (ALL, _t("All upcoming ones"))]
        if row is series:
            del self.fields["which"]
        rooms = Room.objects.live().filter(practice_id=series.practice_id, is_active=True)
        self.fields["room"].queryset = rooms.order_by("name", "pk")  # type: ignore[attr-defined]
        for name in ("start_time", "duration_minutes", "appointment_type", "capacity"):
            self.fields[name].initial = getattr(series, name)
        self.fields["room"].initial = series.room_id

    def values(self) -> dict[str, Any]:
        """The changed columns as `values`, and what is meant."""
        given = dict(self.cleaned_data)
        which = given.pop("which", ALL)
        room = given.pop("room")
        given["room_id"] = room.pk if room else None
        changed = {"room_id" if name == "room" else name for name in self.changed_data}
        return {"values": {name: value for name, value in given.items() if name in changed}, "which": which}

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if not self.errors and not [name for name in self.changed_data if name != "which"]:
            self.add_error(None, _t("Nothing has been changed yet."))
        return given


def kept(standing: list[AvailableSlot]) -> str:
    """Which slots of a series stay: because they are booked, or because somebody changed them one by one."""
    booked = [slot for slot in standing if slot.booked]
    changed = [slot for slot in standing if not slot.booked]
    said = []
    if booked:
        said.append(_t("These are booked and stay as they are: %(named)s.") % {"named": _named(booked)})
    if changed:
        said.append(_t("These were changed individually and stay as they are: %(named)s.") % {"named": _named(changed)})
    return " ".join(said)


def _named(slots: list[AvailableSlot]) -> str:
    named = "; ".join(moment_in_words(slot.starts_at, slot.practice.zone) for slot in slots[:5])
    return f"{named} …" if len(slots) > 5 else named
