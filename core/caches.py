"""The database cache, with counts that are right when several processes count at once."""

from __future__ import annotations

import base64
import pickle
from typing import Any

from django.core.cache.backends.db import DatabaseCache
from django.db import connections, router, transaction


class CountingDatabaseCache(DatabaseCache):
    """Django's cache in a table. Its own `incr` reads and then writes, so that counts at the same moment are lost, and
    lets the count live for the cache's default time instead of its own."""

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        """Add to the value under the key, keeping its expiry; ValueError if there is none."""
        kept_as = self.make_and_validate_key(key, version=version)
        connection = connections[router.db_for_write(self.cache_model_class)]
        table = connection.ops.quote_name(self._table)  # type: ignore[attr-defined] # of its base
        # On SQLite the transaction takes its lock as it begins.
        lock = " FOR UPDATE" if connection.features.has_select_for_update else ""
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute(f"SELECT 1 FROM {table} WHERE cache_key = %s{lock}", [kept_as])  # noqa: S608 a table's name
            # Where no row was found none is locked, and one that came since must not be written over.
            kept = self.get(key, version=version) if cursor.fetchone() else None
            if kept is None:
                raise ValueError(key)
            value = int(kept) + delta
            written = base64.b64encode(pickle.dumps(value, self.pickle_protocol)).decode("latin1")
            cursor.execute(f"UPDATE {table} SET value = %s WHERE cache_key = %s", [written, kept_as])  # noqa: S608
        return value
