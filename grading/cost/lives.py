"""How long vehicles of a use stay in service, for the age rate of a value. Figures and how well they are known: lives.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict, Field

from grading.errors import Words
from grading.schemes.reading import read_document


@dataclass(frozen=True, slots=True)
class Life:
    """One use of a vehicle: the age in years at which it is scrapped (None: no limit), the guided distance in km."""

    key: str
    name: Words
    years: int | None
    km: int


@lru_cache(maxsize=1)
def list_lives() -> Mapping[str, Life]:
    """Every use by its key."""
    data = (resources.files("grading") / "cost" / "lives.yaml").read_bytes()
    uses = _File.model_validate(read_document("lives.yaml", data)).uses
    return MappingProxyType({key: Life(key, Words(use.zh, use.en), use.years, use.km) for key, use in uses.items()})


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Use(_Part):
    zh: str
    en: str
    years: int | None = Field(default=None, ge=1, le=100)
    km: int


class _File(_Part):
    source: dict[str, object]
    uses: dict[str, _Use]
