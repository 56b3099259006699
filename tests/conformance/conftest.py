"""One marketplace per provider for all scenarios: each scenario brings its own people, things and payments."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.accounts.models import User
from app.factory import create_hub
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from app.payments import jobs, queries, service
from app.payments.models import MoneyCommand, Payment, TakeBack
from app.payments.rules import MoneyState
from config import Settings
from tests import conftest as house
from tests.accounts.making import make_user
from tests.conformance.abilities import CAN, PROVIDERS, able
from tests.conformance.drivers import DRIVERS, Driver
from tests.payments.making import AMOUNT, make_payment


@dataclass
class World:
    """A marketplace, the provider that it is paid through, and everybody outside."""

    hub: Hub
    outside: Any  # Driver

    @property
    def name(self) -> str:
        return str(self.outside.name)

    def run(self, rounds: int = 10) -> None:
        """Jobs and the provider's messages in turn until both are quiet."""
        for _ in range(rounds):
            self.hub.drain()
            if self.outside.deliver() == 0:
                return

    def paid(self, fen: int = AMOUNT, how: str = "good", **more: Any) -> Payment:
        """A hold whose money has arrived."""
        payment = make_payment(self.hub, amount_fen=fen, **more)
        self.outside.pay(payment.code, how)
        self.run()
        return payment

    def fund(self, fen: int = 20 * AMOUNT) -> None:
        """The platform has money of its own there: where everybody's is frozen apart, only that can be advanced."""
        payment = self.paid(fen)
        with self.hub.begin(SYSTEM) as work:
            service.release(work, payment.code, [("fee_revenue", fen)], "r")
        jobs.finish_emptied(self.hub)

    def seller(self) -> User:
        """Somebody who can be paid."""
        person = make_user(self.hub)
        self.outside.ready(person)
        return person

    def release(self, payment: Payment, seller: User, fen: int = AMOUNT, fee: int = 0, *, run: bool = True) -> None:
        with self.hub.begin(SYSTEM) as work:
            parts = [(queries.seller_account(work, seller.id), fen - fee), ("fee_revenue", fee)]
            service.release(work, payment.code, [part for part in parts if part[1]], "r")
        if run:
            self.run()

    def sold(self, seller: User, fen: int = AMOUNT, fee: int = 0) -> Payment:
        """A payment whose money was released to the seller and has arrived there."""
        payment = self.paid(fen)
        self.release(payment, seller, fen, fee)
        return payment

    def refund(self, payment: Payment, fen: int = AMOUNT, key: str = "a", *, run: bool = True) -> str:
        """Held money goes back; returns the command's code."""
        with self.hub.begin(SYSTEM) as work:
            code = service.refund(work, payment.code, fen, key, "agreed").code
        if run:
            self.run()
        return code

    def give_back(self, payment: Payment, fen: int, key: str = "k", *, run: bool = True) -> Any:
        """Released money goes back."""
        with self.hub.begin(SYSTEM) as work:
            given = service.refund_released(work, payment.code, fen, key, "agreed")
            work.session.flush()
        if run:
            self.run()
        return given

    def state(self, payment: Payment) -> str:
        with self.hub.look() as work:
            return queries.payment_by_code(work, payment.code).state

    def money(self, payment: Payment) -> MoneyState:
        with self.hub.look() as work:
            return queries.money_state(work, payment.code)

    def balance(self, name: str) -> int:
        with self.hub.look() as work:
            return queries.balance(work, name)

    def command(self, code: str) -> tuple[str, str | None]:
        with self.hub.look() as work:
            found = queries.find_command(work, code)
            assert found is not None
            return found.state, found.last_error

    def payouts(self, seller: User) -> list[tuple[str, int]]:
        with self.hub.look() as work:
            rows = work.session.query(MoneyCommand).filter_by(user_id=seller.id, kind="payout").order_by(MoneyCommand.id)
            return [(row.state, row.amount_fen) for row in rows]

    def taken_back(self, seller: User) -> int:
        """What the provider took back of payouts to this seller, fen."""
        with self.hub.look() as work:
            rows = work.session.query(TakeBack).join(MoneyCommand, MoneyCommand.code == TakeBack.payout_code)
            taken = rows.filter(MoneyCommand.user_id == seller.id, TakeBack.state == "taken")
            return sum(row.amount_fen for row in taken)

    def anomalies(self, payment: Payment) -> list[str]:
        with self.hub.look() as work:
            return [row.kind for row in queries.anomalies(work) if row.payment_code == payment.code]

    def moved(self, kind: str, payment: Payment, commands: tuple[str, ...] = ()) -> int:
        """How much the provider says that it moved for this payment or these commands, fen."""
        wanted = {payment.code, *commands}
        found = [each for each in self.hub.provider.list_movements() if each.kind == kind]
        return sum(each.amount_fen for each in found if wanted & set(each.metadata.values()))

    def sound(self) -> None:
        """The books balance and agree with the provider's list in every line."""
        jobs.learn_fees(self.hub)
        with self.hub.look() as work:
            assert service.verify(work, self.hub.provider) == []


@contextmanager
def opened(template: str, folder: Path, name: str) -> Iterator[World]:
    """A new marketplace in a folder of its own, paid through this provider."""
    with ExitStack() as stack:
        if house.DIALECT == "sqlite":
            (folder / "db").mkdir()
            shutil.copy(template, folder / "db/xunyi.sqlite3")
            url = f"sqlite:///{folder / 'db/xunyi.sqlite3'}"
        else:
            database = f"test_{uuid.uuid4().hex[:12]}"
            house._admin(f"CREATE DATABASE {database} TEMPLATE {template} STRATEGY FILE_COPY")
            stack.callback(house._admin, f"DROP DATABASE {database} WITH (FORCE)")
            import os

            url = f"{os.environ['XUNYI_TEST_PG']}/{database}"
        chosen = Settings(
            env="test", data_dir=folder, database_url=url, base_url="http://127.0.0.1:8000", password_time_cost=1, threads=4
        )
        hub = create_hub(chosen, queue=False)
        house._be_patient(hub.db)
        house.share_compiled(hub.db)
        stack.callback(hub.db.dispose)
        driver: Driver = DRIVERS[name](hub)
        hub.driver = driver  # type: ignore[attr-defined]  # tests.payments.making pays through it
        world = World(hub, driver)
        world.paid(20 * AMOUNT)  # other people's money lies at the provider too
        if "split" in CAN[name]:
            world.fund()
        yield world


@pytest.fixture(scope="session")
def worlds(template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, World]]:
    with ExitStack() as stack:
        yield {name: stack.enter_context(opened(template, tmp_path_factory.mktemp(name), name)) for name in PROVIDERS}


@pytest.fixture
def world(worlds: dict[str, World], provider: str) -> World:
    return worlds[provider]


@pytest.fixture
def own_world(template: str, tmp_path: Path, provider: str) -> Iterator[World]:
    """A marketplace that a scenario may leave in disorder."""
    with opened(template, tmp_path, provider) as world:
        yield world


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each scenario over every provider that can do what it needs."""
    if "provider" in metafunc.fixturenames:
        needs = metafunc.definition.get_closest_marker("needs")
        metafunc.parametrize("provider", able(*(needs.args if needs else ())))
