"""Appointments that repeat: all or none, every clash named at once, cancelled and moved together."""

from datetime import date, timedelta

import pytest

from core.actor import Actor, Kind
from core.errors import Conflict, InvalidInput, Missing
from scheduling.calendar import hit_by_closure
from scheduling.models import Appointment, AppointmentSeries, AvailableSlot
from scheduling.services import (
    Repeat,
    archive_appointment,
    assign_registration,
    book_appointment,
    book_repeating,
    cancel_repeating,
    change_appointment,
    complete_appointment,
    preview_reschedule,
    reschedule_repeating,
    set_holiday,
    start_care,
    would_cancel,
    would_reschedule,
)
from tests.factories import AT, AppointmentFactory, ColorFactory
from tests.scheduling.words import HOUR, another_patient, into, offer
from tests.stage import DAY, everything, set_stage

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("every_invariant_holds")]
WEEK = 7 * DAY


def repeat(stage, kind="weekly", every=1, times=3, *, days=3, **more):
    return book_repeating(
        practice_id=stage.practice.pk,
        patient_id=stage.patient.pk,
        service_id=stage.service.pk,
        specialist_id=stage.specialist.pk,
        starts_at=AT + days * DAY,
        repeat=Repeat(kind, every, times),
        by=stage.desk,
        at=AT,
        **more,
    )


def starts():
    return list(Appointment.objects.order_by("starts_at").values_list("starts_at", flat=True))


@pytest.mark.parametrize(
    ("kind", "every", "expected"),
    [
        ("daily", 2, [date(2026, 2, 20), date(2026, 2, 22), date(2026, 2, 24)]),
        ("weekly", 1, [date(2026, 2, 20), date(2026, 2, 27), date(2026, 3, 6)]),
        ("monthly", 1, [date(2026, 2, 20), date(2026, 3, 20), date(2026, 4, 20)]),
    ],
)
def test_each_occurrence_is_a_row_at_the_same_time_on_the_clock(stage, kind, every, expected):
    head, *others = repeat(stage, kind, every, 2)
    zone = stage.practice.zone
    local = [moment.astimezone(zone) for moment in starts()]
    assert [moment.date() for moment in local] == expected
    assert len({moment.time() for moment in local}) == 1
    series = AppointmentSeries.objects.get()
    assert (series.repeat_type, series.repeating_interval, series.number_of_repeats) == (kind, every, 2)
    assert head.repeated_from is None
    assert {row.repeated_from_id for row in others} == {head.pk}


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        (("yearly", 1, 1), "repeat_type"),
        (("daily", 0, 1), "repeating_interval"),
        (("daily", 101, 1), "repeating_interval"),
        (("daily", 1, 0), "number_of_repeats"),
        (("daily", 1, 52), "number_of_repeats"),
    ],
)
def test_a_rule_has_its_limits(stage, rule, field):
    with pytest.raises(InvalidInput) as refusal:
        repeat(stage, *rule)
    assert set(refusal.value.fields) == {field}


def test_all_clashes_are_shown_and_nothing_is_written(stage):
    mine, stage.patient = stage.patient, another_patient(stage)
    first, second = stage.book(days=10), stage.book(days=24)
    stage.patient = mine
    before = everything()
    with pytest.raises(Conflict) as refusal:
        repeat(stage)
    assert [clash["id"] for clash in refusal.value.clashes] == [first.pk, second.pk]
    assert everything() == before
    assert not AppointmentSeries.objects.exists()


def test_a_series_can_be_overbooked_where_it_clashes_and_only_there(stage):
    mine, stage.patient = stage.patient, another_patient(stage)
    stage.book(days=10)
    stage.patient = mine
    rows = repeat(stage, overbooking_reason="Agreed")
    assert [row.overbooked for row in rows] == [False, True, False, False]


def test_occurrences_that_equal_free_slots_take_them(stage):
    slots = [offer(stage, days=3), offer(stage, days=10)]
    rows = repeat(stage)
    assert [row.slot_id for row in rows] == [slots[0].pk, slots[1].pk, None, None]
    assert list(AvailableSlot.objects.values_list("booked", flat=True)) == [1, 1]


def test_each_occurrence_holds_a_session_and_one_too_many_is_refused(stage):
    enrollment = stage.enroll()
    before = everything()
    with pytest.raises(Conflict) as refusal:
        repeat(stage, enrollment_id=enrollment.pk)
    assert refusal.value.code == "no_session_left"
    assert everything() == before
    rows = repeat(stage, times=2, enrollment_id=enrollment.pk)
    assert [row.plan_session_number for row in rows] == [1, 2, 3]


@pytest.mark.parametrize("whose", ["nobody's", "another practice's"])
def test_a_program_that_one_may_not_see_is_missing(stage, whose):
    elsewhere = set_stage()
    unseen = elsewhere.enroll().pk if whose != "nobody's" else 10**6
    asked = AppointmentFactory(practice=stage.practice, registration=True, service=stage.service)
    people = {"patient_id": stage.patient.pk, "specialist_id": stage.specialist.pk}
    before = everything()
    with pytest.raises(Missing):
        repeat(stage, enrollment_id=unseen)
    with pytest.raises(Missing):
        assign_registration(asked.pk, **people, enrollment_id=unseen, by=stage.desk, at=AT)
    assert everything() == before


def test_repeats_that_overlap_themselves_are_refused(stage):
    with pytest.raises(InvalidInput) as refusal:
        repeat(stage, "daily", ends_at=AT + 3 * DAY + 25 * HOUR)
    assert set(refusal.value.fields) == {"repeat_rule"}


def test_a_closed_day_in_the_series_is_named(stage):
    set_holiday(practice_id=stage.practice.pk, day=date(2026, 2, 27), name="Spring", by=stage.desk, at=AT)
    with pytest.raises(Conflict, match=r"Fri 27 Feb 2026 \(Spring\)"):
        repeat(stage)
    assert len(repeat(stage, override_reason="We open")) == 4


def test_this_and_the_following_are_cancelled_together(stage):
    enrollment = stage.enroll()
    rows = repeat(stage, times=2, enrollment_id=enrollment.pk)
    cancelled = cancel_repeating(rows[1].pk, following=True, reason="Moves away", by=stage.desk, at=AT)
    assert [row.pk for row in cancelled] == [rows[1].pk, rows[2].pk]
    assert list(Appointment.objects.order_by("pk").values_list("status", "plan_session_number")) == [
        ("confirmed", 1), ("cancelled", None), ("cancelled", None),
    ]  # fmt: skip


def test_each_of_a_cancelled_series_keeps_the_reason_and_only_the_late_one_is_forfeited():
    stage = set_stage(late_cancel_forfeits=True, notice_hours=24)
    enrollment = stage.enroll()
    rows = repeat(stage, times=2, enrollment_id=enrollment.pk)
    why = {"reason": "Flu", "reason_code": 30, "by_patient": True}
    cancel_repeating(rows[0].pk, following=True, **why, by=stage.desk, at=rows[0].starts_at - HOUR)
    kept = Appointment.objects.order_by("pk").values_list("cancellation_note", "cancellation_reason_code")
    assert list(kept) == [("Flu", 30)] * 3
    kinds = enrollment.movements.exclude(kind="grant").order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["forfeit", "release", "release"]


def test_what_would_be_cancelled_and_moved_is_what_is(stage):
    rows = repeat(stage)
    complete_appointment(rows[0].pk, by=stage.desk, at=AT + 3 * DAY)
    start_care(rows[2].pk, by=stage.desk, at=AT + 3 * DAY)
    for following, expected in ((True, [rows[1], rows[3]]), (False, [rows[1], rows[3]])):
        for would in (would_cancel, would_reschedule):
            assert would(stage.desk, rows[1].pk, following=following, at=AT + 3 * DAY) == expected
    goes = {"starts_at": rows[1].starts_at + 3 * HOUR, "following": True, "by": stage.desk, "at": AT + 3 * DAY}
    before = everything()
    plan = preview_reschedule(goes.pop("by"), rows[1].pk, **goes)
    assert everything() == before
    moved = reschedule_repeating(rows[1].pk, **goes, by=stage.desk)
    assert [row.starts_at for row in moved] == [move.place.starts_at for move in plan]
    assert [move.why for move in plan] == [[], []]


def test_all_that_lie_ahead_are_cancelled_and_what_is_done_stays(stage):
    rows = repeat(stage)
    complete_appointment(rows[0].pk, by=stage.desk, at=AT + 3 * DAY)
    cancel_repeating(rows[2].pk, following=False, by=stage.desk, at=AT + 4 * DAY)
    assert list(Appointment.objects.order_by("pk").values_list("status", flat=True)) == ["done"] + ["cancelled"] * 3


def test_a_back_to_back_series_is_moved_together(stage):
    rows = repeat(stage, "daily", times=4, ends_at=AT + 3 * DAY + HOUR)
    moved = reschedule_repeating(rows[1].pk, starts_at=AT + 4 * DAY + HOUR / 2, following=True, by=stage.desk, at=AT)
    assert [row.pk for row in moved] == [row.pk for row in rows[1:]]
    assert starts() == [AT + 3 * DAY, *(AT + day * DAY + HOUR / 2 for day in (4, 5, 6, 7))]


def test_a_series_that_is_moved_by_nothing_keeps_its_slots_and_its_overbookings(stage):
    mine, stage.patient = stage.patient, another_patient(stage)
    stage.book(days=10)
    stage.patient = mine
    slot = offer(stage)
    rows = repeat(stage, overbooking_reason="Agreed")
    before = everything()
    with pytest.raises(Conflict) as refusal:
        reschedule_repeating(rows[0].pk, starts_at=rows[0].starts_at, following=True, by=stage.desk, at=AT)
    assert refusal.value.code == "same_time"
    assert everything() == before
    assert Appointment.objects.get(pk=rows[0].pk).slot_id == slot.pk


def test_moving_a_series_into_a_clash_changes_nothing(stage):
    rows = repeat(stage)
    stage.patient = another_patient(stage)
    stage.book(days=17 + 2 / 24)
    before = everything()
    with pytest.raises(Conflict) as refusal:
        reschedule_repeating(rows[0].pk, starts_at=AT + 3 * DAY + 2 * HOUR, following=True, by=stage.desk, at=AT)
    assert len(refusal.value.clashes) == 1
    assert everything() == before


def test_one_that_was_put_away_is_not_moved_and_leaves_its_old_slot_to_who_has_it_now(stage):
    slot = offer(stage)
    rows = repeat(stage)
    archive_appointment(rows[0].pk, by=stage.desk, at=AT)
    into(stage, slot, another_patient(stage))
    before = everything()
    with pytest.raises(Conflict) as refusal:
        reschedule_repeating(rows[0].pk, starts_at=AT + 3 * DAY + HOUR, following=True, by=stage.desk, at=AT)
    assert refusal.value.code == "invalid_transition"
    assert everything() == before


def test_a_patient_who_cancels_a_series_late_forfeits_the_session_of_the_late_one_alone():
    stage = set_stage(late_cancel_forfeits=True, notice_hours=24)
    enrollment = stage.enroll()
    rows = repeat(stage, times=2, enrollment_id=enrollment.pk)
    mine = Actor(kind=Kind.PATIENT, patient_ids=frozenset({stage.patient.pk}), own_patient_id=stage.patient.pk)
    cancel_repeating(rows[0].pk, following=True, by=mine, at=AT + 3 * DAY - HOUR)
    enrollment.refresh_from_db()
    assert enrollment.sessions_left == 2
    assert list(Appointment.objects.order_by("pk").values_list("plan_session_number", flat=True)) == [1, None, None]


def test_everything_against_a_moved_series_is_named_at_once_as_its_preview_does(stage):
    rows = repeat(stage, times=2)
    set_holiday(practice_id=stage.practice.pk, day=date(2026, 2, 27), name="Spring", by=stage.desk, at=AT)
    patient, stage.patient = stage.patient, another_patient(stage)
    stage.book(days=3 + 2 / 24)
    stage.book(days=10 + 2 / 24, override_reason="We open")
    stage.patient = patient
    before = everything()
    asked = {"starts_at": rows[0].starts_at + 2 * HOUR, "following": True, "at": AT}
    plan = preview_reschedule(stage.desk, rows[0].pk, **asked)
    with pytest.raises(Conflict) as refusal:
        reschedule_repeating(rows[0].pk, **asked, by=stage.desk)
    assert [len(move.why) for move in plan] == [1, 2, 0]
    assert "20 Feb 2026" in plan[0].why[0]
    assert "Fri 27 Feb 2026 (Spring)" in plan[1].why[0]
    assert all(why in str(refusal.value) for move in plan for why in move.why)
    assert len(refusal.value.clashes) == 2
    assert everything() == before


def test_a_series_is_not_moved_back_before_now(stage):
    rows = repeat(stage)
    before = everything()
    with pytest.raises(Conflict, match="lies in the past") as refusal:
        reschedule_repeating(rows[1].pk, starts_at=rows[1].starts_at - 5 * DAY, following=False, by=stage.desk, at=AT)
    assert refusal.value.code == "past"
    assert everything() == before
    moved = reschedule_repeating(
        rows[1].pk, starts_at=rows[1].starts_at - 5 * DAY, following=True, by=stage.desk, at=AT
    )
    assert len(moved) == 3


def test_a_series_is_not_moved_to_where_it_is(stage):
    rows = repeat(stage)
    before = everything()
    with pytest.raises(Conflict) as refusal:
        reschedule_repeating(rows[1].pk, starts_at=rows[1].starts_at, following=True, by=stage.desk, at=AT)
    assert refusal.value.code == "same_time"
    assert everything() == before


def test_one_alone_is_no_series(stage):
    made = stage.book()
    with pytest.raises(Conflict) as refusal:
        cancel_repeating(made.pk, following=True, by=stage.desk, at=AT)
    assert refusal.value.code == "no_series"


def test_a_closure_says_first_whom_it_hits(stage):
    made = stage.book()
    assert hit_by_closure(stage.desk, practice_id=stage.practice.pk, day=date(2026, 2, 20)) == [made]
    assert hit_by_closure(stage.desk, practice_id=stage.practice.pk, day=date(2026, 2, 21)) == []


def test_the_questions_for_a_series_do_not_grow_with_it(stage, django_assert_max_num_queries):
    with django_assert_max_num_queries(30):
        repeat(stage, "daily", times=51)


def test_what_may_be_edited_in_any_state(stage):
    made = stage.book()
    color = ColorFactory(organization=stage.practice.organization)
    values = {
        "notes": "Bring scans",
        "sms_reminder": True,
        "color_id": color.pk,
        "telehealth_url": "https://x.example/1",
    }
    changed = change_appointment(made.pk, values=values, by=stage.desk, at=AT)
    assert {name: getattr(changed, name) for name in values} == values
    with pytest.raises(InvalidInput):
        change_appointment(made.pk, values={"color_id": ColorFactory().pk}, by=stage.desk, at=AT)
    with pytest.raises(TypeError):
        change_appointment(made.pk, values={"status": "done"}, by=stage.desk, at=AT)
    assert timedelta(minutes=30) == made.ends_at - made.starts_at


def test_a_series_fits_between_what_touches_its_visits_on_either_side(stage):
    """All its visits are asked about at once; what begins when one ends lies before the others."""
    length = timedelta(minutes=stage.service.duration_minutes)
    for touching in (AT + DAY + length, AT + 2 * DAY - length):
        book_appointment(
            practice_id=stage.practice.pk,
            patient_id=stage.patient.pk,
            service_id=stage.service.pk,
            specialist_id=stage.specialist.pk,
            starts_at=touching,
            by=stage.desk,
            at=AT,
        )
    repeat(stage, "daily", 1, 2, days=1)
    assert Appointment.objects.filter(starts_at__in=[AT + days * DAY for days in (1, 2, 3)]).count() == 3


def test_what_was_put_away_is_not_cancelled_with_its_series(stage):
    first, second, *_rest = repeat(stage)
    archive_appointment(first.pk, by=stage.desk, at=AT)
    cancelled = cancel_repeating(first.pk, following=True, by=stage.desk, at=AT)
    first.refresh_from_db()
    assert (first.status, first.pk in [row.pk for row in cancelled]) == ("confirmed", False)
    assert second.pk in [row.pk for row in cancelled]


def test_a_series_that_was_overbooked_is_so_no_longer_where_there_is_room(stage):
    mine, stage.patient = stage.patient, another_patient(stage)
    stage.book(days=3)
    stage.patient = mine
    rows = repeat(stage, times=1, overbooking_reason="Urgent")
    assert [row.overbooked for row in rows] == [True, False]
    moved = reschedule_repeating(
        rows[0].pk, starts_at=rows[0].starts_at + 5 * HOUR, following=True, by=stage.desk, at=AT
    )
    assert [(row.overbooked, row.overbooking_reason) for row in moved] == [(False, ""), (False, "")]
