"""Search quality: every name of the catalogue finds its model, and judged queries bring what was meant first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from app.goods import catalogue
from app.search.index import Document, WhooshIndex
from app.search.words import document_words, query_words

JUDGED: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("judged.yaml").read_text(encoding="utf-8"))
MODELS: list[Any] = [model for category in catalogue.CATEGORIES for model in catalogue.all_models(category)]


def words_of(model: Any) -> Any:
    size = model.storage_gb[min(1, len(model.storage_gb) - 1)] if model.category == "phone" else None
    title = f"{model.name} {size}GB" if size else model.name
    return document_words(category=model.category, title=title, brand=model.brand, model=model.code, storage_gb=size)


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> WhooshIndex:
    """One listing of every model of the catalogue."""
    index = WhooshIndex(tmp_path_factory.mktemp("market"))
    index.rebuild(Document(number, words_of(model)) for number, model in enumerate(MODELS))
    return index


def first(index: WhooshIndex, text: str) -> Any:
    hits = index.match(query_words(text), limit=1)
    return MODELS[hits[0][0]] if hits else None


@pytest.mark.parametrize("judged", JUDGED, ids=[judged["q"] for judged in JUDGED])
def test_what_was_meant_comes_first(market: WhooshIndex, judged: dict[str, Any]) -> None:
    found = first(market, judged["q"])
    assert found is not None, "nothing was found"
    assert found.category == judged["category"], found
    assert "models" not in judged or f"{found.brand}/{found.code}" in judged["models"], found
    for what in ("brand", "type", "body"):
        assert what not in judged or getattr(found, what) == judged[what], found
    assert "energy" not in judged or judged["energy"] in found.energy, found
    assert "feature" not in judged or judged["feature"] in found.features, found


def test_the_judged_set_is_large_and_speaks_of_what_is_there() -> None:
    assert len(JUDGED) >= 60
    known = {f"{model.brand}/{model.code}" for model in MODELS}
    assert {one for judged in JUDGED for one in judged.get("models", ())} <= known
    for category in catalogue.CATEGORIES:
        assert sum(judged["category"] == category for judged in JUDGED) >= 20


@pytest.mark.parametrize("category", catalogue.CATEGORIES)
def test_every_way_of_writing_a_model_finds_it_and_names_it(category: str) -> None:
    lost: list[tuple[str, str]] = []
    for model in catalogue.all_models(category):
        words = words_of(model)
        held = {*words.strong, *words.body}
        for written in catalogue.written_names(model):
            asked = query_words(written)
            if not held.issuperset(asked.required) or f"{model.brand}/{model.code}" not in asked.models:
                lost.append((f"{model.brand}/{model.code}", written))
    assert lost == []


def test_no_two_things_of_different_categories_share_brand_and_code() -> None:
    owners: dict[tuple[str, str], set[str]] = {}
    for model in MODELS:
        owners.setdefault((model.brand, model.code), set()).add(model.category)
    assert [pair for pair, categories in owners.items() if len(categories) > 1] == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("60L", ("60",)),
        ("10kg", ("10",)),
        ("1.5匹", ("1.5",)),
        ("1.5p", ("1.5",)),
        ("2.0", ("2",)),
        ("60升", ("60",)),
        ("史密斯60L", ("ao-smith", "60")),
        ("7座", ("7座",)),
        ("奥迪a4l 2019款", ("audi", "4", "l")),
        ("沃尔沃 S60L", ("volvo", "s", "60", "l")),
        ("小鹏P7", ("xpeng", "p", "7")),
        ("十字门", ("十字门",)),
    ],
)
def test_sizes_lose_their_unit_and_names_keep_their_letters(text: str, words: tuple[str, ...]) -> None:
    assert query_words(text).required == words
