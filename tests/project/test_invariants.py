"""`check_invariants` finds a planted violation of each of its invariants, and none in what the verbs leave."""

import json
from copy import deepcopy
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from core.append_only import erasing
from core.invariants import all_invariants
from core.models import AuditEntry, PatientLook
from core.seal import seal_history
from orders.models import ProductOrder, ProductOrderEvent
from orders.services import confirm_order
from programs.models import Enrollment, SessionMovement
from programs.services import expire_programs
from scheduling.calendar import SlotWish
from scheduling.models import Appointment, AvailableSlot, Claim
from scheduling.services import add_time_off, book_slot, cancel_appointment, complete_appointment, create_slot
from tests.factories import AT, PatientFactory, PracticeFactory
from tests.planted import RECORDS
from tests.planted_money import MONEY
from tests.stage import DAY, bundle, set_stage

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def played(django_db_setup, django_db_blocker):
    """A clinic where something of everything happened, all of it rightly; rolled back in the end."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield play()
        transaction.set_rollback(True)


@pytest.fixture
def stage(played):
    """The same clinic again: what a test plants is rolled back with it."""
    return deepcopy(played)


def play():
    stage = set_stage()
    bundle(stage.plan, stage.product)
    stage.enrollment = stage.enroll()
    stage.done = stage.book(stage.enrollment, days=1)
    complete_appointment(stage.done.pk, by=stage.desk, at=AT + DAY)
    stage.cancelled = stage.book(stage.enrollment, days=2)
    cancel_appointment(stage.cancelled.pk, by=stage.desk, at=AT)
    stage.open = stage.book(stage.enrollment, days=3)
    stage.bundled = stage.enrollment.orders.get()
    stage.standalone = stage.order("confirmed")
    confirm_order(stage.bundled.pk, by=stage.desk, at=AT + DAY)
    stage.slot = offer(stage, days=6)
    stage.free = offer(stage, days=7)
    stage.booked = book_slot(stage.slot.pk, patient_id=stage.patient.pk, by=stage.desk, at=AT)
    stage.away = add_time_off(
        practice_id=stage.practice.pk,
        specialist_id=stage.specialist.pk,
        starts_at=AT + 8 * DAY,
        ends_at=AT + 9 * DAY,
        by=stage.desk,
        at=AT,
    )
    return stage


def offer(stage, *, days):
    starts = AT + days * DAY
    wish = SlotWish(specialist_id=stage.specialist.pk, starts_at=starts, ends_at=starts + 30 * MINUTE)
    return create_slot(practice_id=stage.practice.pk, wish=wish, by=stage.desk, at=AT)


def change(row, **values):
    type(row).objects.filter(pk=row.pk).update(**values)


def in_ledger(row, **values):
    with erasing():
        change(row, **values)


def lift(name, table):
    """Take a constraint away until the test's transaction is rolled back."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        else:
            for event in ("INSERT", "UPDATE"):
                cursor.execute(f'DROP TRIGGER "{name}_{event}"')


def drop_index(name):
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f'DROP INDEX "{name}"')


def second_slot(stage):
    slot = stage.slot
    return AvailableSlot(
        practice=slot.practice, specialist=slot.specialist, starts_at=slot.starts_at + MINUTE, ends_at=slot.ends_at
    )


def plant_slot_overlap(stage):
    lift("slot_no_overlap", "scheduling_availableslot")
    second_slot(stage).save()


def plant_claim_overlap(stage):
    lift("claim_no_overlap", "scheduling_claim")
    claim = Claim.objects.get(appointment=stage.open, role="specialist")
    claim.pk, claim._state.adding = None, True
    claim.save()


def plant_withdrawn(stage):
    change(stage.slot, withdrawn_at=AT)


def consume_of(stage):
    return SessionMovement.objects.get(kind="consume", appointment=stage.done)


def plant_restore(stage):
    SessionMovement.objects.create(
        enrollment=stage.enrollment, kind="restore", quantity=2, reverses=consume_of(stage), at=AT
    )


def plant_held(stage):
    change(stage.enrollment, sessions_left=0)


def plant_sealed(stage):
    seal_history(at=AT + DAY)
    in_ledger(AuditEntry.objects.latest("pk"), verb="orders.other")


PLANTED = {
    "core.history_sealed": plant_sealed,
    "core.patient_looks_have_looks": lambda s: PatientLook.objects.create(look_id=10**9, patient=s.patient, at=AT),
    "core.guards_present": lambda _: drop_index("order_patient"),
    "orders.history_ends_in_status": lambda s: change(s.standalone, status="pending", confirmed_at=None),
    "orders.legal_steps": lambda s: ProductOrderEvent.objects.create(
        order=s.standalone, from_status="delivered", to_status="confirmed", at=AT
    ),
    "orders.one_organization": lambda s: change(s.standalone, patient=PatientFactory()),
    "orders.bundle_fits": lambda s: change(s.bundled, patient=PatientFactory(organization=s.practice.organization)),
    "programs.left_is_ledger_sum": lambda s: change(s.enrollment, sessions_left=1),
    "programs.restore_reverses": plant_restore,
    "programs.grant_is_promise": lambda s: change(s.enrollment, sessions_total=9),
    "programs.completed_when_used": lambda s: change(s.enrollment, status="completed", completed_at=AT),
    "programs.expired_after_end": lambda s: change(s.enrollment, status="expired"),
    "programs.ends_as_promised": lambda s: change(s.enrollment, ends_at=AT + timedelta(days=1)),
    "programs.bundle_at_once": lambda s: change(s.enrollment, enrolled_at=AT - DAY),
    "programs.one_organization": lambda s: change(s.enrollment, practice=PracticeFactory()),
    "scheduling.done_consumes": lambda s: change(s.open, status="done"),
    "scheduling.given_up_settled": lambda s: change(s.open, status="no_show", plan_session_number=None),
    "scheduling.numbers_fit": lambda s: change(s.open, plan_session_number=None),
    "scheduling.held_within_left": plant_held,
    "scheduling.program_fits": lambda s: change(s.open, patient=PatientFactory(organization=s.practice.organization)),
    "slots.no_overlap": plant_slot_overlap,
    "slots.booked_counted": lambda s: change(s.slot, booked=0),
    "slots.blocked_counted": lambda s: change(s.free, blocked=1),
    "slots.held_until": lambda s: change(s.free, held_until=AT),
    "slots.booked_not_withdrawn": plant_withdrawn,
    "slots.claims_fit": lambda s: Claim.objects.filter(slot=s.slot).delete(),
    "slots.appointment_fits": lambda s: change(s.booked, ends_at=s.booked.ends_at + MINUTE),
    "claims.no_overlap": plant_claim_overlap,
    "claims.shared_clash": lambda s: Claim.objects.filter(appointment=s.open).update(exclusive=False),
    "claims.appointments_claim": lambda s: Claim.objects.filter(appointment=s.open, role="patient").delete(),
    "claims.needs_move": lambda s: change(s.open, needs_move=True),
    "claims.time_off_claims": lambda s: change(s.away, archived_at=AT),
    "scheduling.one_organization": lambda s: change(s.open, practice=PracticeFactory()),
}

PLANTED |= RECORDS | MONEY


def run(capsys):
    code = 0
    try:
        call_command("check_invariants", "--json")
    except SystemExit as stop:
        code = stop.code
    return code, json.loads(capsys.readouterr().out)


def test_the_verbs_break_none(stage, capsys):
    expire_programs(by=stage.desk.system("test"), at=AT + 100 * DAY)
    code, report = run(capsys)
    assert (code, report["broken"]) == (0, {})
    assert report["checked"] == len(all_invariants())


@pytest.mark.parametrize("name", [one.name for one in all_invariants()])
def test_a_planted_violation_is_found(stage, name, capsys):
    PLANTED[name](stage)
    code, report = run(capsys)
    assert code == 1
    assert report["broken"][name]


def test_a_number_kept_after_a_release_is_found(stage, capsys):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE scheduling_appointment SET plan_session_number = 7 WHERE id = %s", [stage.cancelled.pk])
    assert run(capsys)[1]["broken"]["scheduling.numbers_fit"] == [stage.cancelled.pk]


def test_people_read_what_is_broken(stage, capsys):
    change(stage.enrollment, sessions_left=1)
    with pytest.raises(SystemExit):
        call_command("check_invariants")
    out = capsys.readouterr().out
    assert "BROKEN programs.left_is_ledger_sum" in out
    assert str(stage.enrollment.pk) in out


def test_every_model_used_here_has_rows(stage):
    for model in (ProductOrder, Enrollment, Appointment, SessionMovement):
        assert model.objects.exists()
