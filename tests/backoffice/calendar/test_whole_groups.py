"""A whole group at the desk: who is concerned is shown first, then one click cancels or moves everybody."""

import pytest
from django.urls import reverse
from django.utils import timezone

from scheduling.models import Appointment
from scheduling.services import add_time_off, book_slot
from tests.backoffice.calendar.desk_calendar import moment, typed
from tests.backoffice.calendar.test_booking import BOOK, asked
from tests.backoffice.conftest import said, stored, url

SLOT = "scheduling.availableslot"


@pytest.fixture
def group(desk, here):
    slot = here.offer(0, 9, capacity=3)
    for who in (here.patient, here.someone()):
        assert desk.post(f"{BOOK}?slot={slot.pk}", asked(here, patient=who.pk, book="1")).status_code == 302
    slot.refresh_from_db()
    return slot


def into(slot, here):
    return book_slot(slot.pk, patient_id=here.someone().pk, by=here.by, at=timezone.now())


def statuses():
    return sorted(Appointment.objects.values_list("status", flat=True))


def shown_ids(response):
    return {"apply": "1", "seen_ids": response.context["form"].shown}


def labels(response):
    return [str(button.step.label) for button in response.context["buttons"]]


def test_a_group_is_cancelled_after_one_page_that_names_everybody_with_their_number(desk, here, group):
    here.patient.phone_numbers.create(number="+40700000001", position=0)
    assert {"Cancel the group", "Move the group"} <= set(labels(desk.get(url(SLOT, "change", group.pk))))
    page = desk.get(url(SLOT, "cancel-group", group.pk))
    assert "+40700000001" in page.content.decode()
    sent = {**shown_ids(page), "reason": "The trainer is ill", "reason_code": "50"}
    done = desk.post(url(SLOT, "cancel-group", group.pk), sent)
    assert said(done)[-1][1].startswith("The group is cancelled: 2 visits.")
    assert statuses() == ["cancelled", "cancelled"]
    group.refresh_from_db()
    assert group.withdrawn_at is not None
    after = desk.get(url(SLOT, "change", group.pk))
    assert labels(after) == ["Undo"]
    undone = desk.post(url(SLOT, "undo-group", group.pk))
    assert said(undone)[-1][1].startswith("The group is back: 2 visits.")
    assert statuses() == ["confirmed", "confirmed"]


def test_whoever_came_meanwhile_is_shown_before_the_group_is_cancelled(desk, here, group):
    page = desk.get(url(SLOT, "cancel-group", group.pk))
    desk.post(f"{BOOK}?slot={group.pk}", asked(here, patient=here.someone().pk, book="1"))
    before = stored()
    again = desk.post(url(SLOT, "cancel-group", group.pk), shown_ids(page))
    assert "Somebody came into the group" in again.context["form"].non_field_errors()[0]
    assert stored() == before
    assert desk.post(url(SLOT, "cancel-group", group.pk), shown_ids(again)).status_code == 302
    assert statuses() == ["cancelled"] * 3


def test_the_specialist_cancels_their_group_and_its_slot_stays_offered(therapist, specialist, here):
    slot = here.offer(0, 9, capacity=3, person=specialist)
    into(slot, here)
    page = therapist.get(url(SLOT, "cancel-group", slot.pk))
    assert "offer_again" not in page.context["form"].fields
    assert therapist.post(url(SLOT, "cancel-group", slot.pk), shown_ids(page)).status_code == 302
    slot.refresh_from_db()
    assert (statuses(), slot.withdrawn_at) == (["cancelled"], None)


def test_a_group_is_moved_once_it_was_shown_where_everybody_goes(desk, here, practice, group):
    move = url(SLOT, "move-group", group.pk)
    assert desk.get(move).context["form"]["starts_at"].value() is not None
    sent = {"starts_at": typed(2, 11), "specialist": here.ana.pk, "room": "", "override_reason": ""}
    before = stored()
    page = desk.post(move, sent)
    assert page.context["token"]
    assert stored() == before
    done = desk.post(move, {**sent, "confirm": page.context["token"]})
    assert said(done)[-1][1].startswith("The group has been moved: 2 visits.")
    starts = moment(practice, 2, 11)
    assert set(Appointment.objects.values_list("slot", "starts_at")) == {(group.pk, starts)}
    group.refresh_from_db()
    assert group.starts_at == starts


def test_what_keeps_one_of_a_group_from_moving_is_shown_beside_their_name(desk, here, group):
    here.book(2, 11, person=here.person("Beech"))
    sent = {"starts_at": typed(2, 11), "specialist": here.ana.pk, "room": "", "override_reason": ""}
    before = stored()
    page = desk.post(url(SLOT, "move-group", group.pk), {**sent, "confirm": "made up"})
    assert page.context["token"] == ""
    lines = page.context["panel"].rows
    assert [bool(line[-1]) for line in lines if str(here.patient) in str(line[0])] == [True]
    assert [bool(line[-1]) for line in lines if str(here.patient) not in str(line[0])] == [False]
    assert stored() == before


def test_where_a_group_cannot_go_the_nearest_times_are_offered_that_are_free_for_everybody(desk, here, practice, group):
    here.book(2, 11, person=here.person("Beech"))
    sent = {"starts_at": typed(2, 11), "specialist": here.ana.pk, "room": "", "override_reason": ""}
    page, before = url(SLOT, "move-group", group.pk), stored()
    nearest = desk.post(page, sent).context["nearest"]
    clear = [moment(practice, 2, 10), moment(practice, 2, 10, 30), moment(practice, 2, 11, 30)]
    assert [one.starts_at for one in nearest] == clear
    picked = desk.post(page, {**sent, "pick": nearest[1].value})
    assert (picked.context["move"].wish.starts_at, picked.context["nearest"]) == (nearest[1].starts_at, [])
    assert picked.context["token"]
    assert stored() == before


@pytest.mark.parametrize("step", ["cancel-group", "move-group", "undo-group"])
def test_a_slot_without_anybody_offers_no_step_of_a_group(desk, here, step):
    slot = here.offer(0, 9, capacity=3)
    page = desk.get(url(SLOT, "change", slot.pk))
    assert not {"Cancel the group", "Move the group", "Undo"} & set(labels(page))
    before = stored()
    assert desk.post(url(SLOT, step, slot.pk), {"apply": "1"}).status_code == 302
    assert stored() == before


def test_whoever_must_be_moved_with_a_group_leads_to_it(desk, here, practice, group):
    here.book(0, 10)
    when = {"starts_at": moment(practice, 0, 8), "ends_at": moment(practice, 0, 18)}
    add_time_off(practice_id=practice.pk, specialist_id=here.ana.pk, **when, by=here.by, at=timezone.now())
    shown = desk.get(reverse("admin:to_be_moved")).content.decode()
    assert shown.count("Its group: 2 of 3") == 2


def test_a_visit_in_a_group_leads_to_it_from_its_page_and_from_its_card(desk, here, group):
    visit = Appointment.objects.filter(slot=group).first()
    alone = here.book(1, 9)
    way, says = url(SLOT, "change", group.pk), "Its group: 2 of 3"
    for page in (
        lambda pk: url("scheduling.appointment", "change", pk),
        lambda pk: reverse("admin:calendar_card", args=(pk,)),
    ):
        shown = desk.get(page(visit.pk)).content.decode()
        assert way in shown
        assert says in shown
        assert "Its group" not in desk.get(page(alone.pk)).content.decode()
