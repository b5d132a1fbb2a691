"""The clinic's own fields at the desk: set up, filled in as real inputs, and looked for."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from patients.models import CustomField, CustomFieldValue, Patient
from tests.backoffice.conftest import form_of, stored, url
from tests.factories import (
    CarePlanFactory,
    CustomFieldFactory,
    CustomFieldValueFactory,
    PatientFactory,
)

LIST = reverse("admin:patients_patient_changelist")
KINDS = {
    "weight": ("number", "72.50", Decimal("72.5"), "72.5"),
    "since": ("date", "2020-02-17", date(2020, 2, 17), "2020-02-17"),
    "smokes": ("single_checkbox", "on", True, "true"),
    "eyes": ("dropdown", "green", "green", "green"),
    "job": ("single_line_text", "<b>baker</b>", "<b>baker</b>", "<b>baker</b>"),
}


@pytest.fixture
def fields(practice):
    made = {}
    for name, (kind, *_rest) in KINDS.items():
        shape = {"dropdown": True} if kind == "dropdown" else {"type": kind}
        made[name] = CustomFieldFactory(
            organization=practice.organization, technical_name=name, label=name.title(), **shape
        )
    return made


@pytest.fixture
def stefan(practice):
    return PatientFactory(organization=practice.organization, first_name="Ștefan", last_name="Ioniță")


def said():
    return dict(CustomFieldValue.objects.values_list("field__technical_name", "value"))


def filled(form):
    return form_of(form) | {f"custom_values.{name}": typed for name, (_kind, typed, *_rest) in KINDS.items()}


def test_a_patient_is_filled_in_with_inputs_of_each_kind(desk, fields, stefan):
    page = url("patients.patient", "change", stefan.pk)
    opened = desk.get(page)
    kinds = {name: type(opened.context["adminform"].form.fields[f"custom_values.{name}"]).__name__ for name in KINDS}
    assert kinds == {
        "weight": "DecimalField",
        "since": "DayField",
        "smokes": "BooleanField",
        "eyes": "ChoiceField",
        "job": "CharField",
    }
    assert desk.post(page, filled(opened)).status_code == 302
    assert said() == {name: kept for name, (_kind, _typed, _shown, kept) in KINDS.items()}

    form = desk.get(page).context["adminform"].form
    assert {name: form[f"custom_values.{name}"].value() for name in KINDS} == {
        name: shown for name, (_kind, _typed, shown, _kept) in KINDS.items()
    }
    facts = dict(desk.get(url("patients.patient", "page", stefan.pk)).context["panels"][0].facts)
    assert [facts[name.title()] for name in KINDS] == ["72.5", "17 Feb 2020", "Yes", "green", "<b>baker</b>"]
    assert b"<b>baker</b>" not in desk.get(page).content

    emptied = {name: value for name, value in form_of(desk.get(page)).items() if name != "custom_values.smokes"}
    assert desk.post(page, emptied | {"custom_values.weight": ""}).status_code == 302
    assert said() == {"smokes": "false", "since": "2020-02-17", "eyes": "green", "job": "<b>baker</b>"}


def test_a_new_patient_is_filled_in_at_once(desk, fields):
    add = url("patients.patient", "add")
    opened = desk.get(add)
    assert "custom_values.eyes" in opened.context["adminform"].form.fields
    assert desk.post(add, filled(opened) | {"last_name": "Moss"}).status_code == 302
    assert (Patient.objects.get().last_name, said()["eyes"]) == ("Moss", "green")


def test_what_a_field_refuses_stands_at_its_input_and_nothing_is_saved(desk, fields, stefan):
    page, before = url("patients.patient", "change", stefan.pk), stored()
    wrong = {"custom_values.weight": "1" * 29, "last_name": "Other"}
    form = desk.post(page, form_of(desk.get(page)) | wrong).context["adminform"].form
    assert form.errors == {"custom_values.weight": ["Is not a number of at most 28 digits"]}
    assert stored() == before


def test_a_form_opened_before_a_value_changed_saves_nothing(desk, fields, stefan):
    page = url("patients.patient", "change", stefan.pk)
    opened = form_of(desk.get(page))
    desk.post(page, opened | {"custom_values.eyes": "green"})
    late = desk.post(page, opened | {"custom_values.eyes": "red"})
    assert (late.status_code, said()) == (200, {"eyes": "green"})


def test_fields_put_away_and_those_of_others_are_not_asked_for(desk, practice, stefan):
    CustomFieldFactory(organization=practice.organization, technical_name="gone", archived_at=practice.created_at)
    CustomFieldFactory(technical_name="foreign")
    CustomFieldFactory(organization=practice.organization, technical_name="planned", object_type="care_plan")
    form = desk.get(url("patients.patient", "change", stefan.pk)).context["adminform"].form
    assert [name for name in form.fields if name.startswith("custom_values.")] == []


def test_a_specialist_sees_what_the_desk_filled_in_and_changes_nothing(therapist, specialist, practice, fields):
    from tests.factories import AppointmentFactory

    patient = AppointmentFactory(practice=practice, specialist=specialist).patient
    CustomFieldValueFactory(field=fields["eyes"], patient=patient, value="red")
    assert dict(therapist.get(url("patients.patient", "page", patient.pk)).context["panels"][0].facts)["Eyes"] == "red"
    response = therapist.get(url("patients.patient", "change", patient.pk))
    assert (response.status_code, b"custom_values.eyes" in response.content) == (200, False)


def test_a_care_plan_is_filled_in_too(desk, practice):
    CustomFieldFactory(
        organization=practice.organization, technical_name="lab", label="Laboratory", object_type="care_plan"
    )
    plan = CarePlanFactory(practice=practice)
    page = url("billing.careplan", "change", plan.pk)
    assert desk.post(page, form_of(desk.get(page)) | {"custom_values.lab": "North"}).status_code == 302
    assert list(CustomFieldValue.objects.values_list("care_plan", "value")) == [(plan.pk, "North")]


@pytest.mark.parametrize(
    ("name", "value", "asked"),
    [
        ("weight", "72.5", "72.50"),
        ("since", "2020-02-17", "2020-02-17"),
        ("smokes", "true", "true"),
        ("eyes", "green", "green"),
        ("job", "Baker", "bake"),
    ],
)
def test_the_list_is_filtered_by_each_kind(desk, practice, fields, stefan, name, value, asked):
    other = PatientFactory(organization=practice.organization)
    CustomFieldValueFactory(field=fields[name], patient=stefan, value=value)
    parameter = f"own_{fields[name].pk}"
    found = desk.get(LIST, {parameter: asked})
    assert list(found.context["cl"].result_list) == [stefan]
    assert f'name="{parameter}"' in found.content.decode() or f"{parameter}=" in found.content.decode()
    assert list(desk.get(LIST, {parameter: "-"}).context["cl"].result_list) == [other]


@pytest.mark.parametrize(("name", "asked", "status"), [
    ("weight", "heavy", 200), ("since", "tomorrow", 200), ("job", "x\x00", 400), ("eyes", "blue", 400),
    ("weight", "1e999999999", 200),
])  # fmt: skip
def test_what_a_field_cannot_say_finds_nobody(desk, fields, stefan, name, asked, status):
    response = desk.get(LIST, {f"own_{fields[name].pk}": asked})
    assert response.status_code == status
    assert status == 400 or list(response.context["cl"].result_list) == []


def test_a_field_is_set_up_and_renamed(manager, practice):
    add = url("patients.customfield", "add")
    told = {"object_type": "patient", "label": "Eyes", "type": "dropdown", "choices": "red\ngreen"}
    assert manager.post(add, form_of(manager.get(add)) | told).status_code == 302
    field = CustomField.objects.get()
    assert (field.technical_name, field.choices, field.organization) == (
        "eyes",
        ["red", "green"],
        practice.organization,
    )
    CustomFieldValueFactory(field=field, patient__organization=practice.organization, value="red")
    page = url("patients.customfield", "change", field.pk)
    response = manager.post(page, form_of(manager.get(page)) | {"choices": "green"})
    assert response.context["adminform"].form.errors == {"choices": ["Are in use: red"]}
    assert manager.post(page, form_of(manager.get(page)) | {"label": "Colour"}).status_code == 302
    assert CustomField.objects.get().label == "Colour"
