"""The grading itself: one walk over the scheme's data, the same for every category.

Applicability, derived facts, required items, what each finding costs, cross rules, status, score, tier, disclosures,
fully functional. No figure and no category is named here.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from types import MappingProxyType

from grading.engine import wording
from grading.engine.answers import COMPUTED, Answer, FactValue, range_message, read_answers
from grading.engine.conditions import Known, holds
from grading.engine.facts import derive, type_of
from grading.engine.result import (
    Cap,
    CrossRuleResult,
    Disclosure,
    Effect,
    GradeResult,
    ItemResult,
    ItemState,
    Missing,
    Reason,
    SectionResult,
)
from grading.errors import FindingsError, Words
from grading.scale import ARITHMETIC, number_text, place, round_half_up, strictest
from grading.schemes.model import GRADED, UNGRADABLE, CrossRule, Item, Option, Outcome, Scheme

_NOTHING = Outcome()
_TO_SHOW = 6


def grade(scheme: Scheme, findings: Mapping[str, object], facts: Mapping[str, object] | None = None) -> GradeResult:
    """Grade findings (by item key) by a scheme, with facts that are known about the thing; say why.

    None and "" mean no value. Raises FindingsError for unknown keys, answers that are no options and numbers that are
    none, floats included. The same input always gives the same result; the order of the mappings does not matter.
    """
    with localcontext(ARITHMETIC):
        answers, known_facts = read_answers(scheme, findings, {} if facts is None else facts)
        derived = derive(scheme, known_facts)
        return _Grading(scheme, answers, known_facts, derived).result()


@dataclass(frozen=True, slots=True)
class _Looked:
    """One item after looking it up: what it says and costs."""

    item: Item
    state: ItemState
    answer: Answer | None
    outcome: Outcome
    option: Option | None
    used: Decimal | None
    value_name: Words | None
    rule: Words


@dataclass(slots=True)
class _Grading:
    scheme: Scheme
    answers: dict[str, Answer]
    facts: dict[str, FactValue]
    derived: dict[str, FactValue]
    looked: list[_Looked] = field(default_factory=list)

    def result(self) -> GradeResult:
        scheme = self.scheme
        self.looked = self._look()
        fired = self._cross_rules()
        missing = self._missing()
        effects = self._effects(fired, missing)
        status = strictest([effect.status for effect in effects] + [GRADED], scheme.status_order)
        sections = self._sections(fired)
        deducted = sum((section.deducted for section in sections), Decimal(0))
        score = round_half_up(max(scheme.floor, scheme.base_score - deducted), scheme.decimals)
        by_score = next(tier.code for tier in scheme.tiers if tier.min_score <= score)
        caps = self._caps(fired)
        best = scheme.tier_order[::-1]  # worst first
        worst = strictest([by_score] + [cap.tier for cap in caps], best)
        tier = scheme.get_tier(worst) if status == GRADED else None
        decided = tier is not None and worst != by_score
        caps = tuple(Cap(cap.tier, cap.code, cap.reason, decided and cap.tier == worst) for cap in caps)
        effects = tuple(Effect(e.status, e.code, e.reason, e.status == status) for e in effects)
        faulty = self._not_functional()
        equivalents = {} if tier is None or (tier.needs_fully_functional and faulty) else tier.equivalents

        reasons = [Reason("status", wording.status_sentence(scheme, status, [e.reason for e in effects if e.decided]))]
        reasons.append(Reason("score", wording.score_sentence(scheme, score, deducted, tier is None)))
        if tier is not None:
            reasons.append(Reason("tier_by_score", wording.tier_sentence(scheme.get_tier(by_score))))
            if decided:
                reasons.append(Reason("cap", wording.cap_sentence(tier, [cap.reason for cap in caps if cap.decided])))
        names = [item.name for item in faulty]
        reasons.append(Reason("functional", wording.not_functional_sentence(names) if names else wording.FUNCTIONAL))

        counted = [seen.outcome.flag for seen in self.looked if seen.outcome.flag is not None]
        flags = counted + [rule.flag for rule in fired if rule.flag is not None]
        return GradeResult(
            scheme_id=scheme.id,
            scheme_version=scheme.version,
            scheme_sha256=scheme.sha256,
            scheme_label=scheme.label,
            status=status,
            status_name=scheme.get_status(status).name,
            tier=None if tier is None else tier.code,
            tier_name=None if tier is None else tier.name,
            tier_cn=None if tier is None else tier.cn,
            score=score,
            tier_by_score=by_score,
            fully_functional=not faulty,
            not_functional=tuple(item.code for item in faulty),
            sections=sections,
            caps=caps,
            effects=effects,
            disclosures=self._disclosures(fired),
            missing=missing,
            cross_rules=tuple(map(self._cross_result, fired)),
            flags=tuple(dict.fromkeys(flags)),
            credit_events=tuple(dict.fromkeys(rule.credit_event for rule in fired if rule.credit_event is not None)),
            equivalents=MappingProxyType(dict(equivalents)),
            reasons=tuple(reasons),
            findings=MappingProxyType({key: _text(value) for key, value in self.answers.items()}),
            facts=MappingProxyType({key: _fact_text(value) for key, value in self.facts.items()}),
            derived=MappingProxyType({key: _fact_text(value) for key, value in self.derived.items()}),
        )

    # --- items ------------------------------------------------------------------------------------------------------
    def _look(self) -> list[_Looked]:
        known = self._known([])
        applies = {item.key: item.applies is None or holds(item.applies, known) for item in self.scheme.items}
        answers = dict(self.answers)
        for item in self.scheme.items:
            value = known.facts.get(item.computed_from) if item.computed_from is not None else None
            if isinstance(value, Decimal):
                if item.key in answers:
                    raise FindingsError({item.key: COMPUTED})
                answers[item.key] = value
        looked: list[_Looked] = []
        for item in self.scheme.items:
            answer = answers.get(item.key)
            better = item.only_if_missing
            if not applies[item.key]:
                looked.append(self._uncounted(item, "skipped", answer, wording.SKIPPED))
            elif answer is None:
                needed = item.required
                words = wording.MISSING if needed else wording.LEFT_OUT
                looked.append(self._uncounted(item, "missing" if needed else "left_out", None, words))
            elif better is not None and better in answers and applies[better]:
                words = wording.superseded(self.scheme.get_item(better))
                looked.append(self._uncounted(item, "superseded", answer, words))
            else:
                looked.append(self._counted(item, answer))
        return looked

    def _uncounted(self, item: Item, state: ItemState, answer: Answer | None, words: Words) -> _Looked:
        option = item.option(answer) if isinstance(answer, str) else None
        return _Looked(item, state, answer, _NOTHING, option, None, _value_name(item, answer), wording.joined(item.name, words))

    def _counted(self, item: Item, answer: Answer) -> _Looked:
        name = _value_name(item, answer)
        if isinstance(answer, Decimal):
            return self._number(item, answer)
        option = item.option(answer)
        outcome = _NOTHING if option is None else option.outcome
        words = wording.NOTED if option is None else wording.consequences(outcome, self.scheme)
        # texts (a certificate's number) are not repeated in the sentence of the rule
        rule = wording.joined(item.name if option is None else option.name, words)
        return _Looked(item, "counted", answer, outcome, option, None, name, rule)

    def _number(self, item: Item, answer: Decimal) -> _Looked:
        assert item.min is not None  # a rule of the loader
        assert item.max is not None
        if not item.min <= answer <= item.max:  # only a computed value can be outside
            raise FindingsError({item.key: range_message(item.min, item.max)})
        used = answer
        if item.rescale is not None:
            given = self.facts.get(item.rescale.fact)
            divisor = given if isinstance(given, Decimal) else item.rescale.default
            used = answer * item.rescale.to / divisor
        index = place(used, [band.edge for band in item.bands], item.ascending_max)
        if index is None:  # the loader has shown that every permitted value has a band
            raise AssertionError(f"{item.code}: no band for {used}")
        outcome = item.bands[index].outcome
        converted = used if used != answer else None
        rule = wording.joined(wording.band_name(item, index, converted), wording.consequences(outcome, self.scheme))
        return _Looked(item, "counted", answer, outcome, None, converted, _value_name(item, answer), rule)

    def _known(self, looked: list[_Looked]) -> Known:
        counted = [seen for seen in looked if seen.state == "counted"]
        return Known(
            answers={seen.item.code: seen.answer for seen in counted if seen.answer is not None},
            effects={seen.item.code: seen.outcome.effect for seen in counted if seen.outcome.effect is not None},
            items={item.code: item for item in self.scheme.items},
            facts={**self.facts, **self.derived},
            kind=type_of(self.scheme, self.facts),
        )

    # --- what follows -------------------------------------------------------------------------------------------------
    def _cross_rules(self) -> list[CrossRule]:
        known = self._known(self.looked)
        return [rule for rule in self.scheme.cross_rules if holds(rule.when, known)]

    def _cross_result(self, rule: CrossRule) -> CrossRuleResult:
        words = wording.joined(rule.name, wording.cross_consequences(rule, self.scheme))
        return CrossRuleResult(
            rule.code, rule.name, rule.deduct, rule.section, rule.cap, rule.effect, rule.flag, rule.credit_event, words
        )

    def _missing(self) -> tuple[Missing, ...]:
        found = [Missing((f.key,), (), f.name) for f in self.scheme.facts if f.required and f.key not in self.facts]
        asked: set[str] = set()
        for seen in self.looked:
            group = seen.item.required_any
            if seen.state == "missing":
                found.append(Missing((seen.item.key,), (seen.item.code,), seen.item.name))
            elif group is not None and group not in asked and seen.state != "skipped":
                asked.add(group)
                members = [s for s in self.looked if s.item.required_any == group and s.state != "skipped"]
                if all(member.answer is None for member in members):
                    keys, codes = (tuple(getattr(m.item, part) for m in members) for part in ("key", "code"))
                    found.append(Missing(keys, codes, self.scheme.groups[group]))
        return tuple(found)

    def _effects(self, fired: list[CrossRule], missing: tuple[Missing, ...]) -> tuple[Effect, ...]:
        effects = [
            Effect(seen.outcome.effect, seen.item.code, _cause(seen), False)
            for seen in self.looked
            if seen.outcome.effect is not None
        ]
        effects += [Effect(rule.effect, rule.code, rule.name, False) for rule in fired if rule.effect is not None]
        if missing:
            reason = wording.missing_reason([part.name for part in missing])
            effects.append(Effect(UNGRADABLE, "missing_required", reason, False))
        return tuple(effects)

    def _caps(self, fired: list[CrossRule]) -> tuple[Cap, ...]:
        caps = [
            Cap(seen.outcome.cap, seen.item.code, _cause(seen), False) for seen in self.looked if seen.outcome.cap is not None
        ]
        caps += [Cap(rule.cap, rule.code, rule.name, False) for rule in fired if rule.cap is not None]
        return tuple(caps)

    def _sections(self, fired: list[CrossRule]) -> tuple[SectionResult, ...]:
        results = []
        for section in self.scheme.sections:
            seen = [one for one in self.looked if one.item.section == section.code]
            points = [one.outcome.deduct for one in seen]
            points += [rule.deduct for rule in fired if rule.section == section.code]
            total = sum(points, Decimal(0))
            deducted = min(total, section.max_deduction)
            items = tuple(map(_item_result, seen))
            results.append(
                SectionResult(
                    section.code,
                    section.name,
                    total,
                    deducted,
                    section.max_deduction,
                    total > section.max_deduction,
                    items,
                )
            )
        return tuple(results)

    def _disclosures(self, fired: list[CrossRule]) -> tuple[Disclosure, ...]:
        found = [
            Disclosure(seen.item.code, seen.item.key, _text(seen.answer), _cause(seen))
            for seen in self.looked
            if seen.state == "counted" and seen.answer is not None and (seen.outcome.disclose or _is_defect(seen))
        ]
        found += [Disclosure(rule.code, None, None, rule.disclosure) for rule in fired if rule.disclosure is not None]
        return tuple(found)

    def _not_functional(self) -> list[Item]:
        functional = self.scheme.functional
        least = functional.number_deduct_at_least
        faulty = []
        for seen in self.looked:
            if seen.item.section not in functional.sections or seen.state in ("skipped", "superseded"):
                continue
            if seen.item.kind == "severity":
                # no value at all is no better than "not tested"
                wrong = seen.option is None or seen.option.state in ("defect", "untested")
            else:
                wrong = seen.item.kind == "number" and least is not None and seen.outcome.deduct >= least
            if wrong:
                faulty.append(seen.item)
        return faulty


def _is_defect(seen: _Looked) -> bool:
    return seen.option is not None and seen.option.state == "defect"


def _cause(seen: _Looked) -> Words:
    return seen.item.name if seen.value_name is None else wording.joined(seen.item.name, seen.value_name)


def _value_name(item: Item, answer: Answer | None) -> Words | None:
    if answer is None:
        return None
    if isinstance(answer, Decimal):
        return wording.measured(answer, item.unit)
    option = item.option(answer)
    return Words(answer, answer) if option is None else option.name


def _item_result(seen: _Looked) -> ItemResult:
    item, outcome = seen.item, seen.outcome
    return ItemResult(
        code=item.code,
        key=item.key,
        name=item.name,
        state=seen.state,
        value=None if seen.answer is None else _text(seen.answer),
        value_name=seen.value_name,
        used=None if seen.used is None else number_text(round_half_up(seen.used, _TO_SHOW)),
        deduct=outcome.deduct,
        cap=outcome.cap,
        effect=outcome.effect,
        disclose=outcome.disclose or (seen.state == "counted" and _is_defect(seen)),
        flag=outcome.flag,
        basis=item.basis,
        source=item.source,
        rule=seen.rule,
    )


def _text(value: Answer) -> str:
    return number_text(value) if isinstance(value, Decimal) else value


def _fact_text(value: FactValue) -> str | bool:
    if isinstance(value, Decimal):
        return number_text(value)
    return value.isoformat() if isinstance(value, datetime.date) else value
