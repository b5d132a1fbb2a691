"""What may exist once exists once, however many ask for it at the same moment: each loser is told why.

The control takes the constraint away: then all of them win.
"""

import pytest
from django.apps import apps
from django.db import connection
from django.db.migrations import RemoveConstraint
from django.db.migrations.state import ProjectState

from catalog.models import Service
from catalog.services import create_service
from core.actor import Actor
from core.models import AuditEntry
from directory.models import Membership, Specialty
from directory.services import configure, set_membership
from patients.models import PatientAccess
from patients.services import grant_access
from tests.factories import AT, PatientFactory, PracticeFactory, UserFactory
from tests.races.racing import THREADS, race

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

BY = Actor.system("test")
VALUES = {"name": "Mobility", "category": "therapy", "duration_minutes": 30, "base_price": "100.00"}


def kept(model):
    """How many rows there are, and how many the history says were made."""
    told = AuditEntry.objects.filter(object_kind=model._meta.label_lower, action="create").count()
    return model.objects.count(), told


def make_with_one_slug():
    """Services of different names that all want the same slug."""
    organization = PracticeFactory().organization

    def make(number):
        values = {**VALUES, "name": f"Service {number}", "slug": "mobility"}
        create_service(organization_id=organization.pk, values=values, by=BY, at=AT)

    return race(make)


def test_one_service_takes_a_slug():
    assert make_with_one_slug() == {"done": 1, "duplicate": THREADS - 1}
    assert kept(Service) == (1, 1)


def test_without_the_constraint_all_of_them_take_it():
    removal = RemoveConstraint("service", "service_unique_slug")
    with_rule = ProjectState.from_apps(apps)
    without = with_rule.clone()
    removal.state_forwards("catalog", without)
    with connection.schema_editor() as editor:
        removal.database_forwards("catalog", editor, with_rule, without)
    try:
        assert make_with_one_slug() == {"done": THREADS}
        assert kept(Service) == (THREADS, THREADS)
    finally:
        Service.objects.all().delete()
        with connection.schema_editor() as editor:
            removal.database_backwards("catalog", editor, without, with_rule)


def test_a_slug_made_of_the_same_name_is_another_or_a_conflict_never_an_error():
    organization = PracticeFactory().organization
    outcome = race(lambda _number: create_service(organization_id=organization.pk, values=VALUES, by=BY, at=AT))
    assert outcome.keys() <= {"done", "duplicate"}
    assert outcome["done"] >= 1
    assert kept(Service) == (outcome["done"], outcome["done"])


def test_one_live_row_takes_a_name():
    organization = PracticeFactory().organization
    outcome = race(lambda _number: configure(Specialty(organization=organization, name="Physiotherapy"), by=BY, at=AT))
    assert outcome == {"done": 1, "duplicate": THREADS - 1}
    assert kept(Specialty) == (1, 1)


def test_a_user_has_one_role_in_a_practice():
    practice, user = PracticeFactory(), UserFactory()

    def join(number):
        role = ("front_desk", "specialist")[number % 2]
        set_membership(user_id=user.pk, practice_id=practice.pk, role=role, by=BY, at=AT)

    outcome = race(join)
    assert outcome.keys() <= {"done", "duplicate"}
    assert kept(Membership) == (1, 1)


def test_a_user_acts_for_a_patient_once():
    patient, user = PatientFactory(), UserFactory()
    outcome = race(lambda _number: grant_access(user_id=user.pk, patient_id=patient.pk, relation="self", by=BY, at=AT))
    assert outcome.keys() <= {"done", "duplicate"}
    assert kept(PatientAccess) == (1, 1)
