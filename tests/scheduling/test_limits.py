"""Exact limits of the calendar: what lies on a limit is inside it, and what lies a step beyond is refused whole."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest

from core.actor import Actor
from core.errors import Conflict, Forbidden, InvalidInput, Missing
from scheduling.calendar import SlotWish
from scheduling.calendar.recurrence import checked_rule, days
from scheduling.models import (
    Appointment,
    AvailableSlot,
    Hold,
    Holiday,
    SeriesSkip,
    SlotSeries,
    TimeOff,
    TimeOffSeries,
)
from scheduling.services import (
    Repeat,
    add_recurring_time_off,
    add_time_off,
    assign_registration,
    book_repeating,
    change_series,
    change_slot,
    create_series,
    delete_time_off,
    end_recurring_time_off,
    extend_series,
    import_holidays,
    place_hold,
    register_contact,
    release_hold,
    remove_holiday,
    reschedule_appointment,
    set_holiday,
    withdraw_series,
    withdraw_slot,
    withdraw_slots,
)
from tests.factories import AT, PracticeFactory, RoomFactory, ServiceSpecialistFactory, SpecialistFactory
from tests.scheduling.words import HOUR, another_patient, available, into, offer
from tests.stage import DAY, actor_with

pytestmark = pytest.mark.django_db
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
SYSTEM = Actor.system("test")


def colleague_of(stage):
    return SpecialistFactory(organization=stage.practice.organization, works_at=[stage.practice])


def as_specialist(stage, specialist):
    return actor_with("specialist", stage.practice, specialist_ids=frozenset({specialist.pk}))


# ------------------------------------------------------------------------------------------------- holds


def hold(stage, *, expires_at=AT + HOUR, by=None, **where):
    return place_hold(practice_id=stage.practice.pk, expires_at=expires_at, by=by or stage.desk, at=AT, **where)


def test_a_hold_expires_after_now_and_within_a_week(stage):
    slot = offer(stage)
    for wrong in (AT, AT + 7 * DAY + SECOND):
        with pytest.raises(InvalidInput) as refusal:
            hold(stage, slot_id=slot.pk, expires_at=wrong)
        assert set(refusal.value.fields) == {"expires_at"}
    assert not Hold.objects.exists()
    assert hold(stage, slot_id=slot.pk, expires_at=AT + 7 * DAY).expires_at == AT + 7 * DAY


def test_a_held_time_lies_ahead_and_takes_a_day_at_most(stage):
    begin = AT + 3 * DAY
    for starts_at, ends_at in ((AT, AT + HOUR), (begin, begin), (begin, begin + DAY + SECOND)):
        with pytest.raises(InvalidInput):
            hold(stage, specialist_id=stage.specialist.pk, starts_at=starts_at, ends_at=ends_at)
    assert not Hold.objects.exists()
    made = hold(stage, specialist_id=stage.specialist.pk, starts_at=begin, ends_at=begin + DAY)
    assert made.ends_at - made.starts_at == DAY


def test_a_time_is_held_neither_on_a_closed_day_nor_in_a_colleagues_calendar(stage):
    begin = {"specialist_id": stage.specialist.pk, "starts_at": AT + 3 * DAY, "ends_at": AT + 3 * DAY + HOUR}
    set_holiday(practice_id=stage.practice.pk, day=date(2026, 2, 20), name="Closed", by=stage.desk, at=AT)
    with pytest.raises(Conflict, match="Closed"):
        hold(stage, **begin)
    begin["starts_at"], begin["ends_at"] = AT + 4 * DAY, AT + 4 * DAY + HOUR
    with pytest.raises(Forbidden):
        hold(stage, by=as_specialist(stage, colleague_of(stage)), **begin)
    assert not Hold.objects.exists()
    assert hold(stage, by=as_specialist(stage, stage.specialist), **begin).pk


def test_a_hold_is_let_go_by_the_specialist_whose_time_it_is_and_by_no_colleague(stage):
    begin = {"starts_at": AT + 4 * DAY, "ends_at": AT + 4 * DAY + HOUR}
    placed = hold(stage, specialist_id=stage.specialist.pk, **begin)
    with pytest.raises(Missing):
        release_hold(placed.pk, by=as_specialist(stage, colleague_of(stage)), at=AT)
    assert Hold.objects.get().released_at is None
    assert release_hold(placed.pk, by=as_specialist(stage, stage.specialist), at=AT).released_at == AT


# ------------------------------------------------------------------------------------------------- time off


def lunch(stage, *, start, by=None, at=AT, **more):
    return add_recurring_time_off(
        practice_id=stage.practice.pk,
        rule="FREQ=DAILY",
        start_date=start,
        start_time=time(12, 30),
        duration_minutes=30,
        by=by or stage.desk,
        at=at,
        **{"specialist_id": stage.specialist.pk, **more},
    )


def test_recurring_time_off_began_a_year_ago_at_most_and_ends_on_its_first_day_at_the_earliest(stage):
    today = AT.astimezone(stage.practice.zone).date()
    with pytest.raises(InvalidInput):
        lunch(stage, start=today - timedelta(days=367))
    with pytest.raises(InvalidInput):
        lunch(stage, start=today + DAY, until=today)
    assert not TimeOffSeries.objects.exists()
    assert lunch(stage, start=today - timedelta(days=366)).pk
    once = lunch(stage, start=today + DAY, until=today + DAY, specialist_id=colleague_of(stage).pk)
    assert TimeOff.objects.filter(series=once).count() == 1


def test_ending_recurring_time_off_leaves_what_was_taken_before(stage):
    series = lunch(stage, start=AT.date() + DAY)
    days_off = TimeOff.objects.filter(series=series).order_by("starts_at")
    fifth = days_off[4].starts_at
    end_recurring_time_off(series.pk, by=stage.desk, at=fifth)
    assert [row.archived_at for row in days_off[:5]] == [None, None, None, None, fifth]
    assert not days_off.filter(archived_at=None, starts_at__gte=fifth).exists()


def test_a_day_of_recurring_time_off_is_not_deleted_alone(stage):
    first = TimeOff.objects.filter(series=lunch(stage, start=AT.date() + DAY)).earliest("starts_at")
    with pytest.raises(Conflict, match="recurring"):
        delete_time_off(first.pk, by=stage.desk, at=AT)
    assert TimeOff.objects.filter(pk=first.pk).exists()


def test_time_off_is_of_one_person_or_one_room_of_the_practice(stage):
    elsewhere = PracticeFactory(organization=stage.practice.organization)
    stranger = SpecialistFactory(organization=stage.practice.organization, works_at=[elsewhere])
    room, other = RoomFactory(practice=stage.practice), RoomFactory(practice=elsewhere)
    span = {"practice_id": stage.practice.pk, "starts_at": AT + DAY, "ends_at": AT + 2 * DAY, "at": AT}
    desk = actor_with("front_desk", stage.practice)
    both = Actor(
        kind=desk.kind,
        roles={stage.practice.pk: "front_desk", elsewhere.pk: "front_desk"},
        organizations={one.pk: one.organization_id for one in (stage.practice, elsewhere)},
        organization_ids=desk.organization_ids,
    )
    for who, refusal in (
        ({}, InvalidInput),
        ({"specialist_id": stage.specialist.pk, "room_id": room.pk}, InvalidInput),
        ({"specialist_id": stranger.pk}, Missing),
        ({"room_id": other.pk}, Missing),
    ):
        with pytest.raises(refusal):
            add_time_off(**span, **who, by=both)
    with pytest.raises(InvalidInput):
        add_time_off(**span | {"ends_at": AT + DAY}, room_id=room.pk, by=both)
    assert not TimeOff.objects.exists()
    assert add_time_off(**span, room_id=room.pk, by=both).room_id == room.pk


def test_a_specialist_takes_time_off_for_nobody_else(stage):
    span = {"practice_id": stage.practice.pk, "starts_at": AT + DAY, "ends_at": AT + 2 * DAY, "at": AT}
    mine = as_specialist(stage, stage.specialist)
    for who in ({"specialist_id": colleague_of(stage).pk}, {"room_id": RoomFactory(practice=stage.practice).pk}):
        with pytest.raises(Forbidden):
            add_time_off(**span, **who, by=mine)
    assert not TimeOff.objects.exists()
    assert add_time_off(**span, specialist_id=stage.specialist.pk, by=mine).pk


# ------------------------------------------------------------------------------------------------- slots


def test_a_booked_slot_keeps_its_room_and_is_not_withdrawn(stage):
    room = RoomFactory(practice=stage.practice)
    slot = offer(stage, room_id=room.pk)
    into(stage, slot)
    with pytest.raises(Conflict):
        change_slot(slot.pk, values={"room_id": None}, by=stage.desk, at=AT)
    with pytest.raises(Conflict):
        withdraw_slot(slot.pk, by=stage.desk, at=AT)
    slot.refresh_from_db()
    assert (slot.room_id, slot.withdrawn_at) == (room.pk, None)


def test_a_group_slot_shrinks_to_the_places_that_are_booked_and_no_further(stage):
    slot = offer(stage, capacity=4)
    for patient in (stage.patient, another_patient(stage)):
        into(stage, slot, patient)
    for capacity, refusal in ((1, (Conflict, InvalidInput)), (0, InvalidInput)):
        with pytest.raises(refusal):
            change_slot(slot.pk, values={"capacity": capacity}, by=stage.desk, at=AT)
    assert change_slot(slot.pk, values={"capacity": 2}, by=stage.desk, at=AT).capacity == 2


def test_a_booked_slot_neither_becomes_nor_ceases_to_be_a_group_slot(stage):
    group, single = offer(stage, capacity=3), offer(stage, hours=2)
    into(stage, group)
    into(stage, single, another_patient(stage))
    for slot, capacity in ((group, 1), (single, 2)):
        with pytest.raises(Conflict, match="group"):
            change_slot(slot.pk, values={"capacity": capacity}, by=stage.desk, at=AT)
        assert AvailableSlot.objects.get(pk=slot.pk).capacity == slot.capacity


def test_a_withdrawn_group_slot_lets_go_of_its_time(stage):
    slot = offer(stage, capacity=3)
    withdraw_slot(slot.pk, by=stage.desk, at=AT)
    assert available(offer(stage))


def test_slots_of_others_and_of_practices_where_one_may_not_are_not_withdrawn(stage):
    elsewhere = PracticeFactory(organization=stage.practice.organization)
    stage.specialist.works_at.create(practice=elsewhere)
    here = offer(stage)
    desk, stage.desk, stage.practice = stage.desk, actor_with("front_desk", elsewhere), elsewhere
    there = offer(stage, hours=2)
    known = {"specialist_id": stage.specialist.pk, "slot_ids": [here.pk, there.pk], "at": AT}
    done, refused = withdraw_slots(**known, by=desk)
    assert (done, refused) == ([here.pk], {there.pk: "not found"})
    assert AvailableSlot.objects.get(pk=there.pk).withdrawn_at is None


# ------------------------------------------------------------------------------------------------- series of slots


def daily(stage, *, starts_at=AT + 3 * DAY, at=AT, **more):
    wish = {"specialist_id": stage.specialist.pk, "starts_at": starts_at, "ends_at": starts_at + HOUR}
    made, _first = create_series(
        practice_id=stage.practice.pk, wish=SlotWish(**wish), pattern="daily", by=stage.desk, at=at, **more
    )
    return made, list(AvailableSlot.objects.filter(series=made).order_by("starts_at"))


def days_of(series):
    rows = AvailableSlot.objects.offered().filter(series=series).order_by("starts_at")
    return list(rows.values_list("series_date", flat=True))


def test_a_series_may_end_on_its_first_day(stage):
    with pytest.raises(InvalidInput):
        daily(stage, until=date(2026, 2, 19))
    assert not SlotSeries.objects.exists()
    _made, slots = daily(stage, until=date(2026, 2, 20))
    assert len(slots) == 1


def test_a_series_that_nobody_rolled_forward_for_long_makes_no_slot_in_the_past(stage):
    made, slots = daily(stage)
    later = AT + 100 * DAY
    extend_series(made.pk, by=SYSTEM, at=later)
    new = AvailableSlot.objects.filter(series=made).exclude(pk__in=[slot.pk for slot in slots])
    assert new.earliest("starts_at").starts_at > later
    assert new.latest("starts_at").series_date == later.date() + timedelta(days=90)


def test_a_series_of_somebody_who_takes_no_appointments_waits(stage):
    made, _slots = daily(stage)
    stage.specialist.scheduling_active = False
    stage.specialist.save()
    assert extend_series(made.pk, by=SYSTEM, at=AT + 10 * DAY) == 0
    stage.specialist.scheduling_active = True
    stage.specialist.save()
    assert extend_series(made.pk, by=SYSTEM, at=AT + 10 * DAY) == 10


def test_a_series_ends_the_day_before_and_may_be_ended_on_its_last_day(stage):
    made, slots = daily(stage, until=date(2026, 3, 1))
    withdraw_series(slots[-1].pk, following=True, by=stage.desk, at=AT)
    made.refresh_from_db()
    assert (made.until_date, made.withdrawn_at, days_of(made)[-1]) == (date(2026, 2, 28), None, date(2026, 2, 28))
    with pytest.raises(Conflict):
        withdraw_series(slots[-1].pk, following=True, by=stage.desk, at=AT)
    withdraw_series(slots[0].pk, following=True, by=stage.desk, at=AT)
    made.refresh_from_db()
    assert (made.withdrawn_at, days_of(made)) == (AT, [])


def test_changing_all_of_a_series_leaves_what_is_over_and_what_was_taken_out_today(stage):
    made, slots = daily(stage, starts_at=AT + 3 * HOUR)
    over, fourth, fifth = slots[0], slots[4], slots[5]
    later = fourth.starts_at - HOUR
    withdraw_slot(fourth.pk, by=stage.desk, at=later)
    new, _kept = change_series(fifth.pk, following=False, values={"capacity": 2}, by=stage.desk, at=later)
    over.refresh_from_db()
    assert (over.withdrawn_at, over.series_id) == (None, made.pk)
    assert days_of(new)[0] == fifth.series_date
    known = SeriesSkip.objects.filter(series=new).values_list("date", "reason")
    assert list(known) == [(fourth.series_date, "withdrawn")]


def test_changing_all_of_a_series_leaves_todays_slot_where_it_is_over(stage):
    _made, slots = daily(stage, starts_at=AT + HOUR)
    today = slots[2]
    change_series(slots[3].pk, following=False, values={"capacity": 2}, by=stage.desk, at=today.ends_at)
    today.refresh_from_db()
    assert today.withdrawn_at is None


def test_the_last_day_of_a_series_comes_back_when_its_holiday_goes(stage):
    last = date(2026, 2, 25)
    closed = set_holiday(practice_id=stage.practice.pk, day=last, name="Closed", by=stage.desk, at=AT)
    made, _slots = daily(stage, until=last)
    assert days_of(made)[-1] == date(2026, 2, 24)
    remove_holiday(closed.pk, by=stage.desk, at=AT)
    assert days_of(made)[-1] == last


def test_a_monthly_rule_falls_on_the_last_day_of_every_shorter_month():
    first = date(2027, 1, 29)
    rule = checked_rule("monthly", "", first=first)
    found = list(days(rule, first=first, after=None, upto=date(2027, 3, 29), until=None))
    assert found == [first, date(2027, 2, 28), date(2027, 3, 29)]
    assert list(days(rule, first=first, after=first, upto=date(2028, 1, 1), until=date(2027, 3, 28))) == [found[1]]


# ------------------------------------------------------------------------------------------------- closed days


def test_a_closed_day_that_gets_another_name_marks_nobody_who_was_booked_there_on_purpose(stage):
    day = {"practice_id": stage.practice.pk, "day": date(2026, 2, 20), "by": stage.desk, "at": AT}
    set_holiday(**day, name="Spring")
    visit = stage.book(override_reason="The doctor comes in")
    set_holiday(**day, name="Spring day")
    visit.refresh_from_db()
    assert not visit.needs_move
    with pytest.raises(Conflict, match="Spring day"):
        stage.book(days=3.1)


def test_a_region_has_holidays_of_its_own_and_one_kept_by_hand_says_so(stage):
    patron = date(2026, 6, 29)  # Peter and Paul, in Rome alone
    for calendar, found in (("IT", False), ("IT-RM", True)):
        stage.practice.holiday_calendar = calendar
        stage.practice.save()
        made = import_holidays(practice_id=stage.practice.pk, year=2026, by=stage.desk, at=AT)
        assert (patron in {day.date for day in made}) == found
    row = set_holiday(practice_id=stage.practice.pk, day=patron, name="Open", is_closed=False, by=stage.desk, at=AT)
    assert (row.source, row.is_closed, Holiday.objects.filter(date=patron).count()) == ("manual", False, 1)


# ------------------------------------------------------------------------------------------------- moving


def test_a_visit_is_moved_to_the_end_of_its_programs_sessions_and_not_a_minute_beyond(stage):
    enrollment = stage.enroll()
    visit, end = stage.book(enrollment), enrollment.expires_at
    with pytest.raises(Conflict) as refusal:
        reschedule_appointment(visit.pk, starts_at=end + MINUTE, by=stage.desk, at=AT)
    assert refusal.value.code == "program_expired"
    assert reschedule_appointment(visit.pk, starts_at=end, by=stage.desk, at=AT).starts_at == end


def test_a_visit_is_moved_only_as_it_was_seen_and_into_a_time_that_has_a_length(stage):
    visit = stage.book()
    move = {"starts_at": visit.starts_at + DAY, "by": stage.desk, "at": AT + MINUTE}
    with pytest.raises(Conflict) as refusal:
        reschedule_appointment(visit.pk, **move, seen_at=visit.updated_at - SECOND)
    assert refusal.value.code == "stale"
    with pytest.raises(InvalidInput):
        reschedule_appointment(visit.pk, **move, ends_at=move["starts_at"])
    assert Appointment.objects.get().starts_at == visit.starts_at
    moved = reschedule_appointment(visit.pk, **move, seen_at=visit.updated_at)
    assert moved.starts_at == move["starts_at"]


def test_a_slot_at_another_practice_is_none_to_move_into(stage):
    visit, here = stage.book(), stage.practice
    elsewhere = PracticeFactory(organization=here.organization)
    stage.specialist.works_at.create(practice=elsewhere)
    desk, stage.desk, stage.practice = stage.desk, actor_with("front_desk", elsewhere), elsewhere
    slot = offer(stage, days=5)
    with pytest.raises(Missing):
        reschedule_appointment(visit.pk, slot_id=slot.pk, by=desk, at=AT)
    assert Appointment.objects.get().starts_at == visit.starts_at


# ------------------------------------------------------------------------------------------------- requests


def request(stage, **told):
    stage.service.published = stage.service.is_public = True
    stage.service.save()
    known = {"contact_name": "Ana", "contact_phone": "0722 123 456", **told}
    return register_contact(stage.service.pk, by=SYSTEM, at=AT, **known)


def test_a_request_names_somebody_who_can_be_reached(stage):
    for wrong in (
        {"contact_name": " "},
        {"contact_phone": " "},
        {"contact_phone": "", "contact_email": " "},
    ):
        with pytest.raises(InvalidInput):
            request(stage, **wrong)
    assert not Appointment.objects.exists()
    made = request(stage, contact_phone="", contact_email=" ana@example.org ")
    assert (made.contact_email, made.practice_id) == ("ana@example.org", stage.practice.pk)


def test_a_request_goes_to_the_first_practice_that_is_in_use(stage):
    second = PracticeFactory(organization=stage.practice.organization)
    stage.practice.archived_at = AT
    stage.practice.save()
    assert request(stage).practice_id == second.pk
    with pytest.raises(Missing):
        request(stage, practice_id=stage.practice.pk)


def test_a_request_is_assigned_at_the_specialists_price_once_and_while_it_stands(stage):
    ServiceSpecialistFactory(service=stage.service, specialist=stage.specialist, custom_price=Decimal(70))
    whose = {"patient_id": stage.patient.pk, "specialist_id": stage.specialist.pk, "by": stage.desk, "at": AT}
    made, gone = request(stage), request(stage)
    assign_registration(made.pk, **whose)
    assert made.services.get().price == Decimal(70)
    gone.archived_at = AT
    gone.save()
    with pytest.raises((Conflict, Missing)):
        assign_registration(gone.pk, **whose)
    enrolled = request(stage)
    assign_registration(enrolled.pk, enrollment_id=stage.enroll().pk, **whose)
    with pytest.raises(Conflict) as refusal:
        assign_registration(enrolled.pk, **whose)
    assert refusal.value.code == "has_time"


# ------------------------------------------------------------------------------------------------- visits that repeat


def repeat(stage, kind="daily", times=1, **more):
    return book_repeating(
        practice_id=stage.practice.pk,
        patient_id=stage.patient.pk,
        service_id=stage.service.pk,
        specialist_id=stage.specialist.pk,
        starts_at=AT + 3 * DAY,
        repeat=Repeat(kind, 1, times),
        by=stage.desk,
        at=AT,
        **more,
    )


def test_visits_of_a_whole_day_repeat_every_day(stage):
    assert len(repeat(stage, ends_at=AT + 4 * DAY)) == 2


def test_a_series_takes_no_slot_of_a_group_and_none_in_another_room(stage):
    room = RoomFactory(practice=stage.practice)
    minutes = stage.service.duration_minutes
    offer(stage, minutes=minutes, room_id=RoomFactory(practice=stage.practice).pk)
    in_the_room = offer(stage, days=4, minutes=minutes, room_id=room.pk)
    made = repeat(stage, room_id=room.pk)
    assert [visit.slot_id for visit in made] == [None, in_the_room.pk]
    assert {visit.room_id for visit in made} == {room.pk}
    stage.specialist, stage.patient = colleague_of(stage), another_patient(stage)
    offer(stage, minutes=minutes, capacity=3)
    with pytest.raises(Conflict):
        repeat(stage)


@pytest.mark.parametrize(
    ("interval", "repeats", "fits"),
    [(100, 51, True), (1, 1, True), (101, 1, False), (0, 1, False), (1, 52, False), (1, 0, False)],
)
def test_how_often_a_visit_repeats_has_limits(interval, repeats, fits):
    repeat = Repeat("daily", interval, repeats)
    if fits:
        repeat.check()
        assert len(repeat.times(datetime(2026, 2, 17, 9, tzinfo=AT.tzinfo), PracticeFactory())) == repeats + 1
    else:
        with pytest.raises(InvalidInput):
            repeat.check()
