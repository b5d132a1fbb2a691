"""The organizations whose rows a caller may see."""

from __future__ import annotations

from core.actor import Actor
from core.prepared import Prepared
from directory.models import Organization

ALL = Prepared(lambda: Organization.objects.order_by("pk").values_list("pk", flat=True))


def organizations_of(actor: Actor) -> list[int]:
    """Those in which the actor works; all of them for who may see everything."""
    return ALL() if actor.everything else sorted(actor.organizations_as())
