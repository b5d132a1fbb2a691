"""services: who offers a service, and the forms that come with it."""

from decimal import Decimal

import pytest

from catalog.models import ServiceForm, ServiceSpecialist
from tests.api.conftest import meta, refused
from tests.factories import (
    FormTemplateFactory,
    ServiceFactory,
    ServiceFormFactory,
    ServiceSpecialistFactory,
    SpecialistFactory,
    SpecialtyFactory,
)


@pytest.fixture
def service(organization):
    return ServiceFactory(organization=organization, public=True)


@pytest.fixture
def john(organization):
    specialty = SpecialtyFactory(organization=organization, name="Physiotherapy")
    return SpecialistFactory(organization=organization, first_name="John", last_name="Doe", specialty=specialty)


@pytest.fixture
def survey(organization):
    return FormTemplateFactory(organization=organization, name="Mobility Survey")


def offer_of(john, **values):
    return {
        "specialist_id": john.pk,
        "specialist": {
            "id": john.pk,
            "name": "John Doe",
            "specialty": "Physiotherapy",
            "scheduling_active": True,
        },
        "is_active": True,
        "custom_price": None,
        "created_at": "2026-02-17T10:00:00Z",
        **values,
    }


def test_the_list_answers_as_the_specification_writes_it(anyone, service, john):
    ServiceSpecialistFactory(service=service, specialist=john)
    response = anyone.get(f"/v1/services/{service.uuid}/specialists")
    assert response.status_code == 200
    assert response.json() == {"specialists": [offer_of(john)], "meta": meta(1)}


def test_a_specialist_without_specialty_has_null_there(anyone, service):
    offer = ServiceSpecialistFactory(service=service)
    (listed,) = anyone.get(f"/v1/services/{service.uuid}/specialists").json()["specialists"]
    assert listed["specialist"] == {
        "id": offer.specialist_id,
        "name": offer.specialist.name,
        "specialty": None,
        "scheduling_active": True,
    }


def test_the_list_shows_only_who_offers_this_service(anyone, organization, service, john):
    ServiceSpecialistFactory(service=ServiceFactory(organization=organization, public=True))
    ServiceSpecialistFactory(service=service, specialist=john, custom_price=Decimal("180.00"), is_active=False)
    response = anyone.get(f"/v1/services/{service.uuid}/specialists")
    assert response.json()["specialists"] == [offer_of(john, custom_price=180.0, is_active=False)]


def test_the_specialists_of_a_hidden_service_look_like_those_of_none(anyone, organization):
    hidden = ServiceFactory(organization=organization)
    paths = [f"/v1/services/{one}/specialists" for one in (hidden.uuid, "00000000-0000-4000-8000-000000000000")]
    responses = [anyone.get(path) for path in paths]
    assert [response.status_code for response in responses] == [404, 404]
    assert responses[0].json() == responses[1].json() == refused("service_not_found", "Service not found")


def test_assigning_a_specialist_answers_the_offer(admin, service, john):
    sent = {"specialist_id": john.pk, "is_active": True, "custom_price": 180.00}
    response = admin.post(f"/v1/services/{service.uuid}/specialists", sent)
    assert response.status_code == 201
    assert response.json() == offer_of(john, custom_price=180.0)
    offer = ServiceSpecialist.objects.get()
    assert (offer.service_id, offer.specialist_id, offer.custom_price) == (service.pk, john.pk, Decimal("180.00"))


def test_assigning_needs_only_the_specialist(admin, service, john):
    response = admin.post(f"/v1/services/{service.uuid}/specialists", {"specialist_id": john.pk})
    assert response.status_code == 201
    assert response.json() == offer_of(john)


def test_assigning_twice_is_a_conflict(admin, service, john):
    ServiceSpecialistFactory(service=service, specialist=john)
    response = admin.post(f"/v1/services/{service.uuid}/specialists", {"specialist_id": john.pk})
    assert response.status_code == 409
    assert response.json() == refused("duplicate", "This specialist already offers the service.")
    assert ServiceSpecialist.objects.count() == 1


def test_a_foreign_specialist_is_refused_like_one_that_does_not_exist(admin, service):
    foreign = SpecialistFactory()
    path = f"/v1/services/{service.uuid}/specialists"
    responses = [admin.post(path, {"specialist_id": one}) for one in (foreign.pk, foreign.pk + 1000)]
    assert [response.status_code for response in responses] == [422, 422]
    assert (
        responses[0].json()
        == responses[1].json()
        == refused("validation_error", "Validation failed", specialist_id="There is no such specialist.")
    )
    assert not ServiceSpecialist.objects.exists()


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({}, "specialist_id"),
        ({"specialist_id": "1"}, "specialist_id"),
        ({"specialist_id": 2**63}, "specialist_id"),
        ({"specialist_id": 1, "custom_price": -1}, "custom_price"),
        ({"specialist_id": 1, "custom_price": 1.005}, "custom_price"),
        ({"specialist_id": 1, "is_active": "yes"}, "is_active"),
        ({"specialist_id": 1, "priority": 2}, "priority"),
    ],
)
def test_a_bad_assignment_names_its_field(admin, service, sent, field):
    response = admin.post(f"/v1/services/{service.uuid}/specialists", sent)
    assert response.status_code == 422
    assert list(response.json()["error"]["details"]["fields"]) == [field]
    assert not ServiceSpecialist.objects.exists()


def test_removing_a_specialist_leaves_the_others(admin, service, john):
    ServiceSpecialistFactory(service=service, specialist=john)
    other = ServiceSpecialistFactory(service=service)
    response = admin.delete(f"/v1/services/{service.uuid}/specialists/{john.pk}")
    assert (response.status_code, response.content) == (204, b"")
    assert ServiceSpecialist.objects.get() == other


def test_removing_who_does_not_offer_it_is_a_404(admin, service, john):
    response = admin.delete(f"/v1/services/{service.uuid}/specialists/{john.pk}")
    assert response.status_code == 404
    assert response.json() == refused("service_specialist_not_found", "Specialist of the service not found")


def test_attaching_a_form_answers_it(admin, service, survey):
    sent = {"form_template_id": survey.pk, "form_type": "survey", "sort_order": 1}
    response = admin.post(f"/v1/services/{service.uuid}/forms", sent)
    assert response.status_code == 201
    assert response.json() == {**sent, "template": {"id": survey.pk, "name": "Mobility Survey"}}
    form = ServiceForm.objects.get()
    assert (form.service_id, form.form_template_id, form.sort_order) == (service.pk, survey.pk, 1)


def test_attaching_a_form_twice_is_a_conflict(admin, service, survey):
    ServiceFormFactory(service=service, form_template=survey)
    sent = {"form_template_id": survey.pk, "form_type": "consent"}
    response = admin.post(f"/v1/services/{service.uuid}/forms", sent)
    assert response.status_code == 409
    assert response.json() == refused("duplicate", "The service already has this form.")
    assert ServiceForm.objects.get().form_type == "survey"


def test_a_form_needs_its_template_and_its_kind(admin, service):
    response = admin.post(f"/v1/services/{service.uuid}/forms", {"sort_order": -1})
    assert response.status_code == 422
    assert response.json() == refused(
        "validation_error",
        "Validation failed",
        form_template_id="This field is required.",
        form_type="This field is required.",
        sort_order="Ensure this value is greater than or equal to 0.",
    )


def test_removing_a_form_leaves_the_template(admin, service, survey):
    ServiceFormFactory(service=service, form_template=survey)
    response = admin.delete(f"/v1/services/{service.uuid}/forms/{survey.pk}")
    assert (response.status_code, response.content) == (204, b"")
    assert not ServiceForm.objects.exists()
    survey.refresh_from_db()


def test_removing_a_form_that_is_not_there_is_a_404(admin, service, survey):
    response = admin.delete(f"/v1/services/{service.uuid}/forms/{survey.pk}")
    assert response.status_code == 404
    assert response.json() == refused("service_form_not_found", "Form of the service not found")
