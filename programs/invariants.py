"""What must always be true of programs and their ledger, beyond the constraints."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection
from django.db.models import Case, DateTimeField, F, Func, Q, Sum, When
from django.db.models.functions import Coalesce

from core.invariants import Invariant
from core.months import add_months
from programs.models import Enrollment, SessionMovement
from programs.states import BillingModel, EnrollmentStatus, MovementKind


def _left_differs() -> Iterable[int]:
    counted = Enrollment.objects.annotate(total=Coalesce(Sum("movements__quantity"), 0))
    with_sessions = counted.filter(sessions_left__isnull=False).exclude(sessions_left=F("total"))
    without = counted.filter(sessions_left=None).exclude(total=0)
    return (with_sessions.values_list("pk", flat=True)).union(without.values_list("pk", flat=True))


def _restores_wrongly() -> Iterable[int]:
    restores = SessionMovement.objects.filter(kind=MovementKind.RESTORE)
    right = Q(quantity=-F("reverses__quantity"), enrollment_id=F("reverses__enrollment_id")) & Q(
        reverses__kind__in=[MovementKind.CONSUME, MovementKind.FORFEIT, MovementKind.RELEASE]
    )
    return restores.exclude(right).values_list("enrollment_id", flat=True)


def _granted_otherwise() -> Iterable[int]:
    granted = Sum("movements__quantity", filter=Q(movements__kind=MovementKind.GRANT))
    enrollments = Enrollment.objects.annotate(granted=Coalesce(granted, 0), promised=Coalesce("sessions_total", 0))
    return enrollments.exclude(granted=F("promised")).values_list("pk", flat=True)


def _completed_with_more() -> Iterable[int]:
    completed = Enrollment.objects.filter(status=EnrollmentStatus.COMPLETED)
    used_up = Enrollment.objects.filter(
        status=EnrollmentStatus.ACTIVE,
        billing_model=BillingModel.SESSION_BASED,
        sessions_left=0,
    )
    still_open = used_up.filter(Q(ends_at=None) | Q(ends_at__gt=F("updated_at")))
    more = completed.exclude(sessions_left=0).values_list("pk", flat=True)
    return more.union(still_open.values_list("pk", flat=True))


def _stamped_early() -> Iterable[int]:
    expired = Enrollment.objects.filter(status=EnrollmentStatus.EXPIRED)
    return expired.filter(Q(ends_at=None) | Q(ends_at__gt=F("updated_at"))).values_list("pk", flat=True)


def _ends_before_promised() -> Iterable[int]:
    """An end may lie later than promised (an extension), never earlier; it is the later of the two dates."""
    programs = Enrollment.objects.all()
    the_later = (
        Q(ends_at=None)
        | Q(expires_at=None, ends_at=F("access_expires_at"))
        | Q(access_expires_at=None, ends_at=F("expires_at"))
        | Q(ends_at=F("expires_at"), expires_at__gte=F("access_expires_at"))
        | Q(ends_at=F("access_expires_at"), access_expires_at__gte=F("expires_at"))
    )
    # NULL is not false: what is compared with a date that is not there counts as wrong as well.
    yield from programs.exclude(Case(When(the_later, then=True), default=False)).values_list("pk", flat=True)
    with_access = programs.filter(access_starts_at__isnull=False)
    lifelong = with_access.filter(access_months=None, access_expires_at__isnull=False)
    yield from lifelong.values_list("pk", flat=True)
    for_months = with_access.filter(access_months__isnull=False)
    yield from for_months.filter(access_expires_at=None).values_list("pk", flat=True)
    dated = for_months.filter(access_expires_at__isnull=False)
    if connection.vendor == "postgresql":
        yield from dated.filter(access_expires_at__lt=_promised_end()).values_list("pk", flat=True)
        return
    # SQLite's months run over into the next one: 31 January and a month is 3 March there.
    columns = ("pk", "access_starts_at", "access_months", "access_expires_at")
    for pk, start, months, end in dated.values_list(*columns).iterator():
        if end < add_months(start, months):
            yield pk


def _promised_end() -> Func:
    """When access ends, as `add_months` reckons: by the calendar, clamped to the month's end; for PostgreSQL."""
    return Func(
        F("access_starts_at"),
        F("access_months"),
        template="(%(expressions)s))",
        arg_joiner=" + make_interval(months => ",
        output_field=DateTimeField(),
    )


def _orders_missing() -> Iterable[int]:
    """An enrollment's orders were all placed when it was made."""
    late = Enrollment.objects.filter(orders__ordered_at__gt=F("enrolled_at"))
    return late.values_list("pk", flat=True)


def _organizations_differ() -> Iterable[int]:
    organization = F("practice__organization_id")
    same = Q(patient__organization_id=organization, service_plan__organization_id=organization)
    return Enrollment.objects.exclude(same).values_list("pk", flat=True)


INVARIANTS = [
    Invariant("programs.left_is_ledger_sum", "sessions_left is the sum of the ledger", _left_differs),
    Invariant("programs.restore_reverses", "a restore is minus what it reverses, in one program", _restores_wrongly),
    Invariant("programs.grant_is_promise", "a program was granted the sessions it was promised", _granted_otherwise),
    Invariant(
        "programs.completed_when_used",
        "a program is completed when its sessions are used",
        _completed_with_more,
    ),
    Invariant("programs.expired_after_end", "a program is stamped expired only after its end", _stamped_early),
    Invariant("programs.ends_as_promised", "a program ends no earlier than promised", _ends_before_promised),
    Invariant("programs.bundle_at_once", "a program's orders were placed when it was made", _orders_missing),
    Invariant(
        "programs.one_organization",
        "a program's practice, patient and plan share an organization",
        _organizations_differ,
    ),
]
