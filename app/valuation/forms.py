"""What somebody wants to know the worth of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext, lazy_gettext
from wtforms import SelectField, ValidationError

from app.goods import catalogue
from app.kernel.time import read_month
from app.valuation.rules import Sold
from app.web.forms import CHOICE_MESSAGE, Figures, Form, Whole
from app.web.rendering import in_language

_ = lazy_gettext

MOST_KM = 1_500_000


class _Asked(Form):
    """Read from the address, so there is nothing to protect with a token."""

    class Meta(Form.Meta):
        csrf = False


class WorthForm(_Asked):
    """Which phone."""

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

    @property
    def size(self) -> str:
        """The chosen storage in words."""
        return _size(self.storage_gb) if self.storage_gb else ""

    @property
    def asked(self) -> dict[str, Any]:
        """What the estimate is asked for."""
        assert self.found is not None
        return {"category": "phone", "brand": self.found.brand, "model": self.found.code, "storage_gb": self.storage_gb}


class _SoldForm(_Asked):
    """A model out of those that were really sold here: of the others there is nothing to tell."""

    category = ""
    size = ""

    thing = SelectField(_("Model"), validate_choice=False)

    def __init__(self, typed: Mapping[str, Any] | None, sold: Sequence[Sold]) -> None:
        super().__init__(formdata=typed)
        groups: dict[str, list[tuple[str, str]]] = {}
        for each in sold:
            model = catalogue.find_model(self.category, each.brand, each.model)
            if model is not None:
                words = gettext("%(name)s (%(count)s)", name=model.name, count=each.count)
                groups.setdefault(self.group_of(model), []).append((f"{each.brand}/{each.model}", words))
        self.is_empty = not groups
        self.thing.choices = {"": [("", gettext("Please choose"))], **groups}

    def group_of(self, model: Any) -> str:
        """Under which heading the model stands in the list."""
        raise NotImplementedError

    def validate_thing(self, field: SelectField) -> None:
        if self.found is None:
            raise ValidationError(gettext(CHOICE_MESSAGE))

    @property
    def found(self) -> Any:
        """The chosen model, whether or not one was sold."""
        brand, _slash, model = (self.thing.data or "").partition("/")
        return catalogue.find_model(self.category, brand, model)

    @property
    def asked(self) -> dict[str, Any]:
        """What the estimate is asked for."""
        return {"category": self.category, "brand": self.found.brand, "model": self.found.code, "storage_gb": None}


class WorthOfAppliance(_SoldForm):
    category = "appliance"

    def group_of(self, model: Any) -> str:
        kind = catalogue.find_kind(model.type)
        return in_language(kind.name.model_dump()) if kind else ""

    @property
    def asked(self) -> dict[str, Any]:
        return {**super().asked, "kind": self.found.type}


class WorthOfCar(_SoldForm):
    category = "car"

    registered = Figures(_("First registered"), longest=40)
    mileage = Whole(_("Mileage shown"), least=0, most=MOST_KM)

    def group_of(self, model: Any) -> str:
        brand = catalogue.find_brand("car", model.brand)
        return in_language(brand.name.model_dump()) if brand else ""

    def validate_registered(self, field: Figures) -> None:
        if field.data and read_month(field.data) is None:
            raise ValidationError(gettext("Please type year and month, for example 2019-05."))

    @property
    def asked(self) -> dict[str, Any]:
        first_used = read_month(self.registered.data) if self.registered.data else None
        return {**super().asked, "first_used": first_used, "mileage_km": self.mileage.data}


def _size(gigabytes: int) -> str:
    return f"{gigabytes // 1024} TB" if gigabytes >= 1024 else f"{gigabytes} GB"
