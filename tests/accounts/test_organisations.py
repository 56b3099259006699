"""Organisations are taken in, people are invited to roles, answer, leave and are sent away."""

from __future__ import annotations

from datetime import timedelta

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from app.accounts import queries, service
from app.accounts.errors import (
    CreditCodeTaken,
    DutiesExclude,
    InvitationNotFound,
    InvitedAlready,
    LastOne,
    MembershipNotFound,
    StaffStayOut,
    TooManyInvitations,
)
from app.accounts.models import Invitation, Membership, Organisation, User
from app.accounts.rules import INVITATION_LIFE, INVITATIONS_PER_DAY, NAMED_BY
from app.cli import commands
from app.kernel.clock import advance
from app.kernel.errors import InvalidInput, NotAllowed
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from app.notices.queries import list_notices
from grading.ids import credit_code_digit
from tests.accounts.making import actor, make_member, make_organisation, make_user, memberships, reader, send_form, sign_in
from tests.api.making import make_token
from tests.notices.making import link_of, mails

FIRST = "91500000MA5U0000"  # 16 signs of a code that nobody has; the last two are added


def credit_code(no: int = 1) -> str:
    first = f"{FIRST}{no}"
    return first + credit_code_digit(first)


@pytest.fixture
def agency(hub: Hub) -> Organisation:
    return make_organisation(hub, "agency")


@pytest.fixture
def manager(hub: Hub, agency: Organisation) -> User:
    return make_member(hub, "manager", organisation=agency, user=make_user(hub, name="何经理"))


def invited(hub: Hub, who: User, house: Organisation, role: str, email: str) -> str:
    with hub.begin(actor(hub, who)) as work:
        return service.invite(work, queries.organisation_by_id(work, house.id), role, email, "zh_CN").code


def accept(hub: Hub, person: User, code: str) -> Membership:
    with hub.begin(actor(hub, person)) as work:
        return service.accept(work, code)


def row(hub: Hub, code: str) -> Invitation:
    with hub.look() as work:
        return work.session.scalars(select(Invitation).where(Invitation.code == code)).one()


def test_a_real_marketplace_begins_by_command_and_goes_on_by_invitation(hub: Hub, monkeypatch: pytest.MonkeyPatch):
    """From an empty database to an appraiser at work, with nothing but commands for the first person."""

    monkeypatch.setattr(commands, "read_settings", lambda: hub.settings)
    monkeypatch.setattr(commands, "create_hub", lambda *_given, **_named: hub)
    monkeypatch.setattr(commands.logs, "set_up", lambda **_named: None)

    def xunyi(*words: str) -> str:
        done = CliRunner().invoke(commands.main, ["organisation", *words], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output.strip()

    boss = make_user(hub, email="boss@xunyi.example")
    own = xunyi("found", "operator", "演示平台运营有限公司", credit_code(1))
    xunyi("appoint", boss.email, own, "operator")
    with hub.begin(actor(hub, boss)) as work:
        house = service.found_organisation(work, "agency", "  晨星  检测 有限公司 ", credit_code(2).lower())
    assert (house.name, house.credit_code) == ("晨星 检测 有限公司", credit_code(2))
    head, hand = make_user(hub, name="顾经理"), make_user(hub, name="苏青")
    accept(hub, head, invited(hub, boss, house, "manager", head.email.upper()))
    accept(hub, hand, invited(hub, head, house, "appraiser", hand.email))
    hub.drain()
    with hub.look() as work:
        assert [(each.role, one.id) for each, one in queries.roles_in(work, house.id)] == [
            ("appraiser", hand.id),
            ("manager", head.id),
        ]
        assert [notice.text for notice in list_notices(work, head.id)] == ["%(name)s is now %(role)s at %(organisation)s."]
    listed = xunyi("list")
    assert f"appraiser  {hand.email}" in listed
    assert credit_code(2) in listed
    xunyi("dismiss", hand.email, house.code, "appraiser", "试用期结束")
    assert memberships(hub, hand) == []


def test_a_mail_says_who_invites_to_what_and_leads_to_the_page(hub: Hub, agency: Organisation, manager: User):
    code = invited(hub, manager, agency, "appraiser", "new@xunyi.example")
    hub.drain()
    hub.drain()
    [mail] = mails(hub, "new@xunyi.example")
    assert link_of(mail) == f"/invitations/{code}"
    assert "何经理" in mail.text
    assert agency.name in mail.text


def test_nobody_gives_a_role_that_is_not_theirs_to_give(hub: Hub, agency: Organisation, manager: User):
    """Every role by every kind of person: only what the rules list is done."""
    houses = {kind: make_organisation(hub, kind) for kind in ("dealer", "regulator", "operator")} | {"agency": agency}
    people = {
        "manager": manager,
        "appraiser": make_member(hub, "appraiser", organisation=agency),
        "dealer": make_member(hub, "dealer", organisation=houses["dealer"]),
        "officer": make_member(hub, "officer", organisation=houses["regulator"]),
        "operator": make_member(hub, "operator", organisation=houses["operator"]),
        "household": make_user(hub),
    }
    kinds = {"manager": "agency", "appraiser": "agency", "dealer": "dealer", "officer": "regulator", "operator": "operator"}
    done = {}
    for role, kind in kinds.items():
        for name, person in people.items():
            try:
                invited(hub, person, houses[kind], role, f"{role}.{name}@xunyi.example")
                done.setdefault(role, set()).add(name)
            except NotAllowed:
                pass
    assert done == {role: set(by) for role, by in NAMED_BY.items()}
    other = make_member(hub, "manager")
    with pytest.raises(NotAllowed):  # a manager, but of another house
        invited(hub, other, agency, "appraiser", "x@xunyi.example")
    with pytest.raises(NotAllowed):  # a role that such a house does not have
        invited(hub, people["operator"], agency, "officer", "x@xunyi.example")


def test_only_whoever_has_the_address_can_answer(hub: Hub, agency: Organisation, manager: User):
    guest, stranger = make_user(hub), make_user(hub)
    code = invited(hub, manager, agency, "appraiser", guest.email)
    for wrong in (stranger, manager):
        with pytest.raises(InvitationNotFound):
            accept(hub, wrong, code)
    membership = accept(hub, guest, code)
    assert membership.role == "appraiser"
    with pytest.raises(InvitationNotFound):
        accept(hub, guest, code)
    answered = row(hub, code)
    assert (answered.state, answered.email, answered.user_id) == ("accepted", None, guest.id)


def test_an_invitation_lapses_and_can_be_sent_again(hub: Hub, agency: Organisation, manager: User):
    guest = make_user(hub)
    code = invited(hub, manager, agency, "appraiser", guest.email)
    with pytest.raises(InvitedAlready):
        invited(hub, manager, agency, "appraiser", guest.email)
    with hub.begin(SYSTEM) as work:
        advance(work, INVITATION_LIFE + timedelta(seconds=1))
    with pytest.raises(InvitationNotFound):  # also before the job has come
        accept(hub, guest, code)
    hub.sweep()
    hub.drain()
    assert (row(hub, code).state, row(hub, code).email) == ("lapsed", None)
    accept(hub, guest, invited(hub, manager, agency, "appraiser", guest.email))


def test_a_declined_or_withdrawn_invitation_is_over(hub: Hub, agency: Organisation, manager: User):
    guest = make_user(hub, name="苏青")
    code = invited(hub, manager, agency, "appraiser", guest.email)
    with hub.begin(actor(hub, guest)) as work:
        service.decline(work, code)
    hub.drain()
    with hub.look() as work:
        [notice] = list_notices(work, manager.id)
    assert (notice.text, notice.values["name"]) == ("%(name)s has declined the role “%(role)s” at %(organisation)s.", "苏青")
    assert memberships(hub, guest) == []
    again = invited(hub, manager, agency, "appraiser", guest.email)
    with hub.begin(actor(hub, manager)) as work:
        service.withdraw(work, queries.organisation_by_id(work, agency.id), again)
    with pytest.raises(InvitationNotFound):
        accept(hub, guest, again)
    with hub.begin(actor(hub, manager)) as work, pytest.raises(InvitationNotFound):
        service.withdraw(work, queries.organisation_by_id(work, agency.id), again)


def test_an_invitation_ends_with_the_power_of_whoever_made_it(hub: Hub, agency: Organisation, manager: User):
    guest, staff = make_user(hub), make_member(hub, "operator")
    code = invited(hub, manager, agency, "appraiser", guest.email)
    with hub.begin(actor(hub, staff)) as work:
        [(own, _house)] = queries.memberships_of(work, manager.id)
        service.take_role_away(work, own.code, "离职")
    assert row(hub, code).state == "withdrawn"
    late = invited(hub, make_member(hub, "manager", organisation=agency, user=manager), agency, "appraiser", guest.email)
    with hub.begin(SYSTEM) as work:  # behind the verbs' back: what is open is not withdrawn
        [(own, _house)] = queries.memberships_of(work, manager.id)
        own.until_at = work.now
    with pytest.raises(InvitationNotFound):
        accept(hub, guest, late)


def test_an_invitation_ends_with_the_account_of_whoever_made_it(hub: Hub, agency: Organisation, manager: User):
    guest = make_user(hub)
    code = invited(hub, manager, agency, "appraiser", guest.email)
    with hub.begin(SYSTEM) as work:
        queries.user_by_id(work, manager.id).disabled_at = work.now
    with pytest.raises(InvitationNotFound):
        accept(hub, guest, code)
    assert memberships(hub, guest) == []


def test_duties_exclude_and_staff_stay_out_also_by_invitation(hub: Hub, agency: Organisation, manager: User):
    officer, staff = make_member(hub, "officer"), make_member(hub, "operator")
    with pytest.raises(DutiesExclude):
        accept(hub, officer, invited(hub, manager, agency, "appraiser", officer.email))
    with pytest.raises(StaffStayOut):
        accept(hub, staff, invited(hub, manager, agency, "manager", staff.email))
    with hub.look() as work:
        house = queries.organisation_by_id(work, staff_house(hub, staff))
    with pytest.raises(StaffStayOut):
        accept(hub, manager, invited(hub, staff, house, "operator", manager.email))
    assert row(hub, invited(hub, staff, house, "operator", "later@xunyi.example")).state == "open"


def staff_house(hub: Hub, staff: User) -> int:
    return memberships(hub, staff)[0].organisation_id


def test_mails_to_strangers_are_limited(hub: Hub, agency: Organisation, manager: User):
    for no in range(INVITATIONS_PER_DAY):
        invited(hub, manager, agency, "appraiser", f"stranger{no}@xunyi.example")
    with pytest.raises(TooManyInvitations):
        invited(hub, manager, agency, "appraiser", "one.more@xunyi.example")
    with hub.begin(SYSTEM) as work:
        advance(work, timedelta(days=1, seconds=1))
    invited(hub, manager, agency, "appraiser", "one.more@xunyi.example")


def test_what_one_may_still_offer_stays_offered(hub: Hub, agency: Organisation):
    """A manager who stops appraising keeps the invitations; a member of staff who leaves takes them back in every house."""
    both = make_member(hub, "appraiser", organisation=agency, user=make_member(hub, "manager", organisation=agency))
    make_member(hub, "manager", organisation=agency)
    code = invited(hub, both, agency, "appraiser", "new@xunyi.example")
    staff = make_member(hub, "operator")
    other = invited(hub, staff, agency, "manager", "head@xunyi.example")
    for person, role in ((both, "appraiser"), (staff, "operator")):
        with hub.begin(SYSTEM) as work:
            [membership] = [each for each, _house in queries.memberships_of(work, person.id) if each.role == role]
            service.dismiss(work, membership, "不再任职")
    assert (row(hub, code).state, row(hub, other).state) == ("open", "withdrawn")


def test_an_own_address_is_invited_as_appraiser_only(hub: Hub, agency: Organisation, manager: User):
    """The manager of a small agency appraises too; nobody makes themselves a second manager or member of staff."""
    accept(hub, manager, invited(hub, manager, agency, "appraiser", manager.email))
    assert {each.role for each in memberships(hub, manager)} == {"manager", "appraiser"}
    staff = make_member(hub, "operator")
    with pytest.raises(InvalidInput):
        invited(hub, staff, agency, "manager", staff.email)
    with pytest.raises(InvalidInput):  # has it already
        invited(hub, manager, agency, "appraiser", manager.email)


def test_the_last_one_stays(hub: Hub, agency: Organisation, manager: User):
    staff = make_member(hub, "operator")

    def leave(who: User, membership: Membership, reason: str = "") -> None:
        with hub.begin(actor(hub, who)) as work:
            service.take_role_away(work, membership.code, reason)

    [own], [last] = memberships(hub, manager), memberships(hub, staff)
    for who, membership in ((manager, own), (staff, last)):
        with pytest.raises(LastOne):
            leave(who, membership)
    second = make_member(hub, "manager", organisation=agency)
    leave(manager, own)
    with pytest.raises(MembershipNotFound):  # it has ended
        leave(manager, own)
    [left] = memberships(hub, second)
    with pytest.raises(InvalidInput):  # from somebody else: not without a reason
        leave(staff, left)
    leave(staff, left, "失联两个月")  # staff may: then the agency is shown as one that nobody answers for
    hub.drain()
    with hub.look() as work:
        [notice] = list_notices(work, second.id)
    assert notice.values["reason"] == "失联两个月"
    with pytest.raises(NotAllowed):
        leave(second, last)


def test_leaving_ends_every_session_and_token(hub: Hub, app: Flask, agency: Organisation, manager: User):
    hand = make_member(hub, "appraiser", organisation=agency)
    browser = reader(app)
    sign_in(browser, hub, hand)
    assert browser.get("/account").status_code == 200
    program = {"Authorization": f"Bearer {make_token(hub, hand).secret}"}
    assert app.test_client().get("/api/v1/me", headers=program).status_code == 200
    with hub.begin(actor(hub, manager)) as work:
        service.take_role_away(work, memberships(hub, hand)[0].code, "不再任职")
    assert browser.get("/account").status_code == 303
    assert app.test_client().get("/api/v1/me", headers=program).status_code == 401


def test_an_organisation_is_here_once(hub: Hub):
    staff = make_member(hub, "operator")
    with hub.begin(actor(hub, staff)) as work:
        service.found_organisation(work, "dealer", "远山二手车行", credit_code())
    with hub.begin(actor(hub, staff)) as work, pytest.raises(CreditCodeTaken) as refusal:
        service.found_organisation(work, "agency", "另一个名字", credit_code())
    assert refusal.value.values == {"name": "远山二手车行"}
    with hub.begin(SYSTEM) as work, pytest.raises(IntegrityError):
        work.session.execute(text("UPDATE organisation SET credit_code = :code"), {"code": credit_code()})
    for kind in ("regulator", "operator"):
        with hub.begin(actor(hub, staff)) as work, pytest.raises(NotAllowed):
            service.found_organisation(work, kind, "某某局", credit_code(3))


@pytest.mark.parametrize(
    ("kind", "name", "code", "field"),
    [
        ("agency", "一", credit_code(), "name"),
        ("agency", "检" * 81, credit_code(), "name"),
        ("agency", "晨星检测", "91500000MA5U00001", "credit_code"),
        ("agency", "晨星检测", credit_code()[:-1] + ("0" if credit_code()[-1] != "0" else "1"), "credit_code"),
        ("agency", "晨星检测", "", "credit_code"),
    ],
)
def test_what_cannot_be_an_organisation_is_said_by_field(hub: Hub, kind: str, name: str, code: str, field: str):
    with hub.begin(SYSTEM) as work, pytest.raises(InvalidInput) as refusal:
        service.found_organisation(work, kind, name, code)
    assert set(refusal.value.errors) == {field}


ATTACKS = {
    "a role that such a house does not have": "UPDATE invitation SET role = 'officer'",
    "another house's kind": "UPDATE invitation SET org_kind = 'regulator', role = 'officer'",
    "open without an address": "UPDATE invitation SET email = NULL",
    "accepted by nobody": "UPDATE invitation SET state = 'accepted'",
    "a second open one": "INSERT INTO invitation (code, organisation_id, org_kind, role, email, locale, invited_by_id, created_at, "
    "expires_at, state, version, entered_at) SELECT 'again', organisation_id, org_kind, role, email, locale, invited_by_id, "
    "created_at, expires_at, state, version, entered_at FROM invitation",
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_database_refuses(hub: Hub, agency: Organisation, manager: User, attack: str):
    invited(hub, manager, agency, "appraiser", "new@xunyi.example")
    with hub.begin(SYSTEM) as work, pytest.raises(IntegrityError):
        work.session.execute(text(ATTACKS[attack]))


# Pages


def test_staff_take_an_agency_in_and_its_manager_invites_on_the_pages(hub: Hub, app: Flask):
    staff, head, hand = make_member(hub, "operator"), make_user(hub, name="顾经理"), make_user(hub, name="苏青")
    desk, office, bench = reader(app), reader(app), reader(app)
    for browser, person in ((desk, staff), (office, head), (bench, hand)):
        sign_in(browser, hub, person)
    typed = {"kind": "agency", "name": "晨星检测有限公司", "credit_code": "91500000"}
    kept = send_form(desk, "/operator/organisations", typed)
    assert kept.status_code == 422
    assert 'value="晨星检测有限公司"' in kept.get_data(as_text=True)
    page = send_form(desk, "/operator/organisations", {**typed, "credit_code": credit_code()}).headers["Location"]
    assert "Nobody answers for this agency." in desk.get(page).get_data(as_text=True)
    assert send_form(desk, page, {"role": "manager", "email": head.email}, to=f"{page}/invitations").status_code == 303
    assert head.email in desk.get(page).get_data(as_text=True)
    assert "You are invited" in office.get("/account").get_data(as_text=True)

    def answer(browser, word: str) -> None:
        with hub.look() as work:
            email = head.email if browser is office else hand.email
            [(asked, _house)] = queries.invitations_for(work, email)
        sent = send_form(browser, f"/invitations/{asked.code}", {"answer": word})
        assert sent.headers["Location"] == "/account"

    answer(office, "yes")
    assert send_form(office, page, {"role": "appraiser", "email": hand.email}, to=f"{page}/invitations").status_code == 303
    answer(bench, "no")
    assert send_form(office, page, {"role": "appraiser", "email": hand.email}, to=f"{page}/invitations").status_code == 303
    answer(bench, "yes")
    assert "晨星检测有限公司" in bench.get("/account").get_data(as_text=True)
    assert bench.get(page).status_code == 403  # who works there is for those who answer for the house
    [membership] = memberships(hub, hand)
    end = f"/memberships/{membership.code}/end"
    assert send_form(office, end, {"reason": ""}).status_code == 422
    assert send_form(office, end, {"reason": "试用期结束"}).headers["Location"] == page
    assert "苏青" in office.get(page).get_data(as_text=True)  # among those who were


def test_an_invitation_for_another_address_says_what_to_do(hub: Hub, app: Flask, agency: Organisation, manager: User):
    code = invited(hub, manager, agency, "appraiser", "new@xunyi.example")
    browser = reader(app)
    assert browser.get(f"/invitations/{code}").headers["Location"].startswith("/sign-in?next=")
    sign_in(browser, hub, make_user(hub))
    page = browser.get(f"/invitations/{code}")
    assert page.status_code == 404
    assert "Please sign in with the address to which it was sent." in page.get_data(as_text=True)


def test_who_leaves_by_themselves_stays_signed_in_here(hub: Hub, app: Flask, agency: Organisation):
    hand = make_member(hub, "appraiser", organisation=agency)
    browser = reader(app)
    sign_in(browser, hub, hand)
    [membership] = memberships(hub, hand)
    assert send_form(browser, f"/memberships/{membership.code}/end").headers["Location"] == "/account"
    assert browser.get("/account").status_code == 200
    assert memberships(hub, hand) == []
    assert reader(app).get(f"/memberships/{membership.code}/end").status_code == 303
