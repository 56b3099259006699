"""The value that follows from a score: replacement cost of a new car of the same model, times what is left of it.

    age rate       = (prescribed months - used months) / prescribed months, at least 0      4 decimals
    technical rate = score / 100                                                            4 decimals
    rate           = alpha x age rate + beta x technical rate, alpha + beta = 1             4 decimals
    value          = replacement cost x rate                                                2 decimals (yuan, fen)

Replacement cost is the new price; with taxes it adds purchase tax = price / (1 + vat) x tax rate and the plate fee. Where a
scheme values the battery apart, with its share w and its health in percent:

    battery rate   = (health - floor) / (100 - floor), at least 0                           4 decimals
    value          = replacement cost x ((1 - w) x rate + w x battery rate)

Every step is rounded half up. Formulas and rounding: public exam software for appraisers (source S5 of gbt30323-2013); the
floor of the age rate, default weights and the battery are ours. A market price, where there is one, comes before this.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext

from grading.cost.lives import Life, list_lives
from grading.engine import GradeResult
from grading.errors import FindingsError, Words
from grading.scale import ARITHMETIC, NumberRefused, read_number, round_half_up
from grading.schemes import Scheme
from grading.schemes.model import GRADED, Valuation

__all__ = ["Cost", "Life", "Terms", "list_lives", "read_terms", "replacement_value", "value_of"]

_ONE, _HUNDRED = Decimal(1), Decimal(100)
_RATE, _MONEY = 4, 2
_NUMBER = Words("请填写范围内的数字。", "Please enter a number within the range.")
_NEEDED = Words("估值需要这个数字。", "The value needs this number.")
_UNKNOWN = Words("估值用不到这一项。", "The value does not use this.")
_SUM = Words("两个权重之和必须为 1。", "The two weights must sum to 1.")
_ONE_LIFE = Words("使用性质和规定月数只填一个。", "Give the use or the prescribed months, not both.")
_FLAG = Words("请回答 true 或 false。", "Please answer true or false.")

# name: least, most, decimals
_RANGES: Mapping[str, tuple[Decimal, Decimal, int]] = {
    "new_price": (Decimal("0.01"), Decimal(10) ** 12, 2),
    "used_months": (Decimal(0), Decimal(1200), 2),
    "prescribed_months": (_ONE, Decimal(1200), 2),
    "alpha": (Decimal(0), _ONE, 4),
    "beta": (Decimal(0), _ONE, 4),
    "plate_fee": (Decimal(0), Decimal(10) ** 9, 2),
    "vat": (Decimal(0), _ONE, 4),
    "purchase_tax_rate": (Decimal(0), _ONE, 4),
    "battery_share": (Decimal(0), _ONE, 4),
}


@dataclass(frozen=True, slots=True)
class Terms:
    """What a value is computed from besides the score: money in yuan, ages in months, weights and rates as fractions."""

    new_price: Decimal
    used_months: Decimal
    prescribed_months: Decimal
    alpha: Decimal
    beta: Decimal
    with_taxes: bool
    plate_fee: Decimal
    vat: Decimal
    purchase_tax_rate: Decimal
    battery_share: Decimal
    battery_floor: Decimal


@dataclass(frozen=True, slots=True)
class Cost:
    """A value with its steps, each as rounded: money in yuan, rates as fractions; battery_rate None where it has no part."""

    new_price: Decimal
    purchase_tax: Decimal
    plate_fee: Decimal
    replacement_cost: Decimal
    age_rate: Decimal
    technical_rate: Decimal
    rate: Decimal
    battery_rate: Decimal | None
    value: Decimal


def read_terms(valuation: Valuation, given: Mapping[str, object]) -> Terms:
    """Terms as somebody gave them, with the scheme's figures for what is left out. Raises FindingsError by name.

    `new_price` (yuan) and `used_months` are needed. `use` names one of `list_lives()`, whose age of scrapping then takes the
    place of the scheme's prescribed months, unless it has none. `with_taxes` true, or a `plate_fee`, adds the taxes. One of
    `alpha` (weight of age) and `beta` (weight of the score) gives the other.
    """
    errors: dict[str, Words] = {str(name)[:60]: _UNKNOWN for name in given if name not in (*_RANGES, "with_taxes", "use")}
    if not valuation.battery_item and "battery_share" in given:
        errors["battery_share"] = _UNKNOWN
    numbers: dict[str, Decimal] = {}
    for name, (low, high, decimals) in _RANGES.items():
        value = given.get(name)
        if value is None:
            if name in ("new_price", "used_months"):
                errors[name] = _NEEDED
            continue
        try:
            numbers[name] = read_number(value, low, high, decimals)
        except NumberRefused:
            errors[name] = _NUMBER
    life = _life(given.get("use"), numbers, errors)
    taxes = given.get("with_taxes", "plate_fee" in numbers)
    if not isinstance(taxes, bool):
        errors["with_taxes"] = _FLAG
    alpha, beta = numbers.get("alpha"), numbers.get("beta")
    if alpha is not None and beta is not None and alpha + beta != _ONE:
        errors["beta"] = _SUM
    if errors:
        raise FindingsError(errors)
    if alpha is None:
        alpha = valuation.age_weight if beta is None else _ONE - beta
    return Terms(
        new_price=numbers["new_price"],
        used_months=numbers["used_months"],
        prescribed_months=numbers.get("prescribed_months", life or valuation.prescribed_months),
        alpha=alpha,
        beta=_ONE - alpha,
        with_taxes=taxes is True,
        plate_fee=numbers.get("plate_fee", Decimal(0)),
        vat=numbers.get("vat", valuation.vat),
        purchase_tax_rate=numbers.get("purchase_tax_rate", valuation.purchase_tax_rate),
        battery_share=numbers.get("battery_share", valuation.battery_share),
        battery_floor=valuation.battery_floor,
    )


def _life(use: object, numbers: Mapping[str, Decimal], errors: dict[str, Words]) -> Decimal | None:
    """The months until vehicles of this use are scrapped; None where no use or no limit is known."""
    if use is None:
        return None
    life = list_lives().get(use) if isinstance(use, str) else None
    if life is None:
        known = ", ".join(list_lives())
        errors["use"] = Words(f"可用：{known}。", f"Known are: {known}.")
        return None
    if "prescribed_months" in numbers:
        errors["use"] = _ONE_LIFE
    return None if life.years is None else Decimal(12 * life.years)


def replacement_value(score: Decimal, terms: Terms, battery_percent: Decimal | None = None) -> Cost:
    """The value for a score (0 to 100), with every step; with `battery_percent` (0 to 100) the battery counts apart."""
    with localcontext(ARITHMETIC):
        tax = fee = Decimal("0.00")
        if terms.with_taxes:
            tax = round_half_up(terms.new_price / (1 + terms.vat) * terms.purchase_tax_rate, _MONEY)
            fee = round_half_up(terms.plate_fee, _MONEY)
        cost = round_half_up(terms.new_price, _MONEY) + tax + fee
        left = max(Decimal(0), terms.prescribed_months - terms.used_months)
        age = round_half_up(left / terms.prescribed_months, _RATE)
        technical = round_half_up(score / _HUNDRED, _RATE)
        rate = round_half_up(terms.alpha * age + terms.beta * technical, _RATE)
        battery, share = None, rate
        if battery_percent is not None:
            above = max(Decimal(0), battery_percent - terms.battery_floor)
            battery = round_half_up(above / (_HUNDRED - terms.battery_floor), _RATE)
            share = (1 - terms.battery_share) * rate + terms.battery_share * battery
        return Cost(
            round_half_up(terms.new_price, _MONEY),
            tax,
            fee,
            cost,
            age,
            technical,
            rate,
            battery,
            round_half_up(cost * share, _MONEY),
        )


def value_of(scheme: Scheme, result: GradeResult, terms: Terms) -> Cost | None:
    """The value of a graded thing. None without a grade, and without the battery's measured health where the scheme asks it."""
    if result.status != GRADED or result.score is None or scheme.valuation is None:
        return None
    name = scheme.valuation.battery_item
    if name is None:
        return replacement_value(result.score, terms)
    measured = result.findings.get(name)
    return None if measured is None else replacement_value(result.score, terms, Decimal(measured))
