"""Where a request comes from: told once at the door, and read by whatever writes it down."""

from __future__ import annotations

import ipaddress
import re
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


# Bits of an IPv6 address that say whose line it is: of the rest whoever has the line may choose another for each try.
LINE = 64


WITH_PORT = re.compile(r"\[(.*)\](?::\d+)?|([\d.]+):\d+")


def address_in(told: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that a socket or a proxy tells, some of which add the port; None for what is none."""
    port = WITH_PORT.fullmatch(told)
    try:
        return ipaddress.ip_address((port[1] or port[2]) if port else told)
    except ValueError:
        return None


def network_of(address: str | None) -> str:
    """What tries and requests from `address` are counted under: it, or of IPv6 the network that one line is given."""
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
    """What is done within the block comes from there."""
    token = _now.set(origin)
    try:
        yield
    finally:
        _now.reset(token)


def origin_now() -> Origin:
    """Where the request that is being answered comes from."""
    return _now.get()
