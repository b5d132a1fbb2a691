"""Who acts in the tests, and where: one organization with two practices, and another clinic beside it.

Actors are real ones: built by `actor_for` from users with memberships, access or nothing.
"""

from contextlib import contextmanager
from functools import cache

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.db.backends.signals import connection_created
from django.dispatch import receiver

from core.actor import Actor
from core.models import AuditEntry
from core.registry import OURS
from patients.services import actor_for
from tests.factories import (
    AT,
    MembershipFactory,
    OrganizationFactory,
    PatientAccessFactory,
    PatientFactory,
    PracticeFactory,
    SpecialistFactory,
    UserFactory,
)
from tests.held import watch_verbs
from tests.patience import LIMIT, patience
from tests.redis_server import redis_url as redis_url

# SQLite is asked once in a process whether it knows JSON: no count of queries depends on which test is the first.
connection.features.supports_json_field = True


@receiver(connection_created)
def wait_for_a_busy_machine(connection, **_told):
    """A test's own transaction is idle while the test works: the limit is for what the product leaves open."""
    if connection.vendor == "postgresql":
        connection.connection.execute(f"SET idle_in_transaction_session_timeout = {LIMIT * 1000}")


@pytest.fixture(autouse=True)
def races_are_patient(request):
    """A race asks who wins, not how busy the machine is."""
    if request.node.get_closest_marker("race"):
        request.getfixturevalue("transactional_db")
        with patience():
            yield
    else:
        yield


@pytest.fixture(autouse=True, scope="session")
def verbs_are_watched():
    """What is written for a patient is not lost to a merge."""
    with pytest.MonkeyPatch.context() as patch:
        watch_verbs(patch)
        yield


@pytest.fixture
def at():
    """The moment at which everything happens; the factories' `AT`."""
    return AT


@pytest.fixture
def organization(db):
    return OrganizationFactory(name="Organization")


@pytest.fixture
def practice(organization):
    """Where the actors work."""
    return PracticeFactory(organization=organization, name="Practice")


@pytest.fixture
def other_practice(organization, practice):
    """Another practice of the same organization, in which none of the actors has a role."""
    return PracticeFactory(organization=organization, name="Other practice")


@pytest.fixture
def foreign_practice(practice):
    """A practice of another organization, of which the actors know nothing."""
    return PracticeFactory(organization__name="Foreign organization", name="Foreign practice")


@pytest.fixture
def admin_user(practice):
    """A clinic admin's user (not a superuser)."""
    return MembershipFactory(practice=practice, user__username="clinic-admin", admin=True).user


@pytest.fixture
def front_desk_user(practice):
    return MembershipFactory(practice=practice, user__username="front-desk").user


@pytest.fixture
def specialist_user(practice):
    return MembershipFactory(practice=practice, user__username="specialist", specialist=True).user


@pytest.fixture
def patient_user(db):
    return UserFactory(username="patient")


@pytest.fixture
def specialist(practice, specialist_user):
    """The specialist whom `specialist_actor` is."""
    return SpecialistFactory(organization=practice.organization, user=specialist_user, works_at=[practice])


@pytest.fixture
def patient(organization, patient_user):
    """The patient whom `patient_actor` is."""
    return PatientAccessFactory(user=patient_user, patient=PatientFactory(organization=organization)).patient


@pytest.fixture
def admin_actor(admin_user):
    return actor_for(admin_user, door="test")


@pytest.fixture
def front_desk(front_desk_user):
    return actor_for(front_desk_user, door="test")


@pytest.fixture
def specialist_actor(specialist, specialist_user):
    return actor_for(specialist_user, door="test")


@pytest.fixture
def patient_actor(patient, patient_user):
    return actor_for(patient_user, door="test")


@pytest.fixture
def visitor(organization):
    """Nobody in particular, who looks at the organization."""
    return actor_for(AnonymousUser(), door="test", visitor_organizations=lambda: frozenset({organization.pk}))


@pytest.fixture
def superuser(db):
    return actor_for(UserFactory(username="superuser", superuser=True), door="test")


@pytest.fixture
def system():
    """A management command."""
    return Actor.system("test")


@cache
def _tables():
    """How each table of ours is read whole. Written once: as querysets, 75 tables cost more than what is tested."""
    quoted = connection.ops.quote_name
    options = [model._meta for model in apps.get_models() if model._meta.app_label in OURS]
    return {one.label: f"SELECT * FROM {quoted(one.db_table)} ORDER BY {quoted(one.pk.column)}" for one in options}


def everything_stored():
    """Every row of every table of ours, as the database keeps it."""
    found = {}
    with connection.cursor() as cursor:
        for label, statement in _tables().items():
            cursor.execute(statement)
            columns = [column[0] for column in cursor.description]
            found[label] = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    return found


@pytest.fixture
def refused(db):
    """`with refused(Conflict) as caught:` the block raises it and nothing in the database has changed."""

    @contextmanager
    def refused(kind):
        before = everything_stored()
        with pytest.raises(kind) as caught:
            yield caught
        assert everything_stored() == before

    return refused


@pytest.fixture
def history(db):
    """`history()` is what the audit says since the test began: (verb, action, kind, id), oldest first."""

    def history():
        entries = AuditEntry.objects.order_by("pk")
        return [(one.verb, one.action, one.object_kind, one.object_id) for one in entries]

    return history
