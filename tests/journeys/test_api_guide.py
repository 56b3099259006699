"""The sales in docs/api.md are run as they stand there, on a running marketplace with the town of `make run`, told small.

The people, agencies, fees and suspensions are those of the whole town: only fewer things were offered in it.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from app.accounts import queries as accounts
from app.credit import queries as credit
from app.demo.seed import fill
from app.factory import ROOT
from tests.browser.product import Product
from tests.listings.making import tiny_photo

pytestmark = pytest.mark.slow

GUIDE = (ROOT / "docs/api.md").read_text()
SMALL = 10  # the first things cover every situation and every category once
SELLER = "chen@xunhe.example"


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    running = Product.start(tmp_path_factory.mktemp("guide"), partial(fill, listings=SMALL, say=lambda _line: None))
    try:
        yield running
    finally:
        running.stop()


def block(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)
    return str(found)


def run(product: Product, folder: Path, number: int, script: str) -> subprocess.CompletedProcess[str]:
    """The people's block of the guide, then this script, in one shell. The reader brings photos; the port is another one here."""
    photos = []
    for shot in range(3):
        path = folder / f"{number}-{shot}.jpg"
        path.write_bytes(tiny_photo(10 * number + shot))
        photos.append(str(path))
    given = {
        "API": f"{product.address}/api/v1",
        "PHOTOS": " ".join(photos),
        "XUNYI": str(Path(sys.executable).with_name("xunyi")),
    }
    shell = ["bash", "-c", block("sh") + script]
    return subprocess.run(
        shell, env=product.environment | given, cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )


def completed(product: Product) -> int:
    """Sales that the log holds of the guide's seller."""
    with product.hub.look() as work:
        user = accounts.find_user_by_email(work, SELLER)
        assert user is not None
        return credit.seller_summary(work, user.id).completed


def test_the_guide_names_people_and_agencies_of_the_town_and_says_what_they_are(product: Product) -> None:
    told = block("sh")
    assert SELLER in told
    with product.hub.look() as work:
        for email in re.findall(r"token ([\w.@]+)\)", told):
            assert accounts.find_user_by_email(work, email) is not None, email
    assert completed(product) > 0, "the seller has sold before, as the guide says"


def test_the_sale_in_curl_is_completed_by_a_seller_who_has_sold_before(product: Product, tmp_path: Path) -> None:
    before = completed(product)
    said = run(product, tmp_path, 1, block("bash"))
    assert said.returncode == 0, said.stderr + said.stdout + product.said()[-2000:]
    assert "the sale is completed" in said.stdout
    assert said.stdout.rstrip().endswith(f"sales completed: {before + 1}")


def test_the_sale_in_python_is_completed_with_the_agency_of_the_town(product: Product, tmp_path: Path) -> None:
    (tmp_path / "sale.py").write_text(block("python"))
    (other,) = re.findall(r"`(export IMEI=\d+)`", GUIDE)
    said = run(product, tmp_path, 2, f"{other}\nexec {sys.executable} sale.py\n")
    assert said.returncode == 0, said.stderr + product.said()[-2000:]
    assert "grade " in said.stdout
    assert said.stdout.rstrip().endswith("is completed")
