"""What a program reads of a patient and sends back as it was changes nothing, whichever contract wrote it first."""

import pytest

from patients.models import CustomFieldValue, Patient, PhoneNumber
from tests.factories import (
    ApiKeyFactory,
    CustomFieldFactory,
    PatientFactory,
    PatientSourceFactory,
    PhoneNumberFactory,
    PriceListFactory,
)

from .conftest import Caller

FLEXTELL, CLINIKO = "/flextell/api/v1", "/cliniko/v1"


@pytest.fixture
def programs(practice, admin_user):
    """One key, as each contract carries it, and the alfadocs path of the practice."""
    practice.country_code, practice.currency = "RO", "RON"
    practice.save()
    ApiKeyFactory(user=admin_user, text="ck_all")
    place = f"/alfadocs/api/v1/practices/{practice.pk}/archives/{practice.organization_id}"
    basic = Caller(Authorization="Basic Y2tfYWxsOg==")
    return Caller(**{"X-Api-Key": "ck_all"}), basic, Caller("ck_all"), place


def stored(patient_id):
    """All that is kept of the patient, but when it last changed."""
    kept = [
        *Patient.objects.filter(pk=patient_id).values(),
        *PhoneNumber.objects.filter(patient=patient_id).order_by("position").values(),
        *CustomFieldValue.objects.filter(patient=patient_id).order_by("pk").values(),
    ]
    return [{name: value for name, value in row.items() if name != "updated_at"} for row in kept]


def test_a_patient_comes_back_through_two_contracts_as_they_were(programs, organization):
    alfadocs, cliniko, _flextell, place = programs
    CustomFieldFactory(organization=organization, technical_name="height")
    others = ("predicative_possessive", "pronominal_possessive", "reflexive")
    pronouns = {"nominative": "they", "accusative": "them", **dict.fromkeys(others, "")}
    patient = PatientFactory(
        organization=organization, first_name="Ștefan", last_name="D’Àngelo", email="s@example.org", gender="other",
        address_1="Via Roma 1", address_2="B", city="Milano", state="MI", post_code="20100", country_code="IT",
        date_of_birth="1985-02-28", place_of_birth="Bari", italian_fiscal_code="RSSMRA85T10A562S", occupation="jurist",
        yearly_numbering_year=2018, yearly_numbering_number=7, default_discount="12.50", email_reminders=False,
        source=PatientSourceFactory(organization=organization), price_list=PriceListFactory(organization=organization),
        pronouns=pronouns, notes="n", medicare="1", accepted_privacy_policy=True,
        document_signature_email=False, preferred_first_name="Fane", title="Dr", identity_number="X1",
    )  # fmt: skip
    told = {"patient": patient, "e164": "+393471239999", "digits": "3471239999"}
    PhoneNumberFactory(**told, prefix="+39", number="347 1239999", label="Casa", sms_enabled=True, phone_type="home")
    whole = {"e164": "+905551112233", "digits": "5551112233", "position": 1}
    PhoneNumberFactory(patient=patient, prefix="", number="+90 555 111 2233", label="x", sms_enabled=True, **whole)
    PhoneNumberFactory(patient=patient, prefix="", number="ask Ada", e164="", digits="", position=2, phone_type="work")
    alfadocs.put(f"{place}/patients/{patient.pk}", {"_height": "180"})
    before = stored(patient.pk)
    paths = {"alfadocs": (alfadocs, f"{place}/patients/{patient.pk}"),
             "cliniko": (cliniko, f"{CLINIKO}/patients/{patient.pk}")}  # fmt: skip
    for name, (caller, path) in paths.items():
        shown = caller.get(path).json()
        for method in ("PUT", "PATCH"):
            answer = caller(method, path, shown.get("data", shown))
            assert answer.status_code == 200, answer.content
            pairs = zip(before, stored(patient.pk), strict=True)
            differing = [[column for column in row if row[column] != now[column]] for row, now in pairs]
            assert [one for one in differing if one] == [], (name, method)


def test_a_number_that_was_typed_as_one_text_is_told_in_two_parts(programs, organization):
    alfadocs, _cliniko, flextell, place = programs
    sent = {"first_name": "Fle", "last_name": "Xtell", "phone_number": "+39 06 1234567"}
    made = flextell.post(f"{FLEXTELL}/customers", sent).json()["data"]
    path = f"{place}/patients/{made['id']}/phone-numbers"
    (number,) = alfadocs.get(path).json()["data"]
    # The zero belongs to an Italian number.
    assert (number["prefix"], number["number"]) == ("+39", "061234567")
    assert flextell.get(f"{FLEXTELL}/customers/{made['id']}").json()["data"]["phone_number"] == "+39061234567"
    changed = alfadocs.put(f"{path}/{number['id']}", {"number": "067654321"}).json()["data"]
    assert (changed["prefix"], changed["number"]) == ("+39", "067654321")
    assert PhoneNumber.objects.get().e164 == "+39067654321"
    assert alfadocs.post(path, {"prefix": "", "number": "061234567"}).status_code == 400


def test_a_program_that_knows_no_labels_takes_none_away(programs, organization):
    _alfadocs, cliniko, _flextell, _place = programs
    patient = PatientFactory(organization=organization)
    kept = PhoneNumberFactory(patient=patient, label="Mother", sms_enabled=True, phone_type="home")
    sent = [{"number": "0733 000 000", "phone_type": "Work"}, {"number": f"{kept.prefix}{kept.number}"}]
    path = f"{CLINIKO}/patients/{patient.pk}"
    assert cliniko.patch(path, {"patient_phone_numbers": sent}).status_code == 200
    columns = ("label", "sms_enabled", "phone_type", "number")
    rows = PhoneNumber.objects.order_by("position")
    assert list(rows.values_list(*columns)) == [
        ("", False, "work", "0733 000 000"), ("Mother", True, "home", f"{kept.prefix}{kept.number}")]  # fmt: skip
    assert rows[1].pk == kept.pk
