"""What is done in a booked visit, and of which program it takes a session: both can be changed, its time stays."""

from decimal import Decimal

import pytest

from catalog.models import Service
from core.errors import Conflict, InvalidInput, Missing
from programs.models import SessionMovement
from scheduling.services import (
    archive_appointment,
    cancel_appointment,
    change_treatment,
    complete_appointment,
    undo_appointment,
)
from tests.conftest import everything_stored
from tests.factories import AT, AppointmentServiceFactory, ServiceFactory, ServicePlanFactory
from tests.stage import DAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("every_invariant_holds")]


def change(stage, row, *, service=None, program=None, at=AT, **more):
    service_id, enrollment_id = (service or stage.service).pk, program.pk if program else None
    return change_treatment(row.pk, service_id=service_id, enrollment_id=enrollment_id, by=stage.desk, at=at, **more)


def other_service(stage, **more):
    return ServiceFactory(organization=stage.practice.organization, base_price=Decimal("75.00"), **more)


def test_a_visit_comes_into_a_program_and_out_of_it_again(stage):
    program, made = stage.enroll(), stage.book()
    whole = program.sessions_left
    row = change(stage, made, program=program)
    assert (row.enrollment, row.plan_session_number, row.starts_at) == (program, 1, made.starts_at)
    row = change(stage, row)
    assert (row.enrollment, row.plan_session_number) == (None, None)
    # Back in it, it is used once, given back once, and can still be undone.
    row = change(stage, row, program=program)
    complete_appointment(row.pk, by=stage.desk, at=AT + 4 * DAY)
    program.refresh_from_db()
    assert program.sessions_left == whole - 1
    undo_appointment(row.pk, by=stage.desk, at=AT + 4 * DAY)
    program.refresh_from_db()
    assert program.sessions_left == whole
    cancel_appointment(row.pk, by=stage.desk, at=AT)
    assert SessionMovement.objects.standing().filter(enrollment=program, kind="release").count() == 1


def test_another_service_is_done_at_its_price_for_the_same_time(stage):
    made, massage = stage.book(), other_service(stage)
    row = change(stage, made, service=massage)
    assert [(line.service, line.price) for line in row.services.all()] == [(massage, Decimal("75.00"))]
    assert (row.starts_at, row.ends_at, row.appointment_type) == (made.starts_at, made.ends_at, massage.code)
    assert list(row.claims.values_list("starts_at", flat=True)) == list(made.claims.values_list("starts_at", flat=True))


def test_further_services_keep_the_price_of_their_booking(stage):
    """Also one that was archived since; a further one that becomes the first is priced as any first one."""
    made, massage, tape, heat = stage.book(), *(other_service(stage) for _one in range(3))
    for position, service in enumerate((tape, heat), start=1):
        AppointmentServiceFactory(appointment=made, service=service, position=position, price=Decimal("20.00"))
    Service.objects.filter(pk=heat.pk).update(archived_at=AT)
    change(stage, made, service=massage)

    def lines():
        return [(one.service, one.price) for one in made.services.order_by("position")]

    assert lines() == [(massage, Decimal("75.00")), (tape, Decimal("20.00")), (heat, Decimal("20.00"))]
    change(stage, made, service=tape)
    assert lines() == [(tape, Decimal("75.00")), (heat, Decimal("20.00"))]


def test_a_program_of_another_service_is_refused_and_nothing_changes(stage):
    program, made, massage = stage.enroll(), stage.book(), other_service(stage)
    before = everything_stored()
    with pytest.raises(InvalidInput) as refusal:
        change(stage, made, service=massage, program=program)
    assert set(refusal.value.fields) == {"enrollment_id"}
    assert everything_stored() == before


def test_a_program_without_a_session_left_is_refused(stage):
    plan = ServicePlanFactory(
        organization=stage.practice.organization, service=stage.service, sessions_total=1, name="One"
    )
    program = stage.enroll(plan)
    stage.book(program)
    made = stage.book(days=5)
    before = everything_stored()
    with pytest.raises(Conflict) as refusal:
        change(stage, made, program=program)
    assert refusal.value.code == "no_session_left"
    assert everything_stored() == before


def test_what_is_over_or_of_a_foreign_practice_is_not_changed(stage, foreign_practice):
    made, foreign = stage.book(), ServiceFactory(organization=foreign_practice.organization)
    before = everything_stored()
    with pytest.raises(Missing):
        change(stage, made, service=foreign)
    assert everything_stored() == before
    complete_appointment(made.pk, by=stage.desk, at=AT + 4 * DAY)
    gone = stage.book(days=5)
    archive_appointment(gone.pk, by=stage.desk, at=AT)
    for row in (made, gone):
        with pytest.raises(Conflict) as refusal:
            change(stage, row, service=other_service(stage))
        assert refusal.value.code == "invalid_transition"
