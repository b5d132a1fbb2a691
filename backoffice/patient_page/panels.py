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

from backoffice.shown import Panel, badge, link, price, progress
from backoffice.zone import show_when
from core.actor import Actor
from orders.models import ProductOrder
from patients.models import CustomFieldValue, Document, Patient, PatientAccess
from programs.models import Enrollment
from scheduling.models import Appointment

SHOWN = 10


def person(patient: Patient, *, now: datetime) -> Panel:
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
    own = (
        CustomFieldValue.objects.filter(patient=patient)
        .select_related("field")
        .order_by("field__sequence_number", "pk")
    )
    return Panel(
        _("Person"),
        facts=[
            (_("Born"), born(patient, now=now)),
            (_("Gender"), patient.get_gender_display()),
            (_("Phone"), phones),
            (_("E-mail"), mail),
            (_("Address"), address),
            (_("Identity number"), patient.identity_number),
            (_("Primary specialist"), link(patient.primary_specialist)),
            (_("Emergency contact"), patient.emergency_contact),
            (_("Notes"), patient.notes),
            *((one.field.label, one.value) for one in own),
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


def visits(rows: Any) -> list[list[Any]]:
    """Appointments as lines."""
    related = rows.select_related("practice", "specialist", "enrollment").prefetch_related("services__service")
    return [
        [
            link(one, show_when(one.starts_at, one.practice) or _("No time yet")),
            ", ".join(str(line.service) for line in one.services.all()),
            str(one.specialist or ""),
            badge(one.status, one.get_status_display()),
            link(one.enrollment, one.enrollment.name) if one.enrollment else "",
        ]
        for one in related
    ]


def upcoming(patient: Patient, *, by: Actor, now: datetime) -> Panel:
    """Appointments that lie ahead, and wishes without a time."""
    rows = Appointment.objects.visible_to(by).filter(patient=patient).upcoming(now).order_by("starts_at", "pk")[:SHOWN]
    return Panel(
        _("Next appointments"),
        columns=[_("When"), _("Service"), _("Specialist"), _("Status"), _("Program")],
        rows=visits(rows),
        empty=_("None ahead."),
    )


def past(patient: Patient, *, by: Actor, now: datetime) -> Panel:
    """The last appointments, whatever became of them."""
    mine = Appointment.objects.visible_to(by).live().filter(patient=patient)
    rows = mine.exclude(pk__in=mine.upcoming(now).values("pk")).order_by("-starts_at", "-pk")[:SHOWN]
    return Panel(
        _("Past appointments"),
        columns=[_("When"), _("Service"), _("Specialist"), _("Status"), _("Program")],
        rows=visits(rows),
        empty=_("None yet."),
        more=all_of("scheduling_appointment", patient),
    )


def programs(patient: Patient, *, by: Actor, now: datetime) -> Panel:
    """Programs with their progress, the newest first."""
    rows: Any = (
        Enrollment.objects.visible_to(by)
        .filter(patient=patient)
        .with_status(now)
        .with_ledger()
        .select_related("practice")
        .order_by("-enrolled_at", "-pk")[:SHOWN]
    )
    lines = [
        [
            link(one, one.name),
            badge(one.current_status, Enrollment(status=one.current_status).get_status_display()),
            "" if one.sessions_left is None else progress(one.sessions_completed, one.sessions_granted or 0),
            show_when(one.ends_at, one.practice) or _("Without end"),
        ]
        for one in rows
    ]
    return Panel(
        _("Programs"),
        columns=[_("Plan"), _("Status"), _("Progress"), _("Ends")],
        rows=lines,
        empty=_("Not in a program."),
    )


def orders(patient: Patient, *, by: Actor) -> Panel:
    """The last orders."""
    rows = ProductOrder.objects.visible_to(by).filter(patient=patient).select_related("practice")
    lines = [
        [
            link(one, f"{one.quantity} × {one.product_name}"),
            badge(one.status, one.get_status_display()),
            price(one.unit_price, one.currency, none=_("In the program")),
            one.tracking_number,
            show_when(one.ordered_at, one.practice),
        ]
        for one in rows.order_by("-ordered_at", "-pk")[:SHOWN]
    ]
    return Panel(
        _("Orders"),
        columns=[_("Product"), _("Status"), _("Price of one"), _("Tracking"), _("Ordered")],
        rows=lines,
        empty=_("Nothing ordered."),
        more=all_of("orders_productorder", patient),
    )


def documents(patient: Patient, *, by: Actor) -> Panel:
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
    """The link that puts a document away, through a page that asks."""
    address = reverse("admin:patients_document_put-away", args=(document.pk,))
    back = reverse("admin:patients_patient_page", args=(document.patient_id,))
    return format_html('<a class="bo-link" href="{}?{}">{}</a>', address, urlencode({"next": back}), _("Put away"))


def access(patient: Patient, *, by: Actor) -> Panel:
    """Who may act for the patient."""
    rows = PatientAccess.objects.visible_to(by).filter(patient=patient).select_related("user").order_by("pk")
    return Panel(
        _("Who may act for the patient"),
        columns=[_("User"), _("Relation")],
        rows=[[one.user.get_full_name() or str(one.user), one.get_relation_display()] for one in rows],
        empty=_("Nobody: the patient has no access to the portal."),
    )


def all_of(name: str, patient: Patient) -> str:
    """The list that shows all of a patient's rows."""
    return f"{reverse(f'admin:{name}_changelist')}?patient__id__exact={patient.pk}"
