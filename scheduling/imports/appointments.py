"""The import of appointments from another system, set-wise because there may be a million."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from core.bulk_write import new_row
from core.db import Work
from core.db_errors import Retry
from core.errors import Conflict, InvalidInput
from core.imports import (
    Batch,
    Choice,
    Column,
    ImportKind,
    Match,
    Outcome,
    flag,
    minutes,
    moment,
    moment_or_day,
    one_of,
    reference,
    text_up_to,
    whole,
    yes_or_no,
)
from core.moments import moment_in, span_in_words
from directory.imports import COLOR, PRACTICE, ROOM, SPECIALIST, organization_of
from directory.models import Practice, Room, Specialist
from patients.imports import CASE, PATIENT
from patients.models import Patient
from programs.imports import ENROLLMENT
from scheduling.calendar import claims
from scheduling.calendar.conflicts import describe
from scheduling.calendar.places import Place, Reservation, commit, fit, in_slot, locked_slots, reserve, resource_ids
from scheduling.calendar.resources import wants_of_slot
from scheduling.imports.program_visits import ProgramVisits
from scheduling.imports.slots import interval
from scheduling.imports.visit_layouts import LAYOUTS
from scheduling.models import Appointment, AvailableSlot, Claim
from scheduling.services import archive_appointment
from scheduling.services.booking import RECORDED
from scheduling.services.sessions import assistants_of
from scheduling.states import CLAIMING, OPEN, AppointmentStatus, AppointmentType, ClaimRole

OVERLAPS = Choice(
    name="overlaps",
    help=_("of appointments whose time is taken: refuse the row, or keep it as an overbooking"),
    words=("refuse", "overbook"),
)
PLACED = frozenset({"starts_at", "ends_at", "specialist_id", "patient_id", "practice_id", "room_id"})
NOTED = ("arrived_at", "cancelled_at")  # times that a row may say beside those of the visit
COLUMN_OF = {ClaimRole.PATIENT: "patient", ClaimRole.ROOM: "room"}  # whoever else is busy is the specialist's


def save_appointments(work: Work, batch: Batch) -> None:
    """Save appointments with their claims under the rules of booking; a taken time is refused, or overbooked."""
    _Import(work, batch).run()


@dataclass(slots=True)
class _Planned:
    """A new appointment and the time that was reserved for it."""

    match: Match[Appointment]
    reservation: Reservation


class _Import:
    """One batch: the people named are read at once, their resources are locked, and existing claims are read once."""

    def __init__(self, work: Work, batch: Batch) -> None:
        self.work, self.batch = work, batch
        self.unwritten: dict[int, Match[Appointment]] = {}  # whose each claim is that is not written yet, by identity

    def run(self) -> None:
        """Fill the rows' appointments, lock, move the known ones and place the new ones."""
        made = self.batch.match(Appointment, lambda values: new_row(Appointment, {"created_via": "import", **values}))
        named = {self._told(match).get("enrollment") for match in made if match.outcome is Outcome.CREATED}
        self.sessions = ProgramVisits(self.work, self.batch, named)
        matches = [match for match in made if self._fill(match)]
        new = [match for match in matches if match.outcome is Outcome.CREATED]
        known = [match for match in matches if match.outcome is not Outcome.CREATED]
        moved = [match for match in known if match.obj.changes().keys() & PLACED]
        self._lock([*new, *moved])
        self.batch.store(self.work, [match for match in known if not match.obj.changes().keys() & PLACED])
        for match in moved:
            self._move(match)
        self._place(new)

    # ------------------------------------------------------------------------------ who, where, when

    @cached_property
    def patients(self) -> dict[int, Patient]:
        """Patients by id; a merged record leads to the one it was merged into."""
        named = self._named("patient", Patient)
        rows = Patient.objects.visible_to(self.work.by).in_bulk(
            [one.merged_into_id for one in named.values() if one.merged_into_id is not None]
        )
        return {key: rows.get(one.merged_into_id or 0, one) for key, one in named.items()}

    @cached_property
    def specialists(self) -> dict[int, Specialist]:
        """Specialists by id, active or not, because imported visits may lie in the past."""
        return self._named("specialist", Specialist)

    @cached_property
    def practices(self) -> dict[int | None, Practice]:
        """Practices by id; None is the one for rows that name none."""
        named = self._named("practice", Practice)
        default = self.batch.scope.practice_id
        return named if default is None else {**named, None: Practice.objects.get(pk=default)}

    @cached_property
    def rooms(self) -> dict[int, Room]:
        """Rooms by id, in use or not."""
        return self._named("room", Room)

    def _told(self, match: Match[Appointment]) -> dict[str, Any]:
        return self.batch.values_of(match.row, is_new=match.outcome is Outcome.CREATED)

    def _named(self, column: str, model: Any) -> dict[Any, Any]:
        ids = {self.batch.values_of(row, is_new=True).get(column) for row in self.batch.rows} - {None}
        found: dict[Any, Any] = model.objects.visible_to(self.work.by).in_bulk(ids)
        return found

    def _fill(self, match: Match[Appointment]) -> bool:
        """Put the row's values on the appointment; return whether it can be kept."""
        obj, new = match.obj, match.outcome is Outcome.CREATED
        told = self._told(match)
        fits = True
        for column, known in (("patient", self.patients), ("specialist", self.specialists)):
            # A row that is only checked for its errors may lack a practice.
            if told.get(column) in known:
                setattr(obj, column, known[told[column]])
            elif column in told:
                fits = self._refuse(match, column, _t("There is none that you may use."))
        if new or "practice" in told:
            practice = self.practices.get(told.get("practice"))
            if practice is None:
                return self._refuse(match, "practice", _t("The row names no practice; say which with --practice."))
            obj.practice = practice
        if not self.work.by.may("scheduling.record", obj.practice_id):
            return self._refuse(match, "practice", _t("You may not record appointments in this practice."))
        if told.get("room") is not None:
            obj.room = self.rooms.get(told["room"])
            if obj.room is None or obj.room.practice_id != obj.practice_id:
                fits = self._refuse(match, "room", _t("It is a room of another practice."))
        try:
            told = {**told, **{name: moment_in(obj.practice.zone, told[name]) for name in NOTED if told.get(name)}}
        except ValueError as error:
            return self._refuse(match, "arrived_at" if told.get("arrived_at") else "cancelled_at", str(error))
        if "arrived_at" in told:
            obj.arrived_at = told["arrived_at"]
        return self._fill_times(match, told) and self._fill_status(match, told) and fits

    def _fill_times(self, match: Match[Appointment], told: dict[str, Any]) -> bool:
        obj, fits = match.obj, True
        try:
            obj.starts_at, obj.ends_at = interval(obj.practice.zone, told)
        except InvalidInput as error:
            ((name, why),) = error.fields.items()
            return self._refuse(match, name, str(why))
        if obj.ends_at <= obj.starts_at:
            fits = self._refuse(match, "ends_at", _t("It ends before it starts."))
        return fits

    def _fill_status(self, match: Match[Appointment], told: dict[str, Any]) -> bool:
        """Set the status and its effect on a program; the status of a known visit is only compared."""
        obj, fits, new = match.obj, True, match.outcome is Outcome.CREATED
        assert obj.starts_at is not None  # noqa: S101 filled just now
        ahead = obj.starts_at > self.work.at
        expected = AppointmentStatus.CONFIRMED if ahead else AppointmentStatus.DONE
        status = told.get("status") or (AppointmentStatus.CANCELLED if told.get("cancelled_at") else expected)
        if new:
            if ahead and status in (AppointmentStatus.DONE, AppointmentStatus.NO_SHOW):
                fits = self._refuse(match, "status", _t("A visit that lies ahead cannot be over."))
            obj.status, obj.created_by_id = status, self.work.by.user_id
            cancelled = status == AppointmentStatus.CANCELLED
            obj.cancelled_at = (told.get("cancelled_at") or self.work.at) if cancelled else None
            fits = self.sessions.plan(match, told) and fits
        elif told.get("status") and status != obj.status:
            reason = _t("It is %(status)s here; an import does not change that.")
            fits = self._refuse(match, "status", reason % {"status": obj.get_status_display()})
        return fits

    def _refuse(self, match: Match[Appointment], column: str, reason: str) -> bool:
        self.batch.refuse(match.row, column, reason)
        return False

    def _lock(self, matches: list[Match[Appointment]]) -> None:
        """Lock all resources whose time is claimed or released, and check that nothing changed before that.

        Whoever changes an appointment locks its resources first, so that these locks are enough for the rows, too.
        """
        known = [match.obj for match in matches if match.obj.pk]
        present = Appointment.objects.select_related("specialist", "patient", "room").in_bulk([one.pk for one in known])
        busy: set[int] = set()
        for match in matches:
            busy |= resource_ids(match.obj.specialist, match.obj.patient, match.obj.room)
        for before in present.values():
            busy |= resource_ids(before.specialist, before.patient, before.room, *assistants_of(before))
        claims.lock_resources(busy)
        times = [(one.starts_at, one.ends_at) for one in (*present.values(), *(match.obj for match in matches))]
        claims.lock_slots_near(busy, lambda: [(lo, hi) for lo, hi in times if lo is not None and hi is not None])
        now = Appointment.objects.in_bulk([one.pk for one in known])
        columns = (*PLACED, "status", "slot_id", "room_id", "archived_at")
        if any(getattr(now[pk], name) != getattr(one, name) for pk, one in present.items() for name in columns):
            raise Retry
        self._find_slots([match for match in matches if match.outcome is Outcome.CREATED])

    def _find_slots(self, new: list[Match[Appointment]]) -> None:
        """The slots in which the rows say that their visits stand, locked: each is one object for all its visits."""
        rows = {match: match.obj for match in new if match.obj.claims_time and self._told(match).get("in_slot")}
        starts = {obj.starts_at for obj in rows.values() if obj.starts_at is not None}
        offered = AvailableSlot.objects.offered().filter(
            specialist__in={obj.specialist_id for obj in rows.values()}, starts_at__in=starts
        )
        ids = list(offered.values_list("pk", flat=True)) if starts else []
        slots: dict[Any, AvailableSlot] = {
            (one.practice_id, one.specialist_id, one.starts_at, one.ends_at): one for one in locked_slots(ids)
        }
        self.slots: dict[int, AvailableSlot] = {}
        for match, obj in rows.items():
            slot = slots.get((obj.practice_id, obj.specialist_id, obj.starts_at, obj.ends_at))
            if slot is not None:
                self.slots[id(obj)] = slot
            elif obj.status in OPEN:
                says = _t("No slot of exactly this time is offered; the visit stands in none.")
                self.batch.remark(match.row, "in_slot", says)

    # ---------------------------------------------------------------------------------- their places

    def _move(self, match: Match[Appointment]) -> None:
        """Move an appointment of an earlier import whose row now has another time or person."""
        obj = match.obj
        if obj.slot_id is not None:
            self.batch.refuse(match.row, "starts_at", _t("It was put into a slot here; move it in the calendar."))
            return
        reservation = None
        if obj.claims_time:
            try:
                reservation = reserve(
                    self.work,
                    obj,
                    _place_of(obj),
                    assistants=assistants_of(obj),
                    overbooking_reason=self._reason(obj),
                )
            except Conflict as refusal:
                self._refuse_clashes(match, [(one["role"], one["says"]) for one in refusal.clashes])
                return
        self._note(match)
        self.batch.store(self.work, [match])
        if reservation is not None:
            commit(self.work, [(obj, reservation)])

    def _place(self, new: list[Match[Appointment]]) -> None:
        """Find places for the new appointments in the order of their lines, then write all of them."""
        wants = [want for match in new for want in _place_of(match.obj).wants(match.obj, ())]
        wants += [want for slot in self.slots.values() for want in wants_of_slot(slot)]
        standing = claims.standing(self.work, wants)
        booked: Counter[int] = Counter()
        planned: list[_Planned] = []
        kept: list[Match[Appointment]] = []
        for match in new:
            obj = match.obj
            if obj.status in CLAIMING:
                reason = self._reason(obj)
                slot = self.slots.get(id(obj))
                if slot is not None and slot.booked + booked[slot.pk] >= slot.capacity:
                    if not reason:
                        self.batch.refuse(match.row, "in_slot", _t("The slot has no place left."))
                        continue
                    slot = None
                place = _place_of(obj) if slot is None else in_slot(slot)
                own = place.wants(obj, ())
                reservation = fit(self.work, obj, place, standing, overbooking_reason=reason)
                if reservation.clashes and not reason:
                    found = reservation.clashes
                    self._refuse_clashes(match, [(want.role, self._says(claim)) for want, claim in found])
                    continue
                planned.append(_Planned(match, reservation))
                taken = claims.write(obj, own)
                if obj.slot is not None:
                    booked[obj.slot.pk] += 1
                    taken += claims.write(obj.slot, reservation.slot)
                for claim in taken:
                    self.unwritten[id(claim)] = match
                    standing.add(claim)
            self._note(match)
            kept.append(match)
        self.batch.store(self.work, kept)
        commit(self.work, [(one.match.obj, one.reservation) for one in planned])
        self.sessions.write([match.obj for match in kept])

    def _reason(self, obj: Appointment) -> str:
        """The reason for which a clash is overbooked; "" if it is to be refused."""
        wanted = self.batch.scope.chosen.get(OVERLAPS.name) == "overbook"
        if not wanted or not self.work.by.may("scheduling.overbook", obj.practice_id):
            return ""
        return _t("Imported from %(source)s, where it overlapped.") % {"source": self.batch.scope.source}

    def _note(self, match: Match[Appointment]) -> None:
        if match.obj.overbooked:
            match.note = _t("overbooked")

    def _refuse_clashes(self, match: Match[Appointment], found: Iterable[tuple[str, str]]) -> None:
        """Refuse each column whose person or room is busy, naming each clash."""
        said: dict[str, list[str]] = {}
        for role, says in found:
            said.setdefault(COLUMN_OF.get(ClaimRole(role), "specialist"), []).append(says)
        for column, clashes in said.items():
            named = "; ".join(dict.fromkeys(clashes))
            self.batch.refuse(match.row, column, _t("The time is taken: %(clashes)s") % {"clashes": named})

    def _says(self, claim: Claim) -> str:
        match = self.unwritten.get(id(claim))
        if match is None:
            (told,) = describe([claim], by=self.work.by)
            return str(told["says"])
        other = match.obj
        who = other.patient if claim.role == ClaimRole.PATIENT else other.specialist
        when = span_in_words(claim.starts_at, claim.ends_at, other.practice.zone)
        return _t("%(who)s, %(when)s: line %(line)s") % {"who": who, "when": when, "line": match.row.line}


def _place_of(obj: Appointment) -> Place:
    """Place the visit at exactly its time: imported visits need no pauses."""
    assert obj.specialist is not None  # noqa: S101 each row names them
    assert obj.starts_at is not None  # noqa: S101 likewise
    assert obj.ends_at is not None  # noqa: S101 likewise
    return Place(obj.practice, obj.specialist, obj.room, obj.starts_at, obj.ends_at)


# What other systems call the states of a visit. "Arrived" and "pending" are left out: they mean different things in
# different systems.
CALLED = {
    "done": "completed complete attended finished erledigt abgeschlossen effettuato eseguito honoré realizado efectuat",
    "cancelled": "canceled abgesagt storniert annulé annullato disdetto cancelado anulat",
    "no_show": "no-show noshow dna missed absent assente ausente",
    "confirmed": "booked scheduled bestätigt gebucht confirmé confermato prenotato confirmado confirmat programat",
}
OTHER_WORDS = {word: status for status, words in CALLED.items() for word in words.split()} | dict.fromkeys(
    ("no show", "did not attend", "did not arrive", "nicht erschienen", "non présent", "non presentato"), "no_show"
)

# Past slots are not exported, so a visit that was booked in one is exported without it.
STANDS_IN_SLOT = Q(status__in=CLAIMING, slot__isnull=False, slot__withdrawn_at=None, slot__starts_at__gt=Now())
TEXT: Callable[[str], Any] = text_up_to(255)

APPOINTMENTS = ImportKind(
    name="appointments",
    help=_("Appointments, past ones above all."),
    verb="scheduling.import_appointments",
    may="scheduling.record",
    model=Appointment,
    columns=(
        Column(
            name="starts_at", help=_("As 2024-12-31T09:30:00Z."), parse=moment, required=True, stored=False, dated=True
        ),
        Column(name="ends_at", help=_("Likewise; or a duration."), parse=moment, blank=None, stored=False, dated=True),
        Column(name="duration", help=_("As 45 or 1:30."), parse=minutes, blank=None, stored=False, exported=False),
        Column(
            name="patient",
            help=_("A patient by external id or e-mail address."),
            parse=TEXT,
            required=True,
            stored=False,
            refers=PATIENT,
        ),
        Column(
            name="specialist",
            help=_("A specialist by external id or full name."),
            parse=TEXT,
            required=True,
            stored=False,
            refers=SPECIALIST,
        ),
        Column(
            name="practice",
            help=_("A practice by external id or name."),
            parse=TEXT,
            blank=None,
            stored=False,
            refers=PRACTICE,
        ),
        Column(
            name="status",
            help=_("If it says nothing, done; confirmed, where the visit lies ahead; cancelled, with a cancelled_at."),
            parse=one_of({status: status for status in sorted(RECORDED)}, also=OTHER_WORDS),
            stored=False,
            write=lambda row: AppointmentStatus.CONFIRMED if row.status not in RECORDED else row.status,
        ),
        Column(name="appointment_type", help=""),
        Column(name="notes", help=""),
        reference("room", ROOM, _("By external id or name.")),
        Column(
            name="in_slot",
            help=_("It was booked in the slot of exactly this time, where one is offered: yes or no."),
            parse=yes_or_no,
            blank=False,
            stored=False,
        ),
        reference("enrollment", ENROLLMENT, _("The program that it is a session of, by external id.")),
        Column(
            name="session",
            help=_("Which session of the program; empty: the next. A visit that was given up says which it lost."),
            parse=whole,
            blank=None,
            stored=False,
            write=lambda visit: visit.plan_session_number,
        ),
        reference("patient_case", CASE, _("By external id."), stored=True),
        Column(
            name="type",
            help=", ".join(AppointmentType.values),
            parse=one_of({word: word for word in AppointmentType.values}),
            blank=AppointmentType.IN_PRACTICE,
        ),
        flag("all_day"),
        reference("color", COLOR, _("By external id or name."), stored=True),
        Column(name="telehealth_url", help=_("Where a visit by video takes place.")),
        flag("email_reminder"),
        flag("sms_reminder"),
        Column(name="arrived_at", help="", parse=moment, blank=None, dated=True),
        Column(name="cancelled_at", help="", parse=moment_or_day, blank=None, stored=False, dated=True),
        Column(
            name="cancellation_reason_code",
            help=_("A number, as the list of reasons has them."),
            parse=whole,
            blank=None,
        ),
        Column(name="cancellation_note", help=_("Why it was cancelled.")),
    ),
    place=organization_of,
    save=save_appointments,
    rows=lambda organization_id: (
        Appointment.objects.live()
        .filter(practice__organization_id=organization_id, starts_at__isnull=False)
        .exclude(patient=None)
        .exclude(specialist=None)
        .annotate(in_slot=ExpressionWrapper(STANDS_IN_SLOT, BooleanField()))
    ),
    order=("starts_at", "pk"),
    undo=archive_appointment,
    layouts=LAYOUTS,
    choices=(OVERLAPS,),
)
