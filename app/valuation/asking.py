"""What somebody wants to know the worth of: plain facts of one thing, in the words of the catalogue and of the listing schemas.

An ``Asked`` is stored with the valuation that answers it, so it holds nothing that tells who asks, and no number of the thing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import date
from typing import Any

PLAIN, ACCIDENT, FLOOD, UNGRADED = "plain", "accident", "flood", "ungraded"
CONDITIONS = (PLAIN, ACCIDENT, FLOOD, UNGRADED)
"""Classes that are never compared with one another. Only plain things are priced by a model or a formula."""

# Best first: the place of an answer is how many steps below the best it lies.
_SCREEN = ("none", "micro", "visible", "cracked")
_BACK = ("none", "light", "visible", "cracked")
_FRAME = ("none", "light", "heavy", "bent")
_EXTERIOR = {"car": ("good", "light", "heavy"), "appliance": ("none", "light", "visible", "rust")}
_WORKS = ("good", "partly", "dead")
_REPLACED = ("battery_only", "screen", "other", "issue")

FACTS = ("screen", "housing", "faults", "replaced", "owners", "works")
"""Names of the seller's own statements that features know; whole numbers, see ``statements``."""


@dataclass(frozen=True)
class Asked:
    """One thing. ``brand``, ``model``, ``kind``, ``energy``, ``district`` are catalogue codes; None: not known.

    ``kind``: a type of appliance, a body of cars. ``first_used``: "2019-05". ``score_tenths``: tenths of a point of its report.
    ``battery_health``: percent. ``new_price_fen``: what it costs new, where the asker knows. ``facts``: see FACTS.
    """

    category: str
    brand: str
    model: str
    storage_gb: int | None = None
    kind: str | None = None
    energy: str | None = None
    first_used: str | None = None
    mileage_km: int | None = None
    tier: str | None = None
    score_tenths: int | None = None
    battery_health: int | None = None
    district: str | None = None
    new_price_fen: int | None = None
    is_accident: bool = False
    is_flood: bool = False
    is_ungraded: bool = False  # an inspection could not grade it
    facts: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        unknown = sorted(set(self.facts) - set(FACTS))
        if unknown:
            raise ValueError(f"no feature knows {unknown[0]!r}")
        if self.score_tenths is not None and not 0 <= self.score_tenths <= 1000:
            raise ValueError("a score lies between 0 and 100 points")

    @property
    def condition(self) -> str:
        """One of CONDITIONS; water counts more than an accident, and both more than a missing grade."""
        return FLOOD if self.is_flood else ACCIDENT if self.is_accident else UNGRADED if self.is_ungraded else PLAIN

    def to_plain(self) -> dict[str, Any]:
        """As JSON, without what is not known."""
        return {name: value for name, value in asdict(self).items() if value not in (None, False, {})}


@dataclass(frozen=True)
class Row:
    """One price: the thing as in a question, what was paid or asked in fen, and when. ``thing``: names one thing in its table;
    without a name every row is a thing of its own."""

    asked: Asked
    price_fen: int
    seen_on: date
    thing: str = ""
    row_no: int | None = None  # 0-based data row of the file; None: the place in the list


def from_plain(document: Mapping[str, Any]) -> Asked:
    """The ``Asked`` that ``to_plain`` wrote."""
    return Asked(**document)


def from_listing(listing: Mapping[str, Any]) -> Asked:
    """From the frozen attributes of a listing: the columns of its row by name, and ``answers``, what its seller told.

    ``score`` is the report's decimal text. A thing whose inspection found an accident, or could give no grade, is compared with
    its like only; so is a car of which its own seller tells an accident or a flood.
    """
    answers = listing.get("answers") or {}
    status, score = listing.get("report_status"), listing.get("score")
    said = {name: listing.get(name) for name in _SAME}
    battery = answers.get("battery")
    return Asked(
        **{name: value for name, value in said.items() if value not in (None, "")},
        score_tenths=round(float(score) * 10) if score and status == "graded" else None,
        battery_health=battery if isinstance(battery, int) else None,
        is_accident=status == "accident" or answers.get("accident") == "issue",
        is_flood=answers.get("flood") == "issue",
        is_ungraded=status == "ungradable",
        facts=statements(str(listing["category"]), answers),
    )


_SAME = tuple(
    each.name
    for each in fields(Asked)
    if each.name not in ("score_tenths", "battery_health", "new_price_fen", "is_accident", "is_flood", "is_ungraded", "facts")
)


def statements(category: str, answers: Mapping[str, Any]) -> dict[str, int]:
    """What a seller's answers say in whole numbers; "I do not know" and questions that were not asked say nothing.

    ``screen``, ``housing``: steps below the best answer. ``faults``: how many were named. ``replaced``: 1 after a repair that was
    not the maker's. ``owners``: changes of owner. ``works``: 2 as it should, 1 partly, 0 not at all.
    """
    found: dict[str, int | None] = {}
    if category == "phone":
        found["screen"] = _step(_SCREEN, answers.get("screen_glass"))
        cover, frame = _step(_BACK, answers.get("back_cover")), _step(_FRAME, answers.get("frame"))
        found["housing"] = None if cover is None and frame is None else max(cover or 0, frame or 0)
        if isinstance(answers.get("faults"), list):
            found["faults"] = len([each for each in answers["faults"] if each != "none"])
    else:
        found["housing"] = _step(_EXTERIOR[category], answers.get("exterior"))
    if category == "car" and isinstance(answers.get("owners"), int):
        found["owners"] = answers["owners"]
    if category == "appliance":
        step = _step(_WORKS, answers.get("power"))
        found["works"] = None if step is None else 2 - step
    repairs = answers.get("repairs", answers.get("repaired"))
    if repairs in ("never", "official", "ok", *_REPLACED):
        found["replaced"] = int(repairs in _REPLACED)
    return {name: value for name, value in found.items() if value is not None}


def _step(best_first: tuple[str, ...], answer: object) -> int | None:
    return best_first.index(answer) if isinstance(answer, str) and answer in best_first else None
