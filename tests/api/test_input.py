"""A serializer that checked one body checks the next, and tells nothing of the one before."""

import pytest
from rest_framework.exceptions import ValidationError

from api.base import input as inputs


class Sized(inputs.Input):
    name = inputs.TextField(max_length=3)
    size = inputs.IntegerField(required=False)


def check(body, *, partial=False):
    return Sized.check(body, partial=partial, context={"view": object()})


def test_what_one_body_said_is_not_kept_for_the_next():
    assert check({"name": "a", "size": 1}) == {"name": "a", "size": 1}
    (used,) = inputs._idle[Sized]
    assert vars(used).keys().isdisjoint({"initial_data", "_context", "_validated_data", "_errors"})
    assert check({"size": 2}, partial=True) == {"size": 2}
    assert check({"name": "b"}) == {"name": "b"}
    assert inputs._idle[Sized] == [used]


def test_one_that_refused_is_not_used_again():
    check({"name": "a"})
    with pytest.raises(ValidationError):
        check({"name": "long"})
    assert inputs._idle[Sized] == []
    assert check({"name": "a"}) == {"name": "a"}
