"""Every verb that the services contract calls x everyone x everything: the verb itself asks, whoever calls it.

A view looks things up before it calls a verb, so that requests alone do not show whether the verb would refuse; the
back office, imports and commands rely on it.
"""

from functools import partial

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.files.base import ContentFile
from django.db import transaction

from catalog import services as catalog
from core.errors import Forbidden, Missing
from core.models import AuditEntry
from core.permissions import rule_for
from directory.services import authenticate_key
from orders import services as orders
from patients.services import actor_for
from programs import services as programs
from scheduling import services as scheduling
from tests.factories import AT
from tests.project import permission_world
from tests.project.permission_world import CATALOGUE, MISSING_ID, PEOPLE, PRACTICE_OF, RECORDS, of

pytestmark = [pytest.mark.engine_independent, pytest.mark.django_db]


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        yield permission_world.build()
        transaction.set_rollback(True)


@pytest.fixture(params=PEOPLE, ids=lambda who: who.name)
def who(request):
    return request.param


def actor(world, who):
    if who.is_visitor:
        reads = frozenset({world.organizations["A"].pk})
        return actor_for(AnonymousUser(), door="test", visitor_organizations=lambda: reads)
    key = authenticate_key(world.keys[who.name], at=AT)
    return actor_for(key.user, key=key, door="test")


def refusal_of(call, **given):
    """Which refusal the verb raises, None where it does its work; either way nothing stays."""
    before = AuditEntry.objects.count()
    refused = None
    with transaction.atomic():
        try:
            call(**given, at=AT)
        except (Missing, Forbidden) as error:
            refused = type(error)
        written = AuditEntry.objects.count() - before
        transaction.set_rollback(True)
    assert (written == 0) == (refused is not None)
    return refused


def may(who, verb, place):
    """Whether their roles and their credential's scopes allow the verb there."""
    return (not who.scopes or rule_for(verb).scope in who.scopes) and who.may_in(verb, place)


def part(world, label):
    return world.parts.get(label, world.parts["A_public"])


ON_SERVICES = {
    "catalog.change_service": lambda pk, parts: partial(catalog.change_service, pk, values={"name": "X"}),
    "catalog.delete_service": lambda pk, parts: partial(catalog.delete_service, pk),
    "catalog.assign_specialist": lambda pk, parts: partial(
        catalog.assign_specialist, pk, specialist_id=parts.specialist.pk
    ),
    "catalog.remove_specialist": lambda pk, parts: partial(catalog.remove_specialist, pk, parts.offer.specialist_id),
    "catalog.attach_form": lambda pk, parts: partial(
        catalog.attach_form, pk, form_template_id=parts.form.pk, form_type="survey"
    ),
    "catalog.remove_form": lambda pk, parts: partial(catalog.remove_form, pk, parts.attached.form_template_id),
    "catalog.add_attachment": lambda pk, parts: partial(
        catalog.add_attachment, pk, upload=ContentFile(b"%PDF-1.4\n%%EOF\n", name="a.pdf")
    ),
    "catalog.delete_attachment": lambda pk, parts: partial(catalog.delete_attachment, pk, parts.attachment.pk),
}
ON_PRODUCTS = {
    "catalog.change_product": lambda pk, parts: partial(catalog.change_product, pk, values={"name": "X"}),
    "catalog.delete_product": lambda pk, parts: partial(catalog.delete_product, pk),
}
ON_PLANS = {
    "programs.change_plan": lambda pk, parts: partial(programs.change_plan, pk, values={"name": "X"}),
    "programs.delete_plan": lambda pk, parts: partial(programs.delete_plan, pk),
    "programs.bundle_product": lambda pk, parts: partial(programs.bundle_product, pk, product_id=parts.product.pk),
    "programs.change_bundle": lambda pk, parts: partial(
        programs.change_bundle, pk, product_id=parts.bundled.product_id, quantity=2
    ),
    "programs.unbundle_product": lambda pk, parts: partial(
        programs.unbundle_product, pk, product_id=parts.bundled.product_id
    ),
}
IN_THE_CATALOGUE = [
    (verb, things, call)
    for things, table in (("services", ON_SERVICES), ("products", ON_PRODUCTS), ("plans", ON_PLANS))
    for verb, call in table.items()
]


@pytest.mark.parametrize(("verb", "things", "call"), IN_THE_CATALOGUE, ids=lambda one: one if "." in str(one) else "")
def test_on_the_catalogue(world, who, verb, things, call):
    by = actor(world, who)
    for label in CATALOGUE:
        pk = of(getattr(world, things), label)
        expected = Missing if not who.sees_catalogue(label) else None if may(who, verb, label[0]) else Forbidden
        assert refusal_of(call(pk, part(world, label)), by=by) is expected, label


MAKE = {
    "catalog.create_service": partial(
        catalog.create_service,
        values={"name": "New", "category": "therapy", "duration_minutes": 30, "base_price": 1},
    ),
    "catalog.create_product": partial(catalog.create_product, values={"name": "New", "price": 1}),
    "programs.create_plan": partial(
        programs.create_plan, values={"name": "New", "billing_model": "time_based", "total_price": 1}
    ),
}


@pytest.mark.parametrize("verb", MAKE)
def test_adding_to_the_catalogue(world, who, verb):
    by = actor(world, who)
    for label in ("A", "B", "missing"):
        organization_id = of(world.organizations, label)
        seen = label != "missing" and (who.everything or label in {one[0] for one in seen_organizations(who)})
        expected = Missing if not seen else None if may(who, verb, label) else Forbidden
        assert refusal_of(MAKE[verb], organization_id=organization_id, by=by) is expected, label


def seen_organizations(who):
    return [permission_world.ORGANIZATION_OF[place] for place in who.open_roles]


ON_RECORDS = {
    "orders.confirm": ("orders", orders.confirm_order),
    "orders.cancel": ("orders", orders.cancel_order),
    "orders.change_notes": ("orders", partial(orders.change_order_notes, notes="X")),
    "programs.cancel": ("programs", partial(scheduling.cancel_program, cancel_appointments=True)),
    "programs.extend": ("programs", partial(programs.extend_program, days=1, reason="X")),
    "programs.adjust": ("programs", partial(scheduling.adjust_program, quantity=1, reason="X")),
}


@pytest.mark.parametrize("verb", ON_RECORDS)
def test_on_a_record(world, who, verb):
    things, call = ON_RECORDS[verb]
    by = actor(world, who)
    for label in RECORDS:
        pk = of(getattr(world, things), label)
        expected = Missing if not who.sees_record(label) else None if may(who, verb, PRACTICE_OF[label]) else Forbidden
        assert refusal_of(partial(call, pk), by=by) is expected, label


def test_an_order_never_goes_back_to_pending_for_whom_it_is_not_there(world, who):
    by = actor(world, who)
    for label in RECORDS:
        with pytest.raises(Exception) as raised:
            orders.move_order(of(world.orders, label), to="pending", by=by, at=AT)
        expected = "productorder_not_found" if not who.sees_record(label) else "invalid_transition"
        if who.sees_record(label) and not may(who, "orders.confirm", PRACTICE_OF[label]):
            expected = "forbidden"
        assert raised.value.code == expected, label


@pytest.mark.parametrize("verb", ["orders.place", "programs.enroll"])
def test_making_something_for_a_patient(world, who, verb):
    by = actor(world, who)
    for place, label in (("P1", "own"), ("P1", "other"), ("P2", "P2"), ("P3", "P3"), ("missing", "own")):
        organization = permission_world.ORGANIZATION_OF.get(place, "A")
        given = {"practice_id": of(world.practices, place), "patient_id": world.patients[label].pk}
        if verb == "orders.place":
            call = partial(orders.place_order, product_id=world.products[f"{organization}_public"].pk, **given)
        else:
            call = partial(programs.enroll_patient, service_plan_id=world.plans[f"{organization}_public"].pk, **given)
        expected = None
        if place == "missing" or not (who.everything or place in who.open_roles):
            expected = Missing
        elif not may(who, verb, place):
            expected = Forbidden
        elif not who.sees_patient(label):
            expected = Missing
        assert refusal_of(call, by=by) is expected, (place, label)


def test_what_is_named_beside_must_be_seen_too(world):
    desk = actor(world, next(one for one in PEOPLE if one.name == "front_desk"))
    here = {"practice_id": world.practices["P1"].pk, "by": desk}
    mine = world.patients["own"].pk
    for label in ("B_public", "missing"):
        product_id, plan_id = of(world.products, label), of(world.plans, label)
        assert refusal_of(orders.place_order, patient_id=mine, product_id=product_id, **here) is Missing
        assert refusal_of(programs.enroll_patient, patient_id=mine, service_plan_id=plan_id, **here) is Missing
    for patient_id in (world.patients["P3"].pk, MISSING_ID):
        product_id, plan_id = of(world.products, "A_public"), of(world.plans, "A_public")
        assert refusal_of(orders.place_order, patient_id=patient_id, product_id=product_id, **here) is Missing
        assert refusal_of(programs.enroll_patient, patient_id=patient_id, service_plan_id=plan_id, **here) is Missing


def test_only_who_sees_a_program_sees_what_cancelling_it_would_do(world, who):
    by = actor(world, who)
    for label in RECORDS:
        pk = of(world.programs, label)
        if who.sees_record(label):
            assert scheduling.program_effects(by, pk, at=AT).appointments == []
        else:
            with pytest.raises(Missing):
                scheduling.program_effects(by, pk, at=AT)


def test_only_superusers_and_commands_expire_programs(world, who):
    by = actor(world, who)
    if who.everything:
        assert programs.expire_programs(by=by, at=AT) == 0
    else:
        assert refusal_of(programs.expire_programs, by=by) is Forbidden


def test_a_bundle_takes_only_products_that_are_seen(world):
    admin = actor(world, next(one for one in PEOPLE if one.name == "clinic_admin"))
    bundle = partial(programs.bundle_product, world.plans["A_hidden"].pk, by=admin)
    for label in ("B_hidden", "B_public", "missing"):
        assert refusal_of(bundle, product_id=of(world.products, label)) is Missing


def test_registering_is_for_services_that_are_public_where_one_looks(world, who):
    by = actor(world, who)
    contact = {"contact_name": "Jane", "contact_phone": "1"}
    for label in CATALOGUE:
        open_to = label.endswith("public") and who.sees_catalogue(label)
        allowed = not who.scopes or rule_for("scheduling.register").scope in who.scopes
        expected = Missing if not open_to else None if allowed else Forbidden
        call = partial(scheduling.register_contact, of(world.services, label), **contact)
        assert refusal_of(call, by=by) is expected, label
