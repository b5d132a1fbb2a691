"""What the clinic's own fields say of a patient: canonical text of the field's type, or nothing."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from core.errors import Forbidden, InvalidInput, Missing
from core.models import AuditEntry
from patients.models import CustomFieldValue, Patient
from patients.services import set_custom_value, set_custom_values
from tests.factories import CustomFieldFactory, CustomFieldValueFactory, PatientFactory


@pytest.fixture
def field_of(organization):
    def field_of(kind):
        return CustomFieldFactory(
            organization=organization, **({"dropdown": True} if kind == "dropdown" else {"type": kind})
        )

    return field_of


def say(patient, field, value, by, at):
    return set_custom_value(patient.pk, field_id=field.pk, value=value, by=by, at=at)


def stored():
    return list(CustomFieldValue.objects.values_list("value", flat=True))


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("single_line_text", "  left handed ", "left handed"),
        ("single_line_text", "Ștefan", "Ștefan"),
        ("number", "42", "42"),
        ("number", 42, "42"),
        ("number", "1.50", "1.5"),
        ("number", Decimal("1E+3"), "1000"),
        ("number", "-0.25", "-0.25"),
        ("number", "-0.00", "0"),
        ("number", "1" * 28, "1" * 28),
        ("single_line_text", 7, "7"),
        ("date", "2026-02-17", "2026-02-17"),
        ("date", date(2026, 2, 17), "2026-02-17"),
        ("single_checkbox", True, "true"),
        ("single_checkbox", "FALSE", "false"),
        ("single_checkbox", "1", "true"),
        ("dropdown", "green", "green"),
    ],
)
def test_a_value_is_kept_as_its_type_writes_it(patient, front_desk, at, history, field_of, kind, value, text):
    field = field_of(kind)
    row = say(patient, field, value, front_desk, at)
    assert stored() == [text]
    assert history() == [("patients.set_custom_value", "create", "patients.customfieldvalue", row.pk)]
    assert AuditEntry.objects.get().organization_id == patient.organization_id


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("single_line_text", "x" * 501),
        ("single_line_text", "a\x00b"),
        ("number", "many"),
        ("number", "NaN"),
        ("number", "Infinity"),
        ("number", "1E+999999999"),
        ("number", "1" * 29),
        ("number", "1_000"),
        ("number", True),
        ("number", [1]),
        ("single_line_text", True),
        ("single_line_text", {"a": 1}),
        ("single_line_text", "a\nb"),
        ("date", "17.02.2026"),
        ("date", "2026-02-30"),
        ("date", datetime(2026, 2, 17, tzinfo=UTC)),
        ("date", 20260217),
        ("date", "0001-01-01"),
        ("single_checkbox", "perhaps"),
        ("single_checkbox", 2),
        ("dropdown", "blue"),
        ("dropdown", ["red"]),
        ("dropdown", {}),
    ],
)
def test_what_is_not_of_the_fields_type_is_refused(patient, front_desk, at, refused, field_of, kind, value):
    field = field_of(kind)
    with refused(InvalidInput) as caught:
        say(patient, field, value, front_desk, at)
    assert list(caught.value.fields) == ["value"]


def test_a_value_takes_the_place_of_the_one_before(patient, front_desk, at, history, field_of):
    field = field_of("number")
    row = say(patient, field, 41, front_desk, at)
    assert say(patient, field, 42, front_desk, at) == row
    assert stored() == ["42"]
    assert [action for _verb, action, _kind, _pk in history()] == ["create", "change"]


def test_saying_the_same_again_changes_nothing_not_even_the_patients_date(patient, front_desk, at, field_of, history):
    field = field_of("number")
    say(patient, field, "40", front_desk, at)
    before, told = Patient.objects.filter(pk=patient.pk).values().get(), history()
    later = at + timedelta(hours=1)
    say(patient, field, "40.0", front_desk, later)
    set_custom_values(patient.pk, values={field.technical_name: 40}, by=front_desk, at=later)
    assert (Patient.objects.filter(pk=patient.pk).values().get(), history()) == (before, told)
    set_custom_values(patient.pk, values={field.technical_name: 41}, by=front_desk, at=later)
    assert Patient.objects.get(pk=patient.pk).updated_at == later


@pytest.mark.parametrize("kind", ["single_line_text", "number", "date", "single_checkbox", "dropdown"])
@pytest.mark.parametrize("nothing", [None, ""])
def test_saying_nothing_takes_the_value_away(patient, front_desk, at, history, field_of, kind, nothing):
    field = field_of(kind)
    CustomFieldValueFactory(field=field, patient=patient, value="old")
    assert say(patient, field, nothing, front_desk, at) is None
    assert stored() == []
    assert say(patient, field, nothing, front_desk, at) is None
    assert [action for _verb, action, _kind, _pk in history()] == ["delete"]


def test_fields_of_others_are_missing(patient, front_desk, foreign_practice, organization, at, refused):
    foreign = CustomFieldFactory(organization=foreign_practice.organization)
    of_care_plans = CustomFieldFactory(organization=organization, object_type="care_plan")
    for field in (foreign, of_care_plans):
        with refused(Missing):
            say(patient, field, "x", front_desk, at)


def test_only_the_desk_says_it(patient, patient_actor, front_desk, at, refused, field_of):
    field, foreign = field_of("single_line_text"), PatientFactory()
    with refused(Forbidden):
        say(patient, field, "x", patient_actor, at)
    with refused(Missing):
        say(foreign, field, "x", front_desk, at)
