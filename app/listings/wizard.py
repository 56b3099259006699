"""The wizard as plain data: its steps and screens, what an answer must look like, and what is still missing.

Knows the attribute schema and the catalogue; no session, no request. A draft is a dictionary of the answers given so far.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from app.goods import catalogue
from app.goods.queries import OTHER, name_of
from app.goods.service import doubts_about_vin
from app.kernel.text import N_
from app.listings.answering import (
    ACCEPT,
    LONGEST_DESCRIPTION,
    LONGEST_NAME,
    UNKNOWN,
    Draft,
    checked_price,
    read_answer,
    storages_for,
)
from app.listings.schema import Question, Schema

__all__ = ["LONGEST_DESCRIPTION", "LONGEST_NAME", "UNKNOWN", "Draft", "accept", "checked_price", "storages_for"]

STEPS = ("model", "photos", "condition", "price", "place", "wipe", "check")
STEP_NAMES = {
    "model": N_("What it is"),
    "photos": N_("Photos"),
    "condition": N_("Condition"),
    "price": N_("Price"),
    "place": N_("Place and delivery"),
    "wipe": N_("Erase your data"),
    "check": N_("Check and publish"),
}


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
        return self.step in ("photos", "price", "wipe", "check") or self.code == "place"


@dataclass(frozen=True)
class Missing:
    """Something without which the listing cannot be published, and the screen where it is answered."""

    step: str
    screen: str
    message: str
    values: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, str] | None = None  # words of the schema that stand for %(name)s


def steps(schema: Schema, draft: Mapping[str, Any] | None = None) -> list[str]:
    """The steps for what is being sold; things without personal data have nothing to erase."""
    return [step for step in STEPS if step != "wipe" or schema.needs_erasing(draft or {})]


def screens(schema: Schema, draft: Mapping[str, Any] | None = None) -> list[Screen]:
    """All screens in order, after the answers given so far: what does not apply is not asked."""
    known = draft or {}
    asked = ["type"] if schema.has("type") else []
    asked += ["brand", "model", *(screen for code, screen in _OWN_SCREENS if schema.has(code))]
    listed = [Screen("model", code) for code in (*asked, *(["number"] if schema.numbers else []))]
    listed += [Screen("model", question.code, question) for question in schema.facts if question.applies(known)]
    listed.append(Screen("photos", "photos"))
    listed += [Screen("condition", question.code, question) for question in schema.questions if question.applies(known)]
    listed += [Screen("condition", "notes"), Screen("price", "price"), Screen("place", "place")]
    listed += [Screen("place", question.code, question) for question in schema.handing if question.applies(known)]
    if schema.needs_erasing(known):
        listed.append(Screen("wipe", "wipe"))
    return [*listed, Screen("check", "check")]


def find_screen(schema: Schema, step: str, code: str | None, draft: Mapping[str, Any] | None = None) -> Screen | None:
    """The screen of a step by its code; the step's first one without a code; None when there is no such screen."""
    of_step = [screen for screen in screens(schema, draft) if screen.step == step]
    if code is None:
        return of_step[0] if of_step else None
    return next((screen for screen in of_step if screen.code == code), None)


def beside(schema: Schema, screen: Screen, by: int, draft: Mapping[str, Any] | None = None) -> Screen | None:
    """The screen ``by`` places further on (negative: back)."""
    listed = screens(schema, draft)
    place = listed.index(screen) + by
    return listed[place] if 0 <= place < len(listed) else None


def accept(
    schema: Schema, draft: Mapping[str, Any], screen: Screen, given: Mapping[str, Any], today: date | None = None
) -> Draft:
    """The draft with this screen's answer in it. ``today``: no month after it is taken.

    Raises InvalidInput with one sentence per field when the answer cannot be used; BadImei, BadSerial, BadVin are such.
    """
    changed = dict(draft)
    if screen.question is not None:
        kept = "facts" if screen.question in schema.facts else "answers"
        changed[kept] = {**changed.get(kept, {}), screen.code: read_answer(screen.question, given, today)}
    elif screen.code in ACCEPT:
        ACCEPT[screen.code](schema, changed, given)
    return changed


def facts_told(schema: Schema, draft: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of the thing that apply, as they were answered."""
    return _told(schema.facts, draft, "facts")


def answers_told(schema: Schema, draft: Mapping[str, Any]) -> dict[str, Any]:
    """The answers about condition and handing over that apply."""
    return _told((*schema.questions, *schema.handing), draft, "answers")


def _told(questions: Sequence[Question], draft: Mapping[str, Any], kept: str) -> dict[str, Any]:
    given = draft.get(kept, {})
    return {each.code: given[each.code] for each in questions if given.get(each.code, "") != "" and each.applies(draft)}


def still_asked(then: Schema, now: Schema, draft: Mapping[str, Any]) -> Draft:
    """The draft of an earlier schema for a newer one, without answers to questions that are gone or ask for something else."""
    kept = dict(draft)
    for part in ("facts", "answers"):
        if part in kept:
            kept[part] = {code: value for code, value in kept[part].items() if now.question(code) == then.question(code)}
    return kept


def missing(schema: Schema, draft: Mapping[str, Any], photos: Sequence[Taken]) -> list[Missing]:
    """What still has to be answered before publishing, in the order of the wizard."""
    lacks: list[Missing] = []
    for screen in screens(schema, draft):
        if screen.question is not None:
            kept = "facts" if screen.question in schema.facts else "answers"
            if screen.question.required and screen.code not in draft.get(kept, {}):
                message = N_("Condition: %(name)s") if screen.step == "condition" else N_("Still to say: %(name)s")
                lacks.append(Missing(screen.step, screen.code, message, names=screen.question.name.names))
        elif screen.code == "photos":
            lacks += _missing_photos(schema, photos)
        else:
            needed = _NEEDED.get(screen.code, ())
            if screen.code == "number":
                needed = _number_needed(schema)
            lacks += [Missing(screen.step, screen.code, message) for key, message in needed if not _has(draft, key)]
    return lacks


def doubts(schema: Schema, draft: Mapping[str, Any]) -> list[Missing]:
    """What was accepted but should be looked at once more before publishing; nothing is refused for it."""
    if not draft.get("vin"):
        return []
    found = doubts_about_vin(draft["vin"], columns_of(schema, draft)["first_used"])
    return [Missing("model", "number", each.message, each.values) for each in found]


def done_steps(schema: Schema, draft: Mapping[str, Any], photos: Sequence[Taken]) -> set[str]:
    """Steps in which nothing is missing."""
    lacking = {lack.step for lack in missing(schema, draft, photos)}
    return {step for step in steps(schema, draft) if step not in lacking and step != "check"}


def resume_at(schema: Schema, draft: Mapping[str, Any], photos: Sequence[Taken]) -> Screen:
    """Where to go on: the first screen on which something is missing, otherwise the check page."""
    lacks = missing(schema, draft, photos)
    found = find_screen(schema, lacks[0].step, lacks[0].screen, draft) if lacks else None
    return found or screens(schema, draft)[-1]


def title_of(schema: Schema, draft: Mapping[str, Any]) -> str:
    """The title made from the facts: "iPhone 13 128GB 午夜色", "大众 朗逸 2019年上牌 6.2万公里"."""
    parts = [name_of(schema.category, draft.get("brand", ""), draft.get("model", ""), dict(draft))]
    kind = catalogue.find_kind(draft.get("type") or "")
    if kind is not None and not any(word in parts[0] for word in (kind.name.zh, *kind.aliases)):
        parts.append(kind.name.zh)
    if draft.get("storage_gb"):
        parts.append(storage_text(draft["storage_gb"]))
    colour = catalogue.find_colour(draft.get("colour") or "")
    if colour is not None and schema.category == "phone":
        parts.append(colour.name.zh)
    told = facts_told(schema, draft)
    for question in schema.facts:
        if question.title and told.get(question.code, UNKNOWN) != UNKNOWN:
            written = filled(question.title, question, told[question.code])
            if written not in parts[0].replace(" ", ""):
                parts.append(written)
    return " ".join(part for part in parts if part)


def filled(pattern: str, question: Question, value: Any) -> str:
    """A text of the schema with the value in it: {value}, {year} of a month, {wan} (ten thousands) of a large number."""
    text = pattern.replace("{value}", str(value))
    if question.kind == "month":
        return text.replace("{year}", str(value)[:4])
    if question.kind == "number" and not question.decimals:
        return text.replace("{wan}", f"{int(value) / 10_000:.1f}".removesuffix(".0"))
    return text


def columns_of(schema: Schema, draft: Mapping[str, Any]) -> dict[str, Any]:
    """What lists filter by, from the facts: kind, energy, first_used, mileage_km, capacity_tenths; None where not known."""
    model = catalogue.find_model(schema.category, draft.get("brand", ""), draft.get("model", ""))
    columns: dict[str, Any] = dict.fromkeys(("kind", "energy", "first_used", "mileage_km", "capacity_tenths"))
    columns["kind"] = draft.get("type") or getattr(model, "body", None)
    told = facts_told(schema, draft)
    for question in schema.facts:
        value = told.get(question.code, UNKNOWN)
        if question.column and value != UNKNOWN:
            columns[question.column] = round(float(value) * 10) if question.column == "capacity_tenths" else value
    return columns


def storage_text(size_gb: int) -> str:
    return f"{size_gb // 1024}TB" if size_gb % 1024 == 0 else f"{size_gb}GB"


def headlines(schema: Schema, answers: Mapping[str, Any], most: int = 3) -> dict[str, str]:
    """The seller's answers in a few words, in both languages: what a buyer wants to know first. Also takes facts."""
    found: list[Mapping[str, str]] = []
    for question in schema.every_question:
        given = answers.get(question.code)
        if question.kind not in ("choice", "several"):
            if given not in (None, "", UNKNOWN) and question.headline is not None:
                found.append({key: filled(text, question, given) for key, text in question.headline.names.items()})
            continue
        for code in given if isinstance(given, list) else [given]:
            option = question.option(code) if isinstance(code, str) else None
            if option is not None and option.headline is not None:
                found.append(option.headline.names)
    return {language: " · ".join(words[language] for words in found[:most]) for language in ("zh", "en")} if found else {}


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


def _number_needed(schema: Schema) -> tuple[tuple[str, str], ...]:
    if schema.has("vin"):
        return (("vin", N_("The VIN")),)
    return (("number", N_("The IMEI or serial number")),) if schema.has("imei") else ()


_OWN_SCREENS = (("storage_gb", "storage"), ("colour", "colour"))
_NEEDED: dict[str, tuple[tuple[str, str], ...]] = {
    "type": (("type", N_("What kind of appliance")),),
    "brand": (("brand", N_("The brand")),),
    "model": (("model", N_("The model")),),
    "storage": (("storage_gb", N_("The storage size")),),
    "colour": (("colour", N_("The colour")),),
    "price": (("price_fen", N_("The price")),),
    "place": (("district", N_("The district")), ("delivery", N_("How it is handed over"))),
    "wipe": (("lock_off", N_("Account lock signed out")), ("wiped", N_("Confirmation that your data is erased"))),
}
