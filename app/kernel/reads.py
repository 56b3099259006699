"""How often somebody reads, counted in Redis where there is one: reading writes nothing into the database.

Without Redis nothing is counted and nothing is limited. A Redis that does not answer stops nobody: reading goes on uncounted,
and after a pause it is asked again.
"""

from __future__ import annotations

import math
import time

import structlog
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from app.kernel.faults import describe
from app.kernel.rates import Limit, Standing

log = structlog.get_logger("web")

TIMEOUT_SECONDS = 0.2  # a page must not wait longer for a count
PAUSE_SECONDS = 5.0  # after a failure, so that only one request in a while waits at all


class ReadCounter:
    """One process's door to Redis. The windows are those of ``rates``: fixed, and shared by all processes."""

    def __init__(self, url: str) -> None:
        self._redis = Redis.from_url(
            url,
            socket_timeout=TIMEOUT_SECONDS,
            socket_connect_timeout=TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 1),  # a connection that the server closed in the meantime
        )
        self._asked_again_at = 0.0

    def count(self, limit: Limit, subject: str) -> Standing | None:
        """Count one more and say where the subject stands; None when Redis does not answer."""
        if time.monotonic() < self._asked_again_at:
            return None
        now = time.time()
        begun = int(now) // limit.seconds * limit.seconds
        key = f"xunyi:rate:{limit.kind}:{begun}:{subject}"
        try:
            with self._redis.pipeline(transaction=True) as both:
                both.incr(key)
                both.expire(key, limit.seconds)
                used = int(both.execute()[0])
        except RedisError as trouble:
            self._asked_again_at = time.monotonic() + PAUSE_SECONDS
            log.warning("reads_not_counted", error=describe(trouble))
            return None
        return Standing(limit, used, max(1, math.ceil(begun + limit.seconds - now)))

    def close(self) -> None:
        self._redis.close()
