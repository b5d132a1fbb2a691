"""How the races are run: threads that start together, and what came of each."""

from collections import Counter
from threading import Barrier, Thread

from django.db import connections

from core.errors import DomainError
from core.invariants import violations

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
    return [violation.invariant.name for _, violation in violations() if violation]
