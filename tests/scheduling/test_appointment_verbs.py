"""Appointments move only where their states allow; requests become visits; refusals change nothing."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from core.actor import Actor, Kind
from core.errors import Conflict, Forbidden, InvalidInput, Missing
from scheduling import services
from scheduling.models import Appointment
from scheduling.states import NEXT, AppointmentStatus
from tests.factories import AT, PatientFactory, PracticeFactory, RoomFactory, ServiceFactory, SpecialistFactory
from tests.stage import DAY, actor_with, everything, set_stage

pytestmark = pytest.mark.django_db

VISITOR = Actor(kind=Kind.VISITOR)
THERE = {
    "requested": [],
    "confirmed": ["confirm_appointment"],
    "arrived": ["confirm_appointment", "mark_arrived"],
    "in_care": ["confirm_appointment", "start_care"],
    "done": ["confirm_appointment", "complete_appointment"],
    "no_show": ["confirm_appointment", "mark_no_show"],
    "cancelled": ["cancel_appointment"],
    "rejected": ["reject_appointment"],
}
VERB = {
    "confirmed": "confirm_appointment",
    "arrived": "mark_arrived",
    "in_care": "start_care",
    "done": "complete_appointment",
    "no_show": "mark_no_show",
    "cancelled": "cancel_appointment",
    "rejected": "reject_appointment",
}


def visitor(stage):
    return Actor(kind=Kind.VISITOR, organization_ids=frozenset({stage.practice.organization_id}))


def in_state(stage, status):
    appointment = stage.book()
    Appointment.objects.filter(pk=appointment.pk).update(status="requested")
    for name in THERE[status]:
        getattr(services, name)(appointment.pk, by=stage.desk, at=AT)
    return appointment.pk


@pytest.mark.parametrize("wanted", VERB)
@pytest.mark.parametrize("now", AppointmentStatus.values)
def test_every_pair_of_states_is_as_the_table_says(now, wanted):
    stage = set_stage()
    pk = in_state(stage, now)
    before = everything()
    # Going back is undo's job: it settles the program, too.
    back = {("done", "confirmed"), ("no_show", "confirmed"), ("arrived", "confirmed")}
    if wanted in NEXT[now] and (now, wanted) not in back:
        getattr(services, VERB[wanted])(pk, by=stage.desk, at=AT)
        assert Appointment.objects.get(pk=pk).status == wanted
    else:
        with pytest.raises(Conflict):
            getattr(services, VERB[wanted])(pk, by=stage.desk, at=AT)
        assert everything() == before


@pytest.mark.parametrize(
    ("now", "back"), [("arrived", "confirmed"), ("in_care", "arrived"), ("done", "confirmed"), ("no_show", "confirmed")]
)
def test_undo_leads_one_step_back(now, back):
    stage = set_stage()
    assert services.undo_appointment(in_state(stage, now), by=stage.desk, at=AT).status == back


@pytest.mark.parametrize("now", ["requested", "confirmed"])
def test_where_nothing_happened_there_is_nothing_to_undo(now):
    stage = set_stage()
    pk = in_state(stage, now)
    with pytest.raises(Conflict) as refusal:
        services.undo_appointment(pk, by=stage.desk, at=AT)
    assert refusal.value.code == "nothing_to_undo"


def test_a_visitor_registers_for_a_public_service():
    stage = set_stage()
    service = ServiceFactory(organization=stage.practice.organization, public=True)
    made = services.register_contact(
        service.pk, contact_name=" John Doe ", contact_phone="+40123456789", by=visitor(stage), at=AT
    )
    assert (made.status, made.starts_at, made.patient_id, made.contact_name) == ("requested", None, None, "John Doe")
    assert (made.practice_id, made.created_via) == (stage.practice.pk, "api")
    line = made.services.get()
    assert (line.service_id, line.position, line.price) == (service.pk, 0, service.base_price)


@pytest.mark.parametrize("more", [{}, {"published": True}, {"is_public": True}, {"public": True, "archived_at": AT}])
def test_a_service_that_is_not_public_looks_missing_to_who_registers(more):
    stage = set_stage()
    service = ServiceFactory(organization=stage.practice.organization, **more)
    for by in (visitor(stage), stage.desk):
        with pytest.raises(Missing):
            services.register_contact(service.pk, contact_name="J", contact_email="j@example.org", by=by, at=AT)


@pytest.mark.parametrize(
    ("contact", "fields"),
    [
        ({"contact_name": "", "contact_email": "j@example.org"}, {"contact_name"}),
        ({"contact_name": "J"}, {"contact_email", "contact_phone"}),
        ({"contact_name": " "}, {"contact_name", "contact_email", "contact_phone"}),
        ({"contact_name": "J", "contact_email": "no address"}, {"contact_email"}),
        ({"contact_name": "J" * 256, "contact_phone": "1"}, {"contact_name"}),
    ],
)
def test_a_registration_needs_a_name_and_a_way_to_answer(contact, fields):
    stage = set_stage()
    service = ServiceFactory(organization=stage.practice.organization, public=True)
    before = everything()
    with pytest.raises(InvalidInput) as refusal:
        services.register_contact(service.pk, by=visitor(stage), at=AT, **contact)
    assert set(refusal.value.fields) == fields
    assert everything() == before


@pytest.fixture
def registration():
    stage = set_stage()
    stage.service = ServiceFactory(organization=stage.practice.organization, public=True, duration_minutes=45)
    stage.plan.service = stage.service
    stage.plan.save()
    made = services.register_contact(
        stage.service.pk, contact_name="J", contact_email="j@example.org", by=visitor(stage), at=AT
    )
    return stage, made


def test_a_registration_gets_patient_and_specialist_and_later_its_time(registration):
    stage, made = registration
    who = {"patient_id": stage.patient.pk, "specialist_id": stage.specialist.pk, "by": stage.desk, "at": AT}
    waiting = services.assign_registration(made.pk, **who)
    assert (waiting.status, waiting.patient_id, waiting.starts_at) == ("requested", stage.patient.pk, None)
    starts = AT + 2 * DAY
    given = services.assign_registration(made.pk, starts_at=starts, enrollment_id=stage.enroll().pk, **who)
    assert (given.status, given.starts_at, given.ends_at) == ("confirmed", starts, starts + timedelta(minutes=45))
    assert given.plan_session_number == 1
    with pytest.raises(Conflict):
        services.assign_registration(made.pk, **who)


def test_a_request_without_a_time_is_not_confirmed(registration):
    stage, made = registration
    with pytest.raises(Conflict) as refusal:
        services.confirm_appointment(made.pk, by=stage.desk, at=AT)
    assert refusal.value.code == "incomplete"


def test_booking_takes_as_long_as_the_service():
    stage = set_stage()
    made = stage.book()
    assert (made.status, made.ends_at - made.starts_at) == ("confirmed", timedelta(minutes=30))
    with pytest.raises(InvalidInput):
        stage.book(ends_at=made.starts_at)


def test_booking_refuses_people_and_rooms_that_do_not_belong_there():
    stage = set_stage()
    elsewhere = PracticeFactory(organization=stage.practice.organization)
    before = everything()
    for changes, field in [
        (
            {"specialist": SpecialistFactory(organization=stage.practice.organization, works_at=[elsewhere])},
            "specialist_id",
        ),
        ({"specialist": SpecialistFactory(organization=stage.practice.organization, archived=True)}, "specialist_id"),
    ]:
        normal = stage.specialist
        stage.specialist = changes["specialist"]
        with pytest.raises(InvalidInput) as refusal:
            stage.book()
        assert set(refusal.value.fields) == {field}
        stage.specialist = normal
    with pytest.raises(Missing):
        stage.book(room_id=RoomFactory(practice=elsewhere).pk)
    with pytest.raises(InvalidInput):
        stage.book(room_id=RoomFactory(practice=stage.practice, is_active=False).pk)
    assert everything() == before


def test_a_record_that_was_put_away_is_not_booked_for():
    stage = set_stage()
    stage.patient = PatientFactory(organization=stage.practice.organization, archived_at=AT)
    with pytest.raises(Conflict, match="archived"):
        stage.book()


def test_a_specialist_books_only_their_own_calendar_for_patients_they_treat():
    stage = set_stage()
    stage.book()
    colleague = SpecialistFactory(organization=stage.practice.organization, works_at=[stage.practice])
    me = actor_with("specialist", stage.practice, specialist_ids=frozenset({stage.specialist.pk}))
    stage.desk = me
    stage.book(days=4)
    stage.specialist = colleague
    with pytest.raises(Forbidden):
        stage.book(days=5)
    stage.specialist, stage.patient = (
        Appointment.objects.first().specialist,
        PatientFactory(organization=stage.practice.organization),
    )
    with pytest.raises(Missing):
        stage.book(days=6)


def test_another_practice_and_another_patient_see_nothing_of_it():
    stage = set_stage()
    appointment = stage.book()
    neighbour = actor_with("front_desk", PracticeFactory(organization=stage.practice.organization))
    stranger = Actor(
        kind=Kind.PATIENT, patient_ids=frozenset({PatientFactory(organization=stage.practice.organization).pk})
    )
    for by in (neighbour, stranger, VISITOR):
        assert not Appointment.objects.visible_to(by).exists()
        with pytest.raises(Missing):
            services.cancel_appointment(appointment.pk, by=by, at=AT)
    own = Actor(kind=Kind.PATIENT, patient_ids=frozenset({stage.patient.pk}))
    with pytest.raises(Forbidden):
        services.complete_appointment(appointment.pk, by=own, at=AT)
    assert services.cancel_appointment(appointment.pk, by=own, at=AT).status == "cancelled"


@pytest.mark.parametrize(
    "change",
    [
        {"ends_at": AT},
        {"starts_at": None},
        {"starts_at": None, "ends_at": None},
        {"plan_session_number": 1},
        {"status": "cancelled"},
        {"status": "lost"},
    ],
)
def test_the_database_refuses_what_the_verbs_would(change):
    appointment = set_stage().book()
    with pytest.raises(IntegrityError, match="appointment"), transaction.atomic():
        Appointment.objects.filter(pk=appointment.pk).update(**change)


@pytest.mark.parametrize("price", ["99.99", "0.05", "33.30", "9999999999.99"])
def test_a_visit_keeps_a_price_that_is_no_round_one(price):
    stage = set_stage()
    stage.service.base_price = Decimal(price)
    stage.service.save()
    (line,) = stage.book().services.all()
    assert str(line.price) == price
