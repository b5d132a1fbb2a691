"""Phone numbers as they are typed, and as the whole number they mean."""

import phonenumbers
import pytest

from core.errors import Forbidden, InvalidInput, Missing
from patients.models import Patient, PhoneNumber
from patients.phones import parted
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
        ("", "0722 123 456 (mama)", "RO", "+40722123456"),
        ("", "home: 0722 123 456", "RO", "+40722123456"),
        ("", "0722123456 / 0733123456", "RO", ""),
        ("", "0722 123 456 since 2019", "RO", ""),
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
        "digits": "722000000",
        "digits_reversed": "000000227",
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


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("0722 123 456", True),
        ("0722123", True),
        ("0722", True),
        ("722 123", True),
        ("+40 722 123 456", True),
        ("+40722", True),
        ("0040 722", True),
        ("40722123456", True),
        ("3456", True),
        ("(0722) 123-456", True),
        ("456", False),
        ("0123", False),
        ("+4123", False),
        ("0040", False),  # a country's prefix alone
        ("0072", False),
        ("0000", False),
        ("0722 123 457", False),
    ],
)
def test_a_piece_of_a_number_finds_it_as_its_digits_do(organization, typed, found):
    PhoneNumberFactory(patient=PatientFactory(organization=organization, last_name="Ionescu"))
    assert Patient.objects.found_by(typed).exists() == found


@pytest.mark.parametrize(
    ("typed", "found"), [("0077", True), ("00077", True), ("0770", True), ("0076", False), ("1077", False)]
)
def test_zeros_in_front_are_those_before_the_last_digits(organization, typed, found):
    patient = PatientFactory(organization=organization)
    PhoneNumberFactory(patient=patient, number="770000077", e164="+40770000077")
    assert Patient.objects.found_by(typed).exists() == found


@pytest.mark.parametrize("typed", ["0722 123 456", "722123456", "0733 123 457", "0733", "23457"])
def test_digits_are_compared_with_digits_where_the_number_is_none(organization, front_desk, at, typed):
    patient = PatientFactory(organization=organization)
    add_phone(patient.pk, values={"number": "0722-123-456 / (0733) 123457"}, by=front_desk, at=at)
    assert Patient.objects.found_by(typed).get() == patient


def test_a_whole_number_is_parted_in_every_country_as_the_library_parses_it():
    examples = [phonenumbers.example_number(region) for region in sorted(phonenumbers.SUPPORTED_REGIONS)]
    assert len(examples) > 200
    for number in examples:
        whole = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        prefix = f"+{number.country_code}"
        assert parted(whole) == (prefix, whole.removeprefix(prefix))
