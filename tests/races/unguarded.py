"""The product without its guards, for the controls: what the races and kills must find when they are gone.

`HARNESS_WITHOUT` says which: `locks` (rows are read without a lock, and readers linger before they write; on SQLite
the transaction is the lock and goes, too) or `transactions` (each statement stands alone, with time between them).
"""

import os
import time

from django.db import connection

from tests.races.wsgi import application  # sets Django up first

from core import bulk_write, db, locks  # isort: skip
from tests.races import racing  # isort: skip

WITHOUT = os.environ["HARNESS_WITHOUT"]
WINDOW = 0.05


def only_read(queryset):
    rows = racing.only_read(queryset)
    if WITHOUT == "locks":
        time.sleep(WINDOW)
    return rows


def only_ask(prepared, values):
    rows = racing.only_ask(prepared, values)
    if WITHOUT == "locks":
        time.sleep(WINDOW)
    return rows


def slowly(rows, **more):
    time.sleep(WINDOW)
    bulk_write.insert_many(rows, **more)


locks.read_locked, locks.ask_locked = only_read, only_ask
if WITHOUT == "transactions" or connection.vendor == "sqlite":
    db.transaction = racing.NO_TRANSACTIONS
if WITHOUT == "transactions":
    db.insert_many = slowly

__all__ = ["application"]
