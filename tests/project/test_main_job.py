"""The product's main job, whole: a clinic is imported, sells its programs, ships what belongs to them, and the
patient reads exactly that.

The clinic is a few rows of Synthea's files (tests/data/synthea); what is created over HTTP is what the specification
of the services contract writes. The order takes its way once over the API and once in a real browser, at the front
desk.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from core.actor import Actor
from core.models import AuditEntry, ExternalId
from directory.models import Practice, Specialist, Specialty
from directory.services import create_user, set_membership
from patients.models import Patient
from patients.services import grant_access
from tests.broken import broken_invariants
from tests.browser.conftest import browser, color_scheme, page, sign_in, viewport  # noqa: F401 fixtures

SYNTHEA = Path(__file__).parent.parent / "data" / "synthea"
BY = Actor.system("test")
TRACKING = "RO123456789"


@dataclass
class Caller:
    """Whoever holds a key."""

    key: str

    def __call__(self, method, path, data=None, *, status):
        """The reply's body; the reply must have this status."""
        response = Client().generic(
            method,
            path,
            data=b"" if data is None else json.dumps(data),
            content_type="application/json",
            headers={"Authorization": f"Bearer {self.key}"},
        )
        assert response.status_code == status, response.content.decode()
        return response.json() if response.content else None


@dataclass
class Clinic:
    """What the first part of the job leaves."""

    practice: Practice
    desk: Caller
    patient: Patient
    own: Caller
    other: Patient
    pillow: dict
    sessions: dict
    kit: dict
    programs: list
    other_programs: list

    @property
    def order_id(self):
        return self.programs[1]["product_orders"][0]["id"]


def key_of(username, *words):
    """A new key, as a script gets it from the command."""
    out = StringIO()
    call_command("issue_api_key", username, *words, stdout=out)
    return Caller(out.getvalue().strip())


def import_clinic():
    """Practices, specialists and patients from their files; every row is taken."""
    for kind, name in (("practices", "organizations"), ("specialists", "providers"), ("patients", "patients")):
        out = StringIO()
        call_command("import_data", kind, str(SYNTHEA / f"{name}.csv"), "--layout", "synthea", stdout=out)
        assert out.getvalue().endswith(", 0 changed, 0 unchanged, 0 refused\n")
    assert [Practice.objects.count(), Specialist.objects.count(), Patient.objects.count()] == [5, 5, 4]


def imported(external_id):
    """The patient with this id in Synthea's file."""
    known = ExternalId.objects.get(source="synthea", kind="patients.patient", external_id=external_id)
    return Patient.objects.get(pk=known.object_id)


def user(username, **values):
    return create_user(username=username, password="demo", values=values, by=BY, at=timezone.now())


def open_clinic():
    """Import, let the people in, create the catalogue as the specification writes it, enroll."""
    import_clinic()
    practice = Practice.objects.order_by("pk").first()
    user("admin", is_staff=True, is_superuser=True)
    desk = user("frontdesk", is_staff=True)
    set_membership(user_id=desk.pk, practice_id=practice.pk, role="front_desk", by=BY, at=timezone.now())
    patient, other = imported("1d3d16ce-a3a4-5e9e-1b4d-58a391895443"), imported("9d188916-8390-282b-3ec2-73fce6e08649")
    for username, who in (("jackie", patient), ("curt", other)):
        grant_access(user_id=user(username).pk, patient_id=who.pk, relation="self", by=BY, at=timezone.now())

    admin = key_of("admin")
    admin(
        "POST",
        "/v1/services",
        {
            "name": "Mobility Evaluation",
            "slug": "mobility-evaluation",
            "description": "Comprehensive mobility assessment",
            "category": "consultation",
            "specialty_id": Specialty.objects.get(name="PHYSICAL THERAPY").pk,
            "duration_minutes": 30,
            "buffer_minutes": 5,
            "base_price": 200.00,
            "currency": "RON",
            "is_addon": False,
            "is_public": True,
            "published": True,
            "cover_url": "https://example.org/cover.jpg",
            "video_url": "https://example.org/video.mp4",
        },
        status=201,
    )
    therapy = admin(
        "POST",
        "/v1/services",
        {
            "name": "Kinetotherapy",
            "category": "therapy",
            "duration_minutes": 30,
            "base_price": 100.00,
            "currency": "RON",
            "is_public": True,
            "published": True,
        },
        status=201,
    )
    sessions = admin(
        "POST",
        "/v1/service-plans",
        {
            "name": "Kinetotherapy 10 Sessions",
            "service_id": therapy["id"],
            "billing_model": "session_based",
            "sessions_total": 10,
            "validity_days": 90,
            "total_price": 1000.00,
            "is_published": True,
        },
        status=201,
    )
    kit = admin(
        "POST",
        "/v1/service-plans",
        {
            "name": "Cervical Recovery Kit",
            "billing_model": "time_based",
            "access_months": None,
            "telerehab_access": True,
            "library_access": True,
            "total_price": 89.00,
            "is_published": True,
        },
        status=201,
    )
    pillow = admin(
        "POST",
        "/v1/products",
        {
            "name": "Cervical Pillow",
            "slug": "cervical-pillow",
            "description": "Keeps the neck straight",
            "price": 45.00,
            "currency": "RON",
            "is_active": True,
        },
        status=201,
    )
    bundle = {"product_id": pillow["id"], "quantity": 1}
    admin("POST", f"/v1/service-plans/{kit['id']}/products", bundle, status=201)

    def enroll(who, plan):
        return admin(
            "POST", "/v1/patient-service-plans", {"patient_id": who.pk, "service_plan_id": plan["id"]}, status=201
        )

    return Clinic(
        practice=practice,
        desk=key_of("frontdesk", "--practice", str(practice.pk)),
        patient=patient,
        own=key_of("jackie"),
        other=other,
        pillow=pillow,
        sessions=sessions,
        kit=kit,
        programs=[enroll(patient, sessions), enroll(patient, kit)],
        other_programs=[enroll(other, kit)],
    )


def expect_enrolled_as_the_plans_say(clinic):
    """Frozen sessions and dates; one pending order for the pillow, whose price the plan has paid."""
    of_sessions, of_kit = clinic.programs
    enrolled_at = datetime.fromisoformat(of_sessions["enrolled_at"])
    assert (of_sessions["status"], of_sessions["sessions_total"], of_sessions["sessions_completed"]) == (
        "active",
        10,
        0,
    )
    assert datetime.fromisoformat(of_sessions["expires_at"]) - enrolled_at == timedelta(days=90)
    assert of_sessions["product_orders"] == []
    assert (of_kit["status"], of_kit["sessions_total"], of_kit["access_expires_at"]) == ("active", None, None)
    assert of_kit["access_starts_at"] == of_kit["enrolled_at"]
    assert of_kit["product_orders"] == [
        {
            "id": clinic.order_id,
            "product": {"id": clinic.pillow["id"], "name": "Cervical Pillow"},
            "quantity": 1,
            "status": "pending",
        }
    ]


def expect_the_patient_to_read_exactly_this(clinic):
    """Two programs, one delivered order, what is on offer; of nobody else anything."""
    programs = clinic.own("GET", "/v1/patient-service-plans", status=200)["patient_service_plans"]
    by_plan = {program["service_plan"]["name"]: program for program in programs}
    assert len(programs) == len(by_plan) == 2
    sessions, kit = by_plan["Kinetotherapy 10 Sessions"], by_plan["Cervical Recovery Kit"]
    assert {program["patient_id"] for program in programs} == {clinic.patient.pk}
    assert [program["id"] for program in (sessions, kit)] == [program["id"] for program in clinic.programs]
    assert [program["status"] for program in (sessions, kit)] == ["active", "active"]
    counted = ("sessions_total", "sessions_completed", "sessions_cancelled", "sessions_remaining")
    assert [sessions[name] for name in counted] == [10, 0, 0, 10]
    assert (kit["sessions_total"], kit["sessions_remaining"], kit["access_expires_at"]) == (None, None, None)
    assert kit["service_plan"] == {
        "id": clinic.kit["id"],
        "name": "Cervical Recovery Kit",
        "billing_model": "time_based",
        "telerehab_access": True,
        "library_access": True,
        "service": None,
    }

    (order,) = clinic.own("GET", "/v1/patient-product-orders", status=200)["product_orders"]
    times = [order.pop(name) for name in ("ordered_at", "confirmed_at", "shipped_at", "delivered_at")]
    assert times == sorted(times, key=datetime.fromisoformat)
    assert order == {
        "id": clinic.order_id,
        "patient": {"id": clinic.patient.pk, "name": "Jackie93 Okuneva707"},
        "product": {"id": clinic.pillow["id"], "name": "Cervical Pillow", "price": 45.0},
        "patient_service_plan_id": clinic.programs[1]["id"],
        "quantity": 1,
        "unit_price": None,
        "status": "delivered",
        "cancelled_at": None,
        "tracking_number": TRACKING,
        "notes": "",
        "reason": None,
    }

    for program in clinic.programs:
        whole = clinic.own("GET", f"/v1/patient-service-plans/{program['id']}", status=200)
        assert whole["patient"] == {"id": clinic.patient.pk, "name": "Jackie93 Okuneva707"}
        visits = clinic.own("GET", f"/v1/patient-service-plans/{program['id']}/appointments", status=200)
        assert visits["appointments"] == []
    services = clinic.own("GET", "/v1/services", status=200)["services"]
    assert {service["name"] for service in services} == {"Mobility Evaluation", "Kinetotherapy"}


def expect_nothing_of_anyone_else(clinic):
    """Another's program looks like one that does not exist, a filter finds nothing, and nothing can be changed."""
    (program,) = clinic.other_programs
    order_id = program["product_orders"][0]["id"]
    missing = clinic.own("GET", "/v1/patient-service-plans/999999", status=404)
    for path in ("", "/appointments"):
        assert clinic.own("GET", f"/v1/patient-service-plans/{program['id']}{path}", status=404) == missing
    of_other = f"?patient_id={clinic.other.pk}"
    assert clinic.own("GET", f"/v1/patient-service-plans{of_other}", status=200)["patient_service_plans"] == []
    assert clinic.own("GET", f"/v1/patient-product-orders{of_other}", status=200)["product_orders"] == []

    before = AuditEntry.objects.count()
    for number in (order_id, clinic.order_id, 999999):
        clinic.own("PUT", f"/v1/patient-product-orders/{number}/status", {"status": "confirmed"}, status=403)
    for number in (program["id"], clinic.programs[0]["id"], 999999):
        clinic.own("PATCH", f"/v1/patient-service-plans/{number}/cancel", {"reason": "not mine"}, status=403)
    clinic.own("POST", "/v1/services", {"name": "Mine"}, status=403)
    assert AuditEntry.objects.count() == before
    untouched = clinic.desk("GET", f"/v1/patient-product-orders{of_other}", status=200)["product_orders"]
    assert [order["status"] for order in untouched] == ["pending"]


def history_of(order_id):
    """What happened to an order, and who did it."""
    entries = AuditEntry.objects.filter(object_kind="orders.productorder", object_id=order_id).order_by("pk")
    return list(entries.values_list("verb", "user__username"))


def expect_all_is_well():
    assert broken_invariants() == []


def test_the_main_job_over_the_api(db):
    clinic = open_clinic()
    expect_enrolled_as_the_plans_say(clinic)
    status = f"/v1/patient-product-orders/{clinic.order_id}/status"
    assert clinic.desk("PUT", status, {"status": "confirmed"}, status=200)["status"] == "confirmed"
    refused = clinic.desk("PUT", status, {"status": "shipped"}, status=422)
    assert list(refused["error"]["details"]["fields"]) == ["tracking_number"]
    shipped = clinic.desk("PUT", status, {"status": "shipped", "tracking_number": TRACKING}, status=200)
    assert (shipped["status"], shipped["tracking_number"]) == ("shipped", TRACKING)
    assert clinic.desk("PUT", status, {"status": "delivered"}, status=200)["status"] == "delivered"
    clinic.desk("POST", f"/v1/patient-product-orders/{clinic.order_id}/cancel", {"reason": "late"}, status=409)

    expect_the_patient_to_read_exactly_this(clinic)
    expect_nothing_of_anyone_else(clinic)
    assert history_of(clinic.order_id) == [
        ("programs.enroll_patient", "admin"),
        ("orders.confirm_order", "frontdesk"),
        ("orders.ship_order", "frontdesk"),
        ("orders.deliver_order", "frontdesk"),
    ]
    expect_all_is_well()


@pytest.mark.browser
def test_the_main_job_at_the_front_desk(page, sign_in):  # noqa: F811 the fixtures imported above
    clinic = open_clinic()
    expect_enrolled_as_the_plans_say(clinic)

    sign_in(page, "frontdesk")
    page.goto(reverse("admin:orders_productorder_changelist"))
    listed = page.locator("#result_list tbody tr")
    expect(listed).to_have_count(2)
    page.locator("#searchbar").fill("okuneva")
    page.keyboard.press("Enter")
    expect(listed).to_have_count(1)
    expect(listed).to_contain_text("Cervical Pillow")
    listed.get_by_role("link", name=f"#{clinic.order_id}").click()

    steps = page.get_by_role("group", name="What can be done now")
    steps.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("1 order confirmed.")).to_be_visible()
    steps.get_by_role("link", name="Ship").click()
    page.get_by_role("button", name="Ship").click()
    expect(page.get_by_text("This field is required.")).to_be_visible()
    page.get_by_label("Tracking number").fill(TRACKING)
    page.get_by_role("button", name="Ship").click()
    expect(page.get_by_text("1 order shipped.")).to_be_visible()
    steps.get_by_role("button", name="Delivered").click()
    expect(page.get_by_text("1 order delivered.")).to_be_visible()
    expect(steps.get_by_role("button")).to_have_count(0)

    expect_the_patient_to_read_exactly_this(clinic)
    expect_nothing_of_anyone_else(clinic)
    assert history_of(clinic.order_id) == [
        ("programs.enroll_patient", "admin"),
        ("orders.confirm_order", "frontdesk"),
        ("orders.ship_order", "frontdesk"),
        ("orders.deliver_order", "frontdesk"),
    ]
    moved = AuditEntry.objects.filter(object_id=clinic.order_id, verb__startswith="orders.")
    assert set(moved.values_list("door", flat=True)) == {"backoffice"}
    expect_all_is_well()
