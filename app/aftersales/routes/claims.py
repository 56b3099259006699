"""Open a claim, read it, and the lists of claims."""

from __future__ import annotations

from typing import Any

from flask import Response, make_response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import queries as accounts
from app.aftersales import queries, rules, service
from app.aftersales.errors import ClaimNotFound
from app.aftersales.forms import AddressForm, ClaimForm, ProposalForm, ReceiveForm, RulingForm, SendForm, StepForm, WordsForm
from app.aftersales.models import Claim
from app.aftersales.routes.blueprint import bp
from app.aftersales.service import Wanted
from app.aftersales.states import BUYER, BUYER_TURN, ESCALATED, OPEN, PARTIAL, REMEDIES, RETURNING, SELLER, SELLER_TURN
from app.aftersales.wording import (
    ADDRESS,
    FAULT_WORDS,
    KIND_WORDS,
    NUMBER_WORDS,
    RECEIPT_WORDS,
    REMEDY_WORDS,
    SEND,
    STAFF,
    STATE_WORDS,
    STEPS,
    status_of,
)
from app.kernel.errors import Conflict, InvalidInput, NotAllowed
from app.kernel.work import Work
from app.media.errors import PhotoRefused
from app.media.queries import photo_file
from app.regulations import queries as regulations
from app.trades import service as trading
from app.trades.models import Order
from app.trades.queries import carriers, is_with_buyer, rights_of_order
from app.trades.queries.checking import differences_of
from app.web import allow, begin, hub, look, render
from app.web.forms import Form

MB = 1024 * 1024


@bp.url_value_preprocessor
def _allow_large_bodies(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Photos come with the claim. Here, because the form token is read before any view runs."""
    if endpoint == "aftersales.claim" and request.method == "POST":
        request.max_content_length = hub().settings.max_upload_mb * MB


@bp.get("/my/claims")
@allow("member")
def mine() -> Response:
    """Claims about what the reader bought and sold."""
    with look() as work:
        rows = [(claim, work.session.get_one(Order, claim.order_id)) for claim in queries.claims_of(work, work.actor.id)]
        return render("aftersales/mine.html", rows=rows, states=STATE_WORDS, is_mine=True)


@bp.get("/operator/claims")
@allow("operator")
def listed() -> Response:
    """Every claim; those that wait for a decision come first."""
    with look() as work:
        return render("aftersales/mine.html", rows=queries.for_staff(work), states=STATE_WORDS, is_mine=False)


@bp.route("/orders/<code>/claim", methods=["GET", "POST"])
@allow("member")
def claim(code: str) -> AnyResponse:
    """Point at what differs, show it, and say what you ask for; then order and money stand still."""
    form = ClaimForm()
    if not form.validate_on_submit():
        return _claim_page(code, form, 422 if request.method == "POST" else 200)
    wanted = Wanted(
        reason=form.reason.data or "",
        text=form.text.data or "",
        remedy=form.remedy.data or "",
        items=form.items.data or (),
        amount_fen=form.amount.data,
        photos=[file.read() for file in form.files],
    )
    try:
        with begin() as work:
            opened = service.open_claim(work, hub().store, hub().sealer, code, wanted)
        return redirect(url_for("aftersales.show", code=opened.code), code=303)
    except PhotoRefused as refusal:
        form.take(InvalidInput({"photos": type(refusal).message}, **refusal.values))
        return _claim_page(code, form, refusal.status)
    except (InvalidInput, Conflict, NotAllowed) as refusal:
        form.take(refusal)
        return _claim_page(code, form, refusal.status)


def _claim_page(code: str, form: ClaimForm, status: int) -> AnyResponse:
    with look() as work:
        order = queries.order_to_claim(work, code)
        running = queries.open_claim_of(work, order.id)
        if running is not None and not form.is_submitted():
            return redirect(url_for("aftersales.show", code=running.code), code=303)
        role = queries.role_in(work, order)
        refusal: Exception | None = None
        try:
            service.possible(work, order)
        except Conflict as stop:
            refusal = stop
        items = queries.items_to_claim(work, order)
        before = queries.claimed_before(work, order.id)
        form.show_items(items)
        differing = queries.differences_to_claim(work, order)
        if not form.is_submitted():
            form.fill_in([line.row for line in differing])
        form.only(REMEDIES if trading.can_come_back(work, order) else (PARTIAL,))
        most = trading.refundable_fen(work, order)
        usable = {*rules.grounds("damaged"), *rules.grounds(rules.CHANGE_OF_MIND)}
        return render(
            "aftersales/claim.html",
            status=status,
            form=form,
            order=order,
            is_buyer=role == BUYER,
            refusal=refusal,
            sections=_by_section(items),
            before=before,
            differing=differing,
            rights=[right for right in rights_of_order(work, order) if right.code in usable],
            rights_words=regulations,
            most_fen=most - 1 if is_with_buyer(order) else most,
            hours=rules.ANSWER_HOURS[SELLER_TURN],
            most_photos=rules.MOST_PHOTOS,
        )


def _by_section(items: list[rules.Item]) -> list[tuple[dict[str, str], list[rules.Item]]]:
    """The items under the headings of the report, in its order."""
    found: dict[str, tuple[dict[str, str], list[rules.Item]]] = {}
    for item in items:
        found.setdefault(item.section["zh"], (item.section, []))[1].append(item)
    return list(found.values())


@bp.get("/claims/<code>")
@allow("member")
def show(code: str) -> Response:
    """One claim, for its two sides and for staff."""
    return claim_page(code)


@bp.get("/claims/<code>/photos/<photo_code>/<size>.webp")
@allow("member")
def photo(code: str, photo_code: str, size: str) -> Response:
    """A photo of the evidence, for the two sides and for staff."""
    with look() as work:
        found, _order = queries.claim_of(work, code)
        pieces = {each.photo.code: each.photo for each in queries.evidence_of(work, found.id)}
        if photo_code not in pieces:
            raise ClaimNotFound()
        file = photo_file(hub().store, pieces[photo_code], size)
    answer = make_response(file.path.read_bytes())
    answer.mimetype = file.content_type
    answer.headers["Cache-Control"] = "private, max-age=3600"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


def claim_page(code: str, status: int = 200, **typed: Form) -> Response:
    """The page of a claim; ``typed`` are forms that were refused."""
    with look() as work:
        found, order = queries.claim_of(work, code)
        going = queries.return_of(work, found.id)
        has_address = going is not None and queries.return_address_of(found, going, hub().sealer) is not None
        is_buyer = queries.role_in(work, order) == BUYER
    if has_address and is_buyer:
        with begin() as work:  # the buyer is about to be shown where the seller lives: that is written down first
            service.note_address_shown(work, code)
    with look() as work:
        found, order = queries.claim_of(work, code)
        forms: dict[str, Any] = {
            "step": StepForm(formdata=None),
            "refuse": WordsForm(formdata=None),
            "propose": ProposalForm(formdata=None),
            "rule": RulingForm(formdata=None),
            "address": AddressForm(formdata=None),
            "send": SendForm(formdata=None),
            "receive": ReceiveForm(formdata=None),
            **typed,
        }
        for form in forms.values():
            if isinstance(form, StepForm):
                form.show_version(found.version)
            if isinstance(form, RulingForm):
                form.only(service.ruling_remedies(work, found, order))
            elif isinstance(form, ProposalForm):
                form.only(REMEDIES if trading.can_come_back(work, order) else (PARTIAL,))
        refused = [form for form in typed.values() if form.error_list]
        return render("aftersales/show.html", status=status, forms=forms, refused=refused, **_facts(work, found, order))


def _facts(work: Work, found: Claim, order: Order) -> dict[str, Any]:
    role = queries.role_in(work, order) or STAFF
    people = accounts.users_by_id(work, [order.buyer_id, order.seller_id])
    pieces = queries.evidence_of(work, found.id)
    going = queries.return_of(work, found.id)
    leg = queries.leg_of(going)
    is_party = role != STAFF
    chosen = next(each for each in regulations.rule_sets() if each.id == found.rules_id)
    return {
        "claim": found,
        "order": order,
        "role": role,
        "buyer": people[order.buyer_id],
        "seller": people[order.seller_id],
        "said": status_of(found.state, role, found.last_kind, found.due_at, leg),
        "can": _can(found, role, leg),
        "going": going,
        "expected": queries.expected_back(work, order) if going is not None else None,
        "address": queries.return_address_of(found, going, hub().sealer) if going is not None and is_party else None,
        "carrier": {each.code: each.name for each in carriers()}.get(going.carrier or "") if going is not None else None,
        "numbers": NUMBER_WORDS,
        "receipts": RECEIPT_WORDS,
        "items": queries.items_of(work, found.id),
        "seen": {line.row.item_key: line.row for line in differences_of(work, order.id)},
        "proposals": queries.proposals_of(work, found.id),
        "pieces": pieces,
        "is_whole": queries.is_chain_whole(found, pieces),
        "right": chosen.rule(found.right_code),
        "steps": [{"what": STEPS[entry.verb], "at": entry.at, "state": "done"} for entry in queries.history(work, found.id)],
        "reasons": rules.REASONS,
        "remedies": REMEDY_WORDS,
        "kinds": KIND_WORDS,
        "faults": FAULT_WORDS,
        "states": STATE_WORDS,
        "most_fen": found.most_fen - 1 if is_with_buyer(order) else found.most_fen,
    }


def _can(found: Claim, role: str, leg: str) -> tuple[str, ...]:
    """What this reader can do now."""
    if found.state == RETURNING:
        return _can_on_the_way(role, leg)
    if role == SELLER and found.state == SELLER_TURN:
        return ("accept", "offer", "refuse")
    if role == BUYER and found.state == BUYER_TURN:
        return (*(("agree",) if found.last_remedy else ()), "ask_again", "escalate", "withdraw")
    if role == BUYER and found.state in OPEN:
        return ("withdraw",)
    return ("rule",) if role == STAFF and found.state == ESCALATED else ()


def _can_on_the_way(role: str, leg: str) -> tuple[str, ...]:
    if role == SELLER:
        return ("address",) if leg == ADDRESS else ("address", "receive") if leg == SEND else ("receive",)
    if role == BUYER:
        return {ADDRESS: ("withdraw",), SEND: ("send", "withdraw")}.get(leg, ())
    return ()
