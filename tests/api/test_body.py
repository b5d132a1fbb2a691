"""Body: one declaration gives the columns, the objects and the schema."""

from decimal import Decimal

import orjson
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework import serializers

from api.base.body import Body, ComputedField, ConstantField, Many, Money, Reading, compiled, or_null
from api.base.renderer import to_json
from catalog.models import Service, ServiceForm, ServiceSpecialist
from tests.factories import (
    AT,
    FormTemplateFactory,
    ServiceFactory,
    ServiceFormFactory,
    ServiceSpecialistFactory,
    SpecialtyFactory,
)


class Specialty(Body):
    id = serializers.IntegerField()
    name = serializers.CharField()


class Thing(Body):
    key = serializers.UUIDField(source="uuid")
    name = serializers.CharField()
    specialty = Specialty(allow_null=True)
    price = Money(source="base_price")
    both = ComputedField(serializers.CharField(), "category", "currency", make=lambda a, b: f"{a}/{b}")
    loud = ComputedField(serializers.CharField(), "name", make=str.upper)
    where = ComputedField(serializers.CharField(), "slug", make=lambda reading: reading.link, linked=True)
    cover_url = or_null(serializers.URLField(), "cover_url")
    created_at = serializers.DateTimeField()


@pytest.fixture
def reading(admin_actor):
    return Reading(actor=admin_actor, at=AT, link=lambda path: f"https://x/{path}")


def read(body, queryset, reading):
    return orjson.loads(to_json(body.build(queryset.values_list(*body.columns()), reading)))


def test_a_body_reads_its_columns_in_one_query(organization, reading):
    specialty = SpecialtyFactory(organization=organization, name="Physiotherapy")
    one = ServiceFactory(organization=organization, name="One", slug="one", specialty=specialty, cover_url="https://x")
    two = ServiceFactory(organization=organization, name="Two", slug="two", base_price=Decimal("0.10"))
    with CaptureQueriesContext(connection) as captured:
        built = read(Thing, Service.objects.order_by("pk"), reading)
    assert len(captured) == 1
    assert built == [
        {
            "key": str(one.uuid),
            "name": "One",
            "specialty": {"id": specialty.pk, "name": "Physiotherapy"},
            "price": 100.0,
            "both": "therapy/RON",
            "loud": "ONE",
            "where": "https://x/one",
            "cover_url": "https://x",
            "created_at": "2026-02-17T10:00:00Z",
        },
        {
            "key": str(two.uuid),
            "name": "Two",
            "specialty": None,
            "price": 0.1,
            "both": "therapy/RON",
            "loud": "TWO",
            "where": "https://x/two",
            "cover_url": None,
            "created_at": "2026-02-17T10:00:00Z",
        },
    ]


def test_the_keys_come_as_declared(organization, reading):
    ServiceFactory(organization=organization)
    (built,) = Thing.build(Service.objects.values_list(*Thing.columns()), reading)
    assert list(built) == list(Thing().fields)


@pytest.mark.parametrize(
    ("amount", "printed"),
    [("200.1", b"200.10"), ("0", b"0.00"), ("9999999999.99", b"9999999999.99"), ("1E+2", b"100.00")],
)
def test_money_is_printed_exactly(amount, printed):
    assert to_json(Money.convert(Decimal(amount))) == printed
    assert Money.convert(None) is None


class Price(Body):
    price = Money(source="base_price")


class Nested(Body):
    service = Price()
    name = ComputedField(
        serializers.CharField(), "specialist__first_name", "specialist__last_name", make="{} {}".format
    )


def test_a_nested_body_of_one_made_column_is_made_too(organization, reading):
    offer = ServiceSpecialistFactory(service=ServiceFactory(organization=organization))
    assert read(Nested, ServiceSpecialist.objects.all(), reading) == [
        {"service": {"price": 100.0}, "name": offer.specialist.name}
    ]


class Form(Body):
    name = serializers.CharField(source="form_template.name")


def forms(actor):
    return ServiceForm.objects.visible_to(actor).order_by("sort_order")


class WithForms(Body):
    name = serializers.CharField()
    forms = Many(Form, of="service_id", rows=forms)


def test_a_to_many_relation_is_one_query_for_all_parents(organization, reading):
    services = [ServiceFactory(organization=organization, name=name) for name in ("Two", "One", "None")]
    for service, order, name in ((services[0], 2, "B"), (services[1], 1, "C"), (services[0], 1, "A")):
        template = FormTemplateFactory(organization=organization, name=name)
        ServiceFormFactory(service=service, sort_order=order, form_template=template)
    with CaptureQueriesContext(connection) as captured:
        built = read(WithForms, Service.objects.order_by("pk"), reading)
    assert len(captured) == 2
    assert built == [
        {"name": "Two", "forms": [{"name": "A"}, {"name": "B"}]},
        {"name": "One", "forms": [{"name": "C"}]},
        {"name": "None", "forms": []},
    ]


def test_the_children_are_those_that_the_actor_may_see(organization, reading, visitor):
    form = ServiceFormFactory(service=ServiceFactory(organization=organization, name="Hidden"))
    rows = Service.objects.values_list(*WithForms.columns())
    assert WithForms.build(rows, reading)[0]["forms"] == [{"name": form.form_template.name}]
    assert WithForms.build(rows, Reading(actor=visitor, at=AT, link=str))[0]["forms"] == []


def test_no_parents_ask_for_no_children(reading, db):
    with CaptureQueriesContext(connection) as captured:
        assert WithForms.build([], reading) == []
    assert len(captured) == 0


def test_a_body_that_would_ask_once_for_each_row_cannot_be_declared(organization, reading):
    class Inside(Body):
        service = WithForms()

    with pytest.raises(TypeError, match="WithForms: a nested Body"):
        compiled(Inside)


def test_children_have_children_of_their_own_at_one_query_for_each_relation(organization, reading):
    class Below(Body):
        name = serializers.CharField()
        again = Many(WithForms, of="pk", rows=lambda actor: Service.objects.visible_to(actor))

    forms = [ServiceFormFactory(service=ServiceFactory(organization=organization)) for _n in range(3)]
    with CaptureQueriesContext(connection) as captured:
        built = Below.build(Service.objects.order_by("pk").values_list(*Below.columns()), reading)
    assert [[one["name"] for one in row["again"][0]["forms"]] for row in built] == [
        [form.form_template.name] for form in forms
    ]
    assert len(captured) == 3


def test_a_nested_body_cannot_begin_with_what_may_be_null():
    class Unfit(Body):
        name = or_null(serializers.CharField(), "name")
        id = serializers.IntegerField()

    class Outer(Body):
        service = Unfit()

    with pytest.raises(TypeError, match="Unfit: its first field, name, may not be null"):
        Outer.columns()
    assert Unfit.columns() == ("name", "id")


def test_a_value_that_rows_share_is_made_once_for_each_reply(reading):
    made = []

    class Room(Body):
        floor = ComputedField(
            serializers.CharField(), "floor", make=lambda one: made.append(one) or f"{one}.", few=True
        )
        seen_by = ComputedField(
            serializers.CharField(), "floor", make=lambda reading: lambda one: f"{reading.at.year}/{one}", linked=True,
            few=True,
        )  # fmt: skip
        is_heated = ConstantField(serializers.BooleanField(), True)

    told = Room.build([(1, 10), (2, 11), (1, 12), (None, 13)], reading)
    assert [room["floor"] for room in told] == ["1.", "2.", "1.", "None."]
    assert [room["seen_by"] for room in told] == [f"{AT.year}/{floor}" for floor in (1, 2, 1, None)]
    assert [room["is_heated"] for room in told] == [True] * 4
    assert made == [1, 2, None]
    Room.build([(1, 10)], reading)
    assert made == [1, 2, None, 1]
