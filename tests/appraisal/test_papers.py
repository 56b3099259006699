"""Which appraiser may take new work: certificates, tests, courses; and what everybody is reminded of."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from app.accounts.models import User
from app.appraisal import queries, service
from app.appraisal.errors import (
    CertificateEnded,
    NotCertified,
    NotItsAppraiser,
    OperatorsOnly,
    ProficiencyEnded,
    ProficiencyMissing,
)
from app.kernel import clock
from app.kernel.errors import Conflict, InvalidInput
from app.kernel.hub import Hub
from app.kernel.time import SHANGHAI
from app.kernel.work import SYSTEM
from tests.accounts.making import actor, make_member, make_organisation, make_user
from tests.appraisal.admitting import qualify
from tests.appraisal.making import clean_answers, make_inspection, make_request, order_of, sign
from tests.appraisal.registering import DAY, advance, codes, licence, notices_of, ready, today


@pytest.mark.parametrize(
    ("certificate", "proficiency", "expected"),
    [
        (None, None, [NotCertified, ProficiencyMissing]),
        (0, 0, []),
        (-1, 10, [CertificateEnded]),
        (10, -1, [ProficiencyEnded]),
        (-1, -1, [CertificateEnded, ProficiencyEnded]),
    ],
)
def test_certificate_and_proficiency_count_until_their_last_day(
    hub: Hub, certificate: int | None, proficiency: int | None, expected: list[type]
) -> None:
    agency = make_organisation(hub, "agency")
    person = make_member(hub, "appraiser", organisation=agency, qualified=False)
    if certificate is not None and proficiency is not None:
        with hub.begin(SYSTEM) as work:
            until = {"certificate_until": today(hub) + certificate * DAY, "proficiency_until": today(hub) + proficiency * DAY}
            qualify(work, person.id, ["phone"], **until)
    found = codes(hub, lambda work: queries.appraiser_may(work, person.id, agency.id, "phone"))
    assert found == [one.code for one in expected]
    other = make_organisation(hub, "agency")
    assert codes(hub, lambda work: queries.appraiser_may(work, person.id, other.id, "phone"))[0] == NotItsAppraiser.code
    with hub.look() as work:
        assert (person.id in {one.id for one in queries.appraisers_for(work, agency.id, "phone")}) == (expected == [])


def test_who_is_not_qualified_does_not_accept_and_who_has_begun_may_finish(hub: Hub) -> None:
    agency = make_organisation(hub, "agency")
    newcomer = make_member(hub, "appraiser", organisation=agency, qualified=False)
    make_member(hub, "appraiser", organisation=agency)  # else nobody could ask it
    case = make_request(hub, agency=agency, appraiser=newcomer)
    with pytest.raises(NotCertified), hub.begin(actor(hub, newcomer)) as work:
        service.accept(work, case.code)
    assert order_of(hub, case).state == "requested"
    soon = make_member(hub, "appraiser", organisation=agency, qualified=False)
    with hub.begin(SYSTEM) as work:
        qualify(work, soon.id, ["phone"], certificate_until=today(hub) + DAY, proficiency_until=today(hub) + DAY)
    short = make_organisation(hub, "agency", admitted=False)
    licence(hub, short, valid_from=today(hub), valid_until=today(hub) + DAY)
    make_member(hub, "appraiser", user=soon, organisation=short, qualified=False)
    running = make_inspection(hub, clean_answers(), agency=short, appraiser=soon)
    advance(hub, 10)
    assert codes(hub, lambda work: queries.may_take_work(work, short.id, "phone")) == ["licence_ended"]
    assert sign(hub, running).status == "graded"


def test_a_certificate_counts_once_the_operator_has_confirmed_it(hub: Hub) -> None:
    agency = make_organisation(hub, "agency")
    person = make_member(hub, "appraiser", organisation=agency, qualified=False)
    operator = make_member(hub, "operator")
    days = (today(hub) - DAY, today(hub) + 700 * DAY)
    with hub.begin(actor(hub, person)) as work:
        code = service.hand_in_certificate(work, "phone", "senior", "ZJ-9001", "云杉职业能力中心", *days).code
        with pytest.raises(InvalidInput):
            service.hand_in_certificate(work, "phone", "senior", "ZJ-9001", "云杉职业能力中心", *days)
    ask = lambda work: queries.appraiser_may(work, person.id, agency.id, "phone")  # noqa: E731
    assert codes(hub, ask) == ["not_certified", "proficiency_missing"]
    for decision in ("withdrawn", "struck", ""):
        with pytest.raises(Conflict), hub.begin(actor(hub, operator)) as work:
            service.decide_certificate(work, code, decision, "没有确认过的证书。")
    with hub.begin(actor(hub, operator)) as work:
        service.decide_certificate(work, code, "confirmed")
    assert codes(hub, ask) == ["proficiency_missing"]
    with hub.begin(actor(hub, operator)) as work:
        service.decide_certificate(work, code, "withdrawn", "发证机构通知证书作废。")
    assert codes(hub, ask) == ["not_certified", "proficiency_missing"]
    assert (
        notices_of(hub, person, "Your certificate")[-1]
        == "Your certificate ZJ-9001 no longer counts. Reason: 发证机构通知证书作废。"
    )


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ("appraiser_certificate", "UPDATE appraiser_certificate SET level = 'senior'"),
        ("register_decision", "UPDATE register_decision SET decision = 'refused', reason = 'changed'"),
        ("proficiency_result", "UPDATE proficiency_result SET agreed = 0"),
        ("proficiency_result", "DELETE FROM proficiency_result"),
        ("proficiency_test", "UPDATE proficiency_test SET closed_at = NULL"),
    ],
)
def test_papers_and_results_are_never_changed(hub: Hub, table: str, fault: str) -> None:
    make_member(hub, "appraiser")
    with pytest.raises(DatabaseError, match=r"append-only|once"), hub.begin() as work:
        work.session.execute(text(fault))


# Reminders


def test_reminders_come_60_30_and_7_days_before_and_once_each(hub: Hub) -> None:
    agency, manager, appraiser = ready(hub, "phone")
    operator = make_member(hub, "operator")
    appraiser = make_member(hub, "appraiser", organisation=agency, qualified=False)
    with hub.begin(SYSTEM) as work:  # noon: the reminders of a day have come
        hour = work.now.astimezone(SHANGHAI).hour
        clock.advance(work, timedelta(hours=(36 - hour) % 24))
    gauge = _calibrated_gauge(hub, manager, 100)
    start = today(hub)
    with hub.begin(actor(hub, operator)) as work:
        service.grant(work, agency, "phone", "XY-60", start, start + 100 * DAY)
    with hub.begin(actor(hub, appraiser)) as work:
        code = service.hand_in_certificate(work, "car", "appraiser", "ZJ-60", "云杉职业能力中心", start, start + 100 * DAY).code
    with hub.begin(actor(hub, operator)) as work:
        service.decide_certificate(work, code, "confirmed")
    seen = []
    for day in range(1, 101):
        advance(hub, 1)
        if day in (1, 39, 40, 41, 69, 70, 71, 92, 93, 94, 100):
            hub.drain()
        seen.append(len(notices_of(hub, manager, "The agency's licence")))
    assert [day + 1 for day, (before, after) in enumerate(zip([0, *seen], seen, strict=False)) if after > before] == [40, 70, 93]
    for who, start_of_text in (
        (manager, "The agency's licence"), (appraiser, "The agency's licence"), (manager, "The appraiser's certificate"),
        (appraiser, "The appraiser's certificate"), (manager, "The calibration"), (appraiser, "The calibration"),
    ):  # fmt: skip
        told = notices_of(hub, who, start_of_text)
        assert [one.split(", in ")[1].split(" days")[0] for one in told] == ["60", "30", "7"], start_of_text
    assert gauge


def test_what_was_renewed_is_not_reminded_of(hub: Hub) -> None:
    agency, manager, _ = ready(hub, "phone")
    operator = make_member(hub, "operator")
    gauge = _calibrated_gauge(hub, manager, 100)
    start = today(hub)
    with hub.begin(actor(hub, operator)) as work:
        service.grant(work, agency, "phone", "XY-61", start, start + 100 * DAY)
        service.grant(work, agency, "phone", "XY-62", start + 101 * DAY, start + 500 * DAY)
    with hub.begin(actor(hub, manager)) as work:
        service.calibrate(work, gauge, start, start + 400 * DAY, "JL-702", "循河计量所")
    advance(hub, 45)
    hub.drain()
    assert notices_of(hub, manager, "The agency's licence") == []
    assert notices_of(hub, manager, "The calibration") == []


def test_short_hours_are_reminded_of_before_the_year_ends(hub: Hub) -> None:
    agency = make_organisation(hub, "agency")
    manager = make_member(hub, "manager", organisation=agency)
    operator = make_member(hub, "operator")
    with hub.begin(SYSTEM) as work:
        clock.advance(work, timedelta(days=(date(today(hub).year + 1, 3, 1) - today(hub)).days))
    lazy, keen = (make_member(hub, "appraiser", organisation=agency, qualified=False) for _ in range(2))
    for number, person in enumerate((lazy, keen)):
        with hub.begin(actor(hub, person)) as work:
            days = (today(hub), today(hub) + 900 * DAY)
            code = service.hand_in_certificate(work, "phone", "appraiser", f"ZJ-8{number}", "云杉职业能力中心", *days).code
            if person is keen:
                service.record_course(work, "年度继续教育", "云杉职业能力中心", 16, today(hub), "JX-1")
            else:
                service.record_course(work, "年度继续教育", "云杉职业能力中心", 8, today(hub), "JX-2")
        with hub.begin(actor(hub, operator)) as work:
            service.decide_certificate(work, code, "confirmed")
    for _ in range(31):
        advance(hub, 10)
        hub.drain()
    told = notices_of(hub, lazy, "%(name)s has")
    assert [one.split("ends in ")[1] for one in told][:1] != []
    assert all("has 8 of 16 hours" in one for one in told)
    assert len(told) == 3
    assert notices_of(hub, keen, "%(name)s has") == []
    assert len(notices_of(hub, manager, "%(name)s has")) == 3


def _calibrated_gauge(hub: Hub, manager: User, days: int) -> str:
    with hub.begin(actor(hub, manager)) as work:
        gauge = service.add_instrument(work, "coating_gauge", "循衡", "XH-2", manager.code[:8]).code
        service.calibrate(work, gauge, today(hub), today(hub) + days * DAY, "JL-701", "循河计量所")
    return gauge


def test_courses_are_checked_and_struck_ones_give_no_hours(hub: Hub) -> None:
    person, operator = make_member(hub, "appraiser"), make_member(hub, "operator")
    wrong = {
        "hours": ("继续教育", "云杉中心", 0, today(hub), "JX-1"),
        "taken_on": ("继续教育", "云杉中心", 8, today(hub) + DAY, "JX-1"),
        "evidence": ("继续教育", "云杉中心", 8, today(hub), ""),
        "title": ("", "云杉中心", 8, today(hub), "JX-1"),
    }
    for field, given in wrong.items():
        with pytest.raises(InvalidInput) as refused, hub.begin(actor(hub, person)) as work:
            service.record_course(work, *given)
        assert set(refused.value.errors) == {field}
    with hub.begin(actor(hub, person)) as work:
        code = service.record_course(work, "继续教育", "云杉中心", 8, today(hub), "JX-1").code
    with hub.begin(actor(hub, operator)) as work:
        service.strike_course(work, code, "举办方名单中没有此人。")
    with hub.look() as work:
        lessons = queries.lessons_of(work, person.id)
        assert queries.hours_by_year(lessons) == {}
        assert lessons[0].struck is not None
    with pytest.raises(OperatorsOnly), hub.begin(actor(hub, make_user(hub))) as work:
        service.strike_course(work, code, "随便谁都不行。")
