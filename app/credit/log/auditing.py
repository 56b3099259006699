"""The audit of a case file without its server: every hash, proof, chain and score computed again; what does not hold is named.

Levels: ``invalid`` (the evidence cannot be believed) and ``finding`` (it can, and says something that a rule forbids).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from app.credit.log import cases, heads, merkle
from app.credit.log.canonical import from_base64, in_base64, read_canonical, read_json
from app.credit.log.cases import LOG, Case
from app.credit.log.checkpoints import Checkpoint, Signed, open_checkpoint, require_growth
from app.credit.log.errors import BadArchive, ForkedLog, LogError, NoKnownSignature, WrongRoot
from app.credit.log.findings import Ruled, faults_in_findings
from app.credit.log.heads import Head, Heads
from app.credit.log.platforms import NAME as PLATFORM
from app.credit.log.platforms import PlatformPolicy, read_platform_policy
from app.credit.log.policies import Policy
from app.credit.log.prooffiles import read_proof_file
from app.credit.log.reviewing import faults_of
from app.credit.log.scorepolicies import ScorePolicy, read_score_policy
from app.credit.log.scores import Fact, read_fact

INVALID, FINDING = "invalid", "finding"
NOTICE_DAYS = 7
_FIELDS = {"v", "type", "id", "ts", "subject", "seq", "prev", "actor", "policy", "refs", "data"}
_TROUBLES = (LogError, KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not hold. ``idx``: the event, or the first of the events among which it is; ``until`` the last."""

    level: str
    code: str
    said: str
    idx: int | None = None
    until: int | None = None

    def as_data(self) -> dict[str, Any]:
        return {"level": self.level, "code": self.code, "said": self.said, "idx": self.idx, "until": self.until}


@dataclass(slots=True)
class Report:
    """What an audit found, and how far it reaches."""

    findings: list[Finding] = field(default_factory=list)
    case: Case | None = None
    origin: str | None = None
    root: str | None = None
    witnesses: int = 0
    cards: int = 0
    complete_to: int | None = None  # events below this place are all there; None: not shown

    @property
    def exit_code(self) -> int:
        """0 sound, 1 findings, 2 evidence invalid."""
        return 2 if any(each.level == INVALID for each in self.findings) else 1 if self.findings else 0

    def note(self, code: str, said: object, idx: int | None = None, until: int | None = None, level: str = INVALID) -> None:
        self.findings.append(Finding(level, code, str(said)[:300], idx, until))

    def as_data(self) -> dict[str, Any]:
        """For programs."""
        case = self.case
        return {
            "verdict": ("sound", "findings", "invalid")[self.exit_code],
            "scope": case.scope if case else None,
            "subject": case.subject if case else None,
            "size": case.size if case else None,
            "as_of": case.as_of.isoformat() if case else None,
            "events": len(case.indexes) if case else 0,
            "cards": self.cards,
            "origin": self.origin,
            "root": self.root,
            "witnesses": self.witnesses,
            "complete_to": self.complete_to,
            "findings": [each.as_data() for each in self.findings],
        }


def audit(content: bytes, trust: Policy, last: str | None = None) -> Report:
    """Check a case file against whom the reader trusts and, where there is one, the checkpoint of the last visit."""
    report = Report()
    try:
        case = report.case = cases.read_case(content)
        signed = trust.open(case.text("checkpoint.txt"))
    except LogError as trouble:
        report.note(trouble.code, trouble)
        return report
    _Audit(case, trust, signed, report).run(last)
    return report


class _Audit:
    def __init__(self, case: Case, trust: Policy, signed: Signed, report: Report) -> None:
        self.case, self.trust, self.signed, self.report = case, trust, signed, report
        self.now = signed.checkpoint
        self.leaves = [merkle.leaf_hash(content) for content in case.contents]
        self.tree = merkle.Tree()
        self.facts: list[Fact] = []
        report.origin, report.root = self.now.origin, in_base64(self.now.root)
        report.witnesses = len(signed.cosignatures)

    def run(self, last: str | None) -> None:
        if self.now.size != self.case.size:
            self.report.note("size", f"the case says {self.case.size} events, its checkpoint {self.now.size}")
        checks: list[Callable[[], None]] = [
            self._read_events,
            self._check_whole_log if self.case.scope == LOG else self._check_each_proof,
        ]
        if last is not None:
            checks.append(lambda: self._check_growth(last))
        own = (
            *(self._check_chains, self._check_heads, self._check_cards, self._check_platform, self._check_findings),
            self._check_clocks,
        )
        for check in (*checks, *own):
            try:
                check()
            except _TROUBLES as trouble:  # whatever a hostile case holds, it is a finding and no end of the program
                self.report.note("unreadable", repr(trouble))

    def _read_events(self) -> None:
        """Each event's form: the one canonical form, all fields and no other, no number twice, times that go on."""
        ids: set[str] = set()
        latest = datetime.fromtimestamp(0, UTC)
        for idx, content in self.case.entries:
            try:
                said = read_canonical(content)
                fact = read_fact(idx, content)
                at = datetime.fromisoformat(said["ts"])
                wrong = set(said) != _FIELDS or said["v"] != 1 or type(said["seq"]) is not int or said["id"] in ids
            except _TROUBLES as trouble:
                self.report.note("event", trouble, idx)
                continue
            if wrong:
                self.report.note("event", "not the form of an event, or its id stands twice", idx)
                continue
            ids.add(said["id"])
            self.facts.append(fact)
            if at < latest - timedelta(days=1):
                self.report.note("time", f"{said['ts']} stands after {latest.isoformat()}", idx, level=FINDING)
            latest = max(latest, at)
        times = [each.time for each in self.signed.cosignatures if each.time is not None]
        if times and self.facts and latest > datetime.fromtimestamp(max(times), UTC):
            self.report.note("time", "an event is younger than the checkpoint that holds it", self.facts[-1].idx, level=FINDING)

    def _check_whole_log(self) -> None:
        """The root follows from the events; where it does not, the last checkpoint that still holds says where to look."""
        missing = sorted(set(range(self.now.size)) - set(self.case.indexes))
        if missing:
            self.report.note("missing", f"{len(missing)} events are not there", missing[0], missing[-1])
            return
        for leaf in self.leaves[: self.now.size]:
            self.tree.append(leaf)
        if len(self.leaves) > self.now.size:
            self.report.note("surplus", "events that no checkpoint holds", self.now.size, len(self.leaves) - 1)
        if merkle.root_from(self.tree.read, self.now.size) == self.now.root:
            self.report.complete_to = self.now.size
        sound = 0
        for earlier in [*self._earlier(), self.now]:
            if merkle.root_from(self.tree.read, earlier.size) != earlier.root:
                said = f"the events up to {earlier.size} do not give the root that was signed"
                self.report.note("root", said, sound, earlier.size - 1)
                return
            sound = earlier.size

    def _earlier(self) -> list[Checkpoint]:
        """Earlier checkpoints in the case, by size; each must be signed by a key of this log."""
        found = []
        for note in read_json(self.case.text("checkpoints.json").encode()) if "checkpoints.json" in self.case.files else []:
            try:
                found.append(self._opened(str(note)))
            except LogError as trouble:
                self.report.note("earlier_checkpoint", trouble)
        return sorted((each for each in found if each.size <= self.now.size), key=lambda each: each.size)

    def _opened(self, note: str) -> Checkpoint:
        for key in self.trust.logs:
            try:
                return open_checkpoint(note, key).checkpoint
            except NoKnownSignature:
                continue
        raise NoKnownSignature("no key of the log signed this checkpoint")

    def _check_each_proof(self) -> None:
        for (idx, _), leaf in zip(self.case.entries, self.leaves, strict=True):
            try:
                file = read_proof_file(self.case.text(f"proofs/{idx}.tlog-proof"))
                if file.index != idx or file.note != self.signed.note:
                    raise WrongRoot("a proof of another event or under another checkpoint")
                merkle.verify_inclusion(leaf, idx, self.now.size, file.proof, self.now.root)
            except LogError as trouble:
                self.report.note("inclusion", trouble, idx)

    def _check_growth(self, last: str) -> None:
        try:
            old = self._opened(last)
            if self.case.scope == LOG:
                if self.tree.size < self.now.size:
                    return  # events are missing: that is noted, and nothing follows from the rest
                if old.size <= self.now.size and merkle.root_from(self.tree.read, old.size) != old.root:
                    raise ForkedLog(f"the {old.size} events that were seen are not in this log")
                proof = merkle.consistency_from(self.tree.read, old.size, self.now.size) if old.size <= self.now.size else []
            else:
                proof = self._consistency(old.size)
            require_growth(old, self.now, proof)
        except LogError as trouble:
            self.report.note(trouble.code, trouble)

    def _consistency(self, size: int) -> list[bytes]:
        if size == self.now.size:
            return []
        lines = self.case.text("consistency.txt").splitlines()
        if lines[:1] != [f"old {size}"]:
            raise BadArchive(f"consistency.txt does not begin at the {size} events of the last visit: ask for the case again")
        return [from_base64(line, BadArchive, "hash", merkle.HASH_LENGTH) for line in lines[1:]]

    def _check_chains(self) -> None:
        """``seq`` and ``prev`` of every subject without a gap; of a case about one subject, of that one."""
        newest: dict[str, tuple[int, bytes]] = {}
        for (idx, content), leaf in zip(self.case.entries, self.leaves, strict=True):
            try:
                said = read_json(content)
                subject, seq, prev = str(said["subject"]), said["seq"], said["prev"]
            except _TROUBLES:
                continue  # noted when the events were read
            if self.case.subject not in (None, subject):
                continue
            before, head = newest.get(subject, (0, None))
            if seq != before + 1 or prev != (None if head is None else in_base64(head)):
                self.report.note("chain", f"number {seq} of {subject} does not follow number {before}", idx)
            newest[subject] = (seq, leaf)

    def _check_heads(self) -> None:
        """The newest events of all subjects, as the log noted them: recomputed of a whole log, by a proof of one subject."""
        noted = [fact for fact in self.facts if fact.type == "log.heads"]
        try:
            if self.case.scope == LOG:
                self._recompute_heads(noted)
            elif noted:
                self._prove_head(noted[-1])
            else:
                self.report.note("heads", "no event log.heads: it is not shown that the record is whole", level=FINDING)
        except _TROUBLES as trouble:
            self.report.note("heads", trouble)

    def _recompute_heads(self, noted: Iterable[Fact]) -> None:
        newest: dict[str, Head] = {}
        done = 0
        for fact in noted:
            for place in range(done, min(int(fact.data["size"]), len(self.leaves))):
                said = read_json(self.case.contents[place])
                newest[said["subject"]] = Head(said["subject"], said["seq"], self.leaves[place])
            done = int(fact.data["size"])
            whole = Heads(newest.values())
            if (whole.count, whole.root.hex()) != (fact.data["count"], fact.data["root"]):
                self.report.note("heads", f"the heads of {done} events are others", fact.idx)

    def _prove_head(self, noted: Fact) -> None:
        idx, shown = cases.read_heads_file(self.case.text("heads-proof.json").encode())
        if idx != noted.idx:
            raise BadArchive("heads-proof.json is about another event log.heads")
        subject = str(self.case.subject)
        size, count, root = int(noted.data["size"]), int(noted.data["count"]), bytes.fromhex(noted.data["root"])
        own = [fact for fact in self.facts if fact.subject == subject and fact.idx < size]
        if own:
            leaf = from_base64(own[-1].leaf, BadArchive, "leaf", merkle.HASH_LENGTH)
            heads.require_head(subject, len(own), leaf, shown, count, root)
        else:
            heads.require_absent(subject, shown, count, root)
        self.report.complete_to = size

    def _check_cards(self) -> None:
        """Every score from events and rules alone, compared with what the platform says."""
        try:
            policies = self._policies()
            cards = cases.cards_of(self.facts, policies, self.case.as_of, self.case.size, self.case.subject)
            given = {(each["subject"], each["policy"]): each for each in read_json(self.case.files["scorecards.json"])}
        except _TROUBLES as trouble:
            self.report.note("rules", f"the scores cannot be computed: {trouble!r}")
            return
        self.report.cards = len(cards)
        for card in cards:
            said = given.pop((card.subject, card.policy), None)
            if said != card.as_data():
                score = said.get("score") if isinstance(said, dict) else None
                self.report.note("score", f"{card.subject} by {card.policy}: computed {card.grade} {card.score}, given {score}")
        for subject, policy in given:
            self.report.note("score", f"{subject} by {policy}: no event gives this card")

    def _check_platform(self) -> None:
        """The marketplace's own record, counted again from the whole log."""
        if self.case.scope != LOG:
            return
        content = (content for name, content in self.case.files.items() if name.startswith(f"policies/{PLATFORM}-"))
        policies = {policy.sha256: policy for policy in map(read_platform_policy, content)}
        if cases.platform_file(self.facts, policies, self.case.as_of, self.case.size) != self.case.files["platform.json"]:
            self.report.note("platform", "the marketplace's own record is not what the events give")

    def _policies(self) -> dict[str, ScorePolicy]:
        files = {name: content for name, content in self.case.files.items() if name.startswith("policies/")}
        own = f"policies/{PLATFORM}-"
        found = [read_score_policy(content) for name, content in files.items() if not name.startswith(own)]
        by_hash: dict[str, ScorePolicy] = {policy.sha256: policy for policy in found}
        known: dict[str, ScorePolicy | PlatformPolicy] = {**by_hash}
        known |= {each.sha256: each for each in (read_platform_policy(files[name]) for name in files if name.startswith(own))}
        for published in cases.published_in(self.facts):
            policy = known.get(published.sha256)
            if policy is None or (policy.name, policy.version) != (published.name, published.version):
                said = f"the rules {published.name}/{published.version} are not those whose hash the log names"
                self.report.note("rules", said, published.idx)
        return by_hash

    def _check_findings(self) -> None:
        """Every event of an authority follows from a note that its key signed, and every note is in the log."""
        content = self.case.files.get(cases.FINDINGS, b"[]")
        notes = [str(each) for each in read_json(content)]
        actors = {idx: str(read_json(content)["actor"]) for idx, content in self.case.entries}
        ruled = [Ruled(fact, actors[fact.idx]) for fact in self.facts]
        for fault in faults_in_findings(ruled, notes, self.trust.regulators, self.now.origin):
            self.report.note(fault.code, fault.said, fault.idx, level=INVALID if fault.is_invalid else FINDING)

    def _check_clocks(self) -> None:
        """What is in time, by the log's own dates."""
        known: set[str] = set()
        for published in cases.published_in(self.facts):
            notice = (published.effective_on - published.published_on).days
            if published.name in known and notice < NOTICE_DAYS:
                said = f"rules {published.name}/{published.version} were published {notice} days before they counted"
                self.report.note("notice", said, published.idx, level=FINDING)
            known.add(published.name)
        for fact in self.facts:
            if fact.type == "violation.recorded" and "effective_on" in fact.data:
                notice = (datetime.fromisoformat(fact.data["effective_on"]).date() - fact.day).days
                if notice < NOTICE_DAYS:
                    said = f"a violation counted {notice} days after it was recorded: no time for an objection"
                    self.report.note("objection", said, fact.idx, level=FINDING)
        for fault in faults_of(self.facts, self.case.as_of):
            self.report.note("review", fault.said, fault.idx, level=FINDING)
        if self.case.scope == LOG:
            days = sorted({fact.day for fact in self.facts if fact.type == "log.heads"})
            for before, after in itertools.pairwise(days):
                if (after - before).days > 1:
                    said = f"no heads between {before.isoformat()} and {after.isoformat()}"
                    self.report.note("daily", said, level=FINDING)
