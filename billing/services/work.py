"""The billable lines of a visit, a program and an order, and whether something else pays for them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from django.utils.translation import gettext as _

from billing import sums
from billing.models import CarePlanEntryAppointment
from billing.services.issuing import NewLine
from billing.states import CarePlanState
from core.errors import Conflict
from core.money import to_cents
from orders.models import ProductOrder
from orders.states import OrderStatus
from programs.models import Enrollment
from programs.states import EnrollmentStatus
from scheduling.models import Appointment, AppointmentService
from scheduling.states import AppointmentStatus

# A patient may pay when they come, and a practice may charge for a visit that was missed.
BILLABLE_VISITS = frozenset(
    {
        AppointmentStatus.CONFIRMED,
        AppointmentStatus.ARRIVED,
        AppointmentStatus.IN_CARE,
        AppointmentStatus.DONE,
        AppointmentStatus.NO_SHOW,
    }
)


def visit_lines(visit: Appointment, *, discount_percentage: Decimal | None = None) -> list[tuple[NewLine, str]]:
    """Return the lines of a visit with their currencies, less the patient's discount unless another is given.

    What a program's session pays is left out; Conflict where nothing remains, or where the visit is no visit.
    """
    if visit.status not in BILLABLE_VISITS or visit.archived_at is not None:
        raise Conflict(_("A visit that did not take place is not billed."), code="not_billable")
    if _is_of_care_plan(visit):
        raise Conflict(_("The visit is billed with its care plan."), code="billed_with_care_plan")
    rows = sorted(_treatments(visit), key=lambda row: row.position)
    paid = paid_service_id(visit)
    charged = [row for row in rows if row.service_id != paid]
    if paid is not None and not sum(row.price for row in charged):
        raise Conflict(_("The visit is paid by its program."), code="paid_by_program")
    if not charged:
        raise Conflict(_("The visit has no treatment to bill."), code="nothing_to_bill")
    discount = discount_percentage
    if discount is None:
        discount = visit.patient.default_discount if visit.patient is not None else sums.ZERO
    return [
        (
            NewLine(
                label=row.service.name,
                unit_price=row.price,
                discount=row.price - sums.less(row.price, discount),
                vat_percentage=row.service.vat_percentage,
                vat_exemption=row.service.vat_exemption,
                service_id=row.service_id,
                origin={"appointment_id": visit.pk},
            ),
            row.currency,
        )
        for row in charged
    ]


def _treatments(visit: Appointment) -> Iterable[AppointmentService]:
    """The visit's treatments, read now unless they were read with it."""
    read = "services" in getattr(visit, "_prefetched_objects_cache", ())
    return visit.services.all() if read else visit.services.select_related("service")


def price_of_appointment(visit: Appointment) -> Decimal:
    """Return the amount that billing the visit would charge; Conflict if it cannot be billed."""
    return sums.total(line.summed() for line, _currency in visit_lines(visit)).gross


def paid_service_id(visit: Appointment) -> int | None:
    """Return the service of a visit that a session of its program pays; None if the visit uses no session."""
    if visit.enrollment is None or visit.plan_session_number is None:
        return None
    return visit.enrollment.service_id


def enrollment_lines(enrollment: Enrollment) -> list[NewLine]:
    """Return the one line of a program: the promised price with the tax of its service."""
    if enrollment.status == EnrollmentStatus.CANCELLED:
        raise Conflict(_("A program that was cancelled is not billed."), code="not_billable")
    service = enrollment.service
    return [
        NewLine(
            label=enrollment.name,
            unit_price=enrollment.price,
            vat_percentage=service.vat_percentage if service else sums.ZERO,
            vat_exemption=service.vat_exemption if service else "",
            service_id=enrollment.service_id,
            origin={"enrollment_id": enrollment.pk},
        )
    ]


def order_lines(order: ProductOrder, *, delivered: bool = True) -> list[NewLine]:
    """Return the one line of an order that did not come with a program."""
    if order.enrollment_id is not None or order.unit_price is None:
        raise Conflict(_("The order is paid by its program."), code="paid_by_program")
    if order.status == OrderStatus.CANCELLED or (delivered and order.status != OrderStatus.DELIVERED):
        raise Conflict(_("An order is billed once it is delivered."), code="not_billable")
    product = order.product
    return [
        NewLine(
            label=product.invoice_name or order.product_name,
            unit_price=to_cents(order.unit_price),
            quantity=order.quantity,
            vat_percentage=product.tax_rate,
            vat_exemption=product.vat_exemption,
            product_id=product.pk,
            origin={"product_order_id": order.pk},
        )
    ]


def _is_of_care_plan(visit: Appointment) -> bool:
    """Whether the visit is billed with a care plan, read now unless it was read with the visit."""
    if (told := getattr(visit, "is_of_care_plan", None)) is not None:
        return bool(told)
    agreed = [CarePlanState.ACCEPTED, CarePlanState.COMPLETED]
    rows = CarePlanEntryAppointment.objects.filter(appointment=visit, entry__archived_at=None)
    return rows.filter(entry__care_plan__state__in=agreed, entry__care_plan__archived_at=None).exists()
