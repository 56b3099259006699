"""Brings disputes to each step, through the verbs and the jobs."""

from __future__ import annotations

import dataclasses
from typing import Any

from sqlalchemy import select

from app.accounts.models import Organisation, User
from app.aftersales import queries, service
from app.aftersales.models import Claim, ClaimDispute, ClaimLeg, ClaimRuling
from app.aftersales.service import Ruling, disputes
from app.aftersales.states import DECIDING, DONE, RULED, WAITING
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM, Work
from app.notices.models import Notice
from app.trades.models import Order
from tests.accounts.making import actor, make_member, make_organisation
from tests.appraisal.admitting import qualify
from tests.payments.making import run_money
from tests.trades.making import as_buyer, as_seller, detached, user

REASONS = "照片 1 显示屏幕边缘有胶，报告写屏幕为原装，与实物不符。"
APPEAL = "裁决没有看发货前的视频，视频里屏幕完好。"


def dispute_of(hub: Hub, row: Claim) -> ClaimDispute:
    """The newest dispute of a claim as it stands now."""
    with hub.look() as work:
        found = queries.current_dispute(work, row.id)
        assert found is not None
        return detached(work, found)


def order_of(hub: Hub, row: Claim) -> Order:
    with hub.look() as work:
        return detached(work, queries.order_of(work, row))


def drawn(hub: Hub, row: Claim) -> User:
    """Who decides, drawn by the job; somebody is hired where nobody is left."""
    hub.drain()
    if dispute_of(hub, row).state == WAITING:
        make_member(hub, "operator")
        with hub.begin() as work:
            service.draw_next(work, hub.sealer, dispute_of(hub, row).id)
    found = dispute_of(hub, row)
    assert found.state == DECIDING
    assert found.person_id is not None
    return user(hub, found.person_id)


def ask(hub: Hub, row: Claim, person: User) -> ClaimDispute:
    """This person decides, whoever would have been drawn."""
    with hub.begin() as work:
        found = dispute_of(hub, row)
        disputes.ask(work, *disputes.locked_dispute(work, found.id), work.session.get_one(User, person.id), [person.code])
    return dispute_of(hub, row)


def ruling(remedy: str = "partial_refund", fen: int | None = 60_000, fault: str = "seller_fault", **changes: Any) -> Ruling:
    whole: dict[str, Any] = {
        "remedy": remedy,
        "amount_fen": fen,
        "fault": fault,
        "reasons": REASONS,
        "clauses": ("nonconformity_return",),
        "evidence": ("photo-1", "said-1"),
    }
    return Ruling(**{**whole, **changes})


def fitting(work: Work, row: Claim) -> Ruling:
    """A part of the price, by a rule and a piece of evidence that this very claim has."""
    claim = work.session.get_one(Claim, row.id)
    order = queries.order_of(work, claim)
    usual, clauses = ruling(fen=min(60_000, claim.most_fen)), [each.code for each in queries.clauses_of(work, order)]
    refs = [each.ref for each in queries.cited(work, claim, order)]
    return dataclasses.replace(
        usual,
        clauses=usual.clauses if set(usual.clauses) <= set(clauses) else tuple(clauses[:1]),
        evidence=usual.evidence if set(usual.evidence) <= set(refs) else tuple(refs[:2]),
    )


def rule(hub: Hub, row: Claim, said: Ruling | None = None) -> ClaimDispute:
    """Whoever was drawn rules."""
    person = drawn(hub, row)
    found = dispute_of(hub, row)
    with hub.begin(actor(hub, person)) as work:
        service.rule(work, found.code, found.version, said or fitting(work, row))
    return dispute_of(hub, row)


def accept(hub: Hub, row: Claim, *sides: str) -> ClaimDispute:
    order = order_of(hub, row)
    for side in sides or ("buyer", "seller"):
        verb = as_buyer if side == "buyer" else as_seller
        verb(hub, order, service.accept_ruling, row.code, dispute_of(hub, row).version)
    return dispute_of(hub, row)


def appeal(hub: Hub, row: Claim, side: str = "seller", words: str = APPEAL) -> ClaimDispute:
    verb = as_buyer if side == "buyer" else as_seller
    verb(hub, order_of(hub, row), service.appeal, row.code, dispute_of(hub, row).version, words)
    return dispute_of(hub, row)


def decided(hub: Hub, row: Claim, said: Ruling | None = None) -> ClaimDispute:
    """Ruled, accepted by both, carried out as far as the ledger; ``run_money`` lets the payer do its part."""
    assert rule(hub, row, said).state == RULED
    accept(hub, row)
    hub.drain()
    return dispute_of(hub, row)


def carried_out(hub: Hub, row: Claim, said: Ruling | None = None) -> ClaimDispute:
    decided(hub, row, said)
    run_money(hub)
    found = dispute_of(hub, row)
    assert found.state == DONE, found.state
    return found


def rulings(hub: Hub, row: Claim) -> list[ClaimRuling]:
    with hub.look() as work:
        found = queries.rulings_of(work, dispute_of(hub, row).id)
        work.session.expunge_all()
        return found


def legs(hub: Hub, row: Claim) -> dict[str, ClaimLeg]:
    with hub.look() as work:
        found = {each.receiver: each for each in queries.legs_of(work, dispute_of(hub, row).id)}
        work.session.expunge_all()
        return found


def make_senior(hub: Hub, organisation: Organisation | None = None) -> User:
    """A senior appraiser of a licensed agency."""
    agency = organisation or make_organisation(hub, "agency")
    person = make_member(hub, "appraiser", organisation=agency, qualified=False)
    with hub.begin(SYSTEM) as work:
        qualify(work, person.id, level="senior")
    return person


def told(hub: Hub, user_id: int) -> list[str]:
    """What the person was told, in English."""
    with hub.look() as work:
        return [each.text for each in work.session.scalars(select(Notice).where(Notice.user_id == user_id))]
