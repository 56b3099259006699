"""The sales in docs/api.md are run as they stand there, against the running product."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.accounts import queries, service, tokens
from app.accounts.rules import SCOPES
from app.factory import ROOT
from app.kernel.work import SYSTEM
from tests.browser.product import AGENCY, Product
from tests.listings.making import make_imei, tiny_photo

pytestmark = pytest.mark.slow

GUIDE = (ROOT / "docs/api.md").read_text()


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    running = Product.start(tmp_path_factory.mktemp("guide"))
    try:
        running.hire("appraiser", "周明", AGENCY)
        yield running
    finally:
        running.stop()


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)
    assert found
    return found[1]


def surroundings(product: Product, folder: Path, number: int) -> dict[str, str]:
    """Tokens of a fresh seller and buyer, of the appraiser and a colleague, three photos, and the number of a phone."""
    given = {"API": f"{product.address}/api/v1", "IMEI": make_imei(700_000 + number), "AGENCY": AGENCY}
    with product.hub.begin(SYSTEM) as work:
        password_hash = service.hash_password("green lamp on the stairs", time_cost=1)
        people = {
            name: service.create_user(work, f"{name.lower()}{number}@xunyi.example", f"{name} {number}", password_hash)
            for name in ("SELLER", "BUYER")
        }
        people["APPRAISER"] = queries.user_by_id(work, product.staff["appraiser"].id)
        people["COLLEAGUE"] = queries.user_by_id(work, product.staff["senior"].id)
        for name, user in people.items():
            given[name] = tokens.issue(work, user.id, "guide", SCOPES).secret
    photos = []
    for shot in range(3):
        path = folder / f"{number}-{shot}.jpg"
        path.write_bytes(tiny_photo(10 * number + shot))
        photos.append(str(path))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("XUNYI_")}
    return {**kept, **given, "PHOTOS": " ".join(photos)}


def test_the_sale_in_python_is_completed(product: Product, tmp_path: Path) -> None:
    script = tmp_path / "sale.py"
    script.write_text(block("python"))
    environment = surroundings(product, tmp_path, 1)
    said = subprocess.run([sys.executable, str(script)], env=environment, capture_output=True, text=True, timeout=240)
    assert said.returncode == 0, said.stderr + product.said()[-2000:]
    assert said.stdout.rstrip().endswith("is completed")


def test_the_sale_in_curl_is_completed(product: Product, tmp_path: Path) -> None:
    environment = surroundings(product, tmp_path, 2)
    said = subprocess.run(
        ["bash", "-c", block("bash")], env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=240
    )
    assert said.returncode == 0, said.stderr + said.stdout
    assert "the sale is completed" in said.stdout
    assert said.stdout.rstrip().endswith("sales completed: 1")
