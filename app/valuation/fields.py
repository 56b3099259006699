"""What a price table of somebody else may tell of each thing: our fields, the units in which they come, and the words by which
their columns are recognised. One list for the form, the reader and the guide.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.kernel.text import N_


@dataclass(frozen=True)
class Unit:
    """``factor``: by which a number is multiplied to become ours; a cell that says 万 itself is not multiplied again."""

    code: str
    label: str
    factor: float = 1.0


@dataclass(frozen=True)
class Field:
    """``called``: beginnings of headings, in the form of ``bare``. ``is_needed``: without it no row can be kept."""

    name: str
    label: str
    called: tuple[str, ...]
    units: tuple[Unit, ...] = ()
    is_needed: bool = False
    hint: str = ""


@dataclass(frozen=True)
class Chosen:
    """Which column of the file a field comes from, and in what unit."""

    column: str
    unit: str = ""


YUAN = Unit("yuan", N_("yuan"))
WAN_YUAN = Unit("wan_yuan", N_("ten thousand yuan"), 10_000)
MONTH = Unit("month", N_("month, such as 2019-05"))
MONTHS = Unit("months", N_("age in months"))
YEARS = Unit("years", N_("age in years"), 12)

_PRICE = Field("price", N_("Price"), ("价格", "成交价", "报价", "售价", "卖价", "价", "price", "amount"), (YUAN, WAN_YUAN), True)
_MODEL = Field(
    "model",
    N_("Model"),
    ("车系", "型号", "机型", "model", "series", "名称", "标题", "title"),
    is_needed=True,
    hint=N_("As the catalogue writes it, with or without the brand; a trim or size behind it does no harm."),
)
_BRAND = Field(
    "brand", N_("Brand"), ("品牌", "厂商", "brand", "maker", "make"), hint=N_("Not needed where the model alone tells it.")
)
_DAY = Field(
    "seen_on",
    N_("Day of the price"),
    ("日期", "成交日", "上架", "发布", "时间", "date", "day", "time", "sold_on", "seen_on"),
    hint=N_("Without it every row has the day of the table."),
)
_THING = Field(
    "thing",
    N_("What names one thing"),
    ("编号", "车架号", "vin", "串号", "imei", "序列号", "id", "clueid", "thing"),
    hint=N_(
        "An advertisement's number, a VIN: of rows with the same one only the newest counts. It is kept as a keyed hash only."
    ),
)
_FIRST = Field(
    "first_used",
    N_("In use since"),
    ("上牌", "购买", "首次", "购机", "车龄", "机龄", "使用时间", "firstused", "registered", "age", "year"),
    (MONTH, YEARS, MONTHS),
)
_TIER = Field("tier", N_("Grade of an appraisal report"), ("等级", "评级", "成色等级", "grade", "tier"))
_SCORE = Field("score", N_("Points of the report"), ("评分", "得分", "分数", "score", "points"))
_DISTRICT = Field("district", N_("Where it is"), ("区县", "地区", "所在", "城区", "district", "place"))
_NEW = Field(
    "new_price",
    N_("What a new one costs"),
    ("新车", "指导价", "新机", "新品", "原价", "发售价", "newprice", "msrp"),
    (YUAN, WAN_YUAN),
)
_STEPS = N_("Whole steps below the best answer: 0, 1, 2, 3.")
_REPLACED = Field(
    "replaced", N_("Repaired with other than the maker's parts"), ("换件", "维修", "拆修", "replaced"), hint=N_("1 yes, 0 no.")
)
_HOUSING = Field("housing", N_("Housing"), ("外壳", "外观", "机身", "housing"), hint=_STEPS)

_OWN: Mapping[str, tuple[Field, ...]] = {
    "phone": (
        Field(
            "storage_gb",
            N_("Storage"),
            ("存储", "内存", "容量", "storage", "rom"),
            (Unit("gb", N_("GB (a cell may say TB)")),),
        ),
        Field("battery", N_("Battery health"), ("电池", "battery"), hint=N_("Percent.")),
        Field("screen", N_("Screen"), ("屏幕", "screen"), hint=_STEPS),
        _HOUSING,
        Field("faults", N_("Faults"), ("故障", "faults"), hint=N_("How many.")),
        _REPLACED,
    ),
    "car": (
        Field(
            "mileage_km",
            N_("Mileage shown"),
            ("里程", "公里", "表显", "行驶", "mileage", "km", "odometer"),
            (Unit("km", N_("kilometres")), Unit("wan_km", N_("ten thousand kilometres"), 10_000)),
        ),
        Field("energy", N_("Energy"), ("能源", "燃料", "燃油类型", "动力", "energy", "fuel")),
        Field("owners", N_("Changes of owner"), ("过户", "owners", "transfers")),
        _REPLACED,
        Field("accident", N_("Accident that damaged its structure"), ("事故", "accident"), hint=N_("1 or 是: yes; 0 or 否: no.")),
        Field("flood", N_("It was under water"), ("泡水", "水淹", "flood"), hint=N_("1 or 是: yes; 0 or 否: no.")),
    ),
    "appliance": (
        Field("works", N_("It works"), ("功能", "通电", "works"), hint=N_("2 as it should, 1 partly, 0 not at all.")),
        _HOUSING,
        _REPLACED,
    ),
}


def fields_of(category: str) -> tuple[Field, ...]:
    """Every field of a category, in the order of the form."""
    return (_PRICE, _MODEL, _BRAND, *_OWN[category], _FIRST, _DAY, _NEW, _TIER, _SCORE, _DISTRICT, _THING)


def bare(text: str) -> str:
    """A heading or name as it is compared: without case, spaces and punctuation."""
    return re.sub(r"[^\w]|_", "", unicodedata.normalize("NFKC", text).casefold())


def guess(category: str, names: Sequence[str]) -> dict[str, Chosen]:
    """The columns that are likely meant, each used once: a heading that says a field's word, those that begin with it first."""
    free = {name: bare(name) for name in names if name}
    found: dict[str, Chosen] = {}
    for test in _TESTS:
        for field in fields_of(category):
            if field.name not in found and (column := _named(field.called, free, test)) is not None:
                found[field.name] = Chosen(column, _unit(field, column))
                del free[column]
    return found


_TESTS: tuple[Callable[[str, str], bool], ...] = (str.__eq__, str.startswith, str.__contains__)


def _named(called: Iterable[str], free: Mapping[str, str], test: Callable[[str, str], bool]) -> str | None:
    wanted = [word for word in called if test is str.__eq__ or len(word) > 2 or not word.isascii()]
    return next((column for word in wanted for column, said in free.items() if test(said, word)), None)


def _unit(field: Field, column: str) -> str:
    """The unit that a heading names, else the first."""
    if not field.units:
        return ""
    said = unicodedata.normalize("NFKC", column).casefold()
    is_wan = "万" in said
    by_code = {
        "wan_yuan": is_wan,
        "wan_km": is_wan,
        "years": "龄" in said or "age" in said,
        "months": "月数" in said or "month" in said,
    }
    return next((unit.code for unit in field.units if by_code.get(unit.code)), field.units[0].code)
