"""The shape of a scheme file, as pydantic models: unknown fields, wrong kinds of value and missing fields are refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from grading.schemes.knowledge import Basis
from grading.schemes.model import ValueState
from grading.schemes.parts import (
    Code,
    ConditionPart,
    Day,
    Degree,
    DerivedPart,
    FactPart,
    Figure,
    ItemCode,
    Key,
    Letters,
    Line,
    Part,
    Places,
    Points,
    Sources,
    TierCode,
    TypePart,
    WordsPart,
)


class OutcomePart(Part):
    """What a finding costs."""

    deduct: Points | None = None
    cap: TierCode | None = None
    effect: Key | None = None
    disclose: bool = False
    flag: Key | None = None
    warning: Key | None = None


class OptionPart(OutcomePart):
    """One answer of a choice; its value is the key it stands under."""

    zh: Line
    en: Line
    note: WordsPart | None = None


class BandPart(OutcomePart):
    """One range of a number: `min`, or `max` where the item says bands_order: ascending_max."""

    min: Figure | None = None
    max: Figure | None = None


class SeverityValuePart(Part):
    """One value of severity items, and what kind of answer it is."""

    zh: Line
    en: Line
    state: ValueState


class SeverityPart(Part):
    """The severity table: values, and for each level what each value costs (values left out cost nothing)."""

    values: dict[Key, SeverityValuePart]
    levels: dict[Key, dict[Key, OutcomePart]]
    basis: Basis
    source: Sources


class AnswerPart(OptionPart):
    """One value of a shared list of answers, and what kind of answer it is. A defect's cost stands with the item."""

    state: ValueState


class DegreePart(OutcomePart):
    """How large or bad something found is, and what that costs."""

    zh: Line
    en: Line


class MarksPart(Part):
    """What may be found on a part: states (XS, rust) with degrees (XS2) that cost, or without and then `outcome` costs."""

    states: Annotated[dict[Letters, WordsPart], Field(min_length=1)]
    degrees: dict[Degree, DegreePart] = {}
    outcome: OutcomePart | None = None
    once: bool = False
    basis: Basis
    source: Sources


class RescalePart(Part):
    """value used = finding / fact * to."""

    fact: Key
    default: Annotated[Figure, Field(gt=0)]
    to: Annotated[Figure, Field(gt=0)]


class ComputedPart(Part):
    """by: a check of grading.ids, whose verdict the caller supplies. fact: the engine takes the fact's value.

    or_typed: where the fact is not known, a finding is taken.
    """

    by: Key | None = None
    fact: Key | None = None
    or_typed: bool = False


class ItemPart(Part):
    """One thing to look at: severity, or kind choice / number / text / marks.

    `answers` names a shared list: the options of a choice, or answers that stand beside a text or marks. `costs` says
    what the item's answers cost, `disclose` that a text must be told to a buyer.
    """

    code: ItemCode
    key: Key
    name: WordsPart
    kind: Literal["choice", "number", "text", "marks"] | None = None
    severity: Key | None = None
    required: bool
    required_any: Key | None = None
    only_if_missing: Key | None = None
    applies: ConditionPart | None = None
    computed: ComputedPart | None = None
    places: Places | None = None
    instrument: Key | None = None
    basis: Basis
    source: Sources
    method: WordsPart | None = None
    options: Annotated[dict[Key | Code, OptionPart], Field(min_length=2)] | None = None
    answers: Key | None = None
    costs: dict[Key | Code, OutcomePart] | None = None
    marks: Annotated[list[Key], Field(min_length=1)] | None = None
    disclose: bool | None = None
    bands: Annotated[list[BandPart], Field(min_length=1)] | None = None
    bands_order: Literal["ascending_max"] | None = None
    unit: Line | None = None
    min: Figure | None = None
    max: Figure | None = None
    decimals: Annotated[int, Field(ge=0, le=9)] | None = None
    max_length: Annotated[int, Field(ge=1, le=1000)] | None = None
    rescale: RescalePart | None = None


class SectionPart(Part):
    """Items that share a limit. `places` holds for every item that states none of its own."""

    code: Key | Code
    name: WordsPart
    kind: Literal["gate", "score"]
    max_deduction: Points
    places: Places | None = None
    items: Annotated[list[ItemPart], Field(min_length=1)]


class ThenPart(Part):
    """What follows from a cross rule. Points need the section that they are taken from.

    `waives`: a status that findings force and that does not decide while the rule holds; never without flag and disclosure.
    """

    deduct: Points | None = None
    section: Key | Code | None = None
    cap: TierCode | None = None
    effect: Key | None = None
    waives: Key | None = None
    flag: Key | None = None
    credit_event: Key | None = None
    disclosure: WordsPart | None = None


class CrossRulePart(Part):
    """A rule over several findings."""

    code: ItemCode
    name: WordsPart
    basis: Basis
    source: Sources
    when: ConditionPart
    then: ThenPart


class StatusPart(Part):
    """What may be done with the thing."""

    code: Key
    name: WordsPart
    meaning: WordsPart
    tier: TierCode | None = None
    scored: bool = True


class FunctionalPart(Part):
    """What "fully functional" looks at."""

    sections: Annotated[list[Key | Code], Field(min_length=1)]
    number_deduct_at_least: Points | None = None


class CountsPart(Part):
    """How many there are: a line lost in editing is noticed."""

    sections: int
    items: int
    cross_rules: int
    tiers: int


class MetaPart(Part):
    """Head of the file. `basis` and `source` are those of every figure that states none of its own."""

    scheme_id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{1,58}[a-z0-9]$")]
    category: Key
    name: WordsPart
    label: WordsPart
    version: Line
    effective_from: Day
    effective_until: Day | None = None
    base_score: Points
    floor: Points
    decimals: Annotated[int, Field(ge=0, le=6)]
    points_shown: Literal["deducted", "left"] = "deducted"
    basis: Basis = "own"
    source: list[Code] = []
    tier_order: Annotated[list[TierCode], Field(min_length=1)]
    statuses: Annotated[list[StatusPart], Field(min_length=2)]
    algorithm: list[WordsPart]
    severity: SeverityPart | None = None
    fully_functional: FunctionalPart | None = None
    definitions: dict[Key, WordsPart] = {}
    counts: CountsPart


class SourcePart(Part):
    """A source; `read` and `confidence` say how well it is known."""

    title: Line
    kind: Key
    published: Day | None = None
    effective: Day | None = None
    replaces: Line | None = None
    read: Key | None = None
    confidence: Key | None = None
    note: Line | None = None


class TierPart(Part):
    """A grade."""

    code: TierCode
    name: WordsPart
    min_score: Points | None = None
    cn: Line
    equivalents: dict[Key, Line | None]
    needs_fully_functional: bool


class TestRecordPart(Part):
    """What the record of the tests holds."""

    basis: Basis
    source: Sources
    required_fields: Annotated[list[Key], Field(min_length=1)]


class ErasurePart(Part):
    """What a proof of data erasure holds."""

    basis: Basis
    source: Sources
    required_fields: Annotated[list[Key], Field(min_length=1)]
    sanitisation_levels: Annotated[list[Key], Field(min_length=1)]
    minimum_for_resale: Key
    reject_methods: list[Key]
    retention_years: Annotated[int, Field(ge=1, le=100)]
    retention_basis: WordsPart
    second_person_check_pct: Annotated[int, Field(ge=0, le=100)]
    second_person_check_basis: WordsPart


class InputGroupPart(Part):
    """One name in a plain input object. See model.InputGroup."""

    holds: Literal["answers", "marks", "codes"]
    sections: Annotated[list[Key | Code], Field(min_length=1)]
    prefix: Annotated[str, StringConstraints(pattern=r"^[A-Z]?$")] = ""
    sets: Key | None = None
    answer: Key | Code | None = None


class InputPart(Part):
    """How a plain input object says findings. `assume_clean`: an item without an answer is clean, unless told."""

    assume_clean: bool = False
    groups: dict[Key, InputGroupPart]


class ValuationPart(Part):
    """Figures of the value formula. See model.Valuation."""

    age_weight: Annotated[Figure, Field(ge=0, le=1)]
    technical_weight: Annotated[Figure, Field(ge=0, le=1)]
    prescribed_months: Annotated[Figure, Field(gt=0)]
    vat: Annotated[Figure, Field(ge=0, le=1)]
    purchase_tax_rate: Annotated[Figure, Field(ge=0, le=1)]
    battery_item: Key | None = None
    battery_share: Annotated[Figure, Field(ge=0, le=1)] = Decimal(0)
    battery_floor: Annotated[Figure, Field(ge=0, lt=100)] = Decimal(0)
    basis: Basis
    source: Sources


class FormFieldPart(Part):
    """A field of a document."""

    zh: Line
    en: Line
    kind: Key = "text"
    options: list[Line] = []
    sensitive: bool = False


class FormGroupPart(Part):
    """Fields that stand together."""

    name: WordsPart
    fields: Annotated[dict[Key, FormFieldPart], Field(min_length=1)]


class FormPart(Part):
    """A document that belongs to an appraisal."""

    name: WordsPart
    basis: Basis
    source: Sources
    valid_days: Annotated[int, Field(ge=1)] | None = None
    groups: Annotated[dict[Key, FormGroupPart], Field(min_length=1)]


class ConfirmedItemPart(Part):
    """Where the standard says what an item says, and who of which agency read it there (two persons)."""

    page: Line
    day: Day
    by: Line


class ConfirmedPart(Part):
    """Items that were compared with the text of the standard, by their codes."""

    standard: Code
    items: Annotated[dict[ItemCode, ConfirmedItemPart], Field(min_length=1)]


class SchemePart(Part):
    """A whole scheme file."""

    schema_version: Literal[1]
    meta: MetaPart
    sources: dict[Code, SourcePart]
    facts: dict[Key, FactPart] = {}
    derived: list[DerivedPart] = []
    types: dict[Key, TypePart] = {}
    groups: dict[Key, WordsPart] = {}
    instruments: dict[Key, WordsPart] = {}
    sections: Annotated[list[SectionPart], Field(min_length=1)]
    cross_rules: list[CrossRulePart] = []
    tiers: Annotated[list[TierPart], Field(min_length=1)]
    answers: dict[Key, Annotated[dict[Key | Code, AnswerPart], Field(min_length=2)]] = {}
    marks: dict[Key, MarksPart] = {}
    warnings: dict[Key, WordsPart] = {}
    input: InputPart | None = None
    valuation: ValuationPart | None = None
    forms: dict[Key, FormPart] = {}
    equivalents_note: WordsPart | None = None
    test_record: TestRecordPart | None = None
    erasure_certificate: ErasurePart | None = None
    confirmed: ConfirmedPart | None = None
