"""What is read from files or kept in the process: the versions of score rules that ship with the program, one file each, in
exactly the bytes whose hash stands in the log; and case files that were made already.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from app.credit.errors import CasesBusy
from app.credit.log.platforms import NAME as PLATFORM
from app.credit.log.platforms import PlatformPolicy, read_platform_policy
from app.credit.log.scorepolicies import ScorePolicy, read_score_policy

FOLDER = Path(__file__).with_name("policies")


@cache
def shipped() -> tuple[ScorePolicy, ...]:
    """All rules of scores, by name and version. Raises BadScorePolicy for a file that is none."""
    policies = [read_score_policy(path.read_bytes()) for path in _files() if not path.name.startswith(f"{PLATFORM}-")]
    return tuple(sorted(policies, key=lambda policy: (policy.name, policy.version)))


@cache
def shipped_of_platform() -> tuple[PlatformPolicy, ...]:
    """The rules of the marketplace's own record, by version."""
    policies = [read_platform_policy(path.read_bytes()) for path in _files() if path.name.startswith(f"{PLATFORM}-")]
    return tuple(sorted(policies, key=lambda policy: policy.version))


def _files() -> Iterable[Path]:
    return FOLDER.glob("*.json")


def by_sha256(sha256: str) -> ScorePolicy:
    """The version with this hash. Raises LookupError: the log names rules that this program does not have."""
    found = next((policy for policy in shipped() if policy.sha256 == sha256), None)
    if found is None:
        raise LookupError(f"no score policy with the hash {sha256} ships with this program")
    return found


def platform_by_sha256(sha256: str) -> PlatformPolicy:
    """The same of the rules of the marketplace's own record."""
    found = next((policy for policy in shipped_of_platform() if policy.sha256 == sha256), None)
    if found is None:
        raise LookupError(f"no rules of the marketplace's record with the hash {sha256} ship with this program")
    return found


def by_version(name: str, version: int) -> ScorePolicy | PlatformPolicy | None:
    """The version of this name and number; None when none ships."""
    every = (*shipped(), *shipped_of_platform())
    return next((policy for policy in every if (policy.name, policy.version) == (name, version)), None)


class Shelf:
    """Case files by what they were made of. Those not asked for longest go when there are too many; one is made at a time."""

    def __init__(self, most_bytes: int, patience_seconds: float) -> None:
        self._most, self._patience = most_bytes, patience_seconds
        self._kept: OrderedDict[Hashable, bytes] = OrderedDict()
        self._bytes = 0
        self._turn, self._guard = threading.Lock(), threading.Lock()

    def find(self, key: Hashable) -> bytes | None:
        """The file that was made of this, if it is still here."""
        with self._guard:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def keep(self, key: Hashable, content: bytes) -> None:
        """Keep it, unless it alone is longer than a quarter of what there is room for."""
        if len(content) * 4 > self._most:
            return
        with self._guard:
            self._bytes += len(content) - len(self._kept.pop(key, b""))
            self._kept[key] = content
            while self._bytes > self._most:
                self._bytes -= len(self._kept.popitem(last=False)[1])

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Alone with making one. Raises CasesBusy when others have been at it for too long."""
        if not self._turn.acquire(timeout=self._patience):
            raise CasesBusy()
        try:
            yield
        finally:
            self._turn.release()


RECORDS = Shelf(most_bytes=8 * 2**20, patience_seconds=10)
CASES = Shelf(most_bytes=64 * 2**20, patience_seconds=10)
