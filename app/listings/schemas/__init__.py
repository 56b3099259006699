"""What programs send and get about listings; the attribute schemas themselves are the YAML files beside this file.

Facts and answers are maps whose names the attribute schema of the category gives, so another category needs no other shape.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from app.kernel.errors import InvalidInput
from app.kernel.text import N_
from app.listings import wizard
from app.listings.schema import Question, Schema
from app.listings.wizard import Screen
from app.web.api.errors import UnknownField
from app.web.api.reading import UNKNOWN_NAME
from app.web.api.shapes import Body, Code, Fen, Line, Lines, Moment, Page, PageQuery, Query, Shape, Words

_Chosen = Annotated[list[Annotated[str, StringConstraints(max_length=40)]], Field(max_length=40)]
FactValue = Annotated[str, StringConstraints(max_length=200)] | int | _Chosen
AnswerValue = FactValue
Delivery = Literal["parcel", "meeting"]
DOES_NOT_APPLY = N_("This does not apply to a thing of this kind.")

EXAMPLE_FACTS = {"brand": "apple", "model": "iphone-13", "storage_gb": 128, "colour": "midnight", "imei": "359999001234566"}
EXAMPLE_ANSWERS = {
    "power": "good",
    "screen_glass": "micro",
    "display": "good",
    "back_cover": "none",
    "frame": "light",
    "battery": 88,
    "faults": ["none"],
    "repairs": "never",
    "water": "never",
    "region": "mainland",
    "accessories": ["box", "cable"],
}


# Sent


class NewListing(Body):
    """What kind of thing is to be sold."""

    category: Annotated[str, StringConstraints(max_length=40), Field(examples=["phone"])]


class Erasure(Body):
    """The owner's declarations about their data; only categories whose schema has `erasure` ask for them."""

    lock_off: Annotated[bool, Field(description="Signed out of the account; the find-my-device lock is off.")]
    wiped: Annotated[bool, Field(description="The data is erased, or will be before the thing is handed over.")]


class DraftChange(Body):
    """Any part of a draft; what is not named stays as it is."""

    facts: Annotated[
        dict[str, FactValue],
        Field(
            description="Facts of the thing by the codes of the schema's `attributes` and `facts`. `brand` and `model` may be "
            "`other`, "
            "then `brand_name` and `model_name` say what it is called.",
            examples=[EXAMPLE_FACTS],
        ),
    ] = {}
    answers: Annotated[
        dict[str, AnswerValue],
        Field(
            description="The seller's answers by the codes of the schema's `questions` and `handing`: one code for `choice`, a "
            'list of codes for `several`, a whole number for `percent`, "1.5" or 62000 for `number`, "2019-05" for `month`; '
            '"unknown" where the question allows it.',
            examples=[EXAMPLE_ANSWERS],
        ),
    ] = {}
    description: Annotated[Lines | None, Field(description="In the seller's own words.")] = None
    price_fen: Fen | None = None
    district: Annotated[Line | None, Field(max_length=40, examples=["yubei"])] = None
    delivery: Annotated[list[Delivery] | None, Field(min_length=1, max_length=2, examples=[["parcel", "meeting"]])] = None
    erasure: Erasure | None = None


class OfferChange(Body):
    """Price and text of an offer; what is not named stays as it is."""

    price_fen: Fen | None = None
    description: Lines | None = None


class PhotoMove(Body):
    """One place forward or back."""

    by: Literal[-1, 1]


class ShotQuery(Query):
    """What the photo shows."""

    shot: Annotated[str, Field(max_length=40, description="Code of a guided shot of the schema, or `other`.")] = "other"


class MineQuery(PageQuery):
    """One's own listings."""

    state: Annotated[
        Literal["draft", "in_review", "active", "paused", "reserved", "sold", "expired", "withdrawn", "removed"] | None,
        Field(description="Only those in this state."),
    ] = None


# Answered


class RegisteredOut(Shape):
    """The item of a draft that was registered without being offered."""

    thing: Code


class PhotoOut(Shape):
    """A photo of a listing. It is prepared after it arrived: `received`, then `ready` or `failed`."""

    code: Code
    state: Annotated[str, Field(examples=["ready"])]
    shot: Annotated[str, Field(examples=["front"])]
    width: int | None
    height: int | None
    sha256: str | None
    problem: Annotated[str, Field(description="Why it cannot be used; empty otherwise.", examples=[""])]
    url: Annotated[str | None, Field(description="The public picture, once the listing was published.")]


class Lack(Shape):
    """Something without which the draft cannot be published."""

    step: str
    name: Annotated[str, Field(description="Code of the question or screen.")]
    message: str


class DraftOut(Shape):
    """A listing that is not published yet, and what is still missing."""

    code: Code
    state: Annotated[str, Field(examples=["draft"])]
    version: int
    revision: int
    category: Annotated[str, Field(examples=["phone"])]
    schema_id: Annotated[str, Field(examples=["phone-1"])]
    title: str
    facts: Annotated[dict[str, Any], Field(examples=[EXAMPLE_FACTS])]
    answers: Annotated[dict[str, Any], Field(examples=[EXAMPLE_ANSWERS])]
    description: str
    price_fen: int | None
    district: str | None
    delivery: Annotated[list[str], Field(examples=[["parcel", "meeting"]])]
    erasure: Annotated[dict[str, bool], Field(examples=[{"lock_off": True, "wiped": True}])]
    photos: list[PhotoOut]
    missing: list[Lack]
    refused_because: Annotated[str | None, Field(description="Why staff sent it back, when they did.", examples=[None])]


class ReportLine(Shape):
    """The newest signed report about the thing."""

    code: Code
    tier: str | None
    status: Annotated[str, Field(examples=["graded"])]
    signed_at: Moment | None


class VersionLine(Shape):
    """The frozen version that is on offer: what an order would promise."""

    no: int
    sha256: str


class ListingOut(Shape):
    """An offer as everybody reads it."""

    code: Code
    state: Annotated[str, Field(examples=["active"])]
    version: int
    revision: int
    category: Annotated[str, Field(examples=["phone"])]
    schema_id: Annotated[str, Field(examples=["phone-1"])]
    title: str
    verdict: Words
    facts: Annotated[dict[str, Any], Field(examples=[{"brand": "apple", "model": "iphone-13", "storage_gb": 128}])]
    answers: Annotated[dict[str, Any], Field(examples=[EXAMPLE_ANSWERS])]
    description: str
    price_fen: Fen
    district: str
    delivery: Annotated[list[str], Field(examples=[["parcel", "meeting"]])]
    photos: list[PhotoOut]
    report: ReportLine | None
    frozen: VersionLine
    seller: Code
    thing: Annotated[Code | None, Field(description="Public id of the thing, for its owner: to ask for an appraisal.")]
    published_at: Moment | None
    expires_at: Moment | None
    page: Annotated[str, Field(description="Path of the page for people.", examples=["/items/7kq2m9v4x0c8n1t5r3wz6ybhdj"])]


class CardOut(Shape):
    """An offer in a list."""

    code: Code
    state: Annotated[str, Field(examples=["active"])]
    category: Annotated[str, Field(examples=["phone"])]
    title: str
    price_fen: int | None
    tier: str | None
    report: Code | None
    verdict: Words
    district: Words
    photo_url: str | None
    published_at: Moment | None


class PhotoList(Shape):
    """The photos of a listing in the seller's order."""

    items: list[PhotoOut]


class OptionOut(Shape):
    """An answer to choose."""

    code: str
    name: Words
    example: Words | None
    alone: Annotated[bool, Field(description="Excludes the other answers.")]


class QuestionOut(Shape):
    """One question to the seller."""

    code: Annotated[str, Field(examples=["battery"])]
    kind: Annotated[Literal["choice", "several", "percent", "number", "month", "text"], Field(examples=["percent"])]
    ask: Words
    options: list[OptionOut]
    least: int | None
    most: int | None
    decimals: Annotated[int, Field(description="Of a number.", examples=[0])]
    unit: Words | None
    longest: Annotated[int | None, Field(description="Of a text, characters.")]
    required: bool
    unknown: Annotated[bool, Field(description='Whether "unknown" is an answer.')]
    applies_to: Annotated[
        dict[str, list[str]],
        Field(description="Asked only where each of these facts has one of these values; empty: always.", examples=[{}]),
    ]


class AttributeOut(Shape):
    """A fact of the thing. `source`: `catalogue` (codes of the catalogue) or `number` (at least one number is needed)."""

    code: Annotated[str, Field(examples=["storage_gb"])]
    type: Annotated[str, Field(examples=["integer"])]
    source: Annotated[str, Field(examples=["catalogue"])]
    required: bool
    unit: str | None
    name: Words


class ShotOut(Shape):
    """A picture that the seller should take."""

    code: Annotated[str, Field(examples=["front"])]
    name: Words
    hint: Words
    required: bool


class CategorySchema(Shape):
    """Everything that a seller of this category is asked."""

    id: Annotated[str, Field(examples=["phone-1"])]
    category: Annotated[str, Field(examples=["phone"])]
    name: Words
    attributes: list[AttributeOut]
    facts: Annotated[list[QuestionOut], Field(description="Further facts of the thing: they go into `facts`.")]
    questions: Annotated[list[QuestionOut], Field(description="About the condition: they go into `answers`.")]
    handing: Annotated[list[QuestionOut], Field(description="About handing it over: they go into `answers`.")]
    photos_least: int
    photos_most: int
    shots: list[ShotOut]
    asks_erasure: Annotated[bool, Field(description="Whether `erasure` must be declared.")]


class CategoryOut(Shape):
    """A kind of thing that can be sold."""

    code: Annotated[str, Field(examples=["phone"])]
    name: Words
    schema_id: Annotated[str, Field(examples=["phone-1"])]


Categories = Page[CategoryOut]
Cards = Page[CardOut]


# From a change to the wizard's screens

_NAMES = {"brand_name": "brand", "model_name": "model"}  # words that belong to a fact of the schema
_SCREEN_OF_FACT = {"storage_gb": "storage"}


def changes(
    schema: Schema, draft: Callable[[], Mapping[str, Any]], change: DraftChange
) -> Iterator[tuple[Screen, dict[str, Any]]]:
    """The screens of the wizard that this change answers, in their order, with what each is given.

    ``draft`` gives the draft as it stands: which screens there are follows from the answers before. Raises UnknownField for facts
    and answers that the schema does not have, InvalidInput for those that do not apply to this thing.
    """
    facts = {each.code for each in (*schema.attributes, *schema.facts)}
    answers = {each.code for each in (*schema.questions, *schema.handing)}
    unknown = [f"facts.{name}" for name in change.facts if _NAMES.get(name, name) not in facts]
    unknown += [f"answers.{code}" for code in change.answers if code not in answers]
    if unknown:
        raise UnknownField({name[:100]: UNKNOWN_NAME for name in unknown})
    done: set[str] = set()
    while True:
        ahead = [each for each in wizard.screens(schema, draft()) if each.code not in done]
        if not ahead:
            break
        done.add(ahead[0].code)
        given = _given(schema, ahead[0], draft(), change)
        if given is not None:
            yield ahead[0], given
    asked = {each.code for each in wizard.screens(schema, draft()) if each.question is not None}
    idle = [f"facts.{each.code}" for each in schema.facts if each.code in change.facts and each.code not in asked]
    idle += [f"answers.{code}" for code in change.answers if code not in asked]
    if idle:
        raise InvalidInput(dict.fromkeys(idle, DOES_NOT_APPLY))


def field_of(schema: Schema, screen: Screen, name: str) -> str:
    """Where in the change the field of a screen stands, for naming what is wrong."""
    if screen.question is not None:
        return f"{'facts' if screen.question in schema.facts else 'answers'}.{screen.code}"
    fact = {"storage": "storage_gb"}.get(screen.code, screen.code)
    own = {"answer": f"facts.{fact}", "price": "price_fen", "lock_off": "erasure.lock_off", "wiped": "erasure.wiped"}
    return own.get(name) or (f"facts.{name}" if screen.step == "model" else name)


def _given(schema: Schema, screen: Screen, draft: Mapping[str, Any], change: DraftChange) -> dict[str, Any] | None:
    if screen.question is not None:
        kept = change.facts if screen.question in schema.facts else change.answers
        return _answer(screen.question, kept[screen.code]) if screen.code in kept else None
    facts = change.facts
    if screen.code in ("brand", "model"):
        name = f"{screen.code}_name"
        if screen.code not in facts and name not in facts:
            return None
        return {"answer": facts.get(screen.code, draft.get(screen.code)), name: facts.get(name, draft.get(name, ""))}
    if screen.code == "number":
        names = [each.code for each in schema.numbers]
        if not any(name in facts for name in names):
            return None
        return {name: str(facts.get(name, draft.get(name, ""))) for name in names}
    if screen.step == "model":
        mine = [value for name, value in facts.items() if _SCREEN_OF_FACT.get(name, name) == screen.code]
        return {"answer": str(mine[0])} if mine else None
    if screen.code == "notes":
        return None if change.description is None else {"description": change.description}
    if screen.code == "price":
        return None if change.price_fen is None else {"price": change.price_fen}
    if screen.code == "place":
        if change.district is None and change.delivery is None:
            return None
        kept_ways = [way for way in ("parcel", "meeting") if draft.get(f"by_{way}")]
        return {
            "district": change.district if change.district is not None else draft.get("district"),
            "delivery": change.delivery if change.delivery is not None else kept_ways,
        }
    if screen.code == "wipe":
        return None if change.erasure is None else change.erasure.model_dump()
    return None


def _answer(question: Question, value: Any) -> dict[str, Any]:
    """The value of a question as its screen gets it."""
    if question.kind in ("number", "month", "text"):
        if value == wizard.UNKNOWN and question.unknown:
            return {"unknown": True}
        return {"value": "" if isinstance(value, list) else str(value)}
    if question.kind == "several":
        return {"answer": value if isinstance(value, list) else []}
    return {"percent": value, "answer": value}
