"""Home, my desk, protection, language and theme, staff's view of jobs, and the style guide in development."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, Response, g, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.kernel import draw
from app.kernel.canonical import canonical
from app.kernel.deadlines import try_again
from app.kernel.errors import NotFound
from app.kernel.outbox import send_again
from app.kernel.work import Work
from app.listings import queries as listings
from app.pages import queries
from app.web import allow, begin, current_actor, hub, look, render
from app.web.languages import COOKIE, LANGUAGES
from app.web.redirects import safe_path

bp = Blueprint("pages", __name__)
dev_bp = Blueprint("dev_pages", __name__, url_prefix="/dev")

YEAR = 365 * 24 * 3600  # seconds


@bp.get("/")
@allow("anyone")
def home() -> Response:
    with look() as work:
        fresh = listings.recent(work, limit=12)
        waiting = queries.waiting(work) if current_actor().kind == "user" else []
    return render("pages/home.html", fresh=fresh, waiting=waiting)


@bp.get("/desk")
@allow("member")
def desk() -> Response:
    with look() as work:
        waiting = queries.waiting(work)
    return render("pages/desk.html", waiting=waiting)


@bp.get("/protection")
@allow("anyone")
def protection() -> Response:
    settings = hub().settings
    return render("pages/protection.html", acceptance_hours=settings.acceptance_hours, fee_bp=settings.fee_bp)


@bp.get("/draws")
@allow("anyone")
def draws() -> Response:
    """How draws work, and every day with the hash of its seed."""
    with look() as work:
        return render("pages/draws.html", seeds=draw.latest_seeds(work))


@bp.get("/draws/<day>")
@allow("anyone")
def draws_of(day: str) -> Response:
    """The draws of one day, recomputed for this page once its seed is public."""
    with look() as work:
        told = _day(work, day)
        seed = draw.find_seed(work, date.fromisoformat(day))
    return render(
        "pages/draws_of.html",
        told=told,
        seed_row=seed,
        faults=draw.differences(told) if told["seed"] else [],
        is_late=draw.late(told),
        purposes={
            "appraiser": _("Who appraises"),
            "claim-arbitrator": _("Who decides a dispute"),
            "erasure.check": _("Whether an erasure is checked again"),
            "peer-review": _("Whether a report gets a second look (below the percentage)"),
            "peer-reviewer": _("Who looks a second time"),
            "peer-review-senior": _("Which senior decides between two grades"),
            "re-inspection": _("Whether another agency looks again (below the share in percent: yes)"),
            "re-inspection-month": _("Which report of a month is looked at again"),
            "re-inspection-agency": _("Which agency looks again"),
        },
    )


@bp.get("/draws/<day>.json")
@allow("anyone")
def draws_file(day: str) -> Response:
    """Everything that is needed to recompute the day."""
    with look() as work:
        answer = Response(canonical(_day(work, day)), mimetype="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="xunyi-draws-{day}.json"'
    return answer


def _day(work: Work, day: str) -> dict[str, Any]:
    try:
        told = draw.document(work, date.fromisoformat(day)) if len(day) == 10 else None
    except ValueError:
        told = None
    if told is None:
        raise NotFound()
    return told


@bp.post("/language")
@allow("anyone")
def set_language() -> AnyResponse:
    chosen = request.form.get("language", "")
    return _remember(COOKIE, chosen if chosen in LANGUAGES else "zh_CN")


@bp.post("/theme")
@allow("anyone")
def set_theme() -> AnyResponse:
    chosen = request.form.get("theme", "")
    return _remember("theme", chosen if chosen in ("light", "dark") else "")


@bp.get("/operator/jobs")
@allow("operator")
def jobs() -> Response:
    with look() as work:
        deliveries, late = queries.stuck_jobs(work)
    return render("pages/jobs.html", deliveries=deliveries, late=late)


@bp.post("/operator/jobs/<int(max=9223372036854775807):delivery_id>/again")
@allow("operator")
def send_job_again(delivery_id: int) -> AnyResponse:
    with begin() as work:
        send_again(work, delivery_id)
    return redirect(url_for("pages.jobs"), code=303)


@bp.post("/operator/deadlines/<int(max=9223372036854775807):deadline_id>/again")
@allow("operator")
def try_deadline_again(deadline_id: int) -> AnyResponse:
    with begin() as work:
        try_again(work, deadline_id)
    return redirect(url_for("pages.jobs"), code=303)


@dev_bp.get("/style")
@allow("anyone")
def style() -> Response:
    return render("styleguide/index.html")


def shell() -> queries.Shell:
    """What the frame of this request's page shows; read once."""
    if current_actor().kind != "user":
        return queries.SIGNED_OUT
    with look() as work:
        g.shell = queries.shell(work)
    return g.shell


def _remember(name: str, value: str) -> AnyResponse:
    answer = redirect(safe_path(request.form.get("next")), code=303)
    secure = hub().settings.is_secure
    if value:
        answer.set_cookie(name, value, max_age=YEAR, secure=secure, httponly=True, samesite="Lax")
    else:
        answer.delete_cookie(name, secure=secure, httponly=True, samesite="Lax")
    return answer
