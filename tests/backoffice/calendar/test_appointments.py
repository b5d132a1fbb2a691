"""Appointments: the steps of the day, from the list and from the page of one."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from backoffice.calendar.visits import visit_line
from scheduling.models import Appointment
from scheduling.states import NEXT, AppointmentStatus
from tests.backoffice.conftest import form_of, said, stored
from tests.factories import AppointmentFactory, PatientFactory

LIST = reverse("admin:scheduling_appointment_changelist")
TRAITS = {status: {status: True} for status in AppointmentStatus.values if status != "confirmed"} | {"confirmed": {}}
STEP_TO = {
    "arrived": "arrived",
    "in-care": "in_care",
    "done": "done",
    "no-show": "no_show",
    "cancel": "cancelled",
    "reject": "rejected",
}
SAID = {
    "arrived": "marked as arrived",
    "in-care": "marked as in care",
    "done": "marked as done",
    "no-show": "marked as no-show",
    "cancel": "cancelled",
    "reject": "rejected",
}


def page(step, row):
    return reverse(f"admin:scheduling_appointment_{step}", args=(row.pk,))


def appointment(practice, status="confirmed", **more):
    return AppointmentFactory(practice=practice, **TRAITS[status], **more)


@pytest.mark.parametrize("step", STEP_TO)
@pytest.mark.parametrize("status", AppointmentStatus.values)
def test_the_buttons_take_the_steps_of_the_table_and_no_other(desk, practice, status, step):
    row = appointment(practice, status)
    allowed = STEP_TO[step] in NEXT[status]
    offered = [button.step.name for button in desk.get(page("change", row)).context["buttons"]]
    assert (step in offered) == allowed
    before = stored()
    response = desk.post(page(step, row), {"apply": "1", "reason": "Ill"})
    row.refresh_from_db()
    if allowed:
        assert row.status == STEP_TO[step]
    else:
        assert said(response)[-1][0] == "error"
        assert stored() == before


@pytest.mark.parametrize("step", STEP_TO)
def test_the_actions_count_done_and_refused(desk, practice, step):
    ready = appointment(practice, "requested" if step == "reject" else "confirmed")
    final = appointment(practice, "cancelled")
    ids = [ready.pk, final.pk]
    response = desk.post(LIST, {"action": step, "_selected_action": ids, "apply": "1", "reason": "Ill"})
    assert [level for level, _text in said(response)] == ["success", "error"]
    wanted = AppointmentStatus(STEP_TO[step]).label.lower()
    why = f"An appointment that is cancelled cannot become {wanted}."
    assert said(response)[0][1] == f"1 appointment {SAID[step]}. {visit_line(ready)}"
    assert said(response)[1][1] == f"1 refused: {why} ({visit_line(final)})"
    statuses = dict(Appointment.objects.values_list("pk", "status"))
    assert statuses == {ready.pk: STEP_TO[step], final.pk: "cancelled"}


def test_the_page_that_asks_says_whose_visit_it_is_and_when(desk, practice):
    row = appointment(practice)
    asked = desk.get(page("cancel", row))
    assert asked.context["title"] == f"Cancel: {visit_line(row)}"
    assert str(row.patient) in visit_line(row)
    other = appointment(practice)
    many = desk.post(LIST, {"action": "cancel", "_selected_action": [row.pk, other.pk]}).content.decode()
    assert all(visit_line(one) in many for one in (row, other))


def test_a_request_with_a_time_is_confirmed(desk, practice):
    row = appointment(practice, "requested")
    desk.post(page("confirm", row))
    row.refresh_from_db()
    assert row.status == "confirmed"


def test_a_wish_without_a_time_is_not_confirmed_here(desk, practice):
    row = AppointmentFactory(practice=practice, registration=True)
    assert "confirm" not in [button.step.name for button in desk.get(page("change", row)).context["buttons"]]
    before = stored()
    response = desk.post(page("confirm", row))
    assert said(response)[-1][0] == "error"
    assert stored() == before


def test_what_was_done_by_mistake_is_undone(desk, practice):
    row = appointment(practice)
    desk.post(page("done", row))
    desk.post(page("undo", row))
    row.refresh_from_db()
    assert row.status == "confirmed"


def test_cancelling_keeps_the_reason_and_who(desk, practice, front_desk_user):
    row = appointment(practice)
    desk.post(page("cancel", row), {"apply": "1", "reason": "Has the flu", "by_patient": "on"})
    row.refresh_from_db()
    assert (row.cancellation_note, row.cancelled_by) == ("Has the flu", front_desk_user)


def test_one_that_was_put_away_is_gone_from_the_list(desk, practice):
    row = appointment(practice)
    assert desk.get(page("put-away", row)).status_code == 200
    response = desk.post(page("put-away", row), {"apply": "1"})
    assert response.headers["Location"] == LIST
    assert list(desk.get(LIST).context["cl"].result_list) == []
    assert Appointment.objects.get(pk=row.pk).archived_at is not None


def test_what_may_be_said_of_a_visit_is_edited_and_nothing_that_happens_to_it(desk, practice):
    row = appointment(practice)
    data = form_of(desk.get(page("change", row)))
    told = {
        "notes": "Bring X-ray",
        "type": "telehealth",
        "telehealth_url": "https://meet.example.org/7",
        "sms_reminder": "on",
    }
    response = desk.post(page("change", row), {**data, **told, "status": "done", "starts_at": "x"})
    assert response.status_code == 302
    changed = Appointment.objects.get(pk=row.pk)
    assert (changed.status, changed.starts_at) == ("confirmed", row.starts_at)
    assert (changed.notes, changed.type, changed.telehealth_url) == (
        "Bring X-ray", "telehealth", "https://meet.example.org/7"
    )  # fmt: skip
    assert (changed.sms_reminder, changed.email_reminder) == (True, False)


def test_a_telehealth_link_that_is_none_is_refused_at_its_field(desk, practice):
    row = appointment(practice)
    data = form_of(desk.get(page("change", row)))
    response = desk.post(page("change", row), {**data, "telehealth_url": "nowhere", "notes": "Kept"})
    assert response.status_code == 200
    assert "telehealth_url" in response.context["adminform"].form.errors
    assert "Kept" in response.content.decode()
    assert Appointment.objects.get(pk=row.pk).notes == ""


def test_the_list_of_a_day_is_the_practices_day(desk, practice):
    now = timezone.localtime(timezone=practice.zone)
    today = appointment(practice, starts_at=now.replace(hour=0, minute=5), ends_at=now.replace(hour=0, minute=35))
    late = now.replace(hour=23, minute=50)
    tonight = appointment(practice, starts_at=late, ends_at=late + timedelta(minutes=30))
    tomorrow = appointment(practice, starts_at=late + timedelta(hours=2), ends_at=late + timedelta(hours=3))
    wish = AppointmentFactory(practice=practice, registration=True)
    found = {
        when: {row.pk for row in desk.get(LIST, {"when": when}).context["cl"].result_list}
        for when in ("today", "tomorrow", "ahead", "untimed")
    }
    assert found == {
        "today": {today.pk, tonight.pk},
        "tomorrow": {tomorrow.pk},
        "ahead": {today.pk, tonight.pk, tomorrow.pk},
        "untimed": {wish.pk},
    }


def test_what_lies_ahead_is_listed_from_its_beginning_and_everything_from_the_latest_back(desk, practice):
    now = timezone.now()
    rows = [
        appointment(practice, starts_at=now + timedelta(days=day), ends_at=now + timedelta(days=day, hours=1))
        for day in (2, 1, 3)
    ]
    expected = [rows[1].pk, rows[0].pk, rows[2].pk]
    assert [row.pk for row in desk.get(LIST, {"when": "ahead"}).context["cl"].result_list] == expected
    assert [row.pk for row in desk.get(LIST, {"when": "any"}).context["cl"].result_list] == expected[::-1]


def test_the_list_opens_on_today_and_a_search_looks_at_all_days(desk, practice):
    now = timezone.now()
    noon = timezone.localtime(now, practice.zone).replace(hour=12, minute=0, second=0, microsecond=0)
    today, later = (
        appointment(
            practice,
            patient=PatientFactory(organization=practice.organization, last_name=name),
            starts_at=noon + timedelta(days=days),
            ends_at=noon + timedelta(days=days, hours=1),
        )
        for name, days in (("Medlar", 0), ("Quince", 3))
    )
    Appointment.objects.filter(pk=later.pk).update(needs_move=True)

    def listed(**asked):
        return [row.pk for row in desk.get(LIST, asked).context["cl"].result_list]

    assert (listed(), listed(status="open"), listed(q="quince")) == ([today.pk], [today.pk], [later.pk])
    assert listed(attention="move") == [later.pk]


@pytest.mark.parametrize("typed", ["ionita", "jane doe", "jane@example.org"])
def test_an_appointment_is_found_by_patient_or_contact(desk, practice, typed):
    patient = PatientFactory(organization=practice.organization, first_name="Ștefan", last_name="Ioniță")
    mine, contact = appointment(practice, patient=patient), AppointmentFactory(practice=practice, registration=True)
    expected = mine if typed == "ionita" else contact
    assert [row.pk for row in desk.get(LIST, {"q": typed}).context["cl"].result_list] == [expected.pk]


def test_a_specialist_sees_their_own_calendar(therapist, specialist, practice):
    mine = appointment(practice, specialist=specialist)
    appointment(practice)
    assert [row.pk for row in therapist.get(LIST, {"when": "any"}).context["cl"].result_list] == [mine.pk]
