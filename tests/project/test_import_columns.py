"""Every column of what an export writes is written and read, or stands here with why it is not."""

import pytest
from django.apps import apps

from core.imports import all_kinds

pytestmark = pytest.mark.engine_independent

KEY = "the row's own key or date"
PLACE = "said by the organization that is imported into"
DERIVED = "follows from other columns"
OURS = "what this installation did or made, of no meaning in another"
NOW = "what is going on at this moment; afterwards it is over"
FROZEN = "follows from what was sold, which the row names"

# Column -> why, of every model that has it.
EVERYWHERE = {
    "id": KEY,
    "created_at": KEY,
    "updated_at": KEY,
    "organization": PLACE,
    "resource": DERIVED,
    "created_by": OURS,
    "uuid": OURS,
}
REASONS = {
    "directory.User": {
        "password": "everybody is mailed a link for a new one",
        "last_login": OURS,
        "date_joined": OURS,
        "sessions_ended": OURS,
        "is_superuser": "given by hand, never by a file",
        "is_staff": "given by hand, never by a file",
        "kind": "service accounts are made with their keys",
    },
    "directory.Specialist": {"default_service": "chosen anew; the first service until then"},
    "patients.Patient": {
        "search_name": DERIVED,
        "anonymized_at": "a record without a person is not carried on",
    },
    "patients.PhoneNumber": {"e164": DERIVED, "digits": DERIVED, "digits_reversed": DERIVED, "position": DERIVED},
    "patients.CustomField": {"archived_at": "only fields in use are written"},
    "patients.Document": {
        "content_type": DERIVED,
        "size": DERIVED,
        "sha256": DERIVED,
        "archived_at": "only documents in use are written",
    },
    "programs.Enrollment": {
        **dict.fromkeys(
            ("name", "service", "billing_model", "access_months", "telerehab_access", "library_access", "currency"),
            FROZEN,
        ),
        **dict.fromkeys(("expires_at", "access_starts_at", "access_expires_at", "ends_at"), DERIVED),
        "sessions_left": DERIVED,
        "completed_at": DERIVED,
    },
    "orders.ProductOrder": {"product_name": FROZEN, "currency": FROZEN},
    "scheduling.Holiday": {"source": OURS},
    "scheduling.Appointment": {
        **dict.fromkeys(
            ("contact_name", "contact_email", "contact_phone", "proposed_at"), "requests without a patient or a time"
        ),
        **dict.fromkeys(("parent", "relation_type"), "visits stand by themselves afterwards"),
        **dict.fromkeys(("series", "repeated_from"), "visits stand by themselves afterwards"),
        **dict.fromkeys(("email_reminder_sent_at", "sms_reminder_sent_at", "booking_ip", "policy_accepted"), OURS),
        **dict.fromkeys(("cancelled_by", "created_via", "called_at"), OURS),
        **dict.fromkeys(("overbooked", "overbooking_reason", "needs_move"), DERIVED),
        "slot": "written as in_slot: the slot of exactly this time",
        "plan_session_number": "written as session",
        "archived_at": "only visits in use are written",
    },
    "scheduling.AppointmentService": {"position": "the order of the rows", "currency": FROZEN},
    "scheduling.AvailableSlot": {
        **dict.fromkeys(("booked", "blocked"), DERIVED),
        "held_until": NOW,
        **dict.fromkeys(("series", "series_date"), "a series makes its slots anew"),
        "batch": OURS,
        "withdrawn_at": "only what is offered is written",
    },
    "scheduling.SlotSeries": {"generated_until": DERIVED, "withdrawn_at": "only what is offered is written"},
    "scheduling.TimeOff": {"series": "a series makes its absences anew", "archived_at": "only what counts is written"},
    "scheduling.TimeOffSeries": {"generated_until": DERIVED, "archived_at": "only what counts is written"},
    "billing.BillingSettings": {"looked_until": OURS},
    "billing.CarePlan": {
        "currency": DERIVED,
        "personal_assistant": "written as assistant",
        "created_through_appointment": OURS,
    },
    "billing.CarePlanEntry": {"archived_at": "only entries in use are written"},
    "billing.Liability": {"archived_at": "only instalments that stand are written"},
    "billing.Bill": {
        **dict.fromkeys(("series", "prefix", "year", "external_number"), "bills keep their whole number, as another's"),
        **dict.fromkeys(("net", "vat"), DERIVED),
        "payment_link_expires_at": NOW,
    },
    "billing.Transaction": {"receipt": "a receipt is numbered where the money was taken", "currency": DERIVED},
}


def test_every_column_is_written_and_read_or_has_a_reason():
    kinds = {}
    for kind in all_kinds().values():
        if kind.model is not None and kind.rows is not None:
            kinds.setdefault(kind.model, []).append(kind)
    left_out, needless = [], []
    for model, theirs in kinds.items():
        carried = {column.name for kind in theirs for column in kind.columns if column.exported}
        reasons = REASONS.get(model._meta.label, {})
        names = {field.name for field in model._meta.concrete_fields}
        left_out += [(model._meta.label, name) for name in names - carried - reasons.keys() - EVERYWHERE.keys()]
        needless += [(model._meta.label, name) for name in reasons if name in carried or name not in names]
    assert (sorted(left_out), sorted(needless)) == ([], [])
    assert {apps.get_model(label) for label in REASONS} <= kinds.keys()
