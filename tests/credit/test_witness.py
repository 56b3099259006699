"""A witness cosigns only what continues what it keeps, and keeps both sides of a fork."""

from __future__ import annotations

import threading

import pytest
from click.testing import CliRunner
from werkzeug.serving import make_server

from app.cli.commands import main
from app.credit.log.checkpoints import Checkpoint, sign_checkpoint
from app.credit.log.errors import AnotherLog, ForkedLog, LogError, WrongSize
from app.credit.log.notes import COSIGNATURE, new_signer, read_key
from app.credit.log.policies import read_policy
from app.credit.log.witnessing import once
from tests.accounts.making import make_user
from tests.credit.making import make_checkpoint, make_events

WITNESS = new_signer("witness.example", COSIGNATURE)


@pytest.fixture
def log(hub):
    make_events(hub, make_user(hub))
    return make_checkpoint(hub)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "kept"


def trust(log):
    return read_policy(f"log {log.vkey}\nquorum none\n")


def fetcher(client):
    return lambda path: client.get(f"/credit/log/{path}").text


def test_witness_follows_a_log_that_grows(hub, client, log, folder):
    first = once(folder, trust(log), WITNESS, fetcher(client), 1_800_000_000)
    assert (first.is_first, first.is_new) == (True, True)
    again = once(folder, trust(log), WITNESS, fetcher(client), 1_800_000_060)
    assert (again.is_first, again.is_new) == (False, False)
    make_events(hub, make_user(hub))
    make_checkpoint(hub)
    later = once(folder, trust(log), WITNESS, fetcher(client), 1_800_000_120)
    assert later.checkpoint.size > first.checkpoint.size
    asked = read_policy(f"log {log.vkey}\nwitness w {WITNESS.key.text}\nquorum w\n")
    signed = asked.open((folder / "last.checkpoint").read_text())
    assert (signed.checkpoint, [each.time for each in signed.cosignatures]) == (later.checkpoint, [1_800_000_120])
    assert sorted(file.name for file in folder.iterdir()) == sorted(
        [f"{first.checkpoint.size}.checkpoint", f"{later.checkpoint.size}.checkpoint", "last.checkpoint"]
    )


@pytest.mark.parametrize(
    ("size", "refusal"), [(0, ForkedLog), (9, LogError), (-1, WrongSize)], ids=["same size", "longer", "shorter"]
)
def test_fork_is_an_alarm_and_both_sides_are_kept(client, log, folder, size, refusal):
    seen = once(folder, trust(log), WITNESS, fetcher(client), 1_800_000_000)
    kept = (folder / "last.checkpoint").read_text()
    signer = log._signer()
    other = sign_checkpoint(Checkpoint(signer.name, seen.checkpoint.size + size, b"\x07" * 32), signer)

    def forked(path):
        return other if path == "checkpoint" else "B" * 43 + "=\n"

    with pytest.raises(refusal):
        once(folder, trust(log), WITNESS, forked, 1_800_000_060)
    assert (folder / "last.checkpoint").read_text() == kept
    assert (folder / "alarm-1800000060.checkpoint").read_text() == other


def test_another_log_and_another_key_are_refused(client, log, folder):
    name = read_key(log.vkey).name
    for vkey, refusal in ((new_signer("elsewhere").key.text, AnotherLog), (new_signer(name).key.text, LogError)):
        with pytest.raises(refusal):
            once(folder, read_policy(f"log {vkey}\nquorum none\n"), WITNESS, fetcher(client), 1_800_000_000)
    assert not (folder / "last.checkpoint").exists()


def test_command_over_the_network(hub, app, log, tmp_path):
    server = make_server("127.0.0.1", 0, app)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    (tmp_path / "trust").write_text(f"log {log.vkey}\nquorum none\n")
    run = CliRunner()
    made = run.invoke(main, ["witness", "key", str(tmp_path / "key"), "witness.example"])
    assert read_key(made.output.strip()).type == COSIGNATURE
    assert run.invoke(main, ["witness", "key", str(tmp_path / "key"), "witness.example"]).exit_code == 1
    words = [
        "witness",
        "once",
        address,
        "--trust",
        str(tmp_path / "trust"),
        "--key",
        str(tmp_path / "key"),
        "--folder",
        str(tmp_path / "kept"),
    ]
    told = run.invoke(main, words)
    assert (told.exit_code, "cosigned" in told.output) == (0, True), told.output
    assert "as before" in run.invoke(main, words).output
    (tmp_path / "trust").write_text(f"log {new_signer(read_key(log.vkey).name).key.text}\nquorum none\n")
    alarm = run.invoke(main, words)
    assert (alarm.exit_code, "ALARM" in alarm.output) == (2, True)
    server.shutdown()
    thread.join()
    server.server_close()
    assert run.invoke(main, words).exit_code == 1
