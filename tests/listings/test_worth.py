"""The page of an offer shows its price among what it is worth, by the estimate that is stored for it."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, update

from app.kernel import trace
from app.kernel.rates import Limit
from app.kernel.work import SYSTEM
from app.listings.models import Listing
from app.listings.service import valuing
from app.listings.service.valuing import value_listing
from app.valuation import queries as valuation
from app.valuation.models import Valuation
from tests.accounts.making import make_user, sign_in, token_of
from tests.listings.making import fresh, make_draft, make_listing
from tests.valuation.making import make_model, make_sales


@pytest.fixture
def offer(hub, client):
    """A phone on sale whose estimate a price model made."""
    client.set_cookie("lang", "en")
    make_model(hub)
    listing = make_listing(hub, make_user(hub))
    hub.drain()
    return listing


def price_block(client, listing):
    return client.get(f"/items/{listing.code}").text.split('aria-labelledby="price"')[1].split("</section>")[0]


def test_price_stands_on_the_bar_with_its_word_and_the_cut_points(hub, client, offer):
    with hub.look() as work:
        worth = valuation.worth_of_listing(work, offer.id)
    assert worth.basis == "warm"
    for factor, word in [(0.4, "Far below the market"), (1.0, "Like the market"), (2.5, "Far above the market")]:
        price_fen = round(worth.span.point_fen * factor)
        with hub.begin(SYSTEM) as work:
            work.session.execute(update(Listing).where(Listing.id == offer.id).values(price_fen=price_fen))
        block = price_block(client, offer)
        rating = valuation.rate(worth, price_fen)
        assert rating is not None
        assert block.count(word) == 2, "as the word of this price, and in the published scale"
        assert f"Asking price ¥{price_fen // 100:,}" in block
        assert f"below {abs(rating.cuts_bp[0]) / 100:g} %" in block.replace("−", "")
        assert "/worth/ratings" in block
        assert f"/worth/{worth.code}" in block
        assert "invented" in block
        reasons = block.split('<table class="waterfall')[1].split("</table>")[0]
        changed = [step for step in worth.steps if step.step_fen]
        assert reasons.count('<th scope="row">') == len(changed) + 2, "one row for each reason, between the two ends"
        assert [f"</span>{fen // 100:,}</span>" in reasons for fen in (worth.start_fen, worth.span.point_fen)] == [True, True]


def test_wide_range_gets_no_word(hub, client):
    client.set_cookie("lang", "en")
    make_sales(hub, *[1000, 1500, 2000, 2500, 3000, 3500])
    listing = make_listing(hub, make_user(hub))
    hub.drain()
    block = price_block(client, listing)
    assert "Asking price" in block
    assert "The range is that of 6 comparable things." in block
    assert "waterfall" not in block, "comparables alone give no reasons"
    assert "the market" not in block


def test_offer_without_an_estimate_says_so_and_looking_makes_none(hub, client):
    client.set_cookie("lang", "en")
    listing = make_listing(hub, make_user(hub))
    assert "No estimate has been made of it yet." in price_block(client, listing)
    hub.drain()
    assert "Not enough is known to name a price." in price_block(client, listing)
    make_sales(hub, *[2000] * 6)
    assert "Not enough is known to name a price." in price_block(client, listing)
    with hub.begin(SYSTEM) as work:
        value_listing(work, listing.id)
    assert "2,000" in price_block(client, listing)
    with hub.look() as work:
        assert work.session.scalar(select(func.count()).select_from(Valuation)) == 2


def test_estimate_costs_the_page_one_query(hub, client, offer):
    with trace.following("", "test") as counted, hub.look() as work:
        before = counted.queries
        worth = valuation.worth_of_listing(work, offer.id)
        valuation.rate(worth, 100_00)
        assert counted.queries - before == 1


def test_answers_of_the_wizard_make_the_range_and_a_choice_shows_it_before_it_is_kept(hub, client):
    make_model(hub)
    seller = make_user(hub)
    draft = make_draft(hub, seller)
    sign_in(client, hub, seller)
    client.set_cookie("lang", "en")
    address = f"/sell/{draft.code}/condition?q=screen_glass"
    page = client.get(address)
    assert "It brings about" not in page.text, "looking makes none"
    sent = {
        "csrf_token": token_of(page),
        "screen": "screen_glass",
        "revision": str(fresh(hub, draft.id).revision),
    }
    ranges = {}
    for chosen in ("none", "cracked"):
        bar = client.post(f"/sell/{draft.code}/condition/worth", data={**sent, "answer": chosen})
        assert bar.status_code == 200
        ranges[chosen] = bar.text[bar.text.index("It brings about") :]
    assert ranges["none"] != ranges["cracked"]
    assert fresh(hub, draft.id).draft == draft.draft, "nothing was kept"
    assert client.post(f"/sell/{draft.code}/condition", data={**sent, "answer": "cracked"}).status_code == 303
    after = client.get(address).text
    assert ranges["cracked"][:120] in after
    for again in ("none", "cracked"):
        changed = {**sent, "revision": str(fresh(hub, draft.id).revision), "answer": again}
        assert client.post(f"/sell/{draft.code}/condition", data=changed).status_code == 303
        assert ranges[again][:120] in client.get(address).text, "also when the answer is what it was before"
    with hub.look() as work:
        purposes = set(work.session.scalars(select(Valuation.purpose).where(Valuation.listing_id == draft.id)))
    assert purposes == {"wizard"}
    price = client.get(f"/sell/{draft.code}/price/view?price=9000").text
    assert "Far above the market" in price
    assert "Asking price ¥9,000" in price


def test_unusable_choice_leaves_the_kept_range(hub, client):
    make_sales(hub, *[2000] * 6)
    seller = make_user(hub)
    draft = make_draft(hub, seller)
    sign_in(client, hub, seller)
    token = token_of(client.get(f"/sell/{draft.code}/condition?q=screen_glass"))
    bar = client.post(
        f"/sell/{draft.code}/condition/worth", data={"csrf_token": token, "screen": "screen_glass", "answer": "broken in two"}
    )
    assert bar.status_code == 200
    assert "worth-bar" in bar.text
    with hub.look() as work:
        assert work.session.scalar(select(func.count()).select_from(Valuation)) == 0


def test_choices_that_are_tried_are_stored_once_and_not_without_end(hub, client, monkeypatch):
    make_sales(hub, *[2000] * 6)
    monkeypatch.setattr(valuing, "TRIED", Limit("listings.try", most=3, seconds=600))
    for _ in range(2):
        seller = make_user(hub)
        draft = make_draft(hub, seller)
        sign_in(client, hub, seller)
        token = token_of(client.get(f"/sell/{draft.code}/condition?q=screen_glass"))
        sent = {"csrf_token": token, "screen": "screen_glass"}
        for answer in ("none", "micro", "none", "visible"):
            assert client.post(f"/sell/{draft.code}/condition/worth", data={**sent, "answer": answer}).status_code == 200
    with hub.look() as work:
        assert work.session.scalar(select(func.count()).select_from(Valuation)) == 2, (
            "none and micro, for both; visible was too often"
        )


def test_answer_is_kept_when_the_price_model_is_damaged(hub, client, settings):
    make_model(hub)
    for file in (settings.data_dir / "models" / "phone-1").glob("*.txt"):
        file.write_text("changed")
    hub.db.doors["valuation"]._loaded.clear()
    seller = make_user(hub)
    draft = make_draft(hub, seller)
    sign_in(client, hub, seller)
    page = client.get(f"/sell/{draft.code}/condition?q=screen_glass")
    sent = {"csrf_token": token_of(page), "screen": "screen_glass", "revision": str(draft.revision), "answer": "cracked"}
    assert client.post(f"/sell/{draft.code}/condition", data=sent).status_code == 303
    assert fresh(hub, draft.id).draft["answers"]["screen_glass"] == "cracked"
