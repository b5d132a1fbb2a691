"""The permission table of the directory."""

from core.permissions import CLINIC_ADMIN, FRONT_DESK, PATIENT, SPECIALIST, rule

STAFF = (CLINIC_ADMIN, FRONT_DESK, SPECIALIST)

RULES = {
    "directory.view": rule("directory:read", *STAFF),
    "directory.create_organization": rule("directory:write"),
    "directory.change_organization": rule("directory:write", CLINIC_ADMIN),
    "directory.create_practice": rule("directory:write"),
    "directory.change_practice": rule("directory:write", CLINIC_ADMIN),
    "directory.delete_practice": rule("directory:write"),
    "directory.create_specialist": rule("directory:write", CLINIC_ADMIN),
    "directory.change_specialist": rule("directory:write", CLINIC_ADMIN),
    "directory.delete_specialist": rule("directory:write", CLINIC_ADMIN),
    "directory.create_room": rule("directory:write", CLINIC_ADMIN),
    "directory.change_room": rule("directory:write", CLINIC_ADMIN),
    "directory.delete_room": rule("directory:write", CLINIC_ADMIN),
    "directory.configure": rule("directory:write", CLINIC_ADMIN),
    "directory.delete_configured": rule("directory:write", CLINIC_ADMIN),
    "directory.put_away": rule("directory:write", CLINIC_ADMIN),
    "directory.manage_members": rule("directory:write", CLINIC_ADMIN),
    "directory.manage_staff": rule("directory:write", CLINIC_ADMIN),
    "directory.set_integration_status": rule("apps:write", CLINIC_ADMIN),
    "directory.set_ui_elements": rule("apps:write", CLINIC_ADMIN),
    "directory.view_history": rule("history:read", CLINIC_ADMIN),
    "directory.manage_users": rule("directory:write"),
    "directory.change_own_password": rule("directory:write", *STAFF, PATIENT),
    "directory.view_sign_ins": rule("history:read", CLINIC_ADMIN),
    "directory.view_keys": rule("keys:read", *STAFF, PATIENT),
    "directory.issue_key": rule("keys:write", CLINIC_ADMIN),
    "directory.view_applications": rule("keys:read", CLINIC_ADMIN),
    "directory.view_connections": rule("keys:read", CLINIC_ADMIN),
    "directory.register_application": rule("keys:write", CLINIC_ADMIN),
    "directory.change_application": rule("keys:write", CLINIC_ADMIN),
    "directory.view_authorizations": rule("keys:read", *STAFF),
    "directory.authorize_application": rule("keys:write", *STAFF),
    "directory.revoke_authorization": rule("keys:write", *STAFF),
    "directory.revoke_key": rule("keys:write", *STAFF, PATIENT),
}
