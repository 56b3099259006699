"""The verbs of listings. They take ``work`` first and never commit.

drafting: the wizard's answers and photos. registering: the thing that is offered, or only appraised. offering: publish, edit,
pause, renew, withdraw, and what time and reports do. reserving: what an order does to a listing. moderating: what staff decide.
reviewing: when they look first, and the rows of what they decided. telling: what the seller is told. valuing: what it is worth,
stored.
"""

from app.listings.service.drafting import (
    add_photo,
    delete_photo,
    discard_draft,
    draft_photos,
    move_photo,
    save_answer,
    sell_again,
    start_draft,
)
from app.listings.service.moderating import approve, reject, restore, take_down
from app.listings.service.offering import (
    edit,
    on_expiry,
    on_expiry_reminder,
    on_report_revoked,
    on_report_signed,
    pause,
    publish,
    renew,
    resume,
    withdraw,
)
from app.listings.service.registering import is_described, register_unoffered
from app.listings.service.reserving import mark_sold, reserve, unreserve
from app.listings.service.valuing import on_offered, value_answer, value_draft

__all__ = [
    "add_photo",
    "approve",
    "delete_photo",
    "discard_draft",
    "draft_photos",
    "edit",
    "is_described",
    "mark_sold",
    "move_photo",
    "on_expiry",
    "on_expiry_reminder",
    "on_offered",
    "on_report_revoked",
    "on_report_signed",
    "pause",
    "publish",
    "register_unoffered",
    "reject",
    "renew",
    "reserve",
    "restore",
    "resume",
    "save_answer",
    "sell_again",
    "start_draft",
    "take_down",
    "unreserve",
    "value_answer",
    "value_draft",
    "withdraw",
]
