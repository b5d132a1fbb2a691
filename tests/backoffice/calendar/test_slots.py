"""Slots and series: offered, changed and withdrawn, one by one or together."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from core.moments import DAY_AND_TIME
from scheduling.models import AvailableSlot, SlotSeries
from scheduling.services import add_time_off, set_holiday, withdraw_slot
from tests.backoffice.calendar.desk_calendar import HALF, moment, typed, wall
from tests.backoffice.conftest import form_of, said, stored, url
from tests.factories import RoomFactory

SLOT = "scheduling.availableslot"
LIST = url(SLOT, "changelist")
ADD = url(SLOT, "add")


def asked(here, **more):
    return {
        "specialist": here.ana.pk, "room": "", "starts_at": typed(0, 9), "minutes": 30, "appointment_type": "",
        "capacity": 1, "pattern": "", "rrule": "", "until_date": "", **more,
    }  # fmt: skip


def errors(response):
    return response.context["adminform"].form.errors


def listed(client, **query):
    return [row.pk for row in client.get(LIST, query).context["cl"].result_list]


def test_a_slot_is_offered_in_the_practices_wall_time(desk, here, practice):
    room = RoomFactory(practice=practice)
    response = desk.post(ADD, asked(here, room=room.pk, minutes=45, capacity=3, appointment_type="group"))
    assert response.status_code == 302
    row = AvailableSlot.objects.get()
    starts = moment(practice, 0, 9)
    assert (row.specialist, row.room, row.starts_at, row.ends_at) == (here.ana, room, starts, starts + 1.5 * HALF)
    assert (row.capacity, row.appointment_type, row.series) == (3, "group", None)


def test_a_slot_over_another_is_refused_and_the_other_named(desk, here):
    here.offer(0, 9)
    before = stored()
    response = desk.post(ADD, asked(here, starts_at=typed(0, 9, 15)))
    (why,) = errors(response)["__all__"]
    assert f"the slot {date_format(wall(0, 9), DAY_AND_TIME)} – 09:30" in why
    assert stored() == before


def test_a_slot_in_the_past_is_refused_at_its_field(desk, here):
    before = stored()
    response = desk.post(ADD, asked(here, starts_at="2024-01-02T09:00"))
    assert errors(response) == {"starts_at": ["Must be in the future"]}
    assert stored() == before


def test_a_slot_that_repeats_becomes_a_series(desk, here, practice):
    response = desk.post(ADD, asked(here, pattern="weekly", until_date=f"{wall(21, 9):%Y-%m-%d}"))
    assert response.status_code == 302
    series = SlotSeries.objects.get()
    starts = list(AvailableSlot.objects.filter(series=series).order_by("starts_at").values_list("starts_at", flat=True))
    assert starts == [moment(practice, 7 * week, 9) for week in range(4)]


def test_a_rule_that_is_none_is_refused_at_its_field(desk, here):
    before = stored()
    response = desk.post(ADD, asked(here, pattern="custom", rrule="every full moon"))
    assert list(errors(response)) == ["rrule"]
    assert stored() == before


def test_a_free_slot_is_moved_on_its_page(desk, here, practice):
    row = here.offer(0, 9)
    data = form_of(desk.get(url(SLOT, "change", row.pk)))
    response = desk.post(url(SLOT, "change", row.pk), {**data, "starts_at": typed(0, 11), "minutes": 60})
    assert response.status_code == 302
    row.refresh_from_db()
    assert (row.starts_at, row.ends_at) == (moment(practice, 0, 11), moment(practice, 0, 12))


def test_a_booked_slot_is_not_moved(desk, here):
    row = here.offer(0, 9)
    here.book(0, 9)
    data = form_of(desk.get(url(SLOT, "change", row.pk)))
    before = stored()
    response = desk.post(url(SLOT, "change", row.pk), {**data, "starts_at": typed(0, 11)})
    assert errors(response) == {"__all__": ["The slot is booked; move its appointments first."]}
    assert stored() == before


def test_a_slot_is_withdrawn_and_a_booked_one_is_not(desk, here):
    free, booked = here.offer(0, 9), here.offer(0, 10)
    here.book(0, 10)
    response = desk.post(LIST, {"action": "withdraw", "_selected_action": [free.pk, booked.pk], "apply": "1"})
    assert [(level, text.partition("(")[0].strip()) for level, text in said(response)] == [
        ("success", "Withdrawn."),
        ("error", "1 refused: The slot is booked; move or cancel its appointments first."),
    ]
    free.refresh_from_db()
    booked.refresh_from_db()
    assert (free.withdrawn_at is not None, booked.withdrawn_at) == (True, None)


def weekly(desk, here):
    desk.post(ADD, asked(here, pattern="weekly", until_date=f"{wall(21, 9):%Y-%m-%d}"))
    return list(AvailableSlot.objects.order_by("starts_at"))


def test_the_list_of_series_says_on_which_day_and_how_to_begin_one(desk, here):
    weekly(desk, here)
    text = desk.get(url("scheduling.slotseries", "changelist")).content.decode()
    assert f"{wall(0, 9):%a} {wall(0, 9).day} {wall(0, 9):%b %Y} – " in text
    assert f'href="{ADD}"' in text


@pytest.mark.parametrize(("which", "gone"), [("this", [1]), ("following", [1, 3]), ("all", [0, 1, 3])])
def test_a_series_is_withdrawn_from_one_slot_and_booked_ones_stay(desk, here, which, gone):
    slots = weekly(desk, here)
    here.book(14, 9)
    response = desk.post(url(SLOT, "withdraw", slots[1].pk), {"apply": "1", "which": which})
    assert response.headers["Location"] == LIST
    text = said(response)[-1][1]
    assert ("booked and stay" in text) == (which != "this")
    withdrawn = set(AvailableSlot.objects.filter(withdrawn_at__isnull=False).values_list("pk", flat=True))
    assert withdrawn == {slots[number].pk for number in gone}


def test_a_series_is_changed_from_one_slot_on(desk, here, practice):
    slots = weekly(desk, here)
    page = url(SLOT, "change-series", slots[2].pk)
    data = {"apply": "1", "which": "following", "start_time": "15:00", "duration_minutes": 30, "capacity": 1}
    response = desk.post(page, {**data, "room": "", "appointment_type": ""})
    assert response.status_code == 302, response.context["form"].errors
    starts = list(AvailableSlot.objects.offered().order_by("starts_at").values_list("starts_at", flat=True))
    assert starts == [
        moment(practice, 0, 9), moment(practice, 7, 9), moment(practice, 14, 15), moment(practice, 21, 15)
    ]  # fmt: skip


def test_a_series_is_not_changed_where_nothing_was(desk, here):
    slots = weekly(desk, here)
    before = stored()
    data = {"apply": "1", "which": "all", "start_time": "09:00", "duration_minutes": 30, "capacity": 1}
    response = desk.post(url(SLOT, "change-series", slots[0].pk), {**data, "room": "", "appointment_type": ""})
    assert response.context["form"].errors == {"__all__": ["Nothing has been changed yet."]}
    assert stored() == before


def test_a_series_is_ended_on_its_own_page(desk, here):
    weekly(desk, here)
    series = SlotSeries.objects.get()
    page = desk.get(url("scheduling.slotseries", "change", series.pk))
    assert [len(panel.rows) for panel in page.context["panels"]] == [4, 0]
    desk.post(url("scheduling.slotseries", "withdraw", series.pk), {"apply": "1"})
    series.refresh_from_db()
    assert AvailableSlot.objects.offered().count() == 0
    assert series.until_date < timezone.localdate() + timedelta(days=1)


def test_who_may_not_change_a_slot_reads_from_when_to_when_it_is(desk, therapist, specialist, here):
    withdrawn, own = here.offer(0, 9), here.offer(0, 9, person=specialist)
    withdraw_slot(withdrawn.pk, by=here.by, at=timezone.now())
    for reader, slot in ((desk, withdrawn), (therapist, own)):
        page = reader.get(url(SLOT, "change", slot.pk)).content.decode()
        assert "09:00 – 09:30" in page
        assert "Minutes" not in page


def test_only_what_can_be_booked_is_called_available(desk, here, practice):
    free, closed = here.offer(0, 9), here.offer(1, 9)
    day = closed.starts_at.astimezone(practice.zone).date()
    set_holiday(practice_id=practice.pk, day=day, name="Inventory", by=here.by, at=timezone.now())
    shown = {row.pk: row.bookable for row in desk.get(url(SLOT, "changelist")).context["cl"].result_list}
    assert shown == {free.pk: True, closed.pk: False}
    for slot, says in ((free, "Available"), (closed, "Closed: Inventory")):
        page = desk.get(url(SLOT, "change", slot.pk)).content.decode()
        assert [one for one in ("Available<", "Closed: Inventory<") if one in page.replace("\n", "")] == [f"{says}<"]


def test_the_list_is_filtered_by_state_person_day_and_type(desk, here, practice):
    bob = here.person("Beech")
    free, booked, theirs = here.offer(0, 9), here.offer(0, 10), here.offer(1, 9, person=bob, appointment_type="laser")
    blocked, gone = here.offer(0, 11), here.offer(0, 12)
    here.book(0, 10)
    starts = moment(practice, 0, 11)
    times = {"starts_at": starts, "ends_at": starts + HALF, "at": timezone.now()}
    add_time_off(practice_id=practice.pk, specialist_id=here.ana.pk, by=here.by, **times)
    desk.post(url(SLOT, "withdraw", gone.pk), {"apply": "1"})
    assert listed(desk) == [free.pk, booked.pk, blocked.pk, theirs.pk]
    assert listed(desk, state="available") == [free.pk, theirs.pk]
    assert listed(desk, state="booked") == [booked.pk]
    assert listed(desk, state="blocked") == [blocked.pk]
    assert listed(desk, state="withdrawn") == [gone.pk]
    assert listed(desk, specialist=bob.pk) == listed(desk, q=f"{wall(1, 9):%Y-%m-%d}") == [theirs.pk]
    assert listed(desk, q="laser") == [theirs.pk]
    assert listed(desk, when="today") == []
    assert "Why it is blocked" in desk.get(url(SLOT, "change", blocked.pk)).content.decode()


def test_a_slot_leads_to_its_booking(desk, here):
    row = here.offer(0, 9)
    (book,) = desk.get(url(SLOT, "change", row.pk)).context["links"]
    form = desk.get(book[1]).context["form"]
    assert (form.initial["specialist"], form.initial["starts_at"]) == (here.ana.pk, wall(0, 9))


def test_the_page_of_a_slot_costs_the_same_for_few_and_many_bookings(desk, here):
    row = here.offer(0, 9, capacity=60, appointment_type=here.service.code)
    from scheduling.services import book_slot

    def cost(count):
        for _ in range(count):
            book_slot(row.pk, patient_id=here.someone().pk, by=here.by, at=timezone.now())
        desk.get(url(SLOT, "change", row.pk))
        with CaptureQueriesContext(connection) as queries:
            assert desk.get(url(SLOT, "change", row.pk)).status_code == 200
        return len(queries)

    assert cost(5) == cost(45) <= 25


def test_the_slots_of_another_practice_look_missing_to_every_step(desk, here, other_practice):
    from tests.backoffice.rows import slot

    other = slot(other_practice)
    before = stored()
    for step in ("withdraw", "change-series"):
        response = desk.post(url(SLOT, step, other.pk), {"apply": "1"})
        assert response.headers["Location"] == reverse("admin:index")
        assert "doesn’t exist" in said(response)[-1][1]
    assert stored() == before
