"""A visit of a series, cancelled or moved alone, with those that follow, or with all that lie ahead."""

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from backoffice.calendar.visits import visit_line
from core.moments import DAY_AND_TIME, day_in_words
from programs.services import enroll_patient
from scheduling.models import Appointment, Holiday
from scheduling.services import Repeat, book_repeating, complete_appointment
from tests.backoffice.calendar.desk_calendar import moment, typed, wall
from tests.backoffice.conftest import said, stored, url
from tests.factories import ServicePlanFactory

VISIT = "scheduling.appointment"
LIST = reverse("admin:scheduling_appointment_changelist")


@pytest.fixture
def series(here, practice):
    """Four visits, a week apart, on Mondays at nine."""
    return weekly(here, practice)


def weekly(here, practice, **more):
    return book_repeating(
        practice_id=practice.pk,
        patient_id=here.patient.pk,
        service_id=here.service.pk,
        specialist_id=here.ana.pk,
        starts_at=moment(practice, 0, 9),
        repeat=Repeat("weekly", 1, 3),
        by=here.by,
        at=timezone.now(),
        **more,
    )


def choices(response):
    form = response.context["form"]
    return dict(form.fields["which"].choices) if "which" in form.fields else None


def statuses():
    return list(Appointment.objects.order_by("starts_at").values_list("status", flat=True))


def starts():
    return list(Appointment.objects.order_by("pk").values_list("starts_at", flat=True))


def concerned(response, which):
    return [one.row for one in response.context["form"].visits if which in one.which.split()]


def moved(row, which, days, hour, **more):
    return {"apply": "1", "which": which, "specialist": row.specialist_id, "room": "", **more} | (
        {"starts_at": typed(days, hour)} if hour is not None else {}
    )


# ------------------------------------------------------------------------------------------------ the page


def test_the_page_of_a_visit_says_which_of_its_series_it_is_and_links_to_the_others(desk, series):
    page = desk.get(url(VISIT, "change", series[1].pk))
    panel = page.context["panels"][0]
    assert panel.title == "Series: visit 2 of 4"
    assert [row[0] for row in panel.rows] == [1, 2, 3, 4]
    for one, row in zip(series, panel.rows, strict=True):
        assert (url(VISIT, "change", one.pk) in row[1]) == (one != series[1])
    assert "this visit" in panel.rows[1][1]


# -------------------------------------------------------------------------------------------- cancelling


def test_cancelling_asks_which_with_how_many_and_lists_them_before_anything_is_written(desk, series):
    before = stored()
    response = desk.get(url(VISIT, "cancel", series[1].pk))
    assert choices(response) == {
        "this": "Only this visit",
        "following": "This one and the following: 3 visits",
        "all": "All upcoming ones of the series: 4 visits",
    }
    assert response.context["form"]["which"].value() == "this"
    assert concerned(response, "this") == [series[1]]
    assert concerned(response, "following") == series[1:]
    assert concerned(response, "all") == series
    assert f"{wall(7, 9).day}" in response.context["form"].visits[1].when
    assert stored() == before


@pytest.mark.parametrize(("which", "cancelled"), [("this", [1]), ("following", [1, 2, 3]), ("all", [0, 1, 2, 3])])
def test_as_many_of_the_series_are_cancelled_as_was_meant(desk, series, which, cancelled):
    why = {"reason_code": "30", "reason": "Has the flu", "by_patient": "on"}
    response = desk.post(url(VISIT, "cancel", series[1].pk), {"apply": "1", "which": which, **why})
    count = len(cancelled)
    ((level, text),) = said(response)
    assert (level, text.split(". ")[0]) == ("success", f"{count} appointment{'s' if count > 1 else ''} cancelled")
    assert statuses() == ["cancelled" if number in cancelled else "confirmed" for number in range(4)]
    gone = Appointment.objects.filter(status="cancelled")
    assert set(gone.values_list("cancellation_reason_code", "cancellation_note")) == {(30, "Has the flu")}
    assert "Sick: Has the flu" in desk.get(url(VISIT, "change", series[1].pk)).content.decode()


def test_the_patients_late_cancellation_of_a_series_forfeits_the_late_one_alone(desk, here, practice):
    practice.late_cancel_forfeits, practice.notice_hours = True, 24 * 365
    practice.save()
    plan = ServicePlanFactory(organization=practice.organization, service=here.service)
    asked = {"service_plan_id": plan.pk, "practice_id": practice.pk, "by": here.by, "at": timezone.now()}
    program = enroll_patient(patient_id=here.patient.pk, **asked)
    rows = weekly(here, practice, enrollment_id=program.pk)
    desk.post(url(VISIT, "cancel", rows[2].pk), {"apply": "1", "which": "following", "by_patient": "on"})
    assert program.movements.filter(kind="forfeit").count() == 2


def test_what_is_done_is_neither_counted_nor_cancelled(desk, here, series):
    complete_appointment(series[2].pk, by=here.by, at=timezone.now())
    page = url(VISIT, "cancel", series[1].pk)
    assert choices(desk.get(page))["following"] == "This one and the following: 2 visits"
    desk.post(page, {"apply": "1", "which": "following"})
    assert statuses() == ["confirmed", "cancelled", "done", "cancelled"]


def test_a_visit_of_no_series_and_the_last_one_left_are_asked_nothing_more(desk, here, series):
    single = here.book(1, 9)
    assert choices(desk.get(url(VISIT, "cancel", single.pk))) is None
    assert choices(desk.get(url(VISIT, "reschedule", single.pk))) is None
    desk.post(url(VISIT, "cancel", series[1].pk), {"apply": "1", "which": "following"})
    assert choices(desk.get(url(VISIT, "cancel", series[0].pk))) is None


def test_a_choice_that_there_is_not_is_refused_and_keeps_what_was_typed(desk, series):
    before = stored()
    response = desk.post(url(VISIT, "cancel", series[1].pk), {"apply": "1", "which": "none", "reason": "Flu"})
    form = response.context["form"]
    assert (list(form.errors), form["reason"].value()) == (["which"], "Flu")
    assert stored() == before


def test_chosen_in_the_list_one_alone_may_take_its_series_along_and_says_so(desk, series):
    chosen = {"action": "cancel", "_selected_action": [series[1].pk]}
    assert choices(desk.post(LIST, chosen))["following"].endswith("3 visits")
    response = desk.post(LIST, {**chosen, "apply": "1", "which": "following"})
    ((level, text),) = said(response)
    assert (level, text.split(". ")[0]) == ("success", "3 appointments cancelled")
    assert statuses() == ["confirmed"] + ["cancelled"] * 3


def test_several_chosen_in_the_list_are_cancelled_and_no_others(desk, series):
    chosen = {"action": "cancel", "_selected_action": [series[0].pk, series[2].pk]}
    assert choices(desk.post(LIST, chosen)) is None
    response = desk.post(LIST, {**chosen, "apply": "1", "which": "all"})
    assert said(response) == [("success", "2 appointments cancelled.")]
    assert statuses() == ["cancelled", "confirmed", "cancelled", "confirmed"]


def test_a_specialist_is_asked_about_their_own_visits_only(therapist, here, specialist, practice):
    here.ana = specialist
    rows = weekly(here, practice)
    other = here.person("Beech")
    Appointment.objects.filter(pk=rows[3].pk).update(specialist=other)
    response = therapist.get(url(VISIT, "cancel", rows[1].pk))
    assert choices(response)["all"] == "All upcoming ones of the series: 3 visits"


# ------------------------------------------------------------------------------------------------ moving


@pytest.mark.parametrize(("which", "goes"), [("following", [1, 2, 3]), ("all", [0, 1, 2, 3])])
def test_a_series_is_moved_by_as_much_on_the_clock_once_its_new_times_were_shown(desk, practice, series, which, goes):
    page, before = url(VISIT, "reschedule", series[1].pk), stored()
    sent = moved(series[1], which, 8, 10)
    preview = desk.post(page, sent).context["preview"]
    assert stored() == before
    assert [move.appointment for move in preview.moves] == [series[number] for number in goes]
    assert [after.endswith("10:00 – 10:30") for _now, after, _why in preview.lines] == [True] * len(goes)
    response = desk.post(page, {**sent, "confirm": preview.token})
    now = visit_line(Appointment.objects.get(pk=series[1].pk))
    assert said(response) == [("success", f"{len(goes)} appointments moved. {now}")]
    assert starts() == [
        moment(practice, 7 * number + 1, 10) if number in goes else moment(practice, 7 * number, 9)
        for number in range(4)
    ]


def test_which_visits_of_a_moved_series_would_leave_their_group_is_said_before(desk, here, series):
    page, sent = url(VISIT, "reschedule", series[0].pk), moved(series[0], "all", 0, 11)
    assert desk.post(page, sent).context["preview"].leaving == ""
    Appointment.objects.filter(pk=series[2].pk).update(slot=here.offer(30, 9, capacity=3))
    shown = desk.post(page, sent)
    leaving = shown.context["preview"].leaving
    assert leaving.startswith("One of these visits is in a group: it leaves the group and becomes a visit of its own (")
    assert date_format(wall(14, 9), DAY_AND_TIME) in leaving
    assert leaving in shown.content.decode()


def test_a_visit_of_a_series_is_moved_alone_with_one_click(desk, here, practice, series):
    slot = here.offer(8, 10)
    page = url(VISIT, "reschedule", series[1].pk)
    (pick,) = [choice.value for choice in desk.get(page).context["free"]]
    response = desk.post(page, moved(series[1], "this", 0, None, pick=pick))
    assert said(response)[0][1].startswith("1 appointment moved. ")
    assert starts() == [moment(practice, 7 * n, 9) if n != 1 else slot.starts_at for n in range(4)]


def test_a_clicked_time_shows_where_the_whole_series_would_go(desk, here, practice, series):
    here.offer(8, 10)
    page, before = url(VISIT, "reschedule", series[1].pk), stored()
    (pick,) = [choice.value for choice in desk.get(page).context["free"]]
    response = desk.post(page, moved(series[1], "following", 0, None, pick=pick))
    assert [move.place.starts_at for move in response.context["preview"].moves] == [
        moment(practice, 7 * number + 1, 10) for number in (1, 2, 3)
    ]
    assert response.context["form"]["starts_at"].value() == typed(8, 10)
    assert stored() == before


def test_every_clash_of_a_moved_series_is_shown_with_its_date_and_nothing_is_written(desk, here, practice, series):
    for week in (1, 3):
        here.book(7 * week, 11, patient=here.someone())
    Holiday.objects.create(practice=practice, date=wall(14, 9).date(), name="Team day")
    page, before = url(VISIT, "reschedule", series[0].pk), stored()
    response = desk.post(page, moved(series[0], "following", 0, 11))
    assert response.context["form"].errors["__all__"] == ["3 of 4 visits cannot be moved there, so none was."]
    preview = response.context["preview"]
    assert preview.token == ""
    assert [len(why) for _now, _after, why in preview.lines] == [0, 1, 1, 1]
    text = response.content.decode()
    for week in (1, 3):
        assert f"{date_format(wall(7 * week, 11), DAY_AND_TIME)} – 11:30: appointment with" in text
    assert f"{day_in_words(wall(14, 9).date())} (Team day)" in text
    assert response.context["form"]["starts_at"].value() == typed(0, 11)
    assert stored() == before


def test_a_closed_day_of_a_moved_series_is_overridden_with_a_reason(desk, practice, series):
    Holiday.objects.create(practice=practice, date=wall(14, 9).date(), name="Team day")
    page, sent = url(VISIT, "reschedule", series[0].pk), moved(series[0], "all", 0, 11, override_reason="We open")
    preview = desk.post(page, sent).context["preview"]
    desk.post(page, {**sent, "confirm": preview.token})
    assert starts() == [moment(practice, 7 * number, 11) for number in range(4)]


def test_what_was_booked_since_the_preview_is_shown_and_nothing_is_moved(desk, here, series):
    page, sent = url(VISIT, "reschedule", series[0].pk), moved(series[0], "all", 0, 11)
    token = desk.post(page, sent).context["preview"].token
    here.book(14, 11, patient=here.someone())
    before = stored()
    response = desk.post(page, {**sent, "confirm": token})
    assert "appointment with" in response.context["preview"].lines[2][2][0]
    assert stored() == before


def test_another_time_than_was_confirmed_is_shown_first(desk, series):
    page = url(VISIT, "reschedule", series[0].pk)
    token = desk.post(page, moved(series[0], "all", 0, 11)).context["preview"].token
    before = stored()
    response = desk.post(page, moved(series[0], "all", 0, 12, confirm=token))
    assert response.context["preview"].token not in ("", token)
    assert stored() == before


def test_a_series_moves_on_the_clock_only(desk, here, series):
    bob, before = here.person("Beech"), stored()
    page, sent = url(VISIT, "reschedule", series[0].pk), moved(series[0], "all", 0, 11)
    other = desk.post(page, {**sent, "specialist": bob.pk})
    assert list(other.context["form"].errors) == ["specialist"]
    over = desk.post(page, {**sent, "overbooking_reason": "In pain"})
    assert list(over.context["form"].errors) == ["overbooking_reason"]
    assert over.context["form"]["overbooking_reason"].value() == "In pain"
    none = desk.post(page, moved(series[0], "all", 0, None))
    assert list(none.context["form"].errors) == ["starts_at"]
    same = desk.post(page, moved(series[0], "all", 0, 9))
    assert same.context["form"].errors["__all__"] == ["The appointment is already at this time."]
    assert stored() == before
