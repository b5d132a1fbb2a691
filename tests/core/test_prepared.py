"""A prepared query is compiled once and answers for the values of each call."""

from threading import Thread

import pytest
from django.db import connection
from django.db.models import CharField, DateTimeField, Exists, OuterRef, Value
from django.db.models.functions import Coalesce
from django.db.models.sql.compiler import SQLCompiler

from core.prepared import Prepared, PreparedColumn, Together, hole, one_of, read_once
from directory.models import ApiKey
from tests.factories import AT, ApiKeyFactory


def keys_labelled():
    made = ApiKey.objects.filter(label=hole("label", CharField()), created_at__lte=hole("at", DateTimeField()))
    return made.select_related("user").order_by("pk")


def test_each_call_finds_what_its_values_name_and_compiles_nothing(db, monkeypatch):
    rooms, desk = ApiKeyFactory(label="rooms"), ApiKeyFactory(label="desk")
    find = Prepared(keys_labelled)
    late = max(rooms.created_at, desk.created_at)
    assert find(label="rooms", at=late) == [rooms]
    monkeypatch.setattr(SQLCompiler, "as_sql", lambda *args, **more: pytest.fail("compiled again"))
    (found,) = find(label="desk", at=late)
    assert (found, found.user, found.created_at) == (desk, desk.user, desk.created_at)
    assert find(label="desk", at=AT.replace(year=2000)) == []
    assert find(label="%s' OR 1=1 --", at=late) == []


def test_a_row_is_read_anew_at_every_call(db):
    key = ApiKeyFactory(label="rooms")
    find = Prepared(keys_labelled)
    assert find(label="rooms", at=key.created_at) == [key]
    key.delete()
    assert find(label="rooms", at=AT) == []


@pytest.mark.django_db(transaction=True)
def test_another_thread_asks_over_its_own_connection():
    key = ApiKeyFactory(label="rooms")
    find, found = Prepared(keys_labelled), []
    assert find(label="rooms", at=key.created_at) == [key]

    def ask():
        try:
            found.extend(find(label="rooms", at=key.created_at))
        finally:
            connection.close()

    asking = Thread(target=ask)
    with connection.execute_wrapper(lambda *args: pytest.fail("asked over this thread's connection")):
        asking.start()
        asking.join()
    assert found == [key]


def test_a_column_is_told_of_each_row_for_the_values_of_each_call(db, monkeypatch):
    rooms, desk = ApiKeyFactory(label="rooms"), ApiKeyFactory(label="desk")

    def labelled():
        same = ApiKey.objects.filter(pk=OuterRef("pk"), label=hole("label", CharField()))
        return ApiKey.objects.annotate(is_it=Exists(same))

    column = PreparedColumn("is_it", labelled)

    def told(label):
        return list(ApiKey.objects.annotate(is_it=column(label=label)).order_by("pk").values_list("pk", "is_it"))

    assert told("rooms") == [(rooms.pk, True), (desk.pk, False)]
    column.make = lambda: pytest.fail("made again")
    assert told("desk") == [(rooms.pk, False), (desk.pk, True)]


def test_rows_are_what_django_makes_of_them(db):
    made = [ApiKeyFactory(label="rooms", scopes=[]), ApiKeyFactory(label="desk", scopes=["scheduling.view_slots"])]
    columns = ("pk", "label", "scopes", "is_own", "created_at", "last_used_at")
    own = ApiKey.objects.annotate(is_own=Exists(ApiKey.objects.filter(pk=OuterRef("pk"), label="desk")))
    rows = own.order_by("pk")
    assert Prepared(lambda: rows.values_list(*columns))() == list(rows.values_list(*columns))
    told = rows.annotate(told=Coalesce("last_used_at", "created_at", Value(AT))).values_list("told", "pk")
    assert Prepared(lambda: told)() == list(told)
    assert Prepared(lambda: rows.values_list("created_at", flat=True))() == [one.created_at for one in made]
    (first, second) = Prepared(lambda: rows.select_related("user").defer("scopes"))()
    assert (first.is_own, second.is_own) == (False, True)
    assert (first.get_deferred_fields(), first.scopes) == ({"scopes"}, [])
    assert second.changes() == {}
    assert second.user == made[1].user
    assert Prepared(lambda: rows.none())() == []


@pytest.mark.parametrize("rows", [ApiKey.objects.prefetch_related("user"), ApiKey.objects.values("pk")])
def test_what_is_read_in_another_way_cannot_be_prepared(db, rows):
    with pytest.raises(TypeError, match="ApiKey: prepare objects"):
        Prepared(lambda: rows)()


def test_none_is_among_the_values_of_a_queryset_without_rows(db):
    key = ApiKeyFactory()
    for values, found in ((ApiKey.objects.filter(pk=key.pk), [key]), (ApiKey.objects.filter(pk__in=[]), [])):
        assert list(ApiKey.objects.filter(read_once("pk", values.values("pk")))) == found


def test_queries_of_one_object_each_are_asked_together(db, django_assert_num_queries):
    rooms, desk = ApiKeyFactory(label="rooms"), ApiKeyFactory(label="desk")

    def made():
        first = ApiKey.objects.filter(label=hole("first", CharField())).select_related("user")
        second = ApiKey.objects.filter(label=hole("second", CharField())).annotate(told=Value(7))
        return {"first": first, "none": ApiKey.objects.none(), "second": second}

    ask = Together(made)
    with django_assert_num_queries(1):
        found = ask(first="rooms", second="desk")
        assert found == {"first": rooms, "none": None, "second": desk}
        assert (found["first"].user, found["second"].told) == (rooms.user, 7)
    assert ask(first="desk", second="nobody's") == {"first": desk, "none": None, "second": None}
    assert ask(first=None, second="rooms") == {"first": None, "none": None, "second": rooms}


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one type of number")
def test_many_ids_are_compared_as_numbers_of_the_length_of_a_key(db):
    """PostgreSQL looks for the value of a row among many of its own type at once; among others one after the other."""
    ids = list(range(1, 2_000))
    for column in ("pk", "user"):
        assert "}'::bigint[]))" in ApiKey.objects.filter(one_of(column, ids)).explain(verbose=True)
