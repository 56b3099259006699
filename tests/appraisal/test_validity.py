"""How long a report counts and where it says so: on its page, on the offer, and on the paper whose square leads back to it."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
import segno
from flask import Flask
from sqlalchemy import text

from app.appraisal.models import Report
from app.appraisal.validity import changed_facts, valid_until
from app.kernel.clock import advance
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from grading import scheme_for
from tests.accounts.making import make_user, reader
from tests.appraisal.making import make_report
from tests.listings.making import make_listing

RECT = re.compile(r'<rect x="(\d+)" y="(\d+)"')


@pytest.mark.parametrize(("category", "days"), [("car", 90), ("electric_car", 90), ("phone", 60), ("appliance", 90)])
def test_a_report_counts_for_the_days_of_its_category(category: str, days: int) -> None:
    day = date(2026, 11, 28)
    assert valid_until(scheme_for(category, day), category.removeprefix("electric_"), day) == day + timedelta(days=days)


@pytest.mark.parametrize(
    ("now", "changed"),
    [({"mileage": 52_000}, ()), ({"mileage": 51_999}, ("mileage",)), ({"mileage": 90_000}, ("mileage",)), ({"mileage": 52_000, "colour": "red"}, ("colour",))],
)  # fmt: skip
def test_a_car_has_changed_when_something_else_is_said_of_it_or_it_was_driven_far(
    now: dict[str, object], changed: tuple[str, ...]
) -> None:
    assert changed_facts("car", {"mileage": 52_000}, now) == changed


def test_the_offer_says_that_its_report_has_expired_or_that_the_item_has_changed(app: Flask, hub: Hub) -> None:
    listing = make_listing(hub, make_user(hub))
    report = make_report(hub, listing=listing)
    hub.drain()

    def offer() -> str:
        return reader(app).get(f"/items/{listing.code}").text

    assert "This report has expired." not in offer()
    assert "The item has changed since this report." not in offer()
    with hub.begin(SYSTEM) as work:
        work.session.execute(text("UPDATE thing SET colour = 'other' WHERE id = :id"), {"id": report.thing_id})
    assert "The item has changed since this report." in offer()
    with hub.begin(SYSTEM) as work:
        advance(work, timedelta(days=61))
    page = offer()
    assert "This report has expired." in page
    assert "The item has changed" not in page  # one reason is enough: it does not count any more
    assert "This report has expired." in reader(app).get(f"/reports/{report.code}").text


def test_the_square_on_the_paper_leads_to_the_public_check_of_this_report(app: Flask, hub: Hub) -> None:
    report: Report = make_report(hub)
    page = reader(app).get(f"/reports/{report.code}/print").text
    drawn = {(int(x), int(y)) for x, y in RECT.findall(page)}
    base = hub.settings.base_url.rstrip("/")
    address = re.search(rf'aria-label="({re.escape(base)}[^"]+)"', page)
    assert address is not None
    assert report.code in address[1]
    wanted = segno.make(address[1], error="m").matrix
    assert drawn == {(x, y) for y, row in enumerate(wanted) for x, dark in enumerate(row) if dark}
    checked = reader(app).get(address[1].removeprefix(base), follow_redirects=True)
    assert checked.status_code == 200
    assert "Genuine: every byte is as it was signed." in checked.text
