"""The check-in board: today's visits, each with the steps that lead on, and a question before what is unusual."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from backoffice.calendar.visits import visit_line
from billing.services import NewLine, issue_bill
from core.actor import Actor
from tests.backoffice.conftest import said, stored
from tests.factories import AppointmentFactory, EnrollmentFactory, PatientFactory

BOARD, START = reverse("admin:board"), reverse("admin:index")


@pytest.fixture
def noon(practice):
    """Today at twelve on the practice's clock."""
    return timezone.now().astimezone(practice.zone).replace(hour=12, minute=0, second=0, microsecond=0)


def visit(practice, starts_at, **more):
    patient = PatientFactory(organization=practice.organization)
    return AppointmentFactory(
        practice=practice, patient=patient, starts_at=starts_at, ends_at=starts_at + timedelta(minutes=30), **more
    )


def lines(client):
    return client.get(BOARD).context["board"].lines


def names(line):
    return [button.step.name for button in line.buttons]


def test_the_board_lists_todays_visits_in_order_and_no_others(desk, practice, foreign_practice, noon):
    later, earlier = visit(practice, noon), visit(practice, noon - timedelta(hours=2))
    visit(practice, noon + timedelta(days=1))
    visit(practice, noon, cancelled=True)
    visit(foreign_practice, noon)
    assert [line.row.pk for line in lines(desk)] == [earlier.pk, later.pk]


@pytest.mark.parametrize(
    ("status", "steps"),
    [
        ("confirmed", ["arrived", "in-care", "done", "no-show"]),
        ("arrived", ["in-care", "done", "no-show"]),
        ("in_care", ["done"]),
        ("done", []),
    ],
)
def test_a_row_offers_the_steps_that_lead_on(desk, practice, noon, status, steps):
    visit(practice, noon, **({status: True} if status != "confirmed" else {}))
    (line,) = lines(desk)
    assert names(line) == steps


def test_a_step_leads_back_to_the_row(desk, practice, noon):
    row = visit(practice, noon - timedelta(hours=13))
    back = f"{START}#visit-{row.pk}"
    response = desk.post(reverse("admin:scheduling_appointment_arrived", args=(row.pk,)), {"next": back})
    assert (response.status_code, response.url) == (302, back)
    row.refresh_from_db()
    assert row.status == "arrived"


@pytest.mark.parametrize("step", ["arrived", "in-care", "done", "no-show"])
def test_what_has_not_begun_is_asked_about_first(desk, practice, step):
    row = visit(practice, timezone.now() + timedelta(hours=5))
    address = reverse(f"admin:scheduling_appointment_{step}", args=(row.pk,))
    before = stored()
    response = desk.post(address, {})
    assert "has not begun" in response.content.decode()
    assert stored() == before
    desk.post(address, {"apply": "1"})
    row.refresh_from_db()
    assert row.status == {"in-care": "in_care", "no-show": "no_show"}.get(step, step)


@pytest.mark.parametrize(("hours", "said"), [(-0.25, "This visit has begun"), (-3, "This visit is over"), (3, None)])
@pytest.mark.parametrize("step", ["cancel", "reschedule", "assistants"])
def test_what_has_begun_is_asked_about_before_it_is_changed(desk, practice, step, hours, said):
    row = visit(practice, timezone.now() + timedelta(hours=hours))
    before = stored()
    response = desk.post(reverse(f"admin:scheduling_appointment_{step}", args=(row.pk,)), {"look": "1"})
    found = [text for text in ("This visit has begun", "This visit is over") if text in response.content.decode()]
    assert found == ([said] if said else [])
    assert stored() == before


def test_what_has_begun_is_cancelled_where_that_is_meant(desk, practice):
    row = visit(practice, timezone.now() - timedelta(minutes=5))
    desk.post(reverse("admin:scheduling_appointment_cancel", args=(row.pk,)), {"apply": "1", "by_patient": "on"})
    row.refresh_from_db()
    assert row.status == "cancelled"


def test_an_arrival_a_little_early_is_not_asked_about(desk, practice):
    row = visit(practice, timezone.now() + timedelta(minutes=20))
    desk.post(reverse("admin:scheduling_appointment_arrived", args=(row.pk,)), {})
    row.refresh_from_db()
    assert row.status == "arrived"


def test_a_no_show_that_costs_a_session_says_so_first(desk, practice):
    practice.no_show_forfeits = True
    practice.save()
    patient = PatientFactory(organization=practice.organization)
    program = EnrollmentFactory(practice=practice, patient=patient)
    row = AppointmentFactory(
        practice=practice,
        patient=patient,
        enrollment=program,
        plan_session_number=1,
        starts_at=timezone.now() - timedelta(hours=1),
        ends_at=timezone.now() - timedelta(minutes=30),
    )
    response = desk.post(reverse("admin:scheduling_appointment_no-show", args=(row.pk,)), {})
    assert "Session 1 of" in response.content.decode()
    row.refresh_from_db()
    assert row.status == "confirmed"


def test_many_at_once_are_asked_about_together(desk, practice):
    ahead, begun = (
        visit(practice, timezone.now() + timedelta(days=1)),
        visit(practice, timezone.now() - timedelta(days=1)),
    )
    address = reverse("admin:scheduling_appointment_changelist")
    chosen = {"action": "done", "_selected_action": [ahead.pk, begun.pk]}
    response = desk.post(address, chosen)
    assert "has not begun" in response.content.decode()
    desk.post(address, {**chosen, "apply": "1"})
    for row in (ahead, begun):
        row.refresh_from_db()
        assert row.status == "done"


def test_the_board_costs_the_same_queries_for_any_number_of_visits(desk, practice, noon):
    counts = []
    lines(desk)  # what is asked once for each process or session is not counted
    for number in (2, 8):
        for minute in range(number):
            visit(practice, noon + timedelta(minutes=minute))
        with CaptureQueriesContext(connection) as queries:
            lines(desk)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_another_practices_board_is_missing(desk, foreign_practice):
    assert desk.get(BOARD, {"practice": foreign_practice.pk}).status_code == 404
    assert desk.get(BOARD, {"practice": "²"}).status_code == 404


def test_what_was_done_is_said_on_the_board(desk, practice, noon):
    row = visit(practice, timezone.now() - timedelta(minutes=5))
    response = desk.post(reverse("admin:scheduling_appointment_arrived", args=(row.pk,)), {"next": BOARD})
    assert [text for _level, text in said(response)] == [f"1 appointment marked as arrived. {visit_line(row)}"]
    assert "1 appointment marked as arrived." in desk.get(BOARD).content.decode()


def test_the_board_says_what_a_patient_owes_to_those_who_may_know(desk, therapist, specialist, practice, noon):
    row = visit(practice, noon, specialist=specialist)
    line = NewLine(label="Treatment", unit_price=Decimal("100.00"), vat_percentage=Decimal(0))
    by, at = Actor.system("test"), timezone.now()
    issue_bill(practice_id=practice.pk, patient_id=row.patient_id, lines=[line], by=by, at=at)
    assert "Owes RON\xa0100.00" in desk.get(BOARD).content.decode()
    assert "Owes" not in therapist.get(BOARD).content.decode()


def test_the_charts_are_for_the_desk_and_can_be_read(desk, therapist, practice, noon):
    cache.clear()
    visit(practice, noon - timedelta(days=7), done=True)
    visit(practice, noon - timedelta(days=7, hours=2), no_show=True)
    shown = desk.get(START)
    figures = {one.title: [bar.says for bar in one.bars] for one in shown.context["trends"]}
    assert figures["No-shows"][-2] == "50%"
    assert "<caption>No-shows: Share of the visits that were due</caption>" in shown.content.decode()
    assert therapist.get(START).context["trends"] == []


def test_the_start_page_of_an_empty_clinic_says_so(desk, practice):
    cache.clear()
    page = desk.get(START).content.decode()
    assert "Nobody is booked today." in page
    assert page.count("Nothing to show yet.") == 2


def test_visits_that_are_over_are_folded_away_once_they_are_many(desk, practice, noon):
    midnight = noon.replace(hour=0)
    early = {"starts_at": midnight, "ends_at": midnight + timedelta(minutes=1)}
    over = {AppointmentFactory(practice=practice, done=True, **early).pk for _ in range(5)}
    waiting = AppointmentFactory(practice=practice, arrived=True, **early)
    board = desk.get(BOARD).context["board"]
    assert (len(board.current), board.earlier) == (6, [])
    over.add(AppointmentFactory(practice=practice, no_show=True, **early).pk)
    board = desk.get(BOARD).context["board"]
    assert [line.row.pk for line in board.current] == [waiting.pk]
    assert {line.row.pk for line in board.earlier} == over
