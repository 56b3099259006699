"""Colours keep their promises: contrast in both themes, and one place where they are named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates"
CSS = ROOT / "static" / "css"


TEXT_ON_SURFACE = [
    (text, surface)
    for text in ("ink", "ink-2", "ink-3", "jade", "jade-deep", "amber", "cinnabar", "cinnabar-deep", "indigo")
    for surface in ("paper", "card", "sunk")
] + [
    ("on-jade", "jade"),
    ("on-jade", "jade-deep"),
    ("on-cinnabar", "cinnabar"),
    ("paper", "ink"),
    ("ink", "jade-wash"),
    ("ink-2", "jade-wash"),
    ("jade", "jade-wash"),
    ("jade-deep", "jade-wash"),
    ("ink", "amber-wash"),
    ("amber", "amber-wash"),
    ("ink", "cinnabar-wash"),
    ("cinnabar", "cinnabar-wash"),
    ("cinnabar-deep", "cinnabar-wash"),
    ("ink", "indigo-wash"),
    ("indigo", "indigo-wash"),
    ("indigo", "jade-wash"),
]


EDGE_ON_SURFACE = [(edge, surface) for edge in ("edge", "jade", "cinnabar", "indigo") for surface in ("paper", "card", "sunk")]


def blocks(css: str) -> dict[str, dict[str, str]]:
    """The colour tokens of each theme by the selector that sets them."""
    found: dict[str, dict[str, str]] = {}
    for selector, body in re.findall(r"([^{}]*)\{([^{}]*)\}", re.sub(r"/\*.*?\*/", "", css, flags=re.S)):
        tokens = dict(re.findall(r"--([a-z0-9-]+):\s*([^;]+);", body))
        found[" ".join(selector.split())] = {**found.get(" ".join(selector.split()), {}), **tokens}
    return found


def themes(css: str) -> dict[str, dict[str, str]]:
    by_selector = blocks(css)
    return {
        "light": by_selector[':root, [data-theme="light"]'],
        "dark": by_selector['[data-theme="dark"]'],
        "dark of the device": by_selector[':root:not([data-theme="light"], [data-theme="dark"])'],
    }


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def too_pale(tokens: dict[str, str], pairs: list[tuple[str, str]], least: float) -> list[str]:
    return [
        f"{front} on {back}: {contrast(tokens[front], tokens[back]):.2f}"
        for front, back in pairs
        if contrast(tokens[front], tokens[back]) < least
    ]


TOKENS = (CSS / "tokens.css").read_text()


@pytest.mark.parametrize("theme", ["light", "dark", "dark of the device"])
def test_text_can_be_read_on_every_surface(theme: str) -> None:
    assert too_pale(themes(TOKENS)[theme], TEXT_ON_SURFACE, 4.5) == []


@pytest.mark.parametrize("theme", ["light", "dark", "dark of the device"])
def test_edges_of_controls_can_be_seen(theme: str) -> None:
    assert too_pale(themes(TOKENS)[theme], EDGE_ON_SURFACE, 3.0) == []


def test_contrast_notices_a_pale_text() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    pale = {**themes(TOKENS)["light"], "ink-3": "#8a9096"}
    assert any(line.startswith("ink-3 on paper") for line in too_pale(pale, TEXT_ON_SURFACE, 4.5))


def test_dark_by_choice_equals_dark_of_the_device_and_both_name_every_colour() -> None:
    found = themes(TOKENS)
    assert found["dark"] == found["dark of the device"]
    assert set(found["dark"]) == set(found["light"])


COLOUR = re.compile(
    r"#[0-9a-f]{3,8}\b|\b(?:rgba?|hsla?|oklch|oklab|lab|lch|color)\(|:\s*(?:white|black|red|green|blue|gr[ae]y|orange|yellow)\b",
    re.I,
)


def test_colours_are_named_in_tokens_only() -> None:
    found = []
    for path in [*CSS.glob("*.css"), *(ROOT / "static" / "js").glob("*.js")]:
        if path.name not in ("tokens.css", "paper.css"):  # paper has one theme, and what prints it knows no light-dark()
            found += [f"{path.name}: {hit}" for hit in COLOUR.findall(path.read_text())]
    in_markup = re.compile(r"""(?:fill|stroke|color|stop-color|bgcolor)=["'](?!none|currentcolor|\{)[^"']+""", re.I)
    for path in TEMPLATES.rglob("*.html"):
        found += [f"{path.relative_to(TEMPLATES)}: {hit}" for hit in in_markup.findall(path.read_text())]
    assert found == []


def test_every_custom_property_that_is_used_is_defined() -> None:
    everything = "\n".join(path.read_text() for path in CSS.glob("*.css"))
    used = set(re.findall(r"var\(--([a-z0-9-]+)\)", everything))
    defined = set(re.findall(r"--([a-z0-9-]+):", everything))
    assert used - defined == set()
