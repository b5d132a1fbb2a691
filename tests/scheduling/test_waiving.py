"""Waiving: a session that the practice's policy would use up is given back, by staff alone."""

import pytest

from core.actor import Actor, Kind
from core.errors import Forbidden
from scheduling.services import (
    Repeat,
    book_repeating,
    cancel_appointment,
    cancel_repeating,
    late_cancel_forfeits,
    mark_no_show,
    no_show_forfeits,
)
from tests.factories import AT
from tests.scheduling.words import HOUR
from tests.stage import DAY, everything, set_stage

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("every_invariant_holds")]


@pytest.fixture
def strict():
    """A practice that keeps the session of a no-show and of a late cancellation."""
    return set_stage(late_cancel_forfeits=True, no_show_forfeits=True, notice_hours=24)


def kinds(enrollment):
    return list(enrollment.movements.exclude(kind="grant").order_by("pk").values_list("kind", flat=True))


@pytest.mark.parametrize(("waive", "kind", "left"), [(False, "forfeit", 2), (True, "release", 3)])
@pytest.mark.parametrize("how", ["cancelled late", "no-show"])
def test_a_waived_session_is_given_back(strict, how, waive, kind, left):
    enrollment = strict.enroll()
    made = strict.book(enrollment)
    at = made.starts_at - HOUR
    if how == "no-show":
        assert no_show_forfeits(made)
        mark_no_show(made.pk, waive=waive, by=strict.desk, at=at)
    else:
        assert late_cancel_forfeits(made, at=at)
        cancel_appointment(made.pk, by_patient=True, waive=waive, by=strict.desk, at=at)
    enrollment.refresh_from_db()
    assert (kinds(enrollment), enrollment.sessions_left) == ([kind], left)


def test_nothing_is_lost_in_time_or_without_a_session(strict):
    made, bare = strict.book(strict.enroll()), strict.book(days=5)
    assert not late_cancel_forfeits(made, at=made.starts_at - 25 * HOUR)
    assert not late_cancel_forfeits(bare, at=bare.starts_at - HOUR)
    assert not no_show_forfeits(bare)


def test_a_waived_series_gives_every_session_back(strict):
    enrollment = strict.enroll()
    rows = book_repeating(
        practice_id=strict.practice.pk,
        patient_id=strict.patient.pk,
        service_id=strict.service.pk,
        specialist_id=strict.specialist.pk,
        starts_at=AT + 3 * DAY,
        repeat=Repeat("weekly", 1, 1),
        enrollment_id=enrollment.pk,
        by=strict.desk,
        at=AT,
    )
    at = rows[0].starts_at - HOUR
    cancel_repeating(rows[0].pk, following=True, by_patient=True, waive=True, by=strict.desk, at=at)
    assert kinds(enrollment) == ["release", "release"]


def test_a_patient_does_not_waive(strict):
    made = strict.book(strict.enroll())
    mine = Actor(kind=Kind.PATIENT, patient_ids=frozenset({strict.patient.pk}), own_patient_id=strict.patient.pk)
    before = everything()
    with pytest.raises(Forbidden):
        cancel_appointment(made.pk, waive=True, by=mine, at=made.starts_at - HOUR)
    assert everything() == before
