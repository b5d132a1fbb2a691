"""Giving visits their time: booking, moving, overbooking, and registrations."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from backoffice.calendar.visits import visit_line
from programs.services import enroll_patient
from scheduling.models import Appointment, AppointmentSeries, Holiday
from scheduling.services import add_time_off
from tests.backoffice.calendar.desk_calendar import HALF, moment, typed, wall
from tests.backoffice.conftest import said, stored, url
from tests.backoffice.rows import slot
from tests.factories import AppointmentFactory, PatientFactory, RoomFactory, ServicePlanFactory, SpecialistFactory

VISIT = "scheduling.appointment"
BOOK = url(VISIT, "add")
DAY = reverse("admin:day_list")


def asked(here, **more):
    return {
        "patient": here.patient.pk, "service": here.service.pk, "specialist": here.ana.pk, "starts_at": typed(0, 9),
        "room": "", "enrollment": "", "repeat_type": "", "notes": "", "override_reason": "", **more,
    }  # fmt: skip


def values(response):
    return [choice.value for choice in response.context["free"]]


# ------------------------------------------------------------------------------------------------ booking


def test_a_visit_is_booked_at_the_practices_wall_time(desk, here, practice):
    room, bob = RoomFactory(practice=practice), here.person("Beech")
    response = desk.post(BOOK, asked(here, room=room.pk, assistants=[bob.pk], notes="Knee", book="1"))
    row = Appointment.objects.get()
    assert response.headers["Location"] == url(VISIT, "change", row.pk)
    assert said(response) == [("success", f"{here.patient} is booked. {visit_line(row)}")]
    assert visit_line(row).endswith(f", 09:00 – 09:30 · {here.patient} · {here.ana}")
    assert (row.patient, row.specialist, row.room, row.status) == (here.patient, here.ana, room, "confirmed")
    assert (row.starts_at, row.ends_at, row.notes) == (moment(practice, 0, 9), moment(practice, 0, 9, 30), "Knee")
    assert [one.specialist for one in row.assistants.all()] == [bob]


def test_a_typed_time_that_is_a_free_slot_takes_the_slot(desk, here):
    slot = here.offer(0, 9)
    desk.post(BOOK, asked(here, book="1"))
    slot.refresh_from_db()
    assert (Appointment.objects.get().slot, slot.booked) == (slot, 1)


def test_looking_writes_nothing_and_offers_the_next_free_times_of_whoever_offers_it(desk, here):
    bob = here.person("Beech")
    here.offer(0, 10)
    here.offer(0, 9, person=bob)
    before = stored()
    response = desk.post(BOOK, asked(here, specialist="", starts_at="", look="1"))
    assert [(choice.when[-5:], choice.who) for choice in response.context["free"]] == [
        ("09:00", str(bob)), ("10:00", str(here.ana))
    ]  # fmt: skip
    assert stored() == before


def test_the_first_free_slot_of_each_is_offered_where_anybody_will_do(desk, here):
    bob = here.person("Beech")
    for day, hour, person in ((0, 9, here.ana), (0, 10, here.ana), (1, 9, bob), (2, 9, bob)):
        here.offer(day, hour, person=person)
    here.book(0, 9, person=here.person("Cedar"))  # the patient is busy then
    response = desk.post(BOOK, asked(here, specialist="", starts_at="", look="1"))
    assert [(one.who, one.when[-5:]) for one in response.context["firsts"]] == [
        (str(here.ana), "10:00"), (str(bob), "09:00")
    ]  # fmt: skip
    assert "The first free slot of each" in response.content.decode()
    assert [one.when[-5:] for one in response.context["free"]] == ["10:00", "09:00", "09:00"]
    assert desk.post(BOOK, asked(here, starts_at="", look="1")).context["firsts"] == []
    pick = response.context["firsts"][1].value
    desk.post(BOOK, asked(here, specialist="", starts_at="", pick=pick))
    assert Appointment.objects.get(specialist=bob).starts_at == moment(here.practice, 1, 9)


def test_later_times_go_on_where_the_shown_ones_end(desk, here):
    for hour in range(8, 22):
        here.offer(0, hour)
    shown = values(desk.post(BOOK, asked(here, starts_at="", look="1")))
    later = values(desk.post(BOOK, asked(here, starts_at="", look=shown[-1])))
    assert (len(shown), later[0], len(later)) == (12, shown[-1], 3)
    past = values(desk.post(BOOK, asked(here, starts_at="", look=f"{shown[-1]}+")))
    assert past == later[1:]


def test_booking_is_one_click_from_where_the_desk_is(desk, therapist, here):
    start = dict(desk.get(reverse("admin:index")).context["shortcuts"])
    patient = dict(desk.get(reverse("admin:patients_patient_page", args=(here.patient.pk,))).context["links"])
    listed = desk.get(url(VISIT, "changelist")).content.decode()
    assert start["Book an appointment"] == BOOK
    assert patient["Book an appointment"] == f"{BOOK}?patient={here.patient.pk}"
    assert f'href="{BOOK}"' in listed


def test_a_clicked_time_is_booked_with_its_specialist(desk, here, practice):
    bob = here.person("Beech")
    slot = here.offer(0, 9, person=bob)
    (pick,) = values(desk.post(BOOK, asked(here, specialist="", starts_at="", look="1")))
    desk.post(BOOK, asked(here, specialist="", starts_at="", pick=pick))
    row = Appointment.objects.get()
    assert (row.specialist, row.starts_at, row.slot) == (bob, moment(practice, 0, 9), slot)


def test_a_refused_time_says_every_reason_and_offers_the_nearest(desk, here, practice):
    here.offer(1, 9)
    here.book(0, 9, patient=here.someone())
    Holiday.objects.create(practice=practice, date=wall(0, 9).date(), name="Team day")
    before = stored()
    response = desk.post(BOOK, asked(here, override_reason="Urgent", book="1"))
    assert "The time is taken" in response.context["form"].errors["__all__"][0]
    reasons = " ".join(response.context["reasons"])
    assert "appointment with" in reasons
    assert "closed on this day: Team day" in reasons
    assert "does not offer this time" in reasons
    assert [choice.when[-5:] for choice in response.context["free"]] == ["09:00"]
    assert stored() == before


def test_overbooking_needs_a_reason_and_is_shown_everywhere(desk, here):
    first = here.book(0, 9, patient=here.someone())
    desk.post(BOOK, asked(here, overbooking_reason="Toothache", book="1"))
    row = Appointment.objects.exclude(pk=first.pk).get()
    assert (row.overbooked, row.overbooking_reason) == (True, "Toothache")
    page = desk.get(url(VISIT, "change", row.pk))
    assert "Overbooked" in page.content.decode()
    assert "Toothache" in page.content.decode()
    conflicts = page.context["panels"][0]
    assert [str(first.patient) in line[0] for line in conflicts.rows] == [True]
    listed = desk.get(url(VISIT, "changelist"), {"attention": "overbooked"})
    assert [one.pk for one in listed.context["cl"].result_list] == [row.pk]
    assert "Overbooked" in listed.content.decode()
    assert "Overbooked" in desk.get(DAY, {"day": f"{wall(0, 9):%Y-%m-%d}"}).content.decode()


def test_who_is_in_the_slot_that_is_in_the_way_is_named_and_one_click_away(desk, here):
    slot, other = here.offer(0, 9), here.someone()
    here.book(0, 9, patient=other)
    before = stored()
    refused = desk.post(BOOK, asked(here, book="1"))
    assert any(f"a booked slot ({other})" in reason for reason in refused.context["reasons"])
    assert stored() == before
    desk.post(BOOK, asked(here, overbooking_reason="In pain", book="1"))
    row = Appointment.objects.get(patient=here.patient)
    conflicts = desk.get(url(VISIT, "change", row.pk)).context["panels"][0]
    assert url("scheduling.availableslot", "change", slot.pk) in conflicts.rows[0][0]
    assert f"({other})" in conflicts.rows[0][0]


def test_the_overbook_button_leads_to_the_page_with_the_time_filled_in(desk, here):
    row = here.book(0, 9)
    links = dict(desk.get(url(VISIT, "change", row.pk)).context["links"])
    response = desk.get(links["Overbook …"])
    assert response.context["form"].initial["starts_at"] == wall(0, 9)
    assert 'name="overbooking_reason"' in response.content.decode()


def test_a_specialist_may_not_overbook_and_books_only_themselves(therapist, specialist, here, practice):
    mine = AppointmentFactory(practice=practice, specialist=specialist, patient=here.patient)
    here.book(0, 9, patient=here.someone(), person=specialist)
    before = stored()
    assert "Overbook …" not in dict(therapist.get(url(VISIT, "change", mine.pk)).context["links"])
    busy = therapist.post(BOOK, asked(here, specialist=specialist.pk, overbooking_reason="Me", book="1"))
    assert "The time is taken" in busy.context["form"].errors["__all__"][0]
    other = therapist.post(BOOK, asked(here, book="1"))
    assert list(other.context["form"].errors) == ["specialist"]
    assert stored() == before


WEEKLY = {"repeat_type": "weekly", "repeating_interval": 1, "number_of_repeats": 3}


def test_a_series_is_shown_date_by_date_before_it_is_booked(desk, here, practice):
    before = stored()
    shown = desk.post(BOOK, asked(here, **WEEKLY, book="1")).context["series"]
    assert [(one.when[-13:], one.why) for one in shown.dates] == [("09:00 – 09:30", [])] * 4
    assert stored() == before
    response = desk.post(BOOK, asked(here, **WEEKLY, confirm=shown.token))
    first = Appointment.objects.filter(patient=here.patient).earliest("starts_at")
    assert said(response)[-1][1] == f"{here.patient} is booked, 4 visits. {visit_line(first)}"
    rows = Appointment.objects.filter(patient=here.patient).order_by("starts_at")
    assert [row.starts_at for row in rows] == [moment(practice, 7 * week, 9) for week in range(4)]
    assert AppointmentSeries.objects.get().number_of_repeats == 3
    panel = desk.get(url(VISIT, "change", rows[0].pk)).context["panels"][0]
    assert len(panel.rows) == 4


def test_the_red_dates_of_a_series_are_moved_left_out_or_booked_all_the_same(desk, here, practice):
    for week in (7, 14):
        here.book(week, 9, patient=here.someone())
    Holiday.objects.create(practice=practice, date=wall(21, 9).date(), name="Spring")
    here.offer(8, 14)
    shown = desk.post(BOOK, asked(here, **WEEKLY, book="1")).context["series"]
    assert [(bool(one.why), one.chosen) for one in shown.dates] == [
        (False, "skip"), (True, "free"), (True, "skip"), (True, "skip")
    ]  # fmt: skip
    assert "Spring" in shown.dates[3].why[0]
    decided = {"date-1": shown.dates[1].free_value, "date-2": "skip", "date-3": "because", "because-3": "We open"}
    before = stored()
    unsaid = desk.post(BOOK, asked(here, **WEEKLY, confirm=shown.token, **{**decided, "because-3": " "}))
    assert unsaid.context["form"].errors["__all__"] == ["Say why a date is booked anyway."]
    assert [one.chosen for one in unsaid.context["series"].dates[1:]] == ["free", "skip", "because"]
    assert stored() == before
    desk.post(BOOK, asked(here, **WEEKLY, confirm=shown.token, **decided))
    rows = Appointment.objects.filter(patient=here.patient).order_by("starts_at")
    assert [row.starts_at for row in rows] == [moment(practice, *when) for when in ((0, 9), (8, 14), (21, 9))]


def test_a_date_that_was_taken_meanwhile_turns_red_and_nothing_is_written(desk, here):
    shown = desk.post(BOOK, asked(here, **WEEKLY, book="1")).context["series"]
    here.book(14, 9, patient=here.someone())
    before = stored()
    again = desk.post(BOOK, asked(here, **WEEKLY, confirm=shown.token))
    assert "The time is taken" in again.context["form"].errors["__all__"][0]
    assert [bool(one.why) for one in again.context["series"].dates] == [False, False, True, False]
    assert stored() == before


@pytest.mark.parametrize("changed", [{"number_of_repeats": 5}, {"starts_at": typed(1, 9)}])
def test_what_is_confirmed_is_what_was_shown(desk, here, changed):
    shown = desk.post(BOOK, asked(here, **WEEKLY, book="1")).context["series"]
    before = stored()
    again = desk.post(BOOK, asked(here, **{**WEEKLY, **changed}, confirm=shown.token) | changed)
    assert again.context["series"].token != shown.token
    assert stored() == before


@pytest.mark.parametrize("sent", ["free|yesterday", "free|2026-11-01T09:00", "free|"])
def test_a_time_that_cannot_be_read_is_refused(desk, here, sent):
    shown = desk.post(BOOK, asked(here, **WEEKLY, book="1")).context["series"]
    before = stored()
    response = desk.post(BOOK, asked(here, **WEEKLY, confirm=shown.token, **{"date-1": sent}))
    assert response.context["form"].errors["__all__"] == ["A time cannot be read."]
    assert stored() == before


def test_the_programs_offered_are_the_patients(desk, here, practice):
    plan = ServicePlanFactory(organization=practice.organization, service=here.service)
    asked_for = {"service_plan_id": plan.pk, "practice_id": practice.pk, "by": here.by, "at": timezone.now()}
    mine = enroll_patient(patient_id=here.patient.pk, **asked_for)
    enroll_patient(patient_id=here.someone().pk, **asked_for)
    form = desk.get(BOOK, {"patient": here.patient.pk}).context["form"]
    assert list(form.fields["enrollment"].queryset) == [mine]


def test_what_is_needed_to_book_is_asked_for(desk, here):
    before = stored()
    response = desk.post(BOOK, asked(here, specialist="", starts_at="", book="1"))
    assert sorted(response.context["form"].errors) == ["specialist", "starts_at"]
    assert stored() == before


def test_what_belongs_to_others_cannot_be_booked(desk, here, foreign_practice, other_practice):
    stranger = PatientFactory(organization=foreign_practice.organization)
    before = stored()
    response = desk.post(BOOK, asked(here, patient=stranger.pk, book="1"))
    assert list(response.context["form"].errors) == ["patient"]
    assert stored() == before
    assert desk.get(BOOK, {"practice": other_practice.pk}).status_code == 404
    assert desk.get(BOOK, {"over": AppointmentFactory(practice=other_practice).pk}).status_code == 404
    assert desk.get(BOOK, {"slot": slot(other_practice).pk}).status_code == 404


# ------------------------------------------------------------------------------------------------- moving


def test_moving_offers_the_next_free_times_and_a_click_moves(desk, here, practice):
    row, slot = here.book(0, 9), here.offer(1, 10)
    page = url(VISIT, "reschedule", row.pk)
    before = stored()
    (pick,) = values(desk.get(page))
    assert stored() == before
    response = desk.post(page, {"apply": "1", "specialist": here.ana.pk, "pick": pick})
    row.refresh_from_db()
    assert said(response) == [("success", f"1 appointment moved. {visit_line(row)}")]
    assert (row.starts_at, row.slot) == (moment(practice, 1, 10), slot)


def test_moving_offers_times_from_the_visits_own_day_on(desk, here):
    row = here.book(7, 9)
    here.offer(0, 10)
    here.offer(7, 8)
    here.offer(8, 10)
    free = desk.get(url(VISIT, "reschedule", row.pk)).context["free"]
    assert [choice.when[-5:] for choice in free] == ["08:00", "10:00"]


def test_a_typed_time_that_is_taken_says_why_and_changes_nothing(desk, here, practice):
    row = here.book(0, 9)
    here.book(0, 11, patient=here.someone())
    here.offer(1, 10)
    before = stored()
    response = desk.post(url(VISIT, "reschedule", row.pk), {"apply": "1", "starts_at": typed(0, 11)})
    assert "The time is taken" in response.context["form"].errors["__all__"][0]
    assert any("appointment with" in reason for reason in response.context["reasons"])
    assert [choice.when[-5:] for choice in response.context["free"]] == ["10:00"]
    assert stored() == before
    moved = {"apply": "1", "starts_at": typed(0, 11), "overbooking_reason": "In pain"}
    desk.post(url(VISIT, "reschedule", row.pk), moved)
    row.refresh_from_db()
    assert (row.starts_at, row.overbooked) == (moment(practice, 0, 11), True)


def test_looking_for_somebody_elses_times_moves_nothing(desk, here):
    row, bob = here.book(0, 9), here.person("Beech")
    here.offer(2, 15, person=bob)
    before = stored()
    response = desk.post(url(VISIT, "reschedule", row.pk), {"apply": "1", "specialist": bob.pk, "look": "1"})
    assert [choice.who for choice in response.context["free"]] == [str(bob)]
    assert stored() == before


def test_moving_without_a_time_is_asked_for_one(desk, here):
    row = here.book(0, 9)
    before = stored()
    response = desk.post(url(VISIT, "reschedule", row.pk), {"apply": "1", "specialist": here.ana.pk})
    assert list(response.context["form"].errors) == ["starts_at"]
    assert stored() == before


@pytest.mark.parametrize("status", ["done", "no_show", "cancelled", "in_care"])
def test_what_is_not_open_is_not_moved(desk, practice, status):
    row = AppointmentFactory(practice=practice, **{status: True})
    before = stored()
    for step in ("reschedule", "assistants"):
        response = desk.post(url(VISIT, step, row.pk), {"apply": "1", "starts_at": typed(0, 9)})
        assert said(response)[-1][1].endswith("Only an open appointment can be moved.")
    assert stored() == before


def test_who_assists_is_changed_and_a_busy_one_refused(desk, here):
    row, bob, cora = here.book(0, 9), here.person("Beech"), here.person("Cedar")
    here.book(0, 9, patient=here.someone(), person=cora)
    desk.post(url(VISIT, "assistants", row.pk), {"apply": "1", "assistants": [bob.pk]})
    assert [one.specialist for one in row.assistants.all()] == [bob]
    before = stored()
    response = desk.post(url(VISIT, "assistants", row.pk), {"apply": "1", "assistants": [cora.pk]})
    assert "The time is taken" in response.context["form"].errors["__all__"][0]
    assert stored() == before


def test_undoing_a_cancellation_whose_time_is_taken_names_the_clash(desk, here):
    row = here.book(0, 9)
    desk.post(url(VISIT, "cancel", row.pk), {"apply": "1", "reason": "Ill"})
    other = here.someone()
    here.book(0, 9, patient=other)
    before = stored()
    response = desk.post(url(VISIT, "undo", row.pk))
    assert str(other) in said(response)[-1][1]
    assert stored() == before


def test_a_visit_under_time_off_is_labelled_and_found(desk, here, practice):
    row = here.book(0, 9)
    times = {"starts_at": row.starts_at, "ends_at": row.ends_at, "by": here.by, "at": timezone.now()}
    add_time_off(practice_id=practice.pk, specialist_id=here.ana.pk, reason="Course", **times)
    page = desk.get(url(VISIT, "change", row.pk))
    assert "To be moved" in page.content.decode()
    assert "time off (Course)" in str(page.context["panels"][0].rows)
    listed = desk.get(url(VISIT, "changelist"), {"attention": "move"}).context["cl"].result_list
    assert [one.pk for one in listed] == [row.pk]


# ------------------------------------------------------------------------------------------ registrations


def register(here):
    return AppointmentFactory(practice=here.practice, registration=True, service=here.service, contact_name="Jane Doe")


def taken_up(here, **more):
    return {"who": "new", "first_name": "Jane", "last_name": "Doe", "specialist": here.ana.pk, "room": "", **more}


def test_a_registration_is_offered_the_next_free_times_to_click(desk, here, practice):
    row, free = register(here), here.offer(0, 9)
    page = reverse("admin:registration", args=(row.pk,))
    (pick,) = values(desk.get(page))
    desk.post(page, taken_up(here, specialist="", pick=pick))
    row.refresh_from_db()
    assert (row.specialist, row.starts_at, row.slot, row.status) == (here.ana, free.starts_at, free, "confirmed")


def test_looking_for_a_chosen_specialists_times_keeps_what_was_typed(desk, here):
    row, bob = register(here), here.person("Beech")
    here.offer(0, 9)
    here.offer(0, 11, person=bob)
    before = stored()
    page = reverse("admin:registration", args=(row.pk,))
    response = desk.post(page, taken_up(here, first_name="Janet", specialist=bob.pk, look="1"))
    assert [choice.who for choice in response.context["free"]] == [str(bob)]
    assert response.context["form"]["first_name"].value() == "Janet"
    assert stored() == before


def test_a_registrations_refused_time_says_why(desk, here):
    row = register(here)
    here.book(0, 9)
    before = stored()
    page = reverse("admin:registration", args=(row.pk,))
    response = desk.post(page, taken_up(here, starts_at=typed(0, 9)))
    assert "The time is taken" in response.context["form"].errors["__all__"][0]
    assert any("appointment with" in reason for reason in response.context["reasons"])
    assert stored() == before


# ------------------------------------------------------------------------------------------ what it costs


def test_the_pages_cost_the_same_for_5_and_for_50_visits(desk, here):
    def fill(count):
        for _ in range(count):
            AppointmentFactory(
                practice=here.practice,
                specialist=here.ana,
                starts_at=moment(here.practice, 0, 9),
                ends_at=moment(here.practice, 0, 9) + HALF,
            )

    addresses = [f"{DAY}?day={wall(0, 9):%Y-%m-%d}", BOOK, url(VISIT, "changelist")]
    row = here.book(3, 9)
    addresses += [url(VISIT, "change", row.pk), url(VISIT, "reschedule", row.pk)]

    def costs():
        found = []
        for address in addresses:
            desk.get(address)
            with CaptureQueriesContext(connection) as queries:
                assert desk.get(address).status_code == 200
            found.append(len(queries))
        return found

    fill(5)
    few = costs()
    fill(45)
    many = costs()
    assert (few, max(many) <= 25) == (many, True)


# ------------------------------------------------------------------------------------------------ asked first


@pytest.mark.parametrize(
    ("starts_at", "says"),
    [
        ("past", "This time is in the past."),
        ("far", "This time is more than six months ahead."),
        ("outside", "does not offer this time."),
        ("not offered", "does not offer Massage."),
    ],
)
def test_the_unusual_is_booked_after_one_tick(desk, here, practice, starts_at, says):
    here.offer(1, 15)
    form = asked(here, book="1")
    if starts_at == "past":
        form["starts_at"] = (timezone.localtime() - timedelta(days=1)).strftime("%Y-%m-%dT09:00")
    if starts_at == "far":
        form["starts_at"] = (timezone.localtime() + timedelta(days=200)).strftime("%Y-%m-%dT09:00")
    if starts_at == "not offered":
        form["specialist"] = SpecialistFactory(organization=practice.organization, works_at=[practice]).pk
    before = stored()
    (told,) = desk.post(BOOK, form).context["form"].errors["anyway"]
    assert says in told
    assert stored() == before
    desk.post(BOOK, {**form, "anyway": "on"})
    assert Appointment.objects.count() == 1


def test_looking_can_be_shared_as_an_address(desk, here):
    here.offer(0, 9)
    response = desk.get(BOOK, {**asked(here, starts_at=""), "look": "1"})
    assert [choice.when[-5:] for choice in response.context["free"]] == ["09:00"]
    assert desk.get(BOOK, {"look": "²", "patient": "x", "starts_at": "soon"}).status_code == 200


@pytest.mark.parametrize(
    ("narrowed", "found"),
    [
        ({"hours": "afternoon"}, ["14:00", "16:30"]),
        ({"hours": "evening"}, ["17:00"]),
        ({"hours": "morning"}, ["09:00"]),
        ({"weekday": "1"}, ["16:30"]),
        ({"weekday": "2"}, []),
        ({"weekday": "0", "hours": "afternoon"}, ["14:00"]),
    ],
)
def test_free_times_are_narrowed_to_when_somebody_can_come(desk, here, narrowed, found):
    for day, hour, minute in ((0, 9, 0), (0, 14, 0), (0, 17, 0), (1, 16, 30)):
        here.offer(day, hour, minute)
    response = desk.get(BOOK, {**asked(here, starts_at=""), **narrowed, "look": "1"})
    assert sorted(choice.when[-5:] for choice in response.context["free"]) == found


def test_the_fitting_program_is_chosen_and_says_what_is_used_and_booked(desk, here, practice):
    plan = ServicePlanFactory(organization=practice.organization, service=here.service, sessions_total=10)
    mine = enroll_patient(
        patient_id=here.patient.pk, service_plan_id=plan.pk, practice_id=practice.pk, by=here.by, at=timezone.now()
    )
    here.book(3, 9, enrollment_id=mine.pk)
    look = {**asked(here, starts_at=""), "look": "1"}
    response = desk.get(BOOK, look)
    form = response.context["form"]
    assert form["enrollment"].value() == str(mine.pk)
    assert "0 used, 1 booked, 9 free" in str(form["enrollment"])
    # Whoever takes it out again is not corrected.
    again = desk.get(BOOK, {**look, "programs_of": response.context["programs_of"]})
    assert again.context["form"]["enrollment"].value() == ""
