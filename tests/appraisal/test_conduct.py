"""A repair that was found and not declared: what the findings are held against, and where the result is written down."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.models import User
from app.appraisal import queries
from app.appraisal.models import Report
from app.credit.models import CreditEvent, CreditSubject
from app.goods.models import Thing, ThingStatement
from app.kernel.clock import advance
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from app.listings.models import Listing, ListingVersion
from app.notices import queries as notices
from grading import recompute
from tests.accounts.making import actor, make_user
from tests.appraisal.making import clean_answers, make_inspection, make_report, sign
from tests.listings.making import ANSWERS, make_listing

OTHER_SCREEN = {"opened": "opened", "screen_part": "third_party"}
BY_MAKER = {"opened": "official", "screen_part": "genuine"}


def offered(hub: Hub, repairs: str, seller: User | None = None, **changes: object) -> Listing:
    return make_listing(hub, seller or make_user(hub), answers={**ANSWERS, "repairs": repairs}, **changes)


def fact(report: Report) -> object:
    return report.content["result"]["facts"].get("found_not_declared")


@pytest.mark.parametrize(
    ("said", "found", "undeclared"),
    [
        ("never", {}, False),
        ("never", BY_MAKER, True),
        ("never", OTHER_SCREEN, True),
        ("official", BY_MAKER, False),
        ("official", OTHER_SCREEN, True),
        ("battery_only", {"opened": "opened", "battery_part": "third_party"}, False),
        ("battery_only", OTHER_SCREEN, True),
        ("screen", OTHER_SCREEN, False),
        ("screen", {}, False),
        ("unknown", OTHER_SCREEN, None),
        ("unknown", {}, None),
    ],
)
def test_findings_are_held_against_what_the_offer_says(
    hub: Hub, said: str, found: dict[str, str], undeclared: bool | None
) -> None:
    report = make_report(hub, listing=offered(hub, said), **found)
    assert fact(report) is undeclared
    with hub.look() as work:
        open_rules = [name["en"] for name in queries.not_compared(work, report)]
    assert open_rules == (["Undisclosed repair is a credit event"] if undeclared is None else [])
    named = queries.undeclared(report)
    assert (named is None) is (undeclared is None)
    assert bool(named) is bool(undeclared)
    assert report.content["result"]["credit_events"] == (["undisclosed_defect"] if undeclared else [])


def test_the_grade_is_the_same_whatever_was_said_and_follows_from_the_report_alone(hub: Hub) -> None:
    results = [
        make_report(hub, listing=offered(hub, said), **OTHER_SCREEN).content["result"] for said in ("never", "screen", "unknown")
    ]
    assert len({(result["tier"], result["score"]) for result in results}) == 1
    for result in results:
        assert recompute(result).to_content() == result


def test_what_the_comparison_rests_on_stands_in_the_report(hub: Hub) -> None:
    listing = offered(hub, "never")
    report = make_report(hub, listing=listing, **OTHER_SCREEN)
    declared = report.content["declared"]
    with hub.look() as work:
        first = select(ListingVersion.sha256).where(ListingVersion.listing_id == listing.id, ListingVersion.no == 1)
        assert declared["version_sha256"] == work.session.scalars(first).one()
    findings = report.content["result"]["findings"]
    assert any(findings[item] in against for item, against in declared["contradicted_by"].items()) is fact(report)


def test_without_a_public_offer_nothing_is_compared(hub: Hub) -> None:
    report = make_report(hub, **OTHER_SCREEN)
    assert fact(report) is None
    assert "declared" not in report.content


def test_only_what_was_said_before_the_appraisal_was_asked_for_counts(hub: Hub) -> None:
    """Who reads the appraiser's face and then publishes the truth has not declared it; who publishes a lie then is not asked."""
    owner = make_user(hub)
    listing = offered(hub, "never", owner)
    with hub.look() as work:
        thing = work.session.get_one(Thing, listing.thing_id)
        row = work.session.scalars(select(ThingStatement)).one()
    case = make_inspection(hub, clean_answers(**OTHER_SCREEN), thing=thing, owner=owner)
    with hub.begin(SYSTEM) as work:
        advance(work, timedelta(hours=1))
    with hub.begin(SYSTEM) as work:
        later = {"thing_id": row.thing_id, "owner_id": row.owner_id, "said_at": work.now, "version_sha256": row.version_sha256}
        work.session.add(ThingStatement(**later, scheme_id=row.scheme_id, contradicted_by={}))
    assert fact(sign(hub, case)) is True


def test_an_earlier_owners_words_are_not_held_against_the_next(hub: Hub) -> None:
    seller, buyer = make_user(hub), make_user(hub, name="沈知遥")
    listing = offered(hub, "never", seller, state="withdrawn")
    with hub.begin(SYSTEM) as work:
        thing = work.session.get_one(Thing, listing.thing_id)
        thing.owner_id = buyer.id
    report = sign(hub, make_inspection(hub, clean_answers(**OTHER_SCREEN), thing=thing, owner=buyer))
    assert fact(report) is None


def test_the_event_of_the_report_carries_it_as_evidence_and_the_owners_own_record_no_verdict(hub: Hub) -> None:
    report = make_report(hub, listing=offered(hub, "never"), **OTHER_SCREEN)
    plain = make_report(hub, listing=offered(hub, "never"))
    hub.drain()
    with hub.look() as work:
        issued = [
            json.loads(event.canonical) for event in work.session.scalars(select(CreditEvent)) if event.type == "appraisal.issued"
        ]
        conduct = {event["data"]["report_sha256"]: event["data"].get("conduct") for event in issued}
        assert conduct == {report.sha256: ["undisclosed_defect"], plain.sha256: None}
        owner_id = work.session.get_one(Thing, report.thing_id).owner_id
        own = select(CreditEvent.type).join(CreditSubject, CreditSubject.pseudonym == CreditEvent.subject)
        assert set(work.session.scalars(own.where(CreditSubject.user_id == owner_id))) == {"listing.published"}


def test_the_owner_is_told_and_the_report_names_what_was_found(hub: Hub, app: Flask) -> None:
    quiet = make_report(hub, listing=offered(hub, "never"))
    report = make_report(hub, listing=offered(hub, "never"), **OTHER_SCREEN)
    with hub.look() as work:
        owner = work.session.get_one(User, work.session.get_one(Thing, report.thing_id).owner_id)
    with hub.look(actor(hub, owner)) as work:
        texts = [notice.text for notice in notices.list_notices(work)]
    assert any("names a repair that your offer does not" in text for text in texts), texts
    browser = app.test_client()
    browser.set_cookie("lang", "en")
    page = browser.get(f"/reports/{report.code}").text
    assert "said less about repairs than the inspection found" in page
    assert report.content["declared"]["version_sha256"] in page
    assert "Not compared" not in page
    assert "no repair that the offer had kept quiet about" in browser.get(f"/reports/{quiet.code}").text
