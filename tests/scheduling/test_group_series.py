"""A series of visits in groups: each takes a place in the group that begins at its time."""

import pytest

from core.errors import Conflict
from scheduling.models import Appointment
from scheduling.services import Decision, Repeat, book_repeating, preview_repeating
from tests.factories import AT, RoomFactory, SpecialistFactory
from tests.scheduling.words import another_patient, into, offer
from tests.stage import DAY, everything

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("every_invariant_holds")]

FIRST = AT + 3 * DAY


@pytest.fixture
def groups(stage):
    """A group of two places each week, three times, in a room."""
    room = RoomFactory(practice=stage.practice)
    return [offer(stage, days=days, capacity=2, room_id=room.pk) for days in (3, 10, 17)]


def wish(stage, **more):
    return {
        "practice_id": stage.practice.pk,
        "patient_id": stage.patient.pk,
        "service_id": stage.service.pk,
        "specialist_id": stage.specialist.pk,
        "starts_at": FIRST,
        "repeat": Repeat("weekly", 1, 2),
        "in_groups": True,
        "at": AT,
        **more,
    }


def book(stage, **more):
    return book_repeating(**wish(stage, **more), by=stage.desk)


def fill(stage, slot):
    for _place in range(2):
        into(stage, slot, another_patient(stage))


def test_each_visit_of_a_series_takes_a_place_in_its_group(stage, groups):
    into(stage, groups[1], another_patient(stage))
    assert [one.why for one in preview_repeating(stage.desk, **wish(stage))] == [[], [], []]
    made = book(stage, enrollment_id=stage.enroll().pk)
    assert [(row.slot_id, row.room_id, row.plan_session_number) for row in made] == [
        (slot.pk, slot.room_id, number) for number, slot in enumerate(groups, 1)
    ]
    assert len({row.series_id for row in made}) == 1
    for slot, booked in zip(groups, (1, 2, 1), strict=True):
        slot.refresh_from_db()
        assert slot.booked == booked


def test_a_full_group_and_a_week_without_one_are_named_and_nothing_is_written(stage, groups):
    fill(stage, groups[1])
    before = everything()
    dates = preview_repeating(stage.desk, **wish(stage, repeat=Repeat("weekly", 1, 3)))
    assert [len(one.why) for one in dates] == [0, 1, 0, 1]
    assert dates[3].why == ["No group begins then."]
    with pytest.raises(Conflict) as refusal:
        book(stage, repeat=Repeat("weekly", 1, 3))
    assert refusal.value.code == "no_group"
    assert "No group begins then." in str(refusal.value)
    assert everything() == before


def test_another_group_of_the_week_is_proposed_and_taken(stage, groups):
    fill(stage, groups[1])
    later = offer(stage, days=10, hours=2, capacity=2)
    (_first, second, _third) = preview_repeating(stage.desk, **wish(stage))
    assert second.free.starts_at == later.starts_at
    made = book(stage, decisions={1: Decision(starts_at=later.starts_at)})
    assert [row.slot_id for row in made] == [groups[0].pk, later.pk, groups[2].pk]


def test_a_date_is_left_out_or_booked_over_the_full_group(stage, groups):
    fill(stage, groups[1])
    assert len(book(stage, decisions={1: Decision(skip=True)})) == 2
    stage.patient = another_patient(stage)
    made = book(stage, decisions={1: Decision(because="A third mat")})
    assert [(row.slot_id, row.overbooked) for row in made] == [
        (groups[0].pk, False),
        (None, True),
        (groups[2].pk, False),
    ]
    assert (made[1].starts_at, made[1].ends_at) == (groups[1].starts_at, groups[1].ends_at)


def test_what_keeps_the_patient_from_a_group_is_a_clash_like_any_other(stage, groups):
    mine, stage.specialist = (
        stage.specialist,
        SpecialistFactory(organization=stage.practice.organization, works_at=[stage.practice]),
    )
    stage.book(days=10)
    stage.specialist = mine
    assert [len(one.why) for one in preview_repeating(stage.desk, **wish(stage))] == [0, 1, 0]
    with pytest.raises(Conflict) as refusal:
        book(stage)
    assert [clash["role"] for clash in refusal.value.clashes] == ["patient"]


def test_without_the_wish_a_group_takes_the_time_as_before(stage, groups):
    before = everything()
    with pytest.raises(Conflict):
        book(stage, in_groups=False)
    assert everything() == before


def test_another_room_or_a_longer_service_has_no_place_in_the_group(stage, groups):
    dates = preview_repeating(stage.desk, **wish(stage, room_id=RoomFactory(practice=stage.practice).pk))
    assert all("does not meet in" in one.why[0] for one in dates)
    stage.service.duration_minutes = 60
    stage.service.save()
    dates = preview_repeating(stage.desk, **wish(stage))
    assert all("takes longer than the group" in one.why[0] for one in dates)
    assert Appointment.objects.count() == 0
