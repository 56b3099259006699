"""What an authority found or decided: a note that its own key signed, and the one event of the log that follows from it.

The note is the evidence; the event repeats it for whoever counts, and names its SHA-256. What is displayed, and how long, follows
from the events alone (NDRC 36, SAMR 107): repaired, overturned and expired entries are not displayed and weigh nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.credit.log import weights
from app.credit.log.canonical import canonical, from_base64, read_canonical
from app.credit.log.errors import BadFinding, LogError
from app.credit.log.merkle import HASH_LENGTH
from app.credit.log.notes import Key, Signer, open_note, sign_note, split_note
from app.credit.log.scores import REPAIRED, VIOLATIONS, Fact

FIRST_LINE = "xunyi-finding/1"
MOST_CHARACTERS = 4000
PENALTY, SANCTION, SANCTION_ENDED, REPAIR, OVERTURNED, AUDIT = (
    *("penalty", "sanction", "sanction_ended", "repair", "overturned", "audit_finding"),
)
TYPES: dict[str, str] = {
    PENALTY: "penalty.public",
    SANCTION: "sanction.imposed",
    SANCTION_ENDED: "sanction.ended",
    REPAIR: REPAIRED,
    OVERTURNED: "dispute.overturned",
    AUDIT: "platform.audit_finding",
}
SEVERE = (*VIOLATIONS, TYPES[AUDIT])
ANSWERABLE: dict[str, tuple[str, ...]] = {
    SANCTION_ENDED: (TYPES[SANCTION],),
    REPAIR: SEVERE,
    OVERTURNED: (*SEVERE, "dispute.decided", "order.returned_not_as_described"),
}
WHAT: dict[str, tuple[str, ...]] = {
    PENALTY: (
        *("counterfeit", "false_description", "hidden_defect", "unsafe_item", "data_not_erased", "fake_trade", "fake_review"),
        *("forged_identity", "confirmed_fraud", "false_report", "rules_not_kept"),
    ),
    SANCTION: ("warning", "correction", "suspension", "ban"),
    AUDIT: (
        *("identity_not_checked", "report_late", "review_deleted", "rules_not_announced", "records_incomplete"),
        *("measure_not_published", "privacy_request_late", "log_gap", "rules_not_kept"),
    ),
}
SEVERITIES = ("minor", "general", "serious")
SHOWN, WAITING, LIFTED, OVER = "shown", "waiting", "lifted", "over"
_ID = re.compile(r"[0-9abcdefghjkmnpqrstvwxyz]{26}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SUBJECT = re.compile(r"s_[0-9abcdefghjkmnpqrstvwxyz]{26}")
_FIELDS = {"v", "log", "id", "kind", "subject", "what", "severity", "answers", "document_sha256", "decided_on", "until"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One decision. ``answers``: the leaf hash of the event that it ends, repairs or overturns; ``until``: of a sanction."""

    log: str
    id: str
    kind: str
    subject: str
    document_sha256: str
    decided_on: date
    what: str | None = None
    severity: str | None = None
    answers: str | None = None
    until: date | None = None

    @property
    def text(self) -> str:
        """What is signed."""
        said = {
            "v": 1,
            "log": self.log,
            "id": self.id,
            "kind": self.kind,
            "subject": self.subject,
            "what": self.what,
            "severity": self.severity,
            "answers": self.answers,
            "document_sha256": self.document_sha256,
            "decided_on": self.decided_on.isoformat(),
            "until": None if self.until is None else self.until.isoformat(),
        }
        return f"{FIRST_LINE}\n{canonical(said).decode()}\n"


@dataclass(frozen=True, slots=True)
class Display:
    """How long an adverse event is displayed. ``lifted_by``: the event that ended it before its time."""

    idx: int
    leaf: str
    type: str
    what: str | None
    severity: str | None
    begins: date
    earliest_repair: date | None
    ends: date | None
    state: str
    lifted_by: int | None


def sign_finding(finding: Finding, signer: Signer) -> str:
    """The finding as a note. Raises BadFinding for one that cannot be."""
    require_sense(finding)
    return sign_note(finding.text, signer.line(finding.text))


def open_finding(note: str, keys: Iterable[Key]) -> tuple[Finding, Key]:
    """The finding in a note and the key that signed it. Raises BadFinding, and what `open_note` raises."""
    if len(note) > MOST_CHARACTERS:
        raise BadFinding(f"{len(note)} characters; at most {MOST_CHARACTERS}")
    _, lines = split_note(note)
    if len(lines) != 1:
        raise BadFinding("a finding has one signature")
    opened = open_note(note, keys)
    return read_finding(opened.text), opened.signatures[0].key


def read_finding(text: str) -> Finding:
    """The finding in a note's text; who signed it was checked before. Raises BadFinding."""
    first, _, rest = text.partition("\n")
    if first != FIRST_LINE or not rest.endswith("\n"):
        raise BadFinding(f"the first line is not {FIRST_LINE}")
    try:
        said = read_canonical(rest[:-1].encode())
        finding = _built(said)
    except (LogError, KeyError, TypeError, ValueError) as trouble:
        raise BadFinding(f"not the form of a finding: {trouble}"[:200]) from trouble
    require_sense(finding)
    if finding.text != text:
        raise BadFinding("not the one form of a finding")
    return finding


def _built(said: Mapping[str, Any]) -> Finding:
    if set(said) != _FIELDS or said["v"] != 1:
        raise BadFinding(f"the fields are {', '.join(sorted(_FIELDS))}")
    return Finding(
        log=str(said["log"]),
        id=str(said["id"]),
        kind=str(said["kind"]),
        subject=str(said["subject"]),
        document_sha256=str(said["document_sha256"]),
        decided_on=date.fromisoformat(said["decided_on"]),
        what=said["what"],
        severity=said["severity"],
        answers=said["answers"],
        until=None if said["until"] is None else date.fromisoformat(said["until"]),
    )


def require_sense(finding: Finding) -> None:
    """Each kind has its own parts and no other. Raises BadFinding."""
    kind = finding.kind
    if kind not in TYPES:
        raise BadFinding(f"kinds are {', '.join(TYPES)}")
    wrong = {
        "id": not _ID.fullmatch(finding.id),
        "subject": not _SUBJECT.fullmatch(finding.subject),
        "document_sha256": not _SHA256.fullmatch(finding.document_sha256),
        "what": finding.what not in WHAT.get(kind, (None,)),
        "severity": finding.severity not in (SEVERITIES if kind in (PENALTY, AUDIT) else (None,)),
        "answers": (finding.answers is not None) != (kind in ANSWERABLE),
        "until": finding.until is not None and (kind != SANCTION or finding.until < finding.decided_on),
    }
    named = [name for name, is_wrong in wrong.items() if is_wrong]
    if named:
        raise BadFinding(f"{kind}: {', '.join(named)} cannot be so")
    if finding.answers is not None:
        from_base64(finding.answers, BadFinding, "answers", HASH_LENGTH)


def note_sha256(note: str) -> str:
    return hashlib.sha256(note.encode()).hexdigest()


def event_of(finding: Finding, note: str) -> tuple[str, dict[str, Any], list[str]]:
    """Type, data and refs of the event that follows from a finding, and from nothing else."""
    said: dict[str, Any] = {
        "finding": finding.id,
        "note_sha256": note_sha256(note),
        "document_sha256": finding.document_sha256,
        "effective_on": finding.decided_on.isoformat(),
        "kind": finding.what,
        "severity": finding.severity,
        "until": None if finding.until is None else finding.until.isoformat(),
    }
    data = {name: value for name, value in said.items() if value is not None}
    return TYPES[finding.kind], data, [] if finding.answers is None else [finding.answers]


def actor_of(key: Key) -> str:
    """As events name who found it."""
    return f"regulator:{key.name}"


def displays(facts: Sequence[Fact], as_of: date) -> list[Display]:
    """Every adverse event among one subject's, oldest first, with the time of its display and whether that is now."""
    lifted: dict[str, Fact] = {}
    for fact in facts:
        if fact.type in (REPAIRED, TYPES[OVERTURNED], TYPES[SANCTION_ENDED]) and fact.day <= as_of:
            lifted |= {ref: fact for ref in fact.refs if ref not in lifted}
    adverse = [fact for fact in facts if fact.type in (*SEVERE, TYPES[SANCTION])]
    return [_display(fact, lifted.get(fact.leaf), as_of) for fact in sorted(adverse, key=lambda each: each.idx)]


def _display(fact: Fact, lifted_by: Fact | None, as_of: date) -> Display:
    begins = date.fromisoformat(fact.data["effective_on"]) if "effective_on" in fact.data else fact.day
    severity = fact.data.get("severity")
    earliest, ends = None, None
    if severity in SEVERITIES:
        window = weights.window(severity, begins)
        earliest, ends = window.earliest_repair, window.automatic_end
    elif "until" in fact.data:
        ends = date.fromisoformat(fact.data["until"])
    state = SHOWN
    if lifted_by is not None:
        state = LIFTED
    elif as_of < begins:
        state = WAITING
    elif ends is not None and as_of >= ends:
        state = OVER
    what = fact.data.get("kind")
    return Display(
        *(fact.idx, fact.leaf, fact.type, what, severity, begins, earliest, ends, state),
        None if lifted_by is None else lifted_by.idx,
    )


def not_displayed(shown: Iterable[Display]) -> set[int]:
    """Places of events that public pages say nothing of: those whose time has not come or is over, and what lifted them."""
    gone = [each for each in shown if each.state != SHOWN]
    return {each.idx for each in gone} | {each.lifted_by for each in gone if each.lifted_by is not None}


@dataclass(frozen=True, slots=True)
class Ruled:
    """An event and who wrote it, for the check of findings."""

    fact: Fact
    actor: str


@dataclass(frozen=True, slots=True)
class Fault:
    """What does not hold between notes and events. ``is_invalid``: the evidence cannot be believed."""

    code: str
    said: str
    idx: int | None
    is_invalid: bool = True


def faults_in_findings(events: Sequence[Ruled], notes: Sequence[str], keys: Sequence[Key], log: str) -> list[Fault]:
    """What an audit says of them. ``keys``: whom the reader trusts to be authorities."""
    by_hash = {note_sha256(note): note for note in notes}
    faults, used = [], set()
    for each in events:
        sha256 = each.fact.data.get("note_sha256")
        if sha256 is None and not each.actor.startswith("regulator:"):
            continue
        note = by_hash.get(str(sha256))
        if note is None:
            faults.append(Fault("finding", "the note that the authority signed is not there", each.fact.idx))
            continue
        used.add(sha256)
        faults += _faults_of(each, note, keys, log)
    faults += [Fault("finding", "a signed note is not in the log", None, False) for sha256 in by_hash if sha256 not in used]
    return faults + _early([each.fact for each in events])


def _faults_of(event: Ruled, note: str, keys: Sequence[Key], log: str) -> list[Fault]:
    idx = event.fact.idx
    try:
        if keys:
            finding, key = open_finding(note, keys)
            if event.actor != actor_of(key):
                return [Fault("finding", f"signed by {key.name}, written down as {event.actor[:80]}", idx)]
        else:
            finding = read_finding(split_note(note)[0])
    except LogError as trouble:
        return [Fault("finding", str(trouble), idx)]
    type, data, refs = event_of(finding, note)
    fact = event.fact
    if (fact.type, fact.subject, dict(fact.data), list(fact.refs)) != (type, finding.subject, data, refs) or finding.log != log:
        return [Fault("finding", "the event says something else than the note that was signed", idx)]
    return [] if keys else [Fault("authority", f"no line of the trust file names a key for {event.actor[:80]}", idx, False)]


def _early(facts: Sequence[Fact]) -> list[Fault]:
    """Repairs before the shortest time of display was over."""
    severe = {fact.leaf: fact for fact in facts if fact.type in SEVERE}
    faults = []
    for fact in facts:
        answered = [severe[ref] for ref in fact.refs if ref in severe] if fact.type == REPAIRED else []
        for each in answered:
            earliest = _display(each, None, fact.day).earliest_repair
            if earliest is not None and fact.day < earliest:
                faults.append(Fault("repair_early", f"repaired before {earliest.isoformat()}", fact.idx, False))
    return faults
