"""The list of a day: who comes to whom, and when."""

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from patients.models import Patient
from scheduling.services import add_time_off
from tests.backoffice.calendar.desk_calendar import moment, wall
from tests.backoffice.conftest import url
from tests.factories import AppointmentFactory

VISIT = "scheduling.appointment"
DAY = reverse("admin:day_list")


def test_no_day_is_offered_under_two_names(desk, here):
    today = timezone.localdate(timezone=here.practice.zone)
    near = [name for name, _link, _shown in desk.get(DAY, {"day": today.isoformat()}).context["near"]]
    assert near == ["Day before", "Today", "Tomorrow"]


def test_the_days_around_the_listed_one_are_a_click_away_with_the_same_specialist(desk, here):
    query = {"day": f"{wall(0, 9):%Y-%m-%d}", "specialist": str(here.ana.pk)}
    near = {name: link for name, link, _shown in desk.get(DAY, query).context["near"]}
    assert {"Today", "Tomorrow", "Day after"} <= set(near)
    assert near["Day after"] == f"?day={wall(1, 9):%Y-%m-%d}&specialist={here.ana.pk}"
    here.book(1, 9)
    (sheet,) = desk.get(DAY + near["Day after"]).context["sheets"]
    assert [line.hours for line in sheet.lines] == ["09:00–09:30"]


def test_the_list_of_a_day_has_a_sheet_for_each_specialist(desk, here, practice):
    bob = here.person("Beech")
    late, early = here.book(0, 11, notes="Knee"), here.book(0, 9, patient=here.someone())
    here.book(0, 10, patient=here.someone(), person=bob)
    here.book(1, 9, patient=here.someone())
    gone = here.book(0, 15, patient=here.someone())
    desk.post(url(VISIT, "cancel", gone.pk), {"apply": "1"})
    query = {"day": f"{wall(0, 9):%Y-%m-%d}"}
    sheets = desk.get(DAY, query).context["sheets"]
    assert [(sheet.specialist, [line.hours for line in sheet.lines]) for sheet in sheets] == [
        (str(here.ana), ["09:00–09:30", "11:00–11:30"]),
        (str(bob), ["10:00–10:30"]),
    ]
    shown = [str(line.patient) for line in sheets[0].lines]
    assert (str(early.patient) in shown[0], str(late.patient) in shown[1]) == (True, True)
    assert (sheets[0].lines[1].service, sheets[0].lines[1].notes) == ("Massage", "Knee")
    (only,) = desk.get(DAY, {**query, "specialist": bob.pk}).context["sheets"]
    assert only.specialist == str(bob)


def test_the_list_of_a_day_is_ones_own_practices(desk, therapist, specialist, here, other_practice):
    times = {"starts_at": moment(here.practice, 0, 9), "ends_at": moment(here.practice, 0, 10)}
    theirs = AppointmentFactory(practice=other_practice, **times)
    here.book(0, 9)
    mine = here.book(0, 9, patient=here.someone(), person=specialist)
    query = {"day": f"{wall(0, 9):%Y-%m-%d}"}
    assert sum(len(sheet.lines) for sheet in desk.get(DAY, query).context["sheets"]) == 2
    page = desk.get(DAY, {**query, "practice": other_practice.pk})
    assert str(theirs.patient) not in page.content.decode()
    (sheet,) = therapist.get(DAY, query).context["sheets"]
    assert [str(mine.patient) in str(line.patient) for line in sheet.lines] == [True]


def test_a_day_that_is_none_is_told(desk, here):
    assert list(desk.get(DAY, {"day": "someday"}).context["form"].errors) == ["day"]


def test_between_the_visits_stand_free_time_and_time_off(desk, here, practice):
    """Slots back to back are one stretch; one under time off is not free."""
    here.book(0, 9)
    offered = [here.offer(0, 10), here.offer(0, 10, 30), here.offer(0, 15)]
    add_time_off(
        practice_id=practice.pk,
        specialist_id=here.ana.pk,
        starts_at=moment(practice, 0, 14),
        ends_at=moment(practice, 0, 16),
        by=here.by,
        at=timezone.now(),
    )
    (sheet,) = desk.get(DAY, {"day": f"{wall(0, 9):%Y-%m-%d}"}).context["sheets"]
    assert [line.hours for line in sheet.whole] == ["09:00–09:30", "10:00–11:00", "14:00–16:00"]
    _visit, free, away = sheet.whole
    assert (free.says, free.link[-len(f"?slot={offered[0].pk}") :]) == ("free", f"?slot={offered[0].pk}")
    assert (str(away.says), away.link) == ("away", "")


def test_an_arrival_is_noted_from_the_list_and_what_is_noted_about_the_patient_is_on_it(desk, here):
    visit = here.book(0, 9, notes="Knee")
    Patient.objects.filter(pk=visit.patient_id).update(appointment_notes="Speaks softly")
    query = {"day": f"{wall(0, 9):%Y-%m-%d}"}
    (sheet,) = desk.get(DAY, query).context["sheets"]
    ((button,), notes) = (sheet.lines[0].buttons, sheet.lines[0].notes)
    assert (button.step.name, notes) == ("arrived", "Knee\nSpeaks softly")
    desk.post(button.url, {"apply": "1"})  # ahead of its time: a question comes first
    (sheet,) = desk.get(DAY, query).context["sheets"]
    assert (sheet.lines[0].arrived[:7], sheet.lines[0].buttons) == ("arrived", [])


def test_the_list_of_a_day_costs_the_same_for_one_visit_and_for_many(desk, here, django_assert_num_queries):
    query = {"day": f"{wall(0, 9):%Y-%m-%d}"}
    here.book(0, 9)
    desk.get(DAY, query)  # what is read once a process, and once an hour
    with CaptureQueriesContext(connection) as one:
        desk.get(DAY, query)
    for hour in (10, 11, 12):
        here.book(0, hour, patient=here.someone())
        here.book(0, hour, patient=here.someone(), person=here.person(f"Beech {hour}"))
    with django_assert_num_queries(len(one)):
        desk.get(DAY, query)
