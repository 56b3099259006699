"""What a report says of its agency's licence and of the place, from the register and from the visits."""

from __future__ import annotations

from typing import Any

from app.appraisal.models import Appraisal, Licence, Report
from app.appraisal.queries.home import visit_of
from app.appraisal.queries.register import newest_licences, open_suspensions
from app.appraisal.queries.visits import handing_of, place_by_id
from app.goods import catalogue
from app.goods.models import Thing
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.visits.queries import area_of


def licence_of(work: Work, agency_id: int, category: str) -> dict[str, Any] | None:
    """Number and last day of the agency's licence for the category, as they stand today; None without one."""
    held = _licence(work, agency_id, category)
    return {"no": held.licence_no, "valid_until": held.valid_until.isoformat()} if held is not None else None


def visit_place(work: Work, appraisal: Appraisal) -> dict[str, Any] | None:
    """Where the inspection was made; None for an order without a fee, whose thing lay beside the appraiser."""
    visit = visit_of(work, appraisal.id)
    if visit is not None:  # the report is public, and where its owner lives is not
        area = area_of(work, visit)
        district = catalogue.find_district(area.district)
        name = "上门检测" if district is None else f"上门检测（{district.name.zh}）"
        return {"code": area.code, "name": name, "address": "物主家中，地址不公开"}
    handing = handing_of(work, appraisal.id)
    if handing is None or handing.place_id is None:
        return None
    place = place_by_id(work, handing.place_id)
    return {"code": place.code, "name": place.name, "address": place.address}


def licence_standing(work: Work, report: Report) -> dict[str, Any] | None:
    """The licence of the report's agency today, in words of both languages."""
    category = work.session.get_one(Thing, report.thing_id).category
    held, today = _licence(work, report.agency_id, category), shanghai_day(work.now)
    if open_suspensions(work, [report.agency_id]):
        return {"sentence": {"zh": "机构目前被暂停业务", "en": "The agency is suspended at present"}}
    if held is None or held.action == "withdrawn":
        return {"sentence": {"zh": "目前没有这类物品的许可", "en": "No licence for this kind of item at present"}}
    until = held.valid_until.isoformat()
    if held.valid_until < today:
        return {"sentence": {"zh": f"{held.licence_no}，已于 {until} 到期", "en": f"{held.licence_no}, ended on {until}"}}
    return {"sentence": {"zh": f"{held.licence_no}，有效期至 {until}", "en": f"{held.licence_no}, until {until}"}}


def _licence(work: Work, agency_id: int, category: str) -> Licence | None:
    own = [each for each in newest_licences(work, [agency_id]) if each.category == category]
    return max(own, key=lambda each: (each.action != "withdrawn", each.valid_until), default=None)
