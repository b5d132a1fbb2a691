"""Appointments."""

from datetime import timedelta
from decimal import Decimal

import factory

from scheduling.models import Appointment, AppointmentService, AvailableSlot
from scheduling.states import AppointmentStatus
from tests.factories.base import AT, DAY, RowFactory, a_trait_per_state, of_practice_organization
from tests.factories.catalog import ServiceFactory
from tests.factories.directory import PracticeFactory, SpecialistFactory
from tests.factories.patients import PatientFactory


def columns_in(status):
    """What an appointment in this state has beside it."""
    told = {
        "arrived": {"arrived_at": AT},
        "in_care": {"arrived_at": AT},
        "cancelled": {"cancelled_at": AT, "cancellation_note": "Ill"},
    }
    return told.get(status, {})


class AppointmentFactory(RowFactory):
    """Confirmed, tomorrow for half an hour, with one treatment, claiming nobody's time (the verb does).

    `registration=True` is a wish without a time.
    """

    class Meta:
        model = Appointment
        skip_postgeneration_save = True

    Params = a_trait_per_state(
        AppointmentStatus,
        columns_in,
        registration=factory.Trait(
            status="requested",
            starts_at=None,
            ends_at=None,
            patient=None,
            specialist=None,
            contact_name="Jane Doe",
            contact_email="jane@example.org",
        ),
        archived=factory.Trait(archived_at=AT),
    )

    practice = factory.SubFactory(PracticeFactory)
    patient = of_practice_organization(PatientFactory)
    specialist = of_practice_organization(SpecialistFactory)
    starts_at = AT + DAY
    ends_at = AT + DAY + timedelta(minutes=30)
    status = "confirmed"

    @factory.post_generation
    def service(self, create, extracted, **kwargs):
        service = extracted or ServiceFactory(organization=self.practice.organization, **kwargs)
        AppointmentServiceFactory(appointment=self, service=service, price=service.base_price)


class AppointmentServiceFactory(RowFactory):
    class Meta:
        model = AppointmentService

    service = factory.SubFactory(ServiceFactory)
    price = Decimal("100.00")
    currency = factory.LazyAttribute(lambda line: line.service.currency)


class SlotFactory(RowFactory):
    """Free, half an hour; each an hour after the one before, the first tomorrow."""

    class Meta:
        model = AvailableSlot

    practice = factory.SubFactory(PracticeFactory)
    specialist = of_practice_organization(SpecialistFactory)
    starts_at = factory.Sequence(lambda n: AT + DAY + timedelta(hours=n))
    ends_at = factory.LazyAttribute(lambda slot: slot.starts_at + timedelta(minutes=30))
