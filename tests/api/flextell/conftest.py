"""A clinic as flextell sees it: a doctor, a customer, a room, a treatment with all that belongs to it."""

from types import SimpleNamespace

import pytest

from tests.factories import (
    AT,
    BrandFactory,
    PatientFactory,
    PhoneNumberFactory,
    ProductCategoryFactory,
    ProductFactory,
    ProductTypeFactory,
    RoomFactory,
    ServiceFactory,
    ServiceProductFactory,
    ServiceSessionFactory,
    ServiceSpecialistFactory,
    SpecialistFactory,
    UnitFactory,
)

PATH = "/v1/appointments"
VENDOR = "/flextell/api/v1"


@pytest.fixture
def scene(practice, organization):
    """What a request names."""
    doctor = SpecialistFactory(organization=organization, works_at=[practice], first_name="Derya", last_name="Demir")
    helper = SpecialistFactory(organization=organization, works_at=[practice], first_name="Ali", last_name="Kaya")
    customer = PatientFactory(
        organization=organization,
        first_name="Ada",
        last_name="Moss",
        email="ada@example.org",
        date_of_birth="1990-05-17",
        gender="female",
        country_code="TR",
        identity_number="123",
        occupation="Baker",
        address_1="Main street 1",
        post_code="34000",
        city="Istanbul",
        avatar_url="https://example.org/ada.png",
        primary_specialist=doctor,
    )
    PhoneNumberFactory(patient=customer)
    treatment = ServiceFactory(
        organization=organization, name="Filling", code="fill", published=True, description="White", base_price="250.50"
    )
    return SimpleNamespace(
        doctor=doctor,
        helper=helper,
        customer=customer,
        room=RoomFactory(practice=practice, name="Chair 1"),
        treatment=treatment,
        practice=practice,
    )


@pytest.fixture
def whole_scene(scene, organization):
    """The same with a product used up, a doctor who offers the treatment, and a protocol."""
    scene.product = ProductFactory(
        organization=organization,
        name="Composite",
        full_name="Composite A2",
        barcode="8690",
        description="Paste",
        box_quantity="10",
        unit_volume="4 g",
        critical_stock_level=3,
        invoice_name="Comp.",
        price="12.50",
        tax_rate="20.00",
        brand=BrandFactory(organization=organization, name="Brand"),
        product_type=ProductTypeFactory(organization=organization, name="Type", category="Material"),
        category=ProductCategoryFactory(organization=organization, name="Category"),
        unit=UnitFactory(organization=organization, name="Piece", code="pc"),
    )
    ServiceProductFactory(service=scene.treatment, product=scene.product)
    ServiceSpecialistFactory(service=scene.treatment, specialist=scene.doctor)
    scene.sessions = [
        ServiceSessionFactory(service=scene.treatment, session_order=1, session_type="session", next_gap_days=7),
        ServiceSessionFactory(service=scene.treatment, session_order=2, offset_days=7),
    ]
    return scene


def example(scene, **more):
    """The specification's request, with ids that exist."""
    return {
        "customer_id": scene.customer.pk,
        "user_id": scene.doctor.pk,
        "scheduled_at": "2026-02-20T05:31:56Z",
        "status": "pending",
        "treatments": [scene.treatment.pk],
        "assistant_id": scene.helper.pk,
        "parent_appointment_id": None,
        "description": "<string>",
        "cancellation_reason": "<string>",
        "room_id": scene.room.pk,
    } | more


NOW = f"{AT:%Y-%m-%dT%H:%M:%SZ}"
