"""Changing what is done in a booked visit, and the program that it takes a session of."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from backoffice.calendar.pages.booking.form import OVERRIDE, reason, told_of_program
from backoffice.calendar.pages.booking.moving import can_move, guard_move
from backoffice.calendar.visits import has_begun, visit_line
from backoffice.kit.choices import ScopedSelect
from backoffice.kit.steps import Step, StepForm
from catalog.models import Service
from programs.models import Enrollment
from programs.states import EnrollmentStatus
from scheduling.models import Appointment, AppointmentService
from scheduling.querysets import with_booked
from scheduling.services import change_treatment


class TreatmentForm(StepForm):
    """Which service, and a session of which program."""

    service = forms.ModelChoiceField(Service.objects.none(), label=_("Service"))
    enrollment = forms.ModelChoiceField(
        Enrollment.objects.none(),
        label=_("Program"),
        required=False,
        empty_label=_("None"),
        widget=UnfoldAdminSelectWidget,
    )
    override_reason = reason(*OVERRIDE)

    def prepare(self) -> None:
        row: Appointment = self.rows[0]
        services: Any = self.fields["service"]
        services.queryset = (
            Service.objects.visible_to(self.by).live().filter(organization_id=row.practice.organization_id)
        )
        services.widget = ScopedSelect(AppointmentService._meta.get_field("service"), admin.site, edited=row.practice)
        services.widget.choices = services.choices
        lines = sorted(row.services.all(), key=lambda line: line.position)
        services.initial = lines[0].service_id if lines else None
        programs: Any = self.fields["enrollment"]
        running = Q(ends_at=None) | Q(ends_at__gt=timezone.now())
        rows = Enrollment.objects.visible_to(self.by).filter(patient=row.patient, practice=row.practice)
        rows = rows.filter(Q(running, status=EnrollmentStatus.ACTIVE, sessions_left__gt=0) | Q(pk=row.enrollment_id))
        programs.queryset = with_booked(rows.with_ledger()).order_by("pk")
        programs.label_from_instance = told_of_program
        programs.initial = row.enrollment_id

    def values(self) -> dict[str, Any]:
        """As the verb wants it."""
        given = self.cleaned_data
        program = given["enrollment"]
        return {
            "service_id": given["service"].pk,
            "enrollment_id": program.pk if program is not None else None,
            "override_reason": given["override_reason"],
        }


CHANGED = _("The service and the program have been changed.")
TREATMENT = Step(
    name="treatment",
    label=_("Change service or program"),
    verb="scheduling.book",
    call=change_treatment,
    done=CHANGED,
    told=lambda row: f"{CHANGED} {visit_line(row)}",
    offered=can_move,
    guard=lambda row, given, at: guard_move(row),
    form=TreatmentForm,
    bulk=False,
    warning=has_begun,
    icon="healing",
)
