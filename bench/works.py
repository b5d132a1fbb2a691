"""Pieces of work that `bench.worker` measures on a filled database. What one writes is rolled back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from bench.clinic import PEOPLE_OF_ONE
from bench.worker import now, rolled_back

MINUTES = timedelta(minutes=1)


def _system() -> Any:
    from core.actor import Actor

    return Actor.system("bench")


def _practice() -> Any:
    from directory.models import Practice

    return Practice.objects.order_by("pk").first()


def _people(practice: Any) -> list[int]:
    from directory.models import Specialist

    """As many as a small clinic has, so that both answer the same question."""
    people = Specialist.objects.working_at(practice.pk).order_by("pk").values_list("pk", flat=True)
    return list(people[:PEOPLE_OF_ONE])


def free_times(*, room: bool = False, patient: bool = False) -> None:
    """Ten free times of half an hour with anybody within two weeks."""
    from directory.models import Room
    from patients.models import Patient
    from scheduling.calendar.free_time_search import Search, free_times

    practice, at = _practice(), now()
    rooms = list(Room.objects.filter(practice=practice).order_by("pk").values_list("pk", flat=True)[:PEOPLE_OF_ONE])
    also = [Patient.objects.order_by("pk").values_list("resource_id", flat=True)[0]] if patient else []
    wanted = Search(at, at + timedelta(days=14), 30 * MINUTES, also=frozenset(also))
    free_times(practice, _people(practice), wanted, at=at, room_ids=rooms if room else (), limit=10)


def first_of_each(*, patient: bool = False) -> None:
    """The first free slot of each of two specialists, whose room (and a patient) is free."""
    from patients.models import Patient
    from scheduling.calendar.free_time_search import Search, first_of_each

    practice, at = _practice(), now()
    also = [Patient.objects.order_by("pk").values_list("resource_id", flat=True)[0]] if patient else []
    wanted = Search(at, at + timedelta(days=90), 30 * MINUTES, also=frozenset(also))
    first_of_each(practice, _people(practice), wanted, at=at)


def book() -> None:
    """The next free slot for a patient."""
    from patients.models import Patient
    from scheduling.models import AvailableSlot
    from scheduling.services import book_slot

    at = now()
    with rolled_back():
        slot = AvailableSlot.objects.available(at).order_by("starts_at", "pk").values_list("pk", flat=True)[0]
        patient = Patient.objects.order_by("-pk").values_list("pk", flat=True)[0]
        book_slot(slot, patient_id=patient, by=_system(), at=at)


def batch() -> None:
    """A batch of 2,000 slots, a year ahead."""
    from scheduling.calendar import SlotWish
    from scheduling.services import create_slots

    practice, at = _practice(), now()
    people, first = _people(practice), at + timedelta(days=700)
    each = 2000 // len(people)
    wishes = [
        SlotWish(one, first + n * 15 * MINUTES, first + (n + 1) * 15 * MINUTES) for one in people for n in range(each)
    ]
    with rolled_back():
        create_slots(practice_id=practice.pk, wishes=wishes, by=_system(), at=at)


def slot_series() -> None:
    """A half hour late each day, for as far ahead as slots are made."""
    from scheduling.calendar import SlotWish
    from scheduling.services import create_series

    practice, at = _practice(), now()
    first = _late_tomorrow(at)
    with rolled_back():
        wish = SlotWish(_people(practice)[0], first, first + 30 * MINUTES)
        create_series(practice_id=practice.pk, wish=wish, pattern="daily", by=_system(), at=at)


def visit_series() -> None:
    """Ten visits of a patient, a week apart."""
    from catalog.models import Service
    from patients.models import Patient
    from scheduling.services import Repeat, book_repeating

    practice, at = _practice(), now()
    with rolled_back():
        book_repeating(
            practice_id=practice.pk,
            patient_id=Patient.objects.order_by("pk").values_list("pk", flat=True)[0],
            service_id=Service.objects.order_by("pk").values_list("pk", flat=True)[0],
            specialist_id=_people(practice)[0],
            starts_at=_late_tomorrow(at),
            repeat=Repeat("weekly", 1, 9),
            by=_system(),
            at=at,
        )


def _late_tomorrow(at: datetime) -> datetime:
    """When nobody of the filled clinic has anything."""
    return at.replace(hour=22, minute=30, second=0, microsecond=0) + timedelta(days=1)


def day() -> None:
    """A specialist's free slots of a day, as the contracts read them."""
    from scheduling.models import AvailableSlot

    at = now()
    rows = AvailableSlot.objects.available(at).filter(specialist=_people(_practice())[0])
    list(rows.filter(starts_at__lt=at + timedelta(days=1)).order_by("starts_at", "pk").values_list("pk", "starts_at"))


def time_off() -> None:
    """Tomorrow off of a specialist whose day is full."""
    from scheduling.services import add_time_off

    practice, at = _practice(), now()
    tomorrow = at.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    with rolled_back():
        add_time_off(
            practice_id=practice.pk,
            specialist_id=_people(practice)[0],
            starts_at=tomorrow,
            ends_at=tomorrow + timedelta(days=1),
            by=_system(),
            at=at,
        )


def command(name: str, *args: str) -> Callable[[], None]:
    """A command of those that scripts rely on."""

    def run() -> None:
        import io

        from django.core.management import call_command

        with rolled_back():
            call_command(name, *args, stdout=io.StringIO(), stderr=io.StringIO())

    return run


def bill_due_work() -> None:
    """Five visits that are done, of a practice that has just begun to bill automatically."""
    from billing.models import BillingSettings
    from scheduling.models import Appointment

    practice, at = _practice(), now()
    ahead = Appointment.objects.filter(practice=practice, status="confirmed", starts_at__gt=at, enrollment=None)
    next_ones = ahead.order_by("starts_at", "pk").values_list("pk", flat=True)[:50]
    with rolled_back():
        BillingSettings.objects.create(practice=practice, bill_automatically=True, automatic_since=at)
        unpaid = ahead.filter(pk__in=list(next_ones), bill_lines=None, care_plan_entries=None)
        done = list(unpaid.order_by("pk").values_list("pk", flat=True)[:5])
        Appointment.objects.filter(pk__in=done).update(status="done", updated_at=at)
        command("bill_due_work")()


def seal_history() -> None:
    """What was written since yesterday, when the history was sealed."""
    from core.models import AuditEntry, AuditSeal
    from core.seal import BEGINNING

    with rolled_back():
        before = AuditEntry.objects.filter(at__lt=now() - timedelta(days=1)).order_by("-at")
        AuditSeal.objects.create(entry=before[0], digest=BEGINNING, link=BEGINNING)
        command("seal_history")()


FORGOTTEN = 40  # rows


def forget(model: str, forget_until: Callable[[datetime], object]) -> Callable[[], None]:
    """Delete the oldest rows, as each night does once there is more than is kept: as many in every clinic."""

    def run() -> None:
        from django.apps import apps

        moments = apps.get_model(model)._default_manager.order_by("pk").values_list("at", flat=True)
        with rolled_back():
            forget_until(moments[FORGOTTEN])

    return run


def _forget_sign_ins(until: datetime) -> None:
    from directory.services.sign_ins import KEPT, forget_sign_ins

    forget_sign_ins(at=until + KEPT)


def _forget_reads(until: datetime) -> None:
    from django.conf import settings

    from core.looks import forget_reads

    forget_reads(at=until + timedelta(days=settings.READS_KEPT_DAYS))


WORKS: dict[str, Callable[[], None]] = {
    "free times with anybody": free_times,
    "free times with anybody, in a room": lambda: free_times(room=True),
    "free times with anybody, in a room, of a patient": lambda: free_times(room=True, patient=True),
    "first free slot of each": first_of_each,
    "first free slot of each, of a patient": lambda: first_of_each(patient=True),
    "a specialist's free slots of a day": day,
    "book the next slot": book,
    "batch of 2,000 slots": batch,
    "a series of slots, each day": slot_series,
    "a series of ten visits": visit_series,
    "a full day off": time_off,
    "manage.py expire_programs": command("expire_programs"),
    "manage.py extend_slots": command("extend_slots"),
    "manage.py bill_due_work": bill_due_work,
    "manage.py seal_history": seal_history,
    "manage.py forget_sign_ins": forget("directory.signin", _forget_sign_ins),
    "manage.py forget_reads": forget("core.look", _forget_reads),
}
