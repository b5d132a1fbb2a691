"""What people keep in one cell: full names, several telephone numbers, addresses with something around them."""

import pytest
from django.core.exceptions import ValidationError

from core.imports.columns import address
from patients.imports.numbers import numbers_in
from patients.models import Patient
from scheduling.models import Appointment
from tests.factories import PatientFactory, SpecialistFactory
from tests.importing import import_text, outcome, refusals


def test_the_numbers_of_a_cell_are_told_apart_with_their_kinds():
    mobile, home = ("0722 123 456", "", "mobile"), ("021 555 0101", "", "home")
    for text, wanted in {
        "Mobile: 0722 123 456, Home: 021 555 0101": [mobile, home],
        "M: 0722 123 456; h 021 555 0101": [mobile, home],
        "Handy 0722 123 456": [mobile],
        "mama: 0722 123 456": [("0722 123 456", "mama", "")],
        "0722 123 456 ::: 0722 999 888": [("0722 123 456", "", ""), ("0722 999 888", "", "")],
        "0722 123 456\n0722 123 456": [("0722 123 456", "", "")],
        "'+49 171 1234567": [("+49 171 1234567", "", "")],
        # A slash stands within a number, too; what is not several whole numbers is kept as it is.
        "0351/5550101": [("0351/5550101", "", "")],
        "0722123457 / 0733123457": [("0722123457 / 0733123457", "", "")],
        "0722 123 456, 457": [("0722 123 456, 457", "", "")],
        "n/a": [("n/a", "", "")],
        "'": [],
        "Mobile": [],
        "Mobile:": [],
        "::::": [],
        "Main 021 555 0101": [("021 555 0101", "", "other")],
    }.items():
        assert [tuple(one) for one in numbers_in(text)] == wanted, text


def test_an_address_is_read_without_what_programs_write_around_it():
    for text in (
        "mailto:ana@example.org",
        "Ana Popa <ana@example.org>",
        "ana@example.org;",
        "ana@example.org, ana@example.org",
    ):
        assert address(text) == "ana@example.org"
    for text in ("a@example.org; b@example.org", "a@example.org ::: b@example.org", "a@example.org b@example.org"):
        with pytest.raises(ValidationError):
            address(text)


def test_a_full_name_is_split_as_it_was_said_or_refused(organization):
    names = ["Ana Maria Popa", "Dr. Dan Ionescu", "Madonna", '"Popa, Ana"', '"van der Berg, Jan"']
    text = "external_id,name\n" + "".join(f"{n},{name}\n" for n, name in enumerate(names))
    words = import_text("patients", text, mapping={"name": "first_name + last_name"})
    assert list(Patient.objects.order_by("pk").values_list("first_name", "last_name")) == [
        ("Ana", "Maria Popa"), ("Dr. Dan", "Ionescu"), ("", "Madonna"),
    ]  # fmt: skip
    assert [(line, column) for line, column, _reason in refusals(words)] == [(5, "name"), (6, "name")]
    commas = import_text("patients", text, mapping={"name": "last_name, first_name"}, source="other")
    assert outcome(commas) == (3, 0, 0, 2)
    assert list(Patient.objects.order_by("pk").values_list("first_name", "last_name"))[3:] == [
        ("", "Madonna"), ("Ana", "Popa"), ("Jan", "van der Berg"),
    ]  # fmt: skip
    assert [(line, column) for line, column, _reason in refusals(commas)] == [(2, "name"), (3, "name")]


def test_people_are_named_in_either_order_and_by_an_address_in_other_letters(practice):
    ana = PatientFactory(organization=practice.organization, email="Ana@Example.org")
    names = [("Ina", "Marin"), ("Toma", "Pop"), ("Pop", "Toma"), ("Eva", "Stan"), ("Eva", "Stan")]
    there = {"organization": practice.organization, "works_at": [practice]}
    ina, toma, *_others = (SpecialistFactory(**there, first_name=first, last_name=last) for first, last in names)
    called = [
        "Ina Marin",
        '"Marin, Ina"',
        "MARIN INA",
        "Dott.ssa Ina Marin",
        "Toma Pop",
        "Ina",
        "Stan Eva",
        "Dr.Ina Marin",
    ]
    text = "external_id,starts_at,duration,patient,specialist,Type\n"
    text += "".join(f"{n},2026-01-06T1{n}:00Z,30,ana@EXAMPLE.org,{name},Visit\n" for n, name in enumerate(called))
    report = import_text("appointments", text, practice_id=practice.pk, mapping={"Type": "appointment_type"})
    assert [(line, column, "names several" in reason) for line, column, reason in refusals(report)] == [
        (7, "specialist", False), (8, "specialist", True),
    ]  # fmt: skip
    visits = Appointment.objects.values_list("patient", "specialist", "appointment_type", "type")
    # "Type" is what it is mapped to, and no longer the column of its own name.
    assert set(visits) == {(ana.pk, one.pk, "Visit", "in_practice") for one in (ina, toma)}
    assert len(visits) == 6
