"""In random states, exactly the slots that are listed as available are those that can be booked now."""

import pytest
from django.db import transaction

from core.errors import DomainError
from scheduling import querysets
from scheduling.calendar import is_bookable
from scheduling.models import AvailableSlot
from scheduling.services import book_slot
from tests.broken import broken_invariants
from tests.factories import AT
from tests.plugins.counts import scaled
from tests.scheduling.random_states import RandomClinic

pytestmark = pytest.mark.django_db

STATES = scaled(30, 500)


def can_be_booked(clinic, slot):
    """Whether the patient gets the slot now, without an override; nothing is kept of it."""
    with transaction.atomic():
        try:
            book_slot(
                slot.pk, patient_id=clinic.patient.pk, service_id=clinic.stage.service.pk, by=clinic.stage.desk, at=AT
            )
            return True
        except DomainError:
            return False
        finally:
            transaction.set_rollback(True)


def differing(seed):
    """The slots that one answer offers and another refuses, in one state."""
    with transaction.atomic():
        clinic = RandomClinic(seed)
        slots = clinic.slots()
        rows = AvailableSlot.objects.filter(practice=clinic.practice)
        mine = {slot.pk for slot in rows.available(AT, holder=[clinic.patient.pk])}
        booked = {slot.pk for slot in slots if can_be_booked(clinic, slot)}
        listed = {slot.pk for slot in rows.available(AT)}
        shown = {slot.pk for slot in rows.offered().with_bookable(AT) if slot.bookable}
        others = {slot.pk for slot in rows.unavailable(AT)}
        single = {slot.pk for slot in slots if is_bookable(slot, at=AT)}
        broken = broken_invariants()
        transaction.set_rollback(True)
    assert broken == [], (seed, broken)
    assert listed <= mine, seed  # what is held for the patient is free for them alone
    offered = {slot.pk for slot in slots if slot.withdrawn_at is None}
    assert (shown, single, offered - others) == (listed, listed, listed), seed
    return mine ^ booked


def listed_and_refused(seed):
    """Whether a slot that is listed for the patient is refused, in one state; no other list is asked."""
    with transaction.atomic():
        clinic = RandomClinic(seed)
        mine = AvailableSlot.objects.filter(practice=clinic.practice).available(AT, holder=[clinic.patient.pk])
        found = any(not can_be_booked(clinic, slot) for slot in mine)
        transaction.set_rollback(True)
    return found


@pytest.mark.parametrize("tenth", range(10))
def test_what_is_listed_as_available_can_be_booked_and_nothing_else(tenth):
    for seed in range(tenth * STATES // 10, (tenth + 1) * STATES // 10):
        assert differing(seed) == set(), seed


# States that show a forgotten condition, so that it is found soon; then any others.
SHOWING = (1, 2, 3, 5, 9, 12, 17, 34, *range(150))
# Every list begins with `offered()`, so that a withdrawn slot is in none; open days have a control of their own.
FORGETTABLE = [name for name in querysets.CONDITIONS if name not in ("offered", "open")]


@pytest.mark.parametrize("clause", FORGETTABLE)
def test_the_property_finds_a_list_that_forgets_a_condition(clause, monkeypatch):
    """The control: lists that leave one condition out offer what the booking, which asks all, refuses."""
    asked = querysets._conditions

    def forgetful(at, *, theirs=None, open_days=None):
        found = asked(at, theirs=theirs, open_days=open_days)
        if open_days is not None:
            del found[clause]
        return found

    monkeypatch.setattr(querysets, "_conditions", forgetful)
    assert any(listed_and_refused(seed) for seed in SHOWING)


def test_the_property_finds_a_list_that_forgets_closed_days(monkeypatch):
    monkeypatch.setattr(querysets.AvailableSlotQuerySet, "_on_open_days", lambda self, at: querysets.Q(pk__gt=0))
    assert any(listed_and_refused(seed) for seed in SHOWING)
