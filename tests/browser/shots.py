"""``make shots``: pictures of today's pages from a running demo town, into build/shots; those that docs show, small, into docs/pictures.

Everything is started for the pictures and stopped afterwards; the demo town is filled anew, which takes about two minutes.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path

import click
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from app.demo import seed
from app.factory import ROOT
from tests.browser.journey import sign_in
from tests.browser.product import Product
from tests.browser.scenery import Shot, desk_shots, guide_shots, town_shots
from tests.browser.seeing import Watch, launch, visitor

FOLDER = ROOT / "build/shots"
KEPT = ROOT / "docs/pictures"
WIDTHS = {"phone": 390, "desk": 1280}
MOST_BYTES = 200_000
TO_THE_TOP = """place => {
  const strip = document.querySelector(".workbench-strip");  // stays in sight
  scrollBy(0, place.getBoundingClientRect().top - (strip ? strip.offsetHeight : 0) - 16);
}"""
IN_SIGHT = """[...document.images].every(each => {
  const place = each.getBoundingClientRect();
  return each.complete || place.top > innerHeight || place.bottom < 0 || !place.width;
})"""


def main() -> None:
    """Take every picture; exit code 1 when a page had an error or a kept picture is too large."""
    watch = Watch()
    with tempfile.TemporaryDirectory(prefix="xunyi-shots-") as folder:
        click.echo("Filling the demo town ...")
        product = Product.start(Path(folder), fill=lambda hub: seed.fill(hub))
        try:
            shots = [*town_shots(product.hub), *desk_shots(product.hub), *guide_shots(product.hub)]
            with sync_playwright() as playwright:
                browser = launch(playwright)
                take(product.address, browser, watch, shots)
                browser.close()
        finally:
            product.stop()
    keep(shots)
    if wrongs := watch.take():
        raise SystemExit("\n".join(wrongs))


def take(address: str, browser: Browser, watch: Watch, shots: Sequence[Shot]) -> None:
    """Each picture in the browser of its reader; readers sign in once for all pictures in a row that they take in one way."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for (who, desk, dark), of_one in groupby(shots, key=lambda shot: (shot.who, shot.desk, shot.dark)):
        with visitor(browser, address, watch, desk=desk, dark=dark) as page:
            if who:
                sign_in(page, who, password=seed.PASSWORD)
            for shot in of_one:
                _take(page, shot)


def _take(page: Page, shot: Shot) -> None:
    page.goto(shot.address)
    _settle(page)
    if shot.typed:
        field, words = shot.typed
        page.locator(field).fill(words)
    if shot.at:
        page.locator(shot.at).first.evaluate(TO_THE_TOP)
        _settle(page)
    path = FOLDER / f"{shot.file}.png"
    page.screenshot(path=path)
    click.echo(str(path.relative_to(ROOT)))


def _settle(page: Page) -> None:
    """Wait for the pictures in sight. Not for a quiet network: the workbench fetches its other pages all the while."""
    page.wait_for_load_state("load")
    for _ in range(100):
        page.wait_for_timeout(100)
        if page.evaluate(IN_SIGHT):
            return


def keep(shots: Iterable[Shot]) -> None:
    """The pictures that README and guides show: one pixel of the page is one of the picture. What nothing shows goes."""
    KEPT.mkdir(parents=True, exist_ok=True)
    sizes: dict[str, int] = {}
    for shot in shots:
        if not shot.kept:
            continue
        with Image.open(FOLDER / f"{shot.file}.png") as taken:
            width = WIDTHS["desk" if shot.desk else "phone"]
            small = taken.convert("RGB").resize((width, taken.height * width // taken.width), Image.Resampling.LANCZOS)
        path = KEPT / f"{shot.file}.webp"
        small.save(path, quality=80, method=6)
        sizes[path.name] = path.stat().st_size
    for path in KEPT.glob("*.webp"):
        if path.name not in sizes:
            path.unlink()
    _refuse_heavy(sizes)


def _refuse_heavy(sizes: Mapping[str, int]) -> None:
    heavy = [f"{name} has {size} bytes: too many to be kept" for name, size in sizes.items() if size > MOST_BYTES]
    if heavy:
        raise SystemExit("\n".join(heavy))


if __name__ == "__main__":
    main()
