"""What a buyer without instruments compares at delivery: read once from ``checklist.yaml``, checked, frozen."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

_Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{2,40}$")]
_Text = Annotated[str, StringConstraints(min_length=4, max_length=120)]
_Category = Literal["phone", "appliance"]


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Look(_Row):
    """How somebody looks at one thing, and whether a photo of a difference helps."""

    how: dict[Literal["zh", "en"], _Text]
    photo: bool = False


class KeyedLook(Look):
    """One item of a report, or one question of the seller's form. ``always``: asked beside a report too."""

    key: _Key
    always: bool = False


_Looks = Annotated[tuple[KeyedLook, ...], Field(min_length=1, strict=False)]


class Checklist(_Row):
    """The whole file."""

    number: Look
    report: dict[_Category, _Looks]
    answers: dict[_Category, _Looks]


@cache
def checklist() -> Checklist:
    """The lists. Raises pydantic.ValidationError when the file is wrong."""
    path = Path(__file__).with_name("checklist.yaml")
    return Checklist.model_validate(yaml.safe_load(path.read_text("utf-8")))


def looks(category: str, *, with_report: bool) -> dict[str, Look]:
    """What is looked at, in this order, by the key of what was promised: report:KEY, answer:CODE, thing:number."""
    lists = checklist()
    found: dict[str, Look] = {"thing:number": lists.number}
    if with_report:
        found |= {f"report:{each.key}": each for name, rows in lists.report.items() if name == category for each in rows}
    for name, rows in lists.answers.items():
        if name == category:
            found |= {f"answer:{each.key}": each for each in rows if each.always or not with_report}
    return found
