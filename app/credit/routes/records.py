"""The public record of a seller, and the exact bytes of every event."""

from __future__ import annotations

from flask import Response, jsonify, make_response, request
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from app.credit.catalogue import TYPES, schema
from app.credit.queries import (
    Entry,
    displayed,
    event_by_idx,
    events_of,
    finding_note,
    pseudonym_of,
    seller_by_code,
    seller_summary,
    sentence,
    stars_of,
)
from app.credit.routes.blueprint import bp
from app.credit.wording import NO_LONGER_SHOWN, SEVERITIES, WHAT
from app.web import allow, look, render

PAGE = 20


@bp.get("/sellers/<code>")
@allow("anyone")
def seller(code: str) -> Response:
    """What a seller did, in plain words, every line with its proof."""
    page = _page_number()
    with look() as work:
        user = seller_by_code(work, code)
        summary = seller_summary(work, user.id)
        pages = max((summary.events + PAGE - 1) // PAGE, 1)
        entries = events_of(work, user.id, PAGE, (min(page, pages) - 1) * PAGE)
        findings, hidden = displayed(work, user.id)
        return render(
            "credit/seller.html",
            code=user.code,
            display_name=user.display_name,
            summary=summary,
            pseudonym=pseudonym_of(work, user.id),
            stars=stars_of(work, user.id),
            entries=[(entry, gettext(NO_LONGER_SHOWN) if entry.idx in hidden else _in_words(entry)) for entry in entries],
            hidden=hidden,
            findings=findings,
            what=WHAT,
            severities=SEVERITIES,
            page_number=min(page, pages),
            pages=pages,
        )


@bp.get("/sellers/<code>/records.jsonl")
@allow("anyone")
def record_file(code: str) -> Response:
    """All events of a seller, oldest first, one per line, each line the exact bytes that are hashed."""
    with look() as work:
        entries = events_of(work, seller_by_code(work, code).id)
    answer = make_response(b"".join(entry.content + b"\n" for entry in reversed(entries)))
    answer.mimetype = "application/jsonl"
    answer.headers["Content-Disposition"] = f'attachment; filename="xunyi-seller-{code}.jsonl"'
    return answer


@bp.get("/credit/events/<int:idx>.json")
@allow("anyone")
def event_file(idx: int) -> AnyResponse:
    """The exact bytes of one event; they never change."""
    with look() as work:
        entry = event_by_idx(work, idx)
    answer = make_response(entry.content)
    answer.mimetype = "application/json"
    answer.set_etag(entry.leaf)
    answer.headers["X-Leaf-Hash"] = entry.leaf
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return answer.make_conditional(request)


@bp.get("/credit/findings/<code>.note")
@allow("anyone")
def finding_file(code: str) -> Response:
    """The exact note that an authority signed, while what it says is displayed."""
    with look() as work:
        answer = make_response(finding_note(work, code))
    answer.mimetype = "text/plain"
    answer.headers["Content-Disposition"] = f'attachment; filename="{code}.note"'
    return answer


@bp.get("/credit/schemas.json")
@allow("anyone")
def schemas() -> Response:
    """What each kind of event may hold (JSON Schema of its data)."""
    return jsonify({type: schema(type) for type in sorted(TYPES)})


def _in_words(entry: Entry) -> str:
    message, values = sentence(entry.type, entry.data)
    return str(gettext(message, **values) if values else gettext(message))


def _page_number() -> int:
    typed = request.args.get("page", "1")
    return min(max(int(typed), 1), 100_000) if typed.isascii() and typed.isdigit() and len(typed) < 8 else 1
