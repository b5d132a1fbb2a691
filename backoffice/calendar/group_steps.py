"""The steps of a whole group: its slot with everybody in it is cancelled, moved, or brought back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, ngettext_lazy
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from backoffice.calendar.cancelling import cancellation_code, cancellation_details
from backoffice.calendar.pages.booking.free import Choice, as_choices, chosen
from backoffice.calendar.visits import has_begun, phone_of, slot_line, with_phones
from backoffice.kit.actor import actor_of
from backoffice.kit.cells import badge, link, patient_link
from backoffice.kit.clock import moment, on_clock, show_span
from backoffice.kit.forms import say, show_refusal
from backoffice.kit.inputs import WallTimeField
from backoffice.kit.lookups import read_id
from backoffice.kit.panels import Panel
from backoffice.kit.step_pages import Line
from backoffice.kit.steps import Step, StepForm, forbidden_or_refused
from core.actor import Actor
from core.errors import Conflict, DomainError, Unavailable
from directory.models import Room, Specialist
from scheduling.models import Appointment, AvailableSlot
from scheduling.services import (
    GroupMove,
    cancel_group,
    cancelled_group_is_fresh,
    group_times_near,
    move_group,
    preview_move_group,
    undo_cancelled_group,
    would_cancel_group,
)

if TYPE_CHECKING:
    from backoffice.kit.verb_admin import VerbAdmin


def is_group(row: AvailableSlot) -> bool:
    """Whether several may be in it, somebody is, and it is still offered."""
    return row.capacity > 1 and row.booked > 0 and row.withdrawn_at is None


def guard_group(row: AvailableSlot) -> None:
    """As `is_group`, saying so."""
    if not is_group(row):
        raise Conflict(_t("Nobody is in this group."), code="invalid_transition")


def can_bring_back(row: AvailableSlot) -> bool:
    """Whether the group was cancelled so lately that it can be brought back."""
    return row.capacity > 1 and cancelled_group_is_fresh(row, at=timezone.now())


def guard_bring_back(row: AvailableSlot) -> None:
    """As `can_bring_back`, saying so."""
    if not can_bring_back(row):
        raise Conflict(_t("Only a group that was cancelled in the last minutes can be brought back."), code="too_late")


def ids_in(text: str) -> list[int]:
    """The ids of the visits that a page had shown, as it sends them back."""
    return [pk for pk in map(read_id, text.split(",")) if pk is not None]


def ids_of(rows: Sequence[Appointment]) -> str:
    """The ids of the visits that a page shows, as it sends them back."""
    return ",".join(str(pk) for pk in sorted(row.pk for row in rows))


def named(row: Appointment) -> Any:
    """Whose visit it is, leading to the visit where it is nobody's yet."""
    return patient_link(row.patient) if row.patient is not None else link(row, row.contact_name or None)


class CancelGroupForm(StepForm):
    """Asks why, and whether the slot is offered again; `shown` are the visits that it names."""

    reason_code = cancellation_code()
    reason = cancellation_details()
    offer_again = forms.BooleanField(
        label=_("Offer the slot again"),
        help_text=_("Otherwise it is withdrawn, and nobody can book it."),
        required=False,
        widget=UnfoldBooleanSwitchWidget,
    )

    def prepare(self) -> None:
        slot: AvailableSlot = self.rows[0]
        self.shown = ids_of(would_cancel_group(self.by, slot.pk).going)
        if not self.by.may("scheduling.withdraw_slot", slot.practice_id):
            del self.fields["offer_again"]

    def values(self) -> dict[str, Any]:
        """Who may not withdraw the slot leaves it offered."""
        return {"offer_again": True, **self.cleaned_data, "seen_ids": ids_in(self.data.get("seen_ids", ""))}


def who_is_cancelled(row: AvailableSlot, by: Actor, at: datetime) -> list[Panel]:
    """Return everybody in the group, with the number to call, and what would become of each visit."""
    group = would_cancel_group(by, row.pk)
    with_phones([*group.going, *group.staying])
    rows = [*group.going, *group.staying]
    lines: list[list[Any]] = [
        [named(one), phone_of(one), badge("cancelled", _t("will be cancelled"))] for one in group.going
    ]
    lines += [[named(one), phone_of(one), stays(one)] for one in group.staying]
    columns = [_t("Patient"), _t("Phone"), _t("What happens")]
    sessions = [session_back(one) if one in group.going else "" for one in rows]
    if any(sessions):
        columns.append(_t("Session"))
        for line, session in zip(lines, sessions, strict=True):
            line.append(session)
    title = ngettext("%(count)d visit will be cancelled", "%(count)d visits will be cancelled", len(group.going))
    return [Panel(title % {"count": len(group.going)}, columns=columns, rows=lines)]


def stays(row: Appointment) -> Any:
    """That the visit stays, and why."""
    return badge(row.status, _t("stays (%(status)s)") % {"status": row.get_status_display()})


def session_back(row: Appointment) -> str:
    """Which session the visit gives back, where it holds one."""
    if row.enrollment is None or row.plan_session_number is None:
        return ""
    held = {"number": row.plan_session_number, "total": row.enrollment.sessions_total, "plan": row.enrollment.name}
    return _t("session %(number)s of %(total)s of %(plan)s will be given back") % held


CANCELLED = ngettext_lazy(
    "The group is cancelled: %(count)d visit.", "The group is cancelled: %(count)d visits.", "count"
)
BACK = ngettext_lazy("The group is back: %(count)d visit.", "The group is back: %(count)d visits.", "count")
MOVED = ngettext_lazy(
    "The group has been moved: %(count)d visit.", "The group has been moved: %(count)d visits.", "count"
)


def told(done: Any, group: Any) -> str:
    """What became of a group: how many visits it was, and which group."""
    stayed = ngettext("%(count)d visit stays as it is.", "%(count)d visits stay as they are.", len(group.staying))
    said = [str(done % {"count": len(group.going)}), slot_line(group.slot)]
    return " ".join([*said, stayed % {"count": len(group.staying)}] if group.staying else said)


CANCEL_GROUP = Step(
    name="cancel-group",
    label=_("Cancel the group"),
    verb="scheduling.cancel",
    call=cancel_group,
    done=CANCELLED,
    told=lambda group: told(CANCELLED, group),
    offered=is_group,
    guard=lambda row, given, at: guard_group(row),
    form=CancelGroupForm,
    bulk=False,
    concerns=who_is_cancelled,
    warning=has_begun,
    template="backoffice/calendar/cancel_group.html",
    variant="danger",
    icon="group_remove",
)
UNDO_GROUP = Step(
    name="undo-group",
    label=_("Undo"),
    verb="scheduling.undo",
    call=undo_cancelled_group,
    done=BACK,
    told=lambda group: told(BACK, group),
    offered=can_bring_back,
    guard=lambda row, given, at: guard_bring_back(row),
    bulk=False,
    icon="undo",
)


class MoveGroupForm(StepForm):
    """Where the group goes: another time, and another specialist or room where one is chosen."""

    starts_at = WallTimeField(label=_("Day and time"))
    specialist = forms.ModelChoiceField(
        Specialist.objects.none(), label=_("Specialist"), empty_label=None, widget=UnfoldAdminSelectWidget
    )
    room = forms.ModelChoiceField(
        Room.objects.none(), label=_("Room"), required=False, empty_label=_("None"), widget=UnfoldAdminSelectWidget
    )
    override_reason = forms.CharField(
        label=_("Reason to go ahead"),
        max_length=255,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Needed where the practice is closed on that day, or a program has ended by then."),
    )

    def prepare(self) -> None:
        slot: AvailableSlot = self.rows[0]
        people = Specialist.objects.taking_appointments().working_at(slot.practice_id)
        rooms = Room.objects.live().filter(practice_id=slot.practice_id, is_active=True)
        self.fields["specialist"].queryset = people.order_by("last_name", "first_name", "pk")  # type: ignore[attr-defined]
        self.fields["room"].queryset = rooms.order_by("name", "pk")  # type: ignore[attr-defined]
        self.fields["starts_at"].initial = on_clock(slot.starts_at, slot.practice)
        self.fields["specialist"].initial, self.fields["room"].initial = slot.specialist_id, slot.room_id

    def values(self) -> dict[str, Any]:
        """Where the group is to be, as the verb takes it; InvalidInput for a time that the clock skips."""
        slot, given = self.rows[0], self.cleaned_data
        return {
            "starts_at": moment(given["starts_at"], slot.practice, field="starts_at"),
            "specialist_id": given["specialist"].pk,
            "room_id": given["room"].pk if given["room"] else None,
            "override_reason": given["override_reason"],
        }


def move_group_view(admin: VerbAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Shows first where everybody would go and what stands against it; a second click ("confirm") moves the group."""
    row: AvailableSlot | None = admin.get_object(request, str(pk))
    if row is None:
        return admin.missing(request, str(pk))
    by, at, back = actor_of(request), timezone.now(), admin.back(request, row)
    refused = forbidden_or_refused(request, admin, MOVE_GROUP, row)
    if refused is not None:
        messages.error(request, f"{admin.named(row)}: {say(refused)}")
        return HttpResponseRedirect(back)
    form = MoveGroupForm(with_picked(request, row), step=MOVE_GROUP, rows=[row], by=by, at=at)
    move: GroupMove | None = None
    nearest: list[Choice] = []
    if request.method == "POST" and form.is_valid():
        try:
            move = preview_move_group(by, pk, **form.values(), at=at)
            if not move.refused and request.POST.get("confirm") == token_of(move):
                seen = [one.pk for one in move.visits]
                group = move_group(pk, **form.values(), seen_ids=seen, by=by, at=at)
                messages.success(request, told(MOVED, group))
                return HttpResponseRedirect(back)
            if move.refused:
                nearest = nearest_for(form, row, by=by, at=at)
        except (DomainError, Unavailable) as error:
            show_refusal(form, error)
    return admin.step_page(
        request,
        MOVE_GROUP,
        title=f"{MOVE_GROUP.label}: {admin.named(row)}",
        form=form,
        back=back,
        lines=[Line(row, admin.named(row))],
        one=row,
        original=row,
        warning=MOVE_GROUP.warning(row, at),
        now=show_span(row.starts_at, row.ends_at, row.practice),
        panel=who_moves(row, move, by=by),
        move=move,
        goes=show_span(move.wish.starts_at, move.wish.ends_at, row.practice) if move is not None else "",
        who=elsewhere(form, row) if move is not None else "",
        token=token_of(move) if move is not None and not move.refused else "",
        nearest=nearest,
    )


def with_picked(request: HttpRequest, row: AvailableSlot) -> Any:
    """What was sent, with a clicked time and its specialist in their fields; None where nothing was."""
    picked = chosen(request.POST.get("pick", ""))
    if picked is None:
        return request.POST or None
    starts_at, specialist_id = picked
    data = request.POST.copy()
    data["starts_at"] = on_clock(starts_at, row.practice).isoformat(timespec="minutes")
    data["specialist"] = str(specialist_id)
    return data


def nearest_for(form: MoveGroupForm, row: AvailableSlot, *, by: Actor, at: datetime) -> list[Choice]:
    """The times nearest to the wanted one to which the group could go, as buttons."""
    return as_choices(group_times_near(by, row.pk, **form.values(), at=at), row.practice)


def elsewhere(form: MoveGroupForm, row: AvailableSlot) -> str:
    """With whom and in which room the group would be, where that is not as it is now."""
    person, room = form.cleaned_data["specialist"], form.cleaned_data["room"]
    if (person, room) == (row.specialist, row.room):
        return ""
    return " · ".join(str(one) for one in (person, room) if one)


def token_of(move: GroupMove) -> str:
    """What was shown: where the group goes, and with whom."""
    return sha256(f"{move.wish}:{ids_of(move.visits)}".encode()).hexdigest()


def who_moves(row: AvailableSlot, move: GroupMove | None, *, by: Actor) -> Panel:
    """Everybody in the group, with the number to call, and what stands against their visit, once it is known."""
    group = would_cancel_group(by, row.pk)
    rows = with_phones([*group.going, *group.staying])
    against = move.why_of if move is not None else {}
    lines = [[named(one), phone_of(one), badge(one.status, one.get_status_display())] for one in rows]
    columns = [_t("Patient"), _t("Phone"), _t("Status")]
    if any(against.values()):
        columns.append(_t("Why it cannot move"))
        for line, one in zip(lines, rows, strict=True):
            line.append(
                format_html_join("", '<span class="bo-why">{}</span>', ([why] for why in against.get(one.pk, ())))
            )
    return Panel(_t("Who is in it"), columns=columns, rows=lines)


MOVE_GROUP: Step = Step(
    name="move-group",
    label=_("Move the group"),
    verb="scheduling.change_slot",
    call=move_group,
    done=MOVED,
    offered=is_group,
    guard=lambda row, given, at: guard_group(row),
    form=MoveGroupForm,
    bulk=False,
    page=move_group_view,
    warning=has_begun,
    template="backoffice/calendar/move_group.html",
    icon="edit_calendar",
)
