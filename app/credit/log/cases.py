"""What lies in a case file, written and read in one form: events, proofs, rules, cards, and a list of it all with hashes.

A case is about one subject (``seller``: its events, each with a proof, and the marketplace's events that it needs) or about the
whole log (``log``: every event, so that the root follows from the events themselves).
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.credit.log import archives
from app.credit.log.canonical import canonical, from_base64, in_base64, read_json
from app.credit.log.errors import BadArchive, LogError
from app.credit.log.heads import Head, Shown
from app.credit.log.platforms import NAME as PLATFORM
from app.credit.log.platforms import PlatformPolicy, record_of
from app.credit.log.scorepolicies import Published, ScorePolicy, in_force
from app.credit.log.scores import Card, Fact, card

FORMAT = "xunyi-case/1"
SELLER, LOG = "seller", "log"
RULES = ("seller", "appraiser")
README = """循易信用记录案卷

本压缩包可以在不联网、不信任平台的情况下核验：
    xunyi audit verify 本文件 --trust 信任文件 --last 上次的检查点
信任文件里的公钥必须来自平台以外的渠道（例如纸面）。退出码 0 表示全部成立，1 表示有发现，2 表示证据无效。

MANIFEST.json     案卷范围、每个文件的 SHA-256、每条记录在日志里的位置
checkpoint.txt    签名检查点（C2SP tlog-checkpoint）
checkpoints.json  此前的全部签名检查点（只在整本日志的案卷里）
consistency.txt   从上次检查点到本次检查点的一致性证明
events.jsonl      记录的原始字节，每行一条（RFC 8785）
proofs/           每条记录的包含证明（C2SP tlog-proof）
heads-proof.json  “该主体没有更多记录”的证明
policies/         评分规则，其 SHA-256 写在日志里
scorecards.json   平台给出的评分卡，核验时从记录重新计算
platform.json     平台自己的记录，核验时从记录重新计算（只在整本日志的案卷里）
reports/          便于用表格软件阅读的记录清单

日志和案卷里没有姓名、电话、地址、证件号码。
"""
FINDINGS = "findings.json"
_OF_FINDINGS = "findings.json     主管部门签名的认定原文，核验时检查签名并与记录逐条比对\n"


@dataclass(frozen=True, slots=True)
class Case:
    """A case as its files say it; nothing is believed yet."""

    scope: str
    subject: str | None
    size: int
    as_of: date
    files: Mapping[str, bytes]
    indexes: tuple[int, ...]
    contents: tuple[bytes, ...]

    @property
    def entries(self) -> list[tuple[int, bytes]]:
        return list(zip(self.indexes, self.contents, strict=True))

    def text(self, name: str) -> str:
        """A file as text. Raises BadArchive."""
        if name not in self.files:
            raise BadArchive(f"{name} is missing")
        try:
            return self.files[name].decode()
        except UnicodeDecodeError as trouble:
            raise BadArchive(f"{name} is no text") from trouble


def write_case(
    scope: str, subject: str | None, size: int, as_of: date, entries: Sequence[tuple[int, bytes]], files: Mapping[str, bytes]
) -> bytes:
    """The archive; ``files`` are checkpoint, proofs, rules and cards. Events, the list for reading and the manifest are added."""
    whole = dict(files)
    whole["README.txt"] = _readme(whole)
    whole["events.jsonl"] = b"".join(content + b"\n" for _, content in entries)
    whole["reports/events.csv"] = events_table(entries)
    manifest = {
        "format": FORMAT,
        "scope": scope,
        "subject": subject,
        "size": size,
        "as_of": as_of.isoformat(),
        "indexes": [idx for idx, _ in entries],
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in sorted(whole.items())},
    }
    whole["MANIFEST.json"] = canonical(manifest)
    return archives.pack(whole)


def read_case(content: bytes) -> Case:
    """The case in an archive. Raises BadArchive when it is unsafe, a file differs from its hash, or parts are missing."""
    files = archives.unpack(content)
    try:
        return _read(files)
    except BadArchive:
        raise
    except (LogError, KeyError, TypeError, ValueError) as trouble:
        raise BadArchive(f"MANIFEST.json: {trouble!r}"[:200]) from trouble


def _read(files: Mapping[str, bytes]) -> Case:
    said = read_json(files["MANIFEST.json"])
    if canonical(said) != files["MANIFEST.json"] or said["format"] != FORMAT or said["scope"] not in (SELLER, LOG):
        raise BadArchive("MANIFEST.json is not the list of a case of this format")
    for name in sorted((set(files) | set(said["files"])) - {"MANIFEST.json"}):
        if name not in files or said["files"].get(name) != hashlib.sha256(files[name]).hexdigest():
            raise BadArchive(f"{name} is not the file that the manifest names")
    lines = files["events.jsonl"].split(b"\n")
    indexes = tuple(said["indexes"])
    if lines.pop() != b"" or len(lines) != len(indexes) or any(type(idx) is not int or idx < 0 for idx in indexes):
        raise BadArchive("events.jsonl does not hold the events that the manifest names")
    if list(indexes) != sorted(set(indexes)):
        raise BadArchive("the events are not in the order of the log")
    if files["README.txt"] != _readme(files) or files["reports/events.csv"] != events_table(zip(indexes, lines, strict=True)):
        raise BadArchive("README.txt or reports/events.csv does not fit the events")
    return Case(said["scope"], said["subject"], said["size"], date.fromisoformat(said["as_of"]), files, indexes, tuple(lines))


def _readme(files: Mapping[str, bytes]) -> bytes:
    """How to check; a file that few cases hold is named where it is."""
    return (README + _OF_FINDINGS if FINDINGS in files else README).encode()


def events_table(entries: Iterable[tuple[int, bytes]]) -> bytes:
    """The events for a table program; formulas cannot hide in it, for every field begins with a letter or a figure."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(("idx", "ts", "type", "subject", "seq", "actor", "data"))
    for idx, content in entries:
        try:
            said = read_json(content)
            row = [str(said[name]) for name in ("ts", "type", "subject", "seq", "actor")] + [canonical(said["data"]).decode()]
        except (LogError, KeyError, TypeError, ValueError):
            row = ["unreadable"]
        table.writerow([str(idx), *(cell if cell[:1].isalnum() or cell[:1] == "{" else f"'{cell}" for cell in row)])
    return out.getvalue().encode()


def published_in(facts: Iterable[Fact]) -> list[Published]:
    """The versions of rules that these events publish. Raises KeyError, TypeError, ValueError for what is no such event."""
    return [
        Published(
            fact.idx,
            str(fact.data["name"]),
            int(fact.data["version"]),
            str(fact.data["sha256"]),
            fact.day,
            date.fromisoformat(fact.data["effective_on"]),
        )
        for fact in facts
        if fact.type == "policy.published"
    ]


def cards_of(
    facts: Sequence[Fact], policies: Mapping[str, ScorePolicy], as_of: date, size: int, subject: str | None = None
) -> list[Card]:
    """Every card that these events give, by rules and subject; of one subject when it is named. ``policies``: by their hash.

    Raises KeyError when rules are in force that are not among them.
    """
    published = published_in(facts)
    own: dict[str, list[Fact]] = {}
    for fact in facts:
        own.setdefault(fact.subject, []).append(fact)
    cards = []
    for name in RULES:
        found = in_force(published, name, as_of)
        if found is None:
            continue
        policy = policies[found.sha256]
        types = {rule.type for rule in policy.rules}
        for who in sorted(own):
            if subject in (None, who) and any(fact.type in types for fact in own[who]):
                cards.append(card(own[who], who, policy, as_of, size))
    return cards


def cards_file(cards: Iterable[Card]) -> bytes:
    """As ``scorecards.json`` holds them."""
    return canonical([each.as_data() for each in cards])


def platform_file(facts: Iterable[Fact], policies: Mapping[str, PlatformPolicy], as_of: date, size: int) -> bytes:
    """The marketplace's own record as ``platform.json`` holds it: null before its rules were published. KeyError as above."""
    every = list(facts)
    found = in_force(published_in(every), PLATFORM, as_of)
    return canonical(None if found is None else record_of(every, policies[found.sha256], as_of, size).as_data())


def heads_file(idx: int, shown: Iterable[Shown]) -> bytes:
    """As ``heads-proof.json`` holds them: by which event ``log.heads``, and the heads with their proofs."""
    rows = [
        {
            "subject": each.head.subject,
            "seq": each.head.seq,
            "leaf": in_base64(each.head.leaf),
            "index": each.index,
            "proof": [in_base64(part) for part in each.proof],
        }
        for each in shown
    ]
    return canonical({"heads": idx, "shown": rows})


def read_heads_file(content: bytes) -> tuple[int, list[Shown]]:
    """As above. Raises BadArchive."""
    try:
        said: Any = read_json(content)
        shown = [
            Shown(
                Head(str(each["subject"]), int(each["seq"]), from_base64(each["leaf"], BadArchive, "leaf", 32)),
                int(each["index"]),
                tuple(from_base64(part, BadArchive, "hash", 32) for part in each["proof"]),
            )
            for each in said["shown"]
        ]
        return int(said["heads"]), shown
    except (LogError, KeyError, TypeError, ValueError) as trouble:
        raise BadArchive(f"heads-proof.json: {trouble!r}"[:200]) from trouble
