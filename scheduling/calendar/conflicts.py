"""Clashes in words: what each one is, whose time it takes, from when to when, as far as the reader may see it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from core.actor import Actor
from core.moments import span_in_words
from core.reads import note_named
from scheduling.models import Claim

MINUTE = timedelta(minutes=1)
NO_PAUSE = timedelta(0)


def describe(claims: Sequence[Claim], *, by: Actor) -> list[dict[str, Any]]:
    """One entry for each claim: resource, role, what, id, starts_at, ends_at (UTC), overbooked, and a sentence.

    What `by` may not see is "busy elsewhere", without a name.
    """
    ids = {claim.pk for claim in claims}
    seen = set(Claim.objects.visible_to(by).filter(pk__in=ids).values_list("pk", flat=True))
    rows = Claim.objects.filter(pk__in=ids).select_related(
        "resource__specialist",
        "resource__room",
        "resource__patient",
        "appointment__patient",
        "appointment__practice",
        "slot__practice",
        "time_off__practice",
    )
    return [_entry(row, visible=row.pk in seen) for row in rows.order_by("starts_at", "pk")]


def _entry(claim: Claim, *, visible: bool) -> dict[str, Any]:
    kind = _kind(claim)
    source = claim.appointment or claim.slot or claim.time_off or claim.hold
    if visible and claim.appointment is not None:
        note_named(claim.appointment.patient_id)
    practice = getattr(source, "practice", None)
    zone = practice.zone if practice is not None else None
    when = _when(claim, zone)
    what = _in_words(claim, kind) if visible else _("busy elsewhere")
    who = _name(claim) if visible or claim.role in ("specialist", "assistant", "room") else _("the patient")
    return {
        "resource": who,
        "role": claim.role,
        "what": kind if visible else "busy_elsewhere",
        "id": source.pk if visible and source is not None else None,
        "starts_at": claim.starts_at,
        "ends_at": claim.ends_at,
        "exclusive": claim.exclusive,
        "says": f"{who}, {when}: {what}",
    }


def _when(claim: Claim, zone: ZoneInfo | None) -> str:
    """The clash's time in words: a visit at its own time, its pauses named as pauses."""
    visit = claim.appointment
    if visit is None or visit.starts_at is None or visit.ends_at is None:
        return span_in_words(claim.starts_at, claim.ends_at, zone)
    before, after = visit.starts_at - claim.starts_at, claim.ends_at - visit.ends_at
    pauses = []
    if before > NO_PAUSE:
        pauses.append(_("%(minutes)d min kept free before") % {"minutes": before // MINUTE})
    if after > NO_PAUSE:
        pauses.append(_("%(minutes)d min kept free after") % {"minutes": after // MINUTE})
    told = f" ({', '.join(pauses)})" if pauses else ""
    return f"{span_in_words(visit.starts_at, visit.ends_at, zone)}{told}"


def _kind(claim: Claim) -> str:
    for kind in Claim.SOURCES:
        if getattr(claim, f"{kind}_id") is not None:
            return kind
    raise AssertionError("a claim has one source")


def _in_words(claim: Claim, kind: str) -> str:
    if claim.appointment is not None and claim.appointment.patient is not None and claim.role != "patient":
        return _("appointment with %(patient)s") % {"patient": claim.appointment.patient.name}
    if claim.time_off is not None and claim.time_off.reason:
        return _("time off (%(reason)s)") % {"reason": claim.time_off.reason}
    words = {
        "appointment": _("appointment"),
        "slot": _("a booked slot"),
        "time_off": _("time off"),
        "hold": _("held for somebody for a few minutes"),
    }
    return words[kind]


def _name(claim: Claim) -> str:
    resource = claim.resource
    for role in ("specialist", "room", "patient"):
        owner = getattr(resource, role, None)
        if owner is not None:
            return str(owner)
    return str(resource)
