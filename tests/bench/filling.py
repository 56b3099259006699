"""A marketplace of N listings for measuring: a few listings made through the verbs, then copied in bulk with other values.

Copies satisfy the tables' constraints and triggers; codes, numbers, hashes, prices, places, people and days are their own.
Photo rows have no files (no page that is measured sends one). The same N and the same program give the same marketplace, and
it is kept below build/bench until the program's schema or this file changes.
"""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import sqlite3
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from app.cli import database
from app.credit.jobs import sequence_all
from app.credit.service import record
from app.factory import ROOT, create_hub
from app.goods import catalogue
from app.kernel.canonical import canonical, sha256_hex
from app.kernel.hub import Hub
from app.kernel.ids import new_code
from app.kernel.work import SYSTEM
from app.operations.queries import schema_expected
from app.search.service import rebuild
from config import Settings
from grading.ids import luhn_digit
from tests.accounts.making import make_user
from tests.credit.making import FACTS
from tests.listings.making import fresh, make_listing
from tests.listings.test_reports import sign_report

FOLDER = ROOT / "build" / "bench"
PROTOTYPES = 12  # every third has a signed report
LISTINGS_PER_SELLER = 20
SALES_PER_LISTING = 0.5  # observed sales of the last year
EVENTS = ("listing.published", "order.paid", "order.shipped_on_time", "order.completed")
WORDS = (
    "自用",
    "一直带壳",
    "国行",
    "无拆修",
    "箱说全",
    "换新出",
    "女生用",
    "备用机",
    "轻微划痕",
    "电池健康",
    "配件齐",
    "急出",
    "当面看",
)
Row = dict[str, Any]


def ready(count: int, port: int) -> Settings:
    """Settings of a filled marketplace of this size; filled when it is not there."""
    key = hashlib.sha256(Path(__file__).read_bytes() + schema_expected().encode()).hexdigest()[:8]
    folder = FOLDER / f"{count}-{key}"
    settings = Settings(
        env="test", data_dir=folder, base_url=f"http://127.0.0.1:{port}", password_time_cost=1, threads=16, log_level="info"
    )
    if not (folder / "whole").exists():
        shutil.rmtree(folder, ignore_errors=True)
        for old in FOLDER.glob(f"{count}-*"):
            shutil.rmtree(old)
        folder.mkdir(parents=True)
        started = time.monotonic()
        fill(settings, count)
        (folder / "whole").write_text(f"{time.monotonic() - started:.0f} s\n")
    return settings


def fill(settings: Settings, count: int) -> None:
    database.upgrade(settings.db_url)
    hub = create_hub(settings, queue=False)
    prototypes = [_prototype(hub, number) for number in range(PROTOTYPES)]
    hub.drain()
    path = settings.db_url.removeprefix("sqlite:///")
    with sqlite3.connect(path, isolation_level=None) as raw:
        raw.row_factory = sqlite3.Row
        raw.execute("PRAGMA synchronous=OFF")
        raw.execute("PRAGMA foreign_keys=ON")
        raw.execute("BEGIN IMMEDIATE")
        _Copier(raw, prototypes).run(count)
        raw.execute("COMMIT")
        raw.execute("ANALYZE")
        assert raw.execute("PRAGMA foreign_key_check").fetchone() is None
    _conduct(hub, path)
    print(f"  {count:,} listings are in the database; building the index", file=sys.stderr)
    rebuild(hub.db, hub.index)
    hub.db.dispose()


def _prototype(hub: Hub, number: int) -> int:
    """One listing through the verbs; its id."""
    listing = make_listing(hub, seller := make_user(hub), photos=4)
    if number % 3 == 0:
        findings = [{}, {"screen_glass": "light"}, {"back_cover": "visible", "frame": "light"}][number // 3 % 3]
        sign_report(hub, seller, listing, **findings)
        hub.drain()
    return fresh(hub, listing.id).id


@dataclass
class _Copier:
    """Copies the prototypes' rows. ``dice`` is seeded: two runs give the same marketplace but for its codes."""

    raw: sqlite3.Connection
    prototypes: list[int]
    dice: random.Random = field(default_factory=lambda: random.Random(20261128))
    pending: dict[str, list[Row]] = field(default_factory=dict)
    next_ids: dict[str, int] = field(default_factory=dict)

    def run(self, count: int) -> None:
        now = datetime.now(UTC)
        sellers = [self._seller(number) for number in range(max(20, count // LISTINGS_PER_SELLER))]
        models = [
            model for brand in catalogue.brands("phone") for model in catalogue.models("phone", brand.code) if model.storage_gb
        ]
        weights = [1 / (rank + 3) for rank in range(len(models))]  # a few models are most of what is offered
        self.dice.shuffle(models)
        chosen = self.dice.choices(models, weights, k=count - len(self.prototypes))
        sources = [self._source(listing_id) for listing_id in self.prototypes]
        for number, model in enumerate(chosen):
            self._copy(sources[self.dice.randrange(len(sources))], model, sellers[self.dice.randrange(len(sellers))], now)
            if number % 2_000 == 0:
                self._flush()
        self._flush()
        self._sales(models, weights, int(count * SALES_PER_LISTING), now)
        self._flush()

    def _one(self, table: str, where: str, *values: Any) -> Row | None:
        row = self.raw.execute(f"SELECT * FROM {table} WHERE {where}", values).fetchone()
        return dict(row) if row is not None else None

    def _many(self, table: str, where: str, *values: Any) -> list[Row]:
        return [dict(row) for row in self.raw.execute(f"SELECT * FROM {table} WHERE {where}", values)]

    def _source(self, listing_id: int) -> Row:
        listing = self._one("listing", "id = ?", listing_id)
        assert listing is not None
        thing_id = listing["thing_id"]
        return {
            "listing": listing,
            "thing": self._one("thing", "id = ?", thing_id),
            "thing_owner": self._one("thing_owner", "thing_id = ?", thing_id),
            "thing_claim": self._many("thing_claim", "thing_id = ? AND released_at IS NULL", thing_id),
            "version": self._one("listing_version", "listing_id = ? AND no = ?", listing_id, listing["current_version_no"]),
            "photos": [
                (place, self._one("photo", "id = ?", place["photo_id"]))
                for place in self._many("listing_photo", "listing_id = ? ORDER BY position", listing_id)
            ],
            "appraisal": self._one("appraisal", "thing_id = ?", thing_id),
            "report": self._one("appraisal_report", "thing_id = ?", thing_id),
            "deadlines": self._many("deadline", "entity = 'listing' AND entity_id = ? AND fired_at IS NULL", listing_id),
        }

    def _add(self, table: str, row: Row, **changes: Any) -> int:
        """Queue a copy of the row with the next id and these changes; returns the id."""
        if table not in self.next_ids:
            self.next_ids[table] = (self.raw.execute(f"SELECT max(id) FROM {table}").fetchone()[0] or 0) + 1
        new = {**row, **changes, "id": self.next_ids[table]}
        self.next_ids[table] += 1
        self.pending.setdefault(table, []).append(new)
        return int(new["id"])

    def _flush(self) -> None:
        for table, rows in self.pending.items():
            names = list(rows[0])
            marks = ", ".join("?" for _ in names)
            self.raw.executemany(
                f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", [[row[name] for name in names] for row in rows]
            )
        self.pending.clear()

    def _seller(self, number: int) -> tuple[int, str]:
        first = self._one("app_user", "id = (SELECT min(seller_id) FROM listing)")
        assert first is not None
        code = new_code()
        name = self.dice.choice("赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨") + self.dice.choice(
            ("知遥", "清和", "远山", "见微", "长青", "念安")
        )
        user = self._add("app_user", first, code=code, email=f"seller{number}@bench.example", display_name=name)
        return user, code

    def _copy(self, source: Row, model: Any, seller: tuple[int, str], now: datetime) -> None:
        dice, (seller_id, seller_code) = self.dice, seller
        storage = dice.choice(model.storage_gb)
        colour = dice.choice(model.colours) if model.colours else None
        age_years = max(0, 2026 - model.released_year)
        price_fen = max(30_000, int(600_000 * 0.72**age_years * dice.uniform(0.5, 1.6))) // 100 * 100
        published = now - timedelta(seconds=dice.randrange(1, 50 * 86_400))
        district = dice.choice(catalogue.districts()).code
        imei = _imei(self.next_ids.get("listing", 0))
        at = _text(published)
        facts = {"brand": model.brand, "model": model.code, "storage_gb": storage, "colour": colour}
        thing_code, listing_code = new_code(), new_code()
        thing_id = self._add(
            "thing",
            source["thing"],
            code=thing_code,
            imei=imei,
            owner_id=seller_id,
            created_at=at,
            **_known(source["thing"], facts),
        )
        self._add("thing_owner", source["thing_owner"], thing_id=thing_id, owner_id=seller_id, acquired_at=at)
        listing = source["listing"]
        title = f"{model.name} {storage}GB {' '.join(dice.sample(WORDS, 2))}"
        description = "，".join(dice.sample(WORDS, 4)) + "。"
        draft = json.loads(listing["draft"])
        draft |= facts | {"imei": imei, "price_fen": price_fen, "district": district, "description": description}
        report_code = new_code() if source["report"] else None
        listing_id = self._add(
            "listing",
            listing,
            code=listing_code,
            seller_id=seller_id,
            thing_id=thing_id,
            draft=canonical(draft).decode(),
            title=title,
            description=description,
            price_fen=price_fen,
            district=district,
            published_at=at,
            created_at=at,
            entered_at=at,
            current_version_no=1,
            expires_at=_text(published + timedelta(days=60)),
            report_code=report_code,
            **_known(listing, facts),
        )
        for claim in source["thing_claim"]:
            self._add("thing_claim", claim, thing_id=thing_id, holder=listing_code, value=imei, claimed_at=at)
        pinned = self._photos(source, listing_id, seller_id, at)
        self._version(source, listing_id, listing_code, seller_code, thing_code, title, draft, pinned, at)
        for deadline in source["deadlines"]:
            self._add("deadline", deadline, entity_id=listing_id, due_at=_text(published + timedelta(days=60)))
        if source["report"]:
            order = self._add(
                "appraisal", source["appraisal"], code=new_code(), thing_id=thing_id, owner_id=seller_id, created_at=at
            )
            report = source["report"] | {"draft_id": None}  # a copy is nobody's signed draft
            self._add(
                "appraisal_report",
                report,
                code=report_code,
                appraisal_id=order,
                thing_id=thing_id,
                signed_at=at,
                sha256=_hex(dice),
            )

    def _photos(self, source: Row, listing_id: int, seller_id: int, at: str) -> list[dict[str, str]]:
        pinned = []
        for place, photo in source["photos"]:
            sha256 = _hex(self.dice)
            photo_id = self._add(
                "photo", photo, code=new_code(), owner_id=seller_id, sha256=sha256, upload_sha256=sha256, created_at=at
            )
            self._add("listing_photo", place, listing_id=listing_id, photo_id=photo_id)
            pinned.append({"shot": place["shot"], "sha256": sha256})
        return pinned

    def _version(
        self,
        source: Row,
        listing_id: int,
        listing_code: str,
        seller_code: str,
        thing_code: str,
        title: str,
        draft: Row,
        pinned: list[dict[str, str]],
        at: str,
    ) -> None:
        content = json.loads(source["version"]["content"])
        content |= {"listing": listing_code, "no": 1, "at": at, "seller": seller_code, "title": title, "photos": pinned}
        content |= {"price_fen": draft["price_fen"], "district": draft["district"], "description": draft["description"]}
        content["thing"] |= {"code": thing_code} | {name: draft[name] for name in ("brand", "model", "storage_gb", "colour")}
        text = canonical(content)
        self._add(
            "listing_version",
            source["version"],
            listing_id=listing_id,
            no=1,
            content=text.decode(),
            sha256=sha256_hex(text),
            price_fen=draft["price_fen"],
            title=title,
            at=at,
        )

    def _sales(self, models: list[Any], weights: list[float], count: int, now: datetime) -> None:
        for model in self.dice.choices(models, weights, k=count):
            age_years = max(0, 2026 - model.released_year)
            self._add(
                "observed_sale",
                {
                    "category": "phone",
                    "brand": model.brand,
                    "model": model.code,
                    "storage_gb": self.dice.choice(model.storage_gb),
                    "tier": self.dice.choice((None, None, "S", "A", "B", "C")),
                    "price_fen": max(30_000, int(600_000 * 0.72**age_years * self.dice.uniform(0.5, 1.6))),
                    "sold_on": (now - timedelta(days=self.dice.randrange(360))).date().isoformat(),
                    "order_code": new_code(),
                },
            )


def _conduct(hub: Hub, path: str) -> None:
    """Four recorded events for every second seller."""
    with sqlite3.connect(path) as raw:
        sellers = [
            row[0] for row in raw.execute("SELECT id FROM app_user WHERE email LIKE 'seller%@bench.example' AND id % 2 = 0")
        ]
    for batch in _batches(sellers, 200):
        with hub.begin(SYSTEM) as work:
            for user_id in batch:
                for kind in EVENTS:
                    code = new_code()
                    named = "listing" if kind.startswith("listing.") else "order"
                    record(work, kind, user_id, {**FACTS[kind], named: code}, key=f"{kind}:{code}")
        sequence_all(hub)
    with sqlite3.connect(path) as raw:  # what the sequencer has taken needs no worker any more
        raw.execute("UPDATE outbox SET settled_at = at WHERE settled_at IS NULL")


def _batches(values: list[int], size: int) -> Iterator[list[int]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]


def _known(row: Row, facts: Row) -> Row:
    """Those of the facts for which the table has a column."""
    return {name: value for name, value in facts.items() if name in row}


def _imei(number: int) -> str:
    """A well-formed number that no other listing has; no maker has this range."""
    first = f"359999{10_000_000 + number:08d}"
    return first + luhn_digit(first)


def _hex(dice: random.Random) -> str:
    return f"{dice.getrandbits(256):064x}"


def _text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
