"""One order of locks for the whole product, and a recorder that notices another."""

import pytest
from django.apps import apps

from core.actor import Actor
from core.db import unit_of_work
from core.locks import ORDER, LockOrderError, lock, record, taken
from directory.models import Organization, Resource
from tests.factories import ResourceFactory

BY = Actor.system("test")


@pytest.fixture
def work(db, at):
    with unit_of_work("tests.lock", by=BY, at=at) as work:
        yield work


def test_rows_are_locked_in_ascending_id_and_absent_ones_left_out(work):
    rows = [ResourceFactory() for _ in range(3)]
    ids = [row.pk for row in rows]
    assert lock(Resource.objects.all(), [ids[2], ids[0], 10**9, ids[0]]) == [rows[0], rows[2]]


def test_no_ids_ask_the_database_nothing(work, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert lock(Resource.objects.all(), []) == []


def test_the_rows_are_locked_for_update_where_the_engine_can(work, django_assert_num_queries):
    from django.db import connection

    row = ResourceFactory()
    with django_assert_num_queries(1) as captured:
        lock(Resource.objects.all(), [row.pk])
    locked = "FOR NO KEY UPDATE" in captured.captured_queries[0]["sql"]
    assert locked == (connection.vendor == "postgresql")


@pytest.mark.parametrize("earlier", range(len(ORDER)))
def test_an_earlier_kind_after_a_later_one_is_refused(work, earlier):
    for later in ORDER[earlier + 1 :]:
        taken.set([])
        record(later)
        with pytest.raises(LockOrderError, match=f"{ORDER[earlier]} locked after {later}"):
            record(ORDER[earlier])


def test_the_order_itself_is_fine_and_the_same_kind_twice(work):
    for label in ORDER:
        record(label)
        record(label)
    assert taken.get() == [label for label in ORDER for _ in range(2)]


def test_the_latest_of_all_counts_not_the_last(work):
    record("scheduling.appointment")
    record("scheduling.appointment")
    with pytest.raises(LockOrderError):
        record("orders.productorder")


def test_a_nested_verb_is_held_to_the_order_of_the_outer_one(work, at):
    record("scheduling.appointment")
    with (
        pytest.raises(LockOrderError),
        unit_of_work("tests.inner", by=BY, at=at),
    ):
        lock(Resource.objects.all(), [1])


def test_locking_outside_a_unit_of_work_is_an_error(db):
    with pytest.raises(LockOrderError, match=r"directory\.resource locked outside"):
        lock(Resource.objects.all(), [1])


def test_a_kind_without_a_place_in_the_order_is_an_error(work):
    record("directory.resource")
    with pytest.raises(ValueError, match="not in tuple"):
        lock(Organization.objects.all(), [1])


def test_in_production_the_order_is_not_asked_for(work, settings):
    settings.CHECK_LOCK_ORDER = False
    record("scheduling.appointment")
    record("orders.productorder")
    assert taken.get() == ["scheduling.appointment", "orders.productorder"]


def test_every_kind_in_the_order_is_a_table_of_an_app_that_is_there():
    installed = {config.label for config in apps.get_app_configs()}
    there = [label for label in ORDER if label.split(".")[0] in installed - {"scheduling", "api"}]
    assert [apps.get_model(label)._meta.label_lower for label in there] == there
