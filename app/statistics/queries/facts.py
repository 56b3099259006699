"""Facts of a span of time, one query for each kind of row. Only what never changes afterwards is read: frozen rows and the
instants at which something happened, so that a closed period comes out the same at any later time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Select, and_, func, null, select

from app.accounts import queries as accounts
from app.aftersales.models import Claim, ClaimReturn
from app.appraisal.models import Appraisal, Report
from app.goods.models import Thing
from app.kernel.canonical import canonical, sha256_hex
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.listings.models import Listing, ListingVersion
from app.statistics.rules import Fact, Period, age_band, tier_cell
from app.trades.models import Order, OrderTerms, TradeCase

_FIRST_USED = ("registered", "bought")  # facts of a car and of an appliance; of phones nothing is known
Kinds = accounts.SellerKinds


def first_fact(work: Work) -> datetime | None:
    """When the first thing happened that is counted; None before that."""
    found = [work.session.scalar(select(func.min(column))) for column in (Listing.published_at, Report.signed_at)]
    return min((each for each in found if each is not None), default=None)


def facts_of(work: Work, period: Period) -> list[Fact]:
    """Every fact of the period, sorted so that their hash is always the same."""
    kinds = accounts.seller_kinds(work)
    found: list[Fact] = []
    for source in SOURCES:
        for row in work.session.execute(source.between(period.starts_at, period.ends_at)):
            found += source.read(row, kinds, period)
    return sorted(found, key=lambda fact: (fact.family, fact.at, fact.key))


def facts_sha256(facts: list[Fact]) -> str:
    """The hash over all facts, one line of canonical JSON each."""
    return sha256_hex(b"\n".join(canonical(fact.line()) for fact in facts))


def query_sha256() -> str:
    """The hash over the text of all queries: who changes what is counted changes this."""
    texts = [str(source.between(_SOME_TIME, _SOME_TIME).compile()) for source in SOURCES]
    return sha256_hex("\n".join(texts).encode())


_SOME_TIME = datetime.fromisoformat("2026-01-01T00:00:00+00:00")


class Source(Protocol):
    """One query and what its rows are facts of."""

    def between(self, start: datetime, end: datetime) -> Select[Any]: ...

    def read(self, row: Any, kinds: Kinds, period: Period) -> Iterator[Fact]: ...


def _cells(category: str, tier: str | None, kind: str, content: Any, at: datetime) -> dict[str, str]:
    """Where something sold or offered belongs. ``content``: of the version that was promised."""
    facts = content["thing"].get("facts", {})
    first_used = next((facts[name] for name in _FIRST_USED if facts.get(name)), None)
    return {
        "district": content["district"] or "unknown",
        "category": category,
        "kind": kind,
        "tier": tier_cell(category, tier),
        "age": age_band(first_used if isinstance(first_used, str) else None, at),
    }


class Listed(Source):
    """What was offered for the first time, and what of that was sold until the end of the period."""

    def between(self, start: datetime, end: datetime) -> Select[Any]:
        sold = (
            select(Order.listing_id, func.min(Order.completed_at).label("at"))
            .where(Order.completed_at.is_not(None))
            .group_by(Order.listing_id)
            .subquery()
        )
        rows = select(
            Listing.code, Listing.category, Listing.seller_id, Listing.published_at, ListingVersion.content, sold.c.at
        ).join(ListingVersion, and_(ListingVersion.listing_id == Listing.id, ListingVersion.no == 1))
        rows = rows.outerjoin(sold, sold.c.listing_id == Listing.id)
        return rows.where(Listing.published_at >= start, Listing.published_at < end)

    def read(self, row: Any, kinds: Kinds, period: Period) -> Iterator[Fact]:
        code, category, seller_id, at, content, sold_at = row
        tier = (content["report"] or {}).get("tier")
        cells = _cells(category, tier, kinds.of(seller_id, at), content, at)
        yield Fact("listed", code, at, seller_id, cells)
        if sold_at is not None and sold_at < period.ends_at:
            yield Fact("sold", code, at, seller_id, cells)


_PROMISED = and_(ListingVersion.listing_id == Order.listing_id, ListingVersion.no == Order.listing_version_no)
_ORDER = (
    Order.code,
    Order.category,
    Order.tier,
    Order.seller_id,
    Order.buyer_id,
    OrderTerms.seller_kind,
    ListingVersion.content,
)


def _of_orders(*columns: Any) -> Select[Any]:
    rows = select(*_ORDER, *columns).select_from(Order).join(ListingVersion, _PROMISED)
    return rows.outerjoin(OrderTerms, OrderTerms.order_id == Order.id)


@dataclass(frozen=True)
class OfOrders(Source):
    """Something that happened to orders. ``family``: as what it counts; the rows carry the instant, an amount and a start."""

    family: str
    rows: Select[Any]
    at: Any

    def between(self, start: datetime, end: datetime) -> Select[Any]:
        return self.rows.where(self.at >= start, self.at < end)

    def read(self, row: Any, kinds: Kinds, period: Period) -> Iterator[Fact]:
        _, category, tier, seller_id, buyer_id, kind, content, key, at, fen, since = row
        yield Fact(
            family=self.family,
            key=key,
            at=at,
            subject=seller_id,
            cells=_cells(category, tier, kind or kinds.of(seller_id, at), content, at),
            other=buyer_id,
            fen=fen,
            days=None if since is None else (shanghai_day(at) - shanghai_day(since)).days,
        )


class Reports(Source):
    """First reports of appraisals, by what they came to: a tier, or the reason why there is none."""

    def between(self, start: datetime, end: datetime) -> Select[Any]:
        rows = select(Report.code, Thing.category, Report.status, Report.tier, Appraisal.owner_id, Report.signed_at)
        rows = rows.join(Thing, Thing.id == Report.thing_id).join(Appraisal, Appraisal.id == Report.appraisal_id)
        return rows.where(Report.no == 1, Report.signed_at >= start, Report.signed_at < end)

    def read(self, row: Any, kinds: Kinds, period: Period) -> Iterator[Fact]:
        code, category, status, tier, owner_id, at = row
        result = tier if status == "graded" else status
        cells = {"category": category, "kind": kinds.of(owner_id, at), "tier": tier_cell(category, result)}
        yield Fact("reports", code, at, owner_id, cells)


_NOTHING = null()  # no amount, or no start from which days are counted
_settled = _of_orders(Order.code, Order.completed_at, Order.price_fen, _NOTHING)
_called_off = _of_orders(Order.code, Order.refunded_at, Order.price_fen, _NOTHING)
_claims = _of_orders(Claim.code, Claim.opened_at, _NOTHING, _NOTHING).join(Claim, Claim.order_id == Order.id)
_cases = _of_orders(TradeCase.code, TradeCase.opened_at, _NOTHING, _NOTHING).join(TradeCase, TradeCase.order_id == Order.id)
_ended = _of_orders(Claim.code, Claim.ended_at, _NOTHING, Claim.opened_at).join(Claim, Claim.order_id == Order.id)
_ruled = _of_orders(TradeCase.code, TradeCase.ruled_at, _NOTHING, TradeCase.opened_at).join(
    TradeCase, TradeCase.order_id == Order.id
)
_given_back = _of_orders(Claim.code, Claim.ended_at, Claim.result_fen, _NOTHING).join(Claim, Claim.order_id == Order.id)
_returns = (
    _of_orders(Claim.code, ClaimReturn.received_at, _NOTHING, _NOTHING)
    .join(Claim, Claim.order_id == Order.id)
    .join(ClaimReturn, ClaimReturn.claim_id == Claim.id)
)

SOURCES: tuple[Source, ...] = (
    Listed(),
    OfOrders("settled", _settled, Order.completed_at),
    # After the sale was settled; money that goes back before belongs to what was called off.
    OfOrders(
        "given_back",
        _given_back.where(Claim.result_fen.is_not(None), Order.completed_at.is_not(None), Order.completed_at <= Claim.ended_at),
        Claim.ended_at,
    ),
    OfOrders("called_off", _called_off.where(Order.completed_at.is_(None)), Order.refunded_at),
    OfOrders("claims", _claims, Claim.opened_at),
    OfOrders("claims", _cases, TradeCase.opened_at),
    OfOrders("claims_ended", _ended, Claim.ended_at),
    OfOrders("claims_ended", _ruled, TradeCase.ruled_at),
    OfOrders("returns", _returns, ClaimReturn.received_at),
    Reports(),
)
