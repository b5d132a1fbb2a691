"""When a common word is taken for how names begin: by whom the searcher can find, and only where that leaves many."""

import pytest

from patients import searching
from patients.models import Patient
from tests.backoffice.conftest import url
from tests.factories import AppointmentFactory, MembershipFactory, PatientFactory, SpecialistFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def few_are_many(monkeypatch):
    monkeypatch.setattr(searching, "COMMON", 2)
    monkeypatch.setattr(searching, "SEEN", 2)
    monkeypatch.setattr(searching, "ONE_IN_PLACE", 1)


def people(organization, *names):
    return [PatientFactory(organization=organization, last_name=last, first_name=first).pk for last, first in names]


def listed(client, typed):
    answer = client.get(url("patients.patient", "changelist"), {"q": typed})
    return sorted(row.pk for row in answer.context["cl"].result_list)


def test_names_of_another_organization_decide_nothing(desk, practice, foreign_practice):
    ours = people(practice.organization, ("Pop 1", "Maria"), ("Pop 2", "Maria"), ("Pop 3", "Maria"))
    people(foreign_practice.organization, ("Maria 1", "Pop"), ("Maria 2", "Pop"), ("Maria 3", "Pop"))
    assert listed(desk, "maria") == listed(desk, "maria pop") == ours


def test_archived_names_decide_nothing(desk, practice):
    ours = people(practice.organization, ("Pop 1", "Maria"), ("Pop 2", "Maria"), ("Pop 3", "Maria"))
    Patient.objects.filter(pk__in=people(practice.organization, *[("Maria", "Eva")] * 3)).update(
        archived_at="2026-01-01T00:00Z"
    )
    assert listed(desk, "maria") == ours


def test_where_many_names_begin_so_they_alone_are_meant(desk, practice):
    people(practice.organization, ("Pop", "Maria"))
    named = people(practice.organization, *[("Maria", "Eva")] * 3)
    assert listed(desk, "maria") == named


def test_the_word_that_leaves_more_is_how_the_names_begin(desk, practice):
    everybody = people(practice.organization, *[("Pop", "Maria")] * 5, *[("Marian", "Popa")] * 3, ("Marian", "Eva"))
    assert listed(desk, "pop maria") == listed(desk, "maria pop") == everybody[:5]


def test_one_name_that_fits_leaves_everybody_else(desk, practice):
    everybody = people(
        practice.organization, *[("Pop", "Maria")] * 2, ("Marian", "Eva"), ("Marian", "Ana"), ("Marian", "Popa")
    )
    assert listed(desk, "pop maria") == [*everybody[:2], everybody[4]]


def test_a_specialist_finds_a_patient_whom_others_are_named_like(client, practice):
    user = MembershipFactory(practice=practice, role="specialist", user=UserFactory()).user
    specialist = SpecialistFactory(organization=practice.organization, works_at=[practice], user=user)
    (mine, *_others) = people(practice.organization, ("Pop", "Maria"), *[("Maria", "Eva")] * 3)
    AppointmentFactory(practice=practice, specialist=specialist, patient=Patient.objects.get(pk=mine))
    client.force_login(user)
    assert listed(client, "maria") == [mine]
