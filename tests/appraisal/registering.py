"""What tests of the register do: an agency with everything a licence asks for, days that pass, what is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from sqlalchemy import select

from app.accounts.models import Organisation, User
from app.appraisal import queries, service
from app.appraisal.requirements import needs_calibration, requirements
from app.kernel import clock
from app.kernel.hub import Hub
from app.kernel.time import shanghai_day
from app.kernel.work import SYSTEM, Work
from app.notices.models import Notice
from tests.accounts.making import actor, make_member, make_organisation
from tests.appraisal.admitting import admit

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


def add_instrument(hub: Hub, manager: User, kind: str, serial: str, *, days: int = 365) -> str:
    """Another instrument of the manager's agency, calibrated for so many days from today on where its kind needs that; its code."""
    with hub.begin(actor(hub, manager)) as work:
        made = service.add_instrument(work, kind, "循衡", f"XH-{kind[:3].upper()}", serial)
        if needs_calibration(kind):
            first = today(hub) - DAY * 400 if days < 0 else today(hub)
            service.calibrate(work, made.code, first, today(hub) + days * DAY, f"JL-{kind}-{serial}", "循河计量所")
        return made.code


def retire(hub: Hub, manager: User, code: str) -> None:
    with hub.begin(actor(hub, manager)) as work:
        service.retire_instrument(work, code, "摔坏")
