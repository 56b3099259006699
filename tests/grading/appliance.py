"""A clean appliance of each type to start from: what a case does not name has this finding."""

from __future__ import annotations

import datetime

from grading import GradeResult, grade, load_scheme

SCHEME = load_scheme("appliance-2026.1")
TYPES = tuple(SCHEME.types)
DAY = datetime.date(2026, 11, 23)
GAS = ("gas_hob", "gas_water_heater")
CHOICES: dict[str, object] = {
    "nameplate": "legible", "ccc": "present", "serial": "intact", "source": "registered", "recall": "none", "data_unbound": "done",
    "cord_plug": "ok", "enclosure": "ok", "burn_marks": "none", "electric_strength": "not_done", "thermal_protection": "ok",
    "interlock": "ok", "refrigerant": "none", "water_leak": "none", "rcd_plug": "trips", "glass_safety": "ok", "panel": "none",
    "exterior": "none", "missing_parts": "none", "hygiene": "clean", "repair": "none", "safety_part": "none", "energy": "t5_1",
}  # fmt: skip
NUMBERS: dict[str, object] = {
    "earth_ohm": "0.1", "insulation_i_mohm": 50, "insulation_ii_mohm": 100, "microwave_leak_wm2": 1, "gas_leak_lph": "0.02",
    "flame_failure_s": 25, "freezer_c": -19, "fridge_c": 4, "cooling_dt": 12, "ignition": 10,
}  # fmt: skip
CLEAN = CHOICES | NUMBERS | {item.key: "ok" for item in SCHEME.items if item.kind == "severity"}


def clean_facts(kind: str, **changes: object) -> dict[str, object]:
    """A year old and in order. Gas hobs are class III here, televisions class II, all others class I."""
    facts: dict[str, object] = {
        "type": kind, "protection_class": {"gas_hob": "III", "tv": "II"}.get(kind, "I"),
        "start_date": "2025-11-23", "assess_date": DAY, "leakage_ma": "0.1",
    }  # fmt: skip
    if kind in GAS:
        facts |= {"gas": "natural", "co_pct": "0.01"}
    return facts | changes


def appliance(kind: str, findings: dict[str, object] | None = None, **facts: object) -> GradeResult:
    """Grade a clean appliance with these changes (None: no value)."""
    return grade(SCHEME, CLEAN | (findings or {}), clean_facts(kind, **facts))
