"""The start page: open work with links to the lists that show it; each count stops at a hundred."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.calendar.pages.board import VIEW, board_of
from backoffice.calendar.pages.trends import trends_of
from backoffice.kit.actor import actor_of, practices_for
from backoffice.kit.boards import capped
from backoffice.kit.first_steps import first_steps
from catalog.models import Product
from core.actor import Actor
from orders.models import ProductOrder
from orders.states import OrderStatus
from programs.models import Enrollment
from scheduling.models import Appointment, SlotSeries
from scheduling.states import AppointmentStatus

SOON = timedelta(days=14)
GONE = (AppointmentStatus.CANCELLED, AppointmentStatus.REJECTED)


@dataclass(frozen=True)
class Waiting:
    """One kind of open work: how much, in words, with a link."""

    count: str
    title: str
    hint: str
    link: str
    icon: str
    idle: bool


Card = tuple[QuerySet[Any], str, str, str, str]


def desk_work(actor: Actor, now: datetime) -> Iterator[Card]:
    """Return the work that waits at the desk: rows, title, hint, link, icon."""
    if actor.may("scheduling.assign_registration"):
        rows: QuerySet[Any] = Appointment.objects.visible_to(actor).registrations()
        yield rows, _("Registrations"), _("People to call back"), reverse("admin:registrations"), "how_to_reg"
    if actor.may("orders.view"):
        orders, board = ProductOrder.objects.visible_to(actor), reverse("admin:orders_productorder_changelist")
        for status, hint, icon in (
            (OrderStatus.PENDING, _("To confirm"), "pending_actions"),
            (OrderStatus.CONFIRMED, _("To ship"), "package_2"),
            (OrderStatus.SHIPPED, _("On their way"), "local_shipping"),
        ):
            title = _("%(status)s orders") % {"status": status.label}
            yield orders.filter(status=status), title, hint, f"{board}?status={status.value}", icon
    if actor.may("scheduling.view"):
        midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
        visits = Appointment.objects.visible_to(actor)
        today = visits.live().exclude(status__in=GONE)
        today = today.filter(starts_at__gte=midnight, starts_at__lt=midnight + timedelta(days=1))
        link = f"{reverse('admin:scheduling_appointment_changelist')}?when=today"
        yield today, _("Appointments"), _("Today"), link, "event"
        astray, hint = visits.open().filter(starts_at__gte=midnight, needs_move=True), _("Visits during time off")
        yield astray, _("To be moved"), hint, reverse("admin:to_be_moved"), "event_busy"


def supplies(actor: Actor, now: datetime) -> Iterator[Card]:
    """Return what runs out: programs, slots, products."""
    if actor.may("programs.view"):
        programs, link = Enrollment.objects.visible_to(actor), reverse("admin:programs_enrollment_changelist")
        ending, hint = programs.ending(now, within=SOON), _("Within two weeks")
        yield ending, _("Programs ending soon"), hint, f"{link}?ends=soon", "hourglass_bottom"
        used, hint = programs.nearly_used_up(now), _("One session left, or none")
        yield used, _("Programs nearly used up"), hint, f"{link}?ends=last", "battery_1_bar"
    if actor.may("scheduling.create_slots"):
        series = SlotSeries.objects.visible_to(actor).ending(timezone.localdate(now), within=SOON)
        link, hint = reverse("admin:scheduling_slotseries_changelist"), _("No slots beyond two weeks")
        yield series, _("Slot series ending"), hint, f"{link}?ends=soon", "event_repeat"
    if actor.may("orders.view"):
        low, link = Product.objects.visible_to(actor).low_in_stock(), reverse("admin:catalog_product_changelist")
        yield low, _("Low stock"), _("Products to order"), f"{link}?stock=low", "inventory_2"


def start_page(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the index template shows."""
    actor, now = actor_of(request), timezone.now()
    waiting = [
        Waiting(count := capped(rows), title, hint, link, icon, idle=count == "0")
        for rows, title, hint, link, icon in (*desk_work(actor, now), *supplies(actor, now))
    ]
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
    board = board_of(request, at=now)
    return {
        **context,
        "title": _("Today"),
        "now": timezone.localtime(now),
        "practices": practices_for(request, VIEW),
        "board": board,
        "trends": trends_of(board.practice, by=actor, at=now) if board is not None else [],
        "waiting": waiting,
        "first_steps": [] if board is not None and (board.lines or board.gaps) else first_steps(request),
        "shortcuts": shortcuts,
    }
