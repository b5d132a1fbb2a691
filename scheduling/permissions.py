"""Who may do what with appointments."""

from core.permissions import CLINIC_ADMIN, FRONT_DESK, PATIENT, SPECIALIST, VISITOR, rule

DESK = (CLINIC_ADMIN, FRONT_DESK)
STAFF = (CLINIC_ADMIN, FRONT_DESK, SPECIALIST)

RULES = {
    "scheduling.view": rule("appointments:read", *STAFF, PATIENT),
    "scheduling.register": rule("appointments:write", *STAFF, PATIENT, VISITOR),
    "scheduling.assign_registration": rule("appointments:write", *DESK),
    "scheduling.book": rule("appointments:write", *STAFF),
    "scheduling.confirm": rule("appointments:write", *STAFF),
    "scheduling.reject": rule("appointments:write", *DESK),
    "scheduling.arrive": rule("appointments:write", *STAFF),
    "scheduling.start_care": rule("appointments:write", *STAFF),
    "scheduling.complete": rule("appointments:write", *STAFF),
    "scheduling.no_show": rule("appointments:write", *STAFF),
    "scheduling.cancel": rule("appointments:write", *STAFF, PATIENT),
    "scheduling.undo": rule("appointments:write", *STAFF),
    "scheduling.change_notes": rule("appointments:write", *STAFF),
    "scheduling.archive": rule("appointments:write", *DESK),
}
