"""Places in group slots, as the desk finds and books them."""

import re
from datetime import timedelta
from html import unescape
from urllib.parse import urlencode

from django.urls import reverse

from scheduling.models import Appointment
from tests.backoffice.calendar.desk_calendar import HALF, moment, typed, wall
from tests.backoffice.calendar.test_booking import BOOK, asked
from tests.backoffice.conftest import form_of, said, stored, url
from tests.factories import AppointmentFactory, RoomFactory, ServiceFactory

SLOT = "scheduling.availableslot"
DAY = reverse("admin:day_list")


def looked(desk, here, **more):
    """The free times that the page shows, by what their buttons say."""
    response = desk.get(BOOK, {**asked(here, starts_at=typed(0, 8), **more), "look": "1"})
    return {f"{choice.when} {choice.who}": choice for choice in response.context["free"]}


def test_a_group_is_filled_from_its_own_page_until_no_place_is_left(desk, here, practice):
    room = RoomFactory(practice=practice)
    group = here.offer(0, 9, capacity=2, room_id=room.pk)
    page = desk.get(url(SLOT, "change", group.pk)).content.decode()
    assert f"{BOOK}?slot={group.pk}" in page
    form = desk.get(BOOK, {"slot": group.pk}).context["form"]
    filled = {name: form[name].value() for name in ("specialist", "room", "starts_at")}
    assert (filled["specialist"], filled["room"]) == (here.ana.pk, room.pk)
    for number in (1, 2):
        sent = asked(here, patient=here.someone().pk, room=room.pk, book="1", notes=f"Mat {number}")
        assert desk.post(f"{BOOK}?slot={group.pk}", sent).status_code == 302
        group.refresh_from_db()
        assert group.booked == number
    assert set(Appointment.objects.values_list("slot", "room", "specialist", "notes")) == {
        (group.pk, room.pk, here.ana.pk, "Mat 1"),
        (group.pk, room.pk, here.ana.pk, "Mat 2"),
    }
    full = desk.post(f"{BOOK}?slot={group.pk}", asked(here, book="1"))
    assert full.status_code == 200
    assert Appointment.objects.count() == 2
    assert len(full.context["reasons"]) == 1  # the group itself, with who is in it
    over = desk.post(f"{BOOK}?slot={group.pk}", asked(here, book="1", overbooking_reason="A third mat"))
    assert over.status_code == 302
    assert Appointment.objects.get(overbooked=True).slot is None


def test_places_in_groups_are_among_the_free_times(desk, here):
    group = here.offer(0, 9, capacity=3)
    here.offer(0, 10)
    desk.post(BOOK, asked(here, patient=here.someone().pk, book="1"))
    found = looked(desk, here)
    assert [text.split(" ", 3)[3] for text in found] == [f"09:00 {here.ana}, group, 2 places left", f"10:00 {here.ana}"]
    picked = next(iter(found.values()))
    assert desk.post(BOOK, asked(here, starts_at="", pick=picked.value)).status_code == 302
    group.refresh_from_db()
    assert group.booked == 2


def test_a_group_is_offered_only_where_the_visit_fits_and_the_patient_is_free(desk, here, practice):
    here.offer(0, 9, capacity=3)
    here.offer(1, 9, capacity=3, appointment_type="pilates")
    assert [choice.starts_at for choice in looked(desk, here).values()] == [moment(practice, 0, 9)]
    longer = ServiceFactory(organization=practice.organization, duration_minutes=45, public=True)
    assert looked(desk, here, service=longer.pk) == {}
    bob = here.person("Beech")
    here.book(0, 9, person=bob)
    assert looked(desk, here) == {}


def test_a_refusal_of_a_visit_in_a_group_does_not_name_the_group(desk, here):
    group = here.offer(0, 9, capacity=3)
    here.book(0, 9, person=here.person("Beech"))
    response = desk.post(f"{BOOK}?slot={group.pk}", asked(here, book="1"))
    assert response.status_code == 200
    assert len(response.context["reasons"]) == 1
    assert "booked slot" not in response.context["reasons"][0]
    group.refresh_from_db()
    assert group.booked == 0


def test_the_visit_in_a_group_takes_the_groups_whole_time(desk, here, practice):
    short = ServiceFactory(organization=practice.organization, duration_minutes=20, public=True)
    here.offer(0, 9, capacity=2)
    response = desk.post(BOOK, asked(here, service=short.pk, book="1"))
    assert said(response)[0][0] == "success"
    visit = Appointment.objects.get()
    assert (visit.starts_at, visit.ends_at - visit.starts_at) == (moment(practice, 0, 9), HALF)


def test_later_groups_follow_when_more_is_asked_for(desk, here, practice):
    for day in range(5):
        here.offer(day, 9, capacity=2)
    first = desk.get(BOOK, {**asked(here, starts_at=typed(0, 8)), "look": "1"})
    last = first.context["free"][-1]
    assert last.starts_at == moment(practice, 4, 9)
    query = urlencode({**asked(here, starts_at=typed(2, 8)), "look": "1"})
    again = desk.get(f"{BOOK}?{query}").context["free"]
    assert [one.starts_at - moment(practice, 2, 9) for one in again] == [timedelta(days=n) for n in range(3)]


def test_a_visit_is_moved_into_a_group_and_out_of_it(desk, here, practice):
    visit = here.book(0, 9)
    group = here.offer(1, 9, capacity=2)
    move = url("scheduling.appointment", "reschedule", visit.pk)
    choices = desk.get(move).context["free"]
    (picked,) = [one for one in choices if "2 places left" in one.who]
    sent = {"specialist": here.ana.pk, "room": "", "starts_at": typed(0, 9), "apply": "1"}
    assert desk.post(move, {**sent, "pick": picked.value}).status_code == 302
    visit.refresh_from_db()
    group.refresh_from_db()
    assert (visit.slot, visit.starts_at, group.booked) == (group, moment(practice, 1, 9), 1)
    assert desk.post(move, {**sent, "starts_at": typed(2, 9)}).status_code == 302
    visit.refresh_from_db()
    group.refresh_from_db()
    assert (visit.slot, visit.starts_at, group.booked) == (None, moment(practice, 2, 9), 0)


def test_the_day_list_says_how_many_may_still_come(desk, here):
    def shown():
        page = desk.get(DAY, {"day": wall(0, 9).date().isoformat()})
        return [one for sheet in page.context["sheets"] for one in sheet.whole if not hasattr(one, "patient")]

    group = here.offer(0, 9, capacity=2)
    (before,) = shown()
    assert (before.hours, before.says) == ("09:00–09:30", "group: 2 of 2 places free")
    assert before.link == f"{BOOK}?slot={group.pk}"
    desk.post(BOOK, asked(here, book="1"))
    assert [one.says for one in shown()] == ["group: 1 of 2 places free"]
    desk.post(BOOK, asked(here, patient=here.someone().pk, book="1"))
    assert shown() == []


def asked_for(desk, here, practice, **values):
    """A registration, and what its screen sends: as it was shown, with these answers."""
    row = AppointmentFactory(practice=practice, registration=True, service=here.service, contact_name="Vera Birch")
    address = reverse("admin:registration", args=(row.pk,))
    form = desk.get(address).context["form"]
    shown = {name: form[name].value() for name in form.fields if form[name].value() is not None}
    return row, address, {**shown, "specialist": here.ana.pk, **values}


def test_a_registration_is_given_a_place_in_a_group(desk, here, practice):
    room = RoomFactory(practice=practice)
    group = here.offer(0, 9, capacity=2, room_id=room.pk)
    row, address, sent = asked_for(desk, here, practice)
    choices = desk.post(address, {**sent, "look": "1"}).context["free"]
    (picked,) = [one for one in choices if "2 places left" in one.who]
    assert desk.post(address, {**sent, "pick": picked.value}).status_code == 302
    row.refresh_from_db()
    group.refresh_from_db()
    assert (row.status, row.slot, row.room, row.specialist) == ("confirmed", group, room, here.ana)
    assert (row.starts_at, row.ends_at, group.booked) == (group.starts_at, group.ends_at, 1)


def test_a_registration_for_a_full_or_too_short_group_is_refused_and_stays_open(desk, here, practice):
    group = here.offer(0, 9, capacity=2)
    for _place in range(2):
        desk.post(f"{BOOK}?slot={group.pk}", asked(here, patient=here.someone().pk, book="1"))
    _row, address, sent = asked_for(desk, here, practice, starts_at=typed(0, 9))
    before = stored()
    full = desk.post(address, sent)
    assert "is taken" in full.context["form"].non_field_errors()[0]
    assert len(full.context["reasons"]) == 1
    assert stored() == before
    here.service.duration_minutes = 45
    here.service.save()
    here.offer(1, 9, capacity=2)
    before = stored()
    long = desk.post(address, {**sent, "starts_at": typed(1, 9)})
    assert long.context["form"].errors == {"starts_at": ["Takes longer than the slot"]}
    assert stored() == before


def test_a_visit_is_dragged_into_a_group(desk, here, practice):
    visit = here.book(0, 9)
    group = here.offer(1, 9, capacity=2)
    drag = reverse("admin:calendar_move")
    sent = {"appointment": visit.pk, "starts_at": typed(1, 9), "seen": visit.updated_at.isoformat()}
    assert desk.post(drag, sent).status_code == 200
    visit.refresh_from_db()
    group.refresh_from_db()
    assert (visit.slot, group.booked) == (group, 1)


def test_a_refused_move_into_a_group_does_not_name_the_group(desk, here):
    here.offer(1, 9, capacity=3)
    visit = here.book(0, 9)
    here.book(1, 9, person=here.person("Beech"))
    move = url("scheduling.appointment", "reschedule", visit.pk)
    response = desk.post(move, {"specialist": here.ana.pk, "room": "", "starts_at": typed(1, 9), "apply": "1"})
    assert len(response.context["reasons"]) == 1
    assert "booked slot" not in response.context["reasons"][0]


def test_who_must_leave_a_group_is_offered_the_next_groups(desk, here):
    group = here.offer(0, 9, capacity=3)
    for _place in range(3):
        desk.post(f"{BOOK}?slot={group.pk}", asked(here, patient=here.someone().pk, book="1"))
    here.offer(1, 9)
    near, far = here.offer(2, 9, capacity=2), here.offer(3, 9, capacity=2)
    adding = url("scheduling.timeoff", "add")
    away = {"specialist": here.ana.pk, "starts_at": typed(0, 8), "ends_at": typed(0, 18), "anyway": "1"}
    page = desk.post(adding, {**form_of(desk.get(adding)), **away}).headers["Location"]
    shown = desk.get(page).content.decode()
    sent = {
        name: unescape(value) for name, value in re.findall(r'name="((?:next-time|seen)-\d+)" value="([^"]+)"', shown)
    }
    visits = list(Appointment.objects.filter(needs_move=True).order_by("pk"))
    response = desk.post(page, {**sent, "_selected_action": [one.pk for one in visits], "do": "next-time"})
    assert response.status_code == 302
    assert list(Appointment.objects.order_by("pk").values_list("slot", "needs_move")) == [
        (near.pk, False),
        (near.pk, False),
        (far.pk, False),
    ]


def test_a_visit_is_moved_over_a_full_group_only_with_a_reason(desk, here, practice):
    group = here.offer(1, 9, capacity=2)
    for _one in range(2):
        desk.post(BOOK, asked(here, patient=here.someone().pk, starts_at=typed(1, 9), book="1"))
    visit = here.book(0, 9)
    move = url("scheduling.appointment", "reschedule", visit.pk)
    sent = {"specialist": here.ana.pk, "room": "", "starts_at": typed(1, 9), "apply": "1"}
    assert desk.post(move, sent).status_code == 200
    assert desk.post(move, {**sent, "overbooking_reason": "A third mat"}).status_code == 302
    visit.refresh_from_db()
    group.refresh_from_db()
    assert (visit.starts_at, visit.overbooked, visit.slot, group.booked) == (moment(practice, 1, 9), True, None, 2)


def test_another_room_than_the_groups_is_refused_at_its_field(desk, here, practice):
    group = here.offer(0, 9, capacity=2, room_id=RoomFactory(practice=practice).pk)
    response = desk.post(BOOK, asked(here, room=RoomFactory(practice=practice).pk, book="1"))
    assert response.status_code == 200
    assert "room" in response.context["form"].errors
    group.refresh_from_db()
    assert group.booked == 0


def test_a_series_that_begins_in_a_group_goes_into_the_group_of_each_week(desk, here):
    groups = [here.offer(7 * week, 9, capacity=2) for week in (0, 1)]
    weekly = {"repeat_type": "weekly", "repeating_interval": 1, "number_of_repeats": 2}
    before = stored()
    shown = desk.post(f"{BOOK}?slot={groups[0].pk}", asked(here, **weekly, book="1")).context["series"]
    assert [one.why for one in shown.dates] == [[], [], ["No group begins then."]]
    assert stored() == before
    sent = asked(here, **weekly, confirm=shown.token, **{"date-2": "skip"})
    assert desk.post(f"{BOOK}?slot={groups[0].pk}", sent).status_code == 302
    assert list(Appointment.objects.order_by("starts_at").values_list("slot", flat=True)) == [one.pk for one in groups]


def test_the_booking_page_of_a_slot_names_the_service_of_its_type(desk, here, practice):
    yoga = ServiceFactory(organization=practice.organization, code="yoga", duration_minutes=30, public=True)
    filled = desk.get(BOOK, {"slot": here.offer(0, 9, capacity=2, appointment_type="yoga").pk}).context["form"]
    assert filled["service"].value() == yoga.pk
    ServiceFactory(organization=practice.organization, code="yoga", duration_minutes=30, public=True)
    either = desk.get(BOOK, {"slot": here.offer(1, 9, capacity=2, appointment_type="yoga").pk}).context["form"]
    assert either["service"].value() is None
