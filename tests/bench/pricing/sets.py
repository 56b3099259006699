"""The tables of real asking prices, where they are, and what their columns mean. Used in place, skipped by name where absent."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(os.environ.get("XUNYI_PRICE_DATA", Path(__file__).parents[3] / ".." / "shared" / "data"))


@dataclass(frozen=True, slots=True)
class Set:
    """One table: its file, the roles of its columns, the splits that make sense, and age (for the baselines by year of age)."""

    name: str
    file: str
    roles: Mapping[str, object]
    age: str = "age"
    per_year: float = 1.0
    splits: tuple[str, ...] = ("random", "unseen")

    @property
    def path(self) -> Path:
        """Where the table would be."""
        return FOLDER / self.file


CHE168_WORDS = [
    "energy",
    "maker",
    "segment",
    "city",
    "color",
    "warranty",
    "intake",
    "fuel_grade",
    "emission",
    "battery_type",
    "gearbox",
    "drive",
]
CHE168_NUMBERS = [
    "wheelbase",
    "cylinders",
    "ps",
    "torque",
    "disp_ml",
    "tank",
    "motor_ps",
    "battery_kwh",
    "gears",
    "model_year",
    "km",
    "age",
]
SETS = (
    Set(
        "che168",
        "cn_che168_2024.csv.gz",
        {
            "target": "price",
            "currency": "CNY",
            "categorical": CHE168_WORDS,
            "numeric": CHE168_NUMBERS,
            "text": ["title"],
            "hierarchy": [["trim", "series", "maker", "segment"]],
            "monotone": {"km": -1, "age": -1, "model_year": 1, "new_price": 1},
            "reference_price": "new_price",
            "group": "series",
        },
    ),
    Set(
        "guazi",
        "cn_guazi_2021.csv.gz",
        {
            "target": "price",
            "currency": "CNY",
            "categorical": ["brand", "gearbox", "city"],
            "numeric": ["model_year", "km", "age", "disp_l", "turbo", "anomaly_groups", "anomalies", "anomaly_max"],
            "text": ["title"],
            "hierarchy": [["trim", "series", "brand"]],
            "monotone": {
                "km": -1,
                "age": -1,
                "model_year": 1,
                "new_price": 1,
                "anomalies": -1,
                "anomaly_groups": -1,
                "anomaly_max": -1,
            },
            "reference_price": "new_price",
            "group": "series",
        },
    ),
    Set(
        "guazi_ev",
        "cn_guazi_ev_2022.csv.gz",
        {
            "target": "price",
            "currency": "CNY",
            "categorical": ["brand", "plate"],
            "numeric": [
                "model_year",
                "km",
                "age",
                "transfers",
                "power_kw",
                "range_km",
                "battery_kwh",
                "keys",
                "grade",
                "grade_outlook",
                "grade_machine",
            ],
            "text": ["title"],
            "hierarchy": [["series", "brand"]],
            "monotone": {
                "km": -1,
                "age": -1,
                "model_year": 1,
                "new_price": 1,
                "transfers": -1,
                "grade": 1,
                "grade_outlook": 1,
                "grade_machine": 1,
            },
            "reference_price": "new_price",
            "group": "series",
        },
    ),
    Set(
        "uk",
        "uk_cars_2020.csv.gz",
        {
            "target": "price",
            "currency": "GBP",
            "categorical": ["transmission", "fuel"],
            "numeric": ["mileage", "tax", "mpg", "engine", "age"],
            "hierarchy": [["model", "make"]],
            "monotone": {"mileage": -1, "age": -1},
            "group": "model",
        },
    ),
    Set(
        "de",
        "de_ebay_2016.csv.gz",
        {
            "target": "price",
            "currency": "EUR",
            "categorical": ["body", "gearbox", "fuel", "damage", "zip2"],
            "numeric": ["km", "ps", "age"],
            "hierarchy": [["model", "brand"]],
            "monotone": {"km": -1},  # not age: among these offers the oldest cars are vintage cars and rise in price
            "group": "model",
            "time": "created",
        },
        splits=("time", "random", "unseen"),
    ),
    Set(
        "phones",
        "phone_devices.csv.gz",
        {
            "target": "price",
            "currency": "EUR",
            "categorical": ["device_brand", "os", "four_g", "five_g"],
            "numeric": (
                [
                    "screen_size",
                    "rear_camera_mp",
                    "front_camera_mp",
                    "internal_memory",
                    "ram",
                    "battery",
                    "weight",
                    "release_year",
                    "days_used",
                ]
            ),
            "monotone": {"days_used": -1, "internal_memory": 1, "ram": 1, "release_year": 1, "new_price": 1},
            "reference_price": "new_price",
        },
        age="days_used",
        per_year=365,
        splits=("random",),
    ),
    Set(
        "laptops",
        "laptop_ebay.csv.gz",
        {
            "target": "price",
            "currency": "USD",
            "categorical": ["brand", "color", "condition", "gpu", "cpu", "type", "os", "storage_type"],
            "numeric": [
                "ghz",
                "w",
                "hdd",
                "ssd",
                "screen",
                "ram",
                "n_features",
                "note_len",
                "n_scratch",
                "n_crack",
                "n_no_battery",
                "n_no_hard_drive",
                "n_parts",
                "n_dent",
                "n_tested",
                "n_no_power",
                "n_bios",
            ],
            "monotone": {"ram": 1},
        },
        age="",
        splits=("random",),
    ),
)
