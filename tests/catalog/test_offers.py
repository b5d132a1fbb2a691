"""Who offers a service, and at what price."""

from decimal import Decimal

import pytest

from catalog.models import ServiceSpecialist
from catalog.services import assign_specialist, change_offer, price_for, remove_specialist
from core.errors import Conflict, Forbidden, InvalidInput, Missing
from core.models import AuditEntry
from tests.factories import ServiceFactory, ServiceSpecialistFactory, SpecialistFactory


@pytest.fixture
def service(organization):
    return ServiceFactory(organization=organization, base_price=Decimal("100.00"))


@pytest.fixture
def ioana(organization):
    return SpecialistFactory(organization=organization)


def test_a_specialist_offers_a_service(service, ioana, admin_actor, at, history):
    offer = assign_specialist(
        service.pk, specialist_id=ioana.pk, custom_price=Decimal(180), priority=2, by=admin_actor, at=at
    )
    assert list(ServiceSpecialist.objects.values()) == [
        {
            "id": offer.pk,
            "service_id": service.pk,
            "specialist_id": ioana.pk,
            "is_active": True,
            "custom_price": Decimal("180.00"),
            "priority": 2,
            "created_at": at,
            "updated_at": at,
        }
    ]
    assert history() == [("catalog.assign_specialist", "create", "catalog.servicespecialist", offer.pk)]
    assert AuditEntry.objects.get().organization_id == service.organization_id


def test_twice_is_a_conflict(service, ioana, admin_actor, at, refused):
    ServiceSpecialistFactory(service=service, specialist=ioana, inactive=True)
    with refused(Conflict) as caught:
        assign_specialist(service.pk, specialist_id=ioana.pk, by=admin_actor, at=at)
    assert (caught.value.code, str(caught.value)) == ("duplicate", "This specialist already offers the service.")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"custom_price": Decimal("-1")}, "custom_price"),
        ({"custom_price": Decimal("1.001")}, "custom_price"),
        ({"priority": -1}, "priority"),
        ({"priority": 40000}, "priority"),
        ({"is_active": None}, "is_active"),
    ],
)
def test_a_wrong_value_is_refused_by_column(service, ioana, admin_actor, at, refused, values, field):
    with refused(InvalidInput) as caught:
        assign_specialist(service.pk, specialist_id=ioana.pk, by=admin_actor, at=at, **values)
    assert list(caught.value.fields) == [field]


def test_the_specialist_is_a_live_one_of_the_organization(
    service, foreign_practice, admin_actor, superuser, at, refused
):
    foreign = SpecialistFactory(organization=foreign_practice.organization)
    away = SpecialistFactory(organization=service.organization, archived=True)
    for by in (admin_actor, superuser):
        for specialist_id in (foreign.pk, away.pk, 10**9):
            with refused(InvalidInput) as caught:
                assign_specialist(service.pk, specialist_id=specialist_id, by=by, at=at)
            assert caught.value.fields == {"specialist_id": "There is no such specialist."}


def test_an_offer_is_changed(service, ioana, admin_actor, at, history):
    offer = ServiceSpecialistFactory(service=service, specialist=ioana, custom_price=Decimal("90.00"))
    values = {"custom_price": None, "is_active": False, "priority": 5}
    change_offer(service.pk, ioana.pk, values=values, by=admin_actor, at=at)
    assert ServiceSpecialist.objects.values(*values).get() == values
    assert history() == [("catalog.change_offer", "change", "catalog.servicespecialist", offer.pk)]


def test_an_offer_keeps_its_service_and_specialist(service, ioana, admin_actor, at, refused):
    ServiceSpecialistFactory(service=service, specialist=ioana)
    with refused(TypeError):
        change_offer(service.pk, ioana.pk, values={"specialist_id": 1}, by=admin_actor, at=at)


def test_a_specialist_offers_it_no_more(service, ioana, admin_actor, at, history):
    offer = ServiceSpecialistFactory(service=service, specialist=ioana).pk
    other = ServiceSpecialistFactory(service=service)
    remove_specialist(service.pk, ioana.pk, by=admin_actor, at=at)
    assert list(ServiceSpecialist.objects.all()) == [other]
    assert history() == [("catalog.remove_specialist", "delete", "catalog.servicespecialist", offer)]


def test_what_nobody_offers_is_missing(service, ioana, admin_actor, at, refused):
    ServiceSpecialistFactory(specialist=ioana)  # another service
    with refused(Missing):
        change_offer(service.pk, ioana.pk, values={"priority": 1}, by=admin_actor, at=at)
    with refused(Missing):
        remove_specialist(service.pk, ioana.pk, by=admin_actor, at=at)


VERBS = [
    lambda service, who, by, at: assign_specialist(service.pk, specialist_id=who.pk, by=by, at=at),
    lambda service, who, by, at: change_offer(service.pk, who.pk, values={"priority": 9}, by=by, at=at),
    lambda service, who, by, at: remove_specialist(service.pk, who.pk, by=by, at=at),
]


@pytest.mark.parametrize("actor", ["front_desk", "specialist_actor", "patient_actor", "visitor"])
@pytest.mark.parametrize("call", VERBS)
def test_only_clinic_admins_say_who_offers_what(organization, call, actor, request, at, refused):
    by, offer = (
        request.getfixturevalue(actor),
        ServiceSpecialistFactory(service__organization=organization, service__public=True),
    )
    with refused(Forbidden):
        call(offer.service, offer.specialist, by, at)


@pytest.mark.parametrize("call", VERBS)
def test_services_of_another_organization_are_missing(foreign_practice, call, admin_actor, at, refused):
    offer = ServiceSpecialistFactory(service__organization=foreign_practice.organization, service__public=True)
    with refused(Missing):
        call(offer.service, offer.specialist, admin_actor, at)


@pytest.mark.parametrize(
    ("offer", "price"),
    [
        ({"custom_price": Decimal("80.00")}, "80.00"),
        ({"custom_price": Decimal("0.00")}, "0.00"),
        ({"custom_price": None}, "100.00"),
        ({"custom_price": Decimal("80.00"), "inactive": True}, "100.00"),
        (None, "100.00"),
    ],
)
def test_the_specialists_own_price_goes_before_the_services(service, ioana, offer, price):
    if offer is not None:
        ServiceSpecialistFactory(service=service, specialist=ioana, **offer)
    ServiceSpecialistFactory(service=service, custom_price=Decimal("1.00"))  # someone else's
    ServiceSpecialistFactory(specialist=ioana, custom_price=Decimal("2.00"))  # another service's
    assert price_for(service, ioana.pk) == Decimal(price)
    assert price_for(service, None) == Decimal("100.00")
