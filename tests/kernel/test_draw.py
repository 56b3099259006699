"""A draw follows from a seed that was committed to before, and every change of what was drawn is found."""

from __future__ import annotations

import copy
import hashlib
import hmac
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError, IntegrityError

from app.kernel import clock, draw
from app.kernel.draw import DrawEntry, DrawSeed
from app.kernel.hub import Hub
from app.kernel.jobs import seedkeeper
from app.kernel.time import shanghai_day
from app.kernel.work import SYSTEM

CANDIDATES = ["anna", "ben", "cora"]


def pull(hub: Hub, subject: str, purpose: str = "appraiser", n: int = 3, names: list[str] | None = None) -> int:
    with hub.begin(SYSTEM) as work:
        return draw.draw(work, hub.sealer, purpose, subject, n, CANDIDATES if names is None else names)


def keep(hub: Hub) -> None:
    with hub.begin(SYSTEM) as work:
        draw.keep_seeds(work, hub.sealer)


def pass_days(hub: Hub, days: int) -> None:
    with hub.begin(SYSTEM) as work:
        clock.advance(work, timedelta(days=days))


def today(hub: Hub):
    with hub.look(SYSTEM) as work:
        return shanghai_day(work.now)


def told(hub: Hub, day) -> dict:
    with hub.look(SYSTEM) as work:
        document = draw.document(work, day)
    assert document is not None
    return document


def test_a_draw_is_recomputed_with_nothing_but_the_published_document(hub: Hub) -> None:
    keep(hub)
    pass_days(hub, 1)
    day = today(hub)
    got = {subject: pull(hub, subject) for subject in ("order-a:1", "order-b:1", "order-c:1")}
    before = told(hub, day)
    assert before["seed"] is None
    assert draw.differences(before) == ["the seed is not revealed yet: it is on the day after"]
    assert not draw.late(before), "its hash was published the day before"
    pass_days(hub, 1)
    keep(hub)
    after = told(hub, day)
    assert hashlib.sha256(bytes.fromhex(after["seed"])).hexdigest() == before["seed_sha256"]
    for entry in after["draws"]:  # by hand, as a stranger would
        message = f"appraiser\n{entry['subject']}\n3".encode()
        digest = hmac.new(bytes.fromhex(after["seed"]), message, hashlib.sha256).digest()
        assert int.from_bytes(digest, "big") % 3 == entry["result"] == got[entry["subject"]]
        assert entry["candidates"] == CANDIDATES
    assert draw.differences(after) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda day: day["draws"][0].update(result=(day["draws"][0]["result"] + 1) % 3), "the log says"),
        (lambda day: day["draws"][0].update(candidates=["anna"]), "candidates are named"),
        (lambda day: day.update(seed="00" * 32), "does not give the hash"),
    ],
)
def test_a_changed_document_is_named(hub: Hub, change, said: str) -> None:
    pull(hub, "order:1")
    day = today(hub)
    pass_days(hub, 1)
    keep(hub)
    document = copy.deepcopy(told(hub, day))
    change(document)
    assert any(said in sentence for sentence in draw.differences(document))


def test_the_same_subject_is_drawn_once(hub: Hub) -> None:
    assert pull(hub, "order-a:1") == pull(hub, "order-a:1")
    with pytest.raises(ValueError, match="among others"):
        pull(hub, "order-a:1", n=2, names=["anna", "ben"])
    with hub.look(SYSTEM) as work:
        assert len(work.session.scalars(select(DrawEntry)).all()) == 1


@pytest.mark.parametrize(("n", "names"), [(0, []), (3, ["anna"]), (2, ["a", "b", "c"])])
def test_nothing_is_drawn_among_nobody_or_others_than_named(hub: Hub, n: int, names: list[str]) -> None:
    with pytest.raises(ValueError, match="cannot draw"):
        pull(hub, "order-a:1", n=n, names=names)


def test_every_candidate_has_the_same_chance() -> None:
    seed, rounds = "ab" * 32, 6000
    counts = [0, 0, 0]
    for number in range(rounds):
        counts[draw.value(seed, "appraiser", f"order-{number}", 3)] += 1
    assert all(abs(count - rounds / 3) < 200 for count in counts), counts  # five standard deviations


def test_a_seed_stays_sealed_until_its_day_is_over(hub: Hub) -> None:
    keep(hub)
    day = today(hub)
    with hub.look(SYSTEM) as work:
        seeds = draw.latest_seeds(work)
        assert [seed.day for seed in seeds] == [day + timedelta(days=1), day]
        assert {seed.revealed for seed in seeds} == {None}
        for seed in seeds:
            opened = hub.sealer.open(seed.sealed, seed.place)
            assert opened not in seed.sealed
            assert hashlib.sha256(bytes.fromhex(opened)).hexdigest() == seed.sha256
    keep(hub)
    with hub.look(SYSTEM) as work:
        assert [seed.sha256 for seed in draw.latest_seeds(work)] == [seed.sha256 for seed in seeds], "the promise stands"


def test_the_worker_publishes_and_reveals_by_itself(hub: Hub) -> None:
    tick = seedkeeper(hub, every_seconds=0)
    tick()
    pass_days(hub, 1)
    tick()
    with hub.look(SYSTEM) as work:
        assert [bool(seed.revealed) for seed in draw.latest_seeds(work)] == [False, False, True]


def test_a_seed_that_was_made_on_its_own_day_says_so(hub: Hub) -> None:
    pull(hub, "order-a:1")
    assert draw.late(told(hub, today(hub)))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE draw_entry SET result = 0",
        "DELETE FROM draw_entry",
        "UPDATE draw_seed SET sha256 = '" + "0" * 64 + "'",
        "UPDATE draw_seed SET sealed = 'other'",
        "DELETE FROM draw_seed",
    ],
)
def test_the_database_refuses_to_change_what_was_promised_and_drawn(hub: Hub, statement: str) -> None:
    pull(hub, "order-a:1")
    with pytest.raises((IntegrityError, DatabaseError)), hub.begin(SYSTEM) as work:
        work.session.execute(text(statement))


def test_a_seed_is_revealed_once(hub: Hub) -> None:
    pull(hub, "order-a:1")
    pass_days(hub, 1)
    keep(hub)
    with pytest.raises((IntegrityError, DatabaseError)), hub.begin(SYSTEM) as work:
        work.session.execute(text("UPDATE draw_seed SET revealed = '" + "0" * 64 + "' WHERE revealed IS NOT NULL"))


def test_a_result_that_was_changed_behind_the_guards_is_found(hub: Hub) -> None:
    """The planted fault: the guard is taken away and the log rewritten."""
    pull(hub, "order-a:1")
    day = today(hub)
    with hub.begin(SYSTEM) as work:
        drop = "DROP TRIGGER tr_draw_entry_no_update" + ("" if hub.db.dialect == "sqlite" else " ON draw_entry")
        work.session.execute(text(drop))
        work.session.execute(text("UPDATE draw_entry SET result = (result + 1) % 3"))
    pass_days(hub, 1)
    keep(hub)
    assert len(draw.differences(told(hub, day))) == 1
    with hub.look(SYSTEM) as work:
        assert len(work.session.scalars(select(DrawSeed)).all()) == 3
