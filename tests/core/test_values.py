"""What a verb was sent reaches only the columns it may set, and refers only to what its caller may see."""

import pytest

from core.errors import InvalidInput
from core.values import assign
from patients.models import Patient
from tests.factories import (
    PatientFactory,
    PatientSourceFactory,
    SpecialistFactory,
    SpecialtyFactory,
    UserFactory,
)


@pytest.fixture
def record(organization):
    return PatientFactory(organization=organization)


def put(record, by, **values):
    assign(record, values, allowed=set(values), by=by, organization_id=record.organization_id)


def refusal(record, by, **values):
    with pytest.raises(InvalidInput) as caught:
        put(record, by, **values)
    return {name: str(why) for name, why in caught.value.fields.items()}


def test_columns_are_set(record, front_desk, organization):
    source = PatientSourceFactory(organization=organization)
    put(record, front_desk, first_name="Maria", source_id=source.pk)
    assert (record.first_name, record.source) == ("Maria", source)


def test_a_reference_can_be_taken_away(organization, front_desk):
    record = PatientFactory(organization=organization, source=PatientSourceFactory(organization=organization))
    put(record, front_desk, source_id=None)
    assert record.source is None


def test_a_column_that_is_not_allowed_is_a_mistake_of_the_caller(record, front_desk):
    with pytest.raises(TypeError, match=r"patients\.Patient takes no merged_into_id, organization_id"):
        assign(
            record,
            {"organization_id": 2, "merged_into_id": 1, "first_name": "Maria"},
            allowed={"first_name"},
            by=front_desk,
            organization_id=record.organization_id,
        )
    assert record.first_name == "Ana"


def test_a_row_of_another_organization_looks_like_none(record, front_desk, foreign_practice):
    foreign = PatientSourceFactory(organization=foreign_practice.organization)
    expected = {"source_id": "There is no such patient source."}
    assert refusal(record, front_desk, source_id=foreign.pk) == expected
    assert refusal(record, front_desk, source_id=10**9) == expected
    assert refusal(record, front_desk, source_id=2**70) == expected
    assert refusal(record, front_desk, source_id="x") == expected
    assert record.source is None


def test_even_who_sees_every_organization_may_not_mix_them(record, superuser, foreign_practice):
    foreign = PatientSourceFactory(organization=foreign_practice.organization)
    assert refusal(record, superuser, source_id=foreign.pk) == {"source_id": "There is no such patient source."}


def test_a_row_put_away_is_not_for_new_references(record, front_desk, organization, at):
    away = SpecialistFactory(organization=organization, archived=True)
    assert refusal(record, front_desk, primary_specialist_id=away.pk) == {
        "primary_specialist_id": "There is no such specialist."
    }


def test_a_reference_that_stands_may_be_sent_again(organization, front_desk):
    away = SpecialistFactory(organization=organization, archived=True)
    record = Patient.objects.get(pk=PatientFactory(organization=organization, primary_specialist=away).pk)
    put(record, front_desk, primary_specialist_id=away.pk)
    assert record.changes() == {}


def test_all_wrong_references_are_told_at_once(record, front_desk):
    found = refusal(record, front_desk, source_id=10**9, primary_specialist_id=10**9)
    assert sorted(found) == ["primary_specialist_id", "source_id"]


def test_a_user_is_one_whom_the_actor_may_see(organization, admin_actor, foreign_practice):
    specialist = SpecialistFactory(organization=organization)
    stranger = UserFactory(superuser=True)
    assert refusal(specialist, admin_actor, user_id=stranger.pk) == {"user_id": "There is no such user."}
    put(specialist, admin_actor, user_id=admin_actor.user_id)
    assert specialist.user_id == admin_actor.user_id


def test_one_query_for_each_reference(record, front_desk, organization, django_assert_num_queries):
    source = PatientSourceFactory(organization=organization)
    specialist = SpecialistFactory(organization=organization, specialty=SpecialtyFactory(organization=organization))
    with django_assert_num_queries(2):
        put(record, front_desk, source_id=source.pk, primary_specialist_id=specialist.pk, first_name="Maria")
