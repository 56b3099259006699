"""The versions of score rules that ship with the program: one file each, in exactly the bytes whose hash stands in the log."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from app.credit.log.scorepolicies import ScorePolicy, read_score_policy

FOLDER = Path(__file__).with_name("policies")


@cache
def shipped() -> tuple[ScorePolicy, ...]:
    """All of them, by name and version. Raises BadScorePolicy for a file that is none."""
    policies = [read_score_policy(path.read_bytes()) for path in FOLDER.glob("*.json")]
    return tuple(sorted(policies, key=lambda policy: (policy.name, policy.version)))


def by_sha256(sha256: str) -> ScorePolicy:
    """The version with this hash. Raises LookupError: the log names rules that this program does not have."""
    found = next((policy for policy in shipped() if policy.sha256 == sha256), None)
    if found is None:
        raise LookupError(f"no score policy with the hash {sha256} ships with this program")
    return found


def by_version(name: str, version: int) -> ScorePolicy | None:
    """The version of this name and number; None when none ships."""
    return next((policy for policy in shipped() if (policy.name, policy.version) == (name, version)), None)
