"""What an operator decides about price models: to train one, and which one answers."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext, lazy_gettext
from wtforms import BooleanField, HiddenField, SelectField

from app.valuation import wording
from app.valuation.forms.worth import CATEGORIES
from app.valuation.worth import PRICE_KINDS
from app.web.forms import Form, Paragraph, Required, ValidationError

_ = lazy_gettext


def _categories() -> list[tuple[str, str]]:
    return [(code, gettext(wording.CATEGORIES[code])) for code in CATEGORIES]


def _kinds() -> list[tuple[str, str]]:
    return [(kind, gettext(wording.KINDS[kind])) for kind in PRICE_KINDS]


class TrainingForm(Form):
    """A model learns from one kind of price and estimates that kind."""

    category = SelectField(_("Kind of thing"), choices=_categories)
    price_kind = SelectField(_("Kind of price"), choices=_kinds)
    is_quick = BooleanField(_("A coarse model in seconds"))
    promotes = BooleanField(_("Let it answer at once when its gates allow it"))


class AnsweringForm(Form):
    """That another model answers from now on: why, and that its figures were read. ``instead_of``: which was seen to answer."""

    reason = Paragraph(_("Reason, kept on record"), [Required()], longest=500)
    is_read = BooleanField(_("I have read its gates and its card."))
    instead_of = HiddenField()

    def validate_is_read(self, field: Any) -> None:
        if not field.data:
            raise ValidationError(gettext("Please confirm this."))
