"""Questions that the log answers, under a purpose; each asking is an access on record."""

from __future__ import annotations

import csv
import io
from datetime import date

from flask import Response, make_response, request

from app.credit.queries import Answers
from app.kernel.time import shanghai_day
from app.oversight import queries, service
from app.oversight.routes.blueprint import bp
from app.web import allow, begin, look, render


@bp.get("/oversight/<code>/questions")
@allow("officer")
def questions(code: str) -> Response:
    """What the log says, as of today or of an earlier day."""
    found = _answers(code)
    with look() as work:
        purpose = queries.own_purpose(work, code)
    return render("oversight/questions.html", purpose=purpose, answers=found)


@bp.get("/oversight/<code>/questions.csv")
@allow("officer")
def questions_csv(code: str) -> Response:
    """The same as a table: one line for each answer."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(("question", "subject", "count", "low", "high"))
    table.writerows(_rows(_answers(code)))
    answer = make_response("\ufeff" + out.getvalue())
    answer.mimetype = "text/csv"
    answer.headers["Content-Disposition"] = 'attachment; filename="xunyi-questions.csv"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _rows(found: Answers) -> list[tuple[str, str, int, int, int | str]]:
    return [
        ("as_of", found.as_of.isoformat(), found.log_size, 0, 0),
        *(("turnover", one.subject, one.sales, one.low, "" if one.high is None else one.high) for one in found.turnovers),
        *(("bias_hundredths", one.subject, one.looks, one.hundredths, one.hundredths) for one in found.biased),
        *(("one_buyer", one.subject, one.sales, one.to_one, one.to_one) for one in found.same_buyers),
        *(("overturned", end.subject, 1, old.idx, end.idx) for old, end in found.overturned),
        *(("hidden_words", reason, count, count, count) for reason, count in found.tombstones),
    ]


def _answers(code: str) -> Answers:
    with begin() as work:  # the access is on record before anything is read
        access = service.note_search(work, code)
    with look() as work:
        return queries.answers(work, access, _day(shanghai_day(work.now)))


def _day(today: date) -> date:
    """The day that was asked for; today for none, for one that cannot be read and for one that has not come."""
    try:
        return min(date.fromisoformat(request.args.get("day", "")[:10]), today)
    except ValueError:
        return today
