"""services: the catalogue's services, replayed as the specification writes them."""

from decimal import Decimal

import pytest

from catalog.models import Service
from tests.api.conftest import meta, refused
from tests.factories import (
    AT,
    FormTemplateFactory,
    ServiceAttachmentFactory,
    ServiceFactory,
    ServiceFormFactory,
    ServicePlanFactory,
    ServiceSpecialistFactory,
    SpecialistFactory,
    SpecialtyFactory,
)

EXAMPLE = {
    "name": "Mobility Evaluation",
    "slug": "mobility-evaluation",
    "description": "Comprehensive mobility assessment",
    "category": "consultation",
    "duration_minutes": 30,
    "buffer_minutes": 5,
    "base_price": 200.00,
    "currency": "RON",
    "is_addon": False,
    "is_public": True,
    "published": True,
    "cover_url": "https://example.org/cover.jpg",
    "video_url": "https://example.org/video.mp4",
}


@pytest.fixture
def physiotherapy(organization):
    return SpecialtyFactory(organization=organization, name="Physiotherapy")


@pytest.fixture
def service(organization, physiotherapy):
    values = {**EXAMPLE, "base_price": Decimal("200.00")}
    return ServiceFactory(organization=organization, specialty=physiotherapy, **values)


def test_the_list_answers_as_the_specification_writes_it(anyone, service, physiotherapy):
    response = anyone.get("/v1/services?published=true&is_public=true&category=consultation")
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert response.json() == {
        "services": [
            {
                "id": str(service.uuid),
                **EXAMPLE,
                "specialty": {"id": physiotherapy.pk, "name": "Physiotherapy"},
            }
        ],
        "meta": meta(1),
    }


def test_money_is_a_number_with_two_decimals(anyone, service):
    assert b'"base_price":200.00,' in anyone.get("/v1/services").content


def test_a_service_without_specialty_or_pictures_has_null_there(anyone, organization):
    ServiceFactory(organization=organization, public=True)
    (listed,) = anyone.get("/v1/services").json()["services"]
    assert (listed["specialty"], listed["cover_url"], listed["video_url"]) == (None, None, None)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Open", "Hidden", "Draft"]),
        ("published=true", ["Open", "Hidden"]),
        ("published=false", ["Draft"]),
        ("published=False", ["Draft"]),
        ("is_public=true", ["Open", "Draft"]),
        ("category=examination", ["Hidden"]),
        ("category=procedure", []),
        ("published=true&is_public=true&category=therapy", ["Open"]),
        ("updated_since=2026-02-17T10:00:00Z", ["Open", "Hidden", "Draft"]),
        ("updated_since=2026-02-17T12:00:00%2B02:00", ["Open", "Hidden", "Draft"]),
        ("updated_since=2026-02-17T12:00:00+02:00", ["Open", "Hidden", "Draft"]),
        ("updated_since=2026-02-17T10:00:01Z", []),
        ("updated_since=2026-02-18", []),
    ],
)
def test_staff_narrow_the_list(admin, organization, query, found):
    ServiceFactory(organization=organization, name="Open", public=True)
    ServiceFactory(organization=organization, name="Hidden", published=True, category="examination")
    ServiceFactory(organization=organization, name="Draft", is_public=True)
    ServiceFactory(organization=organization, name="Put away", archived=True)
    assert [listed["name"] for listed in admin.get(f"/v1/services?{query}").json()["services"]] == found


def test_the_list_is_narrowed_to_a_specialty(admin, organization, service, physiotherapy):
    ServiceFactory(organization=organization)
    listed = admin.get(f"/v1/services?specialty_id={physiotherapy.pk}").json()["services"]
    assert [one["id"] for one in listed] == [str(service.uuid)]


@pytest.mark.parametrize("who", ["anyone", "me"])
def test_who_is_not_staff_sees_what_is_published_and_public(who, organization, service, request):
    ServiceFactory(organization=organization, published=True)
    ServiceFactory(organization=organization, is_public=True)
    ServiceFactory(organization=organization, public=True, archived=True)
    ServiceFactory(public=True)  # of another organization
    caller = request.getfixturevalue(who)
    assert [one["id"] for one in caller.get("/v1/services").json()["services"]] == [str(service.uuid)]


def test_a_visitor_sees_the_organization_of_the_host(anyone, organization, foreign_practice):
    ServiceFactory(organization=organization, public=True, name="Ours")
    ServiceFactory(organization=foreign_practice.organization, public=True, name="Theirs")
    foreign_practice.organization.hosts = ["localhost"]
    foreign_practice.organization.save()
    assert [one["name"] for one in anyone.get("/v1/services").json()["services"]] == ["Ours"]
    there = anyone.get("/v1/services", headers={"Host": "localhost:8000"})
    assert [one["name"] for one in there.json()["services"]] == ["Theirs"]


def detail_of(service, **parts):
    """What GET /v1/services/{id} answers for the specification's service."""
    return {
        "id": str(service.uuid),
        **EXAMPLE,
        "specialty_id": service.specialty_id,
        "specialty": {"id": service.specialty_id, "name": "Physiotherapy"},
        "forms": [],
        "specialists": [],
        "attachments": [],
        **parts,
    }


def test_the_detail_answers_as_the_specification_writes_it(anyone, organization, service):
    survey = ServiceFormFactory(
        service=service,
        form_template=FormTemplateFactory(organization=organization, name="Mobility Survey"),
        sort_order=1,
    )
    john = SpecialistFactory(organization=organization, first_name="John", last_name="Doe")
    ServiceSpecialistFactory(service=service, specialist=john)
    file = ServiceAttachmentFactory(service=service, file_name="consent-form.pdf", file_size=245678)
    response = anyone.get(f"/v1/services/{service.uuid}")
    assert response.status_code == 200
    assert response.json() == detail_of(
        service,
        forms=[
            {
                "form_template_id": survey.form_template_id,
                "form_type": "survey",
                "sort_order": 1,
                "template": {"id": survey.form_template_id, "name": "Mobility Survey"},
            }
        ],
        specialists=[
            {"specialist_id": john.pk, "name": "John Doe", "priority": 1, "custom_price": None, "is_active": True}
        ],
        attachments=[
            {
                "id": file.pk,
                "file_url": f"http://testserver/v1/services/{service.uuid}/attachments/{file.pk}/consent-form.pdf",
                "file_name": "consent-form.pdf",
                "file_type": "application/pdf",
                "file_size": 245678,
            }
        ],
    )


def test_what_comes_with_a_service_comes_in_its_order(admin, organization, service):
    for order, name in ((2, "Later"), (1, "Sooner")):
        ServiceFormFactory(
            service=service, sort_order=order, form_template=FormTemplateFactory(organization=organization, name=name)
        )
    second = ServiceSpecialistFactory(service=service, priority=2, custom_price=Decimal("180.50"))
    first = ServiceSpecialistFactory(service=service, priority=1)
    ServiceSpecialistFactory(service=service, specialist__archived_at=AT)
    shown = admin.get(f"/v1/services/{service.uuid}").json()
    assert [form["template"]["name"] for form in shown["forms"]] == ["Sooner", "Later"]
    assert [(one["specialist_id"], one["custom_price"]) for one in shown["specialists"]] == [
        (first.specialist_id, None),
        (second.specialist_id, 180.5),
    ]


@pytest.mark.parametrize("who", ["anyone", "me", "foreign_admin"])
def test_a_service_that_is_not_public_looks_like_one_that_does_not_exist(who, organization, request):
    hidden = ServiceFactory(organization=organization, published=True)
    caller = request.getfixturevalue(who)
    missing = caller.get("/v1/services/00000000-0000-4000-8000-000000000000")
    response = caller.get(f"/v1/services/{hidden.uuid}")
    assert response.status_code == missing.status_code == 404
    assert response.json() == missing.json() == refused("service_not_found", "Service not found")


def test_creating_answers_the_service(admin, organization, physiotherapy):
    response = admin.post("/v1/services", {**EXAMPLE, "specialty_id": physiotherapy.pk})
    service = Service.objects.get()
    assert response.status_code == 201
    assert response.json() == detail_of(service)
    assert (service.organization_id, service.base_price, service.created_at) == (organization.pk, Decimal("200.00"), AT)


def test_creating_needs_only_a_name_a_category_a_length_and_a_price(admin, organization):
    sent = {"name": "Mobility Evaluation", "category": "therapy", "duration_minutes": 45, "base_price": 90}
    response = admin.post("/v1/services", sent)
    assert response.status_code == 201
    assert response.json() == {
        "id": str(Service.objects.get().uuid),
        "name": "Mobility Evaluation",
        "slug": "mobility-evaluation",
        "description": "",
        "category": "therapy",
        "specialty_id": None,
        "duration_minutes": 45,
        "buffer_minutes": 0,
        "base_price": 90.0,
        "currency": "RON",
        "is_addon": False,
        "is_public": False,
        "published": False,
        "cover_url": None,
        "video_url": None,
        "specialty": None,
        "forms": [],
        "specialists": [],
        "attachments": [],
    }


def test_a_slug_that_is_taken_is_a_conflict(admin, service):
    response = admin.post("/v1/services", EXAMPLE)
    assert response.status_code == 409
    assert response.json() == refused("duplicate", "There is already a service with this slug.")
    assert Service.objects.count() == 1


def test_every_bad_field_is_named(admin):
    sent = {
        "name": "",
        "category": "surgery",
        "duration_minutes": 0,
        "buffer_minutes": 1.5,
        "base_price": "200.00",
        "is_addon": "true",
        "is_public": 1,
        "cover_url": "not a link",
        "colour": "red",
        "id": 7,
    }
    response = admin.post("/v1/services", sent)
    assert response.status_code == 422
    assert response.json() == refused(
        "validation_error",
        "Validation failed",
        name="This field may not be blank.",
        category='"surgery" is not a valid choice.',
        duration_minutes="Ensure this value is greater than or equal to 1.",
        buffer_minutes="A valid integer is required.",
        base_price="A valid number is required.",
        is_addon="Must be a valid boolean.",
        is_public="Must be a valid boolean.",
        cover_url="Enter a valid URL.",
        colour="is not a field of this request",
        id="is not a field of this request",
    )
    assert not Service.objects.exists()


def test_missing_fields_are_named(admin):
    response = admin.post("/v1/services", {})
    assert response.status_code == 422
    required = "This field is required."
    assert response.json() == refused(
        "validation_error",
        "Validation failed",
        name=required,
        category=required,
        duration_minutes=required,
        base_price=required,
    )


def test_a_specialty_of_another_organization_is_refused_like_one_that_does_not_exist(admin, organization):
    foreign = SpecialtyFactory()
    bodies = [
        admin.post("/v1/services", {**EXAMPLE, "specialty_id": one}).json() for one in (foreign.pk, foreign.pk + 1000)
    ]
    assert bodies == [refused("validation_error", "Validation failed", specialty_id="There is no such specialty.")] * 2
    assert not Service.objects.exists()


def test_updating_writes_what_was_sent_and_leaves_the_rest(admin, service):
    response = admin.put(f"/v1/services/{service.uuid}", {"base_price": 210.55, "video_url": None})
    assert response.status_code == 200
    assert response.json() == detail_of(service, base_price=210.55, video_url=None)
    service.refresh_from_db()
    assert (service.base_price, service.video_url, service.name) == (Decimal("210.55"), "", "Mobility Evaluation")


def test_updating_with_the_whole_of_it_is_the_same_as_the_specification_writes(admin, service, physiotherapy):
    response = admin.put(f"/v1/services/{service.uuid}", {**EXAMPLE, "specialty_id": physiotherapy.pk})
    assert response.status_code == 200
    assert response.json() == detail_of(service)


def test_a_refused_update_changes_nothing(admin, service):
    response = admin.put(f"/v1/services/{service.uuid}", {"name": "Other", "duration_minutes": 1440})
    assert response.status_code == 422
    assert list(response.json()["error"]["details"]["fields"]) == ["duration_minutes"]
    service.refresh_from_db()
    assert service.name == "Mobility Evaluation"


def test_a_service_that_nothing_refers_to_is_deleted(admin, service):
    response = admin.delete(f"/v1/services/{service.uuid}")
    assert (response.status_code, response.content) == (204, b"")
    assert not Service.objects.exists()


def test_a_service_in_use_is_kept(admin, organization, service):
    ServicePlanFactory(organization=organization, service=service)
    ServiceSpecialistFactory(service=service)
    response = admin.delete(f"/v1/services/{service.uuid}")
    assert response.status_code == 409
    assert response.json() == refused("in_use", "It is in use by service plans; archive it instead.")
    assert Service.objects.get() == service
    assert service.offers.count() == 1


@pytest.mark.parametrize("who", ["desk", "doctor", "me"])
def test_only_clinic_admins_change_the_catalogue(who, service, request):
    caller = request.getfixturevalue(who)
    path = f"/v1/services/{service.uuid}"
    for response in (caller.post("/v1/services", EXAMPLE), caller.put(path, {"name": "X"}), caller.delete(path)):
        assert response.status_code == 403
        assert response.json() == refused("forbidden", "You do not have permission to perform this action.")
    service.refresh_from_db()
    assert (Service.objects.count(), service.name) == (1, "Mobility Evaluation")


def test_without_a_credential_writing_is_a_401(anyone, service):
    response = anyone.post("/v1/services", EXAMPLE)
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Bearer realm="clinic"'
    assert response.json() == refused("unauthorized", "Authentication credentials were not provided.")
    assert Service.objects.count() == 1
