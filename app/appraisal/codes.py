"""Answers typed as codes: the number of an item and what was found there, such as 21XS2, 4SH, 40B, P3.01B or A2.04=0.12.

static/js/inspection/codes.js reads the same codes from ``table`` for the echo; a browser test holds both against each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from app.appraisal.guidance import measures_of
from app.appraisal.rules import is_offered
from app.goods.models import Thing
from grading import Item, Scheme, Words

LONGEST = 200
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_BETWEEN = re.compile(r"[\s,;，；、]+")
_CODE = re.compile(r"([A-Z]{0,3}[0-9]{1,3}(?:\.[0-9]{2,3})?)([=:]?)(.*)")

EMPTY = Words("请输入代码，例如 21XS2。", "Please type a code such as 21XS2.")
TOO_LONG = Words("一次最多 200 个字符。", "At most 200 characters at once, please.")
UNREADABLE = Words(
    "“{code}”不是代码：先写项目号，再写结果，例如 21XS2。",
    "“{code}” is no code: first the item, then what was found, such as 21XS2.",
)
NO_ITEM = Words("“{code}”：这次鉴定里没有 {label} 号项目。", "“{code}”: this inspection has no item {label}.")
NO_ANSWER = Words("“{code}”：{name} 没有“{rest}”；可用：{known}。", "“{code}”: {name} has no “{rest}”; known are: {known}.")
COMPUTED = Words("“{code}”：{name} 由系统计算，不能填写。", "“{code}”: {name} is computed by the system.")


class CodeUnreadable(Exception):
    """A code that cannot be taken; ``words`` says why in both languages."""

    def __init__(self, words: Words) -> None:
        self.words = words
        super().__init__(words.en)


@dataclass(frozen=True)
class Coded:
    """One code read: the key it answers and how. ``is_mark``: stands beside other marks of the same part."""

    key: str
    value: str
    is_mark: bool = False


def read_codes(scheme: Scheme, text: str, thing: Thing, needless: Iterable[str] = ()) -> list[Coded]:
    """Every code of a line, in order. ``needless``: keys of items that do not apply. Raises CodeUnreadable for a fault."""
    if len(text) > LONGEST:
        raise CodeUnreadable(TOO_LONG)
    plain = text.translate(_FULL_WIDTH).upper()
    tokens = [token for token in _BETWEEN.split(plain) if token]
    if not tokens:
        raise CodeUnreadable(EMPTY)
    skipped = frozenset(needless)
    return [_read(scheme, token, thing, skipped) for token in tokens]


def answers_of(coded: Sequence[Coded], kept: Mapping[str, str], scheme: Scheme) -> dict[str, str]:
    """What the codes make of the answers: a mark joins the marks of its part, everything else takes the answer's place."""
    answers: dict[str, str] = {}
    for each in coded:
        if not each.is_mark:
            answers[each.key] = each.value
            continue
        present = answers.get(each.key, kept.get(each.key, ""))
        item = scheme.items_by_key[each.key]
        marks = [] if item.option(present) else present.split()
        answers[each.key] = " ".join(marks if each.value in marks else [*marks, each.value])
    return answers


def table(scheme: Scheme, thing: Thing, needless: Iterable[str], language: str) -> list[dict[str, Any]]:
    """What the echo of the workbench needs to know about every item that can be answered now."""
    skipped = frozenset(needless)
    labels = _labels(scheme)
    rows: list[dict[str, Any]] = []
    for item in scheme.items:
        if item.key in skipped:
            continue
        measures = measures_of(scheme).get(item.key, ())
        row: dict[str, Any] = {
            "key": item.key,
            "code": item.code,
            "labels": [label for label, key in labels.items() if key == item.key],
            "name": item.name[language],
        }
        if item.computed:
            row["computed"] = True
        if item.options:
            row["options"] = [[each.value, each.name[language]] for each in item.options if is_offered(item, each.value, thing)]
        if item.marks:
            row["marks"] = [[mark.value, mark.name[language]] for mark in item.marks]
        if item.kind == "number":
            row["number"] = item.key
        elif measures:
            row["number"] = measures[0].key_of(item)
        rows.append(row)
    return rows


def _read(scheme: Scheme, token: str, thing: Thing, skipped: frozenset[str]) -> Coded:
    parts = _CODE.fullmatch(token)
    if parts is None:
        raise _refusal(UNREADABLE, code=token)
    label, equals, rest = parts.groups()
    item = scheme.items_by_key.get(_labels(scheme).get(label, ""))
    if item is None or item.key in skipped:
        raise _refusal(NO_ITEM, code=token, label=label)
    if item.computed:
        raise _named(COMPUTED, item, code=token)
    if equals:
        return _number(scheme, item, token, rest)
    for mark in item.marks:
        if mark.value == rest:
            return Coded(item.key, rest, is_mark=True)
    options = [each for each in item.options if is_offered(item, each.value, thing)]
    for option in options:
        if option.value.upper() == rest:
            return Coded(item.key, option.value)
    if len(rest) == 1 and "A" <= rest <= "Z" and not any(len(option.value) == 1 for option in item.options):
        place = ord(rest) - ord("A")
        if place < len(options):
            return Coded(item.key, options[place].value)
    known = [mark.value for mark in item.marks] + _letters(options)
    raise _named(NO_ANSWER, item, code=token, rest=rest, known=" ".join(known) or "=")


def _number(scheme: Scheme, item: Item, token: str, rest: str) -> Coded:
    measures = measures_of(scheme).get(item.key, ())
    if item.kind != "number" and not measures:
        raise _named(NO_ANSWER, item, code=token, rest=f"={rest}", known=" ".join(_letters(list(item.options))))
    return Coded(item.key if item.kind == "number" else measures[0].key_of(item), rest)


def _letters(options: Sequence[Any]) -> list[str]:
    """What may be typed for these options: their own short values, or letters by their place."""
    if any(len(option.value) == 1 for option in options) or not options:
        return [option.value for option in options]
    return [f"{chr(ord('A') + place)}" for place in range(len(options))]


@cache
def _labels(scheme: Scheme) -> Mapping[str, str]:
    """What may stand for an item -> its key: its code, the code without its dot, the bare number where no other item has it."""
    labels = {item.code: item.key for item in scheme.items}
    for item in scheme.items:
        labels.setdefault(item.code.replace(".", ""), item.key)
    for item in scheme.items:
        if item.marks:  # 4SH: of the frame; T4 and D4 are never meant by a bare number
            labels.setdefault(item.code.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), item.key)
    return MappingProxyType(labels)


def _refusal(words: Words, **values: str) -> CodeUnreadable:
    return CodeUnreadable(Words(words.zh.format(**values), words.en.format(**values)))


def _named(words: Words, item: Item, **values: str) -> CodeUnreadable:
    return CodeUnreadable(Words(words.zh.format(name=item.name.zh, **values), words.en.format(name=item.name.en, **values)))
