"""Who may take new work, and what the database keeps of licences, suspensions, instruments and reminders."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError, IntegrityError

from app.accounts.models import Organisation, User
from app.appraisal import queries, service
from app.appraisal.errors import (
    AgencyNotLicensed,
    AgencySuspended,
    AlreadySuspended,
    CertificateEnded,
    LicenceEnded,
    LicenceNotBegun,
    LicencesOverlap,
    ManagersOnly,
    NotCertified,
    NotItsAppraiser,
    OperatorsOnly,
    ProficiencyEnded,
    ProficiencyMissing,
    RegisterEntryNotFound,
)
from app.appraisal.models import Licence, Suspension
from app.appraisal.requirements import needs_calibration, requirements
from app.goods.models import CATEGORIES
from app.kernel import clock
from app.kernel.errors import Conflict, InvalidInput
from app.kernel.hub import Hub
from app.kernel.time import SHANGHAI, shanghai_day
from app.kernel.work import SYSTEM, Work
from app.notices.models import Notice
from app.oversight import service as oversight
from app.oversight.errors import PurposeClosed
from tests.accounts.making import actor, make_member, make_organisation, make_user
from tests.appraisal.admitting import admit, qualify
from tests.appraisal.making import clean_answers, close, make_inspection, make_request, order_of, sign
from tests.goods.making import make_appliance

REASON = "抽查发现两台仪器超过校准有效期。"
DAY = timedelta(days=1)


def today(hub: Hub) -> date:
    with hub.look() as work:
        return shanghai_day(work.now)


def advance(hub: Hub, days: int) -> None:
    with hub.begin() as work:
        clock.advance(work, timedelta(days=days))


def codes(hub: Hub, ask: Callable[[Work], list[queries.Hindrance]]) -> list[str]:
    with hub.look() as work:
        return [one.code for one in ask(work)]


def notices_of(hub: Hub, user: User, start: str) -> list[str]:
    with hub.look() as work:
        rows = select(Notice).where(Notice.user_id == user.id, Notice.text.startswith(start)).order_by(Notice.id)
        return [one.text % one.values for one in work.session.scalars(rows)]


def licence(hub: Hub, agency: Organisation, **days: date) -> str:
    with hub.begin(SYSTEM) as work:
        return admit(work, agency.id, ["phone"], **days)[0].code


# An agency


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (None, None, AgencyNotLicensed),
        (1, 10, LicenceNotBegun),
        (-10, -1, LicenceEnded),
        (0, 0, None),
        (-10, 0, None),
        (0, 9, None),
    ],
)
def test_a_licence_counts_from_its_first_to_its_last_day(
    hub: Hub, first: int | None, last: int | None, expected: type | None
) -> None:
    agency = make_organisation(hub, "agency", admitted=False)
    if first is not None and last is not None:
        licence(hub, agency, valid_from=today(hub) + first * DAY, valid_until=today(hub) + last * DAY)
    found = codes(hub, lambda work: queries.may_take_work(work, agency.id, "phone"))
    assert found == ([expected.code] if expected else [])
    assert codes(hub, lambda work: queries.may_take_work(work, agency.id, "car")) == ["agency_not_licensed"]
    with hub.look() as work:
        assert (agency.id in {one.id for one in queries.agencies_for(work, "phone")}) == (expected is None)


def test_the_newest_version_counts_and_every_version_stays(hub: Hub) -> None:
    agency = make_organisation(hub, "agency", admitted=False)
    manager = make_member(hub, "manager", organisation=agency)
    operator = make_member(hub, "operator")
    code = licence(hub, agency, valid_from=today(hub) - 30 * DAY, valid_until=today(hub) + 30 * DAY)
    with hub.begin(actor(hub, operator)) as work:
        second = service.correct_licence(work, code, today(hub) - 30 * DAY, today(hub) - DAY, "日期登记有误，按原件更正。")
    assert codes(hub, lambda work: queries.may_take_work(work, agency.id, "phone")) == ["licence_ended"]
    with pytest.raises(Conflict), hub.begin(actor(hub, operator)) as work:
        service.correct_licence(work, code, today(hub), today(hub), "又一次更正，但依据的是旧版本。")
    with hub.begin(actor(hub, operator)) as work:
        service.withdraw_licence(work, second.code, "机构自愿停业，申请撤销。")
    assert codes(hub, lambda work: queries.may_take_work(work, agency.id, "phone")) == ["agency_not_licensed"]
    with hub.look() as work:
        assert [one.version for one in queries.licence_versions(work, agency.id)] == [3, 2, 1]
    assert len(notices_of(hub, manager, "The licence")) == 2


def test_licences_do_not_overlap_and_their_versions_have_no_gaps(hub: Hub) -> None:
    agency, other = make_organisation(hub, "agency", admitted=False), make_organisation(hub, "agency", admitted=False)
    operator = make_member(hub, "operator")
    with hub.begin(actor(hub, operator)) as work:
        service.grant(work, agency, "phone", "XY-1", date(2026, 1, 1), date(2026, 12, 31))
    for number, first, last in (("XY-2", date(2026, 12, 31), date(2027, 12, 31)), ("XY-3", date(2025, 1, 1), date(2026, 1, 1))):
        with pytest.raises(LicencesOverlap), hub.begin(actor(hub, operator)) as work:
            service.grant(work, agency, "phone", number, first, last)
    with hub.begin(actor(hub, operator)) as work:
        service.grant(work, agency, "car", "XY-1", date(2026, 1, 1), date(2026, 12, 31))  # one paper for two categories
        service.grant(work, other, "phone", "XY-4", date(2026, 1, 1), date(2026, 12, 31))
        service.grant(work, agency, "phone", "XY-5", date(2027, 1, 1), date(2027, 12, 31))
    copy = (
        "INSERT INTO agency_licence (code, agency_id, category, licence_no, version, action, valid_from, valid_until, reason, "
        "unmet, decided_at) SELECT {values} FROM agency_licence WHERE licence_no = 'XY-1' AND category = 'phone'"
    )
    wrong = {
        "a gap": "'a', agency_id, category, licence_no, 3, 'corrected', valid_from, valid_until, '', '[]', decided_at",
        "a second first version": "'b', agency_id, category, 'XY-9', 1, 'granted', valid_from, valid_until, '', '[]', decided_at",
        "dates out of order": "'c', agency_id, category, 'XY-9', 1, 'granted', valid_until, valid_from, '', '[]', decided_at",
        "another agency's number": f"'d', {other.id}, 'car', licence_no, 1, 'granted', valid_from, valid_until, '', '[]', decided_at",
    }
    for values in wrong.values():
        with pytest.raises(DatabaseError), hub.begin() as work:
            work.session.execute(text(copy.format(values=values)))
    for statement in ("UPDATE agency_licence SET valid_until = valid_from", "DELETE FROM agency_licence"):
        with pytest.raises(DatabaseError), hub.begin() as work:
            work.session.execute(text(statement))


# An application


def ready(hub: Hub, category: str = "phone") -> tuple[Organisation, User, User]:
    """An agency with everything that a licence for phones asks for, its manager and its appraiser."""
    agency = make_organisation(hub, "agency", admitted=False)
    manager = make_member(hub, "manager", organisation=agency)
    appraiser = make_member(hub, "appraiser", organisation=agency)
    with hub.begin(actor(hub, manager)) as work:
        for number, each in enumerate(requirements().categories[category].equipment):
            made = service.add_instrument(work, each.kind, "循衡", "XH-1", f"{agency.code[:6]}-{number}")
            if needs_calibration(each.kind):
                service.calibrate(work, made.code, today(hub), today(hub) + 365 * DAY, f"JL-{number:03d}", "循河计量所")
    return agency, manager, appraiser


DOCUMENTS = {"business_licence": "91500000TEST", "premises": "ZL-2026-001", "procedure": "第 3 版"}


def ask_for(hub: Hub, manager: User, category: str = "phone", area_m2: int = 300) -> str:
    with hub.begin(actor(hub, manager)) as work:
        return service.apply(work, category, "循河镇云杉路 20 号", area_m2, DOCUMENTS, "").code


def test_an_application_becomes_a_licence_and_both_stay(hub: Hub) -> None:
    agency, manager, _ = ready(hub)
    operator = make_member(hub, "operator")
    code = ask_for(hub, manager)
    with pytest.raises(Conflict):
        ask_for(hub, manager)
    with pytest.raises(OperatorsOnly), hub.begin(actor(hub, manager)) as work:
        service.approve(work, code, "XY-77", today(hub), today(hub) + 365 * DAY, "")
    with hub.begin(actor(hub, operator)) as work:
        made = service.approve(work, code, "XY-77", today(hub), today(hub) + 365 * DAY, "")
        assert (made.unmet, made.version) == ([], 1)
    with hub.look() as work:
        application = queries.application_by_code(work, code)
        assert application.state == "approved"
        assert {point["code"]: point["found"] for point in application.found}["area_m2"] == 300
        assert made.application_id == application.id
    assert codes(hub, lambda work: queries.may_take_work(work, agency.id, "phone")) == []
    with pytest.raises(Conflict), hub.begin(actor(hub, operator)) as work:
        service.refuse(work, code, "已经批准过的申请不能再拒绝。")


def test_what_is_missing_is_counted_and_granted_only_with_a_reason(hub: Hub) -> None:
    agency, manager, _ = ready(hub, "car")
    operator = make_member(hub, "operator")
    code = ask_for(hub, manager, "car", area_m2=150)
    with hub.look() as work:
        unmet = queries.admission(work, agency.id, "car", 150).unmet
    assert unmet == ["area_m2", "appraisers", "seniors"]
    with pytest.raises(InvalidInput) as refused, hub.begin(actor(hub, operator)) as work:
        service.approve(work, code, "XY-78", today(hub), today(hub) + 365 * DAY, "")
    assert "reason" in refused.value.errors
    with hub.begin(actor(hub, operator)) as work:
        made = service.approve(work, code, "XY-78", today(hub), today(hub) + 365 * DAY, "乡镇唯一的检测点，半年内补足人员。")
    assert made.unmet == unmet
    for _ in range(3):
        make_member(hub, "appraiser", organisation=agency)
    senior = make_member(hub, "appraiser", organisation=agency, qualified=False)
    with hub.begin(SYSTEM) as work:
        qualify(work, senior.id, ["car"], level="senior")
    with hub.look() as work:
        assert queries.admission(work, agency.id, "car", 200).unmet == []
        assert queries.is_senior(work, senior.id, "car")
        assert not queries.is_senior(work, senior.id, "phone")


def test_an_application_is_refused_with_its_reason_or_taken_back(hub: Hub) -> None:
    _, manager, _ = ready(hub)
    operator, stranger = make_member(hub, "operator"), make_member(hub, "manager")
    code = ask_for(hub, manager)
    with pytest.raises(InvalidInput), hub.begin(actor(hub, operator)) as work:
        service.refuse(work, code, "不行")
    with hub.begin(actor(hub, operator)) as work:
        service.refuse(work, code, "场地证明与申请地址不一致，请核对后重新申请。")
    assert notices_of(hub, manager, "The application") == [
        "The application of your agency for a licence was refused. Reason: 场地证明与申请地址不一致，请核对后重新申请。"
    ]
    again = ask_for(hub, manager)
    with pytest.raises(RegisterEntryNotFound), hub.begin(actor(hub, stranger)) as work:
        service.withdraw_application(work, again)
    with hub.begin(actor(hub, manager)) as work:
        assert service.withdraw_application(work, again).state == "withdrawn"
    with pytest.raises(ManagersOnly), hub.begin(actor(hub, operator)) as work:
        service.apply(work, "phone", "循河镇云杉路 20 号", 300, DOCUMENTS, "")
    with pytest.raises(InvalidInput) as refused, hub.begin(actor(hub, manager)) as work:
        service.apply(work, "boat", "短", 0, {}, "")
    assert set(refused.value.errors) == {"category", "address", "area_m2", *DOCUMENTS}


# Suspensions


def test_a_suspension_stops_new_work_and_signatures_and_keeps_what_was_begun(hub: Hub) -> None:
    operator = make_member(hub, "operator")
    running = make_inspection(hub, clean_answers(screen_glass=None))
    waiting = make_request(hub, agency=running.agency, appraiser=running.appraiser)
    with hub.begin(actor(hub, operator)) as work:
        code = service.suspend(work, running.agency.code, REASON).code
    with pytest.raises(AgencySuspended):
        make_request(hub, agency=running.agency, appraiser=running.appraiser)
    with pytest.raises(AgencySuspended), hub.begin(actor(hub, waiting.appraiser)) as work:
        service.accept(work, waiting.code)
    with hub.begin(actor(hub, running.appraiser)) as work:
        service.save_findings(work, running.code, {"screen_glass": "none"}, 1)
    close(hub, running.appraiser, running.code)
    before = order_of(hub, running)
    with pytest.raises(AgencySuspended) as refused:
        sign(hub, running)
    assert refused.value.values["reason"] == REASON
    after = order_of(hub, running)
    assert (after.state, after.findings, after.findings_rev) == ("inspecting", before.findings, before.findings_rev)
    with hub.begin(actor(hub, operator)) as work:
        service.lift(work, code, "整改完成，两台仪器已重新校准。")
    assert sign(hub, running).status == "graded"
    with hub.begin(actor(hub, waiting.appraiser)) as work:
        service.accept(work, waiting.code)
    assert len(notices_of(hub, running.appraiser, "Your agency is suspended")) == 1
    assert len(notices_of(hub, running.appraiser, "A suspension")) == 1


def test_each_authority_suspends_once_and_lifts_only_its_own(hub: Hub) -> None:
    agency = make_organisation(hub, "agency")
    operator, officer, manager = make_member(hub, "operator"), make_member(hub, "officer"), make_member(hub, "manager")
    with hub.begin(actor(hub, operator)) as work:
        by_operator = service.suspend(work, agency.code, REASON).code
    with pytest.raises(AlreadySuspended), hub.begin(actor(hub, operator)) as work:
        service.suspend(work, agency.code, REASON)
    with pytest.raises(OperatorsOnly), hub.begin(actor(hub, manager)) as work:
        service.suspend(work, agency.code, REASON)
    with hub.begin(actor(hub, officer)) as work:
        purpose = oversight.open_purpose(work, "SJ-2026-0117", "Complaint about an undisclosed repair.").code
        by_officer = oversight.suspend_agency(work, purpose, agency.code, REASON).code
    with pytest.raises(RegisterEntryNotFound), hub.begin(actor(hub, officer)) as work:
        oversight.lift_agency(work, purpose, by_operator, "核查后认为可以恢复。")
    with hub.begin(actor(hub, operator)) as work:
        service.lift(work, by_operator, "整改完成，恢复接单。")
    assert codes(hub, lambda work: queries.may_take_work(work, agency.id, "phone")) == ["agency_suspended"]
    with hub.begin(actor(hub, officer)) as work:
        oversight.close_purpose(work, purpose)
    with pytest.raises(PurposeClosed), hub.begin(actor(hub, officer)) as work:
        oversight.lift_agency(work, purpose, by_officer, "核查后认为可以恢复。")
    with hub.begin(actor(hub, officer)) as work:
        again = oversight.open_purpose(work, "SJ-2026-0118", "Follow-up of the earlier inspection.").code
        oversight.lift_agency(work, again, by_officer, "核查后认为可以恢复。")
    assert codes(hub, lambda work: queries.may_take_work(work, agency.id, "phone")) == []
    with pytest.raises(Conflict), hub.begin(actor(hub, operator)) as work:
        service.lift(work, by_operator, "再解除一次，没有意义。")
    with hub.look() as work:
        assert [one.purpose_code for one in queries.suspensions_of(work, agency.id)] == [purpose, None]


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO agency_suspension (code, agency_id, authority_id, imposed_by_id, since_at, reason) "
        "SELECT 'again', agency_id, authority_id, imposed_by_id, since_at, reason FROM agency_suspension",
        "UPDATE agency_suspension SET reason = 'a reason that reads better'",
        "UPDATE agency_suspension SET lifted_at = since_at",
        "DELETE FROM agency_suspension",
    ],
)
def test_the_database_keeps_a_suspension_as_it_was_imposed(hub: Hub, statement: str) -> None:
    agency = make_organisation(hub, "agency")
    with hub.begin(actor(hub, make_member(hub, "operator"))) as work:
        service.suspend(work, agency.code, REASON)
    with pytest.raises(DatabaseError), hub.begin() as work:
        work.session.execute(text(statement))
    with hub.look() as work:
        assert work.session.scalars(select(Suspension.reason)).one() == REASON


# A person


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


# Instruments


def test_a_reading_needs_an_instrument_whose_calibration_holds_on_that_day(hub: Hub) -> None:
    agency, manager, _ = ready(hub, "appliance")
    stranger, operator = make_member(hub, "manager"), make_member(hub, "operator")
    with hub.look() as work:
        tester = queries.instruments(work, agency.id, "earth_tester")[0]
    start = today(hub)
    assert queries.is_calibrated(tester, start)
    assert queries.is_calibrated(tester, start + 365 * DAY)
    assert not queries.is_calibrated(tester, start + 366 * DAY)
    assert not queries.is_calibrated(tester, start - DAY)
    with pytest.raises(RegisterEntryNotFound), hub.begin(actor(hub, stranger)) as work:
        service.calibrate(work, tester.code, start, start, "JL-999", "循河计量所")
    for given, field in (
        ((start + DAY, start + DAY, "JL-901", "循河计量所"), "done_on"),
        ((start, start - DAY, "JL-901", "循河计量所"), "valid_until"),
        ((start, start, "1", "循河计量所"), "certificate_no"),
        ((start, start, tester.calibrations[0].certificate_no, "循河计量所"), "certificate_no"),
    ):
        with pytest.raises(InvalidInput) as refused, hub.begin(actor(hub, manager)) as work:
            service.calibrate(work, tester.code, *given)
        assert set(refused.value.errors) == {field}
    with hub.begin(actor(hub, operator)) as work:
        service.strike_calibration(work, tester.calibrations[0].code, "证书编号查无此号。")
    with hub.look() as work:
        struck = queries.instruments(work, agency.id, "earth_tester")[0]
        assert not queries.is_calibrated(struck, start)
        assert queries.admission(work, agency.id, "appliance", 60).unmet == ["earth_tester"]
    with pytest.raises(InvalidInput), hub.begin(actor(hub, stranger)) as work:
        service.add_instrument(work, "earth_tester", tester.maker, tester.model, tester.serial)
    with hub.begin(actor(hub, manager)) as work:
        service.retire_instrument(work, tester.code, "摔坏")
    with hub.begin(actor(hub, stranger)) as work:
        service.add_instrument(work, "earth_tester", tester.maker, tester.model, tester.serial)  # sold to another agency
    with hub.look() as work:
        gone = next(kit for kit in queries.instruments(work, agency.id, with_retired=True) if kit.id == tester.id)
        assert not queries.is_calibrated(gone, start)
    with pytest.raises(IntegrityError), hub.begin() as work:
        work.session.execute(text("UPDATE instrument_calibration SET valid_until = '2099-01-01'"))


def test_an_instrument_without_calibration_stops_new_work_and_no_begun_one(hub: Hub) -> None:
    """Of each kind that the category asks for, one that is calibrated is enough; a kind that was never there is the licence's matter."""
    agency, manager, appraiser = ready(hub, "appliance")
    with hub.begin(SYSTEM) as work:
        admit(work, agency.id, ["appliance"], valid_until=today(hub) + 900 * DAY)
        qualify(work, appraiser.id, ["appliance"], proficiency_until=today(hub) + 900 * DAY)
    owner = make_user(hub)
    running = make_inspection(hub, {}, agency=agency, appraiser=appraiser, thing=make_appliance(hub, owner), owner=owner)
    ask = lambda work: queries.may_take_work(work, agency.id, "appliance")  # noqa: E731
    assert codes(hub, ask) == []
    advance(hub, 366)
    assert codes(hub, ask) == ["calibration_ended"]
    with hub.look() as work:
        assert agency.id not in [one.id for one in queries.agencies_for(work, "appliance")]
        old = queries.instruments(work, agency.id)
    with hub.begin(actor(hub, appraiser)) as work:  # what was begun goes on
        rev = queries.visible_appraisal(work, running.code).findings_rev
        assert service.save_findings(work, running.code, {"year_known": "true"}, rev) is not None
    for kit in old:
        if kit.needs_calibration:
            with hub.begin(actor(hub, manager)) as work:
                service.calibrate(work, kit.code, today(hub), today(hub) + 30 * DAY, f"NEW-{kit.id}", "循河计量所")
    assert codes(hub, ask) == []


def test_every_kind_that_a_scheme_measures_with_can_be_registered() -> None:
    asked = requirements()
    assert set(asked.categories) == set(CATEGORIES)
    assert asked.reminder_days == (60, 30, 7)
    car = asked.categories["car"]
    assert (car.area_m2.least, car.people.appraisers, car.people.seniors) == (200, 3, 1)
    assert {"lift", "fault_code_reader", "body_gauge", "coating_gauge"} <= {each.kind for each in car.equipment}
    assert {each.confidence for each in (car.area_m2, car.people)} == {"K"}


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


def test_licences_granted_in_one_moment_by_two_operators_are_one(hub: Hub) -> None:
    """The database compares with what the other has committed; on SQLite one writes after the other anyway."""
    agency = make_organisation(hub, "agency", admitted=False)
    operators = [make_member(hub, "operator") for _ in range(2)]
    kept = 0
    for number, operator in enumerate(operators):
        try:
            with hub.begin(actor(hub, operator)) as work:
                service.grant(work, agency, "phone", f"XY-R{number}", today(hub), today(hub) + 30 * DAY)
                kept += 1
        except LicencesOverlap:
            pass
    with hub.look() as work:
        assert len(list(work.session.scalars(select(Licence)))) == kept == 1
