"""What future work hangs on a row is listed before the row is archived."""

from datetime import timedelta

import pytest

from core.hanging import hangs_on
from directory.models import SpecialistPractice
from scheduling.calendar.offers import SlotWish
from scheduling.services import cancel_appointment, create_series, create_slot, extend_series
from tests.factories import AT, RoomFactory, ServiceProductFactory, ServiceSpecialistFactory
from tests.stage import DAY, actor_with, bundle, set_stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage():
    """One thing of each kind lies ahead, and one of each kind lies behind."""
    stage = set_stage()
    stage.room = RoomFactory(practice=stage.practice)
    stage.service.code = "massage"
    stage.service.save()
    bundle(stage.plan, stage.product)
    ServiceProductFactory(service=stage.service, product=stage.product)
    stage.offer = ServiceSpecialistFactory(service=stage.service, specialist=stage.specialist)
    stage.works = SpecialistPractice.objects.get()
    stage.enrollment = stage.enroll()
    stage.visit = stage.book(stage.enrollment, days=3, room_id=stage.room.pk)
    stage.behind = stage.book(days=1)
    starts_at = AT + 5 * DAY
    wish = SlotWish(
        stage.specialist.pk,
        starts_at,
        starts_at + timedelta(minutes=30),
        appointment_type="massage",
        room_id=stage.room.pk,
    )
    stage.series, stage.slot = create_series(
        practice_id=stage.practice.pk,
        wish=wish,
        pattern="weekly",
        until=(AT + 5 * DAY).date(),
        by=stage.desk,
        at=AT,
    )
    cancelled = stage.book(days=9)
    cancel_appointment(cancelled.pk, by=stage.desk, at=AT)
    stage.order("cancelled")
    return stage


def told(row, by):
    return {one.kind: (one.count, [shown.pk for shown in one.rows]) for one in hangs_on(row, by=by, at=AT + 2 * DAY)}


def test_each_row_names_the_work_that_hangs_on_it(stage):
    order = stage.enrollment.orders.get()
    visit = ("scheduling.appointment", (1, [stage.visit.pk]))
    slot = ("scheduling.availableslot", (1, [stage.slot.pk]))
    series = ("scheduling.slotseries", (1, [stage.series.pk]))
    program = ("programs.enrollment", (1, [stage.enrollment.pk]))
    ordered = ("orders.productorder", (1, [order.pk]))
    plan = ("programs.serviceplan", (1, [stage.plan.pk]))
    used = ("catalog.service", (1, [stage.service.pk]))
    for what, hanging in {
        "specialist": [visit, slot, series],
        "works": [visit, slot, series],
        "room": [visit, slot, series],
        "practice": [visit, slot, series, program, ordered],
        "service": [visit, slot, series, program, plan],
        "offer": [visit],
        "product": [ordered, plan, used],
        "patient": [visit, program, ordered],
    }.items():
        assert told(getattr(stage, what), stage.desk) == dict(hanging), what


def test_work_that_the_actor_may_not_see_is_counted_and_not_shown(stage):
    elsewhere = actor_with("front_desk", set_stage().practice)
    assert told(stage.specialist, elsewhere) == {
        "scheduling.appointment": (1, []),
        "scheduling.availableslot": (1, []),
        "scheduling.slotseries": (1, []),
    }


def test_it_is_said_in_words(stage):
    says = [str(one.says) for one in hangs_on(stage.room, by=stage.desk, at=AT)]
    assert says == ["1 visit or request ahead", "1 slot ahead with a free place", "1 series that makes slots"]


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("specialist", {"archived_at": AT}),
        ("specialist", {"scheduling_active": False}),
        ("room", {"archived_at": AT}),
        ("room", {"is_active": False}),
        ("practice", {"archived_at": AT}),
    ],
)
def test_a_series_waits_while_what_it_needs_is_gone(stage, system, what, change):
    type(stage.series).objects.filter(pk=stage.series.pk).update(until_date=None)
    row = getattr(stage, what)
    type(row).objects.filter(pk=row.pk).update(**change)
    later = AT + 30 * DAY
    assert extend_series(stage.series.pk, by=system, at=later) == 0
    back = {"archived_at": None} if "archived_at" in change else dict.fromkeys(change, True)
    type(row).objects.filter(pk=row.pk).update(**back)
    assert extend_series(stage.series.pk, by=system, at=later) > 0


@pytest.mark.parametrize("what", ["specialist", "room", "practice"])
def test_no_slot_is_offered_of_what_is_gone(stage, what):
    row = getattr(stage, what)
    type(row).objects.filter(pk=row.pk).update(archived_at=AT)
    starts_at = AT + 20 * DAY
    wish = SlotWish(stage.specialist.pk, starts_at, starts_at + timedelta(minutes=30), room_id=stage.room.pk)
    with pytest.raises(Exception, match=r"at this practice|of this practice"):
        create_slot(practice_id=stage.practice.pk, wish=wish, by=stage.desk, at=AT)


def test_more_work_than_anybody_looks_through_is_not_counted_to_its_end(stage, monkeypatch):
    stage.book(days=4, room_id=stage.room.pk)
    visits = stage.visit, *type(stage.visit).objects.filter(room=stage.room).exclude(pk=stage.visit.pk)
    type(stage.visit).objects.filter(pk=visits[0].pk).update(starts_at=None, ends_at=None, status="requested")
    found, *_others = hangs_on(stage.room, by=stage.desk, at=AT + 2 * DAY)
    assert (found.says, [one.pk for one in found.rows]) == ("2 visits and requests ahead", [visits[1].pk, visits[0].pk])
    monkeypatch.setattr("core.hanging.MOST", 1)
    found, *_others = hangs_on(stage.room, by=stage.desk, at=AT + 2 * DAY)
    assert (found.says, found.count) == ("at least 1 visit or request ahead", 1)
