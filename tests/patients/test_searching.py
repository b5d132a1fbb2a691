"""Whom the desk finds by what it types."""

from datetime import date

import pytest
from django.db import connection

from core.hints import counting_all
from patients import searching
from patients.models import Patient, PatientWord
from patients.services import change_patient, create_patient
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
        ("ana-maria", {"muller"}),
        ("Ana-M", {"muller"}),
        ("mueller-ana-mar", {"muller"}),
        ("müller_ana", {"muller"}),
        ("maria-ana", set()),
        ("neil.jürgen", {"neil"}),
        ("o'neil.jur", {"neil"}),
        ("a-m", set()),
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


def words_of(patient):
    return set(PatientWord.objects.filter(patient=patient).values_list("word", flat=True))


def test_a_patient_is_found_by_what_the_record_says_now(organization, front_desk, at):
    values = {"first_name": "Mia", "last_name": "O'Hara", "email": "Mia.O@x.example", "identity_number": "AB 1"}
    patient = create_patient(organization_id=organization.pk, values=values, by=front_desk, at=at)
    address = {"mia.o@x.example", "o@x.example", "x.example"}
    assert words_of(patient) == {"mia", "o", "hara", "ohara", "hara mia", "=ab 1", *address}
    change_patient(patient.pk, values={"last_name": "Țuca", "identity_number": ""}, by=front_desk, at=at)
    assert words_of(patient) == {"mia", "tuca", *address}
    change_patient(patient.pk, values={"city": "Cluj"}, by=front_desk, at=at)
    assert words_of(patient) == {"mia", "tuca", *address}


def test_a_common_word_finds_the_same_as_a_rare_one(people, monkeypatch):
    monkeypatch.setattr("patients.searching.COMMON", 0)
    assert [row.pk for row in Patient.objects.searched("jur oneil")] == [people["neil"].pk]
    assert not Patient.objects.searched("jur dewberry").exists()


@pytest.mark.parametrize("one_in", [1, 10**9])  # of the sample: all, nobody
def test_two_common_beginnings_of_surnames_find_those_who_have_both(organization, monkeypatch, one_in):
    monkeypatch.setattr(searching, "COMMON", 1)
    monkeypatch.setattr(searching, "ONE_IN_PLACE", one_in)
    ioana, ion, *_others = [
        PatientFactory(organization=organization, first_name=first, last_name=last)
        for first, last in (
            ("Ioana", "Popa"),
            ("Ion", "Pop"),
            ("Ana", "Popescu"),
            ("Ana", "Ionescu"),
            ("Eva", "Ionita"),
        )
    ]
    assert {row.pk for row in Patient.objects.searched("pop io")} == {ioana.pk, ion.pk}
    assert {row.pk for row in Patient.objects.searched("io pop")} == {ioana.pk, ion.pk}


@pytest.mark.parametrize("many", [0, 30_000])
def test_words_that_are_common_alone_are_found_together_as_rare_ones_are(organization, monkeypatch, many):
    for first, last in (("Ana", "Stan"), ("Eva", "Stan"), ("Ana", "Marin"), ("Ana Stana", "Albu"), ("Eva", "Albu")):
        PatientFactory(organization=organization, first_name=first, last_name=last)
    typed = ("ana stan", "stan ana", "ana", "stan eva", "ana stan albu", "ana eva")
    rare = {text: sorted(Patient.objects.searched(text).values_list("pk", flat=True)) for text in typed}
    monkeypatch.setattr(searching, "COMMON", 2)
    monkeypatch.setattr(searching, "MANY", many)
    assert {text: sorted(Patient.objects.searched(text).values_list("pk", flat=True)) for text in typed} == rare
    assert [len(found) for found in rare.values()] == [2, 2, 3, 1, 1, 0]


def test_what_a_contract_counts_is_not_asked_row_by_row(organization, monkeypatch):
    PatientFactory(organization=organization, first_name="Ana", last_name="Stan")
    monkeypatch.setattr(searching, "COMMON", 0)
    found, shown = Patient.objects.found_by("ana stan"), Patient.objects.searched("ana stan")
    with counting_all():
        assert found.count() == 1
        counted = str(found.query)
    assert "EXISTS" in counted or (connection.vendor == "sqlite" and "LIMIT 1)" not in counted)
    assert found.count() == shown.count() == 1
    for page in (found, found.order_by("-created_at"), shown):
        assert "LIMIT 1)" in str(page.query)
    # Those of one last name stand in one place of such a list.
    assert "LIMIT 1)" not in str(Patient.objects.found_by("stan").order_by("last_name").query)


@pytest.mark.parametrize("common", [0, searching.COMMON])
def test_names_are_counted_as_they_are_found(organization, monkeypatch, common):
    monkeypatch.setattr(searching, "COMMON", common)
    for first, last in (
        ("Ana", "Ion"), ("Anastasia", "Ionescu"), ("Maria Ana", "Ionescu"), ("Maria Anca", "Ionescu"), ("Ana", "O-Ion"),
        ("Eva", "Ion Ana"), ("Ana", "Ion Pop"), ("Eva", "Ion Anton"), ("Àna", "Ión"), ("Ana", "Ion-"), ("", "Ion Ana"),
    ):  # fmt: skip
        PatientFactory(organization=organization, first_name=first, last_name=last)
    asked = [("Ana", "Ion"), ("An", "Ion"), ("Ana", "Ion Ana"), ("A", "I"), ("ana", ""), ("-", "Ion"), ("Ana", "-")]
    found = {}
    for first, last in asked:
        rows, counted = Patient.objects.live().named_to_count(first=first, last=last)
        assert counted.count() == len(found.setdefault((first, last), list(rows))), (first, last)
    assert [len(rows) for rows in found.values()] == [8, 8, 4, 5, 8, 0, 0]


def test_what_was_read_of_a_word_is_not_read_again(people, django_assert_num_queries):
    words = searching.Words(["jur", "oneil"])
    with django_assert_num_queries(2):
        assert words.ids == words.few([1, 0]) == [people["neil"].pk]
        words.meant(column="patient")


def test_nobody_is_found_in_another_organization(people, organization, front_desk):
    foreign = PatientFactory(first_name="Jürgen", last_name="Elsewhere")
    rows = Patient.objects.visible_to(front_desk)
    assert {row.pk for row in rows.searched("jurgen")} <= set(rows.values_list("pk", flat=True)) - {foreign.pk}
    assert people["neil"] in rows.searched("jurgen")


def test_an_e_mail_address_is_found_whatever_its_letters_case(organization):
    patient = PatientFactory(organization=organization, email="Ada.Moss@Example.org")
    for asked in ("ada.moss@example.org", "ADA.MOSS@EXAMPLE.ORG", patient.email):
        assert list(Patient.objects.found_by(asked)) == [patient], asked
    assert not Patient.objects.found_by("moss@example.org").exists()


@pytest.mark.parametrize(
    ("typed", "days"),
    [
        ("1900-01-01", {date(1900, 1, 1)}),
        ("31.12.2199", {date(2199, 12, 31)}),
        ("1899-12-31", set()),
        ("01.01.2200", set()),
        ("02/03/1980", {date(1980, 3, 2), date(1980, 2, 3)}),
    ],
)
def test_a_day_is_looked_for_from_1900_to_2199(typed, days):
    assert searching.days_in(typed) == days


def test_a_word_is_looked_for_as_far_as_words_are_kept():
    long = "x" * (searching.LONGEST_WORD + 50)
    assert searching.words_in(f"ana {long}") == ["ana", long[: searching.LONGEST_WORD]]
    assert long[: searching.LONGEST_WORD] in searching.words_of(search_name=long, email="", identities=())


def test_the_end_of_an_address_alone_finds_nobody():
    assert searching.words_of(search_name="", email="ana.pop@mail.example.org", identities=()) == {
        "ana.pop@mail.example.org", "pop@mail.example.org", "mail.example.org", "example.org"
    }  # fmt: skip
