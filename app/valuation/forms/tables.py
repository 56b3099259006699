"""What an operator tells of an uploaded price table: the file itself, then where it comes from and what its columns are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

from flask_babel import gettext, lazy_gettext
from werkzeug.datastructures import FileStorage
from wtforms import BooleanField, FileField, SelectField

from app.valuation import wording
from app.valuation.fields import Chosen, Field, fields_of
from app.valuation.forms.worth import CATEGORIES
from app.valuation.worth import PRICE_KINDS
from app.web.forms import Day, Form, Line, Required, ValidationError

_ = lazy_gettext

NONE = ""  # not in the file
_SHOWN = 28  # letters of a heading or cell


def _categories() -> list[tuple[str, str]]:
    names = {"phone": gettext("Phones"), "appliance": gettext("Appliances"), "car": gettext("Cars")}
    return [(code, names[code]) for code in CATEGORIES]


class UploadForm(Form):
    """The file and its category. Everything else is asked once the file is here, so that it is never lost by a mistake in it."""

    category = SelectField(_("Kind of thing"), choices=_categories)
    file = FileField(_("Price table (CSV, also packed with gzip)"))

    @property
    def sent(self) -> tuple[str, bytes]:
        """Name and bytes; empty bytes when nothing was chosen."""
        chosen = self.file.data
        if not isinstance(chosen, FileStorage) or not chosen.filename:
            return "", b""
        return plain_name(chosen.filename), chosen.stream.read()

    def validate_file(self, field: FileField) -> None:
        if not isinstance(field.data, FileStorage) or not field.data.filename:
            raise ValidationError(gettext("Please choose a file."))


def plain_name(typed: str) -> str:
    """The last part of a file's name, without what cannot be shown."""
    last = typed.replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in last if letter.isprintable())[:200]


class ProvenanceForm(Form):
    """Where a table comes from, and which kind of price it holds."""

    price_kind = SelectField(_("Kind of price"), validate_choice=False)
    source = Line(_("Source: whose figures they are"), [Required()], longest=200)
    licence = Line(_("Licence: under which they may be used"), [Required()], longest=200)
    as_of = Day(_("Day of the table"), [Required()])
    is_invented = BooleanField(_("These prices are invented (for a demonstration)"))

    columns: Sequence[tuple[Field, str, str]] = ()  # of the subclass: field, name of its select, name of its unit's select or ""

    @property
    def told(self) -> dict[str, Any]:
        """As the verb takes it."""
        chosen = {}
        for field, column, unit in self.columns:
            name = self._fields[column].data
            if name != NONE:
                chosen[field.name] = [self.headings[int(name)], self._fields[unit].data if unit else ""]
        return {
            "price_kind": self.price_kind.data or "",
            "source": self.source.data,
            "licence": self.licence.data,
            "as_of": self.as_of.data.isoformat(),
            "is_invented": bool(self.is_invented.data),
            "columns": chosen,
        }

    headings: Sequence[str] = ()


def form_for(category: str, headings: Sequence[tuple[str, Sequence[str]]]) -> type[ProvenanceForm]:
    """The form of one file: a select for each field of the category, with the file's headings and some of their cells."""
    choices = [(NONE, gettext("Not in the file"))]
    for no, (heading, examples) in enumerate(headings):
        cells = "、".join(_short(cell) for cell in examples)
        choices.append((str(no), f"{_short(heading)} ({cells})" if cells else _short(heading)))
    choices_of = {True: [(NONE, gettext("Please choose")), *choices[1:]], False: choices}
    made: dict[str, Any] = {"headings": tuple(heading for heading, _examples in headings)}
    listed = []
    for field in fields_of(category):
        column, unit = f"column_{field.name}", ""
        made[column] = SelectField(gettext(field.label), choices=partial(choices_of.__getitem__, field.is_needed))
        if field.units[1:]:
            unit = f"unit_{field.name}"
            units = [(each.code, gettext(each.label)) for each in field.units]
            made[unit] = SelectField(gettext("Unit of “%(field)s”", field=gettext(field.label)), choices=partial(list, units))
        listed.append((field, column, unit))
    made["columns"] = tuple(listed)
    return type("ColumnsForm", (ProvenanceForm,), made)


def kinds_of_price(form: ProvenanceForm) -> None:
    """What the select offers."""
    form.price_kind.choices = [("", gettext("Please choose")), *((kind, gettext(wording.KINDS[kind])) for kind in PRICE_KINDS)]


def filled(
    form_class: type[ProvenanceForm], told: Mapping[str, Any], guessed: Mapping[str, Chosen], today: date
) -> ProvenanceForm:
    """The form as it was told last; where nothing was told yet, with the columns that their headings suggest."""
    told = told or {"as_of": today.isoformat(), "columns": {name: [each.column, each.unit] for name, each in guessed.items()}}
    values: dict[str, Any] = {name: told.get(name) for name in ("price_kind", "source", "licence", "is_invented")}
    values["as_of"] = date.fromisoformat(told["as_of"])
    for field, column, unit in form_class.columns:
        chosen = told["columns"].get(field.name)
        values[column] = str(form_class.headings.index(chosen[0])) if chosen and chosen[0] in form_class.headings else NONE
        if unit and chosen:
            values[unit] = chosen[1]
    form = form_class(formdata=None, data=values)
    kinds_of_price(form)
    return form


def _short(text: str) -> str:
    said = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return said if len(said) <= _SHOWN else said[: _SHOWN - 1] + "…"
