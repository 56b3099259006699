"""Pure rules of the appraisal room: facts of a model, how a number and a name are compared and shown."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date

from app.goods import catalogue
from app.goods.models import Thing, ThingStatement
from app.kernel.money import fee_half_up
from grading import PLACES, Item, Scheme
from grading.schemes.knowledge import Fact

# Apple states 1000 charge cycles for the iPhone 15 and later, 500 before; the scheme's own default covers everybody else.
_LONGER_CYCLES_FROM = (2023, 9)
_LONGER_CYCLES = "1000"

# A photo of papers and numbers can show a name, a plate, an IMEI or a VIN in full: it stays with agency and owner.
PERSONAL_SECTIONS = ("P1", "P2", "A1", "tradable", "documents")


def section_of(scheme: Scheme, item_key: str | None, shot: str | None) -> str:
    """The section that a photo belongs to: of its item, or of its shot (section.name). Of neither: an empty text."""
    item = scheme.items_by_key.get(item_key or "")
    return item.section if item is not None else (shot or "").partition(".")[0]


def facts_of(thing: Thing) -> dict[str, str]:
    """What is known about the thing from its model and not looked at during the inspection."""
    if thing.category != "phone" or thing.brand != "apple":
        return {}
    model = catalogue.find_model("phone", thing.brand, thing.model)
    if model is None:
        return {}
    longer = (model.released_year, model.released_month or 0) >= _LONGER_CYCLES_FROM
    return {"design_cycles": _LONGER_CYCLES} if longer else {}


def system_facts(thing: Thing, day: date) -> dict[str, str | bool]:
    """The facts that nobody types: of the model, the type and the day of an appliance; a car's gates are always looked at."""
    if thing.category == "appliance":
        return {"type": str(thing.attributes.get("type", "")), "assess_date": day.isoformat()}
    if thing.category == "car":
        return {"tradable_check": True, "documents_check": True}
    return dict(facts_of(thing))


NOT_DECLARED = "found_not_declared"  # the fact by which schemes ask whether a repair was found that the seller had not named


def declared_facts(scheme: Scheme, statement: ThingStatement | None, findings: Mapping[str, str]) -> dict[str, bool]:
    """Whether the findings contradict what the owner had said in public before asking for the appraisal.

    Nothing where the scheme does not ask, or the owner had said nothing of it: then the scheme's rule is not tried.
    """
    if statement is None or statement.contradicted_by is None or statement.scheme_id != scheme.id:
        return {}
    if NOT_DECLARED not in {fact.key for fact in scheme.facts}:
        return {}
    return {NOT_DECLARED: any(findings.get(item) in against for item, against in statement.contradicted_by.items())}


# judicial_commission: nobody inspects for a court here, and a car that failed the tradable check must not come on sale.
_SYSTEM = frozenset(
    {"type", "assess_date", "tradable_check", "documents_check", "design_cycles", NOT_DECLARED, "judicial_commission"}
)


def typed_facts(scheme: Scheme) -> list[Fact]:
    """The facts that an appraiser states, in the order of the scheme."""
    return [fact for fact in scheme.facts if fact.key not in _SYSTEM]


def facts_behind(scheme: Scheme, item: Item) -> list[str]:
    """Keys of the stated facts out of which a computed item follows, in the order of the scheme."""
    steps = {each.key: each.of for each in scheme.derived}
    found, ahead = set(), [item.computed_from] if item.computed_from else []
    while ahead:
        key = ahead.pop()
        if key not in found:
            found.add(key)
            ahead += steps.get(key, ())
    return [fact.key for fact in typed_facts(scheme) if fact.key in found]


def suggested_facts(thing: Thing) -> dict[str, str]:
    """What the owner said about the thing, put into the form for the appraiser to confirm or correct."""
    if thing.category != "appliance":
        return {}
    told = thing.attributes
    found = {"gas": str(told.get("gas", ""))} if told.get("gas") not in (None, "unknown") else {}
    wanted = ("made", "bought") if told.get("type") == "air_conditioner" else ("bought", "made")
    for code in wanted:
        month = str(told.get(code, ""))
        if len(month) == 7:
            return {**found, "start_date": f"{month}-01", "start_basis": "manufacture" if code == "made" else "purchase"}
    return found


def scheme_category(thing: Thing) -> str:
    """Under which category of schemes the thing is inspected: cars without an engine have a scheme of their own."""
    return "electric_car" if thing.category == "car" and thing.attributes.get("energy") == "electric" else thing.category


def is_offered(item: Item, answer: str | None, thing: Thing) -> bool:
    """Whether this answer may be given: what stores its owner's data cannot be said to hold none."""
    stores = thing.category == "appliance" and thing.attributes.get("type") == "tv"
    return not (stores and item.key == "data_unbound" and answer == "not_applicable")


def masked(imei: str | None) -> str | None:
    """First six and last two digits: enough to compare with the phone in hand, not enough to copy it."""
    return f"{imei[:6]}*******{imei[-2:]}" if imei else None


def masked_tail(number: str | None) -> str | None:
    """The last four characters of a VIN or serial number."""
    return f"{'*' * (len(number) - 4)}{number[-4:]}" if number else None


def folded(name: str) -> str:
    """A name without spaces, for comparing what was typed with what stands in the account."""
    return "".join(unicodedata.normalize("NFC", name).split())


@dataclass(frozen=True)
class Split:
    """Where a fee goes, fen; the three add up to the fee exactly."""

    refund_fen: int
    agency_fen: int
    platform_fen: int

    def as_dict(self) -> dict[str, int]:
        return asdict(self)


def split_of_fee(fee_fen: int, refund_pct: int, share_bp: int) -> Split:
    """Percent back to the owner, the platform's share of the rest (both rounded half up), what remains to the agency."""
    refund = fee_half_up(fee_fen, refund_pct * 100)
    kept = fee_fen - refund
    platform = fee_half_up(kept, share_bp)
    return Split(refund, kept - platform, platform)


OFFERED_KINDS = tuple(kind for kind in PLACES if kind != "home")  # no scheme can be completed at home


def place_completes(scheme: Scheme, kinds: Iterable[str]) -> bool:
    """Whether every item that a grade needs can be measured at a place that has these kinds (workshop, lift, hub)."""
    here = set(kinds)
    return all(not item.places or here & set(item.places) for item in scheme.items if item.required)


def missing_places(scheme: Scheme, kinds: Iterable[str]) -> int:
    """How many items that a grade needs cannot be measured there."""
    here = set(kinds)
    return sum(bool(item.places) and not here & set(item.places) for item in scheme.items if item.required)
