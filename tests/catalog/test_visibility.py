"""Who sees what of the catalogue: staff all of their organizations', everyone else what is public there."""

import pytest

from catalog.models import (
    Brand,
    FormTemplate,
    Product,
    ProductCategory,
    ProductType,
    Service,
    ServiceAttachment,
    ServiceForm,
    ServiceProduct,
    ServiceSession,
    ServiceSpecialist,
    Unit,
)
from core.actor import Actor, Kind
from patients.services import actor_for
from tests.factories import (
    AT,
    BrandFactory,
    FormTemplateFactory,
    MembershipFactory,
    ProductCategoryFactory,
    ProductFactory,
    ProductTypeFactory,
    ServiceAttachmentFactory,
    ServiceFactory,
    ServiceFormFactory,
    ServiceProductFactory,
    ServiceSessionFactory,
    ServiceSpecialistFactory,
    UnitFactory,
    UserFactory,
)

ACTORS = ("superuser", "admin_actor", "front_desk", "specialist_actor", "patient_actor", "visitor")
OF_SERVICE = {
    ServiceSpecialist: ServiceSpecialistFactory,
    ServiceForm: ServiceFormFactory,
    ServiceAttachment: ServiceAttachmentFactory,
    ServiceSession: ServiceSessionFactory,
    ServiceProduct: ServiceProductFactory,
}
ALL = {"public", "published alone", "for patients alone", "neither", "away"}


@pytest.fixture
def services(organization, foreign_practice):
    states = {
        "public": {"published": True, "is_public": True},
        "published alone": {"published": True},
        "for patients alone": {"is_public": True},
        "neither": {},
        "away": {"published": True, "is_public": True, "archived_at": AT},
    }
    made = {name: ServiceFactory(organization=organization, **state) for name, state in states.items()}
    made["foreign"] = ServiceFactory(organization=foreign_practice.organization, public=True)
    return made


def expected(actor):
    if actor == "superuser":
        return ALL | {"foreign"}
    return ALL if actor in ("admin_actor", "front_desk", "specialist_actor") else {"public"}


def names_of(services, ids):
    return {name for name, service in services.items() if service.pk in ids}


@pytest.mark.parametrize("actor", ACTORS)
def test_services_are_seen_by_staff_and_when_public_by_all(services, actor, request):
    found = Service.objects.visible_to(request.getfixturevalue(actor)).values_list("pk", flat=True)
    assert names_of(services, found) == expected(actor)


@pytest.mark.parametrize("model", OF_SERVICE)
@pytest.mark.parametrize("actor", ACTORS)
def test_what_comes_with_a_service_is_seen_with_it(services, model, actor, request):
    for service in services.values():
        OF_SERVICE[model](service=service)
    found = model.objects.visible_to(request.getfixturevalue(actor)).values_list("service_id", flat=True)
    assert names_of(services, found) == expected(actor)


def test_public_is_published_and_for_patients_and_not_put_away(services):
    assert names_of(services, Service.objects.public().values_list("pk", flat=True)) == {"public", "foreign"}


@pytest.mark.parametrize("actor", ACTORS)
def test_products_are_seen_by_staff_and_when_on_sale_by_all(organization, foreign_practice, actor, request):
    states = {"on sale": {}, "not on sale": {"inactive": True}, "away": {"archived": True}}
    made = {name: ProductFactory(organization=organization, **state) for name, state in states.items()}
    made["foreign"] = ProductFactory(organization=foreign_practice.organization)
    found = Product.objects.visible_to(request.getfixturevalue(actor)).values_list("pk", flat=True)
    staff = {"on sale", "not on sale", "away"}
    assert names_of(made, found) == {
        "superuser": {*staff, "foreign"},
        "patient_actor": {"on sale"},
        "visitor": {"on sale"},
    }.get(actor, staff)
    assert {name for name, one in made.items() if one.on_sale} == {"on sale", "foreign"}


@pytest.mark.parametrize(
    ("model", "factory"),
    [
        (FormTemplate, FormTemplateFactory),
        (Brand, BrandFactory),
        (ProductType, ProductTypeFactory),
        (ProductCategory, ProductCategoryFactory),
        (Unit, UnitFactory),
    ],
    ids=lambda one: one.__name__,
)
@pytest.mark.parametrize("actor", ACTORS)
def test_lists_are_for_the_staff_of_the_organization(organization, foreign_practice, model, factory, actor, request):
    ours, foreign = factory(organization=organization), factory(organization=foreign_practice.organization)
    found = set(model.objects.visible_to(request.getfixturevalue(actor)))
    staff = {"admin_actor", "front_desk", "specialist_actor"}
    assert found == ({ours, foreign} if actor == "superuser" else {ours} if actor in staff else set())


def test_staff_of_another_practice_of_the_organization_see_the_same_catalogue(services, other_practice):
    user = MembershipFactory(practice=other_practice).user
    found = Service.objects.visible_to(actor_for(user, door="test")).values_list("pk", flat=True)
    assert names_of(services, found) == ALL


def test_a_user_without_role_or_patient_sees_what_visitors_see(services, organization):
    nobody = actor_for(UserFactory(), door="test", visitor_organizations=lambda: frozenset({organization.pk}))
    assert names_of(services, Service.objects.visible_to(nobody).values_list("pk", flat=True)) == {"public"}


@pytest.mark.parametrize("model", [*OF_SERVICE, Service, Product, Brand], ids=lambda model: model.__name__)
def test_an_actor_with_nothing_sees_nothing(services, model):
    assert list(model.objects.visible_to(Actor(kind=Kind.VISITOR))) == []
