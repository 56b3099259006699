"""Drafts: begin one, answer its questions, throw it away, or begin anew from a withdrawn listing."""

from __future__ import annotations

from app.kernel.errors import InvalidInput
from app.kernel.text import N_
from app.listings import errors, queries, service
from app.listings.api.shaping import OF_DRAFT, READ, STATE, WRITE, draft_answer, face
from app.listings.schema import schema_by_id
from app.listings.schemas import EXAMPLE_ANSWERS, EXAMPLE_FACTS, DraftChange, DraftOut, NewListing, changes, field_of
from app.media import errors as media
from app.web.api import Answer, Call
from app.web.api.errors import UnknownField
from app.web.api.reading import filled

EXAMPLE_CHANGE = {
    "facts": EXAMPLE_FACTS,
    "answers": EXAMPLE_ANSWERS,
    "description": "Used for a year and a half, always in a case.",
    "price_fen": 238000,
    "district": "yubei",
    "delivery": ["parcel", "meeting"],
    "erasure": {"lock_off": True, "wiped": True},
}


@face.post(
    "/listings",
    id="createListing",
    summary=N_("Begin a listing"),
    scope=WRITE,
    body=NewListing,
    example={"category": "phone"},
    answer=DraftOut,
    status=201,
    tagged=True,
    refusals=(errors.TooManyDrafts,),
    links={
        "draft": ("getDraft", OF_DRAFT),
        "answers": ("saveDraft", OF_DRAFT),
        "photos": ("addPhoto", OF_DRAFT),
        "publish": ("publishListing", OF_DRAFT),
    },
)
def create(call: Call) -> Answer:
    """An empty draft of a category. Answer its questions, send photos, then publish it."""
    listing = service.start_draft(call.work, call.body.category)
    return draft_answer(call.work, listing, created=True)


@face.get(
    "/listings/{code}/draft",
    id="getDraft",
    summary=N_("Read a draft"),
    scope=READ,
    answer=DraftOut,
    tagged=True,
    refusals=(errors.ListingNotFound, errors.AlreadyPublished),
)
def draft(call: Call, code: str) -> Answer:
    """The answers so far, the photos, and what is missing before it can be published."""
    return draft_answer(call.work, queries.own_draft(call.work, code))


@face.patch(
    "/listings/{code}/draft",
    id="saveDraft",
    summary=N_("Answer questions of a draft"),
    scope=WRITE,
    body=DraftChange,
    example=EXAMPLE_CHANGE,
    answer=DraftOut,
    if_match="needed",
    tagged=True,
    refusals=(
        errors.ListingNotFound,
        errors.AlreadyPublished,
        errors.StaleDraft,
    ),
)
def save(call: Call, code: str) -> Answer:
    """Any number of facts and answers at once: all of them are kept, or none and every wrong one is named."""
    listing = queries.own_draft(call.work, code)
    call.seen.require(listing.version, listing.revision)  # type: ignore[union-attr]
    schema = schema_by_id(listing.schema_id)
    revision, wrong = call.seen.revision, {}  # type: ignore[union-attr]
    try:
        for screen, given in changes(schema, lambda: listing.draft, call.body):
            try:
                revision = service.save_answer(call.work, code, screen, given, revision).revision
            except InvalidInput as refusal:
                wrong |= {field_of(schema, screen, name): filled(text, refusal.values) for name, text in refusal.errors.items()}
    except UnknownField:
        raise
    except InvalidInput as refusal:  # what does not apply
        wrong = {**refusal.errors, **wrong}
    if wrong:
        raise InvalidInput(wrong)
    return draft_answer(call.work, listing)


@face.delete(
    "/listings/{code}/draft",
    id="discardDraft",
    summary=N_("Throw a draft away"),
    scope=WRITE,
    answer=None,
    refusals=(*STATE, errors.AlreadyPublished, media.PhotoInUse),
)
def discard(call: Call, code: str) -> Answer:
    """With its photos, which nobody has seen."""
    service.discard_draft(call.work, code)
    return Answer()


@face.post(
    "/listings/{code}/sell-again",
    id="sellAgain",
    summary=N_("Begin anew with the answers of a withdrawn listing"),
    scope=WRITE,
    answer=DraftOut,
    status=201,
    tagged=True,
    refusals=(errors.ListingNotFound, errors.TooManyDrafts, InvalidInput),
    links={"draft": ("getDraft", OF_DRAFT)},
)
def sell_again(call: Call, code: str) -> Answer:
    """A new draft; photos have to be sent anew."""
    return draft_answer(call.work, service.sell_again(call.work, code), created=True)
