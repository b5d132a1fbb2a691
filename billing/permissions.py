"""The permission table of billing."""

from core.permissions import CLINIC_ADMIN, FRONT_DESK, PATIENT, SPECIALIST, rule

DESK = (CLINIC_ADMIN, FRONT_DESK)
STAFF = (*DESK, SPECIALIST)

RULES = {
    "billing.view": rule("billing:read", *DESK, PATIENT),
    "billing.view_care_plans": rule("billing:read", *STAFF, PATIENT),
    "billing.view_till": rule("billing:read", *DESK),
    # care plans
    "billing.create_care_plan": rule("billing:write", *STAFF),
    "billing.change_care_plan": rule("billing:write", *STAFF),
    "billing.add_care_plan_entry": rule("billing:write", *STAFF),
    "billing.change_care_plan_entry": rule("billing:write", *STAFF),
    "billing.archive_care_plan_entry": rule("billing:write", *STAFF),
    "billing.set_entry_done": rule("billing:write", *STAFF),
    "billing.link_entry_to_appointment": rule("billing:write", *STAFF),
    "billing.sign_care_plan": rule("billing:write", *STAFF),
    "billing.accept_care_plan": rule("billing:write", *STAFF),
    "billing.complete_care_plan": rule("billing:write", *STAFF),
    "billing.discard_care_plan": rule("billing:write", *STAFF),
    "billing.reopen_care_plan": rule("billing:write", *DESK),
    "billing.archive_care_plan": rule("billing:write", *DESK),
    "billing.record_care_plan": rule("billing:write", CLINIC_ADMIN),
    # bills
    "billing.issue_bill": rule("billing:write", *DESK),
    "billing.bill_appointment": rule("billing:write", *DESK),
    "billing.bill_enrollment": rule("billing:write", *DESK),
    "billing.bill_order": rule("billing:write", *DESK),
    "billing.bill_care_plan": rule("billing:write", *DESK),
    "billing.bill_what_is_due": rule("billing:write", *DESK),
    "billing.record_supplier_bill": rule("billing:write", *DESK),
    "billing.record_imported_bill": rule("billing:write", CLINIC_ADMIN),
    "billing.credit_bill": rule("billing:write", CLINIC_ADMIN),
    # what is due when
    "billing.set_instalments": rule("billing:write", *DESK),
    "billing.change_liability": rule("billing:write", *DESK),
    "billing.archive_liability": rule("billing:write", *DESK),
    # money
    "billing.take_payment": rule("payments:write", *DESK),
    "billing.record_transaction": rule("payments:write", *DESK),
    "billing.reverse_transaction": rule("payments:write", *DESK),
    "billing.use_credit": rule("payments:write", *DESK),
    "billing.close_till": rule("payments:write", *DESK),
    # setting up
    "billing.change_settings": rule("billing:configure", CLINIC_ADMIN),
    "billing.save_account": rule("billing:configure", CLINIC_ADMIN),
    "billing.set_account_archived": rule("billing:configure", CLINIC_ADMIN),
    "billing.set_price": rule("billing:configure", CLINIC_ADMIN),
}
