"""From the owner's request to the signed report, through the verbs."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError, IntegrityError

from app.appraisal import queries, service
from app.appraisal.errors import (
    AppraisalAlreadyOpen,
    AppraisalNotFound,
    FindingsMoved,
    NameDiffers,
    NotComplete,
    OwnThing,
    TooClose,
)
from app.appraisal.models import Appraisal, Report
from app.appraisal.queries import orders as reading
from app.appraisal.refusals import SealFirst
from app.appraisal.rules import facts_of
from app.appraisal.states import APPRAISAL_FLOW
from app.credit.models import CreditEvent
from app.goods import service as goods
from app.goods.errors import ThingNotFound
from app.goods.models import Thing
from app.kernel import clock
from app.kernel.audit import AuditEntry
from app.kernel.canonical import canonical, sha256_hex
from app.kernel.errors import BadState, InvalidInput
from app.kernel.hub import Hub
from app.kernel.time import shanghai_day
from app.notices.models import Notice
from grading import recompute
from grading.ids import imei_verdict
from tests.accounts.making import actor, make_member, make_organisation, make_user
from tests.appraisal.making import (
    CLOSED,
    Case,
    clean_answers,
    close,
    make_inspection,
    make_report,
    make_request,
    order_of,
    sign,
)
from tests.conftest import DIALECT
from tests.goods.making import make_thing
from tests.listings.making import fresh, make_listing

COLUMNS = (
    "id, code, appraisal_id, no, thing_id, agency_id, appraiser_id, scheme_id, status, tier, score, content, sha256, signed_at"
)

OFFERS = {
    "accept": lambda work, case: service.accept(work, case.code),
    "decline": lambda work, case: service.decline(work, case.code, "设备正在检修。"),
    "cancel": lambda work, case: service.cancel(work, case.code),
    "begin": lambda work, case: service.save_findings(work, case.code, {"mdm": "none"}, 0),
    "sign": lambda work, case: service.sign(work, case.code, case.appraiser.display_name, CLOSED),
    "give_up": lambda work, case: service.give_up(work, case.code, "手机无法开机，也没有送修。"),
}
WAYS = {
    "requested": [],
    "accepted": ["accept"],
    "inspecting": ["accept", "begin"],
    "issued": ["accept", "begin", "sign"],
    "declined": ["decline"],
    "cancelled": ["cancel"],
    "unable": ["accept", "begin", "give_up"],
}


def act(hub: Hub, case: Case, event: str) -> None:
    who = case.owner if event == "cancel" else case.appraiser
    with hub.begin(actor(hub, who)) as work:
        if event == "begin" and order_of(hub, case).findings_rev == 0:
            service.save_findings(work, case.code, clean_answers(), 0)
        else:
            OFFERS[event](work, case)
            return
    close(hub, case.appraiser, case.code)


def notices_of(hub: Hub, user_id: int) -> list[str]:
    with hub.look() as work:
        return list(work.session.scalars(select(Notice.text).where(Notice.user_id == user_id).order_by(Notice.id)))


def test_a_thing_goes_from_request_to_a_signed_report_and_both_sides_are_told(hub: Hub) -> None:
    case = make_request(hub)
    assert order_of(hub, case).state == "requested"
    assert notices_of(hub, case.appraiser.id) == ["A new item waits for your agency's appraisal."]
    with hub.begin(actor(hub, case.appraiser)) as work:
        service.accept(work, case.code)
        saved = service.save_findings(work, case.code, clean_answers(), 0)
    assert (saved.rev, saved.refused, order_of(hub, case).state) == (1, {}, "inspecting")
    report = sign(hub, case)
    assert (report.status, report.tier, report.score) == ("graded", "S", "100.0")
    assert order_of(hub, case).state == "issued"
    assert notices_of(hub, case.owner.id) == [
        "An appraiser has accepted your item and will inspect it.",
        "The appraisal report of your item is signed.",
    ]
    with hub.look() as work:
        verbs = work.session.scalars(select(AuditEntry.verb).where(AuditEntry.entity == "appraisal").order_by(AuditEntry.id))
        assert list(verbs) == ["appraisal.create", "appraisal.accept", "appraisal.begin", "inspection.seal", "appraisal.sign"]
        latest = queries.latest_report(work, case.thing.id)
        assert latest is not None
        assert latest.code == report.code


@pytest.mark.parametrize("state", WAYS)
@pytest.mark.parametrize("event", OFFERS)
def test_every_state_answers_only_the_events_of_its_table(hub: Hub, state: str, event: str) -> None:
    case = make_request(hub)
    for step in WAYS[state]:
        act(hub, case, step)
    before = order_of(hub, case)
    assert before.state == state
    allowed = APPRAISAL_FLOW.can(state, event) or (state, event) == ("inspecting", "begin")  # a further save moves nothing
    if allowed:
        if event == "begin" and state == "inspecting":
            with hub.begin(actor(hub, case.appraiser)) as work:
                service.save_findings(work, case.code, {"mdm": "none"}, before.findings_rev)
        else:
            act(hub, case, event)
        assert order_of(hub, case).state == APPRAISAL_FLOW.table.get((state, event), state)
        return
    with pytest.raises((BadState, AppraisalNotFound)):
        act(hub, case, event)
    after = order_of(hub, case)
    assert (after.state, after.version, after.findings_rev) == (before.state, before.version, before.findings_rev)


def test_one_thing_is_appraised_once_at_a_time_and_again_after_a_report(hub: Hub) -> None:
    case = make_request(hub)
    with pytest.raises(AppraisalAlreadyOpen), hub.begin(actor(hub, case.owner)) as work:
        service.request(work, case.thing.code, case.agency.code)
    with pytest.raises(IntegrityError), hub.begin() as work:
        work.session.execute(
            text(
                "INSERT INTO appraisal (code, thing_id, owner_id, agency_id, scheme_id, findings, findings_rev, created_at, "
                "state, version, entered_at) SELECT 'again', thing_id, owner_id, agency_id, scheme_id, findings, 0, created_at, "
                "'requested', 1, entered_at FROM appraisal"
            )
        )
    for step in ("accept", "begin", "sign"):
        act(hub, case, step)
    second = make_inspection(
        hub, clean_answers(screen_glass="light"), thing=case.thing, owner=case.owner, agency=case.agency, appraiser=case.appraiser
    )
    newer = sign(hub, second)
    with hub.look() as work:
        first = work.session.scalars(select(Report).order_by(Report.id)).first()
        assert first is not None
        assert not queries.is_newest(work, first)
        assert queries.is_newest(work, newer)
        assert queries.reports_by_thing(work, [case.thing.id])[case.thing.id].code == newer.code


def test_only_the_owner_asks_and_only_an_agency_is_asked(hub: Hub) -> None:
    owner, stranger = make_user(hub), make_user(hub)
    thing, agency = make_thing(hub, owner), make_organisation(hub, "agency")
    dealer = make_organisation(hub, "dealer", "大路车行")
    with pytest.raises(ThingNotFound), hub.begin(actor(hub, stranger)) as work:
        service.request(work, thing.code, agency.code)
    for code in (dealer.code, "", "nobody"):
        with pytest.raises(InvalidInput), hub.begin(actor(hub, owner)) as work:
            service.request(work, thing.code, code)


# Separation of duties


def test_nobody_appraises_their_own_thing_and_nobody_asks_their_own_agency(hub: Hub) -> None:
    agency = make_organisation(hub, "agency")
    owner = make_member(hub, "appraiser", organisation=agency)
    with pytest.raises(InvalidInput) as refused:
        make_request(hub, owner=owner, agency=agency, appraiser=owner)
    assert "agency" in refused.value.errors
    case = make_request(hub)
    make_member(hub, "appraiser", user=case.owner, organisation=case.agency)  # began to work there afterwards
    with pytest.raises(OwnThing), hub.begin(actor(hub, case.owner)) as work:
        service.accept(work, case.code)
    case = make_inspection(hub)
    with pytest.raises(IntegrityError), hub.begin() as work:
        work.session.execute(text("UPDATE appraisal SET appraiser_id = owner_id"))
    with pytest.raises(IntegrityError), hub.begin() as work:
        work.session.execute(text("UPDATE appraisal SET appraiser_id = NULL"))


def test_who_has_bought_the_thing_since_can_no_longer_sign(hub: Hub) -> None:
    case = make_inspection(hub, clean_answers())
    with hub.begin(actor(hub, case.owner)) as work:
        thing = work.session.get_one(Thing, case.thing.id)
        goods.transfer(work, thing, case.appraiser.id, via="an-order")
    with pytest.raises(OwnThing):
        sign(hub, case)
    assert order_of(hub, case).state == "inspecting"


def test_colleagues_of_the_owner_do_not_appraise_their_things(hub: Hub) -> None:
    case = make_request(hub)
    make_member(hub, "manager", user=case.owner, organisation=case.agency)
    appraiser = case.appraiser
    with pytest.raises(TooClose), hub.begin(actor(hub, appraiser)) as work:
        service.accept(work, case.code)
    assert order_of(hub, case).state == "requested"


@pytest.mark.parametrize(("days", "refused"), [(364, True), (366, False)])
@pytest.mark.parametrize("appraiser_sold", [True, False])
def test_who_dealt_with_the_owner_within_a_year_does_not_appraise(
    hub: Hub, days: int, refused: bool, appraiser_sold: bool
) -> None:
    case = make_request(hub)
    seller, buyer = (case.appraiser, case.owner) if appraiser_sold else (case.owner, case.appraiser)
    thing = make_thing(hub, seller)
    with hub.begin() as work:
        goods.transfer(work, work.session.get_one(Thing, thing.id), buyer.id, via="order")
    with hub.begin() as work:
        clock.advance(work, timedelta(days=days))
    if refused:
        with pytest.raises(TooClose), hub.begin(actor(hub, case.appraiser)) as work:
            service.accept(work, case.code)
    else:
        with hub.begin(actor(hub, case.appraiser)) as work:
            service.accept(work, case.code)
    assert order_of(hub, case).state == ("requested" if refused else "accepted")


@pytest.mark.parametrize("way", [[], ["accept"], ["accept", "begin"]])
@pytest.mark.parametrize("news_came", [True, False])
def test_an_appraisal_ends_when_the_thing_has_a_new_owner_who_can_ask_anew(hub: Hub, way: list[str], news_came: bool) -> None:
    case = make_request(hub)
    for step in way:
        act(hub, case, step)
    buyer = make_user(hub)
    with hub.begin() as work:
        goods.transfer(work, work.session.get_one(Thing, case.thing.id), buyer.id, via="order")
    if news_came:
        hub.drain()
    with hub.begin(actor(hub, buyer)) as work:
        again = service.request(work, case.thing.code, case.agency.code)
        assert again.owner_id == buyer.id
    hub.drain()
    assert order_of(hub, case).state == "cancelled"
    ended = "An appraisal has ended because the item has a new owner."
    assert notices_of(hub, case.owner.id).count(ended) == 1
    assert notices_of(hub, case.appraiser.id).count(ended) == (1 if way else 0)
    with hub.look() as work:
        open_now = queries.open_appraisal(work, case.thing.id)
        assert open_now is not None
        assert open_now.code == again.code


def test_an_inspection_that_cannot_be_finished_ends_with_its_reason_and_can_be_asked_again(hub: Hub) -> None:
    case = make_inspection(hub, clean_answers())
    with pytest.raises(InvalidInput), hub.begin(actor(hub, case.appraiser)) as work:
        service.give_up(work, case.code, "  ")
    with pytest.raises(AppraisalNotFound), hub.begin(actor(hub, case.owner)) as work:
        service.give_up(work, case.code, "不想等了。")
    act(hub, case, "give_up")
    ended = order_of(hub, case)
    assert (ended.state, ended.decline_reason) == ("unable", "手机无法开机，也没有送修。")
    assert "could not finish" in notices_of(hub, case.owner.id)[-1]
    with hub.begin(actor(hub, case.owner)) as work:
        assert service.request(work, case.thing.code, case.agency.code).state == "requested"


@pytest.mark.parametrize("event", ["accept", "decline", "begin", "sign"])
def test_another_agency_and_other_roles_find_nothing(hub: Hub, event: str) -> None:
    case = make_request(hub) if event in ("accept", "decline") else make_inspection(hub, clean_answers())
    manager = make_member(hub, "manager", organisation=case.agency)
    colleague = make_member(hub, "appraiser", organisation=case.agency)
    others = [make_member(hub, role) for role in ("appraiser", "officer", "operator", "dealer")] + [manager, case.owner]
    if event in ("begin", "sign"):
        others.append(colleague)  # whoever accepted inspects and signs
    for other in others:
        with pytest.raises(AppraisalNotFound), hub.begin(actor(hub, other)) as work:
            OFFERS[event](work, case)


def test_an_appraiser_cannot_take_back_the_owners_request(hub: Hub) -> None:
    case = make_request(hub)
    with pytest.raises(AppraisalNotFound), hub.begin(actor(hub, case.appraiser)) as work:
        service.cancel(work, case.code)


# Answers


def test_a_wrong_answer_is_kept_apart_and_the_others_are_saved(hub: Hub) -> None:
    case = make_inspection(hub, {"battery_pct": "91"})
    hostile = {
        "battery_pct": "9e9",
        "age_months": "１２",
        "battery_cycles": "-1",
        "mdm": "<script>",
        "erase_certificate": "C" * 65,
        "title": "declared",
        "imei": "valid",
        "no_such_item": "x",
    }
    with hub.begin(actor(hub, case.appraiser)) as work:
        saved = service.save_findings(work, case.code, hostile, 1)
    assert set(saved.refused) == {"battery_pct", "age_months", "battery_cycles", "mdm", "erase_certificate"}
    assert all(message["zh"] and message["en"] for message in saved.refused.values())
    assert order_of(hub, case).findings == {"battery_pct": "91", "title": "declared", "imei": imei_verdict(case.thing.imei)}


@pytest.mark.parametrize("text_", ["\x00", "a\x1bb", "\u202egpj", "a\nb"])
def test_signs_that_cannot_be_printed_stay_out_of_the_certificate_number(hub: Hub, text_: str) -> None:
    case = make_inspection(hub)
    with hub.begin(actor(hub, case.appraiser)) as work:
        saved = service.save_findings(work, case.code, {"erase_certificate": f"C{text_}1"}, 0)
    assert set(saved.refused) == {"erase_certificate"}


def test_an_emptied_answer_is_taken_back_and_what_was_not_sent_stays(hub: Hub) -> None:
    case = make_inspection(hub, {"battery_pct": "91", "age_months": "6"})
    with hub.begin(actor(hub, case.appraiser)) as work:
        service.save_findings(work, case.code, {"battery_pct": "  "}, 1)
    assert order_of(hub, case).findings == {"age_months": "6", "imei": "valid"}


def test_the_verdict_on_the_number_is_computed_and_a_phone_without_one_cannot_be_graded(hub: Hub) -> None:
    owner = make_user(hub)
    thing = make_thing(hub, owner, imei=None, serial="F2LXK0ABCD")
    report = sign(hub, make_inspection(hub, clean_answers(imei="valid"), thing=thing, owner=owner))
    assert (report.status, report.tier) == ("ungradable", None)
    assert report.content["thing"]["imei_masked"] is None


def test_two_devices_cannot_overwrite_each_other(hub: Hub) -> None:
    case = make_inspection(hub, {"mdm": "none"})
    with hub.begin(actor(hub, case.appraiser)) as work:
        service.save_findings(work, case.code, {"mdm": "present"}, 1)
    for rev in (1, 0, 3, -1):
        with pytest.raises(FindingsMoved), hub.begin(actor(hub, case.appraiser)) as work:
            service.save_findings(work, case.code, {"mdm": "none"}, rev)
        with pytest.raises(FindingsMoved), hub.begin(actor(hub, case.appraiser)) as work:
            service.sign(work, case.code, case.appraiser.display_name, rev)
    stored = order_of(hub, case)
    assert (stored.findings["mdm"], stored.findings_rev) == ("present", 2)


# Signing


def test_open_items_a_missing_seal_and_another_name_stop_the_signature(hub: Hub) -> None:
    case = make_inspection(hub, clean_answers(mdm=None, battery_pct=None, battery_cycles=None))
    with pytest.raises(NotComplete) as refusal:
        sign(hub, case)
    assert refusal.value.values == {"count": 2}, "one item and one group of which one item is enough"
    with hub.begin(actor(hub, case.appraiser)) as work:
        service.save_findings(work, case.code, clean_answers(), 1)
    with pytest.raises(SealFirst), hub.begin(actor(hub, case.appraiser)) as work:
        service.sign(work, case.code, case.appraiser.display_name, 2)
    rev = close(hub, case.appraiser, case.code)
    for name in ("", "韩立", case.owner.display_name):
        with pytest.raises(NameDiffers), hub.begin(actor(hub, case.appraiser)) as work:
            service.sign(work, case.code, name, rev)
    with hub.begin(actor(hub, case.appraiser)) as work:
        assert service.sign(work, case.code, " 韩 立秋 ", rev).content["signature"]["name"] == "韩立秋"


def test_the_content_of_a_report_hashes_and_recomputes_to_itself(hub: Hub, tmp_path: Path) -> None:
    report = make_report(hub, screen_glass="visible", battery_pct="82.50", wifi="fail")
    with hub.look() as work:
        stored = work.session.get_one(Report, report.id)
    assert sha256_hex(canonical(stored.content)) == stored.sha256
    again = recompute(stored.content["result"])
    assert again.to_content() == stored.content["result"]
    assert (again.tier, str(again.score)) == (stored.tier, stored.score)
    file = tmp_path / "report.json"
    file.write_bytes(canonical(stored.content))
    run = [sys.executable, "-m", "grading", "check", str(file)]
    told = subprocess.run(run, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr
    assert '"agrees": true' in told.stdout


def test_a_report_carries_nobodys_data_but_the_appraisers_name(hub: Hub) -> None:
    case = make_inspection(hub, clean_answers())
    written = canonical(sign(hub, case).content).decode()
    hidden = (case.thing.imei, case.owner.display_name, case.owner.email, case.owner.code, case.appraiser.email)
    assert not [fact for fact in hidden if fact and fact in written]
    assert case.appraiser.display_name in written


ATTACKS = {
    "both": [
        "UPDATE appraisal_report SET tier = 'S'",
        "UPDATE appraisal_report SET content = '{}', sha256 = 'x'",
        "DELETE FROM appraisal_report",
    ],
    "sqlite": [
        "INSERT OR REPLACE INTO appraisal_report SELECT * FROM appraisal_report",
        f"REPLACE INTO appraisal_report ({COLUMNS}) SELECT {COLUMNS.replace('id, code', 'id + 1, code', 1)} FROM appraisal_report",
        f"REPLACE INTO appraisal_report ({COLUMNS}) SELECT {COLUMNS.replace('id, code', 'id + 1, 1', 1)} FROM appraisal_report",
    ],
    "postgresql": ["TRUNCATE appraisal_report CASCADE"],  # without CASCADE its references refuse it by themselves
}


@pytest.mark.parametrize("statement", [*ATTACKS["both"], *ATTACKS[DIALECT]])
def test_no_statement_changes_a_signed_report(hub: Hub, statement: str) -> None:
    report = make_report(hub, screen_glass="visible")
    with pytest.raises(DatabaseError, match="append-only"), hub.begin() as work:
        work.session.execute(text(statement))
    with hub.look() as work:
        kept = work.session.scalars(select(Report)).one()
        assert (kept.code, kept.tier, kept.sha256) == (report.code, report.tier, report.sha256)


@pytest.mark.parametrize(
    ("answers", "status"),
    [
        ({"account_lock": "locked"}, "ungradable"),
        ({"erase_method": "factory_reset_only"}, "ungradable"),
        ({"housing_part": "third_party_branded"}, "prohibited"),
        ({"blacklist": "listed", "account_lock": "locked"}, "prohibited"),
        ({"battery_swollen": "present"}, "unsafe"),
        ({"erase_method": "media_destroyed"}, "recycle_only"),
    ],
)
def test_what_must_not_be_sold_gets_a_report_without_a_tier(hub: Hub, answers: dict[str, str], status: str) -> None:
    report = make_report(hub, **answers)
    assert (report.status, report.tier) == (status, None)
    assert report.content["result"]["tier"] is None


def test_a_tier_without_the_status_graded_is_refused_by_the_database(hub: Hub) -> None:
    make_report(hub)
    columns = "appraisal_id, 2, thing_id, agency_id, appraiser_id, scheme_id, {}, score, content, sha256, signed_at"
    for pair in ("'ungradable', tier", "'graded', NULL", "'fine', NULL"):
        with pytest.raises(IntegrityError), hub.begin() as work:
            work.session.execute(
                text(
                    "INSERT INTO appraisal_report (code, appraisal_id, no, thing_id, agency_id, appraiser_id, scheme_id, status, "
                    f"tier, score, content, sha256, signed_at) SELECT 'next', {columns.format(pair)} FROM appraisal_report"
                )
            )


def test_a_signature_stands_in_the_appraisers_record(hub: Hub) -> None:
    report = make_report(hub)
    hub.drain()
    with hub.look() as work:
        event = work.session.scalars(select(CreditEvent).where(CreditEvent.type == "appraisal.issued")).one()
        assert report.sha256.encode() in event.canonical
        assert b'"category":"phone"' in event.canonical


def test_the_listing_gets_the_tier_when_the_report_is_signed(hub: Hub) -> None:
    listing = make_listing(hub, make_user(hub))
    report = make_report(hub, listing=listing)
    hub.drain()
    shown = fresh(hub, listing.id)
    assert (shown.tier, shown.report_code) == (report.tier, report.code)


# Scheme and facts


def test_the_scheme_is_the_one_in_force_on_the_day_it_is_accepted(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    real = reading.schemes.scheme_in_force
    monkeypatch.setattr(
        reading.schemes, "scheme_in_force", lambda work, category: asked.append(shanghai_day(work.now)) or real(work, category)
    )
    case = make_request(hub)
    with hub.begin() as work:
        clock.advance(work, timedelta(days=3))
    with hub.begin(actor(hub, case.appraiser)) as work:
        service.accept(work, case.code)
    assert (asked[1] - asked[0]).days == 3


@pytest.mark.parametrize(
    ("brand", "model", "facts"),
    [
        ("apple", "iphone-14-pro-max", {}),
        ("apple", "iphone-15", {"design_cycles": "1000"}),
        ("apple", "iphone-16e", {"design_cycles": "1000"}),
        ("apple", "iphone-se-3", {}),
        ("apple", "other", {}),
        ("huawei", "mate-60-pro", {}),
    ],
)
def test_the_iphone_15_and_later_are_made_for_a_thousand_cycles(brand: str, model: str, facts: dict[str, str]) -> None:
    assert facts_of(Thing(category="phone", brand=brand, model=model)) == facts


def test_cycles_are_counted_by_what_the_model_is_made_for(hub: Hub) -> None:
    owner = make_user(hub)
    tiers = []
    for model in ("iphone-14", "iphone-15"):
        thing = make_thing(hub, owner, model=model)
        report = make_report(hub, thing=thing, battery_pct=None, battery_cycles="600")
        tiers.append((report.tier, report.content["result"]["facts"]))
    assert tiers[0][0] > tiers[1][0], "letters fall as grades get worse"
    assert tiers[1][1] == {"design_cycles": "1000"}


def test_an_appraisal_in_a_database_has_known_states_only(hub: Hub) -> None:
    make_request(hub)
    with pytest.raises(IntegrityError), hub.begin() as work:
        work.session.execute(text("UPDATE appraisal SET state = 'approved'"))
    with hub.look() as work:
        assert work.session.scalars(select(Appraisal.state)).all() == ["requested"]
