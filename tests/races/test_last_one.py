"""Two at once: one wins, the others get their clear refusal, and nothing is half-done.

Each race has a control: the same without the lock must do harm, or the test would prove nothing.
"""

import pytest

from core import locks
from core.errors import Conflict
from orders.services import confirm_order
from programs.models import Enrollment
from scheduling.models import Appointment
from scheduling.services import complete_appointment
from tests.factories import AT
from tests.races.racing import THREADS, broken, meet_before_writing, race, take_locks_away
from tests.stage import DAY, bundle, set_stage

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


@pytest.fixture
def no_locks(monkeypatch):
    """Rows are read without a lock, and two who have read wait for each other before they write."""
    take_locks_away(monkeypatch)
    return meet_before_writing(monkeypatch)


def enrolling():
    stage = set_stage()
    bundle(stage.plan, stage.product)
    return lambda _number: stage.enroll()


def booking_the_last_session():
    stage = set_stage()
    stage.plan.sessions_total = 1
    stage.plan.save()
    enrollment = stage.enroll()
    return lambda number: stage.book(enrollment, days=1 + number)


def confirming_one_order():
    stage = set_stage()
    order = stage.order()
    return lambda _number: confirm_order(order.pk, by=stage.desk, at=AT + DAY)


# Each with the refusal of the others, and with what comes of two without the lock. The last session's number is
# unique in the database, too: there the second is still kept out, but by an error that tells the patient nothing.
RACES = [
    (enrolling, "already_enrolled", {"done": 2}),
    (booking_the_last_session, "no_session_left", {"done": 1, "duplicate": 1}),
    (confirming_one_order, "invalid_transition", {"done": 2}),
]


@pytest.mark.parametrize(("story", "refusal"), [one[:2] for one in RACES])
def test_one_wins_and_the_others_are_told_why(story, refusal):
    assert race(story()) == {"done": 1, refusal: THREADS - 1}
    assert broken() == []


@pytest.mark.parametrize(("story", "harm"), [(story, harm) for story, _refusal, harm in RACES])
def test_without_the_lock_it_would_not_be_so(no_locks, story, harm):
    assert race(story(), threads=2, meeting=no_locks) == harm


def completing_two_visits():
    stage = set_stage()
    enrollment = stage.enroll()
    ids = [stage.book(enrollment, days=1 + number).pk for number in range(3)]
    return lambda number: complete_appointment(ids[number], by=stage.desk, at=AT + 5 * DAY)


def test_visits_of_one_program_completed_at_once_all_count():
    assert race(completing_two_visits(), threads=3) == {"done": 3}
    assert (Enrollment.objects.get().sessions_left, Enrollment.objects.get().status) == (0, "completed")
    assert broken() == []


def test_without_the_lock_a_session_would_be_lost(no_locks):
    assert race(completing_two_visits(), threads=2, meeting=no_locks) == {"done": 2}
    assert broken() == ["programs.left_is_ledger_sum"]


def test_one_order_of_locks_is_kept():
    """The recorder refuses a verb that locks in another order."""
    from core.db import unit_of_work

    stage = set_stage()
    appointment = stage.book()
    with unit_of_work("orders.confirm", by=stage.desk, at=AT):
        locks.lock(Appointment.objects.all(), [appointment.pk])
        with pytest.raises(locks.LockOrderError, match=r"programs\.enrollment locked after scheduling\.appointment"):
            locks.lock(Enrollment.objects.all(), [])


def test_refusals_are_conflicts():
    """What the race counts by code are conflicts, which every contract answers with a 409."""
    stage = set_stage()
    stage.enroll()
    with pytest.raises(Conflict):
        stage.enroll()
