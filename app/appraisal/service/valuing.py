"""A signed report has a stored estimate of its own, outside the signed content: a grade never depends on a price."""

from __future__ import annotations

from typing import Any

from app.appraisal.events import ReportSigned
from app.appraisal.models import Report
from app.appraisal.queries import is_second_look, report_by_code
from app.goods import catalogue
from app.goods.models import Thing
from app.kernel.work import Work
from app.valuation import service as valuation

_BATTERY = ("battery_pct", "soh_percent")  # items of the schemes that measure it, percent


def value_report(work: Work, event: ReportSigned) -> None:
    """Hears that a report is signed. A second look's report is blind to what the first led to, and gets no estimate."""
    if is_second_look(work, event.report_code):
        return
    report = report_by_code(work, event.report_code)
    thing = work.session.get_one(Thing, report.thing_id)
    facts: dict[str, Any] = thing.attributes or {}
    mileage = facts.get("mileage")
    first = facts.get("registered") or facts.get("bought")
    asked = valuation.from_listing(
        {
            "category": thing.category,
            "brand": thing.brand,
            "model": thing.model,
            "storage_gb": thing.storage_gb,
            "kind": facts.get("type") or _body(thing),
            "energy": facts.get("energy"),
            "first_used": first if isinstance(first, str) and len(first) == 7 and first[:4].isdigit() else None,
            "mileage_km": mileage if isinstance(mileage, int) else None,
            "tier": report.tier,
            "score": report.score,
            "report_status": report.status,
            "answers": {**facts, "battery": _battery(report)},
        }
    )
    valuation.value(work, asked, "report", report_id=report.id)


def _body(thing: Thing) -> str | None:
    found = catalogue.find_model(thing.category, thing.brand, thing.model)
    return getattr(found, "body", None)


def _battery(report: Report) -> int | None:
    """Measured battery health in whole percent, rounded down."""
    findings = report.content["result"].get("findings", {})
    measured = next((findings[name] for name in _BATTERY if findings.get(name)), None)
    return None if measured is None else int(float(measured))
