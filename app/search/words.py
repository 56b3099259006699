"""From what people type to the words that are looked up, and from a listing to the words under which it is found.

Both sides go through the same steps, so that "苹果13 128" and "iPhone 13 128GB" meet: Unicode NFKC, lower case, punctuation
out, Chinese cut into words by our dictionary, runs like "mate60pro" cut at letters and digits, brand and place names turned
into one word each, "128gb", "128g" and "128" into 128 and "1tb" into 1024.

User text never becomes a query language. At most 100 characters and 10 words of it are looked at: a search engine asked for
wildcards or for one word of 100,000 characters works for a minute on it.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from app.goods import catalogue
from app.goods.queries import OTHER
from app.search.vocabulary import (
    DESCRIPTIONS,
    FILLERS,
    HAN,
    brand_words,
    cutter,
    equal_phrases,
    equal_words,
    latin_words,
    line_words,
    makers,
    whole_words,
)

MAX_CHARACTERS = 100
MAX_TERMS = 10
MAX_TERM_CHARACTERS = 40
MAX_DOCUMENT_CHARACTERS = 2_000

_DIGITS = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_LEX = re.compile(rf"(?P<number>[0-9]+(?:\.[0-9]+)?)|(?P<latin>[a-z]+)|(?P<han>[{HAN}]+)|(?P<plus>\+)|(?P<other>[^\W\d_]+)")
_MEMORY_PAIR = re.compile(r"(?<![0-9a-z])(\d{1,2})\s*(?:gb|g)?\s*\+\s*(\d{2,4}|[12]\s*tb?)\s*(?:gb|g)?(?![0-9a-z])")
_NETWORKS = {"2", "3", "4", "5"}

CATEGORY_WORDS = {"phone": ("手机",), "car": ("汽车", "车", "二手车"), "appliance": ("家电", "电器")}
_AFTER_NUMBERS = {"pm": ("pro", "max"), "u": ("ultra",)}
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz")
_YEAR = re.compile(r"((?:19|20)\d\d)\s*[款年]")
_UNIT_LETTERS = {"kg", "l", "hp", "inch"}
_HORSEPOWERS = {"1", "1.5", "2", "2.5", "3", "5"}
UNITS = {"litre": "升", "kg": "公斤", "horsepower": "匹", "inch": "英寸"}


@dataclass(frozen=True, slots=True)
class QueryWords:
    """What is looked up: every `required` word must be there, `preferred` words and exact `models` only raise the rank.

    `models` are "brand/model" codes. `shortened` says that a part of the text was left out, so that the page can tell.
    """

    required: tuple[str, ...]
    preferred: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    shortened: bool = False

    @property
    def is_empty(self) -> bool:
        return not self.required


@dataclass(frozen=True, slots=True)
class DocumentWords:
    """Words of one listing: `strong` from its typed facts (brand, model, storage), `body` from everything else."""

    strong: tuple[str, ...]
    body: tuple[str, ...]
    model: str


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    kind: str
    start: int
    end: int


def clean(text: str, limit: int = MAX_CHARACTERS) -> str:
    """Text as it may be shown back in the search box: NFKC, no control characters or lone surrogates, at most `limit` long."""
    safe = "".join(
        " " if unicodedata.category(char) in {"Cc", "Cs", "Cf", "Cn", "Co", "Zl", "Zp"} else char for char in text[: limit * 4]
    )
    return " ".join(unicodedata.normalize("NFKC", safe).split())[:limit].strip()


def tokens(text: str, *, limit: int = MAX_CHARACTERS, for_query: bool = False) -> list[str]:
    """Words of a text in their order, with repeats. A query leaves out a long word whose parts say the same."""
    ready = _read_numerals(_separate_memory(clean(text, limit).lower(), keep_both=not for_query))
    words: list[str] = []
    pieces = _pieces(ready)
    index = 0
    while index < len(pieces):
        piece = pieces[index]
        following = pieces[index + 1] if index + 1 < len(pieces) else None
        if piece.kind == "number":
            word, used = _number(ready, piece, following)
            words.append(word)
            index += used
            continue
        if piece.kind == "plus":
            if index and pieces[index - 1].end == piece.start and not (following and following.kind == "number"):
                words.append("plus")
        elif piece.kind == "latin":
            words.extend(_latin(piece.text, after_number=bool(words) and words[-1].isdigit()))
        elif piece.kind == "han":
            words.extend(_han(piece.text, for_query=for_query))
        else:
            words.append(piece.text)
        index += 1
    return _join_phrases([word[:MAX_TERM_CHARACTERS] for word in words])


def query_words(text: str) -> QueryWords:
    """What to look up for the text in the search box. Text without any word gives an empty value, never an error."""
    found = tokens(text, for_query=True)
    unique = list(dict.fromkeys(found))
    descriptions = DESCRIPTIONS | set(_YEAR.findall(clean(text)))  # 2019款: few titles say the year
    required = [word for word in unique if word not in FILLERS | descriptions]
    weak = [word for word in unique if word in descriptions]
    if not required:
        required, weak = weak, []
    return QueryWords(
        required=tuple(required[:MAX_TERMS]),
        preferred=tuple(weak[: MAX_TERMS - len(required[:MAX_TERMS])]),
        models=_models_named(found),
        shortened=len(unique) > MAX_TERMS or _is_longer(text),
    )


def document_words(
    *,
    title: str,
    brand: str,
    model: str,
    storage_gb: int | None = None,
    colour: str | None = None,
    district: str | None = None,
    category: str = "phone",
    kind: str | None = None,
    facts: Sequence[str] = (),
) -> DocumentWords:
    """Words of one listing from its codes and its title. An unknown code is indexed as it is written.

    `kind`: the type of an appliance or the body of a car, where the listing says it and the model does not.
    `facts`: what the seller says that it is, in Chinese (自动挡, 天然气).
    """
    strong: list[str] = []
    body: list[str] = list(CATEGORY_WORDS.get(category, ()))
    maker = catalogue.find_brand(category, brand)
    listed = catalogue.find_model(category, brand, model)
    if brand != OTHER:
        strong.extend([brand] if maker else tokens(brand))
    if listed:
        strong.extend(tokens(listed.short))
        body.extend(_words_of_model(listed))
    elif model != OTHER:
        strong.extend(tokens(model))
    if maker:
        body.extend(maker.also)
    if kind:
        body.extend(_words_of_kind(kind))
    for fact in facts:
        body.extend(tokens(fact))
    if storage_gb:
        strong.append(str(storage_gb))
    if colour:
        found = catalogue.find_colour(colour)
        for name in (found.name.zh, found.name.en) if found else (colour,):
            body.extend(tokens(name))
    place = catalogue.find_district(district) if district else None
    if place:
        body.extend(["重庆", place.short, *tokens(place.name.zh)])
    body.extend(tokens(title, limit=MAX_DOCUMENT_CHARACTERS))
    strong_words = tuple(dict.fromkeys(strong))
    return DocumentWords(
        strong=strong_words,
        body=tuple(word for word in dict.fromkeys(body) if word not in strong_words),
        model=f"{brand}/{model}",
    )


def _is_longer(text: str) -> bool:
    return len(clean(text, MAX_CHARACTERS + 1)) > MAX_CHARACTERS


def _separate_memory(text: str, *, keep_both: bool) -> str:
    """ "12+256" is working memory and storage. We keep storage only, so the first number must not be required."""
    return _MEMORY_PAIR.sub(r"\1 \2 " if keep_both else r"\2 ", text)


@cache
def _numeral_pattern() -> re.Pattern[str]:
    names = "|".join(re.escape(word) for word in brand_words())
    return re.compile(rf"({names})\s*十([一二三四五六七八九]?)(?![字代一二三四五六七八九])")


def _read_numerals(text: str) -> str:
    """苹果十三 is written for 苹果13: Chinese ten to nineteen directly after a brand or line becomes a number."""
    return _numeral_pattern().sub(lambda found: f"{found[1]} {10 + _DIGITS.get(found[2], 0)}", text)


def _pieces(text: str) -> list[_Piece]:
    return [_Piece(found.group(), found.lastgroup or "other", found.start(), found.end()) for found in _LEX.finditer(text)]


def _number(text: str, piece: _Piece, following: _Piece | None) -> tuple[str, int]:
    """A number with its unit as one word, and how many pieces that used: 128g = 128gb = 128, 1t = 1tb = 1024, 5g stays 5g.

    Sizes lose their unit: 60l = 60, 10kg = 10, 1.5p (匹) = 1.5, and 2.0 is 2.
    """
    number = re.sub(r"\.0+$", "", piece.text).lstrip("0") or "0"
    if following is not None and following.kind == "han" and following.text.startswith("座") and following.start == piece.end:
        return f"{number}座", 1
    if following is None or following.kind != "latin":
        return number, 1
    gap = text[piece.end : following.start]
    if gap.strip():
        return number, 1
    unit = following.text
    if unit == "gb":
        return number, 2
    if unit == "g":
        return (f"{number}g", 2) if number in _NETWORKS and not gap else (number, 2)
    if unit in {"t", "tb"} and number in {"1", "2"}:
        return str(1024 * int(number)), 2
    is_size = piece.start == 0 or text[piece.start - 1] not in _LETTERS  # in "S60L" and "P7" letters are a part of the name
    if is_size and (unit in _UNIT_LETTERS or (unit == "p" and number in _HORSEPOWERS)):
        return number, 2
    return number, 1


def _latin(run: str, *, after_number: bool) -> list[str]:
    """A run of letters as words: known words stay, "promax" and "iphonexr" are cut where every part is known."""
    run = equal_words().get(run, run)
    if after_number and run in _AFTER_NUMBERS:
        return list(_AFTER_NUMBERS[run])
    if not run.isascii():
        return [run]
    parts = _cut_latin(run[:MAX_TERM_CHARACTERS])
    return [equal_words().get(part, part) for part in parts]


def _cut_latin(run: str) -> list[str]:
    """The cut into the fewest known words; at most one single letter, and only at the end, as in "huaweip" of huaweip40."""
    known = latin_words()
    if run in known:
        return [run]
    best: list[list[str] | None] = [[]] + [None] * len(run)
    for end in range(1, len(run) + 1):
        for start in range(end):
            before = best[start]
            part = run[start:end]
            if before is None:
                continue
            is_last_letter = end == len(run) and len(part) == 1 and bool(before) and len(before[-1]) > 2
            if (part in known or is_last_letter) and (best[end] is None or len(before) + 1 < len(best[end] or [])):
                best[end] = [*before, part]
    return best[len(run)] or [run]


def _han(run: str, *, for_query: bool) -> list[str]:
    """Chinese as words. A document gets long words and their parts; a query needs only what no shorter word says already."""
    words: list[str] = []
    for word in cutter().cut(run):
        parts = [part for part in cutter().cut_for_search(word) if part != word]
        same = equal_words().get(word)
        if same is not None:
            words.append(same)
            if not for_query:
                words.extend(part for part in parts if part != same)
        elif for_query:
            words.extend(parts if word not in whole_words() and _covers(parts, word) else [word])
        else:
            words.extend([*parts, word])
    return [_without_colour_sign(equal_words().get(word, word)) for word in words]


def _without_colour_sign(word: str) -> str:
    return word[:-1] if len(word) > 1 and word.endswith("色") and word != "成色" else word


def _covers(parts: Sequence[str], word: str) -> bool:
    covered = [False] * len(word)
    for part in parts:
        at = word.find(part)
        while at >= 0:
            covered[at : at + len(part)] = [True] * len(part)
            at = word.find(part, at + 1)
    return bool(parts) and all(covered)


def _join_phrases(words: Sequence[str]) -> list[str]:
    phrases = equal_phrases()
    longest = max((len(phrase) for phrase in phrases), default=1)
    joined: list[str] = []
    index = 0
    while index < len(words):
        for size in range(min(longest, len(words) - index), 1, -1):
            same = phrases.get(tuple(words[index : index + size]))
            if same:
                joined.append(same)
                index += size
                break
        else:
            joined.append(words[index])
            index += 1
    return joined


@cache
def _words_of_model(model: catalogue.Model) -> tuple[str, ...]:
    words: list[str] = []
    for name in (model.name, model.name_en, *model.aliases):
        words.extend(tokens(name))
    if isinstance(model, catalogue.PhoneModel):
        words.extend("折叠屏" for tag in model.tags if tag == "foldable")
    if isinstance(model, catalogue.CarModel):
        for code in (model.body, *model.energy):
            words.extend(_words_of_kind(code))
        words.extend(f"{seats}座" for seats in model.seats)
    if isinstance(model, catalogue.ApplianceModel):
        words.extend(_words_of_kind(model.type))
        for feature in catalogue.features():
            if feature.code in model.features:
                words.extend(word for name in (feature.name.zh, feature.name.en, *feature.aliases) for word in tokens(name))
        if model.capacity:
            words.extend([f"{model.capacity.value:g}", UNITS[model.capacity.unit]])
    return tuple(dict.fromkeys(words))


@cache
def _words_of_kind(code: str) -> tuple[str, ...]:
    """What people type for a type of appliances, a body or an energy of cars."""
    kind = catalogue.find_kind(code)
    names = (kind.name.zh, kind.name.en, *kind.aliases) if kind else ()
    return tuple(dict.fromkeys(word for name in names for word in tokens(name)))


@cache
def _model_names() -> dict[tuple[str, ...], frozenset[str]]:
    """Every way of writing a model as a sequence of words, to the models meant by it.

    Brand names are all one word here (the brand's code), so a name is cut once and not once for every name of its brand.
    """
    names: dict[tuple[str, ...], set[str]] = {}
    for brand, models in makers():
        lines = {brand.code, *line_words(brand)}
        for model in models:
            for written in dict.fromkeys(name.lower() for name in (model.short, model.short_en, *model.aliases)):
                words = tuple(tokens(written, for_query=True))
                bare = words[1:] if len(words) > 1 and words[0] in lines else words
                for each in (words, bare, *((line, *bare) for line in lines)):
                    names.setdefault(tuple(_join_phrases(each)), set()).add(f"{model.brand}/{model.code}")
    return {words: frozenset(found) for words, found in names.items()}


def _models_named(words: Sequence[str]) -> tuple[str, ...]:
    """Models whose whole name stands in the words, the longest name only: "13 pro 256" names the 13 Pros, not the 13s."""
    names = _model_names()
    for size in range(min(len(words), MAX_TERMS), 0, -1):
        found = {code for start in range(len(words) - size + 1) for code in names.get(tuple(words[start : start + size]), ())}
        if found:
            return tuple(sorted(found))
    return ()
