"""Whom a reader trusts (C2SP tlog-policy): the keys of logs and witnesses, and how many witnesses must have seen a checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.credit.log.checkpoints import Signed, open_checkpoint
from app.credit.log.errors import AnotherLog, BadKey, BadPolicy, NoKnownSignature, NoQuorum
from app.credit.log.notes import COSIGNATURE, SIGNATURE, Key, read_key, split_note

_MOST_LINES = 500
NOBODY = "none"


@dataclass(frozen=True, slots=True)
class Policy:
    """``groups``: name -> (how many of its members, members). ``quorum``: a witness, a group, or ``none``."""

    logs: tuple[Key, ...]
    witnesses: Mapping[str, Key] = field(default_factory=dict)
    groups: Mapping[str, tuple[int, tuple[str, ...]]] = field(default_factory=dict)
    quorum: str = NOBODY
    regulators: tuple[Key, ...] = ()  # who may sign findings; a line of our own, not one of C2SP

    def open(self, note: str) -> Signed:
        """A checkpoint that this policy believes. Raises NoQuorum and what `open_checkpoint` raises."""
        text, _ = split_note(note)
        origin = text.partition("\n")[0]
        keys = [key for key in self.logs if key.name == origin]
        if not keys:
            raise AnotherLog(f"no log of the policy is called {origin[:80]}")
        signed = self._open(note, keys)
        seen = {each.key for each in signed.cosignatures}
        if self.quorum != NOBODY and not self._holds(self.quorum, seen):
            raise NoQuorum(f"{len(seen)} known witnesses are not the quorum {self.quorum}")
        return signed

    def _open(self, note: str, keys: list[Key]) -> Signed:
        for key in keys[:-1]:
            try:
                return open_checkpoint(note, key, self.witnesses.values())
            except NoKnownSignature:
                continue  # a log may have an older key: the next one is asked
        return open_checkpoint(note, keys[-1], self.witnesses.values())

    def _holds(self, name: str, seen: set[Key]) -> bool:
        if name in self.witnesses:
            return self.witnesses[name] in seen
        least, members = self.groups[name]
        return sum(self._holds(member, seen) for member in members) >= least


def read_policy(text: str) -> Policy:
    """A policy from its file. Raises BadPolicy with the number of the line."""
    reader = _Reader()
    lines = text.split("\n")
    if len(lines) > _MOST_LINES:
        raise BadPolicy("too many lines")
    for number, line in enumerate(lines, 1):
        words = line.replace("\t", " ").split(" ")
        words = [word for word in words if word]
        if not words or words[0].startswith("#"):
            continue
        try:
            reader.take(words)
        except (BadKey, ValueError) as trouble:
            raise BadPolicy(f"line {number}: {trouble}") from trouble
    if reader.quorum is None:
        raise BadPolicy("no line says the quorum")
    return Policy(tuple(reader.logs), reader.witnesses, reader.groups, reader.quorum, tuple(reader.regulators))


class _Reader:
    def __init__(self) -> None:
        self.logs: list[Key] = []
        self.regulators: list[Key] = []
        self.witnesses: dict[str, Key] = {}
        self.groups: dict[str, tuple[int, tuple[str, ...]]] = {}
        self.quorum: str | None = None
        self._members: set[str] = set()

    def take(self, words: list[str]) -> None:
        kind, rest = words[0], words[1:]
        if kind == "log" and len(rest) in (1, 2):
            self.logs.append(self._key(rest[0], SIGNATURE, [key.public for key in self.logs]))
        elif kind == "regulator" and len(rest) == 1:
            self.regulators.append(self._key(rest[0], SIGNATURE, [key.public for key in self.regulators]))
        elif kind == "witness" and len(rest) in (2, 3):
            self._require_new(rest[0])
            known = [key.public for key in self.witnesses.values()]
            self.witnesses[rest[0]] = self._key(rest[1], COSIGNATURE, known)
        elif kind == "group" and len(rest) >= 3:
            self._group(rest[0], rest[1], tuple(rest[2:]))
        elif kind == "quorum" and len(rest) == 1:
            if self.quorum is not None:
                raise BadPolicy("the quorum is said twice")
            if rest[0] != NOBODY:
                self._require_known(rest[0])
            self.quorum = rest[0]
        else:
            raise BadPolicy(f"not understood: {' '.join(words)[:60]!r}")

    def _group(self, name: str, least: str, members: tuple[str, ...]) -> None:
        self._require_new(name)
        for member in members:
            self._require_known(member)
            if member in self._members:
                raise BadPolicy(f"{member} is in a group already")
            self._members.add(member)
        words = {"all": len(members), "any": 1}
        if least not in words and not (least.isascii() and least.isdigit()):
            raise BadPolicy(f"not a number of members: {least[:20]!r}")
        count = words.get(least) or int(least)
        if not 1 <= count <= len(members):
            raise BadPolicy(f"{count} of {len(members)} members")
        self.groups[name] = (count, members)

    def _key(self, text: str, type: int, known: list[bytes]) -> Key:
        key = read_key(text)
        if key.type != type:
            raise BadPolicy(f"the key of {key.name} is of another kind")
        if key.public in known:
            raise BadPolicy(f"the key of {key.name} stands twice")
        return key

    def _require_new(self, name: str) -> None:
        if name == NOBODY or name in self.witnesses or name in self.groups:
            raise BadPolicy(f"the name {name} is taken")

    def _require_known(self, name: str) -> None:
        if name not in self.witnesses and name not in self.groups:
            raise BadPolicy(f"nobody is called {name} above this line")
