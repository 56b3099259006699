"""Price models: fitted by a job, measured at gates, one of a category serving, rolled back; a changed byte is refused by name."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from app.demo.invented import price_rows
from app.kernel.errors import BadState, Unavailable
from app.kernel.hub import Hub
from app.kernel.outbox import Delivery
from app.kernel.time import shanghai_day
from app.kernel.work import SYSTEM
from app.valuation import queries, service
from app.valuation.asking import Asked
from app.valuation.errors import AlreadyWanted, InventedModel, ModelDamaged, ModelNotFound, NothingToGoBackTo, TableKnown
from app.valuation.evidence import learnable, newest
from app.valuation.gates import Gate, measure, violations
from app.valuation.models import ObservedPrice, PriceModel, Valuation
from app.valuation.service import keep_table, want_model
from app.valuation.service.registry import GONE, begin_fit
from app.valuation.states import MODEL_FLOW
from app.valuation.store import DOOR

KETTLE = Asked("appliance", "haier", "top-loader-8", kind="washing_machine", first_used="2023-05", district="yubei")


def plant(hub: Hub, n_rows: int = 500, price_kind: str = "private_sold", is_invented: bool = True) -> None:
    with hub.begin(SYSTEM) as work:
        today = shanghai_day(work.now)
        keep_table(
            work,
            category="appliance",
            price_kind=price_kind,
            source="虚构市场（测试）",
            licence="test only",
            as_of=today,
            mapping={},
            sha256=f"{n_rows:064d}",
            rows=price_rows("appliance", price_kind, today, n_rows),
            is_invented=is_invented,
        )


def fit(hub: Hub, *, promotes: bool = True) -> PriceModel:
    with hub.begin(SYSTEM) as work:
        row = want_model(work, "appliance", is_quick=True, promotes=promotes)
    hub.drain()
    with hub.look() as work:
        return work.session.get_one(PriceModel, row.id)


def give(hub: Hub, asked: Asked = KETTLE):
    with hub.begin(SYSTEM) as work:
        return service.value(work, asked, "public")


def test_fitted_model_serves_and_every_part_of_its_answer_holds(hub):
    plant(hub)
    row = fit(hub)
    assert row.state == "serving", row.gates
    assert all(gate["passed"] for gate in row.gates)
    assert row.is_invented is True
    given = give(hub)
    assert (given.basis, given.model, given.kind, given.is_invented) == ("warm", "appliance-1", "private_sold", True)
    span = given.span
    assert span.low90_fen <= span.low80_fen <= span.point_fen <= span.high80_fen <= span.high90_fen
    assert given.start_fen + sum(step.step_fen for step in given.steps) == span.point_fen
    assert {"model", "age", "place", "season"} <= {step.name for step in given.steps}
    assert given.support >= 5
    assert [month.months for month in given.curve] == list(range(61))
    assert given.curve[0].point_fen == span.point_fen
    prices = [month.point_fen for month in given.curve]
    assert prices == sorted(prices, reverse=True), "what grows older never gets dearer"
    assert given.net_fen == span.point_fen - (span.point_fen * 200 + 5000) // 10000
    assert len(given.comparables) == 5
    assert all(each.moved_fen for each in given.comparables)


def test_estimate_by_a_model_is_computed_again_byte_for_byte_after_it_was_replaced(hub):
    plant(hub)
    fit(hub)
    given = give(hub)
    plant(hub, 520)
    assert fit(hub).state == "serving"
    assert give(hub).model == "appliance-2"
    hub.db.doors[DOOR]._loaded.clear()  # as in another process
    with hub.look() as work:
        stored = work.session.scalars(select(Valuation).where(Valuation.code == given.code)).one()
        assert service.recheck(work, stored) == []


def test_asking_price_is_rated_by_the_published_cut_points(hub):
    plant(hub, 1200)
    fit(hub)
    given = give(hub)
    given = replace(
        given, span=replace(given.span, low80_fen=given.span.point_fen * 9 // 10, high80_fen=given.span.point_fen * 11 // 10)
    )
    assert sorted(given.cuts_bp) == list(given.cuts_bp)
    assert given.cuts_bp[0] < 0 < given.cuts_bp[3]
    point = given.span.point_fen
    names = [queries.rate(given, round(point * share)).name for share in (0.5, 1.0, 2.0)]
    assert names == ["very_low", "fair", "very_high"]
    at_cut = queries.rate(given, -(-point * (10_000 + given.cuts_bp[3]) // 10_000))
    assert (at_cut.name, at_cut.cuts_bp) == ("high", given.cuts_bp)
    wide = replace(given, span=replace(given.span, low80_fen=point // 2))
    assert queries.rate(wide, point) is None
    assert queries.rate(replace(given, basis="cold"), point) is None
    assert queries.rate(replace(given, basis="none", span=None), point) is None


def test_model_of_invented_prices_never_answers_where_real_things_are_sold(hub):
    plant(hub)
    fit(hub)
    before = give(hub)
    assert before.model == "appliance-1"
    hub.db.doors[DOOR].may_invent = False
    given = give(hub)
    assert (given.model, given.basis, given.is_invented) == (None, "none", False), "no invented row is looked at either"
    assert [each.count for each in given.kinds] == [0, 0, 0, 0, 0]
    with pytest.raises(InventedModel), hub.begin(SYSTEM) as work:
        service.promote(work, "appliance-1")
    plant(hub, 501)
    row = fit(hub)
    assert (row.state, "too_few_prices" in row.progress) == ("failed", True), "nothing is learned from invented rows"
    with hub.look() as work:
        for stored in work.session.scalars(select(Valuation)):
            assert service.recheck(work, stored) == [], "what was given before comes out as it was given"


@pytest.mark.parametrize("file", ["model.json", "booster-below.txt", "manifest.json", "keys.json"])
def test_changed_byte_of_a_model_is_refused_by_the_files_name(hub, file):
    plant(hub)
    fit(hub)
    desk = hub.db.doors[DOOR]
    path = desk.folder / "appliance-1" / file
    path.write_bytes(path.read_bytes()[:-2] + b"9\n")
    desk._loaded.clear()
    with pytest.raises(ModelDamaged, match=file):
        give(hub)


def test_missing_folder_of_a_model_is_refused(hub):
    plant(hub)
    fit(hub)
    desk = hub.db.doors[DOOR]
    desk.folder = desk.folder / "elsewhere"
    desk._loaded.clear()
    with pytest.raises(ModelDamaged, match=r"manifest\.json"):
        give(hub)


def test_rolling_back_brings_the_model_before_and_can_be_undone(hub):
    with pytest.raises(NothingToGoBackTo), hub.begin(SYSTEM) as work:
        service.roll_back(work, "appliance")
    plant(hub)
    fit(hub)
    plant(hub, 520)
    fit(hub)
    for expected in ("appliance-1", "appliance-2"):
        with hub.begin(SYSTEM) as work:
            assert service.roll_back(work, "appliance").name == expected
        with hub.look() as work:
            assert queries.serving(work, "appliance").name == expected
            assert [row.state for row in queries.models(work)].count("serving") == 1


def test_model_that_fails_a_gate_is_refused_and_never_serves(hub, monkeypatch):
    plant(hub)
    bad = [Gate("coverage90", 8800, 5000, False)]
    monkeypatch.setattr("app.valuation.training.measure", lambda *_given, **_named: (bad, {}))
    row = fit(hub)
    assert (row.state, row.gates) == ("refused", [bad[0].to_plain()])
    with pytest.raises(BadState), hub.begin(SYSTEM) as work:
        service.promote(work, row.name)
    with pytest.raises(ModelNotFound), hub.begin(SYSTEM) as work:
        service.promote(work, "appliance-99")


def test_too_few_prices_fail_the_fit_with_the_reason(hub):
    plant(hub, 30)
    row = fit(hub)
    assert row.state == "failed"
    assert "too_few_prices" in row.progress


def test_one_model_of_a_category_is_made_at_a_time(hub):
    with hub.begin(SYSTEM) as work:
        want_model(work, "appliance")
    with pytest.raises(AlreadyWanted), hub.begin(SYSTEM) as work:
        want_model(work, "appliance")


def test_fit_whose_process_died_is_begun_again_but_not_beside_one_that_lives(hub):
    with hub.begin(SYSTEM) as work:
        row = want_model(work, "appliance")
    with hub.begin(SYSTEM) as work:
        assert begin_fit(work, row.id).state == "fitting"
    with pytest.raises(Unavailable), hub.begin(SYSTEM) as work:
        begin_fit(work, row.id)
    with hub.begin(SYSTEM) as work:
        work.session.get_one(PriceModel, row.id).progress_at = work.now - 2 * GONE
    with hub.begin(SYSTEM) as work:
        assert begin_fit(work, row.id).state == "fitting"


def test_model_learns_from_plain_rows_of_one_kind_only(hub):
    plant(hub, 60)
    plant(hub, 50, "private_asking")
    with hub.begin(SYSTEM) as work:
        rows = learnable(work, "appliance", "private_asking", newest(work, "appliance"))
    assert len(rows) == 50
    assert {each.price_kind for each in rows} == {"private_asking"}
    with hub.begin(SYSTEM) as work:
        today = shanghai_day(work.now)
        drawn = price_rows("car", "private_sold", today, 400)
        keep_table(
            work,
            category="car",
            price_kind="private_sold",
            source="虚构",
            licence="test",
            as_of=today,
            mapping={},
            sha256="a" * 64,
            rows=drawn,
        )
    with hub.look() as work:
        rows = learnable(work, "car", "private_sold", newest(work, "car"))
    assert 0 < len(rows) < 400
    assert {each.condition for each in rows} == {"plain"}


class Turned:
    """A planted fault: a model whose price rises with the age, and that is sure of it."""

    def __init__(self, model):
        self.model, self.columns = model, model.columns

    def estimate(self, table, threads=1):
        found = self.model.estimate(table, threads)
        ages = [float(cell or 0) for cell in table.column("age_months")]
        price = found.price * (1 + np.array(ages) / 5)  # more than age takes
        return replace(found, price=price, low={80: price, 90: price}, high={80: price, 90: price})


def test_gates_see_planted_faults(hub):
    plant(hub)
    row = fit(hub)
    model = hub.db.doors[DOOR].model(row.name, row.sha256)
    with hub.look() as work:
        rows = learnable(work, "appliance", "private_sold", newest(work, "appliance"))
    assert sum(violations(model, rows, 300)) == 0
    assert sum(violations(Turned(model), rows, 300)) > 20
    gates, _ = measure(
        Turned(model), rows[:100], rows[100:], {"brands": {each.thing.brand: [50, 100] for each in rows}}, is_quick=True
    )
    failed = {gate.name for gate in gates if not gate.passed}
    assert {"directions", "coverage90", "better_than_median"} <= failed
    assert any(name.startswith("segment:") for name in failed)


BORN_SERVING = "INSERT INTO price_model (code, name, category, price_kind, is_quick, is_invented, sha256, seen_sale_id, seen_price_id, progress, facts, gates, created_at, state, version, entered_at) SELECT 'another', 'another', category, price_kind, is_quick, is_invented, sha256, 0, 0, '', facts, gates, created_at, state, 1, entered_at FROM price_model WHERE state = 'serving'"
BY_HAND = {
    BORN_SERVING: "begins as one that is wanted",
    "UPDATE price_model SET sha256 = substr(sha256, 2) || substr(sha256, 1, 1)": "does not change",
    "UPDATE price_model SET gates = '[]' WHERE state = 'serving'": "does not change",
    "DELETE FROM price_model": "price models stay",
    "UPDATE observed_price SET price_fen = 1": "append-only",
    "DELETE FROM price_table": "append-only",
    "INSERT INTO observed_price (table_id, row_no, cluster, price_kind, category, brand, model, condition, facts, price_fen, seen_on) SELECT id, 9999, 'x', 'dealer_asking', category, 'a', 'b', 'plain', '{}', 1, as_of FROM price_table": "(?i)foreign key",
    "INSERT INTO observed_price (table_id, row_no, cluster, price_kind, category, brand, model, condition, facts, price_fen, seen_on) SELECT table_id, 9999, cluster, price_kind, category, 'a', 'b', 'plain', '{}', 1, seen_on FROM observed_price WHERE row_no = 0": "append-only|uq_observed_price_table_id_cluster",
    "INSERT INTO observed_price (table_id, row_no, cluster, price_kind, category, brand, model, condition, facts, price_fen, seen_on) SELECT id, 9999, 'x', price_kind, category, 'a', 'b', 'wrecked', '{}', 1, as_of FROM price_table": "condition_known",
}


@pytest.mark.parametrize("statement", BY_HAND, ids=lambda statement: statement[:60])
def test_database_itself_refuses(hub, statement):
    plant(hub)
    fit(hub)
    with pytest.raises(DBAPIError, match=BY_HAND[statement]), hub.begin(SYSTEM) as work:
        work.session.execute(text(statement))


def test_second_model_of_a_category_cannot_be_made_to_serve_by_hand(hub):
    plant(hub)
    fit(hub)
    assert fit(hub, promotes=False).state == "fitted"
    with pytest.raises(DBAPIError, match=r"uq_price_model_serving|price_model\.category"), hub.begin(SYSTEM) as work:
        work.session.execute(text("UPDATE price_model SET state = 'serving'"))


@pytest.mark.parametrize("gates", ["[]", '[{"limit":1,"measured":0,"name":"rows","passed":false}]'])
def test_model_whose_gates_did_not_pass_is_never_fitted_by_hand(hub, gates):
    with hub.begin(SYSTEM) as work:
        want_model(work, "appliance")
    by_hand = "UPDATE price_model SET state = 'fitted', sha256 = :sha256, is_invented = :invented, gates = :gates"
    with pytest.raises(DBAPIError, match="gates_passed"), hub.begin(SYSTEM) as work:
        work.session.execute(text(by_hand), {"sha256": "0" * 64, "invented": False, "gates": gates})


def test_refused_model_cannot_be_made_to_serve_by_hand(hub, monkeypatch):
    plant(hub)
    monkeypatch.setattr("app.valuation.training.measure", lambda *_given, **_named: ([Gate("rows", 1, 0, False)], {}))
    assert fit(hub).state == "refused"
    with pytest.raises(DBAPIError, match="serves only after its gates"), hub.begin(SYSTEM) as work:
        work.session.execute(text("UPDATE price_model SET state = 'serving'"))


@pytest.mark.parametrize("event", MODEL_FLOW.events)
@pytest.mark.parametrize("state", MODEL_FLOW.states)
def test_every_state_has_an_answer(hub, state, event):
    with hub.begin(SYSTEM) as work:
        row = want_model(work, "appliance")
        row.sha256, row.is_invented, row.gates = "0" * 64, False, [Gate("rows", 1, 1, True).to_plain()]
        work.session.flush()
        for step in PATHS[state]:
            MODEL_FLOW.apply(work, row, step)
        if MODEL_FLOW.can(state, event):
            MODEL_FLOW.apply(work, row, event)
            assert row.state == MODEL_FLOW.table[(state, event)]
        else:
            with pytest.raises(BadState):
                MODEL_FLOW.apply(work, row, event)


PATHS = {
    "wanted": (),
    "fitting": ("begin",),
    "fitted": ("begin", "pass"),
    "refused": ("begin", "refuse"),
    "failed": ("fail",),
    "serving": ("begin", "pass", "promote"),
    "retired": ("begin", "pass", "promote", "retire"),
}


def test_copies_in_a_table_count_once_and_the_newest_is_kept(hub):
    with hub.begin(SYSTEM) as work:
        today = shanghai_day(work.now)
        rows = price_rows("appliance", "private_sold", today, 3)
        copies = [replace(row, thing="one", price_fen=at + 1) for at, row in enumerate(rows)]
        newest_one = max(copies, key=lambda row: row.seen_on)
        table = keep_table(
            work,
            category="appliance",
            price_kind="private_sold",
            source="虚构",
            licence="test",
            as_of=today,
            mapping={},
            sha256="a" * 64,
            rows=copies,
            refused=2,
        )
        assert (table.n_rows, table.n_kept, table.n_copies, table.n_refused) == (5, 1, 2, 2)
        assert work.session.scalars(select(ObservedPrice.price_fen)).all() == [newest_one.price_fen]
    with hub.look() as work:
        assert work.session.scalar(select(func.count()).select_from(Delivery).where(Delivery.state == "dead")) == 0
        assert [table.code for table in queries.tables(work)] == [table.code]


def test_same_file_counts_once(hub):
    plant(hub, 5)
    with pytest.raises(TableKnown):
        plant(hub, 5)
