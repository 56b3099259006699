"""The catalogue as data: big enough, without repeats, checked when it is read, and never changed by a reader."""

import copy
import re
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from app.goods import catalogue
from grading.schemes import load_scheme


def raw(category: str = "phone") -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load((catalogue.HERE / f"{category}.yaml").read_text(encoding="utf-8"))
    return data


def test_there_are_at_least_sixty_brands_and_fifteen_hundred_models() -> None:
    brands = {brand.code for category in catalogue.CATEGORIES for brand in catalogue.brands(category)}
    assert len(brands) >= 60
    assert sum(len(catalogue.all_models(category)) for category in catalogue.CATEGORIES) >= 1_500


@pytest.mark.parametrize(("category", "brands", "models"), [("phone", 30, 450), ("car", 80, 700), ("appliance", 60, 450)])
def test_there_are_enough_brands_and_models_for_a_real_market(category: str, brands: int, models: int) -> None:
    assert len(catalogue.brands(category)) >= brands
    assert len(catalogue.all_models(category)) >= models


@pytest.mark.parametrize("kind", catalogue.APPLIANCE_TYPES)
def test_every_type_of_appliance_is_sold_by_a_dozen_brands(kind: str) -> None:
    assert len({model.brand for model in catalogue.all_models("appliance") if model.type == kind}) >= 12


def test_a_brand_of_several_categories_is_one_brand_with_one_name() -> None:
    names: dict[str, set[tuple[str, str]]] = {}
    for category in catalogue.CATEGORIES:
        for brand in catalogue.brands(category):
            names.setdefault(brand.code, set()).add((brand.name.zh, brand.name.en))
    assert {code: found for code, found in names.items() if len(found) > 1} == {}


def test_no_two_brands_share_what_people_type_for_them() -> None:
    owners: dict[str, set[str]] = {}
    for category in catalogue.CATEGORIES:
        for brand in catalogue.brands(category):
            for word in (brand.name.zh, brand.name.en, *brand.aliases):
                owners.setdefault(word.casefold(), set()).add(brand.code)
    assert {word: codes for word, codes in owners.items() if len(codes) > 1} == {}


@pytest.mark.parametrize("category", catalogue.CATEGORIES)
def test_every_model_can_be_typed_in_chinese_and_in_english(category: str) -> None:
    for model in catalogue.all_models(category):
        brand = catalogue.find_brand(category, model.brand)
        assert brand is not None
        written = catalogue.written_names(model)
        assert any(name.startswith(brand.name.zh) for name in written), model
        assert any(name.startswith(brand.name.en) for name in written), model
        assert not re.search(r"[\u4e00-\u9fff]", model.name_en), model


def test_a_class_of_appliances_has_its_size_where_people_buy_by_size() -> None:
    units = {"tv": "inch", "electric_water_heater": "litre", "air_conditioner": "horsepower"}
    for model in catalogue.all_models("appliance"):
        if model.capacity and model.type in units:
            assert model.capacity.unit == units[model.type], model
    sizes = {
        (model.brand, model.capacity.value)
        for model in catalogue.all_models("appliance")
        if model.type == "tv" and model.capacity
    }
    assert ("xiaomi", 55) in sizes


@pytest.mark.parametrize("code", ["apple", "huawei", "honor", "xiaomi", "redmi", "oppo", "vivo", "iqoo", "oneplus", "samsung"])
def test_each_big_brand_is_there_with_both_names(code: str) -> None:
    brand = catalogue.find_brand("phone", code)
    assert brand is not None
    assert brand.name.zh
    assert brand.name.en
    assert len(catalogue.models("phone", code)) >= 5


def test_a_model_is_found_by_its_codes_and_carries_the_name_that_pages_show() -> None:
    iphone = catalogue.find_model("phone", "apple", "iphone-13")
    assert iphone is not None
    assert iphone.name == iphone.name_en == "iPhone 13"
    assert (iphone.released_year, iphone.released_month) == (2021, 9)
    assert iphone.storage_gb == (128, 256, 512)
    mate = catalogue.find_model("phone", "huawei", "mate-60-pro")
    assert mate is not None
    assert (mate.name, mate.name_en, mate.short) == ("华为 Mate 60 Pro", "HUAWEI Mate 60 Pro", "Mate 60 Pro")


@pytest.mark.parametrize(("brand", "model"), [("apple", "mate-60"), ("nobody", "iphone-13"), ("", ""), ("apple", "iPhone 13")])
def test_an_unknown_pair_is_nothing_and_not_an_error(brand: str, model: str) -> None:
    assert catalogue.find_model("phone", brand, model) is None


@pytest.mark.parametrize("category", catalogue.CATEGORIES)
def test_full_names_are_unique_over_the_whole_catalogue_of_a_category(category: str) -> None:
    names = [model.name for model in catalogue.all_models(category)]
    assert names
    assert sorted({name for name in names if names.count(name) > 1}) == []


@pytest.mark.parametrize("category", catalogue.CATEGORIES)
def test_no_model_was_presented_in_the_future_of_this_release(category: str) -> None:
    for model in catalogue.all_models(category):
        assert (model.released_year or 2007, model.released_month or 1) <= (2026, 12)


def test_every_category_gives_its_own_kind_of_model() -> None:
    kinds = {"phone": catalogue.PhoneModel, "car": catalogue.CarModel, "appliance": catalogue.ApplianceModel}
    for category, kind in kinds.items():
        assert all(isinstance(model, kind) for model in catalogue.all_models(category))
    assert catalogue.brands("bicycle") == catalogue.all_models("bicycle") == catalogue.models("bicycle", "apple") == []
    assert catalogue.find_brand("bicycle", "apple") is catalogue.find_model("bicycle", "apple", "iphone-13") is None


def test_the_types_of_appliances_are_those_of_the_appliance_scheme() -> None:
    assert tuple(load_scheme("appliance-2026.1").types) == catalogue.APPLIANCE_TYPES
    assert [kind.code for kind in catalogue.appliance_types()] == list(catalogue.APPLIANCE_TYPES)
    assert catalogue.find_kind("refrigerator") in catalogue.appliance_types()
    assert catalogue.find_kind("suv") in catalogue.bodies()
    assert catalogue.find_kind("spaceship") is None


def a_car(**changes: Any) -> dict[str, Any]:
    model = {"code": "lang", "short": "朗行者", "short_en": "Rover", "released": "2012-05", "ended": 2018, "body": "sedan"}
    model |= {"energy": ["petrol", "hybrid"], "seats": [5, 7], "aliases": ["老朗"], **changes}
    brand = {
        "code": "made-up",
        "name": {"zh": "虚构", "en": "Madeup"},
        "shown_as": {"zh": "虚构 {model}", "en": "Madeup {model}"},
    }
    return {"schema_version": 1, "brands": [{**brand, "models": [model]}]}


def an_appliance(**changes: Any) -> dict[str, Any]:
    model = {"code": "wash-8", "short": "净八洗衣机", "released": "2020", "type": "washing_machine"}
    model |= {"capacity": {"value": 8, "unit": "kg"}, "features": ["drum"], **changes}
    brand = {
        "code": "made-up",
        "name": {"zh": "虚构", "en": "Madeup"},
        "shown_as": {"zh": "虚构 {model}", "en": "Madeup {model}"},
    }
    drum = {"code": "drum", "name": {"zh": "滚筒", "en": "Drum"}, "types": ["washing_machine"]}
    glow = {"code": "glow", "name": {"zh": "发光", "en": "Glows"}, "types": ["tv"]}
    return {"schema_version": 1, "features": [drum, glow], "brands": [{**brand, "models": [model]}]}


def test_a_car_series_is_read_with_its_years_energies_and_english_name() -> None:
    car = catalogue.Catalogue("car", a_car()).models["made-up"]["lang"]
    assert isinstance(car, catalogue.CarModel)
    assert (car.name, car.name_en, car.released_year, car.released_month) == ("虚构 朗行者", "Madeup Rover", 2012, 5)
    assert (car.ended, car.body, car.energy, car.seats) == (2018, "sedan", ("petrol", "hybrid"), (5, 7))


def test_an_appliance_is_read_with_its_type_capacity_and_features() -> None:
    file = catalogue.Catalogue("appliance", an_appliance())
    washer = file.models["made-up"]["wash-8"]
    assert isinstance(washer, catalogue.ApplianceModel)
    assert (washer.type, washer.capacity, washer.features) == (
        "washing_machine",
        catalogue.Capacity(value=8, unit="kg"),
        ("drum",),
    )
    assert set(file.features) == {"drum", "glow"}


@pytest.mark.parametrize(
    ("category", "data"),
    [
        ("car", a_car(body="boat")),
        ("car", a_car(energy=[])),
        ("car", a_car(energy=["petrol", "petrol"])),
        ("car", a_car(energy=["steam"])),
        ("car", a_car(seats=[7, 5])),
        ("car", a_car(seats=[0])),
        ("car", a_car(ended=2011)),
        ("car", a_car(released="1965")),
        ("car", a_car(aliases=["朗行者", "朗行者"], storage_gb=[64])),
        ("appliance", an_appliance(type="toaster")),
        ("appliance", an_appliance(capacity={"value": 8, "unit": "pound"})),
        ("appliance", an_appliance(capacity={"value": 0, "unit": "kg"})),
        ("appliance", an_appliance(features=["unheard-of"])),
        ("appliance", an_appliance(features=["glow"])),
        ("appliance", a_car()),
        ("phone", a_car()),
    ],
)
def test_a_fault_in_a_file_of_cars_or_appliances_is_refused(category: str, data: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        catalogue.Catalogue(category, data)


@pytest.mark.parametrize(
    ("brand", "model", "written"),
    [
        ("apple", "iphone-13", "苹果 13"),
        ("apple", "iphone-13-pro-max", "苹果 13PM"),
        ("huawei", "mate-60-pro", "华为 Mate 60 Pro"),
        ("samsung", "galaxy-s23-ultra", "三星 S23 Ultra"),
        ("redmi", "k60", "红米 K60"),
        ("oneplus", "12", "一加 12"),
    ],
)
def test_the_usual_way_of_writing_a_model_is_known(brand: str, model: str, written: str) -> None:
    found = catalogue.find_model("phone", brand, model)
    assert found is not None
    assert written in catalogue.written_names(found)


def test_certain_colours_are_the_makers_and_otherwise_plain_ones_are_offered() -> None:
    assert [colour.name.zh for colour in catalogue.colours_for("phone", "apple", "iphone-16e")] == ["黑色", "白色"]
    plain = catalogue.colours_for("phone", "xiaomi", "13")
    assert plain == catalogue.colours_for("phone", "nobody", "nothing")
    assert {"black", "white", "blue"} <= {colour.code for colour in plain}


def test_chongqing_has_its_thirty_eight_districts_and_counties() -> None:
    rows = catalogue.districts()
    kinds = [row.kind for row in rows]
    assert (kinds.count("district"), kinds.count("county"), kinds.count("autonomous_county")) == (26, 8, 4)
    yubei = catalogue.find_district("yubei")
    assert yubei is not None
    assert (yubei.name.zh, yubei.name.en, yubei.short) == ("渝北区", "Yubei", "渝北")
    assert catalogue.find_district("chaoyang") is None


def test_what_is_handed_out_cannot_be_changed() -> None:
    model = catalogue.find_model("phone", "apple", "iphone-13")
    assert model is not None
    with pytest.raises(ValidationError):
        model.name = "iPhone 14"
    catalogue.brands("phone").clear()
    assert catalogue.brands("phone")


def repeat_a_model(data: dict[str, Any]) -> None:
    data["brands"][0]["models"].append(copy.deepcopy(data["brands"][0]["models"][0]))


def repeat_a_brand(data: dict[str, Any]) -> None:
    data["brands"].append(copy.deepcopy(data["brands"][0]))


def give_an_alias_to_two_models(data: dict[str, Any]) -> None:
    data["brands"][0]["models"][1]["aliases"] = [data["brands"][0]["models"][0]["short"].upper()]


def point_at_an_unknown_colour(data: dict[str, Any]) -> None:
    data["brands"][0]["models"][0]["colours"] = ["invisible"]


def point_at_an_unknown_brand(data: dict[str, Any]) -> None:
    data["brands"][0]["also"] = ["nobody"]


def write_an_impossible_month(data: dict[str, Any]) -> None:
    data["brands"][0]["models"][0]["released"] = "2021-13"


def write_a_storage_size_nobody_sells(data: dict[str, Any]) -> None:
    data["brands"][0]["models"][0]["storage_gb"] = [100]


def let_sizes_fall(data: dict[str, Any]) -> None:
    data["brands"][0]["models"][0]["storage_gb"] = [128, 64]


def misspell_a_field(data: dict[str, Any]) -> None:
    data["brands"][0]["models"][0]["colors"] = ["black"]


def write_a_code_with_a_space(data: dict[str, Any]) -> None:
    data["brands"][0]["code"] = "ap ple"


@pytest.mark.parametrize(
    "fault",
    [
        repeat_a_model,
        repeat_a_brand,
        give_an_alias_to_two_models,
        point_at_an_unknown_colour,
        point_at_an_unknown_brand,
        write_an_impossible_month,
        write_a_storage_size_nobody_sells,
        let_sizes_fall,
        misspell_a_field,
        write_a_code_with_a_space,
    ],
)
def test_a_fault_in_the_file_is_refused_when_it_is_read(fault: Callable[[dict[str, Any]], None]) -> None:
    data = raw()
    catalogue.Catalogue("phone", copy.deepcopy(data))
    fault(data)
    with pytest.raises(ValidationError):
        catalogue.Catalogue("phone", data)


def test_a_file_that_is_not_a_mapping_is_refused() -> None:
    with pytest.raises(ValidationError):
        catalogue.Catalogue("phone", ["apple"])
