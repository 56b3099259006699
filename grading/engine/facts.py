"""Facts computed from facts, as the scheme's `derived` list says. A missing part makes the derived fact missing.

years_between: days from the first to the second day / 365.25. difference: first - second. product: first * second.
ratio: first / second. first, greatest, least: of those that are known. type_attr: an attribute of the type; when that is
a table, `of` names the fact that chooses the row. `decimals` rounds half up; without it nothing is rounded, so that no
limit is rounded into a pass.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from decimal import Decimal

from grading.engine.answers import FactValue
from grading.errors import FindingsError, Words
from grading.scale import round_half_up
from grading.schemes.knowledge import DerivedFact, TypeOfThing
from grading.schemes.model import Scheme

_DAYS_PER_YEAR = Decimal("365.25")


def derive(scheme: Scheme, facts: Mapping[str, FactValue]) -> dict[str, FactValue]:
    """The derived facts that can be computed. Raises FindingsError when one divides by nothing or days run backwards."""
    known = dict(facts)
    kind = type_of(scheme, facts)
    result: dict[str, FactValue] = {}
    for derived in scheme.derived:
        value = _value(derived, known, kind)
        if value is None:
            continue
        if derived.decimals is not None and isinstance(value, Decimal):
            value = round_half_up(value, derived.decimals)
        known[derived.key] = result[derived.key] = value
    return result


def type_of(scheme: Scheme, facts: Mapping[str, FactValue]) -> TypeOfThing | None:
    """The type of the thing, when the scheme has types and the fact is given."""
    kind = None if scheme.type_fact is None else facts.get(scheme.type_fact)
    return scheme.types.get(kind) if isinstance(kind, str) else None


def _value(derived: DerivedFact, known: Mapping[str, FactValue], kind: TypeOfThing | None) -> FactValue | None:
    if derived.op == "type_attr":
        return _attribute(derived, known, kind)
    if derived.op == "first":
        return next((known[key] for key in derived.of if key in known), None)
    if derived.op in ("greatest", "least"):
        numbers = [value for key in derived.of if isinstance(value := known.get(key), Decimal)]
        choose = max if derived.op == "greatest" else min
        return choose(numbers, default=None)
    first, second = (known.get(key) for key in derived.of)
    if first is None or second is None:
        return None
    if derived.op == "years_between":
        assert isinstance(first, datetime.date)  # kinds of facts: a rule of the loader
        assert isinstance(second, datetime.date)
        if second < first:
            raise FindingsError({derived.of[1]: Words("日期早于开始日期。", "This day is before the first one.")})
        return Decimal((second - first).days) / _DAYS_PER_YEAR
    assert isinstance(first, Decimal)
    assert isinstance(second, Decimal)
    if derived.op == "difference":
        return first - second
    if derived.op == "product":
        return first * second
    if not second:
        raise FindingsError({derived.of[1]: Words("不能为 0。", "This cannot be 0.")})
    return first / second


def _attribute(derived: DerivedFact, known: Mapping[str, FactValue], kind: TypeOfThing | None) -> FactValue | None:
    assert derived.attr is not None  # a rule of the loader, and that a table names its fact
    value = None if kind is None else kind.attr(derived.attr)
    if isinstance(value, Mapping):
        row = known.get(derived.of[0])
        return next((figure for name, figure in value.items() if name == row), None)
    return value
