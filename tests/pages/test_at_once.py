"""What is kept in memory shows every change at once, in the process that made it and in every other one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from app.accounts.models import User
from app.factory import create_app, create_hub
from app.kernel.clock import advance
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM, Work
from app.listings import service
from app.listings.models import ListingPhoto
from app.listings.queries import photos_of
from app.listings.service.valuing import value_listing
from app.media.models import Photo
from app.search.service import rebuild
from app.web.templating import CompiledFiles
from tests.accounts.making import actor, make_user
from tests.listings.making import fresh, make_listing
from tests.listings.test_reports import sign_report
from tests.valuation.making import make_sales

PLACES = ("/", "/search", "/search?q=iphone", "/c/phones", "/search?sort=price_up")


@pytest.fixture
def readers(hub: Hub, app: Flask, compiled_templates: CompiledFiles) -> Iterator[list[FlaskClient]]:
    """Readers of two processes: each application has its own engines, shelf and kept parts."""
    other = create_hub(hub.settings, queue=False)
    second = create_app(other)
    second.jinja_env.bytecode_cache = compiled_templates
    yield [app.test_client(), second.test_client()]
    other.db.dispose()


def photo_id(work: Work, code: str) -> int:
    return work.session.scalars(select(Photo.id).where(Photo.code == code)).one()


def pages(readers: list[FlaskClient], code: str = "") -> list[str]:
    """All pages on which the listing stands, asked twice, so that the second look could come from memory."""
    places = (*PLACES, f"/items/{code}") if code else PLACES
    return [reader.get(place).text for reader in readers for place in places for _ in range(2)]


def test_price_grade_photo_and_state_show_at_once_everywhere(hub: Hub, readers: list[FlaskClient]) -> None:
    seller = make_user(hub, name="Old Name")
    listing = make_listing(hub, seller, photos=4)
    rebuild(hub.db, hub.index)
    code = listing.code
    assert all(f"/items/{code}" in page for page in pages(readers))

    with hub.begin(actor(hub, seller)) as work:
        service.edit(work, code, 123_400, listing.description, fresh(hub, listing.id).revision)
    assert all("1,234" in page for page in pages(readers, code))

    report = sign_report(hub, seller, listing)
    hub.drain()
    assert all(f'<span class="tier-mark">{report.tier}</span>' in page for page in pages(readers, code))

    with hub.look() as work:
        first, second = (photo.code for photo in photos_of(work, listing.id)[:2])
    assert all(first in page and second not in page for page in pages(readers))
    with hub.begin(SYSTEM) as work:
        work.session.execute(update(ListingPhoto).where(ListingPhoto.photo_id == photo_id(work, first)).values(position=99))
    assert all(second in page and first not in page for page in pages(readers))

    with hub.begin(SYSTEM) as work:
        work.session.execute(update(User).where(User.id == seller.id).values(display_name="New Name"))
    for reader in readers:
        page = reader.get(f"/items/{code}").text
        assert "New Name" in page
        assert "Old Name" not in page

    with hub.begin(actor(hub, seller)) as work:
        service.pause(work, code)
    assert not any(f"/items/{code}" in page for page in pages(readers))
    assert [reader.get(f"/items/{code}").status_code for reader in readers] == [404, 404]


def test_an_offer_that_ran_out_is_gone_from_lists_before_its_deadline_is_worked_off(hub: Hub, readers: list[FlaskClient]) -> None:
    code = make_listing(hub, make_user(hub)).code
    rebuild(hub.db, hub.index)
    lists = ("/search", "/search?q=iphone", "/c/phones")
    assert all(f"/items/{code}" in reader.get(place).text for reader in readers for place in lists)
    with hub.begin(SYSTEM) as work:
        advance(work, timedelta(days=400))
    assert not any(f"/items/{code}" in reader.get(place).text for reader in readers for place in lists)


def test_languages_do_not_mix_in_what_is_kept(hub: Hub, readers: list[FlaskClient]) -> None:
    make_listing(hub, make_user(hub))
    rebuild(hub.db, hub.index)
    for reader in readers:
        for language, own, other in (
            ("zh_CN", "未鉴定", "Not appraised"),
            ("en", "Not appraised", "未鉴定"),
            ("zh_CN", "未鉴定", "Not appraised"),
        ):
            reader.set_cookie("lang", language)
            for place in PLACES:
                page = reader.get(place).text
                assert own in page, (language, place)
                assert other not in page, (language, place)


def test_a_new_estimate_is_shown_at_once_everywhere(hub: Hub, readers: list[FlaskClient]) -> None:
    listing = make_listing(hub, make_user(hub))

    def give() -> None:
        with hub.begin(SYSTEM) as work:
            value_listing(work, listing.id)

    def estimates() -> set[str]:
        seen = [reader.get(f"/items/{listing.code}").text for reader in readers for _ in range(2)]
        return {page.split('aria-labelledby="price"')[1].split("</section>")[0] for page in seen}

    (nothing,) = estimates()
    assert "7,777" not in nothing
    make_sales(hub, *[7_777] * 5)
    give()
    (one,) = estimates()
    assert "7,777" in one
    make_sales(hub, *[8_888] * 7)
    give()
    (two,) = estimates()
    assert "8,888" in two
