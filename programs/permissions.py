"""The permission table of plans and programs."""

from core.permissions import CLINIC_ADMIN, FRONT_DESK, PATIENT, SPECIALIST, VISITOR, rule

RULES = {
    "programs.view_plans": rule("catalog:read", CLINIC_ADMIN, FRONT_DESK, SPECIALIST, PATIENT, VISITOR),
    "programs.create_plan": rule("catalog:write", CLINIC_ADMIN),
    "programs.change_plan": rule("catalog:write", CLINIC_ADMIN),
    "programs.delete_plan": rule("catalog:write", CLINIC_ADMIN),
    "programs.bundle_product": rule("catalog:write", CLINIC_ADMIN),
    "programs.change_bundle": rule("catalog:write", CLINIC_ADMIN),
    "programs.unbundle_product": rule("catalog:write", CLINIC_ADMIN),
    "programs.view": rule("programs:read", CLINIC_ADMIN, FRONT_DESK, SPECIALIST, PATIENT),
    "programs.enroll": rule("programs:write", CLINIC_ADMIN, FRONT_DESK),
    "programs.cancel": rule("programs:write", CLINIC_ADMIN, FRONT_DESK),
    "programs.adjust": rule("programs:write", CLINIC_ADMIN, FRONT_DESK),
    "programs.extend": rule("programs:write", CLINIC_ADMIN, FRONT_DESK),
    "programs.expire": rule("programs:write"),
}
