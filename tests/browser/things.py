"""What people do with cars and appliances in the browser: the wizard, the inspection, the search, the way into the room."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from playwright.sync_api import Page, expect

from app.demo.pictures import CarLook, draw_appliance, draw_car
from tests.browser.journey import Pictures, answer, go_on, press, press_through
from tests.browser.seeing import zh

# What a seller says, screen by screen: an answer card, a number to type, or (a list) several cards.
Said = str | list[str]
CAR = ("大众", "朗逸", "白色")
CAR_FACTS: Sequence[Said] = ("汽油", "2020-05", "52000", "2020-05", "0", "一直是非营运", "自动挡", "1.5", "国六", "5")
CAR_CONDITION: Sequence[Said] = (*("没有",) * 9, "2028-05", ["机动车登记证书", "行驶证"], "几处小划痕或补过漆", "正常")
WASHER = ("洗衣机", "海尔", "滚筒洗衣机 10 公斤")
WASHER_FACTS: Sequence[Said] = ("10", "2023-06", "2023-04", "1 级")
WASHER_CONDITION: Sequence[Said] = ("正常", "都正常", ["都没有"], "轻微划痕", "没有修过", ["不缺"], "没有联网功能")
WASHER_HANDING: Sequence[Said] = ("没有安装，搬走就行", "6", "没有，走楼梯", ["免费送进房间，不做其他"])

CAR_SHOTS = ("left_front", "right_rear", "dashboard", "seats", "bay", "wheels")
APPLIANCE_SHOTS = ("whole", "plate", "inside")


def car_photos(folder: Path) -> dict[str, Path]:
    look = CarLook("sedan", "white", 52_000, False, 1)
    return _written(folder, {shot: draw_car("journey", shot, look, model="volkswagen/lavida") for shot in CAR_SHOTS})  # type: ignore[arg-type]


def washer_photos(folder: Path) -> dict[str, Path]:
    drawn = {shot: draw_appliance("journey", shot, "haier/front-loader-10", 1) for shot in APPLIANCE_SHOTS}  # type: ignore[arg-type]
    return _written(folder, drawn)


def _written(folder: Path, pictures: Mapping[str, bytes]) -> dict[str, Path]:
    folder.mkdir(parents=True, exist_ok=True)
    for shot, data in pictures.items():
        (folder / f"{shot}.jpg").write_bytes(data)
    return {shot: folder / f"{shot}.jpg" for shot in pictures}


def list_car(page: Page, vin: str, photos: Mapping[str, Path], price: str, pictures: Pictures) -> str:
    """Through the wizard to a published car; returns the address of its page."""
    _begin(page, "汽车")
    for number, said in enumerate(CAR):
        answer(page, said)
        pictures.take(page, f"car-choice-{number + 1}", whole=False)
        go_on(page)
    page.get_by_label(zh("VIN")).or_(page.get_by_label("车辆识别代号")).first.fill(vin)
    pictures.take(page, "car-vin")
    go_on(page)
    _say_all(page, CAR_FACTS, pictures, "car-fact")
    _send(page, photos, pictures, "car")
    _say_all(page, CAR_CONDITION, pictures, "car-condition")
    _say_the_rest(page, "一直在店里保养，记录都在。", price, [zh("The buyer comes for it")], pictures, "car")
    return _publish(page, pictures, "car")


def list_washer(page: Page, serial: str, photos: Mapping[str, Path], price: str, pictures: Pictures) -> str:
    """The same for a washing machine, with the questions about the way out of its room."""
    _begin(page, "家电")
    for number, said in enumerate(WASHER):
        answer(page, said)
        pictures.take(page, f"washer-choice-{number + 1}", whole=False)
        go_on(page)
    page.get_by_label("机身序列号").fill(serial)
    pictures.take(page, "washer-number")
    go_on(page)
    _say_all(page, WASHER_FACTS, pictures, "washer-fact")
    _send(page, photos, pictures, "washer")
    _say_all(page, WASHER_CONDITION, pictures, "washer-condition")
    _say_the_rest(page, "换了大一号的，这台空着。", price, [zh("Bring it to the buyer's room")], pictures, "washer")
    _say_all(page, WASHER_HANDING, pictures, "washer-handing")
    return _publish(page, pictures, "washer")


def _begin(page: Page, category: str) -> None:
    page.goto("/sell")
    page.get_by_role("button", name=category, exact=True).tap()
    page.wait_for_url("**/sell/*/*")


def _say_all(page: Page, said: Sequence[Said], pictures: Pictures, name: str) -> None:
    for number, each in enumerate(said, start=1):
        if isinstance(each, list):
            for one in each:
                answer(page, one)
        elif re.fullmatch(r"[\d.-]+", each):
            page.get_by_role("main").get_by_role("textbox").first.fill(each)
        else:
            answer(page, each)
        pictures.take(page, f"{name}-{number}", whole=False)
        go_on(page)


def _send(page: Page, photos: Mapping[str, Path], pictures: Pictures, name: str) -> None:
    for shot, file in photos.items():
        page.locator(f"#photo-{shot}").set_input_files(file)
    expect(page.locator(".photo-row img")).to_have_count(len(photos), timeout=60_000)
    pictures.take(page, f"{name}-photos")
    go_on(page)


def _say_the_rest(page: Page, words: str, price: str, ways: list[str], pictures: Pictures, name: str) -> None:
    page.get_by_label(zh("In your own words")).fill(words)
    go_on(page)
    page.get_by_label(zh("Your price")).fill(price)
    no_fee = zh("Cars cannot be paid for here yet, so Xunyi takes no fee. You and the buyer settle the sale between you.")
    expect(page.locator("#price-view")).to_contain_text(no_fee if name == "car" else "¥")
    pictures.take(page, f"{name}-price")
    go_on(page)
    page.get_by_label(zh("District")).select_option(label="渝北区")
    for way in ways:
        answer(page, way)
    pictures.take(page, f"{name}-place")
    go_on(page)


def _publish(page: Page, pictures: Pictures, name: str) -> str:
    for _ in range(40):
        if page.get_by_role("button", name=zh("Publish"), exact=True).count():
            break
        page.wait_for_timeout(500)
        page.reload()
    pictures.take(page, f"{name}-check")
    press(page, "Publish")
    page.wait_for_url("**/items/*")
    expect(page.get_by_text(zh("Your listing is on sale. We tell you as soon as somebody buys it."))).to_be_visible()
    pictures.take(page, f"{name}-on-sale")
    return page.url


# -- finding and getting it ----------------------------------------------------------------------------------------------


def find_in_category(page: Page, slug: str, choices: Mapping[str, str], item: str, pictures: Pictures) -> None:
    """By the category's page and its filters to the listing. ``choices``: name of a filter -> beginning of the words chosen."""
    code = item.rsplit("/", 1)[-1]
    page.goto(f"/c/{slug}")
    card = page.locator(f'a[href$="/items/{code}"]')
    for _ in range(60):
        if card.count():
            break
        page.wait_for_timeout(500)
        page.reload()
    pictures.take(page, f"{slug}")
    page.locator("#filters > summary").tap()
    sheet = page.get_by_role("dialog")
    for label, words in choices.items():
        box = sheet.get_by_label(label, exact=True)
        wanted = next(text for text in box.locator("option").all_inner_texts() if text.startswith(words))
        box.select_option(label=wanted)
    pictures.take(page, f"{slug}-filters", whole=False)
    with page.expect_navigation():
        sheet.get_by_role("button", name=zh("Show results"), exact=True).tap()
    expect(page.get_by_role("list", name=zh("Filters that are on")).get_by_role("listitem")).to_have_count(len(choices))
    pictures.take(page, f"{slug}-filtered")
    card.first.tap()
    page.wait_for_url(f"**/items/{code}")
    pictures.take(page, f"{slug}-item")


def buy_into_the_room(page: Page, pictures: Pictures) -> str:
    """Confirm with floor, lift and what else must be known, and pay; returns the address of the order."""
    press(page.get_by_role("region", name=zh("Next action")), "Buy")
    page.wait_for_url("**/buy")
    page.get_by_label(zh("Who receives the parcel")).fill("陈默")
    page.get_by_label(zh("Phone number for the carrier")).fill("13800138000")
    page.get_by_label(zh("Delivery address")).fill("重庆市南岸区南坪街道江南大道 8 号 3 单元 1201 室")
    page.get_by_label(zh("Floor")).fill("12")
    answer(page, zh("Yes, but it does not fit in"))
    page.get_by_label(zh("What else must be known for carrying it in?")).fill("楼道窄，请带拆门工具。")
    pictures.take(page, "washer-buy")
    page.get_by_role("main").locator("form button[type=submit]").last.tap()
    page.wait_for_url("**/pay/*")
    press_through(page, "Go to the checkout")
    press_through(page, "Pay with practice money")
    page.wait_for_url("**/orders/*", timeout=60_000)
    pictures.take(page, "washer-order-paid")
    return page.url


def bring_it(page: Page, order: str, pictures: Pictures) -> None:
    """The seller reads where it goes and says that it is brought by own hands: no number is needed."""
    page.goto(order)
    expect(page.get_by_text("楼道窄，请带拆门工具。")).to_be_visible()
    page.get_by_label(zh("Carrier")).select_option(label="卖家自己送或请货运师傅")
    pictures.take(page, "washer-to-bring")
    press_through(page, "It is on its way")
    expect(page.get_by_text(zh("none, it is brought"))).to_be_visible()
    pictures.take(page, "washer-on-its-way")
