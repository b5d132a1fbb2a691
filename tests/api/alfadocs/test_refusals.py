"""What this contract refuses, each in its own clear words, and with nothing changed."""

import pytest
from django.db.models.sql.compiler import SQLCompiler

from core.models import AuditEntry
from patients.models import CustomFieldValue, Patient
from scheduling.models import Appointment
from tests.api.conftest import Caller
from tests.factories import (
    AT,
    DAY,
    ApiKeyFactory,
    AppointmentFactory,
    CustomFieldFactory,
    MembershipFactory,
    PatientFactory,
    PracticeFactory,
)


def refusal(response):
    return response.status_code, response.json()["error"]


@pytest.mark.parametrize(
    ("path", "passes", "fails"),
    [
        ("appointments", ("2026-03-01", "2026-03-31"), ("2026-03-01", "2026-04-01")),
        ("bills", ("2026-01-01", "2026-02-01"), ("2026-01-01", "2026-02-02")),
        ("transactions", ("2026-01-01 00:00:00", "2026-02-01 23:59:59"), ("2026-01-01", "2026-02-02")),
    ],
)
def test_a_range_that_is_too_long_is_refused_to_the_day(client, scene, path, passes, fails):
    def asked(first, last):
        return client.get(f"{scene.path}/{path}?dateStart={first}&dateEnd={last}")

    assert asked(*passes).status_code == 200
    most = 30 if path == "appointments" else 31
    assert refusal(asked(*fails)) == (400, f"dateEnd: must be at most {most} days after dateStart")
    assert refusal(asked(passes[1], passes[0])) == (400, "dateEnd: must not be before dateStart")
    assert refusal(asked("2026-02-30", "x")) == (
        400,
        "dateStart: must be a day as YYYY-MM-DD; dateEnd: must be a day as YYYY-MM-DD",
    )


def test_appointments_are_those_until_the_sunday_two_weeks_on(client, scene, clock):
    # 2026-02-17 is a Tuesday: its Sunday is the 22nd, two weeks later it is the 8th of March.
    assert f"{AT:%Y-%m-%d %A}" == "2026-02-17 Tuesday"
    for day, hour in ((16, 20), (17, 5), (17, 22)):
        AppointmentFactory(practice=scene.practice, starts_at=AT.replace(day=day, hour=hour, minute=0),
                           ends_at=AT.replace(day=day, hour=hour, minute=30))  # fmt: skip
    for day, hour in ((8, 21), (8, 22)):
        AppointmentFactory(practice=scene.practice, starts_at=AT.replace(month=3, day=day, hour=hour, minute=0),
                           ends_at=AT.replace(month=3, day=day, hour=hour, minute=30))  # fmt: skip
    shown = [one["date"] for one in client.get(f"{scene.path}/appointments").json()["data"]]
    # By the clock of Bucharest: 22:00 UTC is the next day there.
    assert shown == ["2026-02-17 07:00:00", "2026-02-18 00:00:00", "2026-03-08 23:00:00"]


def test_a_wrong_practice_archive_or_credential_is_told_so(client, scene):
    other, foreign = PracticeFactory(organization=scene.organization), PracticeFactory()
    rest = f"archives/{scene.organization.pk}/patients"
    assert refusal(client.get(f"/api/v1/practices/{foreign.pk}/{rest}")) == (404, "Practice not found")
    assert refusal(client.get(f"/api/v1/practices/{other.pk}/{rest}")) == (404, "Practice not found")
    wrong = f"/api/v1/practices/{scene.practice.pk}/archives/{foreign.organization_id}/patients"
    assert refusal(client.get(wrong)) == (404, "Archive not found")
    assert refusal(Caller().get(f"{scene.path}/patients")) == (401, "Authentication required")
    assert refusal(Caller(**{"X-Api-Key": "x"}).get(f"{scene.path}/patients"))[0] == 401
    both = client.get(f"{scene.path}/patients", headers={"Authorization": "Bearer ck_alfadocs"})
    assert refusal(both) == (400, "The request carries more than one credential. Send exactly one.")
    ApiKeyFactory(user=scene.owner, text="ck_narrow", scopes=["patients:read"])
    narrow = Caller(**{"X-Api-Key": "ck_narrow"})
    assert narrow.get(f"{scene.path}/patients").status_code == 200
    status, told = refusal(narrow.get(f"{scene.path}/appointments"))
    assert (status, "appointments:read" in told) == (403, True)
    assert Caller("ck_alfadocs").get(f"{scene.path}/patients").status_code == 200


def test_who_is_busy_is_told_and_nothing_is_booked(client, scene):
    sent = {"date": "2026-03-02 09:00:00", "colorId": scene.color.pk, "operatorId": scene.operator.pk,
            "chairId": scene.chair.pk, "patientId": scene.patient.pk}  # fmt: skip
    path = f"{scene.path}/appointments"
    assert client.post(path, sent).status_code == 200
    for name in ("operatorId", "chairId", "patientId"):
        half = {"date": "2026-03-02 09:15:00", "colorId": scene.color.pk, name: sent[name]}
        status, told = refusal(client.post(path, half))
        assert (status, told.startswith("The time is taken: ")) == (409, True), name
    assert Appointment.objects.count() == 1
    assert client.post(path, {"date": "2026-03-02 09:15:00", "colorId": scene.color.pk}).status_code == 200


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"date": None}, "date: "),
        ({"date": "tomorrow"}, "date: must be a date-time such as 2020-01-31 09:00:00"),
        ({"date": "2026-03-29 03:30:00"}, "date: is skipped by the clock on this day"),
        ({"colorId": 999}, "colorId: "),
        ({"state": "gone"}, "state: "),
        ({"type": "phone"}, "type: "),
        ({"duration": 0}, "duration: "),
        ({"patientId": 999}, "patientId: Patient not found"),
        ({"operatorId": 999}, "operatorId: Specialist not found"),
        ({"chairId": 999}, "chairId: Room not found"),
    ],
)
def test_what_is_wrong_with_an_appointment_is_named(client, scene, change, told):
    good = {"date": "2026-03-02 09:00:00", "colorId": scene.color.pk}
    made = client.post(f"{scene.path}/appointments", good).json()["data"]
    for method, path in (("POST", "appointments"), ("PUT", f"appointments/{made['id']}")):
        status, why = refusal(client(method, f"{scene.path}/{path}", {**good, **change}))
        assert (status, why[: len(told)]) == (400, told), method
    assert client.get(f"{scene.path}/appointments/{made['id']}").json()["data"] == made
    assert Appointment.objects.count() == 1


STATES = ("confirmed", "waiting", "in_care", "done", "absent", "cancelled")


@pytest.mark.parametrize("first", STATES)
def test_any_state_follows_any_but_cancelled_is_final(client, scene, first):
    path = f"{scene.path}/appointments"
    for hour, then in enumerate(STATES):
        sent = {"date": f"2026-03-02 {9 + hour:02}:00:00", "colorId": scene.color.pk, "operatorId": scene.operator.pk}
        made = client.post(path, {**sent, "state": first}).json()["data"]
        assert made["state"] == first
        response = client.put(f"{path}/{made['id']}", {"state": then})
        if first == "cancelled" != then:
            assert response.status_code == 409
            continue
        assert (response.status_code, response.json().get("data", {}).get("state")) == (200, then), response.content


def test_a_change_does_all_or_nothing(client, scene):
    path, day = f"{scene.path}/appointments", "2026-03-02"
    taken = {"date": f"{day} 11:00:00", "colorId": scene.color.pk, "chairId": scene.chair.pk}
    assert client.post(path, taken).status_code == 200
    made = client.post(path, {"date": f"{day} 09:00:00", "colorId": scene.color.pk, "duration": 45}).json()["data"]
    one = f"{path}/{made['id']}"
    # Confirmed and moved onto a chair that is taken: neither its state nor its description is written.
    response = client.patch(
        one, {"date": taken["date"], "chairId": scene.chair.pk, "description": "x", "state": "done"}
    )
    assert (response.status_code, client.get(one).json()["data"]) == (409, made)
    whole = client.put(one, {**made, "date": f"{day} 10:00:00", "patientId": scene.patient.pk}).json()["data"]
    assert (whole["date"], whole["patientId"], whole["duration"]) == (f"{day} 10:00:00", scene.patient.pk, 45)
    day_long = client.put(one, {"allDay": True}).json()["data"]
    assert (day_long["date"], day_long["duration"], day_long["allDay"]) == (f"{day} 00:00:00", 1440, True)
    assert client.put(one, day_long).json()["data"] == day_long
    free = client.put(one, {"patientId": None, "allDay": False, "date": f"{day} 08:00:00"}).json()["data"]
    assert (free["patientId"], free["duration"], free["allDay"]) == (None, 30, False)


def test_patients_are_found_by_every_parameter_and_by_all_at_once(client, scene):
    PatientFactory(organization=scene.organization, first_name="Ada Maria", last_name="Moss")
    PatientFactory(organization=scene.organization, first_name="Ștefan", last_name="Ioniță", archived_at=AT)
    scene.patient.date_of_birth, scene.patient.italian_fiscal_code = "1989-10-11", "RSSMRA85T10A562S"
    scene.patient.save()
    for query in ("phoneNumberPrefix=0039&phoneNumber=3471234567", "phoneNumber=3471234567", "phoneNumberPrefix=%2B39",
                  "italianFiscalCode=rss mra 85t10 a562s", "email=ADA@example.org", "dateBirth=1989-10-11",
                  "dateOfBirth=1989-10-11", "lastName=moss&dateBirth=1989-10-11&firstName=ADA&unknown=x"):  # fmt: skip
        found = client.get(f"{scene.path}/patients?{query}").json()
        assert [one["id"] for one in found["results"]] == [scene.patient.pk], query
    for query in (
        "phoneNumberPrefix=0040&phoneNumber=3471234567",
        "firstName=Stefan",
        "email=ada",
        "dateBirth=1989-10-12",
    ):
        assert client.get(f"{scene.path}/patients?{query}").json()["total"] == 0, query
    page = client.get(f"{scene.path}/patients?lastName=Moss&limit=1").json()
    assert (page["total"], page["links"]["pages"], page["results"][0]["firstName"]) == (2, 2, "Ada")
    following = client.get(page["links"]["next"].removeprefix("http://testserver")).json()
    assert ([one["firstName"] for one in following["results"]], following["links"]) == (["Ada Maria"], {})
    assert refusal(client.get(f"{scene.path}/patients?limit=201")) == (
        400,
        "limit: must be a whole number from 1 to 200",
    )


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("firstName=stef", ["Ștefan Andrei", "Stefania"]),
        ("firstName=ȘTEFAN", ["Ștefan Andrei", "Stefania"]),
        ("firstName=stefan a", ["Ștefan Andrei"]),
        ("firstName=luca", ["Luca"]),
        ("firstName=luca&lastName=di st", ["Luca"]),
        ("firstName=ann&lastName=straße", ["Anna-Lena"]),
        ("firstName=anna lena", ["Anna-Lena"]),
        ("firstName=stefano", []),
        ("firstName=ștef&lastName=ion", ["Ștefan Andrei"]),
        ("firstName=andrei", ["Ștefan Andrei"]),
        ("firstName=andr", []),
        ("firstName=李", ["李"]),
    ],
)
def test_names_are_found_by_their_beginnings_without_accents(client, scene, query, found):
    for first, last in (("Ștefan Andrei", "Ioniță"), ("Luca", "Di Stefano"), ("Stefania", "De Luca"),
                        ("Anna-Lena", "Straße, von"), ("李", "王")):  # fmt: skip
        made = PatientFactory(organization=scene.organization, first_name=first, last_name=last)
        made.fold_name()
        made.save()
    shown = client.get(f"{scene.path}/patients?{query}").json()["results"]
    assert sorted(one["firstName"] for one in shown) == sorted(found)


def test_of_a_patient_put_away_only_names_and_dates_are_told(client, scene):
    gone = PatientFactory(organization=scene.organization, archived_at=AT, email="x@example.org")
    shown = client.get(f"{scene.path}/patients/{gone.pk}").json()["data"]
    assert set(shown) == {"id", "firstName", "lastName", "dateOfBirth", "dateBirth", "createdAt", "lastModifiedAt"}
    described = client.get("/v1/schema/alfadocs").json()["components"]["schemas"]["AnyPatient"]
    assert set(described["required"]) == set(shown)
    assert client.put(f"{scene.path}/patients/{gone.pk}", {"city": "x"}).status_code == 404


def test_a_patients_numbers_are_updated_by_number_and_never_taken_away(client, scene):
    path = f"{scene.path}/patients/{scene.patient.pk}"
    sent = [{"prefix": "0039", "number": "347 1234567", "label": "Casa"}, {"prefix": "+39", "number": "3479999999"}]
    numbers = client.patch(path, {"phoneNumbers": sent}).json()["data"]["phoneNumbers"]
    assert [(one["number"], one["label"], one["smsEnabled"]) for one in numbers] == [
        ("347 1234567", "Casa", True), ("3479999999", "", False)]  # fmt: skip
    assert len(client.put(path, {"phoneNumbers": []}).json()["data"]["phoneNumbers"]) == 2


def test_what_is_refused_leaves_nothing(client, scene):
    before = Patient.objects.count()
    own = {"firstName": "A", "lastName": "B", "_sampleCustomField": ["no", "text"]}
    status, told = refusal(client.post(f"{scene.path}/patients", own))
    assert (status, told.startswith("_sampleCustomField: ")) == (400, True)
    for sent in ({}, {"firstName": "A"}, {"firstName": "A", "lastName": "B", "gender": "x"},
                 {"firstName": "A", "lastName": "B", "dateBirth": "11.10.1989"},
                 {"firstName": "A", "lastName": "B", "phoneNumbers": [{"number": "1"}]}):  # fmt: skip
        assert client.post(f"{scene.path}/patients", sent).status_code == 400
    assert (Patient.objects.count(), AuditEntry.objects.count()) == (before, 0)
    path = f"{scene.path}/patients/{scene.patient.pk}/documents"
    for sent in ({"base64Data": "!", "type": "text", "name": "a.txt", "folderName": "x"},
                 {"base64Data": "PGh0bWw+", "type": "text", "name": "a.html", "folderName": ""},
                 {"type": "text", "name": "a", "folderName": "x"}):  # fmt: skip
        assert client.post(path, sent).status_code in (200, 400)


def test_the_same_key_and_body_make_one_of_each(client, scene):
    path, sent = f"{scene.path}/appointments", {"date": "2026-03-02 09:00:00", "colorId": scene.color.pk}
    first, again = (client.post(path, sent, headers={"Idempotency-Key": "one"}) for _time in range(2))
    assert (first.json(), first.status_code, Appointment.objects.count()) == (again.json(), 200, 1)


def test_a_patient_of_another_archive_is_not_under_this_one(client, scene):
    # A clinic admin there, and a specialist, who may not write such fields, in the archive of the path.
    elsewhere = PracticeFactory()
    theirs = PatientFactory(organization=elsewhere.organization)
    CustomFieldFactory(organization=elsewhere.organization, technical_name="sampleCustomField")
    user = MembershipFactory(practice=elsewhere, role="clinic_admin").user
    MembershipFactory(practice=scene.practice, role="specialist", user=user)
    ApiKeyFactory(user=user, text="ck_both")
    caller = Caller(**{"X-Api-Key": "ck_both"})
    sent = {"data": [{"technicalName": "sampleCustomField", "value": "x"}]}
    assert refusal(caller.put(f"{scene.path}/patients/{theirs.pk}/custom-fields", sent))[0] == 404
    assert refusal(caller.get(f"{scene.path}/patients/{theirs.pk}/care-plans"))[0] == 404
    assert not CustomFieldValue.objects.exists()
    own = f"/api/v1/practices/{elsewhere.pk}/archives/{elsewhere.organization_id}/patients/{theirs.pk}"
    assert caller.put(f"{own}/custom-fields", sent).status_code == 200
    assert caller.get(f"{own}/care-plans").json() == []


def test_what_comes_back_as_it_was_shown_is_no_field_of_the_clinics_own(client, scene):
    CustomFieldFactory(organization=scene.organization, technical_name="createdAt")
    path = f"{scene.path}/patients/{scene.patient.pk}"
    shown = client.get(path).json()["data"]
    again = client.put(path, {name: shown[name] for name in ("firstName", "createdAt")}).json()["data"]
    assert (again["createdAt"], again["_createdAt"]) == (shown["createdAt"], None)
    assert client.put(path, {"_createdAt": "x"}).json()["data"]["_createdAt"] == "x"


def test_each_range_of_days_lists_its_own_appointments(client, scene, monkeypatch):
    visit = {"practice": scene.practice, "specialist": scene.operator}
    rows = [
        AppointmentFactory(**visit, starts_at=AT + day * DAY, ends_at=AT + day * DAY + DAY / 24) for day in (40, 42)
    ]

    def listed(day, more=""):
        first = (AT + day * DAY).date()
        answer = client.get(f"{scene.path}/appointments?dateStart={first}&dateEnd={first}{more}")
        return [one["id"] for one in answer.json()["data"]]

    assert listed(40) == [rows[0].pk]
    compiled = []
    as_sql = SQLCompiler.as_sql
    monkeypatch.setattr(
        SQLCompiler, "as_sql", lambda self, *a, **k: (compiled.append(self.query), as_sql(self, *a, **k))[1]
    )
    assert (listed(42), listed(41), compiled) == ([rows[1].pk], [], [])
    assert listed(40, "&patientId=") == [rows[0].pk]
    assert listed(40, f"&patientId={rows[1].patient_id}") == []
