"""The product without its guards, for the controls: what the races and kills must find when they are gone.

`HARNESS_WITHOUT` says which: `locks` (rows are read without a lock, and readers linger before they write) or
`transactions` (each statement stands alone, and there is time between them).
"""

import os
import time
from contextlib import nullcontext
from types import SimpleNamespace

from django.db import connection

from tests.races.wsgi import application  # sets Django up first

from core import bulk_write, db, locks  # isort: skip

WITHOUT = os.environ["HARNESS_WITHOUT"]
WINDOW = 0.05


def only_read(queryset):
    rows = list(queryset)
    if WITHOUT == "locks":
        time.sleep(WINDOW)
    return rows


def slowly(rows):
    time.sleep(WINDOW)
    bulk_write.insert_many(rows)


locks.read_locked = only_read
if connection.vendor == "sqlite":
    connection.settings_dict["OPTIONS"]["transaction_mode"] = "DEFERRED"
if WITHOUT == "transactions":
    db.transaction = SimpleNamespace(atomic=nullcontext, on_commit=lambda call, robust=True: call())
    db.insert_many = slowly

__all__ = ["application"]
