"""Slots in bulk: asked for, looked at without anything being written, made, refused with reasons, taken back."""

import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from core.moments import DAY_AND_TIME
from scheduling.models import AvailableSlot, Holiday, SlotBatch
from tests.backoffice.calendar.desk_calendar import moment, wall
from tests.backoffice.conftest import said, stored, url
from tests.factories import RoomFactory

PAGE = reverse("admin:bulk_slots")


def ask(here, **more):
    """Monday and Tuesday, 9 to 11 and 14 to 15, half hours: six a day for each."""
    return {
        "specialists": [here.ana.pk], "weekdays": [0, 1], "first": f"{wall(0, 9):%Y-%m-%d}",
        "last": f"{wall(6, 9):%Y-%m-%d}", "from_1": "09:00", "to_1": "11:00", "from_2": "14:00", "to_2": "15:00",
        "length": 30, "pause": 0, "room": "", "appointment_type": "", "capacity": 1, "skip_closed": "on", **more,
    }  # fmt: skip


def chips(preview):
    return [chip for _name, cells in preview.rows for cell in cells for chip in cell.chips]


def made_by(response):
    return SlotBatch.objects.get(pk=response.headers["Location"].split("/")[-3])


def test_the_page_is_linked_from_the_sidebar_and_from_the_slots(desk, here):
    start = desk.get(reverse("admin:index"))
    links = [item["link"] for group in start.context["sidebar_navigation"] for item in group["items"]]
    assert PAGE in links
    assert PAGE in [
        link for _label, link in desk.get(url("scheduling.availableslot", "changelist")).context["list_links"]
    ]
    assert desk.get(PAGE).status_code == 200


def test_the_preview_shows_each_slot_with_its_reason_and_writes_nothing(desk, here):
    here.offer(0, 9, 15)
    before = stored()
    preview = desk.post(PAGE, {**ask(here), "look": "1"}).context["preview"]
    assert (preview.made, preview.refused, preview.blocked) == (10 - 2 + 2, 2, 0)
    refused = [(chip.hours, chip.why) for chip in chips(preview) if chip.state == "refused"]
    hit = "overlaps the slot 09:15 – 09:45"
    assert refused == [("09:00–09:30", hit), ("09:30–10:00", hit)]
    assert preview.reasons == [("The specialist has another slot at this time", 2)]
    assert stored() == before


def test_one_room_for_several_at_once_is_pointed_out_before_anything_is_written(desk, here, practice):
    room, bob = RoomFactory(practice=practice, name="Gym"), here.person("Beech")
    both = desk.post(PAGE, {**ask(here, specialists=[here.ana.pk, bob.pk], room=room.pk), "look": "1"})
    assert "Several specialists would offer Gym at the same time" in both.content.decode()
    one = desk.post(PAGE, {**ask(here, room=room.pk), "look": "1"})
    assert one.context["preview"].room is None


def test_the_page_of_a_batch_says_all_that_was_asked_for(desk, here, practice):
    room = RoomFactory(practice=practice, name="Gym")
    batch = made_by(desk.post(PAGE, {**ask(here, room=room.pk, pause=10), "commit": "1"}))
    text = desk.get(url("scheduling.slotbatch", "change", batch.pk)).content.decode()
    for part in (str(here.ana), "Monday, Tuesday", "30 minutes each, 10 minutes between", "Gym, any service, 1 place"):
        assert part in text


def test_what_was_typed_is_kept_beside_the_preview(desk, here):
    response = desk.post(PAGE, {**ask(here, from_1="09:05", length=25), "look": "1"})
    page = response.content.decode()
    assert 'value="09:05"' in page
    assert 'name="length" value="25"' in page


def test_committing_makes_the_good_and_names_the_bad(desk, here, practice):
    here.offer(0, 9, 15)
    response = desk.post(PAGE, {**ask(here), "commit": "1"})
    assert said(response) == [("success", "10 slots created, 2 refused.")]
    batch = made_by(response)
    assert AvailableSlot.objects.filter(batch=batch).count() == 10
    page = desk.get(response.headers["Location"])
    figures, refused = page.context["panels"]
    assert [value for _name, value in figures.facts] == ["10", "0", "2", "0", "0"]
    shown = date_format(wall(0, 9, 15), DAY_AND_TIME)
    assert [row[1:] for row in refused.rows] == [
        [str(here.ana), f"The specialist has another slot at this time (the slot {shown} – 09:45)"]
    ] * 2
    assert refused.rows[0][0].endswith("09:00 – 09:30")


def test_the_batch_is_undone_while_nothing_of_it_is_booked(desk, here):
    batch = made_by(desk.post(PAGE, {**ask(here), "commit": "1"}))
    page = desk.get(url("scheduling.slotbatch", "change", batch.pk))
    assert [button.step.name for button in page.context["buttons"]] == ["undo"]
    response = desk.post(url("scheduling.slotbatch", "undo", batch.pk), {"apply": "1"})
    assert said(response)[-1] == ("success", "1 bulk creation undone.")
    assert AvailableSlot.objects.offered().count() == 0
    again = desk.post(url("scheduling.slotbatch", "undo", batch.pk), {"apply": "1"})
    assert said(again)[-1][1].endswith("It has already been undone.")


def test_a_booked_batch_is_not_undone_and_the_slot_is_named(desk, here):
    batch = made_by(desk.post(PAGE, {**ask(here), "commit": "1"}))
    here.book(0, 9)
    before = stored()
    response = desk.post(url("scheduling.slotbatch", "undo", batch.pk), {"apply": "1"})
    assert f"1 of its slots are booked: {date_format(wall(0, 9), DAY_AND_TIME)}" in said(response)[-1][1]
    assert stored() == before


def test_closed_days_are_left_out_and_named(desk, here, practice):
    Holiday.objects.create(practice=practice, date=wall(0, 9).date(), name="Team day")
    preview = desk.post(PAGE, {**ask(here), "look": "1"}).context["preview"]
    assert preview.made == 6
    assert [cell.note for _name, cells in preview.rows for cell in cells][:2] == ["Closed: Team day", ""]
    with_it = desk.post(PAGE, {**ask(here, skip_closed=""), "look": "1"}).context["preview"]
    assert with_it.made == 12


def test_the_times_that_the_clock_skips_are_named(desk, here, practice):
    practice.time_zone = "Europe/Bucharest"
    practice.save(update_fields=["time_zone"])
    today = timezone.localdate()
    spring = date(today.year + 1, 3, 31)
    spring -= timedelta(days=(spring.weekday() + 1) % 7)
    night = {"first": spring, "last": spring, "weekdays": [6], "from_1": "02:00", "to_1": "05:00"}
    data = ask(here, **night, from_2="", to_2="")
    preview = desk.post(PAGE, {**data, "look": "1"}).context["preview"]
    notes = [cell.note for _name, cells in preview.rows for cell in cells if cell.note]
    assert notes == ["The clock skips 03:00, 03:30"]
    assert [chip.hours for chip in chips(preview)] == ["02:00–02:30", "02:30–04:00", "04:00–04:30", "04:30–05:00"]


def test_breaks_rooms_places_and_several_people(desk, here, practice):
    bob, room = here.person("Beech"), RoomFactory(practice=practice)
    data = ask(here, specialists=[here.ana.pk], pause=15, room=room.pk, capacity=4, appointment_type="yoga")
    desk.post(PAGE, {**data, "commit": "1"})
    rows = AvailableSlot.objects.order_by("starts_at")
    monday = [(9, 0), (9, 45), (10, 30), (14, 0)]
    assert [row.starts_at for row in rows][:4] == [moment(practice, 0, *at) for at in monday]
    assert {(row.room, row.capacity, row.appointment_type) for row in rows} == {(room, 4, "yoga")}
    two = desk.post(PAGE, {**ask(here, specialists=[here.ana.pk, bob.pk]), "look": "1"}).context["preview"]
    assert [name for name, _cells in two.rows] == [str(here.ana), str(bob)]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"specialists": []}, "specialists"),
        ({"last": "2020-01-01"}, "last"),
        ({"last": "2099-01-01"}, "last"),
        ({"to_1": "08:00"}, "to_1"),
        ({"to_2": ""}, "from_2"),
        ({"length": 500}, "__all__"),
        ({"length": 0}, "length"),
        ({"weekdays": [9]}, "weekdays"),
    ],
)
def test_what_cannot_be_meant_is_told_at_its_field(desk, here, wrong, field):
    before = stored()
    response = desk.post(PAGE, {**ask(here, **wrong), "commit": "1"})
    assert response.status_code == 200
    assert field in response.context["form"].errors
    assert stored() == before


def test_more_than_ten_thousand_at_once_are_refused(desk, here):
    data = ask(here, weekdays=list(range(7)), last=f"{wall(300, 9):%Y-%m-%d}", length=5, from_1="00:00", to_1="23:00")
    before = stored()
    response = desk.post(PAGE, {**data, "commit": "1"})
    assert "the limit is 10000 at a time" in response.context["form"].errors["__all__"][0]
    assert stored() == before


def test_two_thousand_slots_are_paged_by_week_at_the_cost_of_few(desk, here):
    people = [here.ana.pk, *(here.person(f"P{number}").pk for number in range(4))]
    few = ask(here)
    many = ask(here, specialists=people, weekdays=[0, 1, 2, 3, 4], last=f"{wall(27, 9):%Y-%m-%d}", length=10)

    def cost(data):
        with CaptureQueriesContext(connection) as queries:
            response = desk.post(PAGE, {**data, "look": "1"})
        return len(queries), response.context["preview"]

    cost(few)
    queries, _small = cost(few)
    more_queries, large = cost(many)
    assert (more_queries, queries <= 25) == (queries, True)
    assert (large.made, len(large.weeks), len(chips(large))) == (1800, 4, 450)
    third = desk.post(PAGE, {**many, "week": f"{wall(14, 9):%Y-%m-%d}"}).context["preview"]
    assert [week.shown for week in third.weeks] == [False, False, True, False]
    assert third.days[0] == wall(14, 9).date()
    response = desk.post(PAGE, {**many, "commit": "1"})
    assert AvailableSlot.objects.filter(batch=made_by(response)).count() == 1800


def test_another_like_an_earlier_one_begins_filled_in(desk, here, practice):
    batch = made_by(desk.post(PAGE, {**ask(here, length=20), "commit": "1"}))
    links = dict(desk.get(url("scheduling.slotbatch", "change", batch.pk)).context["links"])
    form = desk.get(links["Create more like these"]).context["form"]
    assert (form["length"].value(), form["specialists"].value()) == (20, [here.ana.pk])


def test_only_those_who_may_create_slots_see_the_page(therapist, here):
    before = stored()
    assert therapist.get(PAGE).status_code == 403
    assert therapist.post(PAGE, {**ask(here), "commit": "1"}).status_code == 403
    assert stored() == before


def test_another_practice_and_its_people_are_missing(desk, here, other_practice):
    from tests.factories import SpecialistFactory

    stranger = SpecialistFactory(organization=other_practice.organization, works_at=[other_practice])
    before = stored()
    assert desk.get(PAGE, {"practice": other_practice.pk}).status_code == 404
    assert desk.post(PAGE, {**ask(here), "practice": other_practice.pk, "commit": "1"}).status_code == 404
    response = desk.post(PAGE, {**ask(here, specialists=[stranger.pk]), "commit": "1"})
    assert list(response.context["form"].errors) == ["specialists"]
    assert stored() == before


def test_what_is_there_already_is_no_refusal(desk, here):
    """Asking for the same hours again makes nothing and says so without red."""
    desk.post(PAGE, {**ask(here), "commit": "1"})
    shown = desk.post(PAGE, ask(here)).context["preview"]
    assert (shown.made, shown.there, shown.refused) == (0, 12, 0)
    assert {chip.state for _who, cells in shown.rows for cell in cells for chip in cell.chips} == {"there"}
    again = desk.post(PAGE, {**ask(here), "commit": "1"})
    assert said(again)[-1] == ("success", "0 slots created, 12 existed already, 0 refused.")
    page = desk.get(again.headers["Location"]).content.decode()
    assert re.search(r"Existing already</dt>\s*<dd>12<", page)
    assert re.search(r"Refused</dt>\s*<dd>0<", page)
    assert "another slot at this time" not in page
