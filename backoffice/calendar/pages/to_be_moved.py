"""The page of visits that must be moved: all of a practice, or those under one time off or closed day.

Each says whom to call and where it could go: the same hour with a colleague, the next time with the same person. Those
that are ticked are moved, noted as called or cancelled at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, cast

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model, QuerySet, prefetch_related_objects
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from unfold.sites import UnfoldAdminSite

from backoffice.calendar.pages.booking.moving import RESCHEDULE, can_move, into_group_or_time
from backoffice.calendar.visits import group_of, phone_of, visit_line, with_phones
from backoffice.kit.actor import actor_of, practices_for, practices_required
from backoffice.kit.cells import link, patient_link
from backoffice.kit.clock import day_bounds, on_clock, show_span
from backoffice.kit.contributions import site_pages
from backoffice.kit.forms import say
from backoffice.kit.lookups import read_id
from backoffice.kit.turns import turn_to
from core.actor import Actor
from core.bulk import Report, for_each
from core.errors import Forbidden, Missing
from core.permissions import SPECIALIST
from directory.models import Practice, Room, Specialist
from scheduling.calendar import FreeTime, Replacement, hit_by_closure, hit_by_time_off, moved_from, replacements
from scheduling.models import Appointment, Holiday, TimeOff
from scheduling.services import mark_called, reschedule_appointment
from scheduling.states import AppointmentStatus

VIEW = "scheduling.view"
SHOWN = 100
SAME_HOUR, NEXT_TIME, CALLED = "same-hour", "next-time", "called"


@dataclass(frozen=True)
class Destination:
    """A place where a visit could go: what its button says and sends."""

    says: str
    value: str


@dataclass(frozen=True)
class Line:
    """A visit that must be moved."""

    row: Appointment
    when: SafeString | str
    patient: SafeString | str
    phone: str
    service: str
    called: str
    same_hour: Destination | None
    next_time: Destination | None
    movable: bool
    group: tuple[str, str] | None

    @property
    def seen(self) -> str:
        """Its last change, which a move carries: another one meanwhile is a refusal."""
        return self.row.updated_at.isoformat()


@dataclass(frozen=True)
class Subject:
    """What the page is about: its visits that must be moved, and those that were moved or cancelled since."""

    title: str
    found: QuerySet[Appointment] | list[Appointment]
    moved: Sequence[Appointment] = ()
    cancelled: Sequence[Appointment] = ()
    source: Model | None = None


@site_pages
def to_be_moved_urls(site: UnfoldAdminSite) -> list[URLPattern]:
    """All of a practice, those under a time off, those on a closed day."""

    def page(about: Callable[[HttpRequest, int], Subject]) -> Callable[..., HttpResponse]:
        def view(request: HttpRequest, pk: int = 0) -> HttpResponse:
            return to_be_moved_view(site, request, partial(about, request, pk))

        return cast(Callable[..., HttpResponse], site.admin_view(view))

    return [
        path("to-be-moved/", page(of_practice), name="to_be_moved"),
        path("to-be-moved/time-off/<int:pk>/", page(of_time_off), name="to_be_moved_time_off"),
        path("to-be-moved/closed-day/<int:pk>/", page(of_closed_day), name="to_be_moved_closed_day"),
    ]


def of_practice(request: HttpRequest, _pk: int) -> Subject:
    """Everything from today on that must be moved at the chosen practice."""
    practice = chosen_practice(request)
    today = day_bounds(on_clock(timezone.now(), practice).date(), practice)[0]
    rows = Appointment.objects.visible_to(actor_of(request)).open().filter(practice=practice, starts_at__gte=today)
    return Subject(_("Visits to be moved"), with_people(rows.filter(needs_move=True)))


def of_time_off(request: HttpRequest, pk: int) -> Subject:
    """Those under a time off."""
    by = actor_of(request)
    row: TimeOff = TimeOff.objects.visible_to(by).select_related("practice", "specialist", "room").one(pk=pk)
    span = {"starts_at": row.starts_at, "ends_at": row.ends_at}
    hit = hit_by_time_off(by, specialist_id=row.specialist_id, room_id=row.room_id, **span)
    mine = {"specialist": row.specialist} if row.specialist_id else {"room": row.room}
    gone = Appointment.objects.filter(**mine).overlapping(row.starts_at, row.ends_at)
    who = str(row.specialist or row.room)
    title = _("%(who)s is away: %(when)s") % {"who": who, "when": show_span(row.starts_at, row.ends_at, row.practice)}
    return settled(title, hit, gone, row, by=by)


def of_closed_day(request: HttpRequest, pk: int) -> Subject:
    """Those on a day that was closed."""
    by = actor_of(request)
    row: Holiday = Holiday.objects.visible_to(by).select_related("practice").one(pk=pk)
    hit = hit_by_closure(by, practice_id=row.practice_id, day=row.date)
    gone = Appointment.objects.filter(practice=row.practice).starting_from(row.date).starting_until(row.date)
    told = {"practice": row.practice, "day": date_format(row.date, "D j M Y"), "name": row.name}
    title = _("%(practice)s is closed: %(day)s, %(name)s") % told
    return settled(title, hit, gone, row, by=by)


def settled(
    title: str, hit: list[Appointment], gone: QuerySet[Appointment], row: TimeOff | Holiday, *, by: Actor
) -> Subject:
    """An absence, with what must still be moved of the visits that it hit, and what became of the others."""
    still = [one for one in hit if one.needs_move]
    moved = moved_from(by, row, at_most=SHOWN)
    return Subject(title, still, moved, cancelled_since(gone, row, by=by), row)


def chosen_practice(request: HttpRequest) -> Practice:
    """The practice that the address names, else the first whose calendar the actor sees."""
    practices, named = practices_required(request, VIEW), request.GET.get("practice", "")
    found = practices[0] if not named else next((one for one in practices if str(one.pk) == named), None)
    if found is None:
        raise Missing(_("Practice"))
    return found


def with_people(rows: QuerySet[Appointment]) -> QuerySet[Appointment]:
    """Visits in their order."""
    return rows.select_related("patient", "specialist", "practice").order_by("starts_at", "pk")


def cancelled_since(rows: Any, absence: TimeOff | Holiday, *, by: Actor) -> list[Appointment]:
    """Those that were cancelled once the absence was known."""
    since = rows.visible_to(by).live().filter(status=AppointmentStatus.CANCELLED, cancelled_at__gte=absence.created_at)
    return list(with_people(since)[:SHOWN])


def to_be_moved_view(site: UnfoldAdminSite, request: HttpRequest, about: Callable[[], Subject]) -> HttpResponse:
    """Shows them; a click moves the ticked ones (or one), or notes that they were called."""
    by, at = actor_of(request), timezone.now()
    if not by.may(VIEW):
        raise Forbidden
    if request.method == "POST":
        change(request, by=by, at=at)
        return HttpResponseRedirect(request.get_full_path())
    subject = about()
    turn = turn_to(request, lambda start, stop: list(subject.found[start:stop]))
    done = [(_("Moved"), subject.moved), (_("Cancelled since"), subject.cancelled)]
    with_phones([one for _title, rows in done for one in rows])
    request.current_app = site.name
    context = {
        **site.each_context(request),
        "title": subject.title,
        "lines": lines_of(turn.rows, by=by, at=at),
        "settled": [(title, [settled_line(one) for one in rows]) for title, rows in done if rows],
        "turn": turn,
        "source": link(subject.source, _("The time off")) if subject.source is not None else "",
        "practices": practices_for(request, VIEW) if subject.source is None else [],
        "practice": chosen_practice(request) if subject.source is None else None,
        "here": request.get_full_path(),
    }
    return TemplateResponse(request, "backoffice/calendar/to_be_moved.html", context)


# --------------------------------------------------------------------------------------------- what is shown


def lines_of(rows: Sequence[Appointment], *, by: Actor, at: datetime) -> list[Line]:
    """The visits with their ways out: as many queries for many as for few, at each practice."""
    prefetch_related_objects(with_phones(rows), "services__service", "slot")
    ways: dict[int, Replacement] = {}
    for practice in {one.practice_id: one.practice for one in rows}.values():
        here = [one for one in rows if one.practice_id == practice.pk and can_move(one) and one.specialist_id]
        ways |= replacements(practice, here, at=at)
    found = [way for one in ways.values() for way in (one.same_hour, one.next_time) if way is not None]
    people = Specialist.objects.in_bulk({way.specialist_id for way in found})
    rooms = Room.objects.in_bulk({way.room_id for way in found if way.room_id is not None})
    lines = []
    for row in rows:
        mine = ways.get(row.pk, Replacement(None, None))
        same_hour, next_time = mine.same_hour, mine.next_time
        if same_hour is not None and by.roles.get(row.practice_id) == SPECIALIST and not same_hour.room_id:
            same_hour = None  # a specialist gives nobody else work
        lines.append(line_of(row, same_hour, next_time, people, rooms, by=by))
    return lines


def line_of(
    row: Appointment,
    same_hour: FreeTime | None,
    next_time: FreeTime | None,
    people: dict[int, Specialist],
    rooms: dict[int, Room],
    *,
    by: Actor,
) -> Line:
    """What the page says of a visit."""

    def way(found: FreeTime | None, says: Callable[[FreeTime], str]) -> Destination | None:
        if found is None:
            return None
        value = f"{found.starts_at.isoformat()}|{found.specialist_id}|{found.room_id or ''}"
        return Destination(says(found), value)

    def elsewhere(found: FreeTime) -> str:
        return str(people[found.specialist_id] if found.room_id is None else rooms[found.room_id])

    def later(found: FreeTime) -> str:
        return date_format(on_clock(found.starts_at, row.practice), "D j M, H:i")

    called = row.called_at and _("called %(when)s") % {
        "when": date_format(on_clock(row.called_at, row.practice), "D j M, H:i")
    }
    return Line(
        row=row,
        when=link(row, when_of(row)),
        patient=told_of_patient(row),
        phone=phone_of(row),
        service=", ".join(str(one.service) for one in row.services.all()),
        called=called or "",
        same_hour=way(same_hour, elsewhere),
        next_time=way(next_time, later),
        movable=can_move(row),
        group=group_of(row, by=by),
    )


def settled_line(row: Appointment) -> tuple[SafeString | str, SafeString | str, str, str]:
    """When and with whom a visit is (or was to be), whose it is, and their number."""
    return link(row, when_of(row)), told_of_patient(row), str(row.specialist or ""), phone_of(row)


def when_of(row: Appointment) -> str:
    """From when to when it is booked."""
    return show_span(row.starts_at, row.ends_at, row.practice) if row.starts_at and row.ends_at else ""


def told_of_patient(row: Appointment) -> SafeString | str:
    """Whose visit it is."""
    return patient_link(row.patient) if row.patient else row.contact_name


# --------------------------------------------------------------------------------------------- what is done


def change(request: HttpRequest, *, by: Actor, at: datetime) -> None:
    """Do what was clicked with the row of the button, or with those that are ticked."""
    kind, _bar, alone = request.POST.get("do", "").partition("|")
    ticked = [alone] if alone else request.POST.getlist(ACTION_CHECKBOX_NAME)
    ids = [pk for pk in map(read_id, dict.fromkeys(ticked)) if pk is not None]
    if kind not in (SAME_HOUR, NEXT_TIME, CALLED) or not ids:
        messages.warning(request, _("Nothing was selected."))
        return
    done: dict[int, Appointment] = {}

    def call(pk: int) -> None:
        if kind == CALLED:
            done[pk] = mark_called(pk, by=by, at=at)
            return
        place = place_in(request.POST.get(f"{kind}-{pk}", ""))
        if place is None:
            raise Missing(_("A free time"))
        seen_at = read_moment(request.POST.get(f"seen-{pk}", ""))
        row = Appointment.objects.visible_to(by).select_related("practice").one(pk=pk)
        place |= into_group_or_time(row, place["specialist_id"], place["starts_at"])
        done[pk] = reschedule_appointment(pk, **place, seen_at=seen_at, by=by, at=at)

    tell(request, kind, for_each(ids, call), done, by=by)


def place_in(value: str) -> dict[str, Any] | None:
    """Where a button says that a visit goes; None for anything else."""
    moment, _bar, rest = value.partition("|")
    person, _bar, room = rest.partition("|")
    starts_at, specialist_id = read_moment(moment), read_id(person)
    if starts_at is None or specialist_id is None:
        return None
    return {"starts_at": starts_at, "specialist_id": specialist_id, "room_id": read_id(room) if room else None}


def read_moment(text: str) -> datetime | None:
    """A moment with its zone; None for anything else."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def tell(request: HttpRequest, kind: str, report: Report, done: dict[int, Appointment], *, by: Actor) -> None:
    """Say what became of each visit, by its patient's name."""
    if report.done and kind == CALLED:
        text = ngettext("%(count)d patient marked as called.", "%(count)d patients marked as called.", len(report.done))
        messages.success(request, text % {"count": len(report.done)})
    elif report.done:
        where = "; ".join(visit_line(done[pk]) for pk in report.done[:5])
        more = " …" if len(report.done) > 5 else ""
        messages.success(request, f"{RESCHEDULE.message(len(report.done))} {where}{more}")
    names = Appointment.objects.visible_to(by).select_related("patient", "specialist", "practice")
    refused = names.in_bulk(list(report.refused))
    for pk, error in report.refused.items():
        messages.error(request, f"{visit_line(refused[pk]) if pk in refused else f'#{pk}'}: {say(error)}")


def page_of(absence: TimeOff | Holiday) -> str:
    """Where the visits under an absence are."""
    name = "to_be_moved_time_off" if isinstance(absence, TimeOff) else "to_be_moved_closed_day"
    return reverse(f"admin:{name}", args=(absence.pk,))
