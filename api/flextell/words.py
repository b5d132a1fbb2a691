"""The contract's words for our states and refusals."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from api.base.words import words_for
from core.errors import Text
from scheduling.states import AppointmentStatus

# What the vendor calls a refusal.
ERRORS = {
    400: "bad_request",
    401: "invalid_token",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    413: "payload_too_large",
    415: "unsupported_media_type",
    422: "validation_error",
    429: "too_many_requests",
    500: "server_error",
    503: "service_unavailable",
}

# What an access token may be given for. The vendor's document names three; the others follow its pattern.
SCOPES: dict[str, Text] = {
    "account:read": _("See the practices you work in"),
    "tenants:read": _("See the practices you work in"),
    "customers:read": _("See patients"),
    "customers:write": _("Add patients"),
    "appointments:read": _("See appointments"),
    "appointments:write": _("Book appointments"),
}

# The states of an appointment, outwards and inwards.
APPOINTMENT_WORDS = words_for(
    AppointmentStatus,
    {
        AppointmentStatus.REQUESTED: "pending",
        AppointmentStatus.CONFIRMED: "approved",
        AppointmentStatus.ARRIVED: "approved",
        AppointmentStatus.IN_CARE: "approved",
        AppointmentStatus.DONE: "completed",
        AppointmentStatus.NO_SHOW: "no_show",
        AppointmentStatus.CANCELLED: "cancelled",
        AppointmentStatus.REJECTED: "rejected",
    },
)
APPOINTMENT_STATUSES = {
    "pending": AppointmentStatus.REQUESTED,
    "approved": AppointmentStatus.CONFIRMED,
    "cancelled": AppointmentStatus.CANCELLED,
    "rejected": AppointmentStatus.REJECTED,
    "completed": AppointmentStatus.DONE,
    "no_show": AppointmentStatus.NO_SHOW,
}
APPOINTMENT_CHOICES = sorted(APPOINTMENT_STATUSES)
