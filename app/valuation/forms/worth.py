"""What somebody wants to know the worth of, one brand at a time: a list of every model would be too long for a phone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import gettext, lazy_gettext
from wtforms import RadioField, SelectField, ValidationError

from app.goods import catalogue
from app.kernel.time import read_month
from app.valuation.features import tiers
from app.web.forms import CHOICE_MESSAGE, Figures, Form, Whole
from app.web.rendering import in_language

_ = lazy_gettext

MOST_KM = 1_500_000
CATEGORIES = ("phone", "appliance", "car")


class BrandForm(Form):
    """Of which brand it is. Read from the address, so there is nothing to protect with a token."""

    class Meta(Form.Meta):
        csrf = False

    brand = SelectField(_("Brand"), validate_choice=False)

    def __init__(self, category: str, typed: Mapping[str, Any] | None) -> None:
        super().__init__(formdata=typed)
        self.category = category
        first = [("", gettext("Please choose"))]
        self.brand.choices = [*first, *((each.code, in_language(each.name.model_dump())) for each in catalogue.brands(category))]

    @property
    def chosen(self) -> str | None:
        """Code of the brand; None when the catalogue has none such."""
        return self.brand.data if catalogue.find_brand(self.category, self.brand.data or "") else None

    def validate_brand(self, field: SelectField) -> None:
        if self.chosen is None:
            raise ValidationError(gettext("Please choose the brand."))


class WorthForm(Form):
    """What every category is asked: model, since when in use, grade and place. Only the model has to be known."""

    category = ""

    model = SelectField(_("Model"), validate_choice=False)
    first_used = Figures(_("In use since"), longest=40)
    tier = SelectField(_("Grade of an appraisal report"), validate_choice=False)
    district = SelectField(_("Where it is"), validate_choice=False)

    def __init__(self, brand: str, today: date, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.brand, self.today = brand, today
        listed: dict[str, list[tuple[str, str]]] = {}
        for each in reversed(catalogue.models(self.category, brand)):
            listed.setdefault(self.heading(each), []).append((each.code, in_language({"zh": each.name, "en": each.name_en})))
        first = [("", gettext("Please choose"))]
        self.model.choices = {"": first, **listed} if any(listed) else [*first, *listed.get("", [])]
        unknown = ("", gettext("I do not know"))
        self.tier.choices = [("", gettext("Not appraised")), *((code, _named(code, name)) for code, name in tiers(self.category))]
        self.district.choices = [unknown, *((each.code, in_language(each.name.model_dump())) for each in catalogue.districts())]

    def heading(self, model: Any) -> str:
        """Under which heading the model stands in the list; "": under none."""
        return ""

    @property
    def found(self) -> Any:
        """The chosen model of the catalogue; None when it has no such model."""
        return catalogue.find_model(self.category, self.brand, self.model.data or "")

    def validate_model(self, field: SelectField) -> None:
        if self.found is None:
            raise ValidationError(gettext("Please choose the model."))

    def validate_first_used(self, field: Figures) -> None:
        month = read_month(field.data) if field.data else None
        if field.data and month is None:
            raise ValidationError(gettext("Please type year and month, for example 2019-05."))
        if month and month > self.today.isoformat()[:7]:
            raise ValidationError(gettext("This month lies in the future."))

    def validate_tier(self, field: SelectField) -> None:
        _one_of(field, [code for code, _name in tiers(self.category)])

    def validate_district(self, field: SelectField) -> None:
        _one_of(field, [each.code for each in catalogue.districts()])

    @property
    def asked(self) -> dict[str, Any]:
        """The answers as the estimate takes them; what was left out is not known."""
        assert self.found is not None
        return {
            "category": self.category,
            "brand": self.brand,
            "model": self.found.code,
            "first_used": read_month(self.first_used.data) if self.first_used.data else None,
            "tier": self.tier.data or None,
            "district": self.district.data or None,
        }


class PhoneForm(WorthForm):
    category = "phone"

    storage = SelectField(_("Storage"), validate_choice=False)
    battery = Whole(_("Battery health"), least=1, most=100)

    def __init__(self, brand: str, today: date, **kwargs: Any) -> None:
        super().__init__(brand, today, **kwargs)
        sizes = sorted({size for each in catalogue.models("phone", brand) for size in each.storage_gb})
        self.storage.choices = [("", gettext("I do not know")), *((str(size), size_words(size)) for size in sizes)]

    def validate_storage(self, field: SelectField) -> None:
        _one_of(field, [str(size) for size in catalogue.STORAGE_SIZES_GB])
        if field.data and self.found is not None and int(field.data) not in self.found.storage_gb:
            sizes = "、".join(size_words(size) for size in self.found.storage_gb)
            raise ValidationError(gettext("This model was sold with %(sizes)s only.", sizes=sizes))

    @property
    def asked(self) -> dict[str, Any]:
        storage_gb = int(self.storage.data) if self.storage.data else None
        return {**super().asked, "storage_gb": storage_gb, "battery_health": self.battery.data}


class ApplianceForm(WorthForm):
    category = "appliance"

    def heading(self, model: Any) -> str:
        kind = catalogue.find_kind(model.type)
        return in_language(kind.name.model_dump()) if kind else ""

    @property
    def asked(self) -> dict[str, Any]:
        return {**super().asked, "kind": self.found.type}


class CarForm(WorthForm):
    category = "car"

    mileage = Whole(_("Mileage shown"), least=0, most=MOST_KM)
    past = RadioField(_("What happened to it?"), default="", validate_choice=False)

    def __init__(self, brand: str, today: date, **kwargs: Any) -> None:
        super().__init__(brand, today, **kwargs)
        self.past.choices = [
            ("", gettext("Neither, as far as I know")),
            ("accident", gettext("An accident that damaged its structure")),
            ("flood", gettext("It was under water")),
        ]

    def validate_past(self, field: RadioField) -> None:
        _one_of(field, ["accident", "flood"])

    @property
    def asked(self) -> dict[str, Any]:
        past = self.past.data
        return {
            **super().asked,
            "kind": self.found.body,
            "mileage_km": self.mileage.data,
            "is_accident": past == "accident",
            "is_flood": past == "flood",
        }


FORMS: Mapping[str, type[WorthForm]] = {"phone": PhoneForm, "appliance": ApplianceForm, "car": CarForm}


def _named(code: str, name: Mapping[str, str]) -> str:
    words = in_language(dict(name))
    return words if words.startswith(code) else f"{code} {words}"


def _one_of(field: Any, known: list[str]) -> None:
    if field.data and field.data not in known:
        raise ValidationError(gettext(CHOICE_MESSAGE))


def size_words(gigabytes: int) -> str:
    return f"{gigabytes // 1024} TB" if gigabytes >= 1024 else f"{gigabytes} GB"
