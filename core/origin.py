"""Where a request comes from: told once at the door, and read by whatever writes it down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """The client's address, what its program calls itself, and the request's id. A command has none of them."""

    address: str | None = None
    agent: str = ""
    request_id: str = ""


NOWHERE = Origin()
_now: ContextVar[Origin] = ContextVar("_now", default=NOWHERE)


@contextmanager
def coming_from(origin: Origin) -> Iterator[None]:
    """What is done within the block comes from there."""
    token = _now.set(origin)
    try:
        yield
    finally:
        _now.reset(token)


def origin_now() -> Origin:
    """Where the request that is being answered comes from."""
    return _now.get()
