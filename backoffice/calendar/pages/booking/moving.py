"""The page that moves a visit: the next free times at once, or a typed time, with every reason if it is refused."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from backoffice.calendar.clashes import in_words
from backoffice.calendar.pages.booking.free import (
    Choice,
    as_choices,
    chosen,
    later_than,
    next_choices,
    offering,
    searched,
)
from backoffice.calendar.pages.booking.move_form import AssistantsForm, MoveForm
from backoffice.calendar.pages.booking.page import with_picked
from backoffice.calendar.slot_forms import FOLLOWING, THIS
from backoffice.calendar.visit_series import Preview, preview_series
from backoffice.calendar.visits import has_begun, visit_line
from backoffice.kit.actor import actor_of
from backoffice.kit.clock import day_bounds, moment, on_clock, show_span
from backoffice.kit.forms import say, show_refusal
from backoffice.kit.step_pages import Line
from backoffice.kit.steps import Step, forbidden_or_refused
from core.actor import Actor
from core.errors import Conflict, DomainError, Unavailable
from directory.models import Room, Specialist
from scheduling.calendar import Treatments, group_at, why_not
from scheduling.models import Appointment
from scheduling.services import MOVABLE, change_assistants, reschedule_appointment, reschedule_repeating

if TYPE_CHECKING:
    from backoffice.kit.verb_admin import VerbAdmin


def can_move(row: Appointment) -> bool:
    """Whether the appointment is open and has a patient."""
    return row.status in MOVABLE and row.archived_at is None and row.patient_id is not None


def guard_move(row: Appointment) -> None:
    """Raise Conflict with the reason unless `can_move`."""
    if not can_move(row):
        raise Conflict(_t("Only an open appointment can be moved."), code="invalid_transition")


ASSISTANTS = Step(
    name="assistants",
    label=_("Change assistants"),
    verb="scheduling.reschedule",
    call=change_assistants,
    done=_("The assistants have been changed."),
    offered=lambda row: can_move(row) and row.starts_at is not None,
    guard=lambda row, given, at: guard_move(row),
    form=AssistantsForm,
    bulk=False,
    warning=has_begun,
    template="backoffice/kit/step_checks.html",
    icon="group",
)


def reschedule_view(admin: VerbAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Shows the next free times ("look": of somebody else), moves to a clicked one ("pick") or to the typed one.

    Where its series goes with it, each visit's new time is shown first, and moved by a second click ("confirm").
    """
    row: Appointment | None = admin.get_object(request, str(pk))
    if row is None:
        return admin.missing(request, str(pk))
    by, at, back = actor_of(request), timezone.now(), admin.back(request, row)
    refused = forbidden_or_refused(request, admin, RESCHEDULE, row)
    if refused is not None:
        messages.error(request, f"{admin.named(row)}: {say(refused)}")
        return HttpResponseRedirect(back)
    picked = chosen(request.POST.get("pick", ""))
    form = MoveForm(with_picked(request, picked, row.practice), step=RESCHEDULE, rows=[row], by=by, at=at)
    free: list[Choice] | None = None
    reasons: list[str] = []
    preview: Preview | None = None
    sent = request.method == "POST" and "look" not in request.POST
    if sent and form.is_valid():
        try:
            starts_at = picked[0] if picked else typed_time(form, row)
            preview = preview_of(form, row, starts_at, confirmed=request.POST.get("confirm", ""), at=at)
            if preview is None:
                moved = move(form, row, starts_at=starts_at, by=by, at=at)
                messages.success(request, f"{RESCHEDULE.message(len(moved))} {where_now(moved, pk)}")
                return HttpResponseRedirect(back)
        except (DomainError, Unavailable) as error:
            show_refusal(form, error)
            if form.reach == THIS:
                reasons, free = explain(form, row, by=by, at=at)
        else:
            if preview.refused:
                form.add_error(None, preview.refused)
    if not (reasons or (preview and preview.token)) and (not form.is_bound or form.is_valid() or sent):
        free = next_free_for(form, row, later=later_than(request.POST.get("look", "")), at=at)
    now = show_span(row.starts_at, row.ends_at, row.practice) if row.starts_at and row.ends_at else _t("No time yet")
    return admin.step_page(
        request,
        RESCHEDULE,
        title=f"{RESCHEDULE.label}: {row.patient}",
        form=form,
        back=back,
        lines=[Line(row, admin.named(row))],
        one=row,
        original=row,
        warning=RESCHEDULE.warning(row, at),
        now=now,
        free=free,
        reasons=reasons,
        preview=preview,
    )


def where_now(moved: list[Appointment], pk: int) -> str:
    """When the visit that the page is about takes place from now on."""
    return next(visit_line(row) for row in moved if row.pk == pk)


def typed_time(form: MoveForm, row: Appointment) -> datetime | None:
    """The typed time, where the practice's clock shows it."""
    wall = form.cleaned_data["starts_at"]
    return moment(wall, row.practice, field="starts_at") if wall else None


def preview_of(
    form: MoveForm, row: Appointment, starts_at: datetime | None, *, confirmed: str, at: datetime
) -> Preview | None:
    """Where the series would go; none for a visit alone, and once exactly this has been shown and confirmed."""
    if form.reach == THIS or starts_at is None:
        return None
    preview = preview_series(
        row.pk, which=form.reach, starts_at=starts_at, because=form.cleaned_data["override_reason"], by=form.by, at=at
    )
    return None if confirmed and confirmed == preview.token else preview


def move(form: MoveForm, row: Appointment, *, starts_at: datetime | None, by: Actor, at: datetime) -> list[Appointment]:
    """Call the verb with what the form says; returns what was moved."""
    given = form.cleaned_data
    because = given["override_reason"]
    if form.reach != THIS and starts_at is not None:
        together: list[Appointment] = reschedule_repeating(
            row.pk, starts_at=starts_at, following=form.reach == FOLLOWING, override_reason=because, by=by, at=at
        )
        return together
    person = given["specialist"].pk if given["specialist"] else row.specialist_id
    alone = reschedule_appointment(
        row.pk,
        **into_group_or_time(row, person, starts_at),
        specialist_id=given["specialist"].pk if given["specialist"] else None,
        room_id=given["room"].pk if given["room"] else None,
        overbooking_reason=given.get("overbooking_reason", ""),
        override_reason=because,
        by=by,
        at=at,
    )
    return [alone]


def into_group_or_time(row: Appointment, person: int | None, starts_at: datetime | None) -> dict[str, Any]:
    """Where the visit goes, as the verb takes it: into the group that begins then, unless it is in it already."""
    group = group_at(row.practice, person, starts_at) if person is not None and starts_at is not None else None
    return {"slot_id": group.pk} if group is not None and group.pk != row.slot_id else {"starts_at": starts_at}


def done_in(row: Appointment) -> Treatments:
    """What is done in the visit, the main service first."""
    lines = sorted(row.services.all(), key=lambda line: line.position)
    return Treatments(tuple(line.service for line in lines))


def next_free_for(form: MoveForm, row: Appointment, *, later: datetime | None, at: datetime) -> list[Choice]:
    """The next free times of the visit's length, with the chosen specialist or anybody, from its own day on."""
    done = done_in(row)
    given: dict[str, Any] = form.cleaned_data if form.is_bound else {"specialist": row.specialist}
    person = given.get("specialist")
    people = [person.pk] if person else offering(row.practice, done.main)
    length: timedelta = row.ends_at - row.starts_at if row.starts_at and row.ends_at else done.duration
    own_day = day_bounds(on_clock(row.starts_at, row.practice).date(), row.practice)[0] if row.starts_at else None
    after = later or on_day(given.get("starts_at"), row) or own_day
    # The patient is busy with this visit, too: who moves it to a colleague at the same time must be offered that.
    search = searched(done.main, length, patient=None, after=after, at=at)
    return next_choices(row.practice, people, search, at=at)


def on_day(wall: datetime | None, row: Appointment) -> datetime | None:
    """From when to look: the typed time, where the clock shows it."""
    try:
        return moment(wall, row.practice, field="starts_at") if wall else None
    except DomainError:
        return None


def explain(form: MoveForm, row: Appointment, *, by: Actor, at: datetime) -> tuple[list[str], list[Choice] | None]:
    """Every reason against the typed time, and the nearest free ones."""
    given = form.cleaned_data
    starts_at, person = on_day(given.get("starts_at"), row), given.get("specialist") or row.specialist
    if starts_at is None:
        return [], None
    room = given.get("room") or None
    reasons, nearest = reasons_against(row, starts_at=starts_at, ends_at=None, person=person, room=room, by=by, at=at)
    return reasons, nearest or None


def reasons_against(
    row: Appointment,
    *,
    starts_at: datetime,
    ends_at: datetime | None,
    person: Specialist | None,
    room: Room | None,
    by: Actor,
    at: datetime,
) -> tuple[list[str], list[Choice]]:
    """Every reason against moving the visit there (as long as now, without an end), and the nearest free times."""
    main = done_in(row).main
    if person is None or main is None:
        return [], []
    length = row.ends_at - row.starts_at if row.starts_at and row.ends_at else None
    try:
        found = why_not(
            by,
            practice_id=row.practice_id,
            specialist_id=person.pk,
            service_id=main.pk,
            starts_at=starts_at,
            ends_at=ends_at or (starts_at + length if length else None),
            patient_id=row.patient_id,
            room_id=room.pk if room is not None else None,
            ignoring=row.pk,
            at=at,
        )
    except DomainError:
        return [], []
    return in_words(found.reasons, by=by), as_choices(found.nearest, row.practice)


RESCHEDULE: Step = Step(
    name="reschedule",
    label=_("Reschedule"),
    verb="scheduling.reschedule",
    call=reschedule_appointment,
    done=ngettext_lazy("%(count)d appointment moved.", "%(count)d appointments moved.", "count"),
    offered=can_move,
    guard=lambda row, given, at: guard_move(row),
    form=MoveForm,
    bulk=False,
    warning=has_begun,
    page=reschedule_view,
    template="backoffice/calendar/reschedule.html",
    icon="edit_calendar",
)
