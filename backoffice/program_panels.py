"""What the page of a program shows below its facts: the ledger, its appointments, its orders."""

from __future__ import annotations

from django.utils.translation import gettext as _

from backoffice.shown import Panel, badge, link
from backoffice.zone import show_when
from core.actor import Actor
from orders.models import ProductOrder
from programs.models import Enrollment, SessionMovement
from scheduling.models import Appointment

SHOWN = 100


def ledger_of(row: Enrollment, *, by: Actor) -> Panel:
    """Every movement of its sessions, the newest first, with what remained after it."""
    movements = SessionMovement.objects.visible_to(by).filter(enrollment=row).select_related("by", "appointment")
    lines, left = [], 0
    for one in movements.order_by("pk"):
        left += one.quantity
        who = (one.by.get_full_name() or str(one.by)) if one.by else ""
        appointment = link(one.appointment) if one.appointment else ""
        lines.append(
            [
                show_when(one.at, row.practice),
                one.get_kind_display(),
                f"{one.quantity:+d}",
                left,
                appointment,
                one.reason,
                who,
            ]
        )
    columns = [_("When"), _("What"), _("Sessions"), _("Left"), _("Appointment"), _("Reason"), _("Who")]
    return Panel(_("Ledger of sessions"), columns=columns, rows=lines[::-1][:SHOWN], empty=_("No movement yet."))


def appointments_of(row: Enrollment, *, by: Actor) -> Panel:
    """Its appointments in order of time."""
    rows = Appointment.objects.visible_to(by).live().filter(enrollment=row).select_related("specialist", "practice")
    lines = [
        [
            one.plan_session_number or "",
            link(one, show_when(one.starts_at, one.practice) or _("No time yet")),
            str(one.specialist or ""),
            badge(one.status, one.get_status_display()),
        ]
        for one in rows.order_by("starts_at", "pk")[:SHOWN]
    ]
    columns = [_("Session"), _("When"), _("Specialist"), _("Status")]
    return Panel(_("Appointments"), columns=columns, rows=lines, empty=_("None booked."))


def orders_of(row: Enrollment, *, by: Actor) -> Panel:
    """The products that came with it."""
    rows = ProductOrder.objects.visible_to(by).filter(enrollment=row)
    lines = [
        [
            link(one, f"{one.quantity} × {one.product_name}"),
            badge(one.status, one.get_status_display()),
            one.tracking_number,
            show_when(one.ordered_at, row.practice),
        ]
        for one in rows.order_by("pk")[:SHOWN]
    ]
    columns = [_("Product"), _("Status"), _("Tracking"), _("Ordered")]
    return Panel(_("Orders"), columns=columns, rows=lines, empty=_("No product came with it."))
