"""Records that may be one person's: listed with what tells them apart, and with the way to merge two of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import prefetch_related_objects
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from backoffice.kit.cells import patient_link
from core.actor import Actor
from patients.models import Patient


def alike_list(asked: str, alike: Sequence[Patient], *, by: Actor) -> SafeString:
    """Return a question about patients who look alike, with a line for each."""
    prefetch_related_objects(list(alike), "phone_numbers")
    lines = (
        (format_html("{} {} {}", patient_link(one), details(one), merge_link(one, alike, by=by)),) for one in alike
    )
    return format_html('{}<ul class="bo-alike">{}</ul>', asked, format_html_join("", "<li>{}</li>", lines))


def merge_list(alike: Sequence[Patient], *, by: Actor) -> SafeString | str:
    """Return the ways to merge each of those that look alike with the first; empty where there are none."""
    found = [(one, merge_link(one, alike, by=by)) for one in alike]
    lines = format_html_join("", "<li>{} · {} {}</li>", ((one, details(one), way) for one, way in found if way))
    return format_html('<ul class="bo-alike">{}</ul>', lines) if lines else ""


def details(patient: Patient) -> str:
    """What tells two patients of one name apart."""
    born = date_format(patient.date_of_birth) if patient.date_of_birth else ""
    numbers = sorted(patient.phone_numbers.all(), key=lambda one: (one.position, one.pk))
    return " · ".join(str(one) for one in (born, patient.email, *numbers[:1], patient.city) if one)


def merge_link(one: Patient, alike: Sequence[Patient], *, by: Actor) -> SafeString | str:
    """Return a link that merges a record with the first of those that look alike.

    Empty for the first one, and for people who may not merge. It opens a new tab, as the form around it may be half
    filled in.
    """
    first = alike[0]
    if one.pk == first.pk or not by.may("patients.merge_patients", organization_id=one.organization_id):
        return ""
    address = reverse("admin:patients_patient_merge", args=(first.pk,))
    label: Any = _("Same person as the first? Merge …")
    return format_html('<a class="bo-link" href="{}?other={}" target="_blank">{}</a>', address, one.pk, label)
