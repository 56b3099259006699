"""The model card, in Chinese and English: what the model was fitted on, how wrong it is, and what it must not be used for."""

from __future__ import annotations

from collections.abc import Mapping

from grading.errors import Words
from grading.pricing.blending import NEW, THIN, WARM
from grading.pricing.model import Model, Small

__all__ = ["cards"]

_ROWS = {
    WARM: Words("已知车系或型号（至少 5 条）", "known series (5 rows or more)"),
    THIN: Words("少见的（1 至 4 条）", "rarely seen (1 to 4 rows)"),
    NEW: Words("训练中没有的", "series not seen in training"),
}
_KINDS = {
    "log": Words("对数价格", "log price"),
    "half": Words("对数价格减去相加部分的一半", "log price less half of the additive part"),
    "most": Words("对数价格减去相加部分的八成，按绝对误差", "log price less four fifths of the additive part, absolute errors"),
    "specs": Words(
        "对数价格减去相加部分的一半，按绝对误差，不用文字和均值",
        "log price less half of the additive part, absolute errors, without texts and averages",
    ),
    "plain": Words("对数价格，不用文字和均值", "log price, without texts and averages"),
    "new": Words(
        "对数价格减去新品对数价格的一半（中位数以上减去九成），按绝对误差",
        "log price less half of the log new price (above the median nine tenths), absolute errors",
    ),
    "free": Words(
        "价格与新品价格之比，按绝对误差，不用文字和均值，估价不随新品价格下降",
        "price against the new price, absolute errors, without texts and averages; the price never falls with the new price",
    ),
}


def cards(model: Model, rows: Mapping[str, int], data_sha256: str) -> dict[str, str]:
    """The card by language ("zh", "en") as Markdown. `rows`: how many the table had (`rows`) and how many were used (`used`)."""
    return {language: _card(model, rows, data_sha256, language) for language in ("zh", "en")}


def _card(model: Model, rows: Mapping[str, int], sha256: str, language: str) -> str:
    def say(zh: str, en: str) -> str:
        return zh if language == "zh" else en

    columns = model.columns
    lines = [
        say("# 估价模型说明", "# Model card"),
        "",
        say(
            f"估计的是表中“{columns.target}”一栏的价格（{columns.currency or '未写明货币'}）。表里是什么价格，估的就是什么价格："
            "挂牌价不是成交价。",
            f"Estimates the column `{columns.target}` ({columns.currency or 'currency not stated'}). It estimates the kind "
            "of price that the table holds: asking prices are not sold prices.",
        ),
        "",
        say("## 数据", "## Data"),
        "",
        say(
            f"共 {rows['rows']} 行，使用 {rows['used']} 行；SHA-256 {sha256}。",
            f"{rows['rows']} rows, {rows['used']} used; SHA-256 {sha256}.",
        ),
        "",
        say("依据的栏：", "Columns used: ") + say("、", ", ").join(columns.used) + say("。", "."),
        "",
    ]
    directions = [
        say(
            f"“{name}”越大，估价不会更{'低' if sign > 0 else '高'}",
            f"more `{name}` never {'lowers' if sign > 0 else 'raises'} the estimate",
        )
        for name, sign in columns.monotone
    ]
    if directions:
        lines += [say("方向约束：", "Directions: ") + say("；", "; ").join(directions) + say("。", "."), ""]
    lines += _small(model.parts, language) if isinstance(model.parts, Small) else _boosted(model, language)
    lines += [
        say("## 限制", "## Limits"),
        "",
        say(
            "- 区间按训练数据的误差校准；市场变动之后须重新训练。\n- 解释说明模型怎样算出这个数，不说明因果。\n"
            "- 不得用于判定等级：等级只由鉴定标准得出。\n- 训练数据中没有的情形（事故、泡水等）不应按普通物品估价。",
            "- Ranges are calibrated on errors in the training data; after the market has moved the model must be fitted again.\n"
            "- Reasons say how the model came to the figure, not what causes a price.\n"
            "- Not for grading: a tier comes from the scheme only.\n"
            "- What the data do not hold (accidents, floods) must not be priced as an ordinary thing.",
        ),
        "",
    ]
    return "\n".join(lines)


def _small(small: Small, language: str) -> list[str]:
    if language == "zh":
        how = "新品价格乘以市场系数" if small.factor is not None else "中位数"
        return ["## 方法", "", f"数据不足 30 行，只用{how}，区间很宽。", ""]
    how = "the new price times the market's factor" if small.factor is not None else "the median"
    return ["## Method", "", f"Under 30 rows: only {how}, with a wide range.", ""]


def _boosted(model: Model, language: str) -> list[str]:
    zh = language == "zh"
    rounds, held = model.facts.get("rounds"), model.facts.get("held_out")
    assert isinstance(rounds, Mapping)
    assert isinstance(held, Mapping)
    lines = ["## 方法" if zh else "## Method", ""]
    lines.append("LightGBM，各部分按留出数据上的表现加权：" if zh else "LightGBM, weighted by what each did on held-out rows:")
    lines += ["", *(f"- {_KINDS[name][language]}: {count}" for name, count in rounds.items()), ""]
    lines += ["## 留出数据上的误差" if zh else "## Errors on held-out rows", ""]
    lines.append(
        "| 数据 | 行数 | 误差中位数 | 平均百分比误差 | 平均绝对误差 |" if zh else "| rows | count | median error | MAPE | MAE |"
    )
    lines.append("|---|---|---|---|---|")
    for name, words in _ROWS.items():
        found = held.get(name)
        if isinstance(found, Mapping) and found.get("rows"):
            lines.append(
                f"| {words[language]} | {found['rows']} | {100 * found['median_error']:.1f} % | {100 * found['mape']:.1f} % "
                f"| {found['mae']:,.0f} |"
            )
    lines.append("")
    lines.append(
        "区间为 80 % 与 90 %，按是否见过该车系和价格档分别校准。"
        if zh
        else "Ranges of 80 and 90 %, calibrated by how well the series is known and by price class."
    )
    return [*lines, ""]
