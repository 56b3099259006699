"""Reading notices."""

from __future__ import annotations

from sqlalchemy import func, select

from app.kernel.work import Work
from app.notices.errors import NoticeNotFound
from app.notices.models import MailMessage, Notice


def unread_count(work: Work, user_id: int | None = None) -> int:
    """How many notices the person (the actor when not named) has not read."""
    reader = work.actor.id if user_id is None else user_id
    counted = select(func.count()).select_from(Notice).where(Notice.user_id == reader, Notice.read_at.is_(None))
    return work.session.scalars(counted).one()


def list_notices(work: Work, user_id: int | None = None, *, limit: int = 30, before: int | None = None) -> list[Notice]:
    """The person's notices, newest first; ``before`` is an id to go on from."""
    reader = work.actor.id if user_id is None else user_id
    rows = select(Notice).where(Notice.user_id == reader)
    if before is not None:
        rows = rows.where(Notice.id < before)
    return list(work.session.scalars(rows.order_by(Notice.id.desc()).limit(limit)))


def own_notice(work: Work, code: str) -> Notice:
    """The actor's own notice. Raises NoticeNotFound for any other."""
    notice = work.session.scalars(select(Notice).where(Notice.code == code, Notice.user_id == work.actor.id)).one_or_none()
    if notice is None:
        raise NoticeNotFound()
    return notice


def mail_by_id(work: Work, mail_id: int) -> MailMessage:
    return work.session.get_one(MailMessage, mail_id)
