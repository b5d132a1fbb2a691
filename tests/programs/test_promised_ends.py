"""The check that no program ends earlier than promised finds exactly those, by the calendar of `add_months`."""

from datetime import UTC, datetime, timedelta

import pytest

from core.invariants import all_invariants
from programs.models import Enrollment
from tests.factories import AT, EnrollmentFactory

(CHECK,) = [one for one in all_invariants() if one.name == "programs.ends_as_promised"]
SECOND = timedelta(seconds=1)


def moment(*parts):
    return datetime(*parts, 10, 30, tzinfo=UTC)


START, END = moment(2026, 1, 31), moment(2026, 2, 28)

# Each with whether it breaks the promise: start, months, end of access, end of sessions, end of all.
PROGRAMS = {
    "clamped to the month's end": (START, 1, END, None, END, False),
    "a second early": (START, 1, END - SECOND, None, END - SECOND, True),
    "extended": (START, 1, moment(2026, 3, 9), None, moment(2026, 3, 9), False),
    "into a leap year": (moment(2027, 8, 31), 6, moment(2028, 2, 29), None, moment(2028, 2, 29), False),
    "a day before a leap day": (moment(2027, 8, 31), 6, moment(2028, 2, 28), None, moment(2028, 2, 28), True),
    "months over the year's end": (moment(2026, 10, 31), 16, moment(2028, 2, 29), None, moment(2028, 2, 29), False),
    "for life": (START, None, None, None, None, False),
    "for life, with an end": (START, None, END, None, END, True),
    "the later of two": (START, 1, END, AT + timedelta(days=90), AT + timedelta(days=90), False),
    "the earlier of two": (START, 1, END, AT + timedelta(days=90), END, True),
    "neither of two": (START, 1, END, AT + timedelta(days=90), AT + timedelta(days=91), True),
    "sessions alone": (None, None, None, AT, AT, False),
    "another end than the sessions'": (None, None, None, AT, AT + SECOND, True),
    "an end of nothing": (None, None, None, None, AT, True),
    "no end": (None, None, None, None, None, False),
}


@pytest.mark.django_db
def test_exactly_the_programs_that_end_otherwise_are_found():
    broken = set()
    for start, months, access, sessions, end, breaks in PROGRAMS.values():
        program = EnrollmentFactory()
        Enrollment.objects.filter(pk=program.pk).update(
            access_starts_at=start, access_months=months, access_expires_at=access, expires_at=sessions, ends_at=end
        )
        if breaks:
            broken.add(program.pk)
    assert set(CHECK.offenders()) == broken
