"""What programs send though the documents do not spell it out: nulls, what they were shown, lists, a bare plus."""

from datetime import timedelta
from decimal import Decimal
from urllib.parse import urlencode

from billing.services import NewLine, issue_bill, set_instalments
from core.actor import Actor
from patients import searching
from patients.models import Patient
from scheduling.models import Appointment
from tests.factories import AT, PatientFactory, SlotFactory, SpecialistFactory

BY = {"by": Actor.system("test"), "at": AT}


def test_a_null_says_no_more_than_what_is_left_out(client, scene):
    optional = ("patientId", "emailReminder", "smsReminder", "description", "allDay", "type", "duration", "state",
                "chairId", "operatorId")  # fmt: skip
    path, sent = f"{scene.path}/appointments", {"date": "2026-03-02 09:00:00", "colorId": scene.color.pk}
    made = client.post(path, {**sent, **dict.fromkeys(optional)}).json()["data"]
    assert made == client.post(path, sent).json()["data"] | {"id": made["id"]}
    taken = {"description": "x", "type": "telehealth", "smsReminder": True}
    client.put(f"{path}/{made['id']}", taken)
    again = client.put(f"{path}/{made['id']}", {"type": None, "state": None, "smsReminder": None}).json()["data"]
    assert again == made | taken
    # What is required may not be null.
    assert client.put(f"{path}/{made['id']}", {"colorId": None}).status_code == 400
    names = {"firstName": "A", "lastName": "B"}
    nulls = dict.fromkeys(("email", "emailEnabled", "gender", "dateOfBirth", "defaultDiscount", "smsReminderPossible"))
    number = {"prefix": "+39", "number": "3470000001", "label": None, "smsEnabled": None}
    patient = client.post(f"{scene.path}/patients", {**names, **nulls, "phoneNumbers": [number]}).json()["data"]
    assert (patient["smsReminderPossible"], patient["phoneNumbers"][0]["smsEnabled"]) == ("true", False)
    status = client.put(f"{scene.path}/patients/{patient['id']}", {"firstName": None}).status_code
    assert (status, Patient.objects.get(pk=patient["id"]).first_name) == (400, "A")


def test_names_of_many_are_found_as_those_of_few(client, scene, monkeypatch):
    for first, last in (("Ana", "Moss"), ("Anna Eva", "Moss"), ("Eva", "Moss-Ana"), ("Ana", "Mo"), ("An%", "Moss")):
        PatientFactory(organization=scene.organization, first_name=first, last_name=last)

    def found(**asked):
        answer = client.get(f"{scene.path}/patients?{urlencode(asked)}").json()
        assert answer["total"] == len(answer["results"])
        return [(one["lastName"], one["firstName"]) for one in answer["results"]]

    asked = [
        {"firstName": first, "lastName": last}
        for first, last in (("Ana", "Moss"), ("eva", "mos"), ("An", "Mo"), ("An%", "Moss"), ("", "Mo"), ("Zoe", "Moss"))
    ]
    few = [found(**one) for one in asked]
    monkeypatch.setattr(searching, "COMMON", -1)
    assert [found(**one) for one in asked] == few
    assert few[0] == [("Moss", "Ana"), ("Moss-Ana", "Eva")]
    assert few[1] == [("Moss-Ana", "Eva"), ("Moss", "Anna Eva")]
    assert few[5] == []
    assert client.get(f"{scene.path}/patients?lastName={'x' * 256}").status_code == 400


def test_an_appointment_and_an_instalment_come_back_as_they_were_shown(client, scene):
    path = f"{scene.path}/appointments"
    made = client.post(path, {"date": "2026-03-02 09:00:00", "colorId": scene.color.pk}).json()["data"]
    # What shows is then the color of the service, or the clinic's first.
    Appointment.objects.update(color=None)
    before = Appointment.objects.values().get()
    assert client.put(f"{path}/{made['id']}", made).json()["data"] == made
    assert Appointment.objects.values().get() == before
    line = NewLine(label="Visit", quantity=1, unit_price=Decimal(100))
    bill = issue_bill(practice_id=scene.practice.pk, patient_id=scene.patient.pk, lines=[line], **BY)
    set_instalments(bill_id=bill.pk, schedule=[(AT.date(), Decimal(100))], **BY)
    path = f"{scene.path}/bills/{bill.pk}/liabilities"
    (shown,) = client.get(path).json()["data"]
    assert shown["sistemaTsExpenseType"] is None
    assert client.put(f"{path}/{shown['id']}", shown).json()["data"] == shown
    assert client.put(f"{path}/{shown['id']}", {"sistemaTsExpenseType": "tk"}).json()["data"] == shown | {
        "sistemaTsExpenseType": "tk"
    }


def test_operators_are_listed_in_one_parameter_or_in_several(client, scene):
    other, third = (SpecialistFactory(organization=scene.organization, works_at=[scene.practice]) for _one in "ab")
    for person in (scene.operator, other, third):
        starts = AT + timedelta(days=3)
        SlotFactory(specialist=person, practice=scene.practice, starts_at=starts, ends_at=starts + timedelta(hours=1))
    first, second = scene.operator.pk, other.pk
    found = {}
    one, several = f"operatorIds={first},{second}", f"operatorIds={first}&operatorIds={second}"
    for query in (one, one.replace(",", ", "), several, several.replace("operatorIds", "operatorIds[]")):
        path = f"{scene.path}/free-slots?startDate={AT:%Y-%m-%d}&duration=60&{query}"
        found[query] = sorted(slot["operatorId"] for slot in client.get(path).json()["data"])
    assert list(found.values()) == [[first, second]] * 4, found
    # A "+" that was not encoded arrives as a space; both name the same moment.
    path = f"{scene.path}/free-slots?duration=60&startDate={AT:%Y-%m-%d}T10:00:00"
    encoded, bare = (client.get(f"{path}{plus}02:00").json()["data"] for plus in ("%2B", "+"))
    assert len(encoded) == len(bare) == 3


def test_truths_may_be_written_as_python_writes_them(client, scene):
    SpecialistFactory(organization=scene.organization, archived_at=AT)
    for told, found in (("true", 1), ("True", 1), ("1", 1), ("False", 2), ("false", 2)):
        assert client.get(f"{scene.path}/operators?ignoreDeleted={told}").json()["count"] == found, told
    assert client.get(f"{scene.path}/operators?ignoreDeleted=perhaps").status_code == 400


def test_what_is_there_already_is_named(client, scene):
    sent = {"firstName": "A", "lastName": "B", "yearlyNumberingYear": "2018", "yearlyNumberingNumber": 5}
    assert client.post(f"{scene.path}/patients", sent).status_code == 200
    again = client.post(f"{scene.path}/patients", sent)
    told = "There is already one with the same numbering year, number in the year."
    assert (again.status_code, again.json()) == (409, {"error": told})


def test_an_unknown_address_below_the_vendors_base_is_told_in_its_words(client, scene):
    for path in ("/api/v1/nothing", "/api/v1", "/api/v2/me"):
        response = client.get(path)
        assert (response.status_code, response.json()) == (404, {"error": "Not found"}), path
