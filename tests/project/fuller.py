"""A clinic with what the demo has not: merged records, credits, reversals, visits in group slots and of plans."""

from datetime import timedelta
from decimal import Decimal

from billing.models import Bill, CarePlanEntry, Transaction
from billing.services import change_settings, credit_bill, link_entry_to_appointment, reverse_transaction
from billing.states import Direction
from catalog.models import ServiceSpecialist
from core.actor import Actor
from directory.models import Practice, Room
from patients.models import Patient
from patients.services import create_patient, open_case, record_merge
from scheduling.calendar.offers import SlotWish
from scheduling.services import book_appointment, book_slot, create_slot

BY = Actor.system("demo")


def make_fuller(organization, *, at):
    """Add to the demo clinic."""
    told = {"by": BY, "at": at}
    practice = Practice.objects.filter(organization=organization).order_by("pk").first()
    patient = Patient.objects.filter(organization=organization, archived_at=None).order_by("pk").first()
    gone = create_patient(organization_id=organization.pk, values={"last_name": "Twice"}, **told)
    record_merge(gone.pk, into_id=patient.pk, merged_at=at - timedelta(days=3), **told)

    change_settings(practice.pk, values={"bill_prefix": "B", "stamp_threshold": 77, "stamp_amount": 2}, **told)
    bills = Bill.objects.filter(direction=Direction.INCOMING, credits=None, practice=practice)
    paid = Transaction.objects.filter(reverses=None, bill__in=bills, direction=Direction.INCOMING)
    reverse_transaction(paid.order_by("pk").first().pk, reason="Typed twice", **told)
    credit_bill(paid.order_by("pk").last().bill_id, reason="Not what was agreed", **told)
    line = (
        bills.filter(balance__paid=0, balance__credited=0, balance__total__gt=20).order_by("pk").first().lines.first()
    )
    credit_bill(line.bill_id, reason="Too much", amounts={line.pk: Decimal(10)}, **told)

    offer = ServiceSpecialist.objects.filter(service__organization=organization, service__archived_at=None)
    offer = offer.select_related("service", "specialist").order_by("pk").first()
    who = {"service_id": offer.service_id, "specialist_id": offer.specialist_id}
    room = Room.objects.filter(practice=practice, is_active=True).first()
    # A day of the week on which nothing is offered at night.
    starts_at = at.replace(hour=3, minute=0, second=0, microsecond=0) + timedelta(days=40)
    ends_at = starts_at + timedelta(hours=1)
    wish = SlotWish(specialist_id=offer.specialist_id, starts_at=starts_at, ends_at=ends_at, capacity=3)
    group = create_slot(practice_id=practice.pk, wish=wish, **told)
    case = open_case(patient.pk, values={"name": "Left knee"}, **told)
    patients = Patient.objects.filter(organization=organization, archived_at=None, merged_into=None)
    for one in patients.order_by("pk")[:2]:
        book_slot(group.pk, patient_id=one.pk, service_id=offer.service_id, override_reason="Asked for", **told)
    later = starts_at + timedelta(hours=2)
    visit = {"practice_id": practice.pk, "patient_id": patient.pk, "patient_case_id": case.pk, "room_id": room.pk}
    book_appointment(starts_at=later, **who, **visit, override_reason="Asked for", **told)
    entry = CarePlanEntry.objects.filter(archived_at=None, care_plan__practice=practice).order_by("pk").first()
    visit = {"practice_id": practice.pk, "patient_id": entry.care_plan.patient_id}
    of_plan = book_appointment(
        starts_at=later + timedelta(hours=3), **who, **visit, override_reason="Asked for", **told
    )
    link_entry_to_appointment(entry.pk, appointment_id=of_plan.pk, **told)
