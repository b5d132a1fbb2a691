"""A contract: its name, its mounts, and its form of errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse
from rest_framework import serializers

from core.errors import Text


@dataclass(frozen=True, slots=True)
class Problem:
    """A refusal or failure in neutral words; each contract gives it its own shape.

    `fields` maps what was sent to what is wrong with it; `clashes` names what stands in the way.
    """

    status: int
    code: str
    message: str
    fields: Mapping[str, str] = field(default_factory=dict)
    clashes: list[dict[str, Any]] = field(default_factory=list)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Contract:
    """One API as its clients know it.

    `mounts` are the path prefixes under which its errors, unknown paths included, have its shape. `described` are the
    urls of its document where they are not all of `urls`, `finish` adds what every reply of it has. `scopes` are those
    that an access token may carry here, each with what it lets a program do, as the person who consents reads it.
    `invalid` is the status by which it refuses what was sent, `plain` are those that it answers in plain text.
    """

    name: str
    title: str
    description: str
    version: str
    urls: str
    mounts: tuple[str, ...]
    error_body: Callable[[Problem], dict[str, Any]]
    error_schema: type[serializers.Serializer[Any]]
    described: str = ""
    finish: Callable[[HttpRequest, HttpResponse], HttpResponse] = lambda request, response: response
    scopes: Mapping[str, Text] = field(default_factory=dict, hash=False)
    invalid: int = 422
    plain: frozenset[int] = frozenset()

    @property
    def door(self) -> str:
        """The contract's name in the history."""
        return f"api:{self.name}"
