"""What programs send and get about appraisals. Findings are a map whose names the scheme gives."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from app.web.api.shapes import Body, Code, Fen, Line, Lines, Moment, Page, PageQuery, Query, Shape, Words

Answers = dict[Annotated[str, StringConstraints(max_length=80)], Annotated[str, StringConstraints(max_length=80)]]


Short = Annotated[Line, Field(min_length=1, max_length=120)]


class NewAppraisal(Body):
    """Which thing, and which agency is asked."""

    thing: Annotated[Code, Field(description="`thing` of your own listing.")]
    agency: Annotated[Code, Field(description="`code` of an agency.")]
    expected_fee_fen: Annotated[
        int | None,
        Field(ge=0, description="`fee_fen` of the offer that was seen (0: none); null: whatever it is.", examples=[19900]),
    ] = None


class Unable(Body):
    """Why it cannot be finished."""

    reason: Annotated[Lines, Field(min_length=1, max_length=500)]
    kind: Annotated[
        Line, Field(max_length=20, description="`locked`, `no_documents`, `other_item`, `owner_absent`, `not_safe`, `other` ...")
    ] = "other"


class Reason(Body):
    """Why, in words that the owner understands."""

    reason: Annotated[Lines, Field(min_length=1, max_length=500)]


class Findings(Body):
    """Answers by the key of an item or fact; those that are not named stay as they are, an empty text takes an answer back."""

    answers: Annotated[Answers, Field(max_length=400, examples=[{"function.screen.touch": "pass", "battery.health_pct": "88"}])]
    instruments: Annotated[
        Answers,
        Field(
            default_factory=dict,
            max_length=400,
            description="With what a number was read: its key → serial number, as registered by the agency. Left out: as before.",
            examples=[{"earth_ohm": "E-0031"}],
        ),
    ]


class Signature(Body):
    """The appraiser's own name, as it stands in the account."""

    name: Annotated[Line, Field(min_length=1, max_length=60)]


class ErasureCertificateIn(Body):
    """What a person writes into the certificate of erasure; the rest follows from thing, agency and signer."""

    storage_type: Short
    storage_capacity_gb: Short
    owner_consent_at: Annotated[Short, Field(description="Day and time in China, as in the example.")]
    consent_evidence_ref: Short
    sanitisation_level: Annotated[Short, Field(description="`purge` or `destroy`.")]
    method: Annotated[Short, Field(description="An answer of the item `erase_method` after which a thing can be graded.")]
    tool_name: Short
    tool_version: Short
    started_at: Short
    finished_at: Short
    verification_method: Annotated[Short, Field(description="`full`, `sample` or `tool`.")]
    verification_coverage_pct: Annotated[Short, Field(description="1 to 100.")]
    operator_title: Short
    verifier_name: Short
    verified_at: Short
    location: Short
    destination: Short
    log_sha256: Annotated[Short, Field(description="SHA-256 of the tool's log, 64 hexadecimal digits.")]
    name: Annotated[Line, Field(min_length=1, max_length=60, description="Your own name, as it stands in your account.")]


class ErasureCheckIn(Body):
    """What the second person found, and how."""

    outcome: Literal["passed", "failed"]
    method: Annotated[Line, Field(min_length=1, max_length=200)]


class SealIn(Body):
    """The number that is printed on the seal."""

    seal_no: Annotated[Line, Field(min_length=1, max_length=60)]


class AppraisalsQuery(PageQuery):
    """Whose appraisals."""

    side: Annotated[Literal["owner", "agency"], Field(description="Yours as an owner, or those of your agency.")] = "owner"


class AgenciesQuery(Query):
    """For what."""

    category: Annotated[
        Literal["phone", "car", "appliance"] | None, Field(description="Only agencies that take such things.")
    ] = None


class AgencyOut(Shape):
    """An agency."""

    code: Code
    name: str


class TakenKind(Shape):
    """A kind of thing that an agency takes now."""

    category: Annotated[str, Field(examples=["phone"])]
    fee_fen: Annotated[
        int, Field(ge=0, description="What the appraisal costs, without the way to a home; 0: nothing.", examples=[3900])
    ]


class AskableAgencyOut(Shape):
    """An agency that can be asked today, and for what."""

    code: Code
    name: str
    takes: list[TakenKind]


class FeeOut(Shape):
    """The fee of one order. `refund_fen` is known when it was said where the fee goes."""

    fee_fen: Fen
    wait_days: int
    payment: Annotated[Code | None, Field(description="For its owner: pay it (payPayment) and ask until `is_paid`.")]
    pay_due_at: Moment
    is_paid: bool
    refund_fen: Annotated[int | None, Field(description="Back to the owner.", examples=[0])]


class AppraisalOut(Shape):
    """One order of an owner to an agency."""

    code: Code
    state: Annotated[str, Field(examples=["requested"])]
    version: int
    revision: Annotated[int, Field(description="Counts the saves of findings.")]
    thing: Code
    thing_name: str
    category: Annotated[str, Field(examples=["phone"])]
    agency: AgencyOut
    appraiser: Annotated[str | None, Field(description="Name of the appraiser who accepted it.")]
    scheme: Annotated[str, Field(examples=["phone-2026.1"])]
    is_owner: bool
    reason: Annotated[str | None, Field(description="Why it was declined or could not be finished.")]
    report: Code | None
    fee: Annotated[FeeOut | None, Field(description="Null: the agency works for nothing.")]
    holder: Annotated[Literal["owner", "carrier", "agency"], Field(description="Who has the thing.")]


class InspectionOut(Shape):
    """The findings so far and what follows from them."""

    appraisal: Code
    version: int
    revision: int
    scheme: Annotated[str, Field(examples=["phone-2026.1"])]
    findings: Annotated[dict[str, str], Field(description="Item key → answer; computed items are filled in by the system.")]
    missing: Annotated[list[str], Field(description="Keys of the items and facts without which nothing can be signed.")]
    without_instrument: Annotated[
        list[str],
        Field(description="Keys of the numbers that have to name an instrument of the agency before the report is signed."),
    ]
    refused: Annotated[dict[str, Words], Field(description="Answers of this save that the scheme cannot take, and why.")]
    status: Annotated[str, Field(examples=["graded"])]
    tier: str | None
    score: str | None


class ErasureOut(Shape):
    """How far a thing that stores data is."""

    appraisal: Code
    next: Annotated[Literal["test", "erase", "check", "seal", "done"], Field(description="The step that comes next.")]
    tests_open: Annotated[int, Field(description="Required tests without an answer.", examples=[0])]
    certificate: Annotated[str | None, Field(description="Number of the newest certificate.")]
    certificate_sha256: str | None
    is_drawn: Annotated[
        bool, Field(description="A colleague has to look before the seal: it was drawn, or an earlier check failed.")
    ]
    check: Literal["passed", "failed"] | None
    seal: str | None


class FindingChoice(Shape):
    """One answer that can be given."""

    value: Annotated[str, Field(examples=["ok"])]
    name: Words


class ItemOut(Shape):
    """One item of a scheme."""

    key: Annotated[str, Field(examples=["battery.health_pct"])]
    name: Words
    kind: Annotated[str, Field(examples=["number"])]
    required: bool
    computed: Annotated[bool, Field(description="Filled in by the system.")]
    computed_from: Annotated[
        list[str],
        Field(description="Keys of facts: of them it is computed, and when it is missing, one of them is.", examples=[[]]),
    ]
    choices: Annotated[list[FindingChoice], Field(description="The answers that can be given; empty for numbers and texts.")]
    least: str | None
    most: str | None
    unit: str | None


class FactOut(Shape):
    """Something about the thing itself that the appraiser states. It is answered like an item, by its key."""

    key: Annotated[str, Field(examples=["start_date"])]
    name: Words
    hint: Words | None
    kind: Annotated[
        Literal["choice", "number", "flag", "date", "text"],
        Field(description='A date is written "2023-06-01".', examples=["date"]),
    ]
    required: Annotated[bool, Field(description="Always; others can become needed by other answers: see `missing`.")]
    choices: Annotated[list[FindingChoice], Field(description="The answers that can be given; empty for other kinds.")]
    least: str | None
    most: str | None
    decimals: Annotated[int, Field(description="Of a number.", examples=[0])]
    longest: Annotated[int | None, Field(description="Of a text, characters.")]
    unit: str | None


class SchemeOut(Shape):
    """A scheme with every item and every fact that an appraiser answers."""

    id: Annotated[str, Field(examples=["phone-2026.1"])]
    name: Words
    category: Annotated[str, Field(examples=["phone"])]
    sha256: str
    items: list[ItemOut]
    facts: list[FactOut]


class ReportDraftOut(Shape):
    """What a report will say: frozen, and not signed by everybody yet.

    `content` in its canonical form (RFC 8785) has this SHA-256.
    """

    code: Annotated[Code, Field(description="Also the number of the report that it becomes.")]
    appraisal: Code
    state: Annotated[str, Field(examples=["peer_review"])]
    sha256: str
    waits_for: Annotated[Literal["appraiser", "senior"], Field(description="Whose signature comes next.")]
    appraiser: str
    senior: Annotated[str | None, Field(description="Who also signs; null: nobody.")]
    frozen_at: Moment
    content: Annotated[dict[str, Any], Field(examples=[{"format": "xunyi-report/1"}])]


class ReportOut(Shape):
    """A signed report. `content` in its canonical form (RFC 8785) has this SHA-256."""

    code: Code
    sha256: str
    is_newest: Annotated[bool, Field(description="Whether no later report of the same thing was signed.")]
    status: Annotated[str, Field(examples=["graded"])]
    tier: str | None
    signed_at: Moment
    content: Annotated[dict[str, Any], Field(examples=[{"format": "xunyi-report/1"}])]


Agencies = Page[AskableAgencyOut]
Appraisals = Page[AppraisalOut]
