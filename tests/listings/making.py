"""Makes things and listings through the verbs, for the tests of every room."""

from __future__ import annotations

import io
import itertools
from typing import Any

from PIL import Image, ImageDraw

from app.accounts.models import User
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from app.listings import answering, service, wizard
from app.listings.models import Listing
from app.listings.queries import listing_by_id
from app.listings.schema import schema_by_id
from app.listings.states import DRAFT, EXPIRED, PAUSED, REMOVED, RESERVED, SOLD, WITHDRAWN
from grading.ids import luhn_digit
from tests.accounts.making import actor, make_member
from tests.media.making import prepare_once
from tests.remembering import remembered

_numbers = itertools.count(1)

ANSWERS: dict[str, Any] = {
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


def make_imei(number: int | None = None) -> str:
    """A well-formed IMEI that no other call gives."""
    first = f"35999900{(number if number is not None else next(_numbers)) % 10**6:06d}"
    return first + luhn_digit(first)


def tiny_photo(number: int = 0) -> bytes:
    """A small JPEG, different for each number."""
    picture = Image.new("RGB", (160, 120), (40 + number * 37 % 200, 90, 120))
    ImageDraw.Draw(picture).rectangle((40, 10, 120, 110), fill=(230, 230, 10 + number * 11 % 240))
    sent = io.BytesIO()
    picture.save(sent, "JPEG", quality=80)
    return sent.getvalue()


def answers(**changes: Any) -> dict[str, Any]:
    """A whole draft; ``changes`` replace single keys, None takes one away."""
    whole: dict[str, Any] = {
        "brand": "apple",
        "brand_name": "",
        "model": "iphone-13",
        "model_name": "",
        "storage_gb": 128,
        "colour": "midnight",
        "imei": make_imei(),
        "serial": "",
        "answers": dict(ANSWERS),
        "description": "自用一年半，一直带壳。",
        "price_fen": 238_000,
        "district": "yubei",
        "by_parcel": True,
        "by_meeting": True,
        "lock_off": True,
        "wiped": True,
        **changes,
    }
    return {key: value for key, value in whole.items() if value is not None}


def make_draft(hub: Hub, seller: User, photos: int = 3, *, only: str = "", **changes: Any) -> Listing:
    """A draft with all answers (``only``: those of one step) and ready photos, made through the wizard's verbs."""
    wanted = answers(**changes)
    me = actor(hub, seller)
    with hub.begin(me) as work:  # one transaction for all answers: beginning one for each took most of the time
        listing = service.start_draft(work)
        schema = schema_by_id(listing.schema_id)
        for screen in wizard.screens(schema):
            given = _given(screen, wanted) if only in ("", screen.step) else None
            if given is not None:
                listing = service.save_answer(work, listing.code, screen, given, listing.revision)
    shots = [shot.code for shot in schema.photos.shots]
    for number in range(photos):
        with hub.begin(me) as work:
            photo = service.add_photo(work, hub.store, listing.code, tiny_photo(number), shots[number % len(shots)])
        prepare_once(hub, photo.id)
    return fresh(hub, listing.id)


@remembered
def make_listing(hub: Hub, seller: User, *, state: str = "active", photos: int = 3, **changes: Any) -> Listing:
    """A listing in the wanted state, brought there through the verbs. ``changes`` are answers, such as ``price_fen=100``."""
    listing = make_draft(hub, seller, photos, **changes)
    me = actor(hub, seller)
    if state == DRAFT:
        return listing
    with hub.begin(me) as work:
        service.publish(work, listing.code)
    price_fen = fresh(hub, listing.id).price_fen or 0
    with hub.begin(me) as work:
        if state == PAUSED:
            service.pause(work, listing.code)
        elif state == WITHDRAWN:
            service.withdraw(work, listing.code)
        elif state in (RESERVED, SOLD):
            service.reserve(work, listing.code, price_fen)
    if state == SOLD:
        with hub.begin(SYSTEM) as work:
            service.mark_sold(work, listing.id)
    if state == EXPIRED:
        with hub.begin(SYSTEM) as work:
            found = listing_by_id(work, listing.id)
            assert found is not None
            found.expires_at = work.now
            work.session.flush()
            service.on_expiry(work, listing.id)
    if state == REMOVED:
        operator = make_member(hub, "operator")
        with hub.begin(actor(hub, operator)) as work:
            service.take_down(work, listing.code, "照片与实物不符。", fresh(hub, listing.id).version)
    made = fresh(hub, listing.id)
    assert made.state == state, f"wanted {state}, got {made.state}"
    return made


CAR: dict[str, Any] = {
    "brand": "volkswagen",
    "model": "lavida",
    "colour": "white",
    "vin": "LSGPC54U2NH123456",
    "facts": {"registered": "2020-05", "mileage": "52000", "acquired": "2020-05", "owners": "0", "gearbox": "automatic"}
    | {"displacement": "1.5", "seats": "5"},
    "answers": {"inspection": "2028-05"},
    "delivery": ["meeting"],
    "price": 6_800_000,
}
WASHER: dict[str, Any] = {
    "type": "washing_machine",
    "brand": "haier",
    "serial": "CE0J7M00R9K12345",
    "facts": {"load": "10", "bought": "2023-06", "made": "2023-04"},
    "answers": {"floor": "6"},
    "delivery": ["parcel", "meeting"],
    "price": 88_000,
}


@remembered
def make_thing_listing(hub: Hub, seller: User, category: str, wanted: dict[str, Any], *, publish: bool = True) -> Listing:
    """A car or an appliance with answers to everything that is asked of it: those wanted, else the first that is offered."""
    me = actor(hub, seller)
    with hub.begin(me) as work:
        listing = service.start_draft(work, category)
        schema = schema_by_id(listing.schema_id)
        done: set[str] = set()
        while left := [each for each in wizard.screens(schema, listing.draft) if f"{each.step}.{each.code}" not in done]:
            done.add(f"{left[0].step}.{left[0].code}")
            given = _answer_of(left[0], wanted, listing.draft, category)
            if given is not None:
                listing = service.save_answer(work, listing.code, left[0], given, listing.revision)
    shots = [shot.code for shot in schema.photos.shots]
    for number in range(max(schema.photos.least, sum(shot.required for shot in schema.photos.shots))):
        with hub.begin(me) as work:
            photo = service.add_photo(work, hub.store, listing.code, tiny_photo(number), shots[number % len(shots)])
        prepare_once(hub, photo.id)
    if publish:
        with hub.begin(me) as work:
            service.publish(work, listing.code)
    return fresh(hub, listing.id)


def _answer_of(screen: wizard.Screen, wanted: dict[str, Any], draft: dict[str, Any], category: str) -> dict[str, Any] | None:
    question = screen.question
    if question is not None:
        told = {**wanted.get("facts", {}), **wanted.get("answers", {})}.get(question.code)
        if question.kind in ("choice", "several"):
            first = question.options[0].code
            return {"answer": told or ([first] if question.kind == "several" else first)}
        if question.kind == "text":
            return {"value": told or "前年的事，已经处理好了。"}
        return {"value": told, "percent": told} if told is not None else {"unknown": True}
    models = answering.models_for(category, draft)
    answers = {
        "type": {"answer": wanted.get("type")},
        "brand": {"answer": wanted["brand"]},
        "model": {"answer": wanted.get("model") or (models[0].code if models else "")},
        "colour": {"answer": wanted.get("colour")},
        "number": {"vin": wanted.get("vin"), "serial": wanted.get("serial")},
        "notes": {"description": wanted.get("description", "")},
        "price": {"price": wanted["price"]},
        "place": {"district": "yubei", "delivery": wanted["delivery"]},
        "wipe": {"lock_off": True, "wiped": True},
    }
    return answers.get(screen.code)


def fresh(hub: Hub, listing_id: int) -> Listing:
    """The listing as it stands in the database now."""
    with hub.look() as work:
        found = listing_by_id(work, listing_id)
        assert found is not None
        work.session.expunge(found)
    return found


def _given(screen: wizard.Screen, wanted: dict[str, Any]) -> dict[str, Any] | None:
    """What the wizard's form would send for this screen; None when the answer is to be left open."""
    if screen.question is not None:
        answer = wanted.get("answers", {}).get(screen.code)
        return None if answer is None else {"answer": answer, "percent": answer}
    keys = {
        "brand": ("brand", {"answer": wanted.get("brand"), "brand_name": wanted.get("brand_name")}),
        "model": ("model", {"answer": wanted.get("model"), "model_name": wanted.get("model_name")}),
        "storage": ("storage_gb", {"answer": str(wanted.get("storage_gb"))}),
        "colour": ("colour", {"answer": wanted.get("colour")}),
        "number": ("imei", {"imei": wanted.get("imei"), "serial": wanted.get("serial")}),
        "notes": ("description", {"description": wanted.get("description")}),
        "price": ("price_fen", {"price": wanted.get("price_fen")}),
        "place": (
            "district",
            {
                "district": wanted.get("district"),
                "delivery": [way for way in ("parcel", "meeting") if wanted.get(f"by_{way}")],
            },
        ),
        "wipe": ("wiped", {"wiped": wanted.get("wiped"), "lock_off": wanted.get("lock_off")}),
    }
    if screen.code not in keys or keys[screen.code][0] not in wanted:
        return None
    return keys[screen.code][1]
