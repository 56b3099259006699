"""Published and derived test vectors (vectors.json says where each is from) and the public probes of transparency-dev/merkle."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import struct
from datetime import date
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.credit.log import canonical, checkpoints, disclosures, merkle, notes, policies, prooffiles, tiles, weights
from app.credit.log.errors import BadKey, LogError, UnknownDisclosure, WrongRoot, WrongSignature, WrongSize
from grading.ids import check_credit_code, check_resident_id, credit_code_digit

VECTORS = json.loads(Path(__file__).with_name("vectors.json").read_bytes())
TREE = VECTORS["rfc6962_merkle"]
GOLDEN = VECTORS["golden_ledger"]
CHECKOUT = Path(__file__).parents[3]
PROBES = Path(os.environ.get("XUNYI_CREDIT_VECTORS", CHECKOUT / ".." / "shared" / "vectors")) / "merkle_probes.json"


def raw(hex_or_base64: str) -> bytes:
    return bytes.fromhex(hex_or_base64) if len(hex_or_base64) == 64 else base64.b64decode(hex_or_base64)


LEAVES = [merkle.leaf_hash(bytes.fromhex(each)) for each in TREE["leaf_inputs_hex"]]
ROOTS = [raw(each) for each in TREE["roots_by_size"]]


def test_published_hashes_of_leaves_and_nodes():
    named = {case["desc"]: case for case in TREE["hashes"]}
    assert raw(named.pop("empty tree")["sha256"]) == merkle.root([])
    assert raw(named.pop("leaf of empty string")["sha256"]) == merkle.leaf_hash(b"")
    assert raw(named.pop("leaf 'L123456'")["sha256"]) == merkle.leaf_hash(b"L123456")
    assert raw(named.pop("node 'N123','N456'")["sha256"]) == merkle.node_hash(b"N123", b"N456")
    assert base64.b64decode(named.popitem()[1]["b64"]) == merkle.leaf_hash(b"hello world")
    assert named == {}


def test_leaf_hashes_and_roots_of_every_size():
    assert [raw(each) for each in TREE["leaf_hashes"]] == LEAVES
    assert [merkle.root(LEAVES[:size]) for size in range(9)] == ROOTS
    counters = [merkle.leaf_hash(number.to_bytes(4, "big")) for number in range(1000)]
    assert merkle.root(counters) == raw(TREE["first_root_of_1000_leaves"]["root"])


@pytest.mark.parametrize("case", TREE["inclusion"]["cases"], ids=lambda case: f"{case['index']} of {case['size']}")
def test_inclusion_proofs(case):
    proof = [raw(each) for each in case["proof"]]
    assert merkle.inclusion_proof(LEAVES[: case["size"]], case["index"]) == proof
    merkle.verify_inclusion(LEAVES[case["index"]], case["index"], case["size"], proof, ROOTS[case["size"]])


@pytest.mark.parametrize(
    "case", TREE["consistency"]["cases"] + TREE["published_consistency"], ids=lambda case: f"{case['old']} to {case['new']}"
)
def test_consistency_proofs(case):
    old, new, proof = case["old"], case["new"], [raw(each) for each in case["proof"]]
    assert merkle.consistency_proof(LEAVES[:new], old) == proof
    merkle.verify_consistency(old, ROOTS[old], new, ROOTS[new], proof)


def test_old_size_zero_is_refused():
    with pytest.raises(WrongSize):
        merkle.verify_consistency(0, ROOTS[0], 8, ROOTS[8], [])
    with pytest.raises(WrongSize):
        merkle.consistency_proof(LEAVES, 0)


def test_all_public_probes_are_judged_as_they_should_be():
    if not PROBES.exists():
        pytest.skip(f"{PROBES} is not here: 196 probes of transparency-dev/merkle (inclusion 98, consistency 98) were not tried")
    probes = json.loads(PROBES.read_bytes())["probes"]
    judged = {True: 0, False: 0}
    for probe in probes:
        proof = [base64.b64decode(each) for each in probe["proof"] or []]
        try:
            if "leafIdx" in probe:
                place = (probe["leafIdx"], probe["treeSize"])
                merkle.verify_inclusion(base64.b64decode(probe["leafHash"]), *place, proof, base64.b64decode(probe["root"]))
            else:
                roots = base64.b64decode(probe["root1"]), base64.b64decode(probe["root2"])
                merkle.verify_consistency(probe["size1"], roots[0], probe["size2"], roots[1], proof)
            refused = False
        except LogError:
            refused = True
        assert refused == probe["wantErr"], probe["file"]
        judged[refused] += 1
    assert judged == {True: 184, False: 12}


@pytest.mark.parametrize("case", VECTORS["ed25519_rfc8032_7_1"]["cases"], ids=lambda case: case["message"] or "empty")
def test_ed25519(case):
    private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(case["seed"]))
    assert private.public_key().public_bytes_raw().hex() == case["public"]
    assert private.sign(bytes.fromhex(case["message"])).hex() == case["signature"]


@pytest.mark.parametrize("case", VECTORS["signed_note"]["cases"], ids=lambda case: case["desc"])
def test_signed_notes(case):
    key = notes.read_key(case["vkey"])
    assert key.text == case["vkey"]
    if "signature_line" in case:
        if "skey" in case:
            signer = notes.read_signer(case["skey"])
            assert signer.secret == case["skey"]
        else:
            signer = notes.Signer("EnochRoot", Ed25519PrivateKey.from_private_bytes(bytes.fromhex(case["seed"])))
        assert signer.key == key
        assert signer.line(case["text"]) == case["signature_line"]
        note = notes.sign_note(case["text"], signer.line(case["text"]))
    else:
        note = case["note"]
    opened = notes.open_note(note, [key])
    assert note.startswith(opened.text + "\n")
    assert [each.key for each in opened.signatures] == [key]


@pytest.mark.parametrize("text", VECTORS["signed_note"]["bad_vkeys"])
def test_bad_keys_are_refused(text):
    with pytest.raises(BadKey):
        notes.read_key(text)


JCS = VECTORS["rfc8785_jcs"]


@pytest.mark.parametrize("case", JCS["documents"], ids=lambda case: case["name"])
def test_canonical_json(case):
    assert canonical.canonical(json.loads(case["input"])).hex() == case["output_hex"]


@pytest.mark.parametrize("case", JCS["numbers_ieee754_hex"], ids=lambda case: case["hex"])
def test_canonical_numbers(case):
    value = struct.unpack(">d", bytes.fromhex(case["hex"]))[0]
    assert canonical.canonical(value).decode() == case["json"]


REFUSED_JSON = {
    "NaN": b'{"a":NaN}',
    "Infinity": b'{"a":Infinity}',
    "integers outside +-(2^53-1)": b'{"a":9007199254740992}',
    "lone surrogates (e.g. \\ud800)": rb'{"a":"\ud800"}',
    "duplicate keys on input (strict loader)": b'{"a":1,"a":1}',
    "non-string keys": b"{1:2}",
}


@pytest.mark.parametrize("what", JCS["must_reject"])
def test_other_json_is_refused(what):
    with pytest.raises(LogError):
        canonical.read_json(REFUSED_JSON[what])


def test_disclosures_of_rfc_9901():
    for case in VECTORS["sd_jwt_rfc9901"]["cases"]:
        opened = disclosures.open_disclosure(case["disclosure"], {case["digest_b64url"]})
        assert [opened.salt, opened.name, opened.value] == case["array"]
    element = VECTORS["sd_jwt_rfc9901"]["array_element_disclosure"]
    opened = disclosures.read_disclosure(element["disclosure"])
    assert [opened.salt, opened.value] == element["array"]
    assert opened.name is None


def test_tiles():
    for case in VECTORS["c2sp_tlog_tiles"]["paths"]:
        assert tiles.index_path(case["index"]) == case["path"]
        assert tiles.read_path(f"0/{case['path']}") == tiles.Tile(0, case["index"])
    for case in VECTORS["c2sp_tlog_tiles"]["sizes"]:
        expected = [(tile["level"], tile["full"], tile["partial_width"]) for tile in case["tiles"]]
        assert tiles.tiles_of(case["size"]) == expected


def signer_of_the_log() -> notes.Signer:
    seed = hashlib.sha256(b"credit-ledger test log key").digest()
    return notes.Signer(GOLDEN["log_origin"], Ed25519PrivateKey.from_private_bytes(seed))


EVENTS = [event["canonical_utf8"].encode() for event in GOLDEN["events"]]
POLICY = policies.read_policy(f"log {GOLDEN['log_vkey']}\nwitness regulator {GOLDEN['witness_vkey']}\nquorum regulator\n")


def test_golden_ledger():
    signer = signer_of_the_log()
    assert signer.key.text == GOLDEN["log_vkey"]
    hashes = []
    for event, content in zip(GOLDEN["events"], EVENTS, strict=True):
        value = canonical.read_canonical(content)
        hashes.append(merkle.leaf_hash(content))
        assert hashes[-1] == raw(event["leaf_hash"])
        digests = value.get("_sd", [])
        assert sorted(map(disclosures.digest_of, event["disclosures"])) == digests
        for disclosure in event["disclosures"]:
            opened = disclosures.open_disclosure(disclosure, digests)
            assert disclosures.make_disclosure(opened.name, opened.value, opened.salt) == disclosure
    checked = {}
    for size in (3, 5):
        note = GOLDEN[f"checkpoint_size{size}"]
        signed = checked[size] = POLICY.open(note)
        assert signed.checkpoint == checkpoints.Checkpoint(GOLDEN["log_origin"], size, merkle.root(hashes[:size]))
        assert [each.key.text for each in signed.cosignatures] == [GOLDEN["witness_vkey"]]
        assert note.startswith(checkpoints.sign_checkpoint(signed.checkpoint, signer))
    steps = [raw(each) for each in GOLDEN["consistency_3_5"]]
    assert merkle.consistency_proof(hashes, 3) == steps
    checkpoints.require_growth(checked[3].checkpoint, checked[5].checkpoint, steps)
    made = prooffiles.make_proof_file(4, merkle.inclusion_proof(hashes, 4), GOLDEN["checkpoint_size5"])
    assert made == GOLDEN["tlog_proof_index4"]
    assert prooffiles.check_entry(EVENTS[4], prooffiles.read_proof_file(made), POLICY).checkpoint.size == 5


def test_tampered_golden_ledger_is_refused():
    event, disclosure, note = GOLDEN["tampered_must_fail"]
    hashes = [merkle.leaf_hash(content) for content in EVENTS]
    proof = prooffiles.make_proof_file(1, merkle.inclusion_proof(hashes, 1), GOLDEN["checkpoint_size5"])
    prooffiles.check_entry(EVENTS[1], prooffiles.read_proof_file(proof), POLICY)
    with pytest.raises(WrongRoot):
        prooffiles.check_entry(event["canonical_utf8"].encode(), prooffiles.read_proof_file(proof), POLICY)
    with pytest.raises(UnknownDisclosure):
        disclosures.open_disclosure(disclosure["disclosure"], canonical.read_json(EVENTS[4])["_sd"])
    with pytest.raises(WrongSignature):
        POLICY.open(note["note"])


def test_identifiers():
    codes, persons = VECTORS["uscc_gb32100"], VECTORS["resident_id_gb11643"]
    for case in codes["valid"]:
        assert check_credit_code(case["code"]).ok
        assert credit_code_digit(case["code"][:17]) == case["check"]
    assert credit_code_digit(codes["mod_zero_case"]["code"][:17]) == "0"
    assert not any(check_credit_code(code).ok for code in codes["invalid"])
    assert all(check_resident_id(case["id"]).ok for case in persons["valid"])
    assert not any(check_resident_id(id).ok for id in persons["invalid"])


def test_decay_mean_and_floor():
    scoring = VECTORS["proposed_scoring_v1"]
    assert tuple(map(tuple, scoring["decay_knots_days_ppm"])) == weights.KNOTS
    assert [weights.decay(case["age_days"]) for case in scoring["decay"]] == [case["weight_ppm"] for case in scoring["decay"]]
    assert (tuple(scoring["prior"].values()), scoring["z_ppm"]) == (weights.PRIOR, weights.Z)
    assert list(weights.COUNTERPARTY) == scoring["counterparty_factor_ppm"]
    for case in scoring["mean_and_floor"]:
        good, total = case["ok"] * weights.ONE, (case["ok"] + case["bad"]) * weights.ONE
        assert (weights.mean(good, total), weights.floor(good, total)) == (case["mean_ppm"], case["floor_ppm"])
    with pytest.raises(ValueError, match="-1 days"):
        weights.decay(-1)


def test_worked_dimension():
    worked = VECTORS["proposed_scoring_v1"]["worked_dimension"]
    good = total = 0
    for event in worked["events"]:
        rank = event["same_counterparty_rank"] if event["outcome"] == "ok" else 0
        weight = weights.times(weights.decay(event["age_days"]), weights.counterparty_factor(rank))
        assert weight == event["weight_ppm"]
        total += weight
        good += weight if event["outcome"] == "ok" else 0
    assert (good, total) == (worked["S_ppm"], worked["N_ppm"])
    assert (weights.mean(good, total), weights.floor(good, total)) == (worked["mean_ppm"], worked["floor_ppm"])


def test_published_bounds_and_means():
    two_sided = 1_959_964
    for case in VECTORS["statistics"]["wilson_95_published"]["cases"]:
        good, total = case["x"] * weights.ONE, case["n"] * weights.ONE
        assert weights.floor(good, total, two_sided) / weights.ONE == pytest.approx(case["lower"], abs=0.00005)
        assert 1 - weights.floor(total - good, total, two_sided) / weights.ONE == pytest.approx(case["upper"], abs=0.00006)
    for case in VECTORS["statistics"]["beta"]["cases"]:
        good, total = case["r"] * weights.ONE, (case["r"] + case["s"]) * weights.ONE
        assert weights.mean(good, total, (weights.ONE, weights.ONE)) == int(case["mean"] * weights.ONE + 1e-6)


@pytest.mark.parametrize("case", VECTORS["credit_repair_windows"]["cases"], ids=lambda case: case["decision_date"])
def test_repair_windows(case):
    found = {}
    for severity in ("minor", "general", "serious"):
        window = weights.window(severity, date.fromisoformat(case["decision_date"]))
        found[f"{severity}_auto_end"] = window.automatic_end.isoformat()
        if window.earliest_repair:
            found[f"{severity}_earliest_repair"] = window.earliest_repair.isoformat()
    assert found == {name: value for name, value in case.items() if name != "decision_date"}
