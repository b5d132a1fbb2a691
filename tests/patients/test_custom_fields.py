"""The clinic's own fields: defined, renamed, archived, and filled in together."""

import pytest

from core.errors import Conflict, Forbidden, InvalidInput, Missing
from patients.models import CustomField, CustomFieldValue, Patient
from patients.services import (
    archive_custom_field,
    change_custom_field,
    change_patient,
    create_patient,
    define_custom_field,
    delete_custom_field,
    restore_custom_field,
    set_custom_value,
    set_custom_values,
    technical_name_of,
)
from patients.services.custom_fields import MOST_FIELDS
from tests.factories import CarePlanValueFactory, CustomFieldFactory

SHOE = {"object_type": "patient", "label": "Shoe size", "technical_name": "shoe", "type": "number"}


@pytest.fixture
def define(organization, admin_actor, at):
    def define(**values):
        return define_custom_field(organization_id=organization.pk, values=SHOE | values, by=admin_actor, at=at)

    return define


def said():
    return dict(CustomFieldValue.objects.values_list("field__technical_name", "value"))


def test_a_clinic_admin_defines_renames_and_deletes_a_field(organization, define, admin_actor, at, history):
    field = define(sequence_number=3)
    kept = {**SHOE, "sequence_number": 3, "choices": [], "organization_id": organization.pk, "archived_at": None}
    assert list(CustomField.objects.values(*kept)) == [kept]
    change_custom_field(field.pk, values={"label": "Size of the shoe"}, by=admin_actor, at=at)
    assert CustomField.objects.get().label == "Size of the shoe"
    delete_custom_field(field.pk, by=admin_actor, at=at)
    assert list(CustomField.objects.all()) == []
    label = "patients.customfield"
    assert history() == [
        ("patients.define_custom_field", "create", label, field.pk),
        ("patients.change_custom_field", "change", label, field.pk),
        ("patients.delete_custom_field", "delete", label, field.pk),
    ]


def test_a_field_without_a_technical_name_is_named_after_its_label(define):
    labels = ("Shoe size", "Shoe-size!", "Ünter 3")
    names = [define(technical_name="", label=label).technical_name for label in labels]
    assert names == ["shoeSize", "shoeSize2", "unter3"]
    assert [technical_name_of(label) for label in ("日本", "", "3rd toe", "x" * 300)] == [
        "field", "field", "f3rdToe", "x" * 60,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("values", "column"),
    [
        ({"technical_name": "1st"}, "technical_name"),
        ({"technical_name": "a-b"}, "technical_name"),
        ({"label": ""}, "label"),
        ({"label": "a\x00"}, "label"),
        ({"type": "color"}, "type"),
        ({"object_type": "bill"}, "object_type"),
        ({"type": "dropdown"}, "choices"),
        ({"choices": ["one"]}, "choices"),
        ({"type": "dropdown", "choices": [1]}, "choices"),
        ({"type": "dropdown", "choices": "one"}, "choices"),
        ({"type": "dropdown", "choices": [" "]}, "choices"),
        ({"type": "dropdown", "choices": ["a", " a"]}, "choices"),
        ({"type": "dropdown", "choices": ["x" * 256]}, "choices"),
        ({"type": "dropdown", "choices": [str(number) for number in range(201)]}, "choices"),
        ({"sequence_number": -1}, "sequence_number"),
    ],
)
def test_a_field_that_cannot_be_is_refused_by_its_column(define, refused, values, column):
    with refused(InvalidInput) as caught:
        define(**values)
    assert list(caught.value.fields) == [column]


def test_two_fields_of_one_kind_of_object_have_no_technical_name_in_common(define, refused):
    define()
    define(object_type="care_plan")
    with refused(Conflict) as caught:
        define(label="Other")
    assert str(caught.value) == "There is already one with this technical name."


def test_there_are_only_so_many_fields(organization, define, refused):
    CustomFieldFactory.create_batch(MOST_FIELDS - 1, organization=organization)
    define(object_type="care_plan")
    define()
    with refused(Conflict):
        define(technical_name="one_more")


@pytest.mark.parametrize(
    ("column", "value"), [("technical_name", "other"), ("type", "date"), ("object_type", "care_plan")]
)
def test_what_values_depend_on_never_changes(define, admin_actor, at, refused, column, value):
    field = define()
    with refused(InvalidInput) as caught:
        change_custom_field(field.pk, values={column: value}, by=admin_actor, at=at)
    assert caught.value.fields == {column: "never changes"}


def test_only_a_choice_that_nobody_has_is_taken_away(define, patient, admin_actor, at, refused):
    field = define(type="dropdown", choices=["red", "green"])
    set_custom_value(patient.pk, field_id=field.pk, value="red", by=admin_actor, at=at)
    change_custom_field(field.pk, values={"choices": ["red", "blue"]}, by=admin_actor, at=at)
    with refused(InvalidInput) as caught:
        change_custom_field(field.pk, values={"choices": ["blue"]}, by=admin_actor, at=at)
    assert caught.value.fields == {"choices": "are in use: red"}


def test_a_field_in_use_is_not_deleted_but_put_away(define, patient, admin_actor, front_desk, at, refused):
    field = define()
    set_custom_values(patient.pk, values={"shoe": 42}, by=front_desk, at=at)
    with refused(Conflict) as caught:
        delete_custom_field(field.pk, by=admin_actor, at=at)
    assert caught.value.code == "in_use"
    archive_custom_field(field.pk, by=admin_actor, at=at)
    assert (said(), list(CustomFieldValue.objects.live())) == ({"shoe": "42"}, [])
    with refused(InvalidInput) as unfit:
        set_custom_values(patient.pk, values={"shoe": 43}, by=front_desk, at=at)
    assert unfit.value.fields == {"custom_values.shoe": "The field has been archived."}
    with refused(Conflict):
        set_custom_value(patient.pk, field_id=field.pk, value=43, by=front_desk, at=at)
    restore_custom_field(field.pk, by=admin_actor, at=at)
    set_custom_values(patient.pk, values={"shoe": 43}, by=front_desk, at=at)
    assert said() == {"shoe": "43"}


@pytest.mark.parametrize("actor", ["front_desk", "specialist_actor"])
def test_other_staff_define_nothing(organization, request, actor, at, refused):
    by, field = request.getfixturevalue(actor), CustomFieldFactory(organization=organization)
    for call in (
        lambda: define_custom_field(organization_id=organization.pk, values=SHOE, by=by, at=at),
        lambda: change_custom_field(field.pk, values={"label": "Mine"}, by=by, at=at),
        lambda: archive_custom_field(field.pk, by=by, at=at),
        lambda: restore_custom_field(field.pk, by=by, at=at),
        lambda: delete_custom_field(field.pk, by=by, at=at),
    ):
        with refused(Forbidden):
            call()


def test_another_organizations_fields_are_missing(foreign_practice, admin_actor, at, refused):
    foreign = foreign_practice.organization
    field = CustomFieldFactory(organization=foreign)
    with refused(Missing):
        define_custom_field(organization_id=foreign.pk, values=SHOE, by=admin_actor, at=at)
    with refused(Missing):
        change_custom_field(field.pk, values={"label": "Mine"}, by=admin_actor, at=at)


# --------------------------------------------------------------------------------------- values together


@pytest.fixture
def fields(organization):
    CustomFieldFactory(organization=organization, technical_name="shoe", type="number")
    CustomFieldFactory(organization=organization, technical_name="eyes", dropdown=True)
    CustomFieldFactory(organization=organization, technical_name="smokes", type="single_checkbox")


def test_a_patient_is_made_and_changed_with_the_clinics_own_fields(fields, organization, front_desk, at):
    patient = create_patient(
        organization_id=organization.pk,
        values={"last_name": "Moss"},
        custom_values={"shoe": "42.0", "eyes": "green", "smokes": None},
        by=front_desk,
        at=at,
    )
    assert said() == {"shoe": "42", "eyes": "green"}
    change_patient(patient.pk, values={}, custom_values={"shoe": "", "smokes": False}, by=front_desk, at=at)
    assert said() == {"eyes": "green", "smokes": "false"}


def test_what_does_not_fit_is_named_and_nothing_is_written(fields, organization, patient, front_desk, at, refused):
    foreign = CustomFieldFactory(technical_name="foreign")
    assert foreign.organization != organization
    with refused(InvalidInput) as caught:
        set_custom_values(patient.pk, values={"shoe": 42, "foreign": "x", "nope": "x"}, by=front_desk, at=at)
    assert set(caught.value.fields) == {"custom_values.foreign", "custom_values.nope"}
    with refused(InvalidInput) as caught:
        set_custom_values(patient.pk, values={"shoe": "many", "eyes": "blue", "smokes": True}, by=front_desk, at=at)
    assert set(caught.value.fields) == {"custom_values.shoe", "custom_values.eyes"}
    with refused(InvalidInput) as caught:
        create_patient(
            organization_id=organization.pk,
            values={"last_name": "Moss"},
            custom_values={"nope": 1},
            by=front_desk,
            at=at,
        )


def test_a_value_makes_the_patient_newer(fields, patient, front_desk, at):
    Patient.objects.filter(pk=patient.pk).update(updated_at=at.replace(year=2020))
    set_custom_values(patient.pk, values={"shoe": 42}, by=front_desk, at=at)
    assert Patient.objects.get().updated_at == at


def test_only_the_desk_fills_them_in(fields, patient, patient_actor, specialist_actor, at, refused):
    with refused(Forbidden):
        set_custom_values(patient.pk, values={"shoe": 42}, by=patient_actor, at=at)
    with refused(Missing):
        set_custom_values(patient.pk, values={"shoe": 42}, by=specialist_actor, at=at)


def test_what_is_said_of_a_care_plan_is_seen_by_those_who_see_it(front_desk, specialist_actor, practice, patient_actor):
    ours = CarePlanValueFactory(care_plan__practice=practice)
    CarePlanValueFactory()
    assert list(CustomFieldValue.objects.visible_to(front_desk)) == [ours]
    assert list(CustomFieldValue.objects.visible_to(specialist_actor)) == []
    assert list(CustomFieldValue.objects.visible_to(patient_actor)) == []
