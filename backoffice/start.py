"""The start page: what waits to be done, with links to the lists that show it. Cheap: each count stops at a hundred."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.calendar.pages.board import VIEW, board_of
from backoffice.kit.actor import actor_of, practices_for
from backoffice.kit.boards import capped
from orders.models import ProductOrder
from orders.states import OrderStatus
from programs.models import Enrollment
from programs.states import EnrollmentStatus
from scheduling.models import Appointment
from scheduling.states import AppointmentStatus

SOON = timedelta(days=14)
GONE = (AppointmentStatus.CANCELLED, AppointmentStatus.REJECTED)


@dataclass(frozen=True)
class Waiting:
    """One thing that waits: how many, in words, and where."""

    count: str
    title: str
    hint: str
    link: str
    icon: str
    idle: bool


def start_page(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the index template shows."""
    actor, now = actor_of(request), timezone.now()
    waiting: list[Waiting] = []

    def add(rows: QuerySet[Any], title: str, hint: str, link: str, icon: str) -> None:
        count = capped(rows)
        waiting.append(Waiting(count, title, hint, link, icon, idle=count == "0"))

    if actor.may("scheduling.assign_registration"):
        rows = Appointment.objects.visible_to(actor).registrations()
        add(rows, _("Registrations"), _("People to call back"), reverse("admin:registrations"), "how_to_reg")
    if actor.may("orders.view"):
        orders, orders_list = ProductOrder.objects.visible_to(actor), reverse("admin:orders_productorder_changelist")
        for status, hint, icon in (
            (OrderStatus.PENDING, _("To confirm"), "pending_actions"),
            (OrderStatus.CONFIRMED, _("To ship"), "package_2"),
            (OrderStatus.SHIPPED, _("On their way"), "local_shipping"),
        ):
            title = _("%(status)s orders") % {"status": status.label}
            add(orders.filter(status=status), title, hint, f"{orders_list}?status={status.value}", icon)
    if actor.may("scheduling.view"):
        midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
        visits, visits_list = Appointment.objects.visible_to(actor), reverse("admin:scheduling_appointment_changelist")
        today = visits.live().exclude(status__in=GONE)
        today = today.filter(starts_at__gte=midnight, starts_at__lt=midnight + timedelta(days=1))
        add(today, _("Appointments"), _("Today"), f"{visits_list}?when=today", "event")
        astray = visits.open().filter(starts_at__gte=midnight, needs_move=True)
        hint = _("Visits under time off or on closed days")
        add(astray, _("To be moved"), hint, reverse("admin:to_be_moved"), "event_busy")
    if actor.may("programs.view"):
        programs = Enrollment.objects.visible_to(actor).filter(status=EnrollmentStatus.ACTIVE)
        programs = programs.filter(ends_at__gt=now, ends_at__lte=now + SOON)
        link = f"{reverse('admin:programs_enrollment_changelist')}?ends=soon"
        add(programs, _("Programs ending soon"), _("Within two weeks"), link, "hourglass_bottom")
    shortcuts = [
        (label, reverse(f"admin:{name}_add"))
        for verb, label, name in (
            ("scheduling.book", _("Book an appointment"), "scheduling_appointment"),
            ("patients.create_patient", _("New patient"), "patients_patient"),
            ("programs.enroll", _("Enroll a patient"), "programs_enrollment"),
            ("orders.place", _("Order a product"), "orders_productorder"),
        )
        if actor.may(verb)
    ]
    return {
        **context,
        "title": _("Today"),
        "now": timezone.localtime(now),
        "practices": practices_for(request, VIEW),
        "board": board_of(request, at=now),
        "waiting": waiting,
        "shortcuts": shortcuts,
    }
