"""An agency is admitted, its appraiser proves themselves and takes work; a suspension stops new work and keeps what was begun."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from app.accounts import service as accounts
from app.accounts.models import Organisation, User
from app.appraisal import proving, service
from app.factory import ROOT
from app.kernel.work import SYSTEM
from tests.accounts.making import actor
from tests.appraisal.making import Case, clean_answers, close, make_request, order_of
from tests.browser.journey import Pictures, answer, press, press_through, sign_in
from tests.browser.product import PASSWORD, Product
from tests.browser.seeing import Watch, visitor, zh
from tests.goods.making import make_thing

pytestmark = [pytest.mark.slow, pytest.mark.browser]

AGENCY = "望江鉴定所"
KINDS = ("检测软件", "数据清除工具", "划痕比对尺")
REASON = "抽查发现两台仪器超过校准有效期，整改前暂停。"
LIFTED = "整改完成，两台仪器已重新校准。"


def test_an_agency_is_admitted_works_is_suspended_and_works_again(product: Product, chromium: Browser, watch: Watch) -> None:
    pictures = Pictures(ROOT / "build/journey/register")
    agency, people = _newcomers(product)
    watch.expected += [(422, "/agency/apply/"), (409, "/appraisals/")]
    with (
        visitor(chromium, product.address, watch) as manager,
        visitor(chromium, product.address, watch) as appraiser,
        visitor(chromium, product.address, watch, desk=True) as operator,
        visitor(chromium, product.address, watch) as anybody,
    ):
        for page, who, target in (
            (manager, "manager", "/agency"), (appraiser, "appraiser", "/appraiser/me"), (operator, "operator", "/operator/register"),
        ):  # fmt: skip
            sign_in(page, people[who].email, target)
        pictures.take(manager, "agency-empty")
        _hand_in(appraiser, pictures)
        _apply(manager, pictures)
        _confirm_and_grant(operator, pictures)
        expect(_opened(anybody, f"/registry/agencies/{agency.code}")).to_contain_text("XY-PHONE-9001")
        pictures.take(anybody, "register-agency")

        _prove(appraiser, pictures)
        begun = _request(product, agency, people["appraiser"])
        appraiser.goto(f"/appraisals/{begun.code}")
        press_through(appraiser, "Accept and inspect")
        assert order_of(product.hub, begun).state == "accepted"
        with product.hub.begin(actor(product.hub, people["appraiser"])) as work:
            service.save_findings(work, begun.code, clean_answers(), 0)
        close(product.hub, people["appraiser"], begun.code)
        saved = order_of(product.hub, begun).findings
        waiting = _request(product, agency, people["appraiser"])

        operator.goto(f"/registry/agencies/{agency.code}")
        operator.get_by_role("link", name=zh("Suspend this agency")).click()
        operator.get_by_label(zh("Reason, readable by everybody")).fill(REASON)
        pictures.take(operator, "suspend")
        operator.get_by_role("button", name=zh("Suspend the agency")).click()
        expect(operator.get_by_text(REASON).first).to_be_visible()
        pictures.take(operator, "suspended-desk")

        expect(_opened(appraiser, f"/appraisals/{waiting.code}")).to_contain_text(REASON)
        expect(appraiser.get_by_role("button", name=zh("Accept and inspect"))).to_have_count(0)
        pictures.take(appraiser, "waiting-order-while-suspended")
        appraiser.goto(f"/appraisals/{begun.code}/sign")
        appraiser.get_by_label(zh("Your name, as it stands in your account")).fill(people["appraiser"].display_name)
        press(appraiser, "Sign the report")
        expect(appraiser.get_by_text(REASON).first).to_be_visible()
        pictures.take(appraiser, "signature-refused")
        assert order_of(product.hub, begun).findings == saved
        with product.hub.look() as work:
            owner = work.session.get_one(User, begun.owner.id)
        thing = make_thing(product.hub, owner)
        sign_in(anybody, owner.email, "/desk", password="green lamp on the stairs")
        expect(_opened(anybody, f"/appraisals/request?thing={thing.code}")).not_to_contain_text(AGENCY)

        operator.get_by_role("link", name=zh("Lift"), exact=True).click()
        operator.get_by_label(zh("Reason, readable by everybody")).fill(LIFTED)
        operator.get_by_role("button", name=zh("Lift the suspension")).click()
        expect(operator.get_by_text(LIFTED).first).to_be_visible()
        appraiser.goto(f"/appraisals/{begun.code}/sign")
        appraiser.get_by_label(zh("Your name, as it stands in your account")).fill(people["appraiser"].display_name)
        press_through(appraiser, "Sign the report")
        assert order_of(product.hub, begun).state == "issued"
        expect(_opened(anybody, f"/registry/appraisers/{people['appraiser'].code}")).to_contain_text(
            zh("Appraiser. %(count)s signed reports here.", count=1)
        )
        pictures.take(anybody, "register-appraiser")
    assert watch.take() == []


def _newcomers(product: Product) -> tuple[Organisation, dict[str, User]]:
    """An agency without any paper, with a manager and an appraiser; the operator is there already."""
    password_hash = accounts.hash_password(PASSWORD, time_cost=1)
    people = {"operator": product.staff["operator"]}
    with product.hub.begin(SYSTEM) as work:
        agency = accounts.create_organisation(work, "agency", AGENCY)
        for role, name in (("manager", "唐望"), ("appraiser", "宁望舒")):
            people[role] = accounts.create_user(work, f"{role}@wangjiang.example", name, password_hash)
            accounts.add_member(work, people[role], agency, role)
    return agency, people


def _hand_in(page: Page, pictures: Pictures) -> None:
    press_through(page, "Hand in a certificate")
    answer(page, zh("Phones"))
    answer(page, zh("Appraiser"))
    page.get_by_label(zh("Number of the certificate")).fill("ZJ-9001")
    page.get_by_label(zh("Issued by")).fill("云杉职业能力中心")
    page.get_by_label(zh("Valid from")).fill(date.today().isoformat())  # noqa: DTZ011 - what a person types
    page.get_by_label(zh("Valid until")).fill((date.today() + timedelta(days=700)).isoformat())  # noqa: DTZ011 - as above
    pictures.take(page, "certificate")
    press_through(page, "Hand it in")
    expect(page.get_by_text("ZJ-9001")).to_be_visible()


def _apply(page: Page, pictures: Pictures) -> None:
    for number, kind in enumerate(KINDS):
        page.goto("/agency/instruments/new")
        page.get_by_label(zh("Kind")).select_option(label=kind)
        page.get_by_label(zh("Maker")).fill("循衡")
        page.get_by_label(zh("Model")).fill(f"XH-{number}")
        page.get_by_label(zh("Serial number")).fill(f"WJ-{number}")
        press_through(page, "Add it and record its calibration")
    pictures.take(page, "instrument")
    page.goto("/agency/apply/phone")
    page.get_by_label(zh("Address of the premises")).fill("循河镇望江路 6 号")
    page.get_by_label(zh("Area used for appraisals")).fill("六十")
    for name, number in (("营业执照", "91500000WJ"), ("场地使用证明", "ZL-2026-06"), ("操作规程", "第 1 版")):
        page.get_by_label(name).fill(number)
    press(page, "Send the application")
    expect(page.locator(".error-summary")).to_be_visible()
    expect(page.get_by_label(zh("Area used for appraisals"))).to_have_value("六十")
    pictures.take(page, "application-refused-by-its-form")
    page.get_by_label(zh("Area used for appraisals")).fill("60")
    press_through(page, "Send the application")
    expect(page.get_by_text(zh("Your application waits for the operator"))).to_be_visible()
    pictures.take(page, "agency-applied")


def _confirm_and_grant(page: Page, pictures: Pictures) -> None:
    page.reload()
    pictures.take(page, "desk")
    page.get_by_role("link", name="宁望舒").click()
    pictures.take(page, "certificate-desk")
    page.get_by_role("button", name=zh("Confirm"), exact=True).click()
    page.wait_for_url("**/operator/register")
    page.get_by_role("link", name=AGENCY).first.click()
    page.get_by_label(zh("Number of the licence")).fill("XY-PHONE-9001")
    page.get_by_label(zh("Valid from")).fill(date.today().isoformat())  # noqa: DTZ011 - what a person types
    page.get_by_label(zh("Valid until")).fill((date.today() + timedelta(days=1000)).isoformat())  # noqa: DTZ011 - as above
    pictures.take(page, "application-desk")
    page.get_by_role("button", name=zh("Grant the licence")).click()
    expect(page.get_by_text(zh("The licence is granted and stands in the register."))).to_be_visible()


def _prove(page: Page, pictures: Pictures) -> None:
    page.goto("/appraiser/me")
    pictures.take(page, "my-register")
    page.get_by_role("button", name=zh("Begin a proficiency test")).first.tap()
    page.wait_for_url("**/appraiser/tests/*")
    pictures.take(page, "test")
    for asked in proving.samples("phone").samples[0].ask:
        field = page.locator(f"[name='item-{asked.key}']")
        if field.first.get_attribute("type") == "radio":
            chosen = page.locator(f"[name='item-{asked.key}'][value='{asked.answer}']")
            page.locator(f"label[for='{chosen.get_attribute('id')}']").tap()
        else:
            field.fill(asked.answer)
    press_through(page, "Hand in the test")
    expect(
        page.get_by_text(zh("Passed: %(agreed)s of %(count)s items agree, no critical one was missed.", agreed=14, count=14))
    ).to_be_visible()
    pictures.take(page, "test-passed")


def _request(product: Product, agency: Organisation, appraiser: User) -> Case:
    return make_request(product.hub, agency=agency, appraiser=appraiser)


def _opened(page: Page, address: str) -> Locator:
    page.goto(address)
    return page.get_by_role("main")
