"""What is asked for when a visit is moved, or when others are to assist in it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from backoffice.booking.form import OVERBOOKING, OVERRIDE, reason
from backoffice.bulk_slots.form import Checks
from backoffice.steps import StepForm
from backoffice.wall_time import WallTimeField
from core.actor import Actor
from core.permissions import SPECIALIST
from directory.models import Room, Specialist
from scheduling.models import Appointment


class MoveForm(StepForm):
    """Where a visit goes; made by `move_form`, which knows who asks."""

    specialist = forms.ModelChoiceField(
        Specialist.objects.none(),
        label=_("Specialist"),
        required=False,
        empty_label=_("Anybody who offers it"),
        widget=UnfoldAdminSelectWidget,
    )
    room = forms.ModelChoiceField(
        Room.objects.none(), label=_("Room"), required=False, empty_label=_("None"), widget=UnfoldAdminSelectWidget
    )
    starts_at = WallTimeField(label=_("Another day and time"), required=False)
    overbooking_reason = reason(*OVERBOOKING)
    override_reason = reason(*OVERRIDE)

    def prepare(self) -> None:
        row: Appointment = self.rows[0]
        people = Specialist.objects.taking_appointments().working_at(row.practice_id)
        rooms = Room.objects.live().filter(practice_id=row.practice_id, is_active=True)
        self.fields["specialist"].queryset = people.order_by("last_name", "first_name", "pk")  # type: ignore[attr-defined]
        self.fields["room"].queryset = rooms.order_by("name", "pk")  # type: ignore[attr-defined]
        self.fields["specialist"].initial, self.fields["room"].initial = row.specialist_id, row.room_id

    def fit(self, by: Actor) -> None:
        """Leave out what the actor may not do."""
        practice_id = self.rows[0].practice_id
        if not by.may("scheduling.overbook", practice_id):
            del self.fields["overbooking_reason"]
        if by.roles.get(practice_id) == SPECIALIST:
            field: Any = self.fields["specialist"]
            field.queryset, field.empty_label = field.queryset.filter(pk__in=by.specialist_ids), None


class AssistantsForm(StepForm):
    """Who assists."""

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
