"""A clean phone to start from: what a case does not name has this finding."""

from __future__ import annotations

from grading import GradeResult, grade, load_scheme

SCHEME = load_scheme("phone-2026.1")
CLEAN: dict[str, object] = {
    "imei": "valid", "imei_match": "match", "blacklist": "clear", "account_lock": "clear", "mdm": "none",
    "network_lock": "unlocked", "authenticity": "genuine", "region": "mainland", "title": "declared",
    "system_integrity": "stock", "erase_consent": "given", "accounts_removed": "done", "erase_method": "block_erase",
    "erase_verified": "tool", "erase_certificate": "TEST-0001", "screen_glass": "none", "back_cover": "none",
    "frame": "none", "camera_lens": "none", "ports_buttons": "good", "marks": "none", "display_image": "ok",
    "battery_swollen": "none", "opened": "unopened", "battery_part": "original", "screen_part": "original",
    "housing_part": "original", "camera_part": "original", "mainboard": "original", "ldi": "clear",
    "corrosion": "not_opened", "bend": "none", "os_support": "supported", "accessories": "full",
    "battery_pct": 100, "age_months": 1,
} | {item.key: "ok" for item in SCHEME.items if item.kind == "severity"}  # fmt: skip


def phone(**changes: object) -> GradeResult:
    """Grade a clean phone with these changes (None: no value)."""
    return grade(SCHEME, CLEAN | changes)


def points(result: GradeResult) -> dict[str, int]:
    """Points taken, for the sections that took any."""
    return {section.code: int(section.deducted) for section in result.sections if section.deducted}
