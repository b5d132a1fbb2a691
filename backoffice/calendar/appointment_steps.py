"""The steps of an appointment, as buttons on its page and actions on the list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from unfold.widgets import UnfoldBooleanSwitchWidget

from backoffice.calendar import visit_series
from backoffice.calendar.cancelling import cancellation_code, cancellation_details
from backoffice.calendar.visit_series import SeriesForm
from backoffice.calendar.visits import has_begun, visit_line
from backoffice.kit.clock import show_span
from backoffice.kit.inputs import reason_field
from backoffice.kit.steps import Step, StepForm
from billing.services import complete_and_bill
from scheduling.models import Appointment
from scheduling.services import (
    archive_appointment,
    confirm_appointment,
    late_cancel_forfeits,
    mark_arrived,
    mark_no_show,
    no_show_forfeits,
    reject_appointment,
    start_care,
    would_cancel,
)
from scheduling.states import NEXT, AppointmentStatus


class ReasonForm(StepForm):
    """Asks for an optional reason."""

    reason = reason_field(required=False)


def waiving() -> forms.BooleanField:
    """Return the box that gives the session back although the practice's policy would keep it."""
    return forms.BooleanField(label=_("Waive: give the session back"), required=False, widget=UnfoldBooleanSwitchWidget)


def ask_to_waive(form: StepForm, costs: list[str]) -> None:
    """State the cost beside the box; remove the box if nothing is lost."""
    if costs:
        form.fields["waive"].help_text = " ".join(costs)
    else:
        del form.fields["waive"]


def cost_of(row: Appointment) -> str:
    """Return in words which session would be used up."""
    assert row.enrollment is not None  # noqa: S101 it holds a session
    used = {"number": row.plan_session_number, "total": row.enrollment.sessions_total, "plan": row.enrollment.name}
    return _t("Session %(number)s of %(total)s of %(plan)s will be used up.") % used


class CancelForm(SeriesForm):
    """Asks which, why, and who wanted it: the patient's own late cancellation may use up a session."""

    would = staticmethod(would_cancel)

    reason_code = cancellation_code()
    reason = cancellation_details()
    by_patient = forms.BooleanField(
        label=_("The patient cancelled"), required=False, initial=True, widget=UnfoldBooleanSwitchWidget
    )
    waive = waiving()

    def prepare(self) -> None:
        super().prepare()
        meant = {one.pk: one for rows in (self.rows, *self.meant.values()) for one in rows}
        costs = [cost_of(row) for row in meant.values() if late_cancel_forfeits(row, at=self.at)]
        ask_to_waive(self, [_t("If the patient cancelled: %(cost)s") % {"cost": one} for one in costs])


class NoShowForm(StepForm):
    """Asks whether the session is given back, where it would be used up."""

    waive = waiving()

    def prepare(self) -> None:
        ask_to_waive(self, [cost_of(row) for row in self.rows if no_show_forfeits(row)])


EARLY = timedelta(hours=2)


def not_begun(row: Appointment, at: datetime) -> str:
    """Return the question asked before the outcome of a visit that has not begun; "" once it has."""
    if row.starts_at is None or row.starts_at <= at:
        return ""
    begins = show_span(row.starts_at, row.ends_at or row.starts_at, row.practice)
    return _t("This visit has not begun: %(when)s. Continue anyway?") % {"when": begins}


def comes_early(row: Appointment, at: datetime) -> str:
    """Return the question asked before marking an arrival long before the visit; "" otherwise."""
    return not_begun(row, at) if row.starts_at is not None and row.starts_at > at + EARLY else ""


def missed(row: Appointment, at: datetime) -> str:
    """Return the question asked before a no-show: its cost, and whether it is too early to tell."""
    asked = [not_begun(row, at), cost_of(row) if no_show_forfeits(row) else ""]
    return " ".join(one for one in asked if one)


def told_of(done: Any, made: Any) -> str:
    """Return the message about one visit (or it and its series): how many, and which."""
    rows = made if isinstance(made, list) else [made]
    return f"{done % {'count': len(rows)}} {visit_line(rows[0])}"


def step(name: str, label: Any, verb: str, call: Callable[..., object], to: AppointmentStatus, **more: Any) -> Step:
    """A step to a status, offered where the table allows it."""
    named: dict[str, Any] = {
        "told": lambda made: told_of(more["done"], made),
        "offered": lambda row: row.archived_at is None and to in NEXT[row.status],
        "guard": lambda row, given, at: row.move(to),
        **more,
    }
    return Step(name=name, label=label, verb=f"scheduling.{verb}", call=call, **named)


_S = AppointmentStatus

CONFIRM = step(
    "confirm", _("Confirm"), "confirm", confirm_appointment, _S.CONFIRMED,
    # Back to confirmed is undoing; a wish without a time is confirmed on the registrations page.
    offered=lambda row: row.status == _S.REQUESTED and row.starts_at is not None and row.archived_at is None,
    guard=lambda row, given, at: row.confirm(),
    done=ngettext_lazy("%(count)d appointment confirmed.", "%(count)d appointments confirmed.", "count"),
    variant="primary", icon="check",
)  # fmt: skip
ARRIVED = step(
    "arrived",
    _("Arrived"),
    "arrive",
    mark_arrived,
    _S.ARRIVED,
    variant="primary",
    icon="login",
    warning=comes_early,
    done=ngettext_lazy(
        "%(count)d appointment marked as arrived.", "%(count)d appointments marked as arrived.", "count"
    ),
)
IN_CARE = step(
    "in-care",
    _("In care"),
    "start_care",
    start_care,
    _S.IN_CARE,
    icon="healing",
    warning=not_begun,
    done=ngettext_lazy(
        "%(count)d appointment marked as in care.", "%(count)d appointments marked as in care.", "count"
    ),
)
DONE = step(
    "done",
    _("Done"),
    "complete",
    complete_and_bill,
    _S.DONE,
    variant="primary",
    icon="task_alt",
    warning=not_begun,
    done=ngettext_lazy("%(count)d appointment marked as done.", "%(count)d appointments marked as done.", "count"),
)
NO_SHOW = step(
    "no-show",
    _("No-show"),
    "no_show",
    mark_no_show,
    _S.NO_SHOW,
    icon="person_off",
    warning=missed,
    form=NoShowForm,
    form_with_warning=True,
    done=ngettext_lazy(
        "%(count)d appointment marked as no-show.", "%(count)d appointments marked as no-show.", "count"
    ),
)
CANCEL = step(
    "cancel", _("Cancel"), "cancel", visit_series.cancel, _S.CANCELLED,
    done=ngettext_lazy("%(count)d appointment cancelled.", "%(count)d appointments cancelled.", "count"),
    form=CancelForm, template="backoffice/calendar/cancel_visit.html", variant="danger", icon="cancel",
    warning=has_begun,
)  # fmt: skip
REJECT = step(
    "reject",
    _("Reject"),
    "reject",
    reject_appointment,
    _S.REJECTED,
    form=ReasonForm,
    variant="danger",
    icon="block",
    warning=has_begun,
    done=ngettext_lazy("%(count)d appointment rejected.", "%(count)d appointments rejected.", "count"),
)


def can_undo(row: Appointment) -> bool:
    """Whether the model allows the step back."""
    return UNDO.refusal(row, {}, at=timezone.now()) is None


UNDONE = ngettext_lazy("%(count)d change undone.", "%(count)d changes undone.", "count")
UNDO = Step(
    name="undo",
    label=_("Undo"),
    verb="scheduling.undo",
    call=visit_series.undo,
    done=UNDONE,
    offered=can_undo,
    told=lambda made: told_of(UNDONE, made),
    guard=lambda row, given, at: row.undo(at=at),
    icon="undo",
)
ARCHIVE = Step(
    name="put-away",
    label=_("Archive"),
    verb="scheduling.archive",
    call=archive_appointment,
    done=ngettext_lazy("%(count)d appointment archived.", "%(count)d appointments archived.", "count"),
    offered=lambda row: row.archived_at is None,
    confirm=_("It disappears from all lists and calendars. If it is still open, its session is given back."),
    leaves=True,
    icon="archive",
)
