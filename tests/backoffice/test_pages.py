"""Every page of the back office opens, for everybody who may open it."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse

from api.failures import server_error
from tests.backoffice.conftest import url
from tests.backoffice.rows import ROWS
from tests.factories import AppointmentFactory, EnrollmentFactory, PatientFactory, ProductOrderFactory

ADMINS: Any = {model._meta.label_lower: one for model, one in admin.site._registry.items()}
OURS = sorted(label for label in ADMINS if label != "auth.group")


def test_every_list_has_a_row_in_the_tests():
    assert sorted(ROWS) == OURS


@pytest.mark.parametrize("label", OURS)
def test_the_list_opens(boss, practice, label):
    row = ROWS[label](practice)
    # That of appointments opens on today's.
    response = boss.get(url(label, "changelist"), {"when": "any"} if label == "scheduling.appointment" else {})
    assert response.status_code == 200
    assert row in list(response.context["cl"].result_list)


def test_no_page_lists_all_models_that_it_does_not_show(boss, practice, monkeypatch):
    """The theme hands them to each page; looking up all permissions and addresses takes a twentieth of its time."""
    asked = []
    build = admin.site._build_app_dict
    monkeypatch.setattr(admin.site, "_build_app_dict", lambda *args: asked.append(args) or build(*args))
    assert boss.get(url("patients.patient", "changelist")).status_code == 200
    assert boss.get(url("patients.patient", "add")).status_code == 200
    assert asked == []
    assert boss.get(reverse("admin:app_list", args=["patients"])).status_code == 200
    assert len(asked) == 1


@pytest.mark.parametrize("label", OURS)
def test_the_list_can_be_searched(boss, practice, label):
    ROWS[label](practice)
    assert boss.get(url(label, "changelist"), {"q": "ana 1 +40722 x@y"}).status_code == 200
    # A search that no database can hold is told, not answered with an error.
    assert boss.get(url(label, "changelist"), {"q": "a\x00b"}).status_code == 200


@pytest.mark.parametrize("label", OURS)
def test_each_filter_of_the_list_opens(boss, practice, label):
    row = ROWS[label](practice)
    found = boss.get(url(label, "changelist")).context["cl"]
    links = [choice["query_string"] for spec in found.filter_specs for choice in spec.choices(found)]
    links += [choice["query_string"] for choice in found.quick]
    for link in links:
        assert boss.get(url(label, "changelist") + link).status_code == 200, link
    assert row is not None


@pytest.mark.parametrize("label", OURS)
def test_a_new_one_can_be_added_where_there_is_a_verb_for_it(boss, practice, label):
    response = boss.get(url(label, "add"))
    assert response.status_code == ((302 if ADMINS[label].made_on else 200) if ADMINS[label].add_verb else 403)
    if ADMINS[label].made_on:
        assert boss.get(response.headers["Location"]).status_code == 200


@pytest.mark.parametrize("label", OURS)
def test_the_page_of_a_row_opens(boss, practice, label):
    row = ROWS[label](practice)
    response = boss.get(url(label, "change", row.pk))
    assert response.status_code == 200
    assert str(row) in response.content.decode() or label == "core.auditentry"


@pytest.mark.parametrize("label", OURS)
def test_the_history_of_a_row_opens(boss, practice, label):
    row = ROWS[label](practice)
    response = boss.get(url(label, "history", row.pk))
    assert (response.status_code, response.context["object"]) == (200, row)


@pytest.mark.parametrize("label", OURS)
def test_deleting_asks_first_where_there_is_a_verb_for_it(boss, practice, label):
    row = ROWS[label](practice)
    response = boss.get(url(label, "delete", row.pk))
    assert response.status_code == (200 if ADMINS[label].delete_verb else 403)
    assert type(row)._base_manager.filter(pk=row.pk).exists()


@pytest.mark.parametrize(("label", "step"), [(label, step) for label in OURS for step in ADMINS[label].steps])
def test_each_step_has_a_page_that_changes_nothing_when_it_is_read(boss, practice, refused, label, step):
    row = ROWS[label](practice)
    before = list(type(row)._base_manager.values())
    response = boss.get(url(label, step.name, row.pk))
    assert response.status_code in (200, 302)
    assert list(type(row)._base_manager.values()) == before


def test_the_start_page_counts_what_waits(desk, practice):
    ROWS["orders.productorder"](practice)
    AppointmentFactory(practice=practice, registration=True)
    response = desk.get(reverse("admin:index"))
    assert {card.title: card.count for card in response.context["waiting"]} == {
        "Registrations": "1",
        "Pending orders": "1",
        "Confirmed orders": "0",
        "Shipped orders": "0",
        "Appointments": "0",
        "To be moved": "0",
        "Programs ending soon": "0",
        "Programs nearly used up": "0",
        "Slot series ending": "0",
        "Low stock": "0",
    }
    assert [label for label, _link in response.context["shortcuts"]] == [
        "Book an appointment",
        "New patient",
        "Enroll a patient",
        "Order a product",
    ]


def test_each_link_of_the_start_page_opens(desk, practice):
    response = desk.get(reverse("admin:index"))
    links = [card.link for card in response.context["waiting"]]
    links += [link for _label, link in response.context["shortcuts"]]
    assert [desk.get(link).status_code for link in links] == [200] * len(links)


@pytest.mark.parametrize("role", ["superuser", "clinic_admin", "front_desk", "specialist"])
def test_each_link_of_the_sidebar_opens(roles, role):
    client = roles[role]
    groups = client.get(reverse("admin:index")).context["sidebar_navigation"]
    links = [item["link"] for group in groups for item in group["items"]]
    assert len(links) > 5
    assert {link: client.get(link).status_code for link in links} == dict.fromkeys(links, 200)


def test_the_palette_finds_patients_and_orders(desk, practice):
    found = PatientFactory(organization=practice.organization, first_name="Ștefan", last_name="Ioniță")
    PatientFactory(organization=practice.organization, first_name="Ștefan", last_name="Popa")
    response = desk.get(reverse("admin:search"), {"s": "ionita stefan", "extended": "1"})
    assert [(one.title, str(one.link)) for one in response.context["results"]] == [
        ("Ștefan Ioniță", reverse("admin:patients_patient_page", args=(found.pk,)))
    ]


def test_the_search_box_finds_who_was_added_since_the_same_search(desk, practice):
    def hits():
        return {one.title for one in desk.get(reverse("admin:search"), {"s": "ionita"}).context["results"]}

    PatientFactory(organization=practice.organization, first_name="Ștefan", last_name="Ioniță")
    assert hits() == {"Ștefan Ioniță"}
    PatientFactory(organization=practice.organization, first_name="Maria", last_name="Ioniță")
    assert hits() == {"Ștefan Ioniță", "Maria Ioniță"}


def test_the_search_box_finds_visits_by_number_orders_programs_and_registrations(desk, practice):
    patient = PatientFactory(organization=practice.organization, first_name="Ștefan", last_name="Ioniță")
    visit = AppointmentFactory(practice=practice, patient=patient)
    order = ProductOrderFactory(practice=practice, patient=patient, shipped=True, tracking_number="RO77")
    program = EnrollmentFactory(practice=practice, patient=patient)
    AppointmentFactory(practice=practice, registration=True, contact_name="Maria", contact_phone="0722 123 456")

    def hits(term):
        results = desk.get(reverse("admin:search"), {"s": term, "extended": "1"}).context["results"]
        return {(one.description, str(one.link)) for one in results}

    assert ("Appointment", url("scheduling.appointment", "change", visit.pk)) in hits(f"#{visit.pk}")
    assert ("Product order", url("orders.productorder", "change", order.pk)) in hits("RO77")
    assert ("Program", url("programs.enrollment", "change", program.pk)) in hits("ionita")
    assert hits("0722 123") == {("Registration", reverse("admin:registrations"))}


def test_the_root_leads_to_the_start_page(desk):
    response = desk.get("/")
    assert (response.status_code, response.headers["Location"]) == (302, "/admin/")


def test_pages_are_sent_compressed(desk):
    response = desk.get(reverse("admin:index"), headers={"Accept-Encoding": "gzip"})
    assert response.headers["Content-Encoding"] == "gzip"


def test_groups_are_readable_by_superusers_alone(boss, manager):
    assert boss.get(reverse("admin:auth_group_changelist")).status_code == 200
    assert boss.get(reverse("admin:auth_group_add")).status_code == 403
    assert manager.get(reverse("admin:auth_group_changelist")).status_code == 403


def test_the_address_without_its_slash_leads_in(desk):
    response = desk.get("/admin")
    assert (response.status_code, response.headers["Location"]) == (302, "/admin/")


def test_a_page_that_names_no_icon_finds_one(client):
    response = client.get("/favicon.ico")
    assert (response.status_code, response.headers["Location"]) == (302, "/static/backoffice/icon.svg")


def test_what_is_not_allowed_or_not_there_is_said_in_words(desk):
    refused = desk.get(reverse("admin:core_auditentry_changelist"))
    assert (refused.status_code, "You are not allowed to do this." in refused.content.decode()) == (403, True)
    missing = desk.get(reverse("admin:registration", args=(10**9,)))
    assert (missing.status_code, "There is no such page." in missing.content.decode()) == (404, True)


@pytest.mark.parametrize("status", [400, 403, 404, 500])
def test_an_error_page_needs_nobody_signed_in_and_leads_on(status):
    """They are made without a request's context: what failed may be just that."""
    page = render_to_string(f"{status}.html")
    assert f'href="{reverse("admin:index")}"' in page
    assert f'href="{static("message.css")}"' in page
    assert "prefers-color-scheme: dark" in Path(finders.find("message.css")).read_text(encoding="utf-8")


def test_a_mistake_of_ours_answers_in_our_words(rf):
    answer = server_error(rf.get("/admin/"))
    assert answer.status_code == 500
    assert "Something went wrong on our side." in answer.content.decode()
