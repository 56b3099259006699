"""Scores: the published figures, every rule of the seller's policy, and what must never happen to a score."""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import rfc8785

from app.credit.log import canonical, weights
from app.credit.log.errors import BadScorePolicy, LogError
from app.credit.log.scorepolicies import read_score_policy
from app.credit.log.scores import Fact, card
from app.credit.store import by_version, shipped
from app.factory import ROOT
from tests.credit.ledgers import DAY, SUBJECT, Ledger, cluster, code, golden, random_state
from tests.drills.conftest import FULL

SCORING = json.loads(Path(__file__).with_name("vectors.json").read_bytes())["proposed_scoring_v1"]
SELLER = by_version("seller", 1)
APPRAISER = by_version("appraiser", 1)
STATES = 200_000 if FULL else 400
GRADES = [name for name, _ in SELLER.grades]
GOLDEN_SHA256 = "10a0593024690387174a2c4a6f3e90330bb32d6b763c7f2d45f3bf0f8b464051"


def of(ledger: Ledger, day=DAY):
    return card(ledger.facts, SUBJECT, SELLER, day, len(ledger.contents))


def sales(count: int, ago: int = 10) -> Ledger:
    ledger = Ledger()
    for number in range(1, count + 1):
        ledger.sale(number, ago)
    return ledger


def test_rules_that_ship_hold_the_published_figures():
    assert [list(each) for each in SELLER.decay] == SCORING["decay_knots_days_ppm"]
    assert SELLER.prior == tuple(SCORING["prior"].values())
    assert SELLER.z == SCORING["z_ppm"]
    assert list(SELLER.counterparty) == SCORING["counterparty_factor_ppm"]
    for case in SCORING["decay"]:
        assert weights.decay(case["age_days"], SELLER.decay) == case["weight_ppm"]
    for case in SCORING["mean_and_floor"]:
        good, total = case["ok"] * weights.ONE, (case["ok"] + case["bad"]) * weights.ONE
        assert weights.mean(good, total, SELLER.prior) == case["mean_ppm"]
        assert weights.floor(good, total, SELLER.z) == case["floor_ppm"]
    assert [policy.title for policy in shipped()] == ["appraiser/1", "seller/1", "seller/2", "seller/3"]
    for policy in shipped():
        assert rfc8785.dumps(json.loads(policy.content)) == policy.content


def test_published_example_comes_out_of_events():
    """The nine events of the published example, as events of a seller: three sales to one buyer, others to one each."""
    worked = SCORING["worked_dimension"]
    ledger = Ledger()
    for number, event in sorted(enumerate(worked["events"]), key=lambda each: -each[1]["age_days"]):
        if event["outcome"] == "ok":
            ledger.sale(number, event["age_days"], buyer=99 if event["age_days"] == 10 else number + 1)
        else:
            ledger.problem(number, event["age_days"])
    side = of(ledger).sides["accuracy"]
    assert (side.good, side.total, side.mean, side.floor) == (
        worked["S_ppm"],
        worked["N_ppm"],
        worked["mean_ppm"],
        worked["floor_ppm"],
    )
    assert sorted(piece.weight for piece in side.pieces) == sorted(event["weight_ppm"] for event in worked["events"])


@pytest.mark.parametrize(
    ("defects_in_1000", "score", "grade"),
    [(0, 990, "AAA"), (20, 972, "AA"), (50, 945, "A"), (100, 900, "BBB"), (200, 809, "B"), (400, 627, "CC")],
)
def test_published_reference_points(defects_in_1000, score, grade):
    bad = defects_in_1000 * 100_000
    mean = weights.mean(100_000_000 - bad, 100_000_000, SELLER.prior)
    assert (mean // 1000, SELLER.grade(mean // 1000)) == (score, grade)


def test_grade_needs_sales_and_buyers_and_is_never_a_bad_one_before():
    assert of(sales(4)).grade == "NR"
    assert of(sales(5)).grade == "BBB"
    two_buyers = Ledger()
    for number in range(6):
        two_buyers.sale(number, 10, buyer=1 + number % 2)
    assert of(two_buyers).grade == "NR"
    poor = sales(4)
    for number in range(1, 5):
        poor.problem(number, 5)
    assert of(poor).grade == "NR"


def test_good_evidence_lifts_the_cap_and_defects_never_do():
    now = of(sales(19))
    assert (now.caps, now.confidence) == ((("A", "evidence"),), "low")
    assert of(sales(20)).caps == (("AA", "evidence"),)
    assert of(sales(100)).caps == ()
    assert of(sales(100)).confidence == "high"
    almost = sales(99)
    almost.problem(200, 1)
    assert of(almost).caps == (("AA", "evidence"),)


def test_sale_waits_for_the_return_window_and_counts_less_without_escrow():
    ledger = Ledger()
    ledger.sale(1, 3, return_window_days=7)
    assert of(ledger).sides["accuracy"].total == 0
    assert of(ledger, DAY + timedelta(days=4)).sides["accuracy"].total == 1_000_000
    ledger.sale(2, 3, escrow=False)
    assert of(ledger).sides["accuracy"].total == 250_000


@pytest.mark.parametrize(
    ("band", "weight"), [("0-100", 250_000), ("100-500", 600_000), ("500-1000", 10**6), ("50000-100000", 1_500_000)]
)
def test_dear_sales_count_more(band, weight):
    ledger = Ledger()
    ledger.sale(1, 0, band=band)
    assert of(ledger).sides["accuracy"].total == weight


def test_one_order_counts_once_and_its_worst_event_decides():
    ledger = sales(10)
    ledger.problem(3, 2, "shared")
    side = of(ledger).sides["disputes"]
    assert side.counts == {"good": 9, "half": 1, "bad": 0, "excluded": 1}
    assert (side.good, side.total) == (9_500_000, 10_000_000)
    about = {"order": code(3), "category": "phone", "amount_band": "1000-2000", "counterparty": cluster(3)}
    ledger.problem(3, 1)
    ledger.add("order.returned_not_as_described", 1, **about, reason="defect")
    assert of(ledger).sides["accuracy"].counts == {"good": 9, "half": 0, "bad": 1, "excluded": 3}
    found_for_the_seller = sales(10)
    found_for_the_seller.problem(3, 2, "buyer_fault")
    assert of(found_for_the_seller).as_data() | {"log_size": 0} == of(sales(10)).as_data() | {"log_size": 0}


def test_problem_makes_no_other_praise_of_the_same_buyer_heavier():
    ledger = Ledger()
    for number in (1, 2, 3):
        ledger.sale(number, 10 - number, buyer=5)
    assert [piece.weight for piece in of(ledger).sides["accuracy"].pieces] == [1_000_000, 500_000, 0]
    ledger.problem(1, 1)
    assert [piece.weight for piece in of(ledger).sides["accuracy"].pieces] == [0, 500_000, 0, 1_000_000]


def test_overturned_decision_and_sham_sales_weigh_nothing():
    ledger = sales(10)
    decided = ledger.problem(3, 2)
    before = of(sales(10))
    assert of(ledger).score < before.score
    ledger.add("dispute.overturned", 1, refs=(decided.leaf,))
    assert (of(ledger).score, of(ledger).floor) == (before.score, before.floor)
    sham = [fact.leaf for fact in ledger.facts if fact.type == "order.completed"][:4]
    ledger.add("integrity.finding_confirmed", 0, refs=tuple(sham), severity="minor", kind="wash_trade")
    now = of(ledger)
    assert now.rated_events == 6
    assert now.sides["accuracy"].counts["good"] == 6
    assert [each.points for each in now.deductions] == [10]


def test_violations_take_points_off_while_they_are_displayed():
    def with_violations(*found, on=DAY, **more):
        ledger = sales(100)
        for severity, kind in found:
            ledger.add("violation.recorded", 0, severity=severity, kind=kind, effective_on="2026-11-20", **more)
        return of(ledger, on)

    clean = of(sales(100)).score
    assert clean - with_violations(*[("minor", "late")] * 5).score == 30
    general = with_violations(("general", "counterfeit"))
    assert (clean - general.score, general.grade, general.caps) == (60, "BBB", (("BBB", "general"),))
    assert general.deductions[0].earliest_repair.isoformat() == "2027-02-20"
    assert general.deductions[0].automatic_end.isoformat() == "2027-11-20"
    assert with_violations(("serious", "counterfeit")).grade == "C"
    assert with_violations(("serious", "forged_identity")).grade == "D"
    assert with_violations(("minor", "late"), on=DAY + timedelta(days=92)).deductions == ()
    later = sales(10)
    later.add("violation.recorded", 0, severity="minor", kind="late", effective_on="2026-12-06")
    assert of(later).deductions == ()
    assert len(of(later, DAY + timedelta(days=7)).deductions) == 1


def test_appraiser_is_measured_against_second_looks():
    ledger = Ledger()
    looks = [("same", 0, 0)] * 6 + [("better", 1, 0), ("better", 2, 1), ("worse", 1, 0)]
    for number, (found, apart, misses) in enumerate(looks):
        report = f"{number:064x}"
        ledger.add(
            "appraisal.reinspected", 3, category="phone", report_sha256=report, kind="blind", found=found, tiers_apart=apart,
            critical_misses=misses,
        )  # fmt: skip
    ledger.add(
        "appraisal.reinspected",
        3,
        category="phone",
        report_sha256="f" * 64,
        kind="blind",
        found="not_comparable",
        critical_misses=1,
    )
    now = card(ledger.facts, SUBJECT, APPRAISER, DAY, len(ledger.contents))
    assert now.sides["within_one"].counts == {"good": 8, "half": 0, "bad": 1, "excluded": 0}
    assert now.sides["critical"].counts == {"good": 8, "half": 0, "bad": 2, "excluded": 0}
    lean = (1 + 2 - 1) * 1_000_000 // 9
    assert now.sides["bias"].good == 9_000_000 * (1_000_000 - lean) // 1_000_000
    assert now.grade == "BB"


def test_golden_log_gives_the_golden_card_in_any_time_zone_and_with_any_hash_seed():
    ledger = golden()
    content = canonical.canonical(of(ledger).as_data())
    assert hashlib.sha256(content).hexdigest() == GOLDEN_SHA256
    program = "import sys; from tests.credit.ledgers import *; from app.credit.log.scores import card; from app.credit.store import by_version; from app.credit.log.canonical import canonical; l = golden(); sys.stdout.buffer.write(canonical(card(l.facts, SUBJECT, by_version('seller', 1), DAY, len(l.contents)).as_data()))"
    for zone, seed in (("Pacific/Kiritimati", "1"), ("America/Los_Angeles", "77")):
        told = subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=True, env={"TZ": zone, "PYTHONHASHSEED": seed}
        )
        assert told.stdout == content
    shuffled = ledger.facts
    random.Random(5).shuffle(shuffled)
    assert canonical.canonical(card(shuffled, SUBJECT, SELLER, DAY, len(ledger.contents)).as_data()) == content


def test_earlier_day_and_shorter_log_give_the_card_of_then():
    ledger = golden()
    facts = ledger.facts
    for size in (10, 40, len(facts)):
        for day in (DAY, DAY - timedelta(days=100)):
            before = [fact for fact in facts if fact.idx < size and fact.day <= day]
            assert card(facts, SUBJECT, SELLER, day, size) == card(before, SUBJECT, SELLER, day, size)


def test_no_problem_ever_helps_and_no_sale_ever_harms():
    dice = random.Random(20261129)
    for number in range(STATES):
        facts = random_state(dice)
        before = card(facts, SUBJECT, SELLER, DAY, 1000)
        order = dice.choice([dice.randrange(60), 500])
        about = {
            "order": code(order),
            "amount_band": "1000-2000" if order == 500 else "8000-12000",
            "counterparty": cluster(dice.randrange(9)),
        }
        if order != 500:
            known = next((fact.data for fact in facts if fact.data.get("order") == code(order)), about)
            about |= {name: known[name] for name in ("amount_band", "counterparty")}
        problem = Fact(900, "new", "dispute.decided", SUBJECT, DAY, {**about, "outcome": "seller_fault", "reason": "defect"})
        after = card([*facts, problem], SUBJECT, SELLER, DAY, 1000)
        assert after.score <= before.score, f"state {number}: a problem raised the score"
        assert after.floor <= before.floor, f"state {number}: a problem raised the floor"
        assert "NR" in (after.grade, before.grade) or GRADES.index(after.grade) >= GRADES.index(before.grade), number
        sale = {**about, "order": code(700), "escrow": True, "return_window_days": 0}
        new = [
            Fact(901 + place, f"new {place}", type, SUBJECT, DAY, sale)
            for place, type in enumerate(("order.shipped_on_time", "order.completed"))
        ]
        after = card([*facts, *new], SUBJECT, SELLER, DAY, 1000)
        assert after.score >= before.score, f"state {number}: a sale lowered the score"
        assert after.floor >= before.floor, f"state {number}: a sale lowered the floor"
        assert "NR" in (after.grade, before.grade) or GRADES.index(after.grade) <= GRADES.index(before.grade), number


def test_age_never_changes_which_of_two_events_of_one_day_weighs_more():
    dice = random.Random(3)
    for _ in range(200):
        ledger = Ledger()
        ago = dice.randrange(600)
        for number in (1, 2):
            ledger.sale(number, ago, band=dice.choice(["0-100", "1000-2000", "50000-100000"]))
        first = [piece.weight for piece in of(ledger).sides["accuracy"].pieces]
        later = [piece.weight for piece in of(ledger, DAY + timedelta(days=dice.randrange(480))).sides["accuracy"].pieces]
        assert (first[0] > first[1]) == (later[0] > later[1]) or later[0] == later[1]


@pytest.mark.parametrize(
    "change",
    [
        {"version": "1"},
        {"decay_days_ppm": [[90, 5], [0, 5]]},
        {"prior_ppm": [0, 0]},
        {"grades": [["A", 5], ["AA", 9]]},
        {"price_yuan_ppm": [[50, 1]]},
        {"counterparty_ppm": []},
        {"dimensions": {"accuracy": 1}},
        {"severity_caps": {"general": "ZZ"}},
        {"outcomes": [{"type": "order.completed", "gives": {"accuracy": "splendid"}}]},
        {"z_ppm": -1},
    ],
    ids=lambda change: next(iter(change)),
)
def test_rules_that_are_none_are_refused(change):
    said = json.loads(SELLER.content) | change
    with pytest.raises(BadScorePolicy):
        read_score_policy(rfc8785.dumps(said))
    with pytest.raises(LogError):
        read_score_policy(SELLER.content.replace(b'"version":1', b'"version":1.5'))


def test_another_subjects_events_do_not_count():
    ledger = sales(8)
    others = [replace(fact, subject="s_" + "8" * 26, idx=fact.idx + 50) for fact in golden().facts]
    assert (
        card([*ledger.facts, *others], SUBJECT, SELLER, DAY, 1000).as_data()
        == card(ledger.facts, SUBJECT, SELLER, DAY, 1000).as_data()
    )


def settled(outcome, policy):
    ledger = sales(5)
    more = {} if outcome is None else {"outcome": outcome}
    ledger.add("dispute.settled", 3, order=code(90), category="phone", counterparty=cluster(90), **more)
    return card(ledger.facts, SUBJECT, policy, DAY, len(ledger.contents)).sides["aftersales"].counts


def test_only_agreement_praises_and_only_the_sellers_silence_blames():
    third = by_version("seller", 3)
    assert settled("agreed", third) == {"good": 1, "half": 0, "bad": 0, "excluded": 0}
    assert settled("silence", third) == {"good": 0, "half": 0, "bad": 1, "excluded": 0}
    for outcome in ("withdrawn", "lapsed", "overtaken", None):
        assert set(settled(outcome, third).values()) == {0}, outcome
    assert settled("lapsed", by_version("seller", 2))["good"] == 1  # what was published stays as it was


def test_every_reason_that_speaks_of_the_item_counts_against_accuracy():
    for reason in ("hidden_repair", "counterfeit", "function_fails", "damaged", "missing_part", "not_as_described", "defect"):
        ledger = sales(5)
        ledger.problem(3, 1, reason=reason)
        assert card(ledger.facts, SUBJECT, by_version("seller", 3), DAY, 99).sides["accuracy"].counts["bad"] == 1, reason
    ledger = sales(5)
    ledger.problem(3, 1, reason="not_received")
    assert card(ledger.facts, SUBJECT, by_version("seller", 3), DAY, 99).sides["accuracy"].counts["bad"] == 0
