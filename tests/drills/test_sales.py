"""Random lives of a small marketplace, on both databases: whatever happens in whatever order, the money is where it should be."""

from __future__ import annotations

import shutil
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.errors import FlakyFailure
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from app.payments.service import holds
from app.trades.service import banks, problems
from tests.drills.conftest import FULL
from tests.drills.sales import DECIDES, VERBS, Life, World
from tests.scratch import Scratch

pytestmark = pytest.mark.slow

LIVES, STEPS = (2_000, 50) if FULL else (80, 40)
MOST_TRIES = 10  # to buy
WANTED = {
    "accept", "bank_dispute", "bank_lost", "bank_won", "buy", "ended_cancelled_unpaid", "ended_closed_refunded", "ended_completed",
    "faults", "killed", "meet", "pay", "receive", "refused", "report", "rule_refund", "rule_release", "ship", "withdraw",
}  # fmt: skip
ORDER = st.integers(0, 5)
FAULTS = st.one_of(
    st.none(),
    st.none(),
    st.tuples(st.sampled_from(["commit_lost", "killed_after", "provider_down", "answer_lost"]), st.integers(1, 4)),
)
MINUTES = (1, 31, 60 * 25, 60 * 24 * 4, 60 * 24 * 16)


class Sales(RuleBasedStateMachine):
    """One life; hypothesis chooses what happens in it, and shortens what went wrong."""

    open: ClassVar[Callable[[], Life]]
    seen: ClassVar[Counter[str]]

    @initialize()
    def begin(self) -> None:
        self.life = type(self).open()
        self.is_decided = False

    @precondition(lambda self: self.life.done["buy"] + self.life.done["refused_buy"] < MOST_TRIES)
    @rule(which=st.integers(0, 1), buyer=st.integers(0, 1), delivery=st.sampled_from(["parcel", "meet"]), fault=FAULTS)
    def buys(self, which: int, buyer: int, delivery: str, fault: tuple[str, int] | None) -> None:
        self.life.attempt("buy", lambda: self.life.buy(which, buyer, delivery), fault)

    @rule(number=ORDER, button=st.sampled_from(["pay", "pay", "pay", "decline", "confirm", "confirmed"]), fault=FAULTS)
    def pays(self, number: int, button: str, fault: tuple[str, int] | None) -> None:
        order = self.life.order(number)
        if order is not None:
            self.life.attempt("pay", lambda: self.life.pay(order, button), fault)

    @rule(number=ORDER, verb=st.sampled_from(sorted(VERBS)), fault=FAULTS)
    def acts(self, number: int, verb: str, fault: tuple[str, int] | None) -> None:
        order = self.life.order(number)
        if order is not None:
            self.is_decided = verb in DECIDES
            self.life.attempt(verb, lambda: VERBS[verb](self.life, order), fault)

    @rule(number=ORDER, choice=st.integers(0, 3), fault=FAULTS)
    def goes_on(self, number: int, choice: int, fault: tuple[str, int] | None) -> None:
        """What usually comes next, so that lives get far."""
        order = self.life.order(number)
        if order is not None:
            name, act = self.life.usual(order, choice)
            self.is_decided = name in DECIDES
            self.life.attempt(name, act)
            self.life.attempt("run", self.life.settle, fault)

    @rule(number=ORDER, choice=st.integers(0, 3))
    def and_on(self, number: int, choice: int) -> None:
        """The same without a fault: as often again."""
        order = self.life.order(number)
        if order is not None:
            name, act = self.life.usual(order, choice)
            self.is_decided = name in DECIDES
            self.life.attempt(name, act)
            self.life.attempt("run", self.life.settle)

    @rule(number=ORDER)
    def bank_takes_back(self, number: int) -> None:
        order = self.life.order(number)
        if order is not None:
            self.life.bank_takes_back(order)

    @rule(won=st.booleans())
    def bank_decides(self, won: bool) -> None:
        self.life.bank_decides(won=won)
        self.is_decided = True

    @rule(kind=st.sampled_from(["once", "twice_and_shuffled"]), fault=FAULTS)
    def messages_come(self, kind: str, fault: tuple[str, int] | None) -> None:
        self.is_decided = True  # the bank's word may be among them
        self.life.attempt("run", lambda: self.life.bring_messages(kind), fault)

    @rule(fault=FAULTS)
    def worker_runs(self, fault: tuple[str, int] | None) -> None:
        self.life.attempt("run", self.life.hub.drain, fault)

    @rule(minutes=st.sampled_from(MINUTES), fault=FAULTS)
    def time_passes(self, minutes: int, fault: tuple[str, int] | None) -> None:
        self.life.move_clock(minutes)
        self.life.attempt("run", self.life.hub.drain, fault)

    @invariant()
    def books_are_right(self) -> None:
        if hasattr(self, "life"):
            self.life.look_at_everything(money_may_move=self.is_decided)
            self.is_decided = False

    def teardown(self) -> None:
        if not hasattr(self, "life"):
            return
        try:
            self.life.end()
            type(self).seen.update(self.life.done)
        finally:
            self.life.hub.db.dispose()


@pytest.fixture
def world(empty_database: str, tmp_path: Path) -> World:
    return World.build(tmp_path, empty_database)


@pytest.fixture
def machine(world: World, tmp_path: Path) -> Iterator[type[Sales]]:
    """The machine on copies of the world, each removed when the next begins."""
    last: list[Path] = []
    server, _, name = world.database.rpartition("/")
    scratch = None if world.database.startswith("sqlite") else Scratch(server, name)

    def open_copy() -> Life:
        for folder in last:
            shutil.rmtree(folder)
        folder = tmp_path / uuid.uuid4().hex[:12]
        folder.mkdir()
        last[:] = [folder]
        return Life(world.open(folder, scratch), world.operator_id)

    class Machine(Sales):
        """Its own counter and its own copies."""

    Machine.open, Machine.seen = open_copy, Counter()
    yield Machine
    if scratch is not None:
        scratch.end()
    print(dict(sorted(Machine.seen.items())))


def live(machine: type[Sales], lives: int = LIVES) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=lives,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=not FULL,
            database=None,
            print_blob=True,
            phases=[Phase.generate],  # shortening takes longer than reading
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_money_is_right_in_every_life(machine: type[Sales]) -> None:
    live(machine)
    assert WANTED - set(machine.seen) == set(), "lives without these show little"


def test_money_that_moves_in_dispute_is_found(machine: type[Sales], monkeypatch: pytest.MonkeyPatch) -> None:
    """The fault planted: what the buyer's bank has taken back is released as if nothing had happened."""
    monkeypatch.setattr(holds, "_may_move", lambda *_: None)
    monkeypatch.setattr(banks, "is_at_the_bank", lambda *_: False)
    monkeypatch.setattr(problems, "is_at_the_bank", lambda *_: False)
    with pytest.raises((AssertionError, FlakyFailure)):  # flaky: numbers of orders and moments differ when it is tried again
        live(machine)
