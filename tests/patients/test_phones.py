"""Phone numbers as they are typed, and as the whole number they mean."""

import pytest

from core.errors import Forbidden, InvalidInput, Missing
from patients.models import PhoneNumber
from patients.services import add_phone
from tests.factories import PatientFactory, PhoneNumberFactory


@pytest.mark.parametrize(
    ("prefix", "number", "country", "e164"),
    [
        ("+40", "722123456", "", "+40722123456"),
        ("+40", "722 123 456", "IT", "+40722123456"),
        ("0040", "722123456", "", "+40722123456"),
        ("40", "722-123-456", "", "+40722123456"),
        ("+40", "0722 123 456", "", "+40722123456"),
        ("", "0722 123 456", "RO", "+40722123456"),
        ("", "+39 06 6982", "RO", "+39066982"),
        ("", "0722 123 456", "", ""),
        ("", "0722 123 456", "XX", ""),
        ("+40", "12", "", ""),
        ("+40", "ask for Ana", "", ""),
        ("", "ask for Ana", "RO", ""),
        ("", "\x00", "RO", ""),
        ("+999", "722123456", "", ""),
    ],
)
def test_a_possible_number_is_kept_whole(prefix, number, country, e164):
    phone = PhoneNumber(prefix=prefix, number=number)
    phone.normalize(country)
    assert (phone.prefix, phone.number, phone.e164) == (prefix, number, e164)


def test_a_number_is_added_behind_those_there(patient, practice, front_desk, at, history):
    PhoneNumberFactory(patient=patient)
    phone = add_phone(patient.pk, values={"number": "0722 000 000", "label": "work"}, by=front_desk, at=at)
    stored = PhoneNumber.objects.values().get(pk=phone.pk)
    assert stored == {
        "id": phone.pk,
        "patient_id": patient.pk,
        "prefix": "",
        "number": "0722 000 000",
        "label": "work",
        "sms_enabled": False,
        "phone_type": "mobile",
        "e164": "+40722000000",
        "position": 1,
        "created_at": at,
        "updated_at": at,
    }
    assert history() == [("patients.add_phone", "create", "patients.phonenumber", phone.pk)]


def test_the_patients_country_goes_before_the_clinics(organization, practice, front_desk, at):
    italian = PatientFactory(organization=organization, country_code="IT")
    assert add_phone(italian.pk, values={"number": "06 6982 1234"}, by=front_desk, at=at).e164 == "+390669821234"


@pytest.mark.parametrize(
    ("values", "field"),
    [({"number": ""}, "number"), ({"number": "1" * 33}, "number"), ({"number": "1", "phone_type": "x"}, "phone_type")],
)
def test_a_wrong_value_is_refused_by_column(patient, front_desk, at, refused, values, field):
    with refused(InvalidInput) as caught:
        add_phone(patient.pk, values=values, by=front_desk, at=at)
    assert list(caught.value.fields) == [field]


def test_a_patient_adds_no_number_and_nobody_one_elsewhere(patient, patient_actor, front_desk, at, refused):
    foreign = PatientFactory()
    with refused(Forbidden):
        add_phone(patient.pk, values={"number": "1"}, by=patient_actor, at=at)
    with refused(Missing):
        add_phone(foreign.pk, values={"number": "1"}, by=front_desk, at=at)
