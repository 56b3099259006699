"""Records for programs: what a person did, event by event."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext

from app.credit import errors, queries
from app.credit.log.canonical import in_base64
from app.credit.log.prooffiles import make_proof_file
from app.credit.log.scores import Card
from app.credit.queries import Entry
from app.credit.schemas import EventOut, EventProofOut, LogOut, PlatformOut, Records, ScoreOut, SellerOut, SummaryOut
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
    "/sellers/{code}/score",
    id="getSellerScore",
    summary=N_("A seller's score card, with every piece of evidence"),
    roles=("anyone",),
    answer=ScoreOut,
    refusals=(errors.SellerNotFound, errors.NoScoreYet),
)
def score(call: Call, code: str) -> Answer:
    """Computed anew at every call; nobody can set it."""
    return _score(queries.seller_card(call.work, queries.seller_by_code(call.work, code).id), code)


@face.get(
    "/appraisers/{code}/score",
    id="getAppraiserScore",
    summary=N_("An appraiser's score card, with every second look on which it rests"),
    roles=("anyone",),
    answer=ScoreOut,
    refusals=(errors.AppraiserNotFound, errors.NoScoreYet),
)
def appraiser_score(call: Call, code: str) -> Answer:
    """Computed anew at every call; nobody can set it."""
    return _score(queries.appraiser_card(call.work, queries.appraiser_by_code(call.work, code).id), code)


@face.get(
    "/platform/record",
    id="getPlatformRecord",
    summary=N_("The marketplace's own record, counted from the log"),
    roles=("anyone",),
    answer=PlatformOut,
    refusals=(errors.NoPlatformRecord,),
)
def platform(call: Call) -> Answer:
    """What rules ask of the marketplace and how often it kept to them, with every entry of the log that was not so. No grade."""
    record = queries.platform_record(call.work)
    if record is None:
        raise errors.NoPlatformRecord()
    return Answer(
        PlatformOut(
            as_of=record.as_of.isoformat(),
            log_size=record.log_size,
            policy=record.policy,
            policy_sha256=record.policy_sha256,
            record=record.as_data(),
        )
    )


def _score(card: Card | None, code: str) -> Answer:
    if card is None:
        raise errors.NoScoreYet()
    return Answer(
        ScoreOut(
            code=code,
            grade=card.grade,
            score=card.score,
            floor=card.floor,
            confidence=card.confidence,
            as_of=card.as_of.isoformat(),
            log_size=card.log_size,
            policy=card.policy,
            policy_sha256=card.policy_sha256,
            card=card.as_data(),
        )
    )


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


@face.get(
    "/log",
    id="getLog",
    summary=N_("The log of all records: how long it is, and its newest signed checkpoint"),
    roles=("anyone",),
    answer=LogOut,
    refusals=(errors.NoCheckpointYet,),
)
def log(call: Call) -> Answer:
    """For whoever keeps a checkpoint, to prove later that nothing before it was changed."""
    signed, key = queries.require_checkpoint(call.work), queries.log_key(call.work)
    assert key is not None
    return Answer(
        LogOut(
            size=queries.log_size(call.work),
            signed_size=signed.size,
            signed_at=iso_seconds(signed.created_at),
            root=in_base64(bytes(signed.root)),
            checkpoint=signed.note,
            key=key.vkey,
        )
    )


@face.get(
    "/log/events/{idx}/proof",
    id="getEventProof",
    summary=N_("The proof that an event is in the signed log"),
    roles=("anyone",),
    answer=EventProofOut,
    refusals=(errors.CreditEventNotFound, errors.NoCheckpointYet),
)
def event_proof(call: Call, idx: str) -> Answer:
    """Checked with the leaf hash of the event's exact bytes and the root of the checkpoint, without us."""
    entry = queries.event_by_idx(call.work, int(idx) if idx.isascii() and idx.isdigit() and len(idx) < 16 else -1)
    signed = queries.require_checkpoint(call.work)
    proof = queries.inclusion(call.work, entry.idx, signed.size)
    return Answer(
        EventProofOut(
            idx=entry.idx,
            size=signed.size,
            leaf=entry.leaf,
            proof=[in_base64(each) for each in proof],
            file=make_proof_file(entry.idx, proof, signed.note),
        )
    )


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
