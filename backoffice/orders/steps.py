"""What staff do to an order: confirm, ship, deliver, cancel."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from unfold.widgets import UnfoldAdminTextInputWidget

from backoffice.kit.cells import patient_link
from backoffice.kit.contributions import line_of
from backoffice.kit.inputs import reason_field
from backoffice.kit.panels import Panel
from backoffice.kit.steps import Step, StepForm
from billing.services import deliver_and_bill
from core.actor import Actor
from orders.models import ProductOrder
from orders.services import cancel_order, confirm_order, ship_order
from orders.states import NEXT, OrderStatus


class ShipForm(StepForm):
    """Asks for the tracking number."""

    tracking_number = forms.CharField(
        label=_("Tracking number"), max_length=100, widget=UnfoldAdminTextInputWidget({"autocomplete": "off"})
    )


class CancelForm(StepForm):
    """Asks why."""

    reason = reason_field(_("Stays on record with the order."))


def what_is_sent(order: ProductOrder, by: Actor, at: datetime) -> list[Panel]:
    """What goes into the parcel, and what is written on it."""
    patient = order.patient
    town = " ".join(one for one in (patient.post_code, patient.city) if one)
    lines = (patient.address_1, patient.address_2, patient.address_3, town, patient.state, patient.country_code)
    numbers = sorted(patient.phone_numbers.all(), key=lambda one: (one.position, one.pk))
    address = "\n".join(one for one in lines if one)
    facts = [
        (_("Product"), f"{order.quantity} × {order.product_name}"),
        (_("Patient"), patient_link(patient)),
        (_("Address"), address or _("No address is known.")),
        (_("Phone"), str(numbers[0]) if numbers else ""),
        (_("Notes"), order.notes),
    ]
    return [Panel(_("Shipment"), facts=facts)]


@line_of(ProductOrder)
def order_line(order: ProductOrder) -> str:
    """An order in a line: what, for whom, and its number."""
    return f"{order.quantity} × {order.product_name} · {order.patient} · #{order.pk}"


def told_of(done: Any) -> Any:
    """What became of one order, and which it was."""
    return lambda order: f"{done % {'count': 1}} {order_line(order)}"


def can_become(status: OrderStatus) -> Any:
    """Whether an order may take the step to `status` now."""
    return lambda order: status in NEXT[order.status]


CONFIRM_DONE = ngettext_lazy("%(count)d order confirmed.", "%(count)d orders confirmed.", "count")
CONFIRM = Step(
    name="confirm",
    label=_("Confirm"),
    verb="orders.confirm",
    call=confirm_order,
    done=CONFIRM_DONE,
    told=told_of(CONFIRM_DONE),
    offered=can_become(OrderStatus.CONFIRMED),
    guard=lambda order, given, at: order.confirm(at=at),
    variant="primary",
    icon="check",
)


SHIP_DONE = ngettext_lazy("%(count)d order shipped.", "%(count)d orders shipped.", "count")
SHIP = Step(
    name="ship",
    label=_("Ship"),
    verb="orders.ship",
    call=ship_order,
    done=SHIP_DONE,
    told=told_of(SHIP_DONE),
    offered=can_become(OrderStatus.SHIPPED),
    guard=lambda order, given, at: order.ship(tracking_number=given["tracking_number"], at=at),
    form=ShipForm,
    each=True,
    concerns=what_is_sent,
    variant="primary",
    icon="local_shipping",
)


DELIVER_DONE = ngettext_lazy("%(count)d order delivered.", "%(count)d orders delivered.", "count")
DELIVER = Step(
    name="deliver",
    label=_("Delivered"),
    verb="orders.deliver",
    call=deliver_and_bill,
    done=DELIVER_DONE,
    told=told_of(DELIVER_DONE),
    offered=can_become(OrderStatus.DELIVERED),
    guard=lambda order, given, at: order.deliver(at=at),
    variant="primary",
    icon="inventory",
)


CANCEL_DONE = ngettext_lazy("%(count)d order cancelled.", "%(count)d orders cancelled.", "count")
CANCEL = Step(
    name="cancel",
    label=_("Cancel"),
    verb="orders.cancel",
    call=cancel_order,
    done=CANCEL_DONE,
    told=told_of(CANCEL_DONE),
    offered=can_become(OrderStatus.CANCELLED),
    guard=lambda order, given, at: order.cancel(reason=given["reason"], at=at),
    form=CancelForm,
    variant="danger",
    icon="cancel",
)
