"""Who may do what, written by hand: what the permission tables say is compared with what the clinic wants.

The other tests take what they expect from the tables, so that a changed table agrees with itself. Whoever changes one
on purpose changes this page, too. Letters: A clinic admin, F front desk, S specialist, P patient, V visitor, - nobody
but superusers and commands.
"""

import pytest

from core.permissions import all_rules

pytestmark = pytest.mark.engine_independent

LETTERS = {"clinic_admin": "A", "front_desk": "F", "specialist": "S", "patient": "P", "visitor": "V"}

# scope: who: what
EXPECTED = """
# Everybody looks at what is for sale; only clinic admins decide what is.
catalog:read
  AFSPV: catalog.view programs.view_plans
  AFS: catalog.view_all
catalog:write
  A: catalog.create_service catalog.change_service catalog.archive_service catalog.restore_service
  A: catalog.delete_service catalog.assign_specialist catalog.change_offer catalog.remove_specialist
  A: catalog.attach_form catalog.remove_form catalog.add_attachment catalog.delete_attachment
  A: catalog.set_protocol catalog.use_product catalog.remove_used_product
  A: catalog.create_product catalog.change_product catalog.archive_product catalog.restore_product
  A: catalog.delete_product
  A: programs.create_plan programs.change_plan programs.delete_plan
  A: programs.bundle_product programs.change_bundle programs.unbundle_product

# Clinic admins set up their clinic; new clinics and new users come from superusers and commands.
directory:read
  AFS: directory.view
directory:write
  -: directory.create_organization directory.create_practice directory.delete_practice directory.manage_users
  -: core.copy_clinic
  A: directory.change_organization directory.change_practice directory.create_room directory.change_room
  A: directory.delete_room directory.create_specialist directory.change_specialist directory.delete_specialist
  A: directory.configure directory.delete_configured directory.put_away directory.manage_members
  A: directory.manage_staff
  A: patients.define_custom_field
  AFSP: directory.change_own_password

# Everybody has their own keys; only clinic admins hand them out, and say which programs staff may let act for them.
keys:read
  A: directory.view_applications directory.view_connections
  AFS: directory.view_authorizations
  AFSP: directory.view_keys
keys:write
  A: directory.issue_key directory.register_application directory.change_application
  AFS: directory.authorize_application directory.revoke_authorization
  AFSP: directory.revoke_key
# What a connected program says of itself, an admin's credential lets it say.
apps:write
  A: directory.set_integration_status directory.set_ui_elements
history:read
  A: directory.view_history directory.view_sign_ins patients.view_reads

# The desk keeps the records; a specialist reads those of the people they treat, and adds documents.
patients:read
  AFSP: patients.view
patients:write
  AF: patients.create_patient patients.change_patient patients.archive_patient patients.restore_patient
  AF: patients.merge_patients patients.delete_patient patients.add_phone patients.set_custom_value
  AF: patients.archive_document
  AF: patients.grant_access patients.revoke_access
  AFS: patients.add_document patients.change_document patients.raise_alert patients.end_alert
  AFS: patients.open_case patients.change_case
  AF: patients.archive_case

# Specialists place orders and move them along, too.
orders:read
  AFSP: orders.view
orders:write
  AFS: orders.place orders.confirm orders.ship orders.deliver orders.cancel orders.change_notes

# The desk sells programs.
programs:read
  AFSP: programs.view
programs:write
  AF: programs.enroll programs.extend programs.adjust programs.cancel
  -: programs.expire

# The desk runs the calendar, specialists their own part of it; a patient only by the rules for patients.
appointments:read
  AFSP: scheduling.view
appointments:write
  AF: scheduling.record scheduling.overbook scheduling.reject scheduling.archive scheduling.assign_registration
  AFS: scheduling.book scheduling.confirm scheduling.arrive scheduling.start_care scheduling.complete
  AFS: scheduling.no_show scheduling.undo scheduling.change_notes
  AFS: scheduling.cancel scheduling.reschedule scheduling.hold
  P: scheduling.book_own scheduling.cancel_own scheduling.reschedule_own scheduling.hold_own
  AFSPV: scheduling.register
slots:read
  AFS: scheduling.view_slots
slots:write
  AF: scheduling.create_slots scheduling.change_slot scheduling.withdraw_slot scheduling.undo_batch
  AF: scheduling.set_holiday
  AFS: scheduling.time_off
  -: scheduling.extend_slots

# The desk bills and takes money; what cannot be taken back, and the settings, are the clinic admin's.
billing:read
  AFP: billing.view
  AFSP: billing.view_care_plans
  AF: billing.view_till
billing:write
  AFS: billing.create_care_plan billing.change_care_plan billing.sign_care_plan billing.accept_care_plan
  AFS: billing.complete_care_plan billing.discard_care_plan billing.add_care_plan_entry
  AFS: billing.change_care_plan_entry billing.archive_care_plan_entry billing.set_entry_done
  AFS: billing.link_entry_to_appointment
  AF: billing.reopen_care_plan billing.archive_care_plan billing.issue_bill billing.bill_appointment
  AF: billing.bill_enrollment billing.bill_order billing.bill_care_plan billing.bill_what_is_due
  AF: billing.record_supplier_bill billing.set_instalments billing.change_liability billing.archive_liability
  A: billing.credit_bill billing.record_imported_bill billing.record_care_plan
billing:configure
  A: billing.change_settings billing.save_account billing.set_account_archived billing.set_price
payments:write
  AF: billing.take_payment billing.record_transaction billing.reverse_transaction billing.use_credit
  AF: billing.close_till
"""


def expected():
    """Permission: (scope, letters), from the page above."""
    table, scope = {}, ""
    for line in EXPECTED.splitlines():
        who, _colon, what = line.strip().rpartition(": ")
        if line.startswith("  "):
            for permission in what.split():
                assert permission not in table, f"{permission} is there twice"
                table[permission] = (scope, who.replace("-", ""))
        elif line and not line.startswith("#"):
            scope = line
    return table


def declared():
    return {
        name: (rule.scope, "".join(letter for role, letter in LETTERS.items() if role in rule.roles))
        for name, rule in all_rules().items()
    }


def test_every_permission_is_expected_and_no_other():
    assert declared().keys() == expected().keys()


@pytest.mark.parametrize("permission", sorted(expected()))
def test_whoever_may_do_it_is_whoever_should(permission):
    assert declared()[permission] == expected()[permission]
