"""How the races are run: threads that start together, and what came of each."""

from collections import Counter
from contextlib import contextmanager, nullcontext
from threading import Barrier, BrokenBarrierError, Thread, local
from types import SimpleNamespace

from django.db import connection, connections

from core.db import Work
from core.errors import DomainError
from tests.broken import broken_invariants

THREADS = 16


def race(call, threads=THREADS, patience=60):
    """`call(number)` in as many threads at once; how often each outcome came: "done", or the refusal's code."""
    start, outcomes = Barrier(threads, timeout=30), []

    def run(number):
        try:
            start.wait()
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
        thread.join(patience)
    assert not any(thread.is_alive() for thread in running)
    return Counter(outcomes)


def broken():
    """The names of the invariants that do not hold."""
    return broken_invariants()


class Meeting:
    """Where two who have read wait for each other before they write; one alone goes on after a while."""

    def __init__(self, patience=1):
        self.barrier, self.patience = Barrier(2), patience

    def wait(self):
        try:
            self.barrier.wait(timeout=self.patience)
        except BrokenBarrierError:
            self.barrier.reset()


def meet_before_writing(monkeypatch):
    """For a control with two threads: both have read and decided before either writes anything."""
    meeting, met = Meeting(patience=5), local()
    met.already = True  # in this thread, which sets the stage

    def after_meeting(write):
        def run(*args, **more):
            if not getattr(met, "already", False):
                met.already = True
                meeting.wait()
            return write(*args, **more)

        return run

    for name in ("create", "create_many", "save", "save_many", "append", "delete"):
        monkeypatch.setattr(Work, name, after_meeting(getattr(Work, name)))


def only_read(queryset):
    """What stands for `read_locked` in a control: the rows, and nothing that keeps others out."""
    return list(queryset)


# What stands for `django.db.transaction` in a control on SQLite, where the transaction itself is the lock. To defer it
# would prove nothing: whoever then writes what he read before another wrote is turned away by SQLite with a 503.
NO_TRANSACTIONS = SimpleNamespace(atomic=nullcontext, on_commit=lambda call, robust=True: call())


def take_locks_away(monkeypatch):
    """For a control: every lock only reads, and on SQLite each statement stands alone."""
    monkeypatch.setattr("core.locks.read_locked", only_read)
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
