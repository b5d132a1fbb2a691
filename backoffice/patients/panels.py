"""The panels of the patient page."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.kit.cells import link
from backoffice.kit.clock import show_when
from backoffice.kit.contributions import panel_of
from backoffice.kit.custom_fields import shown
from backoffice.kit.panels import Panel
from core.actor import Actor
from patients.models import CustomFieldValue, Document, Patient, PatientAccess

SHOWN = 10


@panel_of(Patient, order=10)
def person(patient: Patient, /, *, by: Actor, at: datetime) -> Panel:
    """Who they are and how to reach them."""
    numbers = sorted(patient.phone_numbers.all(), key=lambda one: (one.position, one.pk))
    phones = format_html_join(
        SafeString("<br>"),
        '<a class="bo-link" href="tel:{}">{}</a> {}',
        ((one.e164 or one.number, one, one.label or one.get_phone_type_display()) for one in numbers),
    )
    mail = (
        format_html('<a class="bo-link" href="mailto:{}">{}</a>', patient.email, patient.email) if patient.email else ""
    )
    town = " ".join(one for one in (patient.post_code, patient.city) if one)
    address = ", ".join(one for one in (patient.address_1, patient.address_2, town, patient.country_code) if one)
    own = CustomFieldValue.objects.live().filter(patient=patient).select_related("field").in_order()
    return Panel(
        _("Person"),
        facts=[
            (_("Born"), born(patient, now=at)),
            (_("Gender"), patient.get_gender_display()),
            (_("Phone"), phones),
            (_("E-mail"), mail),
            (_("Address"), address),
            (_("Identity number"), patient.identity_number),
            (_("Primary specialist"), link(patient.primary_specialist)),
            (_("Emergency contact"), patient.emergency_contact),
            (_("Notes"), patient.notes),
            *((one.field.label, shown(one)) for one in own),
        ],
    )


def born(patient: Patient, *, now: datetime) -> str:
    """The day, and how old that makes them."""
    day = patient.date_of_birth
    if day is None:
        return ""
    today = timezone.localdate(now)
    years = today.year - day.year - ((today.month, today.day) < (day.month, day.day))
    age = ngettext("%(count)d year old", "%(count)d years old", years) % {"count": years}
    return f"{date_format(day)} ({age})"


@panel_of(Patient, order=60)
def documents(patient: Patient, /, *, by: Actor, at: datetime) -> Panel:
    """The documents in use."""
    rows = Document.objects.visible_to(by).live().filter(patient=patient).select_related("folder")
    lines = [
        [
            format_html(
                '<a class="bo-link" href="{}">{}</a>', reverse("admin:patients_document_file", args=(one.pk,)), one.name
            ),
            one.get_type_display(),
            str(one.folder or ""),
            filesizeformat(one.size),
            show_when(one.created_at),
            put_away(one) if by.may("patients.archive_document", organization_id=patient.organization_id) else "",
        ]
        for one in rows.order_by("-created_at", "-pk")[: SHOWN * 3]
    ]
    return Panel(
        _("Documents"),
        columns=[_("Name"), _("Kind"), _("Folder"), _("Size"), _("Added"), ""],
        rows=lines,
        empty=_("No documents."),
    )


def put_away(document: Document) -> Any:
    """The link to the page that archives a document after asking."""
    address = reverse("admin:patients_document_put-away", args=(document.pk,))
    back = reverse("admin:patients_patient_page", args=(document.patient_id,))
    return format_html('<a class="bo-link" href="{}?{}">{}</a>', address, urlencode({"next": back}), _("Archive"))


@panel_of(Patient, order=70)
def access(patient: Patient, /, *, by: Actor, at: datetime) -> Panel:
    """Who may act for the patient."""
    rows = PatientAccess.objects.visible_to(by).filter(patient=patient).select_related("user").order_by("pk")
    return Panel(
        _("Who may act for the patient"),
        columns=[_("User"), _("Relation")],
        rows=[[one.user.get_full_name() or str(one.user), one.get_relation_display()] for one in rows],
        empty=_("Nobody: the patient has no access to the portal."),
    )
