"""Specialists, and where they work."""

import pytest

from core.errors import Conflict, Forbidden, InvalidInput, Missing
from directory.models import Resource, Specialist, SpecialistPractice
from directory.services import change_specialist, create_specialist
from tests.factories import (
    AT,
    MembershipFactory,
    PracticeFactory,
    ServiceFactory,
    SpecialistFactory,
    SpecialtyFactory,
    UserFactory,
)

NAMES = {"first_name": "Ioana", "last_name": "Popescu", "title": "Dr."}


def works_at(specialist):
    return set(SpecialistPractice.objects.filter(specialist=specialist).values_list("practice_id", flat=True))


def test_a_specialist_is_made_at_work_and_able_to_be_busy(practice, other_practice, superuser, at, history):
    specialty = SpecialtyFactory(organization=practice.organization)
    user = UserFactory()
    made = create_specialist(
        organization_id=practice.organization_id,
        practice_ids=[other_practice.pk, practice.pk, practice.pk],
        values={**NAMES, "specialty_id": specialty.pk, "user_id": user.pk},
        by=superuser,
        at=at,
    )
    stored = Specialist.objects.get()
    assert (str(stored), stored.specialty, stored.user, stored.organization) == (
        "Dr. Ioana Popescu", specialty, user, practice.organization,
    )  # fmt: skip
    assert (stored.scheduling_active, stored.show_in_online_bookings, stored.archived_at) == (True, True, None)
    assert list(Resource.objects.values_list("pk", "kind")) == [(stored.resource_id, "person")]
    assert works_at(made) == {practice.pk, other_practice.pk}
    joins = SpecialistPractice.objects.order_by("practice_id").values_list("pk", flat=True)
    assert history() == [
        ("directory.create_specialist", "create", "directory.resource", stored.resource_id),
        ("directory.create_specialist", "create", "directory.specialist", stored.pk),
        *(("directory.create_specialist", "create", "directory.specialistpractice", pk) for pk in joins),
    ]


def test_a_clinic_admin_puts_specialists_to_work_in_their_practices_alone(
    practice, other_practice, foreign_practice, admin_actor, at, refused
):
    for elsewhere in (other_practice, foreign_practice):
        with refused(InvalidInput) as caught:
            create_specialist(
                organization_id=practice.organization_id,
                practice_ids=[elsewhere.pk],
                values=NAMES,
                by=admin_actor,
                at=at,
            )
        assert list(caught.value.fields) == ["practice_ids"]
    create_specialist(
        organization_id=practice.organization_id, practice_ids=[practice.pk], values=NAMES, by=admin_actor, at=at
    )
    assert Specialist.objects.count() == 1


@pytest.mark.parametrize("actor", ["front_desk", "specialist_actor"])
def test_other_staff_make_and_change_no_specialists(practice, actor, request, at, refused):
    by, specialist = request.getfixturevalue(actor), SpecialistFactory(organization=practice.organization)
    with refused(Forbidden):
        create_specialist(organization_id=practice.organization_id, practice_ids=[], values=NAMES, by=by, at=at)
    with refused(Forbidden):
        change_specialist(specialist.pk, values=NAMES, by=by, at=at)


@pytest.mark.parametrize("actor", ["admin_actor", "patient_actor", "visitor"])
def test_specialists_of_an_organization_one_does_not_work_in_are_missing(foreign_practice, actor, request, at, refused):
    by, specialist = request.getfixturevalue(actor), SpecialistFactory(organization=foreign_practice.organization)
    with refused(Missing):
        create_specialist(organization_id=foreign_practice.organization_id, practice_ids=[], values=NAMES, by=by, at=at)
    with refused(Missing):
        change_specialist(specialist.pk, values=NAMES, by=by, at=at)


def test_a_user_is_one_specialist_of_an_organization(organization, superuser, at, refused):
    user = SpecialistFactory(organization=organization, user=UserFactory()).user
    with refused(Conflict) as caught:
        create_specialist(
            organization_id=organization.pk, practice_ids=[], values={**NAMES, "user_id": user.pk}, by=superuser, at=at
        )
    assert caught.value.code == "duplicate"


def test_a_user_can_be_a_specialist_of_two_organizations(organization, foreign_practice, superuser, at):
    user = SpecialistFactory(organization=organization, user=UserFactory()).user
    values = {**NAMES, "user_id": user.pk}
    create_specialist(
        organization_id=foreign_practice.organization_id, practice_ids=[], values=values, by=superuser, at=at
    )
    assert user.specialists.count() == 2


@pytest.mark.parametrize("column", ["specialty_id", "default_service_id"])
def test_what_a_specialist_refers_to_is_of_their_organization(
    organization, foreign_practice, superuser, at, refused, column
):
    factory = {"specialty_id": SpecialtyFactory, "default_service_id": ServiceFactory}[column]
    foreign = factory(organization=foreign_practice.organization)
    with refused(InvalidInput) as caught:
        create_specialist(
            organization_id=organization.pk, practice_ids=[], values={**NAMES, column: foreign.pk}, by=superuser, at=at
        )
    assert list(caught.value.fields) == [column]


def test_a_specialist_is_changed(organization, admin_actor, at, history):
    specialist = SpecialistFactory(organization=organization)
    change_specialist(specialist.pk, values={"scheduling_active": False, "title": ""}, by=admin_actor, at=at)
    specialist.refresh_from_db()
    assert (specialist.scheduling_active, specialist.title) == (False, "")
    assert history() == [("directory.change_specialist", "change", "directory.specialist", specialist.pk)]


def test_practices_are_set_as_a_whole(practice, superuser, at, history):
    second, third = (PracticeFactory(organization=practice.organization) for _ in range(2))
    specialist = SpecialistFactory(organization=practice.organization, works_at=[practice, second])
    kept = SpecialistPractice.objects.get(practice=second).pk
    change_specialist(specialist.pk, values={}, practice_ids=[second.pk, third.pk], by=superuser, at=at)
    assert works_at(specialist) == {second.pk, third.pk}
    assert SpecialistPractice.objects.get(practice=second).pk == kept
    assert [action for _verb, action, _kind, _pk in history()] == ["delete", "create"]


def test_where_the_admin_does_not_see_the_specialist_goes_on_working(practice, other_practice, admin_actor, at):
    specialist = SpecialistFactory(organization=practice.organization, works_at=[practice, other_practice])
    change_specialist(specialist.pk, values={}, practice_ids=[], by=admin_actor, at=at)
    assert works_at(specialist) == {other_practice.pk}


def test_a_specialists_user_is_one_the_admin_knows(practice, admin_actor, at, refused):
    specialist = SpecialistFactory(organization=practice.organization)
    colleague = MembershipFactory(practice=practice, specialist=True).user
    change_specialist(specialist.pk, values={"user_id": colleague.pk}, by=admin_actor, at=at)
    stranger = MembershipFactory().user
    with refused(InvalidInput) as caught:
        change_specialist(specialist.pk, values={"user_id": stranger.pk}, by=admin_actor, at=at)
    assert list(caught.value.fields) == ["user_id"]


def test_work_is_given_to_live_specialists_who_take_it_at_a_live_practice(practice, other_practice):
    def someone(**more):
        return SpecialistFactory(organization=practice.organization, works_at=[practice], **more).pk

    here = someone()
    someone(scheduling_active=False)
    someone(archived_at=AT)
    elsewhere = SpecialistFactory(organization=practice.organization, works_at=[other_practice]).pk
    taking = Specialist.objects.taking_appointments()
    assert set(taking.values_list("pk", flat=True)) == {here, elsewhere}
    assert list(taking.working_at(practice.pk).values_list("pk", flat=True)) == [here]
    type(practice).objects.filter(pk=practice.pk).update(archived_at=AT)
    assert not taking.working_at(practice.pk).exists()
