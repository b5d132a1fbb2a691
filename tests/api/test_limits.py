"""Limits come before work: a request that is too much is refused before anything of it is looked at."""

import json

import pytest
from rest_framework import serializers

from api.base.input import IdField, Input, ListField, TextField, most_bytes
from tests.api.conftest import Caller
from tests.factories import ServiceFactory

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
