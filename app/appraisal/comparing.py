"""What a corrected report says otherwise than the one before it, line by line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.kernel.text import N_

NAMES = {
    "status": N_("Verdict"),
    "tier": N_("Grade"),
    "score": N_("Points"),
    "valid_until": N_("Valid until"),
    "reviewer": N_("Senior reviewer"),
}


@dataclass(frozen=True)
class ChangedLine:
    """One line: its name (an English message, or words in both languages), what stood there and what stands there now."""

    name: str | Mapping[str, str]
    before: Any
    after: Any


def what_changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[ChangedLine]:
    """Verdict, grade and points first, then every item whose finding is another; also items that only one of both has."""
    return [*_heads(before, after), *_items(before["result"], after["result"])]


def _heads(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[ChangedLine]:
    for key in ("status", "tier", "score"):
        shown = [_verdict(each["result"], key) for each in (before, after)]
        if shown[0] != shown[1]:
            yield ChangedLine(NAMES[key], *shown)
    for key in ("valid_until",):
        if before.get(key) != after.get(key):
            yield ChangedLine(NAMES[key], before.get(key), after.get(key))
    reviewers = [(each.get("reviewer") or {}).get("name") for each in (before, after)]
    if reviewers[0] != reviewers[1]:
        yield ChangedLine(NAMES["reviewer"], *reviewers)


def _verdict(result: Mapping[str, Any], key: str) -> Any:
    if key == "status":
        return result["status_name"]
    if key == "tier" and result["tier"]:
        return {language: f"{result['tier']} {result['tier_name'][language]}" for language in ("zh", "en")}
    return result[key]


def _items(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[ChangedLine]:
    earlier = {item["key"]: item for section in before["sections"] for item in section["items"]}
    for section in after["sections"]:
        for item in section["items"]:
            old = earlier.get(item["key"])
            shown = (_finding(old), _finding(item))
            if shown[0] != shown[1]:
                code = item["code"]
                yield ChangedLine({language: f"{code} {item['name'][language]}" for language in ("zh", "en")}, *shown)


def _finding(item: Mapping[str, Any] | None) -> Any:
    if item is None or item["state"] == "skipped":
        return None
    return item["value_name"] or item["value"]
