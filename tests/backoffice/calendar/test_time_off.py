"""Time off, once and again and again, holidays and closed days: what they hit is listed before they are saved."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from scheduling.models import Appointment, Holiday, TimeOff, TimeOffSeries
from tests.backoffice.calendar.desk_calendar import moment, typed, wall
from tests.backoffice.conftest import form_of, said, stored, url
from tests.factories import RoomFactory

OFF, AGAIN, DAY = "scheduling.timeoff", "scheduling.timeoffseries", "scheduling.holiday"
YEAR = reverse("admin:import_holidays")


def away(here, **more):
    times = {"starts_at": typed(0, 9), "ends_at": typed(0, 12)}
    return {"specialist": here.ana.pk, "room": "", **times, "reason": "Course", **more}


def lunch(here, **more):
    return {
        "specialist": here.ana.pk, "room": "", "weekdays": [0, 2], "start_time": "12:00", "duration_minutes": 60,
        "start_date": f"{wall(0, 9):%Y-%m-%d}", "until_date": f"{wall(13, 9):%Y-%m-%d}", "reason": "Lunch", **more,
    }  # fmt: skip


def errors(response):
    return response.context["adminform"].form.errors


def test_time_off_is_taken_in_the_practices_wall_time(desk, here, practice):
    assert desk.post(url(OFF, "add"), away(here)).status_code == 302
    row = TimeOff.objects.get()
    assert (row.specialist, row.reason) == (here.ana, "Course")
    assert (row.starts_at, row.ends_at) == (moment(practice, 0, 9), moment(practice, 0, 12))


def test_the_appointments_under_it_are_listed_before_it_is_saved(desk, here):
    visit = here.book(0, 10)
    here.book(0, 14, patient=here.someone())
    before = stored()
    response = desk.post(url(OFF, "add"), away(here))
    (why,) = errors(response)["__all__"]
    assert why.startswith("1 booked appointment lies in this time:")
    assert f"/admin/scheduling/appointment/{visit.pk}/change/" in why
    assert str(here.patient) in why
    assert "Save anyway" in response.content.decode()
    assert stored() == before
    saved = desk.post(url(OFF, "add"), away(here, anyway="on"))
    visit.refresh_from_db()
    assert visit.needs_move
    # To the page that lists whom to move.
    row = TimeOff.objects.get()
    assert saved.headers["Location"] == reverse("admin:to_be_moved_time_off", args=(row.pk,))
    assert saved.headers["Location"] in desk.get(url(OFF, "change", row.pk)).content.decode()


def test_ending_it_gives_everything_back(desk, here):
    visit = here.book(0, 10)
    desk.post(url(OFF, "add"), away(here, anyway="on"))
    row = TimeOff.objects.get()
    response = desk.post(url(OFF, "end", row.pk), {"apply": "1"})
    assert said(response)[-1] == ("success", "1 time off ended.")
    visit.refresh_from_db()
    assert not visit.needs_move
    before = stored()
    again = desk.post(url(OFF, "end", row.pk), {"apply": "1"})
    assert said(again)[-1][1].endswith("It has already been ended.")
    assert stored() == before


@pytest.mark.parametrize(
    ("wrong", "field", "why"),
    [
        ({"ends_at": typed(0, 9)}, "ends_at", "Must be after the start"),
        ({"specialist": ""}, "specialist", "Name a specialist or a room."),
        ({"starts_at": ""}, "starts_at", "This field is required."),
    ],
)
def test_time_off_that_cannot_be_is_refused_at_its_field(desk, here, wrong, field, why):
    before = stored()
    assert errors(desk.post(url(OFF, "add"), away(here, **wrong))) == {field: [why]}
    assert stored() == before


def test_a_room_is_away_too_but_not_with_somebody(desk, here, practice):
    room = RoomFactory(practice=practice)
    assert list(errors(desk.post(url(OFF, "add"), away(here, room=room.pk)))) == ["specialist"]
    assert desk.post(url(OFF, "add"), away(here, specialist="", room=room.pk)).status_code == 302
    assert TimeOff.objects.get().room == room


def test_a_specialist_takes_their_own_time_off_and_nobody_elses(therapist, specialist, here):
    before = stored()
    response = therapist.post(url(OFF, "add"), away(here))
    assert errors(response) == {"__all__": ["You are not allowed to do this."]}
    assert stored() == before
    assert therapist.post(url(OFF, "add"), away(here, specialist=specialist.pk)).status_code == 302


def test_lunch_comes_again_and_what_it_hits_is_listed_first(desk, here, practice):
    hit, beside = here.book(9, 12), here.book(8, 12, patient=here.someone())
    before = stored()
    (why,) = errors(desk.post(url(AGAIN, "add"), lunch(here)))["__all__"]
    assert f"/{hit.pk}/change/" in why
    assert f"/{beside.pk}/change/" not in why
    assert stored() == before
    assert desk.post(url(AGAIN, "add"), lunch(here, anyway="on")).status_code == 302
    series = TimeOffSeries.objects.get()
    starts = list(TimeOff.objects.filter(series=series).order_by("starts_at").values_list("starts_at", flat=True))
    assert starts == [moment(practice, day, 12) for day in (0, 2, 7, 9)]
    (listed,) = desk.get(url(AGAIN, "changelist")).context["cl"].result_list
    assert listed == series
    desk.post(url(AGAIN, "end", series.pk), {"apply": "1"})
    assert TimeOff.objects.live().count() == 0
    assert not Appointment.objects.filter(needs_move=True).exists()


def test_a_closed_day_lists_who_is_booked_on_it(desk, here, practice):
    visit = here.book(0, 10)
    day = {"date": f"{wall(0, 9):%Y-%m-%d}", "name": "Team day", "is_closed": "on"}
    before = stored()
    (why,) = errors(desk.post(url(DAY, "add"), day))["__all__"]
    assert f"/{visit.pk}/change/" in why
    assert stored() == before
    saved = desk.post(url(DAY, "add"), {**day, "anyway": "on"})
    row = Holiday.objects.get()
    assert (row.practice, row.date, row.name, row.is_closed) == (practice, wall(0, 9).date(), "Team day", True)
    assert saved.headers["Location"] == reverse("admin:to_be_moved_closed_day", args=(row.pk,))
    visit.refresh_from_db()
    assert visit.needs_move


def test_a_day_is_opened_again_and_taken_off_the_list(desk, here, practice):
    row = Holiday.objects.create(practice=practice, date=wall(0, 9).date(), name="Holiday")
    data = form_of(desk.get(url(DAY, "change", row.pk)))
    data.pop("is_closed")
    assert desk.post(url(DAY, "change", row.pk), {**data, "name": "We work"}).status_code == 302
    row.refresh_from_db()
    assert (row.name, row.is_closed) == ("We work", False)
    desk.post(url(DAY, "delete", row.pk), {"post": "yes"})
    assert not Holiday.objects.exists()


def test_a_day_in_the_list_is_not_overwritten(desk, here, practice):
    Holiday.objects.create(practice=practice, date=wall(0, 9).date(), name="Holiday")
    before = stored()
    response = desk.post(url(DAY, "add"), {"date": f"{wall(0, 9):%Y-%m-%d}", "name": "Other", "is_closed": "on"})
    assert errors(response) == {"date": ["This day is in the list already."]}
    assert stored() == before


def test_a_years_holidays_come_from_the_calendar_once(desk, practice):
    practice.country_code = "RO"
    practice.save(update_fields=["country_code"])
    data = {"practice": practice.pk, "year": 2027}
    desk.post(YEAR, data)
    first = Holiday.objects.count()
    assert Holiday.objects.filter(date=date(2027, 12, 25), source="library").exists()
    assert said(desk.post(YEAR, data))[-1] == ("success", "0 days added.")
    assert (Holiday.objects.count(), first > 5) == (first, True)


def test_an_unknown_calendar_is_told(desk, practice):
    practice.holiday_calendar = "XX"
    practice.save(update_fields=["holiday_calendar"])
    before = stored()
    response = desk.post(YEAR, {"practice": practice.pk, "year": 2027})
    assert response.context["form"].errors == {"practice": ["“XX” is no calendar of public holidays."]}
    assert stored() == before


def test_the_calendar_of_another_practice_is_not_offered(desk, therapist, practice, other_practice):
    before = stored()
    response = desk.post(YEAR, {"practice": other_practice.pk, "year": 2027})
    assert list(response.context["form"].errors) == ["practice"]
    assert therapist.get(YEAR).status_code == 403
    assert stored() == before


def test_what_has_ended_is_shown_only_if_asked_for(desk, here, practice):
    rows = [
        TimeOff.objects.create(
            practice=practice,
            specialist=here.ana,
            starts_at=timezone.now() + timedelta(days=day),
            ends_at=timezone.now() + timedelta(days=day, hours=1),
            archived_at=timezone.now() if ended else None,
        )
        for day, ended in ((1, False), (2, True), (-2, False))
    ]

    def listed(**query):
        return [row.pk for row in desk.get(url(OFF, "changelist"), query).context["cl"].result_list]

    ahead, ended, past = (row.pk for row in rows)
    assert listed() == [ahead]
    assert listed(state="ended") == [ended]
    assert listed(when="any") == [past, ahead]
