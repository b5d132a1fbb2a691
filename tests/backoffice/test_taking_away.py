"""What is archived, switched off or deleted: its page says first what hangs on it, and later what is undecided."""

from datetime import timedelta

import pytest
from django.utils import timezone

from core.models import AuditEntry
from directory.models import Membership, Room, Specialist, User
from scheduling.models import AvailableSlot
from tests.backoffice.conftest import form_of, said, stored, url
from tests.backoffice.rows import ROWS, ahead
from tests.factories import (
    AppointmentFactory,
    MembershipFactory,
    PatientFactory,
    ProductFactory,
    RoomFactory,
    ServiceFactory,
    ServicePlanFactory,
    ServiceSpecialistFactory,
    SpecialistFactory,
    UserFactory,
)

DELETED = [
    "directory.room",
    "directory.specialist",
    "patients.patient",
    "scheduling.timeoff",
    "scheduling.timeoffseries",
    "scheduling.slotseries",
]


@pytest.fixture
def person(practice):
    return SpecialistFactory(organization=practice.organization, works_at=[practice])


@pytest.fixture
def visit(practice, person):
    """A confirmed visit tomorrow, in a room."""
    return AppointmentFactory(practice=practice, specialist=person, room=RoomFactory(practice=practice), **ahead())


def edit(client, label, row, **changes):
    address = url(label, "change", row.pk)
    data = {**form_of(client.get(address)), **changes}
    return client.post(address, {name: value for name, value in data.items() if value is not None})


def text_of(response):
    return response.content.decode()


@pytest.mark.parametrize("label", DELETED)
def test_what_was_made_by_mistake_can_be_deleted_and_its_history_stays(manager, practice, label):
    row = ROWS[label](practice)
    response = manager.post(url(label, "delete", row.pk), {"post": "yes"})
    assert (response.status_code, response.headers["Location"]) == (302, url(label, "changelist"))
    assert not type(row)._base_manager.filter(pk=row.pk).exists()
    entry = AuditEntry.objects.get(object_kind=label, object_id=row.pk)
    assert (entry.action, entry.user.username, entry.door) == ("delete", "clinic-admin", "backoffice")


def test_a_practice_that_nobody_used_is_deleted_by_a_superuser_alone(boss, manager, other_practice):
    assert manager.post(url("directory.practice", "delete", other_practice.pk), {"post": "yes"}).status_code == 403
    assert type(other_practice).objects.filter(pk=other_practice.pk).exists()
    boss.post(url("directory.practice", "delete", other_practice.pk), {"post": "yes"})
    assert not type(other_practice).objects.filter(pk=other_practice.pk).exists()


@pytest.mark.parametrize(
    ("label", "of", "offered"),
    [
        ("directory.room", lambda visit: visit.room, "put-away"),
        ("directory.specialist", lambda visit: visit.specialist, "put-away"),
        ("patients.patient", lambda visit: visit.patient, "put-away"),
    ],
)
def test_what_is_referred_to_stays_and_the_page_says_by_what(manager, visit, label, of, offered):
    row, before = of(visit), stored()
    response = manager.post(url(label, "delete", row.pk), {"post": "yes"}, follow=True)
    assert "appointments (1)" in text_of(response)
    assert url(label, offered, row.pk) in text_of(response)
    assert stored() == before


@pytest.mark.parametrize(
    ("label", "of"),
    [
        ("directory.room", lambda visit: visit.room),
        ("directory.specialist", lambda visit: visit.specialist),
        ("directory.practice", lambda visit: visit.practice),
        ("patients.patient", lambda visit: visit.patient),
        ("catalog.service", lambda visit: visit.services.get().service),
    ],
)
def test_putting_away_lists_first_what_hangs_on_it(manager, visit, label, of):
    row, before = of(visit), stored()
    for asked in (manager.get(url(label, "put-away", row.pk)), manager.post(url(label, "put-away", row.pk))):
        assert "1 visit or request ahead" in text_of(asked).lower()
        assert url("scheduling.appointment", "change", visit.pk) in text_of(asked)
    assert stored() == before
    manager.post(url(label, "put-away", row.pk), {"apply": "1"})
    row.refresh_from_db()
    assert row.archived_at is not None


def test_many_are_put_away_with_what_hangs_on_each(manager, practice, visit):
    idle = RoomFactory(practice=practice)
    data = {"action": "put-away", "index": "0", "_selected_action": [visit.room_id, idle.pk]}
    asked = manager.post(url("directory.room", "changelist"), data)
    assert url("scheduling.appointment", "change", visit.pk) in text_of(asked)
    assert not Room.objects.filter(archived_at__isnull=False).exists()
    manager.post(url("directory.room", "changelist"), {**data, "apply": "1"})
    assert Room.objects.filter(archived_at__isnull=False).count() == 2


def test_what_is_put_away_shows_what_needs_a_decision(manager, desk, visit):
    for row, label, page in ((visit.room, "directory.room", "change"), (visit.patient, "patients.patient", "page")):
        type(row).objects.filter(pk=row.pk).update(archived_at=timezone.now())
        shown = text_of(manager.get(url(label, page, row.pk)))
        assert "Needs a decision: 1 visit or request ahead" in shown
        assert url("scheduling.appointment", "change", visit.pk) in shown


def test_switching_off_a_room_is_asked_about_and_then_done(manager, visit):
    before = stored()
    asked = edit(manager, "directory.room", visit.room, is_active=None)
    assert "1 visit or request ahead" in str(asked.context["adminform"].form.non_field_errors())
    assert stored() == before
    done = edit(manager, "directory.room", visit.room, is_active=None, anyway="on")
    assert done.status_code == 302
    assert Room.objects.get(pk=visit.room_id).is_active is False


def test_a_room_without_future_work_is_switched_off_at_once(manager, practice):
    room = RoomFactory(practice=practice)
    assert edit(manager, "directory.room", room, is_active=None).status_code == 302
    assert Room.objects.get(pk=room.pk).is_active is False


def test_a_specialist_who_stops_is_asked_about(manager, visit, person):
    asked = edit(manager, "directory.specialist", person, scheduling_active=None)
    assert "1 visit or request ahead" in str(asked.context["adminform"].form.non_field_errors())
    assert Specialist.objects.get(pk=person.pk).scheduling_active
    asked = edit(manager, "directory.specialist", person, works_at=[])
    assert "1 visit or request ahead" in str(asked.context["adminform"].form.non_field_errors())
    assert person.works_at.count() == 1
    assert edit(manager, "directory.specialist", person, works_at=[], anyway="on").status_code == 302
    assert person.works_at.count() == 0


def test_a_product_of_a_plan_on_sale_is_asked_about(manager, practice):
    product = ProductFactory(organization=practice.organization)
    ServicePlanFactory(organization=practice.organization).bundled_products.create(product=product, quantity=1)
    asked = edit(manager, "catalog.product", product, is_active=None)
    assert asked.context["adminform"].form.non_field_errors()
    product.refresh_from_db()
    assert product.is_active


def test_another_code_of_a_service_warns_of_the_slots_that_name_it(manager, practice, person):
    service = ServiceFactory(organization=practice.organization, code="INIT")
    AvailableSlot.objects.create(practice=practice, specialist=person, appointment_type="INIT", **ahead())
    asked = edit(manager, "catalog.service", service, code="FIRST")
    assert "Slots refer to this service by its code “INIT”" in str(asked.context["adminform"].form.non_field_errors())
    service.refresh_from_db()
    assert service.code == "INIT"
    assert edit(manager, "catalog.service", service, code="FIRST", anyway="on").status_code == 302
    service.refresh_from_db()
    assert service.code == "FIRST"


def test_a_second_program_of_one_plan_is_asked_about(desk, practice):
    patient = PatientFactory(organization=practice.organization)
    plan = ServicePlanFactory(organization=practice.organization)
    data = {"patient": patient.pk, "service_plan": plan.pk}
    assert desk.post(url("programs.enrollment", "add"), data).status_code == 302
    asked = desk.post(url("programs.enrollment", "add"), data)
    assert asked.status_code == 200
    assert not asked.context["adminform"].form.fields["again"].widget.is_hidden
    assert desk.post(url("programs.enrollment", "add"), {**data, "again": "on"}).status_code == 302
    assert patient.enrollments.count() == 2


@pytest.mark.parametrize(
    ("label", "page"),
    [
        ("scheduling.slotseries", "/admin/scheduling/availableslot/add/?pattern=weekly"),
        ("scheduling.slotbatch", "/admin/bulk-slots/"),
        ("patients.document", "/admin/patients/patient/"),
    ],
)
def test_adding_leads_to_the_page_that_makes_one(desk, practice, label, page):
    response = desk.get(url(label, "add"))
    assert (response.status_code, response.headers["Location"]) == (302, page)
    assert desk.get(page).status_code == 200


def test_a_slot_of_24_hours_is_edited_on_the_form(desk, practice, person):
    starts = timezone.now().replace(second=0, microsecond=0) + timedelta(days=3)
    slot = AvailableSlot.objects.create(
        practice=practice, specialist=person, starts_at=starts, ends_at=starts + timedelta(hours=24)
    )
    assert edit(desk, "scheduling.availableslot", slot, capacity="2").status_code == 302
    slot.refresh_from_db()
    assert (slot.capacity, slot.ends_at - slot.starts_at) == (2, timedelta(hours=24))


def test_a_user_without_a_role_is_listed_to_superusers_alone(boss, manager, practice):
    new = UserFactory(username="new", email="new@example.com")
    assert new in boss.get(url("directory.user", "changelist")).context["cl"].result_list
    assert new not in manager.get(url("directory.user", "changelist")).context["cl"].result_list
    assert manager.get(url("directory.user", "change", new.pk)).status_code == 302


def test_a_user_without_a_role_is_taken_in_by_their_exact_name(manager, practice):
    new = UserFactory(username="new", email="new@example.com")
    response = manager.post(url("directory.membership", "add"), {"who": "new@example.com", "role": "front_desk"})
    assert response.status_code == 302
    assert Membership.objects.get(user=new).practice == practice
    assert new in manager.get(url("directory.user", "changelist")).context["cl"].result_list


def test_a_member_of_others_is_not_taken_in_by_name(manager, practice, foreign_practice):
    other = MembershipFactory(practice=foreign_practice).user
    before = stored()
    response = manager.post(url("directory.membership", "add"), {"who": other.username, "role": "front_desk"})
    assert response.context["adminform"].form.errors == {"who": ["There is no such user."]}
    assert stored() == before
    assert User.objects.filter(pk=other.pk).exists()


def test_deleting_a_patient_is_offered_to_the_desk(desk, practice):
    patient = PatientFactory(organization=practice.organization)
    desk.post(url("patients.patient", "delete", patient.pk), {"post": "yes"})
    assert not type(patient).objects.filter(pk=patient.pk).exists()


def test_a_refused_deletion_says_so_as_an_error(manager, visit):
    response = manager.post(url("directory.room", "delete", visit.room_id), {"post": "yes"})
    level, text = said(response)[-1]
    assert level == "error"
    assert text.endswith("Archive it instead: then nothing new takes place there.")


@pytest.fixture
def sold(practice, person):
    """A public service that somebody offers, with a visit ahead."""
    service = ServiceFactory(organization=practice.organization, public=True, name="Massage")
    offer = ServiceSpecialistFactory(service=service, specialist=person)
    AppointmentFactory(practice=practice, specialist=person, service=service, **ahead())
    return service, offer


def test_a_service_is_hidden_from_patients_only_when_that_was_meant(manager, sold):
    service, _offer = sold
    for switch in ("published", "is_public"):
        before = stored()
        response = edit(manager, "catalog.service", service, **{switch: None})
        assert response.status_code == 200
        assert "Massage is still needed for: 1 visit or request ahead" in text_of(response)
        assert stored() == before
    assert edit(manager, "catalog.service", service, is_public=None, anyway="on").status_code == 302
    service.refresh_from_db()
    assert not service.is_public
    # To show it again takes nothing from anybody.
    assert edit(manager, "catalog.service", service, is_public="on").status_code == 302


@pytest.mark.parametrize("change", [{"offers-0-is_active": None}, {"offers-0-DELETE": "on"}])
def test_an_offer_is_switched_off_or_removed_only_when_that_was_meant(manager, sold, change):
    service, offer = sold
    before = stored()
    response = edit(manager, "catalog.service", service, **change)
    assert response.status_code == 200
    assert "1 visit or request ahead" in text_of(response)
    assert stored() == before
    assert edit(manager, "catalog.service", service, anyway="on", **change).status_code == 302
    assert not service.offers.filter(pk=offer.pk, is_active=True).exists()


def test_an_offer_that_nobody_needs_goes_without_a_question(manager, sold, person):
    service, _offer = sold
    other = ServiceSpecialistFactory(service=service, specialist=SpecialistFactory(organization=person.organization))
    page = form_of(manager.get(url("catalog.service", "change", service.pk)))
    (row,) = [
        name.removesuffix("-id")
        for name, value in page.items()
        if name.startswith("offers-") and name.endswith("-id") and str(value) == str(other.pk)
    ]
    assert edit(manager, "catalog.service", service, **{f"{row}-is_active": None}).status_code == 302
    other.refresh_from_db()
    assert not other.is_active
