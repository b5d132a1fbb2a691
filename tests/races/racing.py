"""How the races are run: threads that start together, and what came of each."""

from collections import Counter
from contextlib import contextmanager, nullcontext
from math import inf
from threading import Barrier, Condition, Thread, get_ident
from types import SimpleNamespace

from django.db import connection, connections

from core.db import Work
from core.errors import DomainError
from core.prepared import Prepared
from tests.broken import broken_invariants
from tests.patience import LIMIT
from tests.races.server import wait_until_alone

THREADS = 16


def race(call, threads=THREADS, *, meeting=None):
    """`call(number)` in as many threads at once; how often each outcome came: "done", or the refusal's code.

    In a control each call is a round of the `meeting`.
    """
    start, outcomes = Barrier(threads, timeout=LIMIT), []

    def run(number):
        try:
            start.wait()
            with meeting.round() if meeting else nullcontext():
                call(number)
            outcomes.append("done")
        except DomainError as error:
            outcomes.append(error.code)
        except Exception as error:  # noqa: BLE001 whatever else is told by its name, and fails the test
            outcomes.append(type(error).__name__)
        finally:
            connections.close_all()

    running = [Thread(target=run, args=(number,)) for number in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(LIMIT)
    assert not any(thread.is_alive() for thread in running)
    return Counter(outcomes)


def broken():
    """The names of the invariants that do not hold."""
    return broken_invariants()


def deadlocks():
    """How many PostgreSQL has broken in the test's database; SQLite has one writer at a time and none."""
    if connection.vendor != "postgresql":
        return 0
    wait_until_alone()  # what a session counted is there for certain once it has ended
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return cursor.fetchone()[0]


class Meeting:
    """Where the two threads of a control wait for each other, so that both have read before either writes.

    A thread waits until the other has come as far in the same round, or has ended the round without coming.
    """

    def __init__(self):
        self.changed, self.reached = Condition(), {}

    @contextmanager
    def round(self):
        """What a thread does once, such as one booking; both do the same number of them."""
        number = self.reached.get(get_ident(), (0, 0))[0] + 1
        self._reach(number, 0)
        try:
            yield
        finally:
            self._reach(number, inf)

    def wait(self, *, once=False):
        """For the other; `once`: only the first time in a round. Outside of rounds, as for who sets the stage, not."""
        number, times = self.reached.get(get_ident(), (0, inf))
        if times == inf or (once and times):
            return
        here = (number, times + 1)
        self._reach(*here)
        with self.changed:
            both = self.changed.wait_for(lambda: sum(one >= here for one in self.reached.values()) == 2, LIMIT)
        assert both, "the other never came"

    def _reach(self, number, times):
        with self.changed:
            self.reached[get_ident()] = (number, times)
            self.changed.notify_all()


def meet_before_writing(monkeypatch):
    """For a control with two threads: both have read and decided before either writes anything."""
    meeting = Meeting()

    def after_meeting(write):
        def run(*args, **more):
            meeting.wait(once=True)
            return write(*args, **more)

        return run

    for name in ("create", "create_many", "save", "save_many", "append", "delete"):
        monkeypatch.setattr(Work, name, after_meeting(getattr(Work, name)))
    return meeting


def only_read(queryset):
    """What stands for `read_locked` in a control: the rows, and nothing that keeps others out."""
    return list(queryset)


def only_ask(rows, values):
    """What stands for `ask_locked`: the same query without its lock."""

    def unlocked():
        found = rows.make()
        found.query.select_for_update = False
        return found

    return Prepared(unlocked)(**values)


# What stands for `django.db.transaction` in a control on SQLite, where the transaction itself is the lock. To defer it
# would prove nothing: whoever then writes what he read before another wrote is turned away by SQLite with a 503.
NO_TRANSACTIONS = SimpleNamespace(atomic=nullcontext, on_commit=lambda call, robust=True: call())


def take_locks_away(monkeypatch):
    """For a control: every lock only reads, and on SQLite each statement stands alone."""
    monkeypatch.setattr("core.locks.read_locked", only_read)
    monkeypatch.setattr("core.locks.ask_locked", only_ask)
    if connection.vendor == "sqlite":
        monkeypatch.setattr("core.db.transaction", NO_TRANSACTIONS)


@contextmanager
def constraint_taken_away(model, name):
    """For a control: the database takes what it is given."""
    kept = list(model._meta.constraints)
    (constraint,) = [one for one in kept if one.name == name]
    model._meta.constraints = [one for one in kept if one is not constraint]
    with connection.schema_editor() as editor:
        editor.remove_constraint(model, constraint)
    try:
        yield
    finally:
        model.objects.all().delete()
        model._meta.constraints = kept
        with connection.schema_editor() as editor:
            editor.add_constraint(model, constraint)
