"""How long a race waits. It waits for what it needs, an event or a lock, however busy the machine is; this only ends
a test in which that never comes.
"""

from contextlib import contextmanager

from django.db import connections

LIMIT = 600  # seconds; below pytest's faulthandler_timeout, so that the test itself says what did not come


def patient(options, *, vendor):
    """A connection's options with limits that a loaded machine does not reach.

    The product gives up on a lock after seconds, because a person waits: a race that asks who wins must not learn
    that the machine was busy.
    """
    if vendor == "sqlite":
        return {**options, "timeout": LIMIT}
    if "options" not in options:  # behind a pooler, where the role has the limits
        return options
    names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    return {**options, "options": " ".join(f"-c {name}={LIMIT * 1000}" for name in names)}


@contextmanager
def patience():
    """Patient connections in every thread from here on, the present thread's included."""
    config, connection = connections.settings["default"], connections["default"]
    kept = config["OPTIONS"]
    config["OPTIONS"] = patient(kept, vendor=connection.vendor)
    connection.close()
    try:
        yield
    finally:
        config["OPTIONS"] = kept
        connection.close()
