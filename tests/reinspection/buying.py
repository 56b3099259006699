"""Scenes of reports about phones that are on sale or just being bought."""

from __future__ import annotations

from app.goods.models import Thing
from app.kernel.hub import Hub
from app.listings.models import Listing
from tests.accounts.making import make_user
from tests.appraisal.making import make_report
from tests.listings.making import fresh as fresh_listing
from tests.listings.making import make_listing
from tests.reinspection.making import Scene, make_scene
from tests.remembering import remembered
from tests.trades.making import make_order, user


def scene_about(hub: Hub, report, seller) -> Scene:
    """The scene of a report that was made otherwise: two agencies that could look again."""
    made = make_scene(hub, others=2)
    made.people[made.case.agency.id] = made.case.appraiser  # here it is one of those that may be drawn
    made.first = report
    made.case = type(made.case)("", thing_of(hub, report), seller, made.case.agency, made.case.appraiser)
    return made


@remembered
def contested_offer(hub: Hub, **first: str) -> tuple[Scene, str]:
    """An offer with a report whose seller contests it, at the second agency; with the offer's code."""
    listing = make_listing(hub, make_user(hub, name="许清和"))
    report = make_report(hub, listing=listing, **first)
    hub.drain()
    scene = scene_about(hub, report, user(hub, listing.seller_id))
    scene.contest()
    return scene.pay(), listing.code


def thing_of(hub: Hub, report):
    with hub.look() as work:
        return work.session.get_one(Thing, report.thing_id)


@remembered
def bought(hub: Hub, state: str):
    """A phone with a report that somebody is buying."""
    listing: Listing = make_listing(hub, make_user(hub, name="许清和"))
    report = make_report(hub, listing=listing)
    hub.drain()
    order = make_order(hub, state, listing=fresh_listing(hub, listing.id), seller=user(hub, listing.seller_id))
    return scene_about(hub, report, user(hub, listing.seller_id)), order
