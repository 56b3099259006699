"""A scheme as the engine and the pages see it: frozen values, in the order of the document."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from types import MappingProxyType
from typing import Literal

from grading.errors import Words
from grading.schemes.knowledge import Basis, Condition, Confirmed, DerivedFact, Fact, TypeOfThing

ItemKind = Literal["choice", "severity", "number", "text", "marks"]
Place = Literal["home", "workshop", "lift", "hub"]
ValueState = Literal["good", "defect", "untested", "inapplicable"]
GRADED = "graded"
UNGRADABLE = "ungradable"
PLACES: Mapping[Place, Words] = MappingProxyType(
    {
        "home": Words("上门", "home visit"),
        "workshop": Words("检测车间", "workshop"),
        "lift": Words("举升机工位", "workshop with a lift"),
        "hub": Words("集中检测点", "inspection hub"),
    }
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a finding costs: points, the best tier still allowed, a status, whether a buyer must be told, a flag, a warning."""

    deduct: Decimal = Decimal(0)
    cap: str | None = None
    effect: str | None = None
    disclose: bool = False
    flag: str | None = None
    warning: str | None = None

    @property
    def is_free(self) -> bool:
        """Does it cost nothing and say nothing?"""
        return self == _FREE


_FREE = Outcome()


@dataclass(frozen=True, slots=True)
class Option:
    """One answer. `state` says what kind of answer it is; a choice with options of its own has none."""

    value: str
    name: Words
    outcome: Outcome
    note: Words | None = None
    state: ValueState | None = None

    @property
    def deduct(self) -> Decimal:
        """Points taken from the section."""
        return self.outcome.deduct

    @property
    def cap(self) -> str | None:
        """The best tier still allowed, or None."""
        return self.outcome.cap

    @property
    def effect(self) -> str | None:
        """The status that this answer forces, or None."""
        return self.outcome.effect

    @property
    def disclose(self) -> bool:
        """Must the buyer be told?"""
        return self.outcome.disclose


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing that may be found on a part, several times or together with others: `value` is its state and degree (XS2).

    `once`: however often it is found on the part, it costs once.
    """

    value: str
    name: Words
    outcome: Outcome
    once: bool


@dataclass(frozen=True, slots=True)
class Band:
    """One range of a number: `edge` is its lowest value (or its highest, when the item is ascending_max)."""

    edge: Decimal
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Rescale:
    """The value compared with the bands is finding / fact * to; `default` stands in for a fact not given."""

    fact: str
    default: Decimal
    to: Decimal


@dataclass(frozen=True)
class Item:
    """One thing to look at. `kind` choice | severity | number | text | marks.

    `options` for the first two, and answers that stand beside numbers, texts and marks ("not fitted"); `bands` for
    numbers, `marks` what may be found. `outcome` is what a text costs. `computed` items are filled in by the system:
    `computed_by` names a check of grading.ids whose verdict the caller puts into the findings; `computed_from` names a
    fact that the engine reads itself, and where that is not known and `may_be_typed` holds, a finding. `places` says where
    it can be measured (empty: the scheme does not say), `instrument` with which of the scheme's instruments (None: by eye
    and hand).
    """

    code: str
    key: str
    section: str
    name: Words
    kind: ItemKind
    required: bool
    basis: Basis
    source: tuple[str, ...]
    method: Words | None = None
    severity: str | None = None
    options: tuple[Option, ...] = ()
    marks: tuple[Mark, ...] = ()
    outcome: Outcome = _FREE
    bands: tuple[Band, ...] = ()
    ascending_max: bool = False
    unit: str = ""
    min: Decimal | None = None
    max: Decimal | None = None
    decimals: int = 0
    max_length: int | None = None
    rescale: Rescale | None = None
    required_any: str | None = None
    only_if_missing: str | None = None
    applies: Condition | None = None
    computed_by: str | None = None
    computed_from: str | None = None
    may_be_typed: bool = False
    places: tuple[Place, ...] = ()
    instrument: str | None = None

    @property
    def computed(self) -> bool:
        """Is this filled in by the system and never typed?"""
        return self.computed_by is not None or (self.computed_from is not None and not self.may_be_typed)

    @cached_property
    def values(self) -> frozenset[str]:
        """The values of all options."""
        return frozenset(option.value for option in self.options)

    @cached_property
    def clean(self) -> str | None:
        """The answer of a thing without fault: the good one, or the first that costs nothing. None for numbers and texts.

        A text is clean by an answer of its own ("nothing to note") where the scheme has one.
        """
        good = (option for option in self.options if option.state == "good")
        free = (option for option in self.options if option.state is None and option.outcome.is_free)
        option = next(good, None) or next(free, None)
        return None if option is None else option.value

    def option(self, value: str) -> Option | None:
        """The option with this value."""
        return next((option for option in self.options if option.value == value), None)


@dataclass(frozen=True, slots=True)
class Section:
    """Items that share a limit: never more than `max_deduction` points are taken. kind: gate | score."""

    code: str
    name: Words
    kind: Literal["gate", "score"]
    max_deduction: Decimal
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Tier:
    """A grade. `cn` is the folk wording (99新), shown only as a translation; equivalents are approximate.

    `min_score` None: no score leads to it, only a status does.
    """

    code: str
    name: Words
    min_score: Decimal | None
    cn: str
    equivalents: Mapping[str, str | None]
    needs_fully_functional: bool


@dataclass(frozen=True, slots=True)
class Status:
    """What may be done with the thing. Strictest first in a scheme; the last one is `graded`.

    `tier`: the tier that this status gives by itself. `scored`: False where no score may be given.
    """

    code: str
    name: Words
    meaning: Words
    tier: str | None = None
    scored: bool = True


@dataclass(frozen=True, slots=True)
class CrossRule:
    """A rule over several findings. `waives`: a status that then does not decide, although findings force it."""

    code: str
    name: Words
    basis: Basis
    source: tuple[str, ...]
    when: Condition
    deduct: Decimal
    section: str | None
    cap: str | None
    effect: str | None
    flag: str | None
    credit_event: str | None
    disclosure: Words | None
    waives: str | None = None


@dataclass(frozen=True, slots=True)
class Functional:
    """Which severity items (and number bands from so many points) decide that everything works."""

    sections: tuple[str, ...]
    number_deduct_at_least: Decimal | None


@dataclass(frozen=True, slots=True)
class InputGroup:
    """One name in a plain input object and what it holds, for items of `sections` whose codes there lack `prefix`.

    holds: answers (an object, number to answer) | marks (a list, 26HH1) | codes (a list of numbers, all answered `answer`).
    `sets`: a flag that says that the group was given; its items are then never assumed clean.
    """

    name: str
    holds: Literal["answers", "marks", "codes"]
    sections: tuple[str, ...]
    prefix: str
    sets: str | None
    answer: str | None


@dataclass(frozen=True, slots=True)
class Valuation:
    """How a value follows from a score (see grading.cost), and the figures that stand in for those not given.

    `battery_item`: the key of the item with the battery's health in percent, where the battery is valued apart: its share
    of the new price, and the percentage at which it is worth nothing.
    """

    age_weight: Decimal
    technical_weight: Decimal
    prescribed_months: Decimal
    vat: Decimal
    purchase_tax_rate: Decimal
    battery_item: str | None
    battery_share: Decimal
    battery_floor: Decimal
    basis: Basis
    source: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FormField:
    """A field of a document. `sensitive`: shown masked."""

    key: str
    name: Words
    kind: str
    options: tuple[str, ...]
    sensitive: bool


@dataclass(frozen=True, slots=True)
class Form:
    """A document that belongs to an appraisal: its fields by group, how many days it is valid."""

    key: str
    name: Words
    basis: Basis
    source: tuple[str, ...]
    valid_days: int | None
    groups: Mapping[str, tuple[Words, tuple[FormField, ...]]]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a figure or requirement comes from, and how well that was read."""

    code: str
    title: str
    kind: str
    detail: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TestRecord:
    """What the record of the tests must hold, on the thing or its packing and in the certificate."""

    __test__ = False  # not a class of tests

    basis: Basis
    source: tuple[str, ...]
    required_fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ErasureCertificate:
    """What a proof of data erasure must hold before a thing that stores data can be graded."""

    basis: Basis
    source: tuple[str, ...]
    required_fields: tuple[str, ...]
    sanitisation_levels: tuple[str, ...]
    minimum_for_resale: str
    reject_methods: tuple[str, ...]
    retention_years: int
    retention_basis: Words
    second_person_check_pct: int
    second_person_check_basis: Words


@dataclass(frozen=True)
class Scheme:
    """An appraisal scheme. `basis` and `source`: of every figure that states none of its own; `sha256`: of the file's bytes."""

    id: str
    category: str
    name: Words
    label: Words
    version: str
    effective_from: datetime.date
    effective_until: datetime.date | None
    sha256: str
    base_score: Decimal
    floor: Decimal
    decimals: int
    basis: Basis
    source: tuple[str, ...]
    algorithm: tuple[Words, ...]
    sections: tuple[Section, ...]
    tiers: tuple[Tier, ...]
    statuses: tuple[Status, ...]
    groups: Mapping[str, Words]
    instruments: Mapping[str, Words]
    cross_rules: tuple[CrossRule, ...]
    facts: tuple[Fact, ...]
    derived: tuple[DerivedFact, ...]
    type_fact: str | None
    types: Mapping[str, TypeOfThing]
    functional: Functional | None
    sources: Mapping[str, Source]
    definitions: Mapping[str, Words]
    equivalents_note: Words | None
    test_record: TestRecord | None
    erasure_certificate: ErasureCertificate | None
    warnings: Mapping[str, Words]
    points_shown: Literal["deducted", "left"]
    assume_clean: bool
    inputs: tuple[InputGroup, ...]
    valuation: Valuation | None
    forms: Mapping[str, Form]
    confirmed: Mapping[str, Confirmed]

    def __hash__(self) -> int:
        return hash((self.id, self.sha256))

    @property
    def revision(self) -> str | None:
        """The revision of our data, such as "r1": what stands after the slash of the version. None where there is none."""
        return self.version.partition("/")[2] or None

    @property
    def reference(self) -> str:
        """What names this very revision for good: "gbt30323-2013/r1"; the id where the scheme has no revisions."""
        return self.id if self.revision is None else f"{self.id}/{self.revision}"

    @property
    def file_name(self) -> str:
        """What the file is called beside the other revisions: "gbt30323-2013.yaml", "gbt30323-2013_r2.yaml"."""
        return f"{self.id}.yaml" if self.revision in (None, "r1") else f"{self.id}_{self.revision}.yaml"

    @property
    def number(self) -> int:
        """Of the revision: 1 for r1, and where there is none."""
        return int((self.revision or "r1")[1:])

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """Every item, in the order of the form."""
        return tuple(item for section in self.sections for item in section.items)

    @cached_property
    def items_by_key(self) -> Mapping[str, Item]:
        """Every item by its key."""
        return MappingProxyType({item.key: item for item in self.items})

    @cached_property
    def items_by_code(self) -> Mapping[str, Item]:
        """Every item by its code."""
        return MappingProxyType({item.code: item for item in self.items})

    @cached_property
    def tier_order(self) -> tuple[str, ...]:
        """Tier codes, best first."""
        return tuple(tier.code for tier in self.tiers)

    @cached_property
    def status_order(self) -> tuple[str, ...]:
        """Status codes, strictest first."""
        return tuple(status.code for status in self.statuses)

    def get_item(self, key: str) -> Item:
        """The item with this key. Raises KeyError."""
        return self.items_by_key[key]

    def get_tier(self, code: str) -> Tier:
        """The tier with this code. Raises KeyError."""
        for tier in self.tiers:
            if tier.code == code:
                return tier
        raise KeyError(code)

    def get_status(self, code: str) -> Status:
        """The status with this code. Raises KeyError."""
        for status in self.statuses:
            if status.code == code:
                return status
        raise KeyError(code)
