"""What programs get of people's records."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from app.web.api.shapes import Code, Day, Moment, Page, Shape


class SummaryOut(Shape):
    """Counts of what a person did, straight from the log. No score: whoever reads them judges."""

    completed: int
    cancelled_by_seller: int
    problems_opened: int
    problems_settled: int
    problems_decided_against: int
    on_time: int
    late: int
    published: int
    appraisals: int
    events: int
    member_since: Day | None
    first_sale_on: Day | None
    last_sale_on: Day | None
    is_small_sample: Annotated[bool, Field(description="Too few sales to say much.")]


class SellerOut(Shape):
    """A person as others see them."""

    code: Code
    display_name: str
    pseudonym: Annotated[str | None, Field(description="Under which they stand in the log; null before the first event.")]
    summary: SummaryOut


class ScoreOut(Shape):
    """A score, computed from the log on the day of asking. The same events, rules and day give the same card."""

    code: Code
    grade: Annotated[str, Field(description="AAA to D; NR: too few sales (or second looks) for a grade, which says nothing bad.")]
    score: Annotated[int, Field(description="0 to 1000.")]
    floor: Annotated[int, Field(description="What the evidence bears out, parts per million: for sorting.")]
    confidence: Annotated[str, Field(description="low, medium or high: how much evidence there is.")]
    as_of: Day
    log_size: Annotated[int, Field(description="The events counted are those before this place in the log.")]
    policy: Annotated[str, Field(description="Name and version of the rules.", examples=["seller/1"])]
    policy_sha256: Annotated[str, Field(description="SHA-256 of the rules, as the log names it.")]
    card: Annotated[dict[str, Any], Field(description="The whole card with every piece of evidence.", examples=[{"v": 1}])]


class PlatformOut(Shape):
    """The marketplace's own record on the day of asking. The same events, rules and day give the same record."""

    as_of: Day
    log_size: Annotated[int, Field(description="The events counted are those before this place in the log.")]
    policy: Annotated[str, Field(description="Name and version of the rules.", examples=["platform/1"])]
    policy_sha256: Annotated[str, Field(description="SHA-256 of the rules, as the log names it.")]
    record: Annotated[dict[str, Any], Field(description="Every indicator: so many of so many.", examples=[{"v": 1}])]


class EventOut(Shape):
    """One event of a record. The leaf hash is taken over its exact bytes, which `bytes` serves."""

    idx: Annotated[int, Field(description="Its place in the log.")]
    seq: Annotated[int, Field(description="Its number in this record.")]
    type: Annotated[str, Field(examples=["order.completed"])]
    at: Moment
    in_words: str
    data: Annotated[dict[str, Any], Field(examples=[{"order": "7kq2m9v4x0c8n1t5r3wz6ybhdj"}])]
    leaf: Annotated[str, Field(description="Leaf hash, hexadecimal.")]
    bytes: Annotated[str, Field(description="Path of the exact bytes.", examples=["/credit/events/17.json"])]


Records = Page[EventOut]


class LogOut(Shape):
    """The log of all records. What is signed is the text of the checkpoint."""

    size: Annotated[int, Field(description="Events in the log now.")]
    signed_size: Annotated[int, Field(description="Events under the newest checkpoint.")]
    signed_at: Moment
    root: Annotated[str, Field(description="RFC 6962 root over the signed events, base64.")]
    checkpoint: Annotated[str, Field(description="The signed note (C2SP tlog-checkpoint), exactly.")]
    key: Annotated[str, Field(description="The log's public key: name, number and base64, joined by +.")]


class EventProofOut(Shape):
    """That an event stands at its place under the newest checkpoint."""

    idx: Annotated[int, Field(description="Its place in the log.")]
    size: Annotated[int, Field(description="Events under the checkpoint.")]
    leaf: Annotated[str, Field(description="Leaf hash, hexadecimal.")]
    proof: Annotated[list[str], Field(description="Hashes from the leaf's neighbour up to the root's child, base64.")]
    file: Annotated[str, Field(description="All of it with the checkpoint as one file (C2SP tlog-proof).")]
