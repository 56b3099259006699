"""Whatever is changed, by one bit or by much, is refused, each kind of fault by its own name."""

from __future__ import annotations

import hashlib
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from app.credit.log import canonical, checkpoints, disclosures, errors, merkle, notes, policies, prooffiles, tiles
from app.credit.log.checkpoints import Checkpoint

HASH = bytes(32)


def signer(name: str, type: int = notes.SIGNATURE) -> notes.Signer:
    return notes.Signer(name, Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest()), type)


LOG = signer("log.example/credit-log")
WITNESS = signer("regulator.example/witness", notes.COSIGNATURE)
POLICY = policies.read_policy(f"log {LOG.key.text}\nwitness w {WITNESS.key.text}\nquorum w\n")

# Trees of every size up to 2,000 are beginnings of one long row of leaves.
ENTRIES = [canonical.canonical({"n": number}) for number in range(2000)]
LEAVES = [merkle.leaf_hash(entry) for entry in ENTRIES]
WHOLE = merkle.Tree(LEAVES)


def flipped(content: bytes, bit: int) -> bytes:
    changed = bytearray(content)
    changed[bit // 8 % len(content)] ^= 1 << bit % 8
    return bytes(changed)


sizes = st.integers(1, 2000)


@settings(max_examples=300, deadline=None)
@given(sizes, st.data())
def test_any_leaf_is_proved_and_any_bit_changed_is_refused(size, data):
    index = data.draw(st.integers(0, size - 1))
    bit = data.draw(st.integers(0, 10_000))
    root, proof = merkle.root_from(WHOLE.read, size), merkle.inclusion_from(WHOLE.read, index, size)
    assert len(proof) <= (size - 1).bit_length()
    merkle.verify_inclusion(LEAVES[index], index, size, proof, root)
    for wrong in (
        (merkle.leaf_hash(flipped(ENTRIES[index], bit)), proof, root),
        (flipped(LEAVES[index], bit), proof, root),
        (LEAVES[index], proof, flipped(root, bit)),
        *((LEAVES[index], [*proof[:at], flipped(proof[at], bit), *proof[at + 1 :]], root) for at in range(len(proof))),
    ):
        with pytest.raises(errors.WrongRoot):
            merkle.verify_inclusion(wrong[0], index, size, wrong[1], wrong[2])
    for other in {index ^ (1 << place) for place in range(11)}:
        with pytest.raises((errors.WrongRoot, errors.WrongProofLength, errors.WrongSize)):
            merkle.verify_inclusion(LEAVES[index], other, size, proof, root)
    for surplus in ([*proof, HASH], [*proof, root], [HASH, *proof]):
        with pytest.raises(errors.WrongProofLength):
            merkle.verify_inclusion(LEAVES[index], index, size, surplus, root)
    if proof:
        with pytest.raises(errors.WrongProofLength):
            merkle.verify_inclusion(LEAVES[index], index, size, proof[:-1], root)
        with pytest.raises(errors.WrongHashLength):
            merkle.verify_inclusion(LEAVES[index], index, size, [*proof[:-1], proof[-1][:31]], root)


@settings(max_examples=300, deadline=None)
@given(sizes, sizes, st.integers(0, 10_000))
def test_growth_is_proved_and_any_bit_changed_is_refused(one, other, bit):
    old, new = sorted((one, other))
    roots = merkle.root_from(WHOLE.read, old), merkle.root_from(WHOLE.read, new)
    proof = merkle.consistency_from(WHOLE.read, old, new)
    assert len(proof) <= new.bit_length() + 1
    merkle.verify_consistency(old, roots[0], new, roots[1], proof)
    changes = [(flipped(roots[0], bit), roots[1], proof), (roots[0], flipped(roots[1], bit), proof)]
    changes += [(*roots, [*proof[:at], flipped(proof[at], bit), *proof[at + 1 :]]) for at in range(len(proof))]
    for old_root, new_root, changed in changes:
        with pytest.raises(errors.WrongRoot):
            merkle.verify_consistency(old, old_root, new, new_root, changed)
    for wrong in ([*proof, HASH], proof[:-1] if proof else [HASH]):
        with pytest.raises(errors.WrongProofLength):
            merkle.verify_consistency(old, roots[0], new, roots[1], wrong)
    with pytest.raises(errors.WrongSize):
        merkle.verify_consistency(new + 1, roots[1], new, roots[1], proof)


@settings(max_examples=100, deadline=None)
@given(sizes, st.data())
def test_nodes_that_a_log_keeps_give_the_same_as_all_leaves(size, data):
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    assert merkle.root_from(WHOLE.read, size) == merkle.root(LEAVES[:size])
    assert merkle.inclusion_from(WHOLE.read, index, size) == merkle.inclusion_proof(LEAVES[:size], index)
    assert merkle.consistency_from(WHOLE.read, old, size) == merkle.consistency_proof(LEAVES[:size], old)
    asked = []

    def read(place):
        asked.append(place)
        return WHOLE.read(place)

    for places, prove in (
        (merkle.places_of_root(size), lambda: merkle.root_from(read, size)),
        (merkle.places_of_inclusion(index, size), lambda: merkle.inclusion_from(read, index, size)),
        (merkle.places_of_consistency(old, size), lambda: merkle.consistency_from(read, old, size)),
    ):
        asked.clear()
        prove()
        assert sorted(asked) == sorted(places)
        assert len(places) <= 2 * size.bit_length()
        assert all((position + 1) << level <= size for level, position in places), "only nodes that are complete"


def proof_file(index: int = 700, size: int = 1234) -> bytes:
    checkpoint = Checkpoint(LOG.name, size, merkle.root_from(WHOLE.read, size))
    note = checkpoints.cosign(checkpoints.sign_checkpoint(checkpoint, LOG), WITNESS, 1_790_000_000)
    return prooffiles.make_proof_file(index, merkle.inclusion_from(WHOLE.read, index, size), note).encode()


def check(entry: bytes, file: bytes) -> None:
    try:
        text = file.decode()
    except UnicodeDecodeError as trouble:
        raise errors.BadProofFile("not UTF-8") from trouble
    prooffiles.check_entry(entry, prooffiles.read_proof_file(text), POLICY)


def test_any_bit_of_a_proof_file_or_its_entry_changed_is_refused():
    file, entry = proof_file(), ENTRIES[700]
    check(entry, file)
    for bit in range(len(file) * 8):
        with pytest.raises(errors.LogError):
            check(entry, flipped(file, bit))
    for bit in range(len(entry) * 8):
        with pytest.raises(errors.WrongRoot):
            check(flipped(entry, bit), file)


def test_the_size_is_believed_for_its_signature_only():
    """Leaf 0 has the same way up among 3 and among 4 leaves: nobody but the signature tells them apart."""
    root = merkle.root_from(WHOLE.read, 3)
    proof = merkle.inclusion_from(WHOLE.read, 0, 3)
    merkle.verify_inclusion(LEAVES[0], 0, 4, proof, root)
    note = checkpoints.sign_checkpoint(Checkpoint(LOG.name, 3, root), LOG).replace("\n3\n", "\n4\n")
    with pytest.raises(errors.WrongSignature):
        checkpoints.open_checkpoint(note, LOG.key)


@pytest.mark.parametrize("wrong", ["1", 1.0, True, None, -1])
def test_sizes_are_whole_numbers(wrong):
    with pytest.raises(errors.WrongSize):
        merkle.verify_inclusion(HASH, wrong, 2, [HASH], HASH)
    with pytest.raises(errors.WrongSize):
        merkle.verify_consistency(wrong, HASH, 2, HASH, [HASH])


JSON = {
    b'{"a":1,"a":1}': errors.RepeatedKey,
    b'{"b":{"a":1,"a":2}}': errors.RepeatedKey,
    b'{"a":1.0}': errors.NotWhole,
    b'{"a":1e3}': errors.NotWhole,
    b'{"a":-Infinity}': errors.NotWhole,
    b'{"a":-9007199254740992}': errors.NotWhole,
    b'{"a":' + b"9" * 5000 + b"}": errors.NotWhole,
    b'{"a": 1}': errors.NotCanonical,
    b'{"b":1,"a":2}': errors.NotCanonical,
    b'{"a":1}\n': errors.NotCanonical,
    b'{"a":-0}': errors.NotCanonical,
    b'{"a":01}': errors.NotJson,
    b"[1]": errors.NotJson,
    b"": errors.NotJson,
    b"\xff": errors.NotJson,
    b"[" * 100_000: errors.TooLong,
    b"[" * 60_000: errors.NotJson,
    b'{"a":' + b"[" * 50 + b"]" * 50 + b"}": errors.NotJson,
    b'{"a":"' + b"x" * 65_530 + b'"}': errors.TooLong,
}


@pytest.mark.parametrize("content", JSON, ids=lambda content: content[:20].decode("latin-1"))
def test_events_that_are_not_what_they_should_be(content):
    with pytest.raises(JSON[content]) as refused:
        canonical.read_canonical(content)
    assert type(refused.value) is JSON[content]


GOOD = checkpoints.sign_checkpoint(Checkpoint(LOG.name, 3, HASH), LOG)
STRANGER = signer("stranger.example")
NOTES = {
    "no signature": (f"{Checkpoint(LOG.name, 3, HASH).text}\n", errors.BadNote),
    "no empty line": ("a\nb\n", errors.BadNote),
    "no end": (GOOD[:-1], errors.BadNote),
    "hyphen": (GOOD.replace("\u2014", "-"), errors.BadNote),
    "control character": (GOOD.replace("\n3\n", "\n3\r\n"), errors.BadNote),
    "half a surrogate": ("\ud800" + GOOD, errors.BadNote),
    "signature of nothing": (GOOD[: GOOD.rindex(" ") + 1] + "AAAA\n", errors.BadNote),
    "seventy signatures": (GOOD + STRANGER.line("x\n") * 70, errors.BadNote),
    "only a stranger": (notes.sign_note("a\n", STRANGER.line("a\n")), errors.NoKnownSignature),
    "other text": (GOOD.replace("\n3\n", "\n4\n"), errors.WrongSignature),
    "short signature": (GOOD[: GOOD.rindex(" ") + 1] + canonical.in_base64(LOG.key.id + b"xy") + "\n", errors.WrongSignature),
    "another log": (notes.sign_note(t := Checkpoint("other.example", 3, HASH).text, LOG.line(t)), errors.AnotherLog),
    "two lines": (notes.sign_note(t := f"{LOG.name}\n3\n", LOG.line(t)), errors.BadCheckpoint),
    "leading zero": (notes.sign_note(t := f"{LOG.name}\n03\n{canonical.in_base64(HASH)}\n", LOG.line(t)), errors.BadCheckpoint),
    "far too large": (notes.sign_note(t := f"{LOG.name}\n9{'0' * 18}9\n{canonical.in_base64(HASH)}\n", LOG.line(t)), errors.BadCheckpoint),
    "full-width number": (notes.sign_note(t := f"{LOG.name}\n３\n{canonical.in_base64(HASH)}\n", LOG.line(t)), errors.BadCheckpoint),
    "short root": (notes.sign_note(t := f"{LOG.name}\n3\nAAAA\n", LOG.line(t)), errors.BadCheckpoint),
    "empty line inside": (notes.sign_note(t := f"{LOG.name}\n3\n\n{canonical.in_base64(HASH)}\n", LOG.line(t)), errors.BadCheckpoint),
}  # fmt: skip


@pytest.mark.parametrize("name", NOTES)
def test_checkpoints_that_are_not_believed(name):
    note, refusal = NOTES[name]
    with pytest.raises(refusal) as refused:
        checkpoints.open_checkpoint(note, LOG.key, [WITNESS.key])
    assert type(refused.value) is refusal


def test_signatures_of_strangers_are_passed_over():
    note = GOOD + STRANGER.line(Checkpoint(LOG.name, 3, HASH).text)
    assert checkpoints.open_checkpoint(note, LOG.key).checkpoint.size == 3


def test_cosignature_of_another_time_is_refused():
    note = checkpoints.cosign(GOOD, WITNESS, 1_790_000_000)
    assert checkpoints.open_checkpoint(note, LOG.key, [WITNESS.key]).cosignatures[0].time == 1_790_000_000
    head, line = note[:-1].rsplit(" ", 1)
    raw = bytearray(canonical.from_base64(line, errors.BadNote, "line"))
    raw[11] ^= 1
    with pytest.raises(errors.WrongSignature):
        checkpoints.open_checkpoint(f"{head} {canonical.in_base64(bytes(raw))}\n", LOG.key, [WITNESS.key])


def test_witness_cannot_sign_for_the_log():
    other = signer("log.example/credit-log", notes.COSIGNATURE)
    text = Checkpoint(LOG.name, 3, HASH).text
    with pytest.raises(errors.NoKnownSignature):
        checkpoints.open_checkpoint(notes.sign_note(text, other.line(text, 1)), LOG.key, [other.key])
    with pytest.raises(errors.NoKnownSignature):
        checkpoints.open_checkpoint(notes.sign_note(text, other.line(text, 1)), other.key)


def at(size: int, tree: merkle.Tree = WHOLE, origin: str = LOG.name) -> Checkpoint:
    return Checkpoint(origin, size, merkle.root_from(tree.read, size))


def test_log_that_grows_forks_shrinks_or_is_another():
    proof = merkle.consistency_from(WHOLE.read, 700, 1234)
    checkpoints.require_growth(at(700), at(1234), proof)
    checkpoints.require_growth(at(700), at(700), [])
    rewritten = merkle.Tree([*LEAVES[:300], merkle.leaf_hash(b"another past"), *LEAVES[301:]])
    with pytest.raises(errors.ForkedLog):
        checkpoints.require_growth(at(700), at(1234, rewritten), merkle.consistency_from(rewritten.read, 700, 1234))
    with pytest.raises(errors.ForkedLog):
        checkpoints.require_growth(at(700), at(700, rewritten), [])
    with pytest.raises(errors.WrongSize):
        checkpoints.require_growth(at(1234), at(700), proof)
    with pytest.raises(errors.AnotherLog):
        checkpoints.require_growth(at(700), at(1234, origin="other.example"), proof)
    with pytest.raises(errors.WrongProofLength):
        checkpoints.require_growth(at(700), at(1234), proof[:-1])


def test_log_signs_under_its_own_name_only():
    with pytest.raises(errors.AnotherLog):
        checkpoints.sign_checkpoint(at(3, origin="other.example"), LOG)


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"log {LOG.key.text}\n",
        "quorum w\n",
        "quorum none\nquorum none\n",
        f"log {WITNESS.key.text}\nquorum none\n",
        f"log {LOG.key.text}\nlog {LOG.key.text}\nquorum none\n",
        f"witness none {WITNESS.key.text}\nquorum none\n",
        f"witness w {WITNESS.key.text}\ngroup g 2 w\nquorum g\n",
        f"witness w {WITNESS.key.text}\ngroup g ² w\nquorum g\n",
        f"witness w {WITNESS.key.text}\ngroup g all w w\nquorum g\n",
        f"group g any w\nwitness w {WITNESS.key.text}\nquorum g\n",
        f"log {LOG.key.text[:-4]}\nquorum none\n",
        "trust everybody\nquorum none\n",
        "\n" * 600 + "quorum none\n",
    ],
)
def test_policies_that_say_nothing_sure(text):
    with pytest.raises(errors.BadPolicy):
        policies.read_policy(text)


def test_quorum_of_groups():
    people = [signer(f"w{number}.example", notes.COSIGNATURE) for number in range(4)]
    lines = [f"log {LOG.key.text} https://log.example", "# who looks", ""]
    lines += [f"\twitness w{number} {each.key.text}" for number, each in enumerate(people)]
    lines += ["group two 2 w0 w1 w2", "group both all two w3", "quorum both"]
    policy = policies.read_policy("\n".join(lines))
    for held, there in (((0, 1, 3), True), ((0, 1, 2, 3), True), ((0, 3), False), ((0, 1, 2), False), ((), False)):
        note = GOOD
        for number in held:
            note = checkpoints.cosign(note, people[number], 1)
        if there:
            assert len(policy.open(note).cosignatures) == len(held)
        else:
            with pytest.raises(errors.NoQuorum):
                policy.open(note)
    with pytest.raises(errors.AnotherLog):
        policy.open(notes.sign_note(t := at(3, origin="other.example").text, LOG.line(t)))


def test_older_key_of_the_log_is_known_beside_the_new_one():
    newer = notes.new_signer(LOG.name)
    policy = policies.read_policy(f"log {newer.key.text}\nlog {LOG.key.text}\nquorum none\n")
    assert policy.open(GOOD).checkpoint.size == 3
    assert policy.open(checkpoints.sign_checkpoint(at(5), newer)).checkpoint.size == 5
    with pytest.raises(errors.NoKnownSignature):
        policy.open(checkpoints.sign_checkpoint(at(5), notes.new_signer(LOG.name)))


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("@v1", "@v2"),
        lambda text: text.replace("index 700\n", ""),
        lambda text: text.replace("index 700", "index 0700"),
        lambda text: text.replace("index 700", "index -1"),
        lambda text: text.replace("index 700\n", "index 700\n" + "AAAA\n"),
        lambda text: text.replace("index 700\n", "index 700\n" + (canonical.in_base64(HASH) + "\n") * 64),
        lambda text: text.replace("index 700", "extra ?\nindex 700"),
        lambda text: text.replace("index 700", "index 700\nextra AAAA"),
        lambda text: "",
        lambda text: text.replace("\n\n", "\n"),
    ],
)
def test_proof_files_of_another_form(change):
    with pytest.raises(errors.BadProofFile):
        prooffiles.read_proof_file(change(proof_file().decode()))


def test_extra_data_is_read_and_kept():
    text = proof_file().decode().replace("index 700", "extra AAEC\nindex 700")
    file = prooffiles.read_proof_file(text)
    assert file.extra == b"\x00\x01\x02"
    assert file.text == text
    prooffiles.check_entry(ENTRIES[700], file, POLICY)


def test_surplus_and_missing_hashes_in_a_proof_file():
    file = prooffiles.read_proof_file(proof_file().decode())
    for proof in (file.proof[:-1], (*file.proof, HASH)):
        wrong = prooffiles.make_proof_file(file.index, proof, file.note)
        with pytest.raises(errors.WrongProofLength):
            check(ENTRIES[700], wrong.encode())


@pytest.mark.parametrize(
    "path",
    ["", "0", "0/", "0/0", "0/00", "0/0000", "6/000", "x/000", "00/000", "0/x000/000", "0/000.p/0", "0/000.p/256", "0/000.p/01",
     "0/1000", "0/x001/x000", "entries/..", "0/000/", "٠/000", "0/٠٠٠", "data/000", "0/x001/x001/x001/x001/x001/001"],
)  # fmt: skip
def test_tiles_that_nobody_has(path):
    with pytest.raises(errors.BadTile):
        tiles.read_path(path)


def test_tiles_hold_what_was_packed():
    assert tiles.read_path("entries/x001/234.p/7") == tiles.Tile(None, 1234, 7)
    assert tiles.Tile(1, 0, 4).is_within(1234)
    assert not tiles.Tile(1, 0, 5).is_within(1234)
    assert not tiles.Tile(0, 4, 256).is_within(1234)
    packed = tiles.pack_entries(ENTRIES[:256])
    assert tiles.unpack_entries(packed, 256) == ENTRIES[:256]
    assert tiles.unpack_hashes(tiles.pack_hashes(LEAVES[:256]), 256) == LEAVES[:256]
    for wrong, width in ((packed[:-1], 256), (packed, 255), (packed + b"\x00", 256)):
        with pytest.raises(errors.BadTile):
            tiles.unpack_entries(wrong, width)
    with pytest.raises(errors.BadTile):
        tiles.unpack_hashes(b"x" * 33, 1)
    with pytest.raises(errors.BadTile):
        tiles.pack_entries([b"x" * 65_536])


@pytest.mark.parametrize("text", ["?", "e30", "WyJhIl0", "WzEsImIiLDJd", "WyJzIiwiX3NkIiwxXQ", "WyJzIiwibiIsMS41XQ", "AAA"])
def test_disclosures_of_another_form(text):
    with pytest.raises(errors.BadDisclosure):
        disclosures.read_disclosure(text)


def test_disclosure_cannot_be_guessed_or_exchanged():
    one, other = (disclosures.make_disclosure("name", "林知夏", disclosures.new_salt()) for _ in range(2))
    assert one != other
    assert disclosures.open_disclosure(one, [disclosures.digest_of(one)]).value == "林知夏"
    with pytest.raises(errors.UnknownDisclosure):
        disclosures.open_disclosure(other, [disclosures.digest_of(one)])
    with pytest.raises(errors.BadDisclosure):
        disclosures.make_disclosure("_sd", 1, "x")


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\u3000b"])
def test_keys_have_names_that_a_line_can_hold(name):
    with pytest.raises(errors.BadKey):
        notes.new_signer(name)


def test_private_key_comes_back_from_its_line_and_no_refusal_repeats_it():
    made = notes.new_signer("log.example")
    assert notes.read_signer(made.secret).key == made.key
    for wrong in (made.key.text, made.secret.replace("log.example", "log.example2"), made.secret[:-6]):
        with pytest.raises(errors.BadKey) as refused:
            notes.read_signer(wrong)
        assert made.secret[-40:-8] not in str(refused.value)
    with pytest.raises(ValueError, match="cosignature"):
        made.line("a\n", 5)


def test_every_refusal_has_a_code_of_its_own():
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.LogError)]
    assert len({kind.code for kind in kinds}) == len(kinds) > 20
    assert all(issubclass(kind, ValueError) for kind in kinds)
    assert json.dumps(sorted(kind.code for kind in kinds)).isascii()
