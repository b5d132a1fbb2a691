"""Lists of accounts and sign-ins, and searches by who did something, are ranges of an index."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backoffice.kit import searches
from scheduling.models import SlotBatch
from tests.factories import MembershipFactory, UserFactory

pytestmark = pytest.mark.django_db

INDEXES = {
    "directory/signin/?step__exact=code": "sign_in_step_at",
    "directory/signin/?outcome__exact=noted": "sign_in_outcome_at",
    "directory/signin/?q=key:12": "sign_in_credential",
    "directory/user/?kind__exact=program": "user_kind",
    "directory/user/?is_active__exact=0": "user_inactive",
    "directory/user/?is_superuser__exact=1": "user_superuser",
    "billing/bill/?owed=back": "bill_balance_back",
}


def plans(client, address):
    with CaptureQueriesContext(connection) as caught:
        assert client.get(f"/admin/{address}").status_code == 200
    asked = [one["sql"] for one in caught if one["sql"].startswith("SELECT")]
    with connection.cursor() as cursor:
        return " ".join(row[3] for sql in asked for row in cursor.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall())


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL reads the whole of an empty table")
def test_what_a_filter_leaves_has_an_index_of_its_own(boss):
    assert {address: index for address, index in INDEXES.items() if index not in plans(boss, address)} == {}


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL reads the whole of an empty table")
@pytest.mark.parametrize("narrowed", ["step__exact=password", "outcome__exact=right"])
def test_sign_ins_of_a_clinics_staff_are_read_by_who_they_are(client, narrowed):
    client.force_login(MembershipFactory(role="clinic_admin").user)
    assert "sign_in_user" in plans(client, f"directory/signin/?{narrowed}")


def test_a_bulk_creation_is_found_by_how_its_makers_name_begins(boss, practice, monkeypatch):
    monkeypatch.setattr(searches, "RECENT", 1)
    ana = UserFactory(username="ana.p", first_name="Ana", last_name="Popescu")
    made = SlotBatch.objects.create(practice=practice, created_by=ana)
    SlotBatch.objects.create(practice=practice, created_by=UserFactory(username="newest"))

    def found(typed):
        return list(boss.get("/admin/scheduling/slotbatch/", {"q": typed}).context["cl"].result_list)

    assert found("pop") == found("ana.p POPESCU") == [made]
    assert found("escu") == []
    monkeypatch.setattr(searches, "RECENT", 1_000)
    assert found("escu") == [made]
