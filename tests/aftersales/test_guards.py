"""What the databases keep by themselves, every cell of the table, and two who act at once."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.aftersales import service
from app.aftersales.models import Claim
from app.aftersales.states import (
    BUYER_TURN,
    CLAIM_FLOW,
    DENIED,
    ESCALATED,
    OPEN,
    PARTIAL,
    REMEDIED,
    RETURNING,
    SELLER_TURN,
    WITHDRAWN,
)
from app.kernel.errors import BadState, DomainError
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from app.trades.models import Order
from tests.accounts.making import make_member
from tests.aftersales.going_back import HOME, PARCEL
from tests.aftersales.making import arrived, claim, fresh, make_claim, party
from tests.payments.making import run_money
from tests.trades.making import fresh as fresh_order
from tests.trades.making import money_of

REACHED = (SELLER_TURN, BUYER_TURN, ESCALATED, RETURNING, REMEDIED, DENIED, WITHDRAWN)
WORDS = "发货前的视频里屏幕完好，没有换过。"


@pytest.mark.parametrize("state", REACHED)
def test_every_event_is_either_listed_or_refused(hub: Hub, state: str) -> None:
    row, _ = make_claim(hub, state)
    for event in CLAIM_FLOW.events:
        if CLAIM_FLOW.can(state, event):
            continue
        with pytest.raises(BadState), hub.begin(SYSTEM) as work:
            CLAIM_FLOW.apply(work, work.session.get_one(Claim, row.id), event)
    assert fresh(hub, row).version == row.version


# Which verb takes a step in which state, by the side that it belongs to; every other cell is refused without any effect.
ALLOWED = {
    ("seller", "accept"): {SELLER_TURN},
    ("seller", "offer"): {SELLER_TURN},
    ("seller", "refuse"): {SELLER_TURN},
    ("buyer", "agree"): set(),  # a refusal stands: there is nothing to agree to
    ("buyer", "ask_again"): {BUYER_TURN},
    ("buyer", "escalate"): {BUYER_TURN},
    ("buyer", "withdraw"): {SELLER_TURN, BUYER_TURN, ESCALATED, RETURNING},
    ("seller", "name_address"): {RETURNING},
    ("buyer", "send_back"): set(),  # no address is named yet
    ("seller", "receive_back"): set(),
    ("seller", "nothing_came"): set(),  # nothing is sent yet
}
ACTORS = ("buyer", "seller", "operator", "stranger")


def _verb(name: str, row: Claim, hub: Hub | None = None) -> Callable[..., object]:
    if name == "name_address":
        assert hub is not None
        return lambda work: service.name_address(work, hub.sealer, row.code, row.version, *HOME)
    more = {
        "offer": (PARTIAL, 100, WORDS),
        "ask_again": (PARTIAL, 100, WORDS),
        "refuse": (WORDS,),
        "send_back": PARCEL,
        "nothing_came": (WORDS,),
    }.get(name, ())
    return lambda work: getattr(service, name)(work, row.code, row.version, *more)


@pytest.mark.parametrize("state", REACHED)
def test_every_state_actor_and_verb_has_its_answer(hub: Hub, state: str) -> None:
    row, order = make_claim(hub, state)
    people = {
        "buyer": party(hub, order.buyer_id),
        "seller": party(hub, order.seller_id),
        "operator": party(hub, make_member(hub, "operator").id),
        "stranger": party(hub, make_member(hub, "dealer").id),
    }
    for _, name in ALLOWED:
        for who, person in people.items():
            if state in ALLOWED.get((who, name), set()):
                continue
            with pytest.raises(DomainError), hub.begin(person) as work:
                _verb(name, row, hub)(work)
            assert fresh(hub, row).version == row.version, (who, name)
    assert fresh_order(hub, order).held_by_claim == (row.code if state in OPEN else None)


@pytest.mark.parametrize(("who", "name", "state"), [(*key, state) for key, states in ALLOWED.items() for state in sorted(states)])
def test_what_is_allowed_moves_the_claim(hub: Hub, who: str, name: str, state: str) -> None:
    row, order = make_claim(hub, state)
    people = {"buyer": order.buyer_id, "seller": order.seller_id}
    person = party(hub, people.get(who) or make_member(hub, "operator").id)
    with hub.begin(person) as work:
        _verb(name, row, hub)(work)
    assert fresh(hub, row).version == row.version + 1


REFUSED = [
    "UPDATE claim SET text = text || 'x'",
    "UPDATE claim SET most_fen = most_fen + 1",
    "UPDATE claim SET right_code = 'free_repair'",
    "UPDATE claim SET order_id = order_id + 1",
    "DELETE FROM claim",
    "UPDATE claim_item SET promised = '{}'",
    "DELETE FROM claim_item",
    "UPDATE claim_proposal SET amount_fen = 1",
    "DELETE FROM claim_proposal",
    "UPDATE claim_evidence SET sha256 = hash",
    "DELETE FROM claim_evidence",
    "UPDATE trade_order SET state = 'completed', completed_at = delivered_at WHERE held_by_claim IS NOT NULL",
    "UPDATE trade_order SET held_by_claim = 'other' WHERE held_by_claim IS NOT NULL",
    "UPDATE claim SET last_fen = most_fen + 1",
    "UPDATE claim SET result_remedy = 'partial_refund', result_fen = most_fen + 1",
    "UPDATE claim SET state = 'remedied'",
    "UPDATE claim SET due_at = NULL",
    "INSERT INTO claim_item (claim_id, order_id, item_key, name, promised) SELECT claim_id, order_id, item_key, name, promised FROM claim_item",
    "INSERT INTO claim_item (claim_id, order_id, item_key, name, promised) "
    "SELECT claim_id, order_id + 1, 'report:frame', name, promised FROM claim_item",
    "INSERT INTO claim_evidence (claim_id, order_id, no, by, photo_id, sha256, previous, hash, at) "
    "SELECT claim_id, order_id, 2, by, photo_id, hash, sha256, hash, at FROM claim_evidence",
]  # fmt: skip


@pytest.mark.parametrize("statement", REFUSED)
def test_the_database_refuses(hub: Hub, statement: str) -> None:
    make_claim(hub)
    with pytest.raises(DBAPIError), hub.begin(SYSTEM) as work:
        work.session.execute(text(statement))


def test_what_ended_stays_as_it_ended(hub: Hub) -> None:
    make_claim(hub, REMEDIED)
    for change in ("result_fen = 1", "state = 'seller_turn'", "ended_at = opened_at", "last_fen = 0"):
        with pytest.raises(DBAPIError), hub.begin(SYSTEM) as work:
            work.session.execute(text(f"UPDATE claim SET {change}"))


def test_only_the_buyer_of_the_order_has_a_claim_and_one_is_open(hub: Hub) -> None:
    row, order = make_claim(hub)
    columns = (
        "code, order_id, opened_by, opened_at, reason, text, rules_id, right_code, right_until, most_fen, last_no, last_kind, "
        "last_remedy, last_fen, due_at, state, version, entered_at"
    )
    for by, code in ((order.buyer_id, "a" * 26), (order.seller_id, "b" * 26)):
        values = columns.replace("code,", f"'{code}',", 1).replace("opened_by", str(by), 1)
        with pytest.raises(DBAPIError), hub.begin(SYSTEM) as work:
            work.session.execute(text(f"INSERT INTO claim ({columns}) SELECT {values} FROM claim WHERE id = {row.id}"))


def at_once(hub: Hub, *steps: tuple[object, Callable[..., object]]) -> list[str]:
    """Both steps in threads of their own; how each ended."""
    ended, gate = [""] * len(steps), threading.Barrier(len(steps))

    def run(place: int, person: object, step: Callable[..., object]) -> None:
        gate.wait()
        try:
            with hub.begin(person) as work:  # type: ignore[arg-type]
                step(work)
            ended[place] = "done"
        except DomainError as refusal:
            ended[place] = refusal.code

    threads = [threading.Thread(target=run, args=(place, *step)) for place, step in enumerate(steps)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ended


@pytest.mark.parametrize("_round", range(4))
def test_seller_agrees_while_the_buyer_takes_it_back(hub: Hub, _round: int) -> None:
    row, order = make_claim(hub)
    ended = at_once(
        hub,
        (party(hub, order.seller_id), _verb("accept", row)),
        (party(hub, order.buyer_id), _verb("withdraw", row)),
    )
    assert sorted(each == "done" for each in ended) == [False, True]
    run_money(hub)
    refunded = money_of(hub, order).refunded_fen
    assert refunded == (20_000 if fresh(hub, row).state == REMEDIED else 0)


@pytest.mark.parametrize("_round", range(4))
def test_two_claims_at_once_open_one(hub: Hub, _round: int) -> None:
    order = arrived(hub)
    from tests.aftersales.making import wanted

    person = party(hub, order.buyer_id)

    def opens(items: list[str]) -> Callable[..., object]:
        return lambda work: service.open_claim(work, hub.store, hub.sealer, order.code, wanted(items=items))

    ended = at_once(hub, (person, opens(["report:screen_glass"])), (person, opens(["report:frame"])))
    assert sorted(ended) == ["another_claim_open", "done"]


def test_the_clock_and_the_seller_in_the_same_second(hub: Hub) -> None:
    """Before its last second the seller decides, after it the clock: never both, and the money moves once."""
    row, order = make_claim(hub)
    hub.drain()  # the photo is prepared
    assert row.due_at is not None
    with hub.begin(SYSTEM) as work:
        work.session.execute(text("UPDATE claim SET due_at = opened_at"))
    late = fresh(hub, row)
    with hub.begin(SYSTEM) as work:
        claim_id = late.id
        service.on_due(work, claim_id)
    with pytest.raises(DomainError), hub.begin(party(hub, order.seller_id)) as work:
        service.accept(work, row.code, row.version)
    run_money(hub)
    assert money_of(hub, order).refunded_fen == 20_000
    assert isinstance(fresh_order(hub, order), Order)


def test_a_second_run_of_the_deadline_changes_nothing(hub: Hub) -> None:
    row, order = make_claim(hub, REMEDIED)
    with hub.begin(SYSTEM) as work:
        service.on_due(work, row.id)
    run_money(hub)
    assert money_of(hub, order).refunded_fen == 20_000
    with pytest.raises(DomainError):
        claim(hub, order)
