"""The marketplace's own record: what was asked of it, how often it kept to it, and every time that it did not."""

from __future__ import annotations

from flask import Response, make_response

from app.credit.errors import NoPlatformRecord
from app.credit.log.canonical import canonical
from app.credit.queries import displayed_of_platform, platform_record
from app.credit.routes.blueprint import bp
from app.credit.wording import INDICATORS, NOT_RECORDED, SEVERITIES, WHAT
from app.web import allow, look, render

MOST_ROWS = 50  # misses of one indicator; the file holds all


@bp.get("/credit/platform")
@allow("anyone")
def platform() -> Response:
    """In words for everybody, each figure with the entries of the log that were not as they should be."""
    with look() as work:
        return render(
            "credit/platform.html",
            record=platform_record(work),
            words=INDICATORS,
            findings=displayed_of_platform(work),
            what=WHAT,
            severities=SEVERITIES,
            not_recorded=NOT_RECORDED,
            most=MOST_ROWS,
        )


@bp.get("/credit/platform.json")
@allow("anyone")
def platform_file() -> Response:
    """The whole record as canonical JSON: who counts it from the log gets the same bytes."""
    with look() as work:
        record = platform_record(work)
    if record is None:
        raise NoPlatformRecord()
    answer = make_response(canonical(record.as_data()))
    answer.mimetype = "application/json"
    return answer
