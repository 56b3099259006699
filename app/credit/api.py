"""Records for programs: what a person did, event by event."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext

from app.credit import errors, queries
from app.credit.queries import Entry
from app.credit.schemas import EventOut, Records, SellerOut, SummaryOut
from app.kernel.text import N_
from app.kernel.time import iso_seconds
from app.kernel.work import Work
from app.web.api import Answer, Call, Face, cut, read_cursor
from app.web.api.shapes import PageQuery

face = Face("records")


@face.get(
    "/sellers/{code}",
    id="getSeller",
    summary=N_("What a person did, in counts"),
    roles=("anyone",),
    answer=SellerOut,
    refusals=(errors.SellerNotFound,),
    links={"records": ("listRecords", {"code": "$request.path.code"})},
)
def seller(call: Call, code: str) -> Answer:
    """For everybody, before they buy."""
    return Answer(_seller(call.work, queries.seller_by_code(call.work, code).id, code))


@face.get(
    "/sellers/{code}/records",
    id="listRecords",
    summary=N_("What a person did, event by event"),
    roles=("anyone",),
    query=PageQuery,
    answer=Records,
    refusals=(errors.SellerNotFound,),
)
def records(call: Call, code: str) -> Answer:
    """Newest first."""
    return _records(call, queries.seller_by_code(call.work, code).id, f"listRecords {code}")


@face.get(
    "/me/record",
    id="getMyRecord",
    summary=N_("Your own record, in counts"),
    scope="records:read",
    answer=SellerOut,
    refusals=(errors.SellerNotFound,),
    links={"records": ("listMyRecords", {})},
)
def own(call: Call) -> Answer:
    """As others see it."""
    return Answer(_seller(call.work, call.work.actor.id, call.work.actor.code))


@face.get(
    "/me/record/events",
    id="listMyRecords",
    summary=N_("Your own record, event by event"),
    scope="records:read",
    query=PageQuery,
    answer=Records,
)
def own_records(call: Call) -> Answer:
    """Newest first."""
    return _records(call, call.work.actor.id, "listMyRecords")


def _seller(work: Work, user_id: int, code: str) -> SellerOut:
    summary = queries.seller_summary(work, user_id)
    days = {name: getattr(summary, name) for name in ("member_since", "first_sale_on", "last_sale_on")}
    counts = [name for name in SummaryOut.model_fields if name not in days]
    return SellerOut(
        code=code,
        display_name=queries.seller_by_code(work, code).display_name,
        pseudonym=queries.pseudonym_of(work, user_id),
        summary=SummaryOut(
            **{name: getattr(summary, name) for name in counts},
            **{name: day.isoformat() if day else None for name, day in days.items()},
        ),
    )


def _records(call: Call, user_id: int, place: str) -> Answer:
    asked: PageQuery = call.query
    before = read_cursor(place, asked.cursor)
    entries = queries.events_of(call.work, user_id, asked.limit + 1, before=before)
    shown, further = cut(entries, asked.limit, place, lambda entry: entry.seq)
    return Answer(Records(items=[_event(each) for each in shown], next_cursor=further))


def _event(entry: Entry) -> EventOut:
    message, values = queries.sentence(entry.type, entry.data)
    return EventOut(
        idx=entry.idx,
        seq=entry.seq,
        type=entry.type,
        at=iso_seconds(entry.at),
        in_words=str(gettext(message, **values) if values else gettext(message)),
        data=entry.data,
        leaf=entry.leaf,
        bytes=url_for("credit.event_file", idx=entry.idx),
    )
