"""The sentences of a result, in Chinese and English."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from grading.errors import Words
from grading.scale import number_text, round_half_up
from grading.schemes.model import CrossRule, Item, Outcome, Scheme, Tier

MISSING = Words("必检项，还没有结果", "required, no result yet")
LEFT_OUT = Words("未填写，不影响评级", "left out; does not affect the grade")
SKIPPED = Words("不适用于这类物品", "does not apply to this type")
NOTED = Words("已记录，不扣分", "noted; no deduction")
_NAMED = 6
_CONVERTED_DECIMALS = 4  # so that a value just short of a limit does not look like the limit
FUNCTIONAL = Words("各项功能检测均正常，功能齐全。", "Every functional test is in order: fully functional.")


def joined(first: Words, second: Words) -> Words:
    """ "screen glass: cracked" in both languages."""
    return Words(f"{first.zh}：{second.zh}", f"{first.en}: {second.en}")


def listed(names: Sequence[Words]) -> Words:
    """Several names in one sentence."""
    return Words("、".join(name.zh for name in names), "; ".join(name.en for name in names))


def measured(value: Decimal, unit: str) -> Words:
    """A number with its unit."""
    text = number_text(value) + (unit if unit == "%" else f" {unit}" if unit else "")
    return Words(text, text)


def consequences(outcome: Outcome, scheme: Scheme) -> Words:
    """What a finding costs: "minus 6 points, at most tier B, disclosed to the buyer"."""
    zh: list[str] = []
    en: list[str] = []
    if outcome.deduct:
        points = number_text(outcome.deduct)
        zh.append(f"扣 {points} 分")
        en.append(f"minus {points} {'point' if outcome.deduct == 1 else 'points'}")
    if outcome.cap is not None:
        zh.append(f"最高 {_level(outcome.cap)}")
        en.append(f"at most tier {outcome.cap}")
    if outcome.effect is not None:
        status = scheme.get_status(outcome.effect).name
        zh.append(f"状态定为“{status.zh}”")
        en.append(f"status becomes “{status.en}”")
    if outcome.disclose:
        zh.append("须向买家披露")
        en.append("disclosed to the buyer")
    if outcome.warning is not None:
        said = scheme.warnings[outcome.warning]
        zh.append(said.zh)
        en.append(said.en)
    return Words("，".join(zh) or "不扣分", ", ".join(en) or "no deduction")


def _level(code: str) -> str:
    return code if code.endswith("级") else f"{code} 级"


def _called(tier: Tier) -> str:
    return _level(tier.code) if tier.name.zh == tier.code else f"{_level(tier.code)}“{tier.name.zh}”"


def band_name(item: Item, index: int, rescaled: Decimal | None) -> Words:
    """Which band a number fell into: "80 or more, below 85"; with the converted value where the number was rescaled."""
    edges = [measured(band.edge, item.unit).zh for band in item.bands]
    before, own = edges[index - 1] if index else None, edges[index]
    last = index == len(edges) - 1 and index > 0  # its own edge is only the limit of what may be entered
    if item.ascending_max:
        from_edge, to_edge = Words(f"高于 {before}", f"above {before}"), Words(f"不高于 {own}", f"{own} or less")
    else:
        from_edge, to_edge = Words(f"低于 {before}", f"below {before}"), Words(f"不低于 {own}", f"{own} or more")
    if before is None:
        name = to_edge
    else:
        name = from_edge if last else Words(f"{to_edge.zh}，{from_edge.zh}", f"{to_edge.en}, {from_edge.en}")
    if rescaled is None:
        return name
    shown = number_text(round_half_up(rescaled, _CONVERTED_DECIMALS))
    return Words(f"折算为 {shown}，{name.zh}", f"counts as {shown}, {name.en}")


def superseded(better: Item) -> Words:
    """Why a number was not counted."""
    return Words(f"已有“{better.name.zh}”，不重复计入", f"not counted: “{better.name.en}” is given")


def cross_consequences(rule: CrossRule, scheme: Scheme) -> Words:
    """What follows from a rule over several findings."""
    outcome = Outcome(rule.deduct, rule.cap, rule.effect, rule.disclosure is not None, rule.flag)
    parts = [] if outcome.is_free else [consequences(outcome, scheme)]
    if rule.waives is not None:
        status = scheme.get_status(rule.waives).name
        parts.append(Words(f"不因“{status.zh}”而停止", f"“{status.en}” does not stop it"))
    if rule.credit_event is not None:
        parts.append(Words("记入信用记录", "goes into the credit record"))
    if not parts:
        return consequences(outcome, scheme)
    return Words("，".join(part.zh for part in parts), ", ".join(part.en for part in parts))


def missing_reason(names: Sequence[Words]) -> Words:
    """Why a thing cannot be graded yet: the first few names and how many there are (all are in `missing`)."""
    several = listed(names[:_NAMED])
    if len(names) > _NAMED:
        return Words(f"还缺 {several.zh}等 {len(names)} 项结果", f"{len(names)} results are missing: {several.en}; and more")
    return Words(f"还缺 {len(names)} 项结果：{several.zh}", f"results missing ({len(names)}): {several.en}")


def status_sentence(scheme: Scheme, status: str, causes: Sequence[Words]) -> Words:
    """The status and what led to it."""
    name = scheme.get_status(status).name
    if not causes:
        return Words(f"状态：{name.zh}。", f"Status: {name.en}.")
    why = listed(causes)
    return Words(f"状态：{name.zh}。原因：{why.zh}。", f"Status: {name.en}. Because of: {why.en}.")


def waived_sentence(rule: CrossRule, causes: Sequence[Words]) -> Words:
    """What would have decided the status, had a rule not waived it."""
    why = listed(causes)
    return Words(f"{rule.name.zh}。未因此停止：{why.zh}。", f"{rule.name.en}. Not stopped by: {why.en}.")


def score_sentence(scheme: Scheme, score: Decimal, deducted: Decimal, informative: bool) -> Words:
    """How the score came about."""
    base, total, shown = number_text(scheme.base_score), number_text(deducted), format(score, "f")
    zh, en = f"得分：{base} 减 {total}，为 {shown} 分", f"Score: {base} minus {total} is {shown}"
    if informative:
        return Words(f"{zh}（仅供参考，不给等级）。", f"{en} (information only; no tier is given).")
    return Words(f"{zh}。", f"{en}.")


def tier_sentence(tier: Tier) -> Words:
    """The tier that the score alone gives."""
    least = number_text(tier.min_score or Decimal(0))
    return Words(
        f"按得分为 {_called(tier)}（{least} 分起）。",
        f"By score: tier {tier.code} “{tier.name.en}” (from {least}).",
    )


def cap_sentence(tier: Tier, causes: Sequence[Words]) -> Words:
    """The findings that hold the tier down."""
    why = listed(causes)
    return Words(
        f"等级上限把它定为 {_called(tier)}：{why.zh}。",
        f"Held at tier {tier.code} “{tier.name.en}” by: {why.en}.",
    )


def status_tier_sentence(tier: Tier) -> Words:
    """The tier that a status gives without any score."""
    return Words(
        f"由此直接定为 {_called(tier)}，不计分。",
        f"This alone gives tier {tier.code} “{tier.name.en}”; no score.",
    )


NO_SCORE = Words("不计分，不给等级。", "No score and no tier are given.")


def not_functional_sentence(names: Sequence[Words]) -> Words:
    """What keeps a thing from being fully functional."""
    several = listed(names)
    return Words(f"功能不齐全：{several.zh}。", f"Not fully functional: {several.en}.")
