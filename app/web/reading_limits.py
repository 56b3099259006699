"""Limits on reading, where Redis is configured: a person or, for visitors, a network may ask only so often.

Pictures, style sheets and what machines ask for are not counted: one page brings dozens of them.
"""

from __future__ import annotations

from flask import Flask, request

from app.kernel.networks import ip_prefix
from app.kernel.rates import Limit
from app.kernel.work import VISITOR
from app.web.access import current_actor
from app.web.api.errors import TooManyRequests
from app.web.api.operation import note_standing
from app.web.bearer import TokenInvalid, is_program
from app.web.working import hub

PROGRAMS = Limit("api.read", most=600, seconds=60)
PAGES = Limit("page.read", most=300, seconds=60)
VISITORS = Limit("visitor.read", most=3000, seconds=60)  # of one network: hundreds of households may share an address

UNCOUNTED = frozenset({"static", "media.show", "operations.healthz", "operations.readyz", "operations.metrics"})


def set_up(app: Flask) -> None:
    """Call before the policies are enforced: what is refused there is counted too."""
    app.before_request(_count)


def _count() -> None:
    """Raises TooManyRequests."""
    home = hub()
    if home.reads is None or request.method not in ("GET", "HEAD") or request.endpoint in UNCOUNTED:
        return
    try:
        actor = current_actor()
    except TokenInvalid:  # said in a moment; guessing tokens is counted like a visitor's reading
        actor = VISITOR
    if actor.user_id is None:
        limit, who = VISITORS, ip_prefix(request.remote_addr)
    else:
        limit, who = PROGRAMS if is_program() else PAGES, actor.code
    standing = home.reads.count(limit, home.sealer.blind_index(who, "rate.reader")[:32])
    if standing is None:
        return
    note_standing(standing)
    if standing.is_over:
        raise TooManyRequests(standing.reset_seconds)
