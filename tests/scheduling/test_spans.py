"""Rows that share time with one of many spans, as they are found by a look at each."""

from datetime import timedelta

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.spans import joined
from scheduling.calendar import SlotWish
from scheduling.models import AvailableSlot, Claim
from scheduling.services import add_time_off, create_slots
from tests.factories import AT, SpecialistFactory
from tests.stage import DAY

HOUR = timedelta(hours=1)
HOURS = st.tuples(st.integers(0, 30 * 24), st.integers(1, 30)).map(lambda one: (one[0], one[0] + one[1]))


def at(hour):
    return AT + DAY + hour * HOUR


def test_spans_of_one_owner_that_touch_are_one():
    spans = [(2, 5, 6), (1, 3, 4), (1, 1, 3), (1, 6, 9), (1, 7, 8), (2, 1, 2)]
    assert joined(spans) == [(1, 1, 4), (1, 6, 9), (2, 1, 2), (2, 5, 6)]
    assert joined([]) == []


@pytest.mark.django_db
def test_slots_and_claims_over_spans_are_those_that_a_look_at_each_finds(stage):
    """A day long slot, time off of weeks, and what only touches a span, too."""
    other = SpecialistFactory(organization=stage.practice.organization, works_at=[stage.practice])
    people, by = (stage.specialist, other), {"by": stage.desk, "at": AT}
    times = [(day * 24, day * 24 + length) for day, length in ((1, 24), (2, 1), (5, 2), (9, 1), (20, 3))]
    wishes = [SlotWish(one.pk, at(begin), at(end)) for one in people for begin, end in times]
    create_slots(practice_id=stage.practice.pk, wishes=wishes, **by)
    stage.book(days=3)
    away = {"practice_id": stage.practice.pk, "specialist_id": other.pk}
    add_time_off(**away, starts_at=at(100), ends_at=at(600), **by)
    add_time_off(**away, starts_at=at(700), ends_at=at(710), **by)
    slots, claims = list(AvailableSlot.objects.all()), list(Claim.objects.all())

    def over(rows, owner, spans):
        return {
            row.pk
            for row in rows
            for whose, begin, end in spans
            if getattr(row, owner) == whose and row.starts_at < end and row.ends_at > begin
        }

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.lists(st.tuples(st.sampled_from(people), HOURS), min_size=1, max_size=6))
    def check(wanted):
        spans = [(one.pk, at(begin), at(end)) for one, (begin, end) in wanted]
        assert {slot.pk for slot in AvailableSlot.objects.over_spans(spans)} == over(slots, "specialist_id", spans)
        spans = [(one.resource_id, at(begin), at(end)) for one, (begin, end) in wanted]
        found = set(Claim.objects.over_spans(spans))
        # Of time off that of the whole time is read, which is little.
        assert {claim.pk for claim in found if claim.time_off_id is None} == over(
            [claim for claim in claims if claim.time_off_id is None], "resource_id", spans
        )
        assert {claim.pk for claim in found} >= over(claims, "resource_id", spans)

    check()


@pytest.mark.django_db
@pytest.mark.parametrize("model", [AvailableSlot, Claim])
def test_postgresql_looks_up_each_span_and_joins_no_whole_table(model, stage):
    """Whatever the statistics say: few spans of an owner with many rows were joined with all rows there are."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite looks up each span whatever it expects")
    spans = [(stage.specialist.pk, at(day * 24), at(day * 24 + 1)) for day in range(365)]
    with connection.cursor() as cursor:
        # No nested loop that can be avoided, as where the statistics make every other join look cheaper.
        cursor.execute("SET LOCAL enable_nestloop = off")
        plan = model.objects.over_spans(spans).explain()
    assert "Hash Join" not in plan
    assert "Merge Join" not in plan
