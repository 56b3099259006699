"""Password hashing: argon2id, at most two at a time in one process (each needs 64 MiB and a processor for a moment)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.accounts.errors import TooBusy

AT_ONCE = 2
WAIT_SECONDS = 8.0

_slots = threading.BoundedSemaphore(AT_ONCE)


@contextmanager
def slot() -> Iterator[None]:
    """A turn at hashing. Raises TooBusy when there is none within eight seconds."""
    if not _slots.acquire(timeout=WAIT_SECONDS):
        raise TooBusy()
    try:
        yield
    finally:
        _slots.release()


def hash_password(password: str, time_cost: int = 3) -> str:
    """The encoded argon2id hash (parameters and salt inside). Takes about 0.1 to 0.3 s: never inside a transaction."""
    with slot():
        return _hasher(time_cost).hash(password)


def is_right(password: str, password_hash: str | None, time_cost: int = 3) -> bool:
    """Whether the password is the one of the hash. Without a hash (unknown user) the same work is done, in vain.

    Call it with a ``slot()``: the caller notes the try in the same turn.
    """
    try:
        return _hasher(time_cost).verify(password_hash or dummy(time_cost), password) and password_hash is not None
    except (VerificationError, InvalidHashError, UnicodeEncodeError):
        return False


def is_outdated(password_hash: str, time_cost: int = 3) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return _hasher(time_cost).check_needs_rehash(password_hash)


@lru_cache
def dummy(time_cost: int) -> str:
    """A hash that nobody has: unknown addresses are checked against it, so that they take as long as known ones."""
    return _hasher(time_cost).hash("nobody has this password")


@lru_cache
def _hasher(time_cost: int) -> PasswordHasher:
    return PasswordHasher(time_cost=time_cost)
