"""Carriers and reasons that people choose from: read once from ``choices.yaml``, checked, frozen."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

_Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{2,20}$")]


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Choice(_Row):
    """One answer: its lasting code and its name in both languages."""

    code: _Code
    name: dict[Literal["zh", "en"], Annotated[str, StringConstraints(min_length=1, max_length=60)]]


class ProblemReason(Choice):
    by: Literal["buyer", "seller", "system"]


OWN = "own"  # the carrier of what is brought into the room by the seller or a mover


class Choices(_Row):
    """The whole file."""

    carriers: Annotated[tuple[Choice, ...], Field(min_length=1, strict=False)]
    problem_reasons: Annotated[tuple[ProblemReason, ...], Field(min_length=1, strict=False)]
    seller_cancel_reasons: Annotated[tuple[Choice, ...], Field(min_length=1, strict=False)]


@cache
def choices() -> Choices:
    """The lists. Raises pydantic.ValidationError when the file is wrong."""
    path = Path(__file__).with_name("choices.yaml")
    return Choices.model_validate(yaml.safe_load(path.read_text("utf-8")))


def carriers() -> tuple[Choice, ...]:
    return choices().carriers


def buyer_reasons() -> tuple[ProblemReason, ...]:
    """The reasons that a buyer can choose."""
    return tuple(reason for reason in choices().problem_reasons if reason.by == "buyer")


def seller_cancel_reasons() -> tuple[Choice, ...]:
    return choices().seller_cancel_reasons


@cache
def _names() -> dict[str, dict[str, dict[str, str]]]:
    lists = choices()
    return {
        kind: {row.code: {str(language): name for language, name in row.name.items()} for row in rows}
        for kind, rows in (
            ("carrier", lists.carriers),
            ("problem", lists.problem_reasons),
            ("seller_cancel", lists.seller_cancel_reasons),
        )
    }


def name_of(kind: Literal["carrier", "problem", "seller_cancel"], code: str) -> dict[str, str]:
    """The name in both languages; an unknown code stands for itself (an old row must stay readable)."""
    return _names()[kind].get(code, {"zh": code, "en": code})
