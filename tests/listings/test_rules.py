"""The review rules on plain values, the attribute schemas, and what a rule that fires does."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from pydantic import ValidationError

from app.goods import catalogue
from app.kernel.canonical import canonical
from app.kernel.hub import Hub
from app.listings import queries, rules, schema, service, wizard
from app.listings.rules import _File
from tests.accounts.making import actor, make_member, make_user
from tests.listings.making import ANSWERS, answers, fresh, make_draft, make_imei, make_listing

FIRES = [
    ("手机很好，电话13800138000", "phone_number"),
    ("打 138 0013 8000", "phone_number"),
    ("138-0013-8000", "phone_number"),
    ("１３８００１３８０００", "phone_number"),
    ("一三八零零一三八零零零", "phone_number"),
    ("座机023-61234567", "phone_number"),
    ("加微信聊", "chat_account"),
    ("加 V 信：abc", "chat_account"),
    ("微·信 abc", "chat_account"),
    ("WeChat: abc", "chat_account"),
    ("扣扣 12345", "chat_account"),
    ("QQ12345", "chat_account"),
    ("见 https://example.test/x", "link"),
    ("www.example.test", "link"),
    ("店铺 myshop.com", "link"),
    ("mail me@example.org", "link"),
    ("高仿", "barred_words"),
    ("已改串号", "barred_words"),
    ("送实名卡", "barred_words"),
    ("全网最低价", "advertising"),
    ("100% 正品", "advertising"),
    ("诚招代理", "advertising"),
]
QUIET = [
    "自用一年半，一直带壳，2024年3月在重庆买的。",
    "电池健康88%，充满电能用一天，屏幕 6.1 英寸。",
    "型号 A2634，支持 5G，送充电线和 20W 充电头。",
    "iOS 17.5.1，运行流畅。",
    "价格可小刀，渝北面交。",
    "",
]


@pytest.mark.parametrize(("text", "rule"), FIRES)
def test_a_text_that_a_rule_names_is_found(text: str, rule: str) -> None:
    assert rule in rules.fired(text, 100_000)


@pytest.mark.parametrize("text", QUIET)
def test_an_ordinary_text_is_left_alone(text: str) -> None:
    assert rules.fired(text, 100_000) == []


@pytest.mark.parametrize(
    ("price_fen", "median_fen", "fires"),
    [(49_999, 250_000, True), (50_000, 250_000, False), (1, None, False), (1, 5, False), (1, 6, True)],
)
def test_a_price_under_a_fifth_of_the_middle_price_is_looked_at(price_fen: int, median_fen: int | None, fires: bool) -> None:
    assert ("far_too_cheap" in rules.fired("", price_fen, median_fen)) is fires


def test_every_rule_has_a_number_and_both_languages() -> None:
    for rule in rules.rules().values():
        assert rule.number
        assert rule.reason.zh
        assert rule.reason.en
    assert rules.reason_text(["link"]).startswith("[1.3]")


@pytest.mark.parametrize(
    "change",
    [{"number": "x"}, {"kind": "magic"}, {"patterns": []}, {"kind": "words"}, {"kind": "price"}, {"extra": 1}],
)
def test_a_broken_rule_file_is_refused(change: dict[str, object]) -> None:
    rule = {"number": "9.1", "code": "x", "kind": "pattern", "patterns": ["a"], "reason": {"zh": "因", "en": "because"}}
    _File.model_validate({"schema_version": 1, "rules": [rule]})
    with pytest.raises(ValidationError):
        _File.model_validate({"schema_version": 1, "rules": [{**rule, **change}]})
    with pytest.raises(ValidationError):
        _File.model_validate({"schema_version": 1, "rules": [rule, rule]})


# What follows


def test_a_rule_that_fires_sends_the_listing_to_review_with_its_reason(hub: Hub) -> None:
    seller = make_user(hub)
    listing = make_listing(hub, seller, state="in_review", description="加微信 abc123")
    with hub.look() as work:
        decision = queries.last_decision(work, listing.id)
        assert decision is not None
        assert (decision.kind, decision.rules) == ("rules", ["chat_account"])
        waiting = queries.waiting_for_review(work)
        assert [(card.id, fired.rules if fired else None) for card, fired in waiting] == [(listing.id, ["chat_account"])]


def test_a_phone_that_was_taken_down_before_is_looked_at_again(hub: Hub) -> None:
    seller = make_user(hub)
    imei = make_imei()
    removed = make_listing(hub, seller, state="removed", imei=imei)
    again = make_listing(hub, seller, state="in_review", imei=imei)
    with hub.look() as work:
        decision = queries.last_decision(work, again.id)
        assert decision is not None
        assert decision.rules == ["returned"]
    assert fresh(hub, removed.id).state == "removed"


def test_a_rejected_listing_is_a_draft_again_with_all_answers(hub: Hub) -> None:
    seller = make_user(hub)
    listing = make_listing(hub, seller, state="in_review", description="加微信 abc123")
    with hub.begin(actor(hub, make_member(hub, "operator"))) as work:
        service.reject(work, listing.code, "请删掉微信号。", listing.version)
    draft = fresh(hub, listing.id)
    assert draft.state == "draft"
    with hub.begin(actor(hub, seller)) as work:
        screen = wizard.Screen("condition", "notes")
        service.save_answer(work, listing.code, screen, {"description": "自用。"}, draft.revision)
        service.publish(work, listing.code)
    published = fresh(hub, listing.id)
    assert (published.state, published.current_version_no) == ("active", 2)


# Schemas


def test_the_phone_schema_asks_what_the_listing_page_shows() -> None:
    phone = schema.newest_schema("phone")
    assert phone is not None
    assert phone is schema.schema_by_id("phone-1")
    assert schema.newest_schema("submarine") is None
    assert set(ANSWERS) == {question.code for question in phone.questions}
    assert phone.photos.least == 3
    brands = {brand.code for brand in catalogue.brands("phone")}
    assert phone.erasure is not None
    for guide in phone.erasure.guides:
        assert set(guide.brands) <= brands
    guide = phone.guide_for("unknown-brand")
    assert guide is not None
    assert guide.brands == ()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("questions", 0, "kind"), "essay"),
        (("questions", 0, "options"), []),
        (("questions", 0, "code"), "battery"),
        (("questions", 0, "options", 0, "alone"), True),
        (("questions", 0, "options", 0, "code"), "unstable"),
        (("photos", "least"), 99),
        (("id",), "Phone 1"),
        (("schema_version",), 2),
        (("colour",), "red"),
        (("erasure", "guides"), []),
    ],
)
def test_a_broken_schema_is_refused(path: tuple[str | int, ...], value: object) -> None:
    data = yaml.safe_load((schema.FOLDER / "phone-1.yaml").read_text(encoding="utf-8"))
    place = data
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(ValidationError):
        schema.read_schema(yaml.safe_dump(data, allow_unicode=True))


# The first signs of the SHA-256 of everything that each schema asks: listings name the schema that they were made with, so
# what is asked from now on is a new file.
ASKED = {
    "phone-1": "94ef47ca4d16201e",
    "car-1": "da09718d411aab6a",
    "appliance-1": "e9cadbc75cf3b49b",
    "car-2": "cf39f7d8fc29100d",
    "appliance-2": "8161637bd12270b8",
}


@pytest.mark.parametrize("name", ASKED)
def test_what_a_published_schema_asks_never_changes(name: str) -> None:
    published = schema.schema_by_id(name)
    asked = [row.model_dump(mode="json", exclude_defaults=True) for row in (*published.attributes, *published.every_question)]
    assert sha256(canonical(asked)).hexdigest()[:16] == ASKED[name]


def test_who_discloses_something_about_a_car_says_in_words_what_happened() -> None:
    earlier, car = schema.schema_by_id("car-1"), schema.newest_schema("car")
    assert car is not None
    assert (car.id, car.category, car.photos) == ("car-2", "car", earlier.photos)
    disclosures = [each.code for each in earlier.questions if each.option("issue")]
    assert len(disclosures) == 9
    order = [each.code for each in car.questions]
    for code in disclosures:
        assert order[order.index(code) + 1] == f"{code}_words"
        for said, is_asked in (("issue", True), ("ok", False), ("unknown", False)):
            asked = {each.code for each in wizard.screens(car, {"answers": {code: said}})}
            assert (f"{code}_words" in asked) == is_asked
    assert [each for each in car.questions if not each.code.endswith("_words")] == list(earlier.questions)


def test_answers_to_an_earlier_schema_are_kept_where_the_question_is_the_same() -> None:
    earlier, car = schema.schema_by_id("car-1"), schema.schema_by_id("car-2")
    draft = {"brand": "bmw", "facts": {"seats": 5}, "answers": {"accident": "issue", "gone": "yes"}}
    assert wizard.still_asked(earlier, car, draft) == {
        "brand": "bmw",
        "facts": {"seats": 5},
        "answers": {"accident": "issue", "gone": "yes"},
    }
    other = car.model_copy(update={"facts": tuple(each for each in car.facts if each.code != "seats")})
    assert wizard.still_asked(earlier, other, draft)["facts"] == {}


def test_another_category_is_only_another_file(tmp_path: Path) -> None:
    """A made-up category without personal data goes through the wizard's functions without a word of code about it."""
    words = {"zh": "词", "en": "word"}
    lamp = schema.read_schema(
        yaml.safe_dump(
            {
                "schema_version": 1,
                "id": "lamp-1",
                "category": "lamp",
                "name": words,
                "photos": {"least": 1, "most": 2, "shots": []},
                "attributes": [],
                "questions": [
                    {
                        "code": "shade",
                        "kind": "choice",
                        "name": words,
                        "ask": words,
                        "options": [{"code": "whole", "name": words}],
                    }
                ],
            }
        )
    )
    assert "wipe" not in wizard.steps(lamp)
    screen = wizard.find_screen(lamp, "condition", "shade")
    assert screen is not None
    assert wizard.accept(lamp, {}, screen, {"answer": "whole"}) == {"answers": {"shade": "whole"}}
    assert "condition.shade" in {f"{lack.step}.{lack.screen}" for lack in wizard.missing(lamp, {}, [])}


def test_the_headline_names_the_first_things_a_buyer_wants_to_know() -> None:
    phone = schema.schema_by_id("phone-1")
    told = wizard.headlines(phone, {**ANSWERS, "screen_glass": "cracked", "battery": 71, "frame": "none"})
    assert told["zh"] == "屏幕有裂纹 · 电池 71% · 功能正常"
    assert wizard.headlines(phone, {}) == {}


def test_the_title_is_made_from_the_facts() -> None:
    assert wizard.title_of(schema.schema_by_id("phone-1"), answers()) == "iPhone 13 128GB 午夜色"
    assert wizard.title_of(schema.schema_by_id("phone-1"), answers(storage_gb=1024, colour="other")) == "iPhone 13 1TB"
    assert wizard.title_of(schema.schema_by_id("phone-1"), {}) == ""


def test_an_unfinished_draft_says_where_to_go_on(hub: Hub) -> None:
    draft = make_draft(hub, make_user(hub), photos=0)
    phone = schema.schema_by_id("phone-1")
    assert wizard.resume_at(phone, draft.draft, []).code == "photos"
    taken = [SimpleNamespace(shot=shot, state="ready") for shot in ("front", "back", "side")]
    assert wizard.resume_at(phone, draft.draft, taken).code == "check"
    waiting = [SimpleNamespace(shot=photo.shot, state="received") for photo in taken]
    assert [lack.values for lack in wizard.missing(phone, draft.draft, waiting)] == [{"count": 3}]
