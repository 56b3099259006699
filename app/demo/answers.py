"""What the people of the demo town answer: sellers in the wizard, appraisers on their forms."""

from __future__ import annotations

import hashlib
import random
from datetime import date
from typing import Any

from app.demo.town import Appliance, Car, Condition, Item, Phone
from app.goods import catalogue
from app.listings import wizard
from app.listings.schema import Question
from grading import Scheme
from grading.ids import luhn_digit, vin_check_digit

TEST_TAC = "35999900"  # ours: no maker has it, so no IMEI here belongs to a phone that exists
TEST_MAKER = "LX9"  # the same for cars: a Chinese maker of small numbers that does not exist
CYCLES = "240"  # charge cycles of a phone that does not tell its battery health

# What an inspection finds on a phone without faults; conditions and inspections name what differs.
SOUND: dict[str, str] = {
    "imei_match": "match", "blacklist": "clear", "account_lock": "clear", "mdm": "none", "network_lock": "unlocked",
    "authenticity": "genuine", "region": "mainland", "title": "declared", "system_integrity": "stock",
    "erase_consent": "given", "accounts_removed": "done", "erase_method": "block_erase", "erase_verified": "tool",
    "screen_glass": "none", "back_cover": "none", "frame": "none", "camera_lens": "none", "ports_buttons": "good",
    "marks": "none", "display_image": "ok", "battery_swollen": "none", "opened": "unopened", "battery_part": "original",
    "screen_part": "original", "housing_part": "original", "camera_part": "original", "mainboard": "original",
    "ldi": "clear", "corrosion": "not_opened", "bend": "none", "os_support": "supported", "accessories": "full",
}  # fmt: skip

# What instruments show on a sound appliance: far enough from every limit of the scheme.
MEASURED: dict[str, str] = {
    "leakage_ma": "0.08", "earth_ohm": "0.06", "insulation_i_mohm": "80", "insulation_ii_mohm": "120", "freezer_c": "-19",
    "fridge_c": "4", "cooling_dt": "11", "microwave_leak_wm2": "6", "gas_leak_lph": "0.01", "flame_failure_s": "12",
    "co_pct": "0.012", "ignition": "10", "rated_kw": "1.2", "gas": "natural",
}  # fmt: skip
DOUBLE_INSULATED = ("tv", "fan", "air-purifier", "v8", "t7")  # class II: no earth to measure

APPLIANCE_MARKS: dict[str, dict[str, str]] = {
    "like_new": {},
    "fine": {"exterior": "light"},
    "used": {"exterior": "light", "hygiene": "light", "serial": "worn"},
    "worn": {"exterior": "moderate", "hygiene": "light", "cord_plug": "aged"},
}

# What an appraiser of cars finds, by condition. The marks on the body are those of both schemes; below them stands what GB/T
# 30323 asks and what our scheme for electric cars asks: each car has the items of its own.
_FINE = {"item_26": "HH1", "item_28": "HH1", "item_52": "C", "clean": "C"}
_USED = {
    "item_14": "HH1", "item_15": "HH2", "item_20": "HH2 AX1", "item_26": "HH2 XF2", "item_27": "HH2", "item_39": "TREAD4",
    "item_44": "B", "item_46": "B", "item_55": "C", "item_90": "C",
    "pack_underside": "B", "dashboard": "C", "shock_absorbers": "C", "chassis_noise": "C",
}  # fmt: skip
_WORN = {
    **_USED,
    "item_15": "XS1 HH2", "item_17": "HH3", "item_19": "AX2", "item_22": "HH2", "item_25": "XS1",
    "item_27": "HH2 AX2", "item_37": "LW1",
    "item_41": "B", "item_44": "C", "item_47": "B", "item_59": "C", "item_62": "C", "item_66": "C", "item_72": "C",
    "item_79": "C", "item_82": "C", "item_85": "C", "item_91": "C",
    "pack_underside": "C", "motor": "C", "charging": "C", "seals": "C", "windows": "C", "dash_lamps": "C", "aux_battery": "C",
    "tracking": "C", "drive_noise": "C", "springs": "C", "coolant": "C",
}  # fmt: skip
CAR_MARKS: dict[str, dict[str, str]] = {"like_new": {}, "fine": _FINE, "used": _USED, "worn": _WORN}
WORSE = {"like_new": "fine", "fine": "used", "used": "worn", "worn": "worn"}
FAR_KM = 170_000  # a car that has gone so far has everything of the next condition too
KEPT = 0.85  # of what is usual for its condition, so that no two cars are alike


def imei_of(item: Item) -> str:
    """A well-formed IMEI of the test range, always the same for the same phone."""
    first = f"{TEST_TAC}{item.number:06d}"
    return first + luhn_digit(first)


def vin_of(item: Item) -> str:
    """A well-formed VIN of a maker that does not exist."""
    blank = f"{TEST_MAKER}DEMA40RA{item.number:06d}"
    return blank[:8] + vin_check_digit(blank) + blank[9:]


def given(item: Item, screen: wizard.Screen, condition: Condition, today: date) -> dict[str, Any] | None:
    """What the seller answers on a screen of the wizard; None for the screens without an answer."""
    if screen.question is not None:
        told = _told(item, condition, today).get(screen.code)
        return _as_typed(screen.question, told)
    own: dict[str, dict[str, Any]] = {
        "brand": {"answer": item.brand},
        "model": {"answer": item.model},
        "notes": {"description": item.text},
        "price": {"price": item.price * 100},
        "place": {"district": item.district, "delivery": ["meeting"] if isinstance(item, Car) else ["parcel", "meeting"]},
        "wipe": {"wiped": True, "lock_off": True},
    }
    if isinstance(item, Phone):
        own |= {"storage": {"answer": str(item.gb)}, "number": {"imei": imei_of(item)}}
    if isinstance(item, (Phone, Car)):
        own |= {"colour": {"answer": item.colour}}
    if isinstance(item, Car):
        own |= {"number": {"vin": vin_of(item)}}
    if isinstance(item, Appliance):
        own |= {"type": {"answer": _model(item).type}, "number": {"serial": f"XHDEMO{item.number:06d}"}}
    return own.get(screen.code)


def _as_typed(question: Question, told: Any) -> dict[str, Any]:
    """The answer in the form of the page; what nobody told is the first that is offered, or unknown."""
    if question.kind in ("choice", "several"):
        codes = [option.code for option in question.options]
        first = "none" if "none" in codes and question.kind == "several" else codes[0]
        return {"answer": told if told is not None else [first] if question.kind == "several" else first}
    if told is None:
        return {"unknown": True}
    return {"value": str(told), "percent": told, "answer": told}


def _told(item: Item, condition: Condition, today: date) -> dict[str, Any]:
    """The seller's answers by the code of the question."""
    if isinstance(item, Phone):
        return {
            "power": "good", "display": "good", "battery": item.battery, "faults": ["none"], "repairs": "never",
            "water": "never", "region": item.region, "accessories": ["box", "cable"], **condition.answers,
        }  # fmt: skip
    start = month_before(today, item.months)
    if isinstance(item, Car):
        wear = {"like_new": "good", "fine": "good", "used": "light", "worn": "light", "broken": "heavy"}[item.condition]
        return {
            "energy": item.energy, "registered": start, "acquired": start, "mileage": item.mileage_km, "owners": item.owners,
            "usage": "private", "gearbox": "automatic", "displacement": item.litres, "seats": item.seats,
            "emission": "china_6" if start >= "2020-01" else "china_5" if start >= "2017-01" else "china_4",
            "battery_owner": "seller", "inspection": month_before(today, -10), "exterior": wear, "driving": "good",
            "documents": ["certificate", "licence", "tax", "insurance"], **item.told,
        }  # fmt: skip
    assert isinstance(item, Appliance)
    model = _model(item)
    size = f"{model.capacity.value:g}" if model.capacity else None
    looks = {"like_new": "none", "fine": "light", "used": "light", "worn": "visible", "broken": "rust"}[item.condition]
    return {
        "volume": size, "load": size, "power_hp": size, "screen_inch": size, "gas": "natural", "bought": start,
        "made": month_before(today, item.months + 2), "energy_label": f"level_{1 + item.number % 3}", "exterior": looks,
        "unbound": "done" if model.type == "tv" else "not_smart", "removal": "seller", "floor": item.floor,
        "lift": "fits" if item.floor > 6 else "none",
    }  # fmt: skip


def findings(item: Item, condition: Condition, scheme: Scheme, today: date) -> dict[str, str]:
    """What the inspection finds beyond the best answer to everything; of a phone everything, in the order of the form."""
    assert item.appraisal is not None
    if isinstance(item, Phone):
        return {
            **{each.key: "ok" for each in scheme.items if each.kind == "severity"},
            **SOUND,
            "headset": "not_applicable",
            "erase_certificate": f"XH-DEMO-{item.number:04d}",
            "age_months": str(item.months),
            **({"battery_cycles": CYCLES} if item.battery == "unknown" else {"battery_pct": str(item.battery)}),
            **condition.findings,
            **item.appraisal.findings,
        }
    if isinstance(item, Car):
        health = max(72, 100 - item.months // 4)
        found = {"soh_percent": str(health), "soh_level": "A" if health >= 90 else "B"} if item.energy == "electric" else {}
        marks = _marks_of(item)
        return {**found, **marks, **item.appraisal.findings}
    two = _model(item).type in DOUBLE_INSULATED or item.model in DOUBLE_INSULATED
    return {
        "protection_class": "II" if two else "I",
        "start_date": f"{month_before(today, item.months)}-01",
        "start_basis": "purchase",
        "energy": f"t5_{1 + item.number % 3}",
        **MEASURED,
        **APPLIANCE_MARKS[item.condition],
        **item.appraisal.findings,
    }


def erasure(phone: Phone, appraiser: str, method: str, day: date) -> dict[str, str]:
    """What an appraiser writes into the certificate of erasure."""
    at = {"owner_consent_at": "09:00", "started_at": "09:20", "finished_at": "09:31", "verified_at": "09:40"}
    log = hashlib.sha256(f"erasure log of {phone.code}".encode()).hexdigest()
    return {
        "storage_type": "UFS",
        "storage_capacity_gb": str(phone.gb),
        "consent_evidence_ref": f"委托单 XH-{phone.number:04d}",
        "sanitisation_level": "purge",
        "method": method,
        "tool_name": "演示擦除工具",
        "tool_version": "3.1",
        "verification_method": "tool",
        "verification_coverage_pct": "100",
        "operator_title": "鉴定师",
        "verifier_name": appraiser,
        "location": "演示机构一号工位",
        "destination": "封存后交还机主",
        "log_sha256": log,
        **{key: f"{day.isoformat()} {hour}" for key, hour in at.items()},
    }


def _marks_of(car: Car) -> dict[str, str]:
    """Most of what is usual for its condition, and the more of the next worse one the farther it has gone."""
    rng = random.Random(f"marks/{car.code}")  # noqa: S311 - the same car must come out the same every time
    usual = CAR_MARKS[car.condition]
    further = {key: mark for key, mark in CAR_MARKS[WORSE[car.condition]].items() if usual.get(key) != mark}
    kept = {key: mark for key, mark in usual.items() if rng.random() < KEPT}
    return kept | {key: mark for key, mark in further.items() if rng.random() < car.mileage_km / FAR_KM}


def month_before(day: date, months: int) -> str:
    """The month so many months before the day's, as "2024-05"."""
    count = day.year * 12 + day.month - 1 - months
    return f"{count // 12:04d}-{count % 12 + 1:02d}"


def _model(item: Item) -> Any:
    model = catalogue.find_model(item.category, item.brand, item.model)
    assert model is not None, f"{item.code}: {item.brand}/{item.model} is not in the catalogue"
    return model
