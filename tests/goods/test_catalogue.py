"""The catalogue as data: big enough, without repeats, checked when it is read, and never changed by a reader."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from app.goods import catalogue


def raw() -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load((catalogue.HERE / "catalogue.yaml").read_text(encoding="utf-8"))
    return data


def test_there_are_enough_brands_and_models_for_a_real_market() -> None:
    assert len(catalogue.brands()) >= 14
    assert sum(len(catalogue.models(brand.code)) for brand in catalogue.brands()) >= 150


@pytest.mark.parametrize("code", ["apple", "huawei", "honor", "xiaomi", "redmi", "oppo", "vivo", "iqoo", "oneplus", "samsung"])
def test_each_big_brand_is_there_with_both_names(code: str) -> None:
    brand = catalogue.find_brand(code)
    assert brand is not None
    assert brand.name.zh
    assert brand.name.en
    assert len(catalogue.models(code)) >= 5


def test_a_model_is_found_by_its_codes_and_carries_the_name_that_pages_show() -> None:
    iphone = catalogue.find_model("apple", "iphone-13")
    assert iphone is not None
    assert iphone.name == iphone.name_en == "iPhone 13"
    assert (iphone.released_year, iphone.released_month) == (2021, 9)
    assert iphone.storage_gb == (128, 256, 512)
    mate = catalogue.find_model("huawei", "mate-60-pro")
    assert mate is not None
    assert (mate.name, mate.name_en, mate.short) == ("华为 Mate 60 Pro", "HUAWEI Mate 60 Pro", "Mate 60 Pro")


@pytest.mark.parametrize(("brand", "model"), [("apple", "mate-60"), ("nobody", "iphone-13"), ("", ""), ("apple", "iPhone 13")])
def test_an_unknown_pair_is_nothing_and_not_an_error(brand: str, model: str) -> None:
    assert catalogue.find_model(brand, model) is None


def test_full_names_are_unique_over_the_whole_catalogue() -> None:
    names = [model.name for brand in catalogue.brands() for model in catalogue.models(brand.code)]
    assert len(names) == len(set(names))


def test_no_model_was_presented_in_the_future_of_this_release() -> None:
    for brand in catalogue.brands():
        for model in catalogue.models(brand.code):
            assert (model.released_year, model.released_month or 1) <= (2026, 12)


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
    found = catalogue.find_model(brand, model)
    assert found is not None
    assert written in catalogue.written_names(found)


def test_certain_colours_are_the_makers_and_otherwise_plain_ones_are_offered() -> None:
    assert [colour.name.zh for colour in catalogue.colours_for("apple", "iphone-16e")] == ["黑色", "白色"]
    plain = catalogue.colours_for("xiaomi", "13")
    assert plain == catalogue.colours_for("nobody", "nothing")
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
    model = catalogue.find_model("apple", "iphone-13")
    assert model is not None
    with pytest.raises(ValidationError):
        model.name = "iPhone 14"
    catalogue.brands().clear()
    assert catalogue.brands()


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
    catalogue.Catalogue(copy.deepcopy(data))
    fault(data)
    with pytest.raises(ValidationError):
        catalogue.Catalogue(data)


def test_a_file_that_is_not_a_mapping_is_refused() -> None:
    with pytest.raises(ValidationError):
        catalogue.Catalogue(["apple"])
