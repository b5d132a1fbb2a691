"""The Redis cache; when Redis is away or too slow, callers get Unavailable, so that nothing goes uncounted.

A count that cannot be kept is no reason to go on uncounted.
"""

from __future__ import annotations

from typing import Any

import redis
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis.backoff import NoBackoff
from redis.retry import Retry

from core.errors import Unavailable


class Connected(redis.Redis):
    """A Redis connection that raises our errors."""

    def execute_command(self, *args: Any, **options: Any) -> Any:
        """Return the answer; raise Unavailable if there is none."""
        try:
            return super().execute_command(*args, **options)  # type: ignore[no-untyped-call] # the library's
        except (redis.ConnectionError, redis.TimeoutError) as error:
            raise Unavailable from error


class ClinicRedisClient(RedisCacheClient):
    """Django's, with our connection.

    What fails is tried once more at once, on another connection: the server may have closed one that lay idle. The
    library itself would wait for seconds between four tries, with a request and its worker.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, retry=Retry(NoBackoff(), 1), **options)
        self._client = Connected


class ClinicRedisCache(RedisCache):
    """Django's cache in Redis, which raises Unavailable where Redis is away."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._class = ClinicRedisClient
