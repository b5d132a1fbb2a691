"""What staff do to a program: adjust its sessions, extend it, or cancel it after seeing what goes with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldBooleanSwitchWidget

from backoffice.kit.actor import actor_of
from backoffice.kit.cells import badge
from backoffice.kit.clock import show_when
from backoffice.kit.contributions import line_of
from backoffice.kit.inputs import reason_field
from backoffice.kit.steps import Step, StepForm
from programs.models import Enrollment
from programs.services import extend_program
from programs.states import NEXT, EnrollmentStatus
from scheduling.services import adjust_program, cancel_program, program_effects


class AdjustForm(StepForm):
    """Asks how many sessions more or fewer, and why."""

    quantity = forms.IntegerField(
        label=_("Sessions to add (with a minus, to remove)"),
        validators=[MinValueValidator(-1000), MaxValueValidator(1000)],
        widget=UnfoldAdminIntegerFieldWidget,
    )
    reason = reason_field(_("Stays on record in the program's ledger."))


class ExtendForm(StepForm):
    """Asks by how many days, and why."""

    days = forms.IntegerField(label=_("Days longer"), min_value=1, max_value=3660, widget=UnfoldAdminIntegerFieldWidget)
    reason = reason_field()


class CancelProgramForm(StepForm):
    """Asks why, and whether the appointments ahead go with it."""

    reason = reason_field(_("Stays on record with the program and everything cancelled with it."))
    cancel_appointments = forms.BooleanField(
        label=_("Cancel its upcoming appointments, too"), required=False, initial=True, widget=UnfoldBooleanSwitchWidget
    )


def effects(request: HttpRequest, row: Enrollment) -> Mapping[str, Any]:
    """What cancelling would cancel, for the page that asks."""
    found = program_effects(actor_of(request), row.pk, at=timezone.now())
    return {
        "orders": [
            (one, f"{one.quantity} × {one.product_name}", badge(one.status, one.get_status_display()))
            for one in found.orders
        ],
        "appointments": [
            (one, show_when(one.starts_at, one.practice) or _("No time yet"), str(one.specialist or ""))
            for one in found.appointments
        ],
    }


def running(row: Enrollment) -> EnrollmentStatus:
    """The status now."""
    return row.status_at(timezone.now())


@line_of(Enrollment)
def program_line(row: Enrollment) -> str:
    """A program in a line: which, and whose."""
    return f"{row.name} · {row.patient}"


def told_of(done: Any) -> Any:
    """What became of one program, and which it was."""
    return lambda row: f"{done % {'count': 1}} {program_line(row)}"


ADJUST_DONE = ngettext_lazy("%(count)d program adjusted.", "%(count)d programs adjusted.", "count")
ADJUST = Step(
    name="adjust",
    label=_("Adjust sessions"),
    verb="programs.adjust",
    call=adjust_program,
    done=ADJUST_DONE,
    told=told_of(ADJUST_DONE),
    offered=lambda row: (
        row.sessions_left is not None and running(row) in (EnrollmentStatus.ACTIVE, EnrollmentStatus.COMPLETED)
    ),
    form=AdjustForm,
    bulk=False,
    icon="exposure",
)
EXTEND_DONE = ngettext_lazy("%(count)d program extended.", "%(count)d programs extended.", "count")
EXTEND = Step(
    name="extend",
    label=_("Extend"),
    verb="programs.extend",
    call=extend_program,
    done=EXTEND_DONE,
    told=told_of(EXTEND_DONE),
    offered=lambda row: row.ends_at is not None and running(row) in (EnrollmentStatus.ACTIVE, EnrollmentStatus.EXPIRED),
    form=ExtendForm,
    icon="event_upcoming",
)
CANCEL_DONE = ngettext_lazy("%(count)d program cancelled.", "%(count)d programs cancelled.", "count")
CANCEL = Step(
    name="cancel",
    label=_("Cancel the program"),
    verb="programs.cancel",
    call=cancel_program,
    done=CANCEL_DONE,
    told=told_of(CANCEL_DONE),
    offered=lambda row: EnrollmentStatus.CANCELLED in NEXT[running(row)],
    guard=lambda row, given, at: row.cancel(reason=given["reason"], at=at),
    form=CancelProgramForm,
    bulk=False,
    variant="danger",
    icon="cancel",
    template="backoffice/programs/cancel_program.html",
    context=effects,
)
