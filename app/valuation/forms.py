"""What somebody wants to know the worth of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext, lazy_gettext
from wtforms import SelectField, ValidationError

from app.goods import catalogue
from app.web.forms import CHOICE_MESSAGE, Form

_ = lazy_gettext


class WorthForm(Form):
    """Which phone. Read from the address, so there is nothing to protect with a token."""

    class Meta(Form.Meta):
        csrf = False

    phone = SelectField(_("Phone"), validate_choice=False)
    storage = SelectField(_("Storage"), validate_choice=False)

    def __init__(self, typed: Mapping[str, Any] | None) -> None:
        super().__init__(formdata=typed)
        self.phone.choices = {
            "": [("", gettext("Please choose"))],
            **{
                brand.name.zh if brand.name.zh == brand.name.en else f"{brand.name.zh} {brand.name.en}": [
                    (f"{model.brand}/{model.code}", model.name) for model in reversed(catalogue.models("phone", brand.code))
                ]
                for brand in catalogue.brands("phone")
            },
        }
        sizes = catalogue.STORAGE_SIZES_GB
        self.storage.choices = [("", gettext("I do not know")), *((str(size), _size(size)) for size in sizes)]

    def validate_phone(self, field: SelectField) -> None:
        if self.found is None:
            raise ValidationError(gettext(CHOICE_MESSAGE))

    def validate_storage(self, field: SelectField) -> None:
        typed = field.data or ""
        if typed and typed not in {str(size) for size in catalogue.STORAGE_SIZES_GB}:
            raise ValidationError(gettext(CHOICE_MESSAGE))
        if typed and self.found is not None and int(typed) not in self.found.storage_gb:
            sizes = "、".join(_size(size) for size in self.found.storage_gb)
            raise ValidationError(gettext("This model was sold with %(sizes)s only.", sizes=sizes))

    @property
    def found(self) -> catalogue.Model | None:
        """The chosen model."""
        brand, _, model = (self.phone.data or "").partition("/")
        return catalogue.find_model("phone", brand, model)

    @property
    def storage_gb(self) -> int | None:
        return int(self.storage.data) if self.storage.data else None


def _size(gigabytes: int) -> str:
    return f"{gigabytes // 1024} TB" if gigabytes >= 1024 else f"{gigabytes} GB"
