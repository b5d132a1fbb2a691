"""How the database reads users, sign-ins and authorizations for whoever sees some of them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from directory.models import ApiKey, Authorization, SignIn, User
from directory.services import authenticate_key
from tests.factories import ApiKeyFactory, MembershipFactory, PatientAccessFactory, UserFactory

# The unique index of user names, in which the list is sorted.
NAMES = {"sqlite": "sqlite_autoindex_directory_user_1", "postgresql": "directory_user_username_key"}


@pytest.fixture
def people(practice):
    """Staff and patients with accounts, read by index however few they are."""
    MembershipFactory(practice=practice)
    PatientAccessFactory.create_batch(3, patient__organization=practice.organization)
    UserFactory.create_batch(20)
    SignIn.objects.create(at=timezone.now(), account="x", user=UserFactory())
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE directory_user, directory_membership, patients_patientaccess, patients_patient")
            cursor.execute("SET LOCAL enable_seqscan = off")


def test_a_list_of_users_asks_of_each_whether_somebody_sees_them(people, admin_actor, front_desk):
    for by in (admin_actor, front_desk):
        for rows in (User.objects.visible_to(by), User.objects.nameable_by(by)):
            plan = rows.order_by("username")[:50].explain()
            assert NAMES[connection.vendor] in plan
            assert "TEMP B-TREE" not in plan
            assert "Sort" not in plan
            assert "LIST SUBQUERY" not in plan
            assert "hashed" not in plan


def test_one_user_is_looked_up_alone(people, admin_actor):
    plan = User.objects.visible_to(admin_actor).filter(pk=admin_actor.user_id).explain()
    whole = ("SCAN directory_user", "SCAN patients", "Seq Scan", NAMES[connection.vendor])
    assert not [one for one in whole if one in plan]


def test_sign_ins_and_authorizations_are_read_by_the_staffs_ids(people, admin_actor):
    sign_ins = SignIn.objects.visible_to(admin_actor).order_by("-at", "-pk")[:50].explain()
    assert "sign_in_user" in sign_ins
    authorizations = Authorization.objects.visible_to(admin_actor).order_by("-pk")[:50].explain()
    assert "directory_authorization_practice_id" in authorizations
    assert "directory_authorization_user_id" in authorizations


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no statistics")
def test_a_key_of_somebody_who_is_newer_than_the_statistics_reads_no_other_users(practice, at):
    users = ", ".join(one.column for one in User._meta.concrete_fields)
    ids = "number + (SELECT max(id) FROM directory_user)"
    with connection.cursor() as cursor:
        first = UserFactory(username="first")
        ApiKeyFactory.create_batch(3, user=first)
        ApiKeyFactory.create_batch(3, user=UserFactory())
        columns = users.replace("id,", f"{ids},", 1).replace("username", "'other' || number")
        some = f"SELECT {columns} FROM directory_user, generate_series(1, 20000) AS number WHERE username = 'first'"
        cursor.execute(f"INSERT INTO directory_user ({users}) {some}")
        cursor.execute("SELECT setval('directory_user_id_seq', (SELECT max(id) FROM directory_user))")
        cursor.execute("ANALYZE directory_user, directory_apikey, directory_practice")
        text = ApiKey.draw()
        key = ApiKeyFactory(user=UserFactory(), practice=practice).hold(text)
        key.save()
        with CaptureQueriesContext(connection) as caught:
            assert authenticate_key(text, at=at) == key
        cursor.execute(f"EXPLAIN {caught[0]['sql']}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Index Scan using directory_user_pkey" in plan
    assert "Merge" not in plan


@pytest.mark.parametrize("column", ["username", "first_name", "last_name", "email"])
def test_the_beginning_of_a_name_is_a_range_of_an_index(people, column):
    found = UserFactory(**{column: "Ștefan@x"})
    for said in ("Șt", "Ștefan@x"):
        rows = User.objects.filter(**{f"{column}__begins": said})
        assert list(rows) == [found]
        assert "SCAN" not in rows.explain().replace("Index Scan", "").replace("Bitmap Heap Scan", "")
    assert not User.objects.filter(**{f"{column}__begins": "Su"}).exists()
