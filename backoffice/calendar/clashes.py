"""Clashes as the desk reads them: who has the slot, with a link to what takes the time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Model
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.actor import Actor
from scheduling.models import Appointment, AvailableSlot, TimeOff
from scheduling.states import CLAIMING

PAGES: Mapping[str, type[Model]] = {"appointment": Appointment, "slot": AvailableSlot, "time_off": TimeOff}


def in_words(clashes: Iterable[Mapping[str, Any]], *, by: Actor) -> list[str]:
    """Each clash in its own words; of a booked slot also who is in it, as far as `by` may see it."""
    found = list(clashes)
    ids = {one["id"] for one in found if one.get("what") == "slot" and one.get("id") is not None}
    patients: dict[int, list[str]] = {}
    if ids:
        rows = Appointment.objects.visible_to(by).live().filter(slot_id__in=ids, status__in=CLAIMING)
        for row in rows.select_related("patient").order_by("pk"):
            patients.setdefault(row.slot_id or 0, []).append(str(row.patient or row.contact_name))
    texts = []
    for one in found:
        inside = patients.get(one.get("id") or 0, []) if one.get("what") == "slot" else []
        texts.append(f"{one['says']} ({', '.join(inside)})" if inside else str(one["says"]))
    return texts


def linked(clashes: Iterable[Mapping[str, Any]], *, by: Actor) -> list[SafeString | str]:
    """The same, each leading to its page."""
    found = list(clashes)
    return [_link(one, text) for one, text in zip(found, in_words(found, by=by), strict=True)]


def _link(clash: Mapping[str, Any], text: str) -> SafeString | str:
    model = PAGES.get(str(clash.get("what")))
    if model is None or clash.get("id") is None:
        return text
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=(clash["id"],))
    return format_html('<a class="bo-link" href="{}">{}</a>', address, text)
