"""Whom the desk finds by what it types."""

from datetime import date

import pytest

from patients.models import Patient
from tests.factories import PatientFactory, PhoneNumberFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(practice):
    """Three who are told apart by everything."""

    def person(first_name, last_name, **more):
        return PatientFactory(organization=practice.organization, first_name=first_name, last_name=last_name, **more)

    neil = person("Jürgen", "O'Neil", date_of_birth=date(1984, 3, 2), email="juergen.on@clinic-mail.example")
    muller = person(
        "Ana Maria", "Mueller", date_of_birth=date(1990, 12, 24), email="am@x.example", identity_number="27"
    )
    other = person("Bob", "Dewberry", date_of_birth=date(1984, 2, 3), email="bob@x.example")
    PhoneNumberFactory(patient=neil, number="0722 123 456", e164="+40722123456", digits="722123456")
    PhoneNumberFactory(patient=other, number="0733 999 000", e164="+40733999000", digits="733999000")
    return {"neil": neil, "muller": muller, "other": other}


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("1984-03-02", {"neil"}),
        ("02.03.1984", {"neil"}),
        ("24/12/1990", {"muller"}),
        ("24121990", {"muller"}),
        ("2/3/1984", {"neil", "other"}),  # a day of two readings
        ("oneil", {"neil"}),
        ("o'neil", {"neil"}),
        ("O’NEIL", {"neil"}),
        ("juergen", {"neil"}),
        ("jurgen", {"neil"}),
        ("Jürgen", {"neil"}),
        ("müller", {"muller"}),
        ("Muell", {"muller"}),
        ("mar", {"muller"}),
        ("ar", set()),  # the middle of a word
        ("neil jur", {"neil"}),
        ("neil 1984-03-02", {"neil"}),
        ("neil 1984-02-03", set()),
        ("clinic-mail", {"neil"}),
        ("mail.ex", {"neil"}),
        ("on@clinic", {"neil"}),
        ("0722 123", {"neil"}),
        ("3456", {"neil"}),
        ("+40 733", {"other"}),
        ("dewb 9000", {"other"}),
        ("27", {"muller"}),
        ("nobody", set()),
        ("?!", set()),
        ("\x00", {"neil", "muller", "other"}),
        ("", {"neil", "muller", "other"}),
    ],
)
def test_the_desk_finds_whom_it_means(people, typed, found):
    names = {row.pk: name for name, row in people.items()}
    assert {names[row.pk] for row in Patient.objects.filter(pk__in=names).searched(typed)} == found
