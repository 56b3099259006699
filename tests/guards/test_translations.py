"""Chinese is complete: every marked sentence has a translation with the same named values."""

from __future__ import annotations

import html
import re
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from babel.support import Translations

from app.factory import ROOT

METHODS = [("app/**.py", "python"), ("grading/**.py", "python"), ("templates/**.html", "jinja2"), ("templates/**.txt", "jinja2")]
KEYWORDS = {"_": None, "_l": None, "gettext": None, "lazy_gettext": None, "N_": None}
NAMED = re.compile(r"%\((\w+)\)[sd]")


def marked() -> dict[str, list[str]]:
    """Message id -> where it is used."""
    found: dict[str, list[str]] = {}
    for folder, methods in (("app", [("**.py", "python")]), ("templates", [("**.html", "jinja2"), ("**.txt", "jinja2")])):
        for name, line, message, *_ in extract_from_dir(ROOT / folder, method_map=methods, keywords=KEYWORDS):
            assert isinstance(message, str), f"{name}:{line} uses a plural"
            found.setdefault(message, []).append(f"{folder}/{name}:{line}")
    return found


def catalogue() -> dict[str, str]:
    with Path(ROOT / "translations/zh/LC_MESSAGES/messages.po").open("rb") as file:
        return {str(entry.id): str(entry.string) for entry in read_po(file, locale="zh_CN") if entry.id and not entry.fuzzy}


def test_set_up_compiles_the_catalogue() -> None:
    """A catalogue whose header is marked fuzzy is left out by pybabel without an error, and every page turns English."""
    source = ROOT / "translations/zh/LC_MESSAGES/messages.po"
    assert "fuzzy" not in source.read_text()
    with source.with_suffix(".mo").open("rb") as file:
        compiled = Translations(file)
    assert {message: compiled.gettext(message) for message in catalogue()} == catalogue()


def test_every_sentence_has_its_chinese() -> None:
    known = catalogue()
    missing = [f"{places[0]}: {message}" for message, places in marked().items() if not known.get(message)]
    assert missing == []


def test_no_translation_is_left_over() -> None:
    assert sorted(set(catalogue()) - set(marked())) == []


def test_named_values_are_the_same_in_both_languages() -> None:
    wrong = [message for message, chinese in catalogue().items() if set(NAMED.findall(message)) != set(NAMED.findall(chinese))]
    assert wrong == []


def test_chinese_texts_are_chinese() -> None:
    allowed = {"Xunyi", "OK", "E-mail", "IMEI"}
    latin = [
        m
        for m, c in catalogue().items()
        if not re.search(r"[一-鿿]", c) and re.search(r"[A-Za-z]{4,}", NAMED.sub("", c)) and c not in allowed
    ]
    assert latin == []


def test_templates_have_no_visible_text_outside_translation() -> None:
    """Text between tags that holds letters must come from a message; names of the product and units are listed."""
    listed = re.compile(r"^(Xunyi|中文|English|IMEI|SHA-256|RFC 8785|kB|MB|GB|JSON|CSV|px|[A-Z]{1,3})$")
    faults = []
    for path in sorted(Path(ROOT / "templates").rglob("*.html")):
        if path.parent.name == "styleguide":
            continue
        text = re.sub(
            r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<!--.*?-->|<script.*?</script>|<style.*?</style>", " ", path.read_text(), flags=re.S
        )
        for piece in re.findall(r">([^<>]+)<", text):
            word = html.unescape(piece).strip()
            if (
                re.search(r"[A-Za-z]{2,}|[一-鿿]", word) and not listed.match(word) and not word.startswith("money\n")
            ):  # a macro that names a kind
                faults.append(f"{path.relative_to(ROOT)}: {word[:60]}")
    assert not faults, "\n".join(faults)
