"""Subjects, the facts that wait, and the log itself."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, BigInt, Instant, one_of, pk
from app.kernel.guards import append_only, trigger

KINDS = ("seller", "appraiser")


class CreditSubject(Base):
    """The random names under which a person stands in the log. Only this row connects them with the person."""

    __tablename__ = "credit_subject"

    id: Mapped[int] = pk()
    kind: Mapped[str] = mapped_column(Text)  # of the first event
    pseudonym: Mapped[str] = mapped_column(Text, unique=True)  # the subject of events; known from the public page
    cluster: Mapped[str] = mapped_column(Text, unique=True)  # the person as somebody else's counterparty; shown nowhere
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), unique=True)
    created_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        one_of("kind", KINDS),
        CheckConstraint("length(pseudonym) = 28", name="pseudonym_length"),
        CheckConstraint("length(cluster) = 28", name="cluster_length"),
    )


append_only(CreditSubject)


class CreditFactKey(Base):
    """A fact that was recorded, once per key; ``outbox_id`` is the announced CreditFact."""

    __tablename__ = "credit_fact_key"

    id: Mapped[int] = pk()
    key: Mapped[str] = mapped_column(Text, unique=True)
    outbox_id: Mapped[int | None] = mapped_column(BigInt, unique=True)  # None only inside record()


class CreditLog(Base):
    """One row: how long the log is. The sequencer locks it, so there is one writer at a time."""

    __tablename__ = "credit_log"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    size: Mapped[int] = mapped_column(BigInt)

    __table_args__ = (CheckConstraint("id = 1", name="single"), CheckConstraint("size >= 0", name="size_positive"))


class CreditEvent(Base):
    """One leaf of the log. ``canonical`` is what is hashed; the other columns repeat it for look-ups."""

    __tablename__ = "credit_event"

    idx: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)  # 0, 1, 2 ... without gaps
    leaf_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    canonical: Mapped[bytes] = mapped_column(LargeBinary)
    type: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(ForeignKey("credit_subject.pseudonym"))
    seq: Mapped[int] = mapped_column(BigInt)
    ts: Mapped[str] = mapped_column(Text)  # exactly as in the event
    received_at: Mapped[datetime] = mapped_column(Instant)  # when the sequencer took it
    outbox_id: Mapped[int] = mapped_column(BigInt, unique=True)

    __table_args__ = (
        UniqueConstraint("subject", "seq"),
        CheckConstraint("length(leaf_hash) = 32", name="leaf_hash_length"),
        CheckConstraint("length(canonical) <= 65535", name="canonical_length"),
        Index("ix_credit_event_subject_type", "subject", "type"),
    )


append_only(CreditEvent)
# No gap and no second branch, whoever writes: the next index and the subject's next number, nothing else.
_NEXT_IDX = "NEW.idx <> (SELECT COALESCE(MAX(idx) + 1, 0) FROM credit_event)"
_NEXT_SEQ = "NEW.seq <> (SELECT COALESCE(MAX(seq), 0) + 1 FROM credit_event WHERE subject = NEW.subject)"
trigger(
    "tr_credit_event_is_next",
    "credit_event",
    sqlite=f"CREATE TRIGGER tr_credit_event_is_next BEFORE INSERT ON credit_event WHEN {_NEXT_IDX} OR {_NEXT_SEQ} "
    "BEGIN SELECT RAISE(ABORT, 'the log has no gaps'); END",
    postgresql=(
        "CREATE OR REPLACE FUNCTION credit_event_is_next() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {_NEXT_IDX} OR {_NEXT_SEQ} THEN "
        "RAISE EXCEPTION 'the log has no gaps' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER tr_credit_event_is_next BEFORE INSERT ON credit_event "
        "FOR EACH ROW EXECUTE FUNCTION credit_event_is_next()",
    ),
)
