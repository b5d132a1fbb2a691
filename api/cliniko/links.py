"""The parts of a reply: ids as text, links to other objects, and constants for what we do not keep."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.base.body import ComputedField, Reading


class ObjectLinks(serializers.Serializer[Any]):
    """The address of an object."""

    self = serializers.CharField()


class LinkedObject(serializers.Serializer[Any]):
    """Another object, by its address."""

    links = ObjectLinks()


def text_id(column: str = "pk") -> ComputedField:
    """An id as a string."""
    return ComputedField(serializers.CharField(), column, make=str)


def self_link(path: str, column: str = "pk", *, offset: int = 0) -> ComputedField:
    """`links` of the object itself; `path` has a `{}` for its id, which begins at `offset`."""

    head, tail = path.split("{}")

    def make(reading: Reading) -> Any:
        address = reading.link(head)
        return lambda pk: {"self": f"{address}{pk + offset}{tail}"}

    return ComputedField(ObjectLinks(), column, make=make, linked=True)


def linked(path: str, column: str = "pk", *, null: bool = False, offset: int = 0) -> ComputedField:
    """A link to what `path` names with the column's value, from `offset` on; null where that is."""

    head, tail = path.split("{}")

    def make(reading: Reading) -> Any:
        address = reading.link(head)
        if null:
            return lambda pk: None if pk is None else {"links": {"self": f"{address}{pk + offset}{tail}"}}
        return lambda pk: {"links": {"self": f"{address}{pk + offset}{tail}"}}

    few = column != "pk"
    return ComputedField(LinkedObject(), column, make=make, linked=True, few=few, allow_null=null)


def joined(*parts: str) -> str:
    """A name of several parts, some of which may be empty."""
    return " ".join(filter(None, parts))


def is_set(column: str) -> ComputedField:
    """Whether the column has a value: whether what it dates has happened."""
    return ComputedField(serializers.BooleanField(), column, make=lambda at: at is not None, few=True)
