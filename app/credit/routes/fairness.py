"""How reported problems ended, in numbers, for everybody: a page and the same as a table."""

from __future__ import annotations

import csv
import io

from flask import Response, make_response

from app.credit.log.fairness import BETWEEN, LEAST, REPORTED, RULED, RUNNING, SPAN
from app.credit.queries import fairness_now
from app.credit.routes.blueprint import bp
from app.credit.wording import FAIRNESS
from app.web import allow, look, render


@bp.get("/credit/fairness")
@allow("anyone")
def fairness() -> Response:
    """Counts, durations and outcomes by category, and who was right."""
    with look() as work:
        return render(
            "credit/fairness.html",
            found=fairness_now(work),
            words=FAIRNESS,
            first=(REPORTED, RUNNING),
            between=BETWEEN,
            ruled=RULED,
            least=LEAST,
            span=SPAN.days,
        )


@bp.get("/credit/fairness.csv")
@allow("anyone")
def fairness_csv() -> Response:
    """One line for each category and count; a count that is not told says so."""
    with look() as work:
        found = fairness_now(work)
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(("category", "what", "count"))
    table.writerow(("log", found.as_of.isoformat(), found.log_size))
    table.writerows((category, what, "hidden" if count is None else count) for category, what, count in found.rows())
    answer = make_response("\ufeff" + out.getvalue())
    answer.mimetype = "text/csv"
    answer.headers["Content-Disposition"] = 'attachment; filename="xunyi-fairness.csv"'
    return answer
