"""The invariants of the directory, the patients and the catalogue: each way to break them, and whose id is told."""

import pytest

from core.invariants import all_invariants
from tests import factories as f

ONE = {one.name: one for one in all_invariants()}


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("directory.one_organization", lambda: f.SpecialistFactory(default_service=f.ServiceFactory())),
        (
            "directory.works_in_organization",
            lambda: f.SpecialistFactory(
                organization=(p := f.PracticeFactory()).organization, works_at=[p, f.PracticeFactory()]
            ),
        ),
        ("patients.one_organization", lambda: f.PatientFactory(primary_specialist=f.SpecialistFactory())),
        ("patients.one_organization", lambda: f.PatientFactory(merged_into=f.PatientFactory(), merged_at=f.AT)),
        ("patients.values_fit", lambda: f.CustomFieldValueFactory(patient=f.PatientFactory())),
        ("patients.values_fit", lambda: f.CustomFieldValueFactory(field__object_type="care_plan")),
        ("patients.values_fit", lambda: f.CustomFieldValueFactory(field__dropdown=True, value="blue")),
        ("patients.values_fit", lambda: f.CustomFieldValueFactory(field__type="number", value="1.0")),
        (
            "patients.values_fit",
            lambda: f.CarePlanValueFactory(field__organization=f.OrganizationFactory()),
        ),
        ("catalog.service_one_organization", lambda: f.ServiceFactory(specialty=f.SpecialtyFactory())),
        ("catalog.product_one_organization", lambda: f.ProductFactory(product_type=f.ProductTypeFactory())),
        ("catalog.product_one_organization", lambda: f.ProductFactory(category=f.ProductCategoryFactory())),
        ("catalog.product_one_organization", lambda: f.ProductFactory(unit=f.UnitFactory())),
    ],
)
def test_the_broken_row_is_told_by_its_id(db, name, make):
    broken = make().pk
    assert list(ONE[name].offenders()) == [broken]


def test_a_revoked_key_may_have_scopes_of_the_past(db):
    f.ApiKeyFactory(scopes=["everything"], revoked=True)
    assert list(ONE["directory.known_scopes"].offenders()) == []


def test_values_and_references_that_fit_break_nothing(db):
    organization = f.OrganizationFactory()
    f.SpecialistFactory(organization=organization, specialty=f.SpecialtyFactory(organization=organization))
    f.ProductFactory(organization=organization, brand=f.BrandFactory(organization=organization))
    f.CustomFieldValueFactory(field__type="number", value="1.5")
    f.CustomFieldValueFactory(field__dropdown=True, value="red")
    f.CarePlanValueFactory()
    f.PatientFactory(first_name="Ștefan", last_name="Ioniță")
    f.DocumentFactory()
    f.ServiceAttachmentFactory()
    assert {name: list(one.offenders()) for name, one in ONE.items() if list(one.offenders())} == {}
