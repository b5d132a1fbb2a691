"""The permission table of the catalogue: everyone reads what is public, clinic admins configure."""

from core.permissions import CLINIC_ADMIN, FRONT_DESK, PATIENT, SPECIALIST, VISITOR, rule

RULES = {
    "catalog.view": rule("catalog:read", CLINIC_ADMIN, FRONT_DESK, SPECIALIST, PATIENT, VISITOR),
    "catalog.view_all": rule("catalog:read", CLINIC_ADMIN, FRONT_DESK, SPECIALIST),
    "catalog.create_service": rule("catalog:write", CLINIC_ADMIN),
    "catalog.change_service": rule("catalog:write", CLINIC_ADMIN),
    "catalog.delete_service": rule("catalog:write", CLINIC_ADMIN),
    "catalog.archive_service": rule("catalog:write", CLINIC_ADMIN),
    "catalog.restore_service": rule("catalog:write", CLINIC_ADMIN),
    "catalog.assign_specialist": rule("catalog:write", CLINIC_ADMIN),
    "catalog.change_offer": rule("catalog:write", CLINIC_ADMIN),
    "catalog.remove_specialist": rule("catalog:write", CLINIC_ADMIN),
    "catalog.attach_form": rule("catalog:write", CLINIC_ADMIN),
    "catalog.remove_form": rule("catalog:write", CLINIC_ADMIN),
    "catalog.add_attachment": rule("catalog:write", CLINIC_ADMIN),
    "catalog.delete_attachment": rule("catalog:write", CLINIC_ADMIN),
    "catalog.set_protocol": rule("catalog:write", CLINIC_ADMIN),
    "catalog.use_product": rule("catalog:write", CLINIC_ADMIN),
    "catalog.remove_used_product": rule("catalog:write", CLINIC_ADMIN),
    "catalog.create_product": rule("catalog:write", CLINIC_ADMIN),
    "catalog.change_product": rule("catalog:write", CLINIC_ADMIN),
    "catalog.delete_product": rule("catalog:write", CLINIC_ADMIN),
    "catalog.archive_product": rule("catalog:write", CLINIC_ADMIN),
    "catalog.restore_product": rule("catalog:write", CLINIC_ADMIN),
}
