"""The grading itself: one walk over the scheme's data, the same for every category.

Applicability, derived facts, required items, what each finding costs, cross rules, status, score, tier, disclosures,
warnings, fully functional. No figure and no category is named here.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, localcontext
from types import MappingProxyType

from grading.engine import wording
from grading.engine.answers import Answer, FactValue, read_answers
from grading.engine.conditions import Known, holds
from grading.engine.facts import derive, type_of
from grading.engine.looking import Looked, looking, text_of
from grading.engine.result import (
    Cap,
    Caution,
    CrossRuleResult,
    Disclosure,
    Effect,
    GradeResult,
    Missing,
    Reason,
    SectionResult,
)
from grading.scale import ARITHMETIC, number_text, round_half_up, strictest
from grading.schemes.model import GRADED, UNGRADABLE, CrossRule, Item, Scheme

_ZERO = Decimal(0)


def grade(scheme: Scheme, findings: Mapping[str, object], facts: Mapping[str, object] | None = None) -> GradeResult:
    """Grade findings (by item key) by a scheme, with facts that are known about the thing; say why.

    None and "" mean no value. Raises FindingsError for unknown keys, answers that are no options and numbers that are
    none, floats included. The same input always gives the same result; the order of the mappings does not matter.
    """
    with localcontext(ARITHMETIC):
        answers, known_facts = read_answers(scheme, findings, {} if facts is None else facts)
        derived = derive(scheme, known_facts)
        return _Grading(scheme, answers, known_facts, derived).result()


@dataclass(slots=True)
class _Grading:
    scheme: Scheme
    answers: dict[str, Answer]
    facts: dict[str, FactValue]
    derived: dict[str, FactValue]
    looked: list[Looked] = field(default_factory=list)

    def result(self) -> GradeResult:
        scheme = self.scheme
        self.looked = looking(scheme).look(self.answers, self._known([]))
        fired = self._cross_rules()
        missing = self._missing()
        effects = self._effects(fired, missing)
        forced = [effect.status for effect in effects if effect.waived_by is None]
        status = scheme.get_status(strictest([*forced, GRADED], scheme.status_order))
        sections = self._sections(fired)
        deducted = sum((section.deducted for section in sections), _ZERO)
        score = round_half_up(max(scheme.floor, scheme.base_score - deducted), scheme.decimals)
        by_score = next(tier for tier in scheme.tiers if tier.min_score is not None and tier.min_score <= score)
        caps = self._caps(fired)
        worst = strictest([by_score.code] + [cap.tier for cap in caps], scheme.tier_order[::-1])
        tier = scheme.get_tier(worst) if status.code == GRADED else None
        decided = tier is not None and worst != by_score.code
        caps = tuple(replace(cap, decided=decided and cap.tier == worst) for cap in caps)
        effects = tuple(replace(e, decided=e.waived_by is None and e.status == status.code) for e in effects)
        faulty = self._not_functional()
        equivalents = {} if tier is None or (tier.needs_fully_functional and faulty) else tier.equivalents
        given = tier if status.tier is None else scheme.get_tier(status.tier)

        reasons = [Reason("status", wording.status_sentence(scheme, status.code, [e.reason for e in effects if e.decided]))]
        for rule in fired:
            if waived := [e.reason for e in effects if e.waived_by == rule.code]:
                reasons.append(Reason("waived", wording.waived_sentence(rule, waived)))
        if status.scored:
            reasons.append(Reason("score", wording.score_sentence(scheme, score, deducted, given is None)))
        else:
            reasons.append(Reason("score", wording.NO_SCORE if given is None else wording.status_tier_sentence(given)))
        if tier is not None:
            reasons.append(Reason("tier_by_score", wording.tier_sentence(by_score)))
            if decided:
                reasons.append(Reason("cap", wording.cap_sentence(tier, [cap.reason for cap in caps if cap.decided])))
        if scheme.functional is not None:
            names = [item.name for item in faulty]
            reasons.append(Reason("functional", wording.not_functional_sentence(names) if names else wording.FUNCTIONAL))

        counted = [seen.outcome.flag for seen in self.looked if seen.outcome.flag is not None]
        flags = counted + [rule.flag for rule in fired if rule.flag is not None]
        return GradeResult(
            scheme_id=scheme.id,
            scheme_version=scheme.version,
            scheme_sha256=scheme.sha256,
            scheme_label=scheme.label,
            status=status.code,
            status_name=status.name,
            tier=None if given is None else given.code,
            tier_name=None if given is None else given.name,
            tier_cn=None if given is None else given.cn,
            score=score if status.scored else None,
            tier_by_score=by_score.code if status.scored else None,
            fully_functional=None if scheme.functional is None else not faulty,
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
            findings=MappingProxyType({key: text_of(value) for key, value in self.answers.items()}),
            facts=MappingProxyType({key: _fact_text(value) for key, value in self.facts.items()}),
            derived=MappingProxyType({key: _fact_text(value) for key, value in self.derived.items()}),
            warnings=self._warnings(),
        )

    def _known(self, looked: list[Looked]) -> Known:
        counted = [seen for seen in looked if seen.state == "counted"]
        return Known(
            answers={seen.item.code: seen.answer for seen in counted if seen.answer is not None},
            effects={seen.item.code: seen.outcome.effect for seen in counted if seen.outcome.effect is not None},
            items=self.scheme.items_by_code,
            facts={**self.facts, **self.derived},
            kind=type_of(self.scheme, self.facts),
        )

    # --- what follows -------------------------------------------------------------------------------------------------
    def _cross_rules(self) -> list[CrossRule]:
        if not self.scheme.cross_rules:
            return []
        known = self._known(self.looked)
        return [rule for rule in self.scheme.cross_rules if holds(rule.when, known)]

    def _cross_result(self, rule: CrossRule) -> CrossRuleResult:
        return CrossRuleResult(
            code=rule.code,
            name=rule.name,
            deduct=rule.deduct,
            section=rule.section,
            cap=rule.cap,
            effect=rule.effect,
            flag=rule.flag,
            credit_event=rule.credit_event,
            rule=wording.joined(rule.name, wording.cross_consequences(rule, self.scheme)),
            waives=rule.waives,
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
        waived = {rule.waives: rule.code for rule in fired if rule.waives is not None}
        effects = [
            Effect(seen.outcome.effect, seen.item.code, seen.cause, waived_by=waived.get(seen.outcome.effect))
            for seen in self.looked
            if seen.outcome.effect is not None
        ]
        effects += [Effect(rule.effect, rule.code, rule.name) for rule in fired if rule.effect is not None]
        if missing:
            reason = wording.missing_reason([part.name for part in missing])
            effects.append(Effect(UNGRADABLE, "missing_required", reason))
        return tuple(effects)

    def _caps(self, fired: list[CrossRule]) -> tuple[Cap, ...]:
        caps = [Cap(seen.outcome.cap, seen.item.code, seen.cause) for seen in self.looked if seen.outcome.cap is not None]
        caps += [Cap(rule.cap, rule.code, rule.name) for rule in fired if rule.cap is not None]
        return tuple(caps)

    def _sections(self, fired: list[CrossRule]) -> tuple[SectionResult, ...]:
        results = []
        start = 0
        for section in self.scheme.sections:
            seen = self.looked[start : start + len(section.items)]
            start += len(section.items)
            points = [one.outcome.deduct for one in seen if one.outcome.deduct]
            points += [rule.deduct for rule in fired if rule.section == section.code]
            total = sum(points, _ZERO)
            deducted = min(total, section.max_deduction)
            items = tuple([one.shown for one in seen])
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
            Disclosure(seen.item.code, seen.item.key, text_of(seen.answer), seen.cause)
            for seen in self.looked
            if seen.shown.disclose and seen.answer is not None
        ]
        found += [Disclosure(rule.code, None, None, rule.disclosure) for rule in fired if rule.disclosure is not None]
        return tuple(found)

    def _warnings(self) -> tuple[Caution, ...]:
        texts = self.scheme.warnings
        return tuple(
            Caution(seen.item.code, seen.outcome.warning, wording.joined(seen.cause, texts[seen.outcome.warning]))
            for seen in self.looked
            if seen.outcome.warning is not None
        )

    def _not_functional(self) -> list[Item]:
        functional = self.scheme.functional
        if functional is None:
            return []
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


def _fact_text(value: FactValue) -> str | bool:
    if isinstance(value, Decimal):
        return number_text(value)
    return value.isoformat() if isinstance(value, datetime.date) else value
