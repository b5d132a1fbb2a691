"""A patient's story over the AlfaDocs contract's HTTP alone, by a program that its person let in a real browser.

Found by phone, added, with custom fields, numbers and a document; a free time, the visit and its states; then what
staff agreed and billed in two instalments, one of them paid. The same story is right in the back office, in services
and in cliniko.
"""

import base64
import json
from datetime import datetime, timedelta
from decimal import Decimal
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import Request, urlopen

import pytest
from django.urls import reverse
from django.utils import timezone

from billing.services import (
    accept_care_plan,
    add_care_plan_entry,
    bill_care_plan,
    create_care_plan,
    link_entry_to_appointment,
    set_instalments,
    sign_care_plan,
)
from core.actor import Actor
from patients.models import Patient
from tests.broken import broken_invariants
from tests.factories import (
    AccountFactory,
    ApiKeyFactory,
    ApplicationFactory,
    ColorFactory,
    MembershipFactory,
    PatientAccessFactory,
    PaymentTypeFactory,
    PracticeFactory,
    RoomFactory,
    SlotFactory,
    SpecialistFactory,
)

CALLBACK = "https://program.example/callback"
SCOPES = (
    "patient:view patient:list patient:create patient:phone-number:view patient:phone-number:list"
    " patient:phone-number:create patient:document:view patient:document:list patient:document:create"
    " appointment:view appointment:list appointment:create appointment:care-plan-entry:list bill:view bill:list"
    " bill-liability:list account:list payment-type:list care-plan:view care-plan:list care-plan:signature-status:view"
    " care-plan:care-plan-entry:view custom-field:list custom-field:create operator:list free-slot:list chair:list"
    " color:list transaction:list transaction:create"
)
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
STAFF = Actor.system("test")


@pytest.fixture
def clinic(transactional_db):
    """A practice with one of each, and another one of which the program is told nothing."""
    practice = PracticeFactory(name="Harbour Street", time_zone="Europe/Rome", currency="EUR", country_code="IT")
    user = MembershipFactory(practice=practice, user__username="manager", admin=True).user
    MembershipFactory(practice=PracticeFactory(), user=user, admin=True)
    organization = practice.organization
    specialist = SpecialistFactory(organization=organization, works_at=[practice])
    nine = (timezone.now().astimezone(practice.zone) + timedelta(days=1)).replace(
        hour=9, minute=0, second=0, microsecond=0
    )
    SlotFactory(practice=practice, specialist=specialist, starts_at=nine, ends_at=nine + timedelta(hours=3))
    RoomFactory(practice=practice)
    ColorFactory(organization=organization)
    AccountFactory(practice=practice)
    PaymentTypeFactory(organization=organization)
    practice.manager = user
    return practice


class Program:
    """The program: it knows a base address, its id and secret, and what the contract says."""

    def __init__(self, base, application):
        self.base, self.application, self.token, self.place = base, application, "", ""

    def sends_people_to(self):
        sent = {
            "response_type": "code",
            "client_id": self.application.client_id,
            "redirect_uri": CALLBACK,
            "scope": SCOPES,
            "state": "s-1",
        }
        return "/oauth2/authorize?" + urlencode(sent)

    def signs_in(self, code):
        form = {
            "grant_type": "authorization_code",
            "client_id": self.application.client_id,
            "client_secret": "cs_test-secret",
            "code": code,
            "redirect_uri": CALLBACK,
        }
        self.token = json.load(urlopen(f"{self.base}/oauth2/token", urlencode(form).encode()))["access_token"]
        mine = self("GET", "/api/v1/me")["data"]
        self.place = f"/api/v1/practices/{mine['practiceId']}/archives/{mine['archiveId']}"
        return mine

    def __call__(self, method, path, data=None):
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}
        body = None if data is None else json.dumps(data).encode()
        if body is not None:
            headers["Content-Type"] = "application/json"
        address = (
            path if path.startswith("http") else f"{self.base}{path if path.startswith('/api') else self.place + path}"
        )
        try:
            return json.load(urlopen(Request(address, body, headers, method=method)))
        except HTTPError as error:
            pytest.fail(f"{method} {path}: {error.code} {error.read().decode()}")


@pytest.fixture
def program(page, live_server, clinic):
    """The program, once the manager let it act in one practice."""
    made = Program(live_server.url, ApplicationFactory(name="Recall Robot", user=clinic.manager))
    page.goto(made.sends_people_to())
    page.fill("[name=username]", "manager")
    page.fill("[name=password]", "demo")
    page.press("[name=password]", "Enter")
    page.wait_for_selector("text=Recall Robot wants to:")
    page.select_option("[name=practice]", label="Harbour Street")
    with page.expect_request(lambda request: request.url.startswith(CALLBACK)) as sent:
        page.click("button:text-is('Allow')")
    (code,) = parse_qs(urlsplit(sent.value.url).query)["code"]
    mine = made.signs_in(code)
    assert (mine["practiceId"], mine["archiveId"], mine["userId"]) == (
        clinic.pk, clinic.organization_id, clinic.manager.pk,
    )  # fmt: skip
    return made


def test_a_patients_story(page, live_server, program, clinic):
    # --- found by phone: not yet; so added, with a field of the clinic's own, and found
    asked = "/patients?" + urlencode({"phoneNumberPrefix": "+39", "phoneNumber": "3471234567"})
    assert program("GET", asked)["total"] == 0
    field = {"objectType": "patient", "label": "Shoe size", "technicalName": "shoeSize", "type": "single_line_text"}
    assert program("POST", "/custom-fields", field)["data"]["technicalName"] == "shoeSize"
    person = {
        "firstName": "Giulia",
        "lastName": "Rossi",
        "email": "giulia@example.org",
        "dateBirth": "1989-10-11",
        "phoneNumbers": [{"prefix": "+39", "number": "3471234567", "label": "Cellulare", "smsEnabled": True}],
        "_shoeSize": "38",
    }
    patient = program("POST", "/patients", person)["data"]
    (found,) = program("GET", asked)["results"]
    assert (found["id"], found["dateOfBirth"], found["dateBirth"]) == (patient["id"], "1989-10-11", "1989-10-11")
    assert found["_shoeSize"] == "38"
    mine = f"/patients/{patient['id']}"
    changed = {"data": [{"technicalName": "shoeSize", "value": "39"}]}
    assert program("PUT", f"{mine}/custom-fields", changed) == {"status": "success"}
    second = {"prefix": "+39", "number": "0261234567", "label": "Casa"}
    assert program("POST", f"{mine}/phone-numbers", second)["data"]["number"] == "0261234567"
    assert [one["label"] for one in program("GET", f"{mine}/phone-numbers")["data"]] == ["Cellulare", "Casa"]

    # --- a document, there and back byte for byte
    sent = {"base64Data": base64.b64encode(PICTURE).decode(), "type": "xray", "name": "scan.png", "folderName": "X-ray"}
    document = program("POST", f"{mine}/documents", sent)["data"]
    assert [one["id"] for one in program("GET", f"{mine}/documents")["data"]] == [document["id"]]
    assert base64.b64decode(program("GET", document["downloadUrl"])["file"]) == PICTURE

    # --- a free time of half an hour, the visit in it, and its states
    (operator,), (chair,), (color, *_more) = (
        program("GET", f"/{name}")["data"] for name in ("operators", "chairs", "colors")
    )
    tomorrow = (timezone.now().astimezone(clinic.zone) + timedelta(days=1)).date()
    day = {"startDate": f"{tomorrow} 09:00:00", "endDate": f"{tomorrow} 18:00:00", "duration": 30}
    search = "/free-slots?" + urlencode({**day, "operatorIds": operator["id"]})
    free = program("GET", search)["data"][0]
    assert (free["operatorId"], free["chairId"]) == (operator["id"], chair["id"])
    visit = {
        "date": f"{free['date']} {free['time']}",
        "patientId": patient["id"],
        "operatorId": free["operatorId"],
        "chairId": free["chairId"],
        "colorId": color["id"],
        "duration": 30,
        "description": "Controllo",
    }
    booked = program("POST", "/appointments", visit)["data"]
    assert (booked["date"], booked["duration"], booked["state"]) == (visit["date"], 30, "confirmed")
    assert (booked["firstVisit"], booked["createdThroughApi"]) == ("yes", True)
    taken = [(one["date"], one["time"]) for one in program("GET", search)["data"]]
    assert (free["date"], free["time"]) not in taken
    for state in ("waiting", "in_care", "done"):
        moved = program("PUT", f"/appointments/{booked['id']}", {"state": state})["data"]
        assert moved["state"] == state

    # --- what staff agreed with the patient and billed, read and paid by the program
    at = timezone.now()
    by = {"by": STAFF, "at": at}
    plan = create_care_plan(practice_id=clinic.pk, patient_id=patient["id"], values={"name": "Piano #1"}, **by)
    for label, price in (("Apicectomia", "120.00"), ("Igiene", "80.00")):
        values = {"label": label, "price": Decimal(price), "vat_percentage": Decimal(0)}
        entry = add_care_plan_entry(plan.pk, values=values, **by)
    link_entry_to_appointment(entry.pk, appointment_id=booked["id"], **by)
    sign = f"/care-plans/{plan.pk}/signature-status"
    assert program("GET", sign) == {"status": "success", "isSigned": False}
    sign_care_plan(plan.pk, signed_by="Giulia Rossi", **by)
    assert program("GET", sign)["isSigned"] is True
    accept_care_plan(plan.pk, **by)
    assert [one["id"] for one in program("GET", f"{mine}/care-plans")] == [plan.pk]
    (shown,) = program("GET", f"/appointments/{booked['id']}/care-plan-entries")["data"]
    assert (shown["label"], shown["price"]) == ("Igiene", 80)
    assert program("GET", f"/care-plans/{plan.pk}/care-plan-entries/{entry.pk}")["data"]["label"] == "Igiene"
    bill = bill_care_plan(plan.pk, **by)
    today = datetime.now(clinic.zone).date()
    set_instalments(
        bill_id=bill.pk, schedule=[(today, Decimal(100)), (today + timedelta(days=30), bill.total - 100)], **by
    )
    assert program("GET", f"/bills/{bill.pk}")["data"]["carePlanId"] == plan.pk
    first, rest = program("GET", f"/bills/{bill.pk}/liabilities")["data"]
    assert first["amount"] == "100.00"
    assert program("GET", f"/bills/{bill.pk}/payment-link/validate")["data"] == {"isValid": True}
    (account,), (kind,) = (program("GET", f"/{name}")["data"] for name in ("accounts", "payment-types"))
    paid = {
        "amount": 100,
        "date": f"{today}",
        "direction": "incoming",
        "billId": bill.pk,
        "accountId": account["id"],
        "paymentTypeId": kind["id"],
        "sistemaTsExpenseType": "sp",
    }
    assert program("POST", "/transactions", paid)["data"]["billId"] == bill.pk
    assert [one["amount"] for one in program("GET", f"/transactions?billId={bill.pk}")["data"]] == [100]
    care_plan = program("GET", f"/care-plans/{plan.pk}")["data"]
    assert (care_plan["isSigned"], care_plan["carePlanEntriesCount"]) == (True, 2)
    assert (care_plan["billedAmount"], care_plan["billableAmount"]) == (200, 0)
    assert Decimal(first["amount"]) + Decimal(rest["amount"]) - 100 == bill.total - 100 == 100

    # --- the same in the back office ...
    page.goto(reverse("admin:patients_patient_page", args=[patient["id"]]))
    told = page.locator("body").inner_text()
    for text in ("Giulia Rossi", "+39 3471234567", "Shoe size\n39", "scan.png", "Piano #1", "Owed\n€100.00"):
        assert text in told, text
    page.goto(reverse("admin:scheduling_appointment_change", args=[booked["id"]]))
    assert "Done" in page.locator("body").inner_text()

    # --- ... in services, to the patient herself ...
    person = PatientAccessFactory(patient=Patient.objects.get(pk=patient["id"]), relation="self").user
    ApiKeyFactory(user=person, text="ck_giulia")
    own = json.load(
        urlopen(Request(f"{live_server.url}/v1/me/appointments", headers={"Authorization": "Bearer ck_giulia"}))
    )
    assert [(one["id"], one["status"]) for one in own["appointments"]] == [(booked["id"], "done")]

    # --- ... and in cliniko
    ApiKeyFactory(user=clinic.manager, text="ck_manager", practice=clinic)
    pair = base64.b64encode(b"ck_manager:").decode()

    def cliniko(path):
        return json.load(
            urlopen(Request(f"{live_server.url}/cliniko/v1/{path}", headers={"Authorization": f"Basic {pair}"}))
        )

    theirs = cliniko(f"patients/{patient['id']}")
    assert (theirs["first_name"], theirs["date_of_birth"]) == ("Giulia", "1989-10-11")
    assert [one["number"] for one in theirs["patient_phone_numbers"]] == ["+39 3471234567", "+39 0261234567"]
    seen = cliniko(f"individual_appointments/{booked['id']}")
    begins = datetime.fromisoformat(seen["starts_at"]).astimezone(clinic.zone)
    assert (f"{begins:%Y-%m-%d %H:%M:%S}", seen["patient_name"], seen["patient_arrived"]) == (
        visit["date"], "Giulia Rossi", True,
    )  # fmt: skip
    (invoice,) = cliniko(f"patients/{patient['id']}/invoices")["invoices"]
    assert (invoice["id"], invoice["status_description"]) == (str(bill.pk), "Open")
    assert broken_invariants() == []
