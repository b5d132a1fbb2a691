"""The origin of a request, set once when it arrives and read by everything that records it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """The client's address, its User-Agent, and the request's id; all empty for a command."""

    address: str | None = None
    agent: str = ""
    request_id: str = ""


# The bits of an IPv6 address that identify a connection; its owner can vary the rest with each attempt.
LINE = 64


WITH_PORT = re.compile(r"\[(.*)\](?::\d+)?|([\d.]+):\d+")


def address_in(told: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the address that a socket or a proxy reports, some of which add a port; None if it is not one."""
    port = WITH_PORT.fullmatch(told)
    try:
        return ipaddress.ip_address((port[1] or port[2]) if port else told)
    except ValueError:
        return None


def network_of(address: str | None) -> str:
    """Return the key under which attempts from `address` are counted: itself, or its /64 for IPv6."""
    found = address_in(address or "")
    if found is None:
        return address or ""
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    return str(found.ipv4_mapped or ipaddress.IPv6Network((int(found), LINE), strict=False))


NOWHERE = Origin()
_now: ContextVar[Origin] = ContextVar("_now", default=NOWHERE)


@contextmanager
def coming_from(origin: Origin) -> Iterator[None]:
    """Use `origin` for everything that is recorded within the block."""
    token = _now.set(origin)
    try:
        yield
    finally:
        _now.reset(token)


def origin_now() -> Origin:
    """Return the origin of the request that is being answered."""
    return _now.get()
