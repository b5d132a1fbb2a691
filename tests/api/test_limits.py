"""Limits come before work: a request that is too much is refused before anything of it is looked at."""

import json

import pytest
from rest_framework import serializers

from api.base.filters import BooleanFilter, Filters, IdFilter, RowsDateFilter, RowsNumberFilter, RowsTextFilter
from api.base.input import AmountField, IdField, Input, ListField, SmallIntegerField, TextField, most_bytes
from catalog.models import Service
from core.errors import InvalidInput
from tests.api.conftest import Caller
from tests.factories import AT, ServiceFactory

REGISTER = "/v1/services/{}/register"


@pytest.fixture
def register(organization):
    return REGISTER.format(ServiceFactory(organization=organization, public=True).uuid)


def test_a_registration_has_room_for_a_registration_alone(register):
    many = {f"field_{number}": 1 for number in range(750_000)}
    response = Caller().post(register, json.dumps(many).encode())
    assert (response.status_code, response.json()["error"]["code"]) == (413, "too_large")


def test_the_first_few_unknown_names_end_the_check(register):
    many = {f"field_{number}": 1 for number in range(1000)}
    response = Caller().post(register, {"contact_name": "Jane", "contact_phone": "1", **many, "x" * 5000: 1})
    assert response.status_code == 422
    assert list(response.json()["error"]["details"]["fields"]) == [f"field_{number}" for number in range(5)]
    long = Caller().post(register, {"contact_name": "Jane", "contact_phone": "1", "x" * 5000: 1})
    assert list(long.json()["error"]["details"]["fields"]) == ["x" * 100]


def test_a_list_is_counted_before_its_items_are_read():
    class Counted(IdField):
        read = 0

        def to_internal_value(self, data):
            Counted.read += 1
            return super().to_internal_value(data)

    class Body(Input):
        ids = ListField(child=Counted(), max_length=3)

    with pytest.raises(serializers.ValidationError, match="no more than 3"):
        Body(data={"ids": list(range(1, 300_000))}).is_valid(raise_exception=True)
    assert Counted.read == 0
    assert Body(data={"ids": [1, 2, 3]}).is_valid()
    assert Counted.read == 3


def test_a_body_has_room_for_all_that_its_input_takes():
    class Note(Input):
        text = TextField(max_length=1000)

    class Notes(Input):
        notes = ListField(child=TextField(max_length=10), max_length=100)
        note = Note()

    escaped = json.dumps({"notes": ["\U0001f600" * 10] * 100, "note": {"text": "\U0001f600" * 1000}})
    assert len(escaped) < most_bytes(Notes) < 64 * 1024 + 2 * len(escaped)


def wrong_in(data):
    class Order(Input):
        name = TextField(max_length=3)
        price = AmountField()
        places = SmallIntegerField(max_value=5)

    order = Order(data={"name": "abc", "price": 0, "places": 5, **data})
    order.is_valid()
    return set(order.errors)


def test_five_unknown_names_end_the_check_and_four_come_with_what_else_is_wrong():
    four = {f"field_{number}": 1 for number in range(4)}
    assert wrong_in({**four, "price": -1}) == {*four, "price"}
    assert wrong_in({**four, "field_4": 1, "price": -1}) == {*four, "field_4"}


@pytest.mark.parametrize(
    ("sent", "wrong"),
    [
        ({}, set()),
        ({"name": "abcd"}, {"name"}),
        ({"price": 9_999_999_999.99}, set()),
        ({"price": 10_000_000_000}, {"price"}),
        ({"price": -0.01}, {"price"}),
        ({"price": 0.001}, {"price"}),
        ({"places": 6}, {"places"}),
        ({"places": -1}, {"places"}),
        ({"places": 0}, set()),
        ({"places": True}, {"places"}),
    ],
)
def test_a_value_fits_to_its_limit(sent, wrong):
    assert wrong_in(sent) == wrong


class Wanted(Filters):
    text = RowsTextFilter(by=lambda rows, value, at: rows.filter(name=value))
    most = RowsNumberFilter(by=lambda rows, value, at: rows.filter(duration_minutes__lte=value), most=90)
    open = BooleanFilter("published")
    day = RowsDateFilter(by=lambda rows, value, at: rows.filter(created_at__date=value))
    made_by = IdFilter("organization")


@pytest.mark.parametrize(
    ("name", "fits", "wrong"),
    [
        ("text", ["x", "x" * 255], ["x" * 256, "a\nb"]),
        ("most", ["1", "90"], ["0", "91", "01", "-1", "1.0"]),
        ("open", ["true", "false", "True", "False"], ["", "TRUE", "1", "no"]),
        ("day", ["1900-01-01", "2199-12-31"], ["1899-12-31", "2200-01-01", "2026-02-30", "2026-2-1", "20260201"]),
        ("made_by", ["1", str(2**53 - 1)], ["0", str(2**53), "x", "1" * 17]),
        ("updated_since", ["1900-01-01", "2199-12-31T23:59:59Z"], ["1899-12-31", "2200-01-01", "2026-02-01T10:00:00"]),
    ],
)
def test_a_filter_takes_its_values_to_the_limit_and_names_itself_for_others(db, name, fits, wrong):
    for text in fits:
        assert not Wanted.narrow(Service.objects.all(), {name: text}, at=AT).exists()
    for text in wrong:
        with pytest.raises(InvalidInput) as refusal:
            Wanted.narrow(Service.objects.all(), {name: text}, at=AT)
        assert set(refusal.value.fields) == {name}
