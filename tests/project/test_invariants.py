"""`check_invariants` finds a planted violation of each of its invariants, and none in what the verbs leave."""

import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection

from core.append_only import erasing
from core.invariants import all_invariants
from orders.models import ProductOrder, ProductOrderEvent
from orders.services import confirm_order
from programs.models import Enrollment, SessionMovement
from programs.services import expire_programs
from scheduling.models import Appointment
from scheduling.services import cancel_appointment, complete_appointment
from tests.factories import AT, PatientFactory, PracticeFactory
from tests.stage import DAY, bundle, set_stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage():
    """A clinic where something of everything happened, all of it rightly."""
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
    return stage


def change(row, **values):
    type(row).objects.filter(pk=row.pk).update(**values)


def in_ledger(row, **values):
    with erasing():
        change(row, **values)


def consume_of(stage):
    return SessionMovement.objects.get(kind="consume", appointment=stage.done)


def plant_restore(stage):
    SessionMovement.objects.create(
        enrollment=stage.enrollment, kind="restore", quantity=2, reverses=consume_of(stage), at=AT
    )


def plant_held(stage):
    change(stage.enrollment, sessions_left=0)


PLANTED = {
    "orders.history_ends_in_status": lambda s: change(s.standalone, status="pending", confirmed_at=None),
    "orders.legal_steps": lambda s: ProductOrderEvent.objects.create(
        order=s.standalone, from_status="delivered", to_status="confirmed", at=AT
    ),
    "orders.one_archive": lambda s: change(s.standalone, patient=PatientFactory()),
    "orders.bundle_fits": lambda s: change(s.bundled, patient=PatientFactory(archive=s.practice.archive)),
    "programs.left_is_ledger_sum": lambda s: change(s.enrollment, sessions_left=1),
    "programs.restore_reverses": plant_restore,
    "programs.grant_is_promise": lambda s: change(s.enrollment, sessions_total=9),
    "programs.completed_when_used": lambda s: change(s.enrollment, status="completed", completed_at=AT),
    "programs.expired_after_end": lambda s: change(s.enrollment, status="expired"),
    "programs.ends_as_promised": lambda s: change(s.enrollment, ends_at=AT + timedelta(days=1)),
    "programs.bundle_at_once": lambda s: change(s.enrollment, enrolled_at=AT - DAY),
    "programs.one_archive": lambda s: change(s.enrollment, practice=PracticeFactory()),
    "scheduling.done_consumes": lambda s: change(s.open, status="done"),
    "scheduling.given_up_settled": lambda s: change(s.open, status="no_show", plan_session_number=None),
    "scheduling.numbers_fit": lambda s: change(s.open, plan_session_number=None),
    "scheduling.held_within_left": plant_held,
    "scheduling.program_fits": lambda s: change(s.open, patient=PatientFactory(archive=s.practice.archive)),
    "scheduling.one_archive": lambda s: change(s.open, practice=PracticeFactory()),
}


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
