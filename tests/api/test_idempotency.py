"""Sending the same write again has one effect, and another request never gets the answer of the first."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from app.kernel import idempotency
from app.kernel.clock import advance
from app.kernel.errors import DomainError
from app.kernel.hub import Hub
from app.kernel.idempotency import IdempotencyKey
from app.kernel.work import SYSTEM
from app.listings.models import Listing
from app.payments import errors as payments
from app.payments import jobs
from app.trades.states import AWAITING_PAYMENT
from tests.accounts.making import make_user
from tests.api.making import Program
from tests.listings.making import make_draft, tiny_photo
from tests.trades.making import make_order

NEW = {"body": {"category": "phone"}}


def listings(hub: Hub) -> int:
    with hub.look() as work:
        return work.session.scalars(select(func.count()).select_from(Listing)).one()


def keys(hub: Hub) -> int:
    with hub.look() as work:
        return work.session.scalars(select(func.count()).select_from(IdempotencyKey)).one()


def test_the_same_request_again_has_one_effect_and_the_same_answer(app: Flask, hub: Hub) -> None:
    program = Program(app, hub, make_user(hub))
    first, second = (program.call("createListing", **NEW, key="once") for _ in range(2))
    assert first.data == second.data
    assert first.headers["ETag"] == second.headers["ETag"]
    assert first.headers["Location"] == second.headers["Location"]
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert listings(hub) == 1


def test_another_request_with_the_same_key_is_refused(app: Flask, hub: Hub) -> None:
    program = Program(app, hub, make_user(hub))
    code = program.ok("createListing", **NEW, key="once")["code"]
    assert program.refused("createListing", body={"category": "phones"}, key="once") == (422, "idempotency_key_reused")
    assert program.refused("withdrawListing", {"code": code}, key="once") == (422, "idempotency_key_reused")
    # The key of somebody else is another key, and each gets the own answer again.
    other = Program(app, hub, make_user(hub))
    theirs = other.ok("createListing", **NEW, key="once")["code"]
    assert theirs != code
    assert other.ok("createListing", **NEW, key="once")["code"] == theirs
    assert program.ok("createListing", **NEW, key="once")["code"] == code


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 101, "schlüssel", "a\tb"])
def test_a_write_needs_a_usable_key(app: Flask, hub: Hub, key: str) -> None:
    program = Program(app, hub, make_user(hub))
    headers = {"Idempotency-Key": key}
    assert program.refused("createListing", **NEW, headers=headers) == (400, "idempotency_key_needed")


def test_what_was_refused_was_not_done_and_its_key_is_free(app: Flask, hub: Hub) -> None:
    program = Program(app, hub, make_user(hub))
    assert program.refused("createListing", body={"category": "ship"}, key="again")[0] == 422
    assert keys(hub) == 0
    program.ok("createListing", **NEW, key="again")


def test_a_key_is_forgotten_after_a_day(app: Flask, hub: Hub) -> None:
    program = Program(app, hub, make_user(hub))
    program.ok("createListing", **NEW, key="once")
    with hub.begin(SYSTEM) as work:
        advance(work, timedelta(hours=25))
    program.ok("createListing", **NEW, key="once")
    assert listings(hub) == 2
    with hub.begin(SYSTEM) as work:
        advance(work, timedelta(hours=25))
    with hub.begin(SYSTEM) as work:
        assert idempotency.forget_expired(work) == 1
    assert keys(hub) == 0


def test_a_crash_before_the_commit_leaves_neither_effect_nor_key(app: Flask, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed between the effect and the commit: the same request again does it once."""
    program = Program(app, hub, make_user(hub))

    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(idempotency, "keep", die)
        with pytest.raises(Killed):
            program.call("createListing", **NEW, key="once")
    assert listings(hub) == keys(hub) == 0
    program.ok("createListing", **NEW, key="once")
    program.ok("createListing", **NEW, key="once")
    assert listings(hub) == 1


def test_the_same_request_at_the_same_moment_has_one_effect(app: Flask, hub: Hub) -> None:
    program = Program(app, hub, make_user(hub))
    gate, answers = threading.Barrier(6), []

    def send() -> None:
        mine = Program(app, hub)
        mine.secret = program.secret
        gate.wait()
        answers.append(mine.call("createListing", **NEW, key="once"))

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert listings(hub) == 1
    done = [each for each in answers if each.status_code == 201]
    assert len({each.data for each in done}) == 1
    others = [(each.status_code, each.get_json()["code"]) for each in answers if each.status_code != 201]
    assert set(others) <= {(409, "request_in_progress"), (503, "unavailable")}
    assert all(int(each.headers["Retry-After"]) > 0 for each in answers if each.status_code != 201)


def test_a_write_in_several_transactions_waits_for_the_first_and_takes_over_an_abandoned_one(hub: Hub) -> None:
    mark = "0" * 64
    with hub.begin(SYSTEM) as work:
        assert idempotency.claim(work, "somebody", "once", mark) is None
    with hub.begin(SYSTEM) as work, pytest.raises(idempotency.StillAtWork):
        idempotency.claim(work, "somebody", "once", mark)
    with hub.begin(SYSTEM) as work:
        advance(work, timedelta(seconds=61))
    with hub.begin(SYSTEM) as work:
        assert idempotency.claim(work, "somebody", "once", mark) is None
    with hub.begin(SYSTEM) as work:
        idempotency.keep(work, "somebody", "once", 200, [("ETag", '"1"')], b"{}")
    with hub.begin(SYSTEM) as work:
        kept = idempotency.claim(work, "somebody", "once", mark)
    assert kept == idempotency.Kept(200, (("ETag", '"1"'),), b"{}")


def test_what_makes_a_request_another_one(app: Flask, hub: Hub) -> None:
    """The body, the address, its query, what was seen, and the kind of the body: with the same key each is refused."""
    user = make_user(hub)
    program, draft = Program(app, hub, user), make_draft(hub, user)
    here, seen = {"code": draft.code}, f'"{draft.version}.{draft.revision}.{"0" * 16}"'
    body, match = {"price_fen": 200_000}, {"If-Match": seen}
    program.ok("saveDraft", here, body=body, headers=match, key="save")
    assert program.call("saveDraft", here, body=body, headers=match, key="save").headers["Idempotent-Replayed"] == "true"
    later = {"If-Match": f'"{draft.version}.{draft.revision + 1}.{"0" * 16}"'}
    assert program.refused("saveDraft", here, body=body, headers=later, key="save") == REUSED
    assert program.refused("saveDraft", here, body={"price_fen": 1}, headers=match, key="save") == REUSED
    assert program.refused("publishListing", here, headers=match, key="save") == REUSED
    photo = {"raw": tiny_photo(77), "kind": "image/jpeg"}
    program.ok("addPhoto", here, **photo, query={"shot": "front"}, key="photo")
    assert program.refused("addPhoto", here, **photo, query={"shot": "back"}, key="photo") == REUSED
    assert program.refused("addPhoto", here, **{**photo, "kind": "image/png"}, query={"shot": "front"}, key="photo") == REUSED
    assert (
        program.refused("addPhoto", here, raw=tiny_photo(78), kind="image/jpeg", query={"shot": "front"}, key="photo") == REUSED
    )


REUSED = (422, "idempotency_key_reused")


def test_the_database_keeps_one_row_for_a_key_of_a_person(hub: Hub) -> None:
    """What decides between two requests at the same moment is the constraint, not a look before."""
    with hub.begin(SYSTEM) as work:
        idempotency.claim(work, "somebody", "once", "0" * 64)
    with hub.begin(SYSTEM) as work:
        idempotency.claim(work, "somebody else", "once", "0" * 64)
        idempotency.claim(work, "somebody", "twice", "0" * 64)
    with hub.look() as work:
        row = work.session.scalars(select(IdempotencyKey).limit(1)).one()
        same = {column.name: getattr(row, column.name) for column in IdempotencyKey.__table__.columns if column.name != "id"}
    with pytest.raises(IntegrityError), hub.begin(SYSTEM) as work:
        work.session.add(IdempotencyKey(**same))
    assert keys(hub) == 3


def test_a_write_in_several_parts_is_kept_and_a_refused_one_lets_its_key_go(app: Flask, hub: Hub) -> None:
    """Paying speaks with the provider between two transactions."""
    buyer = make_user(hub)
    order = make_order(hub, AWAITING_PAYMENT, buyer=buyer)
    program, body = Program(app, hub, buyer), {"method": "practice"}
    assert program.refused("payPayment", {"code": "0" * 26}, body=body, key="pay") == (404, "payment_not_found")
    assert keys(hub) == 0
    first, second = (program.call("payPayment", {"code": order.payment_code}, body=body, key="pay") for _ in range(2))
    assert (first.status_code, second.status_code) == (202, 202)
    assert second.headers["Idempotent-Replayed"] == "true"
    assert (first.data, first.headers["ETag"]) == (second.data, second.headers["ETag"])


@pytest.mark.parametrize(("refusal", "status"), [(payments.ProviderUnavailable, 503), (payments.ProviderRefused, 409)])
def test_what_the_provider_refused_was_not_done_and_its_key_is_free(
    app: Flask, hub: Hub, monkeypatch: pytest.MonkeyPatch, refusal: type[DomainError], status: int
) -> None:
    buyer = make_user(hub)
    order = make_order(hub, AWAITING_PAYMENT, buyer=buyer)
    program, wanted = Program(app, hub, buyer), {"body": {"method": "practice"}, "key": "pay"}

    def refuse(*_: object, **__: object) -> None:
        raise refusal(reason="other_values")

    with monkeypatch.context() as patched:
        patched.setattr(jobs, "pay_in_practice", refuse)
        assert program.refused("payPayment", {"code": order.payment_code}, **wanted) == (status, refusal.code)
    assert keys(hub) == 0
    program.ok("payPayment", {"code": order.payment_code}, **wanted)


def test_a_write_in_several_parts_that_is_at_work_is_not_begun_again(
    app: Flask, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    buyer = make_user(hub)
    order = make_order(hub, AWAITING_PAYMENT, buyer=buyer)
    program, body, seen = Program(app, hub, buyer), {"method": "practice"}, []
    honest = jobs.pay_in_practice

    def slow(*args: object, **more: object) -> None:
        if not seen:
            seen.append(program.call("payPayment", {"code": order.payment_code}, body=body, key="pay"))
        honest(*args, **more)

    monkeypatch.setattr(jobs, "pay_in_practice", slow)
    assert program.call("payPayment", {"code": order.payment_code}, body=body, key="pay").status_code == 202
    assert [(each.status_code, each.get_json()["code"]) for each in seen] == [(409, "request_in_progress")]
    assert seen[0].headers["Retry-After"] == "1"


def test_a_key_is_kept_only_for_those_who_may_do_it(app: Flask, hub: Hub) -> None:
    """A replay is an answer too: without the token, the scope or the right it is not given."""
    user = make_user(hub)
    Program(app, hub, user).ok("createListing", **NEW, key="once")
    assert Program(app, hub, user, ["notices:read"]).refused("createListing", **NEW, key="once") == (403, "scope_missing")
    assert Program(app, hub).refused("createListing", **NEW, key="once") == (401, "token_needed")
