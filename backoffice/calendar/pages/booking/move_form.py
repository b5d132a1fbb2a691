"""The forms that move a visit and change its assistants."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from backoffice.calendar.pages.booking.form import OVERBOOKING, OVERRIDE, reason
from backoffice.calendar.slot_forms import THIS
from backoffice.calendar.visit_series import SeriesForm
from backoffice.kit.inputs import Checks, WallTimeField
from backoffice.kit.steps import StepForm
from core.permissions import SPECIALIST
from directory.models import Room, Specialist
from scheduling.models import Appointment
from scheduling.services import would_reschedule


class MoveForm(SeriesForm):
    """Asks where a visit goes, and whether its series goes with it."""

    would = staticmethod(would_reschedule)

    specialist = forms.ModelChoiceField(
        Specialist.objects.none(),
        label=_("Specialist"),
        required=False,
        empty_label=_("Any specialist who offers it"),
        widget=UnfoldAdminSelectWidget,
    )
    room = forms.ModelChoiceField(
        Room.objects.none(), label=_("Room"), required=False, empty_label=_("None"), widget=UnfoldAdminSelectWidget
    )
    starts_at = WallTimeField(label=_("Another day and time"), required=False)
    overbooking_reason = reason(*OVERBOOKING)
    override_reason = reason(*OVERRIDE)

    def prepare(self) -> None:
        super().prepare()
        row: Appointment = self.rows[0]
        people = Specialist.objects.taking_appointments().working_at(row.practice_id)
        rooms = Room.objects.live().filter(practice_id=row.practice_id, is_active=True)
        self.fields["specialist"].queryset = people.order_by("last_name", "first_name", "pk")  # type: ignore[attr-defined]
        self.fields["room"].queryset = rooms.order_by("name", "pk")  # type: ignore[attr-defined]
        self.fields["specialist"].initial, self.fields["room"].initial = row.specialist_id, row.room_id
        if not self.by.may("scheduling.overbook", row.practice_id):
            del self.fields["overbooking_reason"]
        if self.by.roles.get(row.practice_id) == SPECIALIST:
            field: Any = self.fields["specialist"]
            field.queryset, field.empty_label = field.queryset.filter(pk__in=self.by.specialist_ids), None

    @property
    def reach(self) -> str:
        """How much of the series is meant, once it is valid."""
        return str(self.cleaned_data.get("which") or THIS)

    def clean(self) -> dict[str, Any]:
        """A series moves on the clock only: its verb takes no other place and no overbooking."""
        given = super().clean()
        if given.get("which", THIS) == THIS:
            return given
        row: Appointment = self.rows[0]
        for name, now in (("specialist", row.specialist), ("room", row.room)):
            if name not in self.errors and given.get(name) != now:
                self.add_error(name, _t("The visits of a series keep theirs. Move one visit alone to change it."))
        if given.get("overbooking_reason"):
            self.add_error("overbooking_reason", _t("Only one visit at a time is overbooked."))
        return given


class AssistantsForm(StepForm):
    """Asks for the assistants."""

    assistants = forms.ModelMultipleChoiceField(
        Specialist.objects.none(), label=_("Who assists"), required=False, widget=Checks
    )

    def prepare(self) -> None:
        row: Appointment = self.rows[0]
        people = Specialist.objects.taking_appointments().working_at(row.practice_id).exclude(pk=row.specialist_id)
        field: Any = self.fields["assistants"]
        field.queryset = people.order_by("last_name", "first_name", "pk")
        field.initial = list(row.assistants.values_list("specialist_id", flat=True))

    def values(self) -> dict[str, Any]:
        """As the verb wants it."""
        return {"assistant_ids": [one.pk for one in self.cleaned_data["assistants"]]}
