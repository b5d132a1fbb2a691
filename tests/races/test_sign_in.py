"""Many tries to sign in at the same moment are all counted: no more are let in than one after another.

The control counts before it writes: then all of them are let in.
"""

from threading import Barrier

import pytest

from directory.models import SignIn
from directory.services.sign_ins import WRONG_OF_ONE, begin_sign_in
from tests.factories import AT
from tests.patience import LIMIT
from tests.races.racing import THREADS, race

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def tried_at_once(after=lambda attempt: None):
    """How many of the threads may have their password looked at."""
    let_in = []

    def attempt(number):
        one = begin_sign_in(account="ana", address="192.0.2.1", agent="", browser="", at=AT)
        after(one)
        if not one.wait:
            let_in.append(number)

    assert race(attempt) == {"done": THREADS}
    return len(let_in)


def test_of_many_tries_at_once_no_more_than_five_are_looked_at():
    assert tried_at_once() <= WRONG_OF_ONE
    assert SignIn.objects.count() == THREADS


def test_counting_before_writing_would_let_all_of_them_in(monkeypatch):
    counted = Barrier(THREADS, timeout=LIMIT)

    def write(attempt):
        counted.wait()
        attempt.row.save()

    monkeypatch.setattr(SignIn.objects, "create", lambda **values: SignIn(**values))
    assert tried_at_once(write) == THREADS
