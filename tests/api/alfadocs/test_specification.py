"""The specification replayed: each request with existing ids, answered by every field of its document, in its type."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest

from billing.services import (
    NewLine,
    add_care_plan_entry,
    create_care_plan,
    issue_bill,
    link_entry_to_appointment,
    set_instalments,
    sign_care_plan,
)
from core.actor import Actor
from tests.api.alfadocs.conftest import types
from tests.factories import AT, PatientFactory, SlotFactory
from tests.reads import traced

BY = {"by": Actor.system("test"), "at": AT}

# The objects as the specification writes them; "?" is a type that it does not tell.
APPOINTMENT = json.loads("""{
"id": 33963, "date": "2020-01-01 00:00:00", "patientId": 69215, "emailReminder": false, "smsReminder": true,
"description": "Appointment", "allDay": false, "type": "telehealth", "state": "confirmed", "duration": 30,
"colorId": 85665, "chairId": 2285362, "operatorId": 965563, "createdThroughBooking": true,
"createdThroughApi": false, "firstVisit": "no"}""")
PHONE = json.loads("""{"id": "1", "prefix": "+39", "number": "3471234567", "label": "Cellulare", "smsEnabled": true}""")
PATIENT = json.loads("""{
"id": 1, "firstName": "string", "lastName": "string", "email": "string", "emailEnabled": true, "emailValid": "true",
"phoneNumbers": [], "gender": "m", "street": "Via Albertazzi 1", "city": "Milano", "postcode": "20100",
"province": "MI", "dateOfBirth": "1989-10-11", "placeOfBirth": "Milano", "italianFiscalCode": "RSSMRA85T10A562S",
"job": "string", "yearlyNumberingYear": "2018", "yearlyNumberingNumber": "2018", "defaultDiscount": 20,
"sourceId": 283, "priceListId": 283, "emailReminderPossible": "true", "smsReminderPossible": "true",
"createdAt": "2018-04-01 00:00:00", "documentSignatureEmailPossible": "true",
"lastModifiedAt": "2022-06-17 00:00:00", "_sampleCustomField": "string"}""") | {"phoneNumbers": [PHONE]}
ENTRY = json.loads("""{
"entryId": 132, "price": 6000, "discountedPrice": 6000, "discountPercentage": 0, "absoluteDiscount": 0,
"createdAt": "2024-08-14", "useInventory": "?", "consumptionPrice": "?", "done": "false", "dateDone": "2024-08-14",
"laboratoryPurpose": "?", "laboratoryCosts": "?", "multiplyLaboratoryCosts": "?", "compensationType": "?",
"compensationValue": "?", "deleted": "false", "sequenceNumber": 1, "numberOfExecutions": 2,
"calculatedVariableCosts": 0, "calculatedContributionMargin": 0, "calculateCompensationBasedOnDiscount": "?",
"calculateCompensationAfterCosts": "?", "hasPhases": "false", "doneAmount": 0, "vatPercentage": 19,
"udi": "(01)12345678901234(17)210101(10)A12345(21)B67890", "label": "Apicectomia mesiale"}""")
CARE_PLAN = json.loads("""{
"id": 132, "branch": "dentistry", "name": "Piano #1", "state": "estimate", "dateAccepted": "2024-08-14",
"findingId": "?", "priceListId": 132, "operatorId": 132, "personalAssistantId": 132,
"carePlanDiscardReasonId": "?", "createdAt": "2024-08-14", "text": "estimate", "background": false,
"createdThroughAppointment": false, "isSigned": false, "discountPercentage": 0, "carePlanEntriesCount": 1,
"price": 6000, "discountedPrice": 6000, "grossPrice": 6000, "grossDiscountedPrice": 6000, "doneAmount": 0,
"billedAmount": 0, "creditedAmount": 0, "billableAmount": 0, "fullBillsCount": 0,
"liabilities": [{"date": "2019-08-24", "amount": 0, "isDue": true, "isDone": true}]}""")
BILL = json.loads("""{
"id": 33963, "carePlanId": 69215, "companyId": 69215, "operatorId": 69215, "type": "full", "direction": "incoming",
"date": "2020-01-01 00:00:00", "net": 12.23, "stamp": 12.23, "numberIncludingPrefix": "123",
"createdAt": "2021-02-18 10:30:47"}""")
LIABILITY = json.loads("""{
"id": 33963, "billId": 69215, "date": "2020-01-01", "amount": "12.23", "createdAt": "2021-02-18 10:30:47",
"relatedToInsurance": false, "sistemaTsExpenseType": "tk"}""")
TRANSACTION = json.loads("""{
"id": 33963, "direction": "incoming", "amount": 12.12, "date": "2020-01-01", "billId": 69215, "accountId": 69215,
"paymentTypeId": 69215, "createdAt": "2021-02-18 10:30:47", "deleted": false, "verified": true,
"relatedToInsurance": false, "sistemaTsExpenseType": "tk"}""")
NAMED = json.loads("""{"id": 33963, "name": "Banca", "deleted": false}""")
REASON = json.loads("""{
"id": 5, "specialtyId": 820, "description": "Visita di Controllo", "duration": "30", "sequenceNumber": "3",
"createdAt": "2021-02-18 10:30:47", "deleted": false, "operatorIds": [177], "price": "125.12"}""")
SPECIALTY = json.loads("""{
"id": 5, "name": "Prevenzione", "sequenceNumber": "3", "createdAt": "2021-02-18 10:30:47", "deleted": false,
"operatorIds": [177]}""")
OPERATOR = json.loads("""{
"id": 33963, "name": "Mario Rossi", "italianFiscalCode": "AAA BBB 99H11 L999X", "sequenceNumber": 1,
"deleted": false}""")
COLOR = json.loads("""{"id": 33963, "backgroundColor": "e91e63", "textColor": "ffffff"}""")
FIELD = json.loads("""{
"id": 8364, "objectType": "patient", "label": "Person Height", "technicalName": "personHeight", "type": "dropdown",
"choices": ["string"], "sequenceNumber": 1}""")
DOCUMENT = json.loads("""{
"id": 0, "name": "document.jpg", "folderId": "12345", "type": "xray", "createdAt": "2020-05-05 14:00:00"}""")
SLOT = json.loads("""{"chairId": 2285362, "date": "2020-01-01", "operatorId": 965563, "time": "00:00:00"}""")


def is_like(shown, example, *, but=()):
    """Every field of the specification is there, in its type; what is more beside them is named in `but`."""
    assert set(shown) == set(example) | set(but), set(shown) ^ set(example)
    told = {name: types(shown[name]) for name, value in example.items() if value != "?" and name not in but}
    assert told == {name: types(example[name]) for name in told}


def one(response):
    assert response.status_code == 200, response.content
    body = response.json()
    assert set(body) == {"status", "data"}
    assert body["status"] == "success"
    return body["data"]


def many(response):
    assert response.status_code == 200, response.content
    body = response.json()
    assert (set(body), body["status"]) == ({"status", "count", "data"}, "success")
    assert body["count"] == len(body["data"]) > 0
    return body["data"]


SENT = {
    "firstName": "string", "lastName": "string", "email": "a@example.org", "emailEnabled": True, "gender": "m",
    "street": "Via Albertazzi 1", "city": "Milano", "postcode": "20100", "province": "MI", "dateOfBirth": "1989-10-11",
    "placeOfBirth": "Milano", "italianFiscalCode": "RSSMRA85T10A562S", "job": "string", "yearlyNumberingYear": "2018",
    "yearlyNumberingNumber": "2018", "defaultDiscount": 20, "emailReminderPossible": "true",
    "smsReminderPossible": "true", "createdAt": "2018-04-01 00:00:00", "documentSignatureEmailPossible": "true",
    "lastModifiedAt": "2022-06-17 00:00:00", "_sampleCustomField": "string",
    "phoneNumbers": [{"prefix": "+39", "number": "3471234567", "label": "Cellulare", "smsEnabled": True}],
}  # fmt: skip


@pytest.mark.parametrize("mount", ["", "/alfadocs"])
def test_a_patient_is_added_and_shown_as_the_specification_writes_it(client, scene, mount):
    path = f"{mount}{scene.path}/patients"
    made = one(client.post(path, {**SENT, "sourceId": scene.source.pk, "priceListId": scene.price_list.pk}))
    is_like(made, PATIENT, but=["dateBirth"])
    ignored = ("createdAt", "lastModifiedAt", "phoneNumbers")
    assert {name: made[name] for name in SENT if name not in ignored} == {n: SENT[n] for n in SENT if n not in ignored}
    assert (made["dateBirth"], made["createdAt"][:10]) == ("1989-10-11", f"{AT:%Y-%m-%d}")
    assert [{**phone, "id": "1"} for phone in made["phoneNumbers"]] == [PHONE]
    assert one(client.get(f"{path}/{made['id']}")) == made
    found = client.get(f"{path}?italianFiscalCode=RSSMRA85T10A562S").json()
    assert found == {"links": {}, "total": 1, "offset": 0, "limit": 100, "results": [made]}


def test_numbers_are_written_as_the_specification_does(client, scene):
    path = f"{scene.path}/patients/{scene.patient.pk}/phone-numbers"
    made = one(client.post(path, {name: value for name, value in PHONE.items() if name != "id"}))
    is_like(made, PHONE)
    assert one(client.get(f"{path}/{made['id']}")) == made
    assert one(client.put(f"{path}/{made['id']}", {"label": "Casa"})) == {**made, "label": "Casa"}
    for row in many(client.get(path)):
        is_like(row, PHONE)


def test_an_appointment_is_created_shown_and_listed_as_the_specification_writes_it(client, scene):
    sent = {
        "date": "2026-03-02 09:00:00", "patientId": scene.patient.pk, "emailReminder": False, "smsReminder": True,
        "description": "Appointment", "allDay": False, "type": "telehealth", "duration": 30, "state": "confirmed",
        "colorId": scene.color.pk, "chairId": scene.chair.pk, "operatorId": scene.operator.pk,
    }  # fmt: skip
    path = f"{scene.path}/appointments"
    made = one(client.post(path, sent))
    more = ["carePlanId", "frequency", "recurrenceCount"]
    is_like(made, APPOINTMENT, but=more)
    assert {name: made[name] for name in sent} == sent
    derived = {name: made[name] for name in ("createdThroughBooking", "createdThroughApi", "firstVisit", *more)}
    assert derived == {"createdThroughBooking": False, "createdThroughApi": True, "firstVisit": "yes",
                       "carePlanId": None, "frequency": None, "recurrenceCount": None}  # fmt: skip
    assert one(client.get(f"{path}/{made['id']}")) == made
    assert many(client.get(f"{path}?dateStart=2026-03-02&dateEnd=2026-03-02")) == [made]


def test_what_is_set_up_is_listed_as_the_specification_writes_it(client, scene):
    lists = {
        "accounts": (NAMED, scene.account), "payment-types": (NAMED, scene.way), "chairs": (NAMED, scene.chair),
        "colors": (COLOR, scene.color), "operators": (OPERATOR, scene.operator),
        "specialties": (SPECIALTY, scene.specialty),
        "appointments/booking-reasons": (REASON, scene.reason), "appointment-booking-reasons": (REASON, scene.reason),
    }  # fmt: skip
    for path, (example, row) in lists.items():
        (shown,) = [row_ for row_ in many(client.get(f"{scene.path}/{path}")) if row_["id"] == row.pk]
        is_like(shown, example)
    (reason,) = many(client.get(f"{scene.path}/appointments/booking-reasons"))
    told = {name: reason[name] for name in ("description", "duration", "sequenceNumber", "price", "operatorIds")}
    assert told == {"description": "Visita di Controllo", "duration": "30", "sequenceNumber": "3", "price": "125.12",
                    "operatorIds": [scene.operator.pk]}  # fmt: skip


def test_free_slots_as_the_specification_writes_them(client, scene):
    starts = AT + timedelta(days=3)
    SlotFactory(
        specialist=scene.operator, practice=scene.practice, starts_at=starts, ends_at=starts + timedelta(hours=1)
    )
    path = f"{scene.path}/free-slots?startDate={AT:%Y-%m-%d} 00:00:00&duration=30"
    rows = many(client.get(f"{path}&operatorIds={scene.operator.pk},999999999"))
    for row in rows:
        is_like(row, SLOT)
    local = starts.astimezone(scene.practice.zone)
    assert (rows[0]["date"], rows[0]["time"], len(rows)) == (f"{local:%Y-%m-%d}", f"{local:%H:%M:%S}", 2)
    made = one(client.post(f"{scene.path}/appointments", {
        "date": f"{rows[0]['date']} {rows[0]['time']}", "colorId": scene.color.pk, "chairId": rows[0]["chairId"],
        "operatorId": rows[0]["operatorId"], "duration": 30}))  # fmt: skip
    assert made["date"] == f"{local:%Y-%m-%d %H:%M:%S}"
    assert len(many(client.get(path))) == 1


def care_plan(scene, visit_id):
    values = {
        "branch": "dentistry", "name": "Piano #1", "price_list_id": scene.price_list.pk,
        "specialist_id": scene.operator.pk, "personal_assistant_id": scene.operator.pk, "text": "estimate",
    }  # fmt: skip
    plan = create_care_plan(practice_id=scene.practice.pk, patient_id=scene.patient.pk, values=values, **BY)
    entry = {"label": "Apicectomia mesiale", "price": Decimal("6000.50"), "number_of_executions": 2, "tooth": "36",
             "vat_percentage": Decimal(19), "service_id": scene.reason.pk, "udi": "(01)12"}  # fmt: skip
    made = add_care_plan_entry(plan.pk, values=entry, **BY)
    set_instalments(care_plan_id=plan.pk, schedule=[(AT.date(), Decimal("14281.19"))], **BY)
    link_entry_to_appointment(made.pk, appointment_id=visit_id, **BY)
    return plan, made


def test_a_care_plan_and_its_entries_as_the_specification_writes_them(client, scene):
    visit = one(client.post(f"{scene.path}/appointments", {"date": "2026-03-02 09:00:00", "colorId": scene.color.pk,
                                                           "patientId": scene.patient.pk}))  # fmt: skip
    plan, entry = care_plan(scene, visit["id"])
    path = f"{scene.path}/care-plans/{plan.pk}"
    shown = one(client.get(path))
    is_like({**shown, "dateAccepted": "2024-08-14"}, CARE_PLAN, but=["schemeCodes"])
    sums = ("carePlanEntriesCount", "price", "grossPrice", "billableAmount", "doneAmount")
    assert [shown[name] for name in sums] == [1, 12001, 14281.19, 14281.19, 0]
    assert shown["schemeCodes"] == {"36": [{"code": "VIS", "done": False}]}
    assert shown["liabilities"] == [{"date": f"{AT:%Y-%m-%d}", "amount": 14281.19, "isDue": True, "isDone": False}]
    assert client.get(f"{path}/signature-status").json() == {"status": "success", "isSigned": False}
    sign_care_plan(plan.pk, signed_by="Ada Moss", **BY)
    assert client.get(f"{path}/signature-status").json() == {"status": "success", "isSigned": True}
    told = one(client.get(f"{path}/care-plan-entries/{entry.pk}"))
    is_like({**told, "dateDone": "2024-08-14"}, ENTRY, but=["carePlanId"])
    assert (told["price"], told["numberOfExecutions"], told["done"], told["doneAmount"]) == (6000.5, 2, "false", 0)
    for address in (f"{path}/care-plan-entries", f"{scene.path}/care-plan-entries",
                    f"{scene.path}/appointments/{visit['id']}/care-plan-entries",
                    f"{scene.path}/appointments/{visit['id']}/entries"):  # fmt: skip
        assert many(client.get(address)) == [told], address
    assert one(client.get(f"{scene.path}/care-plan-entries/{entry.pk}")) == told
    (bare,) = client.get(f"{scene.path}/patients/{scene.patient.pk}/care-plans").json()
    assert bare == {**shown, "isSigned": True}
    assert one(client.get(f"{scene.path}/appointments/{visit['id']}"))["carePlanId"] == plan.pk


def test_money_as_the_specification_writes_it(client, scene):
    line = NewLine(label="Visit", unit_price=Decimal("12.23"), vat_percentage=Decimal(0))
    bill = issue_bill(practice_id=scene.practice.pk, lines=[line], patient_id=scene.patient.pk, **BY)
    due = AT.date() + timedelta(days=30)
    (owed,) = set_instalments(bill_id=bill.pk, schedule=[(due, Decimal("12.23"))], **BY)
    path = f"{scene.path}/bills/{bill.pk}"
    shown = one(client.get(path))
    is_like(shown, BILL, but=["carePlanId", "companyId", "operatorId"])
    assert (shown["date"], shown["net"], shown["numberIncludingPrefix"]) == (
        f"{bill.issued_on} 00:00:00", 12.23, bill.number_with_prefix)  # fmt: skip
    assert many(client.get(f"{scene.path}/bills?type=full&direction=incoming")) == [shown]
    assert client.get(f"{scene.path}/bills?type=credit").json() == {"status": "success", "count": 0, "data": []}
    assert one(client.get(f"{path}/payment-link/validate")) == {"isValid": True}
    changed = one(client.put(f"{path}/liabilities/{owed.pk}", {"amount": "10.00", "sistemaTsExpenseType": "tk"}))
    is_like(changed, LIABILITY)
    assert (changed["amount"], changed["date"], many(client.get(f"{path}/liabilities"))) == (
        "10.00",
        str(due),
        [changed],
    )
    sent = {"amount": 2.12, "date": f"{AT:%Y-%m-%d}", "direction": "incoming", "billId": bill.pk,
            "accountId": scene.account.pk, "paymentTypeId": scene.way.pk, "relatedToInsurance": False,
            "sistemaTsExpenseType": "tk"}  # fmt: skip
    paid = one(client.post(f"{scene.path}/transactions", sent))
    is_like(paid, TRANSACTION)
    assert {name: paid[name] for name in sent} == sent
    assert many(client.get(f"{scene.path}/transactions?billId={bill.pk}")) == [paid]
    assert client.delete(f"{path}/liabilities/{owed.pk}").json() == {"status": "success"}
    bill.balance.refresh_from_db()
    assert bill.balance.owed == Decimal("10.11")
    one(client.post(f"{scene.path}/transactions", {**sent, "amount": "10.11"}))
    assert one(client.get(f"{path}/payment-link/validate")) == {"isValid": False}
    assert client.delete(f"{path}/liabilities/{owed.pk}").status_code == 404


def test_own_fields_and_documents_as_the_specification_writes_them(client, scene):
    made = one(client.post(f"{scene.path}/custom-fields", FIELD))
    is_like(made, FIELD)
    assert made in many(client.get(f"{scene.path}/custom-fields?objectType=patient"))
    path = f"{scene.path}/patients/{scene.patient.pk}"
    data = {
        "data": [
            {"technicalName": "personHeight", "value": "string"},
            {"technicalName": "_sampleCustomField", "value": "x"},
        ]
    }
    assert client.put(f"{path}/custom-fields", data).json() == {"status": "success"}
    shown = one(client.get(path))
    assert (shown["_personHeight"], shown["_sampleCustomField"]) == ("string", "x")
    sent = {"base64Data": "aGVsbG8=", "type": "text", "name": "letter.txt", "folderName": "Letters"}
    kept = one(client.post(f"{path}/documents", sent))
    is_like(kept, DOCUMENT, but=["downloadUrl"])
    assert many(client.get(f"{path}/documents")) == [kept]
    assert one(client.get(f"{path}/documents/{kept['id']}")) == kept
    followed = client.get(kept["downloadUrl"].removeprefix("http://testserver"))
    assert json.loads(followed.getvalue()) == {"status": "success", "file": "aGVsbG8="}


def test_what_a_program_says_of_itself(client, scene):
    path = f"{scene.path}/apps"
    reply = client.post(f"{path}/integration/status", {"status": "failure"})
    assert (reply.status_code, reply.json()) == (200, {"status": "success", "data": [{"status": "failure"}]})
    items = [{"title": "string", "value": "string"}]
    assert client.post(f"{path}/ui-elements/banner", {"data": items}).json() == {"status": "success", "data": items}
    assert client.put(f"{path}/ui-elements/banner").json() == {"status": "success", "data": items}
    refused = client.put(f"{path}/ui-elements/banner", {"data": 7})
    assert (refused.status_code, set(refused.json())) == (400, {"error", "error_description"})
    assert refused.json()["error"] == "invalid_request"


def test_whose_key_it_is(client, scene):
    assert one(client.get("/api/v1/me")) == {
        "practiceId": scene.practice.pk, "archiveId": scene.organization.pk, "ownerEmail": scene.owner.email,
        "userId": scene.owner.pk, "userEmail": scene.owner.email,
    }  # fmt: skip
    assert one(client.get("/alfadocs/api/v1/archives/current"))["id"] == scene.organization.pk


@pytest.mark.engine_independent
def test_whoever_is_shown_in_a_list_leaves_a_trace(client, scene):
    # Without a telephone number, whose owner would be noted for themselves.
    ada, bea = (PatientFactory(organization=scene.organization, last_name="Trace", first_name=n) for n in "AB")
    traced()
    for path, seen in ((f"{scene.path}/patients?lastName=Trace", {ada.pk, bea.pk}),
                       (f"{scene.path}/patients?lastName=Trace&limit=1", {ada.pk})):  # fmt: skip
        assert client.get(path).status_code == 200
        assert traced() == seen, path
