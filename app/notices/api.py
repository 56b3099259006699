"""Notices for programs."""

from __future__ import annotations

from app.kernel.text import N_
from app.kernel.time import iso_seconds
from app.notices import errors, queries, service
from app.notices.models import Notice
from app.notices.schemas import Marked, NoticeOut, NoticePage, NoticesQuery
from app.web.api import Answer, Call, Face, cut, read_cursor
from app.web.rendering import say

face = Face("notices")

_PLACE = "listNotices"


@face.get("/notices", id="listNotices", summary=N_("Your notices"), scope="notices:read", query=NoticesQuery, answer=NoticePage)
def listed(call: Call) -> Answer:
    """Newest first."""
    asked: NoticesQuery = call.query
    before = read_cursor(_PLACE, asked.cursor)
    found = queries.list_notices(call.work, limit=asked.limit + 1, before=before)
    shown, further = cut(found, asked.limit, _PLACE, lambda notice: notice.id)
    unread = queries.unread_count(call.work)
    return Answer(NoticePage(items=[_notice(each) for each in shown], next_cursor=further, unread=unread))


@face.post(
    "/notices/{code}/read",
    id="readNotice",
    summary=N_("Mark a notice as read"),
    scope="notices:write",
    answer=NoticeOut,
    refusals=(errors.NoticeNotFound,),
)
def read(call: Call, code: str) -> Answer:
    """One that was read already stays as it is."""
    return Answer(_notice(service.mark_read(call.work, code)))


@face.post("/notices/read-all", id="readAllNotices", summary=N_("Mark all notices as read"), scope="notices:write", answer=Marked)
def read_all(call: Call) -> Answer:
    """Gives back how many were new."""
    return Answer(Marked(marked=service.mark_all_read(call.work)))


def _notice(notice: Notice) -> NoticeOut:
    return NoticeOut(
        code=notice.code,
        text=say(notice.text, **notice.values),
        link=notice.link,
        at=iso_seconds(notice.at),
        read_at=iso_seconds(notice.read_at) if notice.read_at else None,
    )
