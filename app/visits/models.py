"""Where an agency comes to, when, and who has booked it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, BigInt, Flag, Instant, code_column, one_of, pk
from app.kernel.flow import Machine
from app.kernel.guards import REFUSE_CHANGE, closes_once, trigger
from app.kernel.money import MAX_FEN
from app.visits.states import KEEPS_TIME, RUNNING, VISIT_FLOW

SIDES = ("owner", "agency")  # who was not there
LONGEST_WORDS = 500


def _listed(words: tuple[str, ...]) -> str:
    return "(" + ", ".join(f"'{word}'" for word in words) + ")"


class VisitArea(Base):
    """A district that an agency comes to, and what it asks for the way. Closed, never changed: bookings keep their fee."""

    __tablename__ = "visit_area"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    agency_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    district: Mapped[str] = mapped_column(Text)  # code of goods' list of districts
    fee_fen: Mapped[int] = mapped_column(BigInt)  # for the way, beside the fee of the appraisal; 0: nothing
    brings_bench: Mapped[bool] = mapped_column(Flag)  # a van with the instruments of a workshop comes along
    created_at: Mapped[datetime] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)  # offered no more; what is booked stays

    __table_args__ = (
        CheckConstraint(f"fee_fen BETWEEN 0 AND {MAX_FEN}", name="fee_range"),
        Index(
            "uq_visit_area_open",
            "agency_id",
            "district",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
    )

    @property
    def kinds(self) -> tuple[str, ...]:
        """What there is of the places that schemes name. A lift and a hub stay where they are."""
        return ("home", "workshop") if self.brings_bench else ("home",)


closes_once(
    "visit_area",
    ("id", "code", "agency_id", "district", "fee_fen", "brings_bench", "created_at"),
    "closed_at",
    "visit_area: an area is closed once and never changed",
)


class VisitSlot(Base):
    """A time at which the agency comes to a home of the area, for one visit."""

    __tablename__ = "visit_slot"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    area_id: Mapped[int] = mapped_column(ForeignKey("visit_area.id"))
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)  # taken back by the agency while nobody had booked it

    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        Index(
            "uq_visit_slot_open",
            "area_id",
            "starts_at",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
    )


closes_once(
    "visit_slot",
    ("id", "code", "area_id", "starts_at", "ends_at", "created_at"),
    "closed_at",
    "visit_slot: a time is taken back once and never changed",
)


class Visit(Machine, Base):
    """One coming to one home. The address is sealed, and forgotten when the visit is over."""

    __tablename__ = "visit"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    area_id: Mapped[int] = mapped_column(ForeignKey("visit_area.id"))
    slot_id: Mapped[int | None] = mapped_column(ForeignKey("visit_slot.id"), unique=True)  # a time belongs to one visit
    fee_fen: Mapped[int] = mapped_column(BigInt)  # the area's, copied when it was booked
    terms_id: Mapped[str] = mapped_column(Text)  # see terms.yaml
    address_sealed: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant)
    moves: Mapped[int] = mapped_column(BigInt, default=0)
    absent: Mapped[str | None] = mapped_column(Text)  # who was not there, as the other side says, or as staff decided
    absent_words: Mapped[str | None] = mapped_column(Text)  # of the side that was there; None: nobody said anything
    object_due_at: Mapped[datetime | None] = mapped_column(Instant)
    objection: Mapped[str | None] = mapped_column(Text)  # of the other side
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    decision: Mapped[str | None] = mapped_column(Text)  # the reason, for both sides

    __table_args__ = (
        one_of("state", VISIT_FLOW.states),
        CheckConstraint(f"fee_fen BETWEEN 0 AND {MAX_FEN}", name="fee_range"),
        CheckConstraint("moves BETWEEN 0 AND 20", name="moves_range"),
        CheckConstraint(f"state NOT IN {_listed(KEEPS_TIME)} OR slot_id IS NOT NULL", name="time_is_kept"),
        CheckConstraint(f"state NOT IN {_listed(RUNNING)} OR address_sealed IS NOT NULL", name="address_is_known"),
        CheckConstraint(f"absent IS NULL OR absent IN {_listed(SIDES)}", name="absent_known"),
        CheckConstraint(
            "state NOT IN ('absent', 'disputed', 'missed') OR (absent IS NOT NULL AND object_due_at IS NOT NULL)",
            name="absence_is_said",
        ),
        CheckConstraint("state <> 'disputed' OR objection IS NOT NULL", name="dispute_has_objection"),
        CheckConstraint("(decided_by_id IS NULL) = (decision IS NULL)", name="decided_with_reason"),
        CheckConstraint(
            f"(absent_words IS NULL OR length(absent_words) BETWEEN 4 AND {LONGEST_WORDS}) "
            f"AND (objection IS NULL OR length(objection) BETWEEN 4 AND {LONGEST_WORDS}) "
            f"AND (decision IS NULL OR length(decision) BETWEEN 4 AND {LONGEST_WORDS})",
            name="words_length",
        ),
        Index(
            "ix_visit_disputed",
            "id",
            sqlite_where=text("state = 'disputed'"),
            postgresql_where=text("state = 'disputed'"),
        ),
    )


_AGREED = ("id", "code", "area_id", "fee_fen", "terms_id", "created_at")
_SAID = ("absent_words", "objection", "decided_by_id", "decision")  # said once


def _moved(word: str) -> str:
    parts = [f"NEW.{name} {word} OLD.{name}" for name in _AGREED]
    parts += [f"(OLD.{name} IS NOT NULL AND NEW.{name} {word} OLD.{name})" for name in _SAID]
    return " OR ".join(parts)


_FIXED = "visit: what was agreed and said does not change"
_MISFIT = (
    "NEW.slot_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM visit_slot s WHERE s.id = NEW.slot_id AND s.area_id = NEW.area_id)"
)
_ELSEWHERE = "visit: the time is one of its area"
trigger(
    "tr_visit_is_fixed",
    "visit",
    sqlite=f"CREATE TRIGGER tr_visit_is_fixed BEFORE UPDATE ON visit WHEN {_moved('IS NOT')} "
    f"BEGIN SELECT RAISE(ABORT, '{_FIXED}'); END",
    postgresql=(
        "CREATE OR REPLACE FUNCTION visit_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {_moved('IS DISTINCT FROM')} THEN RAISE EXCEPTION '{_FIXED}' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER tr_visit_is_fixed BEFORE UPDATE ON visit FOR EACH ROW EXECUTE FUNCTION visit_is_fixed()",
    ),
)
trigger(
    "tr_visit_stays",
    "visit",
    sqlite="CREATE TRIGGER tr_visit_stays BEFORE DELETE ON visit BEGIN SELECT RAISE(ABORT, 'visit rows stay'); END",
    postgresql=(
        REFUSE_CHANGE,
        "CREATE TRIGGER tr_visit_stays BEFORE DELETE ON visit FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()",
    ),
)
for _verb in ("insert", "update"):
    trigger(
        f"tr_visit_fits_{_verb}",
        "visit",
        sqlite=f"CREATE TRIGGER tr_visit_fits_{_verb} BEFORE {_verb.upper()} ON visit WHEN {_MISFIT} "
        f"BEGIN SELECT RAISE(ABORT, '{_ELSEWHERE}'); END",
        postgresql=(
            "CREATE OR REPLACE FUNCTION visit_fits() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF {_MISFIT} THEN RAISE EXCEPTION '{_ELSEWHERE}' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$",
            f"CREATE TRIGGER tr_visit_fits_{_verb} BEFORE {_verb.upper()} ON visit FOR EACH ROW EXECUTE FUNCTION visit_fits()",
        ),
    )
_BOOKED = "NEW.closed_at IS NOT NULL AND EXISTS (SELECT 1 FROM visit v WHERE v.slot_id = NEW.id)"
_BOOKED_STAYS = "visit_slot: a booked time is not taken back"
trigger(
    "tr_visit_slot_is_kept",
    "visit_slot",
    sqlite=f"CREATE TRIGGER tr_visit_slot_is_kept BEFORE UPDATE ON visit_slot WHEN {_BOOKED} "
    f"BEGIN SELECT RAISE(ABORT, '{_BOOKED_STAYS}'); END",
    postgresql=(
        "CREATE OR REPLACE FUNCTION visit_slot_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {_BOOKED} THEN RAISE EXCEPTION '{_BOOKED_STAYS}' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER tr_visit_slot_is_kept BEFORE UPDATE ON visit_slot FOR EACH ROW EXECUTE FUNCTION visit_slot_is_kept()",
    ),
)
_GONE = "EXISTS (SELECT 1 FROM visit_slot s WHERE s.id = NEW.slot_id AND s.closed_at IS NOT NULL)"
_NOT_BOOKED = "visit: a time that was taken back is not booked"
for _verb in ("insert", "update"):
    trigger(
        f"tr_visit_time_is_offered_{_verb}",
        "visit",
        sqlite=f"CREATE TRIGGER tr_visit_time_is_offered_{_verb} BEFORE {_verb.upper()} ON visit WHEN {_GONE} "
        f"BEGIN SELECT RAISE(ABORT, '{_NOT_BOOKED}'); END",
        postgresql=(
            "CREATE OR REPLACE FUNCTION visit_time_is_offered() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF {_GONE} THEN RAISE EXCEPTION '{_NOT_BOOKED}' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$",
            f"CREATE TRIGGER tr_visit_time_is_offered_{_verb} BEFORE {_verb.upper()} ON visit "
            "FOR EACH ROW EXECUTE FUNCTION visit_time_is_offered()",
        ),
    )
