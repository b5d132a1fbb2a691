"""The permission cases of the contract: each operation once. Its door lets in staff alone, by a practice's path."""

from datetime import date
from decimal import Decimal

from billing.services import (
    NewLine,
    add_care_plan_entry,
    create_care_plan,
    issue_bill,
    link_entry_to_appointment,
    record_transaction,
    set_instalments,
)
from core.actor import Actor
from core.permissions import CLINIC_ADMIN, FRONT_DESK, SPECIALIST
from tests.factories import (
    AT,
    AccountFactory,
    ColorFactory,
    CustomFieldFactory,
    DocumentFactory,
    PaymentTypeFactory,
    PhoneNumberFactory,
    RoomFactory,
    SpecialtyFactory,
)
from tests.project.permission_world import (
    MISSING_ID,
    ORGANIZATION_OF,
    PRACTICE_OF,
    RECORDS,
    Case,
    at_work,
    fill_calendar,
    of,
)

let_in = at_work


def fill(world):
    """Besides the calendar a number, a care plan with an entry and a bill in two instalments of each patient."""
    fill_calendar(world)
    by, at = Actor.system("matrix"), AT
    world.colors = {one: ColorFactory(organization=each) for one, each in world.organizations.items()}
    world.phones = {label: PhoneNumberFactory(patient=patient) for label, patient in world.patients.items()}
    world.documents = {label: DocumentFactory(patient=patient) for label, patient in world.patients.items()}
    world.accounts = {place: AccountFactory(practice=practice) for place, practice in world.practices.items()}
    world.ways = {one: PaymentTypeFactory(organization=each) for one, each in world.organizations.items()}
    world.branches = {one: SpecialtyFactory(organization=each) for one, each in world.organizations.items()}
    world.rooms = {place: RoomFactory(practice=practice) for place, practice in world.practices.items()}
    world.fields = {
        one: CustomFieldFactory(organization=each, technical_name="matrix") for one, each in world.organizations.items()
    }
    world.payments = {}
    world.care_plans, world.entries, world.bills, world.liabilities = {}, {}, {}, {}
    for label, patient in world.patients.items():
        practice = world.practices[PRACTICE_OF[label]]
        plan = create_care_plan(practice_id=practice.pk, patient_id=patient.pk, values={}, by=by, at=at)
        entry = add_care_plan_entry(plan.pk, values={"label": f"Zz{patient.pk}zz", "price": Decimal(50)}, by=by, at=at)
        link_entry_to_appointment(entry.pk, appointment_id=world.visits[label].pk, by=by, at=at)
        bill = issue_bill(
            practice_id=practice.pk,
            lines=[NewLine(label="Visit", unit_price=Decimal(100), vat_percentage=Decimal(0))],
            patient_id=patient.pk,
            by=by,
            at=at,
        )
        world.payments[label] = record_transaction(
            practice_id=practice.pk,
            amount=Decimal(5),
            direction="incoming",
            date=at.date(),
            account_id=world.accounts[PRACTICE_OF[label]].pk,
            payment_type_id=world.ways[ORGANIZATION_OF[PRACTICE_OF[label]]].pk,
            bill_id=bill.pk,
            by=by,
            at=at,
        )
        days = [(date(2026, 12, 1), Decimal(60)), (date(2027, 1, 1), Decimal(40))]
        world.care_plans[label], world.entries[label], world.bills[label] = plan, entry, bill
        world.liabilities[label] = set_instalments(bill_id=bill.pk, schedule=days, by=by, at=at)[0]


# ------------------------------------------------------------------------------------------ who sees what


def desk_of(who, label):
    """Whose visit, bill or payment it is: the desk of its practice."""
    return who.everything or who.open_roles.get(PRACTICE_OF.get(label)) in (CLINIC_ADMIN, FRONT_DESK)


def sees_care_plan(who, label):
    """The desk of its practice, and a specialist who treats the patient there."""
    treats = label == "own" and who.open_roles.get("P1") == SPECIALIST
    return desk_of(who, label) or treats


def sees_patient(who, label):
    """Whoever sees the patient, but only by the path of a practice of theirs."""
    return who.everything or (PRACTICE_OF.get(label) in who.open_roles and who.sees_patient(label))


def practice_of(label):
    return PRACTICE_OF[label]


# ---------------------------------------------------------------------------------------------- the cases


def under(world, place):
    """The path of a practice in its archive."""
    archive = world.organizations[ORGANIZATION_OF[place]].pk
    return f"/api/v1/practices/{world.practices[place].pk}/archives/{archive}"


def on(things, sees, method, path, body=None, place=None, inner=None):
    """An operation on one of the world's things in its practice; `path` has `{}` for its id, `{in}` for its owner's."""

    def send(caller, world, label, like):
        named = of(getattr(world, things), label)
        owner = of(getattr(world, inner), like) if inner else MISSING_ID
        place = PRACTICE_OF.get(like, "P1")
        whole = path.replace("{in}", str(owner)).replace("{}", str(named))
        return caller(method, under(world, place) + whole, body)

    return Case(RECORDS, send, sees, place)


ON_ONE = {
    "get_appointment": on("visits", desk_of, "GET", "/appointments/{}"),
    "update_appointment": on("visits", desk_of, "PUT", "/appointments/{}", {"description": "Matrix"}, practice_of),
    "list_care_plan_entries_of_appointment": on("visits", desk_of, "GET", "/appointments/{}/care-plan-entries"),
    "get_care_plan": on("care_plans", sees_care_plan, "GET", "/care-plans/{}"),
    "get_signature_status": on("care_plans", sees_care_plan, "GET", "/care-plans/{}/signature-status"),
    "list_entries_of_care_plan": on("care_plans", sees_care_plan, "GET", "/care-plans/{}/care-plan-entries"),
    "get_care_plan_entry": on(
        "entries", sees_care_plan, "GET", "/care-plans/{in}/care-plan-entries/{}", inner="care_plans"
    ),
    "get_entry": on("entries", sees_care_plan, "GET", "/care-plan-entries/{}"),
    "get_bill": on("bills", desk_of, "GET", "/bills/{}"),
    "validate_payment_link": on("bills", desk_of, "GET", "/bills/{}/payment-link/validate"),
    "list_liabilities": on("bills", desk_of, "GET", "/bills/{}/liabilities"),
    "update_liability": on(
        "liabilities", desk_of, "PUT", "/bills/{in}/liabilities/{}", {"amount": 7}, practice_of, "bills"
    ),
    "delete_liability": on("liabilities", desk_of, "DELETE", "/bills/{in}/liabilities/{}", None, practice_of, "bills"),
    "list_documents": on("patients", sees_patient, "GET", "/patients/{}/documents"),
    "create_document": on(
        "patients",
        sees_patient,
        "POST",
        "/patients/{}/documents",
        {"base64Data": "eA==", "type": "text", "name": "x.txt", "folderName": "Matrix"},
        practice_of,
    ),
    "get_document": on("documents", sees_patient, "GET", "/patients/{in}/documents/{}", inner="patients"),
    "download_document": on("documents", sees_patient, "GET", "/patients/{in}/documents/{}/download", inner="patients"),
    "update_custom_fields_of_patient": on(
        "patients",
        sees_patient,
        "PUT",
        "/patients/{}/custom-fields",
        {"data": [{"technicalName": "matrix", "value": "x"}]},
        practice_of,
    ),
    "get_patient": on("patients", sees_patient, "GET", "/patients/{}"),
    "update_patient": on("patients", sees_patient, "PUT", "/patients/{}", {"city": "Matrix"}, practice_of),
    "list_care_plans_of_patient": on("patients", sees_patient, "GET", "/patients/{}/care-plans"),
    "list_phone_numbers": on("patients", sees_patient, "GET", "/patients/{}/phone-numbers"),
    "create_phone_number": on(
        "patients", sees_patient, "POST", "/patients/{}/phone-numbers", {"prefix": "+39", "number": "347"}, practice_of
    ),
    "get_phone_number": on("phones", sees_patient, "GET", "/patients/{in}/phone-numbers/{}", inner="patients"),
    "update_phone_number": on(
        "phones", sees_patient, "PUT", "/patients/{in}/phone-numbers/{}", {"label": "M"}, practice_of, "patients"
    ),
}

LISTS = {}

# Every path names a practice, so the lists are walked beside this, too: by path, permission and who sees each row.
LISTED = {
    "list_appointments": ("/appointments?dateStart={day}", "data", "visits", desk_of),
    "list_care_plan_entries": ("/care-plan-entries?limit=200", "data", "entries", sees_care_plan),
    "list_bills": ("/bills?dateStart={today}", "data", "bills", desk_of),
    "list_transactions": ("/transactions?dateStart={today}", "data", "payments", desk_of),
    "search_patients": ("/patients?limit=200", "results", "patients", sees_patient),
}

# Lists of what is set up: by path, the world's things, and whose they are: the practice's or the archive's.
SET_UP = {
    "list_accounts": ("accounts", "accounts"),
    "list_booking_reasons": ("appointments/booking-reasons", "online"),
    "list_chairs": ("chairs", "rooms"),
    "list_colors": ("colors", "colors"),
    "list_custom_fields": ("custom-fields", "fields"),
    "list_operators": ("operators", "doctors"),
    "list_payment_types": ("payment-types", "ways"),
    "list_specialties": ("specialties", "branches"),
}

# What is written in a practice: by path, method and a body, in which what is in braces is the practice's own.
WRITTEN = {
    "create_custom_field": ("POST", "custom-fields", {"objectType": "patient", "label": "M", "type": "date"}),
    "create_transaction": (
        "POST", "transactions",
        {"amount": 1, "date": "{today}", "direction": "incoming", "accountId": "{account}", "paymentTypeId": "{way}",
         "sistemaTsExpenseType": "tk"},
    ),
    "set_integration_status": ("POST", "apps/integration/status", {"status": "success"}),
    "update_ui_elements": ("POST", "apps/ui-elements/x", {"data": []}),
    "update_ui_elements_of_practice": ("PUT", "apps/ui-elements/x", {"data": []}),
}  # fmt: skip

ALONE = {
    *LISTED,
    *SET_UP,
    *WRITTEN,
    "create_appointment",
    "create_patient",
    "get_current_archive",
    "get_me",
    "list_free_slots",
}

P = "/api/v1/practices/{practice_id}/archives/{archive_id}"
DESCRIBED = [
    "GET /api/v1/me",
    "GET /api/v1/archives/current",
    *(
        f"{method} {P}/{path}"
        for path, methods in {
            "appointments": "GET POST",
            "appointments/{appointment_id}": "GET PUT",
            "appointments/{appointment_id}/care-plan-entries": "GET",
            "accounts": "GET",
            "appointments/booking-reasons": "GET",
            "apps/integration/status": "POST",
            "apps/ui-elements/{element_name}": "PUT POST",
            "bills": "GET",
            "bills/{bill_id}": "GET",
            "bills/{bill_id}/liabilities": "GET",
            "bills/{bill_id}/liabilities/{liability_id}": "PUT DELETE",
            "bills/{bill_id}/payment-link/validate": "GET",
            "chairs": "GET",
            "colors": "GET",
            "custom-fields": "GET POST",
            "operators": "GET",
            "patients/{patient_id}/custom-fields": "PUT",
            "patients/{patient_id}/documents": "GET POST",
            "patients/{patient_id}/documents/{document_id}": "GET",
            "patients/{patient_id}/documents/{document_id}/download": "GET",
            "payment-types": "GET",
            "specialties": "GET",
            "transactions": "GET POST",
            "care-plan-entries": "GET",
            "care-plan-entries/{entry_id}": "GET",
            "care-plans/{care_plan_id}": "GET",
            "care-plans/{care_plan_id}/care-plan-entries": "GET",
            "care-plans/{care_plan_id}/care-plan-entries/{entry_id}": "GET",
            "care-plans/{care_plan_id}/signature-status": "GET",
            "free-slots": "GET",
            "patients": "GET POST",
            "patients/{patient_id}": "GET PUT",
            "patients/{patient_id}/care-plans": "GET",
            "patients/{patient_id}/phone-numbers": "GET POST",
            "patients/{patient_id}/phone-numbers/{phone_number_id}": "GET PUT",
        }.items()
        for method in methods.split()
    ),
]
