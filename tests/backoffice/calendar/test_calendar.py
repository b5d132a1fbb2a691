"""The calendar page: what its script is told, and moving a visit, as the script asks for it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from scheduling.calendar import SlotWish
from scheduling.models import Appointment
from scheduling.services import book_appointment, create_slot, set_holiday
from tests.backoffice.conftest import stored
from tests.factories import (
    AppointmentFactory,
    MembershipFactory,
    PatientFactory,
    PracticeFactory,
    ServiceFactory,
    ServiceSpecialistFactory,
    SpecialistFactory,
)

EVENTS, MOVE, PAGE = (reverse(f"admin:{name}") for name in ("calendar_events", "calendar_move", "calendar"))
BUCHAREST = ZoneInfo("Europe/Bucharest")


@pytest.fixture
def day():
    """A day next week on the practice's clock."""
    return timezone.now().astimezone(BUCHAREST).date() + timedelta(days=7)


@pytest.fixture
def clock(practice, day):
    """`clock(10, 30)` is that time on the day, on the practice's clock."""
    practice.time_zone = "Europe/Bucharest"
    practice.save()
    return lambda hour, minute=0: datetime(day.year, day.month, day.day, hour, minute, tzinfo=BUCHAREST)


@pytest.fixture
def person(practice):
    return SpecialistFactory(organization=practice.organization, works_at=[practice], last_name="Amber")


@pytest.fixture
def service(practice, person):
    service = ServiceFactory(organization=practice.organization, name="Massage", duration_minutes=30)
    ServiceSpecialistFactory(service=service, specialist=person)
    return service


@pytest.fixture
def book(practice, person, service, front_desk, clock):
    """`book(10)` books somebody at ten."""

    def book(hour, minute=0, **more):
        named = {
            "patient_id": PatientFactory(organization=practice.organization).pk,
            "specialist_id": person.pk,
            **more,
        }
        return book_appointment(
            practice_id=practice.pk,
            service_id=service.pk,
            starts_at=clock(hour, minute),
            by=front_desk,
            at=timezone.now(),
            **named,
        )

    return book


def ask(client, practice, day, more=()):
    asked = {"practice": practice.pk, "first": day.isoformat(), "last": day.isoformat()}
    return client.get(EVENTS, asked | dict(more))


def sent(row, day, hour, minute=0, **more):
    """What the script sends to move a visit."""
    return {
        "appointment": row.pk,
        "seen": row.updated_at.isoformat(),
        "starts_at": f"{day.isoformat()}T{hour:02}:{minute:02}",
        **more,
    }


def test_a_visit_is_shown_at_the_practices_wall_time_in_its_specialists_column(desk, practice, day, person, book):
    row = book(10)
    told = ask(desk, practice, day).json()
    (event,) = (one for one in told["events"] if one["kind"] == "visit")
    assert (event["start"], event["end"]) == (f"{day}T10:00", f"{day}T10:30")
    assert (event["visit"], event["column"], event["title"]) == (row.pk, person.pk, str(row.patient))
    assert (event["detail"], event["status"], event["movable"]) == ("Massage", "confirmed", True)
    assert {"id": person.pk, "title": str(person)} in told["columns"]


def test_on_a_closed_day_nothing_is_offered_and_what_is_booked_stays(
    desk, practice, day, person, book, front_desk, superuser, clock
):
    wish = SlotWish(person.pk, clock(11), clock(11, 30))
    create_slot(practice_id=practice.pk, wish=wish, by=front_desk, at=timezone.now())
    row = book(10)
    kinds = [one["kind"] for one in ask(desk, practice, day).json()["events"]]
    set_holiday(practice_id=practice.pk, day=day, name="Spring", by=superuser, at=timezone.now())
    told = ask(desk, practice, day).json()
    assert (kinds, [one["kind"] for one in told["events"]]) == (["visit", "slot"], ["visit"])
    assert (told["closed"], told["events"][0]["visit"]) == ({day.isoformat(): "Spring"}, row.pk)


def test_whoever_may_is_led_to_add_the_first_specialist(desk, manager, practice):
    shown = {name: client.get(PAGE).content.decode() for name, client in (("desk", desk), ("manager", manager))}
    assert all("Nobody takes appointments at this practice yet." in one for one in shown.values())
    assert [name for name, one in shown.items() if "Add a specialist" in one] == ["manager"]


def test_what_has_not_changed_is_not_sent_again(desk, practice, day, book):
    row = book(10)
    first = ask(desk, practice, day)
    asked = {"practice": practice.pk, "first": day.isoformat(), "last": day.isoformat()}
    again = desk.get(EVENTS, asked, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    desk.post(reverse("admin:scheduling_appointment_arrived", args=(row.pk,)), {"apply": "1"})
    changed = desk.get(EVENTS, asked, headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 200
    assert [one["status"] for one in changed.json()["events"] if one["kind"] == "visit"] == ["arrived"]


def test_asking_again_and_again_extends_no_session(desk, practice, day):
    ask(desk, practice, day)
    asked = {"practice": practice.pk, "first": day.isoformat(), "last": day.isoformat()}
    assert not desk.get(EVENTS, asked, headers={"X-Poll": "1"}).cookies


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"practice": "²"}, 404),
        ({"practice": "999999"}, 404),
        ({"first": "yesterday"}, 422),
        ({"last": "9999-12-31"}, 422),
        ({"last": "2100-01-01"}, 422),
        ({"first": ""}, 422),
    ],
)
def test_crafted_questions_are_refused(desk, practice, day, asked, status):
    assert ask(desk, practice, day, asked).status_code == status


def test_another_practices_calendar_is_missing(desk, foreign_practice, practice, day):
    assert ask(desk, foreign_practice, day).status_code == 404
    assert desk.get(PAGE, {"practice": foreign_practice.pk}).status_code == 404


def test_the_calendar_costs_the_same_queries_for_any_number_of_visits(desk, practice, day, book):
    counts = []
    ask(desk, practice, day)  # what is asked once for each process or session is not counted
    for hours in ([8], range(9, 17)):
        for hour in hours:
            book(hour)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert ask(desk, practice, day).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_moving_goes_to_the_wall_time_and_the_column(desk, practice, day, clock, service, book):
    row = book(10)
    other = SpecialistFactory(organization=practice.organization, works_at=[practice], last_name="Beech")
    ServiceSpecialistFactory(service=service, specialist=other)
    response = desk.post(MOVE, sent(row, day, 11, 15, column=other.pk, columns="specialist"))
    assert response.status_code == 200, response.json()
    row.refresh_from_db()
    assert (row.starts_at, row.ends_at, row.specialist_id) == (clock(11, 15), clock(11, 45), other.pk)


def test_resizing_changes_the_end_alone(desk, day, clock, book):
    row = book(10)
    response = desk.post(MOVE, sent(row, day, 10, ends_at=f"{day}T11:00"))
    assert response.status_code == 200, response.json()
    row.refresh_from_db()
    assert (row.starts_at, row.ends_at) == (clock(10), clock(11))


def test_a_taken_time_is_refused_with_the_reason_and_the_nearest_free_times(desk, day, book, person):
    row, other = book(10), book(11)
    before = stored()
    response = desk.post(MOVE, sent(row, day, 11))
    assert response.status_code == 409
    told = response.json()
    assert str(person) in told["message"]
    assert told["nearest"] == [] or {"label", "values"} == set(told["nearest"][0])
    assert told["more"] == reverse("admin:scheduling_appointment_reschedule", args=(row.pk,))
    assert stored() == before
    assert Appointment.objects.get(pk=other.pk).starts_at == other.starts_at


def test_a_drag_of_what_was_changed_meanwhile_is_refused(desk, day, book):
    row = book(10)
    seen = sent(row, day, 12)
    desk.post(reverse("admin:scheduling_appointment_arrived", args=(row.pk,)), {"apply": "1"})
    before = stored()
    response = desk.post(MOVE, seen)
    assert response.status_code == 409
    assert response.json() == {"message": "The appointment was changed in the meantime. Check it and try again."}
    assert stored() == before


def test_a_drag_of_what_has_begun_is_asked_about_first(desk, practice, day, book):
    row = book(10)
    begun = timezone.now() - timedelta(minutes=10)
    Appointment.objects.filter(pk=row.pk).update(starts_at=begun, ends_at=begun + timedelta(minutes=30))
    before = stored()
    response = desk.post(MOVE, sent(row, day, 12))
    assert response.status_code == 409
    told = response.json()
    assert told["message"].startswith("This visit has begun")
    assert told["nearest"] == [{"label": "Move it anyway", "values": {"begun": "1"}}]
    assert stored() == before
    response = desk.post(MOVE, sent(row, day, 12, **told["nearest"][0]["values"]))
    assert response.status_code == 200, response.json()


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"appointment": "²"}, 422),
        ({"appointment": str(2**63)}, 422),
        ({"appointment": "999999"}, 404),
        ({"seen": "now"}, 422),
        ({"seen": "2026-01-01T10:00"}, 422),
        ({"starts_at": "tomorrow"}, 422),
        ({"starts_at": "9999-12-31T23:30"}, 422),
        ({"starts_at": "2026-13-01T10:00"}, 422),
        ({"ends_at": "\0"}, 422),
        ({"column": "-1"}, 422),
    ],
)
def test_crafted_moves_are_refused_and_change_nothing(desk, day, book, wrong, status):
    row = book(10)
    before = stored()
    assert desk.post(MOVE, {**sent(row, day, 12), **wrong}).status_code == status
    assert stored() == before


def test_another_practices_visit_looks_missing(desk, foreign_practice, day):
    row = AppointmentFactory(practice=foreign_practice)
    assert desk.post(MOVE, sent(row, day, 12)).status_code == 404
    assert desk.get(reverse("admin:calendar_card", args=(row.pk,))).status_code == 404


def test_the_card_says_who_it_is_and_offers_the_steps(desk, book):
    row = book(10)
    text = desk.get(reverse("admin:calendar_card", args=(row.pk,))).content.decode()
    assert str(row.patient) in text
    assert reverse("admin:scheduling_appointment_cancel", args=(row.pk,)) in text
    assert reverse("admin:scheduling_appointment_put-away", args=(row.pk,)) not in text


def test_a_specialist_sees_their_own_column_only(therapist, specialist, practice, day, book):
    book(10)
    told = ask(therapist, practice, day).json()
    assert [one["id"] for one in told["columns"]] == [specialist.pk]
    assert [one for one in told["events"] if one["kind"] == "visit"] == []


def test_booking_from_the_calendar_leads_back_to_it(desk, practice, day, person, service):
    address = reverse("admin:scheduling_appointment_add")
    back = f"{PAGE}?day={day}"
    asked = {"practice": practice.pk, "specialist": person.pk, "starts_at": f"{day}T10:00", "next": back}
    page = desk.get(address, asked)
    assert f'value="{day}T10:00"' in page.content.decode()
    patient = PatientFactory(organization=practice.organization)
    form = {"patient": patient.pk, "service": service.pk, "specialist": person.pk, "starts_at": f"{day}T10:00"}
    response = desk.post(f"{address}?practice={practice.pk}&next={back}", {**form, "book": "1"})
    assert (response.status_code, response.url) == (302, back)
    foreign = desk.post(
        f"{address}?practice={practice.pk}&next=https://example.org/",
        {**form, "starts_at": f"{day}T11:00", "book": "1"},
    )
    assert foreign.url.startswith("/admin/scheduling/appointment/")


def test_the_hours_grow_with_what_lies_outside_them(desk, practice, day, book):
    usual = ask(desk, practice, day).json()
    assert (usual["opens"], usual["closes"]) == ("08:00", "18:00")
    book(6, 30)
    book(20, 45)
    told = ask(desk, practice, day).json()
    assert (told["opens"], told["closes"]) == ("06:00", "22:00")


def test_a_practice_elsewhere_shows_its_own_wall_times(desk, front_desk_user, practice, day):
    far = PracticeFactory(organization=practice.organization, name="Far", time_zone="America/New_York")
    MembershipFactory(user=front_desk_user, practice=far)
    starts_at = datetime(day.year, day.month, day.day, 15, tzinfo=UTC)
    AppointmentFactory(practice=far, starts_at=starts_at, ends_at=starts_at + timedelta(minutes=30))
    (event,) = (one for one in ask(desk, far, day).json()["events"] if one["kind"] == "visit")
    local = starts_at.astimezone(ZoneInfo("America/New_York"))
    assert event["start"] == f"{local:%Y-%m-%dT%H:%M}"
