"""What must always be true of slots and claims, beyond the constraints."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Count, Exists, F, IntegerField, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from core.invariants import Invariant
from scheduling.calendar.claims import blocked_count, held_until
from scheduling.models import Appointment, AvailableSlot, Claim, TimeOff
from scheduling.states import CLAIMING, OPEN, ClaimRole

ACTIVE = Q(status__in=CLAIMING, archived_at=None, starts_at__isnull=False)


def _others_over() -> Exists:
    """Another claim of the same resource over this one."""
    others = Claim.objects.filter(resource=OuterRef("resource")).exclude(pk=OuterRef("pk"))
    return Exists(others.filter(starts_at__lt=OuterRef("ends_at"), ends_at__gt=OuterRef("starts_at")))


def _slots_overlap() -> Iterable[int]:
    others = AvailableSlot.objects.offered().filter(specialist=OuterRef("specialist"), pk__lt=OuterRef("pk"))
    over = Exists(others.filter(starts_at__lt=OuterRef("ends_at"), ends_at__gt=OuterRef("starts_at")))
    return AvailableSlot.objects.offered().filter(over).values_list("pk", flat=True)


def _exclusive_overlap() -> Iterable[int]:
    others = Claim.objects.filter(resource=OuterRef("resource"), exclusive=True, pk__lt=OuterRef("pk"))
    over = Exists(others.filter(starts_at__lt=OuterRef("ends_at"), ends_at__gt=OuterRef("starts_at")))
    return Claim.objects.filter(over, exclusive=True).values_list("pk", flat=True)


def _shared_without_clash() -> Iterable[int]:
    return Claim.objects.filter(~_others_over(), exclusive=False).values_list("pk", flat=True)


def _booked_differs() -> Iterable[int]:
    active = Appointment.objects.filter(ACTIVE, slot=OuterRef("pk")).order_by().values("slot").annotate(n=Count("pk"))
    counted = Coalesce(Subquery(active.values("n"), output_field=IntegerField()), 0)
    return AvailableSlot.objects.annotate(counted=counted).exclude(booked=F("counted")).values_list("pk", flat=True)


def _blocked_differs() -> Iterable[int]:
    slots = AvailableSlot.objects.offered().annotate(counted=blocked_count())
    return slots.exclude(blocked=F("counted")).values_list("pk", flat=True)


def _held_until_differs() -> Iterable[int]:
    slots = AvailableSlot.objects.offered().annotate(counted=held_until())
    unlike = Q(held_until=None, counted__isnull=False) | Q(held_until__isnull=False, counted=None)
    both = Q(held_until__isnull=False, counted__isnull=False)
    return slots.filter(unlike | (both & ~Q(held_until=F("counted")))).values_list("pk", flat=True)


def _booked_and_withdrawn() -> Iterable[int]:
    return AvailableSlot.objects.filter(withdrawn_at__isnull=False, booked__gt=0).values_list("pk", flat=True)


def _slot_claims_wrong() -> Iterable[int]:
    """A slot claims its specialist while it is booked (a group slot: while it is offered), for its own interval."""
    own = Claim.objects.filter(slot=OuterRef("pk"), role=ClaimRole.SPECIALIST)
    fits = Exists(
        own.filter(
            starts_at=OuterRef("starts_at"),
            ends_at=OuterRef("ends_at"),
            resource__specialist=OuterRef("specialist_id"),
        )
    )
    claims = Q(withdrawn_at=None) & (Q(booked__gt=0) | Q(capacity__gt=1))
    wrong = (claims & ~fits) | (~claims & Exists(Claim.objects.filter(slot=OuterRef("pk"))))
    return AvailableSlot.objects.filter(wrong).values_list("pk", flat=True)


def _appointment_claims_wrong() -> Iterable[int]:
    """A standing appointment claims its patient, and outside a slot its specialist; any other claims nothing."""
    any_claim = Exists(Claim.objects.filter(appointment=OuterRef("pk")))
    mine = Claim.objects.filter(appointment=OuterRef("pk"))
    over = mine.filter(starts_at__lte=OuterRef("starts_at"), ends_at__gte=OuterRef("ends_at"))
    patient = Exists(over.filter(role=ClaimRole.PATIENT, resource__patient=OuterRef("patient_id")))
    specialist = Exists(over.filter(role=ClaimRole.SPECIALIST, resource__specialist=OuterRef("specialist_id")))
    lacking = ACTIVE & ((Q(patient__isnull=False) & ~patient) | (Q(slot=None, specialist__isnull=False) & ~specialist))
    return Appointment.objects.filter(lacking | (~ACTIVE & any_claim)).values_list("pk", flat=True)


def _slot_of_another() -> Iterable[int]:
    booked = Appointment.objects.filter(ACTIVE, slot__isnull=False)
    same = Q(
        slot__practice_id=F("practice_id"),
        slot__specialist_id=F("specialist_id"),
        slot__starts_at=F("starts_at"),
        slot__ends_at=F("ends_at"),
    )
    return booked.exclude(same).values_list("pk", flat=True)


def _time_off_unclaimed() -> Iterable[int]:
    claimed = Exists(
        Claim.objects.filter(time_off=OuterRef("pk"), starts_at=OuterRef("starts_at"), ends_at=OuterRef("ends_at"))
    )
    live = Q(archived_at=None)
    return TimeOff.objects.filter((live & ~claimed) | (~live & claimed)).values_list("pk", flat=True)


def _needs_move_differs() -> Iterable[int]:
    """An open appointment needs to move exactly while time off of its specialist, room or an assistant is over it."""
    away = Claim.objects.filter(
        time_off__isnull=False, starts_at__lt=OuterRef("ends_at"), ends_at__gt=OuterRef("starts_at")
    )
    whose = (
        {"resource__specialist": OuterRef("specialist_id")},
        {"resource__room": OuterRef("room_id")},
        {"resource__specialist__assisting__appointment": OuterRef("pk")},
    )
    over = Q(*(Exists(away.filter(**who)) for who in whose), _connector=Q.OR)
    under = Q(status__in=OPEN, archived_at=None) & over
    wrong = (under & Q(needs_move=False)) | (~under & Q(needs_move=True))
    return Appointment.objects.filter(wrong).values_list("pk", flat=True)


INVARIANTS = [
    Invariant("slots.no_overlap", "slots of one specialist do not overlap", _slots_overlap),
    Invariant("slots.booked_counted", "a slot counts its active appointments", _booked_differs),
    Invariant("slots.blocked_counted", "a slot counts the claims over it", _blocked_differs),
    Invariant("slots.held_until", "a slot knows when the last hold over it expires", _held_until_differs),
    Invariant("slots.booked_not_withdrawn", "a withdrawn slot is not booked", _booked_and_withdrawn),
    Invariant("slots.claims_fit", "a slot claims its specialist exactly while it is booked", _slot_claims_wrong),
    Invariant("slots.appointment_fits", "an appointment has its slot's place and time", _slot_of_another),
    Invariant("claims.no_overlap", "exclusive claims of one resource do not overlap", _exclusive_overlap),
    Invariant("claims.shared_clash", "a claim is not exclusive only while it clashes", _shared_without_clash),
    Invariant("claims.appointments_claim", "an appointment claims exactly while it stands", _appointment_claims_wrong),
    Invariant("claims.needs_move", "what lies under time off needs to move, and nothing else", _needs_move_differs),
    Invariant("claims.time_off_claims", "time off claims its time exactly while it lasts", _time_off_unclaimed),
]
