"""The public register: agencies and appraisers, for everybody, as pages and as JSON."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify

from app.accounts import queries as accounts
from app.appraisal import queries
from app.appraisal.queries.directory import PersonEntry, Scope
from app.appraisal.register_words import ACTION_WORDS, CATEGORY_WORDS, KIND_WORDS, LEVEL_WORDS, STATE_TONES, STATE_WORDS
from app.appraisal.requirements import requirements
from app.appraisal.routes.blueprint import bp
from app.kernel.time import iso_seconds, shanghai_day
from app.kernel.work import Work
from app.web import allow, look, render

WORDS = {
    "categories": CATEGORY_WORDS,
    "levels": LEVEL_WORDS,
    "states": STATE_WORDS,
    "tones": STATE_TONES,
    "actions": ACTION_WORDS,
    "kinds": KIND_WORDS,
}


@bp.get("/registry")
@allow("anyone")
def whole_register() -> Response:
    """Every agency with its licences."""
    with look() as work:
        return render("appraisal/register.html", entries=queries.directory(work), words=WORDS)


@bp.get("/registry/agencies/<code>")
@allow("anyone")
def register_agency(code: str) -> Response:
    """One agency: licences with every version, suspensions with reasons, equipment, people."""
    with look() as work:
        return render("appraisal/register_agency.html", **agency_page(work, code), words=WORDS)


@bp.get("/registry/agencies/<code>.json")
@allow("anyone")
def register_agency_json(code: str) -> Response:
    """What the agency's page says, for programs."""
    with look() as work:
        page = agency_page(work, code)
    return jsonify(
        code=page["agency"].code,
        name=page["agency"].name,
        licences=[
            {
                "category": one.category,
                "licence_no": one.licence_no,
                "version": one.version,
                "action": one.action,
                "valid_from": one.valid_from.isoformat(),
                "valid_until": one.valid_until.isoformat(),
                "reason": one.reason,
                "unmet": one.unmet,
                "decided_at": iso_seconds(one.decided_at),
            }
            for one in page["versions"]
        ],
        suspensions=[
            {
                "authority": page["authorities"][one.authority_id].name,
                "since_at": iso_seconds(one.since_at),
                "reason": one.reason,
                "lifted_at": iso_seconds(one.lifted_at) if one.lifted_at else None,
                "lift_reason": one.lift_reason,
            }
            for one in page["suspensions"]
        ],
        instruments=[
            {
                "code": kit.code,
                "kind": kit.kind,
                "maker": kit.maker,
                "model": kit.model,
                "serial": kit.serial,
                "in_use": kit.in_use,
                "calibrated_until": kit.calibrated_until.isoformat() if kit.calibrated_until else None,
            }
            for kit in page["kits"]
        ],
        appraisers=[{"code": one.user.code, "name": one.user.display_name, **_may(one)} for one in page["people"]],
    )


@bp.get("/registry/appraisers/<code>")
@allow("anyone")
def register_appraiser(code: str) -> Response:
    """One appraiser: certificates, tests, hours, and the measured accuracy that goes with them from agency to agency."""
    with look() as work:
        return render("appraisal/register_appraiser.html", **appraiser_page(work, code), words=WORDS)


@bp.get("/registry/appraisers/<code>.json")
@allow("anyone")
def register_appraiser_json(code: str) -> Response:
    """What the appraiser's page says, with the rows from which its figures can be computed again."""
    with look() as work:
        page = appraiser_page(work, code)
    return jsonify(
        code=page["person"].code,
        name=page["person"].display_name,
        reports_signed=page["signed"],
        certificates=[
            {
                "category": one.certificate.category,
                "level": one.certificate.level,
                "number": one.certificate.number,
                "issuer": one.certificate.issuer,
                "valid_from": one.certificate.valid_from.isoformat(),
                "valid_until": one.certificate.valid_until.isoformat(),
                "state": one.state(page["today"]),
            }
            for one in page["papers"]
        ],
        hours={str(year): hours for year, hours in page["hours"].items()},
        hours_needed=page["needed"],
        proficiency=[
            {
                "category": one.category,
                "items": one.items,
                "agreed": one.agreed,
                "critical_misses": one.critical_misses,
                "passed": one.passed,
                "valid_until": one.valid_until.isoformat() if one.valid_until else None,
                "sha256": one.sha256,
            }
            for one in page["results"]
        ],
        accuracy=[
            {
                "category": one.category,
                "compared": one.figures.compared,
                "exact": one.figures.exact,
                "within_one": one.figures.within_one,
                "bias": str(one.figures.bias) if one.figures.bias is not None else None,
                "critical_misses": one.figures.critical_misses,
                "weighted_kappa": str(one.figures.kappa) if one.figures.kappa is not None else None,
                "kappa_pairs": one.figures.kappa_pairs,
            }
            for one in page["figures"]
        ],
        rows=[
            {
                "category": one.category,
                "kind": one.kind,
                "source": one.source,
                "report": one.report,
                "second_report": one.second_report,
                "agency": page["agencies"][one.agency_id].code,
                "first": one.first.as_dict() if one.first else None,
                "second": one.second.as_dict() if one.second else None,
                "steps": one.steps,
                "critical_misses": one.critical_misses,
                "day": one.day,
            }
            for one in page["rows"]
        ],
    )


def agency_page(work: Work, code: str) -> dict[str, Any]:
    """What an agency's page shows, also to the operator and to officers."""
    agency = queries.agency_by_code(work, code)
    versions = queries.licence_versions(work, agency.id)
    newest = {(one.licence_no, one.category): one.version for one in reversed(versions)}
    suspensions = queries.suspensions_of(work, agency.id)
    today = shanghai_day(work.now)
    scopes: list[Scope] = queries.scopes_of(
        [one for one in versions if newest[one.licence_no, one.category] == one.version], today
    )
    return {
        "agency": agency,
        "today": today,
        "scopes": scopes,
        "versions": versions,
        "newest": newest,
        "suspensions": suspensions,
        "open": [one for one in suspensions if one.lifted_at is None],
        "authorities": accounts.organisations_by_id(work, [one.authority_id for one in suspensions]),
        "kits": queries.instruments(work, agency.id, with_retired=True),
        "people": queries.people_of(work, agency.id),
    }


def appraiser_page(work: Work, code: str) -> dict[str, Any]:
    """What an appraiser's page shows."""
    person = queries.appraiser_by_code(work, code)
    lessons = queries.lessons_of(work, person.id)
    rows = queries.comparisons(work, [person.id])[person.id]
    today = shanghai_day(work.now)
    return {
        "person": person,
        "today": today,
        "papers": queries.papers_of(work, person.id),
        "lessons": lessons,
        "hours": {today.year: 0, **queries.hours_by_year(lessons)},
        "needed": requirements().education.hours_per_year,
        "results": queries.results_of(work, person.id),
        "jobs": queries.employments(work, person.id),
        "signed": queries.reports_signed(work, person.id),
        "rows": rows,
        "figures": queries.accuracy(rows),
        "agencies": accounts.organisations_by_id(work, [one.agency_id for one in rows]),
    }


def _may(one: PersonEntry) -> dict[str, Any]:
    return {"may_take": [category for category, hindrances in one.categories.items() if not hindrances]}
