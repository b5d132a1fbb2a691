"""A series with exceptions: the preview of its dates, and what is decided about each before all are booked at once."""

from datetime import date

import pytest

from core.errors import Conflict, Forbidden, InvalidInput
from scheduling.models import Appointment, AppointmentSeries
from scheduling.services import Decision, Repeat, book_repeating, preview_repeating, set_holiday
from tests.factories import AT
from tests.scheduling.words import HOUR, another_patient, offer
from tests.stage import DAY, actor_with, everything

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("every_invariant_holds")]

FIRST, SECOND, THIRD, FOURTH = (AT + days * DAY for days in (3, 10, 17, 24))


def wish(stage, times=3, **more):
    return {
        "practice_id": stage.practice.pk,
        "patient_id": stage.patient.pk,
        "service_id": stage.service.pk,
        "specialist_id": stage.specialist.pk,
        "starts_at": FIRST,
        "repeat": Repeat("weekly", 1, times),
        "at": AT,
        **more,
    }


def book(stage, *, by=None, **more):
    return book_repeating(**wish(stage, **more), by=by or stage.desk)


def close(stage, *days):
    for day in days:
        set_holiday(practice_id=stage.practice.pk, day=day, name="Spring", by=stage.desk, at=AT)


def take(stage, days):
    """Somebody else is booked then."""
    mine, stage.patient = stage.patient, another_patient(stage)
    made = stage.book(days=days)
    stage.patient = mine
    return made


def starts():
    return list(Appointment.objects.filter(series__isnull=False).order_by("pk").values_list("starts_at", flat=True))


def test_the_preview_names_what_stands_against_each_date_and_writes_nothing(stage):
    close(stage, date(2026, 2, 27))
    take(stage, 17)
    before = everything()
    dates = preview_repeating(stage.desk, **wish(stage))
    assert [one.wished for one in dates] == [FIRST, SECOND, THIRD, FOURTH]
    assert [len(one.why) for one in dates] == [0, 1, 1, 0]
    assert "Fri 27 Feb 2026 (Spring)" in dates[1].why[0]
    assert str(stage.specialist) in dates[2].why[0]
    assert everything() == before


def test_the_preview_offers_the_next_free_time_of_the_week_else_the_last_before(stage):
    close(stage, date(2026, 2, 27), date(2026, 3, 6))  # Fridays
    offer(stage, days=8)
    offer(stage, days=9)  # Thursday before the first
    offer(stage, days=16)
    offer(stage, days=18)  # Saturday after the second
    dates = preview_repeating(stage.desk, **wish(stage))
    assert [one.free and one.free.starts_at for one in dates] == [None, AT + 9 * DAY, AT + 18 * DAY, None]


def test_dates_are_left_out_moved_and_overridden_and_the_rest_is_booked_at_once(stage):
    close(stage, date(2026, 2, 27), date(2026, 3, 6))
    clash = take(stage, 24)
    decisions = {
        1: Decision(skip=True),
        2: Decision(starts_at=THIRD - DAY),
        3: Decision(because="Agreed with both"),
    }
    assert [one.why for one in preview_repeating(stage.desk, **wish(stage, decisions=decisions))] == [[], [], []]
    rows = book(stage, decisions=decisions)
    assert starts() == [FIRST, THIRD - DAY, FOURTH]
    assert [row.overbooked for row in rows] == [False, False, True]
    assert rows[2].overbooking_reason == "Agreed with both"
    assert clash.starts_at == FOURTH
    assert {row.repeated_from_id for row in rows[1:]} == {rows[0].pk}
    assert AppointmentSeries.objects.get().number_of_repeats == 2


def test_a_reason_for_one_date_does_not_override_another(stage):
    close(stage, date(2026, 2, 27), date(2026, 3, 6))
    take(stage, 24)
    before = everything()
    with pytest.raises(Conflict, match="Fri 6 Mar 2026") as refusal:
        book(stage, decisions={1: Decision(because="We open")})
    assert "27 Feb" not in str(refusal.value)
    with pytest.raises(Conflict) as refusal:
        book(stage, decisions={1: Decision(because="We open"), 2: Decision(skip=True)})
    assert refusal.value.code == "overlap"
    assert everything() == before


def test_the_first_date_may_be_the_one_that_is_left_out(stage):
    close(stage, date(2026, 2, 20))
    rows = book(stage, decisions={0: Decision(skip=True)})
    assert starts() == [SECOND, THIRD, FOURTH]
    assert rows[0].repeated_from is None


def test_one_date_that_remains_is_no_series(stage):
    (row,) = book(stage, times=1, decisions={0: Decision(skip=True)})
    assert (row.starts_at, row.series) == (SECOND, None)
    assert not AppointmentSeries.objects.exists()


def test_a_series_of_which_no_date_is_left_is_refused(stage):
    before = everything()
    with pytest.raises(InvalidInput) as refusal:
        book(stage, times=1, decisions={0: Decision(skip=True), 1: Decision(skip=True)})
    assert set(refusal.value.fields) == {"decisions"}
    assert everything() == before


def test_a_date_that_goes_onto_another_of_the_series_is_refused(stage):
    before = everything()
    with pytest.raises(InvalidInput) as refusal:
        book(stage, decisions={1: Decision(starts_at=THIRD + HOUR / 4)})
    assert set(refusal.value.fields) == {"repeat_rule"}
    assert everything() == before


def test_who_may_not_overbook_does_not_by_deciding_it(stage):
    take(stage, 10)
    therapist = actor_with("specialist", stage.practice, specialist_ids=frozenset({stage.specialist.pk}))
    stage.book(days=2)  # their patient
    before = everything()
    with pytest.raises(Forbidden):
        book(stage, by=therapist, decisions={1: Decision(because="Agreed")})
    assert everything() == before


def test_a_date_without_a_session_is_red_and_leaving_it_out_books_the_rest(stage):
    enrollment = stage.enroll()  # three sessions
    dates = preview_repeating(stage.desk, **wish(stage, enrollment_id=enrollment.pk))
    assert [bool(one.why) for one in dates] == [False, False, False, True]
    left_out = {3: Decision(skip=True)}
    rows = book(stage, enrollment_id=enrollment.pk, decisions=left_out)
    assert [row.plan_session_number for row in rows] == [1, 2, 3]


def test_a_date_after_the_programs_end_is_booked_with_a_reason(stage):
    enrollment = stage.enroll()
    type(enrollment).objects.filter(pk=enrollment.pk).update(expires_at=SECOND - HOUR, ends_at=SECOND - HOUR)
    asked = {"times": 1, "enrollment_id": enrollment.pk}
    assert [bool(one.why) for one in preview_repeating(stage.desk, **wish(stage, **asked))] == [False, True]
    with pytest.raises(Conflict) as refusal:
        book(stage, **asked)
    assert refusal.value.code == "program_expired"
    assert len(book(stage, **asked, decisions={1: Decision(because="Ill for a week")})) == 2


@pytest.mark.parametrize(
    "decisions", [{}, {1: Decision(skip=True)}, {1: Decision(skip=True), 2: Decision(because="Yes")}]
)
def test_a_series_is_booked_exactly_where_its_preview_is_green(stage, decisions):
    close(stage, date(2026, 2, 27))
    take(stage, 17)
    green = not any(one.why for one in preview_repeating(stage.desk, **wish(stage, decisions=decisions)))
    if green:
        assert len(book(stage, decisions=decisions)) == 3
    else:
        with pytest.raises(Conflict):
            book(stage, decisions=decisions)


def test_the_questions_of_a_preview_do_not_grow_with_its_green_dates(stage, django_assert_max_num_queries):
    with django_assert_max_num_queries(25):
        preview_repeating(stage.desk, **wish(stage, times=51))
