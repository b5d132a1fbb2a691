"""The page of visits that must be moved: whom to call, where each could go, and several at once."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from scheduling.models import Appointment, TimeOff
from scheduling.services import add_time_off, end_time_off, set_holiday
from tests.backoffice.calendar.desk_calendar import moment, wall
from tests.backoffice.conftest import said, stored, url
from tests.backoffice.test_queries import MOST, cost
from tests.factories import PhoneNumberFactory

VISIT = "scheduling.appointment"


@pytest.fixture
def absence(here, practice):
    """Amber is away for a morning over two visits, with a colleague and a next day free for both."""
    here.ben = here.person("Beech")
    here.visits = [here.book(0, 10), here.book(0, 11, patient=here.someone())]
    for hour in (10, 11):
        here.offer(0, hour, person=here.ben)
        here.offer(1, hour)
    return add_time_off(
        practice_id=practice.pk,
        specialist_id=here.ana.pk,
        starts_at=moment(practice, 0, 9),
        ends_at=moment(practice, 0, 12),
        by=here.by,
        at=timezone.now(),
    )


def page(absence):
    return reverse("admin:to_be_moved_time_off", args=(absence.pk,))


def sent(response, do, *ticked):
    """What the browser sends: the hidden fields of every line, what is ticked, and the button."""
    data = {"do": do, "_selected_action": [one.pk for one in ticked]}
    for line in response.context["lines"]:
        data[f"seen-{line.row.pk}"] = line.seen
        for name, way in (("same-hour", line.same_hour), ("next-time", line.next_time)):
            if way is not None:
                data[f"{name}-{line.row.pk}"] = way.value
    return data


def test_it_says_whom_to_call_and_where_each_could_go(desk, here, absence):
    PhoneNumberFactory(patient=here.patient, number="0722 123 456")
    first, second = desk.get(page(absence)).context["lines"]
    assert (first.row, second.row) == tuple(here.visits)
    assert first.phone.endswith("0722 123 456")
    assert (first.same_hour.says, second.same_hour.says) == (str(here.ben), str(here.ben))
    assert first.next_time.says == f"{wall(1, 10):%a} {wall(1, 10).day} {wall(1, 10):%b, %H:%M}"


def test_several_go_to_a_colleague_at_once(desk, here, practice, absence):
    answer = desk.post(page(absence), sent(desk.get(page(absence)), "same-hour", *here.visits))
    assert answer.headers["Location"] == page(absence)
    ((level, text),) = said(answer)
    assert (level, text[:21]) == ("success", "2 appointments moved.")
    assert str(here.patient) in text
    for visit in here.visits:
        visit.refresh_from_db()
    assert [(one.specialist, one.needs_move) for one in here.visits] == [(here.ben, False)] * 2
    assert [one.starts_at for one in here.visits] == [moment(practice, 0, hour) for hour in (10, 11)]
    assert desk.get(page(absence)).context["lines"] == []


def test_what_was_moved_is_shown_with_its_new_place_and_what_came_back_is_not(desk, here, absence):
    one, other = here.visits
    desk.post(page(absence), sent(desk.get(page(absence)), "same-hour", one))
    ((title, ((when, patient, specialist, _phone),)),) = desk.get(page(absence)).context["settled"]
    assert (title, str(here.patient) in patient, specialist) == ("Moved", True, str(here.ben))
    assert f"{one.pk}/change/" in when
    end_time_off(absence.pk, by=here.by, at=timezone.now())
    other.refresh_from_db()
    assert not other.needs_move
    assert [len(rows) for _title, rows in desk.get(page(absence)).context["settled"]] == [1]


def test_one_goes_to_the_next_time_and_the_other_stays(desk, here, practice, absence):
    one, other = here.visits
    desk.post(page(absence), sent(desk.get(page(absence)), f"next-time|{one.pk}"))
    one.refresh_from_db()
    other.refresh_from_db()
    assert (one.starts_at, one.specialist, one.needs_move) == (moment(practice, 1, 10), here.ana, False)
    assert (other.starts_at, other.needs_move) == (moment(practice, 0, 11), True)


def test_what_was_taken_meanwhile_is_refused_by_name_and_the_other_moves(desk, here, absence):
    one, other = here.visits
    data = sent(desk.get(page(absence)), "same-hour", one, other)
    here.book(0, 10, patient=here.someone(), person=here.ben)
    answers = said(desk.post(page(absence), data))
    assert [level for level, _text in answers] == ["success", "error"]
    assert str(here.patient) in answers[1][1]
    one.refresh_from_db()
    other.refresh_from_db()
    assert (one.specialist, one.needs_move, other.specialist) == (here.ana, True, here.ben)


def test_who_was_called_is_marked(desk, here, absence):
    desk.post(page(absence), sent(desk.get(page(absence)), "called", here.visits[0]))
    first, second = desk.get(page(absence)).context["lines"]
    assert (first.called[:6], second.called) == ("called", "")


def test_several_are_cancelled_and_listed_as_cancelled(desk, here, absence):
    changelist = url(VISIT, "changelist")
    asked = {
        "action": "cancel",
        "_selected_action": [one.pk for one in here.visits],
        "next": page(absence),
    }
    assert desk.post(f"{changelist}?attention=move", asked).status_code == 200
    done = desk.post(f"{changelist}?attention=move", {**asked, "apply": "1", "by_patient": ""})
    assert done.headers["Location"] == page(absence)
    shown = desk.get(page(absence)).context
    ((title, rows),) = shown["settled"]
    assert (shown["lines"], title, len(rows)) == ([], "Cancelled since", 2)


def test_a_closed_day_has_the_same_page(desk, here, practice):
    visit = here.book(0, 10)
    here.offer(1, 10)
    day = set_holiday(practice_id=practice.pk, day=wall(0, 9).date(), name="Spring", by=here.by, at=timezone.now())
    address = reverse("admin:to_be_moved_closed_day", args=(day.pk,))
    shown = desk.get(address)
    (line,) = shown.context["lines"]
    assert (line.row, line.same_hour) == (visit, None)
    desk.post(address, sent(shown, "next-time", visit))
    visit.refresh_from_db()
    assert (visit.starts_at, visit.needs_move) == (moment(practice, 1, 10), False)
    assert [title for title, _rows in desk.get(address).context["settled"]] == ["Moved"]


def test_all_of_a_practice_are_on_one_page(desk, therapist, here, absence, other_practice):
    address = reverse("admin:to_be_moved")
    assert [line.row for line in desk.get(address).context["lines"]] == here.visits
    assert desk.get(f"{address}?practice={other_practice.pk}").status_code == 404
    assert therapist.get(address).context["lines"] == []
    # A colleague's absence is not a specialist's to see.
    assert therapist.get(page(absence)).status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"do": "same-hour"},
        {"do": "nothing", "_selected_action": ["1"]},
        {"do": "same-hour|x"},
        {"do": "next-time|\x00"},
    ],
)
def test_what_no_button_sends_changes_nothing(desk, absence, wrong):
    before = stored()
    assert desk.post(page(absence), wrong).status_code == 302
    assert stored() == before


@pytest.mark.parametrize("place", ["", "x|y|z", "2026-01-01T10:00|1|", "2026-01-01T10:00:00+00:00|999999|"])
def test_a_place_that_is_none_is_refused(desk, here, absence, place):
    before = stored()
    (visit, _other) = here.visits
    answer = desk.post(page(absence), {"do": f"same-hour|{visit.pk}", f"same-hour-{visit.pk}": place})
    assert [level for level, _text in said(answer)] == ["error"]
    assert stored() == before


def test_it_costs_the_same_for_two_visits_and_for_many(desk, here, practice, absence):
    few, _ = cost(desk, page(absence))
    TimeOff.objects.filter(pk=absence.pk).update(ends_at=absence.ends_at + timedelta(days=1))
    for hour in range(13, 18):
        visit = here.book(0, hour, patient=here.someone())
        Appointment.objects.filter(pk=visit.pk).update(needs_move=True)
    many, statements = cost(desk, page(absence))
    assert (few, many <= MOST + 5) == (many, True), "\n".join(statements)
