"""Pictures that README and guides show: there, small enough to be kept, described, and none that nothing shows."""

from __future__ import annotations

import re
from pathlib import Path

from app.factory import ROOT

FOLDER = ROOT / "docs/pictures"
MOST_BYTES = 200_000
PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")


def shown() -> list[tuple[Path, str, Path]]:
    """(page, what the picture is said to show, its file) for every picture of the documents."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    found = [(page, words, address) for page in pages for words, address in PICTURE.findall(page.read_text("utf-8"))]
    return [(page, words, (page.parent / address).resolve()) for page, words, address in found if "://" not in address]


def test_every_picture_of_the_documents_is_there_small_and_described() -> None:
    pictures = shown()
    assert len(pictures) >= 20, "README and the guides of appraisers and agencies show pages"
    missing = [f"{page.name}: {file.name}" for page, _, file in pictures if not file.is_file()]
    assert missing == []
    heavy = {file.name: file.stat().st_size for _, _, file in pictures if file.stat().st_size >= MOST_BYTES}
    assert heavy == {}
    assert [file.name for _, words, file in pictures if len(words) < 10] == []


def test_no_picture_is_kept_that_nothing_shows() -> None:
    assert sorted(file.name for file in FOLDER.iterdir()) == sorted({file.name for _, _, file in shown()})
