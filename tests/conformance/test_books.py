"""TS65: our books against the provider's list; and the table of abilities itself."""

import dataclasses
import re
from pathlib import Path

import pytest

from app.payments import jobs, queries
from app.payments.provider.face import Movement
from tests.conformance.abilities import ABILITIES, CAN, CANNOT, ELSEWHERE, PROVIDERS


class Lying:
    """The provider, whose list somebody has changed."""

    def __init__(self, door, change):
        self.door, self.change = door, change

    def __getattr__(self, name):
        return getattr(self.door, name)

    def list_movements(self):
        return self.change(self.door.list_movements())


def differences(world, change):
    jobs.learn_fees(world.hub)
    with world.hub.look() as work:
        return queries.compare(work, Lying(world.hub.provider, change)).differences


@pytest.fixture
def busy(world):
    seller = world.seller()
    world.paid()
    world.sold(seller, fee=2_000)
    world.refund(world.paid())
    if "dispute" in CAN[world.name]:
        world.outside.decide(world.outside.dispute(world.paid().code, 5_000), won=True)
        world.run()
    return world


def test_ts65_every_line_agrees_and_an_unknown_one_is_named(busy):
    assert differences(busy, lambda movements: movements) == ()
    stray = Movement("payout", "po_stray", 700, "CNY", {})
    (found,) = differences(busy, lambda movements: [*movements, stray])
    assert (found.kind, found.key, found.theirs_fen, found.refs) == ("missing_with_us", "payout:po_stray", -700, ("po_stray",))


def test_ts65_another_amount_a_missing_and_a_doubled_line_are_named(busy):
    def change(movements):
        first, _, third = movements[:3]
        return [dataclasses.replace(first, amount_fen=first.amount_fen + 1), third, third, *movements[3:]]

    assert sorted(each.kind for each in differences(busy, change)) == ["amount", "duplicate", "missing_with_them"]


def test_every_provider_has_every_ability_or_a_reason_why_not():
    assert set(CAN) == set(CANNOT) == set(PROVIDERS)
    for name in PROVIDERS:
        assert CAN[name] | set(CANNOT[name]) == set(ABILITIES)
        assert not CAN[name] & set(CANNOT[name])


def test_every_scenario_of_the_design_is_played_or_has_a_reason():
    files = Path(__file__).parent.glob("test_*.py")
    played = {f"TS{number}" for path in files for number in re.findall(r"(?<=_ts)\d\d", path.read_text())}
    wanted = {f"TS{number:02}" for number in range(1, 66)}
    assert played | set(ELSEWHERE) == wanted
    assert not played & set(ELSEWHERE)
