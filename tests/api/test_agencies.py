"""Which agencies a program is shown: those that can be asked, for what, and for how much."""

from __future__ import annotations

from typing import Any

from flask import Flask

from app.accounts import queries as accounts
from app.accounts import service as people
from app.appraisal import service
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from tests.accounts.making import actor, make_member, make_organisation, make_user
from tests.api.making import Program
from tests.appraisal.admitting import qualify
from tests.appraisal.paying import FEE, make_quote
from tests.goods.making import make_thing

FREE = [{"category": name, "fee_fen": 0} for name in ("phone", "car", "appliance")]


def listed(app: Flask, hub: Hub, **query: str) -> dict[str, list[dict[str, Any]]]:
    items = Program(app, hub).ok("listAgencies", query=query)["items"]
    assert [each["name"] for each in items] == sorted(each["name"] for each in items)
    return {each["name"]: each["takes"] for each in items}


def test_only_agencies_that_can_be_asked_are_listed_and_every_one_of_them_can(app: Flask, hub: Hub) -> None:
    free, paused, left, bare = (make_organisation(hub, "agency", name) for name in ("安平", "停云", "空谷", "白杨"))
    for agency in (free, paused, left):
        person = make_member(hub, "appraiser", organisation=agency)
    with hub.begin(SYSTEM) as work:
        for membership, _house in accounts.memberships_of(work, person.id):
            people.dismiss(work, membership, "不再任职")
    uncertified = make_member(hub, "appraiser", organisation=bare, qualified=False)
    with hub.begin(actor(hub, make_member(hub, "operator"))) as work:
        service.suspend(work, paused.code, "抽查发现两台仪器超过校准有效期。")
    owner = make_user(hub)
    program = Program(app, hub, owner)

    assert listed(app, hub) == {"安平": FREE}
    for agency in (free, paused, left, bare):
        asked = program.call("requestAppraisal", body={"thing": make_thing(hub, owner).code, "agency": agency.code})
        assert (asked.status_code == 201) == (agency is free), agency.name

    with hub.begin(SYSTEM) as work:
        qualify(work, uncertified.id, ["car"])
    assert listed(app, hub) == {"安平": FREE, "白杨": FREE[1:2]}
    assert listed(app, hub, category="phone") == {"安平": FREE[:1]}
    assert listed(app, hub, category="car") == {"安平": FREE[1:2], "白杨": FREE[1:2]}
    assert Program(app, hub).refused("listAgencies", query={"category": "ship"}) == (422, "invalid_input")


def test_a_fee_is_told_and_an_agency_with_one_and_no_place_is_not_asked(app: Flask, hub: Hub) -> None:
    quote = make_quote(hub)
    assert listed(app, hub)["清河检测"] == [{"category": "phone", "fee_fen": FEE}, *FREE[1:]]
    with hub.begin(actor(hub, quote.manager)) as work:
        service.close_place(work, quote.place.code)
    assert listed(app, hub)["清河检测"] == FREE[1:]
    wanted = {"thing": make_thing(hub, quote.owner).code, "agency": quote.agency.code}
    assert Program(app, hub, quote.owner).refused("requestAppraisal", body=wanted) == (422, "invalid_input")
