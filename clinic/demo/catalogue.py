"""The demo's services of every category, products, and plans of the three billing models."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.core.files.base import ContentFile

from catalog.models import Brand, FormTemplate, Product, ProductCategory, ProductType, Service, Unit
from catalog.services import (
    ProductValues,
    ServiceValues,
    SessionValues,
    add_attachment,
    assign_specialist,
    attach_form,
    create_product,
    create_service,
    set_protocol,
    use_product,
)
from clinic.demo.people import Clinic
from core.actor import Actor
from directory.services import configure
from programs.models import ServicePlan
from programs.services import PlanValues, bundle_product, create_plan

PDF = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]>>endobj
trailer<</Root 1 0 R>>
%%EOF
"""

# name, category, specialty, minutes, price, more
SERVICES: list[tuple[str, str, str, int, str, ServiceValues]] = [
    (
        "Mobility Evaluation",
        "consultation",
        "Physiotherapy",
        30,
        "200.00",
        {"buffer_minutes": 5, "code": "assessment"},
    ),
    ("Second Opinion", "consultation", "Physiotherapy", 45, "150.00", {"code": "consultation"}),
    ("Nutrition Consultation", "consultation", "Nutrition", 60, "180.00", {"telehealth_enabled": True}),
    ("Kinetotherapy", "therapy", "Kinetotherapy", 30, "100.00", {"code": "therapy"}),
    ("Manual Therapy", "therapy", "Manual therapy", 50, "160.00", {"code": "therapy"}),
    (
        "Group Back School",
        "therapy",
        "Kinetotherapy",
        60,
        "60.00",
        {"code": "group_therapy", "max_attendees": 6},
    ),
    ("Posture Scan", "examination", "Rehabilitation", 20, "120.00", {}),
    ("Dental Check-up", "examination", "Dentistry", 30, "150.00", {}),
    ("Dental Implant", "procedure", "Dentistry", 90, "3500.00", {"code": "implant"}),
    ("Dry Needling", "procedure", "Manual therapy", 40, "140.00", {}),
    ("Kinesio Taping", "procedure", "Kinetotherapy", 15, "40.00", {"is_addon": True}),
    ("Staff Ergonomics Check", "examination", "Rehabilitation", 30, "0.00", {"is_public": False}),
]


@dataclass(frozen=True)
class Shelf:
    """The catalogue entries that the demo's visits refer to, by name."""

    services: dict[str, Service]
    products: dict[str, Product]
    plans: dict[str, ServicePlan]


def make(clinic: Clinic, *, by: Actor, today: datetime) -> Shelf:
    """Create the whole catalogue."""
    at = today - timedelta(days=390)
    services = _services(clinic, by=by, at=at)
    products = _products(clinic, by=by, at=at)
    implant = services["Dental Implant"]
    steps: list[SessionValues] = [
        {"session_order": 1, "session_type": "surgery", "offset_days": 0, "next_gap_days": 7},
        {"session_order": 2, "session_type": "control", "offset_days": 7, "next_gap_days": 83},
        {"session_order": 3, "session_type": "control", "offset_days": 90, "next_gap_days": 14},
        {"session_order": 4, "session_type": "crown", "offset_days": 104},
    ]
    set_protocol(implant.pk, sessions=steps, by=by, at=at)
    use_product(implant.pk, product_id=products["Titanium Implant"].pk, quantity=1, by=by, at=at)
    return Shelf(services, products, _plans(clinic, services, products, by=by, at=at))


def _services(clinic: Clinic, *, by: Actor, at: datetime) -> dict[str, Service]:
    made: dict[str, Service] = {}
    for position, (name, category, specialty, minutes, price, more) in enumerate(SERVICES):
        values: ServiceValues = {
            "name": name,
            "description": f"{name} at the demo clinic: fictitious, but bookable.",
            "category": category,
            "specialty_id": clinic.specialties[specialty].pk,
            "color_id": clinic.colors[position % len(clinic.colors)].pk,
            "duration_minutes": minutes,
            "base_price": Decimal(price),
            "published": True,
            "is_public": True,
            "sequence_number": position,
        }
        service = create_service(organization_id=clinic.organization.pk, values={**values, **more}, by=by, at=at)
        made[name] = service
        offering = [one for one in clinic.specialists if one.specialty_id == service.specialty_id]
        for priority, specialist in enumerate(offering, start=1):
            own = Decimal(price) - 20 if priority == 2 and service.base_price >= 100 else None
            assign_specialist(
                service.pk, specialist_id=specialist.pk, custom_price=own, priority=priority, by=by, at=at
            )
    templates = {
        name: configure(FormTemplate(organization=clinic.organization, name=name), by=by, at=at)
        for name in ("Mobility Survey", "Informed Consent", "Medical History")
    }
    for service_name, template, kind in [
        ("Mobility Evaluation", "Mobility Survey", "survey"),
        ("Mobility Evaluation", "Informed Consent", "consent"),
        ("Dental Implant", "Informed Consent", "consent"),
        ("Dental Implant", "Medical History", "anamnesis"),
    ]:
        attach_form(
            made[service_name].pk,
            form_template_id=templates[template].pk,
            form_type=kind,
            sort_order=1,
            by=by,
            at=at,
        )
    consent = ContentFile(PDF, name="consent-form.pdf")
    add_attachment(made["Mobility Evaluation"].pk, upload=consent, by=by, at=at)
    return made


def _products(clinic: Clinic, *, by: Actor, at: datetime) -> dict[str, Product]:
    organization = clinic.organization
    brand = configure(Brand(organization=organization, name="Imaginary Dental"), by=by, at=at)
    kind = configure(ProductType(organization=organization, name="Implant", category="Consumable"), by=by, at=at)
    shelf = configure(ProductCategory(organization=organization, name="Surgery"), by=by, at=at)
    home = configure(ProductCategory(organization=organization, name="At home"), by=by, at=at)
    piece = configure(Unit(organization=organization, name="Piece", code="PCS"), by=by, at=at)
    rows: list[ProductValues] = [
        {"name": "Cervical Pillow", "price": Decimal("45.00"), "description": "Supports the neck at night."},
        {"name": "Elastic Band", "price": Decimal("40.00"), "description": "Resistance band for exercises."},
        {"name": "Foam Roller", "price": Decimal("85.50"), "description": "For the back, once a day."},
        {"name": "Balance Board", "price": Decimal("120.00"), "description": "Ankles and patience."},
        {
            "name": "Titanium Implant",
            "price": Decimal("900.00"),
            "full_name": "Titanium implant 4.1 × 10 mm",
            "brand_id": brand.pk,
            "product_type_id": kind.pk,
            "category_id": shelf.pk,
            "barcode": "0000000000017",
            "box_quantity": "1",
            "unit_volume": "4.1 × 10 mm",
            "critical_stock_level": 5,
            "stock_level": 12,
        },
        {"name": "Heat Pack (discontinued)", "price": Decimal("30.00"), "is_active": False},
    ]
    made = {}
    for row in rows:
        values: ProductValues = {"category_id": home.pk, "unit_id": piece.pk, "tax_rate": Decimal("19.00"), **row}
        made[row["name"]] = create_product(organization_id=organization.pk, values=values, by=by, at=at)
    return made


def _plans(
    clinic: Clinic, services: dict[str, Service], products: dict[str, Product], *, by: Actor, at: datetime
) -> dict[str, ServicePlan]:
    rows: list[tuple[PlanValues, list[str]]] = [
        (
            {
                "name": "Kinetotherapy 10 Sessions",
                "service_id": services["Kinetotherapy"].pk,
                "billing_model": "session_based",
                "sessions_total": 10,
                "validity_days": 90,
                "total_price": Decimal("1000.00"),
            },
            [],
        ),
        (
            {
                "name": "Manual Therapy 3 Sessions",
                "service_id": services["Manual Therapy"].pk,
                "billing_model": "session_based",
                "sessions_total": 3,
                "validity_days": 60,
                "total_price": Decimal("450.00"),
            },
            ["Foam Roller"],
        ),
        (
            {
                "name": "Cervical Recovery Kit",
                "billing_model": "time_based",
                "telerehab_access": True,
                "library_access": True,
                "total_price": Decimal("89.00"),
            },
            ["Cervical Pillow"],
        ),
        (
            {
                "name": "Telerehab 3 Months",
                "billing_model": "time_based",
                "access_months": 3,
                "telerehab_access": True,
                "total_price": Decimal("240.00"),
            },
            [],
        ),
        (
            {
                "name": "Recovery Package",
                "service_id": services["Kinetotherapy"].pk,
                "billing_model": "hybrid",
                "sessions_total": 10,
                "validity_days": 120,
                "access_months": 1,
                "telerehab_access": True,
                "total_price": Decimal("1500.00"),
            },
            ["Elastic Band", "Cervical Pillow"],
        ),
    ]
    made = {}
    for row, bundle in rows:
        values: PlanValues = {"is_published": True, "currency": "RON", **row}
        plan = create_plan(organization_id=clinic.organization.pk, values=values, by=by, at=at)
        made[plan.name] = plan
        for name in bundle:
            bundle_product(plan.pk, product_id=products[name].pk, quantity=1, by=by, at=at)
    return made
