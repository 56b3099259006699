"""Draws that anybody can recompute, and that nobody could have known before.

Each day of Shanghai has a seed of 32 random bytes. Its SHA-256 is published the day before, the seed itself the day after; in
between it lies sealed. The result of a draw follows from the seed, the purpose, the subject and the number of candidates:

    HMAC-SHA256(key = seed, message = "<purpose>\\n<subject>\\n<n>") as a big-endian number, modulo n

256 bits modulo a small n favour no candidate by more than n / 2**256. Every draw is one append-only row with the candidates in
their order. What is left to trust: that the seed was not chosen to fit; it is committed to before the subjects are known.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.audit import record
from app.kernel.db import Base, BigInt, Day, Instant, JsonText, pk
from app.kernel.guards import append_only, trigger
from app.kernel.seal import Sealer
from app.kernel.time import iso_seconds, shanghai_day
from app.kernel.work import Work

FORMAT = "xunyi-draws/1"


class DrawSeed(Base):
    """The seed of one day: its hash from the day before, the seed in clear once the day is over."""

    __tablename__ = "draw_seed"

    id: Mapped[int] = pk()
    day: Mapped[date] = mapped_column(Day, unique=True)
    sha256: Mapped[str] = mapped_column(Text)  # of the 32 bytes
    sealed: Mapped[str] = mapped_column(Text)  # the seed as 64 hexadecimal digits, sealed
    published_at: Mapped[datetime] = mapped_column(Instant)  # when the hash was made public
    revealed: Mapped[str | None] = mapped_column(Text)  # the seed as 64 hexadecimal digits
    revealed_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        CheckConstraint("length(sha256) = 64", name="sha256_length"),
        CheckConstraint("(revealed IS NULL) = (revealed_at IS NULL)", name="revealed_with_time"),
    )

    @property
    def place(self) -> str:
        """Where the sealed seed belongs; a copied value does not open elsewhere."""
        return f"draw_seed.sealed:{self.day.isoformat()}"


_FIXED = ("id", "day", "sha256", "sealed", "published_at")
_WRONG = " OR ".join(f"NEW.{name} {{word}} OLD.{name}" for name in _FIXED)
_ONLY_REVEALED = f"OLD.revealed IS NOT NULL OR NEW.revealed IS NULL OR {_WRONG}"
trigger(
    "tr_draw_seed_only_revealed",
    "draw_seed",
    sqlite=f"CREATE TRIGGER tr_draw_seed_only_revealed BEFORE UPDATE ON draw_seed WHEN {_ONLY_REVEALED.format(word='IS NOT')} "
    "BEGIN SELECT RAISE(ABORT, 'a seed is only revealed, once'); END",
    postgresql=(
        "CREATE OR REPLACE FUNCTION draw_seed_only_revealed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {_ONLY_REVEALED.format(word='IS DISTINCT FROM')} THEN "
        "RAISE EXCEPTION 'a seed is only revealed, once' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER tr_draw_seed_only_revealed BEFORE UPDATE ON draw_seed "
        "FOR EACH ROW EXECUTE FUNCTION draw_seed_only_revealed()",
    ),
)
trigger(
    "tr_draw_seed_no_delete",
    "draw_seed",
    sqlite="CREATE TRIGGER tr_draw_seed_no_delete BEFORE DELETE ON draw_seed BEGIN SELECT RAISE(ABORT, 'seeds stay'); END",
    postgresql=(
        "CREATE OR REPLACE FUNCTION xunyi_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23514'; END $$",
        "CREATE TRIGGER tr_draw_seed_no_delete BEFORE DELETE ON draw_seed FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()",
    ),
)


class DrawEntry(Base):
    """One draw: about what, among whom, and what came out. Never changed."""

    __tablename__ = "draw_entry"

    id: Mapped[int] = pk()
    day: Mapped[date] = mapped_column(ForeignKey("draw_seed.day"))
    purpose: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)  # what is drawn for: a public code and, where it is drawn again, a count
    n: Mapped[int] = mapped_column(BigInt)
    result: Mapped[int] = mapped_column(BigInt)  # 0 .. n - 1
    candidates: Mapped[Any] = mapped_column(JsonText)  # public codes in the order of the draw; empty where only a share is drawn
    at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        UniqueConstraint("purpose", "subject"),
        CheckConstraint("n > 0 AND result >= 0 AND result < n", name="result_below_n"),
        Index("ix_draw_entry_day", "day", "id"),
    )


append_only(DrawEntry)


def value(seed: str, purpose: str, subject: str, n: int) -> int:
    """The result of a draw, 0 .. n - 1, from the seed as 64 hexadecimal digits."""
    digest = hmac.new(bytes.fromhex(seed), f"{purpose}\n{subject}\n{n}".encode(), hashlib.sha256).digest()
    return int.from_bytes(digest, "big") % n


def draw(work: Work, sealer: Sealer, purpose: str, subject: str, n: int, candidates: Sequence[str] = ()) -> int:
    """Draw one of n by today's seed and log it; the same purpose and subject always give the draw that was made first.

    Raises ValueError when the earlier draw was among others: a subject is drawn for once.
    """
    if n < 1 or (candidates and len(candidates) != n) or "\n" in purpose + subject:
        raise ValueError(f"cannot draw {purpose} for {subject!r} among {n}")
    known = find_entry(work, purpose, subject)
    if known is not None:
        if (known.n, known.candidates) != (n, list(candidates)):
            raise ValueError(f"{purpose} for {subject} was drawn among others")
        return known.result
    today = shanghai_day(work.now)
    seed = _seed_of(work, sealer, today)
    result = value(sealer.open(seed.sealed, seed.place), purpose, subject, n)
    entry = DrawEntry(day=today, purpose=purpose, subject=subject, n=n, result=result, candidates=list(candidates), at=work.now)
    work.session.add(entry)
    work.session.flush()
    record(work, "draw.make", "draw_entry", entry.id, {"purpose": purpose, "subject": subject, "n": n, "result": result})
    return result


def keep_seeds(work: Work, sealer: Sealer) -> None:
    """Publish the hash of tomorrow's seed (and today's, on the first day), and reveal the seeds of days that are over."""
    today = shanghai_day(work.now)
    for day in (today, today + timedelta(days=1)):
        _seed_of(work, sealer, day)
    for past in work.session.scalars(select(DrawSeed).where(DrawSeed.day < today, DrawSeed.revealed.is_(None))):
        past.revealed, past.revealed_at = sealer.open(past.sealed, past.place), work.now
    work.session.flush()


def find_seed(work: Work, day: date) -> DrawSeed | None:
    return work.session.scalars(select(DrawSeed).where(DrawSeed.day == day)).one_or_none()


def find_entry(work: Work, purpose: str, subject: str) -> DrawEntry | None:
    """The draw that was made for this subject."""
    wanted = select(DrawEntry).where(DrawEntry.purpose == purpose, DrawEntry.subject == subject)
    return work.session.scalars(wanted).one_or_none()


def latest_seeds(work: Work, limit: int = 60) -> list[DrawSeed]:
    """Days with a published hash, newest first."""
    return list(work.session.scalars(select(DrawSeed).order_by(DrawSeed.day.desc()).limit(limit)))


def entries_of(work: Work, day: date) -> list[DrawEntry]:
    """The draws of one day, in their order."""
    return list(work.session.scalars(select(DrawEntry).where(DrawEntry.day == day).order_by(DrawEntry.id)))


def document(work: Work, day: date) -> dict[str, Any] | None:
    """Everything that is public about one day, for the page and for programs; None for a day without a hash.

    Draws are named at once, so that they cannot be changed unnoticed: a result tells nothing about the seed that made it.
    """
    seed = find_seed(work, day)
    if seed is None:
        return None
    return {
        "format": FORMAT,
        "day": day.isoformat(),
        "seed_sha256": seed.sha256,
        "published_at": iso_seconds(seed.published_at),
        "seed": seed.revealed,
        "draws": [
            {
                "purpose": entry.purpose,
                "subject": entry.subject,
                "n": entry.n,
                "result": entry.result,
                "candidates": entry.candidates,
                "at": iso_seconds(entry.at),
            }
            for entry in entries_of(work, day)
        ],
    }


def differences(day: Mapping[str, Any]) -> list[str]:
    """Recompute a day's document: one sentence per difference, empty when everything follows from the published hash.

    Pure, so that somebody else can run it on the file of the page.
    """
    found: list[str] = []
    seed = day.get("seed")
    if seed is None:
        return ["the seed is not revealed yet: it is on the day after"]
    if hashlib.sha256(bytes.fromhex(seed)).hexdigest() != day["seed_sha256"]:
        found.append("the seed does not give the hash that was published")
    for entry in day["draws"]:
        name = f"{entry['purpose']} for {entry['subject']}"
        if entry["candidates"] and len(entry["candidates"]) != entry["n"]:
            found.append(f"{name}: {len(entry['candidates'])} candidates are named, drawn was among {entry['n']}")
        expected = value(seed, entry["purpose"], entry["subject"], entry["n"])
        if expected != entry["result"]:
            found.append(f"{name}: the seed gives {expected}, the log says {entry['result']}")
    return found


def late(day: Mapping[str, Any]) -> bool:
    """Whether the hash was published on the day itself and not before it (the first day of a marketplace)."""
    published = datetime.fromisoformat(str(day["published_at"]))
    return shanghai_day(published) >= date.fromisoformat(str(day["day"]))


def _seed_of(work: Work, sealer: Sealer, day: date) -> DrawSeed:
    """The seed of a day; made when it is not there. Two processes at once make one: the day is unique."""
    known = find_seed(work, day)
    if known is not None:
        return known
    seed = secrets.token_bytes(32)
    made = DrawSeed(day=day, sha256=hashlib.sha256(seed).hexdigest())
    values = {
        "day": day,
        "sha256": made.sha256,
        "sealed": sealer.seal(seed.hex(), made.place),
        "published_at": work.now,
    }
    insert = postgresql.insert if work.session.get_bind().dialect.name == "postgresql" else sqlite.insert
    work.session.execute(insert(DrawSeed).values(values).on_conflict_do_nothing(index_elements=["day"]))
    found = find_seed(work, day)
    assert found is not None
    return found
