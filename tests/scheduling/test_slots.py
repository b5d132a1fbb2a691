"""Slots: one by one, in series in wall time, in batches that make the good and name the bad."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.core.management import call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.actor import Actor
from core.errors import Conflict, InvalidInput, Missing
from core.models import AuditEntry
from scheduling.calendar import SlotWish
from scheduling.calendar.recurrence import HORIZON, at_wall_time, checked_rule, days
from scheduling.models import AvailableSlot, SeriesSkip, SlotSeries
from scheduling.services import (
    add_recurring_time_off,
    add_time_off,
    book_slot,
    change_series,
    change_slot,
    create_series,
    create_slot,
    create_slots,
    end_recurring_time_off,
    extend_series,
    import_holidays,
    preview_slots,
    remove_holiday,
    set_holiday,
    undo_batch,
    withdraw_series,
    withdraw_slots,
)
from tests.factories import AT, SpecialistFactory
from tests.stage import DAY, everything

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("every_invariant_holds")]
HOUR = timedelta(hours=1)
SYSTEM = Actor.system("test")


def wish(stage, start=0.0, length=1.0, **more):
    """A slot `start` hours into the third day from now."""
    starts = AT + 3 * DAY + start * HOUR
    named = {"specialist_id": stage.specialist.pk} | more
    return SlotWish(starts_at=starts, ends_at=starts + length * HOUR, **named)


def batch(stage, wishes):
    return create_slots(practice_id=stage.practice.pk, wishes=wishes, by=stage.desk, at=AT)


@pytest.mark.parametrize(
    ("start", "length", "field", "text"),
    [
        (-80, 1, "starts_at", "must be in the future"),
        (0, -1, "ends_at", "must be after start time"),
        (0, 0, "ends_at", "must be after start time"),
        (0, 25, "ends_at", "must be within a day of start time"),
    ],
)
def test_a_slot_lies_ahead_and_ends_after_it_starts(stage, start, length, field, text):
    with pytest.raises(InvalidInput) as refusal:
        create_slot(practice_id=stage.practice.pk, wish=wish(stage, start, length), by=stage.desk, at=AT)
    assert refusal.value.fields == {field: text}
    assert not AvailableSlot.objects.exists()


def test_a_slot_over_another_of_its_specialist_is_refused_and_named(stage):
    create_slot(practice_id=stage.practice.pk, wish=wish(stage), by=stage.desk, at=AT)
    with pytest.raises(Conflict, match="The specialist has another slot at this time") as refusal:
        create_slot(practice_id=stage.practice.pk, wish=wish(stage, 0.5), by=stage.desk, at=AT)
    assert refusal.value.clashes == [{"what": "slot", "says": "the slot Fri 20 Feb 2026, 12:00 – 13:00"}]
    create_slot(practice_id=stage.practice.pk, wish=wish(stage, 1), by=stage.desk, at=AT)


def test_a_batch_makes_the_good_and_names_the_bad(stage):
    create_slot(practice_id=stage.practice.pk, wish=wish(stage, 5), by=stage.desk, at=AT)
    stranger = SpecialistFactory(organization=stage.practice.organization)
    wishes = [
        wish(stage),
        wish(stage, 0.5),
        wish(stage, 5.5),
        wish(stage, 2, -1),
        wish(stage, 1),
        wish(stage, 3, specialist_id=stranger.pk),
    ]
    result = batch(stage, wishes)
    assert [(slot.starts_at, slot.batch_id) for slot in result.made] == [
        (wishes[0].starts_at, result.batch.pk), (wishes[4].starts_at, result.batch.pk),
    ]  # fmt: skip
    conflict = "The specialist has another slot at this time"
    assert [one.pop("there") for one in result.batch.failed] == [False] * 4
    assert result.batch.failed == [
        {"index": 1, "errors": {"": [f"{conflict} (number 0 of this batch, Fri 20 Feb 2026, 12:00 – 13:00)"]}},
        {"index": 2, "errors": {"": [f"{conflict} (the slot Fri 20 Feb 2026, 17:00 – 18:00)"]}},
        {"index": 3, "errors": {"ends_at": ["must be after start time"]}},
        {"index": 5, "errors": {"specialist_id": ["offers no slots at this practice"]}},
    ]
    told = AuditEntry.objects.filter(object_kind="scheduling.availableslot").order_by("pk")
    assert list(told.values_list("verb", flat=True)) == ["scheduling.create_slot", *["scheduling.create_slots"] * 2]


def test_a_preview_says_what_creating_would_and_writes_nothing(stage):
    wishes = [wish(stage), wish(stage, 0.5), wish(stage, 1)]
    before = everything()
    offers = preview_slots(stage.desk, practice_id=stage.practice.pk, wishes=wishes, at=AT)
    assert [bool(offer.errors) for offer in offers] == [False, True, False]
    assert everything() == before
    assert not AvailableSlot.objects.exists()
    assert len(batch(stage, wishes).made) == 2


def test_a_batch_is_undone_while_nothing_of_it_is_booked(stage):
    result = batch(stage, [wish(stage), wish(stage, 1)])
    booked = book_slot(result.made[0].pk, patient_id=stage.patient.pk, by=stage.desk, at=AT)
    with pytest.raises(Conflict, match="1 of its slots are booked: Fri 20 Feb 2026, 12:00"):
        undo_batch(result.batch.pk, by=stage.desk, at=AT)
    assert AvailableSlot.objects.offered().count() == 2
    from scheduling.services import cancel_appointment

    cancel_appointment(booked.pk, by=stage.desk, at=AT)
    assert undo_batch(result.batch.pk, by=stage.desk, at=AT).undone_at == AT
    assert not AvailableSlot.objects.offered().exists()
    with pytest.raises(Conflict):
        undo_batch(result.batch.pk, by=stage.desk, at=AT)


def test_many_are_withdrawn_but_not_the_booked_the_unknown_and_anothers(stage):
    free, taken = batch(stage, [wish(stage), wish(stage, 1)]).made
    book_slot(taken.pk, patient_id=stage.patient.pk, by=stage.desk, at=AT)
    colleague = SpecialistFactory(organization=stage.practice.organization, works_at=[stage.practice])
    (other,) = batch(stage, [wish(stage, specialist_id=colleague.pk)]).made
    done, refused = withdraw_slots(
        practice_id=stage.practice.pk,
        specialist_id=stage.specialist.pk,
        slot_ids=[free.pk, taken.pk, other.pk, 10**9],
        by=stage.desk,
        at=AT,
    )
    assert (done, refused) == ([free.pk], {taken.pk: "is booked", other.pk: "not found", 10**9: "not found"})


def test_a_free_slot_can_be_changed_and_a_booked_one_keeps_its_time(stage):
    slot, _other = batch(stage, [wish(stage), wish(stage, 1)]).made
    changed = change_slot(slot.pk, values={"starts_at": slot.starts_at + HOUR / 2}, by=stage.desk, at=AT)
    assert changed.starts_at == slot.starts_at + HOUR / 2
    with pytest.raises(Conflict):
        change_slot(slot.pk, values={"ends_at": slot.ends_at + HOUR}, by=stage.desk, at=AT)
    book_slot(slot.pk, patient_id=stage.patient.pk, by=stage.desk, at=AT)
    with pytest.raises(Conflict, match="booked"):
        change_slot(slot.pk, values={"starts_at": slot.starts_at}, by=stage.desk, at=AT)
    assert (
        change_slot(slot.pk, values={"appointment_type": "therapy"}, by=stage.desk, at=AT).appointment_type == "therapy"
    )


def series(stage, pattern="weekly", **more):
    return create_series(practice_id=stage.practice.pk, wish=wish(stage), pattern=pattern, by=stage.desk, at=AT, **more)


@pytest.mark.parametrize(
    ("pattern", "rule", "expected"),
    [
        ("daily", "", [0, 1, 2, 3]),
        ("weekly", "", [0, 7, 14, 21]),
        ("biweekly", "", [0, 14, 28, 42]),
        ("monthly", "", [0, 28, 59]),
        ("custom", "FREQ=WEEKLY;BYDAY=MO,FR", [0, 3, 7, 10]),
        ("custom", "RRULE:FREQ=DAILY;INTERVAL=3;COUNT=2", [0, 3]),
        ("custom", "FREQ=DAILY;INTERVAL=7;BYDAY=FR", [0, 7, 14]),
    ],
)
def test_each_pattern_repeats_as_it_says(stage, pattern, rule, expected):
    _series, first = series(stage, pattern, rule=rule)
    local = [slot.starts_at.astimezone(stage.practice.zone) for slot in AvailableSlot.objects.order_by("starts_at")]
    begin = local[0].date()
    assert first.series_date == begin == date(2026, 2, 20)
    assert [(moment.date() - begin).days for moment in local][: len(expected)] == expected
    assert {moment.time() for moment in local} == {time(12)}
    assert max(moment.date() for moment in local) <= AT.date() + timedelta(days=90)


NEVER = ["FREQ=DAILY;INTERVAL=7;BYDAY=TU", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"]  # from a Friday


@pytest.mark.parametrize(
    "rule", ["", "nonsense", "FREQ=HOURLY", "FREQ=DAILY;BYHOUR=3", "FREQ=DAILY\nRDATE:20260101", *NEVER]
)
def test_a_rule_that_is_not_one_of_days_is_refused(stage, rule):
    with pytest.raises(InvalidInput) as refusal:
        series(stage, "custom", rule=rule)
    assert set(refusal.value.fields) == {"rrule"}
    assert not SlotSeries.objects.exists()


def test_the_last_day_is_inclusive(stage):
    series(stage, "daily", until=date(2026, 2, 22))
    assert AvailableSlot.objects.count() == 3


def test_a_month_without_the_day_has_it_on_its_last(stage):
    starts = datetime(2026, 3, 31, 9, tzinfo=UTC)
    create_series(
        practice_id=stage.practice.pk,
        wish=SlotWish(specialist_id=stage.specialist.pk, starts_at=starts, ends_at=starts + HOUR),
        pattern="monthly",
        by=stage.desk,
        at=datetime(2026, 3, 5, tzinfo=UTC),
    )
    found = [slot.starts_at.date() for slot in AvailableSlot.objects.order_by("starts_at")]
    assert found == [date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31)]


def test_a_series_leaves_out_holidays_time_off_and_other_slots_and_says_why(stage):
    set_holiday(practice_id=stage.practice.pk, day=date(2026, 2, 27), name="Spring day", by=stage.desk, at=AT)
    away = AT + 17 * DAY
    add_time_off(
        practice_id=stage.practice.pk,
        specialist_id=stage.specialist.pk,
        starts_at=away,
        ends_at=away + HOUR,
        reason="Course",
        by=stage.desk,
        at=AT,
    )
    create_slot(practice_id=stage.practice.pk, wish=wish(stage, 21 * 24 + 0.5), by=stage.desk, at=AT)
    made, _first = series(stage)
    skips = SeriesSkip.objects.filter(series=made).order_by("date").values_list("date", "reason", "detail")
    assert list(skips) == [
        (date(2026, 2, 27), "holiday", "Spring day"),
        (date(2026, 3, 6), "time_off", "Course"),
        (date(2026, 3, 13), "clash", "the slot Fri 13 Mar 2026, 12:30 – 13:30"),
    ]


def test_a_series_is_rolled_forward_once(stage, capsys):
    made, _first = series(stage)
    count = AvailableSlot.objects.count()
    later = AT + 14 * DAY
    assert extend_series(made.pk, by=SYSTEM, at=later) == 2
    assert extend_series(made.pk, by=SYSTEM, at=later) == 0
    assert AvailableSlot.objects.count() == count + 2
    call_command("extend_slots")
    again = AvailableSlot.objects.count()
    call_command("extend_slots")
    assert AvailableSlot.objects.count() == again
    assert "0 slots and 0 times off made" in capsys.readouterr().out


def test_only_series_with_days_to_make_are_rolled_forward(stage):
    def repeated(start):
        first = wish(stage, start)
        return create_series(practice_id=stage.practice.pk, wish=first, pattern="weekly", by=stage.desk, at=AT)

    (made, _slot), (over, _another), (_ended, slot) = repeated(0), repeated(1), repeated(2)
    SlotSeries.objects.filter(pk=over.pk).update(until_date=over.generated_until)
    withdraw_series(slot.pk, following=False, by=stage.desk, at=AT)

    def named(at):
        return [one.pk for one in SlotSeries.objects.to_roll_forward(at, HORIZON)]

    assert named(AT) == []
    assert named(AT + DAY) == [made.pk]
    # The next day begins on the practice's clock, not in Greenwich.
    zone = stage.practice.zone
    midnight = datetime.combine(AT.astimezone(zone).date() + DAY, time(), tzinfo=zone)
    assert (named(midnight - 4 * HOUR), named(midnight)) == ([], [made.pk])


def test_a_series_that_cannot_be_rolled_forward_keeps_no_other_back(stage, capsys, monkeypatch):
    other = SpecialistFactory(organization=stage.practice.organization, works_at=[stage.practice])
    made, _first = series(stage)
    stage.specialist = other
    second, _first = series(stage)

    def refuse_the_first(pk, **given):
        if pk == made.pk:
            raise Missing
        return extend_series(pk, **given)

    monkeypatch.setattr("scheduling.management.commands.extend_slots.extend_series", refuse_the_first)
    call_command("extend_slots")
    told = capsys.readouterr()
    assert told.err == f"slot series {made.pk}: Not found\n"
    assert SlotSeries.objects.get(pk=second.pk).generated_until > SlotSeries.objects.get(pk=made.pk).generated_until


def test_a_series_ends_from_a_slot_on_and_keeps_what_is_booked(stage):
    made, _first = series(stage, "daily")
    slots = list(AvailableSlot.objects.order_by("starts_at"))
    book_slot(slots[5].pk, patient_id=stage.patient.pk, by=stage.desk, at=AT)
    _series, kept = withdraw_series(slots[3].pk, following=True, by=stage.desk, at=AT)
    assert [slot.pk for slot in kept] == [slots[5].pk]
    assert list(AvailableSlot.objects.offered().order_by("starts_at")) == [*slots[:3], slots[5]]
    assert extend_series(made.pk, by=SYSTEM, at=AT + 30 * DAY) == 0


def test_a_series_changes_from_a_slot_on_and_leaves_out_what_hits_the_booked(stage):
    _made, _first = series(stage, "daily")
    slots = list(AvailableSlot.objects.order_by("starts_at"))
    book_slot(slots[5].pk, patient_id=stage.patient.pk, by=stage.desk, at=AT)
    new, kept = change_series(slots[3].pk, following=True, values={"start_time": time(12, 30)}, by=stage.desk, at=AT)
    assert [slot.pk for slot in kept] == [slots[5].pk]
    offered = AvailableSlot.objects.offered().order_by("starts_at")
    clock = [slot.starts_at.astimezone(stage.practice.zone).time() for slot in offered][:6]
    assert clock == [time(12), time(12), time(12), time(12, 30), time(12, 30), time(12)]
    assert list(SeriesSkip.objects.filter(series=new).values_list("date", "reason")) == [(date(2026, 2, 25), "clash")]


def test_lunch_comes_again_and_can_be_ended(stage):
    made, _first = series(stage, "daily")
    lunch = add_recurring_time_off(
        practice_id=stage.practice.pk,
        specialist_id=stage.specialist.pk,
        rule="FREQ=DAILY",
        start_date=date(2026, 2, 20),
        start_time=time(12, 30),
        duration_minutes=30,
        reason="Lunch",
        by=stage.desk,
        at=AT,
    )
    assert set(AvailableSlot.objects.values_list("blocked", flat=True)) == {1}
    end_recurring_time_off(lunch.pk, by=stage.desk, at=AT)
    assert set(AvailableSlot.objects.values_list("blocked", flat=True)) == {0}
    assert made.pk


def test_holidays_come_from_the_calendar_and_by_hand(stage):
    days_off = import_holidays(practice_id=stage.practice.pk, year=2026, by=stage.desk, at=AT)
    assert date(2026, 12, 25) in {day.date for day in days_off}
    assert import_holidays(practice_id=stage.practice.pk, year=2026, by=stage.desk, at=AT) == []
    christmas = set_holiday(
        practice_id=stage.practice.pk, day=date(2026, 12, 25), name="We are open", is_closed=False, by=stage.desk, at=AT
    )
    assert (christmas.is_closed, christmas.source) == (False, "manual")
    remove_holiday(christmas.pk, by=stage.desk, at=AT)
    stage.practice.country_code = "XX"
    stage.practice.save()
    with pytest.raises(InvalidInput):
        import_holidays(practice_id=stage.practice.pk, year=2026, by=stage.desk, at=AT)


def test_a_closed_day_refuses_bookings_unless_overridden_with_a_reason(stage):
    set_holiday(practice_id=stage.practice.pk, day=date(2026, 2, 20), name="Spring day", by=stage.desk, at=AT)
    with pytest.raises(Conflict, match="Spring day") as refusal:
        stage.book()
    assert refusal.value.code == "closed"
    assert stage.book(override_reason="The doctor comes in").status == "confirmed"


ZONES = [
    "Europe/Bucharest",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "America/Sao_Paulo",
    "Pacific/Apia",
]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    zone=st.sampled_from(ZONES),
    first=st.dates(date(2024, 1, 1), date(2028, 12, 31)),
    wall=st.times().map(lambda moment: moment.replace(second=0, microsecond=0)),
)
def test_a_weekly_slot_keeps_its_wall_time_and_none_is_lost_or_doubled(zone, first, wall):
    from zoneinfo import ZoneInfo

    clock = ZoneInfo(zone)
    found = list(days("FREQ=WEEKLY", first=first, after=None, upto=first + timedelta(days=370), until=None))
    assert found == [first + timedelta(days=7 * week) for week in range(53)]
    moments = [at_wall_time(day, wall, clock) for day in found]
    shown = [moment.astimezone(clock) for moment in moments if moment is not None]
    assert {moment.time() for moment in shown} <= {wall}
    assert len(set(shown)) == len(shown)
    for day, moment in zip(found, moments, strict=True):
        naive = datetime.combine(day, wall)
        exists = any(
            naive.replace(tzinfo=clock, fold=fold).astimezone(UTC).astimezone(clock).replace(tzinfo=None) == naive
            for fold in (0, 1)
        )
        assert (moment is None) == (not exists)


@pytest.mark.parametrize("pattern", ["daily", "weekly", "biweekly", "monthly"])
def test_a_named_pattern_needs_no_rule(pattern):
    assert checked_rule(pattern, "", first=date(2026, 2, 17)).startswith("FREQ=")
