"""From typed text to looked-up words, and whether the words of a listing answer them."""

import threading

import pytest

from app.search.words import (
    MAX_CHARACTERS,
    MAX_TERM_CHARACTERS,
    MAX_TERMS,
    DocumentWords,
    clean,
    document_words,
    query_words,
)


@pytest.mark.parametrize(
    ("typed", "required"),
    [
        ("苹果13 128", ("apple", "13", "128")),
        ("iPhone 13 128GB", ("iphone", "13", "128")),
        ("iphone13", ("iphone", "13")),
        ("ｉＰｈｏｎｅ　１３", ("iphone", "13")),
        ("IPHONE-13_128g", ("iphone", "13", "128")),
        ("iPhone 13 128 GB", ("iphone", "13", "128")),
        ("苹果十三", ("apple", "13")),
        ("苹果 十二 pro", ("apple", "12", "pro")),
        ("爱疯13", ("apple", "13")),
        ("13pm", ("13", "pro", "max")),
        ("13 pro max", ("13", "pro", "max")),
        ("13promax", ("13", "pro", "max")),
        ("iphonexsmax", ("iphone", "xs", "max")),
        ("iphonexr", ("iphone", "xr")),
        ("16e", ("16", "e")),
        ("mate60pro", ("mate", "60", "pro")),
        ("华为mate60 pro+", ("huawei", "mate", "60", "pro", "plus")),
        ("huaweip40", ("huawei", "p", "40")),
        ("华为畅享70", ("huawei", "畅享", "70")),
        ("enjoy 70", ("畅享", "70")),
        ("小米14 12+256", ("xiaomi", "14", "256")),
        ("小米14 12G+256G", ("xiaomi", "14", "256")),
        ("红米k60至尊版", ("redmi", "k", "60", "ultra")),
        ("redmi note13pro+", ("redmi", "note", "13", "pro", "plus")),
        ("一加12", ("oneplus", "12")),
        ("1加12", ("oneplus", "12")),
        ("one plus 12", ("oneplus", "12")),
        ("red magic 9 pro", ("redmagic", "9", "pro")),
        ("三星 s23+", ("samsung", "s", "23", "plus")),
        ("galaxys21", ("galaxy", "s", "21")),
        ("荣耀 5g", ("honor",)),
        ("1TB", ("1024",)),
        ("1t 苹果", ("1024", "apple")),
        ("5g", ("5g",)),
        ("007", ("7",)),
        ("苹果手机", ("apple",)),
        ("便宜的二手苹果", ("apple",)),
        ("二手手机", ("手机",)),
        ("折叠手机", ("折叠屏",)),
        ("午夜色", ("午夜",)),
        ("深空灰色", ("深空灰",)),
        ("黑色", ("黑",)),
        ("远峰蓝", ("远峰蓝",)),
        ("渝北区", ("渝北",)),
        ("YuBei", ("渝北",)),
        ("沙坪坝", ("沙坪坝",)),
        ("石柱土家族自治县", ("石柱",)),
        ("电池健康度 88%", ("88",)),
        ("ipone 13", ("iphone", "13")),
        ("hauwei", ("huawei",)),
        ("苹果 苹果 苹果", ("apple",)),
    ],
)
def test_typed_text_becomes_these_words(typed, required):
    assert query_words(typed).required == required


@pytest.mark.parametrize(
    ("typed", "models"),
    [
        ("苹果13 128", ("apple/iphone-13",)),
        ("iphone 13 pro max 256", ("apple/iphone-13-pro-max",)),
        ("13pm", ("apple/iphone-13-pro-max",)),
        ("13 pro", ("apple/iphone-13-pro", "xiaomi/13-pro")),
        ("256 13 pro", ("apple/iphone-13-pro", "xiaomi/13-pro")),
        ("mate60", ("huawei/mate-60",)),
        ("华为", ()),
        ("红魔9pro 渝北", ("redmagic/9-pro",)),
    ],
)
def test_a_model_that_is_named_is_recognised_by_its_longest_name(typed, models):
    assert query_words(typed).models == models


@pytest.mark.parametrize(
    "hostile",
    [
        "",
        " ",
        "\x00",
        "\x00\x01\x02\x7f",
        "\ud800",
        "\udfff\ud800",
        "\u202e\u200b\u200f",
        "😀😀😀",
        "***",
        "\"'`;--",
        "%%__%%",
        "()[]{}<>",
        "的 了 吗",
        "\ufffe\uffff",
    ],
)
def test_text_without_a_word_is_empty_and_no_error(hostile):
    assert query_words(hostile).is_empty


@pytest.mark.parametrize(
    "hostile",
    [
        "a" * 100_000,
        "苹" * 100_000,
        "1" * 100_000,
        " ".join(f"w{number}" for number in range(10_000)),
        "a* OR b~ AND [x TO y]^9",
        "'; DROP TABLE listing; --",
        "\u0301" * 5_000,
        "ﷺ" * 500,
        "苹果" + "\x00" * 200 + "13",
        "i" + "\u0130" * 90,
        "²³¹½①",
    ],
)
def test_hostile_text_is_cut_to_a_bounded_number_of_short_words(hostile):
    words = query_words(hostile)
    assert len(words.required) + len(words.preferred) <= MAX_TERMS
    assert all(0 < len(word) <= MAX_TERM_CHARACTERS for word in (*words.required, *words.preferred))
    assert all(not any(letter.isspace() or letter in "*?~^[]\"'%_\x00" for letter in word) for word in words.required)
    assert len(clean(hostile)) <= MAX_CHARACTERS


def test_the_reader_is_told_when_a_part_of_the_text_was_left_out():
    assert query_words("x" * (MAX_CHARACTERS + 1)).shortened
    assert query_words("a b c d e f h i j k l m").shortened
    assert not query_words("苹果13 128").shortened
    assert not query_words(" " * 500 + "苹果").shortened


IPHONE = document_words(
    title="自用 iPhone 13 128G 星光色 无拆无修",
    brand="apple",
    model="iphone-13",
    storage_gb=128,
    colour="starlight",
    district="yubei",
)
MATE = document_words(
    title="华为 Mate 60 Pro", brand="huawei", model="mate-60-pro", storage_gb=1024, colour="yachuan-green", district="nanan"
)
FOLD = document_words(title="折叠", brand="samsung", model="galaxy-z-fold5", storage_gb=512, district="shizhu")
REDMI = document_words(title="", brand="redmi", model="k60", storage_gb=256)


@pytest.mark.parametrize(
    ("typed", "listing"),
    [
        ("苹果13 128", IPHONE),
        ("iphone 13 128gb", IPHONE),
        ("爱疯13", IPHONE),
        ("apple13 星光", IPHONE),
        ("苹果13 星光色 渝北", IPHONE),
        ("渝北区 苹果手机", IPHONE),
        ("yubei iphone", IPHONE),
        ("重庆 苹果13", IPHONE),
        ("无拆无修 苹果", IPHONE),
        ("starlight 13", IPHONE),
        ("手机", IPHONE),
        ("华为mate60pro 1t", MATE),
        ("M60P", MATE),
        ("mate60 pro 1tb 雅川青", MATE),
        ("南岸 华为", MATE),
        ("nanan mate", MATE),
        ("三星折叠屏 512g", FOLD),
        ("fold5", FOLD),
        ("z fold 5", FOLD),
        ("石柱 三星", FOLD),
        ("小米 k60", REDMI),
        ("红米k60 12+256", REDMI),
    ],
)
def test_a_listing_is_found_by_what_people_type(typed, listing: DocumentWords):
    held = {*listing.strong, *listing.body}
    assert set(query_words(typed).required) <= held


@pytest.mark.parametrize(
    ("typed", "listing"),
    [
        ("苹果14", IPHONE),
        ("苹果13 256", IPHONE),
        ("华为13", IPHONE),
        ("苹果13 pro", IPHONE),
        ("mate60 512", MATE),
        ("一加 k60", REDMI),
    ],
)
def test_a_listing_is_not_found_by_what_it_is_not(typed, listing: DocumentWords):
    held = {*listing.strong, *listing.body}
    assert not set(query_words(typed).required) <= held


def test_codes_that_the_catalogue_does_not_know_are_indexed_as_they_are_written():
    words = document_words(title="老爷机", brand="doro", model="phone-easy", storage_gb=None, colour="sky", district="nowhere")
    assert {"doro", "easy"} <= set(words.strong)
    assert words.model == "doro/phone-easy"


def test_a_title_full_of_hostile_text_is_indexed_without_harm():
    words = document_words(title="\x00\ud800" + "苹果" * 5_000 + "'; --", brand="apple", model="iphone-13", storage_gb=128)
    assert len(words.body) < 50


def test_many_threads_cut_words_at_the_same_time_with_one_result():
    expected = query_words("便宜的苹果13 128 渝北区 午夜色")
    seen = []

    def cut():
        for _ in range(50):
            seen.append(query_words("便宜的苹果13 128 渝北区 午夜色") == expected)

    threads = [threading.Thread(target=cut) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 400
    assert all(seen)
