"""Separation of duties holds against whoever writes to the database."""

from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.accounts import queries, service
from app.accounts.errors import DutiesExclude, RoleUnfit
from app.accounts.models import KIND_OF_ROLE
from app.kernel.work import SYSTEM
from tests.accounts.making import actor, make_member, make_organisation, make_user, memberships

ADD = (
    "INSERT INTO membership (code, user_id, organisation_id, org_kind, role, duty, since_at) "
    "VALUES ('attack', {user}, {organisation}, '{kind}', '{role}', {duty}, '2026-01-01T00:00:00Z')"
)
USER = (
    "{verb} INTO app_user (id, code, email, display_name, password_hash, auth_epoch, locale, duty, created_at) "
    "VALUES ({appraiser}, 'again', 'again@xunyi.example', 'x', 'x', 1, 'zh_CN', 'oversight', '2026-01-01T00:00:00Z')"
)

ATTACKS = {
    "an appraiser becomes an officer": [
        ADD.format(user="{appraiser}", organisation="{regulator}", kind="regulator", role="officer", duty="'oversight'")
    ],
    "an appraiser becomes an officer without a duty": [
        ADD.format(user="{appraiser}", organisation="{regulator}", kind="regulator", role="officer", duty="NULL")
    ],
    "an appraiser becomes an officer under the appraiser's duty": [
        ADD.format(user="{appraiser}", organisation="{regulator}", kind="regulator", role="officer", duty="'appraisal'")
    ],
    "an officer becomes an appraiser": [
        ADD.format(user="{officer}", organisation="{agency}", kind="agency", role="appraiser", duty="'appraisal'")
    ],
    "an officer becomes an appraiser without a duty": [
        ADD.format(user="{officer}", organisation="{agency}", kind="agency", role="appraiser", duty="NULL")
    ],
    "the appraiser's duty is changed": ["UPDATE app_user SET duty = 'oversight' WHERE id = {appraiser}"],
    "the appraiser's duty is forgotten": ["UPDATE app_user SET duty = NULL WHERE id = {appraiser}"],
    "user and membership change sides one after the other": [
        "UPDATE app_user SET duty = 'oversight' WHERE id = {appraiser}",
        "UPDATE membership SET duty = 'oversight', role = 'officer', org_kind = 'regulator', organisation_id = {regulator} WHERE user_id = {appraiser}",
    ],
    "an officer's membership is turned into an appraiser's": [
        "UPDATE membership SET duty = 'appraisal', role = 'appraiser', org_kind = 'agency', organisation_id = {agency} WHERE user_id = {officer}"
    ],
    "an officer's membership is handed to the appraiser": [
        "UPDATE membership SET user_id = {appraiser} WHERE user_id = {officer}"
    ],
    "the agency is turned into a regulator": ["UPDATE organisation SET kind = 'regulator' WHERE id = {agency}"],
    "an appraiser's role in a regulator": [
        ADD.format(user="{household}", organisation="{regulator}", kind="regulator", role="appraiser", duty="'appraisal'")
    ],
    "a lie about the organisation's kind": [
        ADD.format(user="{appraiser}", organisation="{regulator}", kind="agency", role="appraiser", duty="'appraisal'")
    ],
    "a manager in a dealer's shop": [
        ADD.format(user="{household}", organisation="{dealer}", kind="dealer", role="manager", duty="NULL")
    ],
    "a duty without its role": [
        ADD.format(user="{appraiser}", organisation="{agency}", kind="agency", role="manager", duty="'appraisal'")
    ],
    "an unknown role": [ADD.format(user="{household}", organisation="{agency}", kind="agency", role="household", duty="NULL")],
    "the organisation is replaced": [
        "DELETE FROM organisation WHERE id = {agency}",
        "INSERT INTO organisation (id, code, kind, name, created_at) VALUES ({agency}, 'again', 'regulator', 'x', '2026-01-01T00:00:00Z')",
    ],
    "the appraiser is deleted and made again": ["DELETE FROM app_user WHERE id = {appraiser}", USER.replace("{verb}", "INSERT")],
}
ONLY_SQLITE = {
    "the appraiser is replaced": [USER.replace("{verb}", "INSERT OR REPLACE")],
    "the agency is replaced by a regulator": [
        "INSERT OR REPLACE INTO organisation (id, code, kind, name, created_at) VALUES ({agency}, 'again', 'regulator', 'x', '2026-01-01T00:00:00Z')"
    ],
}


@pytest.fixture
def town(hub):
    agency, regulator, dealer = (make_organisation(hub, kind) for kind in ("agency", "regulator", "dealer"))
    return {
        "agency": agency.id,
        "regulator": regulator.id,
        "dealer": dealer.id,
        "appraiser": make_member(hub, "appraiser", organisation=agency).id,
        "officer": make_member(hub, "officer", organisation=regulator).id,
        "household": make_user(hub).id,
    }


def everything(hub) -> list[tuple]:
    with hub.db.write.connect() as connection:
        users = connection.execute(text("SELECT id, duty FROM app_user ORDER BY id")).all()
        organisations = connection.execute(text("SELECT id, kind FROM organisation ORDER BY id")).all()
        members = connection.execute(text("SELECT id, user_id, organisation_id, role, duty FROM membership ORDER BY id")).all()
    return [*users, *organisations, *members]


def attacks(hub):
    return {**ATTACKS, **(ONLY_SQLITE if hub.db.dialect == "sqlite" else {})}


def run(execute, statements, town) -> None:
    for statement in statements:
        execute(statement.format(**town))


@pytest.mark.parametrize("name", [*ATTACKS, *ONLY_SQLITE])
def test_the_database_refuses(hub, town, name):
    if name not in attacks(hub):
        return  # REPLACE is not a word of PostgreSQL
    before = everything(hub)
    with pytest.raises(DBAPIError), hub.db.write.begin() as connection:
        run(connection.exec_driver_sql, attacks(hub)[name], town)
    assert everything(hub) == before


@pytest.mark.parametrize("name", [*ATTACKS, *ONLY_SQLITE])
def test_sqlite_refuses_also_on_a_connection_without_foreign_keys(hub, town, name):
    if hub.db.dialect != "sqlite":
        return  # PostgreSQL knows no such connection
    before = everything(hub)
    connection = sqlite3.connect(hub.db.url.database, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.IntegrityError):
        run(connection.execute, attacks(hub)[name], town)
    connection.execute("ROLLBACK")
    connection.close()
    assert everything(hub) == before


@pytest.mark.parametrize(("first", "second"), [("appraiser", "officer"), ("officer", "appraiser")])
def test_the_verb_says_why_nobody_is_on_both_sides(hub, first, second):
    person = make_member(hub, first)
    other = make_organisation(hub, KIND_OF_ROLE[second])
    with pytest.raises(DutiesExclude), hub.begin() as work:
        service.add_member(work, queries.user_by_id(work, person.id), queries.organisation_by_id(work, other.id), second)
    assert [membership.role for membership in memberships(hub, person)] == [first]


def test_a_former_appraiser_does_not_change_sides_with_the_same_account(hub):
    person = make_member(hub, "appraiser")
    with hub.begin() as work:
        service.end_member(work, memberships(hub, person)[0])
    assert memberships(hub, person) == []
    regulator = make_organisation(hub, "regulator")
    with pytest.raises(DutiesExclude), hub.begin() as work:
        service.add_member(work, queries.user_by_id(work, person.id), regulator, "officer")


@pytest.mark.parametrize("role", list(KIND_OF_ROLE))
@pytest.mark.parametrize("kind", ["agency", "dealer", "regulator", "operator"])
def test_each_role_belongs_to_one_kind_of_organisation(hub, role, kind):
    user, organisation = make_user(hub), make_organisation(hub, kind)
    if KIND_OF_ROLE[role] == kind:
        make_member(hub, role, user=user, organisation=organisation)
        assert actor(hub, user).duties == ((role, organisation.id),)
    else:
        with pytest.raises(RoleUnfit), hub.begin() as work:
            service.add_member(work, queries.user_by_id(work, user.id), organisation, role)


def test_a_role_given_twice_is_held_once_and_can_be_taken_away_and_given_again(hub):
    agency = make_organisation(hub)
    person = make_member(hub, "appraiser", organisation=agency)
    make_member(hub, "manager", user=person, organisation=agency)
    make_member(hub, "appraiser", user=person, organisation=agency)
    assert {membership.role for membership in memberships(hub, person)} == {"appraiser", "manager"}
    with hub.look(SYSTEM) as work:
        assert [user.id for user in queries.members(work, agency.id, "appraiser")] == [person.id]
    first = next(membership for membership in memberships(hub, person) if membership.role == "appraiser")
    with hub.begin() as work:
        service.end_member(work, first)
    with hub.begin() as work:
        service.end_member(work, first)
    assert not actor(hub, person).has("appraiser")
    make_member(hub, "appraiser", user=person, organisation=agency)
    assert actor(hub, person).organisation_id("appraiser") == agency.id
