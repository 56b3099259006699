"""The frozen snapshot of a listing: its content, in one form that is hashed, and nothing that is not public."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

FORMAT = "xunyi.listing/1"
_NUMBER_TAIL = 4  # of an IMEI or serial only the last characters are public


def snapshot(
    *,
    listing_code: str,
    no: int,
    schema_id: str,
    seller_code: str,
    thing_code: str,
    title: str,
    draft: Mapping[str, Any],
    facts: Mapping[str, Any],
    answers: Mapping[str, Any],
    photos: Sequence[Mapping[str, str]],
    report: Mapping[str, Any] | None,
    at: str,
) -> dict[str, Any]:
    """What the listing promises. ``photos`` and ``report`` are named with their SHA-256, so they are pinned with it."""
    kind = next((each for each in ("imei", "serial", "vin") if draft.get(each)), "serial")
    number = draft.get(kind) or ""
    return {
        "format": FORMAT,
        "listing": listing_code,
        "no": no,
        "at": at,
        "schema": schema_id,
        "seller": seller_code,
        "thing": {
            "code": thing_code,
            "brand": draft["brand"],
            "brand_name": draft.get("brand_name", ""),
            "model": draft["model"],
            "model_name": draft.get("model_name", ""),
            "storage_gb": draft.get("storage_gb"),
            "colour": draft.get("colour"),
            "number_kind": kind,
            "number_tail": number[-_NUMBER_TAIL:],
            **({"type": draft["type"]} if draft.get("type") else {}),
            **({"facts": dict(facts)} if facts else {}),
        },
        "title": title,
        "answers": dict(answers),
        "description": draft.get("description", ""),
        "price_fen": draft["price_fen"],
        "currency": "CNY",
        "district": draft["district"],
        "delivery": [way for way, key in (("parcel", "by_parcel"), ("meeting", "by_meeting")) if draft.get(key)],
        "erasure": {"lock_off": bool(draft.get("lock_off")), "declared": bool(draft.get("wiped"))},
        "photos": [dict(photo) for photo in photos],
        "report": dict(report) if report else None,
    }
