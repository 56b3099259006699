"""``make shots``: pictures of the pages for the README, from a running demo town, into build/shots.

Everything is started for the pictures and stopped afterwards; the demo town is filled anew, which takes about a minute.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import click
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import select

from app.accounts import queries
from app.appraisal.models import Appraisal, Report
from app.demo import seed
from app.factory import ROOT
from app.listings.models import Listing
from app.trades.models import Order
from tests.browser.journey import sign_in
from tests.browser.product import Product
from tests.browser.seeing import Watch, launch, visitor

FOLDER = ROOT / "build/shots"


def main() -> None:
    """Take every picture; exit code 1 when a page had an error."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    watch = Watch()
    with tempfile.TemporaryDirectory(prefix="xunyi-shots-") as folder:
        product = Product.start(Path(folder), fill=lambda hub: seed.fill(hub, say=click.echo))
        try:
            with sync_playwright() as playwright:
                browser = launch(playwright)
                _take_all(product, browser, watch)
                browser.close()
        finally:
            product.stop()
    if wrongs := watch.take():
        raise SystemExit("\n".join(wrongs))


def _take_all(product: Product, browser: Browser, watch: Watch) -> None:
    item, report, seller = _appraised(product)
    order, buyer = _finished(product)
    inspection, appraiser = _open_inspection(product)
    for desk in (False, True):
        with visitor(browser, product.address, watch, desk=desk) as page:
            _take(page, "home", "/", desk)
            _take(page, "search", "/search?q=苹果13 128", desk)
            _take(page, "item", f"/items/{item}", desk)
            _take(page, "report", f"/reports/{report}", desk)
            _take(page, "seller", f"/sellers/{seller}", desk)
            _take(page, "worth", "/worth?phone=apple/iphone-13&storage=128", desk)
            _take(page, "protection", "/protection", desk)
    with visitor(browser, product.address, watch) as page:
        sign_in(page, buyer, password=seed.PASSWORD)
        _take(page, "order", f"/orders/{order}", False)
    with visitor(browser, product.address, watch, desk=True) as page:
        sign_in(page, appraiser, password=seed.PASSWORD)
        _take(page, "inspection", f"/appraisals/{inspection}/inspect", True)


def _take(page: Page, name: str, address: str, desk: bool) -> None:
    page.goto(address)
    page.wait_for_load_state("networkidle")
    path = FOLDER / f"{name}-{'desk' if desk else 'phone'}.png"
    page.screenshot(path=path)
    click.echo(str(path.relative_to(ROOT)))


def _appraised(product: Product) -> tuple[str, str, str]:
    """Codes of an appraised listing on sale, its report, and its seller."""
    with product.hub.look() as work:
        row = work.session.execute(
            select(Listing, Report)
            .join(Report, Report.thing_id == Listing.thing_id)
            .where(Listing.state == "active", Report.tier.is_not(None))
            .order_by(Listing.id)
        ).first()
        assert row is not None, "no appraised listing is on sale in the demo town"
        return row[0].code, row[1].code, queries.user_by_id(work, row[0].seller_id).code


def _finished(product: Product) -> tuple[str, str]:
    """The code of a completed order, and its buyer's address."""
    with product.hub.look() as work:
        order = work.session.scalars(select(Order).where(Order.state == "completed").order_by(Order.id)).first()
        assert order is not None, "no sale is completed in the demo town"
        return order.code, queries.user_by_id(work, order.buyer_id).email


def _open_inspection(product: Product) -> tuple[str, str]:
    """The code of an inspection under way, and its appraiser's address."""
    with product.hub.look() as work:
        found = work.session.scalars(select(Appraisal).where(Appraisal.state == "inspecting").order_by(Appraisal.id)).first()
        assert found is not None, "no inspection is under way in the demo town"
        assert found.appraiser_id is not None
        return found.code, queries.user_by_id(work, found.appraiser_id).email


if __name__ == "__main__":
    main()
