"""Open a claim, read it, and the lists of claims."""

from __future__ import annotations

from typing import Any

from flask import Response, make_response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import queries as accounts
from app.aftersales import queries, rules, service
from app.aftersales.errors import ClaimNotFound
from app.aftersales.forms import (
    AddressForm,
    AppealForm,
    ClaimForm,
    NothingForm,
    ProposalForm,
    ReceiveForm,
    SendForm,
    StepForm,
    WordsForm,
)
from app.aftersales.models import Claim, ClaimDispute
from app.aftersales.routes.blueprint import bp
from app.aftersales.routes.words import cited_words
from app.aftersales.service import Wanted
from app.aftersales.states import BUYER, BUYER_TURN, OPEN, PARTIAL, REMEDIES, RETURNING, RULED, SELLER, SELLER_TURN, SIDES
from app.aftersales.wording import (
    ADDRESS,
    ARBITRATOR,
    DISPUTE_WORDS,
    FAULT_WORDS,
    KIND_WORDS,
    LEG_WORDS,
    NUMBER_WORDS,
    RECEIPT_WORDS,
    REMEDY_WORDS,
    SEND,
    SIDE_WORDS,
    STAFF,
    STATE_WORDS,
    STEPS,
    Disputed,
    status_of,
)
from app.kernel.audit import AuditEntry
from app.kernel.errors import Conflict, InvalidInput, NotAllowed
from app.kernel.time import shanghai_day
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
    """One claim, for its two sides, for who decides it, and for staff."""
    return claim_page(code)


@bp.get("/claims/<code>/photos/<photo_code>/<size>.webp")
@allow("member")
def photo(code: str, photo_code: str, size: str) -> Response:
    """A photo of the evidence, for the two sides, for who decides it, and for staff."""
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
            "accept_ruling": StepForm(formdata=None),
            "appeal": AppealForm(formdata=None),
            "address": AddressForm(formdata=None),
            "send": SendForm(formdata=None),
            "receive": ReceiveForm(formdata=None),
            "nothing": NothingForm(formdata=None),
            **typed,
        }
        dispute = queries.current_dispute(work, found.id)
        for name, form in forms.items():
            of_dispute = name in ("accept_ruling", "appeal") and dispute is not None
            if isinstance(form, StepForm):
                form.show_version(dispute.version if of_dispute and dispute is not None else found.version)
            if isinstance(form, ProposalForm):
                form.only(REMEDIES if trading.can_come_back(work, order) else (PARTIAL,))
        refused = [form for form in typed.values() if form.error_list]
        return render("aftersales/show.html", status=status, forms=forms, refused=refused, **facts_of(work, found, order))


def facts_of(work: Work, found: Claim, order: Order) -> dict[str, Any]:
    """What the pages of a claim and of its dispute show, for this reader."""
    dispute = queries.current_dispute(work, found.id)
    decides = dispute is not None and dispute.person_id is not None and dispute.person_id == work.actor.user_id
    role = queries.role_in(work, order) or (ARBITRATOR if decides else STAFF)
    people = accounts.users_by_id(work, [order.buyer_id, order.seller_id])
    pieces = queries.evidence_of(work, found.id)
    going = queries.return_of(work, found.id)
    leg = queries.leg_of(going)
    is_party = role in SIDES
    chosen = next(each for each in regulations.rule_sets() if each.id == found.rules_id)
    return {
        "claim": found,
        "order": order,
        "role": role,
        "buyer": people[order.buyer_id],
        "seller": people[order.seller_id],
        "said": status_of(found.state, role, found.last_kind, found.due_at, leg, _disputed(dispute, role)),
        "can": (*_can(found, role, leg, dispute), *_can_answer(dispute, role)),
        "disputes": _disputes(work, found, order),
        "dispute_words": DISPUTE_WORDS,
        "leg_words": LEG_WORDS,
        "sides": SIDE_WORDS,
        "appeal_days": rules.APPEAL_DAYS,
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
        "steps": [{"what": STEPS[entry.verb], "at": entry.at, "state": "done"} for entry in _steps(work, found)],
        "reasons": rules.REASONS,
        "remedies": REMEDY_WORDS,
        "kinds": KIND_WORDS,
        "faults": FAULT_WORDS,
        "states": STATE_WORDS,
        "most_fen": found.most_fen - 1 if is_with_buyer(order) else found.most_fen,
    }


def _steps(work: Work, found: Claim) -> list[AuditEntry]:
    """What has happened to the claim and in its disputes, oldest first."""
    return sorted([*queries.history(work, found.id), *queries.dispute_history(work, found.id)], key=lambda entry: entry.id)


def _disputed(dispute: ClaimDispute | None, role: str) -> Disputed:
    if dispute is None:
        return Disputed("waiting")
    accepted = dispute.accepted_buyer_at if role == BUYER else dispute.accepted_seller_at if role == SELLER else None
    return Disputed(dispute.state, dispute.round, dispute.due_at, accepted is not None)


def _disputes(work: Work, found: Claim, order: Order) -> list[dict[str, Any]]:
    """The disputes of a claim with who was drawn, the rulings and the parts of the money, newest first."""
    told = []
    for dispute in reversed(queries.disputes_of(work, found.id)):
        askings = queries.askings_of(work, dispute.id)
        verdicts = queries.verdicts_of(work, dispute, found, order)
        people = accounts.users_by_id(work, {each.person_id for each in askings})
        told.append(
            {
                "row": dispute,
                "person": people[dispute.person_id] if dispute.person_id is not None else None,
                "asked": [(each, people[each.person_id], shanghai_day(each.asked_at).isoformat()) for each in askings],
                "verdicts": [(each, [cited_words(one) for one in each.evidence]) for each in verdicts],
                "legs": queries.legs_of(work, dispute.id),
            }
        )
    return told


def _can_answer(dispute: ClaimDispute | None, role: str) -> tuple[str, ...]:
    """Accept the ruling or appeal: whoever has not accepted it."""
    if dispute is None or dispute.state != RULED or role not in SIDES:
        return ()
    return () if _disputed(dispute, role).accepted else ("accept_ruling", "appeal")


def _can(found: Claim, role: str, leg: str, dispute: ClaimDispute | None) -> tuple[str, ...]:
    """What this reader can do now."""
    if found.state == RETURNING:
        return _can_on_the_way(role, leg)
    if role == SELLER and found.state == SELLER_TURN:
        return ("accept", "offer", "refuse")
    if role == BUYER and found.state == BUYER_TURN:
        return (*(("agree",) if found.last_remedy else ()), "ask_again", "escalate", "withdraw")
    is_ruled = dispute is not None and not dispute.ended_at and rules.is_ruled(dispute.state, dispute.round)
    return ("withdraw",) if role == BUYER and found.state in OPEN and not is_ruled else ()


def _can_on_the_way(role: str, leg: str) -> tuple[str, ...]:
    if role == SELLER:
        return {ADDRESS: ("address",), SEND: ("address", "receive")}.get(leg, ("receive", "nothing"))
    if role == BUYER:
        return {ADDRESS: ("withdraw",), SEND: ("send", "withdraw")}.get(leg, ())
    return ()
