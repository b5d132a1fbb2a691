"""Configuration without rules of its own, and archiving."""

import pytest

from catalog.models import Brand, ProductType, Unit
from core.errors import Conflict, Forbidden, InvalidInput, Missing
from core.models import AuditEntry
from directory.models import Color, Specialty
from directory.services import configure, delete_configured, set_archived
from patients.models import PatientSource
from patients.services import actor_for
from tests.factories import (
    ApiKeyFactory,
    BrandFactory,
    ColorFactory,
    PatientSourceFactory,
    PracticeFactory,
    ProductFactory,
    RoomFactory,
    SpecialistFactory,
    SpecialtyFactory,
    UnitFactory,
)


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (Specialty, {"name": "Physiotherapy"}),
        (Color, {"background_color": "336699", "text_color": "ffffff"}),
        (Brand, {"name": "Acme"}),
        (Unit, {"name": "Piece", "code": "pc"}),
        (ProductType, {"name": "Pillow", "category": "Comfort"}),
        (PatientSource, {"name": "A friend"}),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_a_clinic_admin_makes_changes_and_deletes_a_row(organization, admin_actor, at, history, model, values):
    row = configure(model(organization=organization, **values), by=admin_actor, at=at)
    label = model._meta.label_lower
    kept = {**values, "organization_id": organization.pk, "created_at": at, "updated_at": at}
    assert list(model.objects.values(*kept)) == [kept]

    loaded, name = model.objects.get(), next(iter({"name", "label"} & {f.name for f in model._meta.fields}))
    setattr(loaded, name, "Changed")
    configure(loaded, by=admin_actor, at=at)
    assert list(model.objects.values_list(name, flat=True)) == ["Changed"]

    delete_configured(loaded, by=admin_actor, at=at)
    assert list(model.objects.all()) == []
    assert history() == [
        ("directory.configure", "create", label, row.pk),
        ("directory.configure", "change", label, row.pk),
        ("directory.delete_configured", "delete", label, row.pk),
    ]
    assert set(AuditEntry.objects.values_list("organization_id", flat=True)) == {organization.pk}


@pytest.mark.parametrize("actor", ["front_desk", "specialist_actor"])
def test_other_staff_configure_nothing(organization, actor, request, at, refused):
    by, row = request.getfixturevalue(actor), SpecialtyFactory(organization=organization)
    with refused(Forbidden):
        configure(Specialty(organization=organization, name="Mine"), by=by, at=at)
    row.name = "Mine"
    with refused(Forbidden):
        configure(row, by=by, at=at)
    with refused(Forbidden):
        delete_configured(row, by=by, at=at)
    with refused(Forbidden):
        set_archived(row, archived=True, by=by, at=at)


@pytest.mark.parametrize("actor", ["admin_actor", "patient_actor", "visitor"])
def test_another_organizations_rows_are_missing(foreign_practice, actor, request, at, refused):
    by, row = request.getfixturevalue(actor), SpecialtyFactory(organization=foreign_practice.organization)
    with refused(Missing):
        configure(Specialty(organization=foreign_practice.organization, name="Mine"), by=by, at=at)
    row.name = "Mine"
    with refused(Missing):
        configure(row, by=by, at=at)
    with refused(Missing):
        delete_configured(row, by=by, at=at)
    with refused(Missing):
        set_archived(row, archived=True, by=by, at=at)


def test_a_row_does_not_move_to_another_organization(organization, foreign_practice, superuser, at, refused):
    row = SpecialtyFactory(organization=organization)
    row.organization = foreign_practice.organization
    with refused(InvalidInput) as caught:
        configure(row, by=superuser, at=at)
    assert caught.value.fields == {"organization_id": "never changes"}


def test_a_name_that_a_live_row_has_is_a_conflict(organization, admin_actor, at, refused):
    BrandFactory(organization=organization, name="Acme")
    other = BrandFactory(organization=organization, name="Other")
    with refused(Conflict) as caught:
        configure(Brand(organization=organization, name="Acme"), by=admin_actor, at=at)
    assert (caught.value.code, str(caught.value)) == ("duplicate", "There is already one with this name.")
    other.name = "Acme"
    with refused(Conflict):
        configure(other, by=admin_actor, at=at)


def test_the_same_name_is_free_in_another_organization(organization, foreign_practice, admin_actor, at):
    BrandFactory(organization=foreign_practice.organization, name="Acme")
    configure(Brand(organization=organization, name="Acme"), by=admin_actor, at=at)
    assert Brand.objects.filter(name="Acme").count() == 2


def test_a_row_in_use_is_not_deleted(organization, admin_actor, at, refused):
    brand = ProductFactory(organization=organization, brand=BrandFactory(organization=organization)).brand
    with refused(Conflict) as caught:
        delete_configured(brand, by=admin_actor, at=at)
    assert (caught.value.code, str(caught.value)) == ("in_use", "It is in use by products; archive it instead.")


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (
            lambda organization: ColorFactory.build(organization=organization, background_color="#33669"),
            "background_color",
        ),
        (lambda organization: UnitFactory.build(organization=organization, code="x" * 17), "code"),
        (lambda organization: SpecialtyFactory.build(organization=organization, name="a\x00"), "name"),
        (lambda organization: PatientSourceFactory.build(organization=organization, name="x" * 256), "name"),
    ],
)
def test_a_wrong_value_is_refused_by_its_column(organization, admin_actor, at, refused, row, field):
    row = row(organization)
    row.organization_id = organization.pk
    with refused(InvalidInput) as caught:
        configure(row, by=admin_actor, at=at)
    assert list(caught.value.fields) == [field]


def test_a_key_without_the_scope_configures_nothing(admin_user, organization, at, refused):
    by = actor_for(admin_user, key=ApiKeyFactory(user=admin_user, scopes=["catalog:write"]), door="test")
    with refused(Forbidden):
        configure(Specialty(organization=organization, name="Physiotherapy"), by=by, at=at)


# --------------------------------------------------------------------------------------- putting away


@pytest.fixture(params=["specialty", "practice", "specialist", "room"])
def row(request, organization, practice):
    """One of each kind that can be archived, as it was loaded."""
    made = {
        "specialty": lambda: SpecialtyFactory(organization=organization),
        "practice": lambda: practice,
        "specialist": lambda: SpecialistFactory(organization=organization),
        "room": lambda: RoomFactory(practice=practice),
    }[request.param]()
    return type(made).objects.get(pk=made.pk)


def test_a_row_is_put_away_and_brought_back(row, admin_actor, at, history):
    later = at.replace(hour=18)
    set_archived(row, archived=True, by=admin_actor, at=at)
    assert type(row).objects.get(pk=row.pk).archived_at == at
    set_archived(row, archived=True, by=admin_actor, at=later)  # already so
    assert type(row).objects.get(pk=row.pk).archived_at == at
    set_archived(row, archived=False, by=admin_actor, at=later)
    assert type(row).objects.get(pk=row.pk).archived_at is None
    assert history() == [("directory.set_archived", "change", row._meta.label_lower, row.pk)] * 2


def test_nothing_else_on_the_row_is_written(organization, admin_actor, at):
    row = SpecialtyFactory(organization=organization, name="Before")
    row.name = "Not asked for"
    set_archived(row, archived=True, by=admin_actor, at=at)
    assert Specialty.objects.get().name == "Before"


def test_a_name_taken_meanwhile_does_not_come_back(organization, admin_actor, at, refused):
    away = SpecialtyFactory(organization=organization, name="Physiotherapy", archived=True)
    SpecialtyFactory(organization=organization, name="Physiotherapy")
    with refused(Conflict):
        set_archived(away, archived=False, by=admin_actor, at=at)


def test_a_practice_of_another_is_not_put_away(other_practice, admin_actor, at, refused):
    for row in (other_practice, RoomFactory(practice=other_practice), PracticeFactory()):
        with refused(Missing):
            set_archived(row, archived=True, by=admin_actor, at=at)
