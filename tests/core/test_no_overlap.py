"""The database refuses overlaps, on both engines, whatever writes them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, models, transaction
from django.test.utils import isolate_apps
from hypothesis import given
from hypothesis import strategies as st

from core.no_overlap import NoOverlap

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def Stay():  # noqa: N802 a model
    with isolate_apps("core"):

        class Stay(models.Model):
            guest_id = models.BigIntegerField()
            starts_at = models.DateTimeField()
            ends_at = models.DateTimeField()
            left_at = models.DateTimeField(null=True)
            firm = models.BooleanField(default=True)

            class Meta:
                app_label = "core"
                constraints = [
                    NoOverlap(name="stay_no_overlap", owner="guest_id", condition=models.Q(left_at=None, firm=True))
                ]

        yield Stay


@pytest.fixture
def stays(Stay, transactional_db):  # noqa: N803
    with connection.schema_editor() as editor:
        editor.create_model(Stay)
    yield Stay.objects
    with connection.schema_editor() as editor:
        editor.delete_model(Stay)


def stay(stays, start, end, guest=1, **more):
    hour = timedelta(hours=1)
    with transaction.atomic():
        return stays.create(guest_id=guest, starts_at=NOON + start * hour, ends_at=NOON + end * hour, **more)


@pytest.mark.parametrize(("start", "end"), [(0, 2), (1, 3), (-1, 1), (-1, 3), (0.5, 1.5), (0, 1), (1, 2)])
def test_an_overlapping_insert_is_refused(stays, start, end):
    stay(stays, 0, 2)
    with pytest.raises(IntegrityError, match="stay_no_overlap"):
        stay(stays, start, end)
    assert stays.count() == 1


@pytest.mark.parametrize(("start", "end"), [(2, 3), (-1, 0)])
def test_touching_intervals_are_accepted(stays, start, end):
    stay(stays, 0, 2)
    stay(stays, start, end)
    assert stays.count() == 2


def test_others_and_rows_outside_the_condition_may_overlap(stays):
    stay(stays, 0, 2)
    stay(stays, 0, 2, guest=2)
    stay(stays, 0, 2, firm=False)
    stay(stays, 0, 2, left_at=NOON)
    assert stays.count() == 4


@pytest.mark.parametrize("change", [{"firm": True}, {"left_at": None}])
def test_an_update_into_the_condition_is_refused(stays, change):
    stay(stays, 0, 2)
    outside = {"firm": False} if "firm" in change else {"left_at": NOON}
    second = stay(stays, 1, 3, **outside)
    with pytest.raises(IntegrityError, match="stay_no_overlap"), transaction.atomic():
        stays.filter(pk=second.pk).update(**change)


def test_an_update_of_the_interval_or_the_owner_is_refused(stays):
    stay(stays, 0, 2)
    later = stay(stays, 4, 6)
    other = stay(stays, 0, 2, guest=2)
    with pytest.raises(IntegrityError, match="stay_no_overlap"), transaction.atomic():
        stays.filter(pk=later.pk).update(starts_at=NOON + timedelta(hours=1))
    with pytest.raises(IntegrityError, match="stay_no_overlap"), transaction.atomic():
        stays.filter(pk=other.pk).update(guest_id=1)
    stays.filter(pk=later.pk).update(starts_at=NOON + timedelta(hours=3))
    assert stays.get(pk=later.pk).starts_at == NOON + timedelta(hours=3)


def test_it_survives_the_remaking_of_a_table(stays, Stay):  # noqa: N803
    stay(stays, 0, 2)
    added = models.IntegerField(null=True)
    added.set_attributes_from_name("nights")
    added.model = Stay
    with connection.schema_editor() as editor:
        editor.add_field(Stay, added)
        if connection.vendor == "sqlite":
            editor._remake_table(Stay)
    with pytest.raises(IntegrityError, match="stay_no_overlap"), transaction.atomic():
        stay(stays, 1, 3)


def test_it_can_be_removed_and_added(stays, Stay):  # noqa: N803
    (constraint,) = Stay._meta.constraints
    Stay._meta.constraints = []
    with connection.schema_editor() as editor:
        editor.remove_constraint(Stay, constraint)
    first, second = stay(stays, 0, 2), stay(stays, 1, 3)
    stays.filter(pk=second.pk).delete()
    Stay._meta.constraints = [constraint]
    with connection.schema_editor() as editor:
        editor.add_constraint(Stay, constraint)
    with pytest.raises(IntegrityError, match="stay_no_overlap"):
        stay(stays, 1, 3)
    assert stays.get() == first


def test_a_form_gets_the_error_before_the_database(stays, Stay):  # noqa: N803
    mine = stay(stays, 0, 2)
    (constraint,) = Stay._meta.constraints
    constraint.validate(Stay, mine)
    clash = Stay(guest_id=1, starts_at=mine.starts_at, ends_at=mine.ends_at)
    with pytest.raises(ValidationError, match="overlaps"):
        constraint.validate(Stay, clash)
    clash.firm = False
    constraint.validate(Stay, clash)


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 6)), max_size=12))
def test_what_is_accepted_never_overlaps_and_what_is_refused_would(stays, wanted):
    stays.all().delete()
    accepted = []
    for start, length in wanted:
        free = all(start >= e or start + length <= s for s, e in accepted)
        if free:
            stay(stays, start, start + length)
            accepted.append((start, start + length))
        else:
            with pytest.raises(IntegrityError):
                stay(stays, start, start + length)
    assert stays.count() == len(accepted)
