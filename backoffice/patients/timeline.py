"""The record's part of a patient's timeline: documents, and alerts added and ended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from backoffice.kit.alerts import SERIOUS, mark
from backoffice.kit.timeline import Entry, Page, Suggestion, suggests, timeline_of
from core.actor import Actor
from patients.models import Document, Patient, PatientAlert


@timeline_of("document", group="documents")
def documents(patient: Patient, page: Page) -> Iterator[Entry]:
    """Documents in use, by when they came."""
    rows = Document.objects.visible_to(page.by).live().filter(patient=patient)
    for one in page.cut(rows, "created_at").select_related("folder"):
        address = reverse("admin:patients_document_file", args=(one.pk,))
        yield Entry(
            place=page.place(one.created_at, one.pk),
            icon="description",
            title=format_html('<a class="bo-link" href="{}">{}</a>', address, one.name),
            detail=" · ".join(str(text) for text in (one.get_type_display(), one.folder) if text),
        )


@timeline_of("alert", group="alerts")
def alerts(patient: Patient, page: Page) -> Iterator[Entry]:
    """Alerts, by when they were raised."""
    rows = PatientAlert.objects.visible_to(page.by).filter(patient=patient)
    for one in page.cut(rows, "created_at").select_related("by"):
        yield Entry(
            place=page.place(one.created_at, one.pk),
            icon="warning",
            title=mark(str(one), serious=one.kind in SERIOUS),
            detail=_name(one),
        )


@timeline_of("alert-ended", group="alerts")
def alerts_ended(patient: Patient, page: Page) -> Iterator[Entry]:
    """Alerts, by when they were ended."""
    rows = PatientAlert.objects.visible_to(page.by).filter(patient=patient, ended_at__isnull=False)
    for one in page.cut(rows, "ended_at"):
        yield Entry(
            place=page.place(one.ended_at, one.pk),
            icon="notifications_off",
            title=_("No longer: %(alert)s") % {"alert": one},
        )


def _name(alert: PatientAlert) -> str:
    return (alert.by.get_full_name() or str(alert.by)) if alert.by is not None else ""


@suggests(order=50)
def with_privacy_policy(patient: Patient, by: Actor, at: datetime) -> Iterable[Suggestion]:
    """Suggest asking a patient who has not accepted the privacy policy."""
    if patient.accepted_privacy_policy is True:
        return
    if by.may("patients.change_patient", organization_id=patient.organization_id):
        page = reverse("admin:patients_patient_change", args=(patient.pk,))
        yield Suggestion(_("Ask the patient about the privacy policy"), page, _("It has not been accepted."))
