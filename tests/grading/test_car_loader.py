"""Scheme files with marks, shared answers and plain input, one planted fault each."""

from __future__ import annotations

from importlib import resources

import pytest

from grading import SchemeError, read_scheme

CAR = (resources.files("grading") / "data" / "gbt30323-2013.yaml").read_text("utf-8")
EV = (resources.files("grading") / "data" / "ev-house-1.yaml").read_text("utf-8")

# what is wrong: (old text, new text, place, part of the message)
FAULTS = {
    "version is not in the id": ("version: 2013/r1", "version: 2014/r1", "meta.version", "must end with -2014"),
    "unknown tier of a status": ("scored: false, tier: 五级", "scored: false, tier: 六级", "meta.statuses", "unknown tier '六级'"),
    "a graded thing has a score": ("{code: graded, name", "{code: graded, scored: false, name", "meta.statuses", "is scored"),
    "a tier that nothing reaches": ("scored: false, tier: 五级", "scored: false", "tiers[4].min_score", "no status gives"),
    "scores out of order": ("{code: 三级, min_score: 20", "{code: 三级, min_score: 60", "tiers[2].min_score", "below"),
    "low scores without a tier": ("{code: 四级, min_score: 0", "{code: 四级, min_score: 1", "tiers[3].min_score", "without a tier"),
    "points in the shared answers": ("A: {zh: 未见缺陷, en: Nothing found, state: good}", "A: {zh: 未见缺陷, en: Nothing found, state: good, deduct: 1}", "answers.found.A", "costs of an item"),
    "no good answer": ("A: {zh: 未见缺陷, en: Nothing found, state: good}", "A: {zh: 未见缺陷, en: Nothing found, state: untested}", "answers.found", "no answer is good"),
    "a defect beside marks": ("NA: {zh: 本车没有, en: Not fitted, state: inapplicable}\n    NI: {zh: 受限，未能检查, en: Could not be inspected, state: untested, disclose: true}\n  slight_severe", "NA: {zh: 本车没有, en: Not fitted, state: defect}\n    NI: {zh: 受限，未能检查, en: Could not be inspected, state: untested, disclose: true}\n  slight_severe", "sections[2].items[0].answers", "defects are said here by marks"),
    "marks that cost nothing": ("    outcome: {effect: accident, disclose: true}\n", "", "marks.frame", "either degrees or outcome"),
    "unknown effect of marks": ("    outcome: {effect: accident, disclose: true}", "    outcome: {effect: wreck, disclose: true}", "marks.frame.outcome.effect", "unknown status"),
    "a mark dearer than its section": ("over 200×300 mm, deduct: 1.5", "over 200×300 mm, deduct: 21", "marks.body.degrees.3", "never takes more than 20"),
    "unknown marks": ("marks: [body, tyre]", "marks: [body, tire]", "sections[3].items[25].marks", "unknown marks 'tire'"),
    "a state twice": ("marks: [body, tyre]", "marks: [body, body]", "sections[3].items[25].marks", "there twice"),
    "unknown answers": ("marks: [body, tyre], answers: found", "marks: [body, tyre], answers: lost", "sections[3].items[25].answers", "unknown list"),
    "marks without answers": ("marks: [body, tyre], answers: found", "marks: [body, tyre]", "sections[3].items[25].answers", "is needed"),
    "a choice with both": ("costs: {B: {deduct: 2}, C: {deduct: 4}}", "costs: {B: {deduct: 2}, C: {deduct: 4}}, options: {a: {zh: 一, en: a, deduct: 0}, b: {zh: 二, en: b, deduct: 0}}", "sections[4].items[4]", "either options or answers"),
    "a defect without its cost": ("costs: {B: {deduct: 2}, C: {deduct: 4}}", "costs: {B: {deduct: 2}}", "sections[4].items[4].costs", "needs its cost"),
    "a good answer that costs": ("costs: {B: {deduct: 2}, C: {deduct: 4}}", "costs: {A: {deduct: 1}, B: {deduct: 2}, C: {deduct: 4}}", "sections[4].items[4].costs.A", "must not cost"),
    "a cost of no answer": ("costs: {B: {deduct: 2}, C: {deduct: 4}}", "costs: {B: {deduct: 2}, C: {deduct: 4}, D: {deduct: 5}}", "sections[4].items[4].costs.D", "not among"),
    "a cost above the limit": ("costs: {B: {deduct: 2}, C: {deduct: 4}}", "costs: {B: {deduct: 2}, C: {deduct: 24}}", "sections[4].items[4].costs.C", "never takes more than 20"),
    "unknown warning": ("deduct: 2, warning: find_cause", "deduct: 2, warning: find_out", "sections[6].items[1].costs.C.warning", "unknown warning"),
    "unknown value counted": ("count: {value: [NI]", "count: {value: [NJ]", "cross_rules[0].when.count.value", "unknown severity value or answer"),
    "a value that never comes": ('{item: "40", op: eq, value: NI}', '{item: "40", op: eq, value: NJ}', "cross_rules[1].when.any[13].value", "never has the value"),
    "input of an unknown section": ("body: {holds: marks, sections: [body_exterior]}", "body: {holds: marks, sections: [body]}", "input.groups.body.sections", "unknown section"),
    "marks where there are none": ("body: {holds: marks, sections: [body_exterior]}", "body: {holds: marks, sections: [body_exterior, chassis]}", "input.groups.body.sections", "has no marks"),
    "a wrong prefix": ("sections: [frame], prefix: F", "sections: [frame], prefix: G", "input.groups.frame.prefix", "does not begin"),
    "not a flag": ("prefix: T, sets: tradable_check", "prefix: T, sets: traded", "input.groups.tradable.sets", "not a flag"),
    "codes without an answer": ("holds: codes, answer: NI", "holds: codes", "input.groups.not_inspected.answer", "belongs to codes"),
    "an answer that nobody knows": ("holds: codes, answer: NI", "holds: codes, answer: NJ", "input.groups.not_inspected.answer", "knows the answer"),
    "a reserved name": ("    body: {holds: marks", "    findings: {holds: marks", "input.groups.findings", "a meaning of its own"),
    "a status that is not there to be waived": ("then: {waives: not_tradable", "then: {waives: not_traded", "cross_rules[6].then.waives", "unknown status"),
    "missing results waived": ("then: {waives: not_tradable", "then: {waives: ungradable", "cross_rules[6].then.waives", "missing results are never waived"),
    "waived without a flag": ("waives: not_tradable, flag: judicial_commission,", "waives: not_tradable,", "cross_rules[6].then.waives", "is never silent"),
    "waived without a disclosure": ("flag: judicial_commission, disclosure: {zh: 受司法机关委托鉴定；可交易查验不合格，此等级不表示可以交易, en: \"Appraised for a judicial authority; the tradable check failed, and this grade does not say that the car may be traded\"}", "flag: judicial_commission", "cross_rules[6].then.waives", "is never silent"),
    "a revision that is none": ("version: 2013/r1", "version: 2013/first", "meta.version", "is a revision"),
    "a revision in the wrong file": ("version: 2013/r1", "version: 2013/r2", "meta.scheme_id", "must be named 'gbt30323-2013_r2'"),
    "weights": ("age_weight: 0.4", "age_weight: 0.5", "valuation", "sum to 1"),
    "source of the value": ("  source: [S5, OWN]", "  source: [S5, NOBODY]", "valuation.source", "unknown source"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_refused_with_its_place(fault: str) -> None:
    old, new, place, message = FAULTS[fault]
    assert CAR.count(old) >= 1
    with pytest.raises(SchemeError) as refused:
        read_scheme("gbt30323-2013.yaml", CAR.replace(old, new, 1).encode())
    said = [(problem.path, problem.message) for problem in refused.value.problems]
    assert any(path == place and message in text for path, text in said), said


def test_a_battery_that_is_no_number_is_refused() -> None:
    with pytest.raises(SchemeError, match=r"valuation\.battery_item.*not an item of kind number"):
        read_scheme("ev-house-1.yaml", EV.replace("battery_item: soh_percent", "battery_item: soh_level").encode())
