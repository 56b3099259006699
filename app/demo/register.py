"""How the agencies of the demo town were admitted, and what has happened to their papers since.

Told through the register's own verbs. One licence and one instrument's calibration end soon, one appraiser lacks a course, one
agency is suspended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from app.accounts import queries as accounts
from app.appraisal import proving
from app.appraisal import service as register
from app.appraisal.requirements import needs_calibration, requirements
from app.demo.selling import Street
from app.kernel.time import shanghai_day

YEAR = 370  # days before today on which the agencies were admitted
OPERATOR, LABORATORY, ISSUER = "tao", "循河计量所（演示）", "循河职业能力中心（演示）"


@dataclass(frozen=True)
class Firm:
    """An agency: its category, manager, area in square metres, its seniors, and days from today on which its licence ends."""

    code: str
    category: str
    manager: str
    area_m2: int
    ends_in: int
    seniors: tuple[str, ...] = ()


FIRMS = (
    Firm("xunan", "phone", "yan", 85, 725),
    Firm("mingzhun", "phone", "wan", 60, 25),
    Firm("cehe", "car", "xing", 460, 725, ("guan", "mo")),
    Firm("jiaan", "appliance", "bo", 120, 725),
    Firm("tingyun", "phone", "ding", 35, 300),
)
MORE = {
    "jiaan": (
        "hipot_tester", "residual_current_tester", "refrigerant_detector", "stopwatch",
    ),
    "cehe": ("multimeter", "protractor", "battery_tester", "insulation_tester", "charger"),
}  # fmt: skip
CALIBRATION_ENDS_IN = {"xunan": 700, "mingzhun": 700, "cehe": 40, "jiaan": 345, "tingyun": 345}
COURSES = (  # days ago, title, hours
    (330, "二手商品鉴定师年度继续教育（一）", 8),
    (200, "鉴定争议案例研讨", 8),
    (90, "检测仪器操作与期间核查", 8),
)
LACKS_COURSES = ("qiu", 200)  # took only the one of that day
SURE = ("fang", "guan", "ji")  # made no mistake in the proficiency test; the others made one
SLIPS = {"screen_glass": "light", "item_27": "AX2", "exterior": "moderate"}
SUSPENDED = ("tingyun", 12, "抽查发现两台仪器超过校准有效期仍在出具读数，整改完成前不得接受新的鉴定。")


@dataclass(frozen=True)
class Later:
    """Something that happens so many days before today."""

    days_ago: float
    happens: Callable[[], object]


def admit_everybody(street: Street) -> list[Later]:
    """Instruments, certificates, tests and licences of every agency; returns what happens to them during the year."""
    for firm in FIRMS:
        _admit(street, firm)
    later = [
        Later(days_ago, partial(_take_course, street, who, title, hours))
        for who in _appraisers(street)
        for days_ago, title, hours in COURSES
        if who != LACKS_COURSES[0] or days_ago == LACKS_COURSES[1]
    ]
    agency, days_ago, reason = SUSPENDED
    later.append(Later(days_ago, lambda: street.act(OPERATOR, register.suspend, _agency_code(street, agency), reason)))
    return sorted(later, key=lambda one: -one.days_ago)


def _admit(street: Street, firm: Firm) -> None:
    today = _today(street)
    for number, kind in enumerate(_equipment(firm)):
        instrument = street.act(
            firm.manager, register.add_instrument, kind, "循衡", f"XH-{kind[:3].upper()}", f"{firm.code}-{number + 1:02d}"
        )
        if needs_calibration(kind):
            ends = today + timedelta(days=YEAR + CALIBRATION_ENDS_IN[firm.code])
            number_of = f"JL-{firm.code}-{number + 1:03d}"
            street.act(firm.manager, register.calibrate, instrument.code, today - timedelta(days=4), ends, number_of, LABORATORY)
    for who in _appraisers(street, firm.code):
        level = "senior" if who in firm.seniors else "appraiser"
        days = (today - timedelta(days=420), today + timedelta(days=1400))
        certificate = street.act(who, register.hand_in_certificate, firm.category, level, f"XH-{who.upper()}-01", ISSUER, *days)
        street.act(OPERATOR, register.decide_certificate, certificate.code, "confirmed")
        _prove(street, who, firm.category)
    documents = {document.code: f"演示-{firm.code}-{document.code}" for document in requirements().documents}
    application = street.act(
        firm.manager, register.apply, firm.category, "循河镇（演示）云杉路 20 号", firm.area_m2, documents, ""
    )
    ends = today + timedelta(days=YEAR + firm.ends_in)
    street.act(OPERATOR, register.approve, application.code, f"XY-{firm.category.upper()}-{firm.code.upper()}", today, ends, "")


def _prove(street: Street, who: str, category: str) -> None:
    """Pass the proficiency test; everybody but the seniors errs on one item that is not critical."""
    test = street.act(who, register.begin_test, category)
    asked = proving.sample(category, test.sample).ask
    answers = {each.key: each.answer for each in asked}
    if who not in SURE:
        slip = next(each.key for each in asked if not each.critical and each.key in SLIPS)
        answers[slip] = SLIPS[slip]
    street.act(who, register.hand_in_test, test.code, answers)


def _take_course(street: Street, who: str, title: str, hours: int) -> None:
    today = _today(street)
    street.act(who, register.record_course, title, ISSUER, hours, today, f"JX-{today:%Y%m%d}-{who}")


def _equipment(firm: Firm) -> list[str]:
    asked = [each.kind for each in requirements().categories[firm.category].equipment]
    return [*asked, *MORE.get(firm.code, ())]


def _appraisers(street: Street, agency: str | None = None) -> Iterable[str]:
    """The appraisers of the town, or of one agency."""
    for person in street.town.people:
        if person.member is not None and person.member.role == "appraiser" and agency in (None, person.member.of):
            yield person.code


def _agency_code(street: Street, firm_code: str) -> str:
    name = next(firm.name for firm in street.town.organisations if firm.code == firm_code)
    with street.hub.look() as work:
        return next(one.code for one in accounts.organisations(work, "agency") if one.name == name)


def _today(street: Street) -> date:
    with street.hub.look() as work:
        return shanghai_day(work.now)
