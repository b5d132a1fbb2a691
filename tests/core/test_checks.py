"""What neither engine should keep is refused by field, before either is asked."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from django.db import models
from django.test.utils import isolate_apps

from catalog.models import Product, Service
from core.checks import check_values
from core.errors import InvalidInput
from directory.models import Organization, Room
from patients.models import Patient
from tests.factories import PatientFactory, ProductFactory, RoomFactory, ServiceFactory

YEARS = "Must be a day from 1900 to 2199."
NULL = "Null characters and lone surrogates are not allowed."


def problems(obj, **values):
    for name, value in values.items():
        setattr(obj, name, value)
    try:
        check_values(obj)
    except InvalidInput as error:
        return {name: str(why) for name, why in error.fields.items()}
    return {}


@pytest.fixture(scope="module")
def Thing():  # noqa: N802 a model
    with isolate_apps("core"):

        class Thing(models.Model):
            small = models.SmallIntegerField(default=0)
            number = models.IntegerField(default=0)
            big = models.BigIntegerField(default=0)
            moment = models.DateTimeField(null=True, blank=True)
            data = models.JSONField(default=dict, blank=True)

            class Meta:
                app_label = "core"

        return Thing


@pytest.mark.parametrize("text", ["a\x00b", "\x00", "a\ud800b", "\udfff"])
@pytest.mark.parametrize("column", ["first_name", "notes", "emergency_contact"])
def test_text_that_no_database_keeps_is_refused_by_its_column(patient, text, column):
    assert problems(patient, **{column: text}) == {column: NULL}


@pytest.mark.parametrize(
    "text", ["Ștefan Ioniță", "\u200f\u05e9\u05dc\u05d5\u05dd", "🙂", "a\tb\nc", "'; DROP TABLE patient; --"]
)
def test_any_other_text_is_kept_as_it_came(patient, text):
    assert problems(patient, notes=text) == {}
    patient.save()
    patient.refresh_from_db()
    assert patient.notes == text


@pytest.mark.parametrize(
    ("column", "length"), [("first_name", 255), ("post_code", 20), ("occupation", 255), ("italian_fiscal_code", 16)]
)
def test_an_overlong_text_is_refused_by_its_column(patient, column, length):
    assert problems(patient, **{column: "x" * length}) == {}
    assert list(problems(patient, **{column: "x" * (length + 1)})) == [column]


@pytest.mark.parametrize(
    ("column", "least", "most"),
    [
        ("small", -32768, 32767),
        ("number", -2147483648, 2147483647),
        ("big", -9223372036854775808, 9223372036854775807),
    ],
)
def test_an_integer_fits_what_postgresql_keeps(db, Thing, column, least, most):  # noqa: N803
    assert problems(Thing(), **{column: least}) == {}
    assert problems(Thing(), **{column: most}) == {}
    for wrong in (least - 1, most + 1, 2**70, str(most + 1)):
        assert list(problems(Thing(), **{column: wrong})) == [column]


@pytest.mark.parametrize("value", [-1, 32768, 2**63])
def test_a_positive_integer_has_the_same_range_on_both_engines(db, value):
    assert list(problems(ServiceFactory(), booking_lead_hours=value)) == ["booking_lead_hours"]


@pytest.mark.parametrize(
    "value",
    [
        {"name": "a\x00b"},
        {"a\x00b": 1},
        [["deep", ["\ud800"]]],
        float("nan"),
        {"limit": float("inf")},
        {"set": {1, 2}},
    ],
)
def test_json_that_no_database_keeps_is_refused(db, Thing, value):  # noqa: N803
    assert list(problems(Thing(), data=value)) == ["data"]


def test_json_without_end_is_refused(db, Thing):  # noqa: N803
    endless = []
    endless.append(endless)
    assert problems(Thing(), data=endless) == {"data": "Value must be valid JSON."}


@pytest.mark.parametrize("value", [{}, {"a": [1, "two", None, {"b": 1.5}]}, "\\u0000", [[]]])
def test_other_json_is_fine(db, Thing, value):  # noqa: N803
    assert problems(Thing(), data=value) == {}


def test_a_moment_that_has_no_utc_is_refused(db, Thing):  # noqa: N803
    early = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=2)))
    assert problems(Thing(), moment=early) == {"moment": YEARS}
    assert problems(Thing(), moment=datetime(2026, 2, 17, tzinfo=UTC)) == {}


@pytest.mark.parametrize(
    ("moment", "fits"),
    [
        (datetime(1899, 12, 31, tzinfo=UTC), True),  # 1900 has begun elsewhere
        (datetime(1899, 12, 30, 23, 59, 59, tzinfo=UTC), False),
        (datetime(2200, 1, 1, 23, 59, 59, tzinfo=UTC), True),
        (datetime(2200, 1, 2, tzinfo=UTC), False),
        (datetime(9999, 12, 31, 23, 30, tzinfo=UTC), False),
        (datetime(9999, 12, 31, 23, 30, tzinfo=timezone(-timedelta(hours=10))), False),
    ],
)
def test_a_moment_lies_in_years_that_somebody_means(db, Thing, moment, fits):  # noqa: N803
    assert problems(Thing(), moment=moment) == ({} if fits else {"moment": YEARS})


@pytest.mark.parametrize(
    ("day", "fits"),
    [
        (date(1900, 1, 1), True),
        (date(1899, 12, 31), False),
        (date(2199, 12, 31), True),
        (date(2200, 1, 1), False),
        (date(1, 1, 1), False),
    ],
)
def test_a_day_lies_in_years_that_somebody_means(patient, day, fits):
    assert problems(patient, date_of_birth=day) == ({} if fits else {"date_of_birth": YEARS})


def test_a_required_reference_is_named_by_its_column():
    assert problems(Room(name="Room")) == {
        "practice_id": "This field is required.",
        "resource_id": "This field is required.",
    }


def test_all_problems_are_told_at_once(db):
    found = problems(
        ServiceFactory(), name="", duration_minutes=0, base_price=Decimal("-1"), currency="lei", category="spa"
    )
    assert sorted(found) == ["base_price", "category", "currency", "duration_minutes", "name"]


def test_only_the_named_columns_are_checked(patient):
    patient.first_name, patient.notes = "\x00", "\x00"
    with pytest.raises(InvalidInput) as caught:
        check_values(patient, only={"notes"})
    assert list(caught.value.fields) == ["notes"]


def test_what_the_database_fills_in_is_not_checked():
    organization = Organization(name="Organization")
    check_values(organization)
    assert isinstance(organization.created_at, models.expressions.BaseExpression)


@pytest.mark.parametrize(
    ("model", "column", "wrong"),
    [
        (PatientFactory, "country_code", "ro"),
        (PatientFactory, "country_code", "RO\n"),
        (PatientFactory, "country_code", "UK"),
        (PatientFactory, "country_code", "ZZ"),
        (ProductFactory, "currency", "XYZ"),
        (PatientFactory, "time_zone", "Europe/Atlantis"),
        (PatientFactory, "time_zone", "localtime"),
        (PatientFactory, "email", "not an address"),
        (PatientFactory, "date_of_birth", "31.12.1999"),
        (PatientFactory, "gender", "unknown"),
        (PatientFactory, "default_discount", Decimal("100.01")),
        (ProductFactory, "tax_rate", Decimal("-0.01")),
        (ProductFactory, "tax_rate", Decimal("19.005")),
        (ProductFactory, "slug", "two words"),
        (ServiceFactory, "cover_url", "javascript:alert(1)"),
        (ServiceFactory, "max_attendees", 0),
        (ServiceFactory, "duration_minutes", 1440),
        (RoomFactory, "is_active", "perhaps"),
    ],
)
def test_a_value_that_its_field_refuses_is_told_by_its_column(db, model, column, wrong):
    assert list(problems(model(), **{column: wrong})) == [column]


def test_a_checked_value_has_its_fields_type():
    product = Product(name="Pillow", slug="pillow", price="40", currency="RON", organization_id=1, tax_rate="19")
    check_values(product)
    assert (str(product.price), str(product.tax_rate)) == ("40.00", "19")
    patient = Patient(last_name="Ionescu", organization_id=1, resource_id=1, date_of_birth="1999-12-31")
    check_values(patient)
    assert patient.date_of_birth == date(1999, 12, 31)


def test_every_text_column_of_a_service_refuses_what_no_database_keeps(db):
    kinds = (models.TextField, models.CharField)
    texts = [field.attname for field in Service._meta.concrete_fields if isinstance(field, kinds)]
    found = problems(ServiceFactory(), **dict.fromkeys(texts, "\x00"))
    assert sorted(found) == sorted(texts)
