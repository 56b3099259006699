"""An operator trains price models and decides which one answers: with a reason, on record, and one of two who do so at once."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.kernel.audit import AuditEntry
from app.kernel.canonical import sha256_hex
from app.kernel.hub import Hub
from app.valuation import queries, service
from app.valuation.errors import AlreadyWanted, ModelReplaced
from app.valuation.evidence import Until
from app.valuation.gates import Gate
from app.valuation.models import PriceModel
from app.valuation.routes.registry import card_parts
from app.valuation.service.registry import begin_fit, register_model
from app.valuation.states import SERVING
from app.valuation.store import DOOR
from tests.accounts.making import actor, make_member, sign_in, token_of
from tests.valuation.making import make_model, make_wanted


def fitted(hub: Hub, category: str = "phone", *, passed: bool = True) -> str:
    """Name of a model that passed its gates; its folder is not looked into."""
    with hub.begin() as work:
        row = service.want_model(work, category, by_job=False)
        begin_fit(work, row.id)
        sha256 = sha256_hex(row.name.encode())
        facts = {"rows": 300, "used": 290, "median_error_bp": 612, "seconds": 3, "data_sha256": "a" * 64}
        gates = [
            Gate("rows", 200, 300, passed),
            Gate("coverage90", 8800, 9012, True, 9300),
            Gate("segment:apple", 200, -30, True),
        ]
        register_model(work, row.id, sha256=sha256, is_invented=False, until=Until(0, 0), facts=facts, gates=gates)
        hub.db.doors[DOOR]._loaded[sha256] = object()
        return row.name


def at_once(*verbs: Callable[[], object]) -> list[object]:
    """What each gave or raised, begun in the same moment."""
    answers: list[object] = [None] * len(verbs)
    start = threading.Barrier(len(verbs))

    def run(place: int) -> None:
        start.wait()
        try:
            answers[place] = verbs[place]()
        except Exception as refusal:  # the answers are compared by the test
            answers[place] = refusal

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(verbs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def serving_names(hub: Hub) -> list[str]:
    with hub.look() as work:
        return list(work.session.scalars(select(PriceModel.name).where(PriceModel.state == SERVING)))


@pytest.mark.parametrize("is_first", [True, False], ids=["none answered before", "one answered before"])
def test_of_two_models_that_are_promoted_at_once_one_answers_and_the_other_is_told(hub, is_first):
    before = ""
    if not is_first:
        before = fitted(hub)
        with hub.begin() as work:
            service.promote(work, before)
    names = [fitted(hub) for _ in range(2)]
    operators = [make_member(hub, "operator") for _ in range(2)]

    def promote(name: str, operator) -> Callable[[], object]:
        def go() -> str:
            with hub.begin(actor(hub, operator)) as work:
                return service.promote(work, name, reason="better", instead_of=before).name

        return go

    answers = at_once(*(promote(name, operator) for name, operator in zip(names, operators, strict=True)))
    won = [each for each in answers if isinstance(each, str)]
    assert len(won) == 1, answers
    assert [type(each) for each in answers if not isinstance(each, str)] == [ModelReplaced]
    assert serving_names(hub) == won


def test_of_two_who_ask_for_a_training_at_once_one_is_told_that_it_goes_on(hub):
    operators = [make_member(hub, "operator") for _ in range(2)]

    def ask(operator) -> Callable[[], object]:
        def go() -> str:
            with hub.begin(actor(hub, operator)) as work:
                return service.want_model(work, "car").name

        return go

    answers = at_once(*map(ask, operators))
    assert sorted(type(each).__name__ for each in answers) == [AlreadyWanted.__name__, "str"]
    with hub.look() as work:
        assert [row.name for row in queries.models(work)] == ["car-1"]


def test_the_database_itself_refuses_a_second_training_of_a_category(hub):
    """Two who ask count the models in the same moment or one after the other; the name alone keeps only the first apart."""
    make_wanted(hub)
    row = {"price_kind": "private_sold", "is_quick": False, "state": "wanted"}
    with hub.begin() as work:
        work.session.add(PriceModel(name="car-77", category="car", created_at=work.now, entered_at=work.now, **row))
        with pytest.raises(IntegrityError):
            work.session.flush()
        work.session.rollback()
    with hub.begin() as work:
        work.session.add(PriceModel(name="phone-77", category="phone", created_at=work.now, entered_at=work.now, **row))


# Pages


@pytest.fixture
def browser(hub, client):
    client.operator = make_member(hub, "operator")
    sign_in(client, hub, client.operator)
    client.set_cookie("lang", "en")
    token = token_of(client.get("/protection"))
    client.send = lambda address, **typed: client.post(address, data={"csrf_token": token, **typed})
    return client


def test_operator_trains_looks_promotes_and_rolls_back_with_reasons(hub, browser):
    one, two = fitted(hub), fitted(hub)
    page = browser.get(f"/operator/models/{one}").text
    for said in ("Rows to learn from", "90.1 %", "88.0 %", "6.1 %", "a" * 64, "No model answers for this kind of thing now."):
        assert said in page
    assert "Error of a brand above that of the model before apple" in page
    assert browser.send(f"/operator/models/{one}/promote", reason="", instead_of="").status_code == 422
    unread = browser.send(f"/operator/models/{one}/promote", reason="first", instead_of="")
    assert unread.status_code == 422
    assert "Please confirm this." in unread.text
    assert ">first</textarea>" in unread.text.replace("\n", "")
    told = {"is_read": "y"}
    assert browser.send(f"/operator/models/{one}/promote", reason="first", instead_of="", **told).status_code == 303
    late = browser.send(f"/operator/models/{two}/promote", reason="better", instead_of="", **told)
    assert late.status_code == 409
    assert "Another price model began to answer in the meantime." in late.text
    assert browser.send(f"/operator/models/{two}/promote", reason="better", instead_of=one, **told).status_code == 303
    assert f"Go back to {one}" in browser.get(f"/operator/models/{two}").text
    assert browser.send(f"/operator/models/{two}/roll-back", reason="complaints", **told).status_code == 303
    assert serving_names(hub) == [one]
    page = browser.get(f"/operator/models/{two}").text
    assert "in its place: phone-1" in page
    history = browser.get(f"/operator/models/{one}").text
    assert "complaints" in history
    assert browser.operator.display_name in history
    with hub.look() as work:
        entries = work.session.scalars(select(AuditEntry).where(AuditEntry.verb == "price_model.promote")).all()
    assert [entry.detail.get("reason") for entry in entries] == ["first", "better", "complaints"]


def test_refused_model_is_never_promoted_from_a_page(hub, browser):
    name = fitted(hub, passed=False)
    assert "Let it answer" not in browser.get(f"/operator/models/{name}").text
    answer = browser.send(f"/operator/models/{name}/promote", reason="anyway", instead_of="", is_read="y")
    assert answer.status_code == 409
    assert serving_names(hub) == []


def test_training_is_asked_once_shown_while_it_runs_and_fails_with_its_reason(hub, browser):
    asked = {"category": "car", "price_kind": "dealer_asking", "is_quick": "y"}
    sent = browser.send("/operator/models", **asked)
    assert (sent.status_code, sent.location) == (303, "/operator/models/car-1")
    assert 'hx-trigger="every 3s"' in browser.get(sent.location).text
    again = browser.send("/operator/models", **asked)
    assert again.status_code == 409
    assert "A price model of this category is being made already." in again.text
    hub.drain()
    assert "nothing could be learned" in browser.get(sent.location).text
    assert "at least 200" in browser.get(sent.location).text
    assert 'hx-trigger="every 3s"' not in browser.get("/operator/models").text


def test_looking_writes_nothing_and_the_card_is_read_in_both_languages(hub, browser):
    make_model(hub)
    with hub.look() as work:
        before = len(work.session.scalars(select(AuditEntry.id)).all())
    page = browser.get("/operator/models/phone-1").text
    assert "Errors on held-out rows" in page
    assert "Invented prices were among those that it learned from." in page
    browser.set_cookie("lang", "zh")
    assert "留出数据上的误差" in browser.get("/operator/models/phone-1").text
    with hub.look() as work:
        assert len(work.session.scalars(select(AuditEntry.id)).all()) == before


def test_card_is_taken_apart_into_headings_texts_lists_and_tables():
    text = "# Model card\n\nOne line.\n\n- a\n- b\n\n| x | y |\n|---|---|\n| 1 | 2 |\n\n## End\n"
    assert card_parts(text) == [
        ("heading", "Model card"),
        ("text", "One line."),
        ("list", ["a", "b"]),
        ("table", [["x", "y"], ["1", "2"]]),
        ("heading", "End"),
    ]
