"""Short words for tests of the desk's calendar. The pages ask the clock, so that times lie ahead of the present."""

from datetime import datetime, time, timedelta

from django.utils import timezone

from scheduling.calendar import SlotWish
from scheduling.calendar.recurrence import at_wall_time
from scheduling.services import book_appointment, create_slot
from tests.factories import PatientFactory, ServiceFactory, ServiceSpecialistFactory, SpecialistFactory

HALF = timedelta(minutes=30)


def wall(days, hour, minute=0):
    """A time `days` from the next Monday on, as the practice's clock shows it."""
    today = timezone.localdate()
    monday = today + timedelta(days=14 - today.weekday())
    return datetime.combine(monday + timedelta(days=days), time(hour, minute))


def typed(days, hour, minute=0):
    """As the browser's input sends it."""
    return wall(days, hour, minute).isoformat(timespec="minutes")


def moment(practice, days, hour, minute=0):
    local = wall(days, hour, minute)
    return at_wall_time(local.date(), local.time(), practice.zone)


class Desk:
    """A practice with a specialist who offers a half-hour service, and a patient; rows are made by the verbs."""

    def __init__(self, practice, by):
        self.practice, self.by = practice, by
        self.service = ServiceFactory(
            organization=practice.organization, name="Massage", duration_minutes=30, public=True
        )
        self.ana = self.person("Amber")
        self.patient = self.someone()

    def person(self, last_name):
        row = SpecialistFactory(organization=self.practice.organization, works_at=[self.practice], last_name=last_name)
        ServiceSpecialistFactory(service=self.service, specialist=row)
        return row

    def someone(self):
        return PatientFactory(organization=self.practice.organization)

    def offer(self, days, hour, minute=0, *, person=None, **more):
        starts = moment(self.practice, days, hour, minute)
        wish = SlotWish((person or self.ana).pk, starts, starts + HALF, **more)
        return create_slot(practice_id=self.practice.pk, wish=wish, by=self.by, at=timezone.now())

    def book(self, days, hour, minute=0, *, patient=None, person=None, **more):
        return book_appointment(
            practice_id=self.practice.pk,
            patient_id=(patient or self.patient).pk,
            service_id=self.service.pk,
            specialist_id=(person or self.ana).pk,
            starts_at=moment(self.practice, days, hour, minute),
            by=self.by,
            at=timezone.now(),
            **more,
        )
