"""Findings and facts as somebody gave them, checked against the scheme and brought into one canonical form."""

from __future__ import annotations

import datetime
import unicodedata
from collections.abc import Iterable, Mapping
from decimal import Decimal

from grading.errors import FindingsError, Words
from grading.scale import NumberRefused, number_text, read_number
from grading.schemes.knowledge import Fact
from grading.schemes.model import Item, Scheme

Answer = str | Decimal
FactValue = str | bool | Decimal | datetime.date

_UNKNOWN_ITEM = Words("这个鉴定方案里没有这一项。", "This scheme has no such item.")
_UNKNOWN_FACT = Words("这个鉴定方案用不到这条信息。", "This scheme does not use this fact.")
COMPUTED = Words("这一项由系统计算，不能填写。", "This is computed by the system and cannot be entered.")
_CHOICE = Words("请从列出的选项中选一个。", "Please choose one of the listed answers.")
_MARKS = Words("请列出代码，例如 HH1。", "Please list codes such as HH1.")
_NUMBER = Words("请填写数字，用半角字符，例如 88 或 88.5。", "Please enter a number in plain digits, such as 88 or 88.5.")
_WHOLE = Words("请填写整数。", "Please enter a whole number.")
_TEXT = Words("请填写文字。", "Please enter text.")
_SIGNS = Words("含有不能保存的字符，请删除后重填。", "There are characters that cannot be kept; please remove them.")
_FLAG = Words("请回答是或否。", "Please answer true or false.")
_DAY = Words("请填写日期，例如 2026-11-23。", "Please enter a day such as 2026-11-23.")


_MOST_MARKS = 40


class _Refused(Exception):
    def __init__(self, message: Words) -> None:
        super().__init__()
        self.message = message


def read_answers(
    scheme: Scheme, findings: Mapping[str, object], facts: Mapping[str, object]
) -> tuple[dict[str, Answer], dict[str, FactValue]]:
    """Canonical answers by item key and facts by key; None and "" are left out. Raises FindingsError for all faults."""
    errors: dict[str, Words] = {}
    items = scheme.items_by_key
    known_facts = {fact.key: fact for fact in scheme.facts}
    for given, names, message in ((findings, items.keys(), _UNKNOWN_ITEM), (facts, known_facts.keys(), _UNKNOWN_FACT)):
        for key in given:
            if key not in names:
                errors[str(key)[:60]] = message
    answers: dict[str, Answer] = {}
    values: dict[str, FactValue] = {}
    for key, item in items.items():
        value = findings.get(key)
        if type(value) is str and value in item.values and item.computed_from is None:  # by far the most
            answers[key] = value
            continue
        try:
            answer = _read_item(item, value)
        except _Refused as refusal:
            errors[key] = refusal.message
        else:
            if answer is not None:
                answers[key] = answer
    for key, fact in known_facts.items():
        try:
            known = _read_fact(fact, facts.get(key))
        except _Refused as refusal:
            errors[key] = refusal.message
        else:
            if known is not None:
                values[key] = known
    if errors:
        raise FindingsError(errors)
    return answers, values


def _read_item(item: Item, value: object) -> Answer | None:
    if value is None or (isinstance(value, str) and not value):
        return None
    if item.computed_from is not None and not item.may_be_typed:
        raise _Refused(COMPUTED)
    if item.kind == "number":
        assert item.min is not None  # a rule of the loader
        assert item.max is not None
        return _read_number(value, item.min, item.max, item.decimals)
    if item.kind == "text":
        assert item.max_length is not None
        return _read_text(value, item.max_length)
    if item.kind == "marks":
        return _read_marks(value, item)
    raise _Refused(_CHOICE)  # what is among the options was taken before


def _read_marks(value: object, item: Item) -> str | None:
    given = value.split() if isinstance(value, str) else value
    if not isinstance(given, list | tuple) or len(given) > _MOST_MARKS:
        raise _Refused(_MARKS)
    known = {mark.value: mark for mark in item.marks}
    found: list[str] = []
    for text in sorted(str(part)[:20] for part in given):
        if text not in known:
            raise _Refused(_unknown_mark(text, known))
        if text not in found or not known[text].once:
            found.append(text)
    return " ".join(found) or None


def _unknown_mark(text: str, known: Iterable[str]) -> Words:
    several = " ".join(known)
    return Words(f"这里没有“{text}”；可用：{several}。", f"There is no “{text}” here; known are: {several}.")


def _read_fact(fact: Fact, value: object) -> FactValue | None:
    if value is None or (isinstance(value, str) and not value):
        return None
    if fact.kind == "flag":
        if not isinstance(value, bool):
            raise _Refused(_FLAG)
        return value
    if fact.kind == "number":
        assert fact.min is not None  # a rule of the loader
        assert fact.max is not None
        return _read_number(value, fact.min, fact.max, fact.decimals)
    if fact.kind == "date":
        return _read_day(value)
    if fact.kind == "text":
        assert fact.max_length is not None
        return _read_text(value, fact.max_length)
    if not isinstance(value, str) or value not in fact.options:
        raise _Refused(_CHOICE)
    return value


def _read_number(value: object, low: Decimal, high: Decimal, decimals: int) -> Decimal:
    try:
        return read_number(value, low, high, decimals)
    except NumberRefused as refusal:
        if refusal.reason == "out_of_range":
            raise _Refused(range_message(low, high)) from refusal
        if refusal.reason == "too_many_decimals":
            most = Words(f"最多 {decimals} 位小数。", f"At most {decimals} decimal places, please.")
            raise _Refused(most if decimals else _WHOLE) from refusal
        raise _Refused(_NUMBER) from refusal


def range_message(low: Decimal, high: Decimal) -> Words:
    """What to say about a number outside its range."""
    first, last = number_text(low), number_text(high)
    return Words(f"请填写 {first} 到 {last} 之间的数字。", f"Please enter a number from {first} to {last}.")


def _read_text(value: object, longest: int) -> str | None:
    if not isinstance(value, str):
        raise _Refused(_TEXT)
    if len(value) > 4 * longest + 100:  # before any work on it
        raise _Refused(_too_long(longest))
    text = unicodedata.normalize("NFC", value).strip()
    # C: control, format, surrogate, private and unassigned; Zl, Zp: line and paragraph separators
    if any(unicodedata.category(sign)[0] == "C" or unicodedata.category(sign) in ("Zl", "Zp") for sign in text):
        raise _Refused(_SIGNS)
    if len(text) > longest:
        raise _Refused(_too_long(longest))
    return text or None


def _too_long(longest: int) -> Words:
    return Words(f"最多 {longest} 个字符。", f"At most {longest} characters, please.")


def _read_day(value: object) -> datetime.date:
    if isinstance(value, datetime.datetime):
        raise _Refused(_DAY)
    if isinstance(value, datetime.date):
        return value
    if isinstance(value, str) and len(value) == 10 and value.isascii() and value[4] == value[7] == "-":
        try:
            return datetime.date.fromisoformat(value)
        except ValueError as error:
            raise _Refused(_DAY) from error
    raise _Refused(_DAY)
