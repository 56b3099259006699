"""The buyer compares what arrived with what was promised and hands the list in, once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.kernel.deadlines import clear_deadlines, set_deadline
from app.kernel.errors import InvalidInput
from app.kernel.seal import Sealer
from app.kernel.text import N_
from app.kernel.work import Work
from app.media import service as media
from app.media.errors import PhotoRefused
from app.trades import policy, rules
from app.trades.errors import CheckedOnce, NothingToCheck, WindowOver
from app.trades.models import Order, OrderCheck, OrderCheckLine
from app.trades.models.checks import ANSWERS, DIFFERS, LONGEST, PASSED
from app.trades.queries import order_by_id, own_order
from app.trades.queries.checking import Ask, can_check, check_of, checklist_of
from app.trades.queries.promised import Range
from app.trades.rules import BUYER
from app.trades.service.telling import tell
from app.trades.states import ACCEPTANCE, ORDER_FLOW
from grading.scale import NumberRefused, number_text, read_number

MOST_CHECK_PHOTOS = 6  # as many as a claim takes
_CHOOSE = N_("Please choose one of the three answers.")
_SAY = N_("Please choose or type what you see.")
_UNKNOWN = N_("Please choose one of the answers, or describe in your own words what you see.")


@dataclass(frozen=True)
class Found:
    """What the buyer says about one line. ``seen``: another answer, or a number; ``words`` and ``photo`` may go with it."""

    answer: str
    seen: str = ""
    words: str = ""
    photo: bytes = b""


def hand_in_check(work: Work, store: Any, sealer: Sealer, code: str, found: Mapping[str, Found]) -> OrderCheck:
    """Keep the buyer's list for this order; ``found`` by the key of what was promised. It does not change afterwards.

    Raises NotYourStep, CheckedOnce, NothingToCheck, WindowOver, InvalidInput naming KEY/answer, KEY/seen, KEY/words and
    KEY/photo.
    """
    order = own_order(work, code, to_change=True)
    policy.require(work.actor, order, BUYER)
    if check_of(work, order.id) is not None:
        raise CheckedOnce()
    if not can_check(order):
        raise NothingToCheck()
    assert order.acceptance_due_at is not None
    if work.now > order.acceptance_due_at:
        raise WindowOver(until=rules.clock_words(order.acceptance_due_at))
    asks = checklist_of(work, order).asks
    read = _read(asks, found)
    differing = sum(each.answer == DIFFERS for each in read)
    check = OrderCheck(
        order_id=order.id,
        by_id=order.buyer_id,
        result=DIFFERS if differing else PASSED,
        line_count=len(asks),
        differing=differing,
        report_code=order.report_code,
        at=work.now,
    )
    work.session.add(check)
    work.session.flush()
    _write(work, store, sealer, order, check, list(zip(asks, read, strict=True)))
    _go_on(work, order, differing)
    return check


def on_check_reminder(work: Work, order_id: int) -> None:
    """The buyer found differences and has opened no claim: said once more before the time for checking is over (deadline)."""
    order = order_by_id(work, order_id)
    if can_check(order) and order.acceptance_due_at is not None:
        tell(work, order, "check_reminder", order.acceptance_due_at)


def _go_on(work: Work, order: Order, differing: int) -> None:
    """The order stands where it stood, with the same time for checking, and both sides know."""
    assert order.acceptance_due_at is not None
    ORDER_FLOW.apply(work, order, "check", detail={"differing": differing})
    assert order.state == ACCEPTANCE
    clear_deadlines(work, "order", order.id)
    set_deadline(work, "order", order.id, "acceptance", order.acceptance_due_at + rules.ACCEPTANCE_GRACE, order.version)
    if not differing:
        tell(work, order, "check_passed")
        return
    remind_at = rules.check_reminder_at(work.now, order.acceptance_due_at)
    set_deadline(work, "order", order.id, "check_reminder", remind_at, order.version)
    tell(work, order, "check_differs", order.acceptance_due_at, count=str(differing))


@dataclass(frozen=True)
class _Read:
    answer: str
    value: str | None
    seen: dict[str, str] | None
    words: str
    photo: bytes


def _read(asks: Sequence[Ask], found: Mapping[str, Found]) -> list[_Read]:
    """One answer for every line. Raises InvalidInput with every fault."""
    errors: dict[str, str] = {}
    if set(found) - {ask.item.key for ask in asks}:
        errors[""] = N_("One of these items was not promised in this order. Please choose from the list.")
    read = [_read_one(ask, found.get(ask.item.key, Found("")), errors) for ask in asks]
    if sum(bool(each.photo) for each in read) > MOST_CHECK_PHOTOS:
        errors[""] = N_("Please add at most 6 photos in all: of what differs most.")
    if errors:
        raise InvalidInput(errors)
    return read


def _read_one(ask: Ask, said: Found, errors: dict[str, str]) -> _Read:
    key = ask.item.key
    if said.answer not in ANSWERS:
        errors[f"{key}/answer"] = _CHOOSE
    if said.answer != DIFFERS:
        return _Read(said.answer, None, None, "", b"")
    words, value, seen = said.words.strip(), None, None
    if said.seen and ask.item.range is not None:
        value, seen = _number(key, said.seen, ask.item.range, errors)
    elif said.seen in ask.others:
        value, seen = said.seen, ask.others[said.seen]
    elif said.seen:
        errors[f"{key}/seen"] = _UNKNOWN
    elif len(words) < 2:
        errors[f"{key}/words"] = _SAY
    if len(words) > LONGEST:
        errors[f"{key}/words"] = N_("This is too long: at most 300 characters.")
    return _Read(DIFFERS, value, seen, words, said.photo)


def _number(key: str, typed: str, within: Range, errors: dict[str, str]) -> tuple[str | None, dict[str, str] | None]:
    try:
        number = number_text(read_number(typed, within.least, within.most, within.decimals))
    except NumberRefused:
        errors[f"{key}/seen"] = N_("Please type the number that you read, with digits only, for example 79.")
        return None, None
    said = f"{number} {within.unit}".strip() if within.unit != "%" else f"{number}%"
    return number, {"zh": said, "en": said}


def _write(work: Work, store: Any, sealer: Sealer, order: Order, check: OrderCheck, lines: Sequence[tuple[Ask, _Read]]) -> None:
    for no, (ask, each) in enumerate(lines, 1):
        work.session.add(
            OrderCheckLine(
                check_id=check.id,
                no=no,
                item_key=ask.item.key,
                name=ask.item.name,
                promised=ask.item.promised,
                answer=each.answer,
                seen_value=each.value,
                seen=each.seen,
                words=each.words,
                photo_id=_photo(work, store, sealer, order, ask.item.key, each.photo) if each.photo else None,
            )
        )
        work.session.flush()


def _photo(work: Work, store: Any, sealer: Sealer, order: Order, key: str, data: bytes) -> int:
    """Keep the photo as it came. Raises InvalidInput that names the line."""
    try:
        return media.receive(work, store, order.buyer_id, data, sealer=sealer).id
    except PhotoRefused as refusal:
        raise InvalidInput({f"{key}/photo": type(refusal).message}, **refusal.values) from refusal
