"""Forms of the wizard, of editing an offer and of the staff pages. What an answer must look like is decided by ``wizard``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, RadioField, SelectField, SelectMultipleField
from wtforms.fields.choices import SelectChoice
from wtforms.widgets import CheckboxInput, ListWidget

from app.goods import catalogue
from app.goods.queries import OTHER
from app.listings import answering, wizard
from app.listings.schema import Question, Schema
from app.web.forms import Figures, Form, Line, Paragraph, Whole, Yuan
from app.web.rendering import in_language

ONE_LINE = 60  # characters; a longer text gets a box


class Checks(SelectMultipleField):
    """Several answers to tap."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class RevisionForm(Form):
    """Carries the revision that the page was made from, so that an older page cannot overwrite newer answers."""

    revision = HiddenField()
    back = HiddenField()  # "check": go back to the check page afterwards

    @property
    def expected_revision(self) -> int:
        """0 when the field was tampered with: that is older than anything."""
        text = self.revision.data or ""
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else 0

    @property
    def given(self) -> dict[str, Any]:
        """The answers as plain values."""
        return {field.name: field.data for field in self if field.name not in ("revision", "back", "csrf_token")}


class EditForm(RevisionForm):
    price = Yuan(_l("Price"))
    description = Paragraph(_l("In your own words"), longest=wizard.LONGEST_DESCRIPTION)


class ReasonForm(Form):
    """A decision of staff with its reason; ``version`` is that of the listing that was looked at."""

    version = HiddenField()
    reason = Paragraph(_l("Reason, as the seller will read it"), longest=500)

    @property
    def expected_version(self) -> int:
        text = self.version.data or ""
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else 0


class FindForm(Form):
    code = Line(_l("Number or address of a listing"), longest=300)


def screen_form(schema: Schema, screen: wizard.Screen, draft: Mapping[str, Any], revision: int) -> RevisionForm:
    """The form of one screen, filled from the draft when it is not being sent."""
    kind = type("ScreenForm", (RevisionForm,), _fields(schema, screen, draft))
    return kind(data={"revision": str(revision), **_kept(schema, screen, draft)})


def _fields(schema: Schema, screen: wizard.Screen, draft: Mapping[str, Any]) -> dict[str, Any]:
    if screen.question is not None:
        return _question_fields(screen.question)
    return _FIELDS[screen.code](schema, draft) if screen.code in _FIELDS else {}


def _question_fields(question: Question) -> dict[str, Any]:
    label = in_language(question.ask.names)
    choices = [SelectChoice(option.code, in_language(option.name.names)) for option in question.options]
    if question.kind == "several":
        return {"answer": Checks(label, choices=choices, validate_choice=False)}
    if question.kind == "choice":
        return {"answer": RadioField(label, choices=choices, validate_choice=False)}
    fields: dict[str, Any] = {"value": Line(label, longest=200)}
    if question.kind == "percent":
        fields = {"percent": Whole(label, least=question.least, most=question.most)}
    elif question.kind == "text" and question.longest > ONE_LINE:
        fields = {"value": Paragraph(label, longest=2 * question.longest)}
    elif question.kind in ("number", "month"):
        fields = {"value": Figures(label, longest=40)}
    if question.unknown:
        fields["unknown"] = BooleanField(_("I do not know"))
    return fields


def _type_fields(schema: Schema, draft: Mapping[str, Any]) -> dict[str, Any]:
    choices = [SelectChoice(kind.code, in_language(kind.name.model_dump())) for kind in catalogue.appliance_types()]
    return {"answer": RadioField(_("What kind of appliance"), choices=choices, validate_choice=False)}


def _brand_fields(schema: Schema, draft: Mapping[str, Any]) -> dict[str, Any]:
    offered = answering.brands_for(schema.category, draft)
    choices = [SelectChoice(brand.code, in_language(brand.name.model_dump())) for brand in offered]
    return {
        "answer": RadioField(_("Brand"), choices=[*choices, SelectChoice(OTHER, _("Another brand"))], validate_choice=False),
        "brand_name": Line(_("Name of the other brand"), longest=wizard.LONGEST_NAME),
    }


def _model_fields(schema: Schema, draft: Mapping[str, Any]) -> dict[str, Any]:
    choices = [SelectChoice(model.code, model.short) for model in answering.models_for(schema.category, draft)]
    fields: dict[str, Any] = {"model_name": Line(_("Name of the model"), longest=wizard.LONGEST_NAME)}
    if choices:
        listed = [*choices, SelectChoice(OTHER, _("It is not in the list"))]
        fields = {"answer": RadioField(_("Model"), choices=listed, validate_choice=False), **fields}
    return fields


def _storage_fields(schema: Schema, draft: Mapping[str, Any]) -> dict[str, Any]:
    choices = [SelectChoice(str(size), wizard.storage_text(size)) for size in wizard.storages_for(draft)]
    return {"answer": RadioField(_("Storage"), choices=choices, validate_choice=False)}


def _colour_fields(schema: Schema, draft: Mapping[str, Any]) -> dict[str, Any]:
    offered = catalogue.colours_for(schema.category, draft.get("brand", ""), draft.get("model", ""))
    choices = [SelectChoice(colour.code, in_language(colour.name.model_dump())) for colour in offered]
    return {
        "answer": RadioField(_("Colour"), choices=[*choices, SelectChoice(OTHER, _("Another colour"))], validate_choice=False)
    }


def _number_fields(schema: Schema, draft: Mapping[str, Any]) -> dict[str, Any]:
    return {number.code: Figures(in_language(number.name.names), longest=60) for number in schema.numbers}


def _notes_fields(schema: Schema, draft: Mapping[str, Any]) -> dict[str, Any]:
    return {"description": Paragraph(_("In your own words"), longest=wizard.LONGEST_DESCRIPTION)}


def _price_fields(schema: Schema, draft: Mapping[str, Any]) -> dict[str, Any]:
    return {"price": Yuan(_("Your price"))}


def _place_fields(schema: Schema, draft: Mapping[str, Any]) -> dict[str, Any]:
    districts = [SelectChoice("", _("Please choose"))]
    districts += [SelectChoice(district.code, in_language(district.name.model_dump())) for district in catalogue.districts()]
    parcel = _("Send a parcel") if schema.category == "phone" else _("Bring it to the buyer's room")
    ways = [SelectChoice("meeting", _("Meet in person") if schema.category == "phone" else _("The buyer comes for it"))]
    if schema.category != "car":
        ways.insert(0, SelectChoice("parcel", parcel))
    return {
        "district": SelectField(_("District"), choices=districts, validate_choice=False),
        "delivery": Checks(_("How do you hand it over?"), choices=ways, validate_choice=False),
    }


def _wipe_fields(schema: Schema, draft: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "lock_off": BooleanField(_("I have signed out of every account and switched off locks such as find-my-phone.")),
        "wiped": BooleanField(_("My data is erased, or I will erase it by these steps before I hand it over.")),
    }


def _kept(schema: Schema, screen: wizard.Screen, draft: Mapping[str, Any]) -> dict[str, Any]:
    """What the draft holds for the screen, by field name; what the catalogue knows already stands in the box."""
    if screen.question is not None:
        question = screen.question
        answer = {**draft.get("answers", {}), **draft.get("facts", {})}.get(screen.code)
        if question.kind in ("choice", "several"):
            return {"answer": answer}
        if answer is None and question.prefill == "capacity":
            model = catalogue.find_model(schema.category, draft.get("brand", ""), draft.get("model", ""))
            answer = f"{model.capacity.value:g}" if model is not None and model.capacity is not None else None
        field = "percent" if question.kind == "percent" else "value"
        return {field: None if answer == wizard.UNKNOWN else answer, "unknown": answer == wizard.UNKNOWN}
    kept = {key: draft.get(key) for key in ("brand_name", "model_name", "imei", "serial", "vin", "description", "district")}
    kept |= {"lock_off": draft.get("lock_off"), "wiped": draft.get("wiped"), "price": draft.get("price_fen")}
    kept["delivery"] = [way for way in ("parcel", "meeting") if draft.get(f"by_{way}")]
    own = {"type": "type", "brand": "brand", "model": "model", "storage": "storage_gb", "colour": "colour"}.get(screen.code)
    if own is not None and draft.get(own) is not None:
        kept["answer"] = str(draft[own])
    return kept


_FIELDS = {
    "type": _type_fields,
    "brand": _brand_fields,
    "model": _model_fields,
    "storage": _storage_fields,
    "colour": _colour_fields,
    "number": _number_fields,
    "notes": _notes_fields,
    "price": _price_fields,
    "place": _place_fields,
    "wipe": _wipe_fields,
}
