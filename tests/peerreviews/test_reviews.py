"""A second person looks blind before a report is issued: who, when, what follows, and what the database refuses."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from app.accounts.models import User
from app.appraisal import queries as appraisal
from app.appraisal import service as appraisals
from app.appraisal.events import ReportSigned
from app.appraisal.models import Agreement, Appraisal, Report
from app.credit.models import CreditEvent
from app.goods import service as goods
from app.goods.models import Thing
from app.kernel import draw
from app.kernel.audit import AuditEntry
from app.kernel.clock import advance
from app.kernel.errors import BadState, Conflict, InvalidInput, NotAllowed
from app.kernel.hub import Hub
from app.kernel.time import shanghai_day
from app.kernel.work import SYSTEM
from app.notices.models import Notice
from app.peerreviews import queries, service
from app.peerreviews.errors import NobodyLeft, NotEligible, NotJudgedEnough, ReviewMoved, ReviewNotFound
from app.peerreviews.models import Asking, ReviewDecision
from tests.accounts.making import actor, make_member, make_user
from tests.appraisal.making import clean_answers, make_inspection, make_report, order_of
from tests.appraisal.making import sign as sign_case
from tests.listings.making import make_listing
from tests.peerreviews.making import REASON, Held, demand, make_colleague, make_held, other_agency, second_answers
from tests.trades.test_race import at_once


def later(hub: Hub, **step: float) -> None:
    with hub.begin(SYSTEM) as work:
        advance(work, timedelta(**step))
    hub.drain()


def notices(hub: Hub, person: User) -> list[str]:
    with hub.look() as work:
        return list(work.session.scalars(select(Notice.text).where(Notice.user_id == person.id).order_by(Notice.id)))


# When


def test_without_a_demand_a_report_is_issued_at_once_and_nothing_is_drawn(hub: Hub) -> None:
    report = make_report(hub)
    with hub.look() as work:
        assert queries.review_of_order(work, report.appraisal_id) is None
        drawn = {one.purpose for one in work.session.scalars(select(draw.DrawEntry))}
    assert not {"peer-review", "peer-reviewer"} & drawn


def test_the_first_reports_of_an_appraiser_wait_and_the_next_one_does_not(hub: Hub) -> None:
    demand(hub, first=1)
    held = make_held(hub)
    assert (held.state, held.report, held.review.reasons) == ("second_look", None, ["new"])
    held.find()
    held.look()
    assert held.state == "issued"
    assert sign_case(hub, make_inspection(hub, clean_answers(), agency=held.case.agency, appraiser=held.case.appraiser)).no == 1
    other = make_inspection(hub, clean_answers(), agency=held.case.agency, appraiser=held.colleagues[0])
    with hub.begin(actor(hub, held.colleagues[0])) as work:
        assert appraisals.sign(work, other.code, held.colleagues[0].display_name, order_of(hub, other).findings_rev) is None


def test_a_thing_that_is_offered_for_more_than_the_limit_waits(hub: Hub) -> None:
    listing = make_listing(hub, make_user(hub))
    assert listing.price_fen is not None
    with hub.look() as work:
        offered = work.session.get_one(Thing, listing.thing_id)
    demand(hub, above_fen=listing.price_fen)
    assert make_report(hub).no == 1, "a thing of which nothing is known does not wait"
    with hub.look() as work:
        assert queries.value_of(work, offered, "A") == listing.price_fen
    demand(hub, above_fen=listing.price_fen - 1)
    held = make_held(hub, thing=offered)
    assert held.review.reasons == ["value"]
    assert held.review.basis["value_fen"] == listing.price_fen


def test_the_share_is_drawn_by_the_published_seed_for_every_report_and_anybody_replays_it(hub: Hub) -> None:
    demand(hub, percent=40)
    waits = {}
    for _ in range(6):
        case = make_inspection(hub, clean_answers())
        with hub.begin(actor(hub, case.appraiser)) as work:
            report = appraisals.sign(work, case.code, case.appraiser.display_name, order_of(hub, case).findings_rev)
        waits[case.code] = report is None
    with hub.look() as work:
        day = shanghai_day(work.now)
        entries = {one.subject: one for one in draw.entries_of(work, day) if one.purpose == "peer-review"}
    assert {code: entry.result < 40 for code, entry in entries.items()} == waits
    assert all((entry.n, entry.candidates) == (100, []) for entry in entries.values())
    later(hub, days=1)
    with hub.begin(SYSTEM) as work:
        draw.keep_seeds(work, hub.sealer)
        told = draw.document(work, day)
    assert told is not None
    assert draw.differences(told) == []


def test_an_order_is_drawn_for_once_however_often_its_report_is_signed(hub: Hub) -> None:
    demand(hub, percent=100)
    held = make_held(hub)
    held.find()
    held.look(**worse(hub, held))
    held.decide("look_again")
    assert appraisals_sign(hub, held) is None
    with hub.look() as work:
        drawn = [one.subject for one in draw.entries_of(work, shanghai_day(work.now)) if one.purpose == "peer-review"]
    assert drawn == [held.case.code]


# Who


def test_the_second_person_is_drawn_among_colleagues_who_do_not_know_the_grade(hub: Hub) -> None:
    held = make_held(hub, colleagues=3, seniors=0)
    person = held.find()
    with hub.look() as work:
        entry = draw.find_entry(work, "peer-reviewer", f"{held.review.code}:1")
    assert entry is not None
    assert entry.candidates == sorted(one.code for one in held.colleagues)
    assert entry.candidates[entry.result] == person.code
    assert held.case.appraiser.code not in entry.candidates
    assert any("second time" in told for told in notices(hub, person))


def test_an_agency_with_nobody_else_gets_a_named_person_of_another_licensed_agency(hub: Hub) -> None:
    elsewhere = other_agency(hub)
    stranger = make_colleague(hub, elsewhere, "纪云")
    held = make_held(hub, colleagues=0, seniors=0)
    assert held.find().id == stranger.id
    with hub.look() as work:
        [asking] = queries.askings_of(work, held.review.id)
    assert (asking.agency_id, asking.by) == (elsewhere.id, "draw")
    held.look()
    assert held.state == "issued"


def test_with_nobody_anywhere_the_report_waits_and_staff_are_told_until_somebody_comes(hub: Hub) -> None:
    staff = make_member(hub, "operator")
    held = make_held(hub, colleagues=0, seniors=0)
    hub.drain()
    assert (held.state, held.review.state, held.review.staff_reason) == ("second_look", "waiting", "nobody")
    assert any("nobody can be asked" in told for told in notices(hub, staff))
    with pytest.raises(NobodyLeft), hub.begin(actor(hub, staff)) as work:
        service.draw_again(work, hub.sealer, held.review.code)
    newcomer = make_colleague(hub, held.case.agency, "顾明远")
    later(hub, hours=25)
    assert held.person.id == newcomer.id, "drawn again by itself a day later"
    assert held.review.staff_reason is None


def test_staff_ask_by_name_only_who_may_look(hub: Hub) -> None:
    staff = make_member(hub, "operator")
    held = make_held(hub, colleagues=1, seniors=0)
    person = held.find()
    with hub.begin(actor(hub, person)) as work:
        service.pass_on(work, held.review.code, "我认识物主的家人。")
    hub.drain()
    assert held.review.staff_reason == "nobody", "who passed it on is not drawn again"
    with pytest.raises(NotEligible), hub.begin(actor(hub, staff)) as work:
        service.name_by_staff(work, held.review.code, held.case.appraiser.code)
    with pytest.raises(NotAllowed), hub.begin(actor(hub, person)) as work:
        service.name_by_staff(work, held.review.code, person.code)
    with hub.begin(actor(hub, staff)) as work:
        service.name_by_staff(work, held.review.code, person.code)
    assert held.person.id == person.id
    with hub.look() as work:
        assert [(one.by, one.answer) for one in queries.askings_of(work, held.review.id)] == [("draw", "passed"), ("staff", None)]


def test_who_does_not_act_in_time_loses_it_to_the_next_and_the_answers_with_it(hub: Hub) -> None:
    held = make_held(hub, colleagues=2, seniors=0)
    slow = held.find()
    with hub.begin(actor(hub, slow)) as work:
        service.save(work, held.review.code, {"back_cover": held_answer(hub, held, "back_cover")}, 0)
    later(hub, days=3, minutes=1)
    assert held.person.id != slow.id
    assert held.review.answers == {}
    assert any("did not act" in told for told in notices(hub, slow))
    with pytest.raises(ReviewNotFound), hub.begin(actor(hub, slow)) as work:
        service.hand_in(work, held.review.code, {}, held.review.answers_rev)
    held.look()
    assert held.state == "issued"


def held_answer(hub: Hub, held: Held, key: str) -> str:
    return second_answers(hub, held.review)[key]


# How it comes out


def test_the_same_grade_issues_the_report_that_was_signed_and_goes_into_the_record(hub: Hub) -> None:
    held = make_held(hub)
    with hub.look() as work:
        draft = appraisal.draft_of(work, held.order)
    held.find()
    result = held.look()
    report = held.report
    assert draft is not None
    assert report is not None
    assert (report.sha256, held.state, held.review.state) == (draft.sha256, "issued", "agreed")
    assert (result.outcome, result.steps, result.critical_misses) == ("agree", 0, 0)
    with hub.begin(SYSTEM) as work:  # news may come twice
        service.on_report_signed(work, ReportSigned(report.code, report.thing_id, report.tier, report.status))
    with hub.look() as work:
        [row] = work.session.scalars(select(Agreement)).all()
        [event] = work.session.scalars(select(CreditEvent).where(CreditEvent.type == "appraisal.reinspected")).all()
    assert (row.kind, row.source, row.steps, row.report_id) == ("peer", held.review.code, 0, report.id)
    assert row.first_verdict == row.second_verdict
    assert json.loads(event.canonical)["data"]["found"] == "same"
    assert any("came to the same grade" in told for told in notices(hub, held.case.appraiser))


def test_another_grade_waits_for_a_senior_who_lets_it_stand_with_a_reason(hub: Hub) -> None:
    held = make_held(hub)
    held.find()
    result = held.look(**worse(hub, held))
    assert (result.outcome, held.state, held.review.state) == ("differ", "second_look", "deciding")
    assert held.person.id not in (held.case.appraiser.id, result.reviewer_id)
    for reason in ("", "太短"):
        with pytest.raises(InvalidInput):
            held.decide("stands", reason)
    held.decide("stands")
    report = held.report
    assert report is not None
    assert (held.state, held.review.state, report.tier) == ("issued", "stood", "S")
    with hub.look() as work:
        [row] = work.session.scalars(select(Agreement)).all()
        [decision] = work.session.scalars(select(ReviewDecision)).all()
        verbs = [entry.verb for entry in work.session.scalars(select(AuditEntry).where(AuditEntry.entity == "peer_review"))]
    assert row.steps == result.steps
    assert row.steps is not None
    assert row.steps > 0
    assert (decision.decision, decision.reason) == ("stands", REASON)
    assert verbs == ["peer_review.create", "peer_review.name", "peer_review.differ", "peer_review.name", "peer_review.stand"]


def test_a_senior_sends_it_back_and_the_next_draft_is_held_against_the_same_blind_look(hub: Hub) -> None:
    held = make_held(hub)
    held.find()
    changes = worse(hub, held)
    blind = held.look(**changes)
    held.decide("look_again")
    assert (held.state, held.review.state) == ("inspecting", "looking_again")
    appraiser = held.case.appraiser
    assert any("look again" in told for told in notices(hub, appraiser))
    assert appraisals_sign(hub, held) is None, "unchanged: it still differs"
    hub.drain()
    assert (held.state, held.review.state) == ("second_look", "deciding")
    held.decide("look_again", "请按第二位鉴定师指出的位置再看一遍。")
    with hub.begin(actor(hub, appraiser)) as work:
        assert not appraisals.save_findings(work, held.case.code, changes, held.order.findings_rev).refused
    report = appraisals_sign(hub, held)
    hub.drain()
    assert report is not None, "now both have the same grade: issued without another look"
    assert [row.outcome for row in held.results] == ["differ", "differ", "agree"]
    with hub.look() as work:
        [row] = work.session.scalars(select(Agreement)).all()
    assert row.steps == blind.steps, "counted is what was found before anybody said anything"


def appraisals_sign(hub: Hub, held: Held) -> Report | None:
    with hub.begin(actor(hub, held.case.appraiser)) as work:
        return appraisals.sign(work, held.case.code, held.case.appraiser.display_name, held.order.findings_rev)


def worse(hub: Hub, held: Held) -> dict[str, str]:
    """A finding that costs at least a tier: the worst answer that does not end the grade."""
    with hub.look() as work:
        sheet = appraisal.blind_sheet(work, appraisal.draft_by_id(work, held.review.draft_id))
    item = sheet.scheme.items_by_key["screen_glass"]
    option = max((each for each in item.options if each.effect is None), key=lambda each: each.deduct)
    return {"screen_glass": option.value}


def test_a_hard_stop_that_the_first_had_not_seen_is_a_critical_miss(hub: Hub) -> None:
    held = make_held(hub)
    held.find()
    with hub.look() as work:
        sheet = appraisal.blind_sheet(work, appraisal.draft_by_id(work, held.review.draft_id))
    item = sheet.scheme.items_by_key["battery_swollen"]
    stop = next(option for option in item.options if option.effect)
    result = held.look(battery_swollen=stop.value)
    assert (result.outcome, result.steps, result.critical_misses) == ("differ", None, 1)
    assert result.content["critical_misses"] == [item.code]
    held.decide("stands")
    with hub.look() as work:
        [row] = work.session.scalars(select(Agreement)).all()
    assert (row.steps, row.critical_misses) == (None, 1)


def test_what_cannot_be_judged_is_taken_over_unseen_but_not_too_much_of_it(hub: Hub) -> None:
    held = make_held(hub)
    person = held.find()
    review = held.review
    answers = second_answers(hub, review)
    nothing = dict.fromkeys(answers, appraisal.NOT_JUDGED)
    with pytest.raises(NotJudgedEnough), hub.begin(actor(hub, person)) as work:
        service.hand_in(work, review.code, nothing, review.answers_rev)
    some = {key: value if number < len(answers) // 2 else "?" for number, (key, value) in enumerate(answers.items())}
    with hub.begin(actor(hub, person)) as work:
        result = service.hand_in(work, review.code, some, review.answers_rev)
    assert result.outcome == "agree"
    assert set(result.content["not_judged"]) == {key for key, value in some.items() if value == "?"}


def test_a_form_with_open_or_unknown_answers_is_not_handed_in_and_every_answer_is_kept_when_saved(hub: Hub) -> None:
    held = make_held(hub)
    person, review = held.find(), held.review
    answers = second_answers(hub, review)
    with pytest.raises(InvalidInput) as refused, hub.begin(actor(hub, person)) as work:
        service.hand_in(work, review.code, {key: value for key, value in answers.items() if key != "touch"}, 0)
    assert list(refused.value.errors) == ["item-touch"]
    with hub.begin(actor(hub, person)) as work:
        kept = service.save(work, review.code, {**answers, "touch": "brilliant", "battery_pct": "12", "nonsense": "1"}, 0)
    assert (list(kept.refused), kept.rev) == (["touch"], 1)
    assert held.review.answers == {key: value for key, value in answers.items() if key != "touch"}, "numbers are not asked"
    with pytest.raises(ReviewMoved), hub.begin(actor(hub, person)) as work:
        service.save(work, review.code, {"touch": answers["touch"]}, 0)


def test_a_thing_that_is_sold_in_the_meantime_ends_the_second_look(hub: Hub) -> None:
    held = make_held(hub, colleagues=2)
    person, buyer = held.find(), make_user(hub)
    with hub.begin(SYSTEM) as work:
        goods.transfer(work, work.session.get_one(Thing, held.order.thing_id), buyer.id, via="order")
    hub.drain()
    assert held.state == "cancelled"
    with pytest.raises(ReviewNotFound), hub.begin(actor(hub, person)) as work:
        service.hand_in(work, held.review.code, {}, 0)
    later(hub, days=3, minutes=1)
    assert (held.review.state, held.review.person_id) == ("ended", None)
    assert held.results == []


# What the database refuses


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("UPDATE peer_review_result SET steps = 0", "append-only"),
        ("DELETE FROM peer_review_result", "append-only"),
        ("UPDATE peer_review_decision SET reason = 'something else entirely'", "append-only"),
        ("DELETE FROM peer_review_decision", "append-only"),
        ("DELETE FROM peer_review", "stay"),
        ("UPDATE peer_review SET reasons = '[]'", "stays what it was"),
        ("UPDATE peer_review SET answers = '{}'", "stays what it was"),
        ("UPDATE peer_review SET person_id = appraiser_id", "another_person"),
        ("DELETE FROM peer_review_asking", "stays"),
        ("UPDATE peer_review_asking SET person_id = person_id + 1", "stays"),
        ("UPDATE peer_review_asking SET answer = 'decided'", "stays"),
        ("UPDATE appraisal_agreement SET second_verdict = NULL", "append-only"),
    ],
)
def test_what_was_found_and_decided_cannot_be_changed(hub: Hub, statement: str, sentence: str) -> None:
    held = make_held(hub)
    held.find()
    held.look(**worse(hub, held))
    held.decide("stands")
    with pytest.raises(IntegrityError, match=sentence), hub.begin(SYSTEM) as work:
        work.session.execute(text(statement))


def test_no_report_slips_past_its_second_look(hub: Hub) -> None:
    held = make_held(hub)
    held.find()
    with pytest.raises(IntegrityError, match="sealed by its second look"), hub.begin(SYSTEM) as work:
        appraisals.let_through(work, held.order.id)
    held.look(**worse(hub, held))
    with pytest.raises(IntegrityError, match="sealed by its second look"), hub.begin(SYSTEM) as work:
        appraisals.let_through(work, held.order.id)
    assert held.report is None


def test_who_signed_the_first_look_is_never_the_second_and_nobody_decides_about_their_own(hub: Hub) -> None:
    held = make_held(hub)
    held.find()
    blind = held.look(**worse(hub, held))
    same = "code, review_id, draft_id, no, appraiser_id, reviewer_id, outcome, steps, critical_misses, content, sha256, at"
    forged = same.replace("reviewer_id,", "appraiser_id + 0,").replace("code,", "'x' || code,", 1).replace(" no,", " no + 1,")
    with pytest.raises(IntegrityError), hub.begin(SYSTEM) as work:
        work.session.execute(text(f"INSERT INTO peer_review_result ({same}) SELECT {forged} FROM peer_review_result"))
    columns = "code, result_id, appraiser_id, reviewer_id, by_id, decision, reason, at"
    for by in (blind.reviewer_id, held.case.appraiser.id):
        values = f"'d', id, appraiser_id, reviewer_id, {by}, 'stands', 'a reason of ten letters', at"
        with pytest.raises(IntegrityError, match="third_person"), hub.begin(SYSTEM) as work:
            work.session.execute(text(f"INSERT INTO peer_review_decision ({columns}) SELECT {values} FROM peer_review_result"))
    values = "'d', id, appraiser_id, by_other, by_other, 'stands', 'a reason of ten letters', at".replace(
        "by_other", str(held.person.id)
    )
    with pytest.raises(IntegrityError, match=r"two grades that differ|third_person"), hub.begin(SYSTEM) as work:
        work.session.execute(text(f"INSERT INTO peer_review_decision ({columns}) SELECT {values} FROM peer_review_result"))


# At once


def test_two_hand_in_at_once_and_one_counts(hub: Hub) -> None:
    held = make_held(hub, colleagues=1)
    person, review = held.find(), held.review
    answers = second_answers(hub, review)
    who = actor(hub, person)

    def one() -> object:
        return hub.db.run(who, lambda work: service.hand_in(work, review.code, answers, review.answers_rev))

    said = at_once(one, one)
    refused = [each for each in said if isinstance(each, Exception)]
    assert [type(each) for each in refused if isinstance(each, (BadState, Conflict, ReviewNotFound))] == [type(refused[0])]
    assert len(held.results) == 1
    assert held.state == "issued"


def test_passing_on_and_handing_in_at_once_leave_one_of_the_two(hub: Hub) -> None:
    held = make_held(hub, colleagues=2, seniors=0)
    person, review = held.find(), held.review
    answers, who = second_answers(hub, review), actor(hub, person)
    said = at_once(
        lambda: hub.db.run(who, lambda work: service.hand_in(work, review.code, answers, review.answers_rev)),
        lambda: hub.db.run(who, lambda work: service.pass_on(work, review.code, "临时有事。")),
    )
    hub.drain()
    assert sum(isinstance(each, Exception) for each in said) == 1
    with hub.look() as work:
        first = queries.askings_of(work, review.id)[0]
    assert (first.answer, held.state) in [("handed_in", "issued"), ("passed", "second_look")]


def test_the_named_person_and_the_one_before_at_once_leave_one_result(hub: Hub) -> None:
    """A race of two reviewers: the first one's time is over while they hand in, and the second is drawn."""
    held = make_held(hub, colleagues=2, seniors=0)
    first, review = held.find(), held.review
    answers, who = second_answers(hub, review), actor(hub, first)
    with hub.begin(SYSTEM) as work:
        advance(work, timedelta(days=3, minutes=1))
    said = at_once(
        lambda: hub.db.run(who, lambda work: service.hand_in(work, review.code, answers, review.answers_rev)),
        hub.drain,
    )
    hub.drain()
    if held.state == "issued":
        assert not isinstance(said[0], Exception)
    else:
        assert isinstance(said[0], (BadState, Conflict, ReviewNotFound))
        assert held.person.id != first.id
        held.look()
    assert len(held.results) == 1
    with hub.look() as work:
        assert len(work.session.scalars(select(Agreement)).all()) == 1
        assert work.session.scalars(select(Asking).where(Asking.answer.is_(None))).all() == []
        assert work.session.scalars(select(Appraisal.state)).all() == ["issued"]
