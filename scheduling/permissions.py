"""Who may do what with appointments."""

from core.permissions import CLINIC_ADMIN, FRONT_DESK, PATIENT, SPECIALIST, VISITOR, rule

DESK = (CLINIC_ADMIN, FRONT_DESK)
STAFF = (CLINIC_ADMIN, FRONT_DESK, SPECIALIST)

RULES = {
    "scheduling.view": rule("appointments:read", *STAFF, PATIENT),
    "scheduling.register": rule("appointments:write", *STAFF, PATIENT, VISITOR),
    "scheduling.assign_registration": rule("appointments:write", *DESK),
    "scheduling.book": rule("appointments:write", *STAFF),
    "scheduling.record": rule("appointments:write", *DESK),
    "scheduling.confirm": rule("appointments:write", *STAFF),
    "scheduling.reject": rule("appointments:write", *DESK),
    "scheduling.arrive": rule("appointments:write", *STAFF),
    "scheduling.start_care": rule("appointments:write", *STAFF),
    "scheduling.complete": rule("appointments:write", *STAFF),
    "scheduling.no_show": rule("appointments:write", *STAFF),
    "scheduling.cancel": rule("appointments:write", *STAFF),
    "scheduling.undo": rule("appointments:write", *STAFF),
    "scheduling.change_notes": rule("appointments:write", *STAFF),
    "scheduling.reschedule": rule("appointments:write", *STAFF),
    "scheduling.overbook": rule("appointments:write", *DESK),
    "scheduling.book_own": rule("appointments:write", PATIENT),
    "scheduling.cancel_own": rule("appointments:write", PATIENT),
    "scheduling.reschedule_own": rule("appointments:write", PATIENT),
    "scheduling.hold": rule("appointments:write", *STAFF),
    "scheduling.hold_own": rule("appointments:write", PATIENT),
    "scheduling.view_slots": rule("slots:read", *STAFF),
    "scheduling.create_slots": rule("slots:write", *DESK),
    "scheduling.change_slot": rule("slots:write", *DESK),
    "scheduling.withdraw_slot": rule("slots:write", *DESK),
    "scheduling.undo_batch": rule("slots:write", *DESK),
    "scheduling.extend_slots": rule("slots:write"),
    "scheduling.time_off": rule("slots:write", *STAFF),
    "scheduling.set_holiday": rule("slots:write", CLINIC_ADMIN, FRONT_DESK),
    "scheduling.archive": rule("appointments:write", *DESK),
}
