"""From names as other people's tables write them to codes of the catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from app.goods import catalogue
from app.valuation.features import tiers
from app.valuation.fields import bare

_TAIL = re.compile(r"\s*[(（]?\s*(?:\d+\s*(?:GB?|TB?)\s*\+\s*)?\d+\s*(?:GB|TB|G|T)\s*[)）]?\s*$", re.IGNORECASE)  # a phone's size
_TRIM = re.compile(r"\s*(?:(?:19|20)?\d{2}\s*款).*$")  # "2018款 1.5L 自动舒适版" behind a series
_YES = frozenset(("1", "是", "有", "y", "yes", "true", "事故", "事故车", "泡水", "泡水车", "水淹"))
_NO = frozenset(("0", "否", "无", "没有", "n", "no", "false", "非事故", "非事故车", "正常"))


@cache
def find_model(category: str, brand: str, model: str) -> Any:
    """The catalogue's model of these words; None where it has none, or several and the brand does not tell which."""
    maker = _brands(category).get(bare(brand)) if brand else None
    if brand and maker is None:
        return None
    for words in dict.fromkeys((model, _TAIL.sub("", model), _TRIM.sub("", model), _TRIM.sub("", model).partition(" ")[0])):
        for said in (words, f"{brand} {words}") if brand else (words,):
            found = [each for each in _models(category).get(bare(said), ()) if maker in (None, each.brand)]
            if len(found) == 1:
                return found[0]
    return None


def size_in(model: str) -> int | None:
    """The storage that stands behind a phone's name, GB."""
    found = _TAIL.search(model)
    figures = re.findall(r"(\d+)\s*(GB|TB|G|T)", found[0], re.IGNORECASE) if found else []
    if not figures:
        return None
    size, unit = figures[-1]
    return int(size[:7]) * (1024 if unit[0] in "tT" else 1)


def find_energy(said: str) -> str | None:
    return _kinds().get(bare(said))


def find_district(said: str) -> str | None:
    return _districts().get(bare(said))


def find_tier(category: str, said: str) -> str | None:
    """Code of a tier by its code or name."""
    return _tiers(category).get(bare(said))


def yes_or_no(said: str) -> bool | None:
    word = bare(said)
    return True if word in _YES else False if word in _NO else None


@cache
def _models(category: str) -> Mapping[str, tuple[Any, ...]]:
    found: dict[str, dict[tuple[str, str], Any]] = {}
    for model in catalogue.all_models(category):
        for name in (*catalogue.written_names(model), f"{model.brand}/{model.code}", model.code):
            found.setdefault(bare(name), {})[(model.brand, model.code)] = model
    return {name: tuple(models.values()) for name, models in found.items()}


@cache
def _brands(category: str) -> Mapping[str, str]:
    return _codes((each.code, (each.name.zh, each.name.en, *each.aliases)) for each in catalogue.brands(category))


@cache
def _kinds() -> Mapping[str, str]:
    return _codes((each.code, (each.name.zh, each.name.en, *each.aliases)) for each in catalogue.energies())


@cache
def _districts() -> Mapping[str, str]:
    return _codes((each.code, (each.name.zh, each.name.en, each.short, *each.aliases)) for each in catalogue.districts())


@cache
def _tiers(category: str) -> Mapping[str, str]:
    return _codes((code, tuple(name.values())) for code, name in tiers(category))


def _codes(of: Iterable[tuple[str, Iterable[str]]]) -> Mapping[str, str]:
    return {bare(name): code for code, names in of for name in (code, *names)}
