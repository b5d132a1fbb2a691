"""Plans and programs at the desk: enrolling from both sides, and what is done to a program."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from orders.models import ProductOrder
from programs.models import Enrollment, ServicePlan
from programs.services import enroll_patient
from scheduling.models import Appointment
from tests.backoffice.conftest import said, stored
from tests.factories import (
    PatientFactory,
    ProductFactory,
    ServiceFactory,
    ServicePlanFactory,
    ServicePlanProductFactory,
    SpecialistFactory,
)

ADD = reverse("admin:programs_enrollment_add")
LIST = reverse("admin:programs_enrollment_changelist")


def page(name, row):
    return reverse(f"admin:programs_enrollment_{name}", args=(row.pk,))


@pytest.fixture
def plan(practice):
    plan = ServicePlanFactory(organization=practice.organization, name="Kinetotherapy 10 Sessions")
    pillow = ProductFactory(organization=practice.organization, name="Cervical Pillow")
    ServicePlanProductFactory(service_plan=plan, product=pillow, quantity=1)
    return plan


@pytest.fixture
def program(practice, plan, system):
    """A program that began today, with its ledger and its bundled order."""
    patient = PatientFactory(organization=practice.organization)
    return enroll_patient(
        patient_id=patient.pk, service_plan_id=plan.pk, practice_id=practice.pk, by=system, at=timezone.now()
    )


@pytest.fixture
def visit(program, practice, system):
    """An appointment ahead that holds a session of the program."""
    from scheduling.services import book_appointment

    specialist = SpecialistFactory(organization=practice.organization, works_at=[practice])
    return book_appointment(
        practice_id=practice.pk,
        patient_id=program.patient_id,
        service_id=program.service_plan.service_id,
        specialist_id=specialist.pk,
        starts_at=timezone.now() + timedelta(days=3),
        enrollment_id=program.pk,
        by=system,
        at=timezone.now(),
    )


# ---------------------------------------------------------------------------------------------- enrolling


def test_a_patient_is_enrolled_from_their_page(desk, practice, plan):
    patient = PatientFactory(organization=practice.organization)
    links = dict(desk.get(reverse("admin:patients_patient_page", args=(patient.pk,))).context["links"])
    form = desk.get(links["Enroll in a program"]).context["adminform"].form
    assert form["patient"].value() == str(patient.pk)
    response = desk.post(ADD, {"patient": patient.pk, "service_plan": plan.pk})
    assert response.status_code == 302
    row = Enrollment.objects.get()
    assert (row.patient, row.service_plan, row.practice, row.sessions_left) == (patient, plan, practice, 10)
    assert list(ProductOrder.objects.values_list("product__name", "status", "unit_price")) == [
        ("Cervical Pillow", "pending", None)
    ]


def test_a_patient_is_enrolled_from_the_plan(desk, practice, plan):
    address = reverse("admin:programs_serviceplan_change", args=(plan.pk,))
    links = dict(desk.get(address).context["links"])
    form = desk.get(links["Enroll a patient"]).context["adminform"].form
    assert form["service_plan"].value() == str(plan.pk)


def test_a_plan_that_was_put_away_enrolls_nobody(desk, practice):
    plan = ServicePlanFactory(organization=practice.organization, archived=True)
    address = reverse("admin:programs_serviceplan_change", args=(plan.pk,))
    assert desk.get(address).context["links"] == []
    before = stored()
    patient = PatientFactory(organization=practice.organization)
    before = stored()
    response = desk.post(ADD, {"patient": patient.pk, "service_plan": plan.pk})
    assert list(response.context["adminform"].form.errors) == ["service_plan"]
    assert stored() == before


def test_a_second_program_of_one_plan_has_to_be_meant(desk, program):
    data = {"patient": program.patient_id, "service_plan": program.service_plan_id}
    before = stored()
    asked = desk.post(ADD, data)
    form = asked.context["adminform"].form
    assert form.errors == {"__all__": ["The patient already has an active program of this plan."]}
    assert not form.fields["again"].widget.is_hidden
    assert stored() == before
    assert desk.post(ADD, {**data, "again": "on"}).status_code == 302
    assert Enrollment.objects.filter(patient=program.patient).count() == 2


def test_a_plan_is_made_with_what_comes_with_it(manager, practice, history):
    service, product = (
        ServiceFactory(organization=practice.organization),
        ProductFactory(organization=practice.organization),
    )
    response = manager.post(
        reverse("admin:programs_serviceplan_add"),
        {
            "name": "Cervical Recovery Kit",
            "billing_model": "hybrid",
            "service": service.pk,
            "sessions_total": "10",
            "validity_days": "90",
            "access_months": "3",
            "total_price": "1200",
            "currency": "",
            "is_published": "on",
            "bundled_products-TOTAL_FORMS": "1",
            "bundled_products-INITIAL_FORMS": "0",
            "bundled_products-0-product": product.pk,
            "bundled_products-0-quantity": "2",
        },
    )
    assert response.status_code == 302
    row = ServicePlan.objects.get()
    assert (row.name, row.currency, str(row.total_price), row.sessions_total) == (
        "Cervical Recovery Kit",
        "RON",
        "1200.00",
        10,
    )
    assert list(row.bundled_products.values_list("product_id", "quantity")) == [(product.pk, 2)]
    assert [verb for verb, *_rest in history()] == ["programs.create_plan", "programs.bundle_product"]


# -------------------------------------------------------------------------------------------- one program


def test_the_page_of_a_program_shows_progress_ledger_orders_and_appointments(desk, program, visit):
    response = desk.get(page("change", program))
    content = response.content.decode()
    assert "0 of 10 sessions used" in content
    titles = {panel.title: len(panel.rows) for panel in response.context["panels"]}
    assert titles == {"Appointments": 1, "Ledger of sessions": 1, "Money": 0, "Orders": 1}
    assert [str(button.label) for button in response.context["buttons"]] == [
        "Adjust sessions …",
        "Extend …",
        "Cancel the program …",
        "Take payment …",
        "Bill",
    ]


def test_a_program_is_never_edited(desk, program):
    before = stored()
    assert desk.get(page("change", program)).context["has_change_permission"] is False
    assert desk.post(page("change", program), {"status": "completed", "sessions_left": "99"}).status_code == 403
    assert stored() == before


def test_sessions_are_adjusted_with_a_reason(desk, program):
    response = desk.post(page("adjust", program), {"apply": "1", "quantity": "2", "reason": "Gift"})
    ((level, text),) = said(response)
    assert (level, text[:19]) == ("success", "1 program adjusted.")
    program.refresh_from_db()
    assert program.sessions_left == 12
    (ledger,) = [panel for panel in desk.get(page("change", program)).context["panels"] if "Ledger" in panel.title]
    assert [(line[1], line[2], line[3], line[5], line[6]) for line in ledger.rows] == [
        ("Adjusted", "+2", 12, "Gift", "front-desk"),
        ("Granted", "+10", 10, "", ""),
    ]


@pytest.mark.parametrize(
    ("typed", "errors"),
    [
        ({"quantity": "0", "reason": "None"}, {"quantity": ["Must not be zero"]}),
        ({"quantity": "1", "reason": ""}, {"reason": ["This field is required."]}),
        ({"quantity": "x", "reason": "Why"}, {"quantity": ["Enter a whole number."]}),
    ],
)
def test_an_adjustment_is_refused_at_its_field(desk, program, typed, errors):
    before = stored()
    response = desk.post(page("adjust", program), {"apply": "1", **typed})
    assert response.context["form"].errors == errors
    assert stored() == before


def test_no_adjustment_goes_below_what_is_held(desk, program, visit):
    before = stored()
    response = desk.post(page("adjust", program), {"apply": "1", "quantity": "-10", "reason": "Mistake"})
    assert response.status_code == 200
    assert "__all__" in response.context["form"].errors or "quantity" in response.context["form"].errors
    assert stored() == before


def test_a_program_is_extended(desk, program):
    ends = program.ends_at
    response = desk.post(page("extend", program), {"apply": "1", "days": "30", "reason": "Ill"})
    ((level, text),) = said(response)
    assert (level, text[:19]) == ("success", "1 program extended.")
    program.refresh_from_db()
    assert program.ends_at == ends + timedelta(days=30)


def test_cancelling_a_program_shows_first_what_goes_with_it(desk, program, visit):
    before = stored()
    asked = desk.get(page("cancel", program))
    assert [order for order, _what, _state in asked.context["orders"]] == list(ProductOrder.objects.all())
    assert [one for one, _when, _who in asked.context["appointments"]] == [visit]
    content = asked.content.decode()
    assert "Cervical Pillow" in content
    assert str(visit) in content
    assert stored() == before


@pytest.mark.parametrize(("ticked", "becomes"), [({"cancel_appointments": "on"}, "cancelled"), ({}, "confirmed")])
def test_cancelling_a_program_takes_its_orders_and_if_ticked_its_appointments(desk, program, visit, ticked, becomes):
    response = desk.post(page("cancel", program), {"apply": "1", "reason": "Moved away", **ticked})
    ((level, text),) = said(response)
    assert (level, text[:20]) == ("success", "1 program cancelled.")
    program.refresh_from_db()
    assert (program.status, program.cancellation_reason) == ("cancelled", "Moved away")
    assert ProductOrder.objects.get().status == "cancelled"
    assert Appointment.objects.get(pk=visit.pk).status == becomes


def test_cancelling_needs_a_reason(desk, program):
    before = stored()
    response = desk.post(page("cancel", program), {"apply": "1", "reason": ""})
    assert response.context["form"].errors == {"reason": ["This field is required."]}
    assert stored() == before


def test_a_cancelled_program_offers_nothing_more(desk, program):
    desk.post(page("cancel", program), {"apply": "1", "reason": "Moved away"})
    assert desk.get(page("change", program)).context["buttons"] == []
    before = stored()
    response = desk.post(page("cancel", program), {"apply": "1", "reason": "Again"})
    assert said(response)[-1][0] == "error"
    assert stored() == before


def test_many_programs_are_extended_with_one_reason(desk, practice, plan, system):
    rows = []
    for _ in range(2):
        patient = PatientFactory(organization=practice.organization)
        rows.append(
            enroll_patient(
                patient_id=patient.pk, service_plan_id=plan.pk, practice_id=practice.pk, by=system, at=timezone.now()
            )
        )
    ids = [row.pk for row in rows]
    response = desk.post(
        LIST, {"action": "extend", "_selected_action": ids, "apply": "1", "days": "7", "reason": "Holidays"}
    )
    assert said(response) == [("success", "2 programs extended.")]
    assert [Enrollment.objects.get(pk=row.pk).ends_at - row.ends_at for row in rows] == [timedelta(days=7)] * 2


def test_the_list_reads_the_status_of_now(desk, practice, plan, system):
    patient = PatientFactory(organization=practice.organization)
    row = enroll_patient(
        patient_id=patient.pk,
        service_plan_id=plan.pk,
        practice_id=practice.pk,
        by=system,
        at=timezone.now() - timedelta(days=200),
    )
    found = {
        status: [one.pk for one in desk.get(LIST, {"status": status}).context["cl"].result_list]
        for status in ("active", "expired")
    }
    assert found == {"active": [], "expired": [row.pk]}


def test_programs_that_end_soon_are_listed(desk, practice, plan, system, program):
    patient = PatientFactory(organization=practice.organization)
    row = enroll_patient(
        patient_id=patient.pk,
        service_plan_id=plan.pk,
        practice_id=practice.pk,
        by=system,
        at=timezone.now() - timedelta(days=85),
    )
    assert [one.pk for one in desk.get(LIST, {"ends": "soon"}).context["cl"].result_list] == [row.pk]


def test_a_plan_that_was_sold_says_what_editing_it_will_not_change(manager, plan, practice, system):
    address = reverse("admin:programs_serviceplan_change", args=(plan.pk,))
    assert "What was sold stays as it was" not in manager.get(address).content.decode()
    enroll_patient(
        patient_id=PatientFactory(organization=practice.organization).pk,
        service_plan_id=plan.pk,
        practice_id=practice.pk,
        by=system,
        at=timezone.now(),
    )
    assert "Sold 1 time. What was sold stays as it was" in manager.get(address).content.decode()
