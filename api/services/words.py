"""The contract's words for our states and things."""

from __future__ import annotations

from api.base.words import words_for
from orders.states import OrderStatus
from programs.states import EnrollmentStatus
from scheduling.states import AppointmentStatus

# The states of an appointment on the wire.
APPOINTMENT_WORDS = words_for(
    AppointmentStatus,
    {
        AppointmentStatus.REQUESTED: "booked",
        AppointmentStatus.CONFIRMED: "upcoming",
        AppointmentStatus.ARRIVED: "inprogress",
        AppointmentStatus.IN_CARE: "inprogress",
        AppointmentStatus.DONE: "done",
        AppointmentStatus.NO_SHOW: "noshow",
        AppointmentStatus.CANCELLED: "cancelled",
        AppointmentStatus.REJECTED: "cancelled",
    },
)
APPOINTMENT_CHOICES = sorted(set(APPOINTMENT_WORDS.values()))

# The states of an order, outwards and inwards.
ORDER_WORDS = words_for(
    OrderStatus,
    {
        OrderStatus.PENDING: "pending",
        OrderStatus.CONFIRMED: "confirmed",
        OrderStatus.SHIPPED: "shipped",
        OrderStatus.DELIVERED: "delivered",
        OrderStatus.CANCELLED: "cancelled",
    },
)
ORDER_STATUSES = {
    "pending": OrderStatus.PENDING,
    "confirmed": OrderStatus.CONFIRMED,
    "shipped": OrderStatus.SHIPPED,
    "delivered": OrderStatus.DELIVERED,
    "cancelled": OrderStatus.CANCELLED,
}

# The states of a program.
PROGRAM_WORDS = words_for(
    EnrollmentStatus,
    {
        EnrollmentStatus.ACTIVE: "active",
        EnrollmentStatus.COMPLETED: "completed",
        EnrollmentStatus.EXPIRED: "expired",
        EnrollmentStatus.CANCELLED: "cancelled",
    },
)

# Our things, in the codes of 404s: what is not named here is just not found.
NOUNS = {
    "appointment": "appointment",
    "availableslot": "slot",
    "enrollment": "patient_service_plan",
    "formtemplate": "form_template",
    "organization": "organization",
    "patient": "patient",
    "practice": "practice",
    "product": "product",
    "productorder": "patient_product_order",
    "service": "service",
    "serviceattachment": "attachment",
    "serviceform": "service_form",
    "serviceplan": "service_plan",
    "serviceplanproduct": "bundled_product",
    "servicespecialist": "service_specialist",
    "specialist": "specialist",
    "specialty": "specialty",
    "user": "user",
}
