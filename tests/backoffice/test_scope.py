"""Staff see the rows of their practices and nothing of anyone else's, through every page."""

import pytest
from django.contrib import admin
from django.urls import reverse

from backoffice.orders.steps import order_line
from tests.backoffice.conftest import said, stored, url
from tests.backoffice.rows import ROWS
from tests.factories import EnrollmentFactory, PatientFactory, ProductOrderFactory

pytestmark = pytest.mark.engine_independent

ADMINS = {model._meta.label_lower: one for model, one in admin.site._registry.items()}
# Whose rows belong to an organization are shared by its practices.
OF_A_PRACTICE = (
    "directory.room",
    "directory.membership",
    "directory.apikey",
    "orders.productorder",
    "programs.enrollment",
    "scheduling.appointment",
    "scheduling.availableslot",
    "scheduling.slotseries",
    "scheduling.slotbatch",
    "scheduling.timeoff",
    "scheduling.timeoffseries",
    "scheduling.holiday",
)


def everything(client, label):
    """The list of a model; that of appointments opens on today's."""
    return client.get(url(label, "changelist"), {"when": "any"} if label == "scheduling.appointment" else {})


def looks_missing(client, label, pk):
    """What the page of a row answers: with the id of a foreign row, and with one that does not exist."""
    response = client.get(url(label, "change", pk))
    _level, text = said(response)[-1]
    return response.status_code, response.headers.get("Location"), text.replace(str(pk), "ID")


@pytest.mark.parametrize("role", ["clinic_admin", "front_desk", "specialist"])
@pytest.mark.parametrize("label", sorted(ROWS))
def test_another_organizations_row_looks_like_a_missing_one(roles, role, practice, foreign_practice, label):
    client, mine, other = roles[role], ROWS[label](practice), ROWS[label](foreign_practice)
    listed = everything(client, label)
    if listed.status_code == 403:
        daily = ADMINS[label].view_verb.startswith(("orders", "patients", "programs", "scheduling", "catalog"))
        assert not daily or label == "core.patientlook"  # who looked at whom is the clinic admin's to know
        assert client.get(url(label, "change", mine.pk)).status_code == 403
        return
    assert other.pk not in {row.pk for row in listed.context["cl"].result_list}
    assert looks_missing(client, label, other.pk) == looks_missing(client, label, 10**9)
    assert looks_missing(client, label, other.pk)[0] == 302


@pytest.mark.parametrize("label", OF_A_PRACTICE)
def test_another_practice_of_the_organization_is_no_business_of_the_desk(manager, practice, other_practice, label):
    mine, other = ROWS[label](practice), ROWS[label](other_practice)
    listed = {row.pk for row in everything(manager, label).context["cl"].result_list}
    assert mine.pk in listed
    assert other.pk not in listed
    assert looks_missing(manager, label, other.pk) == looks_missing(manager, label, 10**9)


@pytest.mark.parametrize("page", ["history", "delete", "confirm", "ship", "cancel"])
def test_no_page_of_another_practices_order_opens(desk, practice, other_practice, page):
    other = ProductOrderFactory(practice=other_practice)
    before = stored()
    for method in (desk.get, desk.post):
        response = method(url("orders.productorder", page, other.pk))
        assert response.status_code in (302, 403)
        assert str(other.patient) not in response.content.decode()
    assert stored() == before


def test_the_patient_page_of_another_organization_is_missing(desk, practice, foreign_practice):
    other = PatientFactory(organization=foreign_practice.organization)
    response = desk.get(reverse("admin:patients_patient_page", args=(other.pk,)))
    assert (response.status_code, response.headers["Location"]) == (302, reverse("admin:index"))


def test_the_patient_page_shows_nothing_of_another_practice(desk, practice, other_practice):
    patient = PatientFactory(organization=practice.organization)
    ProductOrderFactory(practice=practice, patient=patient, product__name="My pillow")
    ProductOrderFactory(practice=other_practice, patient=patient, product__name="Their pillow")
    EnrollmentFactory(practice=other_practice, patient=patient, service_plan__name="Their plan")
    page = desk.get(reverse("admin:patients_patient_page", args=(patient.pk,))).content.decode()
    assert "My pillow" in page
    assert "Their" not in page


def autocomplete(client, model, field, **more):
    app, name = model.split(".")
    query = {"app_label": app, "model_name": name, "field_name": field, "term": "", **more}
    response = client.get(reverse("admin:autocomplete"), query)
    return response.status_code, [
        one["text"] for one in response.json()["results"]
    ] if response.status_code == 200 else []


def test_autocomplete_offers_what_the_desk_may_choose(desk, practice, foreign_practice):
    PatientFactory(organization=practice.organization, first_name="Mine", last_name="A")
    PatientFactory(organization=practice.organization, first_name="Put", last_name="Away", archived=True)
    PatientFactory(organization=foreign_practice.organization, first_name="Foreign", last_name="A")
    assert autocomplete(desk, "orders.productorder", "patient") == (200, ["Mine A"])


def test_autocomplete_keeps_to_the_organization_that_the_form_names(boss, practice, foreign_practice):
    ROWS["directory.specialty"](practice)
    theirs = ROWS["directory.specialty"](foreign_practice)
    found = autocomplete(boss, "catalog.service", "specialty", organization=foreign_practice.organization_id)
    assert found == (200, [theirs.name])


def test_autocomplete_refuses_who_may_not_see_the_list(desk):
    assert autocomplete(desk, "directory.apikey", "user")[0] == 403


def test_autocomplete_survives_what_no_database_can_hold(desk, practice):
    assert autocomplete(desk, "orders.productorder", "patient", term="a\x00b") == (200, [])


def test_an_action_on_foreign_ids_says_they_are_missing_and_changes_nothing(desk, practice, other_practice):
    mine, other = ProductOrderFactory(practice=practice), ProductOrderFactory(practice=other_practice)
    response = desk.post(
        url("orders.productorder", "changelist"),
        {"action": "confirm", "index": "0", "_selected_action": [mine.pk, other.pk, 10**9]},
    )
    assert said(response) == [
        ("success", f"1 order confirmed. {order_line(mine)}"),
        ("error", f"2 refused: Product order not found (#{other.pk}, #{10**9})"),
    ]
    mine.refresh_from_db()
    other.refresh_from_db()
    assert (mine.status, other.status) == ("confirmed", "pending")


def test_an_order_cannot_be_placed_for_a_foreign_patient(desk, practice, foreign_practice):
    patient, product = PatientFactory(organization=foreign_practice.organization), ROWS["catalog.product"](practice)
    before = stored()
    response = desk.post(
        url("orders.productorder", "add"), {"patient": patient.pk, "product": product.pk, "quantity": 1, "notes": ""}
    )
    assert response.context["adminform"].form.errors == {
        "patient": ["Select a valid choice. That choice is not one of the available choices."]
    }
    assert stored() == before


def test_a_row_cannot_be_added_in_a_practice_of_others(desk, two_practices, foreign_practice):
    patient, product = ROWS["patients.patient"](two_practices[0]), ROWS["catalog.product"](two_practices[0])
    data = {"patient": patient.pk, "product": product.pk, "quantity": 1, "notes": "", "practice": foreign_practice.pk}
    response = desk.post(url("orders.productorder", "add"), data)
    assert response.context["adminform"].form.errors == {
        "practice": ["Select a valid choice. That choice is not one of the available choices."]
    }


def test_who_works_at_two_practices_is_asked_which(desk, two_practices):
    response = desk.get(url("orders.productorder", "add"))
    assert set(response.context["adminform"].form.fields["practice"].queryset) == set(two_practices)


def test_who_works_at_one_practice_is_not(desk, practice):
    assert "practice" not in desk.get(url("orders.productorder", "add")).context["adminform"].form.fields


def test_a_filter_of_practices_names_only_ones_own(desk, two_practices, foreign_practice):
    changelist = desk.get(url("orders.productorder", "changelist")).context["cl"]
    names = [choice["display"] for spec in changelist.filter_specs for choice in spec.choices(changelist)]
    assert {"Practice", "Other practice"} <= set(names)
    assert "Foreign practice" not in names


def test_a_specialist_sees_the_orders_of_those_they_treat(therapist, specialist, practice):
    from tests.factories import AppointmentFactory

    treated = AppointmentFactory(practice=practice, specialist=specialist).patient
    mine = ProductOrderFactory(practice=practice, patient=treated)
    ProductOrderFactory(practice=practice)
    listed = therapist.get(url("orders.productorder", "changelist")).context["cl"].result_list
    assert [row.pk for row in listed] == [mine.pk]
