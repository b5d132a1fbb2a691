"""The check of searched names finds exactly those that are not the folded name, whatever letters it has."""

import pytest

from core.invariants import all_invariants
from patients.models import Patient, PatientWord
from tests.factories import PatientFactory

(CHECK,) = [one for one in all_invariants() if one.name == "patients.search_name"]

NAMES = [
    ("Ștefan", "Ioniță"),
    ("ANA MARIA", "ȚÎRLEA"),
    ("Ana-Maria", "O'Neil"),
    ("Jürgen", "Größe"),
    ("Søren", "Ærø"),
    ("İpek", "I\u015f\u0131k"),
    ("Zoe\u0308", "De\u0301"),
    ("Łukasz", "Dvořák"),
    ("李", "小龙"),
    ("Ana  Ioana ", " Pop"),
    ("Nguyễn", "Thị Ánh"),
]


@pytest.mark.django_db
@pytest.mark.parametrize("names", NAMES, ids=lambda names: names[1])
def test_a_name_of_any_letters_is_found_only_once_it_differs(names):
    first, last = names
    patient = PatientFactory(first_name=first, last_name=last)
    assert list(CHECK.offenders()) == []
    Patient.objects.filter(pk=patient.pk).update(search_name=f"{patient.search_name}x")
    assert list(CHECK.offenders()) == [patient.pk]
    Patient.objects.filter(pk=patient.pk).update(search_name=patient.search_name, last_name=f"{last}ő")
    assert list(CHECK.offenders()) == [patient.pk]


@pytest.mark.django_db
def test_a_name_without_what_follows_its_first_word_is_found():
    (check,) = [one for one in all_invariants() if one.name == "patients.words"]
    patient = PatientFactory(first_name="Ana-Maria", last_name="Pop")
    PatientFactory(first_name="Ana", last_name="Pop")
    assert list(check.offenders()) == []
    PatientWord.objects.get(patient=patient, word="ana maria").delete()
    assert list(check.offenders()) == [patient.pk]
