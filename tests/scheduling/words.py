"""Short words for tests of who is busy when."""

from datetime import timedelta

from scheduling.calendar import SlotWish
from scheduling.models import AvailableSlot, Claim
from scheduling.services import book_slot, create_slot
from tests.factories import AT, PatientFactory
from tests.stage import DAY

HOUR = timedelta(hours=1)


def another_patient(stage):
    return PatientFactory(organization=stage.practice.organization)


def offer(stage, *, days=3, hours=0.0, minutes=30, **more):
    starts = AT + days * DAY + hours * HOUR
    wish = SlotWish(
        specialist_id=stage.specialist.pk, starts_at=starts, ends_at=starts + timedelta(minutes=minutes), **more
    )
    return create_slot(practice_id=stage.practice.pk, wish=wish, by=stage.desk, at=AT)


def into(stage, slot, patient=None, **more):
    return book_slot(slot.pk, patient_id=(patient or stage.patient).pk, by=stage.desk, at=AT, **more)


def taken(**which):
    rows = Claim.objects.filter(**which).order_by("pk")
    return [(claim.role, claim.exclusive, claim.starts_at, claim.ends_at) for claim in rows]


def states():
    return [
        (claim.resource_id, claim.role, claim.starts_at, claim.ends_at, claim.exclusive, claim.appointment_id)
        for claim in Claim.objects.order_by("resource_id", "starts_at", "appointment_id")
    ]


def available(slot):
    return AvailableSlot.objects.available(AT).filter(pk=slot.pk).exists()
