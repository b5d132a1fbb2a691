"""Users are found by how their names begin; among the newest by any piece."""

import pytest

from backoffice.kit import searches
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def found(client, typed):
    rows = client.get("/admin/directory/user/", {"q": typed}).context["cl"].result_list
    return {one.username for one in rows}


@pytest.mark.parametrize(
    "typed", ["ana", "Ana", "ANA", "pop", "ana pop", "popescu ana", "a.popescu@", "ana.p", "ANA.P"]
)
def test_a_user_is_found_by_the_beginning_of_each_word(boss, typed, monkeypatch):
    monkeypatch.setattr(searches, "RECENT", 1)
    UserFactory(username="ana.p", first_name="Ana", last_name="Popescu", email="a.popescu@example.org")
    UserFactory(username="other", first_name="Maria", last_name="Ionescu")
    UserFactory(username="newest")
    assert found(boss, typed) == {"ana.p"}


def test_a_piece_of_a_name_is_found_among_the_newest_users_alone(boss, monkeypatch):
    UserFactory(username="ana.p", first_name="Ana Maria", last_name="Popescu")
    assert found(boss, "maria") == found(boss, "pesc") == {"ana.p"}
    monkeypatch.setattr(searches, "RECENT", 1)
    UserFactory(username="newest")
    assert found(boss, "maria") == set()
