"""The permission table of patient records."""

from core.permissions import CLINIC_ADMIN, FRONT_DESK, PATIENT, SPECIALIST, rule

RULES = {
    "patients.view": rule("patients:read", CLINIC_ADMIN, FRONT_DESK, SPECIALIST, PATIENT),
    "patients.view_reads": rule("history:read", CLINIC_ADMIN),
    "patients.create_patient": rule("patients:write", CLINIC_ADMIN, FRONT_DESK),
    "patients.change_patient": rule("patients:write", CLINIC_ADMIN, FRONT_DESK),
    "patients.archive_patient": rule("patients:write", CLINIC_ADMIN, FRONT_DESK),
    "patients.restore_patient": rule("patients:write", CLINIC_ADMIN, FRONT_DESK),
    "patients.merge_patients": rule("patients:write", CLINIC_ADMIN, FRONT_DESK),
    "patients.delete_patient": rule("patients:write", CLINIC_ADMIN, FRONT_DESK),
    "patients.add_phone": rule("patients:write", CLINIC_ADMIN, FRONT_DESK),
    "patients.set_custom_value": rule("patients:write", CLINIC_ADMIN, FRONT_DESK),
    "patients.define_custom_field": rule("directory:write", CLINIC_ADMIN),
    "patients.add_document": rule("patients:write", CLINIC_ADMIN, FRONT_DESK, SPECIALIST),
    "patients.change_document": rule("patients:write", CLINIC_ADMIN, FRONT_DESK, SPECIALIST),
    "patients.archive_document": rule("patients:write", CLINIC_ADMIN, FRONT_DESK),
    "patients.raise_alert": rule("patients:write", CLINIC_ADMIN, FRONT_DESK, SPECIALIST),
    "patients.end_alert": rule("patients:write", CLINIC_ADMIN, FRONT_DESK, SPECIALIST),
    "patients.open_case": rule("patients:write", CLINIC_ADMIN, FRONT_DESK, SPECIALIST),
    "patients.change_case": rule("patients:write", CLINIC_ADMIN, FRONT_DESK, SPECIALIST),
    "patients.archive_case": rule("patients:write", CLINIC_ADMIN, FRONT_DESK),
    "patients.grant_access": rule("patients:write", CLINIC_ADMIN, FRONT_DESK),
    "patients.revoke_access": rule("patients:write", CLINIC_ADMIN, FRONT_DESK),
}
