"""The log for whoever checks it without us: its checkpoint and its tiles (C2SP forms), a proof for each event, and a page that
says what to do with them. Everything here is public, and nothing of it changes once it is there, but the newest checkpoint.
"""

from __future__ import annotations

from flask import Response, make_response, request

from app.credit import tool
from app.credit.errors import TileNotFound
from app.credit.log.canonical import in_base64
from app.credit.log.errors import BadTile, WrongSize
from app.credit.log.prooffiles import make_proof_file
from app.credit.log.tiles import STEP, Tile, pack_entries, pack_hashes, read_path
from app.credit.queries import (
    consistency,
    entries,
    event_by_idx,
    hashes,
    inclusion,
    latest_checkpoint,
    log_key,
    log_size,
    require_checkpoint,
    trusted_keys,
)
from app.credit.routes.blueprint import bp
from app.kernel.canonical import sha256_hex
from app.kernel.work import Work
from app.web import allow, look, render

FOREVER = "public, max-age=31536000, immutable"
MINUTE = "public, max-age=60"


@bp.get("/credit/log")
@allow("anyone")
def log_page() -> Response:
    """What the log is, how long, and how to check it."""
    with look() as work:
        size, newest, key = log_size(work), latest_checkpoint(work), log_key(work)
    return render("credit/log.html", size=size, checkpoint=newest, key=key, tool_sha256=sha256_hex(tool.one_file()))


@bp.get("/credit/log/checkpoint")
@allow("anyone")
def checkpoint() -> Response:
    """The newest signed checkpoint."""
    with look() as work:
        return _text(require_checkpoint(work).note, MINUTE)


@bp.get("/credit/log/trust.policy")
@allow("anyone")
def trust_policy() -> Response:
    """Whom to trust, as a file: the log's key. Compare it with the key that you were given by other means."""
    with look() as work:
        require_checkpoint(work)
        key = log_key(work)
        assert key is not None
        authorities = "".join(f"regulator {each}\n" for each in trusted_keys(work))
        return _text(f"log {key.vkey}\n{authorities}quorum none\n", MINUTE)


@bp.get("/credit/log/xunyi-audit.pyz")
@allow("anyone")
def audit_tool() -> Response:
    """The check of case files as one file. Who trusts nothing of ours makes it from the source: the bytes are the same."""
    answer = make_response(tool.one_file())
    answer.mimetype = "application/octet-stream"
    answer.headers["Content-Disposition"] = f'attachment; filename="{tool.NAME}"'
    return answer


@bp.get("/credit/log/tile/<path:path>")
@allow("anyone")
def tile(path: str) -> Response:
    """256 hashes or 256 events, or the part of them that is there."""
    try:
        wanted = read_path(path)
    except BadTile as trouble:
        raise TileNotFound() from trouble
    with look() as work:
        if not wanted.is_within(log_size(work)):
            raise TileNotFound()
        answer = make_response(_content(work, wanted))
    answer.mimetype = "application/octet-stream"
    answer.headers["Cache-Control"] = FOREVER
    return answer


@bp.get("/credit/log/events/<int:idx>.tlog-proof")
@allow("anyone")
def event_proof(idx: int) -> Response:
    """The proof that an event is in the log, with the newest checkpoint; it stays true for ever."""
    with look() as work:
        event_by_idx(work, idx)
        signed = require_checkpoint(work)
        proof = inclusion(work, idx, signed.size)
    answer = _text(make_proof_file(idx, proof, signed.note), MINUTE)
    answer.headers["Content-Disposition"] = f'attachment; filename="{idx}.tlog-proof"'
    return answer


@bp.get("/credit/log/consistency")
@allow("anyone")
def growth() -> Response:
    """The proof that the newest checkpoint continues the one of ``old`` events: one hash per line, in base64."""
    with look() as work:
        newest = require_checkpoint(work).size
        try:
            proof = consistency(work, _number("old", 0), min(_number("new", newest), newest))
        except WrongSize as trouble:
            raise TileNotFound() from trouble
    return _text("".join(f"{in_base64(each)}\n" for each in proof), MINUTE)


def _content(work: Work, wanted: Tile) -> bytes:
    start, end = wanted.first, wanted.first + wanted.width
    if wanted.level is None:
        return pack_entries(entries(work, start, end))
    return pack_hashes(hashes(work, wanted.level * STEP, start, end))


def _number(name: str, otherwise: int) -> int:
    typed = request.args.get(name, "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 16 else otherwise


def _text(content: str, keep: str) -> Response:
    answer = make_response(content)
    answer.mimetype = "text/plain"
    answer.headers["Cache-Control"] = keep
    return answer
