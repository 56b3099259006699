"""News, deadlines and life cycles are whole: nothing is announced, set or moved that nobody answers."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from app import wiring
from app.accounts.states import INVITATION_FLOW
from app.aftersales.states import CLAIM_FLOW, LEG_FLOW
from app.aftersales.states import DISPUTE_FLOW as CLAIM_DISPUTE_FLOW
from app.factory import ROOT
from app.kernel.errors import BadState
from app.kernel.flow import Flow
from app.kernel.hub import Hub
from app.kernel.outbox import Event
from app.kernel.work import SYSTEM, VISITOR
from app.listings.states import LISTING_FLOW
from app.payments.states import COMMAND_FLOW, DISPUTE_FLOW, PAYMENT_FLOW, ROW_FLOW, TAKE_BACK_FLOW, TRANSFER_FLOW
from app.peerreviews.states import REVIEW_FLOW
from app.reinspection.states import REINSPECTION_FLOW
from app.trades.states import CASE_FLOW, ORDER_FLOW
from app.trades.states.changes import CHANGE_FLOW
from app.trades.states.offers import NEGOTIATION_FLOW
from app.trades.states.reviews import REVIEW_FLOW as SALE_REVIEW_FLOW
from app.valuation.states import IMPORT_FLOW, MODEL_FLOW
from app.visits.states import VISIT_FLOW

FLOWS = [
    INVITATION_FLOW,
    LISTING_FLOW,
    NEGOTIATION_FLOW,
    PAYMENT_FLOW,
    COMMAND_FLOW,
    DISPUTE_FLOW,
    ROW_FLOW,
    TAKE_BACK_FLOW,
    TRANSFER_FLOW,
    ORDER_FLOW,
    CHANGE_FLOW,
    CASE_FLOW,
    CLAIM_FLOW,
    CLAIM_DISPUTE_FLOW,
    LEG_FLOW,
    SALE_REVIEW_FLOW,
    REVIEW_FLOW,
    VISIT_FLOW,
    MODEL_FLOW,
    IMPORT_FLOW,
]


def sources() -> list[tuple[Path, ast.Module]]:
    return [(path, ast.parse(path.read_text())) for path in sorted((ROOT / "app").rglob("*.py"))]


def events() -> set[str]:
    """Every event that the marketplace itself defines (tests may define more)."""
    return {name for name, kind in Event.registry.items() if kind.__module__.startswith("app.")}


def unanswered(announced: set[str], heard: set[str], excused: set[str]) -> list[str]:
    faults = [f"{name}: nobody hears it, and no reason is given" for name in announced - heard - excused]
    faults += [f"{name}: heard, and also said to be unheard" for name in heard & excused]
    faults += [f"{name}: no such event" for name in (heard | excused) - announced]
    return sorted(faults)


def test_every_event_is_heard_or_a_reason_is_given() -> None:
    assert unanswered(events(), set(wiring.NEWS), set(wiring.UNHEARD)) == []
    assert all(len(reason) > 10 for reason in wiring.UNHEARD.values())


def test_the_check_sees_a_forgotten_listener() -> None:
    heard = set(wiring.NEWS) - {"PaymentSettled"}
    assert unanswered(events(), heard, set(wiring.UNHEARD)) == ["PaymentSettled: nobody hears it, and no reason is given"]


def test_names_of_listeners_are_unique_per_event() -> None:
    for name, listeners in wiring.NEWS.items():
        assert len({listener.name for listener in listeners}) == len(listeners), name


def test_events_carry_plain_values_only() -> None:
    plain = {"int", "str", "bool", "int | None", "str | None", "list[str]", "dict[str, Any]"}
    faults = [
        f"{name}.{field}: {kind}"
        for name in events()
        for field, kind in Event.registry[name].__annotations__.items()
        if str(kind) not in plain
    ]
    assert faults == []


def deadline_kinds() -> set[tuple[str, str]]:
    """(entity, kind) of every ``set_deadline`` call; both must be written out, so that they can be read here."""
    found = set()
    for path, tree in sources():
        for call in ast.walk(tree):
            if not isinstance(call, ast.Call) or getattr(call.func, "id", "") != "set_deadline":
                continue
            entity, kind = call.args[1], call.args[3]
            assert isinstance(entity, ast.Constant), f"{path}:{call.lineno}"
            assert isinstance(kind, ast.Constant), f"{path}:{call.lineno}"
            found.add((str(entity.value), str(kind.value)))
    return found


def test_every_deadline_has_its_handler_and_every_handler_its_deadline() -> None:
    assert deadline_kinds() == set(wiring.DEADLINES)


def test_every_flow_is_in_this_guard() -> None:
    written = {
        str(call.args[0].value)
        for _, tree in sources()
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "Flow" and isinstance(call.args[0], ast.Constant)
    }
    assert {flow.name for flow in _flows()} == written


def _flows() -> list[Flow]:
    from app.appraisal import states

    return [*FLOWS, REINSPECTION_FLOW, states.APPRAISAL_FLOW, states.APPLICATION_FLOW]


def unreachable(flow: Flow) -> list[str]:
    """States that no path from the first one (the start of the table's first row) reaches."""
    reached = {flow.states[0]}
    while True:
        more = {end for (start, _), end in flow.table.items() if start in reached} - reached
        if not more:
            return [state for state in flow.states if state not in reached]
        reached |= more


@pytest.mark.parametrize("flow", _flows(), ids=lambda flow: flow.name)
def test_every_state_is_reachable(flow: Flow) -> None:
    assert unreachable(flow) == []


def test_the_check_sees_an_unreachable_state() -> None:
    assert unreachable(Flow("planted", {("a", "go"): "b", ("c", "go"): "b"})) == ["c"]


class Row:
    """Only a state: a refusal must come before the database is touched."""

    def __init__(self, state: str) -> None:
        self.id, self.state, self.version = 1, state, 1


@pytest.mark.parametrize("flow", _flows(), ids=lambda flow: flow.name)
def test_every_unlisted_pair_of_state_and_event_is_refused(flow: Flow, hub: Hub) -> None:
    refused = 0
    for state in flow.states:
        for event in flow.events:
            if flow.can(state, event):
                assert flow.table[state, event] in flow.states
                continue
            with hub.look(VISITOR) as work, pytest.raises(BadState) as refusal:
                flow.apply(work, Row(state), event)
            assert refusal.value.values["allowed"] == flow.allowed(state)
            refused += 1
    assert refused + len(flow.table) == len(flow.states) * len(flow.events)


def test_a_deadline_without_a_handler_is_seen_by_staff(hub: Hub) -> None:
    from app.kernel.deadlines import Deadline, set_deadline

    with hub.begin(SYSTEM) as work:
        set_deadline(work, "nothing", 1, "planted", work.now)
    hub.sweep()
    with hub.look(SYSTEM) as work:
        waiting = work.session.query(Deadline).one()
        assert waiting.fired_at is None
        assert "no handler" in (waiting.last_error or "")
