"""Which agency may take new work: licences, applications, suspensions."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from app.appraisal import queries, service
from app.appraisal.errors import (
    AgencyNotLicensed,
    AgencySuspended,
    AlreadySuspended,
    LicenceEnded,
    LicenceNotBegun,
    LicencesOverlap,
    ManagersOnly,
    OperatorsOnly,
    RegisterEntryNotFound,
)
from app.appraisal.models import Licence, Suspension
from app.kernel.errors import Conflict, InvalidInput
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from app.oversight import service as oversight
from app.oversight.errors import PurposeClosed
from tests.accounts.making import actor, make_member, make_organisation
from tests.appraisal.admitting import qualify
from tests.appraisal.making import clean_answers, close, make_inspection, make_request, order_of, sign
from tests.appraisal.registering import DAY, DOCUMENTS, REASON, ask_for, codes, licence, notices_of, ready, today

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
