"""Who may do what through this contract, where the matrix's own questions do not fit."""

import pytest
from django.db import transaction
from django.utils import timezone

from core.actor import Actor
from scheduling.services import book_slot
from tests.api.availability.cases import (
    ADMIN,
    BATCH,
    BOOKS,
    PLACES,
    WITH_PROVIDER,
    admin_of,
    destroy_batch,
    let_in,
)
from tests.api.conftest import Caller
from tests.factories import AT
from tests.project.permission_matrix import (
    attempt,
    check,
    of_contract,
    permission_of,
    turned_away,
    who,
    world,
)
from tests.project.permission_world import ORGANIZATION_OF

pytestmark = [pytest.mark.engine_independent, pytest.mark.django_db, of_contract("availability")]


@pytest.mark.parametrize("name", WITH_PROVIDER)
def test_with_a_provider(world, who, name):
    seen_as = let_in(who)
    organizations = {ORGANIZATION_OF[place] for place in seen_as.open_roles}
    for label in PLACES:
        outcome = attempt(world, who, lambda caller, label=label: WITH_PROVIDER[name](caller, world, label))
        expected = turned_away(world, who, permission_of(world, name))
        if expected is None and label == "missing":
            expected = 404
        elif expected is None and not admin_of(seen_as, label):
            expected = 422 if ORGANIZATION_OF[label] in organizations else 404
        check(world, who, outcome, expected or 201, "POST")


def test_deleting_a_providers_slots(world, who):
    seen_as = let_in(who)
    organizations = {ORGANIZATION_OF[place] for place in seen_as.open_roles}
    for label in PLACES:
        outcome = attempt(world, who, lambda caller, label=label: destroy_batch(caller, world, label))
        expected = turned_away(world, who, "scheduling.withdraw_slot")
        if expected is None and (label == "missing" or not (who.everything or ORGANIZATION_OF[label] in organizations)):
            expected = 404
        assert outcome.status == (expected or 200), (label, outcome)
        deleted = outcome.status == 200 and b'"deleted_slots":1' in outcome.body
        assert deleted == (expected is None and admin_of(seen_as, label))


def test_the_books_are_those_of_their_practices(world, who):
    with transaction.atomic():
        books = {}
        for place, label in (("P1", "own"), ("P2", "P2"), ("P3", "P3")):
            slot, by = world.slots[place], Actor.system("matrix")
            books[place] = book_slot(slot.pk, patient_id=world.patients[label].pk, by=by, at=AT).pk
        response = Caller(world.keys.get(who.name, "")).get(BOOKS)
        transaction.set_rollback(True)
    expected = turned_away(world, who, "scheduling.view")
    assert response.status_code == (expected or 200)
    if expected is None:
        found = {one["id"] for one in response.json()["books"]}
        assert found == {book for place, book in books.items() if admin_of(let_in(who), place)}


def test_a_path_under_the_mount_that_is_none_is_in_its_words(world):
    assert Caller().get(f"{ADMIN}/nothing").json() == {"errors": "Not found"}
    assert Caller().get(f"{BATCH}/nothing").status_code == 404
