"""Crafted addresses and forms: each is refused in words, and no list answers about a column that is no filter of it."""

import time
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import models
from django.urls import reverse

from backoffice.kit.lookups import DeclaredLookups, read_id
from backoffice.kit.verb_admin import VerbAdmin
from tests.backoffice.conftest import form_of, stored, url
from tests.backoffice.rows import ROWS
from tests.factories import MembershipFactory, ProductOrderFactory, ServiceFactory, SpecialistFactory, UserFactory
from tests.plugins.counts import by_day

ADMINS: Any = {model._meta.label_lower: one for model, one in admin.site._registry.items()}
LABELS = sorted(ADMINS)
ROLES = ["superuser", "clinic_admin", "front_desk", "specialist"]
TOO_LARGE = 2**63

# What no list offers: columns that are no filter of it, and values that no column can hold.
UNDECLARED = [
    ("password__startswith", "pbkdf2"),
    ("user__password__startswith", "pbkdf2"),
    ("id__in", "1,2"),
    ("pk", "1"),
    ("id__gte", str(TOO_LARGE)),
    ("created_at__year", "99999999"),
    ("created_at__gte", "0001-01-01"),
    ("name__regex", "(a+)+$"),
    ("description__regex", "(a+)+$"),
    ("organization__name__startswith", "O"),
    ("patient__email__contains", "@"),
    ("patient__id__exact", "²"),
    ("patient__id__exact", str(TOO_LARGE)),
    ("batch__id__exact", "1 OR 1=1"),
    ("practice__id__exact", "\x00"),
    ("nonsense", "1"),
    ("created_at__lt", "9999-12-31T23:59:59Z"),
    ("phone_numbers__number__startswith", "+40"),
    ("user__last_login__isnull", "0"),
    ("notes__icontains", "a\x00b"),
]
# What Django's lists know themselves.
KNOWN = [
    ("q", "a\x00b"),
    ("q", "a" * 60_000),
    ("p", "²"),
    ("p", str(TOO_LARGE)),
    ("o", "².-9"),
    ("all", "\x00"),
    ("e", "1"),
]
# What a field's search box is asked besides its words.
ASKED_OF_A_BOX = [
    {"term": "a\x00b"},
    {"term": "(" * 60_000},
    {"term": "%" * 5_000},
    {"term": "\uffff\u202e"},
    {"organization": "²"},
    {"organization": str(TOO_LARGE)},
    {"organization": "-1"},
    {"practice": "\x00"},
    {"practice": "1 OR 1=1"},
    {"page": "²"},
    {"page": str(TOO_LARGE)},
    {"page": "0"},
    {"page": "\x00"},
    {"field_name": "password"},
    {"field_name": "\x00"},
    {"field_name": "id"},
    {"model_name": "nothing"},
    {"app_label": "\x00"},
    {"app_label": "auth", "model_name": "user"},
    {"password__startswith": "p"},
]
# Values that no filter offers, for each filter of a list.
VALUES = ["²", str(TOO_LARGE), "-1", "\x00", "1' OR '1'='1"]


def opens(client, label):
    return client.get(url(label, "changelist")).status_code == 200


@pytest.fixture
def rows(practice):
    """A row in every list and a group, so that what is looked up could be found."""
    Group.objects.create(name="group")

    def of(label):
        return ROWS[label](practice) if label in ROWS else Group.objects.get()

    return of


def test_every_list_of_the_back_office_has_an_allow_list():
    assert [label for label in LABELS if not isinstance(ADMINS[label], DeclaredLookups)] == []
    # A hierarchy of dates would be a filter of its own, with years of any size.
    assert [label for label in LABELS if ADMINS[label].date_hierarchy] == []
    plain = (models.BooleanField, models.CharField)
    for label in LABELS:
        for one in ADMINS[label].list_filter:
            if isinstance(one, str):
                assert isinstance(ADMINS[label].model._meta.get_field(one), plain), (label, one)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("label", LABELS)
def test_a_list_answers_only_about_its_filters(roles, role, rows, label):
    """Whoever asks, the list says the same: by day a superuser asks everything, on one engine or the other."""
    rows(label)
    client, address = roles[role], url(label, "changelist")
    expected = 400 if opens(client, label) else 403
    number = ROLES.index(role)
    asked = by_day(UNDECLARED, LABELS.index(label) + number, share=4 if number else 1)
    assert {pair: client.get(address, dict([pair])).status_code for pair in asked} == dict.fromkeys(asked, expected)


@pytest.mark.parametrize("label", LABELS)
def test_no_filter_passes_on_what_it_does_not_offer(boss, two_practices, rows, label):
    rows(label)
    address, asked = url(label, "changelist"), []
    for one in ADMINS[label].list_filter:
        if isinstance(one, str):
            asked += [(f"{one}__{lookup}", value) for lookup in ("in", "regex") for value in VALUES]
            assert boss.get(address, {f"{one}__exact": "\x00"}).status_code == 400
            assert boss.get(address, {f"{one}__exact": "²"}).status_code in (200, 400)
        else:
            asked += [(one.parameter_name, value) for value in VALUES]
    assert {pair: boss.get(address, dict([pair])).status_code for pair in asked} == dict.fromkeys(asked, 400)


@pytest.mark.parametrize("label", LABELS)
def test_what_every_list_understands_takes_any_value(boss, rows, label):
    rows(label)
    for name, value in by_day(KNOWN, LABELS.index(label), share=2):
        assert boss.get(url(label, "changelist"), {name: value}).status_code in (200, 302), (name, value)


def test_a_password_cannot_be_read_character_by_character(manager, practice):
    user = MembershipFactory(practice=practice).user
    user.set_password("secret")
    user.save()
    response = manager.get(url("directory.user", "changelist"), {"password__startswith": user.password[:12]})
    assert response.status_code == 400
    assert user.username not in response.content.decode()


def test_what_our_own_pages_link_to_is_allowed(desk, practice):
    order, other = ProductOrderFactory(practice=practice), ProductOrderFactory(practice=practice)
    listed = desk.get(url("orders.productorder", "changelist"), {"patient__id__exact": order.patient_id})
    assert [row.pk for row in listed.context["cl"].result_list] == [order.pk]
    assert other.patient_id != order.patient_id


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("label", [label for label in LABELS if ADMINS[label].autocomplete_fields])
def test_a_search_box_survives_crafted_questions(roles, role, rows, label):
    rows(label)
    app, name = label.split(".")
    for number, field in enumerate(ADMINS[label].autocomplete_fields):
        right = {"app_label": app, "model_name": name, "field_name": field, "term": ""}
        for wrong in by_day(ASKED_OF_A_BOX, LABELS.index(label) + ROLES.index(role) + number, share=3):
            status = roles[role].get(reverse("admin:autocomplete"), {**right, **wrong}).status_code
            assert status in (200, 400, 403, 404), wrong
            if "organization" in wrong or "practice" in wrong:
                assert status in (400, 403), wrong


@pytest.mark.parametrize("label", [label for label in LABELS if ADMINS[label].add_verb and not ADMINS[label].made_on])
def test_an_empty_form_takes_only_what_its_fields_can_hold_from_the_address(boss, rows, label):
    rows(label)
    address = url(label, "add")
    response = boss.get(address)
    fields = response.context["adminform" if "adminform" in response.context else "form"]
    fields = getattr(fields, "form", fields).fields
    shown = {name: field for name, field in fields.items() if not field.widget.is_hidden}
    for name, field in shown.items():
        status = boss.get(address, {name: "\x00"}).status_code
        assert status == 400 or name not in address_names(label, shown), name
        if type(field).__name__ == "ModelChoiceField":
            for value in ("²", "abc", str(TOO_LARGE)):
                assert boss.get(address, {name: value}).status_code in (400, 404), (name, value)
            assert boss.get(address, {name: str(TOO_LARGE - 1)}).status_code in (200, 404)
    assert boss.get(address, {"version_seen": "x", "nonsense": "\x00", "_to_field": "id"}).status_code in (200, 400)


def address_names(label, shown):
    """Booking has a page of its own, which takes a few fields from the address."""
    few = {"patient", "service", "specialist", "room", "enrollment", "overbooking_reason"}
    return few if label == "scheduling.appointment" else set(shown)


def test_a_filled_in_form_keeps_what_fits(desk, practice):
    order = ProductOrderFactory(practice=practice)
    response = desk.get(url("orders.productorder", "add"), {"patient": order.patient_id, "quantity": "3"})
    form = response.context["adminform"].form
    assert (form["patient"].value(), form["quantity"].value()) == (str(order.patient_id), "3")
    assert str(order.patient) in response.content.decode()


@pytest.mark.parametrize("role", ["superuser", "front_desk"])
@pytest.mark.parametrize("label", LABELS)
def test_no_path_of_a_row_fails(roles, role, rows, label):
    rows(label)
    listed = url(label, "changelist")
    pages = [
        "change/",
        "delete/",
        "history/",
        *(f"{step.name}/" for step in ADMINS[label].all_steps()),
        "page/",
        "file/",
    ]
    crafted = ("%00", "%C2%B2", str(TOO_LARGE), "-1", "0", "1%20OR%201", "_5F", "a" * 5000)
    for pk in by_day(crafted, LABELS.index(label) + ROLES.index(role), share=2):
        for page in pages:
            assert roles[role].get(f"{listed}{pk}/{page}").status_code in (302, 400, 403, 404), (pk, page)


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("scheduling_appointment_add", {"slot": "²"}),
        ("scheduling_appointment_add", {"over": str(TOO_LARGE)}),
        ("scheduling_appointment_add", {"patient": "²"}),
        ("scheduling_appointment_add", {"practice": "²"}),
        ("bulk_slots", {"like": "²"}),
        ("bulk_slots", {"practice": "\x00"}),
        ("search", {"s": "a", "page": "²"}),
    ],
)
def test_a_page_of_its_own_refuses_what_it_cannot_read(manager, practice, name, asked):
    assert manager.get(reverse(f"admin:{name}"), asked).status_code in (400, 404)


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("day_list", {"day": "99999999-01-01"}),
        ("day_list", {"day": "\x00", "practice": "²", "specialist": str(TOO_LARGE)}),
        ("registrations", {"p": "²"}),
        ("search", {"s": "a\x00b", "extended": "1"}),
        ("search", {"s": "%" * 60_000, "extended": "1"}),
    ],
)
def test_a_page_that_can_say_what_is_wrong_says_it(manager, practice, name, asked):
    assert manager.get(reverse(f"admin:{name}"), asked).status_code == 200


def test_more_rows_than_a_form_could_have_are_refused_before_any_is_made(manager, practice, monkeypatch):
    service = ServiceFactory(organization=practice.organization)
    address = url("catalog.service", "change", service.pk)
    formset = manager.get(address).context["inline_admin_formsets"][0].formset
    prefix, before, begin = formset.prefix, stored(), time.process_time()
    response = manager.post(address, {f"{prefix}-TOTAL_FORMS": "2000", f"{prefix}-INITIAL_FORMS": "0"})
    assert response.status_code == 200
    found = next(one.formset for one in response.context["inline_admin_formsets"] if one.formset.prefix == prefix)
    assert (len(found.forms), found.non_form_errors()) == (0, ["Please submit at most 40 forms."])
    assert time.process_time() - begin < 4
    assert stored() == before


def test_a_row_below_its_owner_that_is_gone_or_made_up_is_refused_on_the_page(boss, rows):
    """Somebody else deleted it while the page was open, or the request is crafted."""
    tried = 0
    for label in (one for one in ROWS if ADMINS.get(one) and ADMINS[one].inlines):
        address = url(label, "change", rows(label).pk)
        page = boss.get(address)
        sent = form_of(page)
        for inline in page.context["inline_admin_formsets"]:
            prefix = inline.formset.prefix
            counts = {f"{prefix}-TOTAL_FORMS": "1", f"{prefix}-INITIAL_FORMS": "1"}
            gone = ("999999999", "\u202e")[tried % 2]
            answer = boss.post(address, {**sent, **counts, f"{prefix}-0-id": gone})
            assert answer.status_code == 200, (label, prefix, gone)
            assert "A row was deleted while this page was open" in answer.content.decode(), (label, prefix, gone)
            tried += 1
    assert tried > 8


def test_a_service_with_many_specialists_can_still_be_saved(manager, practice):
    service = ServiceFactory(organization=practice.organization)
    for _ in range(45):
        service.offers.create(specialist=SpecialistFactory(organization=practice.organization, works_at=[practice]))
    address = url("catalog.service", "change", service.pk)
    response = manager.post(address, {**form_of(manager.get(address)), "name": "Renamed"})
    assert response.status_code == 302
    service.refresh_from_db()
    assert (service.name, service.offers.count()) == ("Renamed", 45)


@pytest.mark.parametrize(
    ("text", "number"),
    [("1", 1), ("²", None), ("٣", None), ("", None), ("-1", None), ("0", None), ("1\x00", None), ("+1", None)],
)
def test_an_id_is_plain_digits(text, number):
    assert read_id(text) == number


def test_an_id_fits_its_column():
    assert (read_id(str(2**63 - 1)), read_id(str(2**63)), read_id("9" * 5000)) == (2**63 - 1, None, None)


def test_groups_are_no_way_around(boss):
    assert isinstance(ADMINS["auth.group"], VerbAdmin)
    UserFactory()
    assert boss.get(url("auth.group", "changelist"), {"user__password__startswith": "p"}).status_code == 400
