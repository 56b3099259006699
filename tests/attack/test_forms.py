"""Every control of every form that any page offers gets hostile values: a plain answer, nothing lost, nothing written on refusal."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict

from app.aftersales.states import BUYER_TURN, ESCALATED, SELLER_TURN
from app.appraisal import queries as appraisals
from app.appraisal import service as appraisal
from app.trades import service as trades
from app.trades.states import ACCEPTANCE, CLOSED_REFUNDED, FULFILLING, MEET, PAID
from tests.accounts.making import actor, token_of
from tests.aftersales.deciding import ask, rule
from tests.aftersales.going_back import going_back
from tests.aftersales.making import arrived, make_claim, make_offered
from tests.appraisal.making import clean_answers, close
from tests.appraisal.paying import district
from tests.attack.crawling import Field, Reader, Sheet, endpoint_at, sheets_of
from tests.attack.size import FULL, some
from tests.attack.values import DATES, IMEIS, LINES, MONEY, NOISE, PARAGRAPHS, PHONES, WHOLES
from tests.attack.vault import Vault
from tests.goods.making import make_thing
from tests.guards.conftest import Town
from tests.guards.test_roles import ROWS
from tests.listings.making import make_listing
from tests.trades.carrying import brought, changed
from tests.trades.carrying import on_its_way as being_brought
from tests.trades.making import as_buyer, ask_back, make_order, report

pytestmark = pytest.mark.slow

WALKERS = ("visitor", "household", "appraiser", "officer", "operator")
FINE = {303, 400, 404, 409, 413, 422, 429}
# Writes that no page of this walk offers, and why; those that forms send are attacked in a world of their own (rare.py).
BANK_FORMS = (
    "payments.assign_row",
    "payments.book_row",
    "payments.export_transfers",
    "payments.import_statement",
    "payments.payment_file",
    "payments.refuse_transfer",
    "payments.return_row",
)
NOT_OFFERED = {
    "payments.webhook": "comes from the provider",
    "payments.stripe_webhook": "comes from the provider",
    **dict.fromkeys(("payments.open_account", "payments.open_agency_account"), "the practice provider pays without accounts"),
    "appraisal.answers": "sent by the workbench's script, as JSON",
    "listings.try_answer": "sent by the wizard's script; the screen's own form is the same with a button",
    **dict.fromkeys(("appraisal.mark_photo", "appraisal.remove_photo"), "no inspection of this walk has a photo"),
    **dict.fromkeys(("appraisal.check_erasure", "appraisal.seal"), "no phone of this walk has been erased"),
    **dict.fromkeys(
        ("appraisal.freeze", "appraisal.add_signature", "appraisal.confirm", "appraisal.refer_back", "appraisal.reopen"),
        "no appraiser of this walk has a key, and no draft waits",
    ),
    **dict.fromkeys(("appraisal.correct", "appraisal.drop_correction"), "no report of this walk is its appraiser's"),
    "trades.withdraw_offer": "the offers of this walk are answered and not made; its form is that of declining, and its own test plays it",
    "peerreviews.save": "the other button of the form that hands in; its own test plays it",
    "peerreviews.decide": "no two grades wait for the appraiser of this walk",
    **dict.fromkeys(("peerreviews.draw_again", "peerreviews.name"), "somebody was drawn for every second look of this walk"),
    "aftersales.carry_out": "no ruling of this walk is being carried out",
    "aftersales.draw_dispute": "somebody was drawn for every dispute of this walk",
    "reinspection.search_again": "no re-inspection of this walk waits for staff",
    **dict.fromkeys(("appraisal.object_to_absence", "appraisal.say_absent"), "the visit of this walk is still to come"),
    "visits.decide": "about no visit of this walk both sides disagree",
    "appraisal.revoke_key": "no appraiser of this walk has a key",
    **dict.fromkeys(BANK_FORMS, "with the bank door only; tests/payments/test_bank_pages.py plays them"),
    "payments.close_anomaly": "the books of this town are in order",
    "payments.pay_agency": "every agency of this town that has earned something is managed",
    "payments.retry": "no command of this town has failed",
    "pages.send_job_again": "no job of this town has given up",
    "pages.try_deadline_again": "no deadline of this town has given up",
    **dict.fromkeys(("valuation.promote_model", "valuation.roll_back_model"), "no price model of this walk was trained"),
    "accounts.confirm": "behind the link of a mail",
    "accounts.reset": "behind the link of a mail",
}
# What a refused form still writes, by table, and why.
WRITTEN = {
    "accounts.sign_in": {"login_attempt"},  # tries are counted, also those that fail
    "accounts.register": {"login_attempt"},
    "accounts.forgot": {"login_attempt"},
    "accounts.change_password": {"login_attempt"},
    "trades.enter_meeting_code": {"trade_order"},  # wrong codes are counted
    "trades.propose_change": {"audit_entry", "audit_head"},  # as with "trades.ship"
    "trades.ship": {"audit_entry", "audit_head"},  # the page shows the seller the address again, and that is put on record
    "trades.cancel": {"audit_entry", "audit_head"},
    "trades.answer_case": {"audit_entry", "audit_head"},
    "trades.send_back": {"audit_entry", "audit_head"},
    **{key: {"audit_entry", "audit_head"} for key in ("aftersales.send_back", "aftersales.withdraw")},  # the seller's address
    "appraisal.check_in": {"audit_entry", "audit_head", "visit_handing"},  # wrong digits are counted
    "appraisal.save": {"appraisal", "audit_entry", "inspection_change"},  # what can be kept is kept; the rest comes back
}
KINDS = {"price": MONEY, "amount": MONEY, "refunded_fen": WHOLES, "phone": PHONES, "imei": IMEIS, "percent": WHOLES, "expected_price_fen": WHOLES, "expected_version": WHOLES, "version": WHOLES,
         "revision": WHOLES, "rev": WHOLES}  # fmt: skip


def starts(town: Town, role: str) -> list[str]:
    """Where this reader begins: the first pages, and the things that are theirs."""
    parts = {kind: str(found.get("code", "")) for kind, found in town.parts.items()}
    scheme = town.parts["scheme_revision"]
    steps = ("model", "photos", "condition", "price", "place", "wipe", "check")
    own = {
        "household": [
            f"/claims/{parts['claim']}", "/desk", "/my/listings", "/my/orders", "/account", "/notices", "/sell", f"/items/{parts['listing']}/buy", f"/items/{parts['own_listing']}", f"/items/{parts['own_listing']}/edit",
            *(f"/orders/{parts[kind]}" for kind in ("purchase", "sale", "unpaid", "sold_order")), f"/orders/{parts['purchase']}/problem", f"/pay/{parts['payment']}",
            *(f"/sell/{parts['draft']}/{step}" for step in steps), f"/appraisals/request?thing={town.parts['thing']['thing']}",
            f"/appraisals/request/visit?thing={town.parts['thing']['thing']}&district={district()}", f"/appraisals/{parts['home_appraisal']}",
            f"/invitations/{parts['invitation']}", f"/appraisals/{parts['asked_appraisal']}", f"/sandbox/checkout/{town.parts['intent']['intent_id']}", "/account/tokens",
        ],
        "appraiser": ["/appraiser", f"/appraisals/{parts['asked_appraisal']}", f"/appraisals/{parts['taken_appraisal']}", f"/appraisals/{parts['taken_appraisal']}/sign",
                      "/appraiser/me", "/appraiser/certificates/new", "/appraiser/courses/new", f"/appraiser/tests/{parts['proficiency']}",
                      "/peer-reviews", f"/peer-reviews/{parts['asked_review']}", f"/agency/schemes/{scheme['scheme_id']}/43", f"/agency/readings/{parts['scheme_reading']}"],
        "officer": ["/oversight", f"/oversight/{parts['purpose']}", f"/oversight/{parts['purpose']}/agencies/{parts['reg_agency']}", "/oversight/keys", f"/oversight/{parts['purpose']}/findings"],
        "operator": ["/operator/organisations", f"/organisations/{parts['house']}", "/operator/cases", f"/operator/reinspections/{parts['contest']}", f"/operator/cases/{parts['case']}", f"/disputes/{to_decide(town)}", "/operator/disputes", "/operator/money", "/operator/refunds", f"/operator/orders/{parts['sold_order']}/refund", f"/operator/reviews/{parts['opened_review']}", "/operator/jobs", "/operator/listings", f"/operator/listings/{parts['listing']}",
                     f"/operator/applications/{parts['application']}", f"/operator/certificates/{parts['certificate']}", f"/operator/agencies/{parts['reg_agency']}/suspend",
                     f"/operator/suspensions/{parts['suspension']}/lift", f"/operator/courses/{parts['course']}/strike", f"/operator/calibrations/{parts['calibration']}/strike",
                     *(f"/operator/licences/{parts['licence']}/{step}" for step in ("correct", "withdraw")),
                     "/operator/models", f"/operator/models/{town.parts['price_model']['name']}", "/operator/prices", *(f"/operator/prices/{parts[kind]}" for kind in ("price_import", "other_import")),
                     "/operator/schemes", *(f"/operator/schemes/{parts[kind]}" for kind in ("scheme_proposal", "own_scheme_proposal"))],
    }  # fmt: skip
    return own.get(role) or ["/", "/sign-in", "/register", "/forgot", "/dev/sign-in", "/worth?category=car&brand=volkswagen"]


def to_decide(town: Town) -> str:
    """A dispute that was drawn for the operator of this town."""
    return ask(town.hub, make_claim(town.hub, ESCALATED)[0], town.people["operator"]).code


def ruled(town: Town) -> str:
    """A claim of the household's about which there is a ruling."""
    row, _order = make_claim(town.hub, ESCALATED, arrived(town.hub, buyer=town.people["household"]))
    rule(town.hub, row)
    return row.code


def waiting_for_the_household(town: Town) -> list[str]:
    """Pages of sales and purchases that wait for each step that the two sides can take, and of an offer taken back."""
    hub, me = town.hub, town.people["household"]
    sales = {state: make_order(hub, state, seller=me, delivery=MEET) for state in (PAID, FULFILLING)}
    to_cancel = make_order(hub, FULFILLING, seller=me, delivery=MEET)
    as_buyer(hub, to_cancel, trades.ask_cancel, to_cancel.code)
    accused, complained = make_order(hub, ACCEPTANCE, seller=me), make_order(hub, ACCEPTANCE, buyer=me)
    for order in (accused, complained):
        report(hub, order)
    refunded, to_send_back = make_order(hub, CLOSED_REFUNDED, seller=me), make_order(hub, CLOSED_REFUNDED, buyer=me)
    ask_back(hub, to_send_back)
    on_its_way = make_order(hub, FULFILLING, buyer=me)
    claims = [
        *(make_claim(hub, state, arrived(hub, buyer=me))[0].code for state in (BUYER_TURN,)),
        make_claim(hub, SELLER_TURN, arrived(hub, seller=me))[0].code,
        make_offered(hub, arrived(hub, buyer=me)).code,
        ruled(town),
        *(going_back(hub, step, order=arrived(hub, seller=me))[0].code for step in ("address", "receive")),
        going_back(hub, "send", order=arrived(hub, buyer=me))[0].code,
    ]
    to_compare, to_install = arrived(hub, buyer=me), brought(hub, buyer=me)
    orders = [*sales.values(), to_cancel, accused, complained, refunded, to_send_back, on_its_way]
    return [
        *(f"/orders/{order.code}" for order in orders),
        *(f"/claims/{code}" for code in claims),
        f"/orders/{to_compare.code}/check",
        f"/orders/{to_install.code}",
        f"/orders/{changed(hub, buyer=me).code}",
        f"/orders/{changed(hub, seller=me).code}",
        f"/orders/{being_brought(hub, seller=me).code}",
        f"/items/{make_listing(hub, me, state='withdrawn').code}",
    ]


def answered_inspection(town: Town, *, is_sealed: bool) -> str:
    """The code of an inspection that has every answer: the erasure is the next thing, or with a seal its signature."""
    hub, inspector = town.hub, town.people["appraiser"]
    thing = make_thing(hub, town.people["other"])
    with hub.begin(actor(hub, town.people["other"])) as work:
        own = appraisals.agencies_of(actor(hub, inspector))
        agency = next(each for each in appraisals.agencies(work) if each.id in own)
        code = appraisal.request(work, thing.code, agency.code).code
    for verb, given in ((appraisal.accept, ()), (appraisal.save_findings, (clean_answers(), 0))):
        with hub.begin(actor(hub, inspector)) as work:
            verb(work, code, *given)
    if is_sealed:
        close(hub, inspector, code)
    return code


@pytest.fixture(scope="module")
def offered(town: Town, vault: Vault) -> dict[str, dict[str, Sheet]]:
    """role -> the forms that it is offered."""
    vault.restore()
    answered = {is_sealed: answered_inspection(town, is_sealed=is_sealed) for is_sealed in (True, False)}
    further = {
        "household": waiting_for_the_household(town),
        "appraiser": [f"/appraisals/{answered[True]}/sign", f"/appraisals/{answered[False]}/erasure"],
    }
    found = {role: sheets_of(town, role, [*starts(town, role), *further.get(role, [])]) for role in WALKERS}
    vault.keep()
    return found


def values_for(control: Field, endpoint: str) -> list[str]:
    if control.kind in ("select", "radio", "checkbox"):
        table = [*NOISE, *[text for text, _ in WHOLES]]
    elif control.name in KINDS:
        table = [text for text, _ in KINDS[control.name]]
    elif control.kind == "textarea":
        table = [text for text, _ in PARAGRAPHS]
    else:
        table = [text for text, _ in [*LINES, *DATES[:60]]]
    return some(
        [text for text in table if not re.search("[\ud800-\udfff]", text)],
        3 if control.kind != "textarea" else 6,
        f"{endpoint} {control.name}",
    )


def is_walked(name: str, row: dict) -> bool:
    """Whether the walk comes by: no reader of it manages an agency, and no appraisal of the town was paid for."""
    return not name.startswith("api.") and row["kind"] != "paid_appraisal" and row["policy"] != ["manager"]


def test_forms_of_every_write_are_offered(offered: dict[str, dict[str, Sheet]]) -> None:
    """The walk must not pass because it found nothing to walk over."""
    seen = {name.split()[0] for sheets in offered.values() for name in sheets}
    writes = {name.split()[0] for name, row in ROWS.items() if name.endswith(" POST") and is_walked(name, row)}
    assert sorted(writes - seen - set(NOT_OFFERED)) == [], "let a page offer it, or say in NOT_OFFERED why none does"
    assert sorted(NOT_OFFERED.keys() & seen) == [], "these are offered now"
    assert sum(len(sheet.typed) for sheets in offered.values() for sheet in sheets.values()) > 80


@pytest.mark.parametrize("role", WALKERS)
def test_hostile_value_is_answered_and_a_refusal_writes_nothing(
    town: Town, vault: Vault, offered: dict[str, dict[str, Sheet]], role: str
) -> None:
    vault.restore()
    faults: list[str] = []
    browser = town.browser(role)
    vault.keep()
    for name, sheet in offered[role].items():
        endpoint, _ = endpoint_at(town, sheet.action, "POST")
        if endpoint in ("accounts.sign_out", "accounts.end_role", "dev.become", "accounts.end_other_sessions", ""):
            continue
        for control in some(sheet.typed, 12, name):
            if role != "household" and control.name in ("language", "theme", "next"):
                continue
            for value in values_for(control, endpoint):
                assert len(faults) < 100, "\n".join(faults)
                faults += play(vault, browser, name, endpoint, sheet, control, value)
    vault.restore()
    assert not faults, "\n".join(faults)


def play(vault: Vault, browser: FlaskClient, name: str, endpoint: str, sheet: Sheet, control: Field, value: str) -> list[str]:
    token = token_of(browser.get("/protection"))
    vault.changed()
    sent = MultiDict([pair for pair in sheet.with_value(control.name, value) if pair[0] != "csrf_token"])
    sent["csrf_token"] = token
    answer = browser.post(sheet.action, data=sent, headers={"Sec-Fetch-Site": "same-origin"})
    said = f"{name} {control.name}={value[:40]!r} ({len(value)}): "
    faults = []
    if answer.status_code not in FINE:
        faults.append(f"{said}{answer.status_code}")
    changed = vault.changed()
    if changed and answer.status_code >= 400:
        more = vault.changed_tables() - WRITTEN.get(endpoint, set())
        faults += [f"{said}{answer.status_code}, and {sorted(more)} were written to"] if more else []
    if answer.status_code in (409, 422):
        faults += [said + fault for fault in kept(answer.text, control, value)]
    if changed:
        vault.restore()
    return faults


def kept(text: str, control: Field, value: str) -> list[str]:
    """What is wrong with how the page shows what was typed: gone, or taken for markup."""
    page = Reader("/", text)
    faults = []
    if any("alert(1)" in found for tag, has in page.elements for attribute, found in has.items() if attribute.startswith("on")):
        faults.append("an attribute that runs")
    if any(tag in ("iframe", "math", "mglyph", "base", "object", "embed") for tag, _ in page.elements):
        faults.append("an element out of text")
    if (
        control.kind in ("text", "textarea")
        and "password" not in control.name
        and control.name not in ("current", "new", "username")
    ):
        controls = [
            each for sheet in page.sheets for each in sheet.fields if each.name == control.name and each.kind == control.kind
        ]
        shown = {re.sub(r"\s+", "", each.value) for each in controls}
        typed = re.sub(r"\s+", "", value.replace("\x00", "\ufffd"))
        if controls and typed not in {each.replace("\x00", "\ufffd") for each in shown} and not _reads_as(typed, shown):
            faults.append(f"what was typed is gone: {sorted(shown)[:2]!r:.80}")
    return faults


def _reads_as(typed: str, shown: set[str]) -> bool:
    """The same text in its normal form: composed letters, plain digits, no invisible marks around it."""
    from app.web.forms import clean, plain

    for form in (typed, plain(typed)):
        try:
            if re.sub(r"\s+", "", clean(form, lines=True)) in shown or re.sub(r"\s+", "", clean(form)) in shown:
                return True
        except ValueError:
            continue
    return False


# Mass assignment

EXTRA = {
    "id": "1", "code": "0" * 26, "user_id": "1", "owner_id": "1", "seller_id": "1", "buyer_id": "1", "appraiser_id": "1", "agency_id": "1", "officer_id": "1",
    "role": "operator", "roles": "operator", "duty": "officer", "duties": "operator", "is_admin": "1", "is_staff": "1", "admin": "true", "verified_at": "2026-01-01",
    "disabled_at": "", "password_hash": "x", "auth_epoch": "99", "email": "evil@xunyi.example", "display_name": "官方客服", "state": "completed", "status": "paid",
    "kind": "operator", "price_fen": "1", "fee_fen": "0", "fee_bp": "0", "amount_fen": "1", "balance": "999999", "currency": "USD", "listing_id": "1", "thing_id": "1",
    "version": "999", "current_version_no": "999", "findings_rev": "999", "created_at": "1999-01-01", "paid_at": "2026-01-01", "shipped_at": "2026-01-01",
    "expires_at": "2099-01-01", "audience": "public", "tier": "S", "grade": "S", "score": "100", "title": "planted", "audit": "0", "_method": "DELETE", "__proto__": "x",
    "session_id": "1", "sid": "x", "csrf": "0", "payment_code": "x", "sealed": "x", "hash": "x", "schema_id": "x", "category": "car", "removed_by_id": "1",
}  # fmt: skip


@pytest.mark.parametrize("role", WALKERS[1:])
def test_extra_fields_of_a_form_change_nothing(town: Town, vault: Vault, offered: dict[str, dict[str, Sheet]], role: str) -> None:
    """The same form is sent twice as it is and once with fields that the tables have: the rows must come out the same."""
    vault.restore()
    browser = town.browser(role)
    vault.keep()
    faults, written = [], 0
    for name, sheet in offered[role].items():
        endpoint, _ = endpoint_at(town, sheet.action, "POST")
        if endpoint in (
            "accounts.sign_out",
            "accounts.end_role",  # one's own: the walk would go on as somebody else
            "dev.become",
            "accounts.end_other_sessions",
            "pages.set_language",
            "pages.set_theme",
            "",
        ):
            continue
        own = {each.name for each in sheet.fields}
        extra = {key: value for key, value in EXTRA.items() if key not in own}
        first, again, attacked, last = (rows_after(vault, browser, sheet, more) for more in ({}, {}, extra, {}))
        if attacked[0] != first[0]:
            faults.append(f"{name}: {attacked[0]} instead of {first[0]}")
        written += first[0] == 303
        faults += [f"{name}: {where}" for where in differences(attacked[1], first[1], again[1], last[1])]
    vault.restore()
    assert not faults, "\n".join(faults)
    assert written >= {"household": 8, "operator": 1, "appraiser": 1, "officer": 1}[role] or FULL


def rows_after(vault: Vault, browser: FlaskClient, sheet: Sheet, more: dict[str, str]) -> tuple[int, dict]:
    token = token_of(browser.get("/protection"))
    sent = MultiDict([pair for pair in sheet.filled if pair[0] != "csrf_token"])
    sent.update({**more, "csrf_token": token})
    status = browser.post(sheet.action, data=sent).status_code
    rows = vault.rows()
    vault.restore()
    return status, rows


def differences(attacked: dict, *plain: dict) -> list[str]:
    """Tables and columns that came out differently, besides those that are random or the time in every run."""
    faults = []
    for table, rows in plain[0].items():
        if len(attacked[table]) != len(rows):
            faults.append(f"{table}: {len(attacked[table])} rows instead of {len(rows)}")
            continue
        for number, row in enumerate(attacked[table]):
            if any(row == run[table][number] for run in plain):
                continue
            for column, value in row.items():
                usual = {repr(run[table][number][column]) for run in plain}
                if len(usual) == 1 and repr(value) not in usual:
                    faults.append(f"{table}.{column}: {value!r:.60}")
    return faults


def test_the_check_sees_a_field_that_was_let_through(town: Town, vault: Vault) -> None:
    """The same comparison, with a row changed as a careless view would have changed it."""
    plain = vault.rows()
    attacked = {table: [dict(row) for row in rows] for table, rows in plain.items()}
    attacked["trade_order"][0]["price_fen"] = 1
    assert differences(attacked, plain, plain, plain) == ["trade_order.price_fen: 1"]
