"""Services: made with sensible defaults, changed, archived, deleted where nothing refers to them."""

from decimal import Decimal

import pytest

from catalog.models import Service, ServiceForm, ServiceProduct, ServiceSession, ServiceSpecialist
from catalog.services import (
    archive_service,
    change_service,
    create_service,
    delete_service,
    restore_service,
)
from core.errors import Conflict, Forbidden, InvalidInput, Missing
from core.models import AuditEntry
from tests.factories import (
    AppointmentFactory,
    ColorFactory,
    OrganizationFactory,
    PracticeFactory,
    ServiceFactory,
    ServiceFormFactory,
    ServicePlanFactory,
    ServiceProductFactory,
    ServiceSessionFactory,
    ServiceSpecialistFactory,
    SpecialistFactory,
    SpecialtyFactory,
)

VALUES = {"name": "Mobility Evaluation", "category": "consultation", "duration_minutes": 30, "base_price": Decimal(200)}


def make(organization, by, at, **values):
    return create_service(organization_id=organization.pk, values={**VALUES, **values}, by=by, at=at)


def test_a_service_is_made_as_told(practice, admin_actor, at, history):
    specialty, color = (
        SpecialtyFactory(organization=practice.organization),
        ColorFactory(organization=practice.organization),
    )
    values = {
        **VALUES,
        "slug": "mobility",
        "description": "Comprehensive mobility assessment",
        "code": "ME",
        "specialty_id": specialty.pk,
        "color_id": color.pk,
        "buffer_minutes": 5,
        "vat_percentage": Decimal("19.00"),
        "vat_exemption": "Therapy",
        "buffer_before_minutes": 10,
        "currency": "EUR",
        "is_addon": True,
        "is_public": True,
        "published": True,
        "cover_url": "https://example.org/cover.jpg",
        "video_url": "https://example.org/video",
        "telehealth_enabled": True,
        "max_attendees": 4,
        "booking_lead_hours": 24,
        "sequence_number": 3,
    }
    service = create_service(organization_id=practice.organization_id, values=values, by=admin_actor, at=at)
    assert Service.objects.values().get() == {
        **values,
        "id": service.pk,
        "uuid": service.uuid,
        "organization_id": practice.organization_id,
        "archived_at": None,
        "created_at": at,
        "updated_at": at,
    }
    assert history() == [("catalog.create_service", "create", "catalog.service", service.pk)]


def test_what_is_not_told_has_a_sensible_value(organization, admin_actor, practice, at):
    PracticeFactory(organization=organization, currency="EUR")  # the second
    service = make(organization, admin_actor, at)
    assert (service.slug, service.currency, str(service.base_price)) == ("mobility-evaluation", "RON", "200.00")
    assert (service.buffer_minutes, service.max_attendees, service.published, service.is_public) == (0, 1, False, False)


@pytest.mark.parametrize(
    ("name", "slugs"),
    [
        ("Back pain", ["back-pain", "back-pain-2", "back-pain-3"]),
        (
            "Ședință de kinetoterapie",
            ["sedinta-de-kinetoterapie", "sedinta-de-kinetoterapie-2", "sedinta-de-kinetoterapie-3"],
        ),
        ("Массаж", ["service", "service-2", "service-3"]),
        ("x" * 255, ["x" * 240, "x" * 240 + "-2", "x" * 240 + "-3"]),
    ],
)
def test_a_slug_is_made_of_the_name_and_unique(organization, practice, admin_actor, at, name, slugs):
    assert [make(organization, admin_actor, at, name=name).slug for _ in range(3)] == slugs


def test_slugs_of_other_organizations_are_free(organization, practice, admin_actor, at):
    ServiceFactory(slug="mobility-evaluation")
    assert make(organization, admin_actor, at).slug == "mobility-evaluation"


def test_a_slug_that_was_asked_for_is_not_changed_but_refused(organization, practice, admin_actor, at, refused):
    ServiceFactory(organization=organization, slug="mobility", archived=True)
    with refused(Conflict) as caught:
        make(organization, admin_actor, at, slug="mobility")
    assert (caught.value.code, str(caught.value)) == ("duplicate", "There is already a service with this slug.")


def test_a_slug_taken_at_the_same_moment_is_a_conflict(organization, practice, admin_actor, at, refused, monkeypatch):
    """What the look-up could not see yet: the constraint decides."""
    ServiceFactory(organization=organization, slug="mobility-evaluation")
    monkeypatch.setattr("catalog.services.treatments.free_slug", lambda *args, **kwargs: "mobility-evaluation")
    with refused(Conflict) as caught:
        make(organization, admin_actor, at)
    assert caught.value.code == "duplicate"


def test_an_organization_without_a_practice_needs_a_currency(superuser, at, refused):
    organization = OrganizationFactory()
    with refused(InvalidInput) as caught:
        make(organization, superuser, at)
    assert list(caught.value.fields) == ["currency"]
    assert make(organization, superuser, at, currency="EUR").currency == "EUR"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"slug": "two words"}, "slug"),
        ({"category": "spa"}, "category"),
        ({"category": None}, "category"),
        ({"duration_minutes": 0}, "duration_minutes"),
        ({"duration_minutes": 1440}, "duration_minutes"),
        ({"duration_minutes": None}, "duration_minutes"),
        ({"buffer_minutes": -1}, "buffer_minutes"),
        ({"base_price": Decimal("-1")}, "base_price"),
        ({"base_price": Decimal("1.005")}, "base_price"),
        ({"base_price": Decimal(10**10)}, "base_price"),
        ({"currency": "lei"}, "currency"),
        ({"cover_url": "javascript:alert(1)"}, "cover_url"),
        ({"max_attendees": 100}, "max_attendees"),
        ({"specialty_id": 10**9}, "specialty_id"),
        ({"color_id": 10**9}, "color_id"),
    ],
)
def test_a_wrong_value_is_refused_by_column(organization, practice, admin_actor, at, refused, values, field):
    with refused(InvalidInput) as caught:
        make(organization, admin_actor, at, **values)
    assert list(caught.value.fields) == [field]


def test_a_change_writes_what_changed(organization, admin_actor, at, history):
    service = ServiceFactory(organization=organization)
    change_service(service.pk, values={"base_price": Decimal("120.5"), "published": True}, by=admin_actor, at=at)
    service.refresh_from_db()
    assert (service.base_price, service.published) == (Decimal("120.50"), True)
    assert history() == [("catalog.change_service", "change", "catalog.service", service.pk)]
    assert AuditEntry.objects.get().changes == {"base_price": ["100.00", "120.50"], "published": [False, True]}


@pytest.mark.parametrize("values", [{"slug": ""}, {"currency": ""}, {"name": ""}])
def test_a_change_takes_away_nothing_that_is_needed(organization, admin_actor, at, refused, values):
    service = ServiceFactory(organization=organization)
    with refused(InvalidInput) as caught:
        change_service(service.pk, values=values, by=admin_actor, at=at)
    assert list(caught.value.fields) == list(values)


@pytest.mark.parametrize("column", ["uuid", "organization_id", "archived_at", "id", "created_at"])
def test_what_only_other_verbs_write_is_not_taken(organization, admin_actor, at, refused, column):
    service = ServiceFactory(organization=organization)
    with refused(TypeError):
        change_service(service.pk, values={column: None}, by=admin_actor, at=at)


def test_a_service_is_put_away_and_brought_back(organization, admin_actor, at, history):
    service = ServiceFactory(organization=organization)
    archive_service(service.pk, by=admin_actor, at=at)
    archive_service(service.pk, by=admin_actor, at=at.replace(hour=15))
    assert Service.objects.get().archived_at == at
    restore_service(service.pk, by=admin_actor, at=at)
    assert Service.objects.get().archived_at is None
    assert history() == [
        ("catalog.archive_service", "change", "catalog.service", service.pk),
        ("catalog.restore_service", "change", "catalog.service", service.pk),
    ]


def test_an_unused_service_is_deleted_with_all_that_is_its_own(organization, admin_actor, at, history):
    service = ServiceFactory(organization=organization)
    parts = [
        factory(service=service)
        for factory in (ServiceSpecialistFactory, ServiceFormFactory, ServiceSessionFactory, ServiceProductFactory)
    ]
    told = [("catalog.delete_service", "delete", part._meta.label_lower, part.pk) for part in (*parts, service)]
    delete_service(service.pk, by=admin_actor, at=at)
    for model in (Service, ServiceSpecialist, ServiceForm, ServiceSession, ServiceProduct):
        assert list(model.objects.all()) == []
    assert history() == told


@pytest.mark.parametrize(
    ("use", "by_what"),
    [
        (lambda service: ServicePlanFactory(organization=service.organization, service=service), "service plans"),
        (
            lambda service: AppointmentFactory(
                practice=PracticeFactory(organization=service.organization), service=service
            ),
            "treatments",
        ),
        (lambda service: SpecialistFactory(organization=service.organization, default_service=service), "specialists"),
    ],
)
def test_a_service_in_use_is_not_deleted(organization, admin_actor, at, refused, use, by_what):
    service = ServiceFactory(organization=organization)
    ServiceSpecialistFactory(service=service)
    use(service)
    with refused(Conflict) as caught:
        delete_service(service.pk, by=admin_actor, at=at)
    assert (caught.value.code, str(caught.value)) == ("in_use", f"It is in use by {by_what}; archive it instead.")


VERBS = [
    lambda service, by, at: change_service(service.pk, values={"name": "Mine"}, by=by, at=at),
    lambda service, by, at: archive_service(service.pk, by=by, at=at),
    lambda service, by, at: restore_service(service.pk, by=by, at=at),
    lambda service, by, at: delete_service(service.pk, by=by, at=at),
]


@pytest.mark.parametrize("actor", ["front_desk", "specialist_actor", "patient_actor", "visitor"])
def test_only_clinic_admins_write_services(practice, actor, request, at, refused):
    by, public = request.getfixturevalue(actor), ServiceFactory(organization=practice.organization, public=True)
    with refused((Forbidden, Missing)):
        make(practice.organization, by, at)
    for call in VERBS:
        with refused(Forbidden):
            call(public, by, at)


@pytest.mark.parametrize("actor", ["admin_actor", "front_desk", "specialist_actor", "patient_actor", "visitor"])
def test_services_of_another_organization_are_missing(foreign_practice, actor, request, at, refused):
    by, foreign = (
        request.getfixturevalue(actor),
        ServiceFactory(organization=foreign_practice.organization, public=True),
    )
    with refused(Missing):
        make(foreign_practice.organization, by, at)
    for call in VERBS:
        with refused(Missing):
            call(foreign, by, at)
