"""Case files: sound ones pass, everything that was changed, left out or added is named, and unsafe archives are refused."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import random
import subprocess
import sys
import zipfile
from datetime import timedelta
from types import SimpleNamespace

import pytest
import rfc8785
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from app.cli.commands import main
from app.credit import jobs, queries
from app.credit.log import archives, cases
from app.credit.log.auditing import audit
from app.credit.log.checkpoints import Checkpoint, cosign, sign_checkpoint
from app.credit.log.errors import BadArchive
from app.credit.log.merkle import leaf_hash
from app.credit.log.notes import COSIGNATURE, Signer, new_signer
from app.credit.log.policies import read_policy
from app.credit.routes import scores
from app.credit.store import Shelf
from app.factory import ROOT
from app.kernel.clock import advance
from app.kernel.guards import TRIGGERS
from app.kernel.work import SYSTEM
from tests.accounts.making import make_user
from tests.credit.making import make_checkpoint, make_events, make_fact
from tests.credit.test_score_pages import make_sales
from tests.drills.conftest import FULL

TAMPERS, ROUNDS = (50, 25) if FULL else (8, 2)
APART = 16  # a checkpoint was signed after so many events at the most


@pytest.fixture
def town(hub):
    """A log of two sellers, signed thrice; the second checkpoint is the one that the authority keeps."""
    jobs.publish_policies(hub)
    seller, other = make_user(hub), make_user(hub)
    make_sales(hub, other, 3)
    signer = make_checkpoint(hub)
    make_sales(hub, seller, 6)
    make_checkpoint(hub)
    with hub.look() as work:
        last = queries.latest_checkpoint(work).note
    make_events(hub, seller, "order.shipped_late", "dispute.opened", "dispute.decided")
    make_sales(hub, other, 2)
    make_checkpoint(hub)
    trust = f"log {signer.vkey}\nquorum none\n"
    return SimpleNamespace(seller=seller, other=other, last=last, trust=trust, policy=read_policy(trust), signer=signer)


def seller_case(hub, town, last_size=None):
    with hub.look() as work:
        return queries.seller_case(work, town.seller.id, last_size)


def log_case(hub):
    with hub.look() as work:
        return queries.log_case(work)


def size_of(note):
    return int(note.split("\n")[1])


def codes(report):
    return [(finding.code, finding.idx) for finding in report.findings]


def changed(content, *, drop=(), lines=None, sealed=True, **files):
    """The case with other files; ``sealed``: the manifest is made to fit, as whoever changed it would do."""
    whole = archives.unpack(content)
    manifest = json.loads(whole["MANIFEST.json"])
    for name in drop:
        del whole[name]
        manifest["files"].pop(name)
    if lines is not None:
        entries = lines(list(zip(manifest["indexes"], whole["events.jsonl"].splitlines(), strict=True)))
        manifest["indexes"] = [idx for idx, _ in entries]
        files["events.jsonl"] = b"".join(line + b"\n" for _, line in entries)
        files["reports/events.csv"] = cases.events_table(entries)
    whole |= files
    if sealed:
        manifest["files"] = {name: hashlib.sha256(value).hexdigest() for name, value in whole.items() if name != "MANIFEST.json"}
        whole["MANIFEST.json"] = rfc8785.dumps(manifest)
    return archives.pack(whole)


def test_sound_cases_pass_with_and_without_a_last_checkpoint(hub, town):
    one, whole = seller_case(hub, town, size_of(town.last)), log_case(hub)
    for content in (one, whole):
        for last in (None, town.last):
            report = audit(content, town.policy, last)
            assert (codes(report), report.exit_code) == ([], 0)
    with hub.look() as work:
        size = queries.latest_checkpoint(work).size
        pseudonym = queries.pseudonym_of(work, town.seller.id)
    assert (report.complete_to, report.cards, report.case.scope) == (size, 2, "log")
    alone = audit(one, town.policy, town.last)
    assert (alone.cards, alone.case.subject) == (1, pseudonym)
    assert 0 < alone.complete_to < size
    cards = json.loads(archives.unpack(one)["scorecards.json"])
    assert [card["grade"] for card in cards] == ["BBB"]


def test_case_without_growth_from_the_last_visit_is_not_believed(hub, town):
    report = audit(seller_case(hub, town), town.policy, town.last)
    assert (codes(report), report.exit_code) == ([("archive", None)], 2)


def test_every_flipped_bit_is_found(hub, town):
    content = seller_case(hub, town)
    dice = random.Random(7)
    for _ in range(200 if not FULL else 3000):
        place = dice.randrange(len(content))
        flipped = bytearray(content)
        flipped[place] ^= 1 << dice.randrange(8)
        assert audit(bytes(flipped), town.policy).exit_code == 2, f"byte {place}"
    for cut in (0, 1, 100, len(content) // 2, len(content) - 1):
        assert audit(content[:cut], town.policy).exit_code == 2
    assert audit(content + b"x", town.policy).exit_code == 2
    assert audit(b"PK" + content, town.policy).exit_code == 2


def own_lines(entries, pseudonym):
    return [number for number, (_, line) in enumerate(entries) if json.loads(line)["subject"] == pseudonym]


def test_dropped_event_is_named(hub, town):
    with hub.begin() as work:
        advance(work, timedelta(days=1))
    make_checkpoint(hub)  # with the heads of a day by which the seller has a record
    content = seller_case(hub, town, size_of(town.last))
    with hub.look() as work:
        pseudonym = queries.pseudonym_of(work, town.seller.id)
    manifest = json.loads(archives.unpack(content)["MANIFEST.json"])
    entries = list(zip(manifest["indexes"], archives.unpack(content)["events.jsonl"].splitlines(), strict=True))
    own = own_lines(entries, pseudonym)
    middle = changed(content, lines=lambda all: all[: own[3]] + all[own[3] + 1 :])
    assert ("chain", entries[own[4]][0]) in codes(audit(middle, town.policy))
    heads_size = audit(content, town.policy).complete_to
    below = [number for number in own if entries[number][0] < heads_size]
    kept = [each for number, each in enumerate(entries) if number < below[-1] or number not in own]
    assert len(below) == len(own)
    assert codes(audit(changed(content, lines=lambda _: kept), town.policy))[0] == ("heads", None)
    whole = log_case(hub)
    cut = audit(changed(whole, lines=lambda all: all[:-1]), town.policy)
    assert cut.findings[0].code == "missing"
    assert cut.findings[0].idx == len(json.loads(archives.unpack(whole)["MANIFEST.json"])["indexes"]) - 1


def test_other_event_score_rules_or_proof_is_named(hub, town):
    content = seller_case(hub, town)
    files = archives.unpack(content)
    entries = zip(json.loads(files["MANIFEST.json"])["indexes"], files["events.jsonl"].splitlines(), strict=True)
    idx = next(at for at, line in entries if b'"category":"phone"' in line)

    def bent(entries):
        return [(at, line.replace(b'"category":"phone"', b'"category":"cards"') if at == idx else line) for at, line in entries]

    assert ("inclusion", idx) in codes(audit(changed(content, lines=bent), town.policy))
    cards = json.loads(files["scorecards.json"])
    cards[0]["score"] += 1
    assert codes(audit(changed(content, **{"scorecards.json": rfc8785.dumps(cards)}), town.policy)) == [("score", None)]
    assert codes(audit(changed(content, **{"scorecards.json": b"[]"}), town.policy)) == [("score", None)]
    rules = files["policies/seller-1.json"].replace(b'"accuracy":350', b'"accuracy":351')
    found = codes(audit(changed(content, **{"policies/seller-1.json": rules}), town.policy))
    assert ("rules", 1) in found
    assert ("inclusion", idx) in codes(audit(changed(content, drop=[f"proofs/{idx}.tlog-proof"]), town.policy))
    lacking = audit(changed(content, drop=["heads-proof.json"]), town.policy)
    assert codes(lacking) == [("heads", None)]
    for name in ("checkpoint.txt", "events.jsonl", "scorecards.json", "README.txt"):
        assert audit(changed(content, drop=[name]), town.policy).exit_code == 2


def test_whom_the_reader_does_not_trust_is_not_believed(hub, town):
    content = seller_case(hub, town)
    stranger = read_policy(f"log {new_signer(town.signer.vkey.partition('+')[0]).key.text}\nquorum none\n")
    assert audit(content, stranger).exit_code == 2
    witness = Signer("witness.example", Ed25519PrivateKey.generate(), COSIGNATURE)
    seen = read_policy(f"{town.trust.splitlines()[0]}\nwitness w {witness.key.text}\nquorum w\n")
    assert codes(audit(content, seen)) == [("no_quorum", None)]
    note = archives.unpack(content)["checkpoint.txt"].decode()
    both = cosign(note, witness, 2**31)
    proofs = {
        name: value.replace(note.encode(), both.encode())
        for name, value in archives.unpack(content).items()
        if name.startswith("proofs/")
    }
    report = audit(changed(content, **{"checkpoint.txt": both.encode()}, **proofs), seen)
    assert (report.exit_code, report.witnesses) == (0, 1)


def test_forked_log_is_an_alarm(hub, town):
    signer = town.signer._signer()
    size = size_of(town.last)
    other = sign_checkpoint(Checkpoint(signer.name, size, b"\x07" * 32), signer)
    assert ("forked", None) in codes(audit(log_case(hub), town.policy, other))
    assert ("forked", None) in codes(audit(seller_case(hub, town, size), town.policy, other))
    longer = sign_checkpoint(Checkpoint(signer.name, 10**6, b"\x07" * 32), signer)
    assert audit(log_case(hub), town.policy, longer).exit_code == 2


def test_rules_in_haste_and_violations_without_objection_are_findings(hub, town):
    make_fact(hub, town.seller, "violation.recorded", effective_on="2020-01-01")
    jobs.sequence_all(hub)
    make_checkpoint(hub)
    report = audit(log_case(hub), town.policy, town.last)
    assert ([code for code, _ in codes(report)], report.exit_code) == (["objection"], 1)


def archive(*entries):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for info, content in entries:
            made.writestr(info, content)
    return out.getvalue()


def plain(name, mode=0o600, compress=zipfile.ZIP_STORED):
    info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    info.create_system, info.external_attr, info.compress_type = 3, mode << 16, compress
    return info


UNSAFE = {
    "bomb": ([(plain("events.jsonl", compress=zipfile.ZIP_DEFLATED), b"0" * 10_000_000)], "is compressed"),
    "up and out": ([(plain("../events.jsonl"), b"")], "holds no file"),
    "absolute": ([(plain("/etc/passwd"), b"")], "holds no file"),
    "backslash": ([(plain("proofs\\1.tlog-proof"), b"")], "holds no file"),
    "drive": ([(plain("C:events.jsonl"), b"")], "holds no file"),
    "symlink": ([(plain("events.jsonl", 0o120777), b"/etc/passwd")], "no plain file"),
    "folder": ([(plain("proofs/"), b"")], "holds no file"),
    "unknown": ([(plain("run.exe"), b"")], "holds no file"),
    "nothing": ([], "MANIFEST"),
}


@pytest.mark.parametrize("name", UNSAFE)
def test_unsafe_archives_are_refused(name):
    entries, refusal = UNSAFE[name]
    with pytest.raises(BadArchive, match=refusal):
        cases.read_case(archive(*entries))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_name_that_stands_twice_is_refused():
    with pytest.raises(BadArchive, match="twice"):
        archives.unpack(archive((plain("events.jsonl"), b"one"), (plain("events.jsonl"), b"two")))


def test_overlapping_and_hidden_bytes_are_refused(hub, town):
    sound = seller_case(hub, town)
    with pytest.raises(BadArchive):
        archives.unpack(b"#!/bin/sh\n" + sound)
    with pytest.raises(BadArchive, match="does not belong"):
        archives.unpack(archive((plain("proofs/1.tlog-proofXexe"), b"")).replace(b"proofXexe", b"proof\0exe"))
    many = archives.pack({f"proofs/{number}.tlog-proof": b"" for number in range(5)})
    assert len(archives.unpack(many)) == 5


def test_command_says_the_same_without_the_marketplace(hub, town, tmp_path):
    """In a process that can import neither Flask nor the database: exit codes, JSON, words and the page to print."""
    (tmp_path / "case.zip").write_bytes(seller_case(hub, town, size_of(town.last)))
    (tmp_path / "bad.zip").write_bytes(seller_case(hub, town)[:-1])
    (tmp_path / "trust.policy").write_text(town.trust)
    (tmp_path / "last.checkpoint").write_text(town.last)
    alone = (
        "import sys\n"
        "for name in ('flask', 'sqlalchemy', 'pydantic', 'yaml', 'click', 'app.credit.models', 'config'): sys.modules[name] = None\n"
        "from app.credit.log.__main__ import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )

    def run(case, *more):
        words = [sys.executable, "-c", alone, str(tmp_path / case), "--trust", str(tmp_path / "trust.policy"), *more]
        return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)

    sound = run("case.zip", "--last", str(tmp_path / "last.checkpoint"), "--json", "--report", str(tmp_path / "report.html"))
    assert (sound.returncode, sound.stderr) == (0, "")
    assert json.loads(sound.stdout)["verdict"] == "sound"
    assert "全部成立" in (tmp_path / "report.html").read_text()
    bad = run("bad.zip")
    assert bad.returncode == 2
    assert "证据无效" in bad.stdout
    called = CliRunner().invoke(main, ["audit", "verify", str(tmp_path / "bad.zip"), "--trust", str(tmp_path / "trust.policy")])
    assert (called.exit_code, called.output) == (2, bad.stdout)
    assert CliRunner().invoke(main, ["audit", "verify", str(tmp_path / "bad.zip")]).exit_code == 2


def test_page_gives_the_case(hub, client, town):
    answer = client.get(f"/sellers/{town.seller.code}/case.zip?last={size_of(town.last)}")
    assert answer.mimetype == "application/zip"
    assert audit(answer.data, town.policy, town.last).exit_code == 0
    assert client.get(f"/sellers/{town.seller.code}/case.zip?last=999999").status_code == 404
    assert client.get(f"/sellers/{town.seller.code}/case.zip?last=0").status_code == 404
    assert client.get(f"/sellers/{town.seller.code}/case.zip?last=yesterday").status_code == 404
    assert "case.zip" in client.get(f"/sellers/{town.seller.code}/score").text


def free_hands(hub):
    """The database's owner, for whom triggers are no obstacle."""
    with hub.db.write.begin() as connection:
        for declared in TRIGGERS.values():
            if declared.table in ("credit_event", "credit_node", "credit_checkpoint", "credit_log") and getattr(
                declared, hub.db.dialect
            ):
                on = "" if hub.db.dialect == "sqlite" else f" ON {declared.table}"
                connection.execute(text(f"DROP TRIGGER {declared.name}{on}"))


def bend(content, dice):
    """One event told otherwise, in its one canonical form."""
    said = json.loads(content)
    way = dice.randrange(4)
    if way == 0:
        said["data"]["category"] = "car" if said["data"].get("category") != "car" else "phone"
    elif way == 1:
        said["ts"] = said["ts"][:-3] + f"{(int(said['ts'][-3:-1]) + 1) % 60:02d}Z"
    elif way == 2:
        said["actor"] = "regulator:nobody"
    else:
        said["type"] = "order.paid" if said["type"] != "order.paid" else "order.completed"
    return rfc8785.dumps(said)


def rechained(before, idx, new):
    """The events behind a changed one, made to follow it again: whoever looks only at chains finds nothing."""
    told, subject = {idx: new}, json.loads(new)["subject"]
    prev = new
    for at in sorted(before):
        if at > idx and (said := json.loads(before[at]))["subject"] == subject:
            prev = told[at] = rfc8785.dumps(said | {"prev": base64.b64encode(leaf_hash(prev)).decode()})
    return told


def test_what_the_owner_of_the_database_changes_is_found_and_located(hub, town):
    """After a witnessed checkpoint: events told otherwise or removed, with and without new hashes, and the rest as it was."""
    for _ in range(ROUNDS):
        make_sales(hub, town.other, 4)
        make_checkpoint(hub)
    with hub.look() as work:
        town.last = queries.latest_checkpoint(work).note
    make_sales(hub, town.seller, 2)
    make_checkpoint(hub)
    assert audit(log_case(hub), town.policy, town.last).findings == []
    free_hands(hub)
    dice = random.Random(50)
    seen = size_of(town.last)
    with hub.db.write.begin() as connection:
        before = {idx: bytes(content) for idx, content in connection.execute(text("SELECT idx, canonical FROM credit_event"))}
    found = 0
    for number in range(TAMPERS):
        idx = dice.randrange(seen)
        remove = number % 5 == 4
        with hub.db.write.connect() as connection:
            new = bend(before[idx], dice)
            if remove:
                connection.execute(text("DELETE FROM credit_event WHERE idx = :idx"), {"idx": idx})
            else:
                hashed = ", leaf_hash = :leaf" if number % 2 else ""
                for at, content in (rechained(before, idx, new) if number % 5 == 3 else {idx: new}).items():
                    values = {"idx": at, "new": content} | ({"leaf": leaf_hash(content)} if hashed else {})
                    connection.execute(text(f"UPDATE credit_event SET canonical = :new{hashed} WHERE idx = :idx"), values)
            connection.commit()
        report = audit(log_case(hub), town.policy, town.last)
        places = [
            (each.idx, each.until if each.until is not None else each.idx) for each in report.findings if each.idx is not None
        ]
        assert report.exit_code == 2, f"tamper {number} at {idx}"
        assert any(first <= idx <= until and until - first < APART for first, until in places), (
            f"tamper {number} at {idx}: {places}"
        )
        found += 1
        with hub.db.write.connect() as connection:
            whole = {"idx": idx, "old": before[idx], "leaf": leaf_hash(before[idx])}
            if remove:
                said = json.loads(before[idx])
                connection.execute(
                    text(
                        "INSERT INTO credit_event (idx, leaf_hash, canonical, type, subject, seq, ts, received_at, outbox_id) "
                        "SELECT :idx, :leaf, :old, :type, :subject, :seq, :ts, received_at, :outbox FROM credit_event LIMIT 1"
                    ),
                    whole | {name: said[name] for name in ("type", "subject", "seq", "ts")} | {"outbox": 900_000 + number},
                )
            else:
                for at, content in before.items():
                    values = {"idx": at, "old": content, "leaf": leaf_hash(content)}
                    connection.execute(
                        text("UPDATE credit_event SET canonical = :old, leaf_hash = :leaf WHERE idx = :idx"), values
                    )
            connection.commit()
    assert audit(log_case(hub), town.policy, town.last).findings == []
    print(f"{found} of {TAMPERS} tampers found and located in a log of {len(before)} events")


def test_second_reader_of_a_case_costs_nothing_until_the_log_or_the_day_goes_on(hub, client, town, monkeypatch):
    made = []

    def counted(work, user_id, last):
        made.append(last)
        return queries.seller_case(work, user_id, last)

    monkeypatch.setattr(scores, "seller_case", counted)
    address = f"/sellers/{town.seller.code}/case.zip"
    first = client.get(address).data
    assert (client.get(address).data, made) == (first, [None])
    client.get(f"{address}?last={size_of(town.last)}")
    assert len(made) == 2
    make_events(hub, town.seller, "order.shipped_late")
    make_checkpoint(hub)
    assert audit(client.get(address).data, town.policy).case.size > audit(first, town.policy).case.size
    assert len(made) == 3
    with hub.begin(SYSTEM) as work:
        advance(work, timedelta(days=1))
    client.get(address)
    assert len(made) == 4


def test_one_case_is_made_at_a_time_and_others_are_asked_to_come_again(client, town, monkeypatch):
    shelf = Shelf(most_bytes=2**20, patience_seconds=0.01)
    monkeypatch.setattr(scores, "CASES", shelf)
    address = f"/sellers/{town.seller.code}/case.zip"
    with shelf.turn():
        busy = client.get(address)
    assert (busy.status_code, busy.headers["Retry-After"]) == (503, "10")
    content = client.get(address).data
    with shelf.turn():
        assert client.get(address).data == content


def test_shelf_keeps_what_was_asked_for_last_and_never_more_than_it_has_room_for():
    shelf = Shelf(most_bytes=100, patience_seconds=1)
    for name in "abcd":
        shelf.keep(name, name.encode() * 25)
    assert shelf.find("a") == b"a" * 25
    shelf.keep("e", b"e" * 25)
    assert [name for name in "abcde" if shelf.find(name)] == ["a", "c", "d", "e"]
    shelf.keep("whole", b"w" * 26)
    assert shelf.find("whole") is None
    shelf.keep("a", b"A" * 20)
    shelf.keep("f", b"f" * 5)
    assert [name for name in "acdef" if shelf.find(name)] == ["a", "c", "d", "e", "f"]
