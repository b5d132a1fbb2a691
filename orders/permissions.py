"""The permission table of orders."""

from core.permissions import CLINIC_ADMIN, FRONT_DESK, PATIENT, SPECIALIST, rule

STAFF = (CLINIC_ADMIN, FRONT_DESK, SPECIALIST)

RULES = {
    "orders.view": rule("orders:read", *STAFF, PATIENT),
    "orders.place": rule("orders:write", *STAFF),
    "orders.confirm": rule("orders:write", *STAFF),
    "orders.ship": rule("orders:write", *STAFF),
    "orders.deliver": rule("orders:write", *STAFF),
    "orders.cancel": rule("orders:write", *STAFF),
    "orders.change_notes": rule("orders:write", *STAFF),
}
