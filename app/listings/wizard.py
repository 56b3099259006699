"""The wizard as plain data: its steps and screens, what an answer must look like, and what is still missing.

Knows the attribute schema and the catalogue; no session, no request. A draft is a dictionary of the answers given so far.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from app.goods import catalogue
from app.goods.queries import OTHER, name_of
from app.goods.service import read_imei, read_serial
from app.kernel.errors import InvalidInput
from app.kernel.money import MAX_FEN
from app.kernel.text import N_
from app.listings.schema import Question, Schema

Draft = dict[str, Any]

STEPS = ("model", "photos", "condition", "price", "place", "wipe", "check")
STEP_NAMES = {
    "model": N_("Which phone"),
    "photos": N_("Photos"),
    "condition": N_("Condition"),
    "price": N_("Price"),
    "place": N_("Place and delivery"),
    "wipe": N_("Erase your data"),
    "check": N_("Check and publish"),
}
LONGEST_NAME = 40
LONGEST_DESCRIPTION = 1000
UNKNOWN = "unknown"
CHOOSE = N_("Please choose one of the answers.")


class Taken(Protocol):
    """A photo that was sent: what it shows and how far it is."""

    @property
    def shot(self) -> str: ...

    @property
    def state(self) -> str: ...


@dataclass(frozen=True)
class Screen:
    """One question on one screen. ``question`` is set for those that come from the schema."""

    step: str
    code: str
    question: Question | None = None

    @property
    def is_alone(self) -> bool:
        """Whether the step has this one screen only, so that the step names it."""
        return self.step in ("photos", "price", "place", "wipe", "check")


@dataclass(frozen=True)
class Missing:
    """Something without which the listing cannot be published, and the screen where it is answered."""

    step: str
    screen: str
    message: str
    values: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, str] | None = None  # words of the schema that stand for %(name)s


def steps(schema: Schema) -> list[str]:
    """The steps of a category; things without personal data have nothing to erase."""
    return [step for step in STEPS if step != "wipe" or schema.erasure is not None]


def screens(schema: Schema) -> list[Screen]:
    """All screens in order."""
    listed = [Screen("model", code) for code in ("brand", "model", "storage", "colour", "number")]
    listed.append(Screen("photos", "photos"))
    listed += [Screen("condition", question.code, question) for question in schema.questions]
    listed += [Screen("condition", "notes"), Screen("price", "price"), Screen("place", "place")]
    if schema.erasure is not None:
        listed.append(Screen("wipe", "wipe"))
    return [*listed, Screen("check", "check")]


def find_screen(schema: Schema, step: str, code: str | None) -> Screen | None:
    """The screen of a step by its code; the step's first one without a code; None when there is no such screen."""
    of_step = [screen for screen in screens(schema) if screen.step == step]
    if code is None:
        return of_step[0] if of_step else None
    return next((screen for screen in of_step if screen.code == code), None)


def beside(schema: Schema, screen: Screen, by: int) -> Screen | None:
    """The screen ``by`` places further on (negative: back)."""
    listed = screens(schema)
    place = listed.index(screen) + by
    return listed[place] if 0 <= place < len(listed) else None


def accept(schema: Schema, draft: Mapping[str, Any], screen: Screen, given: Mapping[str, Any]) -> Draft:
    """The draft with this screen's answer in it.

    Raises InvalidInput with one sentence per field when the answer cannot be used; BadImei, BadSerial are such.
    """
    changed = dict(draft)
    if screen.question is not None:
        changed["answers"] = {**changed.get("answers", {}), screen.code: _answer(screen.question, given)}
    elif screen.code in _ACCEPT:
        _ACCEPT[screen.code](changed, given)
    return changed


def missing(schema: Schema, draft: Mapping[str, Any], photos: Sequence[Taken]) -> list[Missing]:
    """What still has to be answered before publishing, in the order of the wizard."""
    lacks: list[Missing] = []
    for screen in screens(schema):
        if screen.question is not None:
            if screen.code not in draft.get("answers", {}):
                lacks.append(Missing(screen.step, screen.code, N_("Condition: %(name)s"), names=screen.question.name.names))
        elif screen.code == "photos":
            lacks += _missing_photos(schema, photos)
        else:
            needed = _NEEDED.get(screen.code, ())
            lacks += [Missing(screen.step, screen.code, message) for key, message in needed if not _has(draft, key)]
    return lacks


def done_steps(schema: Schema, draft: Mapping[str, Any], photos: Sequence[Taken]) -> set[str]:
    """Steps in which nothing is missing."""
    lacking = {lack.step for lack in missing(schema, draft, photos)}
    return {step for step in steps(schema) if step not in lacking and step != "check"}


def resume_at(schema: Schema, draft: Mapping[str, Any], photos: Sequence[Taken]) -> Screen:
    """Where to go on: the first screen on which something is missing, otherwise the check page."""
    lacks = missing(schema, draft, photos)
    found = find_screen(schema, lacks[0].step, lacks[0].screen) if lacks else None
    return found or screens(schema)[-1]


def title_of(draft: Mapping[str, Any]) -> str:
    """The title made from the facts: "iPhone 13 128GB 午夜色"."""
    parts = [name_of("phone", draft.get("brand", ""), draft.get("model", ""), dict(draft))]
    if draft.get("storage_gb"):
        parts.append(storage_text(draft["storage_gb"]))
    colour = catalogue.find_colour(draft.get("colour") or "")
    if colour is not None:
        parts.append(colour.name.zh)
    return " ".join(part for part in parts if part)


def storage_text(size_gb: int) -> str:
    return f"{size_gb // 1024}TB" if size_gb % 1024 == 0 else f"{size_gb}GB"


def headlines(schema: Schema, answers: Mapping[str, Any], most: int = 3) -> dict[str, str]:
    """The seller's answers in a few words, in both languages: what a buyer wants to know first."""
    found: list[Mapping[str, str]] = []
    for question in schema.questions:
        given = answers.get(question.code)
        if question.kind == "percent":
            if isinstance(given, int) and question.headline is not None:
                found.append({key: text.replace("{value}", str(given)) for key, text in question.headline.names.items()})
            continue
        for code in given if isinstance(given, list) else [given]:
            option = question.option(code) if isinstance(code, str) else None
            if option is not None and option.headline is not None:
                found.append(option.headline.names)
    return {language: " · ".join(words[language] for words in found[:most]) for language in ("zh", "en")} if found else {}


def storages_for(draft: Mapping[str, Any]) -> tuple[int, ...]:
    """Storage sizes to offer: the model's, or all usual ones when the model is not in the catalogue."""
    listed = catalogue.find_model("phone", draft.get("brand", ""), draft.get("model", ""))
    return listed.storage_gb if listed is not None else catalogue.STORAGE_SIZES_GB


def colours_for(draft: Mapping[str, Any]) -> tuple[str, ...]:
    """Codes of the colours that the model was made in, or all when the model is not in the catalogue."""
    brand, model = draft.get("brand", ""), draft.get("model", "")
    known = (
        catalogue.colours_for("phone", brand, model)
        if catalogue.find_model("phone", brand, model) is not None
        else catalogue.colours()
    )
    return tuple(colour.code for colour in known)


def _answer(question: Question, given: Mapping[str, Any]) -> Any:
    answer = given.get("answer")
    if question.kind == "percent":
        percent = given.get("percent")
        if not isinstance(percent, int):
            if question.unknown and (given.get("unknown") or answer == UNKNOWN):
                return UNKNOWN
            raise InvalidInput({"percent": N_("Please type the number, or choose that you do not know it.")})
        if not question.least <= percent <= question.most:
            limits = {"least": str(question.least), "most": str(question.most)}
            raise InvalidInput({"percent": N_("The number must be between %(least)s and %(most)s.")}, **limits)
        return percent
    if question.kind == "several":
        chosen = [option for option in question.options if option.code in (answer or ())]
        if not chosen or len(chosen) != len(set(answer or ())):
            raise InvalidInput({"answer": N_("Please choose at least one of the answers.")})
        if len(chosen) > 1 and any(option.alone for option in chosen):
            raise InvalidInput({"answer": N_("Two of these answers exclude each other. Please choose again.")})
        return [option.code for option in chosen]
    if not isinstance(answer, str) or question.option(answer) is None:
        raise InvalidInput({"answer": CHOOSE})
    return answer


def _accept_brand(draft: Draft, given: Mapping[str, Any]) -> None:
    brand = given.get("answer")
    if brand == OTHER:
        name = _name(given.get("brand_name"), "brand_name")
    elif isinstance(brand, str) and catalogue.find_brand("phone", brand) is not None:
        name = ""
    else:
        raise InvalidInput({"answer": CHOOSE})
    if brand != draft.get("brand"):
        for key in ("model", "model_name", "storage_gb", "colour"):
            draft.pop(key, None)
    draft["brand"], draft["brand_name"] = brand, name
    if brand == OTHER:
        draft["model"] = OTHER


def _accept_model(draft: Draft, given: Mapping[str, Any]) -> None:
    brand = draft.get("brand")
    if not brand:
        raise InvalidInput({"answer": N_("Please choose the brand first.")})
    model = OTHER if brand == OTHER else given.get("answer")
    if model == OTHER:
        name = _name(given.get("model_name"), "model_name")
    elif isinstance(model, str) and catalogue.find_model("phone", brand, model) is not None:
        name = ""
    else:
        raise InvalidInput({"answer": CHOOSE})
    if model != draft.get("model"):
        for key in ("storage_gb", "colour"):
            draft.pop(key, None)
    draft["model"], draft["model_name"] = model, name


def _accept_storage(draft: Draft, given: Mapping[str, Any]) -> None:
    sizes = {str(size): size for size in storages_for(draft)}
    size = sizes.get(str(given.get("answer")))
    if size is None:
        raise InvalidInput({"answer": CHOOSE})
    draft["storage_gb"] = size


def _accept_colour(draft: Draft, given: Mapping[str, Any]) -> None:
    colour = given.get("answer")
    if colour != OTHER and colour not in colours_for(draft):
        raise InvalidInput({"answer": CHOOSE})
    draft["colour"] = colour


def _accept_number(draft: Draft, given: Mapping[str, Any]) -> None:
    imei, serial = str(given.get("imei") or ""), str(given.get("serial") or "")
    if not imei and not serial:
        raise InvalidInput({"imei": N_("Please type the IMEI. When it cannot be read, type the serial number below.")})
    draft["imei"] = read_imei(imei) if imei else ""
    draft["serial"] = read_serial(serial) if serial else ""


def _accept_notes(draft: Draft, given: Mapping[str, Any]) -> None:
    text = str(given.get("description") or "")
    if len(text) > LONGEST_DESCRIPTION:
        raise InvalidInput({"description": N_("This is too long: at most %(most)s characters.")}, most=LONGEST_DESCRIPTION)
    draft["description"] = text


def _accept_price(draft: Draft, given: Mapping[str, Any]) -> None:
    draft["price_fen"] = checked_price(given.get("price"))


def checked_price(price_fen: Any) -> int:
    """A price that can be asked. Raises InvalidInput for the field ``price``."""
    if not isinstance(price_fen, int) or not 1 <= price_fen <= MAX_FEN:
        raise InvalidInput({"price": N_("Please type the price in yuan.")})
    return price_fen


def _accept_place(draft: Draft, given: Mapping[str, Any]) -> None:
    errors = {}
    district = given.get("district")
    if not isinstance(district, str) or catalogue.find_district(district) is None:
        errors["district"] = N_("Please choose the district.")
    ways = given.get("delivery") or []
    if not ways or any(way not in ("parcel", "meeting") for way in ways):
        errors["delivery"] = N_("Please choose at least one way to hand the phone over.")
    if errors:
        raise InvalidInput(errors)
    draft["district"], draft["by_parcel"], draft["by_meeting"] = district, "parcel" in ways, "meeting" in ways


def _accept_wipe(draft: Draft, given: Mapping[str, Any]) -> None:
    errors = {}
    if not given.get("lock_off"):
        errors["lock_off"] = N_("A phone with its account lock on cannot be used by anybody else. Please sign out first.")
    if not given.get("wiped"):
        errors["wiped"] = N_("Please confirm that your data is erased, or will be before you hand the phone over.")
    draft["lock_off"], draft["wiped"] = bool(given.get("lock_off")), bool(given.get("wiped"))
    if errors:
        raise InvalidInput(errors)


def _name(text: Any, key: str) -> str:
    name = str(text or "").strip()
    if not name:
        raise InvalidInput({key: N_("Please type the name as it stands on the box or in the settings.")})
    if len(name) > LONGEST_NAME:
        raise InvalidInput({key: N_("This is too long: at most %(most)s characters.")}, most=LONGEST_NAME)
    return name


def _has(draft: Mapping[str, Any], key: str) -> bool:
    if key == "number":
        return bool(draft.get("imei") or draft.get("serial"))
    if key == "model":
        model = draft.get("model")
        return bool(model) and (model != OTHER or bool(draft.get("model_name")))
    if key == "delivery":
        return bool(draft.get("by_parcel") or draft.get("by_meeting"))
    return bool(draft.get(key))


def _missing_photos(schema: Schema, photos: Sequence[Taken]) -> list[Missing]:
    ready, waiting, failed = (sum(photo.state == wanted for photo in photos) for wanted in ("ready", "received", "failed"))
    taken = {photo.shot for photo in photos if photo.state != "failed"}
    unseen = [shot for shot in schema.photos.shots if shot.required and shot.code not in taken]
    lacks = [Missing("photos", "photos", N_("Photo: %(name)s"), names=shot.name.names) for shot in unseen]

    def lack(message: str, count: int) -> None:
        lacks.append(Missing("photos", "photos", message, {"count": count}))

    further = schema.photos.least - ready - waiting - len(unseen)
    if further > 0:
        lack(N_("Photos: %(count)s more"), further)
    elif waiting and not unseen:
        lack(N_("Photos: %(count)s are still being prepared; this takes a few seconds"), waiting)
    if failed:
        lack(N_("Photos: please delete the %(count)s that could not be used"), failed)
    return lacks


_NEEDED: dict[str, tuple[tuple[str, str], ...]] = {
    "brand": (("brand", N_("The brand")),),
    "model": (("model", N_("The model")),),
    "storage": (("storage_gb", N_("The storage size")),),
    "colour": (("colour", N_("The colour")),),
    "number": (("number", N_("The IMEI or serial number")),),
    "price": (("price_fen", N_("The price")),),
    "place": (("district", N_("The district")), ("delivery", N_("How the phone is handed over"))),
    "wipe": (("lock_off", N_("Account lock signed out")), ("wiped", N_("Confirmation that your data is erased"))),
}
_ACCEPT: dict[str, Callable[[Draft, Mapping[str, Any]], None]] = {
    "brand": _accept_brand,
    "model": _accept_model,
    "storage": _accept_storage,
    "colour": _accept_colour,
    "number": _accept_number,
    "notes": _accept_notes,
    "price": _accept_price,
    "place": _accept_place,
    "wipe": _accept_wipe,
}
