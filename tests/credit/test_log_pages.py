"""The log in public: checkpoint, tiles and proofs as they are served, checked offline by a program that knows nothing of us."""

from __future__ import annotations

import subprocess
import sys

import pytest

from app.credit import queries
from app.credit.log import canonical, checkpoints, errors, merkle, policies, prooffiles, tiles
from app.credit.log.notes import read_key
from app.factory import ROOT
from tests.accounts.making import make_user
from tests.api.making import Program
from tests.credit.making import make_checkpoint, make_events

PROGRAM = ROOT / "docs" / "examples" / "check_log.py"
LOG = "/credit/log"


def offline(folder, *words):
    """What the example program says and its exit code, run where nothing of the marketplace can be imported."""
    run = subprocess.run(
        [sys.executable, "-I", str(PROGRAM), *words], cwd=folder, capture_output=True, text=True, check=False, env={"PATH": ""}
    )
    assert run.stderr == ""
    return run.returncode, run.stdout


@pytest.fixture
def log(hub):
    """A log of 41 events of three people, signed at 20 and at 41 with the heads of the day."""
    people = [make_user(hub) for _ in range(3)]
    for number in range(19):
        make_events(hub, people[number % 3], "order.completed")
    make_checkpoint(hub)
    with hub.look() as work:
        first = queries.latest_checkpoint(work).note
    for number in range(21):
        make_events(hub, people[number % 2], "order.paid")
    return first, make_checkpoint(hub)


def test_recipe_of_the_guide_holds_and_sees_every_change(hub, client, log, tmp_path):
    first, signer = log
    files = {
        "7.json": client.get("/credit/events/7.json").data,
        "7.tlog-proof": client.get(f"{LOG}/events/7.tlog-proof").data,
        "old": first.encode(),
        "new": client.get(f"{LOG}/checkpoint").data,
        "proof": client.get(f"{LOG}/consistency?old=20").data,
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    key = signer.vkey
    event, growth = ("event", "7.json", "7.tlog-proof", key), ("growth", "old", "new", "proof", key)
    assert offline(tmp_path, *event) == (0, "the event is number 7 of the 41 that 127.0.0.1:8000/credit-log has signed\n")
    assert offline(tmp_path, *growth) == (0, "the log of 41 events continues the one of 20\n")
    assert offline(tmp_path, "growth", "new", "new", "nothing", key)[0] == 2
    changes = {
        "7.json": (b"2000-3000", b"8000-9000", event),
        "7.tlog-proof": (b"index 7", b"index 6", event),
        "new": (b"\n41\n", b"\n42\n", growth),
        "old": (b"\n20\n", b"\n19\n", growth),
    }
    for name, (before, after, command) in changes.items():
        assert files[name].count(before) == 1
        (tmp_path / name).write_bytes(files[name].replace(before, after))
        code, said = offline(tmp_path, *command)
        assert (code, said[:14]) == (2, "DOES NOT HOLD:"), name
        (tmp_path / name).write_bytes(files[name])
    for proof in (b"".join(files["proof"].splitlines(keepends=True)[:-1]), files["proof"] * 2, b"x"):
        (tmp_path / "proof").write_bytes(proof)
        assert offline(tmp_path, *growth)[0] == 2
    assert offline(tmp_path, *event[:3], key[:-4] + "AAA=")[0] == 2
    assert offline(tmp_path)[0] == 2


def test_every_event_has_a_proof_under_the_published_policy(hub, client, log):
    policy = policies.read_policy(client.get(f"{LOG}/trust.policy").text)
    assert [key.text for key in policy.logs] == [log[1].vkey]
    for idx in range(41):
        file = prooffiles.read_proof_file(client.get(f"{LOG}/events/{idx}.tlog-proof").text)
        content = client.get(f"/credit/events/{idx}.json").data
        assert prooffiles.check_entry(content, file, policy).checkpoint.size == 41
        with pytest.raises(errors.WrongRoot):
            prooffiles.check_entry(content + b" ", file, policy)


def test_whole_log_can_be_copied_by_its_tiles(hub, client, log):
    said = checkpoints.open_checkpoint(client.get(f"{LOG}/checkpoint").text, read_key(log[1].vkey)).checkpoint
    ((level, full, width),) = tiles.tiles_of(said.size)
    assert (level, full, width) == (0, 0, 41)
    hashes = tiles.unpack_hashes(client.get(f"{LOG}/tile/0/000.p/41").data, 41)
    entries = tiles.unpack_entries(client.get(f"{LOG}/tile/entries/000.p/41").data, 41)
    assert [merkle.leaf_hash(entry) for entry in entries] == hashes
    assert merkle.root(hashes) == said.root
    assert all(canonical.read_canonical(entry) for entry in entries)
    older = client.get(f"{LOG}/tile/0/000.p/20")
    assert tiles.unpack_hashes(older.data, 20) == hashes[:20]
    assert "immutable" in older.headers["Cache-Control"]


def test_full_tiles_hold_the_nodes_of_their_level(hub, client):
    make_events(hub, make_user(hub), *["order.paid"] * 260)
    leaves = tiles.unpack_hashes(client.get(f"{LOG}/tile/0/000").data, 256)
    assert tiles.unpack_hashes(client.get(f"{LOG}/tile/1/000.p/1").data, 1) == [merkle.root(leaves)]
    assert len(tiles.unpack_entries(client.get(f"{LOG}/tile/entries/001.p/4").data, 4)) == 4


@pytest.mark.parametrize(
    "path",
    ["tile/0/001", "tile/0/000", "tile/0/000.p/42", "tile/1/000.p/1", "tile/9/000", "tile/entries/000.p/0", "tile/../checkpoint", "tile/0/0",
     "tile/0/x999/x999/x999/x999/999.p/1", "events/41.tlog-proof", "events/99999999999999999999.tlog-proof", "events/x.tlog-proof",
     "consistency", "consistency?old=0", "consistency?old=42", "consistency?old=-1", "consistency?old=²", "consistency?old=30&new=20",
     "consistency?old=9999999999999999999999"],
)  # fmt: skip
def test_what_the_log_does_not_have_is_404(client, log, path):
    assert client.get(f"{LOG}/{path}").status_code == 404


def test_before_the_first_checkpoint_the_pages_say_so(hub, client):
    make_events(hub, make_user(hub))
    client.set_cookie("lang", "en")
    for path in ("checkpoint", "trust.policy", "events/0.tlog-proof", "consistency?old=1"):
        assert client.get(f"{LOG}/{path}").status_code == 404
    assert "No checkpoint has been signed yet" in client.get(LOG).text


def test_event_that_is_not_signed_yet_has_no_proof_yet(hub, client, log):
    make_events(hub, make_user(hub), "order.paid")
    assert client.get("/credit/events/41.json").status_code == 200
    assert client.get(f"{LOG}/events/41.tlog-proof").status_code == 404


def test_page_says_how_long_the_log_is_and_how_to_check_it(hub, client, log):
    client.set_cookie("lang", "en")
    make_events(hub, make_user(hub), "order.paid")
    page = client.get(LOG).text
    assert log[1].vkey.replace("+", "&#43;") in page or log[1].vkey in page
    assert "The newest checkpoint" in page
    assert "127.0.0.1:8000/credit-log" in page


def test_programs_get_the_same(hub, app, client, log):
    program = Program(app, hub)
    told = program.call("getLog").json
    assert (told["size"], told["signed_size"], told["key"]) == (41, 41, log[1].vkey)
    assert told["checkpoint"] == client.get(f"{LOG}/checkpoint").text
    proof = program.call("getEventProof", {"idx": "7"}).json
    assert proof["file"] == client.get(f"{LOG}/events/7.tlog-proof").text
    hashes = [canonical.from_base64(each, errors.BadProofFile, "hash", 32) for each in proof["proof"]]
    assert prooffiles.read_proof_file(proof["file"]).proof == tuple(hashes)
    assert (proof["idx"], proof["size"]) == (7, 41)
    assert proof["leaf"] == merkle.leaf_hash(client.get("/credit/events/7.json").data).hex()
    for wrong in ("41", "x", "-1", "9" * 30):
        assert program.call("getEventProof", {"idx": wrong}).status_code == 404
