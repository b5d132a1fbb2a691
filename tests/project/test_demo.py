"""The demo clinic can be made on any day, and shows the calendar in all its states."""

from datetime import UTC, datetime

import pytest

from billing.models import CarePlanEntryAppointment, Liability
from clinic.demo import make_demo
from directory.models import AppIntegration, Application, Practice, Specialist, UIElement
from directory.states import IntegrationStatus
from patients.models import CustomFieldValue, Document
from patients.states import FieldObject, FieldType
from scheduling.models import Appointment, AppointmentSeries, AvailableSlot, Holiday, SlotSeries, TimeOff
from scheduling.states import AppointmentStatus
from tests.plugins.counts import scaled
from tests.races.racing import broken

# A Wednesday; the Sunday of a clock change; the day before holidays; a leap day; others of each weekday.
DAYS = ["2026-11-25", "2027-03-28", "2026-12-24", "2028-02-29", "2026-10-24", "2027-05-03", "2026-07-31", "2026-09-01"]


@pytest.mark.django_db
@pytest.mark.parametrize("day", DAYS[: scaled(quick=2, full=len(DAYS))])
def test_the_demo_is_made_on_any_day_and_once(day, settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    at = datetime.fromisoformat(f"{day}T10:30").replace(tzinfo=UTC)
    assert make_demo(at=at)
    assert not make_demo(at=at)
    assert set(Appointment.objects.values_list("status", flat=True)) == set(AppointmentStatus.values)
    assert Appointment.objects.filter(overbooked=True).exists()
    assert Appointment.objects.filter(needs_move=True).exists()
    assert Appointment.objects.filter(status="done", enrollment__isnull=False).exists()
    for made in (AppointmentSeries, SlotSeries, Holiday, TimeOff):
        assert made.objects.exists()
    assert AvailableSlot.objects.filter(practice__name="Amberfield Center", capacity__gt=1, booked__gt=1).exists()
    assert AvailableSlot.objects.available(at).exists()
    assert broken() == []
    assert_programs_find_all_they_look_for()


def assert_programs_find_all_they_look_for():
    """Each object of the alfadocs contract is there to be read."""
    practice = Practice.objects.get(name="Amberfield Center")
    assert practice.organization.owner.email == "manager@example.org"
    fields = CustomFieldValue.objects.values_list("field__type", "field__object_type")
    assert {kind for kind, _of in fields} == set(FieldType.values)
    assert {of for _kind, of in fields} == set(FieldObject.values)
    assert set(Document.objects.values_list("folder__name", flat=True)) == {"Letters", "Pictures", None}
    assert Application.objects.get().redirect_uri_allowed("http://127.0.0.1:8765/callback")
    assert set(AppIntegration.objects.values_list("status", flat=True)) == set(IntegrationStatus.values)
    assert UIElement.objects.filter(practice=practice).exists()
    assert UIElement.objects.filter(practice=None).exists()
    assert not Specialist.objects.filter(italian_fiscal_code="").exists()
    assert Liability.objects.live().filter(bill__practice=practice).exists()
    assert CarePlanEntryAppointment.objects.exists()
