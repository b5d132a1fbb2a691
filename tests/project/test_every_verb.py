"""Every verb asks for itself, whoever calls it: whether the rows it names are there for them, and whether they may.

A door looks rows up before it calls a verb, so that requests alone do not show what the verb itself would let through.
"""

import inspect
from datetime import date, time, timedelta
from decimal import Decimal
from functools import cache

import pytest
from django.db import transaction

from billing.models import Liability
from core.actor import Actor, Kind
from core.db import VERBS
from core.errors import Forbidden, Missing
from core.models import AuditEntry
from core.registry import OURS, contributions
from scheduling.calendar import SlotWish
from scheduling.services import Repeat, place_hold
from tests.backoffice.rows import ROWS
from tests.factories import (
    AT,
    PatientAccessFactory,
    PatientCaseFactory,
    PhoneNumberFactory,
    PracticeFactory,
    ServiceAttachmentFactory,
    ServiceSpecialistFactory,
)
from tests.stage import actor_with

pytestmark = [pytest.mark.engine_independent, pytest.mark.django_db]

# The rows that a parameter names.
ROW_OF = {
    "access_id": lambda practice: PatientAccessFactory(patient__organization=practice.organization),
    "account_id": ROWS["billing.account"],
    "alert_id": ROWS["patients.patientalert"],
    "application_id": ROWS["directory.application"],
    "appointment_id": ROWS["scheduling.appointment"],
    "attachment_id": lambda practice: ServiceAttachmentFactory(service__organization=practice.organization),
    "authorization_id": ROWS["directory.authorization"],
    "batch_id": ROWS["scheduling.slotbatch"],
    "bill_id": ROWS["billing.bill"],
    "care_plan_id": ROWS["billing.careplan"],
    "case_id": lambda practice: PatientCaseFactory(patient__organization=practice.organization),
    "company_id": ROWS["billing.company"],
    "document_id": ROWS["patients.document"],
    "enrollment_id": ROWS["programs.enrollment"],
    "entry_id": ROWS["billing.careplanentry"],
    "field_id": ROWS["patients.customfield"],
    "form_template_id": ROWS["catalog.formtemplate"],
    "hold_id": lambda practice: hold(practice),
    "holiday_id": ROWS["scheduling.holiday"],
    "into_id": ROWS["patients.patient"],
    "key_id": ROWS["directory.apikey"],
    "liability_id": lambda practice: Liability.objects.create(
        bill=ROWS["billing.bill"](practice), due_on=date(2026, 3, 1), amount=Decimal("1.00")
    ),
    "keep_id": ROWS["patients.patient"],
    "gone_id": ROWS["patients.patient"],
    "membership_id": ROWS["directory.membership"],
    "order_id": ROWS["orders.productorder"],
    "organization_id": ROWS["directory.organization"],
    "patient_id": ROWS["patients.patient"],
    "payment_type_id": ROWS["billing.paymenttype"],
    "phone_id": lambda practice: PhoneNumberFactory(patient__organization=practice.organization),
    "plan_id": ROWS["programs.serviceplan"],
    "practice_id": ROWS["directory.practice"],
    "price_list_id": ROWS["billing.pricelist"],
    "product_id": ROWS["catalog.product"],
    "room_id": ROWS["directory.room"],
    "series_id": ROWS["scheduling.slotseries"],
    "service_id": lambda practice: (
        ServiceSpecialistFactory(service__organization=practice.organization, service__public=True).service
    ),
    "service_plan_id": ROWS["programs.serviceplan"],
    "slot_id": ROWS["scheduling.availableslot"],
    "specialist_id": ROWS["directory.specialist"],
    "time_off_id": ROWS["scheduling.timeoff"],
    "transaction_id": ROWS["billing.transaction"],
    "user_id": ROWS["directory.user"],
}
LUNCH = "recurring time off"
OF_LUNCH = {"scheduling.end_recurring_time_off", "scheduling.delete_recurring_time_off", "scheduling.extend_time_off"}
SEVERAL = {"assistant_ids": "specialist_id", "practice_ids": "practice_id", "slot_ids": "slot_id"}

# What else a verb must be told: something that could be.
LATER = AT + timedelta(days=2)
SAID = {
    "amount": Decimal("1.00"),
    "app": "test",
    "archived": True,
    "cancel_appointments": False,
    "contact_name": "Jane",
    "counted": Decimal("0.00"),
    "date": date(2026, 2, 17),
    "day": date(2026, 3, 1),
    "days": 1,
    "direction": "incoming",
    "done_on": None,
    "due_on": date(2026, 3, 1),
    "duration_minutes": 30,
    "email": "x@example.org",
    "enrolled_at": AT,
    "expires_at": AT + timedelta(hours=1),
    "external_number": "1",
    "first_name": "Ana",
    "folder_name": "",
    "following": True,
    "form_type": "survey",
    "issued_on": date(2026, 2, 17),
    "merged_at": AT,
    "items": (),
    "kept": None,
    "kind": "risk",
    "last_name": "Pop",
    "lines": (),
    "name": "Name",
    "notes": "",
    "number": "1",
    "password": "correct horse battery",
    "pattern": "weekly",
    "policy_accepted": True,
    "price": Decimal("1.00"),
    "quantity": 1,
    "reason": "x",
    "relation": "self",
    "repeat": Repeat("weekly", 1, 1),
    "role": "front_desk",
    "rule": "FREQ=DAILY",
    "schedule": (),
    "scopes": (),
    "sessions": (),
    "signed_by": "Ana",
    "start_date": date(2026, 3, 1),
    "start_time": time(9),
    "starts_at": LATER,
    "ends_at": LATER + timedelta(hours=1),
    "status": "confirmed",
    "text": "x",
    "times": {"ordered_at": AT},
    "tracking_number": "1",
    "type": "other",
    "username": "somebody",
    "value": "x",
    "values": {},
    "year": 2026,
}


def hold(practice):
    specialist = ROWS["directory.specialist"](practice)
    when = {"starts_at": LATER, "ends_at": LATER + timedelta(hours=1), "expires_at": AT + timedelta(hours=1)}
    return place_hold(practice_id=practice.pk, specialist_id=specialist.pk, by=Actor.system("test"), at=AT, **when)


def told(name, parameters, row_of):
    """What a verb is called with: rows of one practice, and something that could be for the rest."""
    given = {}
    for parameter in parameters:
        key, required = parameter.name, parameter.default is parameter.empty
        if key in ("by", "at") or not (required or key == "practice_id" or key in ALSO.get(name, ())):
            continue
        if key == "series_id" and name in OF_LUNCH:
            given[key] = row_of(LUNCH)
        elif key in ROW_OF:
            given[key] = row_of(key)
        elif key in SEVERAL:
            given[key] = [row_of(SEVERAL[key])]
        elif key == "service_uuid":
            given[key] = None
        elif key in ("wish", "wishes"):
            wish = SlotWish(row_of("specialist_id"), LATER, LATER + timedelta(hours=1))
            given[key] = wish if key == "wish" else [wish]
        else:
            given[key] = SAID[key]
    return given


# What a verb also needs to be told, though it has a default for each.
ALSO = {
    "billing.record_instalment": ("bill_id",),
    "billing.set_instalments": ("bill_id",),
    "scheduling.book_own_slot": ("patient_id",),
    "scheduling.place_hold": ("specialist_id", "starts_at", "ends_at"),
    "scheduling.reschedule_appointment": ("starts_at",),
}


def verbs():
    """Each verb that names a row, by name, with its parameters."""
    contributions("services")
    for name, verb in sorted(VERBS.items()):
        parameters = list(inspect.signature(verb).parameters.values())[1:]
        if name.partition(".")[0] in OURS and any(one.name in ROW_OF for one in parameters):
            yield name, verb, parameters


def rows_of(practice):
    """The id of a row of this practice, the same for the same parameter."""

    @cache
    def row_of(key):
        row: int = (ROWS["scheduling.timeoffseries"] if key == LUNCH else ROW_OF[key])(practice).pk
        return row

    return row_of


def outcome(verb, given, parameters, *, by):
    """What becomes of a call: done, the refusal, or what is none; nothing of it stays."""
    given = dict(given)
    positional = [given.pop(one.name) for one in parameters if one.kind == one.POSITIONAL_OR_KEYWORD]
    before = AuditEntry.objects.count()
    with transaction.atomic():
        try:
            verb(*positional, **given, by=by, at=AT)
            said = "done"
        except (Missing, Forbidden) as refusal:
            said = type(refusal).__name__
        except Exception as error:  # noqa: BLE001 whatever it is, it is told
            said = f"{type(error).__name__}: {error}"
        if said != "done" and AuditEntry.objects.count() != before:
            said += ", and wrote"
        transaction.set_rollback(True)
    return said


def outcomes(by):
    row_of = rows_of(PracticeFactory())
    return {
        name: outcome(verb, told(name, parameters, row_of), parameters, by=by) for name, verb, parameters in verbs()
    }


def test_what_belongs_to_another_organization_is_missing_for_every_verb():
    stranger = actor_with("clinic_admin", PracticeFactory())
    other = {name: what for name, what in outcomes(stranger).items() if what != "Missing"}
    # They ask for the permission first: it is about a practice that is named, or about none.
    assert other == {
        "directory.authorize_application": "Forbidden",
        "directory.issue_api_key": "Forbidden",
        "directory.register_application": "Forbidden",
        "scheduling.book_own_slot": "Forbidden",
        "scheduling.extend_series": "Forbidden",
        "scheduling.extend_time_off": "Forbidden",
    }


def test_who_sees_everything_and_may_nothing_is_refused_by_every_verb():
    reader = Actor(kind=Kind.STAFF, everything=True, scopes=frozenset({"nothing"}), door="test")
    assert {name: what for name, what in outcomes(reader).items() if what != "Forbidden"} == {}


# Refused for another reason before they read the row: a state, or a door that is not this actor's.
NOT_REACHED = {
    "billing.bill_care_plan company_id",
    "scheduling.book_own_slot patient_id",
    "scheduling.book_own_slot enrollment_id",
}


def test_what_is_named_beside_the_first_row_must_be_there_too():
    here, elsewhere = PracticeFactory(), PracticeFactory()
    mine, theirs, by = rows_of(here), rows_of(elsewhere), actor_with("clinic_admin", here)
    tried, let_through = 0, {}
    for name, verb, parameters in verbs():
        given = told(name, parameters, mine)
        right = outcome(verb, given, parameters, by=by)
        first = next(one.name for one in parameters if one.name in ROW_OF)
        # Where rows that do not belong together are missing anyway, the second is looked for in the first.
        others = [one.name for one in parameters if one.name in ROW_OF and one.name not in (first, "practice_id")]
        for other in others if right != "Missing" else []:
            tried += 1
            wrong = outcome(verb, {**given, other: theirs(other)}, parameters, by=by)
            if wrong in ("done", right):
                let_through[f"{name} {other}"] = wrong
    assert let_through.keys() == NOT_REACHED
    assert tried > 60
