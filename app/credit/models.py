"""Subjects, the facts that wait, and the log itself."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, BigInt, Instant, code_column, one_of, pk
from app.kernel.guards import append_only, refuse

KINDS = ("seller", "appraiser", "platform")
PLATFORM = "kind = 'platform'"


class CreditSubject(Base):
    """The random names under which a person stands in the log. Only this row connects them with the person.

    One row has no person: the marketplace itself.
    """

    __tablename__ = "credit_subject"

    id: Mapped[int] = pk()
    kind: Mapped[str] = mapped_column(Text)  # of the first event
    pseudonym: Mapped[str] = mapped_column(Text, unique=True)  # the subject of events; known from the public page
    cluster: Mapped[str] = mapped_column(Text, unique=True)  # the person as somebody else's counterparty; shown nowhere
    user_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"), unique=True)
    created_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        one_of("kind", KINDS),
        CheckConstraint("length(pseudonym) = 28", name="pseudonym_length"),
        CheckConstraint("length(cluster) = 28", name="cluster_length"),
        CheckConstraint("(user_id IS NULL) = (kind = 'platform')", name="platform_is_nobody"),
        Index("uq_credit_subject_platform", "kind", unique=True, sqlite_where=text(PLATFORM), postgresql_where=text(PLATFORM)),
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


_END = "(SELECT COALESCE(MAX(idx) + 1, 0) FROM credit_event)"
_LAST_SIZE = "(SELECT COALESCE(MAX(size), 0) FROM credit_checkpoint)"
refuse(
    "tr_credit_log_is_as_long",
    "credit_log",
    "UPDATE",
    f"NEW.id <> OLD.id OR NEW.size <> {_END}",
    "the log is as long as its events",
)
refuse("tr_credit_log_stays", "credit_log", "DELETE", "OLD.id = 1", "the log stays")


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
refuse("tr_credit_event_is_next", "credit_event", "INSERT", f"{_NEXT_IDX} OR {_NEXT_SEQ}", "the log has no gaps")


class CreditNode(Base):
    """A node of the tree over the log whose leaves are all there; level 0 are the leaf hashes of the events themselves."""

    __tablename__ = "credit_node"

    level: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    pos: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (
        CheckConstraint("level BETWEEN 1 AND 48 AND pos >= 0", name="place_possible"),
        CheckConstraint("length(hash) = 32", name="hash_length"),
    )


append_only(CreditNode)
refuse(
    "tr_credit_node_is_complete",
    "credit_node",
    "INSERT",
    f"((NEW.pos + 1) << CAST(NEW.level AS INTEGER)) > {_END}",
    "a node of the log has all its leaves",
)


class CreditLogKey(Base):
    """A public key with which the log's checkpoints are signed, and from which size on."""

    __tablename__ = "credit_log_key"

    id: Mapped[int] = pk()
    vkey: Mapped[str] = mapped_column(Text, unique=True)  # name+number+base64, as people hand it on
    from_size: Mapped[int] = mapped_column(BigInt)
    published_at: Mapped[datetime] = mapped_column(Instant)


append_only(CreditLogKey)


class CreditCheckpoint(Base):
    """What the log said of itself, signed. ``note`` is the exact text."""

    __tablename__ = "credit_checkpoint"

    size: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    root: Mapped[bytes] = mapped_column(LargeBinary)
    note: Mapped[str] = mapped_column(Text)
    key_id: Mapped[int] = mapped_column(ForeignKey("credit_log_key.id"))
    created_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (CheckConstraint("size > 0", name="size_positive"), CheckConstraint("length(root) = 32", name="root_length"))


append_only(CreditCheckpoint)
refuse(
    "tr_credit_checkpoint_is_next",
    "credit_checkpoint",
    "INSERT",
    f"NEW.size <= {_LAST_SIZE} OR NEW.size > {_END}",
    "checkpoints are append-only: each is of a longer log",
)


class RegulatorKey(Base):
    """The public key with which an authority signs findings. Its private half never lies on this machine."""

    __tablename__ = "credit_regulator_key"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    vkey: Mapped[str] = mapped_column(Text, unique=True)  # name+number+base64, as people hand it on
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))  # the authority
    proposed_by: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    proposed_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (CheckConstraint("length(vkey) <= 200", name="vkey_length"),)


append_only(RegulatorKey)


class RegulatorKeyStep(Base):
    """A second officer confirmed the key, or an officer ended it. Each once; what is ended stays ended."""

    __tablename__ = "credit_regulator_key_step"

    id: Mapped[int] = pk()
    key_id: Mapped[int] = mapped_column(ForeignKey("credit_regulator_key.id"))
    step: Mapped[str] = mapped_column(Text)
    by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (one_of("step", ("confirmed", "ended")), UniqueConstraint("key_id", "step"))


append_only(RegulatorKeyStep)
_OWN_KEY = "EXISTS (SELECT 1 FROM credit_regulator_key k WHERE k.id = NEW.key_id AND k.proposed_by = NEW.by_id)"
_ENDED = "EXISTS (SELECT 1 FROM credit_regulator_key_step s WHERE s.key_id = NEW.key_id AND s.step = 'ended')"
_CONFIRMED = "EXISTS (SELECT 1 FROM credit_regulator_key_step s WHERE s.key_id = NEW.key_id AND s.step = 'confirmed')"
refuse(
    "tr_credit_regulator_key_step_by_two",
    "credit_regulator_key_step",
    "INSERT",
    f"NEW.step = 'confirmed' AND ({_OWN_KEY} OR {_ENDED})",
    "a key is confirmed by another officer than the one who brought it",
)


class CreditFinding(Base):
    """A note that an authority signed, exactly as it came. Its event is the one recorded under ``finding:`` and the code."""

    __tablename__ = "credit_finding"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()  # the number that the authority gave it
    key_id: Mapped[int] = mapped_column(ForeignKey("credit_regulator_key.id"))
    kind: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(ForeignKey("credit_subject.pseudonym"))
    note: Mapped[str] = mapped_column(Text)
    note_sha256: Mapped[str] = mapped_column(Text, unique=True)
    uploaded_by: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    uploaded_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        one_of("kind", ("penalty", "sanction", "sanction_ended", "repair", "overturned", "audit_finding")),
        CheckConstraint("length(note_sha256) = 64", name="note_sha256_length"),
        Index("ix_credit_finding_subject", "subject"),
    )


append_only(CreditFinding)
refuse(
    "tr_credit_finding_by_a_key",
    "credit_finding",
    "INSERT",
    f"NOT {_CONFIRMED} OR {_ENDED}",
    "a finding is signed with a key that two officers registered and nobody ended",
)
