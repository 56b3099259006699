"""What an answer of the wizard must look like, screen by screen. Raises InvalidInput with one sentence per field."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from app.goods import catalogue
from app.goods.queries import OTHER
from app.goods.service import read_imei, read_serial, read_vin
from app.kernel.errors import InvalidInput
from app.kernel.money import MAX_FEN
from app.kernel.text import N_
from app.kernel.time import read_month
from app.listings.schema import Question, Schema

Draft = dict[str, Any]

LONGEST_NAME = 40
LONGEST_DESCRIPTION = 1000
UNKNOWN = "unknown"
CHOOSE = N_("Please choose one of the answers.")


def read_answer(question: Question, given: Mapping[str, Any], today: date | None = None) -> Any:
    """The answer to a question of the schema as it is kept: codes, a whole number, a month "2019-05", a text, or UNKNOWN."""
    answer = given.get("answer")
    if question.kind in _TYPED:
        value = str(given.get("value") or "").strip()
        if value:
            return _TYPED[question.kind](question, value, today)
        if question.unknown and given.get("unknown"):
            return UNKNOWN
        if not question.required:
            return ""
        if question.unknown:
            raise InvalidInput({"value": N_("Please type it, or choose that you do not know it.")})
        raise InvalidInput({"value": N_("Please fill this in.")})
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


def _month(question: Question, typed: str, today: date | None) -> str:
    month = read_month(typed)
    if month is None:
        raise InvalidInput({"value": N_("Please type year and month, for example 2019-05.")})
    if today is not None and not question.future and month > f"{today:%Y-%m}":
        raise InvalidInput({"value": N_("This month has not come yet. Please look again.")})
    return month


def _number(question: Question, typed: str, today: date | None) -> int | str:
    """A whole number, or a text with one decimal where the question counts tenths."""
    plain = typed.replace(",", "")
    pattern = r"\d{1,8}(\.\d)?" if question.decimals else r"\d{1,8}"
    if not plain.isascii() or re.fullmatch(pattern, plain) is None:
        message = (
            N_("Please type a number such as 1.5.") if question.decimals else N_("Please type a whole number with digits only.")
        )
        raise InvalidInput({"value": message})
    tenths = round(float(plain) * 10)
    if not question.least * 10 <= tenths <= question.most * 10:
        limits = {"least": str(question.least), "most": str(question.most)}
        raise InvalidInput({"value": N_("The number must be between %(least)s and %(most)s.")}, **limits)
    return f"{tenths // 10}.{tenths % 10}" if question.decimals else tenths // 10


def _text(question: Question, typed: str, today: date | None) -> str:
    typed = " ".join(typed.split())
    if len(typed) > question.longest:
        raise InvalidInput({"value": N_("This is too long: at most %(most)s characters.")}, most=question.longest)
    return typed


_TYPED: dict[str, Callable[[Question, str, date | None], Any]] = {"month": _month, "number": _number, "text": _text}


def storages_for(draft: Mapping[str, Any]) -> tuple[int, ...]:
    """Storage sizes to offer: the model's, or all usual ones when the model is not in the catalogue."""
    listed = catalogue.find_model("phone", draft.get("brand", ""), draft.get("model", ""))
    return listed.storage_gb if listed is not None else catalogue.STORAGE_SIZES_GB


def colours_for(category: str, draft: Mapping[str, Any]) -> list[catalogue.Colour]:
    """Colours to offer: the model's, or all of phones when the model is not in the catalogue; plain ones for other things."""
    brand, model = draft.get("brand", ""), draft.get("model", "")
    if category == "phone" and catalogue.find_model(category, brand, model) is None:
        return catalogue.colours()
    return catalogue.colours_for(category, brand, model)


def brands_for(category: str, draft: Mapping[str, Any]) -> list[catalogue.Brand]:
    """Brands to offer: those that make things of the chosen type."""
    if not draft.get("type"):
        return catalogue.brands(category)
    return [brand for brand in catalogue.brands(category) if models_for(category, {**draft, "brand": brand.code})]


def models_for(category: str, draft: Mapping[str, Any]) -> list[Any]:
    """Models of the chosen brand (and type) to offer, the newest first."""
    listed = catalogue.models(category, draft.get("brand", ""))
    fitting = [model for model in listed if not draft.get("type") or getattr(model, "type", "") == draft["type"]]
    return list(reversed(fitting))


def other_names(category: str, draft: Mapping[str, Any], screen: str) -> dict[str, str]:
    """Further words by which people look for a brand or model in the list of that screen: code -> words."""
    if screen == "brand":
        return {each.code: " ".join((each.name.zh, each.name.en, *each.aliases)) for each in brands_for(category, draft)}
    if screen == "model":
        return {each.code: " ".join((each.name, each.name_en, *each.aliases)) for each in models_for(category, draft)}
    return {}


def _accept_type(schema: Schema, draft: Draft, given: Mapping[str, Any]) -> None:
    kind = given.get("answer")
    if kind not in catalogue.APPLIANCE_TYPES:
        raise InvalidInput({"answer": CHOOSE})
    if kind != draft.get("type"):
        for key in ("brand", "brand_name", "model", "model_name", "facts", "answers"):
            draft.pop(key, None)
    draft["type"] = kind


def _accept_brand(schema: Schema, draft: Draft, given: Mapping[str, Any]) -> None:
    brand = given.get("answer")
    if brand == OTHER:
        name = _name(given.get("brand_name"), "brand_name")
    elif isinstance(brand, str) and catalogue.find_brand(schema.category, brand) is not None:
        name = ""
    else:
        raise InvalidInput({"answer": CHOOSE})
    if brand != draft.get("brand"):
        for key in ("model", "model_name", "storage_gb", "colour"):
            draft.pop(key, None)
    draft["brand"], draft["brand_name"] = brand, name
    if brand == OTHER:
        draft["model"] = OTHER


def _accept_model(schema: Schema, draft: Draft, given: Mapping[str, Any]) -> None:
    brand = draft.get("brand")
    if not brand:
        raise InvalidInput({"answer": N_("Please choose the brand first.")})
    model = OTHER if brand == OTHER else given.get("answer")
    if model == OTHER:
        name = _name(given.get("model_name"), "model_name")
    elif isinstance(model, str) and _offered(schema, draft, model):
        name = ""
    else:
        raise InvalidInput({"answer": CHOOSE})
    if model != draft.get("model"):
        for key in ("storage_gb", "colour"):
            draft.pop(key, None)
    draft["model"], draft["model_name"] = model, name


def _accept_storage(schema: Schema, draft: Draft, given: Mapping[str, Any]) -> None:
    sizes = {str(size): size for size in storages_for(draft)}
    size = sizes.get(str(given.get("answer")))
    if size is None:
        raise InvalidInput({"answer": CHOOSE})
    draft["storage_gb"] = size


def _accept_colour(schema: Schema, draft: Draft, given: Mapping[str, Any]) -> None:
    colour = given.get("answer")
    if colour != OTHER and colour not in {each.code for each in colours_for(schema.category, draft)}:
        raise InvalidInput({"answer": CHOOSE})
    draft["colour"] = colour


def _accept_number(schema: Schema, draft: Draft, given: Mapping[str, Any]) -> None:
    if schema.has("vin"):
        vin = str(given.get("vin") or "")
        draft["vin"] = read_vin(vin)
        return
    imei, serial = str(given.get("imei") or ""), str(given.get("serial") or "")
    if not schema.has("imei"):
        draft["serial"] = read_serial(serial) if serial else ""
        return
    if not imei and not serial:
        raise InvalidInput({"imei": N_("Please type the IMEI. When it cannot be read, type the serial number below.")})
    draft["imei"] = read_imei(imei) if imei else ""
    draft["serial"] = read_serial(serial) if serial else ""


def _accept_notes(schema: Schema, draft: Draft, given: Mapping[str, Any]) -> None:
    text = str(given.get("description") or "")
    if len(text) > LONGEST_DESCRIPTION:
        raise InvalidInput({"description": N_("This is too long: at most %(most)s characters.")}, most=LONGEST_DESCRIPTION)
    draft["description"] = text


def _accept_price(schema: Schema, draft: Draft, given: Mapping[str, Any]) -> None:
    draft["price_fen"] = checked_price(given.get("price"))


def checked_price(price_fen: Any) -> int:
    """A price that can be asked. Raises InvalidInput for the field ``price``."""
    if not isinstance(price_fen, int) or not 1 <= price_fen <= MAX_FEN:
        raise InvalidInput({"price": N_("Please type the price in yuan.")})
    return price_fen


def _accept_place(schema: Schema, draft: Draft, given: Mapping[str, Any]) -> None:
    errors = {}
    district = given.get("district")
    if not isinstance(district, str) or catalogue.find_district(district) is None:
        errors["district"] = N_("Please choose the district.")
    ways = given.get("delivery") or []
    if not ways or any(way not in ("parcel", "meeting") for way in ways):
        errors["delivery"] = N_("Please choose at least one way to hand it over.")
    if errors:
        raise InvalidInput(errors)
    draft["district"], draft["by_parcel"], draft["by_meeting"] = district, "parcel" in ways, "meeting" in ways


def _accept_wipe(schema: Schema, draft: Draft, given: Mapping[str, Any]) -> None:
    errors = {}
    if not given.get("lock_off"):
        errors["lock_off"] = N_("Something with its account lock on cannot be used by anybody else. Please sign out first.")
    if not given.get("wiped"):
        errors["wiped"] = N_("Please confirm that your data is erased, or will be before you hand it over.")
    draft["lock_off"], draft["wiped"] = bool(given.get("lock_off")), bool(given.get("wiped"))
    if errors:
        raise InvalidInput(errors)


def _offered(schema: Schema, draft: Mapping[str, Any], model: str) -> bool:
    return any(each.code == model for each in models_for(schema.category, draft))


def _name(text: Any, key: str) -> str:
    name = str(text or "").strip()
    if not name:
        raise InvalidInput({key: N_("Please type the name as it stands on the box or in the settings.")})
    if len(name) > LONGEST_NAME:
        raise InvalidInput({key: N_("This is too long: at most %(most)s characters.")}, most=LONGEST_NAME)
    return name


ACCEPT: dict[str, Callable[[Schema, Draft, Mapping[str, Any]], None]] = {
    "type": _accept_type,
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
