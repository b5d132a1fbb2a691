"""Filters of appointments, slots and claims: by state, by time, and by who may see them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self, TypeVar

from django.db import models
from django.db.models import (
    BooleanField,
    Case,
    Count,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    JSONField,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, JSONObject

from catalog.models import Service
from core.actor import Actor
from core.hints import AlongOrAtOnce, OfEach, Rare
from core.permissions import CLINIC_ADMIN, FRONT_DESK, SPECIALIST
from core.prepared import Among, PreparedColumn, hole, one_of, read_once
from core.querysets import ClinicQuerySet
from core.spans import Span, over_one_of
from directory.models import Specialist, SpecialistPractice
from directory.querysets import InPracticeQuerySet
from scheduling.closures import ClosedDays, closed_days, on_closed_days
from scheduling.dated import DatedQuerySet, LastsFor, LocalDay
from scheduling.states import KEPT, LONGEST_CLAIM, LONGEST_SLOT, LONGEST_VISIT, OPEN, AppointmentStatus

if TYPE_CHECKING:
    from scheduling.models import Appointment, AvailableSlot, Claim  # noqa: F401 of which the querysets are

M = TypeVar("M", bound=models.Model)


def visible_appointments(actor: Actor, prefix: str = "") -> Q:
    """Appointments of the actor's practices, their own as a specialist, and those of their own patients."""
    condition = Q(**{f"{prefix}practice_id__in_scope": actor.practices(CLINIC_ADMIN, FRONT_DESK)})
    if actor.patient_ids:
        condition |= Q(**{f"{prefix}patient_id__in": actor.patient_ids})
    if actor.specialist_ids:
        own = {f"{prefix}practice_id__in_scope": actor.practices(SPECIALIST)}
        condition |= Q(**own, **{f"{prefix}specialist_id__in": actor.specialist_ids})
    return condition


def with_booked(programs: models.QuerySet[Any]) -> models.QuerySet[Any]:
    """Add `sessions_booked` to programs: how many of their sessions open appointments hold."""
    from scheduling.models import Appointment

    held = Appointment.objects.holding().filter(enrollment=OuterRef("pk")).order_by().values("enrollment")
    counted = Subquery(held.annotate(n=Count("pk")).values("n"), output_field=models.IntegerField())
    counted_programs: models.QuerySet[Any] = programs.annotate(sessions_booked=Coalesce(counted, 0))
    return counted_programs


def in_group() -> Q:
    """The condition that an appointment is in a slot that more than one patient may book.

    When all appointments are counted, the few ids of these slots are compared. Joined, PostgreSQL would split the work
    by slot, and all appointments without one would land in one share.
    """
    from scheduling.models import AvailableSlot

    asked = Q(slot__isnull=False, slot__capacity__gt=1)
    return Q(AlongOrAtOnce(asked, Q(slot__isnull=False, slot__in=AvailableSlot.objects.groups())))


class AppointmentQuerySet(DatedQuerySet["Appointment"]):
    """Appointments."""

    _in_months = "archived_at IS NULL AND slot_id IS NOT NULL"

    def live(self) -> Self:
        """Appointments that are not archived."""
        return self.filter(archived_at=None)

    def open(self) -> Self:
        """Appointments that have not ended, been cancelled or been missed."""
        return self.filter(status__in=OPEN, archived_at=None)

    def overlapping(self, starts_at: datetime, ends_at: datetime) -> Self:
        """Appointments that share time with [starts_at, ends_at)."""
        return self.filter(starts_at__lt=ends_at, ends_at__gt=starts_at, starts_at__gt=starts_at - LONGEST_VISIT)

    def registrations(self) -> Self:
        """Requests without a time: somebody to call back."""
        return self.filter(status=AppointmentStatus.REQUESTED, starts_at=None, archived_at=None)

    def holding(self) -> Self:
        """Open appointments that hold a session of their program."""
        return self.open().filter(plan_session_number__isnull=False)

    def upcoming(self, at: datetime) -> Self:
        """Open appointments that have not begun, including those without a time."""
        return self.open().filter(Q(starts_at=None) | Q(starts_at__gte=at))

    def with_main_service(self) -> Self:
        """Add the uuid and the name of the first service: `main_service`, `main_service_name`."""
        lines = self.model._meta.get_field("services").related_model._default_manager
        first = lines.filter(appointment=OuterRef("pk")).order_by("position", "pk")
        return self.annotate(
            main_service=Subquery(first.values("service__uuid")[:1]),
            main_service_name=Subquery(first.values("service__name")[:1]),
        )

    def with_service_id(self) -> Self:
        """Add `service_id`: the id of the first service, else of the specialist's default one."""
        lines = self.model._meta.get_field("services").related_model._default_manager
        first = lines.filter(appointment=OuterRef("pk")).order_by("position", "pk").values("service_id")[:1]
        return self.annotate(
            service_id=Coalesce(
                Subquery(first), F("specialist__default_service_id"), output_field=models.BigIntegerField()
            )
        )

    def with_service_shown(self) -> Self:
        """Add the name, color and category of the service in `service_id`."""
        services = Service.objects.filter(pk=OuterRef("service_id"))
        return self.annotate(
            service_name=Subquery(services.values("name")),
            service_color=Subquery(services.values("color__background_color")),
            service_category=Subquery(services.values("category")),
        )

    def with_first_visit(self) -> Self:
        """Add `is_first_visit`: whether the patient has kept no earlier visit anywhere; false without a patient."""
        earlier = self.model._default_manager.filter(
            patient=OuterRef("patient"), starts_at__lt=OuterRef("starts_at"), status__in=KEPT, archived_at=None
        )
        first = Q(patient__isnull=False) & ~Q(Exists(earlier))
        return self.annotate(is_first_visit=ExpressionWrapper(first, output_field=BooleanField()))

    def visible_to(self, actor: Actor) -> Self:
        """The appointments that `visible_appointments` lets the actor see."""
        return self if actor.everything else self.filter(visible_appointments(actor))


class OfAppointmentQuerySet(ClinicQuerySet[M]):
    """Rows that belong to an appointment."""

    def visible_to(self, actor: Actor) -> Self:
        """Rows whose appointment the actor may see."""
        return self if actor.everything else self.filter(visible_appointments(actor, "appointment__"))


def visible_slots(actor: Actor, prefix: str = "") -> Q:
    """Slots of the actor's practices, and their own as a specialist there."""
    condition = Q(**{f"{prefix}practice_id__in_scope": actor.practices(CLINIC_ADMIN, FRONT_DESK)})
    if actor.specialist_ids:
        own = {f"{prefix}practice_id__in_scope": actor.practices(SPECIALIST)}
        condition |= Q(**own, **{f"{prefix}specialist_id__in": actor.specialist_ids})
    return condition


# What a slot must be to be booked, in the order in which a refusal names it.
CONDITIONS = (
    "offered",
    "ahead",
    "in_practice",
    "with_specialist",
    "in_room",
    "of_type_in_use",
    "open",
    "unbooked",
    "unblocked",
    "unheld",
)


def _conditions(at: datetime, *, theirs: Q | None = None, open_days: Q | None = None) -> dict[str, Q]:
    """The conditions by name that a slot must meet to be booked at `at`; "open" only where the open days are given.

    `theirs` are the claims of holds that are in nobody's way, as they were placed for whoever books.
    Specialist, workplace, room, practice and service are asked of their own small tables, never copied into slots.
    """
    from scheduling.models import Claim

    works_there = SpecialistPractice.objects.filter(specialist=OuterRef("specialist"), practice=OuterRef("practice"))
    gone = Service.objects.with_code_out_of_use().filter(
        organization=OuterRef("practice__organization"), code=OuterRef("appointment_type")
    )
    unheld = Q(held_until=None) | Q(held_until__lte=at)
    if theirs is not None:
        _absences, others = Claim.objects.standing(at).of_each().over_each(OuterRef("starts_at"), OuterRef("ends_at"))
        foreign = others.filter(Q(hold__patient=None) | ~theirs, hold__isnull=False)
        unheld |= ~Q(Exists(foreign))
    conditions = {
        "offered": Q(withdrawn_at=None),
        "ahead": Q(starts_at__gt=at),
        "in_practice": Q(practice__archived_at=None),
        "with_specialist": Q(Exists(works_there), specialist__archived_at=None, specialist__scheduling_active=True),
        "in_room": Q(room=None) | Q(room__archived_at=None, room__is_active=True),
        "of_type_in_use": Q(appointment_type="") | ~Q(Exists(gone)),
        "unbooked": Q(booked__lt=F("capacity")),
        "unblocked": Q(blocked=0),
        "unheld": unheld,
    }
    return conditions if open_days is None else {**conditions, "open": open_days}


def _takeable(at: datetime) -> Q:
    conditions = _conditions(at)
    return Q(*(conditions[name] for name in CONDITIONS if name not in ("open", "unblocked", "unheld")))


def with_conditions_then() -> AvailableSlotQuerySet:
    """All slots with their conditions as JSON, for the moment in the hole `at` and the patients in `holder`."""
    from scheduling.models import AvailableSlot

    asked = _conditions(hole("at", DateTimeField()), theirs=Q(Among("hold__patient", "holder")))
    flags = {
        name: Case(When(asked[name], then=True), default=False, output_field=BooleanField())
        for name in CONDITIONS
        if name != "open"
    }
    same = AvailableSlot.objects.filter(pk=OuterRef("pk")).with_closure()
    told = same.values(told=JSONObject(closed_by=F("closed_by"), **flags))
    return AvailableSlot.objects.annotate(conditions=Subquery(told, output_field=JSONField()))


_conditions_of_each = PreparedColumn("conditions", with_conditions_then)


class AvailableSlotQuerySet(DatedQuerySet["AvailableSlot"]):
    """Slots."""

    _in_months = "withdrawn_at IS NULL"
    # Whose closed days may matter: set by `visible_to`, carried along by every further filter; None: everybody's.
    _practices: Collection[int] | None = None
    _closed_days: tuple[datetime, ClosedDays] | None = None

    def offered(self) -> Self:
        """Slots that have not been withdrawn."""
        return self.filter(withdrawn_at=None)

    def groups(self) -> Self:
        """Slots that more than one patient may book, which are few."""
        return self.filter(Rare(Q(capacity__gt=1)))

    def takeable(self, at: datetime) -> Self:
        """Slots that a booking of exactly their time takes: bookable, but for a closed day and what lies over them.

        Staff may override a closed day; a claim or a hold over such a slot is named when its time is taken.
        """
        return self.filter(_takeable(at))

    def with_takeable(self, at: datetime) -> Self:
        """Add `is_takeable`: whether a slot is one of the `takeable`."""
        return self.annotate(is_takeable=Case(When(_takeable(at), then=True), default=False))

    def available(self, at: datetime, *, holder: Collection[int] = ()) -> Self:
        """Slots that can be booked at `at`: the one predicate behind every list, search, button and booking.

        What the patients `holder` hold counts as free.
        """
        theirs = Q(hold__patient__in=holder) if holder else None
        rows = self.filter(*_conditions(at, theirs=theirs, open_days=self._on_open_days(at)).values())
        # These rows are known to be bookable, so `with_bookable` need not compute it again.
        return rows.annotate(bookable=Value(True))

    def unavailable(self, at: datetime) -> Self:
        """Slots that cannot be booked at `at`, without the withdrawn ones."""
        return self.offered().with_bookable(at).filter(bookable=False)

    def at_practices(self, practices: Collection[int]) -> Self:
        """Slots at these practices."""
        rows = self.filter(practice__in=practices)
        rows._practices = practices
        return rows

    def with_bookable(self, at: datetime) -> Self:
        """Add `bookable`, unless the rows have it already: whether a slot is one of the `available`."""
        if "bookable" in self.query.annotations:
            return self
        conditions = _conditions(at, open_days=self._on_open_days(at)).values()
        return self.annotate(bookable=Case(When(Q(*conditions), then=True), default=False, output_field=BooleanField()))

    def with_conditions(self, at: datetime, *, holder: Collection[int] = ()) -> Self:
        """Add `conditions`: which of CONDITIONS each slot meets, by name; instead of "open" the `closed_by` of its day.

        Every booking asks it of one slot, so that its SQL is made once: not for subqueries.
        """
        return self.annotate(conditions=_conditions_of_each(at=at, holder=holder))

    def with_closure(self) -> Self:
        """Add `closed_by`: the name of the practice's closure on the slot's day; null on an open day."""
        from scheduling.models import Holiday

        that_day = LocalDay(OuterRef("practice__time_zone"), OuterRef("starts_at"))
        closed = Holiday.objects.closed().filter(practice=OuterRef("practice"), date=that_day)
        return self.annotate(closed_by=Subquery(closed.values("name")[:1]))

    def with_taken(self, resource_ids: Collection[int], at: datetime) -> Self:
        """Add `is_taken`: whether something claims the slot's room or one of these resources (a patient, say).

        It is told, not filtered by: PostgreSQL would make a join of the filter, and read all claims of a room for it.
        """
        from scheduling.models import Claim

        whose = Q(resource=OuterRef("room__resource"))
        for resource_id in resource_ids:
            whose |= Q(resource=resource_id)
        absences, others = Claim.objects.filter(whose).over_each(OuterRef("starts_at"), OuterRef("ends_at"))
        taken = Q(Exists(absences)) | Q(Exists(others.standing(at)))
        return self.annotate(is_taken=Case(When(taken, then=True), default=False, output_field=BooleanField()))

    def first_of_each(self, specialist_ids: Iterable[int], at: datetime, *, start: datetime | None = None) -> Self:
        """The first slot of each of these specialists that can be booked at `at` and starts at `start` or later.

        One look into the index for each.
        """
        ahead = self.available(at) if start is None else self.available(at).filter(starts_at__gt=start)
        mine = ahead.filter(specialist=OuterRef("pk")).order_by("starts_at").values("pk")[:1]
        people = Specialist.objects.filter(one_of("pk", list(specialist_ids)))
        return self.filter(read_once("pk", people.values_list(Subquery(mine))))

    def over_spans(self, spans: Collection[Span]) -> Self:
        """Offered slots that share time with one of the spans of their specialist."""
        offered = "r.withdrawn_at IS NULL"
        over = over_one_of(self.model, "specialist_id", spans, longest=LONGEST_SLOT, condition=offered)
        return self.offered().filter(over)

    def lasting(self, minutes: int) -> Self:
        """Slots of at least this many minutes."""
        return self.filter(LastsFor(timedelta(minutes=minutes)))

    def for_type(self, appointment_type: str) -> Self:
        """Slots offered for this appointment type: with the same word, or with none (any service)."""
        # No index has two types in the order of time.
        return self.filter(OfEach(Q(appointment_type__in={"", appointment_type})))

    def overlapping(self, starts_at: datetime, ends_at: datetime, *, since: datetime | None = None) -> Self:
        """Slots that share time with [starts_at, ends_at). `since`: none of them can have begun before it."""
        recent = since or starts_at - LONGEST_SLOT
        return self.filter(starts_at__lt=ends_at, ends_at__gt=starts_at, starts_at__gt=recent)

    def visible_to(self, actor: Actor) -> Self:
        """See `visible_slots`; a patient books through the public list of a service."""
        if actor.everything:
            return self
        rows = self.filter(visible_slots(actor))
        rows._practices = actor.practices()
        return rows

    def _clone(self) -> Self:
        rows: Self = super()._clone()  # type: ignore[misc]
        rows._practices, rows._closed_days = self._practices, self._closed_days
        return rows

    def knowing(self, closed: ClosedDays, at: datetime) -> Self:
        """The same rows, with the closed days already read, so that conditions at `at` do not read them again."""
        rows = self.all()
        rows._closed_days = at, closed
        return rows

    def _on_open_days(self, at: datetime) -> Q:
        """The condition that a slot lies on an open day; the closed days are read once for these rows."""
        if self._closed_days is None or self._closed_days[0] != at:
            self._closed_days = at, closed_days(at, practices=self._practices)
        return ~on_closed_days(self._closed_days[1])


class HolidayQuerySet(InPracticeQuerySet[Any]):
    """Holidays and closures."""

    def closed(self) -> Self:
        """The days on which nobody is booked; the others are holidays on which the practice is open."""
        return self.filter(is_closed=True)


class OfSpecialistQuerySet(ClinicQuerySet[M]):
    """Rows of a specialist at a practice."""

    def visible_to(self, actor: Actor) -> Self:
        """Rows of the actor's practices at the front desk, and the actor's own as a specialist."""
        return self if actor.everything else self.filter(visible_slots(actor))


class TimeOffQuerySet(ClinicQuerySet[M]):
    """Time off of people and rooms."""

    def live(self) -> Self:
        """Time off that has not been taken back."""
        return self.filter(archived_at=None)

    def visible_to(self, actor: Actor) -> Self:
        """Time off at the actor's practices; a specialist sees only their own."""
        return self if actor.everything else self.filter(visible_slots(actor))


class HoldQuerySet(ClinicQuerySet[Any]):
    """Holds."""

    def visible_to(self, actor: Actor) -> Self:
        """Holds at the actor's practices, on their own time as a specialist, and those placed for their patients."""
        if actor.everything:
            return self
        return self.filter(visible_slots(actor) | Q(patient_id__in=actor.patient_ids))

    def expired(self, at: datetime) -> Self:
        """Holds that no longer count; the next verb that needs the time releases them."""
        return self.filter(expires_at__lte=at)


class ClaimQuerySet(ClinicQuerySet["Claim"]):
    """Claims."""

    def overlapping(
        self, starts_at: datetime, ends_at: datetime, *, whose: Q | Among, since: datetime | None = None
    ) -> Self:
        """Claims on the resources `whose` that share time with [starts_at, ends_at).

        `since`: no claim but time off can have begun before it.
        """
        # Said of time off and of the others apart: each is a range of an index then. Of an OR within it, SQLite would
        # read all that the resources ever had before.
        over = Q(whose, starts_at__lt=ends_at, ends_at__gt=starts_at)
        recent = Q(starts_at__gt=since or starts_at - LONGEST_CLAIM)
        return self.filter((over & recent) | (over & Q(time_off__isnull=False)))

    def over_spans(self, spans: Collection[Span]) -> Self:
        """Claims that share time with one of the spans of their resource."""
        others = over_one_of(self.model, "resource_id", spans, longest=LONGEST_CLAIM)
        whose, begin, end = {span[0] for span in spans}, min(span[1] for span in spans), max(span[2] for span in spans)
        absences = Q(resource_id__in=whose, time_off__isnull=False, starts_at__lt=end, ends_at__gt=begin)
        return self.filter(others | absences)

    def over_each(self, starts_at: datetime | OuterRef, ends_at: datetime | OuterRef) -> tuple[Self, Self]:
        """What overlaps, of each row of a statement too, as two querysets with an index each: time off, the others."""
        over = self.filter(starts_at__lt=ends_at, ends_at__gt=starts_at)
        others = over.filter(time_off=None, starts_at__gt=starts_at - LONGEST_CLAIM)
        return over.filter(time_off__isnull=False), others

    def of_each(self) -> Self:
        """Claims on the specialist or the room of each row of a statement.

        The resources are columns of the outer statement: both are looked up in the index of what takes somebody's time.
        """
        specialist, room = OuterRef("specialist__resource"), OuterRef("room__resource")
        return self.filter(Q(resource=specialist) | Q(resource=room))

    def standing(self, at: datetime) -> Self:
        """All claims except those of holds that have expired."""
        return self.filter(Q(hold=None) | Q(hold__expires_at__gt=at))

    def visible_to(self, actor: Actor) -> Self:
        """Claims whose appointment, slot, time off or hold the actor may see."""
        if actor.everything:
            return self
        sources = ("appointment__", "slot__", "time_off__")
        condition = visible_appointments(actor, sources[0])
        return self.filter(condition | visible_slots(actor, sources[1]) | visible_slots(actor, sources[2]))
