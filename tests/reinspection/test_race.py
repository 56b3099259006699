"""Two people at once, and what the database refuses even when our Python is not asked."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.accounts.models import User
from app.appraisal import service as appraising
from app.kernel.errors import Conflict
from app.kernel.hub import Hub
from app.reinspection import service
from app.reinspection.models import Reinspection
from app.reinspection.states import LAPSED, OPEN, WITH_AGENCY, WITHDRAWN
from app.trades.states import ACCEPTANCE
from tests.accounts.making import actor
from tests.payments.making import begin_checkout, sandbox
from tests.reinspection.buying import bought
from tests.reinspection.making import REASON, Scene, contested, make_scene
from tests.trades.making import user
from tests.trades.test_race import at_once

ROUNDS = 5


def contesting(hub: Hub, scene: Scene, who: User):
    person = actor(hub, who)
    return lambda: hub.db.run(person, lambda work: service.contest(work, hub.store, hub.sealer, scene.first.code, REASON))


def test_of_two_contests_at_once_one_is_made_and_the_other_is_told(hub: Hub) -> None:
    for _ in range(ROUNDS):
        scene, order = bought(hub, ACCEPTANCE)
        people = (user(hub, order.seller_id), user(hub, order.buyer_id))
        answers = at_once(*(contesting(hub, scene, who) for who in people))
        made = [one for one in answers if isinstance(one, Reinspection)]
        refused = [one for one in answers if isinstance(one, Conflict)]
        assert (len(made), len(refused)) == (1, 1), answers
        with hub.look() as work:
            rows = work.session.query(Reinspection).filter_by(report_id=scene.first.id).all()
        assert [row.state in OPEN for row in rows] == [True]


def test_the_deposit_that_arrives_in_the_second_in_which_its_time_is_over_counts_or_goes_back(hub: Hub) -> None:
    for _ in range(ROUNDS):
        scene = make_scene(hub)
        scene.contest()
        intent = begin_checkout(hub, scene.row.payment_code or "")
        sandbox(hub).books.decide(intent, paid=True)
        at_once(lambda scene=scene: scene.later(hours=2, minutes=1), lambda scene=scene: scene.run())
        scene.run()
        row, money = scene.row, scene.money
        assert row.state in (WITH_AGENCY, LAPSED)
        assert money.held_fen == (row.deposit_fen if row.state == WITH_AGENCY else 0)
        scene.books_balance()


def test_taking_back_and_beginning_the_inspection_at_once_end_in_one_of_both(hub: Hub) -> None:
    for _ in range(ROUNDS):
        scene = contested(hub)
        scene.accept()
        order, row = scene.order, scene.row
        owner, second = actor(hub, scene.owner), actor(hub, scene.second_appraiser)
        answers = at_once(
            lambda owner=owner, row=row: hub.db.run(owner, lambda work: service.withdraw(work, row.code)),
            lambda second=second, order=order: hub.db.run(
                second, lambda work: appraising.save_findings(work, order.code, {"screen_glass": "none"}, 0)
            ),
        )
        scene.run()
        state = scene.order.state
        assert (scene.row.state, state) in ((WITHDRAWN, "cancelled"), (WITH_AGENCY, "inspecting")), answers
        scene.books_balance()


FAULTS = [
    ("a second open contest of the same report", "INSERT INTO second_look (report_id, kind, begun_at) SELECT report_id, 'blind', begun_at FROM second_look"),
    ("a decision that is taken back", "UPDATE second_look SET outcome = 'amended'"),
    ("a second look that vanishes", "DELETE FROM second_look"),
    ("an order that vanishes", "DELETE FROM second_look_order"),
    ("another deposit than was agreed", "UPDATE reinspection SET deposit_fen = deposit_fen - 1"),
    ("other reasons than were given", "UPDATE reinspection SET reason = 'something else was written'"),
    ("a split that does not add up", "UPDATE reinspection SET refund_fen = refund_fen + 1"),
    ("another comparison than was found", "UPDATE reinspection SET steps = 0"),
    ("a liability that is forgotten", "UPDATE reinspection SET is_liable = CASE WHEN is_liable THEN NOT is_liable ELSE NOT is_liable END"),
    ("a re-inspection that vanishes", "DELETE FROM reinspection"),
    ("a state that nobody knows", "UPDATE reinspection SET state = 'forgiven'"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "statement"), FAULTS, ids=[name for name, _ in FAULTS])
def test_the_database_refuses(hub: Hub, name: str, statement: str) -> None:
    scene = contested(hub)
    scene.look_again(screen_glass="visible")
    if "INSERT" in statement:
        scene = contested(hub)
        statement += f" WHERE report_id = {scene.first.id}"
    with pytest.raises(IntegrityError), hub.begin() as work:
        work.session.execute(text(statement))


def test_the_database_refuses_a_second_look_by_the_first_agency(hub: Hub) -> None:
    scene = contested(hub, others=0)
    with pytest.raises(IntegrityError), hub.begin() as work:
        work.session.execute(
            text("INSERT INTO second_look_order (second_look_id, appraisal_id) VALUES (:look, :order)"),
            {"look": scene.mark.id, "order": scene.first.appraisal_id},
        )


def test_the_database_refuses_a_paid_contest_that_ends_without_saying_where_the_deposit_goes(hub: Hub) -> None:
    scene = contested(hub)
    with pytest.raises(IntegrityError), hub.begin() as work:
        work.session.execute(
            text("UPDATE reinspection SET state = 'closed', end_reason = 'x' WHERE id = :row"), {"row": scene.row.id}
        )
