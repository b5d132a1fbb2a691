"""Which rows the calendar's lists hold: to the day by the practice's clock, and to the moment."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from scheduling.models import Appointment, AvailableSlot, Claim, Hold, Holiday, SlotSeries
from scheduling.services import Repeat, book_repeating, book_slot, cancel_appointment, place_hold, would_cancel
from tests.factories import AT, AppointmentFactory, PatientFactory, PracticeFactory, SlotFactory, SpecialistFactory
from tests.scheduling.words import HOUR, offer
from tests.stage import DAY, actor_with

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def keys(rows):
    return set(rows.values_list("pk", flat=True))


def available(slot, at):
    return AvailableSlot.objects.available(at).filter(pk=slot.pk).exists()


def starting(practice, *moments):
    return [AppointmentFactory(practice=practice, starts_at=moment, ends_at=moment + HOUR / 2).pk for moment in moments]


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Europe/Bucharest", "Pacific/Pago_Pago"])
def test_a_list_from_a_day_to_a_day_holds_both_by_the_practices_clock(zone):
    practice = PracticeFactory(time_zone=zone)
    day = date(2026, 2, 20)
    begin = datetime(2026, 2, 20, tzinfo=ZoneInfo(zone))
    before, first, last, after = starting(practice, begin - MINUTE, begin, begin + DAY - MINUTE, begin + DAY)
    rows = Appointment.objects.all()
    assert keys(rows.starting_from(day)) == {first, last, after}
    assert keys(rows.starting_until(day)) == {before, first, last}
    assert keys(rows.starting_from(begin)) == {first, last, after}
    assert keys(rows.starting_until(begin + DAY)) == {before, first, last}


def test_what_is_put_away_is_neither_open_nor_holds_a_session(stage):
    known = {"practice": stage.practice, "patient": stage.patient}
    enrollment = stage.enroll()
    held = stage.book(enrollment)
    plain = AppointmentFactory(**known, starts_at=AT, ends_at=AT + HOUR)
    begun = AppointmentFactory(**known, starts_at=AT - MINUTE, ends_at=AT + HOUR)
    wish = AppointmentFactory(practice=stage.practice, registration=True)
    AppointmentFactory(**known, archived=True)
    AppointmentFactory(**known, status="done")
    rows = Appointment.objects.all()
    assert keys(rows.open()) == {held.pk, plain.pk, begun.pk, wish.pk}
    assert keys(rows.holding()) == {held.pk}
    assert keys(rows.upcoming(AT)) == {held.pk, plain.pk, wish.pk}
    assert keys(rows.registrations()) == {wish.pk}


@pytest.mark.parametrize(
    ("earlier", "first"),
    [({"status": "done"}, False), ({"status": "no_show"}, True), ({"status": "done", "archived": True}, True)],
)
def test_a_first_visit_is_the_first_that_was_kept(stage, earlier, first):
    known = {"practice": stage.practice, "patient": stage.patient}
    AppointmentFactory(**known, starts_at=AT - DAY, ends_at=AT - DAY + HOUR, **earlier)
    AppointmentFactory(practice=stage.practice, starts_at=AT - DAY, ends_at=AT, status="done")
    visit = AppointmentFactory(**known)
    assert Appointment.objects.with_first_visit().get(pk=visit.pk).is_first_visit is first
    nobodys = AppointmentFactory(practice=stage.practice, patient=None, contact_name="Jane")
    assert Appointment.objects.with_first_visit().get(pk=nobodys.pk).is_first_visit is False


def test_a_specialist_sees_their_own_visits_and_slots_and_a_colleagues_neither(stage):
    colleague = SpecialistFactory(organization=stage.practice.organization, works_at=[stage.practice])
    for who in (stage.specialist, colleague):
        AppointmentFactory(practice=stage.practice, specialist=who)
        SlotFactory(practice=stage.practice, specialist=who)
    mine = actor_with("specialist", stage.practice, specialist_ids=frozenset({stage.specialist.pk}))
    for model in (Appointment, AvailableSlot):
        rows = model.objects.visible_to(mine)
        assert set(rows.values_list("specialist_id", flat=True)) == {stage.specialist.pk}


def test_a_slot_of_no_type_is_for_any_and_another_types_is_for_none_but_it(stage):
    plain, typed = SlotFactory(practice=stage.practice), SlotFactory(practice=stage.practice, appointment_type="INIT")
    other = SlotFactory(practice=stage.practice, appointment_type="OTHER")
    assert keys(AvailableSlot.objects.for_type("INIT")) == {plain.pk, typed.pk}
    assert other.pk not in keys(AvailableSlot.objects.for_type(""))


def test_yesterday_by_utc_is_still_today_in_the_west():
    """A day that is closed stays so to its end on the practice's clock."""
    practice = PracticeFactory(time_zone="America/Los_Angeles")
    evening = datetime(2026, 2, 20, 20, tzinfo=ZoneInfo("America/Los_Angeles"))  # the 21st by UTC
    specialist = SpecialistFactory(organization=practice.organization, works_at=[practice])
    slot = SlotFactory(practice=practice, specialist=specialist, starts_at=evening, ends_at=evening + HOUR)
    now = (evening - HOUR).astimezone(UTC)
    assert available(slot, now)
    Holiday.objects.create(practice=practice, date=date(2026, 2, 20), name="Closed")
    assert not available(slot, now)


def test_a_hold_is_seen_by_whom_it_is_for_and_counts_until_it_expires(stage):
    slot = offer(stage)
    placed = place_hold(
        practice_id=stage.practice.pk,
        slot_id=slot.pk,
        patient_id=stage.patient.pk,
        expires_at=AT + HOUR,
        by=stage.desk,
        at=AT,
    )
    for patient, seen in ((stage.patient, {placed.pk}), (PatientFactory(), set())):
        by = actor_with("front_desk", PracticeFactory(), patient_ids=frozenset({patient.pk}))
        assert keys(Hold.objects.visible_to(by)) == seen
    assert keys(Hold.objects.visible_to(stage.desk)) == {placed.pk}
    assert Claim.objects.standing(AT + HOUR - MINUTE).count() == 2
    assert not Claim.objects.standing(AT + HOUR).exists()
    assert keys(Hold.objects.expired(AT + HOUR)) == {placed.pk}


def test_a_series_is_ending_up_to_the_last_day_that_is_looked_at(stage):
    today, fortnight = date(2026, 2, 17), timedelta(days=14)

    def series(**more):
        return SlotSeries.objects.create(
            practice=stage.practice,
            specialist=stage.specialist,
            pattern="daily",
            rrule="FREQ=DAILY",
            start_date=date(2026, 1, 1),
            start_time=datetime(2026, 1, 1, 9).time(),
            duration_minutes=30,
            **{"generated_until": date(2026, 5, 1), **more},
        ).pk

    ends_today, ends_last = series(until_date=today), series(until_date=today + fortnight)
    behind = series(generated_until=today + fortnight)
    series(until_date=today - DAY)
    series(until_date=today + fortnight + DAY)
    series(generated_until=today + fortnight + DAY)
    series(until_date=today, withdrawn_at=AT)
    assert keys(SlotSeries.objects.ending(today, within=fortnight)) == {ends_today, ends_last, behind}


def test_a_slot_counts_as_changed_when_something_lies_over_it_and_when_it_goes(stage):
    slot, later = offer(stage, minutes=90), AT + HOUR
    visit = stage.book(at=later)
    slot.refresh_from_db()
    assert (slot.blocked, slot.updated_at) == (1, later)
    cancel_appointment(visit.pk, by=stage.desk, at=later + HOUR)
    slot.refresh_from_db()
    assert (slot.blocked, slot.updated_at) == (0, later + HOUR)
    SlotFactory(practice=stage.practice, specialist=stage.specialist, starts_at=AT + 9 * DAY)
    assert set(AvailableSlot.objects.values_list("blocked", flat=True)) == {0}


def test_a_hold_counts_as_changed_when_a_booking_clears_it(stage):
    slot = offer(stage)
    hold = {"practice_id": stage.practice.pk, "slot_id": slot.pk, "expires_at": AT + MINUTE, "by": stage.desk}
    placed = place_hold(**hold, patient_id=stage.patient.pk, at=AT)
    assert AvailableSlot.objects.get(pk=slot.pk).held_until == AT + MINUTE
    book_slot(
        slot.pk, patient_id=PatientFactory(organization=stage.practice.organization).pk, by=stage.desk, at=AT + HOUR
    )
    placed.refresh_from_db()
    assert (placed.released_at, placed.updated_at) == (AT + HOUR, AT + HOUR)


def test_all_ahead_of_a_series_begins_with_the_one_that_begins_now(stage):
    made = book_repeating(
        practice_id=stage.practice.pk,
        patient_id=stage.patient.pk,
        service_id=stage.service.pk,
        specialist_id=stage.specialist.pk,
        starts_at=AT + DAY,
        repeat=Repeat("daily", 1, 3),
        by=stage.desk,
        at=AT,
    )
    now, last = made[1].starts_at, made[-1].pk
    assert [one.pk for one in would_cancel(stage.desk, last, following=False, at=now)] == [one.pk for one in made[1:]]
    later = would_cancel(stage.desk, last, following=False, at=now + MINUTE)
    assert [one.pk for one in later] == [one.pk for one in made[2:]]
    assert [one.pk for one in would_cancel(stage.desk, last, following=True, at=now)] == [last]
