"""Posts the sandbox's events to our webhook until they are accepted: at least once, in no promised order."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import requests
import structlog

from app.kernel.faults import describe
from app.payments.provider.books import Books
from app.payments.provider.signature import sign
from config import Settings

log = structlog.get_logger("sandbox")

CONNECT_SECONDS, READ_SECONDS = 2.0, 10.0
IDLE_SECONDS = 0.3

Post = Callable[[bytes, str], int]  # (body, signature header) -> HTTP status
Signing = Callable[[bytes, bytes, int], str]  # (secret, body, unix seconds) -> signature header


class Outgoing(Protocol):
    """Whoever keeps events that wait to be sent."""

    def waiting_events(self, now: float) -> list[tuple[int, str]]: ...

    def note_delivery(self, seq: int, now: float, *, error: str | None) -> None: ...


@dataclass
class Chaos:
    """What a network and a provider may do to events; chances in percent, decided by ``dice``.

    ``drop``: the provider believes that it was accepted, we never saw it. ``lose_answer``: we took it in, the provider did
    not hear our answer and sends it again. ``fail``: it never arrives, the provider sees a 500 and tries again.
    """

    dice: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311 - chance, not a secret
    duplicate: int = 0
    delay: int = 0
    drop: int = 0
    lose_answer: int = 0
    fail: int = 0
    shuffle: bool = False

    def hits(self, chance: int) -> bool:
        return self.dice.randrange(100) < chance


CALM = Chaos()


def deliver_once(
    books: Outgoing, secret: bytes, post: Post, *, chaos: Chaos = CALM, now: float | None = None, signing: Signing = sign
) -> int:
    """Send every event that is due, once (twice when chaos duplicates); returns how many were accepted.

    ``now`` (unix seconds) decides which are due; the signature always carries the real time.
    """
    moment = time.time() if now is None else now
    due = books.waiting_events(moment)
    if chaos.shuffle:
        chaos.dice.shuffle(due)
    accepted = 0
    for seq, body in due:
        if chaos.hits(chaos.delay):
            continue
        if chaos.hits(chaos.drop):
            books.note_delivery(seq, moment, error=None)
            continue
        error = "500" if chaos.hits(chaos.fail) else _send(post, secret, body, signing)
        if chaos.hits(chaos.duplicate):
            _send(post, secret, body, signing)
        if chaos.hits(chaos.lose_answer):
            error = "no answer"
        books.note_delivery(seq, moment, error=error)
        accepted += error is None
    return accepted


def run_sender(settings: Settings, stop: threading.Event | None = None, books: Outgoing | None = None) -> None:
    """Send events to the webhook's address until ``stop`` is set (the process ``xunyi sandbox``): those of the practice
    provider, or of the given books."""
    stop = stop or threading.Event()
    books = books or Books(settings.folder("sandbox"))
    secret = settings.secret("webhook")
    with requests.Session() as session:
        session.trust_env = False  # a proxy of the environment has no business between two parts of one machine

        def post(raw: bytes, header: str) -> int:
            answer = session.post(
                settings.webhook_address,
                data=raw,
                headers={"Content-Type": "application/json", "Sandbox-Signature": header},
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
            )
            return answer.status_code

        while not stop.wait(IDLE_SECONDS):
            try:
                deliver_once(books, secret, post)
            except Exception as trouble:  # a full disk or a busy file must not end the sender for good
                log.error("sandbox_sender_failed", error=describe(trouble), exc_info=trouble)


def _send(post: Post, secret: bytes, body: str, signing: Signing) -> str | None:
    raw = body.encode()
    try:
        status = post(raw, signing(secret, raw, int(time.time())))
    except requests.RequestException as trouble:
        return type(trouble).__name__
    return None if 200 <= status < 300 else str(status)
