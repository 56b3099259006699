"""Corrected revisions of schemes, made by editing the text of the newest file, and the people who propose and approve them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from app.accounts.models import User
from app.kernel import clock
from app.kernel.hub import Hub
from app.kernel.time import shanghai_day
from app.schemes import queries, service
from app.schemes.models import SchemeProposal
from tests.accounts.making import actor, make_member

CAR, PHONE = "gbt30323-2013", "phone-2026.1"
REASON = "按标准原文更正机油项的扣分。"


@dataclass(frozen=True)
class Operators:
    """Two of them, as the rules ask."""

    first: User
    second: User


def operators(hub: Hub) -> Operators:
    return Operators(make_member(hub, "operator"), make_member(hub, "operator"))


def today(hub: Hub) -> date:
    with hub.look() as work:
        return shanghai_day(work.now)


def later(hub: Hub, days: int = 30) -> date:
    return today(hub) + timedelta(days=days)


def text_of(hub: Hub, scheme_id: str) -> str:
    """The newest file of a scheme."""
    with hub.look() as work:
        return queries.bytes_of(work, queries.newest_scheme(work, scheme_id)).decode()


def corrected(
    hub: Hub,
    scheme_id: str = CAR,
    begins: date | None = None,
    *,
    edits: Mapping[str, str] | None = None,
    number: int | None = None,
    head: bool = True,
) -> bytes:
    """The newest file as its next revision: coolant in the oil costs 12 instead of 15, a scratch of a phone 7 instead of 6, or
    what ``edits`` say (pattern -> replacement, each exactly once). ``head`` False: version and first day stay."""
    text = text_of(hub, scheme_id)
    with hub.look() as work:
        newest = queries.newest_scheme(work, scheme_id)
    if head:
        version = f'"{newest.version.partition("/")[0]}/r{number or newest.number + 1}"'
        text = once(text, r"(?m)^(  version: *)\S+", rf"\g<1>{version}")
        text = once(text, r"(?m)^(  effective_from: *)\S+", rf"\g<1>{(begins or later(hub)).isoformat()}")
    usual = {
        CAR: {
            r"(code: \"40\".*?deduct: )[0-9.]+(.*?deduct: )[0-9.]+": rf"\g<1>{12 - newest.number + 1}\g<2>{12 - newest.number + 1}"
        },
        PHONE: {r"(light: \{zh: 轻微划痕[^}]*deduct: )[0-9]+": rf"\g<1>{6 + newest.number}"},
    }
    for pattern, replacement in (usual[scheme_id] if edits is None else edits).items():
        text = once(text, pattern, replacement)
    return text.encode()


def once(text: str, pattern: str, replacement: str) -> str:
    changed, count = re.subn(pattern, replacement, text, count=1)
    assert count == 1, f"{pattern} is not in the file"
    return changed


def propose(hub: Hub, who: User, data: bytes, effective_on: date | None = None, reason: str = REASON) -> SchemeProposal:
    with hub.begin(actor(hub, who)) as work:
        return service.propose(work, data, effective_on, reason)


def approve(hub: Hub, who: User, code: str) -> None:
    with hub.begin(actor(hub, who)) as work:
        service.approve(work, code)


def publish(hub: Hub, data: bytes | None = None, people: Operators | None = None) -> SchemeProposal:
    """A revision that is approved and comes into force on its first day."""
    who = people or operators(hub)
    made = propose(hub, who.first, data or corrected(hub))
    approve(hub, who.second, made.code)
    return made


def go_to(hub: Hub, day: date) -> None:
    """Move the clock to this day."""
    with hub.begin() as work:
        clock.advance(work, timedelta(days=(day - shanghai_day(work.now)).days))
